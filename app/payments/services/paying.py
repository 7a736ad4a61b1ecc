"""Beginning to pay: one open attempt per bill, made at the provider between two transactions; or a transfer (P2)."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select

from app.accounts.models import Account
from app.audit import services as audit
from app.core import clock
from app.core.db import atomic, db
from app.core.errors import Refusal, WayOut
from app.core.events import publish
from app.core.i18n import _l
from app.payments import providers
from app.payments.events import TransferChosen
from app.payments.models import (
    OPEN_ATTEMPTS,
    Attempt,
    AttemptState,
    Bill,
    BillState,
    LedgerEntry,
    LedgerKind,
    Method,
    SavedCharge,
)
from app.payments.providers import Checkout, Order, OrderRefused
from app.payments.services.bills import issue, locked
from app.payments.services.deriving import left_to_pay
from app.payments.services.ledger import enter
from app.payments.services.methods import agree, agreed, disagree
from app.payments.services.settling import advance, converge

PAYABLE = (BillState.DRAFT, BillState.ISSUED, BillState.SHORT)
KEY_IS_GOOD_FOR = timedelta(hours=23)
BANK = "bank"


class NotPayable(Refusal):
    """P4: there is nothing left to pay, or nothing may be paid any more."""

    message = _l("There is nothing left to pay on this bill.")


class BeingPaid(Refusal):
    """P4: a payment of this bill is on its way; a second one would have to be sent back."""

    message = _l("A payment of this bill is being processed. You do not need to pay again.")


class VatUndecided(Refusal):
    """What is to be paid is known once somebody has decided which VAT applies."""

    message = _l("We are still settling which VAT applies to your company. You get a mail as soon as you can pay.")


class AlreadyBooked(Refusal):
    """A line of a bank statement is booked once."""

    message = _l("This bank reference is already booked. Check the statement and the bill it belongs to.")


def open_attempt(bill_id: UUID) -> Attempt | None:
    """Return the attempt that is still open, if any; the index allows no second."""
    return db.session.scalar(
        select(Attempt)
        .where(Attempt.bill_id == bill_id, Attempt.state.in_(OPEN_ATTEMPTS))
        .execution_options(populate_existing=True)
    )


def close_page(bill_id: UUID) -> bool:
    """Close the payment page that is open for a bill whose amount changes; False when the bank is at it already."""
    attempt = open_attempt(bill_id)
    if attempt is not None:
        if attempt.state is AttemptState.PROCESSING:
            return False
        advance(attempt, AttemptState.EXPIRED)
        db.session.flush()
    return True


def is_being_paid(bill: Bill) -> bool:
    """Say whether somebody is at the provider's page for this bill, or a payment of it is being processed."""
    return open_attempt(bill.id) is not None


def start_attempt(
    bill_id: UUID, *, method: Method, by: Account | None, locale: str = "nl", consent: str = ""
) -> Attempt:
    """Return the open attempt of a bill, or begin one; the first of the two transactions of a payment.

    `consent` is what the payer agreed to about later bills, word for word (P8). A page that is open already keeps what
    was agreed when it was made; going on with it without the consent takes that back.
    """
    bill = locked(bill_id)
    attempt = going_on(bill)
    if attempt is not None:
        if db.session.get(SavedCharge, attempt.id) is not None:
            raise BeingPaid(way_out=_to_outcome(bill.id))
        if not consent:
            disagree(attempt)
        return attempt
    attempt = begin_attempt(bill, provider=providers.preferred().name, method=method, by=by, locale=locale)
    if consent:
        agree(attempt, consent)
    return attempt


def begin_attempt(bill: Bill, *, provider: str, method: Method, by: Account | None, locale: str) -> Attempt:
    """Begin an attempt at what is left of a locked bill, which has none open."""
    attempt_id = uuid.uuid4()
    seq = (db.session.scalar(select(func.max(Attempt.seq)).where(Attempt.bill_id == bill.id)) or 0) + 1
    attempt = Attempt(
        id=attempt_id,
        bill_id=bill.id,
        seq=seq,
        provider=provider,
        method=method,
        state=AttemptState.CREATED,
        amount_cents=left_to_pay(bill),
        idempotency_key=f"checkout-{attempt_id}",
        locale=locale,
    )
    db.session.add(attempt)
    db.session.flush()
    audit.record(
        "payments.attempt.started",
        by=by.id if by else None,
        on=("bill", bill.id),
        after={"method": method.value, "seq": seq},
    )
    return attempt


def going_on(bill: Bill) -> Attempt | None:
    """Return the attempt to go on with, closing one that never got a page; refuse when the bill needs no payment."""
    if bill.state not in PAYABLE or not left_to_pay(bill):
        raise NotPayable(way_out=_to_outcome(bill.id))
    if bill.vat_pending:
        raise VatUndecided(way_out=_to_outcome(bill.id))
    attempt = open_attempt(bill.id)
    if attempt is None:
        return None
    if attempt.state is AttemptState.PROCESSING:
        raise BeingPaid(way_out=_to_outcome(bill.id))
    if attempt.reference is None and attempt.created_at < clock.now() - KEY_IS_GOOD_FOR:
        advance(attempt, AttemptState.EXPIRED)
        db.session.flush()
        return None
    return attempt


