"""The forms of the profile, one for each part of it, so that none asks more than fits a phone."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from app.core import clock
from app.core.forms import (
    CheckboxField,
    ChoiceField,
    DateField,
    Form,
    IntegerField,
    LevelField,
    MultiChoiceField,
    Option,
    TextAreaField,
    TextField,
    UrlField,
)
from app.core.forms.choices import LEVELS
from app.core.i18n import _l
from app.membership.models import TermKind
from app.profiles.models import Audience, Field, Profile
from app.profiles.queries import Taxonomy

FIELD_NAMES = {
    Field.HEADLINE: _l("Your work in one line"),
    Field.ABOUT: _l("About you"),
    Field.DISCIPLINES: _l("Disciplines"),
    Field.SECTORS: _l("Sectors"),
    Field.COMPETENCES: _l("Competences"),
    Field.LANGUAGES: _l("Languages"),
    Field.REGION: _l("Region"),
    Field.AVAILABILITY: _l("Availability"),
    Field.WEBSITE: _l("Website"),
    Field.EMAIL: _l("E-mail address"),
}
_OFFERED = (Field.DISCIPLINES, Field.SECTORS, Field.REGION, Field.LANGUAGES)
_LEVEL = "level_"
AUDIENCES = (Option(Audience.MEMBERS, _l("Members and bureau")), Option(Audience.BUREAU, _l("Bureau only")))


def level_name(level: int) -> str:
    """Say in a word how well somebody can something."""
    return str(LEVELS[level].label)


def _options(names: Taxonomy, field: Field) -> list[Option]:
    return [Option(term.id, term.name) for term in names.of(field)]


def _five_years_on() -> date:
    return clock.today() + timedelta(days=5 * 366)


class IntroductionForm(Form):
    """Who you are, in a line and in a story."""

    headline = TextField(
        FIELD_NAMES[Field.HEADLINE],
        required=False,
        max_length=120,
        hint=_l("This is what members read first, for example: “Brings calm to finance teams in transition”."),
    )
    about = TextAreaField(
        FIELD_NAMES[Field.ABOUT],
        required=False,
        rows=9,
        max_length=3000,
        hint=_l("What do you like to be called for? An empty line starts a new paragraph, a dash a list."),
    )
    website = UrlField(FIELD_NAMES[Field.WEBSITE], required=False)


class WorkForm(Form):
    """What you do, where, in which languages, and from when you are free."""

    disciplines = MultiChoiceField(FIELD_NAMES[Field.DISCIPLINES], required=False, at_least=0)
    sectors = MultiChoiceField(FIELD_NAMES[Field.SECTORS], required=False, at_least=0)
    region = ChoiceField(FIELD_NAMES[Field.REGION], required=False, style="select")
    available_from = DateField(_l("Available from"), required=False, maximum=_five_years_on)
    days_a_week = IntegerField(_l("Days a week"), required=False, minimum=1, maximum=5)
    languages = MultiChoiceField(FIELD_NAMES[Field.LANGUAGES], required=False, at_least=0, inline=True)

    def chosen(self) -> dict[Field, dict[UUID, int | None]]:
        """Return the terms picked on each list."""
        region = [self.region.data] if self.region.data else []
        return {
            Field.DISCIPLINES: dict.fromkeys(self.disciplines.data),
            Field.SECTORS: dict.fromkeys(self.sectors.data),
            Field.REGION: dict.fromkeys(region),
            Field.LANGUAGES: dict.fromkeys(self.languages.data),
        }


class VisibilityForm(Form):
    """Whether the directory shows you, and who sees what; `visibility_form` adds the parts."""

    listed = CheckboxField(
        _l("Show me in the directory"),
        hint=_l("Without the tick no other member finds you there; the bureau keeps seeing your profile."),
    )

    def visibility(self) -> dict[Field, Audience]:
        """Return who may see each part."""
        return {field: self[f"show_{field}"].data for field in Field}


class SkillsForm(Form):
    """What you can, on a scale; `skills_form` adds the competences of one list."""

    def levels(self) -> dict[UUID, int]:
        """Return the level chosen for each competence; 0 is none."""
        return {UUID(field.name.removeprefix(_LEVEL)): field.data for field in self.scales}

    @property
    def scales(self) -> list[Any]:
        """The scales, in the order of the bureau."""
        return [field for field in self if field.name.startswith(_LEVEL)]


def introduction_form(profile: Profile) -> IntroductionForm:
    """Make the form with what stands in the profile."""
    return IntroductionForm(data={"headline": profile.headline, "about": profile.about, "website": profile.website})


def work_form(profile: Profile, names: Taxonomy) -> WorkForm:
    """Make the form with the lists as they are now."""
    linked = {field: _linked(profile, names, field) for field in _OFFERED}
    form = WorkForm(
        data={
            "disciplines": linked[Field.DISCIPLINES],
            "sectors": linked[Field.SECTORS],
            "region": next(iter(linked[Field.REGION]), None),
            "languages": linked[Field.LANGUAGES],
            "available_from": profile.available_from,
            "days_a_week": profile.days_a_week,
        }
    )
    form.disciplines.options = _options(names, Field.DISCIPLINES)
    form.sectors.options = _options(names, Field.SECTORS)
    form.region.options = _options(names, Field.REGION)
    form.languages.options = _options(names, Field.LANGUAGES)
    return form


def visibility_form(profile: Profile) -> VisibilityForm:
    """Make the form with a choice for every part of a profile."""
    fields = {
        f"show_{field}": ChoiceField(name, options=AUDIENCES, style="radios", inline=True)
        for field, name in FIELD_NAMES.items()
    }
    kind: type[VisibilityForm] = type("VisibilityForm", (VisibilityForm,), fields)
    shown = {f"show_{field}": Audience.MEMBERS if profile.shows(field) else Audience.BUREAU for field in Field}
    return kind(data={"listed": profile.listed, **shown})


def skills_form(profile: Profile, names: Taxonomy, kind: TermKind) -> SkillsForm:
    """Make the form with a scale for every competence of this kind on the list of the bureau."""
    competences = [term for term in names.of(Field.COMPETENCES) if term.kind is kind]
    fields = {f"{_LEVEL}{term.id.hex}": LevelField(term.name) for term in competences}
    form: type[SkillsForm] = type("SkillsForm", (SkillsForm,), fields)
    levels = _linked(profile, names, Field.COMPETENCES)
    return form(data={f"{_LEVEL}{term.id.hex}": levels.get(term.id) or 0 for term in competences})


def _linked(profile: Profile, names: Taxonomy, field: Field) -> dict[UUID, int | None]:
    return {link.term_id: link.level for link in profile.terms if names.field_of(link.term_id) is field}
