"""The bureau's pages for another one like it: a copy, or a series whose dates are shown before they are laid out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.current import current_account
from app.agenda import queries as agenda
from app.agenda.materials import services as materials
from app.agenda.models import Gathering, GatheringState
from app.agenda.series import queries, services
from app.agenda.series.forms import CopyForm, DatesForm, RepeatForm, ScopedGatheringForm, told
from app.agenda.series.queries import Busy, Scope
from app.agenda.series.recurrence import Rhythm, days_of
from app.agenda.series.services import Opening
from app.agenda.services import discard_draft, draft_gathering
from app.agenda.shown import STATES
from app.core import access, clock
from app.core.db import atomic
from app.core.formats import clock_time, long_date
from app.core.forms import Form, Option, render_form
from app.core.i18n import _n
from app.core.permissions import Permission

bp = Blueprint("series_bureau", __name__, url_prefix="/bureau/agenda")


@bp.route("/<uuid:id>/copy", methods=["GET", "POST"])
@access.needs(Permission.GATHERING_EDIT)
def copy(id: UUID) -> ResponseReturnValue:
    """G1: prepare another gathering like this one; everything is filled in and can be changed before it is saved."""
    original = agenda.any_gathering(id)
    form = CopyForm.of(original)
    if form.validate_on_submit():
        with atomic():
            by = current_account().id
            made = draft_gathering(form.details(), by=by)
            materials.copy(form.materials.data, to=made.id, by=by)
        flash(_("The draft is saved. Only the bureau sees it until you publish it."), "success")
        return redirect(url_for("agenda_bureau.show", id=made.id), 303)
    return render_form("agenda/bureau/edit.html", form, gathering=None, original=original, effect=None)


@bp.route("/<uuid:id>/repeat", methods=["GET", "POST"])
@access.needs(Permission.GATHERING_EDIT)
def repeat(id: UUID) -> ResponseReturnValue:
    """G1: lay out a series; its dates are shown first, and each can be left out."""
    gathering = agenda.any_gathering(id)
    usual = {"rhythm": Rhythm.MONTHLY_BY_WEEKDAY, "every": 1, "times": 5, "opening": Opening.AT_ONCE}
    rule = RepeatForm(gathering, data=usual)
    dates: DatesForm | None = None
    if rule.validate_on_submit():
        dates = _dates(gathering, rule)
        if "shown" in request.form and dates.validate():
            return _laid_out(id, rule, dates)
    faulty: Form = dates if dates and dates.problems else rule
    return render_form("agenda/bureau/repeat.html", faulty, gathering=gathering, rule=rule, dates=dates)


def _dates(gathering: Gathering, rule: RepeatForm) -> DatesForm:
    first = clock.local(gathering.starts_at).date()
    days = days_of(rule.rule(), first, after=clock.today())
    options = _options(gathering, days) if days else []
    chosen = [option.value for option in options if not option.disabled]
    return DatesForm.of(options, request.form if "shown" in request.form else None, chosen, gathering.materials)


def _options(gathering: Gathering, days: Sequence[date]) -> list[Option]:
    """Show each date with its hours, and what stands in the agenda then; one that the series has is not made twice."""
    busy = queries.busy_between(days[0], days[-1])
    options = []
    for day in days:
        planned = services.on_day(gathering, day, Opening.AT_ONCE)
        same_day = [one for one in busy if clock.local(one.starts_at).date() == day]
        there = any(one.series_id and one.series_id == gathering.series_id for one in same_day)
        at_once = [one for one in same_day if one.starts_at < planned.ends_at and one.ends_at > planned.starts_at]
        hours = f"{clock_time(planned.starts_at)}–{clock_time(planned.ends_at)}"
        options.append(
            Option(day.isoformat(), f"{long_date(day)}, {hours}", _note(at_once, there=there), disabled=there)
        )
    return options


def _note(at_once: Sequence[Busy], *, there: bool) -> str:
    if there:
        return _("This date is in the series already.")
    return _("At the same time: %(titles)s", titles=", ".join(one.title for one in at_once)) if at_once else ""


def _laid_out(id: UUID, rule: RepeatForm, dates: DatesForm) -> ResponseReturnValue:
    with atomic():
        made = services.repeat(
            agenda.any_gathering(id),
            rule.rule(),
            [date.fromisoformat(day) for day in dates.days.data],
            rule.opening.data,
            materials=dates.materials.data,
            by=current_account().id,
        )
    if made:
        flash(_n("One draft is made.", "%(num)s drafts are made.", len(made)), "success")
    else:
        flash(_("These dates were there already."), "info")
    return redirect(url_for("agenda_bureau.show", id=id, _anchor="series"), 303)


@bp.post("/<uuid:id>/publish-series")
@access.needs(Permission.GATHERING_EDIT)
def publish(id: UUID) -> ResponseReturnValue:
    """Put this draft and all other drafts of its series in the agenda."""
    with atomic():
        count = services.publish(agenda.any_gathering(id), Scope.ALL, by=current_account().id)
    flash(_n("One gathering stands in the agenda.", "%(num)s gatherings stand in the agenda.", count), "success")
    return redirect(url_for("agenda_bureau.show", id=id, _anchor="series"), 303)


@bp.route("/<uuid:id>/discard", methods=["GET", "POST"])
@access.needs(Permission.GATHERING_EDIT)
def discard(id: UUID) -> ResponseReturnValue:
    """Throw a draft away, after saying which one."""
    form, gathering = Form(), agenda.any_gathering(id)
    if form.validate_on_submit():
        with atomic():
            discard_draft(agenda.any_gathering(id), by=current_account().id)
        flash(_("The draft is thrown away."), "success")
        return redirect(url_for("agenda_bureau.index"), 303)
    return render_form("agenda/bureau/discard.html", form, gathering=gathering)


def part(gathering: Gathering) -> dict[str, Any]:
    """Give the page of a gathering its series: the rhythm in words, and every date with how full it is."""
    kept = queries.series_of(gathering)
    if kept is None:
        return {"series": None}
    dates = queries.dates_of(kept.id)
    return {
        "series": told(kept.rhythm, kept.every, kept.first_day),
        "dates": dates,
        "states": STATES,
        "drafts": sum(one.state is GatheringState.DRAFT for one in dates),
    }


def effect_of(gathering: Gathering, form: ScopedGatheringForm) -> dict[str, Any]:
    """Show what a change would do to each date, and to how many people it is mailed."""
    found = services.revisions(gathering, form.details(), form.scope.data)
    moving = [one.gathering.id for one in found if one.moves]
    return {"revisions": found, "moving": moving, "people": queries.concerned_by(moving).people, "mark": form.mark()}
