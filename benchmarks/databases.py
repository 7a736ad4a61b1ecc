"""Databases to measure on: made, filled with demo data of a size, and dropped again."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

SERVER = os.environ.get("BENCH_DATABASE_URL", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres")


@dataclass(frozen=True)
class Size:
    """How much demo data a database holds."""

    members: int
    sessions: int
    bookings: int

    def __str__(self) -> str:
        return f"{self.members}"


def kinds() -> list[str]:
    """Return the databases that can be measured here, PostgreSQL where it answers."""
    try:
        create_engine(SERVER).connect().close()
    except OperationalError:
        print("PostgreSQL does not answer on BENCH_DATABASE_URL: measuring SQLite only")
        return ["sqlite"]
    return ["sqlite", "postgresql"]


@contextmanager
def empty(kind: str, folder: Path) -> Iterator[str]:
    """Make an empty database, and drop it at the end."""
    name = f"binnenkring_bench_{uuid.uuid4().hex[:8]}"
    if kind == "sqlite":
        yield f"sqlite:///{folder / name}.db"
        return
    engine = create_engine(make_url(SERVER), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield make_url(SERVER).set(database=name).render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        engine.dispose()


def upgrade(url: str, folder: Path) -> None:
    """Bring an empty database up to date."""
    _flask(url, folder, ["db", "upgrade"])


def fill(url: str, folder: Path, size: Size) -> None:
    """Bring the database up to date and load demo data of a size into it."""
    amounts = ["--members", str(size.members), "--sessions", str(size.sessions), "--bookings", str(size.bookings)]
    upgrade(url, folder)
    _flask(url, folder, ["demo", "--seed", "1", *amounts])


def _flask(url: str, folder: Path, command: list[str]) -> None:
    environment = {
        **os.environ,
        "ENV": "development",
        "DATABASE_URL": url,
        "DATA_DIR": str(folder),
        "FLASK_APP": "wsgi",
        "WORKER_INSIDE": "0",
    }
    subprocess.run([sys.executable, "-m", "flask", *command], env=environment, check=True, stdout=subprocess.DEVNULL)
