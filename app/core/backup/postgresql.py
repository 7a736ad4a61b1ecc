"""PostgreSQL: one read-only snapshot, each table as COPY, put back in one transaction; without any client tools."""

from __future__ import annotations

import time
from typing import IO, Any
from zipfile import ZipFile

from psycopg import Connection as Driver
from psycopg import sql
from psycopg.errors import QueryCanceled
from sqlalchemy import Connection, Engine, inspect

from app.core.backup.archive import TABLES, BackupRefused, Manifest
from app.core.db import Base

PIECE = 1 << 20
ONE_TRY_MS = 400
PAUSE_SECONDS = 0.1
LONGEST_WAIT_SECONDS = 60


def tables_of(connection: Connection) -> list[str]:
    """Return our tables that are there, those that others refer to first."""
    present = set(inspect(connection).get_table_names())
    return [table.name for table in Base.metadata.sorted_tables if table.name in present]


def columns_of(connection: Connection, table: str) -> list[str]:
    """Return a table's own columns; the database computes generated ones itself."""
    return [column["name"] for column in inspect(connection).get_columns(table) if not column.get("computed")]


def snapshot_into(archive: ZipFile, engine: Engine) -> tuple[str, dict[str, int], dict[str, list[str]], dict[str, int]]:
    """Put every table in, all as of one moment; return revision, counts, columns and where the sequences stand."""
    counts, columns = {}, {}
    snapshot = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with engine.connect().execution_options(**snapshot) as connection, connection.begin():
        driver = _driver(connection)
        revision = driver.execute("SELECT version_num FROM alembic_version").fetchone()
        for table in tables_of(connection):
            columns[table] = columns_of(connection, table)
            with archive.open(f"{TABLES}{table}.copy", "w", force_zip64=True) as packed:
                _copy_out(driver, table, columns[table], packed)
            counts[table] = _count(driver, table)
        return revision[0] if revision else "", counts, columns, _sequences(driver, list(counts))


def _copy_out(driver: Driver[Any], table: str, columns: list[str], packed: IO[bytes]) -> None:
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    statement = sql.SQL("COPY (SELECT {} FROM {}) TO STDOUT").format(names, sql.Identifier(table))
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for piece in copy:
            packed.write(piece)


def put_back(archive: ZipFile, manifest: Manifest, connection: Connection) -> dict[str, int]:
    """Replace the content of all tables within the caller's transaction; return what is there now.

    Constraints and foreign keys are checked as ever. Only the triggers that keep tables append-only step aside, for the
    emptying, and only until this transaction ends.
    """
    driver = _driver(connection)
    tables = tables_of(connection)
    missing = sorted(set(manifest.counts) - set(tables))
    if missing:
        raise BackupRefused(f"This database has no table {missing[0]}.")
    guarded = [
        table.name for table in Base.metadata.sorted_tables if table.info.get("append_only") and table.name in tables
    ]
    everything = sql.SQL(", ").join(map(sql.Identifier, tables))
    _lock(driver, everything)
    _switch_guards(driver, guarded, on=False)
    driver.execute(sql.SQL("TRUNCATE {}").format(everything))
    _switch_guards(driver, guarded, on=True)
    for table in tables:
        if table in manifest.counts:
            _copy_back(driver, archive, table, manifest.columns[table])
    for sequence, value in manifest.sequences.items():
        driver.execute("SELECT setval(%s::regclass, %s)", (sequence, value))
    return {table: _count(driver, table) for table in tables}


def _lock(driver: Driver[Any], everything: sql.Composed) -> None:
    """Take all tables together, or none and try again: whoever is writing finishes, and nobody ends in a deadlock.

    A try is over before the server looks for deadlocks (after a second by default), so that it is never a writer that
    the server ends.
    """
    give_up = time.monotonic() + LONGEST_WAIT_SECONDS
    while True:
        try:
            with driver.transaction():
                driver.execute(sql.SQL("SET LOCAL statement_timeout = {}").format(sql.Literal(ONE_TRY_MS)))
                driver.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(everything))
        except QueryCanceled as error:
            if time.monotonic() > give_up:
                raise BackupRefused("Others keep writing to this database: stop the portal and try again.") from error
            time.sleep(PAUSE_SECONDS)
        else:
            driver.execute("SET LOCAL statement_timeout TO DEFAULT")
            return


def _switch_guards(driver: Driver[Any], tables: list[str], *, on: bool) -> None:
    action = sql.SQL("ENABLE" if on else "DISABLE")
    for table in tables:
        driver.execute(sql.SQL("ALTER TABLE {} {} TRIGGER USER").format(sql.Identifier(table), action))


def _copy_back(driver: Driver[Any], archive: ZipFile, table: str, columns: list[str]) -> None:
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)
    with archive.open(f"{TABLES}{table}.copy") as packed, driver.cursor() as cursor, cursor.copy(statement) as copy:
        while piece := packed.read(PIECE):
            copy.write(piece)


def present_counts(connection: Connection) -> dict[str, int]:
    """Return how many rows each table of the present database holds."""
    driver = _driver(connection)
    return {table: _count(driver, table) for table in tables_of(connection)}


def _count(driver: Driver[Any], table: str) -> int:
    found = driver.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone()
    return int(found[0]) if found else 0


def _sequences(driver: Driver[Any], tables: list[str]) -> dict[str, int]:
    rows = driver.execute(
        "SELECT s.oid::regclass::text, pg_sequence_last_value(s.oid) FROM pg_class s "
        "JOIN pg_depend d ON d.objid = s.oid AND d.deptype IN ('a', 'i') JOIN pg_class t ON t.oid = d.refobjid "
        "WHERE s.relkind = 'S' AND t.relname = ANY(%s)",
        (tables,),
    ).fetchall()
    return {name: value for name, value in rows if value is not None}


def _driver(connection: Connection) -> Driver[Any]:
    driver = connection.connection.driver_connection
    assert isinstance(driver, Driver)
    return driver
