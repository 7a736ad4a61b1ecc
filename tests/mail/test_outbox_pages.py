from __future__ import annotations

import pytest

from app.core.db import atomic, db
from app.core.observability import statements_so_far
from app.jobs import services as jobs
from app.mail import queries, reading
from app.mail.attachments import Inline
from app.mail.models import MailState

BUDGET = 12


@pytest.fixture
def coordinator(client, make_account, sign_in):
    account = sign_in(client, make_account(roles=["coordinator"]))
    db.session.commit()
    return account


def test_staff_see_what_was_sent_within_a_budget(client, coordinator, post):
    for number in range(30):
        post(to=f"lid{number}@voorbeeld.example")
    before = statements_so_far()
    page = client.get("/bureau/mail")
    assert statements_so_far() - before <= BUDGET
    assert page.status_code == 200
    assert page.text.count("@voorbeeld.example</a>") == 25


def test_staff_try_a_failed_mail_again_and_twice_is_once(client, coordinator, post):
    mail = post()
    with atomic() as session:
        session.get(type(mail), mail.id).state = MailState.FAILED
        session.get(type(mail), mail.id).last_error = "550 no such person"
    assert "550 no such person" in client.get(f"/bureau/mail/{mail.id}").text
    for _ in range(2):
        assert client.post(f"/bureau/mail/{mail.id}/resend").status_code == 303
    assert queries.mail(mail.id).state is MailState.QUEUED
    jobs.run_due()
    db.session.expire_all()
    assert queries.mail(mail.id).state is MailState.SENT


def test_staff_never_read_a_secret(client, coordinator, post):
    mail = post(holds_secret=True)
    assert "proefbericht" not in (page := client.get(f"/bureau/mail/{mail.id}").text)
    assert "trial message" not in page


def test_the_outbox_is_for_who_may_read_it(client, make_account, sign_in, post):
    mail = post()
    assert client.get("/bureau/mail").status_code == 303
    sign_in(client, make_account())
    assert client.get("/bureau/mail").status_code == 404
    assert client.get(f"/bureau/mail/{mail.id}").status_code == 404


def test_the_page_for_developers_is_there_in_development_only(app):
    assert "/dev/mail" not in {rule.rule for rule in app.url_map.iter_rules()}


def test_the_page_for_developers_shows_the_mail_as_programs_read_it(app, post):
    mail = post(attachments=[Inline("uitnodiging.ics", "text/calendar; method=REQUEST", b"BEGIN:VCALENDAR")])
    with app.test_request_context("/dev/mail"):
        frame = reading.html.__wrapped__(mail.id) if hasattr(reading.html, "__wrapped__") else reading.html(mail.id)
        kept = reading.attachment(mail.id, 0)
        kept.direct_passthrough = False
    assert "sandbox" in frame.headers["Content-Security-Policy"]
    assert "script-src" not in frame.headers["Content-Security-Policy"]
    assert kept.get_data() == b"BEGIN:VCALENDAR"
    assert kept.headers["Content-Disposition"].startswith("attachment")
