"""M2, M3, M4: what applicants and the bureau fill in. One form per page of the application, at most eight fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self, cast
from uuid import UUID

from werkzeug.datastructures import MultiDict
from wtforms import FieldList, FormField
from wtforms.form import BaseForm, FormMeta

from app.core.forms import (
    PDF,
    ChoiceField,
    ConsentField,
    EmailField,
    Form,
    HiddenField,
    IntegerField,
    KvkField,
    LevelField,
    MultiChoiceField,
    Option,
    Part,
    PhoneField,
    PostcodeField,
    TextAreaField,
    TextField,
    UploadField,
    UrlField,
    VatIdField,
)
from app.core.i18n import _, _l
from app.membership import queries, words
from app.membership.models import ConsentText, ManagementCategory, StepName, Term, TermKind
from app.membership.self_test import QUESTIONS
from app.membership.services import Answers, CompanyDetails, ReferenceDetails

FEWEST_REFERENCES, MOST_REFERENCES = 2, 4
FEWEST_LEVELS = 3
LEVEL_PREFIX = "level-"


class StepForm(Form):
    """One page of the application. `seen` carries the version it was opened with, for two windows to notice."""

    name: ClassVar[StepName]
    lists: ClassVar[tuple[TermKind, ...]] = ()

    seen = HiddenField("", required=False)

    def draft(self) -> dict[str, list[str]]:
        """Return what was typed, without what belongs to the window."""
        return {name: values for name, values in self.typed().items() if name != "seen"}

    def opened_at(self, version: int) -> None:
        """Write into the page which version it shows."""
        self.seen.data, self.seen.raw_data = str(version), None

    @property
    def seen_version(self) -> int:
        """The version the page was opened with; junk counts as never."""
        text = self.seen.data or ""
        return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0  # noqa: PLR2004


def _options(terms: list[Term], kind: TermKind) -> list[Option]:
    return [Option(term.id, term.name) for term in terms if term.kind is kind]


class PersonForm(StepForm):
    """Who you are; the name is known from the account."""

    name = StepName.PERSON
    lists = (TermKind.LANGUAGE, TermKind.REGION)

    phone = PhoneField(_l("Mobile number"), hint=_l("We only call about your application."))
    place = TextField(
        _l("Where do you live?"), told_as=_l("your town"), autocomplete="address-level2", max_length=120, width="m"
    )
    linkedin_url = UrlField(_l("LinkedIn page"), required=False, max_length=300)
    languages = MultiChoiceField(
        _l("In which languages can you lead?"),
        told_as=_l("the languages you lead in"),
        hint=_l("Tick every language you can work in."),
    )
    regions = MultiChoiceField(
        _l("Where do you want to work?"),
        told_as=_l("the provinces you want to work in"),
        hint=_l("Tick every province you are willing to travel to."),
    )

    def __init__(self, *arguments: Any, terms: list[Term], **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self.languages.options = _options(terms, TermKind.LANGUAGE)
        self.regions.options = _options(terms, TermKind.REGION)


class CompanyForm(StepForm):
    """Your own company; the invoice for the contribution goes there."""

    name = StepName.COMPANY

    company_name = TextField(_l("Name of your company"), autocomplete="organization")
    kvk = KvkField(_l("KvK number"), hint=_l("Eight digits, as in the trade register."))
    vat_id = VatIdField(_l("VAT id"), hint=_l("It stands on your own invoices and starts with NL."))
    address = TextField(_l("Street and number"), autocomplete="address-line1")
    postcode = PostcodeField(_l("Postcode"))
    city = TextField(_l("Town"), autocomplete="address-level2", max_length=120, width="m")


class ExperienceForm(StepForm):
    """What you did so far."""

    name = StepName.EXPERIENCE
    lists = (TermKind.DISCIPLINE, TermKind.SECTOR)

    years = IntegerField(
        _l("Years of management experience"),
        maximum=60,
        suffix=_l("years"),
        hint=_l("Count all years with final responsibility, employed or interim."),
    )
    categories = MultiChoiceField(
        _l("Which kinds of interim management do you do?"), told_as=_l("the kinds of interim management you do")
    )
    disciplines = MultiChoiceField(
        _l("In which disciplines?"),
        told_as=_l("your disciplines"),
        at_most=5,
        hint=_l("At most five; choose what you want to be known for."),
    )
    sectors = MultiChoiceField(
        _l("In which sectors do you know your way?"), told_as=_l("your sectors"), at_most=6, hint=_l("At most six.")
    )

    def __init__(self, *arguments: Any, terms: list[Term], **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self.categories.options = [Option(category, *words.CATEGORIES[category]) for category in ManagementCategory]
        self.disciplines.options = _options(terms, TermKind.DISCIPLINE)
        self.sectors.options = _options(terms, TermKind.SECTOR)


class LevelsForm(StepForm):
    """Competences of one kind with a level each, none to begin with. The list is the bureau's to edit."""

    kind: ClassVar[TermKind]

    def __init__(self, *arguments: Any, terms: list[Term], **keywords: Any) -> None:
        self._terms = [term for term in terms if term.kind is self.kind]
        super().__init__(*arguments, **keywords)

    @classmethod
    def with_fields(cls, terms: list[Term]) -> type[Self]:
        """Return this form with a field for each competence now on the list."""
        fields = {
            f"{LEVEL_PREFIX}{term.slug}": LevelField(term.name, hint=term.hint, default=0)
            for term in terms
            if term.kind is cls.kind
        }
        return cast("type[Self]", FormMeta(cls.__name__, (cls,), fields))

    def levels(self) -> dict[UUID, int]:
        """Return the levels above none, by competence."""
        given = {term.id: self[f"{LEVEL_PREFIX}{term.slug}"].data for term in self._terms}
        return {term_id: level for term_id, level in given.items() if level}

    def validate(self, extra_validators: Mapping[str, Any] | None = None) -> bool:
        """Ask for a few levels at least: an empty page tells nobody anything."""
        fits = super().validate(extra_validators)
        if fits and len(self.levels()) < min(FEWEST_LEVELS, len(self._terms)):
            first = self[f"{LEVEL_PREFIX}{self._terms[0].slug}"]
            self.refuse(_("Give at least %(num)s of these a level of 1 or higher.", num=FEWEST_LEVELS), first)
            return False
        return fits


