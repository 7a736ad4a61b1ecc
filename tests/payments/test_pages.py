"""Paying through the pages: what is shown before, what after, and to whom."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest
import time_machine
from flask import Flask, render_template
from sqlalchemy import event, func, select, text
from sqlalchemy.engine import Engine
from stdnum import iso11649

from app.core import search
from app.core.db import atomic, db, forget_reads
from app.core.observability import statements_so_far
from app.mail.models import OutboxMail
from app.payments import _register_providers, services
from app.payments.models import Attempt, BillState, LedgerEntry, Method, TaskKind
from app.payments.providers import testpay
from app.payments.providers.stripe import Stripe
from app.payments.providers.testpay import Play
from app.payments.services import LineDraft
from app.payments.views import bills_panel
from tests.factories import make_account
from tests.golden import assert_mail_matches
from tests.payments.conftest import begin, buyer, draw_up, fresh, run_jobs


def text_of(answer):
    return answer.get_data(as_text=True).replace("\u00a0", " ")


@pytest.fixture
def payer(client, account, sign_in):
    sign_in(client, account)
    db.session.commit()
    client.set_cookie("lang", "en")
    return client


@pytest.fixture
def treasurer(client, sign_in):
    account = make_account(roles=("treasurer",), given_name="Henk")
    sign_in(client, account)
    db.session.commit()
    client.set_cookie("lang", "en")
    return client


def statements(doing):
    seen = []

    def count(_connection, _cursor, statement, *_rest):
        if not statement.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN")):
            seen.append(statement)

    event.listen(Engine, "before_cursor_execute", count)
    try:
        doing()
    finally:
        event.remove(Engine, "before_cursor_execute", count)
    return seen


def test_before_paying_the_page_tells_sum_period_terms_and_names_the_sum_on_the_button(payer, bill):
    shown = text_of(payer.get(f"/pay/{bill.id}"))
    for told in (
        "€495.00",
        "€103.95",
        "Pay €598.95",
        "iDEAL | Wero",
        "Prins Interim B.V.",
        "Nothing is collected by itself",
    ):
        assert told in shown
    assert shown.index("iDEAL | Wero") < shown.index("Direct debit") < shown.index("Bank transfer")


def test_paying_leads_to_the_bank_and_the_redirect_back_proves_nothing(payer, bill):
    answer = payer.post(f"/pay/{bill.id}", data={"method": "ideal"})
    assert answer.status_code == 303
    assert "/testpay/tp_" in answer.location
    shown = text_of(payer.get(f"/pay/{bill.id}/return"))
    assert "We are checking your payment" in shown
    assert 'role="status"' in shown
    assert fresh(bill).state is BillState.DRAFT
    assert "You have not paid yet" in text_of(payer.get(f"/pay/{bill.id}/return?stopped=1"))


def test_the_whole_way_on_the_test_page(payer, bill):
    where = payer.post(f"/pay/{bill.id}", data={"method": "ideal"}).location
    assert "Pay €598.95" in text_of(payer.get(where))
    back = payer.post(where, data={"move": "pay"}).location
    assert back.endswith(f"/pay/{bill.id}/return")
    run_jobs()
    for _again in range(2):
        shown = text_of(payer.get(back))
        assert "Your payment is in" in shown
        assert fresh(bill).number in shown
        assert f"/invoices/{bill.id}.pdf" in shown
    assert payer.get(f"/pay/{bill.id}").status_code == 303
    assert payer.get(f"/invoices/{bill.id}.pdf").data.startswith(b"%PDF-")


def test_a_lost_message_is_made_up_for_by_looking(payer, bill, bank):
    reference = begin(bill)
    bank.play(reference, Play.PAY)
    assert payer.post(f"/pay/{bill.id}/check").status_code == 303
    assert "Your payment is in" in text_of(payer.get(f"/pay/{bill.id}/return"))


@pytest.mark.parametrize(
    ("moves", "told"),
    [
        ([Play.PENDING], "Your payment is being processed"),
        ([Play.PENDING, Play.FAIL], "Your payment did not succeed"),
        ([Play.FAIL], "Your payment did not succeed"),
        ([Play.EXPIRE], "Your payment page has expired"),
    ],
)
def test_every_outcome_has_its_page_and_its_way_on(payer, bill, bank, moves, told):
    reference = begin(bill)
    for move in moves:
        bank.play(reference, move)
    services.converge(reference)
    shown = text_of(payer.get(f"/pay/{bill.id}/return"))
    assert told in shown
    assert ("Pay €598.95" in shown) is (moves != [Play.PENDING])


def test_p4_a_bill_the_bank_is_processing_says_so_among_the_bills_and_asks_for_nothing(app, account, bill, bank):
    def among_the_bills():
        with app.test_request_context():
            return render_template("payments/panel_bills.html", panel=bills_panel(account.id))

    asks = f'class="button small" href="/pay/{bill.id}/return"'
    assert asks in among_the_bills()
    reference = begin(bill)
    bank.play(reference, Play.PENDING)
    services.converge(reference)
    shown = among_the_bills()
    assert "In behandeling" in shown
    assert f'href="/pay/{bill.id}/return"' in shown, "it leads to how the payment stands"
    assert asks not in shown


def test_a_page_tells_what_is_billed_in_the_readers_language_and_the_invoice_keeps_its_own(payer, account):
    told = {"nl": "Lidmaatschap, één jaar", "en": "Membership, one year"}
    bill = draw_up(account.id, lines=[LineDraft(told["nl"], 1, 495_00, in_languages=told)])
    for address in (f"/pay/{bill.id}?lang=en", f"/pay/{bill.id}?lang=nl"):
        payer.get(address)
        shown = text_of(payer.get(f"/pay/{bill.id}"))
        assert [words for words in told.values() if words in shown] == [told[address[-2:]]]
    assert bill.lines[0].description == told["nl"]


def test_a_double_click_begins_once(payer, bill):
    first = payer.post(f"/pay/{bill.id}", data={"method": "ideal"}).location
    assert payer.post(f"/pay/{bill.id}", data={"method": "card"}).location == first
    assert db.session.scalar(select(func.count()).select_from(Attempt)) == 1


def test_a_transfer_shows_what_it_takes_and_takes_the_number_once(payer, bill):
    for _again in range(2):
        answer = payer.post(f"/pay/{bill.id}", data={"method": "transfer"})
        assert answer.location.endswith("/transfer")
    shown = text_of(payer.get(answer.location))
    for told in ("NL09 BNKK 0123 4567 89", "RF", "€598.95", "<svg", fresh(bill).number):
        assert told in shown
    assert "style=" not in shown
    assert fresh(bill).number.endswith("-00001")


def test_without_a_choice_the_page_says_what_to_do(payer, bill):
    answer = payer.post(f"/pay/{bill.id}", data={})
    assert answer.status_code == 422
    assert "Choose how you would like to pay." in text_of(answer)
    assert payer.post(f"/pay/{bill.id}", data={"method": "gold"}).status_code == 422


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/pay/{}"),
        ("post", "/pay/{}"),
        ("get", "/pay/{}/return"),
        ("post", "/pay/{}/check"),
        ("get", "/pay/{}/transfer"),
        ("get", "/invoices/{}.pdf"),
    ],
)
def test_somebody_elses_bill_is_not_there(client, sign_in, bill, method, path):
    with atomic():
        services.choose_transfer(bill.id, by=None)
    stranger = make_account()
    sign_in(client, stranger)
    assert getattr(client, method)(path.format(bill.id)).status_code == 404
    assert getattr(client, method)(path.format(uuid.uuid4())).status_code == 404


def test_an_invoice_that_is_not_issued_is_not_there(payer, bill):
    assert payer.get(f"/invoices/{bill.id}.pdf").status_code == 404


def test_the_test_page_is_absent_from_production(app):

    bare = Flask("production")
    bare.config.update(ENV="production", STRIPE_SECRET_KEY="", STRIPE_WEBHOOK_SECRET="", STRIPE_API_BASE="")
    _register_providers(bare)
    assert bare.extensions["payment_providers"] == ()
    assert "testpay" not in bare.blueprints


def test_only_the_pay_page_may_lead_to_the_providers_own_pages(app, payer, bill, monkeypatch):
    ours = "form-action 'self'"
    assert payer.get(f"/pay/{bill.id}").headers["Content-Security-Policy"].endswith(ours)
    stripe = Stripe(key="sk_test_x", webhook_secrets=["whsec_x"])
    monkeypatch.setitem(app.extensions, "payment_providers", (stripe,))
    allowed = f"{ours} https://checkout.stripe.com"
    assert payer.get(f"/pay/{bill.id}").headers["Content-Security-Policy"].endswith(allowed)
    assert payer.get("/account").headers["Content-Security-Policy"].endswith(ours)


def test_the_test_page_takes_junk_without_a_fault(client, bill):
    reference = begin(bill)
    assert client.get("/testpay/tp_unknown").status_code == 404
    assert client.post("/testpay/tp_unknown", data={"move": "pay"}).status_code == 404
    assert client.post(f"/testpay/{reference}", data={"move": "fly"}).status_code == 303
    assert client.post(f"/testpay/{reference}", data={"move": "settle"}).status_code == 409


@pytest.mark.parametrize("many", [False, True])
def test_b3_a_bill_is_found_by_the_beginning_of_its_number_buyer_or_reference(treasurer, bill, monkeypatch, many):
    """However many have a word; drafts too, and by the number from the moment that they have one."""
    if many:
        monkeypatch.setattr(search, "MANY", 1)
    with atomic():
        other = services.choose_transfer(draw_up(bill.person_id, buyer=replace(buyer(), name="Vos B.V.")).id, by=None)
    written = iso11649.format(bill.rf_reference)
    for asked in ("prins", "int pri", bill.rf_reference, bill.rf_reference[:8], written, written[5:14]):
        page = text_of(treasurer.get("/bureau/payments", query_string={"q": asked}))
        assert "Prins Interim B.V." in page
        assert "Vos B.V." not in page
    for asked in (other.number, other.number[:8], "vos"):
        page = text_of(treasurer.get("/bureau/payments", query_string={"q": asked}))
        assert other.number in page
        assert "Prins Interim" not in page
    assert "Prins Interim" not in text_of(treasurer.get("/bureau/payments?q=rins"))


def test_m11_a_bill_that_goes_to_another_buyer_is_found_by_that_one(treasurer, bill, account):
    with atomic():
        services.readdress(bill.id, replace(buyer(), name="Waterland B.V."), by=account)
    assert "Waterland B.V." in text_of(treasurer.get("/bureau/payments?q=water"))
    assert "Waterland B.V." not in text_of(treasurer.get("/bureau/payments?q=prins"))


def test_b3_the_bills_keep_their_query_budget(treasurer, account):
    for number in range(30):
        draw_up(account.id, buyer=replace(buyer(), name=f"Prins {number} B.V."))
    for address, budget in (
        ("/bureau/payments", 6), ("/bureau/payments?q=prins", 7), ("/bureau/payments?age=not_due&method=ideal", 6),
    ):  # fmt: skip
        treasurer.get(address)
        before = statements_so_far()
        assert treasurer.get(address).status_code == 200
        assert statements_so_far() - before <= budget, address


def test_the_treasurer_finds_a_bill_and_books_its_transfer_once(treasurer, bill):
    with atomic():
        services.choose_transfer(bill.id, by=None)
    number = fresh(bill).number
    assert number in text_of(treasurer.get("/bureau/payments?q=prins&state=issued"))
    typed = {"amount": "598,95", "received_on": "20-11-2026", "reference": "2026-014/3"}
    checked = text_of(treasurer.post(f"/bureau/payments/{bill.id}/transfer", data=typed))
    for told in (
        number,
        "Anna Prins",
        "Prins Interim B.V.",
        "2026-014/3",
        "20 November 2026",
        "settled",
        "Book €598.95",
    ):
        assert told in checked
    assert services.balance(bill.id) == 0
    changing = text_of(treasurer.post(f"/bureau/payments/{bill.id}/transfer", data=typed | {"step": "change"}))
    assert 'value="2026-014/3"' in changing
    assert services.balance(bill.id) == 0
    typed |= {"step": "book"}
    for _again in range(2):
        assert treasurer.post(f"/bureau/payments/{bill.id}/transfer", data=typed).status_code == 303
    assert services.balance(bill.id) == 598_95
    shown = text_of(treasurer.get(f"/bureau/payments/{bill.id}"))
    for told in ("Paid", "2026-014/3", "Henk", "booked a transfer of €598.95", f"Invoice {number} of"):
        assert told in shown
    assert "Book a transfer" not in shown
    assert "20 November 2026 ·" in shown


@pytest.mark.parametrize(
    ("amount", "told"),
    [
        ("598,95", "let the membership begin"),
        ("100", "€498.95 is still to come"),
        ("600", "€1.05 too much has come in"),
    ],
)
def test_ux_20_before_a_transfer_is_booked_it_says_what_that_does(treasurer, account, amount, told):
    bill = draw_up(account.id, subject=("membership_period", uuid.uuid4()))
    typed = {"amount": amount, "received_on": "20-11-2026", "reference": "2026-014/3"}
    shown = text_of(treasurer.post(f"/bureau/payments/{bill.id}/transfer", data=typed))
    assert told in shown
    assert ("let the membership begin" in shown) is (amount != "100")


def test_a_statement_line_of_another_bill_is_refused_by_the_field(treasurer, account, bill):
    other = draw_up(account.id)
    typed = {"amount": "100", "received_on": "20-11-2026", "reference": "2026-014/3", "step": "book"}
    treasurer.post(f"/bureau/payments/{bill.id}/transfer", data=typed)
    answer = treasurer.post(f"/bureau/payments/{other.id}/transfer", data=typed)
    assert answer.status_code == 422
    assert "already booked" in text_of(answer)
    assert 'value="2026-014/3"' in text_of(answer)
    assert (fresh(bill).state, services.balance(bill.id)) == (BillState.ISSUED, 100_00)


@pytest.mark.parametrize(
    "typed",
    [
        {},
        {"amount": "0", "received_on": "20-11-2026", "reference": "1"},
        {"amount": "-5", "received_on": "20-11-2026", "reference": "1"},
        {"amount": "much", "received_on": "20-11-2026", "reference": "1"},
        {"amount": "5", "received_on": "20-11-2999", "reference": "1"},
        {"amount": "5", "received_on": "20-11-2026", "reference": "x" * 121},
    ],
)
def test_what_cannot_be_booked_is_asked_again(treasurer, bill, typed):
    assert treasurer.post(f"/bureau/payments/{bill.id}/transfer", data=typed).status_code == 422
    assert db.session.scalar(select(func.count()).select_from(LedgerEntry)) == 0


def test_a_payment_that_needs_a_person_is_listed_and_closed_once(treasurer, bill):
    with atomic():
        services.open_task(TaskKind.SECOND_PAYMENT, key="x", bill_id=bill.id, details={"amount_cents": 598_95})
    shown = text_of(treasurer.get("/bureau/payments/tasks"))
    assert "Paid twice" in shown
    task = fresh(bill).tasks[0]
    assert treasurer.post(f"/bureau/payments/tasks/{task.id}", data={"resolution": ""}).status_code == 422
    for _again in range(2):
        answer = treasurer.post(f"/bureau/payments/tasks/{task.id}", data={"resolution": "Sent back"})
        assert answer.status_code == 303
    assert "Nothing to look into" in text_of(treasurer.get("/bureau/payments/tasks"))
    assert "Sent back" in text_of(treasurer.get(f"/bureau/payments/tasks/{task.id}"))


def test_who_may_not_book_may_not_see_either(client, sign_in, bill):
    sign_in(client, make_account(roles=("returning_officer",)))
    assert client.get("/bureau/payments").status_code == 403
    assert client.post(f"/bureau/payments/{bill.id}/transfer").status_code == 403
    sign_in(client, make_account())
    assert client.get(f"/bureau/payments/{bill.id}").status_code == 404


def test_pages_ask_the_database_little(payer, account, bill):
    for _more in range(20):
        draw_up(account.id)
    pay = f"/pay/{bill.id}"
    payer.get(pay)
    assert len(statements(lambda: payer.get(pay))) <= 6


def test_the_list_costs_the_same_at_any_length(treasurer, account):
    for _more in range(30):
        draw_up(account.id)
    treasurer.get("/bureau/payments")
    assert len(statements(lambda: treasurer.get("/bureau/payments"))) <= 6


def the_mail(template):
    forget_reads()
    return db.session.scalars(select(OutboxMail).where(OutboxMail.template == template)).one()


@pytest.mark.parametrize("locale", ["nl", "en"])
def test_the_mails_read_as_kept(app, locale):
    with time_machine.travel("2027-01-14T12:00:00+01:00"):
        account = make_account(given_name="Anna", family_name="Prins", email="anna@voorbeeld.example", locale=locale)
        db.session.commit()
        for number, (method, moves) in enumerate(
            [
                ("transfer", []),
                ("sepa_debit", [Play.PENDING, Play.FAIL]),
                ("ideal", [Play.PAY, Play.DISPUTE, Play.WIN, Play.PAY_AGAIN, Play.REFUND]),
            ]
        ):
            bill = draw_up(account.id, locale=locale)
            with atomic():
                db.session.execute(
                    text("UPDATE bill SET rf_reference = :rf WHERE rf_reference = :old").bindparams(
                        rf=services.rf_reference(f"{number:012d}"), old=bill.rf_reference
                    )
                )
            if method == "transfer":
                with atomic():
                    services.choose_transfer(bill.id, by=None)
                continue
            reference = begin(bill, Method(method))
            for move in moves:
                with atomic():
                    testpay.play(reference, move)
                services.converge(reference)
    for name in (
        "payment_received",
        "transfer_instructions",
        "payment_failed",
        "money_returned",
        "payment_taken_back",
    ):
        assert_mail_matches(the_mail(f"payments/{name}"), f"payments/{name}")
