"""V4: what jurors read: that they are asked, that the scoring has begun, and that it soon ends; each once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from app.accounts import queries as accounts
from app.challenge import queries
from app.challenge.events import JurorAsked
from app.challenge.models import Juror
from app.core import clock
from app.core.db import atomic
from app.mail import services as mail
from app.mail.rendering import link

BEFORE = timedelta(days=3)
"""So long before the opening an answer is asked for once more, and so long before the close the scores."""


def invited(event: JurorAsked) -> None:
    """Ask somebody for the jury; whoever declined and is asked anew reads it anew."""
    juror = queries.juror(event.juror_id)
    _post("juror_asked", juror, f"juror-asked:{juror.id}:{juror.asked_at.isoformat()}")


def write_jurors() -> None:
    """Write what is due: after a standstill still, as long as it is of use."""
    now = clock.now()
    unanswered = [one for one in queries.unanswered(now + BEFORE) if one.asked_at <= now - BEFORE]
    _once("juror_answer", unanswered)
    scoring = [one for one in queries.scoring() if one.edition.closes_at and one.edition.closes_at > now]
    _once("jury_open", scoring)
    late = [one for one in scoring if one.edition.closes_at and one.edition.closes_at <= now + BEFORE]
    done = queries.handed_in([one.id for one in late])
    _once("jury_reminder", [one for one in late if one.id not in done])


def _once(template: str, jurors: Iterable[Juror]) -> None:
    ids = {f"{template}:{one.id}": one.id for one in jurors}
    known = mail.posted_among(ids)
    for key, juror_id in ids.items():
        if key not in known:
            with atomic():
                _post(template, queries.juror(juror_id), key)


def _post(template: str, juror: Juror, key: str) -> None:
    account, edition = accounts.account(juror.account_id), juror.edition
    progress = queries.progress(edition.id, juror.id)[juror.id]
    values: dict[str, Any] = {
        "title": edition.title,
        "begins": edition.opens_at,
        "ends": edition.closes_at,
        "done": progress.done,
        "of": progress.of,
        "page": link("jury.desk", id=juror.id),
    }
    mail.post(
        template=f"challenge/{template}",
        to=account.email,
        name=account.name,
        locale=account.locale,
        account_id=account.id,
        key=key,
        values=values,
    )
