"""The forms of signing up and in and of the own account."""

from __future__ import annotations

from typing import Any

from flask import current_app
from wtforms import Field

from app.accounts.models import Account
from app.accounts.roles import Role
from app.accounts.services import passwords
from app.core.errors import Refusal
from app.core.forms import (
    ChoiceField,
    EmailField,
    Form,
    HiddenField,
    MultiChoiceField,
    Option,
    PasswordField,
    TextField,
)
from app.core.i18n import _l
from app.mail import topics

NAME_LENGTH = 80
LANGUAGES = (Option("nl", "Nederlands"), Option("en", "English"))
ROLE_NAMES = {
    Role.COORDINATOR: _l("Coordinator"),
    Role.TREASURER: _l("Treasurer"),
    Role.RETURNING_OFFICER: _l("Returning officer"),
    Role.ADMINISTRATOR: _l("Administrator"),
}
ROLE_HINTS = {
    Role.COORDINATOR: _l("Members, applications and gatherings."),
    Role.TREASURER: _l("Plans, payments and refunds."),
    Role.RETURNING_OFFICER: _l("The Interim Challenge and its votes."),
    Role.ADMINISTRATOR: _l("Accounts and roles."),
}


def house_words() -> tuple[str, ...]:
    """Return the bureau's own words, which make poor passwords."""
    house = current_app.config["HOUSE"]
    return (house.name, house.bureau, "interim management")


class _CodeField(TextField):
    """Digits to type over; spaces in them do no harm."""

    inputmode = "numeric"
    spellcheck = False
    default_autocomplete = "one-time-code"
    default_width = "s"
    longest = 20


class _ChoosesPassword(Form):
    """A form in which a new password is chosen; the rules know who chooses."""

    def _context(self) -> tuple[str, ...]:
        return ()

    def validate_password(self, field: Field) -> None:
        if not field.data:
            return
        try:
            passwords.check_choice(field.data, names=self._context(), house=house_words())
        except Refusal as refusal:
            self.refuse(refusal, field)


class SignInForm(Form):
    """First the address, then the way in."""

    email = EmailField(_l("E-mail address"), autocomplete="username webauthn", render_kw={"autofocus": True})
    next = HiddenField("", required=False)


class PasswordSignInForm(Form):
    """The second page: the address is known, the password may be given."""

    email = EmailField(_l("E-mail address"), autocomplete="username")
    password = PasswordField(_l("Password"))
    next = HiddenField("", required=False)


class SignUpForm(_ChoosesPassword):
    """Who you are; how you sign in can be chosen later."""

    given_name = TextField(_l("First name"), max_length=None, autocomplete="given-name", width="m")
    family_name = TextField(_l("Last name"), autocomplete="family-name", width="m")
    email = EmailField(_l("E-mail address"))
    password = PasswordField(
        _l("Password"),
        new=True,
        required=False,
        hint=_l("At least 15 characters; a short sentence is fine. Leave it empty to sign in by mail link or passkey."),
    )
    next = HiddenField("", required=False)

    def _context(self) -> tuple[str, ...]:
        return (self.given_name.data or "", self.family_name.data or "", self.email.data or "")


class EmailOnlyForm(Form):
    """Asks for an address to mail a link to."""

    email = EmailField(_l("E-mail address"), autocomplete="username")


class NewPasswordForm(_ChoosesPassword):
    """A new password for somebody known."""

    password = PasswordField(_l("New password"), new=True, hint=_l("At least 15 characters; a short sentence is fine."))

    def __init__(self, *arguments: Any, names: tuple[str, ...] = (), **options: Any) -> None:
        self.names = names
        super().__init__(*arguments, **options)

    def _context(self) -> tuple[str, ...]:
        return self.names

    @classmethod
    def of(cls, account: Account) -> NewPasswordForm:
        """Return the form that knows this person's details."""
        return cls(names=passwords.known_about(account))


class WelcomeForm(NewPasswordForm):
    """An invitation: a password may be chosen, or left for later."""

    password = PasswordField(
        _l("Password"),
        new=True,
        required=False,
        hint=_l("At least 15 characters; a short sentence is fine. Leave it empty to sign in by mail link or passkey."),
    )


class BrowserCodeForm(Form):
    """The code that the asking browser shows."""

    code = _CodeField(_l("Code of six digits"), autocomplete="off")


class TotpForm(Form):
    """A code of the authenticator app."""

    code = _CodeField(_l("Code of six digits"), render_kw={"autofocus": True})


class RecoveryForm(Form):
    """A recovery code, for whoever lost the app."""

    recovery_code = TextField(
        _l("Recovery code"), autocomplete="off", width="m", hint=_l("Three groups of four, such as abcd-efgh-jkmn.")
    )


class ProveForm(Form):
    """The password once more."""

    password = PasswordField(_l("Password"), render_kw={"autofocus": True})


class MailedCodeForm(Form):
    """The code that came by mail."""

    code = _CodeField(_l("Code of six digits"))


class DetailsForm(Form):
    """Name and language."""

    given_name = TextField(_l("First name"), autocomplete="given-name", width="m")
    family_name = TextField(_l("Last name"), autocomplete="family-name", width="m")
    locale = ChoiceField(_l("Language of mail and pages"), options=LANGUAGES, inline=True)


class ChangeEmailForm(Form):
    """The new address."""

    email = EmailField(_l("New e-mail address"))


class PasskeyNameForm(Form):
    """What to call a passkey, to know it again in the list."""

    name = TextField(
        _l("Name of this passkey"), required=False, width="m", hint=_l("To know it again, for instance: my phone.")
    )


class InviteForm(Form):
    """Somebody new at the bureau."""

    given_name = TextField(_l("First name"), width="m")
    family_name = TextField(_l("Last name"), width="m")
    email = EmailField(_l("E-mail address"), autocomplete="off")
    roles = MultiChoiceField(
        _l("Roles"),
        options=[Option(role, ROLE_NAMES[role], hint=ROLE_HINTS[role]) for role in Role],
        at_least=0,
        required=False,
    )


class MailChoicesForm(Form):
    """B5: which kinds of mail come, besides those that always do."""

    wanted = MultiChoiceField(_l("I would like to get"), at_least=0, required=False, options=())


def mail_choices_form(wanted: list[str]) -> MailChoicesForm:
    """Fill the form with the kinds there are, and those that come now."""
    form = MailChoicesForm(data={"wanted": wanted})
    form.wanted.options = [Option(topic.name, topic.label, hint=topic.hint) for topic in topics.every()]
    return form
