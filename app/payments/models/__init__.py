"""Bills, attempts to pay them, and the ledger that alone says what was paid (P1–P6). Amounts: integer cents, EUR."""

from app.payments.models.archive import InvoiceArchive
from app.payments.models.attempt import OPEN_ATTEMPTS, Attempt, AttemptState, Method
from app.payments.models.bank import BankBooking, BankFile, BankLine, BankStatement, FileState, LineState
from app.payments.models.bill import CURRENCY, NEXT_BILL, Bill, BillLine, BillState, NumberCounter
from app.payments.models.credit_note import CreditNote, CreditNoteLine
from app.payments.models.dispute import Dispute, DisputeState
from app.payments.models.document import Document, DocumentKind
from app.payments.models.dunning import DunningHold, DunningLevel, Reminder
from app.payments.models.ledger import LedgerEntry, LedgerKind
from app.payments.models.provider_event import EventState, ProviderEvent, ProviderMark
from app.payments.models.refund import OPEN_REFUNDS, RefundOrder, RefundOrderState
from app.payments.models.saved_method import MethodConsent, SavedCharge, SavedMethod
from app.payments.models.task import Task, TaskKind
from app.payments.models.testpay import TestPayCheckout, TestPayMessage, TestPayMethod, TestPayMovement
from app.payments.models.vat import STANDING_VAT_RATES, VatRate, insert_standing_vat_rates

__all__ = [
    "CURRENCY",
    "NEXT_BILL",
    "OPEN_ATTEMPTS",
    "OPEN_REFUNDS",
    "STANDING_VAT_RATES",
    "Attempt",
    "AttemptState",
    "BankBooking",
    "BankFile",
    "BankLine",
    "BankStatement",
    "Bill",
    "BillLine",
    "BillState",
    "CreditNote",
    "CreditNoteLine",
    "Dispute",
    "DisputeState",
    "Document",
    "DocumentKind",
    "DunningHold",
    "DunningLevel",
    "EventState",
    "FileState",
    "InvoiceArchive",
    "LedgerEntry",
    "LedgerKind",
    "LineState",
    "Method",
    "MethodConsent",
    "NumberCounter",
    "ProviderEvent",
    "ProviderMark",
    "RefundOrder",
    "RefundOrderState",
    "Reminder",
    "SavedCharge",
    "SavedMethod",
    "Task",
    "TaskKind",
    "TestPayCheckout",
    "TestPayMessage",
    "TestPayMethod",
    "TestPayMovement",
    "VatRate",
    "insert_standing_vat_rates",
]
