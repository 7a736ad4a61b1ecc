"""M3: writing an application in several sittings, with whatever goes wrong on the way."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from app.core import files
from app.core.db import db
from app.membership import queries
from app.membership.models import (
    Application,
    ApplicationCv,
    ApplicationReference,
    ApplicationState,
    ApplicationStep,
    Company,
    Consent,
    StepName,
)

from .conftest import PDF, a_cv, applied, fill_in, pages, statements, ticks

WEB = "multipart/form-data"


def own(applicant) -> Application:
    db.session.expire_all()
    found = queries.current_application(applicant.id)
    assert found is not None
    return found


def count(model) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_m3_the_whole_way_from_first_page_to_sent_in(as_applicant, applicant):
    fill_in(as_applicant)
    answer = as_applicant.post("/application/check", data=ticks())
    assert answer.headers["Location"] == "/application"
    sent = own(applicant)
    dossier = queries.dossier(sent)
    assert sent.state is ApplicationState.SUBMITTED
    assert (sent.phone, sent.place, sent.experience_years) == ("+31612345678", "Haarlem", 18)
    assert sent.categories == ["change", "crisis"]
    assert (dossier.company.kvk, dossier.company.vat_id) == ("12345678", "NL000099998B57")
    assert dossier.company.postcode == "2011 AB"
    assert [one.name for one in dossier.references] == ["Petra de Wit", "Omar Bakkali"]
    assert set(dossier.levels.values()) == {1, 2, 3, 4}
    assert count(ApplicationStep) == 0


def test_m3_each_page_says_which_of_how_many_it_is(as_applicant):
    as_applicant.post("/application")
    page = as_applicant.get("/application/company").text
    assert ">Stap 2 van 8" in page or ">Step 2 of 8" in page


@pytest.mark.parametrize("name", list(StepName))
def test_m3_no_page_asks_more_than_eight_things(as_applicant, name):
    as_applicant.post("/application")
    page = as_applicant.get(f"/application/{name}").text
    single = page.count("<input") + page.count("<textarea") + page.count("<select")
    grouped = page.count("<fieldset")
    radios = page.count('type="radio"') + page.count('type="checkbox"') + page.count('type="hidden"')
    assert single - radios + grouped - page.count('class="group"') <= 8


def test_m3_the_name_is_known_and_not_asked_again(as_applicant):
    as_applicant.post("/application")
    page = as_applicant.get("/application/person").text
    assert "Ruben Hoekstra" in page
    assert 'name="given_name"' not in page


@pytest.mark.parametrize("name", list(StepName))
def test_m3_going_back_keeps_what_was_typed(as_applicant, name):
    fill_in(as_applicant)
    page = " ".join(as_applicant.get(f"/application/{name}").text.split())
    for field, typed in pages()[name].items():
        for value in typed if isinstance(typed, list) else [typed]:
            assert f'value="{value}"' in page or value in page, field


def test_m3_a_half_filled_page_can_be_left_for_later(as_applicant, applicant):
    as_applicant.post("/application")
    answer = as_applicant.post(
        "/application/company", data={"company_name": "Half B.V.", "kvk": "12", "action": "later"}
    )
    assert answer.headers["Location"] == "/application"
    page = as_applicant.get("/application/company").text
    assert "Half B.V." in page
    assert 'value="12"' in page
    assert not queries.steps_of(own(applicant).id)[StepName.COMPANY].complete


def test_m3_what_is_wrong_is_said_and_still_kept_for_another_day(as_applicant, applicant):
    as_applicant.post("/application")
    answer = as_applicant.post("/application/company", data=pages()[StepName.COMPANY] | {"kvk": "123"})
    assert answer.status_code == 422
    assert 'class="error-summary"' in answer.text
    assert queries.steps_of(own(applicant).id)[StepName.COMPANY].answers["kvk"] == ["123"]


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        (StepName.PERSON, {"phone": "12"}),
        (StepName.PERSON, {"languages": ["not-a-term"]}),
        (StepName.COMPANY, {"kvk": "1234567"}),
        (StepName.COMPANY, {"vat_id": "NL000099998B58"}),
        (StepName.COMPANY, {"postcode": "0011 AA"}),
        (StepName.EXPERIENCE, {"years": "-3"}),
        (StepName.EXPERIENCE, {"years": "61"}),
        (StepName.EXPERIENCE, {"categories": ["magic"]}),
        (StepName.HARD_COMPETENCES, {"level-restructuring": "5"}),
        (StepName.SOFT_COMPETENCES, {"level-listening": "x"}),
        (StepName.REFERENCES, {"references-1-email": "niemand"}),
        (StepName.REFERENCES, {"references-1-name": ""}),
        (StepName.MOTIVATION, {"motivation": "Kort."}),
        (StepName.MOTIVATION, {"motivation": "x" * 2001}),
    ],
)
def test_m3_bad_answers_are_refused_by_the_field(as_applicant, name, wrong):
    as_applicant.post("/application")
    answer = as_applicant.post(f"/application/{name}", data=pages()[name] | wrong, content_type=WEB)
    assert answer.status_code == 422
    assert 'class="field-error"' in answer.text


def test_m3_some_level_has_to_be_given(as_applicant):
    as_applicant.post("/application")
    nothing = dict.fromkeys(pages()[StepName.HARD_COMPETENCES], "0")
    assert as_applicant.post("/application/expertise", data=nothing).status_code == 422


def test_m3_a_reference_is_added_and_taken_out_without_script(as_applicant, applicant):
    as_applicant.post("/application")
    typed = pages()[StepName.REFERENCES]
    as_applicant.post("/application/references", data=typed | {"action": "add"})
    page = as_applicant.get("/application/references").text
    assert 'name="references-2-name"' in page
    assert "Omar Bakkali" in page
    third = {"references-2-name": "Els Vos", "action": "remove-0", "seen": "1"}
    as_applicant.post("/application/references", data=typed | third)
    kept = queries.steps_of(own(applicant).id)[StepName.REFERENCES].answers
    assert (kept["references-0-name"], kept["references-1-name"]) == (["Omar Bakkali"], ["Els Vos"])
    assert "references-2-name" not in kept


@pytest.mark.parametrize("action", ["remove-99", "remove--1", "remove-x", "remove-", "whatever"])
def test_m3_nonsense_from_a_button_changes_no_row(as_applicant, applicant, action):
    as_applicant.post("/application")
    as_applicant.post("/application/references", data=pages()[StepName.REFERENCES] | {"action": action})
    kept = queries.steps_of(own(applicant).id)[StepName.REFERENCES].answers
    assert kept["references-0-name"] == ["Petra de Wit"]


def test_m3_two_windows_do_not_overwrite_each_other_unseen(as_applicant, applicant):
    as_applicant.post("/application")
    typed = pages()[StepName.COMPANY]
    as_applicant.post("/application/company", data=typed | {"seen": "0"})
    late = as_applicant.post("/application/company", data=typed | {"seen": "0", "city": "Zwolle"})
    assert late.status_code == 422
    assert "Zwolle" in late.text
    assert queries.steps_of(own(applicant).id)[StepName.COMPANY].answers["city"] == ["Haarlem"]
    again = as_applicant.post("/application/company", data=typed | {"seen": "1", "city": "Zwolle"})
    assert again.status_code == 303
    assert queries.steps_of(own(applicant).id)[StepName.COMPANY].answers["city"] == ["Zwolle"]


def test_m3_starting_twice_gives_one_draft(as_applicant):
    as_applicant.post("/application")
    as_applicant.post("/application")
    assert count(Application) == 1


def test_m3_sending_in_twice_does_it_once(as_applicant, applicant, posted):
    fill_in(as_applicant)
    first, second = (as_applicant.post("/application/check", data=ticks()) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"] == "/application"
    assert (count(Company), count(ApplicationReference), count(Consent)) == (1, 2, 3)
    assert [mail.template for mail in posted(applicant)] == ["membership/application_received"]


def test_m3_sending_in_takes_every_page_and_every_consent(as_applicant, applicant):
    fill_in(as_applicant, StepName.EXPERIENCE)
    assert as_applicant.post("/application/check", data=ticks()).status_code in (200, 422)
    assert own(applicant).state is ApplicationState.DRAFT
    as_applicant.post("/application/experience", data=pages()[StepName.EXPERIENCE])
    one_missing = dict(list(ticks().items())[:2])
    assert as_applicant.post("/application/check", data=one_missing).status_code == 422
    assert own(applicant).state is ApplicationState.DRAFT
    as_applicant.post("/application/check", data=ticks())
    assert own(applicant).state is ApplicationState.SUBMITTED


def test_m3_sending_in_asks_for_a_confirmed_address(as_applicant, applicant):
    applicant.confirmed_at = None
    fill_in(as_applicant)
    as_applicant.post("/application/check", data=ticks())
    assert own(applicant).state is ApplicationState.DRAFT


def test_l5_a_consent_keeps_the_version_and_language_agreed_to(as_applicant, applicant):
    fill_in(as_applicant)
    as_applicant.post("/application/check", data=ticks())
    kept = queries.latest_consents(applicant.id)
    assert {(consent.language, text.version) for consent, text in kept} == {("nl", 1)}
    assert len(kept) == 3


def test_m3_what_has_been_sent_in_stays_as_it_is(as_applicant, applicant, coordinator):
    applied(applicant, by=coordinator)
    assert as_applicant.get("/application/company").status_code == 404
    assert as_applicant.post("/application/company", data=pages()[StepName.COMPANY]).status_code == 404


def test_m3_a_cv_is_known_by_its_content(as_applicant, applicant):
    as_applicant.post("/application")
    typed = pages()[StepName.MOTIVATION]
    for content, name in ((b"MZ\x90", "cv.pdf"), (b"<html>", "cv.pdf"), (b"", "cv.pdf"), (b"%PDF-1.4 cut", "cv.pdf")):
        answer = as_applicant.post(
            "/application/motivation", data=typed | {"cv": a_cv(content, name)}, content_type=WEB
        )
        assert answer.status_code == 422, content
    assert count(ApplicationCv) == 0


def a_body_with_a_cv_of(megabytes: int, **typed: str) -> bytes:
    """What a browser sends, made by hand: the test client keeps bodies this large in files that it leaves open."""
    fields = "".join(
        f'--line\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in typed.items()
    )
    part = 'Content-Disposition: form-data; name="cv"; filename="cv.pdf"\r\nContent-Type: application/pdf'
    padding = b" " * (megabytes * 1024 * 1024)
    return f"{fields}--line\r\n{part}\r\n\r\n".encode() + PDF + padding + b"%%EOF\r\n--line--\r\n"


def test_m3_a_cv_of_more_than_five_megabytes_is_refused(as_applicant):
    as_applicant.post("/application")
    body = a_body_with_a_cv_of(5)
    answer = as_applicant.post("/application/motivation", data=body, content_type=f"{WEB}; boundary=line")
    assert answer.status_code == 422
    assert count(ApplicationCv) == 0


def test_m3_a_file_of_thirty_megabytes_is_told_at_the_field_and_loses_nothing_typed(as_applicant):
    as_applicant.post("/application")
    body = a_body_with_a_cv_of(30, motivation="Wat ik hier al schreef.")
    answer = as_applicant.post("/application/motivation", data=body, content_type=f"{WEB}; boundary=line")
    assert answer.status_code == 422
    assert "Wat ik hier al schreef." in answer.text
    assert "hoogstens 5 MB" in answer.text
    assert count(ApplicationCv) == 0


def test_m3_a_good_cv_is_kept_also_when_the_rest_is_not(as_applicant, applicant):
    as_applicant.post("/application")
    answer = as_applicant.post("/application/motivation", data={"motivation": "Kort.", "cv": a_cv()}, content_type=WEB)
    assert answer.status_code == 422
    assert "cv.pdf" in answer.text
    assert count(ApplicationCv) == 1


def test_m3_a_new_cv_replaces_the_old_one_and_its_file(as_applicant, applicant):
    as_applicant.post("/application")
    typed = pages()[StepName.MOTIVATION]
    as_applicant.post("/application/motivation", data=typed | {"cv": a_cv()}, content_type=WEB)
    old = queries.cv_of(own(applicant).id).stored_name
    as_applicant.post(
        "/application/motivation", data=typed | {"cv": a_cv(PDF + b"%2\n%%EOF", "nieuw.pdf")}, content_type=WEB
    )
    new = queries.cv_of(own(applicant).id)
    assert new.shown_name == "nieuw.pdf"
    assert files.path(new.stored_name).exists()
    assert not files.path(old).exists()


@pytest.mark.parametrize("name", ["../../x.pdf", "..\\..\\x.pdf", "a" * 300 + ".pdf", 'a"\r\nX: 1.pdf', "…é.pdf"])
def test_m3_no_file_name_leads_out_of_its_folder(as_applicant, applicant, name):
    as_applicant.post("/application")
    as_applicant.post(
        "/application/motivation", data=pages()[StepName.MOTIVATION] | {"cv": a_cv(PDF, name)}, content_type=WEB
    )
    kept = queries.cv_of(own(applicant).id)
    assert "/" not in kept.stored_name
    answer = as_applicant.get("/application/cv")
    assert answer.data == PDF
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["Cache-Control"] == "no-store"


def test_m3_only_its_owner_and_the_bureau_get_a_cv(app, as_applicant, as_coordinator, make_account, sign_in, applicant):
    fill_in(as_applicant)
    as_applicant.post("/application/check", data=ticks())
    sent = own(applicant)
    answer = as_coordinator.get(f"/bureau/applications/{sent.id}/cv")
    assert (answer.data, answer.headers["Cache-Control"]) == (PDF, "no-store")
    stranger = app.test_client()
    sign_in(stranger, make_account())
    assert stranger.get("/application/cv").status_code == 404
    assert stranger.get(f"/bureau/applications/{sent.id}/cv").status_code == 404


def test_m3_the_bureau_does_not_see_a_draft(as_applicant, as_coordinator, applicant):
    fill_in(as_applicant)
    assert as_coordinator.get(f"/bureau/applications/{own(applicant).id}").status_code == 404


def test_m3_throwing_a_draft_away_erases_it(as_applicant, applicant, posted):
    fill_in(as_applicant)
    kept = queries.cv_of(own(applicant).id).stored_name
    as_applicant.post("/application/withdraw")
    assert own(applicant).state is ApplicationState.WITHDRAWN
    assert (count(ApplicationStep), count(ApplicationCv)) == (0, 0)
    assert not files.path(kept).exists()
    assert posted(applicant) == []


@pytest.mark.parametrize("path", ["/application/nothing", "/application/PERSON", "/application/check%00"])
def test_a_page_that_does_not_exist_is_said_to_be_so(as_applicant, path):
    as_applicant.post("/application")
    assert as_applicant.get(path).status_code in (400, 404)


def test_a_get_writes_nothing(as_applicant, applicant):
    for path in ("/application", "/home", "/membership/mine", "/application/person"):
        as_applicant.get(path)
    assert count(Application) == 0


def test_a_page_of_the_form_asks_little_of_the_database(as_applicant):
    fill_in(as_applicant)
    assert statements(lambda: as_applicant.get("/application/experience")) <= 7
    assert statements(lambda: as_applicant.get("/application/check")) <= 16
