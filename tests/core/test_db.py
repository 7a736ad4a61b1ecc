from __future__ import annotations

import threading
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, Uuid, insert, select

from app.accounts import queries
from app.core.db import UtcDateTime, after_commit, atomic, db, drop_hints, forget_reads
from tests.factories import make_account

counter = Table("test_counter", MetaData(), Column("id", Uuid, primary_key=True), Column("n", Integer, nullable=False))


@pytest.fixture
def table(committed_app: Any) -> Any:
    counter.create(db.engine, checkfirst=True)
    return committed_app


def numbers() -> list[int]:
    found = list(db.session.scalars(select(counter.c.n).order_by(counter.c.n)))
    db.session.rollback()
    return found


def add(n: int) -> None:
    db.session.execute(insert(counter).values(id=uuid.uuid4(), n=n))


def test_what_fails_halfway_leaves_nothing_and_tells_nobody(table):
    told = []
    with pytest.raises(ZeroDivisionError), atomic():
        add(1)
        after_commit(lambda: told.append("committed"))
        raise ZeroDivisionError
    assert numbers() == []
    assert told == []


def test_an_inner_atomic_joins_the_outer_one(table):
    with pytest.raises(ZeroDivisionError), atomic():
        with atomic():
            add(1)
        raise ZeroDivisionError
    assert numbers() == []


def test_hints_run_once_after_the_commit(table):
    told = []

    def hint() -> None:
        told.append(numbers())

    with atomic():
        add(7)
        after_commit(hint)
        after_commit(hint)
    assert told == [[7]]


def test_hints_that_were_dropped_are_not_given(table):
    told = []
    with atomic():
        add(7)
        after_commit(lambda: told.append("too late"))
        drop_hints()
    assert numbers() == [7]
    assert told == []


def test_forgetting_reads_loses_nothing_that_an_open_transaction_wrote(table):
    with atomic():
        add(3)
        forget_reads()
        add(4)
    assert numbers() == [3, 4]


def test_a_read_before_the_write_does_not_make_the_write_fail_when_another_writes_in_between(table):
    assert numbers() == []
    db.session.scalars(select(counter.c.n)).all()

    def other() -> None:
        with table.app_context(), atomic():
            add(1)

    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    with atomic():
        add(2)
    assert numbers() == [1, 2]


def test_a_transaction_forgets_what_an_earlier_one_of_the_same_session_loaded(committed_app):
    person = make_account(given_name="Oud")
    person_id = person.id
    db.session.commit()

    def other() -> None:
        with committed_app.app_context(), atomic():
            queries.account(person_id).given_name = "Nieuw"

    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    with atomic():
        assert queries.account(person_id).given_name == "Nieuw"
    assert person.given_name == "Nieuw"


def test_hints_need_an_open_transaction(app):
    with pytest.raises(RuntimeError, match="atomic"):
        after_commit(lambda: None)


def test_a_naive_moment_is_refused(app):
    column = UtcDateTime()
    with pytest.raises(ValueError, match="naive"):
        column.process_bind_param(datetime(2027, 1, 1), db.engine.dialect)
    assert column.process_result_value(datetime(2027, 1, 1), db.engine.dialect).tzinfo is UTC
