"""M4, M11: references called, invitations, admissions opened again, and the company that is billed."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from app.accounts.models import Account
from app.audit.models import AuditEntry
from app.core.db import db
from app.membership import queries, services
from app.membership.models import Application, ApplicationState, Company, MembershipStatus, ReferenceCheck
from app.membership.services import CompanyDetails
from app.payments import services as payments
from app.payments.models import BillState
from app.payments.queries import bill_for, bills_of
from tests.factories import make_account

from .conftest import PDF, TODAY, a_cv, applied, fill_in, payment_for, period_of, said, the_plan, ticks

NEW = CompanyDetails("Hoekstra Advies B.V.", "87654321", "NL000099998B57", "Laan 3", "3511 AB", "Utrecht")
COMPANY = {
    "company_name": "Hoekstra Interim B.V.",
    "kvk": "1234 5678",
    "vat_id": "nl 0000.99998.B57",
    "address": "Kade 12",
    "postcode": "2011ab",
    "city": "Haarlem",
}


@pytest.fixture
def application(applicant, coordinator):
    found = applied(applicant, ApplicationState.IN_REVIEW, by=coordinator)
    db.session.commit()
    return found


def test_m4_a_call_to_a_referee_is_in_the_file_with_who_and_when(as_coordinator, application):
    referee = queries.dossier(application).references[0]
    url = f"/bureau/applications/{application.id}/references/{referee.id}"
    asked = as_coordinator.get(url).text
    assert referee.name in asked
    assert f'href="tel:{referee.phone}"' in asked
    call = {"called_on": "3-1-2027", "outcome": "positive", "said": "Werkte drie jaar samen, zou het zo weer doen."}
    for _click in range(2):
        assert as_coordinator.post(url, data=call).status_code == 303
    page = as_coordinator.get(f"/bureau/applications/{application.id}").text
    assert page.count("zou het zo weer doen") == 1
    assert "Annelies Brouwer, 3 januari 2027" in page
    assert len(db.session.scalars(select(ReferenceCheck)).all()) == 1
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "application.reference_called")).one()
    assert entry.after["referee"] == referee.name
    assert "zou het" not in str(entry.after)


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"called_on": "5-1-2027"}, "called_on"), ({"outcome": "great"}, "outcome-0"), ({"said": ""}, "said")],
)
def test_m4_a_call_that_does_not_fit_is_told_at_its_field(as_coordinator, application, changes, field):
    referee = queries.dossier(application).references[0]
    call = {"called_on": "3-1-2027", "outcome": "positive", "said": "Goed."}
    page = as_coordinator.post(f"/bureau/applications/{application.id}/references/{referee.id}", data=call | changes)
    assert page.status_code == 422
    assert f'href="#{field}"' in page.text


def test_m4_nobody_answering_needs_no_words(as_coordinator, application):
    referee = queries.dossier(application).references[1]
    call = {"called_on": "4-1-2027", "outcome": "not_reached", "said": ""}
    url = f"/bureau/applications/{application.id}/references/{referee.id}"
    assert as_coordinator.post(url, data=call).status_code == 303


def test_m4_a_referee_of_somebody_else_is_not_there(as_coordinator, application, coordinator):
    other = queries.dossier(applied(make_account(), ApplicationState.IN_REVIEW, by=coordinator)).references[0]
    db.session.commit()
    assert as_coordinator.get(f"/bureau/applications/{application.id}/references/{other.id}").status_code == 404


def test_m4_the_applicant_does_not_see_what_referees_said(as_coordinator, client, sign_in, application, applicant):
    referee = queries.dossier(application).references[0]
    call = {"called_on": "3-1-2027", "outcome": "mixed", "said": "Soms te snel."}
    as_coordinator.post(f"/bureau/applications/{application.id}/references/{referee.id}", data=call)
    sign_in(client, applicant)
    assert "Soms te snel" not in client.get("/application").text


def test_m4_the_queue_tells_who_has_it_in_hand_and_lets_a_colleague_take_over(
    app, as_coordinator, application, sign_in
):
    assert "Annelies Brouwer" in as_coordinator.get("/bureau/applications").text
    assert "Ruben" in as_coordinator.get("/bureau/applications?mine=1").text
    colleague = make_account(roles=("coordinator",), given_name="Karim", family_name="Aydin")
    db.session.commit()
    client = app.test_client()
    sign_in(client, colleague)
    assert "Ruben" not in client.get("/bureau/applications?mine=1").text
    assert said("Take over") in client.get(f"/bureau/applications/{application.id}").text
    for _click in range(2):
        assert client.post(f"/bureau/applications/{application.id}/take").status_code == 303
    assert queries.reviewer_of(application.id) == colleague.id
    taken = select(AuditEntry).where(AuditEntry.action == "application.taken_in_hand")
    assert len(db.session.scalars(taken).all()) == 1


def invitation(**changes):
    return {
        "given_name": "Ina",
        "family_name": "Postma",
        "email": "ina@voorbeeld.example",
        "plan": str(the_plan().id),
        "reason": "Al jaren een goede relatie.",
        **changes,
    }


def test_m4_an_invited_person_names_the_company_agrees_and_pays(app, as_coordinator, sign_in, posted):
    assert as_coordinator.get("/bureau/applications/invite").status_code == 200
    for _click in range(2):
        assert as_coordinator.post("/bureau/applications/invite", data=invitation()).status_code == 303
    ina = db.session.scalars(select(Account).where(Account.email == "ina@voorbeeld.example")).one()
    application = db.session.scalars(select(Application).where(Application.account_id == ina.id)).one()
    assert application.state is ApplicationState.ACCEPTED
    assert [mail.template for mail in posted(ina)].count("membership/applicant_invited") == 1
    file = as_coordinator.get(f"/bureau/applications/{application.id}").text
    assert said("Company named") in file
    for meant_for_ina in ("Your company named", "You are a member", "Agreed to"):
        assert said(meant_for_ina) not in file
    assert "Ina Postma" in as_coordinator.get("/bureau/applications").text
    client = app.test_client()
    sign_in(client, ina)
    for page in ("/application", "/home", "/membership/mine"):
        assert 'href="/application/admitted"' in client.get(page).text
    assert said("My references") not in client.get("/application/admitted").text
    empty = client.post("/application/admitted", data={})
    assert empty.status_code == 422
    unticked = client.post("/application/admitted", data=COMPANY)
    assert unticked.status_code == 422
    assert "Hoekstra Interim B.V." in unticked.text
    on = client.post("/application/admitted", data=COMPANY | ticks())
    assert on.status_code == 303
    assert "/pay/" in on.location
    assert client.post("/application/admitted", data=COMPANY | ticks()).location == on.location
    assert client.get(on.location).status_code == 200
    bill = bill_for("membership_period", period_of(application).id)
    assert bill.buyer["name"] == "Hoekstra Interim B.V."
    services.activate_after_payment(payment_for(application))
    db.session.commit()
    assert queries.standing(ina.id, TODAY).status is MembershipStatus.ACTIVE
    assert client.get("/application").status_code == 200


def test_m4_the_file_speaks_to_the_bureau_and_the_status_to_the_applicant(
    as_coordinator, application, client, sign_in, applicant
):
    assert said("Call the references and plan an interview.") in (
        as_coordinator.get(f"/bureau/applications/{application.id}").text
    )
    sign_in(client, applicant)
    assert said("We read your application, call your references and plan an interview with you.") in (
        client.get("/application").text
    )


def test_m4_whoever_has_not_applied_is_led_to_the_beginning(client, sign_in, applicant):
    sign_in(client, applicant)
    page = client.get("/membership/mine").text
    assert 'href="/apply"' in page
    assert said("Go to my application") not in page


def test_m4_a_draft_of_ones_own_becomes_the_invitation(as_coordinator, applicant):
    draft = services.start_application(by=applicant)
    db.session.commit()
    assert as_coordinator.post("/bureau/applications/invite", data=invitation(email=applicant.email)).status_code == 303
    db.session.expire_all()
    assert draft.state is ApplicationState.ACCEPTED


def test_m4_who_applied_or_is_a_member_is_not_invited(as_coordinator, application, coordinator, applicant):
    page = as_coordinator.post("/bureau/applications/invite", data=invitation(email=applicant.email))
    assert said(services.HasApplication.message) in page.text
    member = make_account()
    applied(member, ApplicationState.ACTIVE, by=coordinator)
    db.session.commit()
    page = as_coordinator.post("/bureau/applications/invite", data=invitation(email=member.email))
    assert page.status_code == 422
    assert "Deze persoon is al lid" in page.text


def test_m4_an_invitation_expires_and_is_opened_again(as_coordinator, calendar, coordinator, sign_in):
    as_coordinator.post("/bureau/applications/invite", data=invitation())
    application = db.session.scalars(select(Application).where(Application.invited_at.is_not(None))).one()
    calendar.shift(timedelta(days=15))
    assert services.expire_admission(application)
    sign_in(as_coordinator, coordinator)
    db.session.commit()
    url = f"/bureau/applications/{application.id}/reopen"
    assert as_coordinator.get(url).status_code == 200
    assert as_coordinator.post(url, data={"plan": str(the_plan().id)}).status_code == 303
    db.session.expire_all()
    assert (application.state, application.pay_before) == (ApplicationState.ACCEPTED, date(2027, 2, 2))


def test_m4_an_admission_that_expired_is_opened_again_with_a_new_bill(as_coordinator, applicant, coordinator, posted):
    application = applied(applicant, ApplicationState.EXPIRED, by=coordinator)
    db.session.commit()
    url = f"/bureau/applications/{application.id}/reopen"
    for _click in range(2):
        assert as_coordinator.post(url, data={"plan": str(the_plan().id)}).status_code == 303
    db.session.expire_all()
    assert application.state is ApplicationState.ACCEPTED
    assert [bill.state for bill in bills_of(applicant.id)].count(BillState.DRAFT) == 1
    bill = bill_for("membership_period", period_of(application).id)
    assert bill.state is BillState.DRAFT
    assert application.pay_before == date(2027, 1, 18)
    services.activate_after_payment(payment_for(application))
    assert queries.is_member(applicant.id, TODAY)


def test_m4_only_what_expired_is_opened_again(as_coordinator, application):
    assert as_coordinator.get(f"/bureau/applications/{application.id}/reopen").status_code == 409


def test_m11_a_new_company_gets_the_next_bill_and_the_old_bill_keeps_the_old(client, sign_in, applicant, coordinator):
    application = applied(applicant, ApplicationState.ACTIVE, by=coordinator)
    old = bill_for("membership_period", period_of(application).id)
    db.session.commit()
    sign_in(client, applicant)
    assert "Hoekstra Interim B.V." in client.get("/membership/company").text
    typed = {
        "company_name": NEW.name,
        **{name: getattr(NEW, name) for name in ("kvk", "vat_id", "address", "postcode", "city")},
    }
    for _click in range(2):
        assert client.post("/membership/company", data=typed).status_code == 303
    db.session.expire_all()
    assert old.buyer["name"] == "Hoekstra Interim B.V."
    assert queries.company_of(queries.standing(applicant.id, TODAY).company_id).name == NEW.name
    assert len(db.session.scalars(select(Company).where(Company.account_id == applicant.id)).all()) == 2
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "membership.company_changed")).one()
    assert (entry.before["city"], entry.after["city"]) == ("Haarlem", "Utrecht")


@pytest.mark.parametrize(("issued", "name"), [(False, NEW.name), (True, "Hoekstra Interim B.V.")])
def test_m11_an_open_bill_follows_the_company_until_it_has_a_number(applicant, coordinator, issued, name):
    application = applied(applicant, ApplicationState.ACCEPTED, by=coordinator)
    bill = bill_for("membership_period", period_of(application).id)
    if issued:
        payments.choose_transfer(bill.id, by=applicant)
    services.change_company(NEW, by=applicant)
    db.session.expire_all()
    assert bill.buyer["name"] == name


def test_m11_a_company_that_does_not_fit_is_told_and_kept(client, sign_in, applicant, coordinator):
    applied(applicant, ApplicationState.ACTIVE, by=coordinator)
    db.session.commit()
    sign_in(client, applicant)
    page = client.post("/membership/company", data=COMPANY | {"kvk": "12", "company_name": "Nieuw"})
    assert page.status_code == 422
    assert 'id="kvk-error"' in page.text
    assert 'value="Nieuw"' in page.text


def test_m11_who_has_no_membership_has_no_company_to_change(as_applicant):
    assert as_applicant.get("/membership/company").status_code == 404
    assert as_applicant.get("/application/admitted").status_code == 404


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GIF89a" + PDF,
        b"<html><script>alert(1)</script></html>" + PDF,
        b"PK\x03\x04" + PDF,
        b"%PDF-1.7\n1 0 obj<</Encrypt 2 0 R>>endobj\ntrailer<</Encrypt 2 0 R>>\n%%EOF\n",
        b"\x00" * 4096,
    ],
    ids=["empty", "gif polyglot", "html polyglot", "zip polyglot", "encrypted", "zeros"],
)
def test_m3_a_cv_that_is_not_a_plain_pdf_is_refused_by_its_content(as_applicant, applicant, content):
    fill_in(as_applicant)
    draft = queries.current_application(applicant.id)
    kept = queries.cv_of(draft.id).stored_name
    sent = {"motivation": "x" * 100, "seen": "1", "cv": a_cv(content)}
    page = as_applicant.post("/application/motivation", data=sent, content_type="multipart/form-data")
    assert page.status_code == 422
    assert 'href="#cv"' in page.text
    db.session.expire_all()
    assert queries.cv_of(draft.id).stored_name == kept
