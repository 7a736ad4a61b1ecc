"""The schema's history: one line, each step there and back with data in the tables, ending where the models are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import func, inspect, select, text

from app import create_app
from app.accounts.models import Account
from app.agenda.guests.models import Guest
from app.agenda.models import Booking, BookingState, Gathering, SeatMode
from app.core import clock
from app.core.db import db
from app.core.ddl import guard_ddl
from app.core.demo import DemoPlan
from app.core.search import SearchWord
from app.demo import making
from app.mail.models import OutboxMail
from tests.conftest import fresh_database, settings

MIGRATIONS = Path(__file__).parents[2] / "migrations"
SCRIPTS = ScriptDirectory(str(MIGRATIONS))
REVISIONS = [script.revision for script in SCRIPTS.walk_revisions()]


@pytest.fixture
def unmigrated(tmp_path: Path) -> Iterator[Flask]:
    for url in fresh_database(tmp_path, "migrations"):
        application = create_app(settings(url, tmp_path))
        with application.app_context():
            yield application
            db.session.remove()
            db.engine.dispose()


def differences() -> list[object]:
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return compare_metadata(context, db.metadata)


def tables() -> set[str]:
    return set(inspect(db.engine).get_table_names()) - {"alembic_version"}


def test_history_has_one_line():
    assert len(SCRIPTS.get_heads()) == 1
    assert len(SCRIPTS.get_bases()) == 1


def test_the_newest_revision_is_what_the_models_say(unmigrated):
    upgrade()
    assert differences() == []


def test_every_revision_goes_down_and_up_again_with_data_in_it(unmigrated):
    upgrade()
    making.make(DemoPlan(members=12, sessions=6, bookings=20, seed=3, today=date(2026, 11, 21)), lambda *_: None)
    people = db.session.scalar(select(func.count()).select_from(Account))
    assert people
    db.session.remove()
    for revision in REVISIONS[1:]:
        downgrade(revision=revision)
        with db.engine.connect() as connection:
            assert connection.scalar(text("SELECT version_num FROM alembic_version")) == revision
    with db.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM account")) == people
    upgrade()
    assert differences() == []
    downgrade(revision="base")
    assert tables() == set()
    upgrade()
    assert differences() == []


def test_bills_that_were_there_before_are_found_by_the_same_words_as_new_ones(unmigrated):
    upgrade()
    making.make(DemoPlan(members=5, sessions=2, bookings=4, seed=3, today=date(2026, 11, 21)), lambda *_: None)
    of_bills = select(SearchWord.word, SearchWord.subject_id).where(SearchWord.scope == "bill")
    of_bills = of_bills.order_by(SearchWord.word, SearchWord.subject_id)
    words = db.session.execute(of_bills).all()
    assert words
    db.session.remove()
    downgrade(revision="0019")
    assert db.session.execute(of_bills).all() == []
    db.session.remove()
    upgrade()
    assert db.session.execute(of_bills).all() == words


def test_mails_that_were_there_before_are_about_their_gathering_like_new_ones(unmigrated):
    upgrade()
    making.make(DemoPlan(members=5, sessions=2, bookings=4, seed=3, today=date(2026, 11, 21)), lambda *_: None)
    booking = db.session.scalars(select(Booking)).first()
    letter = {"template": "agenda/seat_booked", "locale": "nl", "subject": "", "text": "", "html": ""}
    of_seat = OutboxMail(key=f"seat-booked:{booking.id}", recipient="a@example.org", message_id="a", **letter)
    of_nothing = OutboxMail(key="seat-booked:oud", recipient="a@example.org", message_id="b", **letter)
    db.session.add_all([of_seat, of_nothing])
    gathering_id = booking.gathering_id
    db.session.commit()
    db.session.remove()
    downgrade(revision="0023")
    upgrade()
    about = select(OutboxMail.about_id).where(OutboxMail.message_id.in_(["a", "b"])).order_by(OutboxMail.message_id)
    assert list(db.session.scalars(about)) == [gathering_id, None]


def test_g1_a_seat_at_a_hybrid_gathering_is_in_the_hall_or_was_online_when_no_door_saw_who_had_it(unmigrated):
    upgrade()
    making.make(DemoPlan(members=12, sessions=16, bookings=60, seed=3, today=clock.today()), lambda *_: None)
    both = Gathering.online_capacity.is_not(None)
    brought = select(func.count()).where(Guest.gathering_id == Gathering.id, Guest.state == BookingState.CONFIRMED)
    members = Gathering.seats_taken + Gathering.online_taken - brought.scalar_subquery()
    before = db.session.execute(select(Gathering.id, members).where(both)).all()
    db.session.remove()
    downgrade(revision="0025")
    upgrade()
    after = {one.id: one for one in db.session.scalars(select(Gathering).where(both))}
    assert before
    assert {known: after[known].everybody for known, _taken in before} == dict(before)
    for gathering in after.values():
        held = db.session.scalars(
            select(Booking).where(Booking.gathering_id == gathering.id, Booking.state == BookingState.CONFIRMED)
        ).all()
        online = [one for one in held if one.mode is SeatMode.ONLINE]
        assert len(online) == gathering.online_taken
        assert not online or gathering.ends_at < clock.now()


def test_tables_that_only_grow_refuse_changes_after_migrating(unmigrated):
    upgrade()
    growing = [table.name for table in db.metadata.sorted_tables if table.info.get("append_only")]
    assert {"audit_entry", "ledger_entry"} <= set(growing)
    dialect = db.engine.dialect.name
    named = "SELECT tbl_name FROM sqlite_master WHERE type='trigger'"
    if dialect == "postgresql":
        named = "SELECT event_object_table FROM information_schema.triggers"
    with db.engine.connect() as connection:
        guarded = set(connection.scalars(text(named)))
    assert set(growing) <= guarded


def test_the_guards_of_the_models_stand_after_migrating(unmigrated):
    upgrade()
    dialect = db.engine.dialect.name
    wanted = {
        f"{table.name}_{guard.name}": guard_ddl(table.name, guard, dialect)
        for table in db.metadata.sorted_tables
        for guard in table.info.get("guards", ())
    }
    named = "SELECT name, sql FROM sqlite_master WHERE type='trigger'"
    if dialect == "postgresql":
        named = "SELECT tgname, prosrc FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid WHERE NOT tgisinternal"
    with db.engine.connect() as connection:
        found = dict(connection.execute(text(named)).all())
    assert wanted
    assert [name for name, statements in wanted.items() if found.get(name, "?") not in statements[0]] == []
