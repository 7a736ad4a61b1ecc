"""A treasurer who hands in statements, and the lines that come of them."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.core.db import db, forget_reads
from app.payments import services
from app.payments.models import BankFile, BankLine, LineState
from tests.factories import make_account


@pytest.fixture
def henk(app: Flask) -> Any:
    made = make_account(roles=("treasurer",), given_name="Henk", family_name="Kassa")
    db.session.commit()
    return made


@pytest.fixture
def hand_in(henk: Any) -> Any:
    """Hand in a file as the treasurer does; returns it as it was read."""

    def hand_in(content: bytes, name: str = "afschrift.xml") -> BankFile:
        return services.take_in(content, name, by=henk).file

    return hand_in


def lines() -> list[BankLine]:
    """All lines, the oldest first, as the database has them now."""
    forget_reads()
    return list(db.session.scalars(select(BankLine).order_by(BankLine.booked_on, BankLine.file_line, BankLine.id)))


def states() -> list[LineState]:
    return [line.state for line in lines()]


def line() -> BankLine:
    """The only line."""
    (only,) = lines()
    return only
