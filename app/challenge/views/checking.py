"""V5: "my vote counts": an envelope by its digest while the vote is open, a ballot by its code once it is opened."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, make_response, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.challenge import queries
from app.challenge.ballot_form import CheckForm, criteria_of, points
from app.challenge.bundle import paper_of
from app.challenge.models import BoardEntry, Edition
from app.challenge.queries import voting
from app.challenge.sealing import read_code
from app.challenge.services import files
from app.core import access
from app.core.codes import in_parts
from app.core.errors import NotFound
from app.core.forms import render_form
from app.core.limits import limiter
from app.core.web import untraced

bp = Blueprint("public_ballots", __name__, url_prefix="/challenge")
_DIGEST = re.compile(r"[0-9a-f]{64}")
Json = dict[str, Any]


@dataclass(frozen=True)
class Line:
    """A published ballot in words."""

    code: str
    choice: str
    decisive: str
    word: str


@dataclass(frozen=True)
class Found:
    """What was found under what somebody typed."""

    is_code: bool
    ballot: Line | None = None
    entry: BoardEntry | None = None
    later: BoardEntry | None = None


@bp.route("/<uuid:id>/check", methods=["GET", "POST"])
@access.public
@untraced
@limiter.limit("60/minute")
def check(id: UUID) -> ResponseReturnValue:
    """V5: find one's envelope or ballot; what was typed is kept nowhere."""
    edition, rules, form = *_voted_in(id), CheckForm()
    opened = files.read(id, "ballots")
    found = _find(edition, rules, opened, form.wanted.data) if form.validate_on_submit() else None
    page = render_form("challenge/ballot/check.html", form, edition=edition, found=found, opened=opened is not None)
    response = make_response(page)
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.get("/<uuid:id>/ballots")
@access.public
def ballots(id: UUID) -> ResponseReturnValue:
    """V5: every ballot that was cast, by its code, once the envelopes are opened."""
    edition, rules = _voted_in(id)
    opened = files.read(id, "ballots")
    if opened is None:
        raise NotFound
    told = _Words(edition, rules)
    lines = [told.line(one) for one in opened["ballots"]]
    return render_template(
        "challenge/ballot/ballots.html", edition=edition, ballots=lines, unreadable=len(opened["unreadable"])
    )


def _voted_in(id: UUID) -> tuple[Edition, Json]:
    edition = queries.public_edition(id)
    rules = files.read(edition.id, "rules")
    if rules is None:
        raise NotFound
    return edition, rules


def _find(edition: Edition, rules: Json, opened: Json | None, typed: str) -> Found:
    code, digest = read_code(typed), re.sub(r"\s", "", typed).lower()
    if _DIGEST.fullmatch(digest):
        entry = voting.cast_entry(edition.id, digest)
        return Found(is_code=False, entry=entry, later=voting.replaced_by(edition.id, digest) if entry else None)
    (ballot,) = [one for one in (opened or {}).get("ballots", []) if one["code"] == code][:1] or [None]
    return Found(is_code=code is not None, ballot=_Words(edition, rules).line(ballot) if ballot else None)


class _Words:
    """Writes ballots in words: numbers of nominees as names, codes of criteria likewise."""

    def __init__(self, edition: Edition, rules: Json) -> None:
        self.names = {one["number"]: one["name"] for one in rules["nominees"]}
        if rules["no_award"] is not None:
            self.names[rules["no_award"]] = _("No award")
        self.criteria = criteria_of(edition, paper_of(rules))

    def line(self, ballot: Json) -> Line:
        """Return one ballot."""
        decisive = ", ".join(self.criteria.get(one, one) for one in ballot["decisive"])
        return Line(in_parts(ballot["code"]), self._choice(ballot), decisive, ballot["word"])

    def _choice(self, ballot: Json) -> str:
        if ballot["scores"]:
            return "; ".join(self._marks(int(one), marks) for one, marks in ballot["scores"].items())
        groups = [" = ".join(self.names[one] for one in group) for group in ballot["ranks"]]
        return " > ".join(groups) or _("blank")

    def _marks(self, number: int, marks: dict[str, int]) -> str:
        given = ", ".join(f"{self.criteria.get(code, code)} {points(mark)}" for code, mark in marks.items())
        return f"{self.names[number]}: {given}"
