"""An edition in each state, and the people around it. Dates lie around today, since the database's own clock counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from app.accounts.models import Account
from app.challenge import demo, queries, services
from app.challenge.models import Edition
from app.core import clock
from app.core.db import db
from tests.agenda.conftest import make_member, said

__all__ = ["make_member", "said"]

NOMINATING = (-10, 5, 9, 10, 20)
WORK_OVER = (-30, -10, -2, -1, 9)
A_PDF = demo.A_CASE


def make_edition(officer: Account, *, days: tuple[int, int, int, int, int] = NOMINATING, **changes: Any) -> Edition:
    """An edition with its case, being prepared."""
    today = clock.today()
    details = demo.edition_details(today.year, officer.id, today=today, days=days)
    edition = services.prepare_edition(replace(details, **changes), by=officer.id)
    services.change_case(edition.id, demo.case_details(), by=officer.id)
    db.session.commit()
    return fresh(edition)


def fresh(edition: Edition) -> Edition:
    """The edition as it is by now."""
    db.session.expire_all()
    return queries.edition(edition.id)


@pytest.fixture
def officer(make_account: Callable[..., Account]) -> Account:
    return make_account(roles=("returning_officer",), given_name="Fatima", family_name="el Idrissi")


@pytest.fixture
def prepared(officer: Account) -> Edition:
    return make_edition(officer)


@pytest.fixture
def nominating(officer: Account, prepared: Edition) -> Edition:
    services.open_nominations(prepared.id, by=officer.id)
    db.session.commit()
    return fresh(prepared)


@pytest.fixture
def at_work(client: Any, sign_in: Any, officer: Account) -> Account:
    """The returning officer, signed in."""
    return sign_in(client, officer)
