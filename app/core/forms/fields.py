"""The fields of one value: each reads forgivingly, keeps what was typed, and knows how the browser should ask for it.

A field is required unless it says `required=False`; `data` is the value in its stored form or the field's `nothing`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from markupsafe import Markup, escape
from wtforms import Field, ValidationError
from wtforms.form import BaseForm
from wtforms.validators import StopValidation
from wtforms.widgets import html_params

from app.core.forms import messages, reading
from app.core.i18n import _l


class InputWidget:
    """Writes the bare `<input>`; the macro around it adds label, hint and error."""

    def __call__(self, field: InputField, **attributes: Any) -> Markup:
        merged = {"id": field.id, "name": field.name, "type": field.input_type, **field.attributes(), **attributes}
        if field.keeps_value:
            merged.setdefault("value", field.text)
        return Markup(f"<input {html_params(**merged)}>")  # noqa: S704  html_params escapes every value


class TextAreaWidget:
    """Writes the bare `<textarea>`; the line break after the tag keeps a leading one of the text."""

    def __call__(self, field: InputField, **attributes: Any) -> Markup:
        merged = {"id": field.id, "name": field.name, **field.attributes(), **attributes}
        return Markup(f"<textarea {html_params(**merged)}>\n{escape(field.text)}</textarea>")  # noqa: S704


class InputField(Field):
    """What all fields of one value share: clean, read, refuse with a way to mend it, give back what was typed."""

    widget: Any = InputWidget()
    kind = "input"
    input_type = "text"
    inputmode: str | None = None
    spellcheck: bool | None = None
    default_autocomplete: str | None = None
    keeps_value = True
    multiple = False
    nothing: Any = None
    longest = 200
    default_width = ""
    unreadable: Any = messages.UNREADABLE
    empty_message: Any = messages.FILL_IN

    def __init__(
        self,
        label: Any,
        validators: Sequence[Callable[..., object]] = (),
        *,
        required: bool = True,
        hint: Any = "",
        told_as: Any = "",
        empty: Any = None,
        min_length: int = 0,
        max_length: int | None = None,
        autocomplete: str | None = None,
        width: str | None = None,
        prefix: Any = "",
        suffix: Any = "",
        **options: Any,
    ) -> None:
        super().__init__(label, list(validators), **options)
        self.required = required
        self.hint = hint
        self.told_as = told_as
        self.empty_message = empty or self.empty_message
        self.min_length = min_length
        self.counted = max_length is not None
        self.max_length = max_length or self.longest
        self.autocomplete = autocomplete or self.default_autocomplete
        self.width = self.default_width if width is None else width
        self.prefix, self.suffix = prefix, suffix
        self.typed: str = ""

    @property
    def optional(self) -> bool:
        """Whether the label says that it may stay empty; the common case, required, is not marked."""
        return not self.required

    def tidy(self, text: str) -> str:
        """Clean what was typed before it is read."""
        return reading.tidy_line(text)

    def read(self, text: str) -> Any:
        """Turn the text into the stored value; ValueError when it can't be read."""
        return text

    def show(self, value: Any) -> str:
        """Turn the stored value into the text to begin with."""
        return str(value)

    def check(self, value: Any) -> None:
        """Refuse a value that can be read but not accepted: a ValidationError with the way to mend it."""

    def attributes(self) -> dict[str, Any]:
        """How the browser should ask: keyboard, memory, spelling (ux 12)."""
        asked: dict[str, Any] = {"inputmode": self.inputmode, "autocomplete": self.autocomplete}
        if self.spellcheck is not None:
            asked["spellcheck"] = "true" if self.spellcheck else "false"
        if self.spellcheck is False:
            asked["autocapitalize"] = "none"
        return {name: value for name, value in asked.items() if value is not None} | (self.render_kw or {})

    def message(self, message: Any, **values: Any) -> str:
        """Fill in a message that names this field."""
        if self.told_as:
            return messages.say_plainly(message, label=self.told_as, **values)
        return messages.say(message, label=self.label.text, **values)

    def process_formdata(self, valuelist: list[Any]) -> None:
        raw = valuelist[0] if valuelist else ""
        self.typed = self.tidy(raw) if isinstance(raw, str) else ""
        self.data = self.nothing
        if not self.typed:
            return
        if reading.has_control_characters(self.typed):
            raise ValueError(self.message(messages.NO_CONTROL))
        if len(self.typed) > self.max_length:
            raise ValueError(self.message(messages.TOO_LONG, max=self.max_length, now=len(self.typed)))
        try:
            self.data = self.read(self.typed)
        except ValueError as error:
            raise ValueError(self.message(self.unreadable)) from error

    def pre_validate(self, form: BaseForm) -> None:
        del form
        if self.process_errors:
            raise StopValidation
        if self.data is None or self.data == self.nothing:
            raise StopValidation(self.message(self.empty_message) if self.required else "")
        if isinstance(self.data, str) and len(self.data) < self.min_length:
            raise StopValidation(self.message(messages.TOO_SHORT, min=self.min_length, now=len(self.data)))
        try:
            self.check(self.data)
        except ValidationError as error:
            raise StopValidation(str(error)) from error

    @property
    def text(self) -> str:
        """What stands in the field: as typed once it was sent, else the stored value written out."""
        if self.raw_data is not None:
            return self.typed
        return "" if self.data is None or self.data == self.nothing else self.show(self.data)

    def _value(self) -> str:
        return self.text


