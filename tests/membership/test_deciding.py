"""M4: the bureau's side, through its pages."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from app.audit.models import AuditEntry
from app.core.db import db
from app.membership import queries, services
from app.membership.models import Application, ApplicationState, Membership, MembershipPeriod
from app.payments.models import Bill
from app.payments.queries import bill_for
from tests.factories import make_account

from .conftest import TODAY, applied, period_of, said, statements, the_plan

REASON = "Uw ervaring ligt vooral in advies, niet in leiding."


@pytest.fixture
def application(applicant, coordinator) -> Application:
    return applied(applicant, ApplicationState.IN_REVIEW, by=coordinator)


def at(application: Application, rest: str = "") -> str:
    return f"/bureau/applications/{application.id}{rest}"


def count(model) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def admit(client, application):
    return client.post(at(application, "/admit"), data={"plan": str(the_plan().id), "reason": "Goede referenties."})


def test_m4_the_queue_begins_with_the_longest_waiting(as_coordinator, coordinator, calendar, lists):
    first = applied(make_account(given_name="Eerste"), by=coordinator)
    calendar.shift(600)
    second = applied(make_account(given_name="Tweede"), by=coordinator)
    page = as_coordinator.get("/bureau/applications").text
    assert page.index(str(first.id)) < page.index(str(second.id))


def test_m4_the_queue_filters_by_state_and_age(as_coordinator, coordinator, calendar, sign_in):
    old = applied(make_account(), by=coordinator)
    calendar.move_to(datetime(2027, 1, 12, 8, tzinfo=UTC))
    sign_in(as_coordinator, coordinator)
    new = applied(make_account(), ApplicationState.DECLINED, by=coordinator)
    assert str(old.id) in as_coordinator.get("/bureau/applications?long=1").text
    assert str(new.id) not in as_coordinator.get("/bureau/applications?long=1").text
    assert str(new.id) in as_coordinator.get("/bureau/applications?state=declined").text
    assert str(new.id) not in as_coordinator.get("/bureau/applications").text
    everything = as_coordinator.get("/bureau/applications?show=all").text
    assert ("sort=reviewer" in as_coordinator.get("/bureau/applications").text, "sort=reviewer" in everything) == (
        True,
        False,
    )
    assert str(new.id) in everything
    assert "de nieuwste bovenaan" in everything
    assert "De langst wachtende" not in everything
    assert 'aria-sort="descending"' in everything


@pytest.mark.parametrize("asked", ["hoek", "Hoekstra rub", "ruben@voor", "hoekstra int"])
def test_b3_an_applicant_is_found_by_the_beginning_of_name_address_or_company(as_coordinator, application, asked):
    page = as_coordinator.get("/bureau/applications", query_string={"q": asked, "show": "all"})
    assert str(application.id) in page.text
    assert str(application.id) not in as_coordinator.get("/bureau/applications", query_string={"q": "oekstra"}).text


@pytest.mark.parametrize("query", ["state=nonsense", "long=x", "submitted_at_from=gisteren", "q=%25", "after=zzz"])
def test_junk_in_the_address_of_the_queue_is_no_fault(as_coordinator, coordinator, query):
    assert as_coordinator.get(f"/bureau/applications?{query}").status_code == 200


def test_m4_the_page_shows_the_whole_application(as_coordinator, application, applicant):
    page = as_coordinator.get(at(application)).text
    for text in (
        "Ruben Hoekstra",
        applicant.email,
        "Haarlem",
        "12345678",
        "NL000099998B57",
        "Petra de Wit",
        "toezicht",
    ):
        assert text in page


def test_m4_taking_into_review_twice_is_once(as_coordinator, applicant, coordinator):
    application = applied(applicant, by=coordinator)
    for _click in range(2):
        assert as_coordinator.post(at(application, "/review")).status_code == 303
    db.session.expire_all()
    assert application.state is ApplicationState.IN_REVIEW


def test_m4_the_intake_report_is_kept_and_audited_with_what_stood_before(as_coordinator, application):
    for report in ("Goed gesprek.", "Goed gesprek, twee referenties gebeld."):
        as_coordinator.post(at(application, "/intake"), data={"report": report})
    db.session.expire_all()
    assert application.intake_report == "Goed gesprek, twee referenties gebeld."
    entries = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "application.intake_reported")).all()
    assert {entry.before["report"] for entry in entries} == {"", "Goed gesprek."}


def test_m4_the_applicant_does_not_see_the_report(as_coordinator, client, sign_in, application, applicant):
    as_coordinator.post(at(application, "/intake"), data={"report": "Streng geheim oordeel."})
    sign_in(client, applicant)
    assert "Streng geheim" not in client.get("/application").text


def test_m4_admitting_makes_a_waiting_year_and_a_bill_for_the_company(as_coordinator, application, applicant, posted):
    assert admit(as_coordinator, application).status_code == 303
    db.session.expire_all()
    bill = bill_for("membership_period", period_of(application).id)
    assert application.state is ApplicationState.ACCEPTED
    assert (bill.net_cents, bill.vat_cents, bill.gross_cents) == (495_00, 103_95, 598_95)
    assert bill.buyer["name"] == "Hoekstra Interim B.V."
    assert bill.buyer["vat_id"] == "NL000099998B57"
    assert bill.due_on == application.pay_before
    assert not queries.is_member(applicant.id, TODAY)
    (mail,) = [mail for mail in posted(applicant) if mail.template == "membership/application_accepted"]
    assert f"/pay/{bill.id}" in mail.text


def test_m4_admitting_twice_is_once(as_coordinator, application, applicant, posted):
    for _click in range(2):
        assert admit(as_coordinator, application).status_code == 303
    assert (count(Membership), count(MembershipPeriod), count(Bill)) == (1, 1, 1)
    assert len(posted(applicant)) == 2


def test_m4_of_two_decisions_the_first_holds(as_coordinator, application):
    admit(as_coordinator, application)
    answer = as_coordinator.post(at(application, "/decline"), data={"reason": REASON})
    assert answer.status_code == 409
    db.session.expire_all()
    assert application.state is ApplicationState.ACCEPTED


def test_m4_declining_tells_the_reason(as_coordinator, application, applicant, posted):
    as_coordinator.post(at(application, "/decline"), data={"reason": REASON})
    db.session.expire_all()
    assert application.state is ApplicationState.DECLINED
    (mail,) = [mail for mail in posted(applicant) if mail.template == "membership/application_declined"]
    assert REASON in mail.text


def test_m4_a_no_without_a_reason_is_not_sent(as_coordinator, application, applicant, posted):
    before = len(posted(applicant))
    assert as_coordinator.post(at(application, "/decline"), data={"reason": "Nee."}).status_code == 422
    assert len(posted(applicant)) == before


@pytest.mark.parametrize("plan", ["", "nonsense", "00000000-0000-0000-0000-000000000000"])
def test_m4_admission_takes_a_plan_on_offer(as_coordinator, application, plan):
    answer = as_coordinator.post(at(application, "/admit"), data={"plan": plan, "reason": "Goed."})
    assert answer.status_code == 422


@pytest.mark.parametrize(
    "state",
    [ApplicationState.SUBMITTED, ApplicationState.DECLINED, ApplicationState.WITHDRAWN, ApplicationState.ACTIVE],
)
def test_m4_what_is_not_in_review_cannot_be_decided(as_coordinator, applicant, coordinator, state):
    application = applied(applicant, state, by=coordinator)
    assert as_coordinator.get(at(application, "/admit")).status_code == 409
    assert admit(as_coordinator, application).status_code == 409
    db.session.expire_all()
    assert application.state is state


def test_the_page_before_admitting_says_what_follows(as_coordinator, application):
    page = as_coordinator.get(at(application, "/admit")).text
    assert "Hoekstra Interim B.V." in page
    assert "€\u00a0598,95" in page


@pytest.mark.parametrize("role", ["treasurer", "returning_officer"])
def test_deciding_takes_the_right_to_decide(app, application, sign_in, role):
    client = app.test_client()
    sign_in(client, make_account(roles=(role,)))
    for rest in ("/review", "/admit", "/decline", "/intake"):
        assert client.post(at(application, rest)).status_code in (403, 404)
    db.session.expire_all()
    assert application.state is ApplicationState.IN_REVIEW


def test_deciding_takes_a_proven_second_factor(app, application, sign_in, coordinator):
    client = app.test_client()
    sign_in(client, coordinator, second_factor=False)
    assert admit(client, application).status_code in (303, 403)
    db.session.expire_all()
    assert application.state is ApplicationState.IN_REVIEW


def test_members_and_strangers_find_no_bureau(app, application, sign_in, applicant):
    client = app.test_client()
    assert client.get(at(application)).status_code == 303
    sign_in(client, applicant)
    assert client.get(at(application)).status_code == 404
    assert client.get("/bureau/applications").status_code == 404


def test_m5_who_is_admitted_pays_the_price_of_that_day(as_coordinator, application):
    plan = the_plan()
    plan.prices[0].valid_from = TODAY.replace(year=2028)
    db.session.flush()
    assert as_coordinator.get(at(application, "/admit")).status_code == 200
    with pytest.raises(services.AdmissionNeedsPrice):
        services.admit(application, plan=plan, reason="Goed.", by=make_account())


def test_the_bureaus_pages_ask_little_of_the_database(as_coordinator, application, coordinator):
    for _number in range(12):
        applied(make_account(), by=coordinator)
    as_coordinator.get("/bureau/applications")
    assert statements(lambda: as_coordinator.get("/bureau/applications")) <= 5
    assert statements(lambda: as_coordinator.get(at(application))) <= 14


def test_home_and_membership_page_ask_little_of_the_database(client, sign_in, applicant, coordinator):
    applied(applicant, ApplicationState.ACTIVE, by=coordinator)
    sign_in(client, applicant)
    assert said("Your membership runs until %(day)s.", day="3 januari 2028") in client.get("/membership/mine").text
    assert statements(lambda: client.get("/home")) <= 8
    assert statements(lambda: client.get("/membership/mine")) <= 21
