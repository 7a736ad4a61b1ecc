"""Tables that only grow, and rows that are fixed from some moment on: triggers refuse changes on both databases.

A model module says `append_only(AuditEntry)` or `guarded(Bill, Guard(...))`; a migration executes each statement of
`append_only_ddl("audit_entry", op.get_bind().dialect.name)` or `guard_ddl("bill", guard, dialect)`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, event, inspect
from sqlalchemy.engine import Connection

from app.core.db import Base

REFUSAL = "rows of %s are never changed or deleted"


@dataclass(frozen=True)
class Guard:
    """What a table refuses: an action (INSERT, UPDATE or DELETE), when this SQL over OLD and NEW holds."""

    name: str
    action: str
    when: str
    refusal: str


def changes(columns: Iterable[str]) -> str:
    """Return the condition that an UPDATE changes one of these columns."""
    return " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in columns)


def guard_ddl(table: str, guard: Guard, dialect: str) -> list[str]:
    """Return the statements that put up a guard; its condition may look into other tables on both databases."""
    trigger = f"{table}_{guard.name}"
    if dialect == "sqlite":
        refuse = f"SELECT RAISE(ABORT, '{guard.refusal}')"
        return [f"CREATE TRIGGER {trigger} BEFORE {guard.action} ON {table} WHEN {guard.when} BEGIN {refuse}; END"]
    row = "OLD" if guard.action == "DELETE" else "NEW"
    refuse = f"RAISE EXCEPTION '{guard.refusal}' USING ERRCODE = 'restrict_violation'"
    body = f"BEGIN IF {guard.when} THEN {refuse}; END IF; RETURN {row}; END"
    return [
        f"CREATE OR REPLACE FUNCTION {trigger}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$",
        f"CREATE TRIGGER {trigger} BEFORE {guard.action} ON {table} FOR EACH ROW EXECUTE FUNCTION {trigger}()",
    ]


def drop_guard_ddl(table: str, guard: Guard, dialect: str) -> list[str]:
    """Return the statements that undo `guard_ddl`."""
    trigger = f"{table}_{guard.name}"
    if dialect == "sqlite":
        return [f"DROP TRIGGER IF EXISTS {trigger}"]
    return [f"DROP TRIGGER IF EXISTS {trigger} ON {table}", f"DROP FUNCTION IF EXISTS {trigger}()"]


def append_only_ddl(table: str, dialect: str) -> list[str]:
    """Return the statements that make a table append-only; on PostgreSQL TRUNCATE is refused too."""
    refusal = REFUSAL % table
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER {table}_no_{action} BEFORE {action} ON {table} BEGIN SELECT RAISE(ABORT, '{refusal}'); END"
            for action in ("update", "delete")
        ]
    refuse = f"EXECUTE FUNCTION {table}_refuse()"
    body = f"BEGIN RAISE EXCEPTION '{refusal}' USING ERRCODE = 'restrict_violation'; END"
    return [
        f"CREATE OR REPLACE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$",
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW {refuse}",
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {refuse}",
    ]


def drop_append_only_ddl(table: str, dialect: str) -> list[str]:
    """Return the statements that undo `append_only_ddl`, for a migration's way down."""
    if dialect == "sqlite":
        return [f"DROP TRIGGER IF EXISTS {table}_no_{action}" for action in ("update", "delete")]
    return [
        f"DROP TRIGGER IF EXISTS {table}_no_change ON {table}",
        f"DROP TRIGGER IF EXISTS {table}_no_truncate ON {table}",
        f"DROP FUNCTION IF EXISTS {table}_refuse()",
    ]


def append_only(model: type[Base]) -> None:
    """Make a model's table append-only wherever SQLAlchemy itself creates it, and mark it as such for the tests."""
    table = model.__table__
    assert isinstance(table, Table)
    table.info["append_only"] = True

    def create(_table: Table, connection: Connection, **_options: Any) -> None:
        for statement in append_only_ddl(table.name, connection.dialect.name):
            connection.exec_driver_sql(statement)

    event.listen(table, "after_create", create)


def guarded(model: type[Base], *guards: Guard) -> None:
    """Put these guards up wherever SQLAlchemy itself creates a model's table, and tell of them."""
    table = model.__table__
    assert isinstance(table, Table)
    table.info["guards"] = guards

    def create(_table: Table, connection: Connection, **_options: Any) -> None:
        for guard in guards:
            for statement in guard_ddl(table.name, guard, connection.dialect.name):
                connection.exec_driver_sql(statement)

    event.listen(table, "after_create", create)


def guards_down(table: Table, dialect: str) -> list[str]:
    """Return the statements that let a table's triggers step aside, for emptying it."""
    kept = drop_append_only_ddl(table.name, dialect) if table.info.get("append_only") else []
    guards: tuple[Guard, ...] = table.info.get("guards", ())
    return kept + [statement for guard in guards for statement in drop_guard_ddl(table.name, guard, dialect)]


def guards_up(table: Table, dialect: str) -> list[str]:
    """Return the statements that put them back."""
    kept = append_only_ddl(table.name, dialect) if table.info.get("append_only") else []
    guards: tuple[Guard, ...] = table.info.get("guards", ())
    return kept + [statement for guard in guards for statement in guard_ddl(table.name, guard, dialect)]


def allow_states(op: Any, table: str, column: str, *, more: Collection[str] = (), fewer: Collection[str] = ()) -> None:
    """Let a migration widen or narrow the states a column may hold, whatever it may hold by then.

    SQLite makes the table anew for this, without its triggers.
    """
    name = f"ck_{table}_{column}"
    (held,) = [
        found["sqltext"] for found in inspect(op.get_bind()).get_check_constraints(table) if found["name"] == name
    ]
    states = [state for state in (*re.findall(r"'(\w+)'", held), *more) if state not in fewer]
    allowed = ", ".join(f"'{state}'" for state in states)
    with op.batch_alter_table(table) as batch_op:
        batch_op.drop_constraint(op.f(name), type_="check")
        batch_op.create_check_constraint(op.f(name), f"{column} IN ({allowed})")
