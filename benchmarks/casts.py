"""V5: votes cast over HTTP, and the same endpoint with envelopes that are not sealed: what secrecy costs.

What must hold is asserted: an envelope and an entry on the board for everybody, and a board without a fault.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import Flask

from app import create_app
from app.accounts import queries as accounts
from app.challenge import links
from app.challenge.board import first_fault
from app.challenge.queries import board, voting
from app.challenge.sealing import Vote, new_code
from app.challenge.services import casting
from app.challenge.services.casting import Box
from app.core.db import atomic, db
from benchmarks import crowd, databases, portal, server
from benchmarks.crowd import Click
from tests.challenge.polls import Poll, make_poll
from tests.factories import make_account

VOTERS, AT_ONCE, SEE_OTHER = 300, 8, 303
WAYS = {"sealed": "wsgi:app", "not_sealed": "benchmarks.casts:unsealed()"}


def unsealed() -> Flask:
    """Make the portal with envelopes of random bytes in place of sealed ones."""

    def envelope(_vote: Vote, box: Box, *, own: int | None = None) -> bytes:
        del own
        return secrets.token_bytes(box.paper.size)

    casting.sealed = envelope
    return create_app()


def measured(kind: str, folder: Path, seconds: float) -> Iterator[dict[str, Any]]:
    """Let everybody vote once, each way in a database of its own."""
    del seconds
    for way, app in WAYS.items():
        place = folder / way
        place.mkdir()
        with databases.empty(kind, place) as url:
            databases.upgrade(url, place)
            settings = portal.environment(url, place)
            with portal.opened(settings) as made:
                with atomic():
                    officer = make_account(roles=("returning_officer",))
                poll = make_poll(officer, voters=VOTERS)
                clicks = _clicks(made, poll)
            with server.serving(app, settings, log=place / "casts.log") as running:
                path = f"/challenge/{poll.edition_id}/vote/cast"
                figures = crowd.press(running.port, path, clicks, at_once=AT_ONCE, answer=SEE_OTHER)
            with portal.opened(settings):
                _assure(poll.edition_id)
            yield {
                "name": "casts",
                "database": kind,
                "way": way,
                "per_s": round(VOTERS / figures.wall_s, 1),
                **figures._asdict(),
            }


def _clicks(app: Flask, poll: Poll) -> Sequence[Click]:
    """Put each voter before the button, with a code of their own."""
    clicks = []
    for voter in poll.voters:
        click, code = crowd.browser(app, accounts.account(voter)), new_code()
        mark = links.code_mark(code, poll.edition_id, voter)
        clicks.append(Click(click.cookie, f"{click.body}&code={code}&mark={mark}&standing=&place-1=1&place-2=2"))
    db.session.commit()
    return clicks


def _assure(edition_id: UUID) -> None:
    """Make sure that everybody voted once, and that the board is whole."""
    entries = board(edition_id)
    assert voting.turnout(edition_id).voted == VOTERS
    assert len(entries) == VOTERS + 1
    assert first_fault((one.entry, one.hash) for one in entries) is None
