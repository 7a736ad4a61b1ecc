"""V5: the files of the bundle as they come to be: rules at the opening, envelopes at the close, and so on."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.challenge.board import canonical
from app.challenge.models import BundleFile, Edition
from app.core.db import db, insert_once
from app.core.errors import Refusal
from app.core.i18n import _l

Json = dict[str, Any]


class KeptAlready(Refusal):
    """V5: another file of this name is kept, and what is kept stays as it is."""

    message = _l("Another file of this kind is kept already, and what is kept stays as it is. Nothing was changed.")


def keep(edition: Edition, name: str, value: Json) -> str:
    """V5: keep a file for good and return its hash; the same content again changes nothing."""
    content = canonical(value).decode()
    digest = hashlib.sha256(content.encode()).hexdigest()
    is_new = insert_once(BundleFile, edition_id=edition.id, name=name, content=content, sha256=digest)
    if not is_new and digest_of(edition.id, name) != digest:
        raise KeptAlready
    return digest


def read(edition_id: UUID, name: str) -> Json | None:
    """Return a file as it was kept, or None as long as it is not there."""
    content = written(edition_id, name)
    found: Json | None = None if content is None else json.loads(content)
    return found


def written(edition_id: UUID, name: str) -> str | None:
    """Return a file as the text that its hash is of."""
    return db.session.scalar(
        select(BundleFile.content).where(BundleFile.edition_id == edition_id, BundleFile.name == name)
    )


def digest_of(edition_id: UUID, name: str) -> str | None:
    """Return the hash of a file that is kept."""
    return db.session.scalar(
        select(BundleFile.sha256).where(BundleFile.edition_id == edition_id, BundleFile.name == name)
    )
