"""V4: what falls to the chair: progress while the jury scores, then spread, severity, decisions and reasons; and jury.json."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.audit.models import AuditEntry
from app.challenge import queries, services
from app.challenge.jury import strictness
from app.challenge.models import RecusalReason, Score
from app.core.db import atomic, db
from tests.challenge.elections import marks

from .conftest import said
from .juries import Judged, make_judged


@pytest.fixture
def scored(officer) -> Judged:
    """Four jurors; the second leaves Karim to the others and the fourth dropped out before scoring him."""
    judged = make_judged(officer)
    for juror, halves in enumerate((16, 14, 12, 14)):
        judged.gives(juror, 0, *[halves] * 5)
    judged.gives(0, 1, *[15] * 5)
    judged.gives(1, 1, *[9] * 5)
    judged.gives(2, 1, 4, 13, 13, 13, 13, reason="Het plan noemt de medewerkers van Sanne niet.")
    with atomic():
        told = {"reason": RecusalReason.CLIENT, "note": "", "by": judged.people[1].id}
        services.recuse(judged.jurors[1].id, 2, **told)
    judged.becomes("closed")
    return judged


def page_of(judged: Judged, *rest: str) -> str:
    return "/".join((f"/challenge/{judged.edition.id}/chair", *rest))


def halves_by(judged: Judged, file: dict, nominee: int, criterion: str) -> list[int]:
    return sorted(one["halves"] for one in file["marks"] if (one["nominee"], one["criterion"]) == (nominee, criterion))


def test_v4_before_the_close_the_chair_sees_how_far_each_is_and_no_scores(client, sign_in, officer):
    judged = make_judged(officer)
    judged.gives(1, 0, 3, 14, 14, 14, 14, reason="Dit leest nog niemand.")
    sign_in(client, judged.chair)
    page = client.get(page_of(judged)).text
    assert "Jurylid Nummer 2" in page
    assert "1 van 2 kandidaten beoordeeld" in page
    assert "Dit leest nog niemand." not in page
    assert client.get(page_of(judged, "nominees/1/reasons")).status_code == 404
    assert client.get(page_of(judged, "nominees/1/c1")).status_code == 404


def test_v4_nobody_but_the_chair_sees_the_page_of_the_chair(client, sign_in, officer, scored):
    for person in (scored.people[1], officer):
        sign_in(client, person)
        for rest in ("", "nominees/2/c1", "nominees/2/reasons"):
            assert client.get(page_of(scored, rest).rstrip("/")).status_code == 404


def test_v4_after_the_close_the_chair_sees_spread_severity_and_what_is_to_be_decided(client, sign_in, scored):
    sign_in(client, scored.chair)
    page = client.get(page_of(scored)).text
    assert "6 – 8" in page
    assert said("How severe each juror is") in page
    assert f"{page_of(scored)}/nominees/2/c1" in page
    assert f"{page_of(scored)}/nominees/1/c1" not in page
    assert "5 jurycijfers wachten op u" in page


def test_v4_recused_or_absent_is_missing_and_never_zero(scored):
    cells = queries.verdict(scored.edition).panel.cells
    assert cells[1]["c1"].score == 7_00
    assert cells[2]["c2"].marks == (13, 15)
    assert cells[2]["c2"].score is None


def test_v4_where_fewer_than_three_are_present_the_chair_decides_with_a_reason(client, sign_in, scored):
    sign_in(client, scored.chair)
    place = page_of(scored, "nominees/2/c1")
    for wrong, field in (({"score": "10,5"}, "score"), ({"score": "7,125"}, "score"), ({"score": "7"}, "reason")):
        whole = {"reason": "Het gemiddelde van wie hem beoordeelde."} if field == "score" else {}
        answer = client.post(place, data=wrong | whole)
        assert answer.status_code == 422
        assert f'href="#{field}"' in answer.text
    reason = "Het gemiddelde van wie hem beoordeelde."
    for score in ("7,25", "7,20"):
        assert client.post(place, data={"score": score, "reason": reason}).status_code == 303
    cell = queries.verdict(queries.edition(scored.edition.id)).panel.cells[2]["c1"]
    assert (cell.score, cell.contribution, cell.by_chair) == (7_20, 1_44, True)
    wanted = select(AuditEntry).where(AuditEntry.action == "edition.chair_decided")
    assert {one.after["score"] for one in db.session.scalars(wanted)} == {7_25, 7_20}


def test_v4_where_three_are_present_there_is_nothing_to_decide(client, sign_in, scored):
    sign_in(client, scored.chair)
    place = page_of(scored, "nominees/1/c1")
    assert client.get(place).status_code == 404
    assert client.post(place, data={"score": "9", "reason": "Een mooier cijfer dan dit."}).status_code == 404


def test_v4_after_the_count_nothing_is_decided_any_more(client, sign_in, scored):
    scored.becomes("counted")
    sign_in(client, scored.chair)
    place = page_of(scored, "nominees/2/c1")
    assert client.post(place, data={"score": "9", "reason": "Te laat bedacht."}).status_code == 404
    with pytest.raises(services.TooLate), atomic():
        told = {"score": 900, "reason": "Te laat bedacht.", "by": scored.chair.id}
        services.decide_score(scored.edition.id, 2, "c1", **told)


def test_v4_the_chair_edits_reasons_for_publication_and_the_original_is_kept(client, sign_in, scored):
    written = "Het plan noemt de medewerkers van Sanne niet."
    sign_in(client, scored.chair)
    place = page_of(scored, "nominees/2/reasons")
    assert queries.published_reasons(scored.edition) == []
    assert written in client.get(place).text
    texts = ("Het plan noemt de medewerkers niet.", "", "", "", "")
    juror = scored.jurors[2].id
    form = {}
    for number, text in enumerate(texts):
        form |= {f"reasons-{number}-place": f"{juror}:c{number + 1}", f"reasons-{number}-text": text}
    assert client.post(place, data=form).status_code == 303
    assert [one.text for one in queries.published_reasons(queries.edition(scored.edition.id))] == [texts[0]]
    assert db.session.scalars(select(Score.reason).where(Score.halves == 4)).one() == written
    assert texts[0] in client.get(place).text


def test_v4_reasons_of_nobody_are_not_invented(client, sign_in, scored):
    sign_in(client, scored.chair)
    place = page_of(scored, "nominees/2/reasons")
    for junk in ("", "geen-jurylid:c1", f"{scored.jurors[3].id}:c1", f"{scored.jurors[2].id}:c9"):
        form = {"reasons-0-place": junk, "reasons-0-text": "Verzonnen."}
        assert client.post(place, data=form).status_code == 303
    assert queries.published_reasons(scored.edition) == []


def test_v5_the_file_of_the_jury_holds_marks_by_number_recusals_and_decisions(scored):
    with pytest.raises(services.ChairMustDecide):
        services.jury_file_of(scored.edition.id)
    for code in ("c1", "c2", "c3", "c4", "c5"):
        with atomic():
            told = {"score": 7_00, "reason": "Het gemiddelde van wie er waren.", "by": scored.chair.id}
            services.decide_score(scored.edition.id, 2, code, **told)
    file = services.jury_file_of(scored.edition.id)
    assert file["edition"] == str(scored.edition.id)
    assert halves_by(scored, file, 1, "c1") == [12, 14, 14, 16]
    assert halves_by(scored, file, 2, "c1") == [4, 15]
    assert {one["juror"] for one in file["marks"]} == {1, 2, 3, 4}
    assert [one["nominee"] for one in file["recused"]] == [2]
    assert [(one["criterion"], one["score"]) for one in file["chair"]] == [(f"c{n}", 7_00) for n in range(1, 6)]


def test_v5_whoever_withdrew_is_not_in_the_file_of_the_jury(scored):
    services.withdraw(scored.nominees[1].id, why="Geen tijd.", by=scored.nominees[1].account_id)
    db.session.commit()
    file = services.jury_file_of(scored.edition.id)
    assert {one["nominee"] for one in file["marks"]} == {1}
    assert (file["recused"], file["chair"]) == ([], [])


def test_v4_strictness_compares_jurors_over_what_all_of_them_marked():
    found = strictness(marks({1: [16, 16, 12], 2: [14, 14, 10], 3: [15, 15, None]}), [1, 2, 3], ["value"])
    assert found == {1: 67, 2: 67, 3: -133}
    assert strictness(marks({1: [16, None], 2: [None, 14]}), [1, 2], ["value"]) == {}
