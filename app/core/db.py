"""The typed base of every table, and the only place where a transaction ends."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from sqlite3 import Connection as SqliteConnection
from typing import Annotated, Any, TypeVar, cast

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import JSON, DateTime, Engine, Enum, MetaData, Table, Uuid, event, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, registry
from sqlalchemy.types import TypeDecorator

from app.core import clock

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
_IN_ATOMIC = "in_atomic"
_AFTER_COMMIT = "after_commit"


class UtcDateTime(TypeDecorator[datetime]):
    """A moment, aware and in UTC on both databases; a naive one is refused before it is stored."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime is not a moment")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


_read_uuid = lru_cache(maxsize=16_384)(uuid.UUID)


class QuickUuid(Uuid[uuid.UUID]):
    """A UUID that is read from text once: SQLite keeps text, a page reads hundreds, and most it has read before."""

    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], uuid.UUID | None] | None:
        del coltype
        if dialect.supports_native_uuid:
            return None
        return lambda value: None if value is None else _read_uuid(value)


Json = JSON().with_variant(JSONB(), "postgresql")
Id = Annotated[uuid.UUID, mapped_column(QuickUuid, primary_key=True, default=uuid.uuid4)]


class Base(DeclarativeBase):
    """The typed base of every model."""

    registry = registry(
        metadata=MetaData(naming_convention=NAMING),
        type_annotation_map={
            datetime: UtcDateTime,
            uuid.UUID: QuickUuid(),
            dict[str, Any]: Json,
            list[str]: Json,
            list[dict[str, Any]]: Json,
        },
    )


B = TypeVar("B", bound=Base)
db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})

QUIETLY = {"synchronize_session": False}
"""For statements on many rows, or on rows nobody has read: what the session holds is left as it is."""

S = TypeVar("S", bound=StrEnum)


def state_column(states: type[S], *, name: str, **options: Any) -> Mapped[S]:
    """Make a column for a StrEnum's values as text, held to them by a CHECK constraint of that name."""
    kind = Enum(
        states,
        native_enum=False,
        create_constraint=True,
        name=name,
        length=40,
        values_callable=lambda enum: [member.value for member in enum],
    )
    return mapped_column(kind, **options)


@contextmanager
def atomic() -> Iterator[Session]:
    """Do all of it or none of it; the only place that commits or rolls back.

    Whatever was read before is forgotten, so that a rule decides on what the transaction sees. On SQLite the write
    lock is taken at once (BEGIN IMMEDIATE). Inside another `atomic()` it joins that one. Effects registered by
    `after_commit` run once the facts are safe; they are hints only, since a sweep finds what a crash left.
    """
    session = db.session()
    if session.info.get(_IN_ATOMIC):
        yield session
        return
    session.rollback()
    session.expire_all()
    session.info[_IN_ATOMIC] = True
    session.info[_AFTER_COMMIT] = []
    try:
        session.connection(execution_options={"immediate": True})
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info.pop(_IN_ATOMIC, None)
        hints: list[Callable[[], object]] = session.info.pop(_AFTER_COMMIT, [])
    for hint in hints:
        hint()


def now_in_database() -> datetime:
    """Return the moment by the database's own clock, moved along with the portal's: one clock for all machines."""
    session = db.session()
    if session.get_bind().dialect.name == "sqlite":
        told = session.scalar(select(func.strftime("%Y-%m-%dT%H:%M:%f+00:00", "now")))
        return datetime.fromisoformat(str(told)) + clock.shift()
    now: datetime = session.scalars(select(func.clock_timestamp())).one()
    return now + clock.shift()


def in_atomic() -> bool:
    """Say whether a transaction of ours is open."""
    return bool(db.session().info.get(_IN_ATOMIC))


def after_commit(hint: Callable[[], object]) -> None:
    """Run a hint, such as waking the worker, once the open transaction is committed; never when it is rolled back."""
    pending: list[Callable[[], object]] | None = db.session().info.get(_AFTER_COMMIT)
    if pending is None:
        raise RuntimeError("after_commit() needs an open atomic()")
    if hint not in pending:
        pending.append(hint)


def drop_hints() -> None:
    """Let no hint follow the open transaction: what it asked for is done already, or a sweep finds it."""
    db.session().info[_AFTER_COMMIT] = []


def commit_pending() -> None:
    """Commit what a library wrote through its own store; inside `atomic()` that stays with the outer transaction."""
    session = db.session()
    if session.info.get(_IN_ATOMIC):
        session.flush()
    else:
        session.commit()


def forget_reads() -> None:
    """End the read transaction of long-lived loops, such as the worker's, so that the next look is fresh.

    Inside `atomic()` there is none to end: what that transaction wrote stays with it.
    """
    session = db.session()
    if session.info.get(_IN_ATOMIC):
        return
    session.rollback()
    session.expire_all()


def insert_rows(model: type[Base], rows: Sequence[dict[str, Any]]) -> None:
    """Insert many rows of one table in bulk, for imports and demo data of any size."""
    if rows:
        db.session.execute(model.__table__.insert(), list(rows))  # type: ignore[attr-defined]


def put_rows(model: type[Base], rows: Sequence[dict[str, Any]]) -> None:
    """Insert many rows, or overwrite those whose primary key is there already; all rows name the same columns."""
    if not rows:
        return
    session = db.session()
    insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgresql_insert
    statement = insert(model)
    keys = [column.name for column in model.__table__.primary_key]
    rest = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    if rest:
        session.execute(statement.on_conflict_do_update(index_elements=keys, set_=rest), list(rows))
    else:
        session.execute(statement.on_conflict_do_nothing(), list(rows))


def insert_new(model: type[Base], rows: Sequence[dict[str, Any]]) -> set[Any]:
    """Insert those rows that no unique constraint says are there already; return the primary keys of the new ones."""
    session = db.session()
    statement = _insertion(cast("Table", model.__table__), session.get_bind().dialect.name)
    return set(session.execute(statement, list(rows)).scalars()) if rows else set()


def insert_once(model: type[Base], **values: Any) -> bool:
    """Insert a row unless a unique constraint says that it is there already; say whether it was new.

    Idempotency by constraint: on PostgreSQL a second writer of the same key waits for the first to commit or give up.
    """
    session = db.session()
    statement = _insertion(cast("Table", model.__table__), session.get_bind().dialect.name)
    return session.execute(statement, values).first() is not None


def add_once(model: type[B], **values: Any) -> B | None:
    """Do the same and return the row, as the session then knows it; None when it was there."""
    session = db.session()
    insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgresql_insert
    statement = insert(model).values(**values).on_conflict_do_nothing().returning(model)
    return session.scalars(statement, execution_options={"autoflush": False}).first()


def forget_loaded(model: type[Base], key: uuid.UUID, *collections: str) -> None:
    """Let collections of a row be read anew when they are asked for next, if the session knows the row at all."""
    session = db.session()
    known = session.identity_map.get(session.identity_key(model, key))
    if known is not None:
        session.expire(known, collections)


@lru_cache(maxsize=256)
def _insertion(table: Table, dialect: str) -> Any:
    """Build this statement once for a table: it stands in the way of every message and mail."""
    insert = sqlite_insert if dialect == "sqlite" else postgresql_insert
    return insert(table).on_conflict_do_nothing().returning(*table.primary_key)


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection: Any, _record: object) -> None:
    if isinstance(connection, SqliteConnection):
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "foreign_keys=ON", "busy_timeout=15000", "synchronous=FULL"):
            connection.execute(f"PRAGMA {pragma}")


@event.listens_for(Engine, "begin")
def _begin_sqlite(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        immediate = connection.get_execution_options().get("immediate", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
