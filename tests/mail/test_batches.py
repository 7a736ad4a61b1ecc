"""What a batch of like acts writes for others goes at its end, a few statements whatever their number."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from app.audit import services as audit
from app.audit.models import AuditEntry
from app.core import clock
from app.core.bulk import together
from app.core.db import atomic, db
from app.core.observability import statements_so_far
from app.jobs.models import Job
from app.mail import services
from app.mail.models import MailState, OutboxMail

MAILS = 30


def post(key: str, to: str = "anna@voorbeeld.example", **options: Any) -> Any:
    values = {"asked_at": clock.now()}
    return services.post(template="mail/mail/trial", to=to, key=key, values=values, **options)


def posted() -> dict[str, OutboxMail]:
    db.session.expire_all()
    return {mail.key: mail for mail in db.session.scalars(select(OutboxMail))}


def test_many_mails_with_their_jobs_and_log_entries_take_a_few_statements(app):
    with atomic(), together():
        before = statements_so_far()
        for number in range(MAILS):
            post(f"batch:{number}")
            audit.record("trial.done", by=None, on=("trial", number))
        assert statements_so_far() == before
    assert statements_so_far() - before <= 5
    assert len(posted()) == MAILS
    keys = set(db.session.scalars(select(Job.key).where(Job.kind == "mail.deliver")))
    assert keys == {f"mail:{mail.id}" for mail in posted().values()}
    told = select(AuditEntry.object_id).where(AuditEntry.action == "trial.done").order_by(AuditEntry.seq)
    assert list(db.session.scalars(told)) == [str(number) for number in range(MAILS)]


def test_what_a_key_names_is_posted_once_in_a_batch_too(app):
    with atomic():
        first = post("welcome:1")
    with atomic(), together():
        for key in ("welcome:1", "welcome:2", "welcome:2"):
            post(key)
    assert posted().keys() == {"welcome:1", "welcome:2"}
    assert posted()["welcome:1"].id == first
    assert len(list(db.session.scalars(select(Job.id).where(Job.kind == "mail.deliver")))) == 2


def test_b5_a_batch_keeps_back_what_its_reader_left(app, make_account):
    reader, other = make_account(), make_account()
    db.session.commit()
    with atomic():
        services.unsubscribe("weg@voorbeeld.example")
        services.choose(reader.id, {"invitations": False})
    with atomic(), together():
        post("left", "Weg@voorbeeld.example", service_mail=False)
        post("service", "weg@voorbeeld.example")
        post("topic", reader.email, account_id=reader.id, topic="invitations")
        post("other topic", reader.email, account_id=reader.id, topic="reminders")
        post("other", other.email, account_id=other.id, topic="invitations")
        post("nobody", f"weg@{services.NOWHERE}")
    held = {key for key, mail in posted().items() if mail.state is MailState.HELD}
    assert held == {"left", "topic", "nobody"}
    assert len(list(db.session.scalars(select(Job.id).where(Job.kind == "mail.deliver")))) == 3


def test_a_batch_that_fails_leaves_nothing(app):
    with pytest.raises(ZeroDivisionError), atomic(), together():
        post("undone")
        raise ZeroDivisionError
    with atomic():
        post("next")
    assert posted().keys() == {"next"}


def test_a_batch_within_a_batch_ends_with_it_and_needs_a_transaction(app):
    with atomic(), together():
        with together():
            post("inner")
        assert posted() == {}
    assert posted().keys() == {"inner"}
    with pytest.raises(RuntimeError), together():
        post("never")
