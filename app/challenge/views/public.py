"""V1: the Challenge as everybody reads it: what it is, the dates, the case, and what is judged."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, render_template, send_file
from flask.typing import ResponseReturnValue
from flask_login import current_user

from app.accounts import queries as accounts
from app.accounts.current import current_account
from app.challenge import queries, shown
from app.challenge.models import Edition, EditionState, Juror, JurorState, NomineeState
from app.challenge.services import freezing
from app.core import access, clock, files
from app.core.errors import NotFound

bp = Blueprint("challenge", __name__, url_prefix="/challenge")


@bp.get("")
@access.public
def index() -> ResponseReturnValue:
    """V1: the edition that runs, or what the Challenge is when none does."""
    return _page(queries.shown_edition(), by_name=False)


@bp.get("/<uuid:id>")
@access.public
def show(id: UUID) -> ResponseReturnValue:
    """V1: one edition, whichever runs."""
    return _page(queries.public_edition(id), by_name=True)


def _page(edition: Edition | None, *, by_name: bool) -> ResponseReturnValue:
    running = queries.running_edition()
    person = current_account().id if current_user.is_authenticated else None
    open_now = edition is not None and running is not None and running.id == edition.id
    nominees = []
    if edition is not None and edition.is_frozen:
        nominees = queries.nominees_of(edition.id, NomineeState.TAKING_PART, NomineeState.WITHDRAWN)
    names = accounts.names({one.account_id for one in nominees})
    if edition is not None and edition.is_blind:
        nominees.sort(key=lambda one: names[one.account_id])
    return render_template(
        "challenge/index.html",
        edition=edition,
        by_name=by_name,
        own=queries.own_place(edition.id, person) if edition and person else None,
        seat=_seat(edition, person),
        open_now=open_now and running is not None and clock.now() < (running.nominations_until or clock.now()),
        nominees=nominees,
        names=names,
        votes=edition is not None and _has_vote(edition),
        others=queries.others_under_way(edition.id) if edition else [],
        has_past=queries.has_past_editions(),
        timeline=shown.timeline(edition) if edition else [],
    )


def _has_vote(edition: Edition) -> bool:
    began = edition.is_frozen and edition.state is not EditionState.CANCELLED
    return began and freezing.ballot_method(edition) is not None


def _seat(edition: Edition | None, person: UUID | None) -> Juror | None:
    """Return the reader's place in the jury, unless they declined it."""
    seat = queries.seat_in(edition.id, person) if edition and person else None
    return seat if seat is not None and seat.state is not JurorState.DECLINED else None


@bp.get("/<uuid:id>/case")
@access.public
def case_file(id: UUID) -> ResponseReturnValue:
    """V1: the business case as a PDF."""
    edition = queries.public_edition(id)
    if not edition.case_file:
        raise NotFound
    place = files.path(edition.case_file)
    return send_file(place, mimetype="application/pdf", as_attachment=True, download_name=edition.case_name)


@bp.get("/<uuid:id>/board")
@access.public
def board(id: UUID) -> ResponseReturnValue:
    """V8: everything that happened in an edition, each entry tied to all before it."""
    edition = queries.public_edition(id)
    return render_template("challenge/board.html", edition=edition, entries=queries.board(id))
