"""What was paid: bills, attempts to pay them, the append-only ledger, invoices; providers behind one interface."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from flask import Flask

from app import jobs
from app.mail.attachments import attachment_source
from app.payments import bureau, cli, providers, sentences, services, testpay, views, webhooks
from app.payments.providers.stripe import Stripe
from app.payments.providers.testpay import TestPay
from config import PRODUCTION

ARCHIVE_LEASE = timedelta(hours=1)
SWEEP_EVERY = timedelta(minutes=10)
LONGEST_READING = timedelta(hours=1)
LONGEST_RUN = timedelta(minutes=30)
FOLLOW_UP_EVERY = timedelta(hours=1)


def init_app(app: Flask) -> None:
    """Register the pages, the providers the settings allow, and the work that goes on behind them."""
    app.register_blueprint(views.bp)
    app.register_blueprint(bureau.bp)
    app.register_blueprint(webhooks.bp)
    app.extensions["csrf"].exempt(webhooks.bp)
    app.cli.add_command(cli.cli)
    _register_providers(app)
    attachment_source("invoice", services.attached_invoice)
    attachment_source("credit_note", services.attached_credit_note)
    jobs.handler("payments.look")(services.look)
    jobs.handler("payments.keep_invoice")(_keep_invoice)
    jobs.handler("payments.keep_credit_note")(_keep_credit_note)
    jobs.handler("payments.make_archive", retries=2, lease=ARCHIVE_LEASE, on_failed=_archive_failed)(_make_archive)
    jobs.handler("payments.discard_archives", retries=1)(services.discard_archives)
    jobs.schedule("payments.discard_archives", handler="payments.discard_archives", daily_at="04:10")
    jobs.handler("payments.read_bank_file", lease=LONGEST_READING)(services.read_file)
    jobs.handler("payments.sweep", retries=1, lease=LONGEST_RUN)(services.sweep)
    jobs.schedule("payments.sweep", handler="payments.sweep", every=SWEEP_EVERY, at_start=True)
    jobs.handler("payments.reconcile", retries=3, backoff=LONGEST_RUN, lease=LONGEST_RUN)(services.reconcile)
    jobs.schedule("payments.reconcile", handler="payments.reconcile", daily_at="03:10")
    jobs.handler("payments.refund", on_failed=_refund_given_up)(_send_refund)
    jobs.handler("payments.forget_method")(services.forget_method)
    jobs.handler("payments.follow_up", retries=1)(services.follow_up)
    jobs.schedule("payments.follow_up", handler="payments.follow_up", every=FOLLOW_UP_EVERY)
    jobs.handler("payments.forget_messages", retries=2, lease=LONGEST_RUN)(services.forget_messages)
    jobs.schedule("payments.forget_messages", handler="payments.forget_messages", daily_at="04:20")
    jobs.handler("payments.remind", retries=3, lease=LONGEST_READING)(services.remind_overdue)
    jobs.schedule("payments.remind", handler="payments.remind", daily_at="08:00")
    sentences.register()


def _register_providers(app: Flask) -> None:
    """Stripe takes payments where there is a key; else, and never in production, the test page does (P2)."""
    allowed: list[providers.Provider] = []
    if app.config["STRIPE_SECRET_KEY"]:
        webhook_secrets = app.config["STRIPE_WEBHOOK_SECRET"].split(",")
        base = app.config["STRIPE_API_BASE"]
        allowed.append(Stripe(key=app.config["STRIPE_SECRET_KEY"], webhook_secrets=webhook_secrets, base=base))
    if app.config["ENV"] != PRODUCTION:
        app.register_blueprint(testpay.bp)
        allowed.append(TestPay())
    providers.register(app, *allowed)


def _keep_invoice(*, bill_id: str) -> None:
    services.keep_invoice(UUID(bill_id))


def _keep_credit_note(*, credit_note_id: str) -> None:
    services.keep_credit_note(UUID(credit_note_id))


def _send_refund(*, order_id: str) -> None:
    services.send_refund(UUID(order_id))


def _refund_given_up(*, order_id: str) -> None:
    services.refund_given_up(UUID(order_id))


def _make_archive(*, archive_id: str) -> None:
    services.make_archive(UUID(archive_id))


def _archive_failed(*, archive_id: str) -> None:
    services.archive_failed(UUID(archive_id))
