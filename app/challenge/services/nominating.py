"""V2: putting somebody forward, and what they answer; whoever takes part can withdraw, and stays listed."""

from __future__ import annotations

import uuid
from datetime import datetime
from functools import partial
from uuid import UUID

from sqlalchemy import func, select

from app.accounts.events import AccountAnonymised
from app.audit import services as audit
from app.challenge import queries
from app.challenge.board import Kind
from app.challenge.events import NomineeAsked, NomineeTakesPart
from app.challenge.models import Edition, EditionState, JurorState, Nomination, NominationKind, Nominee, NomineeState
from app.challenge.services.boards import write
from app.challenge.services.transitions import locked
from app.core import clock, files
from app.core.db import after_commit, db, insert_once, now_in_database
from app.core.errors import NotFound, Refusal
from app.core.events import publish
from app.core.i18n import _l
from app.membership import queries as membership

OVER = (EditionState.COUNTED, EditionState.PUBLISHED, EditionState.CANCELLED)


class TooLate(Refusal):
    """V2, V3: the database's clock has passed the date."""

    message = _l("The time for this is over. Nothing was changed.")


class NotEligible(Refusal):
    """V2: nominees are members on the day that the edition names."""

    message = _l("Only who is a member on the day that counts can take part in this edition.")


class SitsInJury(Refusal):
    """V4: nobody judges an edition in which they stand."""

    message = _l("This person is in the jury of this edition, so cannot stand in it as well.")


class NamedAlready(Refusal):
    """V2: each says it once."""

    message = _l("You put this person forward already.")


def nominate(edition_id: UUID, account_id: UUID, *, kind: NominationKind, reason: str, by: UUID) -> Nominee:
    """V2: put somebody forward; the first time they are asked, by mail unless they did it themselves."""
    edition = locked(edition_id)
    _refuse_unless_open(edition, edition.nominations_until)
    _refuse_unless_eligible(edition, account_id)
    nominee = queries.own_place(edition.id, account_id)
    is_new = nominee is None
    if nominee is None:
        newest = db.session.scalar(select(func.max(Nominee.number)).where(Nominee.edition_id == edition.id)) or 0
        nominee = Nominee(edition_id=edition.id, account_id=account_id, number=newest + 1, asked_at=clock.now())
        db.session.add(nominee)
        db.session.flush()
    told = {"nominee_id": nominee.id, "by_id": by, "kind": kind, "reason": reason, "created_at": clock.now()}
    if not insert_once(Nomination, id=uuid.uuid4(), **told):
        raise NamedAlready
    db.session.expire(nominee, ["nominations"])
    audit.record("nominee.nominated", by=by, on=("nominee", nominee.id), after={"kind": kind})
    if is_new and kind is not NominationKind.SELF:
        publish(NomineeAsked(nominee_id=nominee.id))
    return nominee


def agree(nominee_id: UUID, *, terms_version: int, by: UUID) -> None:
    """V2: take part, by the terms as they were on the screen; said twice it changes nothing."""
    nominee = _locked_nominee(nominee_id)
    if nominee.state is NomineeState.TAKING_PART:
        return
    edition = nominee.edition
    _refuse_unless_open(edition, edition.work_until)
    _refuse_unless_eligible(edition, nominee.account_id)
    if nominee.state is NomineeState.WITHDRAWN:
        raise TooLate
    if edition.terms_version != terms_version:
        raise Refusal(_l("The terms have changed. Read them again, and agree once more."))
    nominee.state, nominee.answered_at, nominee.accepted_at = NomineeState.TAKING_PART, clock.now(), clock.now()
    nominee.terms_version, nominee.terms_text = edition.terms_version, edition.terms_text
    db.session.flush()
    audit.record("nominee.agreed", by=by, on=("nominee", nominee.id), after={"terms_version": terms_version})
    publish(NomineeTakesPart(nominee_id=nominee.id))


def decline(nominee_id: UUID, *, by: UUID) -> None:
    """V2: do not take part; until the work closes, one can still agree after all."""
    nominee = _locked_nominee(nominee_id)
    if nominee.state is not NomineeState.ASKED:
        return
    nominee.state, nominee.answered_at = NomineeState.DECLINED, clock.now()
    db.session.flush()
    audit.record("nominee.declined", by=by, on=("nominee", nominee.id))


def withdraw(nominee_id: UUID, *, why: str, by: UUID | None) -> None:
    """V2: step back; it stands on the board once the edition is open, and the nominee stays listed as withdrawn."""
    nominee = _locked_nominee(nominee_id)
    if nominee.state is NomineeState.WITHDRAWN:
        return
    edition = locked(nominee.edition_id)
    if nominee.state is not NomineeState.TAKING_PART or edition.state in OVER:
        raise TooLate
    nominee.state, nominee.withdrawn_why = NomineeState.WITHDRAWN, why
    db.session.flush()
    if edition.is_frozen:
        write(edition, Kind.WITHDRAWN, nominee=nominee.number, reason="")
    audit.record("nominee.withdrawn", by=by, on=("nominee", nominee.id))


def forget_nominee(event: AccountAnonymised) -> None:
    """L4: let go of what somebody wrote, as a nominee and about others; whoever took part withdraws."""
    for nominee in db.session.scalars(select(Nominee).where(Nominee.account_id == event.account_id)):
        if nominee.state is NomineeState.TAKING_PART and nominee.edition.state not in OVER:
            withdraw(nominee.id, why="", by=None)
        if nominee.plan_file:
            after_commit(partial(files.discard, nominee.plan_file))
        nominee.plan = nominee.short_cv = nominee.note = nominee.plan_file = nominee.plan_name = ""
        nominee.plan_size, nominee.withdrawn_why = 0, ""
    for said in db.session.scalars(select(Nomination).where(Nomination.by_id == event.account_id)):
        said.reason = ""
    db.session.flush()


def _locked_nominee(nominee_id: UUID) -> Nominee:
    found = db.session.get(Nominee, nominee_id, with_for_update={"of": Nominee}, populate_existing=True)
    if found is None:
        raise NotFound
    return found


def _refuse_unless_open(edition: Edition, until: datetime | None) -> None:
    if edition.state is not EditionState.NOMINATION or until is None or now_in_database() > until:
        raise TooLate


def _refuse_unless_eligible(edition: Edition, account_id: UUID) -> None:
    if edition.eligible_on is None or not membership.is_member(account_id, edition.eligible_on):
        raise NotEligible
    seat = queries.seat_in(edition.id, account_id)
    if seat is not None and seat.state is not JurorState.DECLINED:
        raise SitsInJury
