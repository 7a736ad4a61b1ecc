"""Real commits from many threads at once, on SQLite and PostgreSQL alike: numbers without gaps, one open attempt, paid once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from app.accounts.models import Account
from app.core import clock
from app.core.db import atomic, db, forget_reads
from app.mail.models import OutboxMail
from app.payments import services
from app.payments.models import Attempt, Bill, BillState, LedgerEntry, Method, NumberCounter, Task
from app.payments.providers import testpay
from app.payments.providers.testpay import Play
from tests.factories import make_account
from tests.payments.conftest import begin, draw_up, fresh

pytestmark = pytest.mark.committed
AT_ONCE = 8


@pytest.fixture
def person(committed_app):
    with atomic():
        return make_account().id


def at_once(app: Any, doings: list[Callable[[], object]]) -> list[BaseException]:
    """Do all of these at the same moment, each in a thread and session of its own; return what they raised."""
    barrier = threading.Barrier(len(doings))
    raised: list[BaseException] = []

    def work(doing: Callable[[], object]) -> None:
        with app.app_context():
            barrier.wait()
            try:
                doing()
            except BaseException as error:  # noqa: BLE001  the test decides what may be raised
                raised.append(error)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=work, args=(doing,)) for doing in doings]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    forget_reads()
    return raised


def test_numbers_taken_at_once_have_no_gaps_and_no_doubles(committed_app, person):
    bills = [draw_up(person).id for _ in range(2 * AT_ONCE)]

    def choose(bill_id):
        def doing() -> None:
            with atomic():
                services.choose_transfer(bill_id, by=None)
                if bill_id in bills[::4]:
                    raise ZeroDivisionError

        return doing

    raised = at_once(committed_app, [choose(bill_id) for bill_id in bills])
    assert [type(error) for error in raised] == [ZeroDivisionError] * 4
    numbers = sorted(number for number in db.session.scalars(select(Bill.number)) if number)
    assert [number.partition("-")[2] for number in numbers] == [f"{n:05d}" for n in range(1, 13)]
    assert db.session.scalars(select(NumberCounter.n)).all() == [12]


def test_many_tabs_at_once_share_one_attempt_and_one_page(committed_app, person):
    bill = draw_up(person).id
    urls: list[str] = []

    def doing() -> None:
        urls.append(
            services.pay(bill, method=Method.IDEAL, by=None, email="a@b.example", locale="nl", back=("/a", "/b"))
        )

    assert at_once(committed_app, [doing] * AT_ONCE) == []
    assert len(set(urls)) == 1
    assert db.session.scalar(select(func.count()).select_from(Attempt)) == 1


def test_many_looks_at_once_settle_once(committed_app, person):
    bill = draw_up(person).id
    reference = begin(bill)
    with atomic():
        testpay.play(reference, Play.PAY)
    assert at_once(committed_app, [lambda: services.converge(reference)] * AT_ONCE) == []
    assert fresh(bill).state is BillState.PAID
    assert fresh(bill).number.endswith("-00001")
    assert [
        db.session.scalar(select(func.count()).select_from(model)) for model in (LedgerEntry, OutboxMail, Task)
    ] == [
        1,
        1,
        0,
    ]


def test_a_transfer_booked_twice_at_once_counts_once(committed_app, person):
    bill, now = draw_up(person).id, clock.now()

    def doing() -> None:
        account = db.session.get_one(Account, person)
        with atomic():
            services.book_transfer(bill, amount_cents=598_95, received_at=now, reference="2027-1/1", by=account)

    assert at_once(committed_app, [doing] * AT_ONCE) == []
    assert fresh(bill).state is BillState.PAID
    assert services.balance(bill) == 598_95


def test_paying_and_booking_at_once_leave_one_number_and_one_task(committed_app, person):
    bill = draw_up(person).id
    reference = begin(bill)
    with atomic():
        testpay.play(reference, Play.PAY)

    def book() -> None:
        account = db.session.get_one(Account, person)
        with atomic():
            services.book_transfer(bill, amount_cents=598_95, received_at=clock.now(), reference="2027-1/1", by=account)

    assert at_once(committed_app, [book, lambda: services.converge(reference)]) == []
    end = fresh(bill)
    assert (end.state, len(end.tasks), services.balance(bill)) == (BillState.PAID, 1, 2 * 598_95)
    assert db.session.scalars(select(NumberCounter.n)).all() == [1]
