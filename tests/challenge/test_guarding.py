"""V5: the head of the board, which trustee and jury get every day while an edition is open."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from app.challenge import mails, queries, services
from app.challenge.models import Juror
from app.core import clock
from app.core.db import db
from app.mail.models import OutboxMail
from tests.golden import assert_mail_matches

from .desk import WHO, cast, end


def heads() -> list[OutboxMail]:
    db.session.expire_all()
    return list(db.session.scalars(select(OutboxMail).where(OutboxMail.template == "challenge/head")))


def test_v5_trustee_and_jury_get_the_head_once_a_day(opened):
    for _time in range(2):
        mails.tell_heads()
    jury = db.session.scalars(select(Juror).where(Juror.edition_id == opened.id)).all()
    assert len(heads()) == len(jury) + 1 == 4
    head = queries.last_entry(opened.id)
    assert WHO["email"] in {mail.recipient for mail in heads()}
    assert all(f"{head.seq}:{head.hash}" in mail.text for mail in heads())


def test_v5_the_next_day_brings_the_head_of_that_day(opened, voters):
    mails.tell_heads()
    cast(opened, voters[0])
    with time_machine.travel(clock.now().replace(microsecond=0) + timedelta(days=1), tick=False):
        mails.tell_heads()
    assert len(heads()) == 8
    assert len({mail.text for mail in heads() if mail.recipient == WHO["email"]}) == 2


def test_v5_after_the_close_nobody_gets_it_any_more(opened):
    end(opened)
    services.close_due()
    mails.tell_heads()
    assert heads() == []


def test_v5_the_public_board_shows_its_head(client, opened, voters):
    cast(opened, voters[0])
    head = queries.last_entry(opened.id)
    assert f"{head.seq}:{head.hash}" in client.get(f"/challenge/{opened.id}/board").text


@pytest.mark.parametrize("locale", ["nl", "en"])
def test_v5_the_mail_with_the_head_is_as_it_should_be(opened, locale):
    queries.trustee(opened.id).locale = locale
    opened.closes_at = datetime(2027, 3, 1, 11, tzinfo=UTC)
    db.session.commit()
    with time_machine.travel(datetime(2027, 2, 1, 8, tzinfo=UTC), tick=False):
        mails.tell_heads()
    (mail,) = [one for one in heads() if one.recipient == WHO["email"]]
    head = queries.last_entry(opened.id)
    for name in ("text", "html", "subject"):
        told = getattr(mail, name).replace(f"{head.seq}:{head.hash}", "1:HEAD").replace(opened.title, "TITLE")
        setattr(mail, name, told)
    with db.session.no_autoflush:
        assert_mail_matches(mail, "challenge_head")
    db.session.expunge(mail)
