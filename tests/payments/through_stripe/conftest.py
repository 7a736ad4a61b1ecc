"""A portal that serves over HTTP and really commits, and the Stripe double beside it: nothing between them but sockets."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select

from app import create_app
from app.core.db import atomic, db, forget_reads
from app.mail.models import OutboxMail
from app.payments import providers
from app.payments.models import Attempt, Bill, CreditNote, LedgerEntry, ProviderEvent, Task
from app.payments.providers.stripe import Stripe
from app.payments.providers.testpay import TestPay
from tests import stripe_double
from tests.conftest import build_schema, fresh_database, settings
from tests.factories import make_account
from tests.payments.conftest import draw_up, fresh, id_of, run_jobs
from tests.serving import in_threads

OLDER_SECRET = "whsec_older"
_people = itertools.count(1)


@dataclass
class Shop:
    """The portal as Stripe knows it, and Stripe as the portal knows it."""

    app: Flask
    url: str
    double: stripe_double.StripeDouble

    def tell(self) -> list[int]:
        """Let Stripe send what it has to say, and the worker look into it."""
        forget_reads()
        answers = self.double.deliver()
        run_jobs()
        return answers

    def entries(self, bill: Bill | UUID) -> list[tuple[str, int]]:
        return sorted((entry.kind.value, entry.amount_cents) for entry in fresh(bill).entries)

    def tasks(self, bill: Bill | UUID) -> list[str]:
        return sorted(task.kind.value for task in fresh(bill).tasks if task.closed_at is None)

    def attempts(self, bill: Bill | UUID) -> list[str]:
        return [attempt.state.value for attempt in fresh(bill).attempts]

    def mails(self, bill: Bill | UUID) -> list[str]:
        person = fresh(bill).person_id
        query = select(OutboxMail.template).where(OutboxMail.account_id == person)
        return sorted(template.rpartition("/")[2] for template in db.session.scalars(query))

    def credit_notes(self, bill: Bill | UUID) -> list[int]:
        forget_reads()
        query = select(CreditNote.gross_cents).where(CreditNote.bill_id == id_of(bill))
        return sorted(db.session.scalars(query))

    def events_about(self, *references: str) -> list[ProviderEvent]:
        forget_reads()
        query = select(ProviderEvent).where(ProviderEvent.reference.in_(references))
        return list(db.session.scalars(query.order_by(ProviderEvent.received_at)))

    def kept(self) -> int:
        forget_reads()
        return db.session.scalar(select(func.count()).select_from(ProviderEvent)) or 0

    def payment_of(self, reference: str) -> str:
        """Stripe's own name for the payment of a checkout."""
        return str(self.double.sessions[reference]["payment_intent"])

    def entry_count(self) -> int:
        forget_reads()
        return db.session.scalar(select(func.count()).select_from(LedgerEntry)) or 0

    def task_keys(self) -> set[str]:
        forget_reads()
        return set(db.session.scalars(select(Task.key)))

    def attempt(self, reference: str) -> Attempt:
        forget_reads()
        return db.session.scalars(select(Attempt).where(Attempt.reference == reference)).one()


@pytest.fixture(scope="module")
def serving_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("shop")
    with stripe_double.running() as double:
        for url in fresh_database(folder, "shop"):
            app = create_app(settings(url, folder))
            build_schema(app)
            with in_threads(app) as portal:
                app.config["PUBLIC_URL"] = portal
                double.webhook_url = f"{portal}/webhooks/stripe"
                secrets = [OLDER_SECRET, stripe_double.SECRET]
                provider = Stripe(key=stripe_double.KEY, webhook_secrets=secrets, base=double.url)
                providers.register(app, provider, TestPay())
                yield Shop(app, portal, double)
            with app.app_context():
                db.session.remove()
                db.engine.dispose()


@pytest.fixture
def shop(serving_shop: Shop) -> Iterator[Shop]:
    """The shop in order: no fault is switched on, and nothing of an earlier test is still under way."""
    double = serving_shop.double
    double.faults = stripe_double.Faults()
    double.next_refund = "succeeded"
    double.forget_hooks()
    with serving_shop.app.app_context():
        db.session.remove()
        db.session.configure(join_transaction_mode="conditional_savepoint")
        yield serving_shop
        db.session.remove()


@pytest.fixture
def person(shop: Shop) -> Any:
    with atomic():
        account = make_account(given_name="Anna", family_name="Prins", email=f"anna{next(_people)}@voorbeeld.example")
        return account.id


@pytest.fixture
def bill(person: UUID) -> UUID:
    return draw_up(person).id
