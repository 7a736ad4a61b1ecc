"""The ceiling of a storm on one gathering: nothing but a session, a counter and a row, on the same server.

`/book/bare` takes a seat, or else a place in line, by the fused statement; `/book/whole` adds a row of audit and one of
an outbox to the same transaction, as the portal does.
"""

from __future__ import annotations

import os
import uuid
from typing import Any

from flask import Flask, redirect, session
from sqlalchemy import Connection, Engine, create_engine, event, text
from werkzeug.wrappers import Response

TABLES = (
    "CREATE TABLE hall (id INTEGER PRIMARY KEY, capacity INTEGER, taken INTEGER, queued INTEGER)",
    "CREATE TABLE seat (id VARCHAR(36) PRIMARY KEY, person INTEGER UNIQUE, seq INTEGER)",
    "CREATE TABLE place (id VARCHAR(36) PRIMARY KEY, person INTEGER UNIQUE, seq INTEGER)",
    "CREATE TABLE log (id VARCHAR(36) PRIMARY KEY, what TEXT)",
    "CREATE TABLE outbox (id VARCHAR(36) PRIMARY KEY, text TEXT)",
)
SEAT = "UPDATE hall SET taken = taken + 1 WHERE id = 1 AND taken < capacity RETURNING taken"
PLACE = "UPDATE hall SET queued = queued + 1 WHERE id = 1 AND taken >= capacity RETURNING queued"
LETTER = "A mail of some three thousand characters. " * 75


def engine_of(url: str) -> Engine:
    """Open the database as the portal does: on SQLite with a write-ahead log and a lock from the beginning."""
    engine = create_engine(url, pool_size=8)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def _prepare(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "busy_timeout=15000", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")


def _give(connection: Connection, counting: str, table: str, person: int) -> Any:
    values = {"id": str(uuid.uuid4()), "person": person}
    if connection.dialect.name == "sqlite":
        number = connection.scalar(text(counting))
        if number is not None:
            connection.execute(text(f"INSERT INTO {table} VALUES (:id, :person, :n)"), values | {"n": number})
        return number
    fused = f"WITH c(n) AS ({counting}) INSERT INTO {table} SELECT :id, :person, n FROM c RETURNING seq"
    return connection.scalar(text(fused), values)


def create_app() -> Flask:
    """Build the toy on BENCH_TOY_URL."""
    app = Flask(__name__)
    app.secret_key = "toy"
    engine = engine_of(os.environ["BENCH_TOY_URL"])

    @app.get("/healthz")
    def healthz() -> str:
        return "ok"

    @app.post("/book/<how>")
    def book(how: str) -> Response:
        person = session["person"]
        with engine.begin() as connection:
            known = "SELECT 1 FROM seat WHERE person = :p UNION ALL SELECT 1 FROM place WHERE person = :p"
            if connection.scalar(text(known), {"p": person}) is None:
                given = _give(connection, SEAT, "seat", person) or _give(connection, PLACE, "place", person)
                if how == "whole" and given:
                    values = {"id": str(uuid.uuid4()), "text": LETTER, "what": "booked"}
                    connection.execute(text("INSERT INTO outbox VALUES (:id, :text)"), values)
                    connection.execute(text("INSERT INTO log VALUES (:id, :what)"), values)
        return redirect("/", 303)

    return app


def fill(seats: int) -> None:
    """Make the hall."""
    engine = create_engine(os.environ["BENCH_TOY_URL"])
    with engine.begin() as connection:
        for table in ("seat", "place", "log", "outbox", "hall"):
            connection.execute(text(f"DROP TABLE IF EXISTS {table}"))
        for statement in TABLES:
            connection.execute(text(statement))
        connection.execute(text("INSERT INTO hall VALUES (1, :seats, 0, 0)"), {"seats": seats})
    engine.dispose()


def cookies(app: Flask, people: int) -> list[str]:
    """Sign a session for each person."""
    serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    return [f"session={serializer.dumps({'person': number})}" for number in range(people)]
