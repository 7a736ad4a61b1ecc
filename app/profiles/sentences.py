"""How changes of a profile read in the audit log (B6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from app.audit import services as audit
from app.audit.services import Field
from app.audit.values import choice, day
from app.core.i18n import _l
from app.membership import queries as membership
from app.profiles import forms
from app.profiles.models import Field as Shown


def _terms(keys: Iterable[str]) -> Mapping[str, str]:
    return {str(key): name for key, name in membership.term_names(audit.ids_of(keys)).items()}


def _visible(keys: Iterable[str]) -> Mapping[str, str]:
    return {key: choice(forms.FIELD_NAMES)(key) for key in keys}


FIELDS = {
    "about": Field(forms.FIELD_NAMES[Shown.ABOUT]),
    "available_from": Field(_l("Available from"), day),
    "days_a_week": Field(_l("Days a week")),
    "headline": Field(forms.FIELD_NAMES[Shown.HEADLINE]),
    "listed": Field(_l("In the directory")),
    "terms": Field(_l("Expertise"), lambda level: forms.level_name(int(level)), _terms),
    "visibility": Field(
        _l("Who sees it"), choice({option.value: option.label for option in forms.AUDIENCES}), _visible
    ),
    "website": Field(forms.FIELD_NAMES[Shown.WEBSITE]),
}


def register() -> None:
    """Tell the log its name and sentence."""
    audit.sentence("profile.changed", _l("%(actor)s changed the profile of %(object)s"), name=_l("Profile changed"))
    audit.fields("profile", FIELDS)
