"""V4: leaving a nominee to the other jurors: proposed by the portal, declared, by the bureau, and never undone silently."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from app.agenda.models import Booking, GatheringKind
from app.audit.models import AuditEntry
from app.challenge import queries, services
from app.challenge.models import Recusal, RecusalReason
from app.core import clock
from app.core.db import atomic, db
from app.membership.models import Company
from tests.agenda.conftest import make_gathering

from .conftest import said
from .juries import Judged, make_judged

WHY = {"reason": "personal", "note": "Onze kinderen zitten op dezelfde school."}


@pytest.fixture
def judged(officer) -> Judged:
    return make_judged(officer)


def standing(judged: Judged) -> set[tuple[int, int]]:
    """Who leaves whom to the others, by their places."""
    db.session.expire_all()
    jurors, nominees = [one.id for one in judged.jurors], [one.id for one in judged.nominees]
    return {(jurors.index(juror), nominees.index(nominee)) for juror, nominee in queries.recusals(judged.edition.id)}


def proposals(judged: Judged) -> dict[tuple[int, int], RecusalReason]:
    jurors, nominees = [one.id for one in judged.jurors], [one.id for one in judged.nominees]
    found = queries.proposed_recusals(judged.jurors, judged.nominees)
    return {(jurors.index(juror), nominees.index(nominee)): reason for (juror, nominee), reason in found.items()}


def test_v4_a_juror_declares_why_and_no_longer_scores_that_nominee(client, sign_in, judged):
    judged.gives(0, 0, 14, 14, 14, 14, 14)
    judged.gives(0, 1, 14, 14, 14, 14, 14)
    sign_in(client, judged.people[0])
    for _twice in range(2):
        assert client.post(f"{judged.place(0, 0)}/recuse", data=WHY).status_code == 303
    assert standing(judged) == {(0, 0)}
    refused = client.post(judged.place(0, 0), data={"version": "1", "marks-0-halves": "13"})
    assert refused.status_code == 409
    assert said("Left to the others") in client.get(judged.place()).text
    assert (0, 0) not in {key[:2] for key in queries.verdict(judged.edition).marks}
    assert queries.progress(judged.edition.id)[judged.jurors[0].id] == queries.Progress(1, 1, handed_in=False)


def test_v4_scores_given_before_a_recusal_are_not_counted(judged):
    for juror in range(4):
        judged.gives(juror, 0, 14, 14, 14, 14, 14)
    with atomic():
        told = {"reason": RecusalReason.CLIENT, "note": "", "by": judged.people[3].id}
        services.recuse(judged.jurors[3].id, 1, **told)
    verdict = queries.verdict(judged.edition)
    assert len(verdict.panel.cells[1]["c1"].marks) == 3
    (recused,) = verdict.recused
    assert verdict.jurors[recused[0]].id == judged.jurors[3].id


def test_v4_a_recusal_without_a_reason_is_told_by_its_field(client, sign_in, judged):
    sign_in(client, judged.people[0])
    place = f"{judged.place(0, 0)}/recuse"
    empty = client.post(place, data={"note": "Getypt."})
    assert empty.status_code == 422
    assert 'href="#reason-0"' in empty.text
    assert "Getypt." in empty.text
    other = client.post(place, data={"reason": "other"})
    assert other.status_code == 422
    assert 'href="#note"' in other.text


def test_v4_the_bureau_recuses_and_undoes_it_only_with_a_reason(client, sign_in, officer, judged):
    sign_in(client, officer)
    place = f"{judged.bureau()}/{judged.jurors[1].id}/nominees/1"
    assert client.get(f"{place}/lift").status_code == 404
    assert client.post(f"{place}/recuse", data=WHY).status_code == 303
    assert standing(judged) == {(1, 0)}
    assert WHY["note"] in client.get(judged.bureau()).text
    assert client.post(f"{place}/lift", data={"reason": ""}).status_code == 422
    why = "Bleek een naamgenoot te zijn."
    assert client.post(f"{place}/lift", data={"reason": why}).status_code == 303
    assert standing(judged) == set()
    entry = db.session.scalar(select(AuditEntry).where(AuditEntry.action == "juror.recusal_lifted"))
    assert entry.after["reason"] == why
    assert client.post(f"{place}/recuse", data=WHY).status_code == 303
    assert [one.stands for one in queries.recusal_log(judged.edition.id)] == [True, False, True]


def test_v4_a_juror_cannot_undo_a_recusal(client, sign_in, judged):
    sign_in(client, judged.people[0])
    client.post(f"{judged.place(0, 0)}/recuse", data=WHY)
    lift = f"{judged.bureau()}/{judged.jurors[0].id}/nominees/1/lift"
    assert client.post(lift, data={"reason": "Ik wil toch meedoen."}).status_code == 404
    assert standing(judged) == {(0, 0)}


def test_v4_after_the_close_nobody_recuses_any_more(client, sign_in, officer, judged):
    judged.becomes("closed")
    sign_in(client, officer)
    place = f"{judged.bureau()}/{judged.jurors[1].id}/nominees/1"
    assert client.post(f"{place}/recuse", data=WHY).status_code == 409
    assert standing(judged) == set()


@pytest.mark.parametrize(
    "statement",
    ["UPDATE challenge_recusal SET stands = false, reason = NULL", "DELETE FROM challenge_recusal"],
    ids=["update", "delete"],
)
def test_v4_what_was_declared_stays_declared(judged, statement):
    with atomic():
        told = {"reason": RecusalReason.CLIENT, "note": "Opdracht.", "by": judged.people[0].id}
        services.recuse(judged.jurors[0].id, 1, **told)
    with pytest.raises(DBAPIError, match="stays declared"):
        db.session.execute(text(statement))
    db.session.rollback()
    db.session.execute(text("UPDATE challenge_recusal SET note = ''"))
    assert db.session.scalars(select(Recusal.note)).all() == [""]


def test_v4_the_portal_proposes_to_leave_whom_one_put_forward(client, sign_in, officer):
    judged = make_judged(officer, opened=False)
    with atomic():
        by, reason = judged.people[2].id, "Bracht twee teams na een fusie weer samen."
        person = judged.nominees[0].account_id
        services.nominate(judged.edition.id, person, kind="member", reason=reason, by=by)
    assert proposals(judged) == {(2, 0): RecusalReason.PUT_FORWARD}
    judged.becomes("open")
    sign_in(client, judged.people[2])
    tied = said("The juror put this nominee forward")
    assert tied in client.get(judged.place(2)).text
    assert tied in client.get(judged.place(2, 0)).text
    page = client.get(f"{judged.place(2, 0)}/recuse").text
    assert 'value="put_forward" checked' in " ".join(page.split())
    sign_in(client, officer)
    assert said("Ties that the portal knows of") in client.get(judged.bureau()).text


def test_v4_the_portal_proposes_to_leave_whom_one_met_in_a_peer_review(judged):
    began = clock.now() - timedelta(days=20)
    met = make_gathering(kind=GatheringKind.OPEN_PEER_REVIEW, starts_at=began)
    other = make_gathering(kind=GatheringKind.MASTERCLASS, starts_at=began)
    karim = judged.nominees[1].account_id
    seats = ((met, judged.people[1].id), (met, karim), (other, judged.people[2].id), (other, karim))
    for seq, (gathering, person) in enumerate(seats, start=1):
        db.session.add(
            Booking(gathering_id=gathering.id, account_id=person, seq=seq, booked_at=began, cancel_until=began)
        )
    db.session.commit()
    assert proposals(judged) == {(1, 1): RecusalReason.PEER_GROUP}


def test_v4_the_portal_proposes_to_leave_whom_one_shares_a_company_with(judged):
    pair = (judged.people[3].id, judged.nominees[0].account_id)
    for company in db.session.scalars(select(Company).where(Company.account_id.in_(pair))):
        company.kvk = "87654321"
    db.session.commit()
    assert proposals(judged) == {(3, 0): RecusalReason.BUSINESS}
