"""P10: the last use of a code goes to one person however many ask at once: real commits, each on a connection of its own."""

from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from app.accounts.models import Account
from app.core.db import atomic, db, forget_reads
from app.membership import services
from app.membership.models import ApplicationState, DiscountCode, DiscountUse, Sponsorship
from app.payments import services as payments
from app.payments.models import Attempt, Bill, BillState, Method
from app.payments.queries import bill_for
from app.payments.services import PaymentUnderWay
from tests.factories import make_account
from tests.payments.test_at_once import AT_ONCE, at_once

from .conftest import applied, period_of
from .test_discounts import a_code, places

pytestmark = pytest.mark.committed
BACK = ("/a", "/b")


@pytest.fixture
def bureau(committed_app: Any) -> UUID:
    with atomic():
        services.seed_reference_data()
        return make_account(roles=("coordinator", "treasurer")).id


@pytest.fixture
def payers(bureau: UUID) -> list[tuple[UUID, UUID]]:
    """Eight people who are to pay, each with the bill."""
    with atomic():
        coordinator = db.session.get_one(Account, bureau)
        people = []
        for _number in range(AT_ONCE):
            person = make_account()
            application = applied(person, ApplicationState.ACCEPTED, by=coordinator)
            bill = bill_for("membership_period", period_of(application).id)
            assert bill is not None
            people.append((person.id, bill.id))
        return people


def using(code: str, person: UUID, bill: UUID) -> Any:
    def doing() -> None:
        account = db.session.get_one(Account, person)
        with atomic():
            services.use_code(bill, code, by=account)

    return doing


def giving_back(person: UUID, bill: UUID) -> Any:
    def doing() -> None:
        account = db.session.get_one(Account, person)
        with atomic():
            services.give_back_code(bill, by=account)

    return doing


def bills(ids: list[UUID]) -> list[Bill]:
    forget_reads()
    return [db.session.get_one(Bill, bill_id) for bill_id in ids]


def uses() -> int:
    forget_reads()
    return db.session.scalar(select(func.count()).select_from(DiscountUse)) or 0


def test_p10_the_last_uses_of_a_code_go_to_as_many_as_there_are(committed_app, bureau, payers):
    with atomic():
        code = a_code(db.session.get_one(Account, bureau), most=3).code
    raised = at_once(committed_app, [using(code, *payer) for payer in payers])
    assert Counter(type(error) for error in raised) == {services.CodeUsedUp: AT_ONCE - 3}
    assert db.session.scalars(select(DiscountCode.taken)).one() == uses() == 3
    amounts = Counter(bill.gross_cents for bill in bills([bill_id for _person, bill_id in payers]))
    assert amounts == {479_16: 3, 598_95: AT_ONCE - 3}


def test_p10_the_last_sponsored_place_goes_to_one(committed_app, bureau, payers):
    with atomic():
        code = places(db.session.get_one(Account, bureau), number=1).code
    raised = at_once(committed_app, [using(code, *payer) for payer in payers])
    assert Counter(type(error) for error in raised) == {services.CodeUsedUp: AT_ONCE - 1}
    assert db.session.scalars(select(Sponsorship.taken)).one() == uses() == 1
    assert sorted(bill.gross_cents for bill in bills([bill_id for _person, bill_id in payers]))[:2] == [0, 598_95]


def test_p10_one_person_in_many_tabs_uses_a_code_once(committed_app, bureau, payers):
    with atomic():
        code = a_code(db.session.get_one(Account, bureau)).code
    raised = at_once(committed_app, [using(code, *payers[0])] * AT_ONCE)
    assert {type(error) for error in raised} <= {services.OneCodeOnly, services.CodeUsedBefore}
    assert len(raised) == AT_ONCE - 1
    assert db.session.scalars(select(DiscountCode.taken)).one() == uses() == 1
    assert [line.net_cents for line in bills([payers[0][1]])[0].lines] == [495_00, -99_00]


def test_p10_a_use_given_back_while_others_ask_goes_to_one_of_them(committed_app, bureau, payers):
    with atomic():
        code = a_code(db.session.get_one(Account, bureau), most=1).code
    using(code, *payers[0])()
    raised = at_once(committed_app, [giving_back(*payers[0]), *[using(code, *payer) for payer in payers[1:]]])
    assert {type(error) for error in raised} <= {services.CodeUsedUp}
    assert db.session.scalars(select(DiscountCode.taken)).one() == uses() <= 1
    reduced = [bill for bill in bills([bill_id for _person, bill_id in payers]) if bill.gross_cents == 479_16]
    assert len(reduced) == uses()


def test_p10_a_code_and_a_payment_page_asked_for_at_once_agree_on_the_amount(committed_app, bureau, payers):
    with atomic():
        code = a_code(db.session.get_one(Account, bureau)).code
    person, bill_id = payers[0]

    def paying() -> None:
        payments.pay(bill_id, method=Method.IDEAL, by=None, email="", locale="nl", back=BACK)

    raised = at_once(committed_app, [using(code, person, bill_id), paying])
    assert {type(error) for error in raised} <= {PaymentUnderWay}
    (bill,) = bills([bill_id])
    open_for = db.session.scalars(
        select(Attempt.amount_cents).where(Attempt.bill_id == bill_id, Attempt.state.in_(("created", "open")))
    ).all()
    assert bill.state is BillState.DRAFT
    assert open_for in ([], [bill.gross_cents])
