"""What is asked of the bureau about an edition."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from wtforms import FieldList, FormField

from app.accounts import queries as accounts
from app.accounts.models import Account
from app.accounts.roles import Role
from app.challenge import words
from app.challenge.models import BALLOT_METHODS, METHODS_OF, Edition, Method, Model, RoundKind, Scope
from app.challenge.readiness import WHOLE, rounds_fit, weights_fit
from app.challenge.services import CaseDetails, CriterionDetails, EditionDetails, Work
from app.core import clock
from app.core.forms import (
    CheckboxField,
    ChoiceField,
    ConsentField,
    DateField,
    DecimalField,
    EmailField,
    Form,
    HiddenField,
    IntegerField,
    Option,
    Part,
    TextAreaField,
    TextField,
    TimeField,
    UploadField,
)
from app.core.i18n import _, _l
from app.membership import queries as membership
from app.membership.models import TermKind

FIRST_YEAR, LAST_YEAR = 2020, 2100
MOST_CRITERIA, MOST_ROUNDS = 8, 5
HUNDRED = Decimal(100)
MOMENTS = ("nominations_from", "nominations_until", "work_until", "opens_at", "closes_at")
SCOPES = {TermKind.DISCIPLINE: Scope.DISCIPLINE, TermKind.SECTOR: Scope.SECTOR}


def _scopes() -> list[Option]:
    groups = {TermKind.DISCIPLINE: _("One discipline"), TermKind.SECTOR: _("One sector")}
    terms = [Option(term.id, term.name, group=groups[term.kind]) for term in membership.terms(*groups)]
    return [Option(Scope.BROAD, _("Everybody in the circle")), *terms]


def _officers() -> list[Option]:
    return [Option(one.id, one.name) for one in accounts.holders(Role.RETURNING_OFFICER)]


class MomentPart(Part):
    """A day and a time; both or neither."""

    day = DateField(_l("Day"), required=False)
    time = TimeField(_l("Time"), required=False)

    @property
    def moment(self) -> datetime | None:
        """The moment, once both can be read."""
        if self.day.data is None or self.time.data is None:
            return None
        return clock.at_home(datetime.combine(self.day.data, self.time.data))

    def check(self) -> None:
        """Ask for the half that is missing."""
        if self.day.data and self.time.data is None and not self.time.errors:
            self.time.errors = [_("Fill in the time that goes with this day.")]
        if self.day.data is None and self.time.data is not None and not self.day.errors:
            self.day.errors = [_("Fill in the day that goes with this time.")]


class EditionForm(Form):
    """V1: dates and rules of an edition. Times are on the clock of Amsterdam."""

    year = IntegerField(_l("Year"), minimum=FIRST_YEAR, maximum=LAST_YEAR)
    title = TextField(_l("Title"), min_length=4, max_length=160)
    scope = ChoiceField(_l("For whom"), options=_scopes, style="select", told_as=_l("for whom it is"))
    intro = TextAreaField(
        _l("Introduction"),
        required=False,
        rows=6,
        max_length=5000,
        hint=_l("What this year is about; stands at the top of the public page."),
    )
    nominations_from = FormField(MomentPart)
    nominations_until = FormField(MomentPart)
    work_until = FormField(MomentPart)
    opens_at = FormField(MomentPart)
    closes_at = FormField(MomentPart)
    eligible_on = DateField(
        _l("Nominees are members on"), required=False, hint=_l("Whoever is no member on that day cannot take part.")
    )
    is_blind = CheckboxField(
        _l("The jury sees no names"),
        hint=_l("Plans and files then stand under a number. Ask nominees to leave out names."),
    )
    model = ChoiceField(
        _l("Jury and members"),
        told_as=_l("how jury and members come together"),
        options=[Option(model, name, hint) for model, (name, hint) in words.MODELS.items()],
        style="radios",
    )
    jury_share = DecimalField(
        _l("Part of the jury in the result"), maximum=HUNDRED, suffix="%", hint=_l("The rest is that of the members.")
    )
    quorum_percent = IntegerField(
        _l("Part of the members that has to vote"),
        maximum=100,
        suffix="%",
        hint=_l("With fewer votes the result is that of the jury only."),
    )
    tie_order = ChoiceField(
        _l("When two end equal"),
        told_as=_l("what decides when two end equal"),
        options=lambda: [Option(order, text) for order, text in words.tie_orders()],
        style="select",
    )
    officer_id = ChoiceField(_l("Returning officer"), options=_officers, required=False, style="select")
    terms_text = TextAreaField(
        _l("Terms for nominees"),
        rows=6,
        max_length=5000,
        hint=_l("Each nominee agrees to this text, and it is kept as it was then. A change is a new version."),
    )

    def validate(self, extra_validators: Any = None) -> bool:
        fine = bool(super().validate(extra_validators))
        before: datetime | None = None
        for name in MOMENTS:
            part = self[name].form
            part.check()
            if part.moment and before and part.moment < before and not part.errors:
                part.day.errors = [_("This has to be after the date above it: choose a later day or time.")]
            before = part.moment or before
        return fine and not self.problems

    def details(self) -> EditionDetails:
        """Give what was filled in to the service."""
        term_id = None if self.scope.data is Scope.BROAD else self.scope.data
        kinds = {term.id: SCOPES[term.kind] for term in membership.terms_by_ids([term_id] if term_id else [])}
        return EditionDetails(
            year=self.year.data,
            scope=kinds[term_id] if term_id else Scope.BROAD,
            term_id=term_id,
            title=self.title.data,
            intro=self.intro.data,
            terms_text=self.terms_text.data,
            eligible_on=self.eligible_on.data,
            is_blind=self.is_blind.data,
            model=self.model.data,
            jury_share=_basis_points(self.jury_share.data),
            quorum_percent=self.quorum_percent.data,
            tie_order=self.tie_order.data.split(","),
            officer_id=self.officer_id.data,
            **{name: self[name].form.moment for name in MOMENTS},
        )


def edition_form(edition: Edition | None = None, **first: Any) -> EditionForm:
    """Open the form, new with these values or with an edition as it stands."""
    if edition is None:
        return EditionForm(data={"scope": Scope.BROAD, "model": Model.POINTS, "jury_share": 50, **first})
    names = ("year", "title", "intro", "eligible_on", "is_blind", "model", "quorum_percent", "officer_id", "terms_text")
    return EditionForm(
        data={
            **{name: getattr(edition, name) for name in names},
            **{name: _day_and_time(getattr(edition, name)) for name in MOMENTS},
            "scope": edition.term_id or Scope.BROAD,
            "jury_share": _percentage(edition.jury_share),
            "tie_order": ",".join(edition.tie_order),
        }
    )


class CaseForm(Form):
    """V1: the business case; text, a PDF, or both."""

    text = TextAreaField(
        _l("The case"),
        required=False,
        rows=14,
        max_length=20_000,
        hint=_l("A blank line starts a paragraph, - a list, ### a heading, **…** makes bold."),
    )
    file = UploadField(_l("The case as a PDF"), required=False)
    without_file = CheckboxField(_l("Take the PDF away"))

    def details(self) -> CaseDetails:
        """Give what was filled in to the service."""
        upload = self.file.data
        return CaseDetails(
            text=self.text.data,
            content=upload.content if upload else b"",
            name=upload.name if upload else "",
            without_file=self.without_file.data,
        )


class CriterionPart(Part):
    """One criterion; a row without names is none."""

    name_nl = TextField(_l("Name in Dutch"), required=False, max_length=80, width="m")
    name_en = TextField(_l("Name in English"), required=False, max_length=80, width="m", render_kw={"lang": "en"})
    about_nl = TextAreaField(_l("Question in Dutch"), required=False, rows=2, max_length=400)
    about_en = TextAreaField(
        _l("Question in English"), required=False, rows=2, max_length=400, render_kw={"lang": "en"}
    )
    weight = DecimalField(_l("Weight"), required=False, maximum=HUNDRED, suffix="%")

    @property
    def is_filled(self) -> bool:
        """Whether there is a criterion in this row."""
        return bool(self.name_nl.data or self.name_en.data or self.weight.data)

    def check(self) -> None:
        """Ask for what a criterion needs."""
        for field in (self.name_nl, self.name_en):
            if not field.data and not field.errors:
                field.errors = [_("Give this criterion a name in both languages, or empty its row.")]
        if self.weight.data is None and not self.weight.errors:
            self.weight.errors = [_("Fill in a weight; 0 is allowed.")]


class CriteriaForm(Form):
    """V1: what is judged, and how heavily."""

    criteria = FieldList(FormField(CriterionPart), min_entries=MOST_CRITERIA, max_entries=MOST_CRITERIA)

    def validate(self, extra_validators: Any = None) -> bool:
        fine = bool(super().validate(extra_validators))
        filled = [entry.form for entry in self.criteria if entry.form.is_filled]
        for part in filled:
            part.check()
        if fine and not self.problems:
            weights = [one.weight for one in self.details()]
            if not weights_fit(weights):
                total = words.percent(sum(weights))
                self.refuse(
                    _("The weights are %(total)s together, and have to be 100%%. Change one of them.", total=total),
                    self.criteria[0].form.weight if filled else None,
                )
        return fine and not self.problems

    def details(self) -> list[CriterionDetails]:
        """Give what was filled in to the service."""
        return [
            CriterionDetails(
                name_nl=part.name_nl.data,
                name_en=part.name_en.data,
                about_nl=part.about_nl.data,
                about_en=part.about_en.data,
                weight=_basis_points(part.weight.data),
            )
            for part in (entry.form for entry in self.criteria)
            if part.is_filled
        ]


def criteria_form(edition: Edition) -> CriteriaForm:
    """Fill the form with the criteria as they stand."""
    names = ("name_nl", "name_en", "about_nl", "about_en")
    rows = [
        {**{name: getattr(one, name) for name in names}, "weight": _percentage(one.weight)} for one in edition.criteria
    ]
    return CriteriaForm(data={"criteria": [*rows, *({} for _row in range(MOST_CRITERIA - len(rows)))]})


class RoundPart(Part):
    """One round; a row without a kind is none."""

    kind = ChoiceField(
        _l("Round"),
        required=False,
        style="select",
        blank=_l("No round"),
        options=[Option(kind, label) for kind, label in words.ROUNDS.items()],
    )
    method = ChoiceField(
        _l("Method"),
        required=False,
        style="select",
        options=[
            Option(method, label, group=_l("Counting rules of a ballot") if method in BALLOT_METHODS else "")
            for method, label in words.METHODS.items()
        ],
    )


class RoundsForm(Form):
    """V1: the rounds, in order."""

    rounds = FieldList(FormField(RoundPart), min_entries=MOST_ROUNDS, max_entries=MOST_ROUNDS)

    def validate(self, extra_validators: Any = None) -> bool:
        fine = bool(super().validate(extra_validators))
        for part in (entry.form for entry in self.rounds):
            kind, method = part.kind.data, part.method.data
            if kind and method not in METHODS_OF[kind]:
                part.method.errors = [_("Choose a method that belongs to this round.")]
        if fine and not self.problems and not rounds_fit(self.chosen()):
            self.refuse(_("Begin with the nominations, once, and let at least one other round follow."))
        return fine and not self.problems

    def chosen(self) -> list[tuple[RoundKind, Method]]:
        """Give what was chosen to the service."""
        return [(entry.form.kind.data, entry.form.method.data) for entry in self.rounds if entry.form.kind.data]


def rounds_form(edition: Edition) -> RoundsForm:
    """Fill the form with the rounds as they stand."""
    rows: Sequence[dict[str, Any]] = [{"kind": one.kind, "method": one.method} for one in edition.rounds]
    return RoundsForm(data={"rounds": [*rows, *({} for _row in range(MOST_ROUNDS - len(rows)))]})


class CancelForm(Form):
    """Why an edition is cancelled; everybody reads it."""

    reason = TextAreaField(_l("Reason"), rows=3, max_length=400, hint=_l("Everybody reads this on the public page."))


def _basis_points(percentage: Decimal) -> int:
    return int((percentage * WHOLE / HUNDRED).to_integral_value())


def _percentage(basis_points: int) -> Decimal:
    return (Decimal(basis_points) * HUNDRED / WHOLE).normalize()


def _day_and_time(moment: datetime | None) -> dict[str, date | time | None]:
    local = clock.local(moment) if moment else None
    return {"day": local.date() if local else None, "time": local.time() if local else None}


class ReasonForm(Form):
    """V2: why somebody should be interim manager of the year."""

    reason = TextAreaField(
        _l("Why?"),
        told_as=_l("why"),
        rows=4,
        min_length=10,
        max_length=1000,
        hint=_l("Whoever you put forward reads this, with your name."),
    )


class BureauNominationForm(ReasonForm):
    """V2: whom the bureau puts forward."""

    email = EmailField(_l("E-mail address of this person’s account"), autocomplete="off")
    account: Account | None = None

    def validate(self, extra_validators: Any = None) -> bool:
        fine = bool(super().validate(extra_validators))
        self.account = accounts.by_email(self.email.data) if self.email.data else None
        if self.account is None and not self.email.errors:
            self.refuse(_("Nobody has an account with this address. Correct it."), self.email)
        return fine and not self.problems


class VersionedForm(Form):
    """A form about something that can change meanwhile: it tells which version was on the screen."""

    version = HiddenField("", required=False)

    def seen(self) -> int:
        """Return the version that was on the screen; of junk none."""
        return int(self.version.data) if str(self.version.data).isdecimal() else -1


class AgreeForm(VersionedForm):
    """V2: agreeing to the terms."""

    agreed = ConsentField(_l("I take part, and agree to these terms."))


class WorkForm(VersionedForm):
    """V3: the work on the case. Nothing is compulsory while working: a draft is a draft."""

    plan = TextAreaField(
        _l("Plan of approach"),
        required=False,
        rows=16,
        max_length=20_000,
        hint=_l("A blank line starts a paragraph, - a list, ### a heading, **…** makes bold."),
    )
    file = UploadField(_l("Plan of approach as a PDF"), required=False)
    short_cv = TextAreaField(_l("Short CV"), required=False, rows=5, max_length=2000)
    note = TextAreaField(_l("Note to the jury"), required=False, rows=4, max_length=2000)

    def work(self) -> Work:
        """Give what was typed to the service."""
        upload = self.file.data
        return Work(
            plan=self.plan.data,
            short_cv=self.short_cv.data,
            note=self.note.data,
            content=upload.content if upload else b"",
            name=upload.name if upload else "",
        )


class WithdrawForm(Form):
    """V2: why a nominee steps back, for the bureau."""

    reason = TextAreaField(_l("Reason"), required=False, rows=3, max_length=400, hint=_l("Only the bureau reads this."))
