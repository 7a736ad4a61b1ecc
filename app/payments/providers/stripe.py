"""Stripe Checkout, one-off, and charges to a saved method; the only file that speaks to Stripe.

The library is loaded when first used.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from typing import Any

from app.core import clock
from app.payments.models import CURRENCY, Method
from app.payments.providers import (
    Charge,
    Checkout,
    Facts,
    Hook,
    HookRefused,
    Movement,
    Order,
    OrderRefused,
    ProviderUnavailable,
    RefundRequest,
)
from app.payments.providers.stripe_facts import (
    NAME,
    expanded,
    facts_of_intent,
    facts_of_session,
    moment,
    movement_of,
    reference_of,
    seconds,
)

API_VERSION = "2026-08-26.dahlia"
CLOCKS_MAY_DIFFER = 300
TIMEOUT_SECONDS = 20
AT_ONCE = 100
CONFLICT, NOT_FOUND, AT_FAULT = 409, 404, 500
LIVE_KEYS = ("sk_live_", "rk_live_")
KNOWN_TYPES = {
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
    "payment_intent.succeeded",
    "payment_intent.payment_failed",
    "payment_intent.canceled",
    "charge.refunded",
    "refund.updated",
    "refund.failed",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
}
CHARGE = "payment_intent.latest_charge.refunds"
log = logging.getLogger(__name__)
logging.getLogger("stripe").setLevel(logging.WARNING)


def _library() -> Any:
    import stripe  # noqa: PLC0415  half a second to load, for a process that may never need it

    return stripe


class Stripe:
    """The provider interface on Stripe's API, at one pinned version whatever the account's default is."""

    name = NAME
    prefixes: tuple[str, ...] = ("cs_", "pi_")

    def __init__(self, *, key: str, webhook_secrets: Sequence[str], base: str = "") -> None:
        self._key, self._secrets, self._base = key, tuple(webhook_secrets), base
        self.is_live = key.startswith(LIVE_KEYS)
        self.pages = base or "https://checkout.stripe.com"

    @cached_property
    def _api(self) -> Any:
        options: dict[str, Any] = {"base_addresses": {"api": self._base}} if self._base else {}
        client = _library().StripeClient(
            self._key,
            stripe_version=API_VERSION,
            max_network_retries=2,
            http_client=_library().RequestsClient(timeout=TIMEOUT_SECONDS),
            **options,
        )
        return client.v1

    def create(self, order: Order) -> Checkout:
        """Make the checkout; the same order again, whatever became of the first answer, is the same checkout."""
        with _in_our_words():
            session = self._api.checkout.sessions.create(
                params=checkout_params(order), options={"idempotency_key": order.idempotency_key}
            ).to_dict()
        return Checkout(session["id"], session["url"], moment(session["expires_at"]))

    def fetch(self, reference: str) -> Facts | None:
        """Tell what Stripe knows now of a checkout, or of a payment by its own name, and the money that came of it."""
        try:
            with _in_our_words():
                return self._fetched(reference)
        except OrderRefused as refusal:
            if getattr(refusal.__cause__, "http_status", None) == NOT_FOUND:
                return None
            raise

    def _fetched(self, reference: str) -> Facts:
        sessions = self._api.checkout.sessions
        if reference.startswith("cs_"):
            session = sessions.retrieve(reference, params={"expand": [CHARGE]}).to_dict()
            return self._of_session(session)
        found = sessions.list(params={"payment_intent": reference, "limit": 1, "expand": [f"data.{CHARGE}"]}).to_dict()
        if found["data"]:
            return self._of_session(found["data"][0])
        expand = CHARGE.removeprefix("payment_intent.")
        intent = self._api.payment_intents.retrieve(reference, params={"expand": [expand]}).to_dict()
        self._complete_refunds(intent)
        return facts_of_intent(intent, self._disputes(intent))

    def _of_session(self, session: dict[str, Any]) -> Facts:
        intent = expanded(session, "payment_intent")
        self._complete_refunds(intent)
        return facts_of_session(session, self._disputes(intent))

    def _complete_refunds(self, intent: dict[str, Any]) -> None:
        """Fetch the refunds that did not come along: an expanded list holds ten."""
        refunds = expanded(intent, "latest_charge").get("refunds") or {}
        if refunds.get("has_more"):
            found = self._api.refunds.list(params={"payment_intent": intent["id"], "limit": AT_ONCE})
            refunds["data"] = [refund.to_dict() for refund in found.auto_paging_iter()]

    def _disputes(self, intent: dict[str, Any]) -> list[dict[str, Any]]:
        if not expanded(intent, "latest_charge").get("disputed"):
            return []
        found = self._api.disputes.list(params={"payment_intent": intent["id"], "limit": AT_ONCE})
        return [dispute.to_dict() for dispute in found.auto_paging_iter()]

    def refund(self, request: RefundRequest) -> str:
        """Ask for a refund. Stripe forgets a key after a day, so one made for this order is found by its mark."""
        mark = {"refund": str(request.refund_id)}
        with _in_our_words():
            made = self._api.refunds.list(params={"payment_intent": request.payment_reference, "limit": AT_ONCE})
            earlier = _marked(made, mark)
            if earlier:
                return earlier
            params = {
                "payment_intent": request.payment_reference,
                "amount": request.amount_cents,
                "reason": "requested_by_customer",
                "metadata": mark,
            }
            options = {"idempotency_key": request.idempotency_key}
            return str(self._api.refunds.create(params=params, options=options).id)

    def charge(self, charge: Charge) -> str:
        """Charge a saved method (P8). A bank that says no is an answer too, told under the payment's reference."""
        mark = {"attempt": str(charge.attempt_id), "bill": str(charge.bill_id)}
        with _in_our_words():
            made = self._api.payment_intents.list(params={"customer": charge.customer, "limit": AT_ONCE})
            earlier = _marked(made, mark)
            if earlier:
                return earlier
            options = {"idempotency_key": charge.idempotency_key}
            try:
                return str(self._api.payment_intents.create(params=charge_params(charge, mark), options=options).id)
            except _library().CardError as error:
                refused = ((error.json_body or {}).get("error") or {}).get("payment_intent") or {}
                if not refused.get("id"):
                    raise
                return str(refused["id"])

    def forget(self, customer: str, method_reference: str) -> None:
        """Detach a saved method from its customer; one that is gone already is refused, and that is fine."""
        del customer
        try:
            with _in_our_words():
                self._api.payment_methods.detach(method_reference)
        except OrderRefused:
            log.info("stripe_method_gone")

    def hooks_since(self, moment: datetime) -> Iterator[Hook]:
        """Tell the messages since a moment, newest first; Stripe keeps them for thirty days."""
        params = {"created": {"gte": seconds(moment)}, "types": sorted(KNOWN_TYPES), "limit": AT_ONCE}
        with _in_our_words():
            for event in self._api.events.list(params=params).auto_paging_iter():
                found = event.to_dict()
                if bool(found["livemode"]) is self.is_live:
                    yield _hook(found)

    def movements_since(self, moment: datetime) -> Iterator[Movement]:
        """Tell the lines of our account that are a payer's money, newest first."""
        created = {"gte": seconds(moment)}
        params = {"created": created, "limit": AT_ONCE, "expand": ["data.source"]}
        with _in_our_words():
            for line in self._api.balance_transactions.list(params=params).auto_paging_iter():
                movement = movement_of(line.to_dict())
                if movement:
                    yield movement

    def read_hook(self, body: bytes, signature: str) -> Hook | None:
        """Return a message that is Stripe's, of now and of our mode; None for a kind that asks nothing of us.

        The library refuses timestamps that are too old only; one from the future proves a forged or broken clock too.
        """
        try:
            text = body.decode()
        except UnicodeDecodeError as error:
            raise HookRefused from error
        if not any(_verified(text, signature, secret) for secret in self._secrets):
            raise HookRefused
        if abs(clock.real_now().timestamp() - _timestamp(signature)) > CLOCKS_MAY_DIFFER:
            raise HookRefused
        try:
            event = json.loads(text)
            hook, live = _hook(event), event["livemode"]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise HookRefused from error
        if bool(live) is not self.is_live:
            raise HookRefused
        if hook.api_version != API_VERSION:
            log.warning("stripe_event_version", extra={"version": hook.api_version})
        return hook if hook.type in KNOWN_TYPES else None


