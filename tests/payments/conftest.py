"""Bills to pay, and both providers behind one handle: the built-in test page, and Stripe as a double over real HTTP."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import date
from typing import Any, Protocol

import pytest
from flask import Flask
from sqlalchemy import select

from app.core.db import atomic, db, forget_reads
from app.jobs import services as jobs
from app.payments import providers, queries, services
from app.payments.models import Attempt, Bill, Method, ProviderEvent
from app.payments.providers import testpay
from app.payments.providers.stripe import Stripe
from app.payments.providers.testpay import Play, TestPay
from app.payments.services import Buyer, LineDraft
from tests import stripe_double
from tests.factories import make_account

RETURN = "http://localhost:5000/back"


def draw_up(person_id: uuid.UUID, *, net_cents: int = 495_00, vat_code: str = "high", **options: Any) -> Bill:
    """A bill of one line for something new, unless `subject` says for what."""
    with atomic():
        return services.draw_up_bill(
            person_id=person_id,
            subject=options.pop("subject", ("trial", uuid.uuid4())),
            lines=options.pop("lines", [LineDraft("Lidmaatschap Inner Circle, één jaar", 1, net_cents, vat_code)]),
            buyer=options.pop("buyer", buyer()),
            due_on=options.pop("due_on", date(2027, 1, 28)),
            by=options.pop("by", None),
            **options,
        )


def buyer() -> Buyer:
    return Buyer(
        name="Prins Interim B.V.",
        lines=["Lindelaan 7"],
        postcode="3722 HK",
        city="Bilthoven",
        kvk="90004567",
        vat_id="NL001234567B29",
        email="anna@prins.example",
    )


def id_of(bill: Bill | uuid.UUID) -> uuid.UUID:
    return bill if isinstance(bill, uuid.UUID) else bill.id


def fresh(bill: Bill | uuid.UUID) -> Bill:
    """A bill as the database has it now."""
    bill_id = id_of(bill)
    forget_reads()
    return queries.any_bill(bill_id)


def run_jobs() -> int:
    forget_reads()
    return jobs.run_due()


@pytest.fixture
def account(app: Flask) -> Any:
    made = make_account(given_name="Anna", family_name="Prins", email="anna@voorbeeld.example")
    db.session.commit()
    return made


@pytest.fixture
def bill(account: Any) -> Bill:
    return draw_up(account.id)


@pytest.fixture
def stripe(app: Flask) -> Iterator[stripe_double.StripeDouble]:
    """The portal takes payments through Stripe, played by the double."""
    before = app.extensions["payment_providers"]
    with stripe_double.running() as double:
        provider = Stripe(key=stripe_double.KEY, webhook_secrets=["whsec_older", stripe_double.SECRET], base=double.url)
        providers.register(app, provider, TestPay())
        yield double
    app.extensions["payment_providers"] = before


class Bank(Protocol):
    """What a person and the outside world do, whichever provider it is."""

    name: str

    def play(self, reference: str, move: Play) -> None:
        """Let something happen at the provider, and nobody told."""

    def tell(self, reference: str) -> None:
        """Deliver the provider's message about it."""


class TestPayBank:
    __test__ = False
    name = "testpay"

    def __init__(self) -> None:
        self.last: dict[str, Any] = {}

    def play(self, reference: str, move: Play) -> None:
        with atomic():
            self.last[reference] = testpay.play(reference, move)

    def tell(self, reference: str) -> None:
        with atomic():
            services.receive_hook(self.last[reference])


class StripeBank:
    name = "stripe"
    kinds = {
        Play.PAY: "checkout.session.completed",
        Play.PENDING: "checkout.session.completed",
        Play.SETTLE: "checkout.session.async_payment_succeeded",
        Play.FAIL: "checkout.session.async_payment_failed",
        Play.EXPIRE: "checkout.session.expired",
    }

    def __init__(self, app: Flask, double: stripe_double.StripeDouble) -> None:
        self.app, self.double = app, double
        self.last: dict[str, bytes] = {}

    def play(self, reference: str, move: Play) -> None:
        doings = {
            Play.PAY: self.double.pay,
            Play.PENDING: self.double.pend,
            Play.SETTLE: self.double.settle,
            Play.FAIL: self.double.refuse,
            Play.EXPIRE: self.double.expire,
        }
        doings[move](reference)
        self.last[reference] = self.double.event(reference, self.kinds[move])

    def tell(self, reference: str) -> None:
        body = self.last[reference]
        answer = self.app.test_client().post(
            "/webhooks/stripe", data=body, headers={"Stripe-Signature": self.double.signature(body)}
        )
        assert answer.status_code == 200


@pytest.fixture(params=["testpay", "stripe"])
def bank(request: pytest.FixtureRequest, app: Flask) -> Iterator[Bank]:
    return TestPayBank() if request.param == "testpay" else StripeBank(app, request.getfixturevalue("stripe"))


def begin(bill: Bill | uuid.UUID, method: Method = Method.IDEAL) -> str:
    """Begin to pay, as the page does, and return the provider's reference."""
    bill_id = id_of(bill)
    services.pay(bill_id, method=method, by=None, email="anna@prins.example", locale="nl", back=(RETURN, RETURN))
    forget_reads()
    reference = db.session.scalars(
        select(Attempt.reference).where(Attempt.bill_id == bill_id).order_by(Attempt.seq.desc())
    ).first()
    assert reference
    return reference


def stored_events() -> list[ProviderEvent]:
    forget_reads()
    return list(db.session.scalars(select(ProviderEvent)))
