"""The sealed ballot: what a voter chose, closed up so that only the trustee can read it (V5).

Closing up is libsodium's sealed box, through PyNaCl; nothing here is cryptography of our own. Every ballot of an
edition is padded to one size, so that the length of an envelope tells nothing.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nacl.exceptions import BadSignatureError
from nacl.public import PublicKey, SealedBox
from nacl.signing import VerifyKey

from app.challenge.board import canonical, hash_of
from app.core.codes import drawn, understood

CODE_LENGTH = 16
LONGEST_WORD = 24
MOST_DECISIVE = 2
HIGHEST_MARK = 20
STEP = 512
OPENED = {"ballots", "edition", "sealed", "unreadable"}
PER_WORD, PER_NOMINEE, PER_MARK = 12 * LONGEST_WORD, 8, 8


class Illegal(ValueError):  # noqa: N818  says what is wrong with a ballot
    """A ballot that the rules do not allow."""


@dataclass(frozen=True)
class Paper:
    """What the rules allow on a ballot: its kind, the numbers on it, the criteria, and how large an envelope is."""

    edition: str
    kind: str
    numbers: tuple[int, ...]
    criteria: tuple[str, ...]

    @property
    def size(self) -> int:
        """How many bytes every ballot is padded to: room for the largest there can be, in steps of 512."""
        marks = len(self.numbers) * sum(len(each) + PER_MARK for each in self.criteria) if self.kind == "score" else 0
        names = PER_NOMINEE * len(self.numbers) + sum(sorted(len(each) + 3 for each in self.criteria)[-MOST_DECISIVE:])
        room = 128 + len(self.edition) + PER_WORD + names + marks
        return (room // STEP + 1) * STEP


@dataclass(frozen=True)
class Vote:
    """A ballot as it was filled in: its code, the voter's own word, the choice, and what was decisive."""

    code: str
    ranks: Sequence[Sequence[int]] = ()
    scores: Mapping[int, Mapping[str, int]] | None = None
    decisive: Sequence[str] = ()
    word: str = ""

    def told(self) -> dict[str, Any]:
        """Return the ballot as it is published."""
        return {
            "code": self.code,
            "decisive": sorted(self.decisive),
            "ranks": [sorted(group) for group in self.ranks],
            "scores": {str(one): dict(given) for one, given in (self.scores or {}).items()},
            "word": self.word,
        }


def new_code() -> str:
    """Draw the code of a ballot: eighty random bits, by which only its voter knows it."""
    return drawn(CODE_LENGTH)


def read_code(typed: str) -> str | None:
    """Read the code of a ballot however it was typed; None for no code."""
    return understood(typed, CODE_LENGTH)


def slot(key: bytes, edition: str, person: str) -> str:
    """Return where a person's envelope lies: without the key, nobody can tell from it whose it is."""
    return hmac.new(key, f"{edition}|{person}".encode(), hashlib.sha256).hexdigest()


def check(vote: Vote, paper: Paper) -> None:
    """Refuse a ballot that the rules do not allow."""
    named = [one for group in vote.ranks for one in group]
    groups = len(vote.ranks)
    wrong = {
        "code": understood(vote.code, CODE_LENGTH) != vote.code,
        "word": len(vote.word) > LONGEST_WORD,
        "decisive": len(vote.decisive) > MOST_DECISIVE
        or len(set(vote.decisive)) < len(vote.decisive)
        or not set(vote.decisive) <= set(paper.criteria),
        "ranks": len(set(named)) < len(named) or not set(named) <= set(paper.numbers) or not all(vote.ranks),
        "kind": (paper.kind == "single" and len(named) > 1)
        or (paper.kind in {"single", "approval"} and groups > 1)
        or (paper.kind == "score" and groups > 0)
        or (paper.kind != "score" and bool(vote.scores)),
        "scores": not all(
            one in paper.numbers and criterion in paper.criteria and 0 <= mark <= HIGHEST_MARK
            for one, given in (vote.scores or {}).items()
            for criterion, mark in given.items()
        ),
    }
    found = [what for what, is_wrong in wrong.items() if is_wrong]
    if found:
        raise Illegal(", ".join(found))