def _to_outcome(bill_id: UUID) -> WayOut:
    return WayOut(_l("See how it stands"), "payments.outcome", {"bill_id": bill_id})


def keep_checkout(attempt_id: UUID, checkout: Checkout) -> Attempt:
    """Write down where an attempt can be paid; the second of the two transactions."""
    attempt = db.session.scalars(
        select(Attempt).where(Attempt.id == attempt_id).with_for_update().execution_options(populate_existing=True)
    ).one()
    if attempt.reference is None:
        attempt.reference, attempt.url, attempt.expires_at = checkout.reference, checkout.url, checkout.expires_at
    advance(attempt, AttemptState.OPEN)
    return attempt


def give_up(attempt_id: UUID, reason: str) -> None:
    """Close an attempt that the provider refused for good, so that the next try is a new one."""
    attempt = db.session.get_one(Attempt, attempt_id, with_for_update=True, populate_existing=True)
    advance(attempt, AttemptState.FAILED, failure=reason)


def pay(
    bill_id: UUID,
    *,
    method: Method,
    by: Account | None,
    email: str,
    locale: str,
    back: tuple[str, str],
    consent: str = "",
) -> str:
    """Return the address of the provider's page on which a bill is paid; `back` is where it returns to, paid and not.

    Asked again, from two tabs or after a crash anywhere in between, it leads to the same page. `consent` is what the
    payer agreed to about charging later bills, word for word; empty when they did not (P8).
    """
    earlier = open_attempt(bill_id)
    if earlier and earlier.reference and earlier.expires_at and earlier.expires_at <= clock.now():
        converge(earlier.reference)
    with atomic():
        attempt = start_attempt(bill_id, method=method, by=by, locale=locale, consent=consent)
        order = _order_of(attempt, email, back)
    if attempt.url:
        return attempt.url
    provider = providers.named(attempt.provider) or providers.preferred()
    try:
        checkout = provider.create(order)
    except OrderRefused as refusal:
        with atomic():
            give_up(attempt.id, type(refusal).__name__)
        raise
    with atomic():
        keep_checkout(attempt.id, checkout)
    return checkout.url


def _order_of(attempt: Attempt, email: str, back: tuple[str, str]) -> Order:
    return Order(
        attempt_id=attempt.id,
        bill_id=attempt.bill_id,
        idempotency_key=attempt.idempotency_key,
        amount_cents=attempt.amount_cents,
        method=attempt.method,
        description=attempt.bill.lines[0].description,
        email=email,
        locale=attempt.locale,
        return_url=back[0],
        cancel_url=back[1],
        save_method=agreed(attempt.id),
    )


def choose_transfer(bill_id: UUID, *, by: Account | None) -> Bill:
    """Issue a bill because it will be paid by bank transfer, and tell how (P2); choosing it again changes nothing."""
    bill = locked(bill_id)
    if bill.transfer_chosen_at is not None and bill.state in PAYABLE:
        return bill
    going_on(bill)
    issue(bill, by=by)
    bill.transfer_chosen_at = clock.now()
    audit.record(
        "payments.transfer.chosen", by=by.id if by else None, on=("bill", bill.id), after={"number": bill.number}
    )
    publish(TransferChosen(bill_id=bill.id, person_id=bill.person_id))
    return bill


def book_transfer(bill_id: UUID, *, amount_cents: int, received_at: datetime, reference: str, by: Account) -> Bill:
    """Book money that came in at the bank (P4): it counts like any other; the same statement line counts once."""
    bill = locked(bill_id)
    enter_transfer(bill, amount_cents=amount_cents, received_at=received_at, reference=reference, by=by)
    return bill


def enter_transfer(bill: Bill, *, amount_cents: int, received_at: datetime, reference: str, by: Account) -> None:
    """Do so for a bill that is locked already."""
    new = enter(
        bill,
        kind=LedgerKind.TRANSFER,
        amount_cents=amount_cents,
        provider=BANK,
        reference=reference,
        method=Method.TRANSFER,
        occurred_at=received_at,
        by=by,
    )
    if not new and not _is_booked(bill, amount_cents, received_at, reference):
        raise AlreadyBooked


def _is_booked(bill: Bill, amount_cents: int, received_at: datetime, reference: str) -> bool:
    """Say whether exactly this was booked before."""
    earlier = select(LedgerEntry.id).where(
        LedgerEntry.provider == BANK,
        LedgerEntry.reference == reference,
        LedgerEntry.kind == LedgerKind.TRANSFER,
        LedgerEntry.bill_id == bill.id,
        LedgerEntry.amount_cents == amount_cents,
        LedgerEntry.occurred_at == received_at,
    )
    return db.session.scalar(earlier) is not None
