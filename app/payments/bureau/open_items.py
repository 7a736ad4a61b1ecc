"""What is still to be paid, how late it is, and reminding of it (P9)."""

from __future__ import annotations

from uuid import UUID

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts import queries as accounts
from app.accounts.current import current_account
from app.core import access, charts, clock
from app.core.db import atomic
from app.core.forms import Option, render_form
from app.core.i18n import _, _l, _n
from app.core.listing import Badge, ChoiceFilter, Column, DateFilter, Kind, Listing, YesFilter
from app.core.money import format_money
from app.core.permissions import Permission
from app.payments import queries, services, shown
from app.payments.bureau.base import bp, invoice_and_buyer
from app.payments.forms import HoldForm
from app.payments.models import Bill
from app.payments.queries import Age, Outstanding

MOST_DEBTORS = 10
AGE_TONES = {Age.NOT_DUE: "", Age.MONTH: "warn", Age.TWO_MONTHS: "bad", Age.OLDER: "bad"}
OPEN = Listing(
    title=_l("Open items"),
    columns=[
        *invoice_and_buyer(),
        Column("due_on", _l("Due date"), Kind.DATE, sort=True),
        Column("due_cents", _l("Still to be paid"), Kind.MONEY),
        Column("reminders", _l("Reminders"), Kind.NUMBER),
        Column("held", _l("On hold"), Kind.YES_NO),
        Column("age", _l("Age"), Kind.BADGE, badge=lambda age: Badge(AGE_TONES[Age(age)], shown.AGES[Age(age)])),
    ],
    search=["number", "buyer", "rf_reference"],
    search_label=_l("Search by invoice, buyer or reference"),
    filters=[
        ChoiceFilter(
            "age",
            _l("Age"),
            options=[Option(age, name) for age, name in shown.AGES.items()],
            multiple=True,
            where=lambda ages: queries.unpaid_aged(ages, clock.today()),
        ),
        YesFilter("held", _l("On hold"), where=lambda: queries.is_held(clock.today())),
        DateFilter("due", _l("Due date"), sql="due_on"),
    ],
    default_sort="due_on",
    counted=lambda number: _n("open item", "open items", number),
    export=True,
)


@bp.get("/open")
@access.needs(Permission.PAYMENT_READ)
def open_items() -> ResponseReturnValue:
    """List what is still to be paid, with its ages as a picture; each figure leads to what it counts (ux 48)."""
    today = clock.today()
    ages = queries.outstanding(today)
    debtors = queries.debtors(today, MOST_DEBTORS)
    return OPEN.respond(
        "payments/bureau/open_items.html",
        queries.open_bills(today),
        ages=ages,
        names=shown.AGES,
        chart=_chart(ages),
        total_count=sum(one.count for one in ages),
        total_cents=sum(one.cents for one in ages),
        debtors=debtors,
        people=accounts.names({one.person_id for one in debtors}),
    )


def _chart(ages: list[Outstanding]) -> charts.BarChart:
    return charts.bar_chart(
        _("Age"),
        _("Still to be paid"),
        [(str(shown.AGES[one.age]), max(one.cents, 0)) for one in ages],
        wording=lambda cents: format_money(int(cents)),
    )


@bp.post("/<uuid:id>/remind")
@access.needs(Permission.PAYMENT_BOOK)
def remind(id: UUID) -> ResponseReturnValue:
    """Send a reminder of a bill now, before the daily job would; the button names which, so that two clicks are one."""
    queries.any_bill(id)
    level = queries.level(request.form.get("level", 0, int))
    with atomic():
        sent = services.remind(id, level.level, by=current_account())
    flash(_("The reminder is sent.") if sent else _("This reminder was sent before."), "success")
    return redirect(url_for(".show", id=id), 303)


@bp.get("/<uuid:id>/hold")
@access.needs(Permission.PAYMENT_BOOK)
def hold(id: UUID) -> ResponseReturnValue:
    """Ask why a bill is left alone."""
    return _hold_page(queries.any_bill(id), HoldForm(formdata=None))


@bp.post("/<uuid:id>/hold")
@access.needs(Permission.PAYMENT_BOOK)
def keep_on_hold(id: UUID) -> ResponseReturnValue:
    """Leave a bill alone, with the reason."""
    bill = queries.any_bill(id)
    form = HoldForm()
    if not form.validate_on_submit():
        return _hold_page(bill, form)
    with atomic():
        services.hold(id, reason=form.reason.data, until=form.until.data, by=current_account())
    flash(_("Nobody is reminded of this bill now."), "success")
    return redirect(url_for(".show", id=id), 303)


def _hold_page(bill: Bill, form: HoldForm) -> ResponseReturnValue:
    return render_form("payments/bureau/hold.html", form, bill=bill)


@bp.post("/<uuid:id>/release")
@access.needs(Permission.PAYMENT_BOOK)
def release(id: UUID) -> ResponseReturnValue:
    """Let reminders of a bill go on."""
    queries.any_bill(id)
    with atomic():
        services.release(id, by=current_account())
    flash(_("Reminders of this bill go on."), "success")
    return redirect(url_for(".show", id=id), 303)
