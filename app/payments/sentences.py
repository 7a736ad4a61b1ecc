"""How what happens to bills reads in the audit log (B6)."""

from __future__ import annotations

from uuid import UUID

from app.audit import services as audit
from app.audit.services import Field, ObjectKind, Page, Thing
from app.audit.values import choice, day, money
from app.core.i18n import _l
from app.core.money import format_money
from app.core.permissions import Permission
from app.payments import queries, shown

SENTENCES = {
    "payments.bill.drawn_up": (
        _l("Bill drawn up"),
        _l("%(actor)s drew up a bill of %(gross_cents)s for %(person)s"),
    ),
    "payments.bill.issued": (_l("Invoice issued"), _l("%(actor)s issued invoice %(number)s to %(person)s")),
    "payments.bill.voided": (_l("Bill withdrawn"), _l("%(actor)s withdrew a bill for %(person)s")),
    "payments.bill.paid": (_l("Invoice paid"), _l("Invoice %(number)s of %(person)s is paid")),
    "payments.credit_note.issued": (
        _l("Credit note issued"),
        _l("%(actor)s credited %(gross_cents)s to %(person)s with credit note %(credit_note)s"),
    ),
    "payments.archive.ordered": (
        _l("Invoices downloaded"),
        _l("%(actor)s asked for a zip of the invoices from %(first_on)s to %(last_on)s"),
    ),
    "payments.vat.decided": (
        _l("VAT decided"),
        _l("%(actor)s decided the VAT of a bill of %(person)s: %(vat)s"),
    ),
    "payments.vat.remembered": (
        _l("VAT as decided before"),
        _l("%(actor)s let a bill of %(person)s carry the VAT that was decided before: %(vat)s"),
    ),
    "payments.vat.revised": (
        _l("VAT decision changed"),
        _l("%(actor)s changed what later bills of %(person)s carry: %(vat)s"),
    ),
    "payments.vat.forgotten": (
        _l("VAT decision forgotten"),
        _l("%(actor)s let the next bill of %(person)s ask which VAT applies"),
    ),
    "payments.bill.buyer_forgotten": (
        _l("Buyer forgotten"),
        _l("Who a bill without a number was for is forgotten: %(person)s"),
    ),
    "payments.bill.reduced": (
        _l("Bill reduced"),
        _l("%(actor)s used a code: the bill of %(person)s comes to %(gross_cents)s"),
    ),
    "payments.bill.readdressed": (
        _l("Bill readdressed"),
        _l("%(actor)s let a bill of %(person)s go to %(buyer)s"),
    ),
    "payments.bill.addressed": (
        _l("Invoice address filled in"),
        _l("The guest who pays a bill told where the invoice goes"),
    ),
    "payments.bill.restored": (
        _l("Reduction taken off"),
        _l("%(actor)s took a code off: the bill of %(person)s comes to %(gross_cents)s"),
    ),
    "payments.bill.settled_free": (
        _l("Settled without money"),
        _l("%(actor)s settled invoice %(number)s of %(person)s, on which nothing was to be paid"),
    ),
    "payments.attempt.started": (
        _l("Payment begun"),
        _l("%(actor)s began to pay a bill by %(method)s"),
    ),
    "payments.transfer.chosen": (
        _l("Bank transfer chosen"),
        _l("%(actor)s chose to pay invoice %(number)s by bank transfer"),
    ),
    "payments.ledger.payment": (
        _l("Payment received"),
        _l("%(actor)s reported a payment of %(amount_cents)s by %(person)s"),
    ),
    "payments.ledger.transfer": (
        _l("Transfer booked"),
        _l("%(actor)s booked a transfer of %(amount_cents)s by %(person)s, %(reference)s"),
    ),
    "payments.refund.ordered": (
        _l("Refund ordered"),
        _l("%(actor)s ordered a refund of %(amount_cents)s to %(person)s: %(reason)s"),
    ),
    "payments.refund.cancelled": (
        _l("Refund taken back"),
        _l("%(actor)s took back the refund of %(amount_cents)s to %(person)s before it was sent"),
    ),
    "payments.refund.unbooked": (
        _l("Refund waits again"),
        _l("%(actor)s undid the booking of a refund of %(amount_cents)s to %(person)s, which waits to be sent again"),
    ),
    "payments.surplus.moved": (
        _l("Payment booked elsewhere"),
        _l("%(actor)s booked %(amount_cents)s of a payment by %(person)s on another bill"),
    ),
    "payments.mismatch.accepted": (
        _l("Payment booked as it came"),
        _l("%(actor)s booked %(amount_cents)s from %(person)s, though another amount was asked"),
    ),
    "payments.method.saved": (
        _l("Automatic payment agreed"),
        _l("%(actor)s agreed that later bills are charged to %(label)s"),
    ),
    "payments.method.withdrawn": (
        _l("Automatic payment withdrawn"),
        _l("%(actor)s withdrew the permission to charge %(label)s"),
    ),
    "payments.task.opened": (_l("Payment task opened"), _l("A payment by %(person)s needs a person: %(kind)s")),
    "payments.task.closed": (_l("Payment task closed"), _l("%(actor)s closed a payment task: %(resolution)s")),
}
BANK_SENTENCES = {
    "payments.bank_file.taken_in": (_l("Statement handed in"), _l("%(actor)s handed in the bank file %(name)s")),
    "payments.bank_file.read": (
        _l("Statement read"),
        _l("The bank file %(object)s was read: %(lines_new)s new lines of %(lines_total)s"),
    ),
    "payments.bank_file.refused": (
        _l("Statement refused"),
        _l("The bank file %(object)s could not be read: %(refused_why)s"),
    ),
    "payments.bank_line.matched": (
        _l("Bank line booked by itself"),
        _l("The portal booked %(object)s by its reference, from a file of %(actor)s"),
    ),
    "payments.bank_line.booked": (_l("Bank line booked"), _l("%(actor)s booked %(object)s")),
    "payments.bank_line.linked": (
        _l("Bank line recognised"),
        _l("%(actor)s recognised %(object)s as booked by hand before"),
    ),
    "payments.bank_line.set_aside": (_l("Bank line set aside"), _l("%(actor)s set %(object)s aside: %(remark)s")),
    "payments.bank_line.undone": (_l("Bank line taken up again"), _l("%(actor)s took up %(object)s again")),
}
DUNNING_SENTENCES = {
    "payments.bill.reminded": (_l("Reminder sent"), _l("%(actor)s reminded %(person)s of a bill: reminder %(level)s")),
    "payments.bill.held": (_l("Bill put on hold"), _l("%(actor)s put a bill of %(person)s on hold: %(reason)s")),
    "payments.bill.released": (
        _l("Bill taken off hold"),
        _l("%(actor)s let reminders of a bill of %(person)s go on"),
    ),
    "payments.dunning_level.changed": (
        _l("Reminder changed"),
        _l("%(actor)s changed when a reminder is sent or what it says"),
    ),
}
MOVED = _l("%(actor)s reported a movement of %(amount_cents)s on a bill of %(person)s")
FIELDS = {
    "amount_cents": Field(_l("Amount"), money),
    "credit_note": Field(_l("Credit note")),
    "first_on": Field(_l("First day"), day),
    "last_on": Field(_l("Last day"), day),
    "buyer": Field(_l("Invoice to")),
    "gross_cents": Field(_l("Amount including VAT"), money),
    "kind": Field(_l("Kind"), choice(shown.TASK_KINDS)),
    "days_after": Field(_l("Days after the due date")),
    "is_active": Field(_l("This reminder is sent")),
    "level": Field(_l("Reminder")),
    "texts_changed": Field(_l("Texts changed")),
    "until": Field(_l("Until and including"), day),
    "lines_new": Field(_l("New lines")),
    "lines_total": Field(_l("Lines")),
    "label": Field(_l("Account or card")),
    "method": Field(_l("Way to pay"), shown.method_name),
    "name": Field(_l("File")),
    "number": Field(_l("Invoice number")),
    "reference": Field(_l("Bank reference")),
    "reason": Field(_l("Reason")),
    "refused_line": Field(_l("Line in the file")),
    "refused_why": Field(_l("Why refused"), choice(shown.WHY_REFUSED)),
    "remark": Field(_l("Remark")),
    "vat": Field(_l("VAT"), choice(shown.VAT_CHOICES)),
    "vat_cents": Field(_l("VAT amount"), money),
    "resolution": Field(_l("What was done about it")),
    "seq": Field(_l("Attempt")),
}


