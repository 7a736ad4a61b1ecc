"""Editions that were held and counted, as the demo holds them, and their results for the pages."""

from __future__ import annotations

from typing import Any

from app.accounts.models import Account
from app.challenge import services
from app.challenge.demo_past import Cast, hold
from app.challenge.models import Edition, Method, Model, RoundKind
from app.core.db import db

from .conftest import WORK_OVER, fresh, make_edition, make_member

NAMES = ("Anna", "Bert", "Carla", "Dirk")
WORTH = ((17, 16, 18, 15, 16), (16, 17, 14, 16, 15), (13, 15, 12, 14, 13), (11, 12, 13, 10, 12))


def make_held(
    officer: Account,
    *,
    method: Method = Method.BORDA,
    rounds: tuple[tuple[RoundKind, Method], ...] | None = None,
    until_counted: bool = False,
    changes: dict[str, Any] | None = None,
    **cast: Any,
) -> Edition:
    """An edition with four nominees and five jurors; the fourth does not want to be named."""
    edition = make_edition(officer, days=WORK_OVER, **({"model": Model.POINTS} | (changes or {})))
    given = rounds or ((RoundKind.NOMINATION, Method.OPEN), (RoundKind.JURY, Method.RUBRIC), (RoundKind.BALLOT, method))
    services.set_rounds(edition.id, list(given), by=officer.id)
    nominees = [make_member(given_name=name, family_name="Voorbeeld").id for name in NAMES]
    jurors = [make_member(given_name=f"Jurylid{number}", family_name="Oordeel").id for number in range(1, 6)]
    people = {"nominees": nominees, "jurors": jurors, "worth": WORTH, "named": (True, True, True, False)}
    hold(
        edition.id, Cast(**(people | {"favour": (4, 3, 2, 1)} | cast)), officer=officer.id, until_counted=until_counted
    )
    db.session.commit()
    return fresh(edition)
