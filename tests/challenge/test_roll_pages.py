"""V5: the officer's pages about who may vote."""

from __future__ import annotations

from io import BytesIO

import pytest

from app.accounts import queries as accounts
from app.challenge.queries import board, voting
from app.core.db import db

from .conftest import make_member, said
from .polls import make_poll

LIST = "Naam;E-mail;Taal\nIris Kool;Iris@Ander.example;en\nBas Smit;bas@ander.example;\n"


def handed_in(client, edition, text):
    return client.post(f"/bureau/challenge/{edition.id}/roll/invite", data={"file": (BytesIO(text.encode()), "l.csv")})


def test_v5_the_officer_invites_voters_by_a_list_and_takes_it_back(client, at_work, nominating):
    at = f"/bureau/challenge/{nominating.id}/roll"
    for _twice in range(2):
        assert handed_in(client, nominating, LIST).status_code == 303
    people = {(one.name, one.email, one.locale) for one in voting.invitees(nominating.id)}
    assert people == {("Iris Kool", "iris@ander.example", "en"), ("Bas Smit", "bas@ander.example", "nl")}
    assert "iris@ander.example" in client.get(at).text
    assert client.post(f"{at}/uninvite").status_code == 303
    assert voting.invitees(nominating.id) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Wie;Waar\nIris;iris@ander.example\n", "naam"),
        ("naam,e-mail\nIris,iris\n", "Regel 2"),
        ("naam;e-mail\nIris;i@a.example\nOok Iris;I@A.example\n", "Regel 3"),
        ("naam;e-mail\n", "niemand"),
    ],
)
def test_v5_a_list_that_is_not_clear_is_refused_by_line_and_nothing_is_taken_over(
    client, at_work, nominating, text, told
):
    answer = handed_in(client, nominating, text)
    assert answer.status_code == 422
    assert told in answer.text
    assert voting.invitees(nominating.id) == []


def test_v5_the_officer_changes_the_roll_of_an_open_vote_with_a_reason(client, sign_in, officer):
    poll, late = make_poll(officer), make_member(email="laat@voorbeeld.example")
    sign_in(client, officer)
    at = f"/bureau/challenge/{poll.edition_id}/roll"
    form = {"what": "add", "email": " Laat@voorbeeld.example ", "reason": "De betaling was te laat verwerkt."}
    assert client.post(f"{at}/change", data=form | {"email": "wie@weg.example"}).status_code == 422
    assert client.post(f"{at}/change", data=form).status_code == 303
    assert client.post(f"{at}/change", data=form).status_code == 422
    assert voting.roll_entry(poll.edition_id, late.id)
    assert board(poll.edition_id)[-1].payload["reason"] == form["reason"]
    poll.cast(late.id)
    answer = client.post(f"{at}/change", data=form | {"what": "take_off"})
    assert answer.status_code == 422
    db.session.rollback()
    assert voting.roll_entry(poll.edition_id, late.id)


def test_v5_no_page_of_the_bureau_tells_who_voted(client, sign_in, officer):
    """Staff read the turnout; laid beside the board, names would tell whose envelope is whose."""
    poll = make_poll(officer)
    sign_in(client, officer)
    db.session.commit()
    pages = [f"/bureau/challenge/{poll.edition_id}{part}" for part in ("", "/roll", "/ballot")]
    pages += ["/bureau/mail", "/bureau/audit", "/bureau/accounts?sort=-last_seen"]
    poll.cast(poll.voters[0])
    before = [client.get(one).text for one in pages]
    poll.cast(poll.voters[1])
    after = [client.get(one).text for one in pages]
    name = accounts.account(poll.voters[1]).name
    assert [one.count(name) for one in before] == [one.count(name) for one in after]
    assert all(str(poll.voters[1]) not in one for one in after[:3])
    assert said("Voted") in after[1]


def test_v5_a_closed_roll_cannot_be_changed_and_a_coordinator_changes_nothing(
    client, sign_in, make_account, officer, nominating
):
    sign_in(client, officer)
    assert client.get(f"/bureau/challenge/{nominating.id}/roll/change").status_code == 409
    sign_in(client, make_account(roles=("coordinator",)))
    assert client.get(f"/bureau/challenge/{nominating.id}/roll").status_code == 200
    assert client.get(f"/bureau/challenge/{nominating.id}/roll/invite").status_code == 403
