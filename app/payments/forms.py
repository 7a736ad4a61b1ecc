"""Choosing how to pay, and what the treasurer books by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import current_app
from wtforms import ValidationError

from app.core import clock
from app.core.forms import (
    MT940,
    XML,
    ZIP,
    CheckboxField,
    ChoiceField,
    DateField,
    Form,
    HiddenField,
    IntegerField,
    MoneyField,
    Option,
    TextAreaField,
    TextField,
    UploadField,
)
from app.core.i18n import _, _l
from app.core.money import LARGEST_AMOUNT
from app.payments import providers, queries
from app.payments.models import Method
from app.payments.services import VatChoice

LARGEST_STATEMENT = 10 * 1024 * 1024
KNOWN = ", ".join(f"{{{name}}}" for name in queries.PLACEHOLDERS)


OF_THE_BUYER = frozenset({VatChoice.REVERSE_CHARGE.value, VatChoice.OUTSIDE_SCOPE.value})


def vat_options() -> list[Option]:
    """Return the VAT codes a price can have today, with their rate; the others follow from who buys (P1)."""
    return [
        Option(code, _("%(rate)s %% VAT", rate=basis_points // 100))
        for code, basis_points in queries.vat_codes(clock.today())
        if code not in OF_THE_BUYER
    ]


def ways_to_pay() -> Sequence[Option]:
    """Offer iDEAL first (ux 4); without a provider only the transfer."""
    through_provider = [
        Option(Method.IDEAL, current_app.config["IDEAL_NAME"], _l("With your own bank. Paid at once.")),
        Option(Method.CARD, _l("Card"), _l("Visa, Mastercard or Maestro. Paid at once.")),
        Option(Method.SEPA_DEBIT, _l("Direct debit, once"), _l("We collect the amount one time. Takes a few days.")),
    ]
    transfer = Option(
        Method.TRANSFER, _l("Bank transfer"), _l("You get the invoice and the details. Counts once the money is in.")
    )
    return [*(through_provider if providers.accepting() else ()), transfer]


class PayForm(Form):
    """One choice: how."""

    method = ChoiceField(
        _l("How would you like to pay?"),
        told_as=_l("the way to pay"),
        options=ways_to_pay,
        style="radios",
        empty=_l("Choose how you would like to pay."),
    )
    save_method = CheckboxField(_l("Yes, pay my later contributions automatically this way"), required=False)


class RefundForm(Form):
    """P6: how much of a payment goes back, why, and by whose hand; `once` makes a second click the same refund."""

    amount = MoneyField(_l("Amount to send back"), minimum=1)
    reason = TextAreaField(_l("Reason"), hint=_l("Stands in the log and with the credit note."), max_length=300, rows=2)
    by_hand = CheckboxField(_l("I send it myself, by bank transfer"), required=False)
    payment = HiddenField(_l("Payment"))
    once = HiddenField(_l("Refund"), required=False)


class SentByHandForm(Form):
    """P6: the line of the bank statement on which a refund left our account."""

    sent_on = DateField(_l("Date on the statement"), maximum=clock.today)
    reference = TextField(
        _l("Statement and line"),
        hint=_l("As your bank names it, such as 2027-014/3. The same line is booked once only."),
        max_length=120,
    )


class MoveForm(Form):
    """P4: the bill that money was meant for."""

    bill = TextField(
        _l("Bill it was meant for"),
        hint=_l("Its invoice number or payment reference, such as 2027-00012."),
        max_length=40,
    )


class TransferForm(Form):
    """P4: money that stands on a bank statement."""

    amount = MoneyField(_l("Amount received"), minimum=1)
    received_on = DateField(_l("Date on the statement"), maximum=clock.today)
    reference = TextField(
        _l("Statement and line"),
        hint=_l("As your bank names it, such as 2027-014/3. The same line is booked once only."),
        max_length=120,
    )


class CloseTaskForm(Form):
    """What a person did about a payment."""

    resolution = TextAreaField(_l("What was done"), max_length=500, rows=3)


class VatForm(Form):
    """Which VAT applies to a buyer from abroad, and why."""

    choice = ChoiceField(
        _l("Which VAT applies?"),
        told_as=_l("the VAT"),
        options=[
            Option(VatChoice.DUTCH, _l("Dutch VAT"), _l("As drawn up. For a buyer without a foreign VAT id.")),
            Option(
                VatChoice.REVERSE_CHARGE,
                _l("VAT reverse charged"),
                _l("For a company in another EU country, with a valid VAT id: the buyer accounts for the VAT."),
            ),
            Option(VatChoice.OUTSIDE_SCOPE, _l("Outside the scope of Dutch VAT"), _l("For a company outside the EU.")),
        ],
        style="radios",
        empty=_l("Choose which VAT applies."),
    )
    reason = TextAreaField(
        _l("How you know"),
        hint=_l("Such as the day and number of the check in VIES. It stays with the bill."),
        max_length=500,
        rows=3,
    )
    instead = HiddenField(_l("What was decided before"), required=False)


class StatementForm(Form):
    """P7: a file as the bank gives it."""

    file = UploadField(
        _l("Statement"),
        kinds=(XML, MT940, ZIP),
        max_bytes=LARGEST_STATEMENT,
        hint=_l("camt.053 or MT940 from your bank, or several of them in a zip. The same file twice changes nothing."),
    )


class DivideForm(Form):
    """P7: a line booked on a bill that was not suggested, or divided over two."""

    bill_1 = TextField(_l("Invoice number or payment reference"), max_length=40)
    amount_1 = MoneyField(_l("Amount"), minimum=-LARGEST_AMOUNT)
    bill_2 = TextField(_l("Second invoice number or payment reference"), max_length=40, required=False)
    amount_2 = MoneyField(_l("Amount for the second"), minimum=-LARGEST_AMOUNT, required=False)

    def parts(self) -> list[tuple[TextField, int]]:
        """Return the bills as typed, with how much goes to each."""
        typed = [(self.bill_1, self.amount_1.data), (self.bill_2, self.amount_2.data)]
        return [(field, cents or 0) for field, cents in typed if field.data]


class SetAsideForm(Form):
    """P7: why a line is no money for a bill."""

    remark = TextField(_l("What is it?"), hint=_l("Such as bank charges, or rent."), max_length=300)


class HoldForm(Form):
    """P9: why a bill is left alone, and until when."""

    reason = TextField(_l("Reason"), max_length=300)
    until = DateField(
        _l("Until and including"),
        minimum=clock.today,
        required=False,
        hint=_l("Without a day it stays on hold until you let go."),
    )


class LevelForm(Form):
    """P9: when a reminder goes out, and what it says in each language."""

    days_after = IntegerField(_l("Days after the due date"), minimum=1, maximum=365)
    is_active = CheckboxField(_l("This reminder is sent"))
    subject_nl = TextField(_l("Subject in Dutch"), max_length=120, render_kw={"lang": "nl"})
    body_nl = TextAreaField(_l("Text in Dutch"), max_length=2000, rows=7, render_kw={"lang": "nl"})
    subject_en = TextField(_l("Subject in English"), max_length=120, render_kw={"lang": "en"})
    body_en = TextAreaField(_l("Text in English"), max_length=2000, rows=7, render_kw={"lang": "en"})

    def texts(self) -> dict[str, dict[str, str]]:
        """Return the texts per language, as a level keeps them."""
        return {
            "nl": {"subject": self.subject_nl.data, "body": self.body_nl.data},
            "en": {"subject": self.subject_en.data, "body": self.body_en.data},
        }

    def validate(self, extra_validators: Any = None) -> bool:
        """Refuse what stands in braces and means nothing, at the field where it stands."""
        fine = bool(super().validate(extra_validators))
        for field in (self.subject_nl, self.body_nl, self.subject_en, self.body_en):
            unknown = queries.unknown_placeholders(field.data or "")
            if unknown:
                told = _("“{%(name)s}” means nothing here. Choose from: %(known)s.", name=unknown[0], known=KNOWN)
                self.refuse(told, field)
                fine = False
        return fine


class PeriodForm(Form):
    """From a day until a day, both included."""

    first = DateField(_l("From"), maximum=clock.today)
    last = DateField(_l("Until"))

    def validate_last(self, field: DateField) -> None:
        """Refuse a period that ends before it begins."""
        if self.first.data and field.data and field.data < self.first.data:
            raise ValidationError(_("The last day comes before the first."))
