"""What is asked: of a member about own activities and registers, of the bureau about schemes and certificates."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from app.core import clock
from app.core.forms import (
    IMAGES,
    PDF,
    CheckboxField,
    ChoiceField,
    DateField,
    DecimalField,
    Form,
    IntegerField,
    MultiChoiceField,
    Option,
    PreviewedForm,
    TextAreaField,
    TextField,
    UploadField,
    UrlField,
)
from app.core.i18n import _l
from app.development import queries, words
from app.development.models import Basis, Kind, PeEntry, PeRules, Rounding
from app.development.points import MINUTES_PER_HOUR
from app.development.services import OwnEntry, Proof, RulesDetails, SchemeDetails, details_of

OLDEST = timedelta(days=366 * 10)
TENTHS = 10
MOST_POINTS, MOST_HOURS, MOST_MINUTES = Decimal(500), Decimal(500), 60 * 24
LEAST_HOURS = Decimal("0.1")


def _tenths(points: Decimal) -> int:
    return int((points * TENTHS).to_integral_value())


def _points(tenths: int | None) -> Decimal | None:
    return None if tenths is None else Decimal(tenths) / TENTHS


def _oldest() -> date:
    return clock.today() - OLDEST


class OwnEntryForm(Form):
    """L6: an activity elsewhere, with its proof."""

    kind = ChoiceField(
        _l("What was it?"),
        told_as=_l("what it was"),
        options=[Option(kind, words.KINDS[kind]) for kind in words.OWN_KINDS],
        style="radios",
    )
    title = TextField(_l("What was it about?"), told_as=_l("what it was about"), max_length=160, min_length=3)
    organiser = TextField(
        _l("With whom?"), told_as=_l("with whom"), max_length=120, hint=_l("The school, the group or the coach.")
    )
    done_on = DateField(
        _l("When was it?"),
        told_as=_l("when it was"),
        minimum=_oldest,
        maximum=clock.today,
        hint=_l("The last day, if it took several. For example 14-1-2027."),
    )
    hours = DecimalField(_l("Hours"), minimum=LEAST_HOURS, maximum=MOST_HOURS, hint=_l("For example 1,5."))
    points = DecimalField(
        _l("Points on the proof"),
        required=False,
        maximum=MOST_POINTS,
        hint=_l("Only if the organiser gave a number of points. Else your registers count the hours."),
    )
    proof = UploadField(
        _l("Proof"),
        kinds=(PDF, *IMAGES),
        hint=_l("The certificate, or a statement of the group or the coach. Only you see it."),
    )

    def details(self) -> OwnEntry:
        """Give what was filled in to the service."""
        upload = self.proof.data
        return OwnEntry(
            kind=self.kind.data,
            title=self.title.data,
            organiser=self.organiser.data,
            done_on=self.done_on.data,
            minutes=int((self.hours.data * MINUTES_PER_HOUR).to_integral_value()),
            tenths=None if self.points.data is None else _tenths(self.points.data),
            proof=Proof(
                content=upload.content,
                name=upload.name,
                extension=upload.kind.extensions[0],
                mimetype=upload.mimetype,
            )
            if upload
            else None,
        )


def own_entry_form(entry: PeEntry | None = None) -> OwnEntryForm:
    """Open the form, new or with an entry as it stands; that one's proof may stay."""
    if entry is None:
        return OwnEntryForm()
    form = OwnEntryForm(
        data={
            "kind": entry.kind,
            "title": entry.title,
            "organiser": entry.organiser,
            "done_on": entry.done_on,
            "hours": (Decimal(entry.minutes) / MINUTES_PER_HOUR).quantize(Decimal("0.01")),
            "points": _points(entry.tenths),
        }
    )
    form.proof.required = not entry.proof
    return form


class RegistrationForm(Form):
    """L6: standing in a register, and since when its first period here runs."""

    scheme = ChoiceField(
        _l("Which register?"),
        told_as=_l("the register"),
        options=lambda: [Option(one.id, one.name, one.body) for one in queries.schemes_on_offer()],
        style="radios",
    )
    starts_on = DateField(
        _l("On which day did your period begin?"),
        told_as=_l("the day on which your period began"),
        minimum=_oldest,
        maximum=lambda: clock.today() + timedelta(days=366),
        hint=_l("It stands on the letter of your register. Later periods follow by themselves."),
    )
    number = TextField(_l("Your number in the register"), required=False, max_length=40, width="m", autocomplete="off")


class NameChoiceForm(Form):
    """G8: what whoever checks a certificate reads."""

    shows_name = CheckboxField(
        _l("Show my whole name to whoever checks one of my certificates"),
        hint=_l("Without it they read your initials, and compare those with the paper they hold."),
    )


