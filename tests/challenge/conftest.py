"""An edition in each state, and the people around it. Dates lie around today, since the database's own clock counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from app.accounts.models import Account
from app.challenge import demo, queries, services
from app.challenge.models import Edition, Juror, JurorState, Method, Nominee, NomineeState, RoundKind
from app.challenge.sealing import Vote
from app.core import clock
from app.core.db import atomic, db
from tests.agenda.conftest import make_member, said
from tests.challenge.desk import Trustee, cast, end, entrust

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


def make_nominee(edition: Edition, number: int, *, state: NomineeState = NomineeState.TAKING_PART) -> Nominee:
    """Somebody who takes part, with a plan that the jury can judge."""
    family_name = ("de Graaf", "Bakker", "van Loon", "Yılmaz", "Peeters")[number % 5]
    account, long_ago = make_member(given_name="Kandidaat", family_name=family_name), edition.nominations_from
    agreed = {"accepted_at": long_ago, "answered_at": long_ago, "terms_text": edition.terms_text, "terms_version": 1}
    row = Nominee(edition_id=edition.id, account_id=account.id, number=number, state=state, plan=demo.PLAN, **agreed)
    db.session.add(row)
    db.session.flush()
    return row


def make_jury(edition: Edition, make_account: Callable[..., Account], *, seats: int = 3) -> list[Juror]:
    """A jury that sits; the first is its chair."""
    accounts = [make_account(given_name="Jurylid", family_name=f"Nummer {seat}") for seat in range(seats)]
    jury = [Juror(edition_id=edition.id, account_id=one.id, state=JurorState.SITS) for one in accounts]
    db.session.add_all(jury)
    db.session.flush()
    edition.chair_id = accounts[0].id
    return jury


def make_ready(
    officer: Account,
    make_account: Callable[..., Account],
    *rounds: tuple[RoundKind, Method],
    nominees: int = 3,
    **changes: Any,
) -> Edition:
    """An edition whose nominations and work are over, with nominees and a jury: it can open if it needs no key."""
    edition = make_edition(officer, days=WORK_OVER, **changes)
    with atomic():
        services.set_rounds(edition.id, [(RoundKind.NOMINATION, Method.OPEN), *rounds], by=officer.id)
        services.open_nominations(edition.id, by=officer.id)
    with atomic():
        edition = fresh(edition)
        for number in range(1, nominees + 1):
            make_nominee(edition, number)
        make_jury(edition, make_account)
    return fresh(edition)


@pytest.fixture
def at_work(client: Any, sign_in: Any, officer: Account) -> Account:
    """The returning officer, signed in."""
    return sign_in(client, officer)


@pytest.fixture(scope="session")
def trustee(tmp_path_factory: pytest.TempPathFactory) -> Trustee:
    """Whoever keeps the key, with two sticks and the real program."""
    return Trustee(tmp_path_factory.mktemp("trustee"))


@pytest.fixture
def voters(app: Any) -> list[UUID]:
    return [make_member(given_name=f"Kiezer {number}").id for number in range(4)]


@pytest.fixture
def opened(officer: Account, make_account: Callable[..., Account], trustee: Trustee, voters: list[UUID]) -> Edition:
    """An edition of jury and members that is open for the verdict."""
    edition = make_ready(officer, make_account, (RoundKind.JURY, Method.RUBRIC), (RoundKind.BALLOT, Method.BORDA))
    entrust(edition, trustee, officer)
    with atomic():
        services.open_edition(edition.id, by=officer.id)
    return fresh(edition)


@pytest.fixture
def votes(opened: Edition, voters: list[UUID]) -> list[Vote]:
    """What three of the four voters put into their envelopes."""
    return [cast(opened, voter, ranks=[[1], [2, 3]], word="tulp") for voter in voters[:3]]


@pytest.fixture
def closed(opened: Edition, votes: list[Vote]) -> Edition:
    """The same edition after its closing date, with three envelopes."""
    end(opened)
    services.close_due()
    return fresh(opened)
