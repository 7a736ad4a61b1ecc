"""Putting entries into words: names of people, objects and values are looked up for all of them at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.audit import sentences
from app.audit.models import AuditEntry
from app.audit.sentences import Page, Thing
from app.core.i18n import _


@dataclass(frozen=True)
class Change:
    """One field that an entry tells about: its key, its name, and what it was and became, in words."""

    key: str
    field: str
    before: str
    after: str


@dataclass(frozen=True)
class About:
    """What an entry is about: its kind and name, and where it is shown, if it is there."""

    kind: str
    name: str
    page: Page | None


class Telling:
    """Tells of these entries: one query for each kind of object and value among them, and one for all people."""

    def __init__(self, entries: Iterable[AuditEntry]) -> None:
        rows = list(entries)
        self._things = _things_of(rows)
        self._values = _values_of(rows)
        self._people = sentences.names_of(
            {row.actor_id for row in rows if row.actor_id}
            | {thing.person_id for thing in self._things.values() if thing.person_id}
        )

    def actor(self, entry: AuditEntry) -> str:
        """Return who acted."""
        return sentences.actor_of(entry, self._people)

    def sentence(self, entry: AuditEntry) -> str:
        """Return an entry as a sentence; an action without one still reads: `Anna Prins: bill.lost (Bill 12ab…)`."""
        wording = sentences.wording(entry.action)
        if wording is None:
            return f"{self.actor(entry)}: {entry.action} ({self.about(entry).kind} {entry.object_id})"
        recorded = {**(entry.before or {}), **(entry.after or {})}
        told = {name: self.value(entry.action, name, value) for name, value in recorded.items()}
        known = {**told, "actor": self.actor(entry), "object": self._name(entry), "person": self._person(entry)}
        return str(wording.text) % defaultdict(lambda: "…", known)

    def about(self, entry: AuditEntry) -> About:
        """Return what an entry is about; what is not there any more is called by its key and has no page."""
        kind, thing = sentences.kind_of(entry.object_type), self._thing(entry)
        person = self._people.get(thing.person_id, "") if thing and thing.person_id else ""
        called = [part for part in (thing.name if thing else "", person) if part]
        return About(str(kind.label), ", ".join(called) or entry.object_id, kind.page if called else None)

    def changes(self, entry: AuditEntry) -> list[Change]:
        """Return the fields that an entry tells about, with what they were and became."""
        before, after = entry.before or {}, entry.after or {}
        return [
            Change(
                name,
                str(sentences.field_of(entry.action, name).label),
                self.value(entry.action, name, before.get(name)),
                self.value(entry.action, name, after.get(name)),
            )
            for name in sorted(before.keys() | after.keys())
        ]

    def value(self, action: str, name: str, value: Any) -> str:
        """Return a recorded value in words; nothing for none."""
        field = sentences.field_of(action, name)
        if isinstance(value, list):
            return ", ".join(self.value(action, name, item) for item in value)
        if value is None or isinstance(value, bool):
            return "" if value is None else _("Yes") if value else _("No")
        tell = field.tell or str
        known = self._values.get((action, name), {})
        if isinstance(value, Mapping):
            return ", ".join(f"{known.get(key, key)}: {_told(tell, item)}" for key, item in value.items())
        return known.get(str(value), str(value)) if field.names else _told(tell, value)

    def _thing(self, entry: AuditEntry) -> Thing | None:
        return self._things.get((entry.object_type, entry.object_id))

    def _name(self, entry: AuditEntry) -> str:
        about = self.about(entry)
        return f"{about.kind} {about.name}" if about.name == entry.object_id else about.name

    def _person(self, entry: AuditEntry) -> str:
        thing = self._thing(entry)
        known = self._people.get(thing.person_id) if thing and thing.person_id else None
        return known or _("somebody unknown")


def _told(tell: Any, value: Any) -> str:
    """Return a value as its field tells it; one that was written before the field meant this stays as it is."""
    try:
        return str(tell(value))
    except (ValueError, TypeError, KeyError):
        return str(value)


def _things_of(rows: list[AuditEntry]) -> dict[tuple[str, str], Thing]:
    wanted: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        wanted[row.object_type].add(row.object_id)
    return {
        (object_type, key): thing
        for object_type, keys in wanted.items()
        if (find := sentences.kind_of(object_type).find)
        for key, thing in find(sorted(keys)).items()
    }


def _values_of(rows: list[AuditEntry]) -> dict[tuple[str, str], Mapping[str, str]]:
    wanted: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in rows:
        for side in (row.before or {}, row.after or {}):
            for name, value in side.items():
                if value is not None and sentences.field_of(row.action, name).names:
                    wanted[row.action, name].update(_leaves(value))
    found: dict[tuple[str, str], Mapping[str, str]] = {}
    for (action, name), values in wanted.items():
        names = sentences.field_of(action, name).names
        assert names
        found[action, name] = names(values)
    return found


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, (list, Mapping)):
        yield from map(str, value)
    else:
        yield str(value)
