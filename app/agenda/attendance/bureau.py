"""The door, as whoever of the bureau stands at it sees it on a phone: scan, type or look up, let in, and put right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.accounts.current import current_account
from app.agenda import queries as agenda
from app.agenda.attendance import queries, services, tickets
from app.agenda.attendance.forms import ScanForm
from app.agenda.attendance.models import Passage, Way
from app.agenda.attendance.refusals import NoTicket
from app.agenda.attendance.services import Passed
from app.agenda.guests import door as guests
from app.agenda.models import Gathering, SeatMode
from app.core import access, clock
from app.core.db import atomic
from app.core.errors import NotFound, Refusal, WayOut
from app.core.formats import clock_time
from app.core.forms import Option
from app.core.i18n import _n
from app.core.listing import Badge, ChoiceFilter, Column, Kind, Listing
from app.core.permissions import Permission
from app.core.web import flash_undo, safe_next

bp = Blueprint("door", __name__, url_prefix="/bureau/agenda/<uuid:id>/door")
REFUSED, UNPROCESSABLE = 409, 422

PRESENCES = {
    "expected": ("", _l("Not here yet")),
    "in": ("ok", _l("Inside")),
    "left": ("info", _l("Has left")),
}


SEATS = Listing(
    title=_l("Who has a seat"),
    columns=[
        Column("name", _l("Name"), sort=["family_name", "given_name"]),
        Column("presence", _l("Status"), Kind.BADGE, badge=lambda presence: Badge(*PRESENCES[presence])),
        Column("id", _l("At the door")),
    ],
    search=["name"],
    search_label=_l("Name"),
    filters=[
        ChoiceFilter("presence", _l("Status"), [Option(value, label) for value, (_tone, label) in PRESENCES.items()])
    ],
    default_sort="name",
    counted=lambda number: _n("person", "people", number),
    page_size=50,
    keep=("step", "mode"),
)
CIRCLE = Listing(
    title=_l("Members without a seat"),
    columns=[
        Column("name", _l("Name"), sort=["family_name", "name"]),
        Column("email", _l("E-mail"), Kind.EMAIL),
        Column("waits", _l("On the waiting list"), Kind.NUMBER),
        Column("account_id", _l("At the door")),
    ],
    search=queries.found_by,
    search_label=_l("Name, e-mail or company"),
    default_sort="name",
    counted=lambda number: _n("person", "people", number),
    page_size=25,
)


@dataclass(frozen=True)
class Answer:
    """What the door says: in which tone, about whom, and what can be done about it."""

    tone: str
    title: str
    text: str
    undo: str = ""
    way_out: WayOut | None = None


@bp.get("")
@access.needs(Permission.ATTENDANCE_RECORD)
def show(id: UUID) -> ResponseReturnValue:
    """G7: scan with the camera, type a code, or look somebody up; it works on a phone, and without a script."""
    return _page(id, ScanForm(formdata=None))


@bp.post("")
@access.needs(Permission.ATTENDANCE_RECORD)
def scan(id: UUID) -> ResponseReturnValue:
    """Let whoever a ticket or a typed code is for pass."""
    form = ScanForm()
    if not form.validate_on_submit():
        return _page(id, form, status=UNPROCESSABLE)
    try:
        booking_id, way = _booking_on(form.ticket.data, id)
        return _answer(id, _through(booking_id, id, way))
    except Refusal as refusal:
        return _refuse(id, refusal)


@bp.post("/people/<uuid:booking_id>")
@access.needs(Permission.ATTENDANCE_RECORD)
def by_name(id: UUID, booking_id: UUID) -> ResponseReturnValue:
    """Let somebody pass who was looked up in the list."""
    return _answer(id, _through(booking_id, id, Way.NAME))


@bp.post("/undo/<uuid:stay_id>")
@access.needs(Permission.ATTENDANCE_RECORD)
def undo(id: UUID, stay_id: UUID) -> ResponseReturnValue:
    """Take back what was a mistake."""
    with atomic():
        by = current_account().id
        name = services.undo(stay_id, id, _passage(), by=by) or guests.undo(stay_id, id, _passage(), by=by)
    text = _("Taken back.") if name else _("There was nothing to take back any more.")
    return _tell(id, Answer("info", name or _("Undo"), text))


@bp.get("/walk-in")
@access.needs(Permission.ATTENDANCE_RECORD)
def walk_in(id: UUID) -> ResponseReturnValue:
    """G7: look up a member who has no booking, with how much room there is."""
    gathering = agenda.any_gathering(id)
    return CIRCLE.respond(
        "agenda/bureau/walk_in.html",
        queries.circle(gathering, named=bool(request.args.get("q", "").strip())),
        gathering=gathering,
        shut=_shut(gathering),
        turnout=queries.turnout(id),
    )


@bp.post("/walk-in/<uuid:account_id>")
@access.needs(Permission.ATTENDANCE_RECORD)
def let_in(id: UUID, account_id: UUID) -> ResponseReturnValue:
    """Let a member in without a booking; with a seat more when the bureau says so."""
    agenda.any_gathering(id)
    with atomic():
        add_seat = request.form.get("add_seat") == "1"
        passed = services.let_in(id, account_id, add_seat=add_seat, by=current_account().id)
    return _answer(id, passed)


@bp.post("/no-shows")
@access.needs(Permission.ATTENDANCE_RECORD)
def no_shows(id: UUID) -> ResponseReturnValue:
    """Settle who did not come, where the portal does not do so by itself."""
    agenda.any_gathering(id)
    with atomic():
        number = services.record_no_shows(id, by=current_account().id)
    flash(_n("One person did not come.", "%(num)s people did not come.", number), "success")
    return redirect(url_for("agenda_bureau.show", id=id), 303)


def _passage() -> Passage:
    return Passage.OUT if request.values.get("step") == Passage.OUT else Passage.IN


def _booking_on(text: str, gathering_id: UUID) -> tuple[UUID, Way]:
    """Find the booking that a ticket or a typed code names."""
    found = tickets.read(text)
    if isinstance(found, UUID):
        return found, Way.TICKET
    if found is not None:
        near = queries.seats_numbered(found.seq, near=agenda.any_gathering(gathering_id))
        named = tickets.named_by(found, near)
        if named is not None:
            return named, Way.CODE
    raise NoTicket


def _through(seat_id: UUID, gathering_id: UUID, way: Way) -> Passed:
    """Let whoever has a seat pass: a member, or else a guest."""
    by = current_account().id
    with atomic():
        try:
            return services.pass_door(seat_id, gathering_id, _passage(), way=way, by=by)
        except NotFound:
            return guests.pass_door(seat_id, gathering_id, _passage(), way=way, by=by)


def _answer(id: UUID, passed: Passed) -> ResponseReturnValue:
    words = {
        (Passage.IN, False): _l("Checked in at %(time)s."),
        (Passage.IN, True): _l("Already in since %(time)s."),
        (Passage.OUT, False): _l("Checked out at %(time)s."),
        (Passage.OUT, True): _l("Already out since %(time)s."),
    }
    text = str(words[passed.passage, passed.repeated]) % {"time": clock_time(passed.at)}
    back = url_for(".undo", id=id, stay_id=passed.stay_id, step=passed.passage.value)
    tone, undo = ("warn", "") if passed.repeated else ("ok", back)
    return _tell(id, Answer(tone, passed.name, text, undo=undo))


def _tell(id: UUID, answer: Answer) -> ResponseReturnValue:
    """Answer the camera's script with the part of the page that changes, and anybody else with the page anew."""
    if _asks_for_part():
        return _part(id, answer)
    message = f"{answer.title}: {answer.text}"
    if answer.undo:
        flash_undo(message, url=answer.undo)
    else:
        flash(message, "warning" if answer.tone == "warn" else "info")
    page = url_for(".show", id=id, step=Passage.OUT.value if _passage() is Passage.OUT else None)
    return redirect(safe_next(request.form.get("next"), page), 303)


