"""V4: what is asked of the bureau about the jury, of jurors, and of their chair."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from wtforms import FieldList, FormField

from app.challenge import rubric, words
from app.challenge.forms import VersionedForm
from app.challenge.models import Edition, RecusalReason, Sheet
from app.challenge.services import Mark
from app.core.forms import (
    ChoiceField,
    DecimalField,
    EmailField,
    Form,
    HiddenField,
    Option,
    Part,
    TextAreaField,
    TextField,
)
from app.core.i18n import _, _l

HUNDRED = Decimal(100)
TEN = Decimal(10)


class JurorForm(Form):
    """V4: whom the bureau asks for the jury; a member, or somebody from outside who gets an account by it."""

    given_name = TextField(_l("First name"), max_length=80, autocomplete="off", width="m")
    family_name = TextField(_l("Last name"), max_length=120, autocomplete="off", width="m")
    email = EmailField(
        _l("E-mail address"), autocomplete="off", hint=_l("Of the account, if this person has one; else one is opened.")
    )


class RecusalForm(Form):
    """V4: why a juror leaves a nominee to the others."""

    reason = ChoiceField(
        _l("Reason"),
        told_as=_l("the reason"),
        options=[Option(reason, label) for reason, label in words.RECUSALS.items()],
        style="radios",
    )
    note = TextAreaField(
        _l("Explanation"),
        required=False,
        rows=3,
        max_length=400,
        hint=_l("The bureau reads this. It is kept, and is not published."),
    )

    def validate(self, extra_validators: Any = None) -> bool:
        fine = bool(super().validate(extra_validators))
        if fine and self.reason.data is RecusalReason.OTHER and not self.note.data:
            self.refuse(_("Explain in a few words what it is."), self.note)
        return fine and not self.problems


class LiftForm(Form):
    """V4: why a recused juror judges a nominee after all."""

    reason = TextAreaField(
        _l("Reason"),
        rows=3,
        min_length=10,
        max_length=400,
        hint=_l("It is kept in the log."),
    )


class MarkPart(Part):
    """V4: one criterion: a score and why."""

    halves = ChoiceField(
        _l("Score"),
        required=False,
        style="select",
        blank=_l("No score yet"),
        options=lambda: [Option(one, words.mark(one)) for one in rubric.MARKS],
    )
    reason = TextAreaField(_l("Reason"), required=False, rows=2, max_length=rubric.LONGEST_REASON)

    @property
    def lacks_reason(self) -> bool:
        """Whether the score asks for a reason that is not there."""
        halves = self.halves.data
        return halves is not None and rubric.asks_reason(halves) and not self.reason.data


class RubricForm(VersionedForm):
    """V4: the scores of one nominee, criterion by criterion. What is empty is kept empty: a draft is a draft."""

    marks = FieldList(FormField(MarkPart))
    readable = False

    def validate(self, extra_validators: Any = None) -> bool:
        self.readable = bool(super().validate(extra_validators)) and not self.problems
        for part in self.parts:
            if part.lacks_reason and not part.reason.errors:
                low = rubric.asks_reason(part.halves.data) and part.halves.data <= rubric.LOW
                part.reason.errors = [
                    _("Say in a few words why: a score of 4 or lower counts only with a reason.")
                    if low
                    else _("Say in a few words why: a score of 9 or higher counts only with a reason.")
                ]
        return self.readable and not self.problems

    @property
    def parts(self) -> list[MarkPart]:
        """The criteria, in order."""
        return [entry.form for entry in self.marks]

    @property
    def lacking(self) -> int:
        """How many scores wait for a reason."""
        return sum(part.lacks_reason for part in self.parts)

    def given(self, edition: Edition) -> dict[str, Mark]:
        """Give what was typed to the service, by criterion."""
        return {
            one.code: Mark(part.halves.data, part.reason.data)
            for one, part in zip(edition.criteria, self.parts, strict=True)
        }


def rubric_form(edition: Edition, sheet: Sheet | None) -> RubricForm:
    """Open the form with what was typed before."""
    typed = sheet.typed if sheet else {}
    nothing = {"halves": None, "reason": ""}
    rows = [typed.get(one.code, nothing) for one in edition.criteria]
    form = RubricForm(data={"marks": rows, "version": sheet.version if sheet else 0})
    while len(form.marks) < len(rows):
        form.marks.append_entry(rows[len(form.marks)])
    while len(form.marks) > len(rows):
        form.marks.pop_entry()
    return form


class ChairScoreForm(Form):
    """V4: the panel score where too few jurors gave a mark."""

    score = DecimalField(
        _l("Panel score"),
        maximum=TEN,
        told_as=_l("the panel score"),
        hint=_l("From 0 to 10, two decimals at most."),
    )
    reason = TextAreaField(
        _l("Reason"), rows=3, min_length=10, max_length=400, hint=_l("It is kept in the log and told with the result.")
    )

    def validate(self, extra_validators: Any = None) -> bool:
        fine = bool(super().validate(extra_validators))
        if fine and (self.score.data * HUNDRED) % 1:
            self.refuse(_("Fill in a score with two decimals at most, like 7,25."), self.score)
        return fine and not self.problems

    @staticmethod
    def shown(hundredths: int) -> Decimal:
        """Give a score to begin with."""
        return Decimal(hundredths) / HUNDRED

    @property
    def hundredths(self) -> int:
        """The score as it is counted."""
        return int(self.score.data * HUNDRED)


class ReasonPart(Part):
    """V4: one juror's reason as it may be read."""

    place = HiddenField("", required=False)
    text = TextAreaField(_l("As it is published"), required=False, rows=3, max_length=rubric.LONGEST_REASON)


class ReasonsForm(Form):
    """V4: the reasons for one nominee, edited by the chair."""

    reasons = FieldList(FormField(ReasonPart))

    def texts(self) -> dict[tuple[UUID, str], str]:
        """Give what was typed to the service, by juror and criterion."""
        told = {}
        for entry in self.reasons:
            juror, _colon, code = str(entry.form.place.data).partition(":")
            try:
                told[UUID(juror), code] = entry.form.text.data
            except ValueError:
                continue
        return told


def reasons_form(given: Mapping[tuple[UUID, str], str]) -> ReasonsForm:
    """Open the form with each reason as it is published, or as the juror wrote it."""
    return ReasonsForm(
        data={"reasons": [{"place": f"{juror}:{code}", "text": text} for (juror, code), text in given.items()]}
    )
