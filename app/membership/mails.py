"""What applicants and members are told by mail. Each mail is a function of the fact that causes it, sent once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from app.accounts import queries as accounts
from app.core import clock
from app.core.db import db
from app.core.i18n import speaking
from app.mail import services as mail
from app.mail.rendering import link
from app.membership import ladder, queries, renew_links, words
from app.membership.events import (
    ApplicantInvited,
    ApplicationAccepted,
    ApplicationDeclined,
    ApplicationExpired,
    ApplicationSubmitted,
    ApplicationWithdrawn,
    MemberInvited,
    MembershipActivated,
    MembershipResigned,
    MembershipRevived,
    NoticeTold,
    PlacesOpened,
    ResignationUndone,
)
from app.membership.models import MembershipPeriod, NoticeSent, Resignation
from app.membership.queries import renewal, value
from app.payments import queries as bills
from app.payments.events import ChargeFailed


def _post(template: str, key: str, account_id: UUID, values: dict[str, Any]) -> None:
    reader = accounts.account(account_id)
    mail.post(
        template=f"membership/{template}",
        to=reader.email,
        name=reader.name,
        locale=reader.locale,
        key=key,
        account_id=reader.id,
        values=values,
    )


def application_received(event: ApplicationSubmitted) -> None:
    """M4: the application has arrived, and what happens next."""
    values = {"page": link("membership.application")}
    _post("application_received", f"application-received:{event.application_id}", event.account_id, values)


def application_accepted(event: ApplicationAccepted) -> None:
    """M4: admitted, with the way to pay."""
    application = queries.application(event.application_id)
    bill = bills.bill(event.bill_id, event.account_id)
    values = {
        "pay": link("payments.pay", bill_id=bill.id),
        "bill": bill,
        "pay_before": application.pay_before,
        "company": bill.buyer["name"],
        "term": bill.term if application.plan_id and queries.plan(application.plan_id).policy == "calendar" else "",
    }
    key = f"application-accepted:{event.application_id}:{application.pay_before}"
    _post("application_accepted", key, event.account_id, values)


def applicant_invited(event: ApplicantInvited) -> None:
    """M4: asked in by the bureau, with the way to company and payment."""
    application = queries.application(event.application_id)
    assert application.plan_id is not None
    plan = queries.plan(application.plan_id)
    price = queries.price_on(plan, clock.today())
    with speaking(accounts.account(event.account_id).locale):
        held = [f"{words.BENEFITS[one.benefit]}: {words.quota(one.benefit, one.quota)}" for one in plan.entitlements]
        plan_name = plan.name
    values = {
        "plan": plan_name,
        "net": price.net if price else None,
        "gross": price.gross if price else None,
        "benefits": held,
        "pay_before": application.pay_before,
        "page": link("membership.admitted"),
    }
    _post(
        "applicant_invited",
        f"applicant-invited:{event.application_id}:{application.pay_before}",
        event.account_id,
        values,
    )


def application_declined(event: ApplicationDeclined) -> None:
    """M4: not admitted, with the reason."""
    values = {"reason": queries.application(event.application_id).reason, "self_test": link("membership.self_test")}
    _post("application_declined", f"application-declined:{event.application_id}", event.account_id, values)


def application_withdrawn(event: ApplicationWithdrawn) -> None:
    """M4: taken back, as asked."""
    values = {"page": link("membership.apply")}
    _post("application_withdrawn", f"application-withdrawn:{event.application_id}", event.account_id, values)


def application_expired(event: ApplicationExpired) -> None:
    """M4: not paid in time, and how it can still be mended."""
    values = {"pay_before": queries.application(event.application_id).pay_before}
    _post("application_expired", f"application-expired:{event.application_id}", event.account_id, values)


def welcome(event: MembershipActivated) -> None:
    """M6: the membership has begun. A later year has a mail of its own, so this goes with the first only."""
    period = db.session.get_one(MembershipPeriod, event.period_id)
    if period.sequence != 1:
        return
    held = queries.entitlements_of(period.plan_id)
    with speaking(accounts.account(event.account_id).locale):
        benefits = [f"{words.BENEFITS[one.benefit]}: {words.quota(one.benefit, one.quota)}" for one in held]
    values = {
        "starts_on": period.starts_on,
        "ends_on": period.ends_on,
        "benefits": benefits,
        "paid": period.paid_bill_id is not None,
        "home": link("membership.home"),
    }
    _post("welcome", f"welcome:{event.membership_id}", event.account_id, values)


_TEMPLATES = {
    ladder.GRACE: "grace_begun",
    ladder.SUSPENDED: "suspended",
    ladder.LAPSED: "lapsed",
    ladder.COVER_LOST: "cover_lost",
    ladder.CHARGE_ANNOUNCED: "charge_announced",
}


def tell_notice(event: NoticeTold) -> None:
    """M8: send the mail that a logged notice is about."""
    notice = renewal.notice(event.notice_id)
    if notice.kind == ladder.VALUE:
        _value_statement(event, notice)
        return
    if notice.kind.startswith("late") and notice.reference:
        template = "cover_lost"
    elif notice.kind in _TEMPLATES:
        template = _TEMPLATES[notice.kind]
    else:
        template = "renewal_ahead" if notice.kind.startswith("ahead") else "renewal_late"
    values = _renewal_values(event.membership_id, notice.bill_id)
    values["charge_on"] = notice.acts_on
    if notice.amount_cents is not None:
        values["amount"] = notice.amount_cents
    _post(template, f"notice:{notice.id}", event.account_id, values)


def _renewal_values(membership_id: UUID, bill_id: UUID | None) -> dict[str, Any]:
    """Return what the mails about the end of a year say: its dates, the bill for the next, and where to pay it."""
    membership, case = renewal.membership(membership_id), renewal.case_of(membership_id)
    assert membership is not None
    assert case is not None
    bill = bills.bill_at_hand(bill_id) if bill_id else None
    owing = case.owing.left_cents if case.owing else 0
    return {
        "ends_on": case.span.covered_until,
        "grace_until": case.span.grace_until,
        "lapses_after": case.span.lapses_after,
        "revive_until": case.span.lapses_after + timedelta(days=case.plan.revival_days),
        "year_from": bill.period_from if bill else None,
        "year_until": bill.period_until if bill else None,
        "number": bill.number if bill else None,
        "due_on": bill.due_on if bill and bill.due_on >= clock.today() else None,
        "amount": owing or (bill.gross_cents if bill else 0),
        "renew": renew_links.address_for(membership, case),
        "stop_page": link("membership.mine"),
        "method": case.method.label if case.method else "",
    }


def charge_failed(event: ChargeFailed) -> None:
    """P8: an automatic renewal was refused, and whether it is tried again."""
    bill = bills.any_bill(event.bill_id)
    period = db.session.get(MembershipPeriod, bill.subject_id) if bill.subject_type == renewal.SUBJECT else None
    case = renewal.case_of(period.membership_id) if period else None
    if period is None or case is None:
        return
    tries = [(one.tried_on, one.failed_on or one.tried_on) for one in case.tries]
    values = _renewal_values(period.membership_id, bill.id) | {
        "try_on": ladder.next_try(case.span.ends_on, tries) if tries else None,
    }
    _post("charge_failed", f"charge-failed:{event.attempt_id}", event.person_id, values)


def revived(event: MembershipRevived) -> None:
    """M8: all doors are open again."""
    period = db.session.get_one(MembershipPeriod, event.period_id)
    values = {"ends_on": period.ends_on, "home": link("membership.home")}
    _post("revived", f"revived:{event.period_id}", event.account_id, values)


def resigned(event: MembershipResigned) -> None:
    """M9: given up as of a day, and how to undo it."""
    resignation = db.session.get_one(Resignation, event.resignation_id)
    case = renewal.case_of(event.membership_id)
    too_late_for = case.ending.notice_by if case and resignation.ends_on > case.span.ends_on else None
    values = {"ends_on": resignation.ends_on, "too_late_for": too_late_for, "mine": link("membership.mine")}
    _post("resigned", f"resigned:{event.resignation_id}", event.account_id, values)


def resignation_undone(event: ResignationUndone) -> None:
    """M9: stays after all."""
    values = {"mine": link("membership.mine")}
    _post("resignation_undone", f"resignation-undone:{event.resignation_id}", event.account_id, values)


def _value_statement(event: NoticeTold, notice: NoticeSent) -> None:
    """M10: what the contribution brought this year, before the bill for the next."""
    period = db.session.get_one(MembershipPeriod, notice.period_id)
    with speaking(accounts.account(event.account_id).locale):
        statement = value.statement(event.account_id, period)
        lines = [(str(line.label), line.told) for line in statement.counted]
        room = any(line.left for line in statement.counted)
    values = {
        "starts_on": period.starts_on,
        "ends_on": period.ends_on,
        "lines": lines,
        "room": room,
        "value_page": link("membership.my_year", sequence=period.sequence),
    }
    _post("value_statement", f"notice:{notice.id}", event.account_id, values)


def personal_invitation(event: MemberInvited) -> None:
    """M12: a personal word of somebody at the bureau, with what is coming; no service mail, so it can be left."""
    reader, sender = accounts.account(event.account_id), accounts.account(event.by_id)
    with speaking(reader.locale):
        sessions = value.coming()
    mail.post(
        template="membership/personal_invitation",
        to=reader.email,
        name=reader.name,
        locale=reader.locale,
        key=f"invited:{event.membership_id}:{event.invited_on.isoformat()}",
        account_id=reader.id,
        values={"sender": sender.name, "sessions": sessions, "agenda": link("agenda.index")},
        topic="invitations",
    )


def places_opened(event: PlacesOpened) -> None:
    """P10: give a sponsor, who has paid, the code that its places are taken with."""
    places = queries.sponsorship(event.sponsorship_id)
    if places.contact_id is None:
        return
    values = {"places": places, "plan": queries.plan(places.plan_id).name, "page": link("membership.apply")}
    _post("places_opened", f"places-opened:{places.id}", places.contact_id, values)
