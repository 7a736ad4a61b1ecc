"""V5: what voters read, when, and that no mail tells whose envelope is whose."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from app.accounts import queries as accounts
from app.challenge import queries, voter_mails
from app.challenge.models import EditionState, Invitee, RollEntry
from app.challenge.services import confirming, slots
from app.core import clock
from app.core.db import db
from app.jobs.models import Job
from app.mail import attachments
from app.mail.models import OutboxMail
from tests.golden import assert_mail_matches

from .polls import make_poll


@pytest.fixture
def poll(officer):
    return make_poll(officer, voters=8)


def mails(template):
    db.session.expire_all()
    return list(db.session.scalars(select(OutboxMail).where(OutboxMail.template == f"challenge/{template}")))


def told():
    """Let the worker's round come by."""
    voter_mails.tell_voters()
    return mails("vote_received")


def voted(poll, count):
    return [poll.cast(voter).payload["digest"] for voter in poll.voters[:count]]


def test_v5_everybody_on_the_roll_hears_once_that_the_vote_is_open(poll):
    for _round in range(2):
        voter_mails.tell_voters()
    sent = mails("vote_opens")
    assert len(sent) == 11
    assert {one.account_id for one in sent} == {*poll.voters, *poll.nominees}
    assert all(f"/challenge/{poll.edition_id}/vote" in one.text for one in sent)


def test_v5_an_invited_voter_gets_a_personal_link_that_staff_do_not_see(poll):
    iris = Invitee(edition_id=poll.edition_id, name="Iris", email="iris@ander.example", locale="en")
    db.session.add(iris)
    db.session.flush()
    db.session.add(RollEntry(edition_id=poll.edition_id, voter=iris.id))
    db.session.commit()
    voter_mails.tell_voters()
    (hers,) = [one for one in mails("vote_opens") if one.recipient == iris.email]
    assert "/challenge/vote/" in hers.text
    assert (hers.holds_secret, hers.locale) == (True, "en")


def test_v5_who_has_not_voted_is_reminded_once_before_the_close(poll):
    voted(poll, 6)
    voter_mails.tell_voters()
    assert mails("vote_reminder") == []
    edition = poll.edition
    edition.work_until, edition.opens_at = clock.now() - timedelta(days=3), clock.now() - timedelta(days=2)
    edition.closes_at = clock.now() + timedelta(days=2)
    db.session.commit()
    for _round in range(2):
        voter_mails.tell_voters()
    assert {one.account_id for one in mails("vote_reminder")} == {*poll.voters[6:], *poll.nominees}


def test_v5_some_who_voted_are_told_together_and_the_rest_at_the_close(poll):
    """The third mail is not the third vote: five always stay behind, whoever is told is drawn by lot."""
    voted(poll, confirming.POOL)
    assert told() == []
    for voter in poll.voters[confirming.POOL :]:
        poll.cast(voter)
    first = told()
    assert len(first) == 3
    assert told() == first
    edition = poll.edition
    edition.closes_at = clock.now() - timedelta(seconds=1)
    db.session.commit()
    assert {one.account_id for one in told()} == set(poll.voters)
    assert len(told()) == 8


def test_v5_the_outbox_holds_no_digest_and_the_mail_that_is_sent_brings_the_receipt(poll):
    digests = voted(poll, 8)
    edition = poll.edition
    edition.closes_at = clock.now() - timedelta(seconds=1)
    db.session.commit()
    sent = told()
    head = queries.last_entry(poll.edition_id)
    kept = [repr({column.name: getattr(one, column.name) for column in OutboxMail.__table__.columns}) for one in sent]
    jobs = repr([one.payload for one in db.session.scalars(select(Job))])
    for digest in digests:
        assert not any(digest in one for one in [*kept, jobs])
    assert all(f"{head.seq}:{head.hash}" in one.text for one in sent)
    for one in sent:
        receipt = json.loads(attachments.load(one.attachments[0]).content)
        entry = next(cast for cast in poll.casts() if cast.seq == receipt["seq"])
        assert (receipt["digest"], receipt["head"]) == (entry.payload["digest"], entry.hash)
    assert {json.loads(attachments.load(one.attachments[0]).content)["digest"] for one in sent} == set(digests)
    slots.destroy_slot_key(poll.edition_id)
    late = json.loads(attachments.load(sent[0].attachments[0]).content)
    assert late == {"edition": str(poll.edition_id), "head": head.hash, "seq": head.seq}


@pytest.mark.parametrize("locale", ["nl", "en"])
def test_v5_the_mails_to_voters(officer, locale):
    with time_machine.travel(datetime(2027, 1, 4, 8, tzinfo=UTC), tick=False) as traveller:
        poll = make_poll(officer, voters=1)
        sanne = accounts.account(poll.voters[0])
        sanne.locale, sanne.family_name, sanne.email = locale, "de Graaf", "kiezer@voorbeeld.example"
        sanne.given_name = "Sanne"
        db.session.commit()
        voter_mails.tell_voters()
        traveller.shift(timedelta(days=7))
        voter_mails.tell_voters()
        place = db.session.get_one(RollEntry, (poll.edition_id, sanne.id))
        place.voted = place.owed = True
        db.session.commit()
        edition = poll.edition
        edition.state = EditionState.CLOSED
        db.session.commit()
        voter_mails.tell_voters()
    head = queries.last_entry(poll.edition_id)
    for name in ("vote_opens", "vote_reminder", "vote_received"):
        (mail,) = [one for one in mails(name) if one.account_id == poll.voters[0]]
        db.session.expunge(mail)
        mail.text, mail.html = (one.replace(head.hash, "0" * 64) for one in (mail.text, mail.html))
        assert_mail_matches(mail, f"challenge_{name}")