class HardCompetencesForm(LevelsForm):
    """What you know how to do."""

    name = StepName.HARD_COMPETENCES
    kind = TermKind.HARD_COMPETENCE
    lists = (TermKind.HARD_COMPETENCE,)


class SoftCompetencesForm(LevelsForm):
    """How you work with people."""

    name = StepName.SOFT_COMPETENCES
    kind = TermKind.SOFT_COMPETENCE
    lists = (TermKind.SOFT_COMPETENCE,)


class ReferencePart(Part):
    """One referee."""

    name = TextField(_l("Name"), autocomplete="off")
    organisation = TextField(_l("Organisation and position"), autocomplete="off")
    email = EmailField(_l("E-mail address"), autocomplete="off")
    phone = PhoneField(_l("Telephone number"), autocomplete="off")


class ReferencesForm(StepForm):
    """M3: two or more people who know your work; rows are added and taken out by buttons that need no script."""

    name = StepName.REFERENCES

    references = FieldList(FormField(ReferencePart), min_entries=FEWEST_REFERENCES, max_entries=MOST_REFERENCES)

    @property
    def may_add(self) -> bool:
        """Whether there is room for one more."""
        return len(self.references) < MOST_REFERENCES

    @property
    def may_remove(self) -> bool:
        """Whether one can go without too few being left."""
        return len(self.references) > FEWEST_REFERENCES

    def draft_with_one_more(self) -> dict[str, list[str]]:
        """Return what was typed with an empty row at the end."""
        number = len(self.references)
        extra = {f"references-{number}-{field}": [""] for field in ("name", "organisation", "email", "phone")}
        return self.draft() | (extra if self.may_add else {})

    def draft_without(self, index: int) -> dict[str, list[str]]:
        """Return what was typed with one row taken out and the rest moved up."""
        if not self.may_remove or not 0 <= index < len(self.references):
            return self.draft()
        left = [entry.form for number, entry in enumerate(self.references) if number != index]
        return {
            f"references-{number}-{field.short_name}": [getattr(field, "typed", "")]
            for number, form in enumerate(left)
            for field in form
        }


