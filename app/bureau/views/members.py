"""Everybody who was ever admitted, in one list, and one page per person (B3, B7)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from app.accounts.current import current_account
from app.agenda import shown as agenda_words
from app.audit import queries as audit
from app.bureau import queries
from app.bureau.views.blueprint import rights
from app.core import access, clock, export
from app.core.forms import Option
from app.core.listing import Badge, ChoiceFilter, Column, DateFilter, Kind, Listing
from app.core.permissions import Permission
from app.mail.bureau import STATES as MAIL_STATES
from app.membership import words
from app.membership.models import MembershipStatus
from app.membership.queries import overview
from app.membership.services import may_undo
from app.payments.shown import BILL_STATES
from app.profiles import forms as profile_forms
from app.profiles import queries as profiles
from app.profiles.models import Field, MemberCard

bp = Blueprint("bureau_members", __name__, url_prefix="/bureau/members")

COUNTED_UP_TO = 2000


def _badge(status: str) -> Badge:
    return Badge(*words.STATUSES[MembershipStatus(status)])


def _options(names: dict[UUID, str]) -> list[Option]:
    return [Option(key, name) for key, name in names.items()]


def _listing() -> Listing:
    """Declare the list with the plans and regions as they are now."""
    names, plans = profiles.taxonomy(), overview.plan_names()
    regions = {term.id: term.name for term in names.of(Field.REGION)}
    return Listing(
        title=_("Members"),
        columns=[
            Column("name", _("Name"), sort=[MemberCard.sort_key], href=lambda row: url_for(".show", id=row.account_id)),
            Column("status", _("Status"), Kind.BADGE, badge=_badge),
            Column("company", _("Company")),
            Column("email", _("E-mail"), Kind.EMAIL, shown=False),
            Column("city", _("Place"), shown=False),
            Column("region_id", _("Region"), text=lambda key: regions.get(key, "")),
            Column("plan_id", _("Plan"), text=lambda key: plans.get(key, ""), shown=False),
            Column("joined_on", _("Since"), Kind.DATE, sort=True, nullable=False),
            Column("ends_on", _("Paid until"), Kind.DATE),
        ],
        key=MemberCard.account_id,
        search=profiles.known_to_bureau,
        search_label=_("Search by name, e-mail address or company"),
        filters=[
            ChoiceFilter(
                "status",
                _("Status"),
                [Option(status, label) for status, (_tone, label) in words.STATUSES.items()],
                where=profiles.stands_as_today,
            ),
            ChoiceFilter("region", _("Region"), _options(regions), sql=MemberCard.region_id),
            ChoiceFilter("plan", _("Plan"), _options(plans), sql=MemberCard.plan_id),
            DateFilter("joined", _("Member since"), sql=MemberCard.joined_on),
            DateFilter("ends", _("Paid until"), sql=MemberCard.ends_on),
        ],
        counted=lambda count: ngettext("person", "people", count),
        default_sort="name",
        export=True,
        choose_columns=True,
        count_limit=COUNTED_UP_TO,
    )


@bp.get("")
@access.needs(Permission.MEMBER_READ)
def index() -> ResponseReturnValue:
    """B3: list everybody who was ever admitted; a file of them takes a fresh proof of identity (ASVS 7.5.1)."""
    if request.args.get("format") in export.FORMATS and not current_account().sudo_proven:
        return redirect(url_for(access.doors().sudo, next=request.full_path), 303)
    return _listing().respond("bureau/members.html", profiles.cards())


@bp.get("/<uuid:id>")
@access.needs(Permission.MEMBER_READ)
def show(id: UUID) -> str:
    """B7: show everything about one person that this viewer may know."""
    person = queries.person(id, rights())
    return render_template(
        "bureau/member.html",
        person=person,
        told=audit.told(person.trail or ()),
        Field=Field,
        names=profile_forms.FIELD_NAMES,
        badges=_badges(),
        notice_name=words.notice_name,
        today=clock.today(),
        may_undo=may_undo,
    )


def _badges() -> dict[str, Any]:
    return {
        "status": {status: Badge(*badge) for status, badge in words.STATUSES.items()},
        "application": {state: Badge(*badge) for state, badge in words.APPLICATION_STATES.items()},
        "bill": BILL_STATES,
        "mail": MAIL_STATES,
        "kinds": agenda_words.KINDS,
    }
