"""What is asked after a gathering, in a minute on a phone; and the questions themselves, for the bureau."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.agenda.feedback.models import VALUES, FeedbackQuestion, Part, Scale
from app.agenda.feedback.services import Opinion, QuestionDetails
from app.core.forms import CheckboxField, ChoiceField, Form, IntegerField, Option, TextAreaField, TextField
from app.core.i18n import _, _l

LONGEST_COMMENT = 1000
LEAST_REASON = 5
MARKS = {1: _l("Poor"), 2: _l("Meagre"), 3: _l("Fair"), 4: _l("Good"), 5: _l("Excellent")}
ENDS = {0: _l("Surely not"), 10: _l("Surely")}
LABELS = {Scale.MARK: MARKS, Scale.RECOMMEND: ENDS}
COMMENTS = {Part.HELPED: _l("What was of use to you?"), Part.BETTER: _l("What could be better?")}


class ScaleField(ChoiceField):
    """A scale that may stay open: the page says so once, not at each of them."""

    optional = False


class FeedbackForm(Form):
    """G8: nothing has to be filled in, but something has to be; its fields are the questions as they stand."""

    def __init__(self, questions: Sequence[FeedbackQuestion], **options: Any) -> None:
        super().__init__(**options)
        self.asked = [(question.id, self[_name(question.id)]) for question in questions]

    def validate(self, extra_validators: Any = None) -> bool:
        fine = bool(super().validate(extra_validators))
        if fine and not self.values() and not any(self.comments().values()):
            self.refuse(_("Give at least one mark, or write something."), self.asked[0][1] if self.asked else None)
        return fine and not self.problems

    def values(self) -> dict[UUID, int]:
        """Return the value given to each question that was answered."""
        return {key: field.data for key, field in self.asked if field.data is not None}

    def comments(self) -> dict[Part, str]:
        """Return what was written."""
        return {part: self[part.value].data for part in Part}

    def opinion(self) -> Opinion:
        """Give what was filled in to the service."""
        return Opinion(values=self.values(), comments=self.comments())


def _name(id: UUID) -> str:
    return f"question-{id}"


def feedback_form(questions: Sequence[FeedbackQuestion]) -> FeedbackForm:
    """Make the form of these questions."""
    fields: dict[str, Any] = {_name(one.id): _scale(one) for one in questions}
    fields |= {
        part.value: TextAreaField(label, required=False, rows=3, max_length=LONGEST_COMMENT, autocomplete="off")
        for part, label in COMMENTS.items()
    }
    made: type[FeedbackForm] = type("FeedbackForm", (FeedbackForm,), fields)
    return made(questions)


def _scale(question: FeedbackQuestion) -> ScaleField:
    labels = LABELS[question.scale]
    options = [Option(value, labels.get(value, "")) for value in VALUES[question.scale]]
    return ScaleField(question.text, options=options, style="scale", required=False)


class HideForm(Form):
    """Why nobody is to read a comment."""

    reason = TextField(_l("Reason"), min_length=LEAST_REASON, max_length=400, autocomplete="off")


class QuestionForm(Form):
    """A question to be answered by a mark of 1 to 5."""

    text_nl = TextField(_l("In Dutch"), min_length=3, max_length=160, autocomplete="off")
    text_en = TextField(_l("In English"), min_length=3, max_length=160, autocomplete="off")
    position = IntegerField(_l("Place on the form"), minimum=1, maximum=99)
    asked = CheckboxField(_l("Ask this from now on"))

    def details(self) -> QuestionDetails:
        """Give what was filled in to the service."""
        return QuestionDetails(
            text_nl=self.text_nl.data,
            text_en=self.text_en.data,
            asked=self.asked.data,
            position=self.position.data,
        )
