"""The log as staff read it: sentences, filtered by what, who, which object and when (B6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from app.audit import queries, sentences
from app.audit.telling import About, Telling
from app.core import access
from app.core.forms.choices import Option, Shown
from app.core.i18n import _l, _n
from app.core.listing import ChoiceFilter, Column, DateFilter, Kind, Listing
from app.core.listing.filters import Applied, Args, Chip
from app.core.permissions import Permission

bp = Blueprint("audit", __name__, url_prefix="/bureau/audit")


@dataclass(frozen=True)
class PersonFilter(ChoiceFilter):
    """One person: anybody by a link from elsewhere, such as an entry or a member's page."""

    def read(self, args: Args) -> Applied:
        try:
            person = UUID(args.get(self.name, ""))
        except ValueError:
            return Applied(self)
        known = sentences.names_of([person])
        if person not in known:
            return Applied(self)
        pair = (self.name, str(person))
        return Applied(self, [pair], [Chip(f"{self.label}: {known[person]}", pair)], [person])

    def shown(self, applied: Applied) -> list[Shown]:
        people = {**dict(sentences.people()), **sentences.names_of(applied.values)}
        return [
            Shown(f"filter-{self.name}-{number}", str(person), name, "", "", False, person in applied.values)
            for number, (person, name) in enumerate(people.items())
        ]


def _actions() -> Sequence[Option]:
    return [Option(action, sentences.heading(action)) for action in sentences.actions()]


LOG = Listing(
    title=_l("Audit log"),
    columns=[
        Column("what", _l("What happened"), value=lambda entry: entry.action, exported=False),
        Column("at", _l("When"), Kind.MOMENT, sort=True),
        Column("actor_id", _l("Who"), value=lambda entry: entry.actor_id and str(entry.actor_id), shown=False),
        Column("action", _l("Action"), shown=False),
        Column("object_type", _l("Kind of object"), shown=False),
        Column("object_id", _l("Object"), shown=False),
        Column("request_id", _l("Reference"), shown=False),
        Column("address", _l("From address"), shown=False),
    ],
    key="seq",
    search=["object_id", "request_id"],
    search_label=_l("Search by object or reference"),
    filters=[
        ChoiceFilter("action", _l("Action"), options=_actions),
        PersonFilter("actor", _l("Who"), options=(), sql="actor_id"),
        DateFilter("at", _l("When")),
    ],
    default_sort="-at",
    counted=lambda number: _n("entry", "entries", number),
    export=True,
)


@bp.get("")
@access.needs(Permission.AUDIT_READ)
def log() -> ResponseReturnValue:
    """List what was done, the latest first."""
    return LOG.respond("audit/bureau/log.html", queries.entries(), tell=queries.told)


@bp.get("/<uuid:id>")
@access.needs(Permission.AUDIT_READ)
def show(id: UUID) -> str:
    """Show one entry: who, what, from where, and the fields before and after."""
    entry = queries.entry(id)
    telling = Telling([entry])
    about = telling.about(entry)
    return render_template(
        "audit/bureau/entry.html",
        entry=entry,
        telling=telling,
        about=about,
        page=_page_of(about, entry.object_id),
        action=sentences.heading(entry.action),
        link=queries.link_of(entry),
        by_actor=url_for(".log", actor=entry.actor_id) if entry.actor_id else None,
        about_object=url_for(".log", q=entry.object_id),
    )


def _page_of(about: About, object_id: str) -> str | None:
    if about.page is None or not access.may(about.page.permission):
        return None
    return url_for(about.page.endpoint, id=object_id)
