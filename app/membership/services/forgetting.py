"""L4: what membership knows of somebody who asked to be forgotten."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete, select

from app.accounts.events import AccountAnonymised
from app.core import clock, files
from app.core.db import db
from app.core.errors import Refusal
from app.core.formats import short_date
from app.core.i18n import _, _l
from app.membership import queries
from app.membership.models import (
    OPEN_STATES,
    Application,
    ApplicationCv,
    ApplicationReference,
    ApplicationState,
    ApplicationStep,
    ApplicationTerm,
    Company,
    Membership,
    MembershipPeriod,
    Resignation,
)
from app.membership.services.following import give_up_period
from app.membership.services.transitions import locked, move


class StillMember(Refusal):
    """L4: whoever has rights in the circle is known there."""

    message = _l("This person is a member. Let the membership end first.")


def forget_member(event: AccountAnonymised) -> None:
    """L4: give up what waits for money, and let go of application and company; dates and amounts stay, for the books.

    A membership that runs has to end first.
    """
    today = clock.today()
    standing = queries.standing(event.account_id, today)
    if standing is not None and standing.member_until is not None and standing.member_until >= today:
        raise StillMember(_l("This person is a member until %(day)s.", day=short_date(standing.member_until)))
    for membership in db.session.scalars(select(Membership).where(Membership.account_id == event.account_id)):
        _end(membership)
    for application_id in db.session.scalars(select(Application.id).where(Application.account_id == event.account_id)):
        _forget_application(application_id)
    for company in db.session.scalars(select(Company).where(Company.account_id == event.account_id)):
        company.name = company.kvk = company.vat_id = company.address = company.postcode = company.city = ""
    db.session.flush()


def _end(membership: Membership) -> None:
    waiting = select(MembershipPeriod.id).where(
        MembershipPeriod.membership_id == membership.id,
        MembershipPeriod.activated_at.is_(None),
        MembershipPeriod.closed_on.is_(None),
    )
    for period_id in db.session.scalars(waiting).all():
        give_up_period(period_id, cause="forgotten", reason=_("The membership was given up"))
    membership.ends_on = membership.ends_on or clock.today()
    for resignation in db.session.scalars(select(Resignation).where(Resignation.membership_id == membership.id)):
        resignation.reason = ""


def _forget_application(application_id: UUID) -> None:
    application = locked(application_id)
    if application.state in OPEN_STATES:
        application.closed_at = clock.now()
        if application.state is ApplicationState.ACCEPTED:
            move(application, ApplicationState.EXPIRED, by=None, pay_before=application.pay_before)
        else:
            move(application, ApplicationState.WITHDRAWN, by=None)
    application.phone = application.place = application.linkedin_url = application.motivation = ""
    application.intake_report = application.reason = ""
    cv = db.session.get(ApplicationCv, application_id)
    if cv is not None:
        files.discard_when_safe(cv.stored_name)
    for part in (ApplicationStep, ApplicationTerm, ApplicationReference, ApplicationCv):
        db.session.execute(delete(part).where(part.application_id == application_id))
