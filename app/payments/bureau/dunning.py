"""When reminders go out and what they say, with a preview before it counts (P9)."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts.current import current_account
from app.core import access, clock
from app.core.db import atomic
from app.core.forms import render_form
from app.core.i18n import _, speaking
from app.core.permissions import Permission
from app.payments import queries, services
from app.payments.bureau.base import bp
from app.payments.forms import LevelForm
from app.payments.models import DunningLevel
from app.payments.queries import Text


@bp.get("/reminders")
@access.needs(Permission.PAYMENT_READ)
def reminders() -> str:
    """Show the levels in their order."""
    return render_template("payments/bureau/reminders.html", levels=queries.levels(), outlined=queries.outlined)


@bp.get("/reminders/<int:level>")
@access.needs(Permission.PAYMENT_BOOK)
def reminder(level: int) -> ResponseReturnValue:
    """Show a level to change."""
    found = queries.level(level)
    texts = found.texts
    form = LevelForm(
        formdata=None,
        days_after=found.days_after,
        is_active=found.is_active,
        subject_nl=texts["nl"]["subject"],
        body_nl=texts["nl"]["body"],
        subject_en=texts["en"]["subject"],
        body_en=texts["en"]["body"],
    )
    return _level_page(found, form)


@bp.post("/reminders/<int:level>")
@access.needs(Permission.PAYMENT_BOOK)
def change_reminder(level: int) -> ResponseReturnValue:
    """Show how a changed text will read, then keep it."""
    found = queries.level(level)
    form = LevelForm()
    if not form.validate_on_submit():
        return _level_page(found, form)
    if request.form.get("step") != "save":
        return _level_page(found, form, _previews(form))
    try:
        with atomic():
            services.change_level(
                level,
                days_after=form.days_after.data,
                is_active=form.is_active.data,
                texts=form.texts(),
                by=current_account(),
            )
    except services.SameDay as refusal:
        form.refuse(refusal, form.days_after)
        return _level_page(found, form)
    flash(_("The reminder is changed. What was sent stays as it was."), "success")
    return redirect(url_for(".reminders"), 303)


def _previews(form: LevelForm) -> dict[str, Text]:
    """Fill the texts with the newest invoice, in both languages; nothing when there is no invoice yet."""
    bill = queries.sample_bill()
    if bill is None:
        return {}
    previews = {}
    for language in form.texts():
        with speaking(language):
            previews[language] = queries.told(form.texts(), bill, bill.gross_cents, clock.today(), language)
    return previews


def _level_page(level: DunningLevel, form: LevelForm, previews: dict[str, Text] | None = None) -> ResponseReturnValue:
    return render_form(
        "payments/bureau/reminder.html",
        form,
        level=level,
        previews=previews,
        placeholders=queries.PLACEHOLDERS,
    )
