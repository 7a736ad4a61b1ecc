"""V5: killed between any two statements of close and import, a ballot is as docs/challenge and its design say it is."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from flask import Flask

from app.challenge import queries, services
from app.challenge.board import Kind
from app.challenge.models import Edition, EditionState, Method, RoundKind
from app.challenge.services import files, slots
from app.core import vault
from app.core.db import atomic, db
from app.membership import services as membership
from tests.challenge.conftest import make_member, make_ready
from tests.challenge.desk import Trustee, cast, end, entrust
from tests.factories import make_account
from tests.faults.plug import PulledError, cut_off_everywhere, plug

pytestmark = pytest.mark.committed


class Held:
    """An edition with votes in it, its officer and its trustee."""

    def __init__(self, folder: Any) -> None:
        with atomic():
            membership.seed_reference_data()
            officer = make_account(roles=["returning_officer"])
        self.trustee = Trustee(folder)
        rounds = ((RoundKind.JURY, Method.RUBRIC), (RoundKind.BALLOT, Method.BORDA))
        edition = make_ready(officer, make_account, *rounds)
        with atomic():
            voters = [make_member(given_name=f"Kiezer {number}").id for number in range(3)]
        entrust(edition, self.trustee, officer)
        self.id, self.officer_id = edition.id, officer.id
        with atomic():
            services.open_edition(self.id, by=self.officer_id)
        for voter in voters:
            cast(self.now, voter, ranks=[[1], [2, 3]])
        end(self.now)

    @property
    def now(self) -> Edition:
        db.session.expire_all()
        return queries.edition(self.id)

    def entries(self, kind: Kind) -> int:
        return [one.kind for one in queries.board(self.id)].count(kind)

    def has_slot_key(self) -> bool:
        return vault.read(f"challenge.{self.id}.slot") is not None


@pytest.fixture
def held(committed_app: Flask, tmp_path_factory: pytest.TempPathFactory) -> Held:
    return Held(tmp_path_factory.mktemp("trustee"))


def test_v5_killed_while_it_closes_it_is_open_or_closed_and_the_job_ends_it(held: Held) -> None:
    cut, changed = cut_off_everywhere(lambda: close(held))
    assert cut > 5
    assert changed["challenge_file"] == 1
    assert held.now.state is EditionState.CLOSED
    assert held.entries(Kind.CLOSED) == 1
    assert len(files.read(held.id, "sealed")["sealed"]) == 3


def close(held: Held) -> None:
    db.session.remove()
    with atomic():
        services.close_edition(held.id, by=None)


def test_v5_the_key_of_the_slots_is_there_until_the_close_stands_and_never_after_the_job(held: Held) -> None:
    with plug(None) as sent, suppress(PulledError):
        services.close_due()
    assert not held.has_slot_key()
    assert "COMMIT" in sent


def test_v5_killed_after_the_close_stands_the_next_run_destroys_the_key(
    held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(_name: str) -> None:
        raise PulledError

    with monkeypatch.context() as patched, suppress(PulledError):
        patched.setattr(vault, "destroy", dies)
        services.close_due()
    assert held.now.state is EditionState.CLOSED
    assert held.has_slot_key()
    services.close_due()
    assert not held.has_slot_key()
    assert held.entries(Kind.CLOSED) == 1


def test_v5_killed_while_the_ballots_come_in_none_or_all_of_them_are_there(held: Held) -> None:
    services.close_due()
    opened = json.loads(held.trustee.work("open", files.written(held.id, "sealed").encode()))

    def take_in() -> None:
        db.session.remove()
        with atomic():
            services.take_in_ballots(held.id, opened, by=held.officer_id)

    _cut, changed = cut_off_everywhere(take_in)
    assert (changed["challenge_file"], changed["challenge_board"]) == (1, 1)
    assert held.now.state is EditionState.OPENED
    take_in()
    assert held.entries(Kind.UNSEALED) == 1


def test_v5_killed_while_it_opens_the_edition_opens_with_the_same_keys_the_next_time(
    committed_app: Flask, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with atomic():
        membership.seed_reference_data()
        officer = make_account(roles=["returning_officer"])
    trustee = Trustee(tmp_path_factory.mktemp("trustee"))
    edition = make_ready(officer, make_account, (RoundKind.JURY, Method.RUBRIC), (RoundKind.BALLOT, Method.BORDA))
    entrust(edition, trustee, officer)

    edition_id, officer_id = edition.id, officer.id

    def opens() -> None:
        db.session.remove()
        with atomic():
            services.open_edition(edition_id, by=officer_id)

    cut_off_everywhere(opens)
    kept = files.read(edition_id, "rules")["keys"]["server_signing"]
    assert kept == bytes(slots.server_key(edition_id).verify_key).hex()
    assert len(slots.slot_key(edition_id)) == 32
