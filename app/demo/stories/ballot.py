"""The vote of the members: one that is open, in which some voted, one of them twice.

The key of its trustee is drawn anew for each demo and lies beside its data, so that the vote can be brought to its end.
"""

from __future__ import annotations

import json
from base64 import b64decode
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import current_app
from nacl.public import PrivateKey, SealedBox
from nacl.signing import SigningKey

from app.challenge import jury_mails, mails, queries, services, voter_mails
from app.challenge.board import canonical, hash_of, signed
from app.challenge.demo import REASON, case_details, edition_details, work_of
from app.challenge.models import Method, NominationKind, RoundKind
from app.challenge.queries import voting
from app.challenge.sealing import Vote, new_code
from app.challenge.services import TrusteeDetails, casting, electorate, files
from app.challenge.services.electorate import Invitation
from app.core.demo import DOMAIN
from app.demo.stage import Stage, Story

YEAR = -3
DAYS = (-60, -40, -20, -4, 9)
STAND = ("stil", "verlengen", "zomer")
VOTED: tuple[tuple[int, list[list[int]], list[str], str], ...] = (
    (0, [[1], [2, 3]], ["c4"], ""),
    (1, [[2], [3]], ["c1", "c5"], ""),
    (2, [[3], [1], [2]], [], "heide"),
    (3, [[1]], ["c4"], ""),
    (4, [], [], ""),
    (5, [[2], [1]], ["c2"], ""),
    (0, [[1], [3], [2]], ["c4"], ""),
)
KEY = "demo-trustee/challenge-secret-key.json"


class Trustee:
    """Whoever keeps the key in the demo."""

    def __init__(self) -> None:
        self.encryption, self.signing = PrivateKey.generate(), SigningKey.generate()

    @property
    def public(self) -> dict[str, str]:
        return {
            "encryption": bytes(self.encryption.public_key).hex(),
            "signing": bytes(self.signing.verify_key).hex(),
        }

    def keep(self) -> None:
        """Put the key where the demo's data are, as the trustee's program writes it."""
        secret = {
            **self.public,
            "encryption_secret": bytes(self.encryption).hex(),
            "signing_secret": bytes(self.signing).hex(),
        }
        place = Path(current_app.config["DATA_DIR"]) / KEY
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        place.write_bytes(canonical(secret))

    def opened(self, test: dict[str, Any]) -> dict[str, Any]:
        """Open the envelopes of a test."""
        box = SealedBox(self.encryption)
        found = [json.loads(box.decrypt(_envelope(one))) for one in test["sealed"]]
        ballots = [{name: value for name, value in one.items() if name != "edition"} for one in found]
        said = {
            "ballots": sorted(ballots, key=lambda one: str(one["code"])),
            "edition": test["edition"],
            "sealed": hash_of(test),
            "unreadable": [],
        }
        return signed(said, self.signing)


def _envelope(sealed: dict[str, str]) -> bytes:
    return b64decode(sealed["ciphertext"])


def _open_vote(stage: Stage) -> Story:
    officer = stage.account("returning-officer").id
    yield stage.at(80, 10)
    details = edition_details(stage.today.year + YEAR, officer, today=stage.today, days=DAYS)
    named = replace(details, title=f"Publieksprijs {details.year}")
    edition_id = services.prepare_edition(named, by=officer).id
    services.change_case(edition_id, case_details(), by=officer)
    rounds = [(RoundKind.NOMINATION, Method.OPEN), (RoundKind.BALLOT, Method.BORDA)]
    services.set_rounds(edition_id, rounds, by=officer)
    yield stage.at(60, 9)
    services.open_nominations(edition_id, by=officer)
    for one in STAND:
        person = stage.account(one).id
        nominee_id = services.nominate(edition_id, person, kind=NominationKind.SELF, reason=REASON, by=person).id
        services.agree(nominee_id, terms_version=1, by=person)
        services.save_work(nominee_id, work_of(), seen=0, by=person)
    yield stage.at(6, 14)
    _entrust(edition_id, by=officer)
    invited = Invitation("Iris Kool", f"iris.kool@{DOMAIN}")
    electorate.invite_voters(edition_id, [invited], by=officer)
    yield stage.at(4, 13)
    services.open_edition(edition_id, by=officer)
    yield stage.at(2, 20)
    people = _who_votes(edition_id, first=stage.account("lid").id)
    for number, ranks, decisive, word in VOTED:
        _votes(edition_id, people[number], Vote(new_code(), ranks=ranks, decisive=decisive, word=word))
    (outsider,) = voting.invitees(edition_id)
    _votes(edition_id, outsider.id, Vote(new_code(), ranks=[[2]]))
    voter_mails.tell_voters()
    yield stage.at(0, 7)
    mails.tell_heads()
    jury_mails.write_jurors()


def _who_votes(edition_id: UUID, *, first: UUID) -> list[UUID]:
    """Return who is on the roll, somebody with an address of their own first."""
    others = sorted(voting.on_roll(edition_id) - {first})
    return [first, *others]


def _entrust(edition_id: UUID, *, by: UUID) -> None:
    """Let a notary keep the key, and open the two tests."""
    trustee = Trustee()
    trustee.keep()
    details = TrusteeDetails(name="mr. E. Baars, notaris", email=f"notaris@{DOMAIN}", locale="nl", **trustee.public)
    services.entrust(edition_id, details, by=by)
    for one in queries.trials(edition_id):
        services.pass_trial(edition_id, trustee.opened(json.loads(one.sealed)), by=by)


def _votes(edition_id: UUID, voter: UUID, vote: Vote) -> None:
    rules = files.read(edition_id, "rules")
    assert rules is not None
    box = casting.box_of(rules)
    place = queries.own_place(edition_id, voter)
    chosen = [[one for one in group if place is None or one != place.number] for group in vote.ranks]
    kept = replace(vote, ranks=[group for group in chosen if group])
    earlier = voting.digest_in(box.place(voter))
    casting.cast(edition_id, voter, casting.sealed(kept, box), box, replaces=earlier)


STORIES = (_open_vote,)
