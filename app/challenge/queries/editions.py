"""Editions: as everybody reads them, as the bureau runs them, and how far each is from its next phase."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import selectinload

from app.challenge.models import (
    COPIES,
    UNFROZEN,
    BoardEntry,
    Edition,
    EditionState,
    Juror,
    JurorState,
    Nominee,
    NomineeState,
)
from app.challenge.queries.ballot import trials_passed
from app.challenge.readiness import Facts
from app.core.db import db
from app.core.errors import NotFound
from app.membership import queries as membership

WHOLE_EDITION = (selectinload(Edition.criteria), selectinload(Edition.rounds))
UNDER_WAY = (EditionState.OPEN, EditionState.CLOSED, EditionState.OPENED, EditionState.COUNTED)


def edition(id: UUID) -> Edition:
    """Return an edition with criteria and rounds, for the bureau."""
    found = db.session.get(Edition, id, options=WHOLE_EDITION)
    if found is None:
        raise NotFound
    return found


def shown_edition() -> Edition | None:
    """Return the edition that the public page is about: one under way before one to come, the newest result else."""
    order = case(
        (Edition.state.in_(UNDER_WAY), 0),
        (Edition.state == EditionState.NOMINATION, 1),
        else_=2,
    )
    hidden = (EditionState.CONCEPT, EditionState.CANCELLED)
    wanted = select(Edition).where(Edition.state.not_in(hidden)).order_by(order, Edition.year.desc()).limit(1)
    return db.session.scalar(wanted.options(*WHOLE_EDITION))


def others_under_way(id: UUID) -> list[Edition]:
    """Return the other editions that take nominations or await their result, the newest first."""
    going = Edition.state.in_((EditionState.NOMINATION, *UNDER_WAY))
    return list(db.session.scalars(select(Edition).where(going, Edition.id != id).order_by(Edition.year.desc())))


def public_edition(id: UUID) -> Edition:
    """Return an edition that everybody may read."""
    found = edition(id)
    if found.state is EditionState.CONCEPT:
        raise NotFound
    return found


def running_edition() -> Edition | None:
    """Return the edition in which people are put forward now, if there is one."""
    wanted = select(Edition).where(Edition.state == EditionState.NOMINATION).order_by(Edition.year.desc())
    return db.session.scalar(wanted.limit(1))


def edition_of(year: int) -> Edition:
    """Return the edition of a year that was not cancelled."""
    wanted = select(Edition).where(Edition.year == year, Edition.state != EditionState.CANCELLED)
    found = db.session.scalar(wanted)
    if found is None:
        raise NotFound
    return found


def open_editions() -> list[Edition]:
    """Return the editions in which the verdict is given now."""
    return list(db.session.scalars(select(Edition).where(Edition.state == EditionState.OPEN).order_by(Edition.id)))


def editions_for_bureau() -> Select[Any]:
    """Give every edition with its numbers of nominees and jurors, as a list to sort."""
    nominees = select(func.count()).where(Nominee.edition_id == Edition.id, Nominee.state == NomineeState.TAKING_PART)
    jurors = select(func.count()).where(Juror.edition_id == Edition.id, Juror.state == JurorState.SITS)
    return select(
        Edition.id,
        Edition.year,
        Edition.title,
        Edition.state,
        Edition.closes_at,
        nominees.scalar_subquery().label("nominees"),
        jurors.scalar_subquery().label("jurors"),
    )


def board(edition_id: UUID) -> list[BoardEntry]:
    """Return what stands on the board, in order."""
    wanted = select(BoardEntry).where(BoardEntry.edition_id == edition_id).order_by(BoardEntry.seq)
    return list(db.session.scalars(wanted))


def last_entry(edition_id: UUID) -> BoardEntry | None:
    """Return the newest entry on the board: its number and hash are the head."""
    wanted = select(BoardEntry).where(BoardEntry.edition_id == edition_id).order_by(BoardEntry.seq.desc()).limit(1)
    return db.session.scalar(wanted)


def facts(edition: Edition, now: datetime) -> Facts:
    """V8: gather how an edition stands, as far as it matters for going on."""
    columns = (Nominee.account_id, Nominee.state, Nominee.plan != "", Nominee.plan_file != "")
    nominees = db.session.execute(select(*columns).where(Nominee.edition_id == edition.id)).all()
    jurors = db.session.execute(select(Juror.account_id, Juror.state).where(Juror.edition_id == edition.id)).all()
    part = [one for one in nominees if one.state is NomineeState.TAKING_PART]
    day = edition.eligible_on
    unfit = [one for one in part if day and not membership.is_member(one.account_id, day)]
    trials = trials_passed(edition.id)
    sits = {one.account_id for one in jurors if one.state is JurorState.SITS}
    return Facts(
        now=now,
        has_intro=bool(edition.intro),
        has_case=bool(edition.case_text or edition.case_file),
        has_terms=bool(edition.terms_text),
        has_officer=edition.officer_id is not None,
        has_eligible_on=day is not None,
        nominations_from=edition.nominations_from,
        nominations_until=edition.nominations_until,
        work_until=edition.work_until,
        opens_at=edition.opens_at,
        closes_at=edition.closes_at,
        weights=[one.weight for one in edition.criteria],
        rounds=[(one.kind, one.method) for one in edition.rounds],
        model=edition.model,
        tie_order=edition.tie_order,
        taking_part=len(part),
        with_work=sum(one[2] or one[3] for one in part),
        unanswered=sum(one.state is NomineeState.ASKED for one in nominees),
        not_eligible=len(unfit) if edition.state in UNFROZEN else 0,
        jurors=len(sits),
        jurors_unanswered=sum(one.state is JurorState.ASKED for one in jurors),
        chair_sits=edition.chair_id in sits,
        has_key=trials is not None,
        key_tested=trials == len(COPIES),
    )
