"""M8: who is near the end of a period and how that stands, many members at a time and without one query for each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, NamedTuple, cast
from uuid import UUID

from sqlalchemy import Select, and_, exists, func, or_, select, tuple_
from sqlalchemy.orm import aliased

from app.core.bulk import answer
from app.core.db import db, forget_reads
from app.membership import ladder
from app.membership.ladder import Rung, Span
from app.membership.models import Membership, MembershipPeriod, NoticeSent, Plan, RenewalCharge, Resignation
from app.membership.terms import Ending, ending
from app.payments import queries as bills
from app.payments.models import BillState
from app.payments.queries import Owing, Saved

AT_ONCE = 500
SUBJECT = "membership_period"
LOOKED_AFTER = timedelta(days=400)


class Told(NamedTuple):
    """A notice that was logged."""

    id: UUID
    kind: str
    reference: str
    amount_cents: int | None
    acts_on: date | None
    told_on: date


class Try(NamedTuple):
    """One try to charge a bill."""

    id: UUID
    notice_id: UUID
    seq: int
    tried_on: date
    attempt_id: UUID | None
    failed_on: date | None


@dataclass(frozen=True)
class Case:
    """How the end of one member's period stands; everything that a day's decision depends on."""

    membership_id: UUID
    account_id: UUID
    given_up_on: date | None
    plan: Plan
    period_id: UUID
    sequence: int
    starts_on: date
    span: Span
    processing_until: date | None
    ending: Ending
    waiting_id: UUID | None = None
    followed: bool = False
    owing: Owing | None = None
    method: Saved | None = None
    left_cents: int = 0
    told: tuple[Told, ...] = ()
    tries: tuple[Try, ...] = field(default=())

    @property
    def stays(self) -> bool:
        """Whether there is a year after this one."""
        return self.given_up_on is None or self.given_up_on > self.span.ends_on

    @property
    def reference(self) -> str:
        """What tells this ladder from an earlier one of the same period: the day its cover was lost, if it was."""
        return self.span.uncovered_on.isoformat() if self.span.uncovered_on else ""

    @property
    def rungs(self) -> list[Rung]:
        """The ladder of this period."""
        return ladder.rungs(self.span, self.ending.notices)

    def was_told(self, kind: str, reference: str = "") -> Told | None:
        """Return a notice that was logged."""
        return next((one for one in self.told if (one.kind, one.reference) == (kind, reference)), None)

    @property
    def announcement(self) -> str:
        """What an announced charge depends on: the method and the amount. A change of either takes a new notice."""
        return f"{self.method.id}:{self.left_cents}" if self.method else ""


def dated_periods(membership_id: UUID) -> Sequence[MembershipPeriod]:
    """Return the periods of a membership that have dates, the earliest first."""
    dated = select(MembershipPeriod).where(
        MembershipPeriod.membership_id == membership_id, MembershipPeriod.starts_on.is_not(None)
    )
    return db.session.scalars(dated.order_by(MembershipPeriod.starts_on)).all()


def _last() -> Any:
    """Say that a period is the last with dates; of two that begin on one day, the later."""
    later = aliased(MembershipPeriod)
    order = tuple_(later.starts_on, later.sequence) > tuple_(MembershipPeriod.starts_on, MembershipPeriod.sequence)
    return and_(
        MembershipPeriod.membership_id == Membership.id,
        MembershipPeriod.starts_on.is_not(None),
        ~exists().where(later.membership_id == Membership.id, later.starts_on.is_not(None), order),
    )


def _cases() -> Select[Any]:
    period = MembershipPeriod
    wanted = select(
        Membership.id.label("membership_id"),
        Membership.account_id,
        Membership.ends_on.label("given_up_on"),
        Membership.plan_id,
        period.id.label("period_id"),
        period.sequence,
        period.starts_on,
        period.ends_on,
        period.grace_until,
        period.lapses_after,
        period.uncovered_on,
        period.processing_until,
    ).join(period, _last())
    return cast("Select[Any]", wanted)


def near_the_end(today: date) -> Iterator[list[Case]]:
    """Yield everybody for whom a day may ask for something, some hundreds at a time, so that memory stays flat.

    Looked at are periods from before the earliest bill and value statement until a while after they lapsed, periods
    that lost their cover, and whoever still has a bill to pay.
    """
    farthest = db.session.scalar(select(func.max(Plan.bill_days_before))) or 0
    waiting = aliased(MembershipPeriod)
    unpaid = exists().where(
        waiting.membership_id == Membership.id, waiting.activated_at.is_(None), waiting.closed_on.is_(None)
    )
    soonest = today + timedelta(days=farthest) + ladder.PRE_NOTICE
    near = and_(MembershipPeriod.ends_on <= soonest, MembershipPeriod.ends_on >= today - LOOKED_AFTER)
    wanted = _cases().where(or_(near, MembershipPeriod.uncovered_on.is_not(None), unpaid))
    last_id: UUID | None = None
    while True:
        page = wanted if last_id is None else wanted.where(Membership.id > last_id)
        rows = db.session.execute(page.order_by(Membership.id).limit(AT_ONCE)).all()
        if not rows:
            return
        cases = _complete(rows)
        db.session.expunge_all()
        forget_reads()
        yield cases
        last_id = rows[-1].membership_id


def case_of(membership_id: UUID) -> Case | None:
    """Return how the end of one member's period stands; None for whoever never had one."""
    return answer(case_of, membership_id) or next(iter(cases_of([membership_id])), None)


