"""What the stories are about: somebody's place, application and bills, as they are now."""

from __future__ import annotations

from uuid import UUID

from app.accounts.demo import demo_id
from app.membership import queries as membership
from app.membership.models import Application, Membership
from app.payments import queries as payments
from app.payments.models import Bill

PERIOD, SPONSORSHIP = "membership_period", "sponsorship"


def place_of(who: str) -> Membership:
    """Return somebody's membership."""
    found = membership.running_membership(demo_id(who))
    assert found is not None
    return found


def application_of(who: str) -> Application:
    """Return what somebody sent in."""
    found = membership.current_application(demo_id(who))
    assert found is not None
    return found


def bill_of(subject_id: UUID, kind: str = PERIOD) -> Bill:
    """Return the bill of one thing."""
    found = payments.bill_for(kind, subject_id)
    assert found is not None
    return found


def bill_to_pay(who: str) -> Bill:
    """Return the bill that somebody has before them."""
    waiting = membership.open_period(demo_id(who))
    assert waiting is not None
    return bill_of(waiting.id)


def bill_paid(who: str) -> Bill:
    """Return the bill with which somebody's running year was paid."""
    return bill_of(membership.dated_periods(place_of(who).id)[-1].id)
