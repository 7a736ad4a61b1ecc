"""The agenda as the bureau keeps it: every gathering with how full it is, and who comes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.accounts.current import current_account
from app.agenda import cockpit, queries, services, shown
from app.agenda import waitlist_queries as waitlist
from app.agenda.attendance import queries as attendance
from app.agenda.attendance.everybody import everybody_for_bureau
from app.agenda.attendance.queries import Outcome, Turnout
from app.agenda.forms import CallOffForm, GatheringForm, form_of, new_form
from app.agenda.models import Gathering, GatheringState, SeatMode
from app.agenda.queries import Payment
from app.agenda.series import bureau as series_bureau
from app.agenda.series import queries as series
from app.agenda.series import services as changing
from app.agenda.series.forms import SCOPES, ScopedCallOffForm, ScopedGatheringForm
from app.agenda.series.queries import Concerned, Scope
from app.agenda.services.refusals import CapacityBelowBookings, NotOnThisDate
from app.core import access, clock
from app.core.db import atomic
from app.core.forms import Option, render_form
from app.core.i18n import _n
from app.core.listing import Badge, ChoiceFilter, Column, DateFilter, Kind, Listing, YesFilter
from app.core.permissions import Permission

bp = Blueprint("agenda_bureau", __name__, url_prefix="/bureau/agenda")

GATHERINGS = Listing(
    title=_l("Agenda"),
    columns=[
        Column("title", _l("Gathering"), sort=True, href=lambda row: url_for("agenda_bureau.show", id=row.id)),
        Column("starts_at", _l("When"), Kind.MOMENT, sort=True),
        Column("kind", _l("Kind"), text=lambda kind: shown.KINDS[kind], shown=False),
        Column("city", _l("Where"), shown=False),
        Column("seats_taken", _l("Taken"), Kind.NUMBER, sort=True),
        Column("capacity", _l("Seats"), Kind.NUMBER, shown=False),
        Column("online_taken", _l("Taken online"), Kind.NUMBER, shown=False),
        Column("online_capacity", _l("Seats online"), Kind.NUMBER, shown=False),
        Column("state", _l("Status"), Kind.BADGE, badge=lambda state: Badge(*shown.STATES[state])),
    ],
    search=["title", "city", "venue"],
    search_label=_l("Title, town or place"),
    filters=[
        ChoiceFilter("state", _l("Status"), [Option(state, label) for state, (_tone, label) in shown.STATES.items()]),
        ChoiceFilter("kind", _l("Kind"), [Option(kind, label) for kind, label in shown.KINDS.items()]),
        DateFilter("starts_at", _l("Day")),
        YesFilter("full", _l("Only full ones"), queries.is_full()),
        YesFilter("stuck", _l("Only where people wait while a seat is free"), waitlist.is_stuck),
    ],
    default_sort="starts_at",
    counted=lambda number: _n("gathering", "gatherings", number),
    export=True,
    keep=("when",),
)
PAST_GATHERINGS = replace(GATHERINGS, default_sort="-starts_at")

OUTCOMES = {
    Outcome.SEAT: ("ok", _l("Has a seat")),
    Outcome.CAME: ("ok", _l("Was there")),
    Outcome.NO_SHOW: ("warn", _l("Did not come")),
    Outcome.GIVEN_BACK: ("", _l("Gave it back")),
    Outcome.GIVEN_BACK_LATE: ("warn", _l("Gave it back late")),
}

PAYMENTS = {
    Payment.FREE: ("", _l("No fee")),
    Payment.PAID: ("ok", _l("Paid")),
    Payment.UNPAID: ("due", _l("Unpaid")),
    Payment.LAPSED: ("warn", _l("Not paid in time")),
    Payment.NOTHING_ASKED: ("", _l("Nothing to pay")),
}

BOOKINGS = Listing(
    title=_l("Bookings"),
    columns=[
        Column("seq", _l("No."), Kind.NUMBER, sort=True),
        Column("name", _l("Name"), sort=["family_name", "name"]),
        Column("email", _l("E-mail"), Kind.EMAIL),
        Column("booked_at", _l("Booked"), Kind.MOMENT, sort=True),
        Column("host", _l("Guest of")),
        Column("outcome", _l("Status"), Kind.BADGE, badge=lambda outcome: Badge(*OUTCOMES[Outcome(outcome)])),
        Column("cancelled_at", _l("Given back"), Kind.MOMENT, shown=False),
        Column(
            "payment", _l("Payment"), Kind.BADGE, badge=lambda payment: Badge(*PAYMENTS[Payment(payment)]), shown=False
        ),
        Column("fee_cents", _l("Fee excl. VAT"), Kind.MONEY, shown=False),
        Column("pay_by", _l("To be paid by"), Kind.MOMENT, shown=False),
        Column("paid_at", _l("Paid on"), Kind.MOMENT, shown=False),
    ],
    search=["name", "email"],
    search_label=_l("Name or e-mail"),
    filters=[
        ChoiceFilter(
            "outcome",
            _l("Status"),
            [Option(outcome, label) for outcome, (_tone, label) in OUTCOMES.items()],
        )
    ],
    default_sort="seq",
    counted=lambda number: _n("booking", "bookings", number),
    export=True,
    choose_columns=True,
    page_size=50,
)
PAID_BOOKINGS = replace(
    BOOKINGS,
    columns=[replace(column, shown=True) if column.name == "payment" else column for column in BOOKINGS.columns],
    filters=[
        *BOOKINGS.filters,
        ChoiceFilter("payment", _l("Payment"), [Option(state, label) for state, (_tone, label) in PAYMENTS.items()]),
    ],
)


def _by_mode(listing: Listing) -> Listing:
    """G1: tell of each booking in which mode it is, too."""
    return replace(
        listing,
        columns=[
            *listing.columns[:3],
            Column("mode", _l("How"), text=lambda mode: shown.MODES[mode]),
            *listing.columns[3:],
        ],
        filters=[
            *listing.filters,
            ChoiceFilter("mode", _l("How"), [Option(mode, label) for mode, label in shown.MODES.items()]),
        ],
    )


ONE_MODE = (BOOKINGS, PAID_BOOKINGS)
HYBRID = (_by_mode(BOOKINGS), _by_mode(PAID_BOOKINGS))


@bp.get("")
@access.needs(Permission.GATHERING_READ)
def index() -> ResponseReturnValue:
    """List what is coming, next first, drafts included; what has been stands under a tab of its own."""
    past = request.args.get("when") == "past"
    tabs = [
        {"url": url_for(".index"), "label": _("Coming"), "current": not past},
        {"url": url_for(".index", when="past"), "label": _("What has been"), "current": past},
    ]
    listing = PAST_GATHERINGS if past else GATHERINGS
    return listing.respond("agenda/bureau/index.html", queries.gatherings_for_bureau(past=past), tabs=tabs)


@bp.get("/<uuid:id>")
@access.needs(Permission.BOOKING_READ)
def show(id: UUID) -> ResponseReturnValue:
    """Show one gathering on one page: how it stands, what waits, who comes, who waits and what was written about it."""
    gathering = queries.any_gathering(id)
    listing = (HYBRID if gathering.online_capacity is not None else ONE_MODE)[bool(gathering.fee_cents)]
    return listing.respond(
        "agenda/bureau/show.html",
        everybody_for_bureau(id),
        gathering=gathering,
        fee=services.fee_of(gathering),
        **_words(gathering),
        **cockpit.part(gathering),
        **series_bureau.part(gathering),
    )


def _words(gathering: Gathering) -> dict[str, Any]:
    tone, label = shown.STATES[gathering.state]
    begun = gathering.starts_at <= clock.now()
    door_open = gathering.state is GatheringState.PUBLISHED and attendance.opens_at(gathering.starts_at) <= clock.now()
    return {
        "tone": tone,
        "state_label": label,
        "begun": begun,
        "over": gathering.ends_at <= clock.now(),
        "door_open": door_open,
        "turnout": attendance.turnout(gathering.id) if begun or door_open else None,
        "seen_online": _seen_online(gathering) if begun or door_open else None,
    }


def _seen_online(gathering: Gathering) -> Turnout | None:
    """G1: count who took part online beside a hall."""
    return attendance.turnout(gathering.id, SeatMode.ONLINE) if gathering.online_capacity is not None else None


@bp.route("/new", methods=["GET", "POST"])
@access.needs(Permission.GATHERING_EDIT)
def create() -> ResponseReturnValue:
    """Prepare a gathering; it stays a draft until it is published."""
    form = new_form()
    if form.validate_on_submit():
        with atomic():
            gathering = services.draft_gathering(form.details(), by=current_account().id)
        flash(_("The draft is saved. Only the bureau sees it until you publish it."), "success")
        return redirect(url_for(".show", id=gathering.id), 303)
    return render_form("agenda/bureau/edit.html", form, gathering=None, original=None, effect=None)


@bp.route("/<uuid:id>/edit", methods=["GET", "POST"])
@access.needs(Permission.GATHERING_EDIT)
def edit(id: UUID) -> ResponseReturnValue:
    """Change a gathering, or several of a series at once, whose effect is shown first."""
    gathering, effect = queries.any_gathering(id), None
    repeated = series.has_others(gathering)
    form = form_of(gathering, ScopedGatheringForm, scope=Scope.ONE) if repeated else form_of(gathering)
    if form.validate_on_submit():
        shown_first = isinstance(form, ScopedGatheringForm) and form.scope.data is not Scope.ONE
        if shown_first and request.form.get("confirmed") != form.mark():
            effect = series_bureau.effect_of(gathering, form)
        elif count := _saved(id, form):
            on_several = _("The changes are saved, on %(number)s dates.", number=count)
            flash(on_several if count > 1 else _("The changes are saved."), "success")
            return redirect(url_for(".show", id=id), 303)
    return render_form(
        "agenda/bureau/edit.html",
        form,
        gathering=queries.any_gathering(id),
        original=None,
        effect=effect,
        concerned=series.concerned_by([id]).people,
    )


def _saved(id: UUID, form: GatheringForm) -> int:
    """Save what was filled in and return on how many dates, or say by the field that there are too few seats."""
    scope = form.scope.data if isinstance(form, ScopedGatheringForm) else Scope.ONE
    try:
        with atomic():
            return changing.revise(queries.any_gathering(id), form.details(), scope, by=current_account().id)
    except CapacityBelowBookings as refusal:
        form.refuse(refusal, form.online_capacity if refusal.mode is SeatMode.ONLINE else form.capacity)
    except NotOnThisDate as refusal:
        form.refuse(refusal)
    return 0


@bp.post("/<uuid:id>/publish")
@access.needs(Permission.GATHERING_EDIT)
def publish(id: UUID) -> ResponseReturnValue:
    """Put a draft in the agenda."""
    with atomic():
        services.publish_gathering(queries.any_gathering(id), by=current_account().id)
    flash(_("The gathering stands in the agenda."), "success")
    return redirect(url_for(".show", id=id), 303)


@bp.route("/<uuid:id>/cancel", methods=["GET", "POST"])
@access.needs(Permission.GATHERING_EDIT)
def call_off(id: UUID) -> ResponseReturnValue:
    """Call a gathering off, or several of a series; the page before tells how many people it writes to."""
    gathering = queries.any_gathering(id)
    form = ScopedCallOffForm(data={"scope": Scope.ONE}) if series.has_others(gathering) else CallOffForm()
    if form.validate_on_submit():
        scope = form.scope.data if isinstance(form, ScopedCallOffForm) else Scope.ONE
        with atomic():
            count = changing.call_off(
                queries.any_gathering(id), scope, reason=form.reason.data, by=current_account().id
            )
        flash(
            _n(
                "The gathering is cancelled. Everybody who holds a seat gets a mail.",
                "%(num)s gatherings are cancelled. Everybody who holds a seat gets a mail for each.",
                count,
            ),
            "success",
        )
        return redirect(url_for(".show", id=id), 303)
    return render_form(
        "agenda/bureau/call_off.html", form, gathering=gathering, people=_people_by_scope(gathering, form)
    )


def _people_by_scope(gathering: Gathering, form: CallOffForm) -> list[tuple[Any, Concerned]]:
    scopes = list(Scope) if isinstance(form, ScopedCallOffForm) else [Scope.ONE]
    return [(SCOPES[scope], series.concerned_by(series.in_scope(gathering, scope))) for scope in scopes]
