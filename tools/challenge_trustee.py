#!/usr/bin/env python3
"""The trustee's tool of the Interim Challenge: make the keys, prove that they work, open the ballots.

It needs Python 3.11 and PyNaCl, knows nothing of the portal, and never sends anything anywhere. How to use it step by
step, for somebody who is no programmer: docs/challenge/trustee.md.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import os
import sys
from pathlib import Path
from typing import Any

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, SealedBox
from nacl.signing import SigningKey

SECRET, PUBLIC = "challenge-secret-key.json", "challenge-public-key.json"
BALLOT = {"code", "decisive", "edition", "ranks", "scores", "word"}


class Stop(Exception):  # noqa: N818  an answer to the person, not an error of the program
    """What keeps the tool from going on, in Dutch and English."""


def canonical(value: Any) -> bytes:
    """Write a value in the one way it can be written."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def hash_of(value: Any) -> str:
    """Return the SHA-256 of a value as it is written canonically."""
    return hashlib.sha256(canonical(value)).hexdigest()


def fingerprint(public: dict[str, str]) -> str:
    """Return what the two of you read to each other over the telephone: sixteen signs in four groups."""
    short = hash_of(public)[:16].upper()
    return " ".join(short[start : start + 4] for start in range(0, 16, 4))


def read(path: Path) -> Any:
    """Read a file that the portal or this tool has made."""
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError) as wrong:
        raise Stop(f"{path} kan niet worden gelezen.", f"{path} cannot be read.") from wrong


def keys(folders: list[Path]) -> list[tuple[str, str]]:
    """Make one pair of keys and write it into each folder: the secret half, and the public half to hand over."""
    if len(folders) < 2:  # what is lost once must not be lost
        raise Stop("Geef twee mappen, op twee verschillende sticks.", "Give two folders, on two different sticks.")
    encryption, signing = PrivateKey.generate(), SigningKey.generate()
    public = {"encryption": bytes(encryption.public_key).hex(), "signing": bytes(signing.verify_key).hex()}
    secret = {**public, "encryption_secret": bytes(encryption).hex(), "signing_secret": bytes(signing).hex()}
    for folder in folders:
        if (folder / SECRET).exists():
            raise Stop(f"In {folder} ligt al een sleutel.", f"There is a key in {folder} already.")
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(folder / SECRET, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(canonical(secret))
        (folder / PUBLIC).write_bytes(canonical(public))
    mark = fingerprint(public)
    return [
        (
            f"In elke map liggen nu {SECRET} (houd die geheim) en {PUBLIC}.",
            f"Each folder now holds {SECRET} (keep it secret) and {PUBLIC}.",
        ),
        (f"Geef {PUBLIC} aan het bureau. Kenmerk: {mark}", f"Give {PUBLIC} to the bureau. Fingerprint: {mark}"),
    ]


def opened(key: Path, sealed: Path, out: Path, *, test: bool) -> list[tuple[str, str]]:
    """Open every envelope and write what is in them, sorted by code and signed; nothing tells which came from where."""
    secret, file = read(key), read(sealed)
    if set(file) != {"edition", "sealed", "test"} or "encryption_secret" not in secret:
        raise Stop("Dit zijn niet de bestanden die hier horen.", "These are not the files that belong here.")
    if file["test"] is not test:
        raise Stop(
            "Dit is een proef: gebruik de opdracht test."
            if file["test"]
            else "Dit is geen proef: gebruik de opdracht open.",
            "This is a test: use the command test." if file["test"] else "This is no test: use the command open.",
        )
    box = SealedBox(PrivateKey(bytes.fromhex(secret["encryption_secret"])))
    ballots, unreadable = [], []
    for envelope in file["sealed"]:
        ballot = _ballot(box, envelope, file["edition"])
        if ballot is None:
            unreadable.append(envelope["digest"])
        else:
            ballots.append(ballot)
    said = {
        "ballots": sorted(ballots, key=lambda ballot: ballot["code"]),
        "edition": file["edition"],
        "sealed": hash_of(file),
        "unreadable": sorted(unreadable),
    }
    signature = SigningKey(bytes.fromhex(secret["signing_secret"])).sign(canonical(said)).signature.hex()
    out.write_bytes(canonical({**said, "signature": signature}))
    report = [
        (
            f"{len(ballots)} stembiljetten geopend, geschreven naar {out}.",
            f"{len(ballots)} ballots opened, written to {out}.",
        ),
        (f"Kenmerk: {hash_of(said)[:16].upper()}", f"Fingerprint: {hash_of(said)[:16].upper()}"),
    ]
    if unreadable:
        report.append(
            (
                f"LET OP: {len(unreadable)} enveloppen gaan met deze sleutel niet open.",
                f"NOTE: {len(unreadable)} envelopes do not open with this key.",
            )
        )
    return report


def _ballot(box: SealedBox, envelope: dict[str, str], edition: str) -> dict[str, Any] | None:
    """Return what is in an envelope; None where it does not open, or holds no ballot of this edition."""
    try:
        content = base64.b64decode(envelope["ciphertext"], validate=True)
        if hashlib.sha256(content).hexdigest() != envelope["digest"]:
            return None
        ballot = json.loads(box.decrypt(content))
    except (CryptoError, ValueError):
        return None
    if not isinstance(ballot, dict) or set(ballot) != BALLOT or ballot.pop("edition") != edition:
        return None
    return ballot


def main(arguments: list[str] | None = None) -> int:
    """Do what is asked and say what was done."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--english", action="store_true", help="speak English instead of Dutch")
    commands = parser.add_subparsers(dest="command", required=True)
    making = commands.add_parser("keys", help="make a pair of keys, once, in two folders")
    making.add_argument("folders", nargs="+", type=Path)
    for name, result in (("test", "test-answer.json"), ("open", "ballots.json")):
        opening = commands.add_parser(name, help=f"open envelopes and write {result}")
        opening.add_argument("key", type=Path, help=SECRET)
        opening.add_argument("sealed", type=Path, help="the file that the portal gave")
        opening.add_argument("--out", type=Path, default=Path(result))
    given = parser.parse_args(arguments)
    try:
        if given.command == "keys":
            report = keys(given.folders)
        else:
            report = opened(given.key, given.sealed, given.out, test=given.command == "test")
    except Stop as stop:
        print(stop.args[1 if given.english else 0], file=sys.stderr)
        return 1
    for dutch, english in report:
        print(english if given.english else dutch)
    return 0


if __name__ == "__main__":
    sys.exit(main())
