"""Charging a bill to a saved method while nobody is at a page (P8), and never without a logged notice (M8)."""

from __future__ import annotations

from uuid import UUID

from app.core.db import atomic, db, forget_reads, in_atomic
from app.core.errors import Refusal
from app.core.i18n import _l
from app.payments import providers
from app.payments.models import Attempt, AttemptState, SavedCharge, SavedMethod
from app.payments.providers import Charge, OrderRefused, ProviderUnavailable
from app.payments.services.bills import locked
from app.payments.services.methods import saved_method_of
from app.payments.services.paying import BeingPaid, begin_attempt, going_on
from app.payments.services.settling import advance, converge, tell_of_failure


class NothingToCharge(Refusal):
    """P8: this person has not agreed to charges, or withdrew that."""

    message = _l("There is no saved payment method to charge.")


class NoticeMissing(Refusal):
    """M8: nothing is charged of which no notice was logged."""

    message = _l("Nothing is charged before a notice was sent.")


def charge_saved(bill_id: UUID, *, notice_id: UUID | None) -> Attempt:
    """P8: charge what is left of a bill to its person's saved method, and return the attempt as it then stands.

    `notice_id` names the logged notice that announced this charge (M8); without it nothing happens. Asked again after
    a crash anywhere, it goes on with the same attempt under the same key. Raises NothingToCharge, NoticeMissing,
    NotPayable (nothing left to pay) and BeingPaid (somebody is at a payment page, or a payment is being processed),
    and ProviderUnavailable, after which the same call may be made again. A refusal by the bank is no exception: the
    attempt has failed and ChargeFailed was published.
    """
    if in_atomic():
        raise RuntimeError("a provider is never asked inside a transaction")
    if notice_id is None:
        raise NoticeMissing
    with atomic():
        attempt, method = _start(bill_id, notice_id)
        charge = Charge(
            attempt_id=attempt.id,
            bill_id=bill_id,
            idempotency_key=attempt.idempotency_key,
            amount_cents=attempt.amount_cents,
            description=attempt.bill.lines[0].description,
            customer=method.customer,
            method_reference=method.reference,
            method=method.method,
        )
    provider = providers.named(attempt.provider)
    if provider is None:
        raise ProviderUnavailable
    try:
        reference = provider.charge(charge)
    except OrderRefused as refusal:
        with atomic():
            _refused(charge.attempt_id, str(refusal.__cause__ or type(refusal).__name__))
    else:
        with atomic():
            _begun(charge.attempt_id, reference)
        converge(reference)
    forget_reads()
    return db.session.get_one(Attempt, charge.attempt_id, populate_existing=True)


def _start(bill_id: UUID, notice_id: UUID) -> tuple[Attempt, SavedMethod]:
    bill = locked(bill_id)
    method = saved_method_of(bill.person_id)
    if method is None:
        raise NothingToCharge
    earlier = going_on(bill)
    if earlier is not None:
        charge = db.session.get(SavedCharge, earlier.id)
        if charge is None or charge.saved_method_id != method.id or earlier.reference is not None:
            raise BeingPaid
        return earlier, method
    attempt = begin_attempt(bill, provider=method.provider, method=method.method, by=None, locale=bill.locale)
    db.session.add(SavedCharge(attempt_id=attempt.id, saved_method_id=method.id, notice_id=notice_id))
    db.session.flush()
    return attempt, method


def _begun(attempt_id: UUID, reference: str) -> None:
    attempt = db.session.get_one(Attempt, attempt_id, with_for_update={"of": Attempt}, populate_existing=True)
    attempt.reference = attempt.reference or reference
    advance(attempt, AttemptState.OPEN)


def _refused(attempt_id: UUID, why: str) -> None:
    attempt = db.session.get_one(Attempt, attempt_id, populate_existing=True)
    bill = locked(attempt.bill_id)
    db.session.refresh(attempt, with_for_update={"of": Attempt})
    if advance(attempt, AttemptState.FAILED, failure=why[:200]):
        tell_of_failure(attempt, bill, took_days=False)
