"""What was billed, as the demo tells it to the books; what it was billed for comes from above."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from app.payments.models import Method
from app.payments.services import Buyer


@dataclass(frozen=True)
class DemoBill:
    """Something that was billed on a day: paid then or later, still open, or taken back by a credit note.

    One that is not `issued` is still to be paid at the payment page; with `by_transfer` it waits for the bank.
    """

    id: UUID
    person_id: UUID
    subject: tuple[str, UUID]
    description: str
    net_cents: int
    vat_code: str
    buyer: Buyer
    day: date
    period: tuple[date, date] | None = None
    term: str = ""
    in_languages: Mapping[str, str] | None = None
    due_on: date | None = None
    issued: bool = True
    by_transfer: bool = False
    paid_on: date | None = None
    method: Method | None = None
    credited_on: date | None = None
    cause: str = ""
    reason: str = ""