class MotivationForm(StepForm):
    """Why you want to join, and your CV."""

    name = StepName.MOTIVATION

    motivation = TextAreaField(
        _l("Why do you want to join the circle?"),
        told_as=_l("your motivation"),
        rows=8,
        min_length=80,
        max_length=2000,
        hint=_l("What do you come for, and what do you bring? Five sentences are enough."),
    )
    cv = UploadField(_l("Your CV"), kinds=(PDF,), hint=_l("The two or three pages that you would send to a client."))

    def __init__(self, *arguments: Any, has_cv: bool, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self.cv.required = not has_cv


STEP_FORMS: dict[StepName, type[StepForm]] = {
    form.name: form
    for form in (
        PersonForm,
        CompanyForm,
        ExperienceForm,
        HardCompetencesForm,
        SoftCompetencesForm,
        ReferencesForm,
        MotivationForm,
    )
}


class SelfTestForm(Form):
    """M2: five questions. It keeps nothing, so its answers travel in the address, without a token."""

    class Meta(Form.Meta):
        csrf = False

    q1, q2, q3, q4, q5 = (
        ChoiceField(
            question.text,
            told_as=_l("question %(number)s", number=number),
            options=[Option(answer.key, answer.text) for answer in question.answers],
        )
        for number, question in enumerate(QUESTIONS, start=1)
    )

    def answers(self) -> dict[str, str]:
        """Return the chosen answers by question."""
        return {question.name: self[question.name].data for question in QUESTIONS}


class SendForm(Form):
    """L5: the consents that go with sending in, each with the very text agreed to."""

    @classmethod
    def with_fields(cls, texts: list[ConsentText]) -> type[Self]:
        """Return this form with a tick for each text in force."""
        fields = {f"consent-{text.id}": ConsentField(text.text) for text in texts}
        return cast("type[Self]", FormMeta(cls.__name__, (cls,), fields))


def open_step(
    name: StepName, *, draft: Mapping[str, list[str]] | None, has_cv: bool, checking: bool = False
) -> StepForm:
    """Return a page of the application: as sent by the browser (no draft given), or as it was kept.

    `checking` leaves out the token against forgery, for a draft that is read from the database.
    """
    form = STEP_FORMS[name]
    options: dict[str, Any] = {}
    if form.lists:
        options["terms"] = queries.terms(*form.lists)
    if issubclass(form, LevelsForm):
        form = form.with_fields(options["terms"])
    if form is MotivationForm:
        options["has_cv"] = has_cv
    if checking:
        options["meta"] = {"csrf": False}
    if draft is not None:
        options["formdata"] = MultiDict({key: list(values) for key, values in draft.items()})
    return form(**options)


def answers_from(
    drafts: Mapping[StepName, Mapping[str, list[str]]], *, has_cv: bool
) -> tuple[Answers | None, set[StepName]]:
    """Return the whole application as the pages give it, or None, and which pages still miss something."""
    pages = {
        name: open_step(name, draft=drafts.get(name, {"seen": [""]}), has_cv=has_cv, checking=True) for name in StepName
    }
    missing = {name for name, form in pages.items() if not form.validate()}
    if missing:
        return None, missing
    person, company, experience = pages[StepName.PERSON], pages[StepName.COMPANY], pages[StepName.EXPERIENCE]
    hard, soft = pages[StepName.HARD_COMPETENCES], pages[StepName.SOFT_COMPETENCES]
    assert isinstance(person, PersonForm)
    assert isinstance(company, CompanyForm)
    assert isinstance(experience, ExperienceForm)
    assert isinstance(hard, LevelsForm)
    assert isinstance(soft, LevelsForm)
    references, motivation = pages[StepName.REFERENCES], pages[StepName.MOTIVATION]
    assert isinstance(references, ReferencesForm)
    assert isinstance(motivation, MotivationForm)
    term_ids = {
        term_id
        for field in (person.languages, person.regions, experience.disciplines, experience.sectors)
        for term_id in field.data
    }
    answers = Answers(
        phone=person.phone.data,
        place=person.place.data,
        linkedin_url=person.linkedin_url.data,
        company=CompanyDetails(
            name=company.company_name.data,
            kvk=company.kvk.data,
            vat_id=company.vat_id.data,
            address=company.address.data,
            postcode=company.postcode.data,
            city=company.city.data,
        ),
        experience_years=experience.years.data,
        categories=experience.categories.data,
        term_ids=term_ids,
        levels=hard.levels() | soft.levels(),
        references=[ReferenceDetails(**_read_part(entry.form)) for entry in references.references],
        motivation=motivation.motivation.data,
    )
    return answers, missing


def _read_part(part: BaseForm) -> dict[str, Any]:
    return {field.short_name: field.data for field in part}
