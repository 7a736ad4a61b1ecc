"""V5: casting a sealed ballot: one person one vote, changed until the close, and nothing that ties a name to it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, inspect, select, text

from app.audit.models import AuditEntry
from app.challenge.board import first_fault
from app.challenge.models import EditionState, Envelope, Juror, JurorState, RollEntry
from app.challenge.queries import board, voting
from app.challenge.sealing import Illegal, Vote, new_code
from app.challenge.services import casting, electorate, rolling, slots
from app.challenge.services.casting import CastElsewhere, VoteClosed
from app.challenge.services.electorate import AlreadyOnRoll, Invitation, NotOnRoll, VotedAlready
from app.core import clock
from app.core.db import atomic, db, now_in_database
from app.jobs.models import Job
from app.mail.models import OutboxMail
from tests.faults.plug import everything

from .conftest import WORK_OVER, make_edition, make_member
from .polls import make_poll


@pytest.fixture
def poll(officer):
    return make_poll(officer)


def test_v5_the_roll_holds_members_on_the_day_that_counts_without_the_jury_and_who_was_invited(officer):
    edition = make_edition(officer, days=WORK_OVER)
    member, juror = make_member(), make_member()
    gone = make_member(until=edition.eligible_on - timedelta(days=400))
    db.session.add(Juror(edition_id=edition.id, account_id=juror.id, state=JurorState.SITS))
    db.session.commit()
    invitations = [Invitation("Iris Kool", "iris@anderbureau.example"), Invitation("Twee Keer", member.email)]
    with atomic():
        assert electorate.invite_voters(edition.id, invitations, by=officer.id) == 1
        assert electorate.invite_voters(edition.id, invitations, by=officer.id) == 0
        assert rolling.fill(edition) == 2
        assert rolling.fill(edition) == 2
    (invited,) = voting.invitees(edition.id)
    roll = set(db.session.scalars(select(RollEntry.voter).where(RollEntry.edition_id == edition.id)))
    assert roll == {member.id, invited.id}
    assert {juror.id, gone.id} & roll == set()


def test_v5_a_later_change_of_the_roll_stands_on_the_board_with_its_reason_and_without_a_name(poll, officer):
    late, before = make_member(), voting.turnout(poll.edition_id).roll
    with atomic():
        electorate.add_to_roll(poll.edition_id, late.id, why="Een betaling was te laat verwerkt.", by=officer.id)
    with pytest.raises(AlreadyOnRoll), atomic():
        electorate.add_to_roll(poll.edition_id, late.id, why="Nog eens.", by=officer.id)
    told = board(poll.edition_id)[-1]
    assert (told.kind, told.payload["roll"]) == ("roll_changed", before + 1)
    assert told.payload["reason"] == "Een betaling was te laat verwerkt."
    assert str(late.id) not in repr(told.payload)
    poll.cast(late.id)
    with pytest.raises(VotedAlready), atomic():
        electorate.take_off_roll(poll.edition_id, late.id, why="Toch niet.", by=officer.id)
    with atomic():
        electorate.take_off_roll(poll.edition_id, poll.voters[0], why="Geen lid meer.", by=officer.id)
    assert voting.turnout(poll.edition_id) == (1, before)


def test_v5_a_vote_is_sealed_for_the_trustee_and_stands_on_the_board(poll):
    entry = poll.cast(poll.voters[0], decisive=["c4"], word="heide")
    (ballot,) = poll.opened()
    assert (ballot["ranks"], ballot["decisive"], ballot["word"]) == ([[1], [2, 3]], ["c4"], "heide")
    assert entry.payload == {"digest": poll.lies[0].digest, "replaces": None}
    assert voting.turnout(poll.edition_id) == (1, 6)
    assert first_fault((one.entry, one.hash) for one in board(poll.edition_id)) is None


def test_v5_voting_again_takes_the_place_of_the_vote_before_and_the_last_counts(poll):
    first = poll.cast(poll.voters[0], ranks=[[1]])
    second = poll.cast(poll.voters[0], ranks=[[3]], replaces=first.payload["digest"])
    assert [one["ranks"] for one in poll.opened()] == [[[3]]]
    assert second.payload["replaces"] == first.payload["digest"]
    assert voting.turnout(poll.edition_id).voted == 1
    assert voting.replaced_by(poll.edition_id, first.payload["digest"]).seq == second.seq


def test_v5_a_second_click_changes_nothing(poll):
    poll.cast(poll.voters[0], ranks=[[1]])
    with pytest.raises(CastElsewhere):
        poll.cast(poll.voters[0], ranks=[[3]])
    assert [one["ranks"] for one in poll.opened()] == [[[1]]]
    assert len(poll.casts()) == 1


def test_v5_who_is_not_on_the_roll_casts_nothing(poll):
    with pytest.raises(NotOnRoll):
        poll.cast(make_member().id)
    assert poll.lies == []


def test_v5_the_clock_of_the_database_closes_the_vote_and_so_does_the_state(poll):
    edition = poll.edition
    edition.closes_at = now_in_database()
    db.session.commit()
    with pytest.raises(VoteClosed):
        poll.cast(poll.voters[0])
    edition = poll.edition
    edition.closes_at, edition.opens_at = clock.now() + timedelta(days=2), clock.now() + timedelta(days=1)
    db.session.commit()
    with pytest.raises(VoteClosed):
        poll.cast(poll.voters[0])
    edition = poll.edition
    edition.opens_at, edition.state = clock.now() - timedelta(days=1), EditionState.CLOSED
    db.session.commit()
    with pytest.raises(VoteClosed):
        poll.cast(poll.voters[0])
    assert poll.lies == []


def test_v5_nominees_do_not_name_themselves(poll):
    with pytest.raises(Illegal):
        casting.sealed(Vote(new_code(), ranks=[[2], [1]]), poll.box, own=1)
    assert casting.sealed(Vote(new_code(), ranks=[[2], [3]]), poll.box, own=1)


def test_v5_the_receipt_is_the_same_whenever_it_is_asked_for(poll):
    entry = poll.cast(poll.voters[0])
    poll.cast(poll.voters[1])
    place = poll.box.place(poll.voters[0])
    told = casting.receipt_in(place, poll.edition_id, slots.server_key(poll.edition_id))
    assert (told["seq"], told["digest"], told["head"]) == (entry.seq, entry.payload["digest"], entry.hash)
    assert set(told) == {"digest", "edition", "head", "seq", "signature"}
    assert (
        casting.receipt_in(poll.box.place(poll.voters[2]), poll.edition_id, slots.server_key(poll.edition_id)) is None
    )


def test_v5_what_is_kept_of_a_vote_has_no_moment_and_no_way_back_to_its_voter():
    columns = {model.__tablename__: set(inspect(model).columns.keys()) for model in (RollEntry, Envelope)}
    assert columns == {
        "challenge_roll": {"edition_id", "voter", "voted", "owed"},
        "challenge_envelope": {"slot", "edition_id", "ciphertext", "digest"},
    }


def test_v5_casting_writes_a_mark_an_envelope_and_an_entry_and_nothing_else(poll):
    """No line in the log, no mail, no job: each would bear a moment, or stand in the order of the board."""
    models = (AuditEntry, OutboxMail, Job)
    before = [db.session.scalar(select(func.count()).select_from(one)) for one in models]
    held = everything()
    entry = poll.cast(poll.voters[0])
    assert [db.session.scalar(select(func.count()).select_from(one)) for one in models] == before
    now = everything()
    assert {name for name in now if now[name] != held[name]} == {
        "challenge_roll",
        "challenge_envelope",
        "challenge_board",
    }
    assert "at" not in entry.payload
    added = set(now["challenge_board"]) - set(held["challenge_board"])
    assert str(poll.voters[0]) not in repr(added) + repr(now["challenge_envelope"])
    assert poll.voters[0].hex not in repr(added) + repr(now["challenge_envelope"])


def test_v5_neither_the_order_of_rows_nor_what_wrote_them_puts_a_name_beside_an_envelope(poll):
    for voter in poll.voters:
        poll.cast(voter)
    if db.engine.dialect.name == "sqlite":
        for table in ("challenge_roll", "challenge_envelope"):
            (made,) = db.session.execute(text(f"SELECT sql FROM sqlite_master WHERE name = '{table}'")).one()
            assert "WITHOUT ROWID" in made.upper()
    else:
        here = {"edition": poll.edition_id}
        writers = text("SELECT DISTINCT xmin::text FROM challenge_roll WHERE edition_id = :edition")
        assert len(db.session.scalars(writers, here).all()) == 1
        order = text("SELECT voter FROM challenge_roll WHERE edition_id = :edition ORDER BY ctid")
        assert db.session.scalars(order, here).all() == sorted(db.session.scalars(order, here))
