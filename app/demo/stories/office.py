"""What the bureau has to see to besides: mail that bounced, work given up, a zip of invoices, a closed account."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import select

from app.accounts.services import staff
from app.core import clock
from app.core.db import db
from app.demo.stage import Stage, Story
from app.jobs.models import Job, JobState
from app.mail import services as mail
from app.mail.models import MailState, OutboxMail
from app.payments import queries, services
from app.payments.models import InvoiceArchive

MOST_PAPERS, MOST_DAYS = 12, 31


def _mail_bounces(stage: Stage) -> Story:
    yield stage.at(1, 14)
    nobody = stage.account("gesloten")
    mail_id = mail.post(
        template="mail/mail/trial",
        to=nobody.email,
        name=nobody.name,
        account_id=nobody.id,
        key="demo:bounced",
        values={"asked_at": clock.now()},
    )
    refused = "550 5.1.1 The email account that you tried to reach does not exist"
    letter = db.session.get_one(OutboxMail, mail_id)
    letter.state, letter.last_error, letter.attempts = MailState.FAILED, refused, 1
    job = db.session.scalars(select(Job).where(Job.key == f"mail:{mail_id}")).one()
    job.state, job.last_error, job.attempts = JobState.FAILED, f"GiveUp: {refused}", 1
    job.finished_at = clock.now()


def _account_is_closed(stage: Stage) -> Story:
    yield stage.at(35, 10)
    staff.disable(stage.account("gesloten"), by=stage.account("admin"))


def _invoices_are_zipped(stage: Stage) -> Story:
    """Make a zip of the latest days that fit in one quickly; an earlier one failed, as when a disk is full."""
    yield stage.at(6, 16)
    order = services.order_archive(stage.today - timedelta(days=90), stage.today, by=stage.account("treasurer"))
    services.archive_failed(order.id)
    _give_up(order)
    yield stage.at(1, 16)
    last = clock.today()
    made = services.order_archive(_first_day(last), last, by=stage.account("treasurer"))
    if made.total <= MOST_PAPERS:
        services.make_archive(made.id)


def _first_day(last: date) -> date:
    """Return since when the papers are few."""
    first = last
    while (last - first).days < MOST_DAYS:
        earlier = first - timedelta(days=1)
        if queries.counted_papers(earlier, last) > MOST_PAPERS:
            break
        first = earlier
    return first


def _give_up(order: InvoiceArchive) -> None:
    job = db.session.scalars(select(Job).where(Job.key == f"archive:{order.id}")).one()
    job.state, job.finished_at, job.attempts = JobState.FAILED, clock.now(), 3
    job.last_error = "OSError: [Errno 28] No space left on device"


STORIES = (_mail_bounces, _account_is_closed, _invoices_are_zipped)
