"""Statements of the bureau's bank: lines that book themselves, lines that wait, lines that were decided on (P7)."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from stdnum import iban

from app.accounts.demo import demo_id
from app.core.db import db
from app.demo.stage import Stage, Story
from app.demo.stories.codes import bill_of_sponsor
from app.demo.stories.finding import bill_to_pay
from app.payments import queries, services
from app.payments.demo import statements
from app.payments.demo.statements import Move
from app.payments.models import BankLine, BankStatement, Bill

BANK = "BANK EN ZEKER N.V."
OPENING_CENTS = 18_204_11
ROUNDED_UP_CENTS = 500_00
LINES_OF_A_YEAR = 700


def account_number(number: int) -> str:
    """Return an account number that nobody has, whose check digits hold."""
    plain = f"NL00DEMO{number:010d}"
    return plain[:2] + iban.calc_check_digits(plain) + plain[4:]


def _from(bill: Bill, stage: Stage, days_ago: int, number: int, text: str, cents: int | None = None) -> Move:
    """Return a transfer for a bill, of all of it unless told otherwise."""
    amount = services.left_to_pay(bill) if cents is None else cents
    day = stage.today - timedelta(days=days_ago)
    return Move(day, amount, bill.buyer["name"], account_number(number), text)


def _line(text: str) -> BankLine:
    return db.session.scalars(select(BankLine).where(BankLine.remittance.contains(text))).one()


def _book(stage: Stage, text: str, bill: Bill) -> None:
    """Let the treasurer book a line that waits, on a bill."""
    line = _line(text)
    services.book_line(line.id, [(bill.id, line.amount_cents)], by=stage.account("treasurer"))


def _last_bill(who: str) -> Bill:
    return queries.bills_of(demo_id(who))[0]


def _closing_cents() -> int:
    """Return where the last statement ended; the next begins there."""
    ended = select(BankStatement.closing_cents).order_by(BankStatement.closes_on.desc()).limit(1)
    return db.session.scalar(ended) or OPENING_CENTS


def _sponsor_pays(stage: Stage) -> Story:
    yield stage.at(60, 9)
    sponsor = bill_of_sponsor("sponsor")
    day = stage.today - timedelta(days=62)
    moves = [
        _from(sponsor, stage, 64, 4711, f"Plaatsen in de kring {sponsor.rf_reference}"),
        Move(day, -24_50, BANK, account_number(1), "Kosten zakelijk pakket"),
        Move(day, 3_17, BANK, account_number(1), "Rente"),
    ]
    content = statements.camt053(moves, number=41, opening_cents=OPENING_CENTS)
    services.take_in(content, "afschrift-41.xml", by=stage.account("treasurer"))
    yield stage.at(60, 9, 10)
    services.set_aside(_line("Rente").id, remark="Rente over het kwartaal", by=stage.account("treasurer"))


def _many_pay(stage: Stage) -> Story:
    yield stage.at(3, 9)
    whose = ("overboeking", "respijt", "opgeschort", "verlegd")
    transfer, grace, suspended, abroad = (bill_to_pay(who) for who in whose)
    later = stage.today - timedelta(days=5)
    moves = [
        _from(transfer, stage, 9, 2201, transfer.rf_reference),
        _from(grace, stage, 8, 2202, f"contributie factuur {grace.number}"),
        _from(suspended, stage, 7, 2203, suspended.rf_reference, services.left_to_pay(suspended) - 100_00),
        Move(later, 1_250_00, "Stichting Werk en Zorg", account_number(2205), "honorarium workshop oktober"),
        _from(abroad, stage, 5, 2204, f"Mitgliedschaft {abroad.rf_reference}", ROUNDED_UP_CENTS),
        Move(later, -612_04, "Kantoorhuis Maliesingel", account_number(3301), "Huur vergaderzaal"),
        Move(later, -12_45, BANK, account_number(1), "Kosten betalingsverkeer"),
    ]
    content = statements.mt940(moves, number=58, opening_cents=OPENING_CENTS + 2_118_30)
    services.take_in(content, "afschrift-58.sta", by=stage.account("treasurer"))
    yield stage.at(3, 9, 20)
    _book(stage, "Mitgliedschaft", bill_to_pay("verlegd"))


def _more_pay(stage: Stage) -> Story:
    yield stage.at(1, 9)
    day = stage.today - timedelta(days=2)
    given_up = _last_bill("opgezegd")
    moves = [
        _from(given_up, stage, 2, 2302, f"verlenging {given_up.rf_reference}", given_up.gross_cents),
        Move(day, 598_95, "A. van der Meer", account_number(2301), "voor de kring, wie stuurt mij de factuur?"),
        Move(day, -86_20, "Drukkerij Zuiderpark", account_number(3302), "Naamkaartjes"),
    ]
    content = statements.camt053(moves, number=59, opening_cents=_closing_cents())
    services.take_in(content, "afschrift-59.xml", by=stage.account("treasurer"))
    yield stage.at(1, 9, 20)
    _book(stage, "verlenging", _last_bill("opgezegd"))


def _is_cut_off(stage: Stage) -> Story:
    """Hand in a year that was downloaded only in part: a file that large is read by a job, and refused there."""
    yield stage.at(2, 16)
    fees = [Move(stage.today - timedelta(days=ago), -1_45, BANK, account_number(1), "Kosten") for ago in (9, 8)]
    whole = statements.camt053(fees * LINES_OF_A_YEAR, number=60, opening_cents=OPENING_CENTS)
    content = whole[: -len(whole) // 50]
    services.take_in(content, "afschriften-van-het-jaar.xml", by=stage.account("treasurer"))


STORIES = (_sponsor_pays, _many_pay, _more_pay, _is_cut_off)
