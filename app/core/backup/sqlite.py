"""SQLite: a copy made inside the database while writes go on, and put back as one change."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import NullPool

from app.core.backup.archive import DATABASE, BackupRefused

WAIT_MS = 30_000


def snapshot_into(archive: ZipFile, database: Path) -> tuple[str, dict[str, int]]:
    """Put in a copy of one moment and return its revision and counts; VACUUM INTO blocks no writer."""
    with TemporaryDirectory(dir=database.parent) as folder:
        copy = Path(folder) / DATABASE
        with closing(_opened(database)) as connection:
            connection.execute("VACUUM INTO ?", (str(copy),))
        archive.write(copy, DATABASE)
        with closing(_opened(copy)) as connection:
            revision = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            return revision[0] if revision else "", counts(connection)


@contextmanager
def unpacked(archive: ZipFile, beside: Path) -> Iterator[tuple[Path, Connection]]:
    """Unpack a backup's database beside the present one and open it, to be checked before it counts."""
    with TemporaryDirectory(dir=beside.parent) as folder:
        copy = Path(folder) / DATABASE
        with archive.open(DATABASE) as packed, copy.open("wb") as written:
            shutil.copyfileobj(packed, written)
        engine = create_engine(f"sqlite:///{copy}", poolclass=NullPool)
        with engine.connect() as connection:
            yield copy, connection
        engine.dispose()


def checked_counts(copy: Path) -> dict[str, int]:
    """Check that an unpacked database is whole and return its counts."""
    with closing(_opened(copy)) as connection:
        if connection.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
            raise BackupRefused("The database in the backup is damaged.")
        broken = connection.execute("PRAGMA foreign_key_check").fetchone()
        if broken:
            raise BackupRefused(f"A row of {broken[0]} in the backup refers to nothing.")
        return counts(connection)


def put_back(copy: Path, database: Path) -> None:
    """Replace the whole content of the database; other connections see all of it or nothing."""
    with closing(_opened(copy)) as source, closing(_opened(database)) as target:
        target.execute("PRAGMA journal_mode=WAL")
        source.backup(target)


def present_counts(database: Path) -> dict[str, int]:
    """Return how many rows each table of the present database holds, its revision left out."""
    if not database.exists():
        return {}
    with closing(_opened(database)) as connection:
        return counts(connection)


def counts(connection: sqlite3.Connection) -> dict[str, int]:
    """Count the rows of every table."""
    names = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name != 'alembic_version'"
    ).fetchall()
    return {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for (name,) in sorted(names)}  # noqa: S608  names come from the database's own catalog


def _opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=WAIT_MS / 1000, isolation_level=None)
    connection.execute(f"PRAGMA busy_timeout={WAIT_MS}")
    return connection