def _hook(event: dict[str, Any]) -> Hook:
    return Hook(
        id=str(event["id"]),
        provider=NAME,
        type=str(event["type"]),
        api_version=str(event.get("api_version") or ""),
        created=moment(event["created"]),
        reference=reference_of(event["data"]["object"]),
        payload=event,
    )


def _marked(made: Any, mark: dict[str, str]) -> str:
    """Return the name of the one that carries our mark, if it was made before."""
    for one in made.auto_paging_iter():
        found = one.to_dict()
        if mark.items() <= (found.get("metadata") or {}).items():
            return str(found["id"])
    return ""


def checkout_params(order: Order) -> dict[str, Any]:
    """Return how we ask for a checkout: a fixed sum in euros, the chosen way to pay first, our ids on all it makes."""
    marks = {"attempt": str(order.attempt_id), "bill": str(order.bill_id)}
    ways = [Method.IDEAL, Method.CARD, Method.SEPA_DEBIT]
    ways.sort(key=lambda way: way is not order.method)
    saving = {"setup_future_usage": "off_session"} if order.save_method else {}
    return {
        "mode": "payment",
        "client_reference_id": str(order.attempt_id),
        **({"customer_email": order.email} if order.email else {}),
        "locale": order.locale,
        "payment_method_types": [way.value for way in ways],
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": CURRENCY.lower(),
                    "unit_amount": order.amount_cents,
                    "product_data": {"name": order.description},
                },
            }
        ],
        "adaptive_pricing": {"enabled": False},
        "metadata": marks,
        "payment_intent_data": {"metadata": marks, "description": order.description, **saving},
        "customer_creation": "always" if order.save_method else "if_required",
        "success_url": order.return_url,
        "cancel_url": order.cancel_url,
    }


