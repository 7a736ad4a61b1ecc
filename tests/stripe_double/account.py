"""What a Stripe account knows and what happens to it: every move changes the objects, its balance, and tells an event."""

from __future__ import annotations

import copy
import itertools
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, TypeVar

from tests.stripe_double.contract import blank, check_object

VERSION = "2026-08-26.dahlia"
DAY = 24 * 3600
CARD = {"brand": "visa", "last4": "4242", "exp_month": 12, "exp_year": 2034, "funding": "credit", "country": "NL"}
IBAN_ENDING = "3201"
Object = dict[str, Any]
F = TypeVar("F", bound=Callable[..., Any])


class NotPossible(Exception):  # noqa: N818  an answer to whoever asks
    """Stripe would not let this happen; the status and code it says so with."""

    def __init__(self, message: str, *, code: str = "", status: int = 400, kind: str = "invalid_request_error") -> None:
        super().__init__(message)
        self.code, self.status, self.kind = code, status, kind
        self.intent: Object | None = None


def alone(move: F) -> F:
    """One move at a time, whoever asks for it."""

    @wraps(move)
    def moved(self: Account, *args: Any, **kwargs: Any) -> Any:
        with self.lock:
            return move(self, *args, **kwargs)

    return moved  # type: ignore[return-value]


