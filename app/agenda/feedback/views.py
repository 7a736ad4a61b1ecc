"""Saying what one thought of a gathering, by the link in a mail or on its page, and the results for who spoke (G8)."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from flask import Blueprint, abort, flash, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.current import current_account
from app.agenda import links
from app.agenda import queries as agenda
from app.agenda.feedback import queries, services, shown
from app.agenda.feedback.forms import FeedbackForm, feedback_form
from app.agenda.links import MaySeat
from app.agenda.materials.queries import speaks_at
from app.agenda.models import Gathering, GatheringState
from app.core import access, clock
from app.core.db import atomic
from app.core.errors import NotFound
from app.core.limits import limiter

bp = Blueprint("feedback", __name__)
GONE, UNPROCESSABLE = 410, 422


class Stage(StrEnum):
    """How it stands with somebody's answer."""

    OPEN = "open"
    ANSWERED = "answered"
    CLOSED = "closed"
    CALLED_OFF = "called_off"
    NOT_OVER = "not_over"


@bp.get("/feedback/<token>")
@access.public
@limiter.limit("60/minute")
@links.by_link
def give(token: str) -> ResponseReturnValue:
    """G8: the short form, or why there is none; looking changes nothing."""
    return _page(token, _named(token))


@bp.post("/feedback/<token>")
@access.public
@limiter.limit("20/minute")
@links.by_link
def send(token: str) -> ResponseReturnValue:
    """G8: take somebody's answer, once."""
    may, form = _named(token), feedback_form(queries.questions())
    if _stage(agenda.published(may.gathering_id), may.account_id) is not Stage.OPEN:
        return redirect(url_for(".give", token=token), 303)
    if not form.validate_on_submit():
        return _page(token, may, form)
    with atomic():
        kept = services.answer(agenda.published(may.gathering_id), may.account_id, form.opinion())
    if kept:
        flash(_("Thank you. Your answer is counted, without your name."), "success")
    return redirect(url_for(".give", token=token), 303)


def _named(token: str) -> MaySeat:
    """Return whose word about what it is; for who was not there it does not exist."""
    may = links.feedback_named_by(token) or abort(404)
    if not queries.was_there(may.gathering_id, may.account_id):
        raise NotFound
    return may


def _stage(gathering: Gathering, account_id: UUID) -> Stage:
    if gathering.state is GatheringState.CANCELLED:
        return Stage.CALLED_OFF
    if gathering.ends_at > clock.now():
        return Stage.NOT_OVER
    if not queries.is_open(gathering):
        return Stage.CLOSED
    return Stage.ANSWERED if queries.has_answered(gathering.id, account_id) else Stage.OPEN


def _page(token: str, may: MaySeat, form: FeedbackForm | None = None) -> ResponseReturnValue:
    gathering = agenda.published(may.gathering_id)
    stage = _stage(gathering, may.account_id)
    if form is None and stage is Stage.OPEN:
        form = feedback_form(queries.questions())
    page = render_template(
        "agenda/feedback.html",
        gathering=gathering,
        stage=stage.value,
        form=form,
        has_errors=bool(form and form.problems),
        token=token,
        least=queries.LEAST,
        until=queries.closes_at(gathering.ends_at),
    )
    gone = stage in {Stage.CLOSED, Stage.CALLED_OFF}
    return make_response(page, GONE if gone else UNPROCESSABLE if form and form.problems else 200)


@bp.get("/agenda/<uuid:id>/feedback")
@access.signed_in
def results(id: UUID) -> ResponseReturnValue:
    """G8: what people thought, for who spoke there; for all others it does not exist."""
    gathering = agenda.published(id)
    if not speaks_at(gathering, current_account().id) or gathering.ends_at > clock.now():
        raise NotFound
    told = shown.page(queries.results(gathering))
    return render_template("agenda/feedback_results.html", gathering=gathering, **told)
