"""V5: the close of a sealed ballot, and the ballots that the trustee took out of the envelopes."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from markupsafe import escape
from nacl.signing import SigningKey

from app.audit import queries as audit
from app.audit.models import AuditEntry
from app.challenge import queries, services
from app.challenge.board import Kind, canonical, following, hash_of, hash_of_digests, receipt
from app.challenge.bundle import jury_file, result_file, zipped
from app.challenge.models import EditionState, Method, RoundKind
from app.challenge.sealing import Vote, new_code
from app.challenge.services import casting, files, slots
from app.challenge.services.opening import WRONG
from app.core import vault
from app.core.db import atomic, db
from app.core.i18n import speaking
from tests.challenge.editions import TOOLS

from .conftest import fresh, make_ready, said
from .desk import at, box_of, end, uploaded


def from_trustee(client, edition, trustee, stick=1):
    return trustee.work("open", client.get(at(edition, "/sealed.json")).data, stick=stick)


def test_v5_the_rules_name_both_halves_of_the_trustee_and_the_key_that_signs_receipts(opened, trustee):
    keys, public = files.read(opened.id, "rules")["keys"], json.loads(trustee.public)
    assert keys["trustee_encryption"] == public["encryption"]
    assert keys["trustee_signing"] == public["signing"]
    assert keys["server_signing"] == bytes(slots.server_key(opened.id).verify_key).hex()
    assert queries.last_entry(opened.id).payload["roll"] >= 4


def test_v5_the_secrets_lie_outside_the_database_for_the_owner_alone(app, opened):
    kept = list(app.config["SECRETS_DIR"].glob(f"*{opened.id}*"))
    assert len(kept) == 2
    assert {one.stat().st_mode & 0o777 for one in kept} == {0o600}


def test_v5_it_closes_by_itself_once_its_date_has_passed_and_not_before(opened, votes):
    services.close_due()
    assert fresh(opened).state is EditionState.OPEN
    end(opened)
    services.close_due()
    assert fresh(opened).state is EditionState.CLOSED
    services.close_due()
    assert [one.kind for one in queries.board(opened.id)].count(Kind.CLOSED) == 1


def test_v5_the_close_tells_how_many_envelopes_there_are_and_one_hash_of_them(closed, votes):
    sealed = files.read(closed.id, "sealed")
    digests = [one["digest"] for one in sealed["sealed"]]
    payload = queries.last_entry(closed.id).payload
    assert (payload["count"], payload["digests"]) == (3, hash_of_digests(digests))
    assert digests == sorted(digests)


def test_v5_a_vote_that_was_changed_is_one_envelope(opened, voters, votes):
    first = next(one.payload["digest"] for one in queries.board(opened.id) if one.kind == Kind.CAST)
    box = box_of(opened)
    with atomic():
        envelope = casting.sealed(Vote(new_code(), ranks=[[3]]), box)
        casting.cast(opened.id, voters[0], envelope, box, replaces=first)
    end(opened)
    services.close_due()
    assert len(files.read(opened.id, "sealed")["sealed"]) == 3


def test_v5_after_the_close_the_key_of_the_slots_is_gone(app, closed):
    with pytest.raises(slots.KeyLost):
        slots.slot_key(closed.id)
    assert vault.read(f"challenge.{closed.id}.slot") is None
    slots.server_key(closed.id)


def test_v5_an_edition_that_is_cancelled_keeps_no_key_of_the_slots(client, at_work, opened):
    client.post(f"/bureau/challenge/{opened.id}/cancel", data={"reason": "De sleutel is kwijt."})
    with pytest.raises(slots.KeyLost):
        slots.slot_key(opened.id)


def test_v5_another_signing_key_than_the_rules_name_counts_as_lost(opened):
    name = f"challenge.{opened.id}.server"
    vault.destroy(name)
    with pytest.raises(slots.KeyLost):
        slots.server_key(opened.id)
    vault.keep_once(name, b"x" * 32)
    with pytest.raises(slots.KeyLost):
        slots.server_key(opened.id)


def test_v5_before_the_close_there_is_nothing_for_the_trustee(client, at_work, opened):
    assert client.get(at(opened, "/sealed.json")).status_code == 404
    assert client.get(at(opened, "/opened")).status_code == 404


@pytest.mark.parametrize("stick", [1, 2])
def test_v5_what_the_trustee_opened_is_taken_in_once(client, at_work, closed, votes, trustee, stick):
    ballots = from_trustee(client, closed, trustee, stick)
    for _time in range(2):
        assert client.post(at(closed, "/opened"), data=uploaded(ballots)).status_code == 303
        assert fresh(closed).state is EditionState.OPENED
    kept = files.read(closed.id, "ballots")
    assert {one["code"] for one in kept["ballots"]} == {one.code for one in votes}
    payload = queries.last_entry(closed.id).payload
    assert (payload["ballots"], payload["count"]) == (hash_of(kept), 3)
    assert [one.kind for one in queries.board(closed.id)].count(Kind.UNSEALED) == 1
    assert hash_of(kept) in client.get(at(closed)).text


def signed(trustee, opened, **changes):
    """Sign other content with the trustee's key: what a trustee who cheats could do."""
    body = {name: value for name, value in (opened | changes).items() if name != "signature"}
    key = SigningKey(bytes.fromhex(json.loads(trustee.secret)["signing_secret"]))
    return {**body, "signature": key.sign(canonical(body)).signature.hex()}


