"""Payments of an account: intents, charges, and the methods and customers behind them."""

from __future__ import annotations

from tests.stripe_double.account.books import Books, NotPossible, Object, alone
from tests.stripe_double.contract import blank

CARD = {"brand": "visa", "last4": "4242", "exp_month": 12, "exp_year": 2034, "funding": "credit", "country": "NL"}
IBAN_ENDING = "3201"


class Payments(Books):
    """Money that is asked for, comes, or is refused."""

    def _customer(self, email: str | None) -> str:
        customer = blank("customer", id=self._name("cus"), object="customer", email=email, created=self.now())
        return str(self._keep(self.customers, customer)["id"])

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
