"""An edition that is open for votes: nominees, a roll, the rules as they are frozen, and a key like a trustee's."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from nacl.public import PrivateKey, SealedBox
from sqlalchemy import select

from app.accounts.models import Account
from app.challenge import queries
from app.challenge.board import Kind, hash_of
from app.challenge.bundle import rules_file
from app.challenge.deciding import Method, Model, Rules
from app.challenge.models import BoardEntry, Edition, EditionState, Envelope, Nominee, NomineeState
from app.challenge.sealing import Vote, new_code
from app.challenge.services import casting, files, rolling, slots, write
from app.challenge.services.casting import Box
from app.core import clock
from app.core.db import atomic, db

from .conftest import WORK_OVER, make_edition, make_member

NAMES = ("Anna", "Bert", "Carla")
TRUSTEE = PrivateKey(b"t" * 32)
_others = itertools.count(1)


@dataclass
class Poll:
    """What a test holds of an edition, its voters, and what the trustee could read."""

    edition_id: UUID
    voters: list[UUID]
    nominees: list[UUID]
    rules: dict[str, Any]

    @property
    def edition(self) -> Edition:
        db.session.expire_all()
        return queries.edition(self.edition_id)

    @property
    def box(self) -> Box:
        return casting.box_of(self.rules)

    @property
    def lies(self) -> list[Envelope]:
        db.session.expire_all()
        return list(db.session.scalars(select(Envelope).where(Envelope.edition_id == self.edition_id)))

    def cast(self, voter: UUID, *, replaces: str | None = None, **vote: Any) -> BoardEntry:
        """Let somebody vote, as the page does."""
        envelope = casting.sealed(Vote(new_code(), **{"ranks": [[1], [2, 3]], **vote}), self.box)
        with atomic():
            return casting.cast(self.edition_id, voter, envelope, self.box, replaces=replaces)

    def opened(self) -> list[dict[str, Any]]:
        """Read every envelope, as only the trustee can."""
        return [json.loads(SealedBox(TRUSTEE).decrypt(one.ciphertext)) for one in self.lies]

    def casts(self) -> list[BoardEntry]:
        return [one for one in queries.board(self.edition_id) if one.kind == Kind.CAST]


def make_poll(officer: Account, *, voters: int = 3, kind: str = "ranked", method: Method = Method.BORDA) -> Poll:
    """Open an edition for votes: its nominees vote as well, since they are members."""
    edition = make_edition(officer, days=WORK_OVER)
    standing = [make_member(given_name=name, family_name="Voorbeeld") for name in NAMES]
    others = [make_member(given_name=f"Kiezer{next(_others)}") for _one in range(voters)]
    for number, person in enumerate(standing, 1):
        said = {"asked_at": clock.now(), "accepted_at": clock.now(), "terms_version": 1, "terms_text": "Akkoord."}
        db.session.add(
            Nominee(
                edition_id=edition.id,
                account_id=person.id,
                number=number,
                state=NomineeState.TAKING_PART,
                plan="Plan",
                **said,
            )
        )
    slots.make_keys(edition.id)
    rules = _rules(edition, kind, method)
    db.session.flush()
    roll = rolling.fill(edition)
    files.keep(edition, "rules", rules)
    edition.state = EditionState.OPEN
    db.session.flush()
    write(edition, Kind.OPENED, rules=hash_of(rules), roll=roll)
    db.session.commit()
    return Poll(edition.id, [one.id for one in others], [one.id for one in standing], rules)


def _rules(edition: Edition, kind: str, method: Method) -> dict[str, Any]:
    frozen = Rules(
        model=Model.SEPARATE,
        method=method,
        order=(3, 1, 2),
        weights={f"c{one.position}": one.weight for one in edition.criteria},
    )
    server = bytes(slots.server_key(edition.id).verify_key).hex()
    keys = {
        "server_signing": server,
        "trustee_encryption": bytes(TRUSTEE.public_key).hex(),
        "trustee_signing": "0" * 64,
    }
    names = {number: f"{name} Voorbeeld" for number, name in enumerate(NAMES, 1)}
    return rules_file(frozen, edition=str(edition.id), kind=kind, names=names, keys=keys)