def _refuse(id: UUID, refusal: Refusal) -> ResponseReturnValue:
    answer = Answer("bad", _("Not let through"), str(refusal.message), way_out=refusal.way_out)
    if _asks_for_part():
        return make_response(_part(id, answer), REFUSED)
    return _page(id, ScanForm(formdata=None), answer=answer, status=REFUSED)


def _asks_for_part() -> bool:
    return request.form.get("part") == "answer"


def _part(id: UUID, answer: Answer) -> str:
    return render_template("agenda/bureau/_door_now.html", answer=answer, turnout=queries.turnout(id), over=False)


def _page(id: UUID, form: ScanForm, *, answer: Answer | None = None, status: int = 200) -> ResponseReturnValue:
    gathering = agenda.any_gathering(id)
    hybrid = gathering.online_capacity is not None
    online = hybrid and request.args.get("mode") == SeatMode.ONLINE
    mode = SeatMode.ONLINE if online else gathering.pools[0].mode
    page = render_template(
        "agenda/bureau/door.html",
        gathering=gathering,
        form=form,
        has_errors=bool(form.problems),
        answer=answer,
        shut=_shut(gathering),
        over=gathering.ends_at < clock.now(),
        step=_passage().value,
        online=online,
        tabs=_tabs(id, hybrid=hybrid, online=online),
        turnout=queries.turnout(id, mode),
        listing=SEATS.page(queries.seats_at_door(id, mode), request.args),
    )
    return make_response(page, status)


def _shut(gathering: Gathering) -> str:
    """Say why nobody can be checked in now; empty when the door is open."""
    try:
        services.refuse_unless_open(gathering.state, gathering.starts_at, gathering.ends_at)
    except Refusal as refusal:
        return str(refusal.message)
    return ""


def _tabs(id: UUID, *, hybrid: bool, online: bool) -> list[dict[str, Any]]:
    going_out = _passage() is Passage.OUT and not online
    tabs = [
        {"url": url_for(".show", id=id), "label": _("Check in"), "current": not going_out and not online},
        {"url": url_for(".show", id=id, step=Passage.OUT.value), "label": _("Check out"), "current": going_out},
    ]
    seen = {"url": url_for(".show", id=id, mode=SeatMode.ONLINE.value), "label": _("Online"), "current": online}
    return [*tabs, seen] if hybrid else tabs
