"""What the bureau does with materials: add, change, take away. A file goes once nothing names it any more."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.agenda.materials import queries
from app.agenda.materials.models import Audience, Material, Opens
from app.audit import services as audit
from app.core import files
from app.core.db import db
from app.core.errors import Refusal
from app.core.i18n import _

MOST = 20
COPIED = ("title", "audience", "opens", "url", "stored_name", "shown_name", "mimetype", "size")


@dataclass(frozen=True)
class File:
    """A file that was read and recognised by its content."""

    shown_name: str
    mimetype: str
    extension: str
    content: bytes


@dataclass(frozen=True, kw_only=True)
class MaterialDetails:
    """What the bureau decides; with neither file nor link a material keeps what it has."""

    title: str
    audience: Audience
    opens: Opens
    url: str = ""
    file: File | None = None


def add(gathering_id: UUID, details: MaterialDetails, *, by: UUID) -> Material:
    """G1: put a file or a link with a gathering."""
    if len(queries.materials_of(gathering_id)) >= MOST:
        raise Refusal(_("There are %(most)s materials already. Take one away first.", most=MOST))
    material = Material(gathering_id=gathering_id)
    _fill(material, details)
    db.session.add(material)
    db.session.flush()
    audit.record("material.added", by=by, on=("material", material.id), after=_facts(material))
    return material


def copy(ids: Collection[UUID], *, to: UUID, by: UUID) -> None:
    """G1: put some materials with another gathering as well, for whom and from when they are; a file is kept once.

    What was taken away in the meantime is left out: whoever takes away waits for who copies, and the other way round.
    """
    for one in queries.held(ids):
        like = {name: getattr(one, name) for name in COPIED}
        material = Material(gathering_id=to, **like)
        db.session.add(material)
        db.session.flush()
        audit.record("material.added", by=by, on=("material", material.id), after=_facts(material))


def change(material: Material, details: MaterialDetails, *, by: UUID) -> None:
    """Change what it is called, for whom it is and from when; another file or link takes the place of the former."""
    before = _facts(material)
    _fill(material, details)
    db.session.flush()
    if before != (after := _facts(material)):
        audit.record("material.changed", by=by, on=("material", material.id), before=before, after=after)


def remove(material: Material, *, by: UUID) -> None:
    """Take a material away, with its file."""
    audit.record(
        "material.removed", by=by, on=("material", material.id), before=_facts(material), after=_name(material)
    )
    let_go([material])
    db.session.delete(material)
    db.session.flush()


def let_go(materials: list[Material]) -> None:
    """Let the files of materials that go away go with them, once that is safe; one that a copy names stays."""
    going = {one.id for one in materials}
    for stored_name in sorted({one.stored_name for one in materials if one.stored_name}):
        if going.issuperset(queries.naming(stored_name)):
            files.discard_when_safe(stored_name)


def _fill(material: Material, details: MaterialDetails) -> None:
    material.title, material.audience, material.opens = details.title, details.audience, details.opens
    if not (details.file or details.url):
        return
    let_go([material] if material.stored_name else [])
    file = details.file
    material.url = "" if file else details.url
    material.stored_name = files.keep(file.content, file.extension) if file else ""
    material.shown_name, material.mimetype = (file.shown_name, file.mimetype) if file else ("", "")
    material.size = len(file.content) if file else 0


def _facts(material: Material) -> dict[str, Any]:
    what = {"url": material.url} if material.url else {"file": material.shown_name, "size": material.size}
    return _name(material) | {"audience": material.audience, "opens": material.opens} | what


def _name(material: Material) -> dict[str, Any]:
    return {"title": material.title}
