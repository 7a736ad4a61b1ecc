"""What bills and payments are called on the page."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from stdnum import iban, iso11649

from app.core.i18n import _, _l, _n
from app.core.listing import Badge
from app.core.money import format_money
from app.payments import epc, services
from app.payments.models import (
    AttemptState,
    Bill,
    BillState,
    DisputeState,
    FileState,
    LedgerKind,
    LineState,
    Method,
    RefundOrderState,
    TaskKind,
)
from app.payments.queries import Age, Reason
from app.payments.services import VatChoice
from app.payments.statements import Why

BILL_STATES = {
    BillState.DRAFT: Badge("due", _l("To be paid")),
    BillState.ISSUED: Badge("due", _l("Open")),
    BillState.PAID: Badge("ok", _l("Paid")),
    BillState.SHORT: Badge("bad", _l("Short")),
    BillState.VOID: Badge("", _l("Withdrawn")),
    BillState.CREDITED: Badge("", _l("Credited")),
}
ATTEMPT_STATES = {
    AttemptState.CREATED: Badge("info", _l("Begun")),
    AttemptState.OPEN: Badge("info", _l("At the payment page")),
    AttemptState.PROCESSING: Badge("warn", _l("Being processed")),
    AttemptState.SUCCEEDED: Badge("ok", _l("Succeeded")),
    AttemptState.FAILED: Badge("bad", _l("Failed")),
    AttemptState.EXPIRED: Badge("", _l("Expired")),
}
METHODS = {
    Method.IDEAL.value: _l("iDEAL"),
    Method.CARD.value: _l("Card"),
    Method.SEPA_DEBIT.value: _l("Direct debit"),
    Method.TRANSFER.value: _l("Bank transfer"),
    "free": _l("Nothing to pay"),
}
LEDGER_KINDS = {
    LedgerKind.PAYMENT: _l("Payment"),
    LedgerKind.REFUND: _l("Refund"),
    LedgerKind.REFUND_REVERSED: _l("Refund that came back"),
    LedgerKind.DISPUTE: _l("Dispute"),
    LedgerKind.DISPUTE_WON: _l("Dispute won"),
    LedgerKind.WRITEOFF: _l("Write-off"),
    LedgerKind.TRANSFER: _l("Bank transfer"),
}
TASK_KINDS = {
    TaskKind.MISMATCH: _l("Amount or currency does not match"),
    TaskKind.SECOND_PAYMENT: _l("Paid twice: send the second payment back"),
    TaskKind.PAID_VOID: _l("Paid after the bill was withdrawn"),
    TaskKind.OVERPAID: _l("More received than was due"),
    TaskKind.UNKNOWN_PAYMENT: _l("A payment that belongs to no bill"),
    TaskKind.REFUND_FAILED: _l("A refund did not arrive: send the money another way"),
    TaskKind.DISPUTED: _l("A payment is disputed: answer before the deadline"),
    TaskKind.DISPUTE_LOST: _l("A dispute is lost: collect anew, or credit the invoice"),
    TaskKind.VAT_DECISION: _l("Decide the VAT of a bill"),
    TaskKind.NOT_IN_LEDGER: _l("Moved at the payment provider, missing from the ledger"),
    TaskKind.NOT_AT_PROVIDER: _l("In the ledger, unknown to the payment provider"),
}
REFUND_STATES = {
    RefundOrderState.ORDERED: Badge("info", _l("Ordered")),
    RefundOrderState.SENT: Badge("info", _l("On its way")),
    RefundOrderState.DONE: Badge("ok", _l("Sent back")),
    RefundOrderState.FAILED: Badge("bad", _l("Did not arrive")),
}
DISPUTE_STATES = {
    DisputeState.OPEN: Badge("due", _l("Disputed")),
    DisputeState.WON: Badge("ok", _l("Won")),
    DisputeState.LOST: Badge("bad", _l("Lost")),
}
FAILURES = {
    "refused_by_bank": _l("Refused by the bank"),
    "payment_intent_payment_attempt_failed": _l("Refused by the bank"),
    "card_declined": _l("Refused by the bank"),
    "payment_method_provider_decline": _l("Refused by the bank"),
    "insufficient_funds": _l("Too little on the account"),
    "expired_card": _l("The card has expired"),
    "incorrect_cvc": _l("The card's security code is wrong"),
    "authentication_required": _l("The bank wants the payer to confirm"),
    "payment_intent_authentication_failure": _l("The payer did not confirm"),
    "account_closed": _l("The account is closed"),
    "bank_account_restricted": _l("The account does not allow it"),
    "debit_not_authorized": _l("No mandate for the direct debit"),
}
DISPUTE_REASONS = {
    "duplicate": _l("Charged twice"),
    "fraudulent": _l("Not recognised by the payer"),
    "product_not_received": _l("Nothing received for it"),
    "product_unacceptable": _l("Not what was agreed"),
    "credit_not_processed": _l("A refund was promised"),
    "subscription_canceled": _l("Cancelled before"),
    "debit_not_authorized": _l("No mandate for the direct debit"),
    "insufficient_funds": _l("Too little on the account"),
    "incorrect_account_details": _l("Wrong account details"),
    "bank_cannot_process": _l("The bank could not process it"),
    "general": _l("No reason given"),
}
TASK_MEANINGS = {
    TaskKind.MISMATCH: _l(
        "Another amount or currency came in than was asked, so nothing was booked and nothing has begun. Book it as it"
        " came, or send it back."
    ),
    TaskKind.SECOND_PAYMENT: _l(
        "The bill was covered already when this payment came in. Send it back, or book it on the bill it was meant for."
        " The membership and the invoice stay as they are."
    ),
    TaskKind.OVERPAID: _l(
        "More came in than the bill asked. Send the rest back, or book it on another bill of the same person."
    ),
    TaskKind.PAID_VOID: _l(
        "The bill asked for nothing any more when this money came in. Send it back, or book it on a bill that is open."
    ),
    TaskKind.REFUND_FAILED: _l(
        "The money could not be sent back and is still with us, for instance because the account or card no longer"
        " exists. Ask the payer for an account number and send it by bank transfer. A credit note stays as it is."
    ),
    TaskKind.DISPUTED: _l(
        "The payer, or the payer's bank, took the money back and has given a reason. Answer with your evidence in the"
        " pages of the payment provider before the deadline. Until it is decided the bill is open; this task solves"
        " itself when the provider tells how it ended."
    ),
    TaskKind.DISPUTE_LOST: _l(
        "The money is gone for good, but the invoice still stands: losing a dispute takes no invoice back. Ask the"
        " payer to pay again, or credit the invoice when you give up the claim. Once it is paid or credited this task"
        " solves itself."
    ),
    TaskKind.UNKNOWN_PAYMENT: _l(
        "Somebody paid at the payment provider, and no bill of this portal asked for it. Send the money back there, or"
        " book it by hand on the bill it is meant for."
    ),
    TaskKind.NOT_IN_LEDGER: _l(
        "The account at the payment provider shows this movement. Asking for it again did not bring it into the ledger."
        " Compare both, and put right what is wrong, before you close this task."
    ),
    TaskKind.NOT_AT_PROVIDER: _l(
        "The ledger holds this entry, but the account at the payment provider does not show it. Look it up in the"
        " provider's own pages before you close this task."
    ),
}
DRIFT = {TaskKind.NOT_IN_LEDGER, TaskKind.NOT_AT_PROVIDER}
VAT_CHOICES = {
    VatChoice.DUTCH: _l("Dutch VAT"),
    VatChoice.REVERSE_CHARGE: _l("VAT reverse charged"),
    VatChoice.OUTSIDE_SCOPE: _l("Outside the scope of Dutch VAT"),
}
AGES = {
    Age.NOT_DUE: _l("Not due yet"),
    Age.MONTH: _l("Up to 30 days late"),
    Age.TWO_MONTHS: _l("31 to 60 days late"),
    Age.OLDER: _l("More than 60 days late"),
}
LINE_STATES = {
    LineState.WAITING: Badge("due", _l("To be matched")),
    LineState.BOOKED: Badge("ok", _l("Booked")),
    LineState.SET_ASIDE: Badge("", _l("Not for a bill")),
}
FILE_STATES = {
    FileState.QUEUED: Badge("info", _l("Waits to be read")),
    FileState.READING: Badge("info", _l("Being read")),
    FileState.DONE: Badge("ok", _l("Read")),
    FileState.REFUSED: Badge("bad", _l("Refused")),
}
REASONS = {
    Reason.REFERENCE: _l("The payment reference names this bill"),
    Reason.NUMBER: _l("The invoice number is in the text"),
    Reason.TOGETHER: _l("The amount is that of these bills together"),
    Reason.BY_HAND: _l("Booked by hand before the statement came"),
    Reason.IBAN: _l("This account paid for the same person before"),
    Reason.AMOUNT: _l("The amount is what is due"),
    Reason.NAME: _l("The name is alike"),
}
WHY_REFUSED = {
    Why.NOT_XML: _l("This is not well-formed XML."),
    Why.FORBIDDEN_XML: _l("The XML declares entities or a document type, which bank statements never do."),
    Why.NOT_A_STATEMENT: _l("This is no bank statement in camt.053 or MT940."),
    Why.UNKNOWN_VERSION: _l("This version of camt.053 is not known."),
    Why.BAD_AMOUNT: _l("An amount cannot be read."),
    Why.BAD_DATE: _l("A date cannot be read."),
    Why.BAD_SIGN: _l("It does not say whether money came in or went out."),
    Why.MISSING: _l("Something is missing that every statement has."),
    Why.BAD_LINE: _l("This line cannot be read."),
    Why.CUT_OFF: _l("The file ends too early. Download it again from your bank."),
    Why.BALANCE: _l("The lines do not lead from the opening balance to the closing balance."),
    Why.CURRENCY: _l("Two currencies stand in one statement."),
    Why.EMPTY: _l("There is no statement in it."),
    Why.BAD_ZIP: _l("The zip file is damaged or locked with a password."),
    Why.TOO_LARGE: _l("It holds more than a statement can."),
    Why.TOO_DEEP: _l("The XML is nested deeper than a statement can be."),
}


def refused_detail(why: Why, detail: str) -> str:
    """Return what stands where a statement is wrong; the two balances of one that does not add up, as amounts."""
    if why is not Why.BALANCE:
        return detail
    return " ≠ ".join(format_money(round(Decimal(amount) * 100)) for amount in detail.split(" ≠ "))


PROVIDERS = {
    "stripe": "Stripe",
    "testpay": _l("Test payment page"),
    "bank": _l("Bank"),
    "moved": _l("Booked over from another bill"),
}


TO_SEND_BY_HAND: dict[str, Any] = {"state": RefundOrderState.ORDERED.value, "provider": "bank"}


def transfer_facts(bill: Bill) -> dict[str, Any] | None:
    """P2: give what a transfer of a bill takes, with a code for it; None while there is nothing to transfer."""
    due = services.left_to_pay(bill)
    if bill.seller is None or not due:
        return None
    return {
        "due": due,
        "seller": bill.seller,
        "iban": iban.format(bill.seller["iban"]),
        "reference": iso11649.format(bill.rf_reference),
        "rf_reference": bill.rf_reference,
        "code": epc.svg(bill.seller, due, bill.rf_reference, label=_("Code for the app of your bank")),
    }


def lines_to_match(count: int, cents: int) -> str:
    """Say how many lines of the bank wait for a decision (P7)."""
    return _n(
        "%(num)s line of the bank waits to be matched, %(amount)s",
        "%(num)s lines of the bank wait to be matched, together %(amount)s",
        count,
        amount=format_money(cents),
    )


def refunds_to_send(count: int, cents: int) -> str:
    """Say how many refunds wait to be sent by hand (P6)."""
    return _n(
        "%(num)s refund is to be sent at the bank, %(amount)s",
        "%(num)s refunds are to be sent at the bank, together %(amount)s",
        count,
        amount=format_money(cents),
    )


def day(text: str) -> date:
    """Return a day that a task keeps as text."""
    return date.fromisoformat(text)


def moment_of(text: str) -> datetime:
    """Return a moment that a task keeps as text."""
    return datetime.fromisoformat(text)


def dispute_reason(reason: str) -> str:
    """Return why a payer took money back; a reason we have no words for keeps the provider's."""
    return str(DISPUTE_REASONS.get(reason, reason.replace("_", " ").capitalize()))


def failure(code: str) -> str:
    """Return why a payment failed; a reason we have no words for keeps the provider's."""
    return str(FAILURES.get(code, code.replace("_", " ").capitalize()))


def sent_as(text: str) -> str:
    """Write what a payer abroad sent, which a line keeps as the bank told it: `USD 650.00`."""
    currency, _space, amount = text.partition(" ")
    try:
        return format_money(int((Decimal(amount) * 100).to_integral_value()), currency)
    except ArithmeticError:
        return text


def method_name(method: str) -> str:
    """Return what a way to pay is called; one we do not offer ourselves keeps the provider's name for it."""
    return str(METHODS.get(method, method.replace("_", " ").capitalize()))
