"""V7: how an edition ends is told to who took part, once, in their language."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from app.accounts.models import Account
from app.challenge import services
from app.challenge.models import Juror
from app.core.db import atomic, db
from app.mail.models import OutboxMail
from tests.golden import assert_mail_matches

from .conftest import make_edition
from .held import NAMES, make_held
from .juries import make_judged

WHY = "De jury is ziek."


def mails(template: str) -> list[OutboxMail]:
    db.session.expire_all()
    wanted = select(OutboxMail).where(OutboxMail.template == f"challenge/{template}")
    return list(db.session.scalars(wanted.order_by(OutboxMail.recipient)))


def speak(locale: str) -> None:
    db.session.execute(update(Account).values(locale=locale))
    db.session.commit()


def first(told: list[OutboxMail]) -> OutboxMail:
    """The mail to the first by name, at an address that is always the same."""
    chosen = min(told, key=lambda mail: mail.recipient_name)
    chosen.recipient = "iemand@voorbeeld.example"
    return chosen


@pytest.mark.parametrize("locale", ["nl", "en"])
def test_v7_nominees_and_jury_read_that_the_result_is_public(officer, locale):
    edition = make_held(officer, until_counted=True)
    jurors = set(db.session.scalars(select(Juror.account_id).where(Juror.edition_id == edition.id)))
    assert mails("published") == []
    speak(locale)
    services.agree_to_publish(edition.id, by=officer.id)
    services.agree_to_publish(edition.id, by=edition.chair_id)
    told = mails("published")
    assert len(told) == len(NAMES) + len(jurors)
    assert all(f"/challenge/{edition.year}/result" in mail.text for mail in told)
    assert_mail_matches(first(told), "challenge_published")


@pytest.mark.parametrize("locale", ["nl", "en"])
def test_v8_nominees_and_jury_read_that_an_edition_is_cancelled_and_why(officer, locale):
    edition = make_judged(officer).edition
    speak(locale)
    with atomic():
        services.cancel_edition(edition.id, why=WHY, by=officer.id)
    told = mails("called_off")
    assert told
    assert all(WHY in mail.text for mail in told)
    assert_mail_matches(first(told), "challenge_called_off")


def test_v8_an_edition_that_nobody_took_part_in_is_cancelled_without_a_mail(officer):
    edition = make_edition(officer)
    with atomic():
        services.cancel_edition(edition.id, why=WHY, by=officer.id)
    assert mails("called_off") == []
