"""An edition of years ago, held from the opening to the result as editions are, with people who only exist in the demo.

The trustee's key is drawn from the year, so that the same demo has the same envelopes; whoever holds it opens them here
at once, which in earnest happens elsewhere.
"""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from nacl.public import PrivateKey, SealedBox
from nacl.signing import SigningKey
from sqlalchemy import select

from app.challenge import sealing
from app.challenge.board import Kind, hash_of, hash_of_digests, signed
from app.challenge.bundle import paper_of
from app.challenge.defaults import EQUAL_WEIGHT, FIVE_VS
from app.challenge.models import (
    Edition,
    EditionState,
    Juror,
    JurorState,
    Nominee,
    NomineeState,
    Score,
    Trustee,
)
from app.challenge.sealing import Vote
from app.challenge.services import (
    CriterionDetails,
    agree_to_publish,
    count_edition,
    files,
    freezing,
    locked,
    withdraw,
    write,
)
from app.challenge.services.transitions import move
from app.core import clock
from app.core.db import db

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
AGREED = "Ik werk de business case zelf uit."


@dataclass(frozen=True)
class Cast:
    """Who stands and who judges, what each nominee is worth to the jury, and how many voted of how many."""

    nominees: Sequence[UUID]
    jurors: Sequence[UUID]
    worth: Sequence[Sequence[int]]
    named: Sequence[bool]
    roll: int = 64
    votes: int = 41
    withdrawn: Sequence[int] = ()
    favour: Sequence[int] = field(default_factory=tuple)


def hold(edition_id: UUID, cast: Cast, *, officer: UUID, until_counted: bool = False) -> None:
    """Take an edition that is prepared from the opening to its result."""
    edition = locked(edition_id)
    chance = random.Random(edition.year)  # noqa: S311  the demo's, never a secret
    key, signing = PrivateKey(chance.randbytes(32)), SigningKey(chance.randbytes(32))
    _seats(edition, cast, key, signing)
    rules = freezing.rules_of(edition, roll=cast.roll)
    digest = files.keep(edition, "rules", rules)
    edition.state = EditionState.NOMINATION
    move(edition, EditionState.OPEN, by=officer, roll=cast.roll, rules=digest)
    _marks(edition, cast, chance)
    envelopes = _casts(edition, cast, rules, bytes(key.public_key), chance)
    for nominee in db.session.scalars(select(Nominee).where(Nominee.edition_id == edition_id)):
        if nominee.number in cast.withdrawn:
            withdraw(nominee.id, why="Een opdracht die al mijn tijd vraagt.", by=nominee.account_id)
    sealed = sealing.sealed_file(str(edition_id), envelopes)
    files.keep(edition, "sealed", sealed)
    digests = [each["digest"] for each in sealed["sealed"]]
    move(edition, EditionState.CLOSED, by=officer, count=len(digests), digests=hash_of_digests(digests))
    ballots = _opened(sealed, key, signing)
    kept = files.keep(edition, "ballots", ballots)
    move(edition, EditionState.OPENED, by=officer, ballots=kept, count=len(ballots["ballots"]))
    count_edition(edition_id, by=officer)
    if not until_counted:
        agree_to_publish(edition_id, by=officer)
        agree_to_publish(edition_id, by=cast.jurors[0])


def _seats(edition: Edition, cast: Cast, key: PrivateKey, signing: SigningKey) -> None:
    now = clock.now()
    for number, account_id in enumerate(cast.nominees, start=1):
        said = {"accepted_at": now, "answered_at": now, "terms_version": 1, "terms_text": AGREED, "plan": "Plan"}
        db.session.add(
            Nominee(
                edition_id=edition.id,
                account_id=account_id,
                number=number,
                state=NomineeState.TAKING_PART,
                is_named=cast.named[number - 1],
                **said,
            )
        )
    edition.chair_id = cast.jurors[0]
    for account_id in cast.jurors:
        db.session.add(Juror(edition_id=edition.id, account_id=account_id, state=JurorState.SITS, answered_at=now))
    trustee = {"name": "Mr. A. van Rijn", "email": "notaris@example.org", "locale": "nl"}
    halves = {"encryption": bytes(key.public_key).hex(), "signing": bytes(signing.verify_key).hex()}
    db.session.add(Trustee(edition_id=edition.id, **trustee, **halves))
    db.session.flush()


def _marks(edition: Edition, cast: Cast, chance: random.Random) -> None:
    """Give marks around what each nominee is worth, so that jurors differ as jurors do."""
    nominees = db.session.scalars(select(Nominee).where(Nominee.edition_id == edition.id))
    standing = {one.number: one for one in nominees}
    jurors = {one.account_id: one for one in db.session.scalars(select(Juror).where(Juror.edition_id == edition.id))}
    for juror in (jurors[account_id] for account_id in cast.jurors):
        for number, worth in enumerate(cast.worth, start=1):
            for criterion, halves in zip(edition.criteria, worth, strict=True):
                given = max(0, min(20, halves + chance.choice((-1, 0, 0, 1))))
                db.session.add(
                    Score(juror_id=juror.id, nominee_id=standing[number].id, criterion_id=criterion.id, halves=given)
                )
    db.session.flush()


def _casts(
    edition: Edition, cast: Cast, rules: Mapping[str, Any], trustee: bytes, chance: random.Random
) -> list[bytes]:
    """Let people vote, one in ten of them twice; the last vote counts."""
    paper = paper_of(rules)
    live: list[bytes] = []
    for number in range(cast.votes):
        earlier = None
        if number % 10 == 3:  # noqa: PLR2004
            regretted = sealing.seal(_vote(cast, paper, chance), paper, trustee)
            earlier = sealing.digest(regretted)
            write(edition, Kind.CAST, digest=earlier, replaces=None)
        envelope = sealing.seal(_vote(cast, paper, chance), paper, trustee)
        write(edition, Kind.CAST, digest=sealing.digest(envelope), replaces=earlier)
        live.append(envelope)
    return live


def _vote(cast: Cast, paper: sealing.Paper, chance: random.Random) -> Vote:
    favour = cast.favour or [1] * len(paper.numbers)
    order = sorted(paper.numbers, key=lambda one: chance.random() ** (1 / favour[one - 1]), reverse=True)
    code = "".join(chance.choices(LETTERS, k=sealing.CODE_LENGTH))
    decisive = chance.sample(paper.criteria, chance.randint(0, 2))
    kept = order[: chance.randint(max(1, len(order) - 2), len(order))]
    ranks = [[one] for one in kept] if paper.kind == "ranked" else [kept[:1]]
    return Vote(code, ranks=ranks, decisive=decisive)


def _opened(sealed: Mapping[str, Any], key: PrivateKey, signing: SigningKey) -> dict[str, Any]:
    """Open the envelopes as the trustee's tool does."""
    box = SealedBox(key)
    found = [json.loads(box.decrypt(base64.b64decode(each["ciphertext"]))) for each in sealed["sealed"]]
    ballots = sorted(
        ({name: value for name, value in one.items() if name != "edition"} for one in found),
        key=lambda each: each["code"],
    )
    body = {"ballots": ballots, "edition": sealed["edition"], "sealed": hash_of(sealed), "unreadable": []}
    return signed(body, signing)


def the_five_vs() -> list[CriterionDetails]:
    """Return the five V's, to weigh otherwise."""
    return [CriterionDetails(weight=EQUAL_WEIGHT, **one) for one in FIVE_VS]