class CodeForm(Form):
    """G8: a code typed from paper; a question, so it needs no token and stays in the address."""

    class Meta(Form.Meta):
        csrf = False

    code = TextField(
        _l("Code"),
        hint=_l("Twelve letters and figures at the foot of the certificate, like 7QK4‑2M9D‑XH3T."),
        width="m",
        autocomplete="off",
        max_length=40,
        render_kw={"spellcheck": "false", "autocapitalize": "characters"},
    )


class WithdrawForm(Form):
    """G8: why a certificate is taken back."""

    reason = TextAreaField(
        _l("Reason"),
        rows=3,
        max_length=400,
        hint=_l("The holder reads this in the mail. Whoever checks the code does not."),
    )


class SchemeForm(Form):
    """L6: a scheme without its rules."""

    name_nl = TextField(_l("Name in Dutch"), max_length=120, width="m", autocomplete="off")
    name_en = TextField(_l("Name in English"), max_length=120, width="m", autocomplete="off")
    body = TextField(_l("Professional body"), max_length=120, width="m", autocomplete="off")
    website = UrlField(_l("Website"), required=False, autocomplete="off")
    on_offer = CheckboxField(_l("Members can choose it"), hint=_l("Whoever is in it stays in it either way."))

    def details(self) -> SchemeDetails:
        """Give what was filled in to the service."""
        return SchemeDetails(**{name: self[name].data for name in SchemeDetails.__dataclass_fields__})


class RulesForm(PreviewedForm):
    """L6: how a scheme counts, from a day on."""

    valid_from = DateField(
        _l("For periods that begin on or after"), told_as=_l("from which day"), hint=_l("For example 1-1-2027.")
    )
    months = IntegerField(_l("Length of a period"), minimum=1, maximum=120, suffix=_l("months"), width="s")
    least = DecimalField(_l("Points needed in a period"), maximum=MOST_POINTS, hint=_l("0 when there is no minimum."))
    carry = DecimalField(
        _l("Most points to take along"), maximum=MOST_POINTS, hint=_l("From what is over, into the next period.")
    )
    basis = ChoiceField(
        _l("What are points counted from?"),
        told_as=_l("what points are counted from"),
        options=[Option(basis, *words.BASES[basis]) for basis in Basis],
        style="radios",
    )
    per_hour = DecimalField(_l("Points for an hour"), maximum=Decimal(20))
    least_percent = IntegerField(_l("Least part of the activity to be there"), maximum=100, suffix="%")
    least_minutes = IntegerField(_l("Least time to be there"), maximum=MOST_MINUTES, suffix=_l("minutes"), width="s")
    step = ChoiceField(
        _l("Points of one activity are rounded to"),
        told_as=_l("to what points are rounded"),
        options=[Option(1, _l("Tenths")), Option(5, _l("Halves")), Option(10, _l("Whole points"))],
        style="select",
    )
    rounding = ChoiceField(
        _l("Rounded"),
        told_as=_l("which way points are rounded"),
        options=[Option(way, words.ROUNDINGS[way]) for way in Rounding],
        style="select",
    )
    kinds = MultiChoiceField(
        _l("What counts?"), told_as=_l("what counts"), options=[Option(kind, words.KINDS[kind]) for kind in Kind]
    )
    own = DecimalField(
        _l("Most points from own entries"),
        required=False,
        maximum=MOST_POINTS,
        hint=_l("In one period. Leave empty when there is no limit."),
    )

    def details(self) -> RulesDetails:
        """Give what was filled in to the service."""
        return RulesDetails(
            valid_from=self.valid_from.data,
            months=self.months.data,
            least_tenths=_tenths(self.least.data),
            carry_tenths=_tenths(self.carry.data),
            basis=self.basis.data,
            tenths_per_hour=_tenths(self.per_hour.data),
            least_percent=self.least_percent.data,
            least_minutes=self.least_minutes.data,
            step_tenths=self.step.data,
            rounding=self.rounding.data,
            kinds=self.kinds.data,
            own_tenths=None if self.own.data is None else _tenths(self.own.data),
        )


def rules_form(rules: PeRules, *, valid_from: date) -> RulesForm:
    """Open the form with rules as they stand, to hold from another day on."""
    details = details_of(rules)
    given: dict[str, Any] = {
        "valid_from": valid_from,
        "least": _points(details.least_tenths),
        "carry": _points(details.carry_tenths),
        "per_hour": _points(details.tenths_per_hour),
        "step": details.step_tenths,
        "own": _points(details.own_tenths),
    }
    same = ("months", "basis", "least_percent", "least_minutes", "rounding", "kinds")
    return RulesForm(data=given | {name: getattr(details, name) for name in same})
