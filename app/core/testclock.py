"""B9: moving the whole portal through time, outside production: web, worker, command line, mails and jobs alike.

How far stands in one row of the database that all processes share. Each process looks at it at most once a second,
on a connection of its own; in production nobody looks, and there is nothing to move.
"""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta

from flask import Flask
from sqlalchemy import BigInteger, Engine, create_engine, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.pool import NullPool

from app.core import clock
from app.core.db import Base, db, put_rows
from app.core.errors import Refusal
from app.core.i18n import _l
from config import PRODUCTION

LOOK_AGAIN_SECONDS = 1.0
THE_ROW = 1
FARTHEST = timedelta(days=40 * 366)


class ClockIsReal(Refusal):
    """B9: production lives in the world's time."""

    message = _l("The clock of a portal in production cannot be moved.")


class TooFar(Refusal):
    """B9: far enough for any rule, not so far that calendars end."""

    message = _l("The test clock moves at most forty years. Choose a day nearer by.")


class ClockShift(Base):
    """How far the test clock is from the world's, in seconds; without a row it is not moved."""

    __tablename__ = "clock_shift"

    id: Mapped[int] = mapped_column(primary_key=True)
    seconds: Mapped[int] = mapped_column(BigInteger)


class Follower:
    """What one process knows of the row, and since when."""

    def __init__(self, url: str) -> None:
        self._engine: Engine = create_engine(url, poolclass=NullPool)
        self._lock = threading.Lock()
        self._shift = timedelta()
        self._looked_at = -LOOK_AGAIN_SECONDS

    def __call__(self) -> timedelta:
        """Return how far the clock is moved, as of the last second."""
        if time.monotonic() - self._looked_at >= LOOK_AGAIN_SECONDS and self._lock.acquire(blocking=False):
            try:
                self._looked_at = time.monotonic()
                self._shift = self._look()
            finally:
                self._lock.release()
        return self._shift

    def look_again(self) -> None:
        """Look at the next question, because this process just moved the clock."""
        self._looked_at = -LOOK_AGAIN_SECONDS

    def _look(self) -> timedelta:
        try:
            with self._engine.connect() as connection:
                seconds = connection.scalar(select(ClockShift.seconds).where(ClockShift.id == THE_ROW))
        except SQLAlchemyError:
            return self._shift
        return timedelta(seconds=seconds or 0)


def init_app(app: Flask) -> None:
    """Follow the row, except in production, and in tests that hold time still themselves."""
    clock.follow(None)
    app.extensions["test_clock"] = None
    if app.config["TEST_CLOCK"]:
        follower = Follower(app.config["SQLALCHEMY_DATABASE_URI"])
        app.extensions["test_clock"] = follower
        clock.follow(follower)


def move(moment: datetime | None, *, env: str) -> timedelta:
    """Set the portal's time to a moment, or with None back to the world's; return how far it is now moved."""
    if env == PRODUCTION:
        raise ClockIsReal
    shift = timedelta(seconds=round((moment - clock.real_now()).total_seconds())) if moment else timedelta()
    if abs(shift) > FARTHEST:
        raise TooFar
    put_rows(ClockShift, [{"id": THE_ROW, "seconds": int(shift.total_seconds())}])
    db.session.flush()
    return shift
