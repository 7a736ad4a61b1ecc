"""What can wait for the bureau, each in one call."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

from app.accounts.models import Account
from app.core import clock
from app.core.db import db
from app.jobs.models import Job, JobState
from app.mail.models import MailState, OutboxMail
from app.membership.models import Application, ApplicationState
from app.payments.models import Bill, BillState, Task, TaskKind
from app.profiles.services import gather
from tests.factories import make_account


def apply(*, days_ago: int = 0, state: ApplicationState = ApplicationState.SUBMITTED, **account) -> Application:
    person = make_account(**account)
    sent = clock.now() - timedelta(days=days_ago)
    application = Application(account_id=person.id, state=state, submitted_at=sent, review_started_at=sent)
    db.session.add(application)
    db.session.flush()
    gather([person.id])
    return application


def owe(person: Account, *, cents: int, days_late: int, state: BillState = BillState.DRAFT) -> Bill:
    bill = Bill(
        person_id=person.id,
        subject_type="membership_period",
        subject_id=uuid4(),
        state=state,
        rf_reference=f"RF{uuid4().hex[:20].upper()}",
        due_on=clock.today() - timedelta(days=days_late),
        net_cents=cents,
        vat_cents=0,
        gross_cents=cents,
        buyer={"name": person.name},
    )
    db.session.add(bill)
    db.session.flush()
    return bill


def task(bill: Bill) -> Task:
    found = Task(key=uuid4().hex, bill_id=bill.id, kind=TaskKind.OVERPAID, details={"amount_cents": 100})
    db.session.add(found)
    db.session.flush()
    return found


def mail(*, state: MailState = MailState.FAILED, account_id: UUID | None = None, subject: str = "Welkom") -> OutboxMail:
    found = OutboxMail(
        key=uuid4().hex,
        recipient="iemand@voorbeeld.example",
        template="membership/welcome",
        locale="nl",
        subject=subject,
        text="",
        html="",
        state=state,
        message_id=f"<{uuid4()}@x>",
        account_id=account_id,
    )
    db.session.add(found)
    db.session.flush()
    return found


def dead_job(*, kind: str = "mail.deliver", error: str = "SMTPServerDisconnected") -> Job:
    job = Job(kind=kind, state=JobState.FAILED, attempts=9, last_error=error, finished_at=clock.now(), payload={})
    db.session.add(job)
    db.session.flush()
    return job
