"""A process that dies between any two statements leaves nothing half, and the next look completes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.engine import Engine

from app.core.db import atomic, db, forget_reads
from app.mail.models import OutboxMail
from app.payments import services
from app.payments.models import Attempt, Bill, BillState, Document, LedgerEntry, Method, NumberCounter, ProviderEvent
from app.payments.providers import testpay
from app.payments.providers.testpay import Play
from tests.factories import make_account
from tests.payments.conftest import begin, draw_up, fresh

pytestmark = pytest.mark.committed


class Killed(BaseException):
    """The process is gone."""


class Fate:
    """Counts statements and, when told to, lets none through after so many."""

    def __init__(self) -> None:
        self.last: int | None = None
        self.seen = 0

    def __call__(self, *_of_the_cursor: Any) -> None:
        if self.last is None:
            return
        if self.seen >= self.last:
            raise Killed
        self.seen += 1


fate = Fate()
event.listen(Engine, "before_cursor_execute", fate)


@contextmanager
def dying_after(statements: int) -> Iterator[None]:
    fate.seen, fate.last = 0, statements
    try:
        yield
    finally:
        fate.last = None
        db.session.remove()


def cut_off_everywhere(
    prepare: Callable[[], Any], doing: Callable[[Any], object], look: Callable[[Any], object]
) -> None:
    """Do it again and again, dying one statement later each time, until it comes to its end; look after each death."""
    for statements in range(500):
        given = prepare()
        finished = False
        with dying_after(statements), suppress(Killed):
            doing(given)
            finished = True
        look(given)
        if finished:
            return
    raise AssertionError("it never came to its end")


@pytest.fixture
def person(committed_app):
    with atomic():
        return make_account().id


def count(model: Any, *where: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(model).where(*where)) or 0


def nothing_half(bill: UUID) -> None:
    """Either all of the payment happened or none of it; numbers have no gaps."""
    now = fresh(bill)
    entries = count(LedgerEntry, LedgerEntry.bill_id == bill)
    mails = count(OutboxMail, OutboxMail.key == f"payments/payment_received:{bill}")
    whole = (now.state is BillState.PAID, now.number is not None, entries == 1, mails == 1)
    assert whole in {(True,) * 4, (False,) * 4}
    taken = db.session.scalar(select(NumberCounter.n)) or 0
    assert taken == count(Bill, Bill.number.is_not(None))


def test_settling_dies_anywhere_and_the_sweep_completes_it(committed_app, person):
    def prepare():
        bill = draw_up(person).id
        reference = begin(bill)
        with atomic():
            testpay.play(reference, Play.PAY)
        forget_reads()
        return bill, reference

    def look(given):
        bill, _reference = given
        nothing_half(bill)
        services.sweep()
        assert fresh(bill).state is BillState.PAID
        nothing_half(bill)

    cut_off_everywhere(prepare, lambda given: services.converge(given[1]), look)


def test_receiving_and_looking_die_anywhere_and_nothing_is_lost(committed_app, person):
    def prepare():
        bill = draw_up(person).id
        reference = begin(bill)
        with atomic():
            hook = testpay.play(reference, Play.PAY)
        forget_reads()
        return bill, hook

    def doing(given):
        with atomic():
            services.receive_hook(given[1])
        services.look(given[1].id)

    def look(given):
        bill, hook = given
        nothing_half(bill)
        with atomic():
            services.receive_hook(hook)
        services.look(hook.id)
        assert fresh(bill).state is BillState.PAID
        assert count(ProviderEvent, ProviderEvent.id == hook.id) == 1
        nothing_half(bill)

    cut_off_everywhere(prepare, doing, look)


def test_beginning_to_pay_dies_anywhere_and_the_next_click_goes_on(committed_app, person):
    def pay(bill):
        return services.pay(bill, method=Method.IDEAL, by=None, email="a@b.example", locale="nl", back=("/a", "/b"))

    def look(bill):
        url = pay(bill)
        assert pay(bill) == url
        assert count(Attempt, Attempt.bill_id == bill) == 1

    cut_off_everywhere(lambda: draw_up(person).id, pay, look)


def test_choosing_a_transfer_dies_anywhere_and_takes_one_number(committed_app, person):
    def choose(bill):
        with atomic():
            services.choose_transfer(bill, by=None)

    def look(bill):
        choose(bill)
        assert fresh(bill).state is BillState.ISSUED
        assert count(OutboxMail, OutboxMail.key == f"payments/transfer_instructions:{bill}") == 1
        assert db.session.scalar(select(NumberCounter.n)) == count(Bill, Bill.number.is_not(None))

    cut_off_everywhere(lambda: draw_up(person).id, choose, look)


def test_keeping_the_invoice_dies_anywhere_and_keeps_it_once(committed_app, person):
    def prepare():
        bill = draw_up(person).id
        with atomic():
            services.choose_transfer(bill, by=None)
        forget_reads()
        return bill

    def look(bill):
        services.keep_invoice(bill)
        assert count(Document, Document.bill_id == bill) == 2

    cut_off_everywhere(prepare, services.keep_invoice, look)