class Account:
    """Customers, sessions, payments, refunds, disputes, the balance and the events of one account in test mode."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.objects: dict[str, Object] = {}
        self.sessions: dict[str, Object] = {}
        self.intents: dict[str, Object] = {}
        self.charges: dict[str, Object] = {}
        self.customers: dict[str, Object] = {}
        self.methods: dict[str, Object] = {}
        self.refunds: dict[str, Object] = {}
        self.disputes: dict[str, Object] = {}
        self.lines: dict[str, Object] = {}
        self.events: dict[str, Object] = {}
        self.url = ""
        self.next_refund = "succeeded"
        self.moods: dict[str, str] = {}
        """What the bank says to later charges of a method: `ok`, `declined` or `authentication_required`."""
        self._run = secrets.token_hex(3)
        self._numbers = itertools.count(1)

    def now(self) -> int:
        return int(time.time())

    def _name(self, prefix: str) -> str:
        return f"{prefix}_{self._run}{next(self._numbers):05}"

    def _keep(self, shelf: dict[str, Object], thing: Object) -> Object:
        shelf[thing["id"]] = self.objects[thing["id"]] = thing
        return thing

    # --- events and the balance

    def emit(self, kind: str, thing: Object) -> Object:
        """Tell what happened; the object told is held to the contract like any answer."""
        check_object(thing["object"], thing)
        return self._keep(self.events, self.make_event(kind, thing))

    def make_event(self, kind: str, thing: Object, **changes: Any) -> Object:
        return {
            "id": self._name("evt"),
            "object": "event",
            "api_version": VERSION,
            "created": self.now(),
            "data": {"object": copy.deepcopy(thing)},
            "livemode": False,
            "pending_webhooks": 1,
            "request": None,
            "type": kind,
            **changes,
        }

    def enter_line(
        self, kind: str, amount: int, source: Object | None, *, category: str = "", pending: bool = False
    ) -> str:
        fee = 29 if kind in {"charge", "payment"} else 0
        line = blank(
            "balance_transaction",
            id=self._name("txn"),
            object="balance_transaction",
            amount=amount,
            fee=fee,
            net=amount - fee,
            currency=source["currency"] if source else "eur",
            created=self.now(),
            available_on=self.now() + 3 * DAY,
            balance_type="payments",
            source=source["id"] if source else None,
            status="pending" if pending else "available",
            type=kind,
            reporting_category=category or kind,
        )
        return str(self._keep(self.lines, line)["id"])

    # --- checkout

    @alone
    def make_session(self, form: Object) -> Object:
        items, intent = form["line_items"], form.get("payment_intent_data", {})
        total = sum(item["price_data"]["unit_amount"] * item["quantity"] for item in items)
        if total < 50:
            raise NotPossible("The amount is too small", code="amount_too_small")
        if form.get("mode") != "payment" or "success_url" not in form:
            raise NotPossible("This double plays one-off payments with a success_url", code="parameter_missing")
        name = self._name("cs_test")
        session = blank(
            "checkout.session",
            id=name,
            object="checkout.session",
            amount_total=total,
            amount_subtotal=total,
            automatic_tax={"enabled": False, "liability": None, "provider": None, "status": None},
            cancel_url=form.get("cancel_url"),
            client_reference_id=form.get("client_reference_id"),
            created=self.now(),
            currency=items[0]["price_data"]["currency"],
            customer=None,
            customer_creation=form.get("customer_creation", "if_required"),
            customer_email=form.get("customer_email"),
            custom_text=dict.fromkeys(("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")),
            expires_at=form.get("expires_at", self.now() + DAY),
            locale=form.get("locale"),
            metadata=form.get("metadata", {}),
            mode="payment",
            payment_intent=None,
            payment_method_types=form.get("payment_method_types", ["card"]),
            payment_status="unpaid",
            status="open",
            success_url=form["success_url"],
            url=f"{self.url}/c/pay/{name}",
        )
        self._asked[name] = {**intent, "title": items[0]["price_data"]["product_data"]["name"]}
        return self._keep(self.sessions, session)

    @property
    def _asked(self) -> dict[str, Object]:
        return self.__dict__.setdefault("_asked_for", {})

    def title_of(self, session_id: str) -> str:
        return str(self._asked[session_id]["title"])

    @alone
    def session_now(self, session_id: str) -> Object | None:
        session = self.sessions.get(session_id)
        if session and session["status"] == "open" and session["expires_at"] <= self.now():
            self.expire(session_id)
        return session

    @alone
    def pay(self, session_id: str, *, method: str = "ideal", amount: int | None = None, currency: str = "eur") -> None:
        """Pay at once."""
        session = self._open_session(session_id)
        intent = self._confirm(session, method, amount, currency)
        self._succeed(intent)
        self.emit("checkout.session.completed", session)

    @alone
    def pend(self, session_id: str) -> None:
        """Sign a direct debit, which the bank will see to in some days."""
        session = self._open_session(session_id)
        intent = self._confirm(session, "sepa_debit", None, "eur")
        self._process(intent)
        self.emit("checkout.session.completed", session)

    @alone
    def settle(self, reference: str) -> None:
        """The bank has collected a debit."""
        self._succeed(self._intent_of(reference))
        self._tell_session(reference, "checkout.session.async_payment_succeeded")

    @alone
    def refuse(self, reference: str) -> None:
        """The bank has refused a debit; one that was not signed yet is signed first."""
        session = self.sessions.get(reference)
        if session and session["status"] == "open":
            self.pend(reference)
        self._fail(self._intent_of(reference), "payment_intent_payment_attempt_failed")
        self._tell_session(reference, "checkout.session.async_payment_failed")

    @alone
    def decline(self, session_id: str, method: str = "card") -> None:
        """The bank says no on the spot; the page stays open for another try."""
        session = self._open_session(session_id)
        intent = self._confirm(session, method, None, "eur", complete=False)
        self._fail(intent, "card_declined" if method == "card" else "payment_intent_payment_attempt_failed")

    @alone
    def expire(self, session_id: str) -> None:
        """The page's day is over."""
        session = self.sessions[session_id]
        if session["status"] == "open":
            session.update(status="expired", url=None)
            self.emit("checkout.session.expired", session)

    def _open_session(self, session_id: str) -> Object:
        session = self.session_now(session_id)
        if session is None or session["status"] != "open":
            raise NotPossible(f"{session_id} is not open")
        return session

    def _confirm(
        self, session: Object, method: str, amount: int | None, currency: str, *, complete: bool = True
    ) -> Object:
        asked = self._asked[session["id"]]
        if session["payment_intent"] is None:
            keeps = asked.get("setup_future_usage") or session["customer_creation"] == "always"
            customer = self._customer(session["customer_email"]) if keeps else None
            session["customer"] = customer
            total = session["amount_total"] if amount is None else amount
            session["payment_intent"] = self._make_intent(
                total, currency, customer, asked.get("metadata", {}), asked.get("setup_future_usage")
            )["id"]
        intent = self.intents[session["payment_intent"]]
        self._make_charge(intent, method)
        if complete:
            session.update(status="complete", url=None)
        return intent

    def _tell_session(self, reference: str, kind: str) -> None:
        if reference in self.sessions:
            self.emit(kind, self.sessions[reference])

    def _intent_of(self, reference: str) -> Object:
        name = self.sessions[reference]["payment_intent"] if reference in self.sessions else reference
        return self.intents[name]

    def _customer(self, email: str | None) -> str:
        customer = blank("customer", id=self._name("cus"), object="customer", email=email, created=self.now())
        return str(self._keep(self.customers, customer)["id"])

    # --- payments

    def _make_intent(
        self, amount: int, currency: str, customer: str | None, metadata: Object, future: str | None
    ) -> Object:
        intent = blank(
            "payment_intent",
            id=self._name("pi"),
            object="payment_intent",
            amount=amount,
            amount_received=0,
            created=self.now(),
            currency=currency,
            customer=customer,
            last_payment_error=None,
            latest_charge=None,
            metadata=metadata,
            payment_method=None,
            payment_method_types=[],
            setup_future_usage=future,
            status="requires_payment_method",
        )
        return self._keep(self.intents, intent)

    def _make_charge(self, intent: Object, method: str, saved: Object | None = None) -> Object:
        paying = saved or self._make_method(method, None)
        details: Object = {"type": method, method: self._details(method)}
        if intent["setup_future_usage"] == "off_session" and intent["customer"]:
            kept = self._make_method("sepa_debit", intent["customer"]) if method == "ideal" else paying
            kept["customer"] = intent["customer"]
            if method == "ideal":
                details["ideal"] |= {"generated_sepa_debit": kept["id"], "generated_sepa_debit_mandate": "mandate_1"}
        charge = blank(
            "charge",
            id=self._name("ch" if method == "card" else "py"),
            object="charge",
            amount=intent["amount"],
            amount_captured=0,
            balance_transaction=None,
            captured=True,
            created=self.now(),
            currency=intent["currency"],
            customer=intent["customer"],
            metadata=intent["metadata"],
            payment_intent=intent["id"],
            payment_method=paying["id"],
            payment_method_details=details,
            status="pending",
        )
        intent.update(latest_charge=charge["id"], payment_method=paying["id"], payment_method_types=[method])
        return self._keep(self.charges, charge)

    def _make_method(self, kind: str, customer: str | None) -> Object:
        method = blank(
            "payment_method",
            id=self._name("pm"),
            object="payment_method",
            created=self.now(),
            customer=customer,
            type=kind,
            **({kind: dict(CARD)} if kind == "card" else {}),
        )
        return self._keep(self.methods, method)

    @staticmethod
    def _details(method: str) -> Object:
        if method == "card":
            return blank("payment_method_details_card", **CARD)
        if method == "sepa_debit":
            return {"country": "NL", "last4": IBAN_ENDING, "mandate": "mandate_1"}
        return {"bank": "ing", "bic": "INGBNL2A", "iban_last4": IBAN_ENDING} if method == "ideal" else {}

    def _process(self, intent: Object) -> None:
        charge = self.charges[intent["latest_charge"]]
        intent["status"] = "processing"
        charge["balance_transaction"] = self.enter_line("payment", charge["amount"], charge, pending=True)
        self.emit("charge.pending", charge)
        self.emit("payment_intent.processing", intent)

    def _succeed(self, intent: Object) -> None:
        charge = self.charges[intent["latest_charge"]]
        intent.update(status="succeeded", amount_received=intent["amount"], last_payment_error=None)
        charge.update(status="succeeded", paid=True, amount_captured=charge["amount"])
        if charge["balance_transaction"] is None:
            kind = "charge" if charge["payment_method_details"]["type"] == "card" else "payment"
            charge["balance_transaction"] = self.enter_line(kind, charge["amount"], charge)
        self.lines[charge["balance_transaction"]]["status"] = "available"
        for session in self.sessions.values():
            if session["payment_intent"] == intent["id"]:
                session["payment_status"] = "paid"
        self.emit("charge.succeeded", charge)
        self.emit("payment_intent.succeeded", intent)

    def _fail(self, intent: Object, code: str) -> None:
        charge = self.charges[intent["latest_charge"]]
        if charge["balance_transaction"]:
            self.enter_line("payment_failure_refund", -charge["amount"], charge)
        charge.update(status="failed", failure_code=code, paid=False)
        intent.update(
            status="requires_payment_method",
            last_payment_error={"type": "card_error", "code": code, "message": "The bank said no."},
        )
        self.emit("charge.failed", charge)
        self.emit("payment_intent.payment_failed", intent)

    @alone
    def charge_saved(self, form: Object) -> Object:
        """Charge a saved method while nobody is there."""
        method = self.methods.get(form.get("payment_method", ""))
        if (
            method is None
            or method["customer"] != form.get("customer")
            or not (form.get("confirm") and form.get("off_session"))
        ):
            raise NotPossible("No such saved method of this customer", code="resource_missing")
        intent = self._make_intent(form["amount"], form["currency"], form["customer"], form.get("metadata", {}), None)
        self._make_charge(intent, method["type"], method)
        mood = self.moods.get(method["id"], "ok")
        if mood != "ok":
            self._fail(intent, "card_declined" if mood == "declined" else mood)
            refusal = NotPossible(
                "The bank said no.", code=intent["last_payment_error"]["code"], status=402, kind="card_error"
            )
            refusal.intent = intent
            raise refusal
        if method["type"] == "sepa_debit":
            self._process(intent)
        else:
            self._succeed(intent)
        return intent

    @alone
    def detach(self, method_id: str) -> Object:
        method = self.methods.get(method_id)
        if method is None:
            raise NotPossible("No such payment method", code="resource_missing", status=404)
        if method["customer"] is None:
            raise NotPossible("The payment method is not attached to a customer")
        method["customer"] = None
        return method

    # --- refunds and disputes

    @alone
    def refund(
        self, reference: str, amount: int | None = None, metadata: Object | None = None, reason: str | None = None
    ) -> str:
        """Send money back: by the API, or by hand in the dashboard when there is no metadata."""
        intent = self.intents.get(self._payment_name(reference))
        charge = self.charges.get((intent or {}).get("latest_charge") or "")
        if intent is None or charge is None or charge["status"] != "succeeded":
            raise NotPossible("There is nothing to refund", code="resource_missing")
        left = charge["amount"] - charge["amount_refunded"]
        asked = left if amount is None else amount
        if any(one["charge"] == charge["id"] and one["status"] != "won" for one in self.disputes.values()):
            raise NotPossible("The charge is disputed", code="charge_disputed")
        if left == 0:
            raise NotPossible("The charge is refunded already", code="charge_already_refunded")
        if not 0 < asked <= left:
            raise NotPossible(f"Only {left} is left to refund", code="amount_too_large")
        refund = blank(
            "refund",
            id=self._name("re"),
            object="refund",
            amount=asked,
            balance_transaction=None,
            charge=charge["id"],
            created=self.now(),
            currency=charge["currency"],
            metadata=metadata or {},
            payment_intent=intent["id"],
            reason=reason,
            status="succeeded" if self.next_refund == "succeeded" else "pending",
        )
        self._keep(self.refunds, refund)
        kind = "refund" if charge["payment_method_details"]["type"] == "card" else "payment_refund"
        refund["balance_transaction"] = self.enter_line(kind, -asked, refund)
        charge["amount_refunded"] += asked
        charge["refunded"] = charge["amount_refunded"] == charge["amount"]
        self.emit("refund.created", refund)
        self.emit("charge.refunded", charge)
        if self.next_refund == "failed":
            self.fail_refund(refund["id"])
        return str(refund["id"])

    @alone
    def complete_refund(self, refund_id: str) -> None:
        """A refund that was under way has arrived."""
        refund = self.refunds[refund_id]
        refund["status"] = "succeeded"
        self.emit("refund.updated", refund)

    @alone
    def fail_refund(self, refund_id: str) -> None:
        """A refund comes back: the payer's account is closed."""
        refund = self.refunds[refund_id]
        charge = self.charges[refund["charge"]]
        refund.update(status="failed", failure_reason="expired_or_canceled_card")
        refund["failure_balance_transaction"] = self.enter_line("refund_failure", refund["amount"], refund)
        charge["amount_refunded"] -= refund["amount"]
        charge["refunded"] = False
        self.emit("refund.failed", refund)
        self.emit("refund.updated", refund)

    @alone
    def dispute(self, reference: str, *, only_asked: bool = False) -> str:
        """The payer's bank takes the money back, or only asks about it."""
        intent = self.intents[self._payment_name(reference)]
        charge = self.charges[intent["latest_charge"]]
        charge["disputed"] = True
        dispute = blank(
            "dispute",
            id=self._name("dp"),
            object="dispute",
            amount=charge["amount"],
            charge=charge["id"],
            created=self.now(),
            currency=charge["currency"],
            payment_intent=intent["id"],
            reason="general",
            status="warning_needs_response" if only_asked else "needs_response",
        )
        dispute["evidence_details"]["due_by"] = self.now() + 14 * DAY
        self._keep(self.disputes, dispute)
        self.emit("charge.dispute.created", dispute)
        if not only_asked:
            self._move_dispute(dispute, -dispute["amount"])
            self.emit("charge.dispute.funds_withdrawn", dispute)
        return str(dispute["id"])

    @alone
    def close_dispute(self, dispute_id: str, *, won: bool) -> None:
        """The bank has decided."""
        dispute = self.disputes[dispute_id]
        if dispute["status"].startswith("warning"):
            dispute["status"] = "warning_closed"
        else:
            dispute["status"] = "won" if won else "lost"
            if won:
                self._move_dispute(dispute, dispute["amount"])
                self.emit("charge.dispute.funds_reinstated", dispute)
        self.emit("charge.dispute.closed", dispute)

    def _move_dispute(self, dispute: Object, amount: int) -> None:
        category = "dispute" if amount < 0 else "dispute_reversal"
        line = self.enter_line("adjustment", amount, dispute, category=category)
        dispute["balance_transactions"].append(copy.deepcopy(self.lines[line]))

    def _payment_name(self, reference: str) -> str:
        session = self.sessions.get(reference)
        return str(session["payment_intent"]) if session else reference

    # --- looking

    def expanded(self, thing: Object, paths: list[str]) -> Object:
        """Show an object with the parts that were asked for whole."""
        shown = copy.deepcopy(thing)
        for path in paths:
            self._expand(shown, path.split("."))
        return shown

    def _expand(self, thing: Object, steps: list[str]) -> None:
        name, rest = steps[0], steps[1:]
        if thing.get("object") == "charge" and name == "refunds":
            found = [copy.deepcopy(one) for one in self.newest(self.refunds) if one["charge"] == thing["id"]]
            thing["refunds"] = {
                "object": "list",
                "data": found[:10],
                "has_more": len(found) > 10,
                "url": f"/v1/charges/{thing['id']}/refunds",
            }
        elif isinstance(thing.get(name), str) and thing[name] in self.objects:
            thing[name] = copy.deepcopy(self.objects[thing[name]])
        if rest and isinstance(thing.get(name), dict):
            self._expand(thing[name], rest)

    @staticmethod
    def newest(shelf: dict[str, Object]) -> Iterator[Object]:
        yield from reversed(list(shelf.values()))
