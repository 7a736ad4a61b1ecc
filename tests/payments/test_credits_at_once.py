"""P5: credit notes under concurrency and crashes, with real commits: no gap, no double, never more than the invoice."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import func, select

from app.core.db import atomic, db
from app.jobs.models import Job
from app.mail.models import OutboxMail
from app.payments import queries, services
from app.payments.models import Bill, BillState, CreditNote, Document, NumberCounter
from tests.factories import make_account
from tests.payments.conftest import draw_up, fresh
from tests.payments.test_at_once import AT_ONCE, at_once
from tests.payments.test_cut_off import cut_off_everywhere

pytestmark = pytest.mark.committed


@pytest.fixture
def person(committed_app):
    with atomic():
        return make_account().id


def issued(person: UUID) -> UUID:
    bill = draw_up(person).id
    with atomic():
        services.choose_transfer(bill, by=None)
    return bill


def credit(bill_id: UUID, gross_cents: int, cause: str) -> None:
    with atomic() as session:
        bill = session.get_one(Bill, bill_id)
        services.credit(bill, gross_cents=gross_cents, cause=cause, reason="", by=None)


def numbers() -> list[str]:
    return sorted(db.session.scalars(select(CreditNote.number)))


def taken() -> int:
    series = NumberCounter.series.startswith("C")
    return db.session.scalar(select(NumberCounter.n).where(series)) or 0


def test_the_same_cause_at_once_credits_once(committed_app, person):
    bill = issued(person)
    assert at_once(committed_app, [lambda: credit(bill, 100_00, "refund:1")] * AT_ONCE) == []
    assert (queries.credited(bill), taken(), len(numbers())) == (100_00, 1, 1)


def test_parts_at_once_never_take_back_more_than_the_invoice(committed_app, person):
    bill = issued(person)
    doings = [lambda place=place: credit(bill, 100_00, f"refund:{place}") for place in range(AT_ONCE)]
    raised = at_once(committed_app, doings)
    assert [type(error) for error in raised] == [services.TooMuchCredited] * (AT_ONCE - 5)
    assert (queries.credited(bill), taken(), len(numbers())) == (500_00, 5, 5)
    assert queries.creditable(fresh(bill)) == 98_95


def test_numbers_of_credit_notes_have_no_gaps_though_some_are_undone(committed_app, person):
    bills = [issued(person) for _ in range(AT_ONCE)]

    def doing(bill):
        def do() -> None:
            with atomic():
                credit(bill, 10_00, f"refund:{bill}")
                if bill in bills[::4]:
                    raise ZeroDivisionError

        return do

    raised = at_once(committed_app, [doing(bill) for bill in bills])
    assert [type(error) for error in raised] == [ZeroDivisionError] * 2
    assert [number.partition("-")[2] for number in numbers()] == [f"{n:05d}" for n in range(1, AT_ONCE - 1)]
    assert taken() == AT_ONCE - 2


def test_crediting_dies_anywhere_and_either_all_of_it_happened_or_nothing(committed_app, person):
    def look(bill):
        credited, note = fresh(bill).state is BillState.CREDITED, queries.credit_note_for(f"lapse:{bill}")
        key = f"payments/credit_note:{note.id}" if note else ""
        mailed = db.session.scalar(select(OutboxMail.id).where(OutboxMail.key == key)) is not None
        assert (note is not None, credited, mailed) in {(True,) * 3, (False,) * 3}
        assert taken() == len(numbers())
        credit(bill, 598_95, f"lapse:{bill}")
        assert fresh(bill).state is BillState.CREDITED
        assert taken() == len(numbers())

    cut_off_everywhere(lambda: issued(person), lambda bill: credit(bill, 598_95, f"lapse:{bill}"), look)
    mails = db.session.scalar(
        select(func.count()).select_from(OutboxMail).where(OutboxMail.template == "payments/credit_note")
    )
    jobs = db.session.scalar(select(func.count()).select_from(Job).where(Job.kind == "payments.keep_credit_note"))
    assert mails == jobs == len(numbers())


def test_keeping_a_credit_note_dies_anywhere_and_keeps_each_document_once(committed_app, person):
    def prepare():
        bill = issued(person)
        credit(bill, 1_00, f"refund:{bill}")
        return fresh(bill).credit_notes[0].id

    def look(note):
        services.keep_credit_note(note)
        count = select(func.count()).select_from(Document).where(Document.credit_note_id == note)
        assert db.session.scalar(count) == 2

    cut_off_everywhere(prepare, services.keep_credit_note, look)
