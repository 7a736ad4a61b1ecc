#!/usr/bin/env python3
"""Check a result of the Interim Challenge: the board, the receipts, the envelopes, the ballots, and the count itself.

One file that needs nothing but Python 3.11 and knows nothing of the portal: it was written from the description of the
formats, docs/challenge/bundle.md, and counts in its own way. For somebody who is no programmer: docs/challenge/verify.md.

    python challenge_verify.py bundle.zip --receipt receipt.json --head 812:9f3c... --code 7QK4-2M9D-XH3T-0PZ8
"""

from __future__ import annotations

import argparse
import base64
import binascii
import gc
import hashlib
import json
import re
import sys
import zipfile
from collections import Counter
from fractions import Fraction
from pathlib import Path
from typing import Any

FILES = ("board", "rules", "sealed", "ballots", "jury", "result")
LARGEST = 512 * 1024 * 1024
START = "0" * 64
LETTERS = set("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
FIELDS = {"code", "decisive", "ranks", "scores", "word"}

# --- Ed25519 signatures, as RFC 8032 describes them in section 5.1 -------------------------------------------------------

P = 2**255 - 19
Q = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)
Point = tuple[int, int, int, int]


def _add(one: Point, other: Point) -> Point:
    a = (one[1] - one[0]) * (other[1] - other[0]) % P
    b = (one[1] + one[0]) * (other[1] + other[0]) % P
    c = 2 * one[3] * other[3] * D % P
    d = 2 * one[2] * other[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def _times(scalar: int, point: Point) -> Point:
    found: Point = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            found = _add(found, point)
        point = _add(point, point)
        scalar >>= 1
    return found


def _same(one: Point, other: Point) -> bool:
    return (one[0] * other[2] - other[0] * one[2]) % P == 0 and (one[1] * other[2] - other[1] * one[2]) % P == 0


def _x_of(y: int, sign: int) -> int | None:
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    if square == 0:
        return None if sign else 0
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - square) % P:
        return None
    return P - x if (x & 1) != sign else x


