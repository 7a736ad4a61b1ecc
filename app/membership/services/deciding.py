"""M8: what a day asks for at the end of one member's period. Pure: from how things stand to the next step."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from app.membership import ladder
from app.membership.ladder import CHARGE_ANNOUNCED, ENDED, LAPSED, PRE_NOTICE, VALUE
from app.membership.queries.renewal import Case, Try
from app.payments.models import BillState

REVIVAL_BILL_LASTS = timedelta(days=14)
PAYABLE = (BillState.ISSUED, BillState.SHORT)


class Step(StrEnum):
    """What a day can ask for."""

    BILL = "bill"
    TELL = "tell"
    ANNOUNCE = "announce"
    CHARGE = "charge"
    CLOSE = "close"
    END = "end"


FOLLOWED_BY_MORE = (Step.BILL, Step.CLOSE)


@dataclass(frozen=True)
class Next:
    """A step, and for telling, what and about which occasion."""

    step: Step
    kind: str = ""
    reference: str = ""


def decide(case: Case, today: date) -> Next | None:
    """M8: return the next thing that a day asks for at the end of a period; None when nothing is left to do. Pure."""
    if case.given_up_on is not None and case.given_up_on < today:
        reference = case.given_up_on.isoformat()
        return None if case.was_told(ENDED, reference) else Next(Step.END, ENDED, reference)
    if not case.stays:
        return None
    if case.span.uncovered_on is None:
        return _before_or_after_the_end(case, today)
    return _rung(case, today) if today >= case.span.uncovered_on else None


def _before_or_after_the_end(case: Case, today: date) -> Next | None:
    if not case.followed:
        return _not_billed(case, today)
    if case.owing is None or case.owing.state not in PAYABLE or case.waiting_id is None:
        return _stale(case, today)
    if case.processing_until is not None and case.processing_until >= today:
        return None
    charging, pending = _charging(case, today)
    if charging is not None:
        return charging
    rung = _rung(case, today)
    ahead = rung is not None and rung.kind.startswith("ahead")
    return None if pending and ahead else rung or _stale(case, today)


def _not_billed(case: Case, today: date) -> Next | None:
    if case.ending.bill_on <= today <= case.span.lapses_after:
        return Next(Step.BILL)
    told_from = case.ending.bill_on - PRE_NOTICE
    due = told_from <= today < case.ending.bill_on and not case.was_told(VALUE)
    return Next(Step.TELL, VALUE) if due else None


def _stale(case: Case, today: date) -> Next | None:
    """Let go of a bill that was drawn up to revive a lapsed membership and never paid."""
    if case.waiting_id is None or case.owing is None or not case.was_told(LAPSED, case.reference):
        return None
    return Next(Step.CLOSE) if case.owing.due_on + REVIVAL_BILL_LASTS < today else None


def _rung(case: Case, today: date) -> Next | None:
    told = {one.kind for one in case.told if one.reference == case.reference}
    rung = ladder.due(case.rungs, today, told)
    if rung is not None and rung.kind.startswith("ahead") and _was_announced_since(case, rung.on):
        return None
    return Next(Step.TELL, rung.kind, case.reference) if rung else None


def _was_announced_since(case: Case, day: date) -> bool:
    """Say whether a charge was announced since a day: that told of the end of the year, too."""
    return any(one.kind == CHARGE_ANNOUNCED and one.told_on >= day for one in case.told)


def _charging(case: Case, today: date) -> tuple[Next | None, bool]:
    """P8: return what automatic renewal asks for today, and whether a charge is still to come or under way."""
    if case.method is None or case.left_cents <= 0:
        return None, False
    announced = case.was_told(CHARGE_ANNOUNCED, case.announcement)
    if announced is None or announced.acts_on is None:
        in_time = ladder.charge_day(today, case.span.ends_on) <= case.span.grace_until
        possible = in_time and len(case.tries) < ladder.MOST_TRIES
        return (Next(Step.ANNOUNCE, CHARGE_ANNOUNCED, case.announcement), True) if possible else (None, False)
    if unfinished(case) is not None:
        return Next(Step.CHARGE), True
    when = ladder.next_try(announced.acts_on, [(one.tried_on, one.failed_on) for one in case.tries])
    if when is None or when > case.span.lapses_after:
        under_way = bool(case.tries) and case.tries[-1].failed_on is None
        return None, under_way
    return (Next(Step.CHARGE) if when <= today else None), True


def unfinished(case: Case) -> Try | None:
    """Return the try that was written down but of which no attempt is known: a crash came in between."""
    if not case.tries or case.tries[-1].attempt_id is not None or case.tries[-1].failed_on is not None:
        return None
    return case.tries[-1]
