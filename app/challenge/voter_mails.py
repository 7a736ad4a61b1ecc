"""V5: what voters read: that the vote is open, that it closes soon, and that their vote was received."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.accounts import queries as accounts
from app.challenge import links, queries
from app.challenge.models import Edition, EditionState, RollEntry
from app.challenge.queries import voting
from app.challenge.services import confirming
from app.core import clock
from app.core.db import atomic, db
from app.jobs import registry as jobs
from app.mail import services as mail
from app.mail.attachments import Reference
from app.mail.rendering import link

EVERY = timedelta(minutes=5)
AT_ONCE = 50
BEFORE_CLOSE, AFTER_OPENING = timedelta(days=3), timedelta(days=1)
RECEIPT = "challenge.receipt"


def register() -> None:
    """Let the worker write to voters, and receipts be made when a mail is sent."""
    mail.attachment_source(RECEIPT, confirming.receipt_for_mail)
    jobs.handler("challenge.tell_voters")(tell_voters)
    jobs.schedule("challenge.tell_voters", handler="challenge.tell_voters", every=EVERY, at_start=True)


@dataclass(frozen=True)
class Reader:
    """Where a voter reads mail, and where they vote."""

    voter: UUID
    email: str
    name: str
    locale: str
    page: str
    account_id: UUID | None

    @property
    def to(self) -> dict[str, Any]:
        """Whom a mail is for; a personal link votes, so that nobody else is to read it."""
        who = {"to": self.email, "name": self.name, "locale": self.locale, "account_id": self.account_id}
        return who | {"holds_secret": self.account_id is None}


def tell_voters() -> None:
    """Write what is due to voters; done twice it is done once."""
    for edition in _with_roll():
        if edition.state is EditionState.OPEN and edition.opens_at and edition.closes_at:
            now = clock.now()
            if edition.opens_at <= now < edition.closes_at:
                _write(edition, "vote_opens", _voters(edition))
            if max(edition.closes_at - BEFORE_CLOSE, edition.opens_at + AFTER_OPENING) <= now < edition.closes_at:
                _write(edition, "vote_reminder", _voters(edition, RollEntry.voted.is_(False)))
        while _confirm(edition):
            pass


def _with_roll() -> list[Edition]:
    """Return the editions whose voters have something to hear."""
    owed = select(RollEntry.edition_id).where(RollEntry.owed)
    return list(db.session.scalars(select(Edition).where((Edition.state == EditionState.OPEN) | Edition.id.in_(owed))))


def _voters(edition: Edition, *which: Any) -> list[UUID]:
    wanted = select(RollEntry.voter).where(RollEntry.edition_id == edition.id, *which)
    return list(db.session.scalars(wanted.order_by(RollEntry.voter)))


def _write(edition: Edition, template: str, voters: Sequence[UUID]) -> None:
    """Write the same to each of these, once."""
    keys = {f"{template}:{edition.id}:{voter}": voter for voter in voters}
    names = list(keys)
    for start in range(0, len(names), AT_ONCE):
        some = names[start : start + AT_ONCE]
        known = mail.posted_among(some)
        with atomic():
            for reader in _readers(edition.id, [keys[name] for name in some if name not in known]):
                mail.post(
                    template=f"challenge/{template}",
                    key=f"{template}:{edition.id}:{reader.voter}",
                    about_id=edition.id,
                    values={"title": edition.title, "until": edition.closes_at, "page": reader.page},
                    **reader.to,
                )


def _confirm(edition: Edition) -> bool:
    """Tell some that their vote was received; all these mails are alike but for whom they are for."""
    with atomic():
        told = confirming.draw_owed(edition.id)
        is_over = confirming.is_over(edition)
        head = queries.last_entry(edition.id)
        for reader in _readers(edition.id, told) if head else ():
            mail.post(
                template="challenge/vote_received",
                key=f"vote_received:{uuid.uuid4()}",
                about_id=edition.id,
                attachments=[
                    Reference("ontvangstbewijs.json", "application/json", RECEIPT, f"{edition.id}.{reader.voter}")
                ],
                values={
                    "title": edition.title,
                    "until": None if is_over else edition.closes_at,
                    "check": link("public_ballots.check", id=edition.id),
                    "head": f"{head.seq}:{head.hash}" if head else "",
                },
                **reader.to,
            )
    return bool(told)


def _readers(edition_id: UUID, voters: Sequence[UUID]) -> list[Reader]:
    """Return where these voters read mail, in the order given."""
    page = link("ballot.home", id=edition_id)
    found = {
        one.id: Reader(one.id, one.email, one.name, one.locale, page, one.id)
        for one in accounts.by_ids(voters)
        if one.active
    }
    for one in voting.invitees(edition_id):
        found[one.id] = Reader(one.id, one.email, one.name, one.locale, links.voter_address(one), None)
    return [found[voter] for voter in voters if voter in found]
