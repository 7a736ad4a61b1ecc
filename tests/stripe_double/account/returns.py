"""Money that goes back: refunds, by the API or by hand, and disputes."""

from __future__ import annotations

import copy

from tests.stripe_double.account.books import DAY, NotPossible, Object, alone
from tests.stripe_double.account.checkout import Checkout
from tests.stripe_double.contract import blank


class Account(Checkout):
    """Customers, sessions, payments, refunds, disputes, the balance and the events of one account in test mode."""

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
