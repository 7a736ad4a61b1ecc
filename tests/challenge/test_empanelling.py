"""V4, V8: bringing a jury together before an edition opens, and what those who are asked answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select, text

from app.accounts import queries as accounts
from app.accounts.events import AccountAnonymised
from app.audit import queries as audit
from app.audit.models import AuditEntry
from app.challenge import jury_mails, queries, services
from app.challenge.models import Juror, JurorState, NominationKind
from app.core import clock
from app.core.db import atomic, db
from app.core.i18n import speaking
from app.mail.models import OutboxMail
from tests.agenda.test_pages import statements
from tests.golden import assert_mail_matches

from .conftest import make_edition, make_member, said
from .juries import add_nominees, make_judged

MOST_QUERIES = 14
MOST_FOR_BUREAU = 19


@pytest.fixture
def asked(nominating, officer) -> Juror:
    """A member who is asked for the jury."""
    person = make_member(given_name="Sanne", family_name="de Graaf", email="sanne@voorbeeld.example")
    found = services.invite_juror(nominating.id, person.id, by=officer.id)
    db.session.commit()
    return found


def now_of(juror: Juror) -> Juror:
    db.session.expire_all()
    return queries.juror(juror.id)


def mails(template: str) -> list[OutboxMail]:
    return list(db.session.scalars(select(OutboxMail).where(OutboxMail.template == f"challenge/{template}")))


def invitation(**changes: str) -> dict[str, str]:
    return {"given_name": "Vera", "family_name": "van Buiten", "email": "vera@elders.example"} | changes


def test_v4_a_member_is_asked_once_and_by_mail(client, at_work, nominating):
    person = make_member()
    place = f"/bureau/challenge/{nominating.id}/jury/invite"
    assert client.post(place, data=invitation(email=person.email)).status_code == 303
    again = client.post(place, data=invitation(email=person.email))
    assert again.status_code == 422
    assert said("This person was asked for this jury already.") in again.text
    assert len(mails("juror_asked")) == 1


def test_v4_somebody_from_outside_gets_an_account_with_a_link_of_their_own(client, at_work, nominating):
    place = f"/bureau/challenge/{nominating.id}/jury/invite"
    assert client.post(place, data=invitation()).status_code == 303
    account = accounts.by_email("vera@elders.example")
    juror = queries.seat_in(nominating.id, account.id)
    assert juror.state is JurorState.ASKED
    assert f"/challenge/jury/{juror.id}" in mails("juror_asked")[0].text
    assert "Vera van Buiten" in client.get(f"/bureau/challenge/{nominating.id}/jury").text


def test_v4_an_empty_invitation_is_told_by_its_fields(client, at_work, nominating):
    answer = client.post(f"/bureau/challenge/{nominating.id}/jury/invite", data={"family_name": "Getypt"})
    assert answer.status_code == 422
    assert 'href="#email"' in answer.text
    assert "Getypt" in answer.text


def test_v4_whoever_is_asked_accepts_or_declines_and_can_change_their_mind(client, sign_in, asked):
    sign_in(client, accounts.account(asked.account_id))
    place = f"/challenge/jury/{asked.id}"
    assert said("Do you judge with us?") in client.get(place).text
    for answer, state in (("decline", JurorState.DECLINED), ("accept", JurorState.SITS), ("accept", JurorState.SITS)):
        assert client.post(f"{place}/{answer}").status_code == 303
        assert now_of(asked).state is state
    assert said("You sit in the jury") in client.get(place).text
    sign_in(client, make_member())
    assert client.get(place).status_code == 404
    assert client.post(f"{place}/decline").status_code == 404


def test_v4_the_home_page_asks_for_an_answer(client, sign_in, asked):
    sign_in(client, accounts.account(asked.account_id))
    assert f"/challenge/jury/{asked.id}" in client.get("/home").text


def test_v4_the_chair_sits_in_the_jury_and_leaves_the_chair_with_it(client, at_work, asked):
    place = f"/bureau/challenge/{asked.edition_id}/jury/{asked.id}"
    assert client.post(f"{place}/chair").status_code == 409
    with atomic():
        services.accept_seat(asked.id, by=asked.account_id)
    assert client.post(f"{place}/chair").status_code == 303
    assert now_of(asked).edition.chair_id == asked.account_id
    assert client.post(f"{place}/remove").status_code == 303
    assert now_of(asked).state is JurorState.DECLINED
    assert now_of(asked).edition.chair_id is None


def test_v4_nobody_judges_an_edition_in_which_they_stand(client, at_work, asked):
    edition_id, stands = asked.edition_id, make_member()
    reason = "Bracht twee teams na een fusie weer samen."
    nominate = f"/bureau/challenge/{edition_id}/nominate"
    invite = f"/bureau/challenge/{edition_id}/jury/invite"
    assert client.post(nominate, data={"email": stands.email, "reason": reason}).status_code == 303
    assert client.post(invite, data=invitation(email=stands.email)).status_code == 422
    email = accounts.account(asked.account_id).email
    assert client.post(nominate, data={"email": email, "reason": reason}).status_code == 422


def test_v4_whoever_is_put_forward_after_being_asked_does_not_sit(nominating, officer, asked):
    with atomic():
        services.decline_seat(asked.id, by=asked.account_id)
        kind = NominationKind.BUREAU
        services.nominate(nominating.id, asked.account_id, kind=kind, reason="Een goede reden.", by=officer.id)
    with pytest.raises(services.StandsAsNominee):
        services.accept_seat(asked.id, by=asked.account_id)


def test_v8_the_jury_is_frozen_when_the_edition_opens(client, sign_in, officer):
    judged = make_judged(officer)
    sign_in(client, officer)
    assert client.get(f"{judged.bureau()}/invite").status_code == 409
    for deed in ("remove", "chair"):
        assert client.post(f"{judged.bureau()}/{judged.jurors[1].id}/{deed}").status_code == 409
    sign_in(client, judged.people[1])
    assert client.post(f"{judged.place(1)}/decline").status_code == 409
    assert now_of(judged.jurors[1]).state is JurorState.SITS


def test_v4_a_juror_of_another_edition_is_not_found_here(client, at_work, asked, officer):
    other = make_edition(officer, year=clock.today().year + 1)
    for page in (f"{asked.id}/remove", f"{asked.id}/chair"):
        assert client.post(f"/bureau/challenge/{other.id}/jury/{page}").status_code == 404


def test_b7_a_coordinator_reads_the_jury_and_changes_nothing(client, sign_in, make_account, asked):
    sign_in(client, make_account(roles=("coordinator",)))
    place = f"/bureau/challenge/{asked.edition_id}/jury"
    assert "Sanne de Graaf" in client.get(place).text
    assert client.get(f"{place}/invite").status_code == 403
    assert client.post(f"{place}/{asked.id}/remove").status_code == 403


def test_l4_whoever_is_forgotten_leaves_a_jury_that_has_not_opened(asked):
    with atomic():
        services.leave_jury(AccountAnonymised(account_id=asked.account_id))
    assert now_of(asked).state is JurorState.DECLINED


def test_b6_what_happens_to_a_jury_reads_as_sentences(officer):
    judged = make_judged(officer)
    judged.gives(0, 0, 14)
    rows = db.session.scalars(select(AuditEntry).where(AuditEntry.object_type == "juror")).all()
    with speaking("nl"):
        told = " ".join(one.sentence for one in audit.told(rows).values())
    assert "Fatima el Idrissi vroeg Jurylid Nummer 1 voor de jury" in told
    assert "Jurylid Nummer 1 begon een kandidaat" in told


def test_v4_jury_pages_ask_few_questions(client, sign_in, officer):
    judged = make_judged(officer)
    sign_in(client, judged.people[0])
    for path in (judged.place(), judged.place(0, 0), f"/challenge/{judged.edition.id}/chair"):
        assert statements(lambda path=path: client.get(path)) <= MOST_QUERIES, path
    sign_in(client, officer)
    assert statements(lambda: client.get(judged.bureau())) <= MOST_FOR_BUREAU


@pytest.mark.parametrize("locale", ["nl", "en"])
def test_v4_the_mails_to_jurors_each_once(officer, locale):
    began = datetime(2027, 1, 4, 8, tzinfo=UTC)
    with time_machine.travel(began, tick=False) as traveller:
        edition = make_edition(officer, days=(-10, 5, 9, 10, 20))
        services.open_nominations(edition.id, by=officer.id)
        add_nominees(edition)
        person = make_member(given_name="Vera", family_name="Smit", email="vera@voorbeeld.example", locale=locale)
        juror = services.invite_juror(edition.id, person.id, by=officer.id)
        _writes_twice(traveller, began + timedelta(days=8))
        services.accept_seat(juror.id, by=person.id)
        db.session.execute(text("UPDATE challenge_edition SET state = 'open'"))
        for days in (12, 18):
            _writes_twice(traveller, began + timedelta(days=days))
    for name in ("juror_asked", "juror_answer", "jury_open", "jury_reminder"):
        (mail,) = mails(name)
        assert_mail_matches(mail, f"challenge_{name}")


def _writes_twice(traveller: time_machine.Traveller, moment: datetime) -> None:
    db.session.commit()
    traveller.move_to(moment)
    for _twice in range(2):
        jury_mails.write_jurors()
