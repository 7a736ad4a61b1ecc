"""A worker in a process of its own, to be killed: `python -m tests.jobs.worker_process DATABASE_URL HUEY_URL FOLDER`."""

from __future__ import annotations

import sys
import time
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Column, MetaData, String, Table, select

from app import create_app
from app.core.db import atomic
from app.jobs import registry, worker
from tests.conftest import settings

effects = Table("test_effect", MetaData(), Column("key", String(40), primary_key=True))


def declare(folder: Path) -> None:
    """Work that tells a file when it starts, takes as long as a file there says, and has an effect that is unique."""

    def effect(*, key: str) -> None:
        with (folder / "starts").open("a") as starts:
            starts.write(f"{key}\n")
        while (folder / "hold").exists():
            time.sleep(0.02)
        with atomic() as session:
            if session.scalar(select(effects.c.key).where(effects.c.key == key)) is None:
                session.execute(effects.insert().values(key=key))

    registry.handler("effect", retries=5, lease=timedelta(seconds=2))(effect)


def main(database_url: str, huey_url: str, folder: str) -> None:
    """Work until stopped, looking around twice a second."""
    worker.PULSE_SECONDS = 0.5
    app = create_app({**settings(database_url, Path(folder)), "HUEY_URL": huey_url})
    registry._schedules.clear()
    declare(Path(folder))
    (Path(folder) / "ready").touch()
    worker.run_in_foreground(app, threads=2)


if __name__ == "__main__":
    main(*sys.argv[1:])
