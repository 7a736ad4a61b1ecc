"""M6, M7, M10: the member's home and membership page, and the door for whoever is no member (yet, or any more)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from flask import current_app, make_response, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts.current import current_account
from app.core import access, clock, panels
from app.core.formats import short_date
from app.core.money import format_money
from app.membership import queries, services, words
from app.membership.models import Application, ApplicationState, Membership, MembershipStatus
from app.membership.queries import Standing, value
from app.membership.queries.value import Line
from app.membership.services import Offer, Renewing
from app.membership.shown import timeline_of, year_ring_of
from app.membership.views.base import bp
from app.payments import queries as bills
from app.payments import services as payments
from app.payments.models import AttemptState, Bill, BillState

MOST_THINGS = 3
RENEW_FROM_DAYS = 90
FORBIDDEN = 403


@dataclass(frozen=True)
class Thing:
    """Something to do next: what and where. `due` lights the amber, for what really waits for the person."""

    text: str
    label: str
    url: str
    icon: str
    due: bool = False


def _open_bill(standing: Standing | None) -> Bill | None:
    how = _how(standing)
    return _bill_of(how) if how else None


def _how(standing: Standing | None) -> Renewing | None:
    membership = queries.membership(standing.membership_id) if standing else None
    return services.renewing_of(membership, standing, clock.today()) if membership and standing else None


def _bill_of(how: Renewing) -> Bill | None:
    return bills.any_bill(how.bill_id) if how.offer is Offer.PAY and how.bill_id else None


def _things(standing: Standing | None, application: Application | None, bill: Bill | None) -> list[Thing]:
    """Return what is next for a person, the most pressing first."""
    things = []
    if bill is not None:
        things.append(_to_pay(standing, bill))
    elif standing is not None and standing.status is MembershipStatus.LAPSED and standing.ends_on:
        text = _("Your membership ended on %(day)s because it was not renewed.", day=short_date(standing.ends_on))
        things.append(Thing(text, _("See how it stands"), url_for("membership.mine"), "membership", due=True))
    if standing is None or not standing.is_member:
        things += _application_things(application)
    return things


def _to_pay(standing: Standing | None, bill: Bill) -> Thing:
    """Say what is open and what can be done about it; what cannot be paid now does not ask for it."""
    url, day = url_for("payments.pay", bill_id=bill.id), short_date(bill.due_on)
    waits = _waited_for(bill)
    if waits:
        return Thing(waits, _("See how it stands"), url_for("payments.outcome", bill_id=bill.id), "payments")
    begins = standing is None or standing.starts_on is None
    if not bill.gross_cents:
        text = _("There is nothing to pay. Your membership begins when you accept, by %(day)s at the latest.", day=day)
        return Thing(text, _("Begin without paying"), url, "payments", due=True)
    if bill.state is BillState.SHORT:
        text = _("Your payment was taken back. Pay again to keep your membership.")
    elif begins:
        text = _("Pay your contribution by %(day)s; then your membership begins.", day=day)
    else:
        text = _("Your contribution for the next year is to be paid by %(day)s.", day=day)
    left = format_money(payments.left_to_pay(bill))
    return Thing(text, _("Pay %(amount)s", amount=left), url, "payments", due=True)


def _waited_for(bill: Bill) -> str:
    """Say what others are at before anything can be paid; nothing when the bill can be paid."""
    if bill.vat_pending:
        return _("We are still settling which VAT applies to your company. You get a mail as soon as you can pay.")
    if any(attempt.state is AttemptState.PROCESSING for attempt in bill.attempts):
        return _("Your payment is being processed. You need not do anything.")
    return ""


def _application_things(application: Application | None) -> list[Thing]:
    url = url_for("membership.application")
    if application is None:
        text = _("You are not a member yet. Applying takes about twenty minutes, in as many sittings as you like.")
        return [Thing(text, _("Begin your application"), url, "application")]
    if application.state is ApplicationState.DRAFT:
        return [
            Thing(
                _("Your application is not finished yet."), _("Go on with my application"), url, "application", due=True
            )
        ]
    if application.waits_for_company:
        text = _("You are invited to the circle. Tell us where the invoice goes; then you can pay.")
        return [Thing(text, _("Name your company"), url_for("membership.admitted"), "application", due=True)]
    if application.state in (ApplicationState.SUBMITTED, ApplicationState.IN_REVIEW):
        return [Thing(_("We are looking at your application."), _("See how it stands"), url, "application")]
    return []


@bp.get("/home")
@access.signed_in
def home() -> ResponseReturnValue:
    """M10: show the year, what is next, the agenda, and what the membership still holds."""
    account, today = current_account(), clock.today()
    standing = queries.standing(account.id, today)
    is_member = standing is not None and standing.is_member
    application = None if is_member else queries.current_application(account.id)
    is_open = application is not None and application.state is not ApplicationState.ACTIVE
    bill = _open_bill(standing) if standing is not None and _may_owe(standing, today) else None
    things = _things(standing, application, bill)
    for _template, panel in panels.filled("home_next", account.id):
        things += [Thing(**values) for values in panel["things"]]
    return render_template(
        "membership/home.html",
        account=account,
        standing=standing,
        status=words.STATUSES[standing.status] if standing else None,
        ring=year_ring_of(standing, today),
        application=application,
        timeline=timeline_of(application) if application and application.submitted_at and is_open else None,
        things=sorted(things, key=lambda thing: not thing.due)[:MOST_THINGS],
        uses=_uses(account.id, standing) if is_member else [],
        panels=list(panels.filled("home", account.id)) if is_member else [],
    )


def _may_owe(standing: Standing, today: date) -> bool:
    """Say whether a bill can be open: not in the middle of a year that is paid for."""
    if standing.ends_on is None or not standing.is_member or standing.uncovered_on is not None:
        return True
    return (standing.ends_on - today).days <= RENEW_FROM_DAYS


@bp.get("/membership/mine")
@access.signed_in
def mine() -> ResponseReturnValue:
    """M10: show how the membership stands, its years, its invoices and how to stop."""
    account, today = current_account(), clock.today()
    standing = queries.standing(account.id, today)
    periods = [period for period in queries.periods_of(account.id) if period.starts_on]
    plan = queries.plan(standing.plan_id) if standing else None
    leaving = _leaving(standing, today) if standing else None
    return render_template(
        "membership/mine.html",
        account=account,
        standing=standing,
        status=words.STATUSES[standing.status] if standing else None,
        explanation=_explained(standing, leaving.how.ends_on if leaving else None),
        ring=year_ring_of(standing, today),
        company=queries.company_of(standing.company_id) if standing else None,
        plan=plan,
        periods=periods,
        uses=_uses(account.id, standing),
        bill=_bill_of(leaving.how) if leaving else None,
        panels=list(panels.filled("membership", account.id)),
        way_in=None if standing else queries.current_application(account.id),
        leaving=leaving if periods else None,
    )


@dataclass(frozen=True)
class Leaving:
    """M8, M9: what comes after this year: renewal with its day and way, or the last day, and what can be done."""

    membership: Membership
    how: Renewing
    can_undo: bool
    can_stop: bool
    method: str


def _leaving(standing: Standing, today: date) -> Leaving | None:
    membership = queries.membership(standing.membership_id)
    if membership is None:
        return None
    method = bills.saved_methods([membership.account_id]).get(membership.account_id)
    resigned = membership.ends_on is not None and queries.resignation_of(membership.id) is not None
    return Leaving(
        membership=membership,
        how=services.renewing_of(membership, standing, today),
        can_undo=resigned and membership.ends_on is not None and membership.ends_on >= today,
        can_stop=membership.ends_on is None,
        method=method.label if method else "",
    )


def _uses(account_id: UUID, standing: Standing | None) -> list[Line]:
    """M10: return what this year holds and what was used of it."""
    if standing is None or standing.starts_on is None or standing.ends_on is None:
        return []
    return value.used(account_id, queries.entitlements_held(standing), standing.starts_on, standing.ends_on)


def _explained(standing: Standing | None, runs_until: date | None = None) -> str:
    """M6: say what a status means for whoever has it; a next year that is paid for counts, and so does resigning."""
    if standing is None:
        return _("You are not a member yet.")
    if standing.starts_on is None or standing.ends_on is None:
        return _("You have been admitted. Your membership begins on the day your contribution is paid.")
    ends_on, grace_until = short_date(standing.ends_on), short_date(standing.member_until or standing.ends_on)
    if standing.uncovered_on is not None and standing.status in (MembershipStatus.GRACE, MembershipStatus.SUSPENDED):
        return _explained_uncovered(standing, grace_until)
    if standing.processing_until is not None and standing.status is MembershipStatus.GRACE:
        return _("Your payment is being processed. Until it is in you keep everything.")
    return {
        MembershipStatus.ACTIVE: _(
            "Your membership runs until %(day)s.", day=short_date(runs_until or standing.ends_on)
        ),
        MembershipStatus.GRACE: _(
            "Your year ended on %(day)s. Until %(grace)s you keep everything; renew before then.",
            day=ends_on,
            grace=grace_until,
        ),
        MembershipStatus.SUSPENDED: _(
            "Your year ended on %(day)s and has not been renewed. Renew to get back in.",
            day=ends_on,
        ),
        MembershipStatus.LAPSED: _("Your membership ended on %(day)s because it was not renewed.", day=ends_on),
        MembershipStatus.ENDED: _(
            "Your membership ended on %(day)s. Thank you for the years in the circle.", day=ends_on
        ),
        MembershipStatus.PENDING: "",
    }[standing.status]


def _explained_uncovered(standing: Standing, grace_until: str) -> str:
    if standing.status is MembershipStatus.GRACE:
        return _(
            "Your payment was taken back. Until %(grace)s you keep everything; pay before then.", grace=grace_until
        )
    return _("Your payment was taken back, so your membership is suspended. Pay to get back in.")


def membership_needed() -> Response:
    """M7: at the door of what is for members, name the way in that fits whoever stands there."""
    account = current_account()
    standing = queries.standing(account.id, clock.today())
    application, how = queries.current_application(account.id), _how(standing)
    page = render_template(
        "membership/needed.html",
        standing=standing,
        application=application,
        explanation=_explained(standing),
        bill=_bill_of(how) if how else None,
        can_return=how is not None and how.offer is Offer.REVIVE,
        things=_application_things(application) if standing is None else [],
    )
    return make_response(page, FORBIDDEN)


def pay_terms(period_id: UUID) -> dict[str, Any]:
    """Say, before somebody pays, what the payment begins and how it ends (ux 5)."""
    paid_today = queries.timeline_if_paid(period_id, clock.today())
    return {"timeline": paid_today, "house": current_app.config["HOUSE"]}


def after_payment(period_id: UUID) -> dict[str, Any]:
    """Say what comes next once the contribution is paid; whoever renewed was a member already (M8)."""
    return {"renewed_until": queries.renewed_until(period_id)}
