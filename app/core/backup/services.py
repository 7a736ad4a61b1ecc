"""Writing and restoring a backup, and checking that what came back is what was kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from zipfile import ZipFile

from flask_migrate import upgrade
from sqlalchemy import Connection, Engine, inspect
from sqlalchemy.engine import make_url

from app.core import clock, health
from app.core.backup import archive as files
from app.core.backup import sqlite
from app.core.backup.archive import BackupRefused, Manifest
from app.core.db import Base, atomic, db

Verify = Callable[[Connection], list[str]]
_verifiers: dict[str, Verify] = {}


@dataclass(frozen=True)
class Report:
    """What was kept or brought back."""

    revision: str
    rows: int
    uploads: int


def verify_with(name: str, verifier: Verify) -> None:
    """Let a domain check its data in a restored database; what it returns are faults."""
    _verifiers[name] = verifier


def write(target: Path, *, uploads: Path) -> Report:
    """Keep the database as of one moment, and then the uploads, in one file; writes go on meanwhile."""
    engine, made_at = db.engine, clock.now().isoformat()
    with files.writing(target) as archive:
        if engine.dialect.name == "sqlite":
            revision, counts = sqlite.snapshot_into(archive, _sqlite_file(engine))
            manifest = Manifest("sqlite", revision, made_at, counts)
        else:
            postgresql = import_module("app.core.backup.postgresql")  # needs a driver that SQLite users do not have
            revision, counts, columns, sequences = postgresql.snapshot_into(archive, engine)
            manifest = Manifest("postgresql", revision, made_at, counts, columns, sequences)
        added = files.add_uploads(archive, uploads)
        files.add_manifest(archive, manifest)
    return Report(revision, sum(counts.values()), added)


def restore(source: Path, *, uploads: Path, replace: bool) -> Report:
    """Bring a backup back, all or nothing: revision, counts and what domains verify are checked before it counts."""
    engine = db.engine
    with files.reading(source) as (archive, manifest):
        if manifest.dialect != engine.dialect.name:
            raise BackupRefused(f"This backup is of {manifest.dialect}; DATABASE_URL names {engine.dialect.name}.")
        if not health.knows_revision(manifest.revision):
            raise BackupRefused(f"This version of the portal does not know the backup's revision {manifest.revision}.")
        with files.unpacked_uploads(archive, uploads) as (fresh, count):
            if engine.dialect.name == "sqlite":
                _restore_sqlite(archive, manifest, _sqlite_file(engine), replace=replace)
            else:
                _restore_postgresql(archive, manifest, engine, replace=replace)
            files.swap(fresh, uploads)
        return Report(manifest.revision, sum(manifest.counts.values()), count)


def _restore_sqlite(archive: ZipFile, manifest: Manifest, database: Path, *, replace: bool) -> None:
    _refuse_to_overwrite(sqlite.present_counts(database), replace=replace)
    with sqlite.unpacked(archive, database) as (copy, connection):
        _check_counts(manifest, sqlite.checked_counts(copy))
        _check_domains(connection)
        db.session.remove()
        db.engine.dispose()
        sqlite.put_back(copy, database)


def _restore_postgresql(archive: ZipFile, manifest: Manifest, engine: Engine, *, replace: bool) -> None:
    postgresql = import_module("app.core.backup.postgresql")
    with engine.connect() as connection:
        fresh = not inspect(connection).has_table("alembic_version")
        _refuse_to_overwrite({} if fresh else postgresql.present_counts(connection), replace=replace)
    if fresh:
        upgrade(revision=manifest.revision)
    with atomic() as session:
        present = health.current_revision()
        if present != manifest.revision:
            raise BackupRefused(
                f"The database is at revision {present} and the backup at {manifest.revision}: migrate it first."
            )
        connection = session.connection()
        _check_counts(manifest, postgresql.put_back(archive, manifest, connection))
        _check_domains(connection)


def _refuse_to_overwrite(counts: Mapping[str, int], *, replace: bool) -> None:
    """Refuse to lose rows that somebody wrote; those that a migration brings come back with the backup."""
    brought = {table.name for table in Base.metadata.tables.values() if table.info.get("with_schema")}
    rows = sum(count for table, count in counts.items() if table not in brought)
    if rows and not replace:
        raise BackupRefused(f"This database holds {rows} rows. Say --replace to lose them.")


def _check_counts(manifest: Manifest, found: dict[str, int]) -> None:
    for table, kept in manifest.counts.items():
        if found.get(table) != kept:
            raise BackupRefused(f"{table}: {kept} rows were kept, {found.get(table, 0)} came back.")


def _check_domains(connection: Connection) -> None:
    for name, verifier in _verifiers.items():
        faults = verifier(connection)
        if faults:
            raise BackupRefused(f"{name}: {faults[0]}")


def _sqlite_file(engine: Engine) -> Path:
    name = make_url(str(engine.url)).database
    if not name or name == ":memory:":
        raise BackupRefused("This database lives in memory: there is nothing to keep.")
    return Path(name).resolve()
