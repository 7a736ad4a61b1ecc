"""What states, benefits, categories and steps are called on screens and in mails."""

from __future__ import annotations

from datetime import date
from typing import Any

from app.core.formats import day_as
from app.core.i18n import _, _l, _n
from app.membership.models import (
    ApplicationState,
    Benefit,
    CheckOutcome,
    ConsentKind,
    ManagementCategory,
    MembershipStatus,
    StepName,
    YearPolicy,
)

APPLICATION_STATES: dict[ApplicationState, tuple[str, Any]] = {
    ApplicationState.DRAFT: ("", _l("Being written")),
    ApplicationState.SUBMITTED: ("due", _l("Received")),
    ApplicationState.IN_REVIEW: ("info", _l("In review")),
    ApplicationState.ACCEPTED: ("warn", _l("Admitted, to be paid")),
    ApplicationState.DECLINED: ("bad", _l("Declined")),
    ApplicationState.WITHDRAWN: ("", _l("Withdrawn")),
    ApplicationState.ACTIVE: ("ok", _l("Member")),
    ApplicationState.EXPIRED: ("", _l("Expired unpaid")),
}
STATUSES: dict[MembershipStatus, tuple[str, Any]] = {
    MembershipStatus.PENDING: ("warn", _l("Waiting for payment")),
    MembershipStatus.ACTIVE: ("ok", _l("Member")),
    MembershipStatus.GRACE: ("warn", _l("Member, to be renewed")),
    MembershipStatus.SUSPENDED: ("bad", _l("Suspended")),
    MembershipStatus.LAPSED: ("", _l("Lapsed")),
    MembershipStatus.ENDED: ("", _l("Ended")),
}
CATEGORIES: dict[ManagementCategory, tuple[Any, Any]] = {
    ManagementCategory.CHANGE: (
        _l("Change management"),
        _l("Getting an organisation from one way of working to another"),
    ),
    ManagementCategory.BRIDGING: (
        _l("Bridging management"),
        _l("Keeping the place until the successor is there"),
    ),
    ManagementCategory.PROJECT: (
        _l("Project management"),
        _l("Leading one project from plan to handover"),
    ),
    ManagementCategory.CRISIS: (
        _l("Crisis management"),
        _l("Steadying what threatens to go wrong"),
    ),
    ManagementCategory.EXPERTISE: (
        _l("Expertise management"),
        _l("Bringing in know-how that is scarce"),
    ),
}
BENEFITS: dict[Benefit, Any] = {
    Benefit.SESSIONS: _l("Knowledge sessions"),
    Benefit.COACHING_HOURS: _l("Coaching"),
    Benefit.INTERVISION: _l("Intervision"),
    Benefit.GUESTS: _l("Guests at a session"),
}
POLICIES: dict[YearPolicy, tuple[Any, Any]] = {
    YearPolicy.ROLLING: (
        _l("A year from the first day"),
        _l("Everybody has a year of their own: from the day of payment until the day before it comes round."),
    ),
    YearPolicy.CALENDAR: (
        _l("The same fixed year for everybody"),
        _l("Whoever joins during the year pays for what is left of it, by the table below."),
    ),
}
CHECK_OUTCOMES: dict[CheckOutcome, tuple[str, Any]] = {
    CheckOutcome.POSITIVE: ("ok", _l("Positive")),
    CheckOutcome.MIXED: ("warn", _l("With reservations")),
    CheckOutcome.NEGATIVE: ("bad", _l("Negative")),
    CheckOutcome.NOT_REACHED: ("", _l("Not reached")),
}
STEPS: dict[StepName, Any] = {
    StepName.PERSON: _l("You"),
    StepName.COMPANY: _l("Your company"),
    StepName.EXPERIENCE: _l("Experience"),
    StepName.HARD_COMPETENCES: _l("Expertise"),
    StepName.SOFT_COMPETENCES: _l("Strengths"),
    StepName.REFERENCES: _l("References"),
    StepName.MOTIVATION: _l("Motivation"),
}
CONSENTS: dict[ConsentKind, Any] = {
    ConsentKind.PRIVACY: _l("Use of my details"),
    ConsentKind.REFERENCE_CHECK: _l("My references"),
    ConsentKind.CODE_OF_CONDUCT: _l("Confidentiality"),
}


def month_name(month: int) -> str:
    """Return what a month is called: `1` gives `januari`."""
    return day_as(date(2027, month, 1), "MMMM")


def quota(benefit: Benefit, amount: int) -> str:
    """Say how much of a benefit there is: `10 bijeenkomsten`, `6 uur`."""
    if benefit is Benefit.SESSIONS:
        return _n("%(num)s session", "%(num)s sessions", amount)
    if benefit is Benefit.COACHING_HOURS:
        return _n("%(num)s hour", "%(num)s hours", amount)
    if benefit is Benefit.INTERVISION:
        return _n("%(num)s meeting", "%(num)s meetings", amount)
    return _n("%(num)s guest", "%(num)s guests", amount)


def used_of(used: int, whole: str) -> str:
    """Say how much of a benefit was used: `3 van 10 bijeenkomsten`."""
    return _("%(used)s of %(whole)s", used=used, whole=whole)


_NOTICES = {
    "value": _l("What the contribution brought"),
    "grace": _l("Year ended, grace begun"),
    "suspended": _l("Suspended"),
    "lapsed": _l("Lapsed"),
    "cover_lost": _l("Payment taken back"),
    "charge_announced": _l("Charge announced"),
    "ended": _l("Ended"),
}


def notice_name(kind: str) -> str:
    """Say what was told: a rung of the ladder by its days, or a turn for better or worse."""
    when, _colon, days = kind.partition(":")
    if not days:
        return str(_NOTICES[kind])
    if when == "ahead":
        return _n("Bill, %(num)s day before the end", "Bill, %(num)s days before the end", int(days))
    return _n("Reminder, %(num)s day after the end", "Reminder, %(num)s days after the end", int(days))
