"""Taking an issued bill back, wholly or in part: by a credit note of its own series, never by an edit (P5, P6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from app.accounts.models import Account
from app.audit import services as audit
from app.core import clock
from app.core.db import db, forget_loaded
from app.core.errors import Refusal
from app.core.events import publish
from app.core.i18n import _, _l, speaking
from app.jobs import services as jobs
from app.payments import queries, settings
from app.payments.events import BillCredited, CreditNoteIssued
from app.payments.models import Bill, BillState, CreditNote, CreditNoteLine
from app.payments.queries import VatPart, in_proportion, vat_within
from app.payments.services.bills import locked, move, next_numbers
from app.payments.services.deriving import derive


class NothingToCredit(Refusal):
    """A bill without a number is withdrawn, not credited."""

    message = _l("This bill was not issued, so there is nothing to credit. It can be withdrawn.")


class TooMuchCredited(Refusal):
    """Credit notes never take back more than the invoice said."""

    message = _l("That is more than is left of this invoice.")


def credit(bill: Bill, *, gross_cents: int, cause: str, reason: str, by: Account | None) -> CreditNote:
    """Take back so much of an issued bill, VAT included; the same cause asked for again returns the first note.

    The number is taken in this transaction, so that the series has no gaps. When nothing is left of the bill, it is
    credited, paid or not. `queries.creditable(bill)` tells how much there is to take back.
    """
    bill = locked(bill.id)
    earlier = queries.credit_note_for(cause)
    if earlier is not None:
        return earlier
    if bill.number is None:
        raise NothingToCredit
    left = queries.creditable(bill)
    if not 0 < gross_cents <= left:
        raise TooMuchCredited
    whole = queries.vat_parts(bill.lines)
    parts = share(whole, queries.credited_parts(bill), gross_cents)
    note = _written(bill, parts, cause=cause, reason=reason, by=by, at_once=gross_cents == bill.gross_cents)
    audit.record(
        "payments.credit_note.issued",
        by=by.id if by else None,
        on=("bill", bill.id),
        after={"credit_note": note.number, "gross_cents": gross_cents, "reason": reason},
    )
    jobs.enqueue("payments.keep_credit_note", key=f"credit_note:{note.id}", payload={"credit_note_id": str(note.id)})
    publish(CreditNoteIssued(credit_note_id=note.id, bill_id=bill.id, person_id=bill.person_id))
    if gross_cents == left:
        _close(bill)
    derive(bill, by=by)
    return note


def _close(bill: Bill) -> None:
    move(bill, BillState.CREDITED)
    db.session.flush()
    publish(
        BillCredited(
            bill_id=bill.id, person_id=bill.person_id, subject_type=bill.subject_type, subject_id=bill.subject_id
        )
    )


def share(whole: Sequence[VatPart], credited: Sequence[VatPart], gross_cents: int) -> list[VatPart]:
    """Divide an amount to take back over the VAT codes of a bill, in proportion to what is left of each.

    The VAT of a part is reckoned over all that was taken back of its code so far, less what was there already: so the
    notes together come to the bill's own VAT to the cent, and the last one takes the rest.
    """
    before = {part.code: [done for done in credited if done.code == part.code] for part in whole}
    left = [part.gross_cents - sum(done.gross_cents for done in before[part.code]) for part in whole]
    shares = in_proportion(gross_cents, left)
    parts = []
    for part, taken in zip(whole, shares, strict=True):
        if not taken:
            continue
        earlier = sum(done.gross_cents for done in before[part.code])
        vat = vat_within(part, earlier + taken) - sum(done.vat_cents for done in before[part.code])
        parts.append(VatPart(part.code, part.basis_points, taken - vat, vat, part.legal_ground))
    return parts


def _written(
    bill: Bill, parts: Sequence[VatPart], *, cause: str, reason: str, by: Account | None, at_once: bool
) -> CreditNote:
    today = clock.today()
    net, vat = sum(part.net_cents for part in parts), sum(part.vat_cents for part in parts)
    (number,) = next_numbers(f"C{today.year}", 1)
    note = CreditNote(
        bill_id=bill.id,
        number=f"C{today.year}-{number:05d}",
        cause=cause,
        reason=reason,
        issued_at=clock.now(),
        issued_on=today,
        net_cents=net,
        vat_cents=vat,
        gross_cents=net + vat,
        vat=[asdict(part) for part in parts],
        seller=settings.seller_snapshot(),
        created_by=by.id if by else None,
        lines=_lines_of(bill) if at_once else _lines_for(bill, parts),
    )
    db.session.add(note)
    db.session.flush()
    forget_loaded(Bill, bill.id, "credit_notes")
    return note


def _lines_of(bill: Bill) -> list[CreditNoteLine]:
    """Take back the bill line by line."""
    return [
        CreditNoteLine(
            position=line.position,
            description=line.description,
            quantity=line.quantity,
            unit_net_cents=line.unit_net_cents,
            net_cents=line.net_cents,
            vat_code=line.vat_code,
            vat_basis_points=line.vat_basis_points,
            legal_ground=line.legal_ground,
        )
        for line in bill.lines
    ]


def _lines_for(bill: Bill, parts: Sequence[VatPart]) -> list[CreditNoteLine]:
    """Take back a part of the bill: one line per VAT code, named after what was billed under it."""
    return [
        CreditNoteLine(
            position=position,
            description=_part_of(bill, part),
            quantity=1,
            unit_net_cents=part.net_cents,
            net_cents=part.net_cents,
            vat_code=part.code,
            vat_basis_points=part.basis_points,
            legal_ground=part.legal_ground,
        )
        for position, part in enumerate(parts, start=1)
    ]


def _part_of(bill: Bill, part: VatPart) -> str:
    first = next(line.description for line in bill.lines if line.vat_code == part.code)
    with speaking(bill.locale):
        return _("Part of: %(what)s", what=first)
