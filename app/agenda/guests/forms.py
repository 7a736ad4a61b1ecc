"""What is asked about a guest."""

from __future__ import annotations

from uuid import UUID

from app.accounts.forms import LANGUAGES
from app.agenda.guests.services import Person
from app.core.forms import ChoiceField, EmailField, Form, Option, TextField
from app.core.i18n import _l


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


class HostedGuestForm(GuestForm):
    """The same for the bureau, who also says whose guest it is."""

    host = ChoiceField(_l("Guest of"), options=(), style="select")

    def offer(self, hosts: dict[UUID, str]) -> None:
        """Let the bureau choose among these seats."""
        self.host.options = [Option(seat, name) for seat, name in hosts.items()]
