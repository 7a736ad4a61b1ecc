"""M5: what the bureau fills in about a plan and its prices."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from wtforms import ValidationError

from app.core import clock
from app.core.forms import (
    CheckboxField,
    ChoiceField,
    DateField,
    DecimalField,
    IntegerField,
    MoneyField,
    Option,
    PreviewedForm,
    TextField,
)
from app.core.forms.fields import InputField
from app.core.i18n import _, _l
from app.membership import words
from app.membership.models import Benefit, YearPolicy
from app.membership.services import PlanDetails, PriceDetails
from app.payments.forms import vat_options

LONGEST_DAYS = 365
MOST_NOTICES = 8
MONTHS_OF_YEAR = range(1, 13)
SHARES = tuple(f"share_{gone}" for gone in range(12))
PER_CENT = Decimal(100)


class LadderField(InputField):
    """M8: days to the end of a period, as `-30, -7, 7, 21`; read in any order, with commas, spaces or both."""

    default_autocomplete = "off"
    nothing: Any = []
    unreadable = _l("Fill in whole numbers at “%(label)s”, like -30, -7, 7, 21.")

    def read(self, text: str) -> list[int]:
        parts = [part.removeprefix("T") for part in re.split(r"[\s,;]+", text.upper().replace("−", "-")) if part]
        return sorted({int(part) for part in parts})

    def show(self, value: Any) -> str:
        return ", ".join(f"{days:+d}" if days > 0 else str(days) for days in value)

    def check(self, value: Any) -> None:
        if len(value) > MOST_NOTICES:
            raise ValidationError(_("Give at most %(num)s moments.", num=MOST_NOTICES))
        if any(abs(days) > LONGEST_DAYS for days in value):
            raise ValidationError(_("A notice is at most a year before or after the end of a period."))


class PlanForm(PreviewedForm):
    """M5: a plan without its prices."""

    name_nl = TextField(_l("Name in Dutch"), max_length=120, width="m", autocomplete="off")
    name_en = TextField(_l("Name in English"), max_length=120, width="m", autocomplete="off")
    on_offer = CheckboxField(
        _l("On offer"), hint=_l("Applicants can be admitted to it. Members who have it keep it either way.")
    )
    policy = ChoiceField(
        _l("What is a year?"),
        told_as=_l("what a year is"),
        style="radios",
        options=[Option(policy, *words.POLICIES[policy]) for policy in YearPolicy],
    )
    year_start_month = ChoiceField(
        _l("The fixed year begins on the first of"),
        style="select",
        options=lambda: [Option(month, words.month_name(month)) for month in MONTHS_OF_YEAR],
    )
    notice_day = IntegerField(
        _l("Give notice at the latest on day"), required=False, minimum=1, maximum=31, hint=_l("Empty: until the end.")
    )
    notice_month = ChoiceField(
        _l("of the month"),
        required=False,
        style="select",
        options=lambda: [Option(month, words.month_name(month)) for month in MONTHS_OF_YEAR],
    )
    payment_days = IntegerField(
        _l("Days to pay after admission"), minimum=1, maximum=LONGEST_DAYS, hint=_l("Then the admission expires.")
    )
    bill_days_before = IntegerField(
        _l("Bill for the next period"), maximum=LONGEST_DAYS, suffix=_l("days before the end"), width="m"
    )
    due_days_after = IntegerField(_l("To be paid by"), maximum=LONGEST_DAYS, suffix=_l("days after the end"), width="m")
    notice_ladder = LadderField(
        _l("Notices"),
        width="m",
        hint=_l("Days to the last day of a period, before it with a minus: -30, -7, 7, 21."),
    )
    grace_days = IntegerField(
        _l("Grace"),
        maximum=LONGEST_DAYS,
        suffix=_l("days after the end"),
        width="m",
        hint=_l("Unpaid, but everything stays open."),
    )
    lapse_days = IntegerField(
        _l("Lapses"),
        maximum=2 * LONGEST_DAYS,
        suffix=_l("days after the end"),
        width="m",
        hint=_l("Until then suspended; after it the bill is credited."),
    )
    revival_days = IntegerField(
        _l("Revival"),
        maximum=10 * LONGEST_DAYS,
        suffix=_l("days after lapsing"),
        width="m",
        hint=_l("As long as this, paying makes a member again without a new application."),
    )
    sessions = IntegerField(words.BENEFITS[Benefit.SESSIONS], required=False, maximum=1000)
    coaching_hours = IntegerField(words.BENEFITS[Benefit.COACHING_HOURS], required=False, maximum=1000)
    intervision = IntegerField(words.BENEFITS[Benefit.INTERVISION], required=False, maximum=1000)
    guests = IntegerField(words.BENEFITS[Benefit.GUESTS], required=False, maximum=1000)
    share_0, share_1, share_2, share_3, share_4, share_5, share_6, share_7, share_8, share_9, share_10, share_11 = (
        DecimalField(_l("Month %(num)s", num=number), maximum=PER_CENT, suffix="%") for number in range(1, 13)
    )

    @property
    def shares(self) -> list[DecimalField]:
        """The fields of the pro-rata table, the first month of the year first."""
        return [self[name] for name in SHARES]

    def validate(self, extra_validators: Mapping[str, Any] | None = None) -> bool:
        """Check what fields can only say together."""
        fits = super().validate(extra_validators)
        if not fits:
            return False
        if self.grace_days.data > self.lapse_days.data:
            self.refuse(_("Grace ends before a membership lapses. Make this at least as long."), self.lapse_days)
        if self.due_days_after.data > self.lapse_days.data:
            self.refuse(_("A bill is due before the membership lapses."), self.due_days_after)
        if self.notice_ladder.data[0] >= 0:
            self.refuse(_("Give at least one notice before the end: nobody is billed unannounced."), self.notice_ladder)
        if self.notice_ladder.data[-1] > self.lapse_days.data:
            self.refuse(_("After lapsing nobody is reminded any more."), self.notice_ladder)
        if (self.notice_day.data is None) != (self.notice_month.data is None):
            self.refuse(_("Fill in both the day and the month, or neither."), self.notice_day)
        return not self.problems

    def details(self) -> PlanDetails:
        """Return the plan as filled in."""
        return PlanDetails(
            **{name: self[name].data for name in PlanDetails.__dataclass_fields__ if name in self._fields},
            pro_rata=[int((field.data * PER_CENT).to_integral_value()) for field in self.shares],
            benefits={benefit: self[benefit.value].data for benefit in Benefit if self[benefit.value].data},
        )

    @staticmethod
    def begin_with(details: PlanDetails) -> dict[str, Any]:
        """Return what stands in the form of a plan that exists."""
        shares = {name: Decimal(share) / PER_CENT for name, share in zip(SHARES, details.pro_rata, strict=True)}
        return details.columns() | shares | {benefit.value: quota for benefit, quota in details.benefits.items()}


class PriceForm(PreviewedForm):
    """P1: a net price from a day on."""

    valid_from = DateField(_l("From"), minimum=clock.today, hint=_l("Today or later. Earlier prices stay as they are."))
    net = MoneyField(_l("Contribution a year, without VAT"))
    vat_code = ChoiceField(_l("VAT"), style="radios", options=vat_options)

    def price(self) -> PriceDetails:
        """Return the price as filled in."""
        return PriceDetails(valid_from=self.valid_from.data, net_cents=self.net.data, vat_code=self.vat_code.data)


class NewPlanForm(PlanForm, PriceForm):
    """M5: a new plan with its first price."""

    valid_from = DateField(
        _l("Price from"), minimum=date(2020, 1, 1), hint=_l("The first day on which somebody can be billed for it.")
    )
