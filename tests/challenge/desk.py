"""A trustee with the real program, on a computer of their own, and an edition that is ready for a sealed ballot."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

from app.accounts.models import Account
from app.challenge import queries, services
from app.challenge.bundle import paper_of
from app.challenge.models import Edition
from app.challenge.sealing import Vote, new_code
from app.challenge.services import TrusteeDetails, casting, files, slots
from app.challenge.services.casting import Box
from app.core.db import atomic, db
from tests.challenge.editions import TOOLS

WHO = {"name": "mr. Hanneke Vos", "email": "notaris@voorbeeld.example", "locale": "nl"}


@dataclass
class Trustee:
    """Whoever keeps the key, with two sticks."""

    folder: Path
    told: str = ""

    def __post_init__(self) -> None:
        self.told = self.run("keys", "stick-1", "stick-2")

    def run(self, *arguments: str) -> str:
        command = [sys.executable, str(TOOLS / "challenge_trustee.py"), "--english", *arguments]
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=True).stdout

    @property
    def public(self) -> bytes:
        return (self.folder / "stick-1" / "challenge-public-key.json").read_bytes()

    @property
    def secret(self) -> bytes:
        return (self.folder / "stick-1" / "challenge-secret-key.json").read_bytes()

    def work(self, command: str, content: bytes, *, stick: int = 1) -> bytes:
        """Let the program open a file of the portal, and return what it writes."""
        (self.folder / "given.json").write_bytes(content)
        key = f"stick-{stick}/challenge-secret-key.json"
        self.run(command, key, "given.json", "--out", "made.json")
        return (self.folder / "made.json").read_bytes()


def entrust(edition: Edition, trustee: Trustee, officer: Account) -> None:
    """Enter the key and have both copies tested, without a page."""
    with atomic():
        details = TrusteeDetails(**WHO, **json.loads(trustee.public))
        services.entrust(edition.id, details, by=officer.id)
    for trial in queries.trials(edition.id):
        answer = json.loads(trustee.work("test", trial.sealed.encode(), stick=trial.copy))
        with atomic():
            services.pass_trial(edition.id, answer, by=officer.id)


def box_of(edition: Edition) -> Box:
    rules = files.read(edition.id, "rules")
    assert rules
    return Box(paper_of(rules), bytes.fromhex(rules["keys"]["trustee_encryption"]), slots.slot_key(edition.id))


def cast(edition: Edition, voter: UUID, **vote: Any) -> Vote:
    ballot = Vote(new_code(), **vote)
    box = box_of(edition)
    with atomic():
        casting.cast(edition.id, voter, casting.sealed(ballot, box), box, replaces=None)
    return ballot


def end(edition: Edition) -> None:
    """Let the closing date pass. The database's own clock counts, so the date moves and not the clock."""
    db.session.expire_all()
    found = queries.edition(edition.id)
    assert found.opens_at
    found.closes_at = found.opens_at + timedelta(minutes=1)
    db.session.commit()


def at(edition: Edition, part: str = "") -> str:
    return f"/bureau/challenge/{edition.id}/ballot{part}"


def uploaded(content: bytes | dict[str, Any], name: str = "bestand.json") -> dict[str, Any]:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return {"file": (BytesIO(raw), name)}


def enter_key(client: Any, edition: Edition, trustee: Trustee) -> Any:
    return client.post(at(edition, "/trustee"), data=WHO | uploaded(trustee.public))


def try_both_copies(client: Any, edition: Edition, trustee: Trustee) -> None:
    for copy in (1, 2):
        answer = trustee.work("test", client.get(at(edition, f"/test-{copy}.json")).data, stick=copy)
        assert client.post(at(edition, "/answer"), data=uploaded(answer)).status_code == 303
