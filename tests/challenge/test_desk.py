"""V5: the trustee's key and the compulsory test opening before an edition opens, as the returning officer does them."""

from __future__ import annotations

import json

import pytest
from markupsafe import escape

from app.challenge import queries
from app.challenge.models import EditionState, Juror, JurorState, Method, RoundKind
from app.challenge.services.transitions import NobodyVotes
from app.core.db import db
from app.core.i18n import speaking

from .conftest import fresh, make_ready, said
from .desk import Trustee, at, enter_key, try_both_copies, uploaded

BALLOT = (RoundKind.BALLOT, Method.BORDA)
JURY = (RoundKind.JURY, Method.RUBRIC)


@pytest.fixture(scope="module")
def stranger(tmp_path_factory):
    return Trustee(tmp_path_factory.mktemp("stranger"))


@pytest.fixture
def ready(officer, make_account, at_work):
    """An edition that lacks nothing but the key."""
    return make_ready(officer, make_account, JURY, BALLOT)


def test_v5_without_a_key_and_its_test_an_edition_with_a_ballot_does_not_open(client, ready, trustee):
    page = f"/bureau/challenge/{ready.id}/next"
    assert said("The public key of the trustee") in client.get(page).text
    assert client.post(f"{page}/open").status_code == 409
    enter_key(client, ready, trustee)
    assert client.post(f"{page}/open").status_code == 409
    try_both_copies(client, ready, trustee)
    assert said("Everything is there") in client.get(page).text
    assert client.post(f"{page}/open").status_code == 303


def test_v5_the_page_shows_the_fingerprint_that_the_program_told(client, ready, trustee):
    assert enter_key(client, ready, trustee).status_code == 303
    shown = client.get(at(ready)).text
    assert trustee.told.rsplit("Fingerprint: ", 1)[1].strip() in shown


def test_v5_a_key_can_be_typed_over(client, ready, trustee):
    public = json.loads(trustee.public)
    typed = {"name": "mr. Vos", "email": "notaris@voorbeeld.example", "locale": "nl"}
    spaced = {
        "encryption": public["encryption"].upper(),
        "signing": f" {public['signing'][:32]} {public['signing'][32:]}",
    }
    assert client.post(at(ready, "/trustee"), data=typed | spaced).status_code == 303
    assert queries.trustee(ready.id).signing == public["signing"]


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ({}, "Choose the file of the trustee, or type both keys over."),
        (
            {"encryption": "abc", "signing": "abc"},
            "A key has 64 characters, each 0 to 9 or a to f. Type it over once more.",
        ),
        (
            {"encryption": "0" * 64, "signing": "0" * 64},
            "Nothing can be sealed with this key. Ask the trustee for the file challenge-public-key.json again.",
        ),
    ],
)
def test_v5_a_key_that_cannot_be_one_is_refused_and_what_was_typed_stays(client, ready, sent, message):
    typed = {"name": "mr. Vos", "email": "notaris@voorbeeld.example", "locale": "nl"}
    answer = client.post(at(ready, "/trustee"), data=typed | sent)
    assert answer.status_code == 422
    assert said(message) in answer.text
    assert "notaris@voorbeeld.example" in answer.text


def test_v5_a_secret_key_is_refused_and_not_kept(client, ready, trustee):
    typed = {"name": "mr. Vos", "email": "notaris@voorbeeld.example", "locale": "nl"}
    answer = client.post(at(ready, "/trustee"), data=typed | uploaded(trustee.secret))
    assert answer.status_code == 422
    assert json.loads(trustee.secret)["signing_secret"] not in answer.text
    assert queries.trustee(ready.id) is None


def test_v5_another_key_makes_the_tests_void(client, ready, trustee, stranger):
    enter_key(client, ready, trustee)
    try_both_copies(client, ready, trustee)
    assert queries.trials_passed(ready.id) == 2
    enter_key(client, ready, trustee)
    db.session.expire_all()
    assert queries.trials_passed(ready.id) == 2
    enter_key(client, ready, stranger)
    db.session.expire_all()
    assert queries.trials_passed(ready.id) == 0


def test_v5_one_copy_that_was_tested_is_not_enough(client, ready, trustee):
    enter_key(client, ready, trustee)
    answer = trustee.work("test", client.get(at(ready, "/test-1.json")).data)
    for _time in range(2):
        assert client.post(at(ready, "/answer"), data=uploaded(answer)).status_code == 303
    assert client.post(f"/bureau/challenge/{ready.id}/next/open").status_code == 409


def test_v5_an_answer_of_another_key_another_test_or_no_answer_is_refused(client, ready, trustee, stranger):
    enter_key(client, ready, trustee)
    test = client.get(at(ready, "/test-1.json")).data
    opened = json.loads(trustee.work("test", test))
    changed = {**opened, "ballots": []}
    for content, message in (
        (stranger.work("test", test), "This file was not signed with the key that is entered here"),
        (changed, "This file was not signed with the key that is entered here"),
        ({**opened, "sealed": "0" * 64}, "This file answers another test than the ones on this page"),
        (b'{"sealed": 1.5}', "This file was not written by the trustee"),
        (b"{" * 100_000, "This file was not written by the trustee"),
    ):
        answer = client.post(at(ready, "/answer"), data=uploaded(content))
        assert answer.status_code == 422
        assert said(MESSAGES[message])[:30] in answer.text
    assert queries.trials_passed(ready.id) == 0


MESSAGES = {
    "This file was not signed with the key that is entered here": (
        "This file was not signed with the key that is entered here, or it was changed on the way. Compare the"
        " fingerprint with the trustee, and ask for the file again."
    ),
    "This file answers another test than the ones on this page": (
        "This file answers another test than the ones on this page: an older one, or one of another key. Send the"
        " trustee the test files of this page."
    ),
    "This file was not written by the trustee": (
        "This file was not written by the trustee’s program. Choose another one."
    ),
}


def test_v5_an_edition_whose_roll_would_be_empty_does_not_open(client, ready, trustee):
    enter_key(client, ready, trustee)
    try_both_copies(client, ready, trustee)
    for nominee in queries.nominees_of(ready.id):
        db.session.add(Juror(edition_id=ready.id, account_id=nominee.account_id, state=JurorState.SITS))
    db.session.commit()
    answer = client.post(f"/bureau/challenge/{ready.id}/next/open")
    assert answer.status_code == 409
    with speaking("nl"):
        assert str(escape(NobodyVotes.message)) in answer.text
    assert fresh(ready).state is EditionState.NOMINATION
    assert queries.kept_files(ready.id) == {}