def cases_of(membership_ids: Collection[UUID]) -> list[Case]:
    """Return how the ends of these members' periods stand, in as many queries as for one."""
    rows = db.session.execute(_cases().where(Membership.id.in_(membership_ids)).order_by(Membership.id)).all()
    return _complete(rows) if rows else []


def _complete(rows: Sequence[Any]) -> list[Case]:
    plans = {plan_id: db.session.get_one(Plan, plan_id) for plan_id in {row.plan_id for row in rows}}
    after = _after(rows)
    waiting = {row.membership_id: [one for one in after[row.membership_id] if one.closed_on is None] for row in rows}
    subjects = {row.membership_id: _subject(row, waiting[row.membership_id]) for row in rows}
    by_subject = bills.owing(SUBJECT, [subject for subject in subjects.values() if subject])
    owing = {key: by_subject[subject] for key, subject in subjects.items() if subject in by_subject}
    told, tries = _told([row.period_id for row in rows]), _tries([one.bill_id for one in owing.values()])
    methods = bills.saved_methods([row.account_id for row in rows if row.membership_id in owing])
    return [
        _case(row, plans[row.plan_id], waiting, after, owing.get(row.membership_id), told, tries, methods)
        for row in rows
    ]


def _subject(row: Any, waiting: Sequence[Any]) -> UUID | None:
    if waiting:
        found: UUID = waiting[0].id
        return found
    return row.period_id if row.uncovered_on else None


def _case(
    row: Any, plan: Plan, waiting: Any, after: Any, owing: Owing | None, told: Any, tries: Any, methods: Any
) -> Case:
    mine = waiting[row.membership_id]
    method = methods.get(row.account_id) if owing and owing.state is BillState.ISSUED else None
    return Case(
        membership_id=row.membership_id,
        account_id=row.account_id,
        given_up_on=row.given_up_on,
        plan=plan,
        period_id=row.period_id,
        sequence=row.sequence,
        starts_on=row.starts_on,
        span=Span(row.ends_on, row.grace_until, row.lapses_after, row.uncovered_on),
        processing_until=row.processing_until,
        ending=ending(plan, row.ends_on),
        waiting_id=mine[0].id if mine else None,
        followed=bool(after[row.membership_id]),
        owing=owing,
        method=method,
        left_cents=owing.left_cents if owing else 0,
        told=tuple(told[row.period_id]),
        tries=tuple(tries[owing.bill_id]) if owing else (),
    )