def _point(encoded: bytes) -> Point | None:
    y = int.from_bytes(encoded, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    x = _x_of(y, sign)
    return None if x is None else (x, y, 1, x * y % P)


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE: Point = (_x_of(BASE_Y, 0) or 0, BASE_Y, 1, (_x_of(BASE_Y, 0) or 0) * BASE_Y % P)


def signature_holds(public: bytes, message: bytes, signature: bytes) -> bool:
    """Say whether a signature is that of the holder of this public key over this message (RFC 8032, 5.1.7)."""
    if len(public) != 32 or len(signature) != 64:
        return False
    a, r = _point(public), _point(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= Q:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % Q
    return _same(_times(s, BASE), _add(r, _times(h, a)))


# --- Reading -------------------------------------------------------------------------------------------------------------


class Unreadable(Exception):  # noqa: N818  an answer to the person
    """A file is not what it should be, in Dutch and English."""


WRITER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def canonical(value: Any) -> bytes:
    """Write a value in the one way it can be written."""
    return WRITER.encode(value).encode()


def hash_of(value: Any) -> str:
    """Return the SHA-256 of a value as it is written canonically."""
    return hashlib.sha256(canonical(value)).hexdigest()


def whole_numbers_only(content: bytes) -> Any:
    """Read JSON without broken numbers."""

    def never(text: str) -> Any:
        raise ValueError(text)

    return json.loads(content, parse_float=never, parse_constant=never)


def parsed(content: bytes) -> Any:
    """Read JSON strictly: no key twice, no broken numbers."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError(pairs)
        return found

    whole_numbers_only(content)
    return json.loads(content, object_pairs_hook=once)


def read_bundle(path: Path) -> dict[str, Any]:
    """Read the six files of a bundle, each exactly as it must be written, and take their hashes.

    What is there twice under one name is once when it is written again, so that it is not what must be written.
    """
    found: dict[str, Any] = {"hashes": {}}
    try:
        with zipfile.ZipFile(path) as archive:
            wanted = [f"{name}.json" for name in FILES]
            if sorted(archive.namelist()) != sorted(wanted):
                raise Unreadable(
                    f"De bundel hoort precies te bevatten: {', '.join(wanted)}.",
                    f"The bundle must hold exactly: {', '.join(wanted)}.",
                )
            for name in FILES:
                if archive.getinfo(f"{name}.json").file_size > LARGEST:
                    raise Unreadable(f"{name}.json is te groot.", f"{name}.json is too large.")
                content = archive.read(f"{name}.json")
                found[name] = whole_numbers_only(content)
                found["hashes"][name] = hashlib.sha256(content).hexdigest()
                if canonical(found[name]) != content:
                    raise Unreadable(
                        f"{name}.json is niet geschreven zoals het hoort.", f"{name}.json is not written as it must be."
                    )
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as wrong:
        raise Unreadable(
            f"De bundel kan niet worden gelezen: {wrong}", f"The bundle cannot be read: {wrong}"
        ) from wrong
    return found


# --- Checking ------------------------------------------------------------------------------------------------------------


class Check:
    """What was looked at, and everything that is not right, each under a name of its own."""

    def __init__(self, bundle: dict[str, Any]) -> None:
        self.board, self.rules, self.sealed = bundle["board"], bundle["rules"], bundle["sealed"]
        self.ballots, self.jury, self.result = bundle["ballots"], bundle["jury"], bundle["result"]
        self.hashes = bundle["hashes"]
        self.faults: list[tuple[str, str, str]] = []
        self.fine: list[tuple[str, str]] = []

    def wrong(self, name: str, dutch: str, english: str) -> None:
        """Note what is not right."""
        self.faults.append((name, dutch, english))

    def everything(self) -> None:
        """Check one thing after another; what cannot be looked at because of an earlier fault is left out."""
        for step in (self.chain, self.frozen, self.envelopes, self.opened, self.papers, self.counted):
            before = len(self.faults)
            try:
                step()
            except (KeyError, TypeError, ValueError, IndexError, AttributeError, ZeroDivisionError) as odd:
                self.wrong(
                    "form",
                    f"Een bestand heeft niet de vorm die het hoort te hebben ({odd!r}).",
                    f"A file does not have the form it must have ({odd!r}).",
                )
            if len(self.faults) == before:
                self.fine.append(DONE[step.__name__])

    def of(self, kind: str) -> list[dict[str, Any]]:
        """Return what the entries of a kind say."""
        return [entry["payload"] for entry in self.board["entries"] if entry["kind"] == kind]

    def only(self, kind: str) -> dict[str, Any]:
        """Return what the one entry of a kind says."""
        found = self.of(kind)
        if len(found) != 1:
            self.wrong(
                "board-order",
                f"Op het bord hoort één regel “{kind}” te staan; het zijn er {len(found)}.",
                f"The board must have one entry “{kind}”; it has {len(found)}.",
            )
        return found[0] if found else {}

    def chain(self) -> None:
        """Check that each entry follows on the one before it and says what its hash says."""
        head, seq = START, 0
        for entry in self.board["entries"]:
            seq += 1
            if entry["seq"] != seq:
                self.wrong(
                    "board-row-missing",
                    f"Op het bord volgt regel {entry['seq']} waar regel {seq} hoort: er is een regel weggelaten, toegevoegd of verplaatst.",
                    f"On the board entry {entry['seq']} stands where {seq} belongs: an entry was dropped, added or moved.",
                )
                seq = entry["seq"]
            if entry["prev"] != head:
                self.wrong(
                    "board-row-moved",
                    f"Regel {seq} van het bord sluit niet aan op de regel ervoor: daartussen is een regel weggelaten, toegevoegd of verplaatst.",
                    f"Entry {seq} of the board does not follow on the one before it: one was dropped, added or moved between them.",
                )
            if entry_hash(self.board["edition"], entry) != entry["hash"]:
                self.wrong(
                    "board-row-changed",
                    f"Regel {seq} van het bord is veranderd.",
                    f"Entry {seq} of the board was changed.",
                )
            head = entry["hash"]
        editions = {
            self.board["edition"],
            self.rules["edition"],
            self.sealed["edition"],
            self.ballots["edition"],
            self.jury["edition"],
            self.result["edition"],
        }
        if len(editions) != 1:
            self.wrong(
                "editions", "De bestanden horen niet bij dezelfde editie.", "The files are not of the same edition."
            )

    def frozen(self) -> None:
        """Check that rules, marks, ballots and result are those that the board names."""
        kinds = [entry["kind"] for entry in self.board["entries"]]
        turns = [kinds.index(kind) for kind in ("opened", "closed", "unsealed", "counted")]
        if turns != sorted(turns) or set(kinds[: turns[0]]) - {"nominations"} or "cast" in kinds[turns[1] :]:
            self.wrong(
                "board-order",
                "De regels van het bord staan in een volgorde die niet kan: opening, stemmen, sluiting, uitpakken, telling.",
                "The board is in an order that cannot be: opening, ballots, close, unsealing, count.",
            )
        counted = self.only("counted")
        for name, said, dutch in (
            ("rules", self.only("opened").get("rules"), "De regels zijn"),
            ("jury", counted.get("jury"), "De cijfers van de jury zijn"),
            ("ballots", self.only("unsealed").get("ballots"), "De stembiljetten zijn"),
            ("result", counted.get("result"), "De uitslag is"),
        ):
            if self.hashes[name] != said:
                self.wrong(
                    f"{name}-changed",
                    f"{dutch} niet wat op het bord is vastgelegd ({name}.json).",
                    f"{name}.json is not what was laid down on the board.",
                )

    def envelopes(self) -> None:
        """Check that each envelope was cast, none is missing, none was added."""
        live: dict[str, int] = {}
        for entry in self.board["entries"]:
            if entry["kind"] != "cast":
                continue
            said = entry["payload"]
            if said["replaces"] is not None and live.pop(said["replaces"], None) is None:
                self.wrong(
                    "board-replaces",
                    f"Regel {entry['seq']} vervangt een envelop die er niet was.",
                    f"Entry {entry['seq']} replaces an envelope that was not there.",
                )
            if said["digest"] in live:
                self.wrong(
                    "envelope-twice",
                    f"Regel {entry['seq']} noemt een envelop die er al was.",
                    f"Entry {entry['seq']} names an envelope that was there already.",
                )
            live[said["digest"]] = entry["seq"]
        found = [each["digest"] for each in self.sealed["sealed"]]
        for each in self.sealed["sealed"]:
            if hashlib.sha256(base64.b64decode(each["ciphertext"], validate=True)).hexdigest() != each["digest"]:
                self.wrong(
                    "envelope-changed",
                    f"De inhoud van envelop {each['digest'][:12]}… is veranderd.",
                    f"The content of envelope {each['digest'][:12]}… was changed.",
                )
        for digest in sorted(set(live) - set(found)):
            self.wrong(
                "envelope-missing",
                f"Envelop {digest[:12]}…, uitgebracht in regel {live[digest]}, ontbreekt.",
                f"Envelope {digest[:12]}…, cast in entry {live[digest]}, is missing.",
            )
        for digest in sorted(set(found) - set(live)):
            self.wrong(
                "envelope-added",
                f"Envelop {digest[:12]}… is nooit uitgebracht.",
                f"Envelope {digest[:12]}… was never cast.",
            )
        if found != sorted(set(found)):
            self.wrong(
                "envelope-order",
                "De enveloppen staan niet op volgorde, of een staat er dubbel.",
                "The envelopes are not in order, or one stands there twice.",
            )
        roll = [said["roll"] for said in [*self.of("opened"), *self.of("roll_changed")]][-1]
        if len(found) > roll:
            self.wrong(
                "envelope-roll",
                f"Er zijn meer enveloppen ({len(found)}) dan kiezers ({roll}).",
                f"There are more envelopes ({len(found)}) than voters ({roll}).",
            )
        closed = self.only("closed")
        if closed.get("count") != len(found) or closed.get("digests") != hash_of(sorted(found)):
            self.wrong(
                "envelope-close",
                "De enveloppen zijn niet die van de sluiting.",
                "The envelopes are not those of the close.",
            )

    def opened(self) -> None:
        """Check that the ballots are what the trustee took out of these envelopes, and as many."""
        said = {name: value for name, value in self.ballots.items() if name != "signature"}
        if self.rules["kind"] == "none":
            self.nobody_voted(said)
            return
        key = bytes.fromhex(self.rules["keys"]["trustee_signing"])
        if not signature_holds(key, canonical(said), bytes.fromhex(self.ballots["signature"])):
            self.wrong(
                "ballots-signature",
                "De stembiljetten zijn niet die welke de bewaarder van de sleutel heeft ondertekend.",
                "The ballots are not those that the trustee signed.",
            )
        if said["sealed"] != self.hashes["sealed"]:
            self.wrong(
                "ballots-origin",
                "De stembiljetten komen uit andere enveloppen.",
                "The ballots come from other envelopes.",
            )
        inside, outside = len(said["ballots"]) + len(said["unreadable"]), len(self.sealed["sealed"])
        if inside != outside:
            name = "ballot-missing" if inside < outside else "ballot-added"
            self.wrong(
                name,
                f"Uit {outside} enveloppen komen {inside} stembiljetten.",
                f"Out of {outside} envelopes come {inside} ballots.",
            )
        codes = [ballot["code"] for ballot in said["ballots"]]
        if codes != sorted(set(codes)):
            self.wrong(
                "ballot-code-twice",
                "Twee stembiljetten hebben dezelfde code, of ze staan niet op volgorde.",
                "Two ballots have the same code, or they are not in order.",
            )
        if said["unreadable"]:
            self.wrong(
                "unreadable",
                f"{len(said['unreadable'])} enveloppen konden niet worden geopend.",
                f"{len(said['unreadable'])} envelopes could not be opened.",
            )

    def nobody_voted(self, said: dict[str, Any]) -> None:
        """Check that there is no ballot where the jury alone decides."""
        if self.sealed["sealed"] or said["ballots"] or said["unreadable"] or self.of("cast"):
            self.wrong(
                "ballot-added",
                "De jury beslist alleen, en toch zijn er stembiljetten.",
                "The jury decides alone, and yet there are ballots.",
            )
        if said["sealed"] != hash_of(self.sealed):
            self.wrong(
                "ballots-origin",
                "De stembiljetten komen uit andere enveloppen.",
                "The ballots come from other envelopes.",
            )

    def papers(self) -> None:
        """Check that every ballot is one that the rules allow."""
        paper = Paper(self.rules)
        for ballot in self.ballots["ballots"]:
            why = paper.forbids(ballot)
            if why:
                self.wrong(
                    "ballot-illegal",
                    f"Stembiljet {ballot['code']} mag volgens de regels niet ({why}).",
                    f"The rules do not allow ballot {ballot['code']} ({why}).",
                )

    def counted(self) -> None:
        """Check that the result follows from the rules, the marks and the ballots."""
        gone = {said["nominee"] for said in self.of("withdrawn")}
        for place, ours, theirs in differences(
            result_of(self.rules, self.jury, self.ballots["ballots"], gone), self.result
        ):
            self.wrong(
                "result",
                f"De uitslag klopt niet bij {place}: daar staat {theirs}, geteld is {ours}.",
                f"The result is not right at {place}: it says {theirs}, counted is {ours}.",
            )

    def receipt(self, receipt: dict[str, Any]) -> None:
        """Check that a receipt is the server's, and that the board still says what it said."""
        said = {name: value for name, value in receipt.items() if name != "signature"}
        key = bytes.fromhex(self.rules["keys"]["server_signing"])
        if not signature_holds(key, canonical(said), bytes.fromhex(receipt["signature"])):
            self.wrong(
                "receipt-signature",
                "Het ontvangstbewijs is niet door het portaal ondertekend.",
                "The receipt was not signed by the portal.",
            )
            return
        entry = self.at(said["seq"])
        if said["edition"] != self.board["edition"] or entry is None or entry["hash"] != said["head"]:
            self.wrong(
                "receipt-head",
                f"Het bord is niet meer wat het was toen het ontvangstbewijs werd gegeven (regel {said['seq']}).",
                f"The board is no longer what it was when the receipt was given (entry {said['seq']}).",
            )
        elif entry["kind"] != "cast" or entry["payload"]["digest"] != said["digest"]:
            self.wrong(
                "receipt-envelope",
                "Op het bord staat een andere envelop dan op het ontvangstbewijs.",
                "The board names another envelope than the receipt.",
            )
        elif any(other["replaces"] == said["digest"] for other in self.of("cast")):
            self.fine.append(
                (
                    "Uw ontvangstbewijs klopt; later is met een nieuw stembiljet gestemd, dat telt.",
                    "Your receipt is right; a new ballot was cast later, and that one counts.",
                )
            )
        else:
            self.fine.append(
                (
                    "Uw ontvangstbewijs klopt; uw envelop is meegeteld.",
                    "Your receipt is right; your envelope was counted.",
                )
            )

    def head(self, seq: int, digest: str) -> None:
        """Check that a head that was written down earlier is still on the board."""
        entry = self.at(seq)
        if entry is None or entry["hash"] != digest:
            self.wrong(
                "head",
                f"Het bord is niet meer wat het bij regel {seq} was: er is iets weggehaald of herschreven.",
                f"The board is no longer what it was at entry {seq}: something was taken away or written anew.",
            )
        else:
            self.fine.append(
                (f"Het bord is nog wat het bij regel {seq} was.", f"The board still is what it was at entry {seq}.")
            )

    def at(self, seq: int) -> dict[str, Any] | None:
        """Return the entry with this number."""
        return next((entry for entry in self.board["entries"] if entry["seq"] == seq), None)

    def own(self, typed: str) -> None:
        """Find the voter's own ballot and say what is on it."""
        code = re.sub(r"[\s\-–.]", "", typed).upper().translate(str.maketrans("OIL", "011"))
        ballot = next((each for each in self.ballots["ballots"] if each["code"] == code), None)
        if ballot is None:
            self.wrong("own-ballot", f"Er is geen stembiljet met code {code}.", f"There is no ballot with code {code}.")
            return
        names = {each["number"]: each["name"] for each in self.rules["nominees"]}
        choice = (
            " > ".join(" = ".join(names.get(one, "–") for one in group) for group in ballot["ranks"])
            or canonical(ballot["scores"]).decode()
        )
        word = f" “{ballot['word']}”" if ballot["word"] else ""
        self.fine.append((f"Uw stembiljet {code}{word}: {choice}", f"Your ballot {code}{word}: {choice}"))


DONE = {
    "chain": ("Het bord is een gesloten keten.", "The board is an unbroken chain."),
    "frozen": (
        "Regels, cijfers, stembiljetten en uitslag zijn die van het bord.",
        "Rules, marks, ballots and result are those of the board.",
    ),
    "envelopes": (
        "Alle uitgebrachte enveloppen zijn er, en geen andere.",
        "All envelopes that were cast are there, and no others.",
    ),
    "opened": (
        "De stembiljetten zijn door de bewaarder van de sleutel ondertekend en zijn er evenveel als enveloppen.",
        "The ballots are signed by the trustee and are as many as the envelopes.",
    ),
    "papers": ("Elk stembiljet is volgens de regels.", "Every ballot is within the rules."),
    "counted": ("De uitslag is nageteld en klopt.", "The result was counted again and is right."),
}


def entry_hash(edition: str, entry: dict[str, Any]) -> str:
    """Return the hash that an entry of the board must have."""
    said = {"edition": edition, "kind": entry["kind"], "payload": entry["payload"], "seq": entry["seq"]}
    return hashlib.sha256(entry["prev"].encode() + canonical(said)).hexdigest()


class Paper:
    """What the rules allow on a ballot."""

    def __init__(self, rules: dict[str, Any]) -> None:
        self.kind = rules["kind"]
        self.numbers = set(rules["order"]) | ({rules["no_award"]} - {None})
        self.criteria = {each["code"] for each in rules["criteria"]}
        self.most_groups = {"single": 1, "approval": 1, "score": 0}.get(self.kind, len(self.numbers))

    def forbids(self, ballot: dict[str, Any]) -> str:
        """Say why the rules do not allow a ballot; nothing where they do."""
        if ballot.keys() != FIELDS or len(ballot["code"]) != 16 or not LETTERS.issuperset(ballot["code"]):
            return "code"
        named = [one for group in ballot["ranks"] for one in group]
        if len(set(named)) != len(named) or not self.numbers.issuperset(named) or not all(ballot["ranks"]):
            return "ranks"
        if len(ballot["ranks"]) > self.most_groups or (self.kind == "single" and len(named) > 1):
            return "kind"
        marks = [(int(one), name, mark) for one, given in ballot["scores"].items() for name, mark in given.items()]
        if (marks and self.kind != "score") or any(
            one not in self.numbers or name not in self.criteria or not 0 <= mark <= 20 for one, name, mark in marks
        ):
            return "scores"
        decisive = ballot["decisive"]
        if len(decisive) > 2 or len(set(decisive)) != len(decisive) or not self.criteria.issuperset(decisive):
            return "decisive"
        return ""


def differences(ours: Any, theirs: Any, place: str = "") -> list[tuple[str, Any, Any]]:
    """Return where two results differ."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return [
            each
            for name in sorted(set(ours) | set(theirs))
            for each in differences(ours.get(name), theirs.get(name), f"{place}.{name}".lstrip("."))
        ]
    if type(ours) is type(theirs) and ours == theirs:
        return []
    return [(place, json.dumps(ours), json.dumps(theirs))]


# --- Counting, from the description alone --------------------------------------------------------------------------------


def rounded(value: Fraction) -> int:
    """Round half up."""
    return (value + Fraction(1, 2)).__floor__()


def in_places(names: list[int], worth: dict[int, Any]) -> list[list[int]]:
    """Put names in places, the most worth first; equals share one, in the frozen order."""
    return [[one for one in names if worth[one] == each] for each in sorted(set(worth.values()), reverse=True)]


def result_of(
    rules: dict[str, Any], jury: dict[str, Any], ballots: list[dict[str, Any]], gone: set[int]
) -> dict[str, Any]:
    """Count and decide."""
    standing = [one for one in rules["order"] if one not in gone]
    scores = panel_scores(rules, jury, standing)
    totals = {one: sum(cell["contribution"] for cell in scores.get(one, {}).values()) for one in standing}
    if rules["method"] == "score":
        members = count_scores(rules, ballots, standing)
    else:
        off = set(gone)
        if rules["model"] == "shortlist":
            least = sorted(totals.values(), reverse=True)[: rules["shortlist"]][-1]
            off |= {one for one in rules["order"] if totals.get(one, -1) < least}
        on = [one for one in rules["order"] if one not in off]
        members = count_ranks(rules, ballots, on + ([rules["no_award"]] if rules["no_award"] is not None else []))
    return {
        "edition": rules["edition"],
        "jury": {str(one): scores[one] for one in standing if one in scores},
        "members": {name: value for name, value in members.items() if not name.startswith("_")},
        **awards(rules, scores, totals, members, standing),
    }


def panel_scores(rules: dict[str, Any], jury: dict[str, Any], standing: list[int]) -> dict[int, dict[str, Any]]:
    """Return the panel score and the contribution of everybody on every criterion; nothing where there is no jury."""
    if not jury["marks"] and not jury["chair"]:
        return {}
    chair = {(each["nominee"], each["criterion"]): each["score"] for each in jury["chair"]}
    marks: dict[tuple[int, str], list[int]] = {}
    for each in jury["marks"]:
        marks.setdefault((each["nominee"], each["criterion"]), []).append(each["halves"])
    found: dict[int, dict[str, Any]] = {}
    for one in standing:
        found[one] = {}
        for criterion in rules["criteria"]:
            code = criterion["code"]
            given = sorted(marks.get((one, code), []))
            if any(not 0 <= mark <= 20 for mark in given):
                raise ValueError(f"mark {given}")
            kept = given[1:-1] if len(given) >= 5 else given
            score = chair[one, code] if len(given) < 3 else rounded(Fraction(sum(kept) * 50, len(kept)))
            found[one][code] = {"contribution": rounded(Fraction(score * criterion["weight"], 10_000)), "score": score}
    return found


def count_scores(rules: dict[str, Any], ballots: list[dict[str, Any]], standing: list[int]) -> dict[str, Any]:
    """Count ballots that give marks."""
    sums: Counter[tuple[str, str]] = Counter()
    times: Counter[tuple[str, str]] = Counter()
    for ballot in ballots:
        for name, given in ballot["scores"].items():
            for code, mark in given.items():
                sums[name, code] += mark
                times[name, code] += 1
    points = dict.fromkeys(standing, 0)
    for one in standing:
        for criterion in rules["criteria"]:
            cell = str(one), criterion["code"]
            mean = rounded(Fraction(sums[cell] * 50, times[cell])) if times[cell] else 0
            points[one] += rounded(Fraction(mean * criterion["weight"], 10_000))
    groups = in_places(standing, points)
    return {
        "cast": len(ballots),
        "groups": groups,
        "shares": {str(one): 10 * points[one] for one in standing},
        "_firsts": dict.fromkeys(standing, 0),
        "_by_order": len(groups[0]) > 1,
    }


def count_ranks(rules: dict[str, Any], ballots: list[dict[str, Any]], names: list[int]) -> dict[str, Any]:
    """Count ballots that rank, by the method of the rules, and compare everybody with everybody."""
    papers = [
        [kept for group in ballot["ranks"] if (kept := [one for one in group if one in names])] for ballot in ballots
    ]
    above = pairs_above(papers, names)
    telling = sum(bool(paper) and len(paper[0]) < len(names) for paper in papers)
    borda = {a: sum(telling + above[a, b] - above[b, a] for b in names if b != a) for a in names}
    alone = Counter(paper[0][0] for paper in papers if paper and len(paper[0]) == 1)
    named = Counter(one for paper in papers for group in paper for one in group)
    firsts, approved = {one: alone[one] for one in names}, {one: named[one] for one in names}
    told: dict[str, Any] = {
        "blank": len(papers) - telling,
        "borda_leaders": in_places(names, borda)[0],
        "cast": len(papers),
        "condorcet": next((a for a in names if all(above[a, b] > above[b, a] for b in names if b != a)), None),
        "firsts": {str(one): firsts[one] for one in names},
        "matrix": {f"{a}>{b}": votes for (a, b), votes in above.items()},
        "_firsts": firsts,
    }
    method = rules["method"]
    if method == "irv":
        rounds, order = runoff(papers, names)
        tied = len(order) > 1 and rounds[-1]["tallies"][str(order[0])] == rounds[-1]["tallies"][str(order[1])]
        return told | {"rounds": rounds, "groups": [[one] for one in order], "_by_order": tied}
    if method == "schulze":
        paths = strongest_paths(above, names)
        better = {a: -sum(paths[b, a] > paths[a, b] for b in names if b != a) for a in names}
        told |= {"paths": {f"{a}>{b}": strength for (a, b), strength in paths.items()}}
        groups = in_places(names, better)
    else:
        points, most = {
            "borda": (borda, 2 * (len(names) - 1) * telling),
            "plurality": (firsts, sum(firsts.values())),
            "approval": (approved, sum(bool(paper) for paper in papers)),
        }[method]
        told |= {"shares": {str(one): rounded(Fraction(10_000 * points[one], most)) if most else 0 for one in names}}
        groups = in_places(names, points)
    return told | {"groups": groups, "_by_order": len(groups[0]) > 1}


def pairs_above(papers: list[list[list[int]]], names: list[int]) -> dict[tuple[int, int], int]:
    """Say how many ballots put the first of two above the second.

    One number per name holds the votes against all the others, each in a field of its own that never overflows.
    """
    width = len(papers).bit_length()
    field = {one: 1 << (width * place) for place, one in enumerate(names)}
    beaten = dict.fromkeys(names, 0)
    for paper in papers:
        below = sum(field.values())
        for group in paper:
            for one in group:
                below -= field[one]
            for one in group:
                beaten[one] += below
    return {(a, b): beaten[a] // field[b] % (1 << width) for a in names for b in names if a != b}


def strongest_paths(above: dict[tuple[int, int], int], names: list[int]) -> dict[tuple[int, int], int]:
    """Lengthen paths by one victory at a time until none grows stronger."""
    wins = {(a, b): votes if votes > above[b, a] else 0 for (a, b), votes in above.items()}
    paths = dict(wins)
    while True:
        longer = {
            (a, b): max([paths[a, b], *(min(paths[a, via], wins[via, b]) for via in names if via not in (a, b))])
            for a, b in paths
        }
        if longer == paths:
            return paths
        paths = longer


def runoff(papers: list[list[list[int]]], names: list[int]) -> tuple[list[dict[str, Any]], list[int]]:
    """Let names leave one by one; those whose leaving no ballot could still change share a round."""
    still_in, out, rounds = list(names), [], []
    choices = [choice(paper, still_in) for paper in papers]
    while True:
        tally = Counter(choices)
        weakest = sorted(still_in, key=lambda one: (tally[one], -names.index(one)))
        leaving, before = [], 0
        for place in range(len(still_in) - 2):
            before += tally[weakest[place]]
            if before and before >= tally[weakest[place + 1]]:
                break
            leaving.append(weakest[place])
        if len(still_in) > 2 and not leaving:
            leaving = weakest[:1]
        rounds.append(
            {"exhausted": tally[None], "leaving": leaving, "tallies": {str(one): tally[one] for one in still_in}}
        )
        if not leaving:
            return rounds, [*reversed(weakest), *reversed(out)]
        for one in leaving:
            still_in.remove(one)
            out.append(one)
            choices = [
                choice(paper, still_in) if now == one else now for paper, now in zip(papers, choices, strict=True)
            ]


def choice(paper: list[list[int]], still_in: list[int]) -> int | None:
    """Return whom a ballot counts for; nobody where its first group that is left has several."""
    for group in paper:
        left = [one for one in group if one in still_in]
        if left:
            return left[0] if len(left) == 1 else None
    return None


def awards(
    rules: dict[str, Any], scores: dict[int, Any], totals: dict[int, int], members: dict[str, Any], standing: list[int]
) -> dict[str, Any]:
    """Give the prizes by the model of the rules."""
    quorum = members["cast"] >= max(rules["quorum"], 1)
    combined = rules["model"] == "combined" and quorum
    rows = {}
    for one in standing:
        share = members["shares"].get(str(one), 0) if combined else None
        part = rounded(Fraction(10 * totals[one] * rules["jury_weight"], 10_000)) if combined else 10 * totals[one]
        of_members = rounded(Fraction((share or 0) * (10_000 - rules["jury_weight"]), 10_000))
        rows[one] = {
            "jury": 10 * totals[one],
            "jury_part": part,
            "members": share,
            "members_part": of_members,
            "total": part + of_members,
        }
    most = max(each["weight"] for each in rules["criteria"])
    heaviest = next(each["code"] for each in rules["criteria"] if each["weight"] == most)
    mark = {one: scores[one][heaviest]["score"] if scores else 0 for one in standing}

    def title(keys: dict[int, tuple[int, ...]], steps: list[str], basis: str) -> dict[str, Any]:
        places = [sorted(group) for group in in_places(standing, keys)]
        first = places[0]
        if keys[first[0]][0] < rules["floor"]:
            return {"basis": "below_floor", "places": places, "prize": "title", "step": "result", "winners": []}
        step = "shared" if len(first) > 1 else "result"
        if len(first) == 1 and len(places) > 1:
            step = next(
                name for name, one, other in zip(steps, keys[first[0]], keys[places[1][0]], strict=True) if one != other
            )
        return {"basis": basis, "places": places, "prize": "title", "step": step, "winners": first}

    def by_members(prize: str) -> dict[str, Any]:
        if not quorum:
            return {"basis": "no_quorum", "places": [], "prize": prize, "step": "result", "winners": []}
        places, winner = [sorted(group) for group in members["groups"]], members["groups"][0][0]
        if winner == rules["no_award"]:
            return {"basis": "no_award_chosen", "places": places, "prize": prize, "step": "result", "winners": []}
        step = "frozen_order" if members["_by_order"] else "result"
        return {"basis": "members", "places": places, "prize": prize, "step": step, "winners": [winner]}

    nobody = {"basis": "no_quorum", "places": [], "prize": "title", "step": "result", "winners": []}
    by_jury = (
        nobody
        if not scores
        else title({one: (10 * totals[one], mark[one]) for one in standing}, ["result", "criterion"], "jury")
    )
    if combined:
        told = {
            one: {
                "members": rows[one]["members"],
                "criterion": mark[one],
                "first_preferences": members["_firsts"].get(one, 0),
            }
            for one in standing
        }
        keys = {one: (rows[one]["total"], *(told[one][step] for step in rules["ties"])) for one in standing}
        given = [title(keys, ["result", *rules["ties"]], "both")]
    elif rules["model"] == "separate":
        given = [by_jury, by_members("public")]
    else:
        given = [by_members("title") if quorum and rules["model"] == "shortlist" else by_jury]
    return {"awards": given, "quorum_met": quorum, "rows": {str(one): row for one, row in rows.items()}}


def main(arguments: list[str] | None = None) -> int:
    """Check a bundle and say what was found; 0 where everything is right."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--receipt", type=Path, action="append", default=[], help="a receipt that you were given")
    parser.add_argument("--head", action="append", default=[], help="NUMBER:HASH, from a mail or a page")
    parser.add_argument("--code", action="append", default=[], help="the code of your own ballot")
    parser.add_argument("--english", action="store_true", help="speak English instead of Dutch")
    given = parser.parse_args(arguments)
    say = 1 if given.english else 0
    gc.disable()  # nothing here goes in circles, and looking for circles among so many ballots takes longer than reading
    try:
        check = Check(read_bundle(given.bundle))
        check.everything()
        for path in given.receipt:
            check.receipt(parsed(path.read_bytes()))
        for head in given.head:
            seq, _colon, digest = head.partition(":")
            check.head(int(seq), digest)
        for code in given.code:
            check.own(code)
    except Unreadable as wrong:
        print(wrong.args[say], file=sys.stderr)
        return 1
    except (OSError, ValueError, KeyError, TypeError, binascii.Error) as wrong:
        print(("Dit kan niet worden gelezen: ", "This cannot be read: ")[say] + repr(wrong), file=sys.stderr)
        return 1
    for told in check.fine:
        print(("goed   ", "right  ")[say] + told[say])
    for fault in check.faults:
        print(("FOUT   ", "WRONG  ")[say] + f"[{fault[0]}] {fault[1 + say]}")
    if check.faults:
        print(
            (
                f"{len(check.faults)} fouten gevonden: deze uitslag is niet te vertrouwen.",
                f"{len(check.faults)} faults found: this result is not to be trusted.",
            )[say]
        )
        return 1
    print(("Alles klopt.", "Everything is right.")[say])
    return 0


if __name__ == "__main__":
    sys.exit(main())
