"""What the returning officer hands in for the sealed ballot: the trustee's key, test openings, and the ballots."""

from __future__ import annotations

import re
from typing import Any

from app.challenge import sealing
from app.challenge.models import Trustee
from app.challenge.services import TrusteeDetails
from app.core.forms import JSON, ChoiceField, EmailField, Form, Option, TextField, UploadField
from app.core.forms.uploads import MEGABYTE
from app.core.i18n import _, _l

LANGUAGES = (Option("nl", "Nederlands"), Option("en", "English"))
KEY = re.compile(r"^[0-9a-f]{64}$")
HALVES = ("encryption", "signing")
LARGEST_ANSWER, LARGEST_BALLOTS = MEGABYTE, 60 * MEGABYTE


class TrusteeForm(Form):
    """V5: who keeps the key, and its public halves: as the file of the trustee's program, or typed over."""

    name = TextField(_l("Name of the trustee"), min_length=2, max_length=160, autocomplete="off")
    email = EmailField(
        _l("E-mail address of the trustee"),
        autocomplete="off",
        hint=_l("While the vote is open, the head of the board goes there every day."),
    )
    locale = ChoiceField(_l("Language of mails to the trustee"), options=LANGUAGES, inline=True)
    file = UploadField(
        _l("The file challenge-public-key.json"), required=False, kinds=(JSON,), max_bytes=LARGEST_ANSWER
    )
    encryption = TextField(
        _l("Public key for closing ballots up"),
        told_as=_l("the public key for closing ballots up"),
        required=False,
        hint=_l("64 characters; only if you have no file."),
    )
    signing = TextField(_l("Public key for signatures"), told_as=_l("the public key for signatures"), required=False)

    def validate(self, extra_validators: Any = None) -> bool:
        fine = bool(super().validate(extra_validators))
        if self.file.data:
            self._read_file(self.file.data.content)
        elif not self.file.errors:
            for half in HALVES:
                field = self[half]
                field.data = re.sub(r"\s", "", field.data or "").lower()
                if not field.data and half == "encryption":
                    self.refuse(_("Choose the file of the trustee, or type both keys over."), self.file)
                    break
                if not KEY.match(field.data):
                    self.refuse(_("A key has 64 characters, each 0 to 9 or a to f. Type it over once more."), field)
        return fine and not self.problems

    def _read_file(self, content: bytes) -> None:
        found = sealing.read_json(content) or {}
        if set(found) != set(HALVES) or not all(KEY.match(str(found[half])) for half in HALVES):
            self.refuse(
                _(
                    "This is not the file challenge-public-key.json. If it holds a secret key, tell the trustee: that"
                    " key must not be used any more."
                ),
                self.file,
            )
            return
        for half in HALVES:
            self[half].data = found[half]

    def details(self) -> TrusteeDetails:
        """Give what was filled in to the service."""
        names = ("name", "email", "locale", *HALVES)
        return TrusteeDetails(**{name: self[name].data for name in names})


def trustee_form(trustee: Trustee | None) -> TrusteeForm:
    """Make the form, with what is known."""
    names = ("name", "email", "locale", *HALVES)
    return TrusteeForm(data={name: getattr(trustee, name) for name in names} if trustee else {"locale": "nl"})


class HandedInForm(Form):
    """V5: a file of the trustee's program."""

    file: UploadField

    def validate(self, extra_validators: Any = None) -> bool:
        fine = bool(super().validate(extra_validators))
        if self.file.data and self.found is None:
            self.refuse(_("This file was not written by the trustee’s program. Choose another one."), self.file)
        return fine and not self.problems

    @property
    def found(self) -> dict[str, Any] | None:
        """What is in the file; None where nothing can be read."""
        return sealing.read_json(self.file.data.content) if self.file.data else None


class AnswerForm(HandedInForm):
    """V5: what the trustee's program made of a test file."""

    file = UploadField(_l("The file test-answer.json"), kinds=(JSON,), max_bytes=LARGEST_ANSWER)


class BallotsForm(HandedInForm):
    """V5: what the trustee's program took out of the envelopes."""

    file = UploadField(_l("The file ballots.json"), kinds=(JSON,), max_bytes=LARGEST_BALLOTS)
