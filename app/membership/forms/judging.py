"""M4, M6: what the bureau fills in about admissions and about periods without payment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.core import clock
from app.core.forms import ChoiceField, DateField, EmailField, Form, HiddenField, Option, TextAreaField, TextField
from app.core.i18n import _, _l
from app.membership import words
from app.membership.models import CheckOutcome


class IntakeForm(Form):
    """M4: what the intake interview brought."""

    report = TextAreaField(
        _l("Intake report"), rows=8, max_length=8000, hint=_l("For the bureau only. The applicant does not see this.")
    )


class CheckForm(Form):
    """M4: a call to a referee."""

    called_on = DateField(_l("When did you call?"), maximum=clock.today)
    outcome = ChoiceField(
        _l("What did it come to?"),
        told_as=_l("what it came to"),
        style="radios",
        options=[Option(outcome, label) for outcome, (_tone, label) in words.CHECK_OUTCOMES.items()],
    )
    said = TextAreaField(
        _l("What was said?"),
        required=False,
        rows=6,
        max_length=4000,
        hint=_l(
            "For the bureau only. Write down what was said, not what you think of it. Empty only if nobody answered."
        ),
    )

    def validate(self, extra_validators: Mapping[str, Any] | None = None) -> bool:
        """Ask what was said, unless nobody answered."""
        fits = super().validate(extra_validators)
        if fits and self.outcome.data is not CheckOutcome.NOT_REACHED and not self.said.data:
            self.refuse(_("Write down what was said."), self.said)
        return fits and not self.problems


class AdmitForm(Form):
    """M4: the yes."""

    plan = ChoiceField(_l("Plan"), style="radios")
    reason = TextAreaField(
        _l("Why do you admit this person?"),
        told_as=_l("the reason to admit"),
        rows=3,
        max_length=2000,
        hint=_l("For the file; the applicant does not see this."),
    )


class DeclineForm(Form):
    """M4: the no, with the reason that the applicant gets to read."""

    reason = TextAreaField(
        _l("Reason"),
        rows=6,
        min_length=20,
        max_length=2000,
        hint=_l("The applicant reads this, word for word, in the mail."),
    )


class InvitationForm(Form):
    """M4: somebody whom the bureau asks in."""

    given_name = TextField(_l("First name"), max_length=80, autocomplete="off", width="m")
    family_name = TextField(_l("Last name"), max_length=120, autocomplete="off", width="m")
    email = EmailField(_l("E-mail address"), autocomplete="off")
    plan = ChoiceField(_l("Plan"), style="radios")
    reason = TextAreaField(
        _l("Why do you invite this person?"),
        told_as=_l("the reason to invite"),
        rows=3,
        max_length=2000,
        hint=_l("For the file; the invited person does not see this."),
    )


class ReopenForm(Form):
    """M4: another term to pay."""

    plan = ChoiceField(_l("Plan"), style="radios")


class WaiverForm(Form):
    """M6: a period without money."""

    sequence = HiddenField("", required=False)
    reason = TextAreaField(
        _l("Why without payment?"),
        told_as=_l("the reason"),
        rows=3,
        min_length=10,
        max_length=1000,
        hint=_l("Stands in the file and in the log."),
    )

    @property
    def meant(self) -> int | None:
        """The number of the period that the page was about; junk counts as none."""
        text = self.sequence.data or ""
        return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else None  # noqa: PLR2004
