from __future__ import annotations

import re

from app.core.db import db
from app.jobs import services as jobs
from app.mail import queries, services
from app.mail.models import MailState

NEWS = {"service_mail": False}


def address_in(mail) -> str:
    found = re.fullmatch(r"<https?://[^/]+(/unsubscribe/[^>]+)>", mail.headers["List-Unsubscribe"])
    assert found
    return found[1]


def again(mail):
    db.session.expire_all()
    return queries.mail(mail.id)


def test_only_what_is_no_service_mail_can_be_left(post):
    assert "List-Unsubscribe" not in post().headers
    news = post(**NEWS)
    assert news.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert address_in(news) in news.text
    assert address_in(news) in news.html


def test_one_click_in_the_mail_program_leaves_without_csrf_or_session(app, client, post):
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        answer = client.post(address_in(post(**NEWS)), data={"List-Unsubscribe": "One-Click"})
    finally:
        app.config["WTF_CSRF_ENABLED"] = False
    assert answer.status_code == 200
    assert services.is_unsubscribed("anna@voorbeeld.example")


def test_a_scanner_that_follows_the_link_changes_nothing(client, post):
    assert client.get(address_in(post(**NEWS))).status_code == 200
    assert not services.is_unsubscribed("anna@voorbeeld.example")


def test_whoever_left_gets_service_mail_but_no_news(client, post):
    written_before = post(**NEWS)
    client.post(address_in(written_before))
    news, service = post(**NEWS), post()
    jobs.run_due()
    assert [again(mail).state for mail in (written_before, news, service)] == [
        MailState.HELD,
        MailState.HELD,
        MailState.SENT,
    ]
    assert again(news).last_error == "unsubscribed"


def test_leaving_can_be_taken_back_and_doing_it_twice_is_the_same(client, post):
    address = address_in(post(**NEWS))
    client.post(address)
    client.post(address)
    client.post(f"{address}/undo")
    assert not services.is_unsubscribed("anna@voorbeeld.example")


def test_a_token_nobody_signed_is_not_there(client, post):
    address = address_in(post(**NEWS))
    for wrong in (f"{address}x", "/unsubscribe/x", "/unsubscribe/InhhIg.abc", f"/unsubscribe/{post().id}"):
        assert client.get(wrong).status_code == 404
        assert client.post(wrong).status_code == 404


def test_the_token_holds_no_address(post):
    assert "anna" not in address_in(post(**NEWS))
