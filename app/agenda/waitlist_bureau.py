"""The waiting list as the bureau sees it: who is on it, why each promotion happened, what more seats would do."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.accounts import queries as accounts
from app.accounts.current import current_account
from app.agenda import queries, services
from app.agenda import waitlist_queries as waitlist
from app.agenda.forms import WISHES, SeatsForm
from app.agenda.models import Cause, EntryState, GatheringState, Promotion, Step
from app.agenda.services.refusals import CapacityBelowBookings
from app.core import access, clock
from app.core.db import atomic
from app.core.forms import Option, render_form
from app.core.i18n import _n
from app.core.listing import Badge, ChoiceFilter, Column, Kind, Listing
from app.core.permissions import Permission

bp = Blueprint("waitlist_bureau", __name__, url_prefix="/bureau/agenda")

STATES = {
    EntryState.WAITING: ("info", _l("Waits")),
    EntryState.OFFERED: ("due", _l("Has an offer")),
    EntryState.SEATED: ("ok", _l("Got a seat")),
    EntryState.DECLINED: ("", _l("Declined")),
    EntryState.EXPIRED: ("warn", _l("Did not answer")),
    EntryState.LEFT: ("", _l("Left")),
    EntryState.OVER: ("", _l("List closed")),
}
STEPS = {
    Step.SEATED: _l("%(person)s (no. %(number)s) got a seat"),
    Step.OFFERED: _l("%(person)s (no. %(number)s) was offered a seat"),
    Step.ACCEPTED: _l("%(person)s (no. %(number)s) took the seat"),
    Step.DECLINED: _l("%(person)s (no. %(number)s) declined the seat"),
    Step.EXPIRED: _l("%(person)s (no. %(number)s) let the offer expire"),
    Step.PASSED_OVER: _l("%(person)s (no. %(number)s) was passed over"),
}
CAUSES = {
    Cause.SEAT_GIVEN_BACK: _l("%(freed_by)s gave a seat back."),
    Cause.SEATS_ADDED: _l("The bureau added seats."),
    Cause.OFFER_DECLINED: _l("%(freed_by)s declined the seat before."),
    Cause.OFFER_EXPIRED: _l("The offer before went unanswered."),
    Cause.OWN_ANSWER: _l("Own answer."),
    Cause.OWN_SEAT: _l("It was the seat that this person gave back or let pass."),
    Cause.NO_MEMBER: _l("The membership does not cover that day."),
    Cause.OVERLAP: _l("This person has a seat elsewhere at the same hours."),
}

ENTRIES = Listing(
    title=_l("Waiting list"),
    columns=[
        Column("seq", _l("No."), Kind.NUMBER, sort=True),
        Column("name", _l("Name"), sort=["family_name", "name"]),
        Column("email", _l("E-mail"), Kind.EMAIL, shown=False),
        Column("joined_at", _l("On the list since"), Kind.MOMENT, sort=True),
        Column("wish", _l("When a seat comes free"), text=lambda wish: WISHES[wish]),
        Column("state", _l("Status"), Kind.BADGE, badge=lambda state: Badge(*STATES[state])),
        Column("offer_until", _l("Answer by"), Kind.MOMENT),
    ],
    search=["name", "email"],
    search_label=_l("Name or e-mail"),
    filters=[
        ChoiceFilter("state", _l("Status"), [Option(state, label) for state, (_tone, label) in STATES.items()]),
    ],
    default_sort="seq",
    counted=lambda number: _n("person", "people", number),
    export=True,
    page_size=50,
)


@bp.get("/<uuid:id>/waitlist")
@access.needs(Permission.BOOKING_READ)
def show(id: UUID) -> ResponseReturnValue:
    """G3: show who stands on the list and why each promotion happened."""
    gathering = queries.any_gathering(id)
    log = waitlist.promotions(id)
    names = accounts.names({one.account_id for one in log} | {one.freed_by_id for one in log if one.freed_by_id})
    return ENTRIES.respond(
        "agenda/bureau/waitlist.html",
        waitlist.entries_for_bureau(id),
        gathering=gathering,
        log=[(one.at, *_told(one, names)) for one in log],
        closes_at=services.closes_at(gathering),
    )


def _told(one: Promotion, names: dict[UUID, str]) -> tuple[str, str]:
    known = {
        "person": names.get(one.account_id, ""),
        "number": one.seq,
        "freed_by": names.get(one.freed_by_id, "") if one.freed_by_id else _("Somebody"),
    }
    return str(STEPS[one.step]) % known, str(CAUSES[one.cause]) % known


@bp.route("/<uuid:id>/seats", methods=["GET", "POST"])
@access.needs(Permission.GATHERING_EDIT)
def seats(id: UUID) -> ResponseReturnValue:
    """G3: raise or lower the number of seats; what that does is shown before it is done."""
    gathering = queries.any_gathering(id)
    form = SeatsForm(data={"capacity": gathering.capacity})
    effect, names = None, {}
    if form.validate_on_submit():
        if form.capacity.data < gathering.seats_taken:
            form.refuse(CapacityBelowBookings(gathering.seats_taken), form.capacity)
        elif request.form.get("confirmed") == str(form.capacity.data):
            return _change(id, form.capacity.data)
        else:
            effect = services.effect_of(gathering, form.capacity.data)
            names = accounts.names({*effect.seated, *effect.asked, *effect.passed_over})
    return render_form(
        "agenda/bureau/seats.html",
        form,
        gathering=gathering,
        effect=effect,
        names=names,
        open=gathering.state is not GatheringState.CANCELLED and gathering.starts_at > clock.now(),
    )


def _change(id: UUID, capacity: int) -> ResponseReturnValue:
    with atomic():
        services.change_seats(queries.any_gathering(id), capacity, by=current_account().id)
    flash(_("There are %(number)s seats now.", number=capacity), "success")
    return redirect(url_for("agenda_bureau.show", id=id), 303)
