"""Telling what happened to people of the demo in the order of time, through the product's own services.

A story is a function that yields the moments at which it goes on: between two of them the other stories go on, and the
books are written up to that day. So numbers, mails and the log come in the order in which they would have come.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import select, update

from app.accounts import queries as accounts
from app.accounts.demo import demo_id
from app.accounts.models import Account
from app.core import clock
from app.core.db import db
from app.core.demo import DemoPlan, as_of
from app.jobs.models import Job, JobState
from app.jobs.registry import handler_for
from app.mail.models import MailState, OutboxMail

Story = Iterator[datetime]
DAILY_AT = time(3, 40)
_STORED_BY_WORKER = ("payments.keep_invoice", "payments.keep_credit_note")
_DONE_IN_STORY = ("payments.look", "payments.refund")


class Stage:
    """The days on which stories are told, and the people in them."""

    def __init__(self, plan: DemoPlan) -> None:
        self.plan, self.today = plan, plan.today
        self.now = clock.now()

    def at(self, days_ago: int, hour: int = 10, minute: int = 0) -> datetime:
        """Return a moment so many days ago; one of today that is still to come is now."""
        return min(self._at_home(days_ago, time(hour, minute)), self.now)

    def daily(self, day: date) -> datetime:
        """Return when the daily job of a day was done; today's was, even when the demo is made before its time."""
        ago = (self.today - day).days
        return min(self._at_home(ago, DAILY_AT), self.now)

    def _at_home(self, days_ago: int, wall_time: time) -> datetime:
        return clock.at_home(datetime.combine(self.today - timedelta(days=days_ago), wall_time))

    def account(self, who: str) -> Account:
        """Return somebody with an address of their own, as they are now."""
        return accounts.account(demo_id(who))

    def perform(self, stories: Iterable[Callable[[Stage], Story]], before: Callable[[date], object]) -> None:
        """Tell all stories, whatever comes first; `before` is called with the day of each moment."""
        begun = [story(self) for story in stories]
        line = [(next(story), number, story) for number, story in enumerate(begun)]
        heapq.heapify(line)
        while line:
            moment, number, story = heapq.heappop(line)
            with as_of(moment):
                before(clock.today())
                following = next(story, None)
                db.session.flush()
                _do_what_is_due()
                db.session.flush()
            db.session.expire_all()
            if following is not None:
                heapq.heappush(line, (following, number, story))


def _do_what_is_due() -> None:
    """Do the jobs of which the time has come, as a worker would have; mails count as sent, and go nowhere."""
    waiting = select(Job).where(Job.state == JobState.QUEUED, Job.run_at <= clock.now())
    while found := db.session.scalars(waiting.where(Job.kind.not_in(_STORED_BY_WORKER)).order_by(Job.created_at)).all():
        for job in found:
            job.state, job.finished_at, job.attempts = JobState.DONE, clock.now(), 1
            if job.kind == "mail.deliver":
                _sent(UUID(job.payload["mail_id"]))
            elif job.kind not in _DONE_IN_STORY:
                handler = handler_for(job.kind)
                assert handler is not None
                handler.run(**job.payload)
        db.session.flush()


def _sent(mail_id: UUID) -> None:
    sent = {"state": MailState.SENT, "sent_at": clock.now(), "attempts": 1}
    db.session.execute(update(OutboxMail).where(OutboxMail.id == mail_id).values(**sent))
