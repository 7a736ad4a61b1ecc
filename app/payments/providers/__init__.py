"""Payment providers behind one interface: they make a checkout, and tell the facts of one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol, cast
from uuid import UUID

from flask import Flask, current_app

from app.core.errors import Refusal
from app.core.i18n import _l
from app.payments.models import AttemptState, DisputeState, LedgerKind, Method


@dataclass(frozen=True)
class Order:
    """What a provider needs to know to take a payment; made from the attempt, so that asking again is the same."""

    attempt_id: UUID
    bill_id: UUID
    idempotency_key: str
    amount_cents: int
    method: Method
    description: str
    email: str
    locale: str
    return_url: str
    cancel_url: str
    save_method: bool = False
    """P8: the payer agreed that later bills are charged to what this one is paid with."""


@dataclass(frozen=True)
class RefundRequest:
    """Money to send back of one payment; `idempotency_key` comes from the refund order, so asking twice sends once."""

    refund_id: UUID
    checkout_reference: str
    payment_reference: str
    amount_cents: int
    idempotency_key: str


@dataclass(frozen=True)
class SavedMethodFact:
    """P8: something to charge later bills to, as the provider knows it; `label` is what its owner knows it by."""

    customer: str
    reference: str
    method: Method
    label: str
    mandate: str = ""


@dataclass(frozen=True)
class Charge:
    """P8: a bill to charge to a saved method while nobody is at a page."""

    attempt_id: UUID
    bill_id: UUID
    idempotency_key: str
    amount_cents: int
    description: str
    customer: str
    method_reference: str
    method: Method


@dataclass(frozen=True)
class Checkout:
    """A page of the provider on which an order can be paid."""

    reference: str
    url: str
    expires_at: datetime


@dataclass(frozen=True)
class Fact:
    """Money that moved, as the provider knows it: signed, uniquely named by reference and kind."""

    kind: LedgerKind
    reference: str
    amount_cents: int
    currency: str
    occurred_at: datetime
    method: str = ""


class RefundState(StrEnum):
    """How far sending money back came."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True)
class RefundFact:
    """One refund as the provider knows it, made by us (`refund_id`) or by hand in its own dashboard (None).

    What it moved is in the entries: a refund, and its reversal when it failed after all.
    """

    reference: str
    payment_reference: str
    refund_id: UUID | None
    state: RefundState
    amount_cents: int
    failure: str = ""


@dataclass(frozen=True)
class DisputeFact:
    """P6: a payer, or the payer's bank, takes the money back."""

    reference: str
    payment_reference: str
    state: DisputeState
    amount_cents: int
    reason: str
    answer_by: datetime | None


@dataclass(frozen=True)
class Movement:
    """One line of the provider's own account with us, for the nightly comparison with the ledger (P9).

    `source` is what the ledger calls the same movement; `payment_reference` is what `fetch` finds it under.
    """

    reference: str
    kind: LedgerKind
    source: str
    payment_reference: str
    amount_cents: int
    currency: str
    occurred_at: datetime


@dataclass(frozen=True)
class Facts:
    """Everything the provider knows now of one checkout; the only thing that changes the state of a payment (P3)."""

    provider: str
    reference: str
    attempt_id: UUID | None
    state: AttemptState
    url: str | None = None
    expires_at: datetime | None = None
    method: str = ""
    failure: str = ""
    entries: tuple[Fact, ...] = ()
    refunds: tuple[RefundFact, ...] = ()
    disputes: tuple[DisputeFact, ...] = ()
    saved_method: SavedMethodFact | None = None


@dataclass(frozen=True)
class Hook:
    """A message of a provider that proved its origin: which checkout to look at, and its text for the record."""

    id: str
    provider: str
    type: str
    api_version: str
    created: datetime
    reference: str
    payload: dict[str, object]


class Provider(Protocol):
    """What every provider does."""

    name: str
    prefixes: tuple[str, ...]
    pages: str
    """The origin of the pages it sends people to; empty when they are the portal's own."""

    def create(self, order: Order) -> Checkout:
        """Make the checkout of this order, or return the one made before under the same idempotency key."""

    def fetch(self, reference: str) -> Facts | None:
        """Tell the facts of a checkout, or of a charge of ours; None when the provider knows no such thing."""

    def refund(self, request: RefundRequest) -> str:
        """Ask for money to be sent back, and return the provider's name for that; the facts tell what became of it."""

    def charge(self, charge: Charge) -> str:
        """Charge a saved method, and return the reference under which `fetch` tells how that went (P8)."""

    def forget(self, customer: str, method_reference: str) -> None:
        """Make a saved method useless; one that is gone already is fine (P8)."""

    def hooks_since(self, moment: datetime) -> Iterator[Hook]:
        """Tell the messages sent since a moment, for those that never arrived."""

    def movements_since(self, moment: datetime) -> Iterator[Movement]:
        """Tell the lines of our account with the provider since a moment."""


class ProviderUnavailable(Refusal):
    """The provider can't be reached or is at fault; asking again later may help, and asks for the same thing."""

    status = 503
    message = _l(
        "The payment page cannot be reached at the moment. Please try again in a few minutes, or pay by transfer."
    )


class OrderRefused(Refusal):
    """The provider will never take this order as it stands."""

    message = _l("This payment could not be started. Please try again, or pay by bank transfer.")


class HookRefused(Exception):  # noqa: N818  an answer, not an error
    """A message that does not prove its origin, or not now; nothing of it is kept."""


def register(app: Flask, *providers: Provider) -> None:
    """Give an application its providers; the first one takes new payments."""
    app.extensions["payment_providers"] = providers


@contextmanager
def only(name: str) -> Iterator[None]:
    """Let one provider be all there is for a while: what is made up happens nowhere but at the test bank."""
    all_of_them = _known()
    app = current_app
    register(app, *(one for one in all_of_them if one.name == name))
    try:
        yield
    finally:
        register(app, *all_of_them)


def _known() -> tuple[Provider, ...]:
    return cast("tuple[Provider, ...]", current_app.extensions["payment_providers"])


def everyone() -> tuple[Provider, ...]:
    """Return every provider that payments may have come through."""
    return _known()


def accepting() -> bool:
    """Say whether payments through a provider are possible at all; transfers always are."""
    return bool(_known())


def preferred() -> Provider:
    """Return the provider that takes new payments."""
    if not accepting():
        raise ProviderUnavailable
    return _known()[0]


def named(name: str) -> Provider | None:
    """Return a provider by name; None for one that is no longer configured."""
    return next((one for one in _known() if one.name == name), None)


def of(reference: str) -> Provider | None:
    """Return the provider that gave this reference."""
    return next((one for one in _known() if reference.startswith(one.prefixes)), None)
