"""P10: discount codes and sponsored places as the bureau keeps them, each with its uses."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from app.accounts import queries as accounts
from app.accounts.current import current_account
from app.accounts.models import Account
from app.accounts.services import entering
from app.core import access, clock
from app.core.db import atomic
from app.core.forms import render_form
from app.core.i18n import _n
from app.core.listing import Badge, Column, Kind, Listing, YesFilter
from app.core.money import format_money
from app.core.permissions import Permission
from app.membership import queries, services
from app.membership.bureau.tabs import plan_tabs
from app.membership.forms import DiscountForm, PlacesForm
from app.membership.models import DiscountCode, Payer, Sponsorship
from app.payments import queries as bills
from app.payments.shown import BILL_STATES

bp = Blueprint("discounts_bureau", __name__, url_prefix="/bureau/discounts")


def worth_of(code: Any) -> str:
    """Say what a code takes off: `20%` or `€ 50,00`."""
    if code.basis_points is None:
        return format_money(code.amount_cents)
    return bills.percentage(code.basis_points)


HOLDS = Badge("ok", _l("Holds"))


def code_badge(code: Any) -> Badge:
    """Say how a code stands today."""
    if code.valid_from > clock.today() and code.stopped_at is None:
        return Badge("info", _l("To come"))
    used_up = code.most is not None and code.taken >= code.most
    return _over(code) or (Badge("", _l("Used up")) if used_up else HOLDS)


def places_badge(places: Any) -> Badge:
    """Say how sponsored places stand today."""
    if places.opened_at is None and places.stopped_at is None:
        return Badge("warn", _l("Waits for the sponsor to pay"))
    return _over(places) or (Badge("", _l("All taken")) if places.taken >= places.places else HOLDS)


def _over(code: Any) -> Badge | None:
    """Say that a code is stopped, or its last day has passed; None for one that may still be used."""
    if code.stopped_at is not None:
        return Badge("", _l("Stopped"))
    is_past = code.valid_until is not None and code.valid_until < clock.today()
    return Badge("", _l("Over")) if is_past else None


CODES = Listing(
    title=_l("Discount codes"),
    columns=[
        Column(
            "code", _l("Code"), Kind.REFERENCE, sort=True, href=lambda row: url_for("discounts_bureau.show", id=row.id)
        ),
        Column("reason", _l("What for"), sort=True),
        Column("basis_points", _l("Comes off")),
        Column("valid_from", _l("Holds from"), Kind.DATE, sort=True),
        Column("valid_until", _l("Until"), Kind.DATE, sort=True, nullable=True),
        Column("taken", _l("Used"), Kind.NUMBER, sort=True),
        Column("most", _l("At most"), Kind.NUMBER),
    ],
    search=["code", "reason"],
    search_label=_l("Code or what it is for"),
    filters=[YesFilter("stopped", _l("Only stopped ones"), DiscountCode.stopped_at.is_not(None))],
    default_sort="code",
    counted=lambda number: _n("code", "codes", number),
    export=True,
)
PLACES = Listing(
    title=_l("Sponsored places"),
    columns=[
        Column("name", _l("Sponsor"), sort=True, href=lambda row: url_for("discounts_bureau.show_places", id=row.id)),
        Column("code", _l("Code"), Kind.REFERENCE),
        Column("plan", _l("Plan")),
        Column("taken", _l("Taken"), Kind.NUMBER, sort=True),
        Column("places", _l("Places"), Kind.NUMBER, sort=True),
        Column("valid_until", _l("Until"), Kind.DATE, sort=True),
        Column("opened_at", _l("Holds since"), Kind.DATE, nullable=True),
    ],
    search=["name", "code"],
    search_label=_l("Sponsor or code"),
    filters=[YesFilter("unpaid", _l("Only those not paid yet"), Sponsorship.opened_at.is_(None))],
    default_sort="name",
    counted=lambda number: _n("sponsorship", "sponsorships", number),
    export=True,
)


@bp.get("")
@access.needs(Permission.PLAN_EDIT)
def index() -> ResponseReturnValue:
    """List every discount code with its uses."""
    return CODES.respond(
        "membership/bureau/codes.html",
        queries.discount_codes(),
        tabs=plan_tabs("codes"),
        worth_of=worth_of,
        badge_of=code_badge,
    )


@bp.route("/new", methods=["GET", "POST"])
@access.needs(Permission.PLAN_EDIT)
def create() -> ResponseReturnValue:
    """Put a discount code out."""
    form = DiscountForm(data={"valid_from": clock.today(), "worth": "share"})
    if form.validate_on_submit():
        try:
            with atomic():
                code = services.open_code(form.details(), by=current_account())
        except services.CodeTaken as refusal:
            form.refuse(refusal, form.code)
        else:
            return _back_to(code, _("The code %(code)s can be used.", code=code.code))
    return render_form("membership/bureau/code_new.html", form)


@bp.get("/<uuid:id>")
@access.needs(Permission.PLAN_EDIT)
def show(id: UUID) -> ResponseReturnValue:
    """Show a discount code with everybody who used it."""
    code = queries.discount_code(id)
    return render_template(
        "membership/bureau/code.html",
        code=code,
        worth=worth_of(code),
        badge=code_badge(code),
        plan=queries.plan(code.plan_id) if code.plan_id else None,
        **_uses(code),
    )


def _uses(code: DiscountCode | Sponsorship) -> dict[str, Any]:
    uses = queries.uses_of(code)
    return {"uses": uses, "people": accounts.names({use.account_id for use in uses} | {code.created_by_id})}


@bp.post("/<uuid:id>/stop")
@access.needs(Permission.PLAN_EDIT)
def stop(id: UUID) -> Response:
    """Let nobody use a code, of a discount or of sponsored places, any more."""
    with atomic():
        code = services.stop_code(id, by=current_account())
    return _back_to(code, _("The code is stopped. Bills it is on keep it."))


@bp.post("/<uuid:id>/resume")
@access.needs(Permission.PLAN_EDIT)
def resume(id: UUID) -> Response:
    """Let a stopped code hold again."""
    with atomic():
        code = services.resume_code(id, by=current_account())
    return _back_to(code, _("The code holds again."))


def _back_to(code: DiscountCode | Sponsorship, told: str) -> Response:
    flash(told, "success")
    page = ".show" if isinstance(code, DiscountCode) else ".show_places"
    return redirect(url_for(page, id=code.id), 303)


@bp.get("/places")
@access.needs(Permission.PLAN_EDIT)
def places() -> ResponseReturnValue:
    """List all sponsored places."""
    return PLACES.respond(
        "membership/bureau/places.html", queries.sponsorships(), tabs=plan_tabs("places"), badge_of=places_badge
    )


@bp.route("/places/new", methods=["GET", "POST"])
@access.needs(Permission.PLAN_EDIT)
def create_places() -> ResponseReturnValue:
    """Give places: the sponsor gets a bill, or the bureau says why there is none."""
    plans = queries.plans_on_offer()
    form = PlacesForm(data={"plan": plans[0].id} if len(plans) == 1 else None)
    if form.validate_on_submit():
        try:
            with atomic():
                contact = _contact(form) if form.sponsor_pays else None
                given = services.open_places(form.details(), contact=contact, by=current_account())
        except services.CodeTaken as refusal:
            form.refuse(refusal, form.code)
        except services.SponsorNeedsPrice as refusal:
            form.refuse(refusal, form.plan)
        else:
            return _back_to(given, _("The places are there. The code is %(code)s.", code=given.code))
    return render_form("membership/bureau/places_new.html", form)


def _contact(form: PlacesForm) -> Account:
    """Return the account of the sponsor's contact; a new one gets a mail to set it up."""
    known = accounts.by_email(form.email.data)
    if known is not None:
        return known
    return entering.open_account(
        email=form.email.data,
        given_name=form.given_name.data,
        family_name=form.family_name.data,
        by=current_account(),
    )


@bp.get("/places/<uuid:id>")
@access.needs(Permission.PLAN_EDIT)
def show_places(id: UUID) -> ResponseReturnValue:
    """Show sponsored places: code, bill and who took one."""
    given = queries.sponsorship(id)
    return render_template(
        "membership/bureau/places_show.html",
        places=given,
        badge=places_badge(given),
        plan=queries.plan(given.plan_id),
        bill=services.bill_of_places(given),
        bill_states=BILL_STATES,
        gift=given.payer is Payer.BUREAU,
        **_uses(given),
    )
