"""What payments write: invoice and credit note, how to transfer, and what came back or went back. One mail per fact."""

from __future__ import annotations

from typing import Any

from stdnum import iban, iso11649

from app.accounts import queries as accounts
from app.core import clock
from app.core.i18n import speaking
from app.mail import services as mail
from app.mail.rendering import link
from app.payments import queries, services
from app.payments.events import (
    ArchiveLongAwaited,
    BillPaid,
    BillReminded,
    BillShort,
    CreditNoteIssued,
    MoneyReturned,
    PaymentFailed,
    TransferChosen,
    VatDecided,
)
from app.payments.models import Bill, LedgerKind
from app.payments.services import credit_note_filename, invoice_filename
from app.payments.services.documents import PDF


def payment_received(event: BillPaid) -> None:
    """Confirm that a bill is paid, with the invoice; of a bill of nothing the welcome tells enough (P10)."""
    bill = queries.bill_at_hand(event.bill_id)
    if not bill.gross_cents:
        return
    _post("payments/payment_received", bill, page=link("payments.outcome", bill_id=bill.id), attached=_invoice_of(bill))


def transfer_instructions(event: TransferChosen) -> None:
    """Tell how to pay by bank transfer, with the invoice."""
    bill = queries.bill_at_hand(event.bill_id)
    assert bill.seller is not None
    _post(
        "payments/transfer_instructions",
        bill,
        page=link("payments.transfer", bill_id=bill.id),
        attached=_invoice_of(bill),
        iban=iban.format(bill.seller["iban"]),
        seller=bill.seller,
    )


def payment_failed(event: PaymentFailed) -> None:
    """Tell that a debit was refused, and lead to another way to pay."""
    bill = queries.bill_at_hand(event.bill_id)
    page = link("payments.pay", bill_id=bill.id)
    _post("payments/payment_failed", bill, page=page, key=str(event.attempt_id))


def credit_note_sent(event: CreditNoteIssued) -> None:
    """Send the credit note, since the buyer's books need it."""
    note = queries.credit_note_at_hand(event.credit_note_id)
    attached = mail.Reference(credit_note_filename(note), PDF, "credit_note", str(note.id))
    page = link("payments.outcome", bill_id=note.bill_id)
    _post("payments/credit_note", note.bill, page=page, key=str(note.id), attached=attached, note=note)


def money_returned(event: MoneyReturned) -> None:
    """Tell that what came in beyond what was due goes back; with a credit note that mail tells it."""
    bill = queries.bill_at_hand(event.bill_id)
    page = link("payments.outcome", bill_id=bill.id)
    _post("payments/money_returned", bill, page=page, key=str(event.entry_id), amount=event.amount_cents)


def payment_taken_back(event: BillShort) -> None:
    """Tell that a payment was taken back and the bill is open again; once for each time that happens."""
    bill = queries.bill_at_hand(event.bill_id)
    times = sum(entry.kind is LedgerKind.DISPUTE for entry in bill.entries)
    page = link("payments.pay", bill_id=bill.id)
    amount = services.left_to_pay(bill)
    _post("payments/payment_taken_back", bill, page=page, key=f"{bill.id}:{times}", amount=amount)


def vat_decided(event: VatDecided) -> None:
    """Tell a buyer from abroad which VAT applies and that the bill can be paid; with the invoice if it is issued."""
    bill = queries.bill_at_hand(event.bill_id)
    attached = _invoice_of(bill) if bill.number else None
    _post("payments/vat_decided", bill, page=link("payments.pay", bill_id=bill.id), attached=attached)


def reminder(event: BillReminded) -> None:
    """Remind of an overdue bill in the words of its level, with all that paying takes and the invoice."""
    bill = queries.bill_at_hand(event.bill_id)
    addressee = queries.addressee_of(bill)
    assert bill.seller is not None
    due, locale = services.left_to_pay(bill), addressee.locale if addressee else bill.locale
    with speaking(locale):
        told = queries.told(queries.level(event.level).texts, bill, due, clock.today(), locale)
    _post(
        "payments/reminder",
        bill,
        page=link("payments.pay", bill_id=bill.id),
        key=f"{bill.id}:{event.level}",
        attached=_invoice_of(bill),
        told=told,
        due=due,
        iban=iban.format(bill.seller["iban"]),
        seller=bill.seller,
    )


def archive_done(event: ArchiveLongAwaited) -> None:
    """Tell whoever asked for a zip of invoices, and left its page, that it is ready or could not be made (P9)."""
    archive = queries.archive(event.archive_id)
    account = accounts.account(archive.created_by)
    again = "payments_bureau.archive" if archive.finished_at else "payments_bureau.archives"
    mail.post(
        template="payments/archive_done",
        to=account.email,
        name=account.name,
        locale=account.locale,
        account_id=account.id,
        key=f"payments/archive_done:{archive.id}",
        values={"archive": archive, "page": link(again, **({"id": archive.id} if archive.finished_at else {}))},
    )


def _invoice_of(bill: Bill) -> mail.Reference:
    return mail.Reference(invoice_filename(bill), PDF, "invoice", str(bill.id))


def _post(
    template: str,
    bill: Bill,
    *,
    page: str,
    key: str | None = None,
    attached: mail.Reference | None = None,
    **values: Any,
) -> None:
    to = queries.addressee_of(bill)
    if to is None:
        return
    cause = "" if to.account_id else f":{bill.subject_id}"
    mail.post(
        template=template,
        to=to.email,
        name=to.name,
        locale=to.locale,
        account_id=to.account_id,
        about_id=to.about_id,
        key=f"{template}:{key or bill.id}{cause}",
        values={"bill": bill, "reference": iso11649.format(bill.rf_reference), "page": to.page or page, **values},
        attachments=[attached] if attached else [],
    )
