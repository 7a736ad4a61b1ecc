"""What is asked about a guest, and of a guest who pays."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from app.accounts.forms import LANGUAGES
from app.agenda.guests.models import Guest, Payer
from app.agenda.guests.services import Person
from app.core.forms import ChoiceField, EmailField, Form, Option, PostcodeField, TextField
from app.core.i18n import _l
from app.payments.forms import PayForm
from app.payments.models import Bill
from app.payments.services import Buyer


class GuestForm(Form):
    """Who comes along, and where the invitation goes."""

    given_name = TextField(_l("First name"), max_length=80, autocomplete="off", width="m")
    family_name = TextField(_l("Last name"), max_length=80, autocomplete="off", width="m")
    email = EmailField(
        _l("E-mail address"),
        autocomplete="off",
        hint=_l("The invitation with the ticket goes there, in your name. A month after the gathering we erase it."),
    )
    locale = ChoiceField(_l("Language of the mails"), options=LANGUAGES, inline=True)

    def person(self) -> Person:
        """Give what was filled in to the service."""
        assert self.locale.data is not None
        return Person(
            given_name=self.given_name.data,
            family_name=self.family_name.data,
            email=self.email.data,
            locale=self.locale.data,
        )


def typed(guest: Guest) -> dict[str, str]:
    """Return what was typed about a guest, to be put right."""
    return {name: getattr(guest, name) for name in ("given_name", "family_name", "email", "locale")}


class HostedGuestForm(GuestForm):
    """The same for the bureau, who also says whose guest it is."""

    host = ChoiceField(_l("Guest of"), options=(), style="select")

    def offer(self, hosts: dict[UUID, str]) -> None:
        """Let the bureau choose among these seats."""
        self.host.options = [Option(seat, name) for seat, name in hosts.items()]


class PayerChoice(Form):
    """P10: who pays, where a seat costs something."""

    payer = ChoiceField(
        _l("Who pays for this seat?"),
        told_as=_l("who pays"),
        options=[
            Option(Payer.HOST, _l("I pay for my guest"), _l("The bill goes to your own company.")),
            Option(
                Payer.GUEST,
                _l("My guest pays"),
                _l("Your guest gets the bill by mail. What is not paid when it begins comes to you."),
            ),
        ],
        style="radios",
        empty=_l("Choose who pays for the seat."),
    )


class PaidGuestForm(GuestForm, PayerChoice):
    """Who comes along to a gathering with a fee, and who pays."""


class PaidHostedGuestForm(HostedGuestForm, PayerChoice):
    """The same for the bureau."""

    payer = ChoiceField(
        _l("Who pays for this seat?"),
        told_as=_l("who pays"),
        options=[
            Option(Payer.HOST, _l("The member"), _l("The bill goes to the member’s company.")),
            Option(
                Payer.GUEST,
                _l("The guest"),
                _l("The guest gets the bill by mail. What is not paid when it begins goes to the member."),
            ),
        ],
        style="radios",
        empty=_l("Choose who pays for the seat."),
    )


class GuestPayForm(PayForm):
    """P10: how a guest pays, and where the invoice goes."""

    billed_name = TextField(
        _l("Name on the invoice"),
        hint=_l("Your company, or your own name."),
        autocomplete="organization",
        max_length=200,
    )
    address = TextField(_l("Street and number"), autocomplete="address-line1", max_length=200)
    postcode = PostcodeField(_l("Postcode"))
    city = TextField(_l("Town"), autocomplete="address-level2", max_length=120, width="m")

    def buyer(self, email: str) -> Buyer:
        """Return to whom the invoice goes, as filled in."""
        return Buyer(
            name=self.billed_name.data,
            lines=[self.address.data],
            postcode=self.postcode.data,
            city=self.city.data,
            email=email,
        )


def billed_to(bill: Bill) -> dict[str, Any]:
    """Return what a guest filled in before, or the name that the host gave."""
    told = bill.buyer
    return {
        "billed_name": told["name"],
        "address": "".join(told["lines"][:1]),
        "postcode": told["postcode"],
        "city": told["city"],
    }
