"""P10: what the bureau fills in about discount codes and sponsored places, and what a payer types."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any

from wtforms import ValidationError

from app.core import clock
from app.core.forms import (
    ChoiceField,
    DateField,
    DecimalField,
    EmailField,
    Form,
    IntegerField,
    KvkField,
    MoneyField,
    Option,
    PostcodeField,
    TextAreaField,
    TextField,
    VatIdField,
)
from app.core.forms.fields import InputField
from app.core.i18n import _, _l
from app.membership import queries
from app.membership.models import Payer
from app.membership.services import CodeDetails, CompanyDetails, PlacesDetails, plain_code

SHORTEST_CODE, LONGEST_CODE = 4, 40


class CodeField(InputField):
    """A code as somebody types or pastes it: capitals or not, with spaces or dashes, it is the same."""

    default_autocomplete = "off"
    spellcheck = False
    default_width = "m"
    nothing = ""
    longest = 60

    def read(self, text: str) -> str:
        return plain_code(text)

    def check(self, value: Any) -> None:
        if not SHORTEST_CODE <= len(value) <= LONGEST_CODE:
            raise ValidationError(
                _("A code has %(min)s to %(max)s letters and figures.", min=SHORTEST_CODE, max=LONGEST_CODE)
            )


def is_empty(field: Any) -> bool:
    """Say whether nothing was filled in; what was, but can't be read, says so by itself."""
    return not field.data and not field.errors


class UseCodeForm(Form):
    """P10: the code somebody got."""

    code = CodeField(_l("Discount code or code of a sponsored place"), told_as=_l("the code"))


class Worth(StrEnum):
    """What a code takes off."""

    SHARE = "share"
    AMOUNT = "amount"


def _plans() -> list[Option]:
    return [Option(plan.id, plan.name) for plan in queries.all_plans()]


class DiscountForm(Form):
    """P10: a discount code."""

    code = CodeField(
        _l("Code"), required=False, hint=_l("Such as WELCOME27. Left empty, the portal makes one that nobody guesses.")
    )
    reason = TextField(
        _l("What is it for?"),
        told_as=_l("what the code is for"),
        max_length=200,
        hint=_l("For the bureau only, such as: stand at the spring congress."),
    )
    worth = ChoiceField(
        _l("What comes off?"),
        told_as=_l("what comes off"),
        style="radios",
        options=[Option(Worth.SHARE, _l("A percentage")), Option(Worth.AMOUNT, _l("An amount"))],
    )
    per_cent = DecimalField(_l("Percentage"), required=False, minimum=Decimal("0.01"), maximum=Decimal(100), suffix="%")
    amount = MoneyField(_l("Amount, without VAT"), required=False, minimum=1)
    valid_from = DateField(_l("Holds from"))
    valid_until = DateField(_l("Holds until"), required=False, hint=_l("The last day. Empty: until you stop it."))
    most = IntegerField(
        _l("How often in all?"), required=False, minimum=1, maximum=100_000, hint=_l("Empty: as often as people come.")
    )
    plan = ChoiceField(_l("For which plan?"), required=False, style="select", blank=_l("Every plan"), options=_plans)

    def validate(self, extra_validators: Mapping[str, Any] | None = None) -> bool:
        """Check what fields can only say together, at once with what each says alone."""
        sound = super().validate(extra_validators)
        if self.worth.data is Worth.SHARE and is_empty(self.per_cent):
            self.refuse(_("Fill in how many per cent come off."), self.per_cent)
        if self.worth.data is Worth.AMOUNT and is_empty(self.amount):
            self.refuse(_("Fill in the amount that comes off."), self.amount)
        first, last = self.valid_from.data, self.valid_until.data
        if first and last and last < first:
            self.refuse(_("The last day comes after the first."), self.valid_until)
        return sound and not self.problems

    def details(self) -> CodeDetails:
        """Return the code as filled in."""
        share = self.worth.data is Worth.SHARE
        return CodeDetails(
            code=self.code.data,
            reason=self.reason.data,
            basis_points=int((self.per_cent.data * 100).to_integral_value()) if share else None,
            amount_cents=None if share else self.amount.data,
            valid_from=self.valid_from.data,
            valid_until=self.valid_until.data,
            most=self.most.data,
            plan_id=self.plan.data,
        )


OF_SPONSOR = ("email", "given_name", "family_name", "kvk", "vat_id", "address", "postcode", "city")


class PlacesForm(Form):
    """P10: sponsored places."""

    name = TextField(_l("Name of the sponsor"), max_length=200, hint=_l("As it stands on the bill of whoever uses it."))
    plan = ChoiceField(_l("Plan"), style="radios", options=_plans)
    places = IntegerField(_l("Number of places"), minimum=1, maximum=500)
    valid_until = DateField(_l("To be used until"), minimum=clock.today)
    code = CodeField(_l("Code"), required=False, hint=_l("Left empty, the portal makes one that nobody guesses."))
    payer = ChoiceField(
        _l("Who pays?"),
        told_as=_l("who pays"),
        style="radios",
        options=[
            Option(Payer.SPONSOR, _l("The sponsor"), _l("Gets one bill now; the code holds once it is paid.")),
            Option(Payer.BUREAU, _l("The bureau gives the places"), _l("No bill; the code holds at once.")),
        ],
    )
    reason = TextAreaField(_l("Why does the bureau give them?"), required=False, max_length=500, rows=2)
    email = EmailField(_l("E-mail address of the contact"), required=False, autocomplete="off")
    given_name = TextField(_l("First name of the contact"), required=False, max_length=80, autocomplete="off")
    family_name = TextField(_l("Last name of the contact"), required=False, max_length=120, autocomplete="off")
    kvk = KvkField(_l("KvK number"), required=False)
    vat_id = VatIdField(_l("VAT id"), required=False)
    address = TextField(_l("Street and number"), required=False, max_length=200, autocomplete="off")
    postcode = PostcodeField(_l("Postcode"), required=False, autocomplete="off")
    city = TextField(_l("Town"), required=False, max_length=120, autocomplete="off", width="m")

    @property
    def sponsor_pays(self) -> bool:
        """Whether a bill goes out."""
        return bool(self.payer.data is Payer.SPONSOR)

    def validate(self, extra_validators: Mapping[str, Any] | None = None) -> bool:
        """Ask for a reason when the bureau gives, and for whom to bill when the sponsor pays."""
        sound = super().validate(extra_validators)
        if self.payer.data is Payer.BUREAU and is_empty(self.reason):
            self.refuse(_("Write down why the bureau gives these places."), self.reason)
        if self.sponsor_pays:
            for name in OF_SPONSOR:
                if is_empty(self[name]):
                    self.refuse(_("Fill in “%(label)s” for the bill.", label=self[name].label.text), self[name])
        return sound and not self.problems

    def details(self) -> PlacesDetails:
        """Return the places as filled in."""
        company = CompanyDetails(
            name=self.name.data,
            kvk=self.kvk.data,
            vat_id=self.vat_id.data,
            address=self.address.data,
            postcode=self.postcode.data,
            city=self.city.data,
        )
        return PlacesDetails(
            code=self.code.data,
            name=self.name.data,
            plan_id=self.plan.data,
            places=self.places.data,
            valid_until=self.valid_until.data,
            reason="" if self.sponsor_pays else self.reason.data,
            company=company if self.sponsor_pays else None,
        )
