"""A file as it was handed in: one statement file, or a zip of several, each read as a stream."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from app.payments.statements import camt053, mt940
from app.payments.statements.says import Said, Unreadable, Why, printable

MOST_PARTS = 500
LARGEST_PART = 100 * 1024 * 1024
LARGEST_WHOLE = 500 * 1024 * 1024
SNIFFED = 4096
_ZIP = b"PK\x03\x04"
_IGNORED = ("__MACOSX/", ".DS_Store")


@dataclass(frozen=True)
class Part:
    """One statement file inside what was handed in; its name is empty when it is the whole."""

    name: str


def content_kind(head: bytes) -> str:
    """Say what a file is by its first bytes: `zip`, `xml`, `mt940`, or nothing we read."""
    if head.startswith(_ZIP):
        return "zip"
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith((b"<", b"\xff\xfe<", b"\xfe\xff\x00<")):
        return "xml"
    return "mt940" if b":20:" in head or b":25:" in head else ""


def read(path: Path) -> Iterator[tuple[Part, Said]]:
    """Yield what all statements in a file say, part by part."""
    with path.open("rb") as stream:
        if content_kind(stream.read(SNIFFED)) == "zip":
            yield from _read_zip(stream)
            return
        stream.seek(0)
        for said in _reader(stream)(stream):
            yield Part(""), said


def _reader(stream: BinaryIO) -> Callable[[BinaryIO], Iterator[Said]]:
    head = stream.read(SNIFFED)
    stream.seek(0)
    kind = content_kind(head)
    if kind not in {"xml", "mt940"}:
        raise Unreadable(Why.EMPTY if not head.strip() else Why.NOT_A_STATEMENT, line=1)
    return camt053.read if kind == "xml" else mt940.read


def _read_zip(stream: BinaryIO) -> Iterator[tuple[Part, Said]]:
    try:
        with zipfile.ZipFile(stream) as archive:
            members = _members(archive)
            for member in members:
                name = printable(member.filename)[:150]
                try:
                    with archive.open(member) as inside:
                        limited = cast("BinaryIO", _Limited(cast("BinaryIO", inside)))
                        for said in _reader(limited)(limited):
                            yield Part(name), said
                except Unreadable as refused:
                    refused.part = name
                    raise
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as error:
        raise Unreadable(Why.BAD_ZIP) from error


def _members(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    members = [
        one
        for one in archive.infolist()
        if not one.is_dir() and not one.filename.startswith(_IGNORED[0]) and not one.filename.endswith(_IGNORED[1])
    ]
    if not members:
        raise Unreadable(Why.EMPTY)
    if len(members) > MOST_PARTS or sum(one.file_size for one in members) > LARGEST_WHOLE:
        raise Unreadable(Why.TOO_LARGE)
    return sorted(members, key=lambda one: one.filename)


class _Limited:
    """A member of a zip, which gives no more than a limit whatever its own directory claims."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._left = stream, LARGEST_PART

    def read(self, size: int = -1) -> bytes:
        return self._counted(self._stream.read(size))

    def readline(self, size: int = -1) -> bytes:
        return self._counted(self._stream.readline(size))

    def seek(self, place: int) -> int:
        self._left = LARGEST_PART
        return self._stream.seek(place)

    def _counted(self, data: bytes) -> bytes:
        self._left -= len(data)
        if self._left < 0:
            raise Unreadable(Why.TOO_LARGE)
        return data
