"""V2, V3: being put forward, taking part by the terms, and working on the case until the second it closes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
import time_machine
from sqlalchemy import select, text

from app.accounts.events import AccountAnonymised
from app.audit import queries as audit
from app.audit.models import AuditEntry
from app.challenge import demo, queries, services
from app.challenge.models import NominationKind, Nominee, NomineeState
from app.core import clock
from app.core.db import atomic, db, now_in_database
from app.core.i18n import speaking
from app.mail.models import OutboxMail
from app.profiles import services as profiles
from tests.golden import assert_mail_matches

from .conftest import A_PDF, fresh, make_edition, make_member, said

REASON = "Bracht twee teams na een fusie weer samen."


@pytest.fixture
def sanne(app):
    return make_member(given_name="Sanne", family_name="de Graaf", email="sanne@voorbeeld.example")


@pytest.fixture
def asked(nominating, sanne, officer):
    """Sanne, put forward by the bureau."""
    found = services.nominate(nominating.id, sanne.id, kind=NominationKind.BUREAU, reason=REASON, by=officer.id)
    db.session.commit()
    return found


@pytest.fixture
def working(asked, sanne):
    services.agree(asked.id, terms_version=1, by=sanne.id)
    db.session.commit()
    return asked


def now_of(nominee: Nominee) -> Nominee:
    db.session.expire_all()
    return db.session.get_one(Nominee, nominee.id)


def mails(template: str) -> list[OutboxMail]:
    return list(db.session.scalars(select(OutboxMail).where(OutboxMail.template == f"challenge/{template}")))


def test_v2_a_member_puts_a_colleague_forward_who_is_asked_once(client, sign_in, nominating, sanne):
    profiles.open_profile(sanne.id)
    for number in range(2):
        sign_in(client, make_member())
        assert str(sanne.id) in client.get("/challenge/nominate?q=graaf").text
        place = f"/challenge/nominate/{sanne.id}"
        assert client.post(place, data={"reason": REASON}).status_code == 303
        assert client.post(place, data={"reason": REASON}).status_code == 422
        assert len(now_of(queries.own_place(nominating.id, sanne.id)).nominations) == number + 1
    assert len(mails("nominated")) == 1


def test_v2_whoever_puts_themselves_forward_goes_on_to_the_terms(client, sign_in, nominating, sanne):
    sign_in(client, sanne)
    answer = client.post(f"/challenge/nominate/{sanne.id}", data={"reason": REASON})
    assert "/challenge/nominations/" in answer.headers["Location"]
    assert mails("nominated") == []
    place = answer.headers["Location"]
    assert client.post(place, data={"version": "1"}).status_code == 422
    assert client.post(place, data={"version": "1", "agreed": "1"}).status_code == 303
    nominee = queries.own_place(nominating.id, sanne.id)
    assert nominee.state is NomineeState.TAKING_PART
    assert (nominee.terms_version, nominee.terms_text) == (1, nominating.terms_text)


def test_v2_the_bureau_puts_somebody_forward_by_address(client, at_work, nominating, sanne):
    place = f"/bureau/challenge/{nominating.id}/nominate"
    wrong = client.post(place, data={"email": "niemand@voorbeeld.example", "reason": REASON})
    assert wrong.status_code == 422
    assert 'href="#email"' in wrong.text
    assert client.post(place, data={"email": sanne.email, "reason": REASON}).status_code == 303
    assert "Sanne de Graaf" in client.get(f"/bureau/challenge/{nominating.id}").text


def test_v2_only_who_is_a_member_on_the_day_that_counts_takes_part(client, at_work, nominating):
    late = make_member(until=clock.today() - timedelta(days=200))
    place = f"/bureau/challenge/{nominating.id}/nominate"
    answer = client.post(place, data={"email": late.email, "reason": REASON})
    assert answer.status_code == 422
    assert said("Only who is a member on the day that counts can take part in this edition.") in answer.text


def test_v2_terms_that_changed_are_read_again_before_one_agrees(client, sign_in, asked, sanne, officer):
    db.session.execute(text("UPDATE challenge_edition SET terms_version = 2"))
    sign_in(client, sanne)
    place = f"/challenge/nominations/{asked.id}"
    assert client.post(place, data={"version": "1", "agreed": "1"}).status_code == 409
    assert client.post(place, data={"version": "2", "agreed": "1"}).status_code == 303


def test_v2_whoever_declined_can_still_change_their_mind(client, sign_in, asked, sanne):
    sign_in(client, sanne)
    place = f"/challenge/nominations/{asked.id}"
    client.post(f"{place}/decline")
    assert now_of(asked).state is NomineeState.DECLINED
    client.post(place, data={"version": "1", "agreed": "1"})
    assert now_of(asked).state is NomineeState.TAKING_PART


def test_v3_a_draft_saves_itself_and_an_older_window_overwrites_nothing(client, sign_in, working, sanne):
    sign_in(client, sanne)
    place = f"/challenge/nominations/{working.id}/work"
    told = client.post(place, data={"version": "0", "plan": "Eerst luisteren.", "by_itself": "1"}).get_json()
    assert told["version"] == 1
    older = client.post(place, data={"version": "0", "plan": "Iets ouds."})
    assert older.status_code == 422
    assert "Iets ouds." in older.text
    assert now_of(working).plan == "Eerst luisteren."
    whole = {"version": "1", "plan": "Eerst luisteren, dan kiezen.", "short_cv": "Kort.", "note": "Dank."}
    assert client.post(place, data=whole | {"file": (BytesIO(A_PDF), "plan.pdf")}).status_code == 303
    assert client.get(f"/challenge/nominations/{working.id}/file").data == A_PDF


def test_v3_the_work_closes_on_the_second_by_the_clock_of_the_database(client, sign_in, working, sanne):
    closes = now_in_database() + timedelta(seconds=-1)
    earlier = {"until": closes - timedelta(days=1), "closes": closes}
    moved = text("UPDATE challenge_edition SET nominations_until = :until, work_until = :closes")
    db.session.execute(moved.bindparams(**{name: _stored(at) for name, at in earlier.items()}))
    db.session.commit()
    sign_in(client, sanne)
    answer = client.post(f"/challenge/nominations/{working.id}/work", data={"version": "0", "plan": "Te laat."})
    assert answer.status_code == 409
    assert now_of(working).plan == ""


def _stored(at: datetime) -> datetime:
    return at.replace(tzinfo=None) if db.session.get_bind().dialect.name == "sqlite" else at


def test_v2_whoever_withdraws_after_the_opening_stays_listed_and_stands_on_the_board(client, sign_in, working, sanne):
    db.session.execute(text("UPDATE challenge_edition SET state = 'open'"))
    sign_in(client, sanne)
    client.post(f"/challenge/nominations/{working.id}/withdraw", data={"reason": "Geen tijd."})
    assert now_of(working).state is NomineeState.WITHDRAWN
    entry = queries.last_entry(working.edition_id)
    assert (entry.kind, entry.payload["nominee"]) == ("withdrawn", 1)
    page = client.get("/challenge").text
    assert "Sanne de Graaf" in page
    assert said("Withdrawn") in page


def test_v3_nobody_sees_the_pages_of_another_nominee(client, sign_in, working):
    sign_in(client, make_member())
    for page in ("", "/work", "/file", "/withdraw"):
        assert client.get(f"/challenge/nominations/{working.id}{page}").status_code == 404
    assert client.post(f"/challenge/nominations/{working.id}/decline").status_code == 404


def test_l4_whoever_is_forgotten_leaves_no_work_behind(working, sanne):
    with atomic():
        services.save_work(working.id, demo.work_of(), seen=0, by=sanne.id)
    with atomic():
        services.forget_nominee(AccountAnonymised(account_id=sanne.id))
    found = now_of(working)
    assert (found.state, found.plan, found.short_cv, found.plan_file) == (NomineeState.WITHDRAWN, "", "", "")


def test_b6_what_nominees_do_reads_as_sentences(working):
    rows = db.session.scalars(select(AuditEntry).where(AuditEntry.object_type == "nominee")).all()
    with speaking("nl"):
        told = " ".join(one.sentence for one in audit.told(rows).values())
    assert "Fatima el Idrissi droeg Sanne de Graaf voor" in told
    assert "Sanne de Graaf doet mee" in told


@pytest.mark.parametrize("locale", ["nl", "en"])
def test_v2_the_mails_to_nominees(officer, locale):
    with time_machine.travel(datetime(2027, 1, 4, 8, tzinfo=UTC), tick=False):
        edition = make_edition(officer, days=(-10, 5, 9, 10, 20))
        services.open_nominations(edition.id, by=officer.id)
        person = make_member(given_name="Sanne", family_name="de Graaf", email="sanne@voorbeeld.example", locale=locale)
        by, kind = make_member(given_name="Karim", family_name="Benali"), NominationKind.MEMBER
        nominee = services.nominate(edition.id, person.id, kind=kind, reason=REASON, by=by.id)
        services.agree(nominee.id, terms_version=1, by=person.id)
        assert fresh(edition).state == "nomination"
    for name in ("nominated", "taking_part"):
        (mail,) = mails(name)
        assert_mail_matches(mail, f"challenge_{name}")