def test_v5_every_file_that_is_not_the_ballots_is_refused_with_the_reason(client, at_work, closed, trustee):
    opened = json.loads(from_trustee(client, closed, trustee))
    first, *others = opened["ballots"]
    for content, reason in (
        (opened | {"ballots": others}, "signature"),
        (signed(trustee, opened, sealed="0" * 64), "envelopes"),
        (signed(trustee, opened, ballots=others), "count"),
        (signed(trustee, opened, ballots=opened["ballots"][::-1]), "codes"),
        (signed(trustee, opened, more=1), "form"),
        (signed(trustee, opened, ballots=[first | {"ranks": [[9]]}, *others]), "illegal"),
        (signed(trustee, opened, ballots=[first | {"word": 7}, *others]), "illegal"),
        (signed(trustee, opened, ballots=[first | {"ranks": 1}, *others]), "illegal"),
    ):
        answer = client.post(at(closed, "/opened"), data=uploaded(content))
        with speaking("nl"):
            assert (answer.status_code, str(escape(WRONG[reason])) in answer.text) == (422, True), reason
    for junk in (b"{]", b"[]", b'{"ballots": 1.5}'):
        assert client.post(at(closed, "/opened"), data=uploaded(junk)).status_code == 422
    assert fresh(closed).state is EditionState.CLOSED
    assert files.read(closed.id, "ballots") is None


def test_v5_other_ballots_than_those_that_are_here_are_refused(client, at_work, closed, trustee):
    opened = json.loads(from_trustee(client, closed, trustee))
    client.post(at(closed, "/opened"), data=uploaded(opened))
    other = signed(trustee, opened, ballots=[opened["ballots"][0] | {"ranks": [[3]]}, *opened["ballots"][1:]])
    assert client.post(at(closed, "/opened"), data=uploaded(other)).status_code == 422
    assert files.digest_of(closed.id, "ballots") == hash_of(opened)


def test_v5_an_envelope_that_does_not_open_is_told_loudly(client, at_work, closed, trustee):
    opened = json.loads(from_trustee(client, closed, trustee))
    digest = files.read(closed.id, "sealed")["sealed"][0]["digest"]
    content = signed(trustee, opened, ballots=opened["ballots"][1:], unreadable=[digest])
    assert client.post(at(closed, "/opened"), data=uploaded(content)).status_code == 303
    warning = (
        "Anybody who checks the result sees this. Ask the trustee, and tell the chair of the jury, before you go on."
    )
    assert said(warning) in client.get(at(closed)).text


