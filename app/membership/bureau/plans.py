"""M5: the bureau's plans: what they cost, what they give and what follows when; seen before it is saved."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts.current import current_account
from app.core import access, clock
from app.core.db import atomic
from app.core.errors import Refusal
from app.core.formats import table_date
from app.core.forms import render_form
from app.core.money import format_money
from app.core.permissions import Permission
from app.membership import queries, services, words
from app.membership.bureau.tabs import plan_tabs
from app.membership.forms import NewPlanForm, PlanForm, PriceForm
from app.membership.forms.plans import SHARES
from app.membership.models import NOTICE_LADDER, PRO_RATA, Plan, YearPolicy
from app.membership.plan_preview import Preview, preview_of, rows_of
from app.membership.services import PriceDetails

bp = Blueprint("plans_bureau", __name__, url_prefix="/bureau/plans")

FIRST_VALUES: dict[str, Any] = {
    "on_offer": True,
    "policy": YearPolicy.ROLLING,
    "year_start_month": 1,
    "payment_days": 14,
    "bill_days_before": 30,
    "due_days_after": 14,
    "notice_ladder": list(NOTICE_LADDER),
    "grace_days": 30,
    "lapse_days": 60,
    "revival_days": 120,
    "vat_code": "high",
    **{name: Decimal(share) / 100 for name, share in zip(SHARES, PRO_RATA, strict=True)},
}


def _previewed(preview: Preview) -> dict[str, Any]:
    return {"preview": preview, "preview_rows": rows_of(preview, format_money, table_date)}


def _prices(plan: Plan) -> list[PriceDetails]:
    return [PriceDetails(price.valid_from, price.net_cents, price.vat_code) for price in plan.prices]


@bp.get("")
@access.needs(Permission.PLAN_EDIT)
def index() -> ResponseReturnValue:
    """List every plan, those on offer first."""
    today = clock.today()
    return render_template(
        "membership/bureau/plans.html",
        plans=[(plan, queries.price_on(plan, today)) for plan in queries.all_plans()],
        members=queries.members_by_plan(today),
        policies=words.POLICIES,
        tabs=plan_tabs("plans"),
    )


@bp.get("/<uuid:id>")
@access.needs(Permission.PLAN_EDIT)
def show(id: UUID) -> ResponseReturnValue:
    """Show a plan with its prices, and what it comes to."""
    plan, today = queries.plan(id), clock.today()
    now = plan.price_on(today)
    return render_template(
        "membership/bureau/plan.html",
        plan=plan,
        policy=words.POLICIES[plan.policy],
        prices=[(price, price is now, price.valid_from > today) for price in reversed(plan.prices)],
        benefits=[(words.BENEFITS[held.benefit], words.quota(held.benefit, held.quota)) for held in plan.entitlements],
        month_name=words.month_name,
        **_previewed(preview_of(plan, today)),
    )


@bp.route("/new", methods=["GET", "POST"])
@access.needs(Permission.PLAN_EDIT)
def create() -> ResponseReturnValue:
    """Draw up a plan: first the preview, then the saving."""
    form = NewPlanForm(data=FIRST_VALUES)
    shown: dict[str, Any] = {}
    if form.validate_on_submit():
        if form.was_previewed:
            with atomic():
                plan = services.open_plan(form.details(), form.price(), by=current_account())
            flash(_("The plan is saved."), "success")
            return redirect(url_for(".show", id=plan.id), 303)
        shown = _previewed(preview_of(services.plan_as(form.details(), [form.price()]), clock.today()))
        form.show_previewed()
    return render_form("membership/bureau/plan_edit.html", form, plan=None, **shown)


@bp.route("/<uuid:id>/edit", methods=["GET", "POST"])
@access.needs(Permission.PLAN_EDIT)
def edit(id: UUID) -> ResponseReturnValue:
    """Change a plan: first the preview, then the saving."""
    plan = queries.plan(id)
    form = PlanForm(data=PlanForm.begin_with(services.details_of(plan)))
    shown: dict[str, Any] = {}
    if form.validate_on_submit():
        if form.was_previewed:
            with atomic():
                services.revise_plan(id, form.details(), by=current_account())
            flash(_("The plan is saved. Periods that run keep their days and benefits."), "success")
            return redirect(url_for(".show", id=id), 303)
        shown = _previewed(preview_of(services.plan_as(form.details(), _prices(plan)), clock.today()))
        form.show_previewed()
    return render_form("membership/bureau/plan_edit.html", form, plan=plan, **shown)


@bp.route("/<uuid:id>/prices", methods=["GET", "POST"])
@access.needs(Permission.PLAN_EDIT)
def price(id: UUID) -> ResponseReturnValue:
    """Give a plan a price from a day on: first the preview, then the saving."""
    plan = queries.plan(id)
    form = PriceForm(data={"vat_code": plan.prices[-1].vat_code if plan.prices else "high"})
    shown: dict[str, Any] = {}
    if form.validate_on_submit():
        if form.was_previewed:
            if _priced(id, form):
                flash(_("The price is saved."), "success")
                return redirect(url_for(".show", id=id), 303)
        else:
            details = services.details_of(plan)
            from_then_on = services.plan_as(details, [*_prices(plan), form.price()])
            shown = _previewed(preview_of(from_then_on, max(clock.today(), form.valid_from.data)))
            form.show_previewed()
    return render_form("membership/bureau/plan_price.html", form, plan=plan, **shown)


def _priced(id: UUID, form: PriceForm) -> bool:
    """Save a price, or say by the day why not."""
    try:
        with atomic():
            services.set_price(id, form.price(), by=current_account())
    except Refusal as refusal:
        form.refuse(refusal, form.valid_from)
        return False
    return True


@bp.post("/<uuid:id>/prices/<uuid:price_id>/withdraw")
@access.needs(Permission.PLAN_EDIT)
def withdraw_price(id: UUID, price_id: UUID) -> Response:
    """Take back a price that has not begun."""
    queries.plan(id)
    with atomic():
        services.withdraw_price(id, price_id, by=current_account())
    flash(_("The price is withdrawn."), "success")
    return redirect(url_for(".show", id=id), 303)
