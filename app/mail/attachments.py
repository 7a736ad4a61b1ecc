"""What goes along with a mail: small content kept in its row, or a reference that its owner resolves at delivery."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

LARGEST_INLINE = 256 * 1024
Fetch = Callable[[str], bytes]
_SAFE_FILENAME = re.compile(r"[^\w.\- ()]+")
_CONTENT_TYPE = re.compile(r"^[a-z]+/[a-z0-9.+-]+(; ?[a-z]+=[A-Za-z0-9-]+)*$")
_sources: dict[str, Fetch] = {}


@dataclass(frozen=True)
class Inline:
    """Small content, such as a calendar invitation, as it was when the mail was written."""

    filename: str
    content_type: str
    content: bytes


@dataclass(frozen=True)
class Reference:
    """A document that its owner keeps, such as an invoice: the source's name and the key that the owner knows it by."""

    filename: str
    content_type: str
    source: str
    key: str


@dataclass(frozen=True)
class Loaded:
    """An attachment with its bytes at hand."""

    filename: str
    content_type: str
    content: bytes


def attachment_source(name: str, fetch: Fetch) -> None:
    """Let a domain resolve references by this name at delivery."""
    _sources[name] = fetch


def stored(attachment: Inline | Reference) -> dict[str, Any]:
    """Return an attachment as its row keeps it; the filename loses what could break a header."""
    filename = _SAFE_FILENAME.sub("-", attachment.filename).strip(" .-")[:120] or "attachment"
    if not _CONTENT_TYPE.match(attachment.content_type):
        raise ValueError(f"not a content type: {attachment.content_type!r}")
    kept: dict[str, Any] = {"filename": filename, "content_type": attachment.content_type}
    if isinstance(attachment, Reference):
        if attachment.source not in _sources:
            raise LookupError(f"nobody resolves attachments from {attachment.source}")
        return kept | {"source": attachment.source, "key": attachment.key}
    if len(attachment.content) > LARGEST_INLINE:
        raise ValueError(f"{filename} is too large to keep in the outbox: give a reference")
    return kept | {"content": base64.b64encode(attachment.content).decode()}


def load(kept: dict[str, Any]) -> Loaded:
    """Return a stored attachment with its bytes."""
    content = base64.b64decode(kept["content"]) if "content" in kept else _sources[kept["source"]](kept["key"])
    return Loaded(kept["filename"], kept["content_type"], content)
