from __future__ import annotations

from datetime import UTC, datetime

import pytest
import time_machine
from jinja2 import UndefinedError
from sqlalchemy import func, select

from app.core.db import atomic, db
from app.jobs.models import Job
from app.mail import queries, services
from app.mail.attachments import Inline, Reference, attachment_source, load
from app.mail.models import MailState, OutboxMail
from app.mail.rendering import link
from tests.golden import assert_mail_matches

MOMENT = datetime(2027, 1, 14, 18, 30, tzinfo=UTC)


def waiting_jobs() -> int:
    return db.session.scalar(select(func.count()).select_from(Job).where(Job.kind == "mail.deliver")) or 0


def test_the_trial_mail_reads_as_kept_in_dutch(post):
    with time_machine.travel(MOMENT, tick=False):
        assert_mail_matches(post(name="Anna Prins"), "mail/trial", whole=True)


def test_the_trial_mail_reads_as_kept_in_english(post):
    with time_machine.travel(MOMENT, tick=False):
        assert_mail_matches(post(name="Anna Prins", locale="en"), "mail/trial")


def test_what_a_key_names_is_posted_once(post):
    post(key="welcome:1")
    with atomic():
        again = services.post(template="mail/mail/trial", to="b@voorbeeld.example", key="welcome:1", values={})
    assert again is None
    assert waiting_jobs() == 1


def test_a_mail_is_undone_with_its_cause(app):
    with pytest.raises(ZeroDivisionError), atomic():
        services.post(template="mail/mail/trial", to="a@voorbeeld.example", key="undone", values={"asked_at": MOMENT})
        raise ZeroDivisionError
    assert db.session.scalar(select(func.count()).select_from(OutboxMail)) == 0
    assert waiting_jobs() == 0


def test_a_missing_value_is_an_error_and_not_an_empty_place(app):
    with pytest.raises((UndefinedError, AssertionError)), atomic():
        services.post(template="mail/mail/trial", to="a@voorbeeld.example", key="incomplete")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "anna",
        "anna@",
        "a b@voorbeeld.example",
        "a@voorbeeld.example\r\nBcc: b@x.example",
        "<a@b.nl>",
        "a@b.nl,c@d.nl",
        "a" * 250 + "@b.nl",
    ],
)
def test_what_is_no_address_never_reaches_the_outbox(app, address):
    with pytest.raises(ValueError, match="not a mail address"), atomic():
        services.post(template="mail/mail/trial", to=address, key="bad", values={"asked_at": MOMENT})


def test_a_name_with_line_breaks_stays_one_line(post):
    mail = post(name="Anna\r\nBcc: iedereen@voorbeeld.example\x00")
    assert mail.recipient_name == "Anna Bcc: iedereen@voorbeeld.example"


def test_links_stand_under_the_portals_own_address_whatever_host_is_asked_for(app):
    with app.test_request_context("/", headers={"Host": "evil.example"}):
        assert link("mail.leaving", token="x") == f"{app.config['PUBLIC_URL']}/unsubscribe/x"


def test_attachments_are_kept_or_fetched_from_their_owner_at_delivery(post):
    attachment_source("invoice", lambda key: f"pdf of {key}".encode())
    mail = post(
        attachments=[
            Inline("../sessie\r\n.ics", "text/calendar; method=REQUEST", b"BEGIN:VCALENDAR"),
            Reference("factuur.pdf", "application/pdf", "invoice", "2027-1"),
        ]
    )
    calendar, invoice = (load(kept) for kept in mail.attachments)
    assert (calendar.filename, calendar.content) == ("sessie-.ics", b"BEGIN:VCALENDAR")
    assert invoice.content == b"pdf of 2027-1"


@pytest.mark.parametrize("wrong", [Inline("a", "text/plain\r\nX: y", b""), Inline("a", "text/plain", b"x" * 300_000)])
def test_an_attachment_that_breaks_a_header_or_the_table_is_refused(post, wrong):
    with pytest.raises(ValueError, match=r"content type|too large"):
        post(attachments=[wrong])


def test_an_attachment_that_nobody_resolves_is_refused_while_writing(post):
    with pytest.raises(LookupError, match="nobody"):
        post(attachments=[Reference("a.pdf", "application/pdf", "nobody", "1")])


def test_old_mails_are_forgotten_but_that_they_were_sent_is_not(post):
    old = post()
    with atomic():
        old.state, old.created_at = MailState.SENT, datetime(2020, 1, 1, tzinfo=UTC)
    recent = post()
    services.forget_contents()
    db.session.expire_all()
    assert (queries.mail(old.id).text, queries.mail(old.id).subject != "") == ("", True)
    assert queries.mail(recent.id).text != ""
