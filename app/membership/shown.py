"""How drafts, applications and memberships are put to people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from wtforms import Field, FieldList

from app.core.formats import moment, short_date
from app.core.forms import ChoiceField, MultiChoiceField, UploadField
from app.core.forms.fields import HiddenField, InputField
from app.core.i18n import _l
from app.membership import words
from app.membership.forms import LevelsForm, ReferencesForm, StepForm, open_step
from app.membership.models import Application, ApplicationCv, ApplicationState, StepName
from app.membership.queries import Standing

Row = tuple[str, str, str | None]


@dataclass(frozen=True)
class Section:
    """One page of the application on the check page."""

    title: Any
    url: str
    rows: list[Row]


def summary_of(drafts: Mapping[StepName, Mapping[str, list[str]]], cv: ApplicationCv | None) -> list[Section]:
    """M3: everything typed so far, in words, with the way back to where each thing was asked (ux 3)."""
    sections = []
    for name in StepName:
        form = open_step(name, draft=drafts.get(name, {"seen": [""]}), has_cv=cv is not None, checking=True)
        form.validate()
        url = url_for("membership.step", name=name.value)
        sections.append(Section(words.STEPS[name], url, list(_rows(form, url, cv))))
    return sections


def _rows(form: StepForm, url: str, cv: ApplicationCv | None) -> Iterator[Row]:
    if isinstance(form, LevelsForm):
        lines = [f"{field.label.text}: {_in_words(field)}" for field in form if _level_above_none(field)]
        yield _("Your levels"), "\n".join(lines), url
    elif isinstance(form, ReferencesForm):
        for number, entry in enumerate(form.references, start=1):
            lines = [_in_words(field) for field in entry.form]
            label = _("Reference %(num)s", num=number)
            yield label, "\n".join(line for line in lines if line), f"{url}#references-{number - 1}-name"
    else:
        for field in form:
            if isinstance(field, UploadField):
                yield field.label.text, cv.shown_name if cv else "", f"{url}#{field.id}"
            elif not isinstance(field, HiddenField | FieldList) and field.name != "csrf_token":
                yield field.label.text, _in_words(field), f"{url}#{getattr(field, 'first_id', field.id)}"


def _level_above_none(field: Field) -> bool:
    return isinstance(field, ChoiceField) and bool(field.data)


def _in_words(field: Field) -> str:
    """Return a field as it reads: what was chosen, or the value in its usual form, or else what was typed."""
    if isinstance(field, ChoiceField):
        chosen = [str(option.label) for option in field.iter_choices() if option.selected]
        return ("\n" if isinstance(field, MultiChoiceField) else ", ").join(chosen)
    assert isinstance(field, InputField)
    if field.data is None or field.data == field.nothing:
        return field.typed
    return field.show(field.data)


@dataclass(frozen=True)
class Course:
    """What the course of an application says to whoever reads it: its applicant, or the bureau."""

    withdrawn: Any
    member: Any
    company: Any
    company_due: Any
    submitted: Any
    in_review: Any
    undecided: Any
    pay_by: str


TO_THE_APPLICANT = Course(
    withdrawn=_l("Withdrawn by you"),
    member=_l("You are a member"),
    company=_l("Your company named"),
    company_due=_l("Tell us where the invoice goes; then you can pay."),
    submitted=_l("A coordinator reads your application within five working days and then calls you."),
    in_review=_l("We read your application, call your references and plan an interview with you."),
    undecided=_l("You hear by mail whether you are admitted, with the reason if you are not."),
    pay_by=_l("Please pay by %(day)s."),
)
TO_THE_BUREAU = Course(
    withdrawn=_l("Withdrawn by the applicant"),
    member=_l("Member"),
    company=_l("Company named"),
    company_due=_l("Not named yet; that comes before paying."),
    submitted=_l("The applicant counts on being called within five working days."),
    in_review=_l("Call the references and plan an interview."),
    undecided=_l("The applicant hears it by mail, with your reason if you decline."),
    pay_by=_l("To be paid by %(day)s."),
)


def timeline_of(application: Application, told: Course = TO_THE_APPLICANT) -> list[dict[str, Any]]:
    """M4: where an application stands, step by step."""
    state = application.state
    if application.invited_at is not None and state not in (ApplicationState.DECLINED, ApplicationState.WITHDRAWN):
        return _invited(application, told)
    items = [
        {
            "label": _("Sent in"),
            "state": "done",
            "when": moment(application.submitted_at) if application.submitted_at else None,
        }
    ]
    if state is ApplicationState.WITHDRAWN:
        when = moment(application.closed_at) if application.closed_at else None
        return [*items, {"label": told.withdrawn, "state": "done", "when": when}]
    items.append(_review_item(application, told))
    items.append(_decision_item(application, told))
    if state is ApplicationState.DECLINED:
        return items
    items.append(_payment_item(application, told))
    if state is not ApplicationState.EXPIRED:
        items.append(_member_item(application, told))
    return items


def _member_item(application: Application, told: Course) -> dict[str, Any]:
    joined = application.state is ApplicationState.ACTIVE
    return {
        "label": told.member,
        "state": "done" if joined else "next",
        "when": moment(application.closed_at) if joined and application.closed_at else None,
    }


def _invited(application: Application, told: Course) -> list[dict[str, Any]]:
    """M4: the shorter way of whoever the bureau asked in."""
    assert application.invited_at is not None
    waits = application.waits_for_company
    company: dict[str, Any] = {"label": told.company, "state": "done" if application.company_id else "next"}
    if waits:
        company |= {"state": "due", "text": told.company_due}
    payment = _payment_item(application, told) | ({"state": "next"} if waits else {})
    items = [{"label": _("Invited"), "state": "done", "when": moment(application.invited_at)}, company, payment]
    return items if application.state is ApplicationState.EXPIRED else [*items, _member_item(application, told)]


def _review_item(application: Application, told: Course) -> dict[str, Any]:
    item: dict[str, Any] = {"label": _("In review"), "state": "done"}
    if application.state is ApplicationState.SUBMITTED:
        return item | {"state": "next", "text": told.submitted}
    if application.state is ApplicationState.IN_REVIEW:
        item |= {"state": "current", "text": told.in_review}
    return item | {"when": moment(application.review_started_at) if application.review_started_at else None}


def _decision_item(application: Application, told: Course) -> dict[str, Any]:
    if application.decided_at is None:
        return {"label": _("Decision"), "state": "next", "text": told.undecided}
    declined = application.state is ApplicationState.DECLINED
    return {
        "label": _("Not admitted") if declined else _("Admitted"),
        "state": "done",
        "when": moment(application.decided_at),
    }


def _payment_item(application: Application, told: Course) -> dict[str, Any]:
    item: dict[str, Any] = {"label": _("Contribution paid"), "state": "next"}
    if application.state is ApplicationState.ACCEPTED and application.pay_before:
        return item | {"state": "due", "text": told.pay_by % {"day": short_date(application.pay_before)}}
    if application.state is ApplicationState.EXPIRED:
        return {
            "label": _("Not paid in time"),
            "state": "done",
            "when": moment(application.closed_at) if application.closed_at else None,
        }
    return item | ({"state": "done"} if application.state is ApplicationState.ACTIVE else {})


@dataclass(frozen=True)
class YearRing:
    """M6: how far the membership year is, for the ring."""

    progress: float
    days_left: int
    words: str
    label: str


def year_ring_of(standing: Standing | None, today: date) -> YearRing | None:
    """Return the ring of the running year; None when no year is running."""
    if standing is None or standing.starts_on is None or standing.ends_on is None or not standing.is_member:
        return None
    length = (standing.ends_on - standing.starts_on).days + 1
    passed = (today - standing.starts_on).days
    left = max(length - passed, 0)
    until = short_date(standing.ends_on)
    unbroken = until.replace(" ", "\u00a0")
    return YearRing(
        progress=passed / length,
        days_left=left,
        words=_("days, until %(day)s", day=unbroken),
        label=_("Your membership year runs until %(day)s; %(num)s days are left.", day=until, num=left),
    )
