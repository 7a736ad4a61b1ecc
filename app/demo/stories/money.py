"""Payments that do not end with paying: refunds, disputes, money that came twice or from nobody (P4, P6)."""

from __future__ import annotations

from app.core import clock
from app.demo.stage import Stage, Story
from app.demo.stories.finding import bill_paid, place_of
from app.membership import services as membership
from app.payments import services as payments
from app.payments.demo import at_the_bank
from app.payments.models import RefundOrder, TaskKind
from app.payments.providers.testpay import Play
from app.payments.services.tasks import open_task

PART = 121_00


def _refund(stage: Stage, who: str, reason: str, *, cents: int = 0, by_hand: bool = False) -> RefundOrder:
    bill = bill_paid(who)
    treasurer = stage.account("treasurer")
    cents = cents or bill.gross_cents
    return payments.order_refund(bill.id, amount_cents=cents, reason=reason, by=treasurer, by_hand=by_hand)


def _is_refunded(stage: Stage) -> Story:
    yield stage.at(5, 11)
    order = _refund(stage, "terugbetaald", "Was al lid via een ander bureau; in goed overleg teruggedraaid.")
    at_the_bank.sends_back(order.id)
    yield stage.at(2, 4, 30)
    at_the_bank.forgets_refund(order.id)


def _is_refunded_in_part(stage: Stage) -> Story:
    yield stage.at(9, 11)
    order = _refund(stage, "deels", "Twee masterclasses gingen niet door.", cents=PART)
    at_the_bank.sends_back(order.id)
    yield stage.at(2, 4, 30)
    at_the_bank.tells_otherwise(order.id, PART - 1_00)


def _refund_is_on_its_way(stage: Stage) -> Story:
    yield stage.at(1, 11)
    order = _refund(stage, "terugweg", "De masterclass van december gaat niet door.", cents=PART)
    at_the_bank.sends_back(order.id, slowly=True)


def _refund_comes_back(stage: Stage) -> Story:
    yield stage.at(8, 11)
    order = _refund(stage, "mislukt", "Een masterclass ging niet door.", cents=PART)
    at_the_bank.sends_back(order.id)
    yield stage.at(6, 7)
    at_the_bank.happens(bill_paid("mislukt").id, Play.REFUND_BACK)


def _is_refunded_by_hand(stage: Stage) -> Story:
    yield stage.at(2, 11)
    _refund(stage, "handmatig", "Korting vergeten bij de overboeking.", cents=PART, by_hand=True)


def _pays_twice(stage: Stage) -> Story:
    yield stage.at(5, 9, 20)
    at_the_bank.happens(bill_paid("dubbel").id, Play.PAY_AGAIN)


def _disputes(stage: Stage) -> Story:
    yield stage.at(4, 6)
    at_the_bank.happens(bill_paid("betwist").id, Play.DISPUTE)


def _dispute_is_won(stage: Stage) -> Story:
    yield stage.at(60, 6)
    at_the_bank.happens(bill_paid("gewonnen").id, Play.DISPUTE)
    yield stage.at(40, 6)
    at_the_bank.happens(bill_paid("gewonnen").id, Play.WIN)


def _dispute_is_lost(stage: Stage) -> Story:
    """Between losing cover and losing the dispute the daily job has one thing to tell."""
    yield stage.at(12, 6)
    at_the_bank.happens(bill_paid("verloren").id, Play.DISPUTE)
    yield stage.at(6, 3, 40)
    membership.renew(place_of("verloren").id, clock.today())
    yield stage.at(5, 6)
    at_the_bank.happens(bill_paid("verloren").id, Play.LOSE)


def _comes_from_nobody(stage: Stage) -> Story:
    yield stage.at(4, 5)
    reference = "testpay:tp_onbekend-1"
    told = {"reference": reference, "amount_cents": 250_00, "currency": "EUR"}
    open_task(TaskKind.UNKNOWN_PAYMENT, key=f"unknown:{reference}", bill_id=None, details=told)


def _books_are_compared(stage: Stage) -> Story:
    yield stage.at(2, 5)
    payments.reconcile()


STORIES = (
    _is_refunded,
    _is_refunded_in_part,
    _refund_is_on_its_way,
    _refund_comes_back,
    _is_refunded_by_hand,
    _pays_twice,
    _disputes,
    _dispute_is_won,
    _dispute_is_lost,
    _comes_from_nobody,
    _books_are_compared,
)
