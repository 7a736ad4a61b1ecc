"""P8, M8: later bills are charged only where their payer agreed, only after a logged notice, and never twice."""

from __future__ import annotations

import uuid

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.core import events
from app.core.db import atomic, db, forget_reads
from app.payments import services, views
from app.payments.events import ChargeFailed, MethodSaved, MethodWithdrawn, PaymentProcessing
from app.payments.models import (
    Attempt,
    AttemptState,
    BillState,
    LedgerEntry,
    Method,
    MethodConsent,
    SavedCharge,
    SavedMethod,
    TestPayMethod,
)
from app.payments.providers import ProviderUnavailable
from app.payments.providers.testpay import Play, TestPay
from app.payments.services import BeingPaid, NothingToCharge, NoticeMissing, NotPayable
from tests.payments.conftest import RETURN, draw_up, fresh, run_jobs
from tests.payments.test_refunds import GROSS, play

NOTICE = uuid.UUID(int=8)
CONSENT = "Ja, schrijf af."


def pay_agreeing(bill, method=Method.IDEAL, consent=CONSENT):
    services.pay(
        bill.id, method=method, by=None, email="a@b.example", locale="nl", back=(RETURN, RETURN), consent=consent
    )
    forget_reads()
    return db.session.scalars(select(Attempt.reference).where(Attempt.bill_id == bill.id)).one()


def saved(account):
    forget_reads()
    return services.saved_method_of(account.id)


@pytest.fixture
def later_bill(bill, account):
    """A second bill of somebody who agreed, at the first, to be charged."""
    play(pay_agreeing(bill), Play.PAY)
    return draw_up(account.id)


@pytest.fixture
def told():
    seen = []
    kinds = (ChargeFailed, MethodSaved, MethodWithdrawn, PaymentProcessing)
    for kind in kinds:
        events.subscribe(kind, seen.append)
    yield lambda: [type(event) for event in seen]
    for kind in kinds:
        events._handlers[kind].remove(seen.append)


def next_charge(move):
    with atomic() as session:
        session.scalars(select(TestPayMethod)).one().next_charge = move.value


def test_a_method_is_kept_once_with_the_words_that_were_agreed_to(bill, account, told):
    reference = pay_agreeing(bill)
    assert saved(account) is None, "nothing before the money is in"
    play(reference, Play.PAY)
    services.converge(reference)
    kept = saved(account)
    assert (kept.method, kept.label) == (Method.SEPA_DEBIT, "IBAN •••• 4300")
    assert db.session.get(MethodConsent, kept.attempt_id).text == CONSENT
    assert told() == [MethodSaved]


def test_without_the_tick_nothing_is_kept(bill, account):
    play(pay_agreeing(bill, consent=""), Play.PAY)
    assert saved(account) is None


def test_going_on_with_the_same_page_without_the_tick_takes_the_consent_back(bill, account):
    reference = pay_agreeing(bill)
    assert pay_agreeing(bill, consent="") == reference
    play(reference, Play.PAY)
    assert saved(account) is None
    run_jobs()
    assert db.session.scalars(select(TestPayMethod)).one().forgotten_at is not None


def test_a_bill_is_charged_under_a_logged_notice(later_bill):
    attempt = services.charge_saved(later_bill.id, notice_id=NOTICE)
    assert attempt.state is AttemptState.SUCCEEDED
    assert db.session.get(SavedCharge, attempt.id).notice_id == NOTICE
    assert fresh(later_bill).state is BillState.PAID


def test_peer_tendenci_1407_nothing_is_charged_without_a_notice(later_bill, account):
    with pytest.raises(NoticeMissing):
        services.charge_saved(later_bill.id, notice_id=None)
    with pytest.raises(IntegrityError), atomic() as session:
        attempt = services.start_attempt(later_bill.id, method=Method.CARD, by=None)
        session.add(SavedCharge(attempt_id=attempt.id, saved_method_id=saved_id(account), notice_id=None))
        session.flush()
    assert fresh(later_bill).state is BillState.DRAFT


def saved_id(account):
    return db.session.scalars(select(SavedMethod.id).where(SavedMethod.person_id == account.id)).one()


def test_nobody_who_did_not_agree_is_charged(bill):
    with pytest.raises(NothingToCharge):
        services.charge_saved(bill.id, notice_id=NOTICE)


def test_what_was_withdrawn_is_never_charged_and_the_provider_forgets_it(later_bill, account, told):
    with atomic():
        services.withdraw_method(account.id, by=account)
    with atomic():
        assert services.withdraw_method(account.id, by=account) is None
    with pytest.raises(NothingToCharge):
        services.charge_saved(later_bill.id, notice_id=NOTICE)
    run_jobs()
    assert db.session.scalars(select(TestPayMethod)).one().forgotten_at is not None
    assert db.session.scalars(select(SavedMethod)).one().forgotten_at is not None
    first = db.session.scalars(select(Attempt.reference).where(Attempt.bill_id != later_bill.id)).one()
    services.converge(first)
    assert saved(account) is None, "late news of the payment does not bring it back"
    assert told() == [MethodWithdrawn]


