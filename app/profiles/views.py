"""A member's own profile, and the directory in which members find each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.accounts.current import current_account
from app.accounts.models import Account
from app.core import access
from app.core.db import atomic
from app.core.errors import NotFound, Refusal
from app.core.forms import Form, Option, render_form
from app.core.listing import ChoiceFilter, Column, Listing
from app.membership.models import TermKind
from app.profiles import forms, queries, services
from app.profiles.models import Field, MemberCard, Profile
from app.profiles.queries import Taxonomy

bp = Blueprint("profiles", __name__)

PAGE = 24
COUNTED_UP_TO = 500


@dataclass(frozen=True)
class Section:
    """A part of the profile with a form of its own: what it is called, how it is made, and what it saves."""

    title: Any
    lede: Any
    form: Callable[[Profile, Taxonomy], Form]
    save: Callable[[Profile, Any, Taxonomy, Account], None]


def _save_introduction(profile: Profile, form: forms.IntroductionForm, _names: Taxonomy, by: Account) -> None:
    told = {"headline": form.headline.data, "about": form.about.data, "website": form.website.data}
    services.introduce(profile, **told, by=by)


def _save_work(profile: Profile, form: forms.WorkForm, _names: Taxonomy, by: Account) -> None:
    services.describe_work(
        profile,
        terms=form.chosen(),
        available_from=form.available_from.data,
        days_a_week=form.days_a_week.data,
        by=by,
    )


def _save_skills(profile: Profile, form: forms.SkillsForm, _names: Taxonomy, by: Account) -> None:
    services.tell_skills(profile, form.levels(), by=by)


def _save_visibility(profile: Profile, form: forms.VisibilityForm, _names: Taxonomy, by: Account) -> None:
    services.choose_audience(profile, listed=form.listed.data, visibility=form.visibility(), by=by)


SECTIONS = {
    "introduction": Section(
        _l("Who you are"),
        _l("Members read this first when they look for somebody to call."),
        lambda profile, _names: forms.introduction_form(profile),
        _save_introduction,
    ),
    "work": Section(
        _l("Your work"),
        _l("By this members and the bureau find you."),
        forms.work_form,
        _save_work,
    ),
    "expertise": Section(
        _l("Expertise"),
        _l("Be as frank as you would be with a colleague: an expert is somebody others come to for advice."),
        lambda profile, names: forms.skills_form(profile, names, TermKind.HARD_COMPETENCE),
        _save_skills,
    ),
    "strengths": Section(
        _l("Personal strengths"),
        _l("What people notice when you are in the room, and miss when you have gone."),
        lambda profile, names: forms.skills_form(profile, names, TermKind.SOFT_COMPETENCE),
        _save_skills,
    ),
    "visibility": Section(
        _l("Who sees what"),
        _l("The bureau always sees your whole profile. Here you choose what other members see."),
        lambda profile, _names: forms.visibility_form(profile),
        _save_visibility,
    ),
}
SECTION_OF = {
    Field.HEADLINE: "introduction",
    Field.ABOUT: "introduction",
    Field.WEBSITE: "introduction",
    Field.DISCIPLINES: "work",
    Field.SECTORS: "work",
    Field.REGION: "work",
    Field.AVAILABILITY: "work",
    Field.LANGUAGES: "work",
    Field.COMPETENCES: "expertise",
}


@bp.get("/profile")
@access.signed_in
def show() -> ResponseReturnValue:
    """L1: my profile: what it tells, what is missing, and who sees it."""
    account = current_account()
    profile = queries.profile_of(account.id)
    if profile is None:
        return render_template("profiles/none.html")
    names = queries.taxonomy()
    return render_template(
        "profiles/show.html",
        profile=profile,
        told=queries.as_owner_sees(profile, names),
        completeness=queries.completeness(profile, names),
        field_names=forms.FIELD_NAMES,
        section_of=SECTION_OF,
        sections=SECTIONS,
        Field=Field,
    )


@bp.get("/profile/preview")
@access.signed_in
def preview() -> str:
    """Show my profile as other members see it (ux 41)."""
    profile = queries.own(current_account().id)
    person = queries.as_members_see(profile, queries.taxonomy())
    return render_template(
        "profiles/preview.html", person=person, profile=profile, Field=Field, names=forms.FIELD_NAMES
    )


@bp.get("/profile/<section>")
@access.signed_in
def edit(section: str) -> ResponseReturnValue:
    """Show the form of one part."""
    return _answer(section, _opened(section))


@bp.post("/profile/<section>")
@access.signed_in
def save(section: str) -> ResponseReturnValue:
    """L1, L2: keep one part."""
    part, profile, names, form = _opened(section)
    if not form.validate_on_submit():
        return _answer(section, (part, profile, names, form))
    try:
        with atomic():
            part.save(queries.own(current_account().id), form, names, current_account())
    except Refusal as refusal:
        form.refuse(refusal)
        return _answer(section, (part, profile, names, form))
    flash(_("Your profile is saved."), "success")
    return redirect(url_for(".show"), 303)


Opened = tuple[Section, Profile, Taxonomy, Form]


def _opened(section: str) -> Opened:
    part = SECTIONS.get(section)
    if part is None:
        raise NotFound
    profile, names = queries.own(current_account().id), queries.taxonomy()
    return part, profile, names, part.form(profile, names)


def _answer(section: str, opened: Opened) -> ResponseReturnValue:
    part, _profile, names, form = opened
    return render_form("profiles/edit.html", form, section=section, part=part, names=names)


def _directory(names: Taxonomy) -> Listing:
    """Declare the directory with the lists as they are now."""

    def narrowing(name: str, label: Any, field: Field) -> ChoiceFilter:
        options = [Option(term.id, term.name) for term in names.of(field)]
        return ChoiceFilter(name, label, options, where=queries.shows_term)

    return Listing(
        title=_("Directory"),
        columns=[Column("name", _("Name"), sort=[MemberCard.sort_key])],
        key=MemberCard.account_id,
        search=lambda text: queries.found_by(text, names),
        search_label=_("Search by name, competence or keyword"),
        filters=[
            narrowing("discipline", _("Discipline"), Field.DISCIPLINES),
            narrowing("sector", _("Sector"), Field.SECTORS),
            narrowing("region", _("Region"), Field.REGION),
        ],
        counted=lambda count: ngettext("member", "members", count),
        default_sort="name",
        page_size=PAGE,
        count_limit=COUNTED_UP_TO,
    )


@bp.get("/directory")
@access.members
def directory() -> str:
    """L2: the members who let themselves be found."""
    names = queries.taxonomy()
    page = _directory(names).page(queries.directory(), request.args)
    people = queries.in_rows({row.account_id: row.name for row in page.rows}, names)
    return render_template("profiles/directory.html", listing=page, people=people)


@bp.get("/directory/<uuid:id>")
@access.members
def person(id: UUID) -> str:
    """L2: one member as other members see them."""
    shown = queries.in_directory(id)
    own = shown.account_id == current_account().id
    return render_template("profiles/person.html", person=shown, own=own, Field=Field, names=forms.FIELD_NAMES)
