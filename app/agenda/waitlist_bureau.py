"""The waiting list as the bureau sees it: who is on it, why each promotion happened, what more seats would do."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.accounts import queries as accounts
from app.accounts.current import current_account
from app.agenda import queries, services
from app.agenda import waitlist_queries as waitlist
from app.agenda.forms import WISHES, HybridSeatsForm, SeatsForm
from app.agenda.models import Cause, EntryState, Gathering, GatheringState, Pool, Promotion, SeatMode, Step
from app.agenda.services import Effect
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
LINES = {SeatMode.ON_SITE: _l("For the hall"), SeatMode.ONLINE: _l("To take part online")}
STEPS = {
    Step.SEATED: _l("%(person)s (no. %(number)s) got a seat"),
    Step.OFFERED: _l("%(person)s (no. %(number)s) was offered a seat"),
    Step.ACCEPTED: _l("%(person)s (no. %(number)s) took the seat"),
    Step.DECLINED: _l("%(person)s (no. %(number)s) declined the seat"),
    Step.EXPIRED: _l("%(person)s (no. %(number)s) let the offer expire"),
    Step.PASSED_OVER: _l("%(person)s (no. %(number)s) was passed over"),
}
CAUSES = {
    Cause.SEAT_GIVEN_BACK: _l("The seat of %(freed_by)s came free."),
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
HYBRID_ENTRIES = replace(
    ENTRIES,
    columns=[
        *ENTRIES.columns[:2],
        Column("mode", _l("Waits for"), text=lambda mode: LINES[mode]),
        *ENTRIES.columns[2:],
    ],
    filters=[
        *ENTRIES.filters,
        ChoiceFilter("mode", _l("Waits for"), [Option(mode, label) for mode, label in LINES.items()]),
    ],
)
"""Of a hybrid gathering: two lists in one, numbered as they came."""


@bp.get("/<uuid:id>/waitlist")
@access.needs(Permission.BOOKING_READ)
def show(id: UUID) -> ResponseReturnValue:
    """G3: show who stands on the list and why each promotion happened."""
    gathering = queries.any_gathering(id)
    log = waitlist.promotions(id)
    names = accounts.names({one.account_id for one in log} | {one.freed_by_id for one in log if one.freed_by_id})
    listing = ENTRIES if gathering.online_capacity is None else HYBRID_ENTRIES
    return listing.respond(
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
    what = str(STEPS[one.step]) % known
    return f"{what} ({str(LINES[one.mode]).lower()})" if one.mode else what, str(CAUSES[one.cause]) % known


@bp.route("/<uuid:id>/seats", methods=["GET", "POST"])
@access.needs(Permission.GATHERING_EDIT)
def seats(id: UUID) -> ResponseReturnValue:
    """G3: raise or lower the number of seats; what that does is shown before it is done."""
    gathering = queries.any_gathering(id)
    kind = HybridSeatsForm if gathering.online_capacity is not None else SeatsForm
    form = kind(data={"capacity": gathering.capacity, "online_capacity": gathering.online_capacity})
    effects: list[tuple[Pool, int, Effect]] = []
    if form.validate_on_submit() and _room_for_all(form, gathering):
        if request.form.get("confirmed") == form.mark():
            return _change(id, form)
        effects = [
            (pool, field.data, services.effect_of(gathering, pool.mode, field.data))
            for pool, field in zip(gathering.pools, form.numbers(), strict=True)
            if field.data != pool.capacity or len(gathering.pools) == 1
        ]
    concerned = {who for _pool, _number, one in effects for who in (*one.seated, *one.asked, *one.passed_over)}
    return render_form(
        "agenda/bureau/seats.html",
        form,
        gathering=gathering,
        effects=effects,
        names=accounts.names(concerned),
        open=gathering.state is not GatheringState.CANCELLED and gathering.starts_at > clock.now(),
    )


def _room_for_all(form: SeatsForm, gathering: Gathering) -> bool:
    """Say by each field whether it leaves room for who has a seat."""
    for pool, field in zip(gathering.pools, form.numbers(), strict=True):
        if field.data < pool.taken:
            form.refuse(CapacityBelowBookings(pool.taken), field)
    return not form.problems


def _change(id: UUID, form: SeatsForm) -> ResponseReturnValue:
    numbers = [field.data for field in form.numbers()]
    with atomic():
        services.change_seats(queries.any_gathering(id), *numbers, by=current_account().id)
    if len(numbers) > 1:
        flash(
            _("There are %(hall)s seats in the hall and %(online)s online now.", hall=numbers[0], online=numbers[1]),
            "success",
        )
    else:
        flash(_("There are %(number)s seats now.", number=numbers[0]), "success")
    return redirect(url_for("agenda_bureau.show", id=id), 303)
