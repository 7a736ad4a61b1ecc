"""What is asked about a series: its rhythm, which dates are kept, and how far a change reaches."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from hashlib import sha256
from typing import Any

from app.agenda.forms import CallOffForm, GatheringForm, copy_form
from app.agenda.materials.forms import options_of
from app.agenda.materials.models import Material
from app.agenda.models import Gathering
from app.agenda.series.queries import Scope
from app.agenda.series.recurrence import MOST_DATES, Rhythm, Rule, week_of_month
from app.agenda.series.services import Opening
from app.core import clock
from app.core.formats import day_as
from app.core.forms import ChoiceField, DateField, Form, IntegerField, MultiChoiceField, Option
from app.core.i18n import _, _l, _n

MOST_APART = 52
WEEKS = {
    1: _l("the first %(weekday)s"),
    2: _l("the second %(weekday)s"),
    3: _l("the third %(weekday)s"),
    4: _l("the fourth %(weekday)s"),
    -1: _l("the last %(weekday)s"),
}
SCOPES = {
    Scope.ONE: _l("Only this date"),
    Scope.FOLLOWING: _l("This date and the ones after it"),
    Scope.ALL: _l("All dates of the series that are still to come"),
}
OPENINGS = {
    Opening.AT_ONCE: _l("At the same moment as for the first date"),
    Opening.EACH_IN_TIME: _l("As long before each date as before the first one"),
}
SCOPE_OPTIONS = tuple(Option(scope, label) for scope, label in SCOPES.items())


def told(rhythm: Rhythm, every: int, day: date) -> str:
    """Write a rhythm in words: `every 2 weeks on Thursday`."""
    weekday = day_as(day, "EEEE")
    if rhythm is Rhythm.WEEKLY:
        return _n("every week on %(weekday)s", "every %(num)s weeks on %(weekday)s", every, weekday=weekday)
    which = str(WEEKS[week_of_month(day)]) % {"weekday": weekday}
    if rhythm is Rhythm.MONTHLY_BY_DATE:
        which = _("day %(number)s", number=day.day)
    return _n("every month on %(which)s", "every %(num)s months on %(which)s", every, which=which)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


class RepeatForm(Form):
    """G1: in which rhythm a gathering comes back."""

    rhythm = ChoiceField(_l("How does it come back"), style="radios")
    every = IntegerField(
        _l("Every how many weeks or months"), minimum=1, maximum=MOST_APART, hint=_l("1 is every time, 2 every other.")
    )
    times = IntegerField(
        _l("How many more dates"),
        required=False,
        minimum=1,
        maximum=MOST_DATES,
        hint=_l("Fill in this, the last day, or both."),
    )
    until = DateField(_l("Until which day"), required=False)
    opening = ChoiceField(
        _l("When members can book"),
        options=[Option(opening, label) for opening, label in OPENINGS.items()],
        style="radios",
    )

    def __init__(self, gathering: Gathering, **options: Any) -> None:
        super().__init__(**options)
        day = clock.local(gathering.starts_at).date()
        self.rhythm.options = [Option(rhythm, _capital(told(rhythm, 1, day))) for rhythm in Rhythm]
        self.first = day

    def validate(self, extra_validators: Any = None) -> bool:
        fine = bool(super().validate(extra_validators))
        if not self.times.data and not self.until.data and not (self.times.errors or self.until.errors):
            self.refuse(_("Fill in how many more dates there are, or until which day."), self.times)
        if self.until.data and self.until.data <= max(self.first, clock.today()):
            self.refuse(_("Fill in a day after the first date, and after today."), self.until)
        return fine and not self.problems

    def rule(self) -> Rule:
        """Give what was filled in to the reckoning."""
        return Rule(self.rhythm.data, self.every.data, self.times.data, self.until.data)


def _materials_field() -> MultiChoiceField:
    return MultiChoiceField(
        _l("Materials that go along"),
        required=False,
        at_least=0,
        hint=_l("For the same people, and from the same moment on."),
    )


class CopyForm(GatheringForm):
    """G1: another gathering like one there is, with those of its materials that go along: all of them unless told."""

    materials = _materials_field()

    @classmethod
    def of(cls, original: Gathering) -> CopyForm:
        """Fill the form with what there is, or with what was posted."""
        form = copy_form(original, cls, materials=[one.id for one in original.materials])
        assert isinstance(form, cls)
        form.materials.options = options_of(original.materials)
        return form


class DatesForm(Form):
    """Which of the dates of a preview are kept, and which materials go with each."""

    days = MultiChoiceField(_l("Dates"))
    materials = _materials_field()

    @classmethod
    def of(
        cls, options: Sequence[Option], posted: Any, chosen: Sequence[str], materials: Sequence[Material]
    ) -> DatesForm:
        """Offer these dates and materials: ticked as posted, or else the chosen dates and all materials."""
        form = cls(formdata=posted, data={"days": list(chosen), "materials": [one.id for one in materials]})
        form.days.options, form.materials.options = options, options_of(materials)
        return form


class ScopedGatheringForm(GatheringForm):
    """A gathering of a series, and how far a change reaches."""

    scope = ChoiceField(
        _l("What do you change"),
        options=SCOPE_OPTIONS,
        style="radios",
        hint=_l(
            "On the other dates only what you change here is changed, such as the hour; the rest stays as it is there."
        ),
    )

    def mark(self) -> str:
        """Tell this filling-in from any other, so that only the change whose effect was shown is carried out."""
        return sha256(repr(sorted(self.typed().items())).encode()).hexdigest()[:32]


class ScopedCallOffForm(CallOffForm):
    """Why, and how far it reaches."""

    scope = ChoiceField(_l("What do you cancel"), options=SCOPE_OPTIONS, style="radios")
