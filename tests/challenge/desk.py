"""A trustee with the real program, on a computer of their own, and an edition that is ready for a sealed ballot."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from app.challenge.models import Edition
from tests.challenge.editions import TOOLS

WHO = {"name": "mr. Hanneke Vos", "email": "notaris@voorbeeld.example", "locale": "nl"}


@dataclass
class Trustee:
    """Whoever keeps the key, with two sticks."""

    folder: Path

    def run(self, *arguments: str) -> str:
        command = [sys.executable, str(TOOLS / "challenge_trustee.py"), "--english", *arguments]
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=True).stdout

    def make_keys(self) -> str:
        return self.run("keys", "stick-1", "stick-2")

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
