"""P1, P5: Dutch VAT on a Dutch buyer decides itself; for a buyer from abroad a person decides, before anything is paid."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest
import time_machine
from sqlalchemy import select

from app.accounts.roles import Role
from app.core import clock
from app.core.db import atomic, db
from app.mail.models import OutboxMail
from app.payments import queries, services
from app.payments.invoice_pdf import render_invoice
from app.payments.models import AttemptState, BillState, Method, Task, TaskKind
from app.payments.services import Buyer, VatChoice
from tests.factories import make_account
from tests.golden import assert_mail_matches
from tests.payments.conftest import RETURN, buyer, draw_up, fresh
from tests.payments.test_bills import words
from tests.payments.test_ubl import BELGIAN, NO_KVK, SWISS

OFFICE = Buyer(
    name="Peeters NL", lines=["Damrak 1"], postcode="1012 LG", city="Amsterdam", vat_id="BE0403170701", email="a@b.example"
)  # fmt: skip
EXPLAINED = {"reason": "VIES, 14 januari 2027, geldig"}


@pytest.fixture
def treasurer(app, client, sign_in):
    signed_in = sign_in(client, make_account(roles=(Role.TREASURER,), given_name="Inge", family_name="Kas"))
    db.session.commit()
    return signed_in


def decided(bill, choice, by, reason="VIES 14-1"):
    with atomic():
        services.decide_vat(bill.id, choice=choice, reason=reason, by=by)
    return fresh(bill)


def tasks():
    return db.session.scalars(select(Task).where(Task.kind == TaskKind.VAT_DECISION, Task.closed_at.is_(None))).all()


@pytest.mark.parametrize("who", [buyer(), NO_KVK])
def test_a_dutch_buyer_waits_for_nobody(account, who):
    assert not draw_up(account.id, buyer=who).vat_pending
    assert tasks() == []


@pytest.mark.parametrize("who", [BELGIAN, SWISS, OFFICE])
def test_a_buyer_from_abroad_cannot_pay_before_the_decision(account, client, sign_in, who):
    bill = draw_up(account.id, buyer=who)
    assert [task.bill_id for task in tasks()] == [bill.id]
    with pytest.raises(services.VatUndecided), atomic():
        services.choose_transfer(bill.id, by=None)
    with pytest.raises(services.VatUndecided):
        services.pay(bill.id, method=Method.IDEAL, by=None, email="a@b.example", locale="nl", back=(RETURN, RETURN))
    sign_in(client, account)
    page = client.get(f"/pay/{bill.id}", follow_redirects=True)
    assert "Wij bepalen de btw van uw rekening" in page.text
    assert fresh(bill).number is None


def test_the_treasurer_decides_on_reverse_charge_and_the_buyer_can_pay(account, client, sign_in):
    with time_machine.travel("2027-01-14T12:00:00+01:00"):
        sign_in(client, make_account(roles=(Role.TREASURER,)))
        db.session.commit()
        bill = draw_up(account.id, buyer=BELGIAN, due_on=date(2027, 1, 20))
        assert client.get("/bureau/payments/tasks").status_code == 200
        page = client.get(f"/bureau/payments/tasks/{tasks()[0].id}", follow_redirects=True)
        assert "BE0403170701" in page.text
        answer = client.post(f"/bureau/payments/{bill.id}/vat", data={"choice": "reverse_charge", **EXPLAINED})
        assert answer.status_code == 303
        again = client.post(f"/bureau/payments/{bill.id}/vat", data={"choice": "reverse_charge", **EXPLAINED})
        assert again.status_code == 303
        bill = fresh(bill)
        assert (bill.net_cents, bill.vat_cents, bill.gross_cents) == (495_00, 0, 495_00)
        assert (bill.number, bill.due_on, tasks()) == (None, date(2027, 1, 28), [])
        mail = db.session.scalars(select(OutboxMail).where(OutboxMail.template == "payments/vat_decided")).one()
        assert_mail_matches(mail, "vat_decided")
        with atomic():
            services.choose_transfer(bill.id, by=None)
    told = words(render_invoice(fresh(bill)))
    assert "Btw verlegd (art. 44 en 196 Richtlijn 2006/112/EG)" in told
    assert "BE0403170701" in told


def test_dutch_vat_is_a_decision_too(account, treasurer):
    bill = decided(draw_up(account.id, buyer=OFFICE), VatChoice.DUTCH, treasurer)
    assert (bill.gross_cents, bill.vat_pending) == (598_95, False)


@pytest.mark.parametrize(
    ("who", "choice"),
    [(SWISS, "reverse_charge"), (BELGIAN, "outside_scope"), (OFFICE, "outside_scope"), (SWISS, ""), (SWISS, "none")],
)
def test_what_cannot_be_is_refused_at_the_field_and_what_was_typed_is_kept(account, client, treasurer, who, choice):
    bill = draw_up(account.id, buyer=who)
    page = client.post(f"/bureau/payments/{bill.id}/vat", data={"choice": choice, **EXPLAINED})
    assert page.status_code == 422
    assert 'id="choice-error"' in page.text
    assert EXPLAINED["reason"] in page.text
    assert fresh(bill).vat_pending
    assert len(tasks()) == 1


def test_what_was_to_be_issued_meanwhile_is_issued_with_the_decision(account, treasurer):
    bill = draw_up(account.id, buyer=SWISS)
    with atomic():
        assert services.issue(services.bills.locked(bill.id), by=None).number is None
    bill = decided(bill, VatChoice.OUTSIDE_SCOPE, treasurer)
    assert (bill.state, bill.gross_cents) == (BillState.ISSUED, 495_00)
    assert bill.number
    mail = db.session.scalars(select(OutboxMail).where(OutboxMail.template == "payments/vat_decided")).one()
    assert len(mail.attachments) == 1


def test_money_that_comes_in_before_the_decision_is_kept_and_the_question_stays(account, treasurer):
    bill = draw_up(account.id, buyer=BELGIAN)
    with atomic():
        services.book_transfer(
            bill.id, amount_cents=598_95, received_at=clock.now(), reference="2027-1/1", by=treasurer
        )
    bill = fresh(bill)
    assert (bill.state, bill.gross_cents, len(tasks())) == (BillState.PAID, 598_95, 1)
    with pytest.raises(services.VatFixed):
        decided(bill, VatChoice.REVERSE_CHARGE, treasurer)


def test_nothing_is_decided_about_a_dutch_buyer(bill, client, treasurer):
    where = f"/bureau/payments/{bill.id}/vat"
    assert client.get(where).status_code == 404
    assert client.post(where, data={"choice": "reverse_charge", **EXPLAINED}).status_code == 404


def test_a_bill_that_is_withdrawn_asks_nobody_any_more(account):
    bill = draw_up(account.id, buyer=BELGIAN)
    with atomic():
        services.void(bill, by=None)
    assert tasks() == []
    assert queries.outcome(fresh(bill)) is queries.Outcome.VOID


def test_the_decision_is_the_treasurers(account, client, sign_in):
    bill = draw_up(account.id, buyer=BELGIAN)
    sign_in(client, make_account(roles=(Role.COORDINATOR,)))
    assert client.get(f"/bureau/payments/{bill.id}/vat").status_code == 200
    assert client.post(f"/bureau/payments/{bill.id}/vat", data={"choice": "dutch", **EXPLAINED}).status_code == 403


def test_p1_the_next_bill_of_the_same_buyer_carries_what_was_decided_without_asking_again(account, client, treasurer):
    decided(draw_up(account.id, buyer=BELGIAN), VatChoice.REVERSE_CHARGE, treasurer)
    later = draw_up(account.id, buyer=replace(BELGIAN, lines=["Nieuwstraat 9"]))
    assert (later.vat_pending, later.vat_cents, tasks()) == (False, 0, [])
    with atomic():
        assert services.issue(services.bills.locked(later.id), by=None).number
    page = client.get(f"/bureau/payments/{later.id}").text
    assert "VIES 14-1" in page
    assert "de btw die eerder was bepaald: Btw verlegd" in page


@pytest.mark.parametrize("other", [{"vat_id": "BE0200362210"}, {"country": "NL"}])
def test_p1_another_vat_id_or_country_is_asked_about_anew(account, treasurer, other):
    decided(draw_up(account.id, buyer=BELGIAN), VatChoice.REVERSE_CHARGE, treasurer)
    assert draw_up(account.id, buyer=replace(BELGIAN, **other)).vat_pending


def test_p1_a_buyer_without_a_vat_id_is_the_same_one_only_for_the_same_person(account, treasurer):
    decided(draw_up(account.id, buyer=SWISS), VatChoice.OUTSIDE_SCOPE, treasurer)
    assert draw_up(account.id, buyer=SWISS).vat_cents == 0
    other = make_account()
    db.session.commit()
    assert draw_up(other.id, buyer=SWISS).vat_pending


def test_p1_staff_see_what_was_decided_and_change_it_for_the_bills_to_come(account, client, treasurer):
    first = decided(draw_up(account.id, buyer=BELGIAN), VatChoice.REVERSE_CHARGE, treasurer)
    listed = client.get("/bureau/payments/vat").text
    assert "BE0403170701" in listed
    assert "België" in listed
    address = re.search(r'href="(/bureau/payments/vat/[0-9a-f-]+)"', listed)[1]
    assert "VIES 14-1" in client.get(address).text
    assert client.post(address, data={"choice": "outside_scope", **EXPLAINED}).status_code == 422
    assert client.post(address, data={"choice": "dutch", "reason": ""}).status_code == 422
    for _click in range(2):
        assert client.post(address, data={"choice": "dutch", **EXPLAINED}).status_code == 303
    assert draw_up(account.id, buyer=BELGIAN).vat_cents == 103_95
    assert fresh(first).vat_cents == 0
    assert "wijzigde de btw op volgende rekeningen" in client.get(f"/bureau/payments/{first.id}").text


def test_p1_what_is_forgotten_is_asked_again(account, client, treasurer):
    decided(draw_up(account.id, buyer=BELGIAN), VatChoice.REVERSE_CHARGE, treasurer)
    address = re.search(r'href="(/bureau/payments/vat/[0-9a-f-]+)"', client.get("/bureau/payments/vat").text)[1]
    assert client.post(f"{address}/forget").status_code == 303
    assert "Er is nog niets bepaald" in client.get("/bureau/payments/vat").text
    assert "Dit besluit geldt niet meer" in client.get(address).text
    assert client.post(f"{address}/forget").status_code == 303
    assert client.post(address, data={"choice": "dutch", **EXPLAINED}).status_code == 422
    assert draw_up(account.id, buyer=BELGIAN).vat_pending


def test_p1_a_bill_without_a_number_may_carry_otherwise_than_was_decided_before(account, client, treasurer):
    decided(draw_up(account.id, buyer=BELGIAN), VatChoice.REVERSE_CHARGE, treasurer)
    bill = draw_up(account.id, buyer=BELGIAN)
    reference = services.pay(
        bill.id, method=Method.IDEAL, by=None, email="a@b.example", locale="nl", back=(RETURN, RETURN)
    )
    assert reference
    where = f"/bureau/payments/{bill.id}/vat"
    assert 'value="reverse_charge"' in client.get(where).text
    assert client.post(where, data={"choice": "dutch", **EXPLAINED}).status_code == 422, "somebody decided meanwhile"
    assert client.post(where, data={"choice": "dutch", "instead": "reverse_charge", **EXPLAINED}).status_code == 303
    assert fresh(bill).gross_cents == 598_95
    assert [attempt.state for attempt in fresh(bill).attempts] == [AttemptState.EXPIRED]
    assert draw_up(account.id, buyer=BELGIAN).vat_cents == 103_95


def test_p1_vat_follows_a_bill_to_another_buyer(account, treasurer):
    bill = draw_up(account.id)

    def goes_to(who):
        with atomic():
            services.readdress(bill.id, who, by=account)
        return fresh(bill)

    assert goes_to(BELGIAN).vat_pending
    assert len(tasks()) == 1
    assert decided(bill, VatChoice.REVERSE_CHARGE, treasurer).gross_cents == 495_00
    home = goes_to(buyer())
    assert (home.vat_pending, home.vat_cents, tasks()) == (False, 103_95, [])
    again = goes_to(BELGIAN)
    assert (again.vat_pending, again.vat_cents, tasks()) == (False, 0, [])


def test_p1_a_bill_that_waited_for_its_vat_to_be_issued_is_issued_when_it_goes_to_a_dutch_buyer(account):
    bill = draw_up(account.id, buyer=BELGIAN)
    with atomic():
        services.issue(services.bills.locked(bill.id), by=None)
        services.readdress(bill.id, buyer(), by=account)
    assert fresh(bill).number
    assert tasks() == []