def test_a_refused_charge_is_told_once_and_a_new_one_may_follow(later_bill, told):
    next_charge(Play.FAIL)
    failed = services.charge_saved(later_bill.id, notice_id=NOTICE)
    services.converge(failed.reference)
    assert (failed.state, told()) == (AttemptState.FAILED, [ChargeFailed])
    next_charge(Play.PAY)
    assert services.charge_saved(later_bill.id, notice_id=NOTICE).state is AttemptState.SUCCEEDED


def test_a_charge_that_takes_days_is_not_paid_and_not_charged_again_meanwhile(later_bill, told):
    next_charge(Play.PENDING)
    attempt = services.charge_saved(later_bill.id, notice_id=NOTICE)
    assert (attempt.state, fresh(later_bill).state) == (AttemptState.PROCESSING, BillState.DRAFT)
    with pytest.raises(BeingPaid):
        services.charge_saved(later_bill.id, notice_id=NOTICE)
    play(attempt.reference, Play.FAIL)
    assert told() == [PaymentProcessing, ChargeFailed]


def test_peer_restrict_content_pro_1746_paying_by_hand_leaves_nothing_to_charge(later_bill):
    next_charge(Play.FAIL)
    services.charge_saved(later_bill.id, notice_id=NOTICE)
    services.pay(later_bill.id, method=Method.IDEAL, by=None, email="a@b.example", locale="nl", back=(RETURN, RETURN))
    forget_reads()
    with pytest.raises(BeingPaid):
        services.charge_saved(later_bill.id, notice_id=NOTICE)
    query = select(Attempt.reference).where(Attempt.bill_id == later_bill.id).order_by(Attempt.seq.desc())
    play(db.session.scalars(query).first(), Play.PAY)
    next_charge(Play.PAY)
    with pytest.raises(NotPayable):
        services.charge_saved(later_bill.id, notice_id=NOTICE)
    assert services.balance(later_bill.id) == GROSS


def test_a_charge_whose_answer_was_lost_goes_on_as_the_same_and_nobody_pays_beside_it(later_bill, monkeypatch):
    real = TestPay.charge

    def lose_the_answer(self, charge):
        real(self, charge)
        raise ProviderUnavailable

    monkeypatch.setattr(TestPay, "charge", lose_the_answer)
    with pytest.raises(ProviderUnavailable):
        services.charge_saved(later_bill.id, notice_id=NOTICE)
    with pytest.raises(BeingPaid), atomic():
        services.start_attempt(later_bill.id, method=Method.IDEAL, by=None)
    monkeypatch.undo()
    services.charge_saved(later_bill.id, notice_id=NOTICE)
    entries = select(LedgerEntry.amount_cents).where(LedgerEntry.bill_id == later_bill.id)
    assert db.session.scalars(entries).all() == [GROSS]


def test_a_newer_method_takes_the_place_of_the_one_before(later_bill, account, told):
    before = saved(account).id
    play(pay_agreeing(later_bill, Method.CARD), Play.PAY)
    now = saved(account)
    assert (now.label, now.id != before) == ("Visa •••• 4242", True)
    assert told() == [MethodWithdrawn, MethodSaved]


def test_a_person_has_one_method_in_use_by_constraint(later_bill, account):
    kept = saved(account)
    with pytest.raises(IntegrityError), atomic() as session:
        session.add(
            SavedMethod(
                person_id=account.id,
                attempt_id=kept.attempt_id,
                provider="testpay",
                customer="c",
                reference="other",
                method=Method.CARD,
                label="x",
            )
        )
        session.flush()


def text_of(answer):
    return answer.get_data(as_text=True).replace("\u00a0", " ")


@pytest.fixture
def payer(client, account, sign_in):
    sign_in(client, account)
    db.session.commit()
    client.set_cookie("lang", "en")
    return client


def test_the_tick_is_off_until_set_and_the_mandate_stands_beside_it(payer, bill, monkeypatch):
    monkeypatch.setattr(views, "RECURS", {bill.subject_type})
    shown = text_of(payer.get(f"/pay/{bill.id}"))
    box = shown[shown.index('name="save_method"') - 200 : shown.index('name="save_method"') + 200]
    assert "checked" not in box
    assert "within eight weeks" in shown
    by_transfer = payer.post(f"/pay/{bill.id}", data={"method": "transfer", "save_method": "1"})
    assert by_transfer.status_code == 422
    assert payer.post(f"/pay/{bill.id}", data={"method": "ideal", "save_method": "1"}).status_code == 303
    assert "within eight weeks" in db.session.scalars(select(MethodConsent.text)).one()


def test_a_bill_that_comes_once_offers_no_automatic_payment(payer, bill):
    assert "save_method" not in text_of(payer.get(f"/pay/{bill.id}"))
    payer.post(f"/pay/{bill.id}", data={"method": "ideal", "save_method": "1"})
    assert db.session.scalars(select(MethodConsent)).all() == []


def test_whoever_agreed_stops_it_with_one_button_as_often_as_pressed(payer, later_bill, account):
    assert saved(account) is not None
    for _double in range(2):
        assert payer.post("/payment-method/withdraw").status_code == 303
    assert saved(account) is None