def register() -> None:
    """Tell the log its names and sentences."""
    for kind, called in shown.LEDGER_KINDS.items():
        audit.sentence(f"payments.ledger.{kind}", MOVED, name=called)
    for action, (name, text) in (SENTENCES | BANK_SENTENCES | DUNNING_SENTENCES).items():
        audit.sentence(action, text, name=name)
    audit.fields("payments", FIELDS)
    page = Page("payments_bureau.show", Permission.PAYMENT_READ)
    audit.objects("bill", ObjectKind(_l("Bill"), audit.by_id(_bills), page))
    to_file = Page("payments_bureau.bank_file", Permission.PAYMENT_READ)
    audit.objects("bank_file", ObjectKind(_l("Bank file"), audit.by_id(_files), to_file))
    to_line = Page("payments_bureau.bank_line", Permission.PAYMENT_READ)
    audit.objects("bank_line", ObjectKind(_l("Bank line"), audit.by_id(_lines), to_line))
    audit.objects("dunning_level", ObjectKind(_l("Reminder")))
    audit.objects("saved_method", ObjectKind(_l("Saved payment method")))
    audit.objects("invoice_archive", ObjectKind(_l("Zip of invoices")))
    audit.objects("payment_task", ObjectKind(_l("Payment task")))


def _bills(ids: list[UUID]) -> dict[UUID, Thing]:
    return {key: Thing(number or "", person) for key, (number, person) in queries.owed_by(ids).items()}


def _files(ids: list[UUID]) -> dict[UUID, Thing]:
    return {key: Thing(name) for key, name in queries.names_of_files(ids).items()}


def _lines(ids: list[UUID]) -> dict[UUID, Thing]:
    said = _l("%(amount)s of %(day)s from %(name)s")
    return {
        key: Thing(said % {"amount": format_money(cents, currency), "day": day(on), "name": name or "–"})
        for key, (cents, currency, on, name) in queries.lines_in_short(ids).items()
    }
