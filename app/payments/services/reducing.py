"""P10, M11: what changes on a bill before it has a number, and the one way in which a bill of nothing is settled."""

from __future__ import annotations

from dataclasses import asdict
from uuid import UUID

from app.accounts.models import Account
from app.audit import services as audit
from app.core import clock, search
from app.core.db import db
from app.core.errors import Refusal, WayOut
from app.core.events import publish
from app.core.i18n import _l
from app.payments import queries
from app.payments.events import BillPaid
from app.payments.models import AttemptState, Bill, BillState
from app.payments.services.bills import Buyer, issue, locked, move
from app.payments.services.foreign_vat import settle_vat_anew
from app.payments.services.lines import LineDraft, draw_line, vat_rate, vat_total
from app.payments.services.paying import close_page, open_attempt

FREE = "free"


class NumberTaken(Refusal):
    """P5: what has a number is in the books; nothing comes off it any more."""

    message = _l("The invoice for this contribution has been made out already, so a code can no longer be used on it.")


class PaymentUnderWay(Refusal):
    """P4: while the bank is at it, the amount stays what it is."""

    message = _l("A payment of this bill is being processed. A code can no longer be used on it.")


class NotFree(Refusal):
    """P10: only a bill of nothing is settled without money."""

    message = _l("There is something to pay on this bill.")


def reduce(bill_id: UUID, reduction: LineDraft, *, by: Account) -> Bill:
    """P10: take something off a bill without a number, as a line of its own with a negative quantity.

    Whoever has the provider's page open for the old amount gets a new one; money that still comes through the old page
    is too much, and becomes a task to send back (P4).
    """
    bill = changeable(bill_id)
    close_page(bill.id)
    rate = vat_rate(reduction.vat_code, clock.today())
    line = draw_line(1 + max(known.position for known in bill.lines), reduction, rate)
    line.bill_id = bill.id
    db.session.add(line)
    db.session.flush()
    _reckon(bill, by=by, action="payments.bill.reduced")
    return bill


def restore(bill_id: UUID, *, by: Account | None) -> Bill:
    """P10: put back what was taken off a bill without a number; done twice it changes nothing."""
    bill = changeable(bill_id)
    reductions = [line for line in bill.lines if line.quantity < 0]
    if not reductions:
        return bill
    close_page(bill.id)
    for line in reductions:
        db.session.delete(line)
    db.session.flush()
    _reckon(bill, by=by, action="payments.bill.restored")
    return bill


def changeable(bill_id: UUID) -> Bill:
    """Return a locked bill whose lines may still change, or refuse."""
    bill = locked(bill_id)
    see = WayOut(_l("See the bill"), "payments.outcome", {"bill_id": bill.id})
    if bill.number is not None or bill.state is not BillState.DRAFT:
        raise NumberTaken(way_out=see)
    attempt = open_attempt(bill.id)
    if attempt is not None and attempt.state is AttemptState.PROCESSING:
        raise PaymentUnderWay(way_out=see)
    return bill


def readdress(bill_id: UUID, buyer: Buyer, *, by: Account | None) -> bool:
    """M11: let a bill without a number go to another buyer; say whether it does. One with a number keeps its own.

    So does one that the bank is at: its amount may depend on the buyer. P1: VAT follows the buyer, and a payment page
    that is open for another amount is closed. L4: the log names no buyer without an account.
    """
    bill = locked(bill_id)
    attempt = open_attempt(bill.id)
    under_way = attempt is not None and attempt.state is AttemptState.PROCESSING
    if bill.number is not None or bill.state is not BillState.DRAFT or under_way:
        return False
    before, asked_before = {"buyer": bill.buyer["name"]}, (bill.gross_cents, bill.vat_pending)
    bill.buyer = asdict(buyer) | {"lines": list(buyer.lines)}
    search.remember(queries.SCOPE, bill.id, *queries.words_of(None, buyer.name, bill.rf_reference))
    to_issue = settle_vat_anew(bill, by=by)
    if (bill.gross_cents, bill.vat_pending) != asked_before:
        close_page(bill.id)
    if by is None:
        audit.record("payments.bill.addressed", by=None, on=("bill", bill.id))
    else:
        told = {"buyer": buyer.name}
        audit.record("payments.bill.readdressed", by=by.id, on=("bill", bill.id), before=before, after=told)
    if to_issue:
        issue(bill, by=by)
    return True


def _reckon(bill: Bill, *, by: Account | None, action: str) -> None:
    before = {"gross_cents": bill.gross_cents}
    db.session.expire(bill, ["lines"])
    net, vat = sum(line.net_cents for line in bill.lines), vat_total(bill.lines)
    bill.net_cents, bill.vat_cents, bill.gross_cents = net, vat, net + vat
    db.session.flush()
    after = {"gross_cents": bill.gross_cents}
    audit.record(action, by=by.id if by else None, on=("bill", bill.id), before=before, after=after)


def settle_free(bill_id: UUID, *, by: Account) -> Bill:
    """P10: issue a bill of nothing and count it as paid, without any attempt; done twice it changes nothing."""
    bill = locked(bill_id)
    if bill.state is BillState.PAID:
        return bill
    if bill.gross_cents or bill.state is not BillState.DRAFT:
        raise NotFree(way_out=WayOut(_l("See the bill"), "payments.outcome", {"bill_id": bill.id}))
    issue(bill, by=by, settled={"on": clock.today().isoformat(), "method": FREE})
    move(bill, BillState.PAID)
    bill.paid_at = clock.now()
    audit.record("payments.bill.settled_free", by=by.id, on=("bill", bill.id), after={"number": bill.number})
    db.session.flush()
    publish(
        BillPaid(
            bill_id=bill.id,
            person_id=bill.person_id,
            subject_type=bill.subject_type,
            subject_id=bill.subject_id,
            paid_at=bill.paid_at,
        )
    )
    return bill
