"""Checkout of an account: the pages on which somebody pays once."""

from __future__ import annotations

from tests.stripe_double.account.books import DAY, NotPossible, Object, alone
from tests.stripe_double.account.payments import Payments
from tests.stripe_double.contract import blank


class Checkout(Payments):
    """Sessions, from being opened to being paid, left or over."""

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
