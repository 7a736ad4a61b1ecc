"""G7: the policy on seats that stay empty, what it does to a booking, and not counting one for a reason."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import UUID

from app.agenda import queries as agenda
from app.agenda.absences import queries
from app.agenda.absences.models import AbsenceExcuse, AbsencePolicy, Consequence
from app.agenda.absences.queries import ONLY, Policy
from app.agenda.absences.refusals import OnlyShortlyBefore
from app.agenda.models import Gathering
from app.audit import services as audit
from app.core import clock
from app.core.db import db, put_rows


def refuse_who_comes_too_seldom(gathering: Gathering, account_id: UUID) -> None:
    """G7: let whose seats stayed empty too often book only shortly before; a place they have they keep."""
    held = queries.policy()
    if held.consequence is not Consequence.LATER or clock.now() >= held.opens_for_late(gathering.starts_at):
        return
    times = queries.times_of(account_id, held)
    if times >= held.times:
        raise OnlyShortlyBefore(times, held.months, held.opens_for_late(gathering.starts_at))


def set_policy(wanted: Policy, *, by: UUID) -> None:
    """Decide what follows from empty seats, from now on."""
    before = queries.policy()
    if before == wanted:
        return
    put_rows(AbsencePolicy, [{"id": ONLY, "changed_at": clock.now(), **asdict(wanted)}])
    audit.record("absence_policy.set", by=by, on=("absence_policy", ONLY), before=asdict(before), after=asdict(wanted))


def excuse(booking_id: UUID, *, reason: str, by: UUID) -> None:
    """Count an empty seat no more, for a reason; twice is once."""
    booking = queries.empty_seat(booking_id)
    if queries.excuse(booking_id) is not None:
        return
    db.session.add(AbsenceExcuse(booking_id=booking_id, reason=reason, excused_by_id=by, excused_at=clock.now()))
    db.session.flush()
    audit.record("absence.excused", by=by, on=("booking", booking_id), after=_told(booking, reason=reason))


def count_again(booking_id: UUID, *, by: UUID) -> None:
    """Take that back."""
    booking, found = queries.empty_seat(booking_id), queries.excuse(booking_id)
    if found is None:
        return
    db.session.delete(found)
    db.session.flush()
    audit.record("absence.counted", by=by, on=("booking", booking_id), after=_told(booking))


def _told(booking: Any, **values: str) -> dict[str, Any]:
    title = agenda.any_gathering(booking.gathering_id).title
    return {"title": title, "account_id": booking.account_id, **values}
