"""L4: a provider's old messages name nobody, and money for somebody who was forgotten still lands and is told."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from app.accounts.models import Account
from app.accounts.services import erasing
from app.core import clock
from app.core.db import atomic, db, forget_reads
from app.mail.models import MailState, OutboxMail
from app.payments import queries, services
from app.payments.models import BillState, EventState, Method, ProviderEvent, Task, TaskKind
from app.payments.providers.testpay import Play
from tests.factories import make_account
from tests.payments.bank.writing import Move, camt
from tests.payments.conftest import begin, draw_up, fresh, run_jobs, stored_events

LATER = timedelta(days=91)
TOLD = {
    "id": "evt_1",
    "object": "event",
    "type": "checkout.session.completed",
    "api_version": "2026-08-26.dahlia",
    "created": 1_800_000_000,
    "livemode": False,
    "data": {
        "object": {
            "id": "cs_1",
            "object": "checkout.session",
            "amount_total": 59895,
            "currency": "eur",
            "client_reference_id": "8f0c",
            "customer_email": "anna@prins.example",
            "customer_details": {"name": "Anna Prins", "address": {"line1": "Lindelaan 7"}},
            "metadata": {"attempt": "8f0c", "bill": "77aa", "note": "voor Anna"},
            "payment_intent": {"id": "pi_1", "receipt_email": "anna@prins.example"},
            "payment_status": "paid",
        }
    },
}


def message(state: EventState = EventState.DONE) -> ProviderEvent:
    event = ProviderEvent(
        id=f"evt_{state}", provider="stripe", type=TOLD["type"], created=clock.now(), reference="cs_1", payload=TOLD
    )
    event.state, event.handled_at = state, clock.now() if state is not EventState.PARKED else None
    db.session.add(event)
    db.session.commit()
    return event


def anonymise(person: Account) -> None:
    with atomic():
        erasing.anonymise(db.session.get_one(Account, person.id), by=None)
    forget_reads()


def open_tasks() -> list[tuple[TaskKind, int]]:
    forget_reads()
    query = select(Task).where(Task.closed_at.is_(None))
    return [(task.kind, task.details["amount_cents"]) for task in db.session.scalars(query)]


@pytest.fixture
def treasurer(client, sign_in):
    signed_in = sign_in(client, make_account(roles=("treasurer",), given_name="Inge", family_name="Kas"))
    db.session.commit()
    return signed_in


def test_l4_an_old_message_keeps_what_moved_and_nothing_that_names_a_person(app):
    message()
    assert services.forget_messages() == 0, "fresh messages stay whole"
    with time_machine.travel(clock.now() + LATER, tick=False):
        assert (
            "1 messages would be stripped."
            in app.test_cli_runner().invoke(args=["payments", "forget", "--dry-run"]).output
        )
        assert "Anna" in json.dumps(stored_events()[0].payload)
        assert services.forget_messages() == 1
        assert services.forget_messages() == 0
    (kept,) = stored_events()
    told = json.dumps(kept.payload)
    assert not any(word in told.lower() for word in ("anna", "prins", "lindelaan"))
    thing = kept.payload["data"]["object"]
    assert (thing["id"], thing["amount_total"], thing["metadata"]) == (
        "cs_1",
        59895,
        {"attempt": "8f0c", "bill": "77aa"},
    )
    assert (kept.id, kept.reference, kept.state) == ("evt_done", "cs_1", EventState.DONE)


def test_l4_a_message_that_waits_stays_whole_however_old(app):
    message(EventState.PARKED)
    with time_machine.travel(clock.now() + LATER, tick=False):
        assert services.forget_messages() == 0


@pytest.mark.parametrize(
    "payload", [{}, {"data": []}, {"data": {"object": "x"}}, {"data": {"object": {"metadata": "x"}}}]
)
def test_l4_a_message_of_an_odd_shape_is_stripped_too(payload):
    assert services.bare_message(payload) == {"data": {"object": {"metadata": {}}}, "bare": True}


def test_l4_money_for_somebody_forgotten_meanwhile_lands_and_the_treasurer_is_told(
    account, bill, bank, client, treasurer
):
    reference = begin(bill)
    anonymise(account)
    assert fresh(bill).state is BillState.VOID
    assert fresh(bill).buyer["name"] == ""
    bank.play(reference, Play.PAY)
    bank.tell(reference)
    run_jobs()
    assert [entry.amount_cents for entry in fresh(bill).entries] == [598_95]
    assert open_tasks() == [(TaskKind.PAID_VOID, 598_95)]
    (task,) = queries.open_tasks()
    for address in ("tasks", f"tasks/{task.id}", str(bill.id), "today", "", "bookings"):
        page = client.get(f"/bureau/payments/{address}".rstrip("/"))
        assert page.status_code == 200
        assert "Prins" not in page.text
    assert "Anoniem" in client.get(f"/bureau/payments/{bill.id}").text


def test_l4_a_debit_under_way_that_succeeds_after_its_payer_was_forgotten_becomes_a_task(account, bill, bank):
    reference = begin(bill, Method.SEPA_DEBIT)
    bank.play(reference, Play.PENDING)
    bank.tell(reference)
    run_jobs()
    anonymise(account)
    bank.play(reference, Play.SETTLE)
    bank.tell(reference)
    run_jobs()
    assert open_tasks() == [(TaskKind.PAID_VOID, 598_95)]


def test_l4_what_came_in_for_somebody_forgotten_is_sent_back_and_nobody_is_written_to(account, bill, bank, treasurer):
    reference = begin(bill)
    anonymise(account)
    bank.play(reference, Play.PAY)
    bank.tell(reference)
    run_jobs()
    with atomic():
        services.order_refund(bill.id, amount_cents=598_95, reason="te laat", by=treasurer)
    run_jobs()
    assert open_tasks() == []
    theirs = db.session.scalars(select(OutboxMail).where(OutboxMail.account_id == account.id)).all()
    assert {mail.state for mail in theirs} == {MailState.HELD}
    assert "@voorbeeld.example" not in " ".join(mail.recipient + mail.text for mail in theirs)


def test_l4_a_transfer_on_a_credited_invoice_of_somebody_forgotten_is_offered_and_becomes_a_task(
    account, bill, treasurer
):
    with atomic():
        services.choose_transfer(bill.id, by=None)
        issued = queries.any_bill(bill.id)
        services.credit(issued, gross_cents=issued.gross_cents, cause="forgotten", reason="opgegeven", by=treasurer)
    anonymise(account)
    assert fresh(bill).buyer["name"] == "Prins Interim B.V.", "what an invoice says stays as long as tax law asks"
    services.take_in(camt([Move(598_95, bill.rf_reference)]), "afschrift.xml", by=treasurer)
    (line,) = db.session.scalars(queries.lines())
    (way, *_rest) = queries.suggestions([line])[line.id]
    assert way.claim.id == bill.id
    with atomic():
        services.book_line(line.id, [(bill.id, 598_95)], by=treasurer)
    assert open_tasks() == [(TaskKind.PAID_VOID, 598_95)]


def test_l4_a_payment_of_before_is_disputed_after_its_payer_was_forgotten(account, bank, treasurer):
    bill = draw_up(account.id)
    reference = begin(bill)
    bank.play(reference, Play.PAY)
    bank.tell(reference)
    run_jobs()
    anonymise(account)
    invoice = services.invoice(fresh(bill)).content()
    assert invoice.startswith(b"%PDF")
    with atomic():
        services.order_refund(bill.id, amount_cents=100_00, reason="te veel", by=treasurer)
    run_jobs()
    assert [note.gross_cents for note in fresh(bill).credit_notes] == [100_00]
    assert fresh(bill).state is BillState.PAID


def test_l4_nobody_is_forgotten_who_still_owes(account, bill):
    with atomic():
        services.choose_transfer(bill.id, by=None)
    with pytest.raises(services.StillOwing), atomic():
        erasing.anonymise(db.session.get_one(Account, account.id), by=None)
    forget_reads()
    assert db.session.get_one(Account, account.id).name == "Anna Prins"


def test_l4_staff_are_not_forgotten_while_they_have_a_role(treasurer):
    with pytest.raises(erasing.StaffStay), atomic():
        erasing.anonymise(db.session.get_one(Account, treasurer.id), by=None)


def test_l4_messages_about_somebody_forgotten_are_stripped_at_once(account, bill, stripe, app):
    reference = begin(bill)
    event = ProviderEvent(
        id="evt_9", provider="stripe", type=TOLD["type"], created=clock.now(), reference=reference, payload=TOLD
    )
    db.session.add(event)
    db.session.commit()
    anonymise(account)
    assert "Anna" not in json.dumps(stored_events()[0].payload)