def charge_params(charge: Charge, mark: dict[str, str]) -> dict[str, Any]:
    """Return how we charge a saved method: at once or not at all, since nobody is there to be asked anything."""
    return {
        "amount": charge.amount_cents,
        "currency": CURRENCY.lower(),
        "customer": charge.customer,
        "payment_method": charge.method_reference,
        "payment_method_types": [charge.method.value],
        "confirm": True,
        "off_session": True,
        "description": charge.description,
        "metadata": mark,
    }


@contextmanager
def _in_our_words() -> Iterator[None]:
    """Tell apart what may work later from what never will."""
    stripe = _library()
    try:
        yield
    except (stripe.CardError, stripe.IdempotencyError, stripe.InvalidRequestError) as error:
        log.warning("stripe_refused", extra={"code": error.code, "status": error.http_status})
        raise (ProviderUnavailable if error.http_status == CONFLICT else OrderRefused) from error
    except stripe.StripeError as error:
        if _is_final(error):
            log.warning("stripe_answers_with_an_old_fault", extra={"status": error.http_status})
            raise OrderRefused from error
        log.warning("stripe_unavailable", extra={"error": type(error).__name__, "status": error.http_status})
        raise ProviderUnavailable from error


def _is_final(error: Any) -> bool:
    """Say whether a fault is one that Stripe keeps under our key: asking again under it gives the same for a day."""
    replayed = (error.headers or {}).get("Idempotent-Replayed") == "true"
    return replayed and (error.http_status or 0) >= AT_FAULT


def _verified(text: str, signature: str, secret: str) -> bool:
    """Check one secret; while a secret is rotated there are two."""
    stripe = _library()
    try:
        return bool(stripe.WebhookSignature.verify_header(text, signature, secret, tolerance=None))
    except stripe.SignatureVerificationError:
        return False


def _timestamp(signature: str) -> int:
    """Return when a message says it was signed; the verified header has exactly this form."""
    return int(next(part[2:] for part in signature.split(",") if part.startswith("t=")))