class TextField(InputField):
    """One line of text."""

    nothing = ""


class TextAreaField(InputField):
    """Text of several lines; a limit is shown and counted, never cut off while typing."""

    widget = TextAreaWidget()
    kind = "textarea"
    nothing = ""
    longest = 4000

    def __init__(
        self, label: Any, validators: Sequence[Callable[..., object]] = (), *, rows: int = 5, **options: Any
    ) -> None:
        super().__init__(label, validators, **options)
        self.rows = rows

    def tidy(self, text: str) -> str:
        return reading.tidy_text(text)

    def attributes(self) -> dict[str, Any]:
        return {"rows": self.rows, **super().attributes()}


class EmailField(InputField):
    """An e-mail address."""

    input_type = "email"
    inputmode = "email"
    spellcheck = False
    default_autocomplete = "email"
    nothing = ""
    longest = 254
    unreadable = _l("Fill in an e-mail address at “%(label)s”, like name@example.nl.")

    def read(self, text: str) -> str:
        return reading.read_email(text)


class PhoneField(InputField):
    """A telephone number, stored as E.164."""

    input_type = "tel"
    inputmode = "tel"
    default_autocomplete = "tel"
    default_width = "m"
    nothing = ""
    longest = 40
    unreadable = _l("Fill in a telephone number at “%(label)s”, like 06 12345678 or +32 2 555 12 12.")

    def read(self, text: str) -> str:
        return reading.read_phone(text)

    def show(self, value: Any) -> str:
        return reading.show_phone(str(value))


class PostcodeField(InputField):
    """A Dutch postcode."""

    spellcheck = False
    default_autocomplete = "postal-code"
    default_width = "s"
    nothing = ""
    longest = 20
    unreadable = _l("Fill in four digits and two letters at “%(label)s”, like 1234 AB.")

    def read(self, text: str) -> str:
        return reading.read_postcode(text)


class KvkField(InputField):
    """A chamber-of-commerce number."""

    inputmode = "numeric"
    default_autocomplete = "off"
    default_width = "s"
    nothing = ""
    longest = 30
    unreadable = _l("Fill in the eight digits of “%(label)s”, like 12345678.")

    def read(self, text: str) -> str:
        return reading.read_kvk(text)


class VatIdField(InputField):
    """A VAT id whose check digits hold."""

    spellcheck = False
    default_autocomplete = "off"
    default_width = "m"
    nothing = ""
    longest = 40
    unreadable = _l("Check “%(label)s”: it looks like NL123456789B01, and one of the digits does not fit.")

    def read(self, text: str) -> str:
        return reading.read_vat_id(text)


class IbanField(InputField):
    """A bank account number whose check digits hold."""

    spellcheck = False
    default_autocomplete = "off"
    default_width = "m"
    nothing = ""
    longest = 60
    unreadable = _l("Check “%(label)s”: it looks like NL91 ABNA 0417 1643 00, and one of the characters does not fit.")

    def read(self, text: str) -> str:
        return reading.read_iban(text)

    def show(self, value: Any) -> str:
        return reading.show_iban(str(value))


class UrlField(InputField):
    """A web address, http or https only."""

    input_type = "url"
    inputmode = "url"
    spellcheck = False
    default_autocomplete = "url"
    nothing = ""
    longest = reading.LONGEST_URL
    unreadable = _l("Fill in a web address at “%(label)s”, like https://www.example.nl.")

    def read(self, text: str) -> str:
        return reading.read_url(text)


class PasswordField(InputField):
    """A password: any characters, not trimmed, never given back; paste and password managers welcome."""

    kind = "password"
    input_type = "password"
    spellcheck = False
    default_autocomplete = "current-password"
    keeps_value = False
    nothing = ""
    longest = 256

    def __init__(
        self, label: Any, validators: Sequence[Callable[..., object]] = (), *, new: bool = False, **options: Any
    ) -> None:
        options.setdefault("autocomplete", "new-password" if new else None)
        super().__init__(label, validators, **options)

    def tidy(self, text: str) -> str:
        return text


class HiddenField(InputField):
    """A value that travels along unseen; junk in it is refused like junk anywhere."""

    kind = "hidden"
    input_type = "hidden"
    nothing = ""
    longest = 500
