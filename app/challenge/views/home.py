"""What the Challenge puts on a member's home page."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import url_for
from flask_babel import gettext as _

from app.challenge import queries
from app.challenge.models import Edition, Juror, JurorState
from app.core import clock
from app.core.formats import moment


def home_next(account_id: UUID) -> dict[str, Any] | None:
    """Tell the home page what waits for somebody: a vote to cast, an answer, or nominees to score (V4, V5)."""
    things = []
    for edition, juror, vote in queries.waiting_for(account_id):
        things += [_vote(edition)] if vote else []
        if juror is not None and (thing := _jury(edition, juror)):
            things.append(thing)
    return {"things": things} if things else None


def _vote(edition: Edition) -> dict[str, Any]:
    text = _("You can vote in “%(title)s” until %(moment)s.", title=edition.title, moment=_until(edition))
    return _thing(text, _("Vote"), url_for("ballot.home", id=edition.id))


def _jury(edition: Edition, juror: Juror) -> dict[str, Any] | None:
    url = url_for("jury.desk", id=juror.id)
    if juror.state is JurorState.ASKED:
        text = _("The bureau asks you for the jury of “%(title)s”.", title=edition.title)
        return _thing(text, _("Answer"), url)
    progress = queries.progress(edition.id, juror.id)[juror.id]
    if progress.handed_in or not progress.of or edition.closes_at is None or clock.now() > edition.closes_at:
        return None
    told = {"done": progress.done, "of": progress.of, "moment": _until(edition)}
    return _thing(_("%(done)s of %(of)s nominees judged, until %(moment)s.", **told), _("To your jury work"), url)


def _until(edition: Edition) -> str:
    return moment(edition.closes_at) if edition.closes_at else ""


def _thing(text: str, label: str, url: str) -> dict[str, Any]:
    return {"text": text, "label": label, "url": url, "icon": "challenge", "due": True}
