"""M6: a period without money is given by a person of the bureau, with a reason, and can be taken back while fresh (B8)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select, text

from app.audit.models import AuditEntry
from app.core.db import db
from app.membership import queries, services
from app.membership.models import ApplicationState, MembershipPeriod, MembershipStatus, PeriodWaiver
from app.payments import services as payments
from app.payments.models import BillState, Method
from app.payments.queries import bill_for, bills_of

from .conftest import TODAY, applied, period_of, said

REASON = "Bestuurslid: contributie kwijtgescholden."


@pytest.fixture
def admitted(applicant, coordinator):
    application = applied(applicant, ApplicationState.ACCEPTED, by=coordinator)
    db.session.commit()
    return application


def place(account):
    return queries.place_of(account.id)


def waive(client, account, **changes):
    sequence = queries.newest_sequence(place(account))
    return client.post(
        f"/bureau/memberships/{place(account)}/waive", data={"reason": REASON, "sequence": str(sequence), **changes}
    )


def test_m6_a_waiver_makes_a_member_without_money_and_says_so(as_coordinator, admitted, applicant, posted):
    page = as_coordinator.get(f"/bureau/memberships/{place(applicant)}/waive").text
    assert "598,95" in page
    assert waive(as_coordinator, applicant).status_code == 303
    db.session.expire_all()
    assert queries.standing(applicant.id, TODAY).status is MembershipStatus.ACTIVE
    period = period_of(admitted)
    assert (period.starts_on, period.ends_on, period.paid_bill_id) == (TODAY, date(2028, 1, 3), None)
    assert admitted.state is ApplicationState.ACTIVE
    assert [bill.state for bill in bills_of(applicant.id)] in ([], [BillState.VOID])
    shown = as_coordinator.get(f"/bureau/members/{applicant.id}").text
    assert REASON in shown
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "membership.waived")).one()
    assert entry.after["reason"] == REASON
    welcome = next(mail for mail in posted(applicant) if mail.template == "membership/welcome")
    assert "Uw contributie is betaald" not in welcome.text


def test_m6_a_double_click_gives_one_period(as_coordinator, admitted, applicant):
    sequence = str(queries.newest_sequence(place(applicant)))
    for _click in range(2):
        assert waive(as_coordinator, applicant, sequence=sequence).status_code == 303
    assert len(db.session.scalars(select(MembershipPeriod)).all()) == 1


def test_m6_the_next_waiver_follows_on_the_year_that_runs(as_coordinator, admitted, applicant):
    waive(as_coordinator, applicant)
    waive(as_coordinator, applicant)
    periods = sorted(db.session.scalars(select(MembershipPeriod)), key=lambda period: period.sequence)
    assert periods[1].starts_on == periods[0].ends_on + timedelta(days=1)


def test_m6_a_waiver_without_a_reason_is_none(as_coordinator, admitted, applicant):
    page = waive(as_coordinator, applicant, reason="")
    assert page.status_code == 422
    assert 'id="reason-error"' in page.text
    assert not queries.is_member(applicant.id, TODAY)


def test_m6_a_waiver_takes_a_fresh_proof_and_the_right(app, as_coordinator, admitted, applicant, sign_in):
    db.session.execute(text("UPDATE account_session SET sudo_at = NULL"))
    db.session.commit()
    answer = waive(as_coordinator, applicant)
    assert "/prove" in answer.location
    assert not queries.is_member(applicant.id, TODAY)
    client = app.test_client()
    sign_in(client, applicant)
    assert waive(client, applicant).status_code == 404


def test_b8_a_fresh_waiver_is_undone_and_the_bill_waits_again(as_coordinator, admitted, applicant):
    waive(as_coordinator, applicant)
    period = period_of(admitted)
    assert said("Undo") in as_coordinator.get(f"/bureau/members/{applicant.id}").text
    for _click in range(2):
        assert as_coordinator.post(f"/bureau/memberships/periods/{period.id}/waiver/undo").status_code == 303
    db.session.expire_all()
    assert queries.standing(applicant.id, TODAY).status is MembershipStatus.PENDING
    assert admitted.state is ApplicationState.ACCEPTED
    bill = bill_for("membership_period", period.id)
    assert (bill.state, bill.gross_cents) == (BillState.DRAFT, 598_95)
    assert db.session.scalars(select(PeriodWaiver)).all() == []


def test_b8_a_second_period_given_is_undone_whole(as_coordinator, admitted, applicant):
    waive(as_coordinator, applicant)
    waive(as_coordinator, applicant)
    second = period_of(admitted)
    assert as_coordinator.post(f"/bureau/memberships/periods/{second.id}/waiver/undo").status_code == 303
    db.session.expire_all()
    assert [period.sequence for period in db.session.scalars(select(MembershipPeriod))] == [1]
    assert queries.is_member(applicant.id, TODAY)


def test_b8_after_half_an_hour_it_stays(as_coordinator, admitted, applicant, calendar, coordinator, sign_in):
    waive(as_coordinator, applicant)
    calendar.shift(timedelta(minutes=services.UNDO_MINUTES + 1))
    sign_in(as_coordinator, coordinator)
    period = period_of(admitted)
    assert as_coordinator.post(f"/bureau/memberships/periods/{period.id}/waiver/undo").status_code == 409
    assert queries.is_member(applicant.id, TODAY)


def test_m6_an_invoice_that_went_out_is_credited_and_then_nothing_is_undone(as_coordinator, admitted, applicant):
    bill = bill_for("membership_period", period_of(admitted).id)
    payments.choose_transfer(bill.id, by=applicant)
    db.session.commit()
    assert waive(as_coordinator, applicant).status_code == 303
    db.session.expire_all()
    assert bill.state is BillState.CREDITED
    assert queries.is_member(applicant.id, TODAY)
    waiver = db.session.scalars(select(PeriodWaiver)).one()
    undo = f"/bureau/memberships/periods/{waiver.period_id}/waiver/undo"
    assert as_coordinator.post(undo).status_code == 409


def test_m6_while_somebody_pays_nothing_is_waived(as_coordinator, admitted, applicant):
    bill = bill_for("membership_period", period_of(admitted).id)
    payments.start_attempt(bill.id, method=Method.IDEAL, by=applicant)
    db.session.commit()
    page = waive(as_coordinator, applicant)
    assert page.status_code == 422
    assert not queries.is_member(applicant.id, TODAY)
