"""B6: the chain tells what was changed, dropped, inserted or moved, and where."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from sqlalchemy import func, select, text

from app.audit import chain, services
from app.audit.models import AuditEntry, AuditLink
from app.core.db import atomic, db
from app.core.ddl import append_only_ddl, drop_append_only_ddl


def record(count: int) -> None:
    with atomic():
        for number in range(count):
            services.record("x.y", by=None, on=("x", number), after={"n": number})


@pytest.fixture
def tamper(app: Any) -> Any:
    """Change the log as somebody with the database in hand could: without its triggers."""

    def do(*statements: str) -> None:
        dialect = db.engine.dialect.name
        with atomic() as session:
            for table in ("audit_entry", "audit_link"):
                for statement in drop_append_only_ddl(table, dialect):
                    session.execute(text(statement))
            if dialect == "sqlite":
                session.execute(text("PRAGMA defer_foreign_keys=ON"))
            else:
                session.execute(
                    text("ALTER TABLE audit_link DROP CONSTRAINT IF EXISTS fk_audit_link_entry_seq_audit_entry")
                )
            for statement in statements:
                session.execute(text(statement))

    return do


def faults() -> list[tuple[int, str]]:
    db.session.rollback()
    return [(fault.position, fault.what) for fault in services.verify_chain().faults]


def seqs() -> list[int]:
    return list(db.session.scalars(select(AuditLink.entry_seq).order_by(AuditLink.position)))


def test_a_log_nobody_touched_is_sound(app):
    record(7)
    verdict = services.verify_chain()
    assert verdict.sound
    assert (verdict.length, verdict.unsealed) == (7, 0)


def test_an_empty_log_is_sound(app):
    assert services.verify_chain().sound


@pytest.mark.parametrize(
    "change", ["action = 'z'", "object_id = '99'", "actor_kind = 'provider'", "address = '::1'", "after = '{\"n\": 5}'"]
)
def test_a_changed_entry_is_found_where_it_stands(tamper, change):
    record(5)
    services.seal()
    tamper(f"UPDATE audit_entry SET {change} WHERE seq = {seqs()[2]}")
    assert faults() == [(3, "its entry was changed or moved")]


def test_a_dropped_link_is_found(tamper):
    record(5)
    services.seal()
    tamper("DELETE FROM audit_link WHERE position = 3")
    assert faults()[0] == (3, "links 3 to 3 are missing")


def test_an_entry_dropped_with_its_link_is_found(tamper):
    record(5)
    services.seal()
    gone = seqs()[2]
    tamper("DELETE FROM audit_link WHERE position = 3", f"DELETE FROM audit_entry WHERE seq = {gone}")
    assert (3, "links 3 to 3 are missing") in faults()


def test_closing_the_gap_of_a_dropped_entry_is_found(tamper):
    record(5)
    services.seal()
    gone = seqs()[2]
    tamper(
        "DELETE FROM audit_link WHERE position = 3",
        f"DELETE FROM audit_entry WHERE seq = {gone}",
        "UPDATE audit_link SET position = 3 WHERE position = 4",
        "UPDATE audit_link SET position = 4 WHERE position = 5",
    )
    assert (3, "does not follow on the link before it") in faults()


def test_entries_that_changed_places_are_found(tamper):
    record(5)
    services.seal()
    second, fourth = seqs()[1], seqs()[3]
    tamper(
        f"UPDATE audit_link SET entry_seq = -1 WHERE entry_seq = {second}"
        if db.engine.dialect.name != "sqlite"
        else "SELECT 1",
        *(
            [
                f"UPDATE audit_link SET entry_seq = {second} WHERE position = 4",
                f"UPDATE audit_link SET entry_seq = {fourth} WHERE position = 2",
            ]
            if db.engine.dialect.name != "sqlite"
            else [
                f"UPDATE audit_entry SET seq = -1 WHERE seq = {second}",
                f"UPDATE audit_entry SET seq = {second} WHERE seq = {fourth}",
                f"UPDATE audit_entry SET seq = {fourth} WHERE seq = -1",
            ]
        ),
    )
    assert faults() == [(2, "its entry was changed or moved"), (4, "its entry was changed or moved")]


def test_an_entry_slipped_in_between_is_found(tamper):
    record(5)
    services.seal()
    record(1)
    forged = db.session.scalar(select(func.max(AuditEntry.seq)))
    tamper(
        "UPDATE audit_link SET position = 6 WHERE position = 5",
        "UPDATE audit_link SET position = 5 WHERE position = 4",
        f"INSERT INTO audit_link (position, entry_seq, previous_hash, hash) SELECT 4, {forged}, hash, '{'0' * 64}' FROM audit_link WHERE position = 3",
    )
    assert {position for position, _what in faults()} == {4, 5, 6}


def test_an_end_cut_off_is_found_with_a_head_written_down_before(tamper):
    record(5)
    verdict = services.verify_chain()
    last = seqs()[-1]
    tamper("DELETE FROM audit_link WHERE position = 5", f"DELETE FROM audit_entry WHERE seq = {last}")
    db.session.rollback()
    assert services.verify_chain().sound, "from the chain alone it cannot be told"
    (fault,) = services.verify_chain(known_head=(verdict.length, verdict.head)).faults
    assert "dropped" in fault.what


def test_a_rewritten_chain_is_not_the_one_whose_head_was_written_down(app):
    record(3)
    (fault,) = services.verify_chain(known_head=(2, "f" * 64)).faults
    assert (fault.position, fault.what.startswith("another chain")) == (2, True)


def test_reading_goes_page_by_page(app, monkeypatch):
    monkeypatch.setattr(chain, "READ_AT_ONCE", 4)
    monkeypatch.setattr(services, "SEAL_AT_ONCE", 3)
    record(11)
    assert services.seal() == 11
    assert services.verify_chain().length == 11


def test_sealing_again_adds_nothing(app):
    record(3)
    assert (services.seal(), services.seal()) == (3, 0)


def test_entries_far_behind_are_sealed_by_the_daily_run(app, monkeypatch):
    monkeypatch.setattr(services, "LATE_ENTRIES", 0)
    record(4)
    with atomic() as session:
        newest = session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc())).first()
        own = chain.hash_of(1, chain.START, newest)
        session.add(AuditLink(position=1, entry_seq=newest.seq, previous_hash=chain.START, hash=own))
    assert services.seal() == 0
    services.seal_everything()
    assert services.verify_chain().length == 4


def test_the_command_says_what_is_broken_and_fails(app, tamper):
    record(3)
    runner = app.test_cli_runner()
    sound = runner.invoke(args=["audit", "verify"])
    assert (sound.exit_code, "Sound: 3 entries" in sound.output) == (0, True)
    tamper(f"UPDATE audit_entry SET action = 'z' WHERE seq = {seqs()[1]}")
    broken = runner.invoke(args=["audit", "verify"])
    assert broken.exit_code == 1
    assert "BROKEN at position 2" in broken.output
    assert runner.invoke(args=["audit", "verify", "--head", "nonsense"]).exit_code == 2


@pytest.mark.committed
def test_sealers_and_writers_at_the_same_time_make_one_sound_chain(committed_app):
    def write() -> None:
        with committed_app.app_context():
            for _ in range(10):
                record(2)

    def seal() -> None:
        with committed_app.app_context():
            for _ in range(5):
                services.seal()

    threads = [threading.Thread(target=work) for work in (write, write, write, seal, seal)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    verdict = services.verify_chain()
    assert (verdict.sound, verdict.length) == (True, 60)


def test_the_triggers_go_and_come_with_a_migration(app):
    dialect = db.engine.dialect.name
    with atomic() as session:
        for statement in [*drop_append_only_ddl("audit_link", dialect), *append_only_ddl("audit_link", dialect)]:
            session.execute(text(statement))
