"""P6: calling off what a bill was for: what was not paid is not claimed any more, and what was paid goes back."""

from __future__ import annotations

from uuid import UUID

from app.accounts.models import Account
from app.payments import queries
from app.payments.models import Bill, BillState
from app.payments.services.bills import locked, void
from app.payments.services.crediting import credit
from app.payments.services.paying import close_page
from app.payments.services.refunds import is_entered, order_refund, refundable

OVER = (BillState.VOID, BillState.CREDITED)


def hold_bill(bill_id: UUID) -> Bill:
    """Hold a bill's row until the transaction ends, for whoever decides by how it stands; before any row it is for."""
    return locked(bill_id)


def call_off(bill_id: UUID, *, cause: str, reason: str, by: Account | None) -> int:
    """Ask nothing for a bill any more and return what is ordered to go back, in cents; done twice it changes nothing.

    Without a number it is taken back, unpaid it is credited. Once paid, each payment goes back the way it came, and
    the credit note follows when it does (P6); one by bank waits for the treasurer. What was paid in part, or is on its
    way still, is credited whole and becomes a task to send back (P4).
    """
    bill = locked(bill_id)
    if bill.state in OVER:
        return 0
    if bill.state is BillState.DRAFT:
        close_page(bill.id)
        void(bill, by=by)
        return 0
    if bill.state is not BillState.PAID or not bill.gross_cents:
        close_page(bill.id)
        if left := queries.creditable(bill):
            credit(bill, gross_cents=left, cause=cause, reason=reason, by=by)
        return 0
    payments = [payment for payment in refundable(bill) if is_entered(payment)]
    for payment in payments:
        order_refund(
            bill.id,
            amount_cents=payment.left_cents,
            reason=reason,
            payment_reference=payment.payment_reference,
            by=by,
        )
    return sum(payment.left_cents for payment in payments)
