"""Work on many at once that dies anywhere, again and again: what is done is whole, and in the end all is done once."""

from __future__ import annotations

from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.audit import services as audit
from app.core.db import atomic, db, forget_reads
from app.jobs.models import Job
from app.mail.models import OutboxMail
from app.payments import services as payments
from app.payments.models import BankBooking, BankFile, Bill, BillState, LedgerEntry, NumberCounter
from app.payments.services import bank_matching
from tests.factories import make_account
from tests.faults.plug import die_everywhere
from tests.payments.bank.writing import Move, camt
from tests.payments.conftest import draw_up

pytestmark = pytest.mark.committed


def count(model: type, *conditions: object) -> int:
    return db.session.scalar(select(func.count()).select_from(model).where(*conditions)) or 0


def test_p7_a_statement_whose_reading_dies_anywhere_books_each_line_once(
    committed_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bank_matching, "AT_ONCE", 2)
    with atomic():
        treasurer = make_account(roles=["treasurer"])
        payer = make_account()
    bills = [draw_up(payer.id).id for _ in range(5)]
    moves = [Move(598_95, f"betaling {db.session.get_one(Bill, bill).rf_reference}") for bill in bills]
    moves.append(Move(-9_95, "kosten", iban="", name="Bank"))
    monkeypatch.setattr(payments.bank_import, "READ_AT_ONCE", 0)
    file = payments.take_in(camt(moves), "afschrift.xml", by=treasurer).file.id

    deaths = die_everywhere(lambda: payments.read_file(file_id=str(file)), _ledger_and_all_that_follows_agree)
    assert deaths >= 30
    payments.read_file(file_id=str(file))
    _ledger_and_all_that_follows_agree()
    assert [_state(bill) for bill in bills] == [BillState.PAID] * 5
    read = db.session.get_one(BankFile, file)
    assert (read.lines_total, read.lines_new) == (6, 6)
    assert audit.verify_chain().sound


def _state(bill_id: UUID) -> BillState:
    forget_reads()
    return db.session.get_one(Bill, bill_id).state


def _ledger_and_all_that_follows_agree() -> None:
    """So many bills paid, so many entries, bookings, numbers, mails and invoices to keep: nothing half, nothing twice."""
    paid = count(Bill, Bill.state == BillState.PAID)
    numbers = sorted(db.session.scalars(select(Bill.number).where(Bill.number.is_not(None))))
    assert [int(number.split("-")[1]) for number in numbers] == list(range(1, paid + 1))
    assert (db.session.scalar(select(NumberCounter.n)) or 0) == paid
    assert count(LedgerEntry) == count(BankBooking) == paid
    assert count(OutboxMail, OutboxMail.template == "payments/payment_received") == paid
    assert count(Job, Job.kind == "payments.keep_invoice") == count(Job, Job.kind == "mail.deliver") == paid
    db.session.rollback()
