"""The fields of choosing: one of several, several of several, a level, a tick."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from wtforms.form import BaseForm
from wtforms.validators import StopValidation

from app.core.forms import messages
from app.core.forms.fields import InputField
from app.core.i18n import _l

MOST_RADIOS = 7


@dataclass(frozen=True)
class Option:
    """Something to choose: what is stored, what is read, and what may explain it."""

    value: Any
    label: Any
    hint: Any = ""
    group: Any = ""
    disabled: bool = False


@dataclass(frozen=True)
class Shown:
    """An option as the page shows it."""

    id: str
    value: str
    label: Any
    hint: Any
    group: Any
    disabled: bool
    selected: bool


Options = Sequence[Option] | Callable[[], Sequence[Option]]


def _key(value: Any) -> str:
    if value is None:
        return ""
    return str(value.value) if isinstance(value, Enum) else str(value)


class ChoiceField(InputField):
    """One of several: radios up to seven, a list beyond that, unless `style` says which.

    `data` is the chosen option's own value, so an enum option gives the enum and a UUID option the UUID.
    """

    kind = "radios"
    empty_message = messages.CHOOSE

    def __init__(
        self,
        label: Any,
        validators: Sequence[Callable[..., object]] = (),
        *,
        options: Options = (),
        style: str | None = None,
        inline: bool = False,
        blank: Any = None,
        **others: Any,
    ) -> None:
        super().__init__(label, validators, **others)
        self.options = options
        self.style = style
        self.inline = inline
        self.blank = blank or _l("Choose…")
        self._picked: list[str] = []

    @property
    def choices(self) -> Sequence[Option]:
        """The options as they stand now."""
        return self.options() if callable(self.options) else self.options

    @property
    def presentation(self) -> str:
        """How the macro draws it: `radios`, `select`, `scale` or `checkboxes`."""
        if self.style:
            return self.style
        return "radios" if len(self.choices) <= MOST_RADIOS and self.required else "select"

    @property
    def first_id(self) -> str:
        """Where the error summary leads: the first option of a group, or the list itself."""
        return self.id if self.presentation == "select" else f"{self.id}-0"

    def _chosen_keys(self) -> set[str]:
        return set(self._picked) if self.raw_data is not None else {_key(self.data)}

    def iter_choices(self) -> Iterator[Shown]:
        """Yield the options for the page, the chosen ones marked."""
        chosen = self._chosen_keys()
        for index, option in enumerate(self.choices):
            key = _key(option.value)
            yield Shown(
                f"{self.id}-{index}", key, option.label, option.hint, option.group, option.disabled, key in chosen
            )

    def iter_groups(self) -> Iterator[tuple[Any, list[Shown]]]:
        """Yield the options in their groups, in the order in which the groups first appear."""
        groups: dict[str, tuple[Any, list[Shown]]] = {}
        for shown in self.iter_choices():
            groups.setdefault(str(shown.group), (shown.group, []))[1].append(shown)
        yield from groups.values()

    def process_formdata(self, valuelist: list[Any]) -> None:
        self._picked = [value for value in valuelist if isinstance(value, str) and value]
        self.data = None

    def pre_validate(self, form: BaseForm) -> None:
        if self.raw_data is not None:
            self._choose()
        super().pre_validate(form)

    def _choose(self) -> None:
        by_key = {_key(option.value): option.value for option in self.choices if not option.disabled}
        if any(key not in by_key for key in self._picked):
            self._picked = [key for key in self._picked if key in by_key]
            raise StopValidation(self.message(messages.CHOOSE_FROM_LIST))
        self._take([by_key[key] for key in self._picked])

    def _take(self, values: list[Any]) -> None:
        self.data = values[0] if values else None

    @property
    def typed_values(self) -> list[str]:
        """What was picked, for a draft."""
        return list(self._picked)


class MultiChoiceField(ChoiceField):
    """Several of several, as checkboxes; `data` is a list in the order of the options."""

    multiple = True
    nothing: Any = []

    def __init__(
        self,
        label: Any,
        validators: Sequence[Callable[..., object]] = (),
        *,
        at_least: int = 1,
        at_most: int | None = None,
        **others: Any,
    ) -> None:
        super().__init__(label, validators, **others)
        self.at_least, self.at_most = at_least, at_most

    @property
    def presentation(self) -> str:
        return "checkboxes"

    def _chosen_keys(self) -> set[str]:
        return set(self._picked) if self.raw_data is not None else {_key(value) for value in self.data or []}

    def process_formdata(self, valuelist: list[Any]) -> None:
        super().process_formdata(valuelist)
        self.data = []

    def _take(self, values: list[Any]) -> None:
        wanted = {_key(value) for value in values}
        self.data = [option.value for option in self.choices if _key(option.value) in wanted]

    def check(self, value: Any) -> None:
        if len(value) < self.at_least:
            raise StopValidation(self.message(_l("Choose at least %(min)s at “%(label)s”."), min=self.at_least))
        if self.at_most is not None and len(value) > self.at_most:
            raise StopValidation(self.message(_l("Choose at most %(max)s at “%(label)s”."), max=self.at_most))


LEVELS = (
    Option(0, _l("None")),
    Option(1, _l("Basic")),
    Option(2, _l("Able")),
    Option(3, _l("Skilled")),
    Option(4, _l("Expert")),
)


class LevelField(ChoiceField):
    """M3: a level from 0 to 4, as five buttons in a row with their names."""

    def __init__(self, label: Any, validators: Sequence[Callable[..., object]] = (), **others: Any) -> None:
        others.setdefault("options", LEVELS)
        others.setdefault("style", "scale")
        super().__init__(label, validators, **others)


class CheckboxField(InputField):
    """A tick: yes or no. With `required=True` it has to be ticked, as for a consent."""

    kind = "checkbox"
    input_type = "checkbox"
    nothing = False
    empty_message = messages.TICK

    def __init__(
        self, label: Any, validators: Sequence[Callable[..., object]] = (), *, required: bool = False, **options: Any
    ) -> None:
        super().__init__(label, validators, required=required, **options)

    @property
    def optional(self) -> bool:
        """A tick that may stay off needs no "not required": leaving it off is an answer."""
        return False

    def attributes(self) -> dict[str, Any]:
        return {"checked": True, **super().attributes()} if self.data else super().attributes()

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.typed = "1" if valuelist and valuelist[0] not in ("", "0", "false", "off") else ""
        self.data = bool(self.typed)

    @property
    def text(self) -> str:
        return "1"


class ConsentField(CheckboxField):
    """A consent that has to be given; the version of the text is its domain's to record."""

    def __init__(self, label: Any, validators: Sequence[Callable[..., object]] = (), **options: Any) -> None:
        options.setdefault("required", True)
        super().__init__(label, validators, **options)
