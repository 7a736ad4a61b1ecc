"""How the audit log tells what happens in admission and membership."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import UUID

from app.audit import services as audit
from app.audit.services import Field, ObjectKind, Page, Thing
from app.audit.values import choice, day, kilobytes, money
from app.core.i18n import _l
from app.core.permissions import Permission
from app.membership import words
from app.membership.models import Payer
from app.membership.queries import overview
from app.payments import queries as payments

SENTENCES = {
    "application.submitted": (_l("Application sent in"), _l("%(actor)s sent in an application")),
    "application.in_review": (
        _l("Application taken into review"),
        _l("%(actor)s took the application of %(person)s into review"),
    ),
    "application.intake_reported": (
        _l("Intake report written"),
        _l("%(actor)s wrote the intake report on %(person)s"),
    ),
    "application.accepted": (
        _l("Applicant admitted"),
        _l("%(actor)s admitted %(person)s to the plan %(plan)s: %(reason)s"),
    ),
    "application.declined": (_l("Applicant declined"), _l("%(actor)s declined %(person)s: %(reason)s")),
    "application.withdrawn": (_l("Application withdrawn"), _l("%(actor)s withdrew an application")),
    "application.expired": (
        _l("Admission expired"),
        _l("%(actor)s let the admission of %(person)s expire, which was to be paid by %(pay_before)s"),
    ),
    "application.active": (
        _l("Application closed"),
        _l("%(actor)s closed the application of %(person)s, who is a member now"),
    ),
    "application.cv_attached": (_l("CV attached"), _l("%(actor)s attached a CV to an application")),
    "consent.given": (_l("Consent given"), _l("%(actor)s agreed to “%(kind)s”, version %(version)s")),
    "membership.activated": (
        _l("Membership begun"),
        _l("%(actor)s made the membership of %(person)s active from %(starts_on)s until %(ends_on)s"),
    ),
    "application.taken_in_hand": (
        _l("Application taken in hand"),
        _l("%(actor)s took the application of %(person)s in hand"),
    ),
    "application.reference_called": (
        _l("Referee called"),
        _l("%(actor)s called %(referee)s about %(person)s: %(outcome)s"),
    ),
    "application.company_named": (_l("Company named"), _l("%(actor)s named %(company)s as the company to bill")),
    "membership.waived": (
        _l("Period without payment"),
        _l("%(actor)s gave %(person)s a period without payment, from %(starts_on)s until %(ends_on)s: %(reason)s"),
    ),
    "membership.waiver_undone": (
        _l("Waiver undone"),
        _l("%(actor)s took back the period without payment of %(person)s, from %(starts_on)s until %(ends_on)s"),
    ),
    "membership.company_changed": (_l("Company changed"), _l("%(actor)s changed the company that is billed")),
    "plan.opened": (_l("Plan drawn up"), _l("%(actor)s drew up the plan “%(object)s”")),
    "plan.revised": (_l("Plan changed"), _l("%(actor)s changed the plan “%(object)s”")),
    "plan.priced": (
        _l("Price set"),
        _l("%(actor)s gave the plan “%(object)s” a price of %(net_cents)s from %(valid_from)s"),
    ),
    "plan.price_withdrawn": (
        _l("Price withdrawn"),
        _l("%(actor)s withdrew the price of the plan “%(object)s” that would hold from %(valid_from)s"),
    ),
    "discount_code.opened": (
        _l("Discount code put out"),
        _l("%(actor)s put out the discount code %(code)s: %(reason)s"),
    ),
    "discount_code.stopped": (_l("Discount code stopped"), _l("%(actor)s stopped the discount code %(code)s")),
    "discount_code.resumed": (_l("Discount code resumed"), _l("%(actor)s let the discount code %(code)s hold again")),
    "sponsorship.opened": (
        _l("Sponsored places given"),
        _l("%(actor)s opened %(places)s places of %(name)s in the plan %(plan)s, code %(code)s"),
    ),
    "sponsorship.paid": (
        _l("Sponsored places paid"),
        _l("%(actor)s opened the places of “%(object)s”: the bill is paid"),
    ),
    "sponsorship.stopped": (_l("Sponsored places stopped"), _l("%(actor)s stopped the code %(code)s of “%(object)s”")),
    "sponsorship.resumed": (
        _l("Sponsored places resumed"),
        _l("%(actor)s let the code %(code)s of “%(object)s” hold again"),
    ),
    "discount.used": (_l("Code used"), _l("%(actor)s used the code %(code)s, worth %(amount_cents)s")),
    "discount.given_back": (
        _l("Code given back"),
        _l("%(actor)s took the code %(code)s, worth %(amount_cents)s, off a bill"),
    ),
    "membership.uncovered": (
        _l("Payment of membership taken back"),
        _l("The payment of the membership of %(person)s was taken back; it is not covered from %(uncovered_on)s on"),
    ),
    "membership.covered": (
        _l("Membership covered again"),
        _l("The membership of %(person)s is covered again until %(ends_on)s"),
    ),
    "membership.payment_under_way": (
        _l("Payment of renewal under way"),
        _l("A payment for the membership of %(person)s is under way; grace holds until %(processing_until)s"),
    ),
    "membership.payment_failed": (
        _l("Payment of renewal failed"),
        _l("A payment for the membership of %(person)s that was under way did not succeed"),
    ),
    "membership.lapsed": (
        _l("Membership lapsed"),
        _l("The membership of %(person)s lapsed; it was paid until %(ends_on)s"),
    ),
    "membership.resigned": (
        _l("Membership given up"),
        _l("%(actor)s gave up the membership of %(person)s as of %(ends_on)s"),
    ),
    "membership.resignation_undone": (
        _l("Resignation undone"),
        _l("%(actor)s undid the resignation of %(person)s"),
    ),
    "membership.paused": (_l("Membership paused"), _l("%(actor)s paused the membership of %(person)s")),
    "membership.resumed": (_l("Pause ended"), _l("%(actor)s ended the pause of %(person)s")),
    "membership.invited": (_l("Member invited"), _l("%(actor)s invited %(person)s in person")),
    "membership.links_revoked": (
        _l("Links to pay revoked"),
        _l("%(actor)s made all earlier links to pay of %(person)s worthless"),
    ),
}


def _bill_numbers(keys: Iterable[str]) -> dict[str, str]:
    return {str(key): number for key, (number, _person) in payments.owed_by(audit.ids_of(keys)).items() if number}


APPLICATION_FIELDS = {
    "called_on": Field(_l("Called on"), day),
    "company": Field(_l("Company")),
    "outcome": Field(_l("Outcome"), choice({outcome: label for outcome, (_t, label) in words.CHECK_OUTCOMES.items()})),
    "referee": Field(_l("Referee")),
    "pay_before": Field(_l("To be paid by"), day),
    "plan": Field(_l("Plan"), names=overview.plan_names_by_slug),
    "reason": Field(_l("Reason")),
    "report": Field(_l("Intake report")),
    "size": Field(_l("Size"), kilobytes),
    "state": Field(_l("State"), choice({state: label for state, (_tone, label) in words.APPLICATION_STATES.items()})),
}
CONSENT_FIELDS = {
    "kind": Field(_l("Consent to"), choice(words.CONSENTS)),
    "version": Field(_l("Version")),
}


def _months(month: Any) -> str:
    return words.month_name(int(month))


def _shares(shares: list[int]) -> str:
    return ", ".join(payments.percentage(share) for share in shares)


def _days(ladder: list[int]) -> str:
    return ", ".join(str(days) for days in ladder)


PLAN_FIELDS = {
    "bill_days_before": Field(_l("Bill, days before the end")),
    "due_days_after": Field(_l("Due, days after the end")),
    "grace_days": Field(_l("Grace, days after the end")),
    "lapse_days": Field(_l("Lapses, days after the end")),
    "name_en": Field(_l("Name in English")),
    "name_nl": Field(_l("Name in Dutch")),
    "net_cents": Field(_l("Contribution without VAT"), money),
    "notice_day": Field(_l("Notice by, day")),
    "notice_ladder": Field(_l("Notices"), _days),
    "notice_month": Field(_l("Notice by, month"), _months),
    "on_offer": Field(_l("On offer"), choice({True: _l("yes"), False: _l("no")})),
    "payment_days": Field(_l("Days to pay after admission")),
    "policy": Field(_l("What is a year?"), choice({policy: name for policy, (name, _hint) in words.POLICIES.items()})),
    "pro_rata": Field(_l("Pro-rata table"), _shares),
    "revival_days": Field(_l("Revival, days after lapsing")),
    "valid_from": Field(_l("From"), day),
    "vat_code": Field(_l("VAT")),
    "year_start_month": Field(_l("Year begins in"), _months),
    **{benefit.value: Field(name) for benefit, name in words.BENEFITS.items()},
}
DISCOUNT_FIELDS = {
    "amount_cents": Field(_l("Amount, without VAT"), money),
    "basis_points": Field(_l("Percentage"), payments.percentage),
    "bill_id": Field(_l("Bill"), names=_bill_numbers),
    "code": Field(_l("Code")),
    "most": Field(_l("At most")),
    "name": Field(_l("Sponsor")),
    "payer": Field(_l("Who pays?"), choice({Payer.SPONSOR: _l("the sponsor"), Payer.BUREAU: _l("the bureau")})),
    "places": Field(_l("Places")),
    "plan": Field(_l("Plan"), names=overview.plan_names_by_slug),
    "plan_id": Field(_l("Plan"), names=overview.plan_names_by_id),
    "reason": Field(_l("What for")),
    "valid_from": Field(_l("From"), day),
    "valid_until": Field(_l("Until"), day),
}
MEMBERSHIP_FIELDS = {
    "bill_id": Field(_l("Bill"), names=_bill_numbers),
    "ends_on": Field(_l("Until"), day),
    "starts_on": Field(_l("From"), day),
    "uncovered_on": Field(_l("Not covered from"), day),
    "processing_until": Field(_l("Grace until"), day),
    "lapsed_on": Field(_l("Lapsed after"), day),
    "reason": Field(_l("Reason")),
    "name": Field(_l("Name")),
    "kvk": Field(_l("KvK number")),
    "vat_id": Field(_l("VAT id")),
    "address": Field(_l("Street and number")),
    "postcode": Field(_l("Postcode")),
    "city": Field(_l("Town")),
}


def register() -> None:
    """Tell the log its names and sentences."""
    for action, (name, text) in SENTENCES.items():
        audit.sentence(action, text, name=name)
    audit.fields("application", APPLICATION_FIELDS)
    audit.fields("consent", CONSENT_FIELDS)
    audit.fields("membership", MEMBERSHIP_FIELDS)
    audit.fields("plan", PLAN_FIELDS)
    for domain in ("discount", "discount_code", "sponsorship"):
        audit.fields(domain, DISCOUNT_FIELDS)
    page = Page("membership_bureau.show", Permission.APPLICATION_READ)
    audit.objects("application", ObjectKind(_l("Application"), audit.by_id(_applications), page))
    audit.objects("membership", ObjectKind(_l("Membership"), audit.by_id(_memberships)))
    plan_page = Page("plans_bureau.show", Permission.PLAN_EDIT)
    audit.objects("plan", ObjectKind(_l("Plan"), audit.by_id(_named(overview.plan_names_of)), plan_page))
    code_page = Page("discounts_bureau.show", Permission.PLAN_EDIT)
    audit.objects("discount_code", ObjectKind(_l("Discount code"), audit.by_id(_named(overview.code_names)), code_page))
    places_page = Page("discounts_bureau.show_places", Permission.PLAN_EDIT)
    found = audit.by_id(_named(overview.sponsor_names))
    audit.objects("sponsorship", ObjectKind(_l("Sponsored places"), found, places_page))
    audit.objects("consent_text", ObjectKind(_l("Consent text"), audit.by_id(_consent_texts)))


def _named(names: Callable[[list[UUID]], Mapping[UUID, str]]) -> Callable[[list[UUID]], dict[UUID, Thing]]:
    return lambda ids: {key: Thing(name) for key, name in names(ids).items()}


def _applications(ids: list[UUID]) -> dict[UUID, Thing]:
    return {key: Thing("", person) for key, person in overview.applicants(ids).items()}


def _memberships(ids: list[UUID]) -> dict[UUID, Thing]:
    return {key: Thing("", person) for key, person in overview.place_holders(ids).items()}


def _consent_texts(ids: list[UUID]) -> dict[UUID, Thing]:
    return {
        key: Thing(f"{words.CONSENTS[kind]} ({version})")
        for key, (kind, version) in overview.consent_versions(ids).items()
    }
