"""The backup file: a zip with a manifest, the database as of one moment, and the uploads it refers to."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

FORMAT = 1
MANIFEST = "manifest.json"
UPLOADS = "files/"
DATABASE = "database.sqlite3"
TABLES = "tables/"
LARGEST_MANIFEST = 10_000_000


class BackupRefused(Exception):  # noqa: N818  an answer to the operator
    """The backup cannot be written or restored; the message says why, and nothing has been changed."""


@dataclass(frozen=True)
class Manifest:
    """What a backup holds, to be checked against what a restore brought."""

    dialect: str
    revision: str
    made_at: str
    counts: dict[str, int]
    columns: dict[str, list[str]] = field(default_factory=dict)
    sequences: dict[str, int] = field(default_factory=dict)
    format: int = FORMAT


@contextmanager
def writing(target: Path) -> Iterator[ZipFile]:
    """Write a backup beside its final name and move it there when it is whole; half a backup never looks like one."""
    partial = target.with_name(target.name + ".partial")
    try:
        with ZipFile(partial, "w", ZIP_DEFLATED, compresslevel=6) as archive:
            yield archive
        with partial.open("rb") as written:
            os.fsync(written.fileno())
        partial.chmod(0o600)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def add_manifest(archive: ZipFile, manifest: Manifest) -> None:
    """Put the manifest in, last, when the counts are known."""
    archive.writestr(MANIFEST, json.dumps(asdict(manifest), indent=1, sort_keys=True))


def add_uploads(archive: ZipFile, folder: Path) -> int:
    """Put the uploads in; the database was read before, so what it refers to is there, and maybe one too many."""
    count = 0
    for path in sorted(folder.rglob("*")) if folder.is_dir() else []:
        if path.is_file() and not path.is_symlink():
            archive.write(path, UPLOADS + path.relative_to(folder).as_posix())
            count += 1
    return count


@contextmanager
def reading(source: Path) -> Iterator[tuple[ZipFile, Manifest]]:
    """Open a backup and check that it is one of ours and undamaged."""
    try:
        with ZipFile(source) as archive:
            if MANIFEST not in archive.namelist() or archive.getinfo(MANIFEST).file_size > LARGEST_MANIFEST:
                raise BackupRefused("This is not a backup of the portal.")
            manifest = _manifest(json.loads(archive.read(MANIFEST)))
            damaged = archive.testzip()
            if damaged:
                raise BackupRefused(f"The backup is damaged: {damaged} cannot be read.")
            yield archive, manifest
    except (BadZipFile, OSError, json.JSONDecodeError) as error:
        raise BackupRefused(f"The backup cannot be read: {error}") from error


def _manifest(read: Any) -> Manifest:
    if not isinstance(read, dict) or read.get("format") != FORMAT:
        raise BackupRefused("This backup has a format that this version does not know.")
    try:
        return Manifest(**read)
    except TypeError as error:
        raise BackupRefused("The manifest of this backup is not complete.") from error


@contextmanager
def unpacked_uploads(archive: ZipFile, folder: Path) -> Iterator[tuple[Path, int]]:
    """Unpack the uploads beside the present ones; what the caller does not take is thrown away."""
    fresh = folder.with_name(folder.name + ".restoring")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    try:
        names = [name for name in archive.namelist() if name.startswith(UPLOADS) and not name.endswith("/")]
        for name in names:
            _extract(archive, name, fresh)
        yield fresh, len(names)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def swap(fresh: Path, folder: Path) -> None:
    """Let the unpacked uploads take the place of the present ones."""
    old = folder.with_name(folder.name + ".replaced")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.replace(old)
    fresh.replace(folder)
    shutil.rmtree(old, ignore_errors=True)


def _extract(archive: ZipFile, name: str, folder: Path) -> None:
    inside = PurePosixPath(name.removeprefix(UPLOADS))
    if inside.is_absolute() or ".." in inside.parts:
        raise BackupRefused(f"The backup holds a path outside its folder: {name}")
    path = folder.joinpath(*inside.parts)
    path.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(name) as packed, path.open("wb") as unpacked:
        shutil.copyfileobj(packed, unpacked)
