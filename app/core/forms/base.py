"""The form every page uses: one way to check, to refuse, and to answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import wtforms
from flask import abort, make_response, render_template
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import FieldList, FormField, RadioField

from app.core.errors import Refusal
from app.core.forms.choices import ChoiceField
from app.core.forms.fields import InputField
from app.core.forms.messages import OwnMessages

NOT_FOR_DRAFTS = {"password", "file"}
UNPROCESSABLE = 422
BAD_REQUEST = 400


class Form(FlaskForm):
    """A form with a token against forgery and messages of ours.

    A key sent twice for a field of one value is no mistake a person can make: it answers 400.
    """

    class Meta(FlaskForm.Meta):
        def get_translations(self, form: wtforms.form.BaseForm) -> OwnMessages:
            del form
            return OwnMessages()

    def process(self, *arguments: Any, **keywords: Any) -> None:
        super().process(*arguments, **keywords)
        for field in _flat(self):
            if len(getattr(field, "raw_data", None) or ()) > 1 and not getattr(field, "multiple", False):
                abort(BAD_REQUEST)

    def refuse(self, why: Refusal | Any, field: wtforms.Field | None = None) -> None:
        """Show a rule's refusal in this form: by a field, or above all when no field is to blame."""
        message = str(why.message if isinstance(why, Refusal) else why)
        if field is None:
            self.form_errors.append(message)
        else:
            field.errors = [*field.errors, message]

    @property
    def problems(self) -> list[tuple[str, str]]:
        """For the summary: where each problem is ("" when nowhere) and what mends it, in the order of the page."""
        found = [("", str(message)) for message in self.form_errors]
        for field in _flat(self):
            found += [(_place(field), str(message)) for message in field.errors]
        return found

    def typed(self) -> dict[str, list[str]]:
        """Return what was typed, as typed, to keep as a draft: no passwords, files or token."""
        return {
            field.name: field.typed_values if isinstance(field, ChoiceField) else [field.typed]
            for field in _flat(self)
            if isinstance(field, InputField) and field.kind not in NOT_FOR_DRAFTS
        }

    @classmethod
    def resume(cls, draft: Mapping[str, list[str]], **options: Any) -> Form:
        """Fill a form with a draft, nothing checked yet."""
        return cls(formdata=MultiDict({name: list(values) for name, values in draft.items()}), **options)


class Part(wtforms.Form):
    """A part of a form that repeats, such as a reference: used as `Rows(Part)`; it has no token of its own."""

    class Meta:
        def get_translations(self, form: wtforms.form.BaseForm) -> OwnMessages:
            del form
            return OwnMessages()


def _flat(form: wtforms.form.BaseForm) -> Iterator[wtforms.Field]:
    """All fields in the order of the page, those of repeated parts included."""
    for field in form:
        yield from _leaves(field)


def _leaves(field: wtforms.Field) -> Iterator[wtforms.Field]:
    if isinstance(field, FormField):
        for inner in field.form:
            yield from _leaves(inner)
    elif isinstance(field, FieldList):
        for entry in field.entries:
            yield from _leaves(entry)
    else:
        yield field


def _place(field: wtforms.Field) -> str:
    """Return the id that a link to the field leads to; nowhere for a hidden one, the first option for a group."""
    if getattr(field, "kind", "") == "hidden" or field.type in ("HiddenField", "CSRFTokenField"):
        return ""
    return str(getattr(field, "first_id", f"{field.id}-0" if isinstance(field, RadioField) else field.id))


def render_form(template: str, form: Form, **context: Any) -> ResponseReturnValue:
    """Answer with a form: 422 and "Error:" in the title when something is to be mended, 200 when it is new."""
    has_errors = bool(form.problems)
    page = render_template(template, form=form, has_errors=has_errors, **context)
    return make_response(page, UNPROCESSABLE if has_errors else 200)
