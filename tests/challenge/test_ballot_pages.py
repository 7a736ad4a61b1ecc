"""V5, V6: the voter's way over the pages: fill in, see again with the code, cast, keep the receipt, look it up."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from nacl.signing import VerifyKey
from sqlalchemy import select, update

from app.accounts import queries as accounts
from app.accounts.models import AccountSession
from app.challenge import filling, links, services
from app.challenge.board import canonical, hash_of
from app.challenge.deciding import Method
from app.challenge.models import NomineeState
from app.challenge.queries import nominees_of, voting
from app.challenge.services import electorate, files, slots
from app.challenge.services.electorate import Invitation
from app.core import clock, vault
from app.core.db import atomic, db
from tests.faults.plug import everything

from .conftest import make_edition, make_member, said
from .polls import make_poll

HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


@pytest.fixture
def poll(officer):
    return make_poll(officer)


@pytest.fixture
def voter(client, sign_in, poll):
    """Somebody on the roll, signed in."""
    return sign_in(client, accounts.account(poll.voters[0]))


def pages_of(poll):
    return f"/challenge/{poll.edition_id}/vote"


def reviewed(client, at, **filled):
    """Fill a ballot in and return what the next page would send."""
    page = client.post(f"{at}/ballot", data=filled)
    assert page.status_code == 200, page.text
    return page.text, _sent(page.text)


def _sent(page):
    found = [(name, value) for name, value in HIDDEN.findall(page) if name != "csrf_token"]
    several = {name: [value for other, value in found if other == name] for name, _value in found}
    return {name: values if len(values) > 1 else values[0] for name, values in several.items()}


def votes(client, at, **filled):
    """Vote as somebody does, and return the last answer."""
    _page, sent = reviewed(client, at, **filled)
    return client.post(f"{at}/cast", data=sent)


def test_v5_a_member_sees_the_code_before_the_vote_is_sent_and_gets_a_signed_receipt(client, poll, voter):
    at = pages_of(poll)
    assert said("Fill in my ballot") in client.get(at).text
    text, sent = reviewed(client, at, **{"place-1": "2", "place-3": "1", "decisive": "c4", "word": "heide"})
    (shown,) = re.findall(r"<code>([0-9A-Z-]{19})</code>", text)
    assert shown.replace("-", "") == sent["code"]
    assert poll.lies == []
    answer = client.post(f"{at}/cast", data=sent)
    assert (answer.status_code, answer.location) == (303, f"{at}/receipt")
    (ballot,) = poll.opened()
    assert (ballot["code"], ballot["ranks"], ballot["word"]) == (sent["code"], [[3], [1]], "heide")
    receipt = json.loads(client.get(f"{at}/receipt.json").data)
    signed = {name: value for name, value in receipt.items() if name != "signature"}
    key = VerifyKey(bytes.fromhex(poll.rules["keys"]["server_signing"]))
    key.verify(canonical(signed), bytes.fromhex(receipt["signature"]))
    assert receipt["digest"] == poll.lies[0].digest
    page = client.get(f"{at}/receipt").text
    assert receipt["digest"] in page
    assert sent["code"] not in page
    assert shown not in page


def test_v5_each_review_shows_a_fresh_code(client, poll, voter):
    codes = {reviewed(client, pages_of(poll), **{"place-1": "1"})[1]["code"] for _again in range(5)}
    assert len(codes) == 5


def test_v5_a_second_click_is_one_vote_and_leads_to_its_receipt(client, poll, voter):
    _page, sent = reviewed(client, pages_of(poll), **{"place-1": "1"})
    answers = [client.post(f"{pages_of(poll)}/cast", data=sent) for _click in range(2)]
    assert [one.status_code for one in answers] == [303, 303]
    assert (len(poll.lies), len(poll.casts())) == (1, 1)
    assert client.get(f"{pages_of(poll)}/cast").status_code == 303


def test_v5_voting_again_replaces_the_vote_and_the_page_says_so(client, poll, voter):
    votes(client, pages_of(poll), **{"place-1": "1"})
    text, sent = reviewed(client, pages_of(poll), **{"place-2": "1"})
    assert said("You have voted before: this vote takes the place of that one.") in text
    client.post(f"{pages_of(poll)}/cast", data=sent)
    assert [one["ranks"] for one in poll.opened()] == [[[2]]]


def test_v5_a_code_that_was_drawn_for_somebody_else_casts_nothing(client, sign_in, poll, voter):
    _page, sent = reviewed(client, pages_of(poll), **{"place-1": "1"})
    sign_in(client, accounts.account(poll.voters[1]))
    answer = client.post(f"{pages_of(poll)}/cast", data=sent)
    assert answer.location == f"{pages_of(poll)}/ballot"
    for mark in ("", "é", "A" * 27):
        client.post(f"{pages_of(poll)}/cast", data=sent | {"mark": mark})
    assert poll.lies == []


def test_v5_nominees_do_not_find_their_own_name_and_cannot_send_it(client, sign_in, poll):
    sign_in(client, accounts.account(poll.nominees[1]))
    page = client.get(f"{pages_of(poll)}/ballot").text
    assert "Anna Voorbeeld" in page
    assert "Bert Voorbeeld" not in page
    votes(client, pages_of(poll), **{"place-2": "1", "place-1": "2"})
    assert [one["ranks"] for one in poll.opened()] == [[[1]]]


def test_v5_who_is_not_on_the_roll_reads_why(client, sign_in, poll):
    late = make_member()
    sign_in(client, late)
    assert said("You are not on the roll") in client.get(pages_of(poll)).text
    assert client.get(f"{pages_of(poll)}/ballot").status_code == 409
    assert client.post(f"{pages_of(poll)}/cast", data={"place-1": "1"}).status_code in {303, 409}
    assert poll.lies == []


def test_v5_after_the_close_no_ballot_is_taken_and_the_page_says_so(client, poll, voter):
    _page, sent = reviewed(client, pages_of(poll), **{"place-1": "1"})
    poll.edition.closes_at = clock.now() - timedelta(seconds=1)
    db.session.commit()
    assert client.post(f"{pages_of(poll)}/cast", data=sent).status_code == 409
    assert said("The vote is closed") in client.get(pages_of(poll)).text
    assert poll.lies == []


def test_v5_without_the_key_of_the_slots_voting_is_paused_and_nothing_is_cast(client, poll, voter):
    _page, sent = reviewed(client, pages_of(poll), **{"place-1": "1"})
    slots.destroy_slot_key(poll.edition_id)
    assert said("Voting is paused") in client.get(pages_of(poll)).text
    assert client.get(f"{pages_of(poll)}/ballot").status_code == 503
    assert client.post(f"{pages_of(poll)}/cast", data=sent).status_code == 503
    assert client.get(f"{pages_of(poll)}/receipt").status_code == 303
    assert poll.casts() == []


@pytest.mark.parametrize(
    ("kind", "method", "filled", "ranks"),
    [
        ("single", Method.PLURALITY, {"choice": "2"}, [[2]]),
        ("single", Method.PLURALITY, {"choice": "0"}, []),
        ("approval", Method.APPROVAL, {"choice": ["3", "1"]}, [[1, 3]]),
        ("ranked", Method.BORDA, {"place-1": "1", "place-2": "1", "place-3": "3"}, [[1, 2], [3]]),
        ("ranked", Method.SCHULZE, {}, []),
    ],
)
def test_v6_each_kind_of_ballot_is_filled_in_on_one_page(client, sign_in, officer, kind, method, filled, ranks):
    poll = make_poll(officer, kind=kind, method=method)
    sign_in(client, accounts.account(poll.voters[0]))
    votes(client, pages_of(poll), **filled)
    assert [one["ranks"] for one in poll.opened()] == [ranks]


def test_v6_a_ballot_with_marks_per_criterion(client, sign_in, officer):
    poll = make_poll(officer, kind="score", method=Method.SCORE)
    sign_in(client, accounts.account(poll.voters[0]))
    votes(client, pages_of(poll), **{"mark-1-c1": "15", "mark-1-c2": "0", "mark-3-c1": "20"})
    assert [one["scores"] for one in poll.opened()] == [{"1": {"c1": 15, "c2": 0}, "3": {"c1": 20}}]


@pytest.mark.parametrize(
    ("filled", "field"),
    [({"place-1": "9"}, "place-1"), ({"place-1": "x"}, "place-1"), ({"decisive": ["c1", "c2", "c3"]}, "decisive-0")],
)
def test_v6_what_the_rules_do_not_allow_is_told_by_its_field_and_keeps_the_rest(client, poll, voter, filled, field):
    answer = client.post(f"{pages_of(poll)}/ballot", data={"place-2": "2", "word": "heide", **filled})
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert 'value="heide"' in answer.text


def test_v6_without_a_script_names_are_moved_by_buttons_and_sorted_by_numbers(client, poll, voter):
    def places(page):
        return {int(one): place for one, place in re.findall(r'id="place-(\d)"[^>]*?value="(\d*)"', page)}

    def posted(**more):
        page = client.post(f"{pages_of(poll)}/ballot", data=more)
        assert page.status_code == 200
        return places(page.text)

    one = posted(move="3-up")
    assert {number for number, place in one.items() if place == "1"} == {3}
    two = posted(**{"place-3": "1", "move": "2-up"})
    assert (two[3], two[2]) == ("1", "2")
    three = posted(**{"place-3": "1", "place-2": "2", "move": "2-up"})
    assert (three[2], three[3]) == ("1", "2")
    kept = posted(**{"place-3": "2", "place-2": "2", "sort": "1"})
    assert (kept[2], kept[3]) == ("2", "2")


def test_v6_moving_down_takes_the_last_one_out_of_the_ranking():
    assert filling.moved({1: 1, 2: 2}, [1, 2, 3], 2, up=False) == {1: 1, 2: None, 3: None}
    assert filling.moved({1: 1, 2: 2}, [1, 2, 3], 1, up=False) == {2: 1, 1: 2, 3: None}
    assert filling.moved({1: 1}, [1, 2, 3], 1, up=True) == {1: 1, 2: None, 3: None}
    assert filling.moved({1: 1}, [1, 2, 3], 2, up=False) == {1: 1, 2: None, 3: None}


def test_v6_names_stand_in_an_order_that_is_each_voters_own_and_stays(client, sign_in, officer):
    poll = make_poll(officer, voters=12)

    def order(person):
        sign_in(client, accounts.account(person))
        return re.findall(r'data-number="(\d)"', client.get(f"{pages_of(poll)}/ballot").text)

    orders = [order(person) for person in poll.voters]
    assert len({tuple(one) for one in orders}) > 1
    assert [order(person) for person in poll.voters] == orders


def test_v2_a_nominee_who_withdrew_stays_on_the_ballot_with_a_word_about_it(client, poll, voter):
    one = nominees_of(poll.edition_id)[0]
    one.state, one.withdrawn_why = NomineeState.WITHDRAWN, ""
    db.session.commit()
    page = client.get(f"{pages_of(poll)}/ballot").text
    assert said("%(name)s (withdrew, and is taken off before counting)", name="Anna Voorbeeld") in page


def test_v5_an_invited_voter_votes_by_a_personal_link_without_an_account(client, officer, poll):
    with atomic():
        poll.edition.state = "nomination"
    with atomic():
        electorate.invite_voters(poll.edition_id, [Invitation("Iris", "iris@ander.example")], by=officer.id)
    (iris,) = voting.invitees(poll.edition_id)
    with atomic():
        poll.edition.state = "open"
    with atomic():
        electorate.add_to_roll(poll.edition_id, iris.id, why="Bureau Anders doet mee.", by=officer.id)
    at = f"/challenge/vote/{links.voter_token(iris)}"
    answer = votes(client, at, **{"place-1": "1"})
    assert answer.location == f"{at}/receipt"
    assert client.get(f"{at}/receipt.json").status_code == 200
    assert len(poll.lies) == 1
    iris.email = "anders@ander.example"
    db.session.commit()
    for wrong in (at, at + "x", "/challenge/vote/zomaar"):
        assert client.get(wrong).status_code == 404


def test_v5_pages_with_a_code_are_kept_nowhere(client, poll, voter):
    for answer in (
        client.get(pages_of(poll)),
        client.get(f"{pages_of(poll)}/ballot"),
        client.post(f"{pages_of(poll)}/ballot", data={"place-1": "1"}),
        client.post(f"/challenge/{poll.edition_id}/check", data={"wanted": "x"}),
    ):
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "same-origin"


def test_v5_anybody_finds_an_envelope_by_its_digest_and_sees_whether_it_counts(client, poll):
    first = poll.cast(poll.voters[0]).payload["digest"]
    second = poll.cast(poll.voters[0], replaces=first).payload["digest"]
    at = f"/challenge/{poll.edition_id}/check"
    assert said("This envelope is on the board") in client.post(at, data={"wanted": f" {second.upper()} "}).text
    assert said("A later vote took its place") in client.post(at, data={"wanted": first}).text
    assert said("Not found") in client.post(at, data={"wanted": "0" * 64}).text
    assert said("Codes can be looked up after the opening") in client.post(at, data={"wanted": "7QK42M9DXH3T0PZ8"}).text
    assert client.get(f"/challenge/{poll.edition_id}/ballots").status_code == 404
    assert client.post(at, data={}).status_code == 422


def test_v5_after_the_opening_everybody_reads_all_ballots_and_their_own_line(client, poll):
    poll.cast(poll.voters[0], decisive=["c4"], word="heide")
    told = [{name: value for name, value in one.items() if name != "edition"} for one in poll.opened()]
    opened = {
        "ballots": told,
        "edition": str(poll.edition_id),
        "sealed": hash_of({}),
        "signature": "",
        "unreadable": [],
    }
    with atomic():
        files.keep(poll.edition, "ballots", opened)
    code = told[0]["code"]
    found = client.post(f"/challenge/{poll.edition_id}/check", data={"wanted": code.lower()}).text
    everything = client.get(f"/challenge/{poll.edition_id}/ballots").text
    for page in (found, everything):
        assert "Anna Voorbeeld &gt; Bert Voorbeeld = Carla Voorbeeld" in page
        assert "heide" in page
        assert "Vertrouwen" in page


def test_v5_while_open_pages_tell_the_turnout_and_nothing_of_what_was_chosen(client, poll, voter):
    votes(client, pages_of(poll), **{"place-1": "1"})
    page = client.get(pages_of(poll)).text
    assert said("%(voted)s of %(roll)s have voted (%(percent)s)", voted=1, roll=6, percent="16,66%") in page
    assert vault.read(f"challenge.{poll.edition_id}.slot")


def test_v5_the_pages_of_the_vote_leave_no_line_in_the_log_and_no_moment_at_a_session(
    client, poll, voter, caplog, capfd
):
    caplog.set_level("INFO")
    old = clock.now() - timedelta(days=2)
    db.session.execute(update(AccountSession).values(last_seen_at=old))
    votes(client, pages_of(poll), **{"place-1": "1", "word": "heide"})
    client.get(f"{pages_of(poll)}/receipt")
    client.post(f"/challenge/{poll.edition_id}/check", data={"wanted": poll.lies[0].digest})
    told = "".join((*capfd.readouterr(), caplog.text))
    assert "request" not in told
    for secret in ("ballot.", "heide", str(voter.id), voter.name, poll.lies[0].digest):
        assert secret not in told
    assert db.session.scalars(select(AccountSession.last_seen_at)).all() == [old]
    client.get("/challenge/nominate")
    assert "nominees.find" in "".join((*capfd.readouterr(), caplog.text))
    assert db.session.scalars(select(AccountSession.last_seen_at)).all() != [old]


def test_v5_a_database_with_all_its_rows_has_no_choice_no_code_and_no_name_beside_an_envelope(client, poll, voter):
    _page, sent = reviewed(client, pages_of(poll), **{"place-1": "1", "word": "heidebrem"})
    client.post(f"{pages_of(poll)}/cast", data=sent)
    rows = {name: repr(held) for name, held in everything().items()}
    for secret in (sent["code"], "heidebrem", sent["mark"]):
        assert not any(secret in held for held in rows.values())
    digest = poll.lies[0].digest
    assert {name for name, held in rows.items() if digest in held} == {"challenge_board", "challenge_envelope"}
    named = {name for name, held in rows.items() if poll.lies[0].slot in held}
    assert named == {"challenge_envelope"}


def test_v5_the_home_page_leads_to_a_vote_until_one_has_voted(client, poll, voter):
    asked = said("Vote")
    at = f'href="/challenge/{poll.edition_id}/vote"'
    page = client.get("/home").text
    assert at in page
    assert asked in page
    votes(client, pages_of(poll), **{"place-1": "1"})
    assert poll.lies
    assert at not in client.get("/home").text


def test_v1_an_edition_beside_the_one_on_the_page_is_named_there(client, officer, poll):
    another = make_edition(officer, year=poll.edition.year + 1)
    services.open_nominations(another.id, by=officer.id)
    db.session.commit()
    assert f'href="/challenge/{another.id}"' in client.get("/challenge").text
    assert f'href="/challenge/{poll.edition_id}"' in client.get(f"/challenge/{another.id}").text


def test_v5_the_ballot_names_every_nominee_in_full_whoever_is_not_named_in_the_published_rules(client, poll, voter):
    first = accounts.account(poll.nominees[0])
    first.family_name = "van der Staak"
    db.session.commit()
    assert "Anna van der Staak" not in {one["name"] for one in poll.rules["nominees"]}
    page = client.get(f"{pages_of(poll)}/ballot").text
    assert all(name in page for name in ("Anna van der Staak", "Bert Voorbeeld", "Carla Voorbeeld"))