def _after(rows: Sequence[Any]) -> dict[UUID, list[Any]]:
    last = {row.membership_id: row.sequence for row in rows}
    found: dict[UUID, list[Any]] = defaultdict(list)
    undated = select(
        MembershipPeriod.id, MembershipPeriod.membership_id, MembershipPeriod.sequence, MembershipPeriod.closed_on
    ).where(MembershipPeriod.membership_id.in_(last), MembershipPeriod.activated_at.is_(None))
    for row in db.session.execute(undated.order_by(MembershipPeriod.sequence)):
        if row.sequence > last[row.membership_id]:
            found[row.membership_id].append(row)
    return found


def _told(period_ids: Collection[UUID]) -> dict[UUID, list[Told]]:
    found: dict[UUID, list[Told]] = defaultdict(list)
    columns = (NoticeSent.id, NoticeSent.kind, NoticeSent.reference, NoticeSent.amount_cents, NoticeSent.acts_on)
    wanted = select(NoticeSent.period_id, *columns, NoticeSent.told_on).where(NoticeSent.period_id.in_(period_ids))
    for row in db.session.execute(wanted):
        found[row.period_id].append(Told._make(row[1:]))
    return found


def _tries(bill_ids: Collection[UUID]) -> dict[UUID, list[Try]]:
    found: dict[UUID, list[Try]] = defaultdict(list)
    if not bill_ids:
        return found
    columns = (RenewalCharge.id, RenewalCharge.notice_id, RenewalCharge.seq, RenewalCharge.tried_on)
    wanted = select(RenewalCharge.bill_id, *columns, RenewalCharge.attempt_id, RenewalCharge.failed_on)
    wanted = wanted.where(RenewalCharge.bill_id.in_(bill_ids))
    for row in db.session.execute(wanted.order_by(RenewalCharge.seq)):
        found[row.bill_id].append(Try._make(row[1:]))
    return found


def notice(id: UUID) -> NoticeSent:
    """Return a logged notice."""
    return db.session.get_one(NoticeSent, id)


def notices(ids: Collection[UUID]) -> Sequence[NoticeSent]:
    """Return logged notices."""
    return db.session.scalars(select(NoticeSent).where(NoticeSent.id.in_(ids))).all()


def notices_of(account_id: UUID) -> Sequence[NoticeSent]:
    """Return what somebody was told about the ends of their periods, the latest first; for the bureau."""
    mine = select(NoticeSent).join(MembershipPeriod, MembershipPeriod.id == NoticeSent.period_id)
    mine = mine.join(Membership, Membership.id == MembershipPeriod.membership_id)
    return db.session.scalars(
        mine.where(Membership.account_id == account_id).order_by(NoticeSent.told_at.desc(), NoticeSent.id)
    ).all()


def resignation_of(membership_id: UUID) -> Resignation | None:
    """M9: return the resignation that stands, if there is one."""
    return db.session.scalar(
        select(Resignation).where(Resignation.membership_id == membership_id, Resignation.undone_at.is_(None))
    )


def running_membership(account_id: UUID) -> Membership | None:
    """Return somebody's place: the running one, else the newest."""
    return db.session.scalar(
        select(Membership)
        .where(Membership.account_id == account_id)
        .order_by(Membership.ends_on.is_not(None), Membership.created_at.desc())
        .limit(1)
    )


def membership(id: UUID) -> Membership | None:
    """Return a place by its id."""
    return db.session.get(Membership, id)


def invitations(account_ids: Collection[UUID]) -> dict[UUID, tuple[date | None, date | None]]:
    """M12: return of each of these people since when they paused, and when they were last invited in person."""
    wanted = select(Membership.account_id, Membership.paused_on, func.max(MembershipPeriod.invited_on))
    wanted = wanted.join(MembershipPeriod, MembershipPeriod.membership_id == Membership.id)
    wanted = wanted.where(Membership.account_id.in_(account_ids), Membership.ends_on.is_(None))
    rows = db.session.execute(wanted.group_by(Membership.account_id, Membership.paused_on))
    return {row[0]: (row[1], row[2]) for row in rows}
