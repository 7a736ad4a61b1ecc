"""Whose seats stayed empty, as the bureau sees it: the list, one person, what is not counted, and the policy (G7)."""

from __future__ import annotations

from dataclasses import asdict
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.accounts import queries as accounts
from app.accounts.current import current_account
from app.agenda import queries as agenda
from app.agenda.absences import queries, services
from app.agenda.absences.forms import CONSEQUENCES, ExcuseForm, PolicyForm
from app.core import access
from app.core.db import Base, atomic
from app.core.forms import render_form
from app.core.i18n import _n
from app.core.listing import Column, Kind, Listing, YesFilter
from app.core.permissions import Permission

bp = Blueprint("absences_bureau", __name__, url_prefix="/bureau/agenda/absences")
MOST_NAMES = 12

PEOPLE = Listing(
    title=_l("Seats that stayed empty"),
    columns=[
        Column("name", _l("Name"), sort=["family_name", "name"], href=lambda row: url_for(".person", id=row.id)),
        Column("email", _l("E-mail"), Kind.EMAIL, shown=False),
        Column("no_shows", _l("Did not come"), Kind.NUMBER, sort=True),
        Column("late", _l("Gave it back late"), Kind.NUMBER, sort=True),
        Column("counted", _l("Counts"), Kind.NUMBER, sort=True),
        Column("last_at", _l("Last"), Kind.DATE, sort=True),
    ],
    search=["name", "email"],
    search_label=_l("Name or e-mail"),
    filters=[
        YesFilter(
            "often",
            _l("Only whom the policy concerns"),
            where=lambda: Base.metadata.tables["account"].c.id.in_(queries.too_often(queries.policy())),
        )
    ],
    default_sort="-counted",
    counted=lambda number: _n("person", "people", number),
    export=True,
)


@bp.get("")
@access.needs(Permission.BOOKING_READ)
def index() -> ResponseReturnValue:
    """G7: list who kept a seat for nothing or gave it back late, in the time that counts."""
    held = queries.policy()
    return PEOPLE.respond(
        "agenda/bureau/absences.html", queries.people(held), policy=held, consequence=CONSEQUENCES[held.consequence][0]
    )


@bp.get("/<uuid:id>")
@access.needs(Permission.BOOKING_READ)
def person(id: UUID) -> ResponseReturnValue:
    """Show one person's record, with what is not counted and why."""
    held = queries.policy()
    return render_template(
        "agenda/bureau/absence_record.html",
        person=accounts.account(id),
        record=queries.record_of(id),
        policy=held,
        times=queries.times_of(id, held),
    )


@bp.route("/seats/<uuid:booking_id>/excuse", methods=["GET", "POST"])
@access.needs(Permission.ATTENDANCE_RECORD)
def excuse(booking_id: UUID) -> ResponseReturnValue:
    """Count one empty seat no more, with the reason."""
    booking, form = queries.empty_seat(booking_id), ExcuseForm()
    back = url_for(".person", id=booking.account_id)
    if form.validate_on_submit():
        with atomic():
            services.excuse(booking_id, reason=form.reason.data, by=current_account().id)
        flash(_("This seat is not counted any more."), "success")
        return redirect(back, 303)
    return render_form(
        "agenda/bureau/excuse.html",
        form,
        person=accounts.account(booking.account_id),
        gathering=agenda.any_gathering(booking.gathering_id),
        back=back,
    )


@bp.post("/seats/<uuid:booking_id>/count")
@access.needs(Permission.ATTENDANCE_RECORD)
def count_again(booking_id: UUID) -> ResponseReturnValue:
    """Take that back."""
    with atomic():
        services.count_again(booking_id, by=current_account().id)
    flash(_("This seat counts again."), "success")
    return redirect(url_for(".person", id=queries.empty_seat(booking_id).account_id), 303)


@bp.route("/policy", methods=["GET", "POST"])
@access.needs(Permission.GATHERING_EDIT)
def policy() -> ResponseReturnValue:
    """G7, B9: decide what follows from empty seats: first whom it concerns, then the saving."""
    form, preview = PolicyForm(data=asdict(queries.policy())), None
    if form.validate_on_submit():
        if form.was_previewed:
            with atomic():
                services.set_policy(form.policy(), by=current_account().id)
            flash(_("What follows from empty seats is saved. It holds from now on."), "success")
            return redirect(url_for(".index"), 303)
        preview = list(queries.concerned_by(form.policy()))
        form.show_previewed()
    names = sorted(accounts.names(set(preview[:MOST_NAMES])).values()) if preview else []
    return render_form("agenda/bureau/absence_policy.html", form, concerned=preview, names=names)