def seal(vote: Vote, paper: Paper, trustee: bytes) -> bytes:
    """Close a ballot up for the trustee, padded with blanks to the size of all."""
    check(vote, paper)
    plain = canonical({**vote.told(), "edition": paper.edition})
    if len(plain) > paper.size:
        raise Illegal("size")
    return bytes(SealedBox(PublicKey(trustee)).encrypt(plain.ljust(paper.size)))


def digest(ciphertext: bytes) -> str:
    """Return what the board and the receipt call an envelope."""
    return hashlib.sha256(ciphertext).hexdigest()


def fingerprint(encryption: str, signing: str) -> str:
    """Return what trustee and bureau read to each other over the telephone: sixteen signs in four groups."""
    short = hash_of({"encryption": encryption, "signing": signing})[:16].upper()
    return " ".join(short[start : start + 4] for start in range(0, 16, 4))


def sealed_file(edition: str, envelopes: Iterable[bytes], *, test: bool = False) -> dict[str, Any]:
    """Put the envelopes together for the trustee, by digest, so that nothing tells in which order they were cast."""
    sealed = [
        {"ciphertext": base64.b64encode(ciphertext).decode(), "digest": digest(ciphertext)} for ciphertext in envelopes
    ]
    return {"edition": edition, "sealed": sorted(sealed, key=lambda each: each["digest"]), "test": test}


def trial_votes(count: int = 3) -> list[Vote]:
    """Make ballots that choose nobody, for the test opening: only who holds the key can tell their codes."""
    return [Vote(new_code()) for _one in range(count)]


class NotOpened(ValueError):  # noqa: N818  says why an opening is not taken in
    """What the trustee handed in does not belong to what was sealed; `reason` is the word for why."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


def take_in(opened: Mapping[str, Any], sealed: Mapping[str, Any], *, signing: bytes) -> list[Mapping[str, Any]]:
    """Check what the trustee opened and return the ballots: signed, of these very envelopes, and as many."""
    said = {name: value for name, value in opened.items() if name != "signature"}
    try:
        VerifyKey(signing).verify(canonical(said), bytes.fromhex(str(opened.get("signature", ""))))
    except (BadSignatureError, ValueError, TypeError, binascii.Error) as wrong:
        raise NotOpened("signature") from wrong
    if set(said) != OPENED or not isinstance(said["ballots"], list) or not isinstance(said["unreadable"], list):
        raise NotOpened("form")
    ballots = said["ballots"]
    if said["edition"] != sealed["edition"] or said["sealed"] != hash_of(sealed):
        raise NotOpened("envelopes")
    if len(ballots) + len(said["unreadable"]) != len(sealed["sealed"]):
        raise NotOpened("count")
    codes = [str(ballot.get("code")) if isinstance(ballot, dict) else "" for ballot in ballots]
    if codes != sorted(set(codes)):
        raise NotOpened("codes")
    return ballots


def read_vote(written: Mapping[str, Any]) -> Vote:
    """Read a ballot as it is published; Illegal where it is not written as ballots are."""
    try:
        words = (written["code"], written["word"], *written["decisive"])
        scores = {
            int(one): {name: int(mark) for name, mark in given.items()} for one, given in written["scores"].items()
        }
        ranks = [[int(one) for one in group] for group in written["ranks"]]
        vote = Vote(written["code"], ranks, scores, list(written["decisive"]), written["word"])
    except (KeyError, TypeError, ValueError, AttributeError) as odd:
        raise Illegal("form") from odd
    if not all(isinstance(word, str) for word in words) or canonical(vote.told()) != canonical(dict(written)):
        raise Illegal("form")
    return vote


def read_json(content: bytes) -> dict[str, Any] | None:
    """Read a file that the trustee's program wrote; None for anything that it cannot have written."""

    def never(number: str) -> Any:
        raise ValueError(number)

    try:
        found = json.loads(content, parse_float=never, parse_constant=never)
        canonical(found)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def trial_passed(
    opened: Mapping[str, Any], sealed: Mapping[str, Any], votes: Sequence[Vote], *, signing: bytes
) -> bool:
    """Say whether a test opening shows that this key opens what is sealed for it."""
    found = {ballot["code"] for ballot in take_in(opened, sealed, signing=signing)}
    return bool(sealed["test"]) and found == {vote.code for vote in votes}