def test_v5_the_stand_alone_verifier_accepts_what_the_portal_kept_and_finds_receipt_head_and_code(
    client, at_work, closed, votes, trustee, tmp_path
):
    client.post(at(closed, "/opened"), data=uploaded(from_trustee(client, closed, trustee)))
    rules, ballots = files.read(closed.id, "rules"), files.read(closed.id, "ballots")
    codes = [each["code"] for each in rules["criteria"]]
    marks = {(juror, one, code): 7 + 3 * one for juror in (1, 2, 3) for one in (1, 2, 3) for code in codes}
    jury = jury_file(rules["edition"], marks, decided={})
    result = result_file(rules, jury, ballots["ballots"])
    entries = [one.entry for one in queries.board(closed.id)]
    entries.append(
        following(rules["edition"], entries[-1], Kind.COUNTED, {"jury": hash_of(jury), "result": hash_of(result)})
    )
    board = {"edition": rules["edition"], "entries": [entry.told() for entry in entries]}
    sealed = files.read(closed.id, "sealed")
    bundle = {"board": board, "rules": rules, "sealed": sealed, "ballots": ballots, "jury": jury, "result": result}
    (tmp_path / "bundle.zip").write_bytes(zipped(bundle))
    cast = next(entry for entry in entries if entry.kind is Kind.CAST)
    (tmp_path / "receipt.json").write_bytes(canonical(receipt(cast, slots.server_key(closed.id))))
    command = [
        sys.executable,
        "-I",
        "-S",
        str(TOOLS / "challenge_verify.py"),
        "bundle.zip",
        "--receipt",
        "receipt.json",
    ]
    own = ["--code", votes[0].code, "--head", f"{cast.seq}:{cast.hash}", "--english"]
    done = subprocess.run([*command, *own], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.endswith("Everything is right.\n"), done.stdout + done.stderr


def test_v5_a_cast_tells_no_moment_and_no_person(closed):
    for entry in queries.board(closed.id):
        if entry.kind == Kind.CAST:
            assert set(entry.payload) == {"digest", "replaces"}


def test_v6_where_the_jury_alone_decides_closing_leaves_nothing_to_open(client, at_work, officer, make_account):
    edition = make_ready(officer, make_account, (RoundKind.JURY, Method.RUBRIC))
    client.post(f"/bureau/challenge/{edition.id}/next/open")
    end(edition)
    services.close_due()
    assert fresh(edition).state is EditionState.OPENED
    assert files.read(edition.id, "ballots")["ballots"] == files.read(edition.id, "sealed")["sealed"] == []


def test_b6_the_log_tells_what_was_done_at_the_desk(client, at_work, closed, trustee):
    client.post(at(closed, "/opened"), data=uploaded(from_trustee(client, closed, trustee)))
    rows = db.session.query(AuditEntry).filter(AuditEntry.object_type == "edition").all()
    with speaking("en"):
        told = " ".join(one.sentence for one in audit.told(rows).values())
    for part in (
        "entered the key of the trustee",
        "handed in a test opening",
        "closed “",
        "took in the opened ballots",
    ):
        assert part in told


def test_b1_the_start_page_tells_the_officer_that_envelopes_wait(client, at_work, closed, trustee):
    waits = f"/bureau/challenge?state={EditionState.CLOSED}"
    assert waits in client.get("/bureau").text
    assert at(closed) in client.get(f"/bureau/challenge/{closed.id}").text
    client.post(at(closed, "/opened"), data=uploaded(from_trustee(client, closed, trustee)))
    assert waits not in client.get("/bureau").text


def test_b7_a_coordinator_reads_the_desk_and_does_nothing_there(client, sign_in, make_account, closed):
    sign_in(client, make_account(roles=("coordinator",)))
    assert client.get(at(closed)).status_code == 200
    for part in ("/sealed.json", "/opened", "/trustee", "/answer"):
        assert client.get(at(closed, part)).status_code == 403
