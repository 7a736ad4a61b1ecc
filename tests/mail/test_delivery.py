from __future__ import annotations

import socket
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
import time_machine

from app.core import clock
from app.core.db import atomic, db
from app.jobs import services as jobs
from app.mail import queries, services, smtp
from app.mail.attachments import Inline
from app.mail.models import MailState


def received(server) -> list[EmailMessage]:
    return [message_from_bytes(envelope.original_content, policy=policy.default) for envelope in server.accepted]


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def again(mail):
    db.session.expire_all()
    return queries.mail(mail.id)


def test_a_mail_arrives_with_its_headers_and_both_twins(server, post):
    mail = post(name="Daniëlle Brünings")
    assert jobs.run_due() == 1
    (message,) = received(server)
    assert message["Message-ID"] == mail.message_id == f"<{mail.id}@localhost>"
    assert message["To"].addresses[0].display_name == "Daniëlle Brünings"
    assert message["Reply-To"].addresses[0].addr_spec == "bureau@binnenkring.example"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Unsubscribe"] is None
    assert message.get_body(("plain",)).get_content().split() == mail.text.split()
    assert "<html" in message.get_body(("html",)).get_content()
    assert again(mail).state is MailState.SENT


def test_an_invitation_arrives_as_a_calendar_part_and_as_a_file(server, post):
    invitation = b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n"
    post(attachments=[Inline("uitnodiging.ics", "text/calendar; method=REQUEST", invitation)])
    jobs.run_due()
    (message,) = received(server)
    parts = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
    assert [part["Content-Type"].params["method"] for part in parts] == ["REQUEST", "REQUEST"]
    assert [part.get_filename() for part in parts] == [None, "uitnodiging.ics"]


def test_what_is_sent_is_not_sent_again(server, post):
    mail = post()
    jobs.run_due()
    services.deliver(mail_id=str(mail.id))
    assert len(server.accepted) == 1


def test_a_crash_after_acceptance_sends_the_same_message_id_again(server, post, monkeypatch):
    """Reliability: what the reader gets twice carries one Message-ID, so that mail programs show it once."""
    mail = post()
    with monkeypatch.context() as crash:
        crash.setattr(services, "_mark", lambda *_args, **_values: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            services.deliver(mail_id=str(mail.id))
    services.deliver(mail_id=str(mail.id))
    assert [message["Message-ID"] for message in received(server)] == [mail.message_id] * 2


def test_a_server_that_is_down_is_tried_again_later_and_then_staff_see_it(server, post):
    server.mailer.port = unused_port()
    mail = post()
    with time_machine.travel(clock.now(), tick=False) as traveller:
        for _ in range(13):
            jobs.run_due()
            traveller.shift(timedelta(hours=8))
    kept = again(mail)
    assert (kept.state, kept.attempts) == (MailState.FAILED, 13)
    assert kept.last_error.startswith("ConnectionRefusedError")
    assert queries.failed_count() == 1


def test_a_failed_mail_goes_out_once_staff_try_again(server, post):
    server.answers["anna@voorbeeld.example"] = "550 no such person"
    mail = post()
    jobs.run_due()
    assert again(mail).state is MailState.FAILED
    assert "550" in again(mail).last_error
    server.answers.clear()
    with atomic():
        assert services.resend(mail.id)
    jobs.run_due()
    assert again(mail).state is MailState.SENT
    assert len(server.accepted) == 1


def test_a_refusal_for_now_is_not_a_failure(server, post):
    server.answers["anna@voorbeeld.example"] = "450 try later"
    mail = post()
    jobs.run_due()
    assert again(mail).state is MailState.QUEUED
    assert again(mail).attempts == 1


def test_a_silent_server_does_not_hold_the_worker(server, post, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        server.mailer.port = silent.getsockname()[1]
        monkeypatch.setattr(smtp, "SECONDS", 0.2)
        mail = post()
        jobs.run_due()
    assert again(mail).last_error.endswith("timed out")


def test_a_secret_is_erased_once_it_is_sent(server, post):
    mail = post(holds_secret=True)
    jobs.run_due()
    assert (again(mail).text, again(mail).html) == ("", "")
    assert "trial message" in received(server)[0].as_string() or "proefbericht" in received(server)[0].as_string()


def test_without_a_server_a_mail_counts_as_sent_and_stays_readable(post):
    mail = post(holds_secret=True)
    jobs.run_due()
    assert again(mail).state is MailState.SENT
    assert again(mail).text != ""
