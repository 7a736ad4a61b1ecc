"""P3, P6: whatever the bank does, and in whichever order, however often or never it is told, a sweep ends the same."""

from __future__ import annotations

from datetime import timedelta

import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.core import clock
from app.core.db import atomic, db, forget_reads
from app.core.errors import IllegalTransition
from app.payments import services
from app.payments.models import Attempt, Bill, BillState, CreditNote, LedgerEntry, Method, Task
from app.payments.providers import testpay
from app.payments.providers.testpay import Play
from tests.payments.conftest import begin, draw_up, fresh, run_jobs

WORLD = st.lists(
    st.sampled_from(
        [
            Play.PAY,
            Play.PENDING,
            Play.SETTLE,
            Play.FAIL,
            Play.EXPIRE,
            Play.PAY_AGAIN,
            Play.REFUND,
            Play.REFUND_PART,
            Play.REFUND_BACK,
            Play.DISPUTE,
            Play.WIN,
            Play.LOSE,
        ]
    ),
    min_size=1,
    max_size=7,
)
NEWS = st.lists(st.integers(0, 9), max_size=6)


def happen(reference, move):
    """Let the bank do something, if it can; return the message about it."""
    try:
        with atomic():
            return testpay.play(reference, move)
    except IllegalTransition:
        return None


def tell(hooks, picks):
    """Deliver some of the messages, in any order and any number of times."""
    for pick in picks:
        if hooks:
            with atomic():
                services.receive_hook(hooks[pick % len(hooks)])
            run_jobs()


def sweep(reference):
    services.sweep()
    services.follow_up()
    services.converge(reference)
    run_jobs()


def end_of(bill_id):
    """What everything came to: nothing of it may depend on who was told what when."""
    forget_reads()
    bill = db.session.get_one(Bill, bill_id, populate_existing=True)
    entries = db.session.scalars(select(LedgerEntry).where(LedgerEntry.bill_id == bill_id))
    tasks = db.session.scalars(select(Task).where(Task.bill_id == bill_id, Task.closed_at.is_(None)))
    notes = select(CreditNote.gross_cents).where(CreditNote.bill_id == bill_id).order_by(CreditNote.number)
    return {
        "state": bill.state,
        "numbered": bill.number is not None,
        "ledger": sorted((entry.kind, entry.amount_cents) for entry in entries),
        "tasks": sorted((task.kind, task.details.get("surplus_cents", 0)) for task in tasks),
        "credited": db.session.scalars(notes).all(),
        "attempts": db.session.scalars(select(Attempt.state).where(Attempt.bill_id == bill_id)).all(),
    }


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(world=WORLD, during=st.lists(NEWS, min_size=7, max_size=7), after=NEWS)
def test_any_order_repetition_and_subset_of_news_then_a_sweep_ends_the_same(account, world, during, after):
    """Two bills meet the same fate. Of one the portal is told now and then; of the other only the sweep tells."""
    told, untold = draw_up(account.id).id, draw_up(account.id).id
    with time_machine.travel(clock.now()) as travel:
        first, second = begin(told, Method.CARD), begin(untold, Method.CARD)
        hooks = []
        for move, picks in zip(world, during, strict=False):
            travel.shift(timedelta(minutes=1))
            hook = happen(first, move)
            happen(second, move)
            hooks += [hook] if hook else []
            tell(hooks, picks)
        tell(hooks, after)
        sweep(first)
        sweep(second)
        assert end_of(told) == end_of(untold)
        before = end_of(told)
        tell(hooks, range(len(hooks)))
        sweep(first)
        assert end_of(told) == before


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(world=WORLD)
def test_what_is_kept_is_what_the_bank_and_the_credit_notes_say(account, world):
    """The ledger is the bank's account; a bill is paid exactly when it holds what is still asked."""
    bill = draw_up(account.id)
    with time_machine.travel(clock.now()) as travel:
        reference = begin(bill, Method.CARD)
        for move in world:
            travel.shift(timedelta(minutes=1))
            happen(reference, move)
            services.converge(reference)
        facts = testpay.TestPay().fetch(reference)
        end = fresh(bill)
        assert services.balance(bill.id) == sum(entry.amount_cents for entry in facts.entries)
        asked = end.gross_cents - sum(note.gross_cents for note in end.credit_notes)
        assert asked >= 0
        assert (services.balance(bill.id) >= asked) == (end.state in {BillState.PAID, BillState.CREDITED})
