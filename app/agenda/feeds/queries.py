"""What feeds hold: one's own seats by the hash of an address, and the public agenda."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import contains_eager

from app.accounts.secrecy import digest
from app.agenda.feeds.models import CalendarFeed
from app.agenda.models import Booking, BookingState, Gathering, GatheringState
from app.agenda.queries import SEEN_BY_ALL, Wanted, Where
from app.core import clock
from app.core.db import db

LOOK_BACK = timedelta(days=365)
PUBLIC_LOOK_BACK = timedelta(days=60)
MOST_SEATS, MOST_GATHERINGS, MOST_NEWS = 500, 1000, 30


def feed_of(account_id: UUID) -> CalendarFeed | None:
    """Return the address that works for somebody, if there is one."""
    query = select(CalendarFeed).where(CalendarFeed.account_id == account_id, CalendarFeed.withdrawn_at.is_(None))
    found: CalendarFeed | None = db.session.scalar(query)
    return found


def feed_by(secret: str) -> CalendarFeed | None:
    """Return the feed behind an address that still works."""
    query = select(CalendarFeed).where(CalendarFeed.secret_hash == digest(secret), CalendarFeed.withdrawn_at.is_(None))
    found: CalendarFeed | None = db.session.scalar(query)
    return found


def seats_since(account_id: UUID, since: datetime) -> Sequence[Booking]:
    """Return somebody's seats at what ends after a moment, those at cancelled gatherings included."""
    return db.session.scalars(
        select(Booking)
        .join(Booking.gathering)
        .where(Booking.account_id == account_id, Booking.state == BookingState.CONFIRMED, Gathering.ends_at > since)
        .options(contains_eager(Booking.gathering))
        .order_by(Gathering.starts_at.desc(), Booking.id)
        .limit(MOST_SEATS)
    ).all()


def public_gatherings(wanted: Wanted) -> Sequence[Gathering]:
    """G10: return what the public agenda holds from two months back on, narrowed by kind and where."""
    query = select(Gathering).where(
        Gathering.state.in_(SEEN_BY_ALL), Gathering.starts_at > clock.now() - PUBLIC_LOOK_BACK, *_narrowed(wanted)
    )
    return db.session.scalars(query.order_by(Gathering.starts_at, Gathering.id).limit(MOST_GATHERINGS)).all()


def newest_gatherings(wanted: Wanted) -> Sequence[Gathering]:
    """G10: return what was announced last and is still to come, narrowed by kind and where."""
    query = select(Gathering).where(
        Gathering.state == GatheringState.PUBLISHED, Gathering.ends_at > clock.now(), *_narrowed(wanted)
    )
    announced = Gathering.published_at.desc().nulls_last()
    return db.session.scalars(query.order_by(announced, Gathering.id).limit(MOST_NEWS)).all()


def _narrowed(wanted: Wanted) -> list[Any]:
    conditions: list[Any] = [Gathering.kind == wanted.kind] if wanted.kind else []
    places = {Where.ONLINE: Gathering.online_url != "", Where.ON_SITE: Gathering.venue != ""}
    return conditions + ([places[wanted.where]] if wanted.where else [])
