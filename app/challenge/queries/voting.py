"""V5: who may vote, how many did, and where an envelope stands on the board."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Select, func, select

from app.accounts import queries as accounts
from app.challenge.board import Kind
from app.challenge.models import BoardEntry, Edition, Envelope, Invitee, Juror, JurorState, RollEntry
from app.core import clock
from app.core.db import db
from app.membership import queries as membership
from app.membership.models import MembershipStatus


class Turnout(NamedTuple):
    """How many of those on the roll have voted."""

    voted: int
    roll: int

    @property
    def basis_points(self) -> int:
        """The part that voted."""
        return self.voted * 10_000 // self.roll if self.roll else 0


def may_vote(edition: Edition) -> set[UUID]:
    """V5: return who votes as a member: members on the day that counts, but for the jury, who judge already."""
    day = edition.eligible_on
    if day is None:
        return set()
    statuses = [MembershipStatus.ACTIVE] + [MembershipStatus.GRACE] * (day <= clock.today())
    dated = membership.roll(day).subquery()
    members = set(db.session.scalars(select(dated.c.account_id).where(dated.c.status.in_(statuses))))
    return members - jurors_of(edition.id)


def jurors_of(edition_id: UUID) -> set[UUID]:
    """Return the accounts of who sits in the jury."""
    sits = select(Juror.account_id).where(Juror.edition_id == edition_id, Juror.state == JurorState.SITS)
    return set(db.session.scalars(sits))


def roll_entry(edition_id: UUID, voter: UUID) -> RollEntry | None:
    """Return somebody's place on the roll; None for who is not on it."""
    return db.session.get(RollEntry, (edition_id, voter), populate_existing=True)


def on_roll(edition_id: UUID) -> set[UUID]:
    """Return everybody who may vote."""
    return set(db.session.scalars(select(RollEntry.voter).where(RollEntry.edition_id == edition_id)))


def turnout(edition_id: UUID) -> Turnout:
    """V5: count who voted, which is all that anybody is told while an edition is open."""
    counted = select(func.count().filter(RollEntry.voted), func.count()).where(RollEntry.edition_id == edition_id)
    return Turnout._make(db.session.execute(counted).one())


def digest_in(slot: str) -> str | None:
    """Return the digest of the envelope that lies in a slot."""
    return db.session.scalar(select(Envelope.digest).where(Envelope.slot == slot))


def cast_entry(edition_id: UUID, digest: str) -> BoardEntry | None:
    """Return where an envelope stands on the board."""
    told = BoardEntry.payload["digest"].as_string()
    return db.session.scalar(_casts(edition_id).where(told == digest))


def replaced_by(edition_id: UUID, digest: str) -> BoardEntry | None:
    """Return the entry of the envelope that took the place of this one."""
    told = BoardEntry.payload["replaces"].as_string()
    return db.session.scalar(_casts(edition_id).where(told == digest))


def _casts(edition_id: UUID) -> Select[BoardEntry]:
    return select(BoardEntry).where(BoardEntry.edition_id == edition_id, BoardEntry.kind == Kind.CAST)


def invitees(edition_id: UUID) -> Sequence[Invitee]:
    """Return who was invited to vote without being a member, by name."""
    wanted = select(Invitee).where(Invitee.edition_id == edition_id).order_by(Invitee.name, Invitee.email)
    return db.session.scalars(wanted).all()


def invitee(id: UUID) -> Invitee | None:
    """Return one of them."""
    return db.session.get(Invitee, id)


def emails_of_voters(edition: Edition) -> set[str]:
    """Return the addresses of who votes as a member or sits in the jury: they are not invited besides."""
    known = accounts.people(may_vote(edition) | jurors_of(edition.id))
    return {person.email for person in known.values()}
