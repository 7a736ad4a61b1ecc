"""What the log says in words: each domain tells the names and sentences of its actions, objects and fields.

audit.sentence("booking.made", _l("%(actor)s booked a seat for “%(title)s”"), name=_l("Seat booked"))

Entries keep values as they are typed in the code; `fields` says how they read, in the language of whoever looks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from app.audit.models import ActorKind, AuditEntry
from app.core.i18n import _
from app.core.permissions import Permission

Names = Callable[[Iterable[UUID]], Mapping[UUID, str]]


class Wording(NamedTuple):
    """An action in words: its sentence, and the short name by which it is picked from a list."""

    text: Any
    name: Any


class Thing(NamedTuple):
    """What an entry is about: what it is called, and whom it concerns."""

    name: str
    person_id: UUID | None = None


class Page(NamedTuple):
    """Where staff see an object, and the right that takes."""

    endpoint: str
    permission: Permission


@dataclass(frozen=True)
class ObjectKind:
    """A kind of object: its name, how many of them are found in one go by what the log keeps, and their page."""

    label: Any
    find: Callable[[list[str]], Mapping[str, Thing]] | None = None
    page: Page | None = None


@dataclass(frozen=True)
class Field:
    """A recorded field: its name, and how a value of it reads; `names` tells what all values are called in one go."""

    label: Any
    tell: Callable[[Any], str] | None = None
    names: Callable[[set[str]], Mapping[str, str]] | None = None


_sentences: dict[str, Wording] = {}
_objects: dict[str, ObjectKind] = {}
_fields: dict[tuple[str, str], Field] = {}
_lookups: dict[str, Callable[..., Any]] = {}


def sentence(action: str, text: Any, *, name: Any) -> None:
    """Tell how an action reads and what it is called.

    The text is translated when shown; it holds %(actor)s, %(object)s, %(person)s and names of recorded fields.
    """
    _sentences[action] = Wording(text, name)


def wording(action: str) -> Wording | None:
    """Return how an action reads, if anybody has told."""
    return _sentences.get(action)


def actions() -> list[str]:
    """Return every action that has a sentence, for the filter of the staff page, by name."""
    return sorted(_sentences, key=lambda action: heading(action).casefold())


def heading(action: str) -> str:
    """Return what an action is called; one nobody has told about keeps its key."""
    known = _sentences.get(action)
    return str(known.name) if known else action


def objects(object_type: str, kind: ObjectKind) -> None:
    """Tell what a kind of object is called, how its names are found and where it is shown."""
    _objects[object_type] = kind


def kind_of(object_type: str) -> ObjectKind:
    """Return what is known of a kind of object; one nobody has told about keeps its key."""
    return _objects.get(object_type) or ObjectKind(object_type)


def by_id(find: Callable[[list[UUID]], Mapping[UUID, Thing]]) -> Callable[[list[str]], Mapping[str, Thing]]:
    """Let objects that have a UUID be found by it; what is no UUID is left out."""

    def found(keys: list[str]) -> Mapping[str, Thing]:
        return {str(key): thing for key, thing in find(ids_of(keys)).items()}

    return found


def ids_of(keys: Iterable[str]) -> list[UUID]:
    """Return those of these keys that are UUIDs, as such."""
    found = []
    for key in keys:
        try:
            found.append(UUID(key))
        except ValueError:
            continue
    return found


def fields(area: str, told: Mapping[str, Field]) -> None:
    """Tell what the fields are called that actions of an area record: the part of their names before the first dot."""
    _fields.update({(area, name): field for name, field in told.items()})


def field_of(action: str, name: str) -> Field:
    """Return what is known of a field; one nobody has told about keeps its key."""
    return _fields.get((action.partition(".")[0], name)) or Field(name)


def names_from(lookup: Names, staff: Callable[[], Iterable[tuple[UUID, str]]] = tuple) -> None:
    """Let `accounts` tell the names of people, and whom the filter offers; the log itself holds ids only."""
    _lookups["names"], _lookups["staff"] = lookup, staff


def names_of(ids: Iterable[UUID]) -> dict[UUID, str]:
    """Return the names of these people, in one query."""
    wanted = list(ids)
    return dict(_lookups["names"](wanted)) if wanted and "names" in _lookups else {}


def people() -> list[tuple[UUID, str]]:
    """Return whom the filter offers: staff, who do most of what is looked up."""
    return list(_lookups["staff"]()) if "staff" in _lookups else []


def actor_of(entry: AuditEntry, names: Mapping[UUID, str]) -> str:
    """Return who acted, in words."""
    if entry.actor_kind is ActorKind.SYSTEM:
        return _("The portal")
    if entry.actor_kind is ActorKind.PROVIDER:
        return _("The payment provider")
    known = names.get(entry.actor_id) if entry.actor_id else None
    return known or (_("A former account") if entry.actor_id else _("A visitor"))
