"""Marking and translating text below the web layer, where Flask is not imported.

A page asks for hundreds of phrases, so the catalog of whoever is served is found once per request and kept in `g`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, NamedTuple

from babel.support import NullTranslations
from flask import current_app, g, has_app_context
from flask_babel import force_locale, get_translations
from flask_babel import get_locale as babel_locale
from flask_babel.speaklater import LazyString
from jinja2 import Environment, pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup

DEFAULT = "nl"
MOST_PHRASES = 4096


class Spoken(NamedTuple):
    """The language of whoever is served, and its phrases."""

    language: str
    catalog: NullTranslations


_NOBODY_SERVED = Spoken(DEFAULT, NullTranslations())


def _spoken() -> Spoken:
    try:
        found: Spoken = g.spoken
    except (AttributeError, RuntimeError):
        if not has_app_context():
            return _NOBODY_SERVED
        locale = babel_locale()
        found = g.spoken = Spoken(locale.language if locale else DEFAULT, get_translations())
    return found


def _(message: str, **values: Any) -> str:
    """Translate now, into the language of whoever is served."""
    phrase = str(_spoken().catalog.ugettext(message))
    return phrase % values if values else phrase


def _n(singular: str, plural: str, num: int, **values: Any) -> str:
    """Translate a counted phrase now."""
    return str(_spoken().catalog.ungettext(singular, plural, num)) % {"num": num, **values}


def _l(message: str, **values: Any) -> Any:
    """Translate when shown: for texts defined at import time."""
    return LazyString(_, message, **values)


def language() -> str:
    """Return the two-letter language being spoken; Dutch where nobody is being served."""
    return _spoken().language


@contextmanager
def speaking(language_code: str) -> Iterator[None]:
    """Speak a person's own language for a while: mails go out in the reader's, not the actor's.

    The actor's is found first, while who that is has been read already: a transaction forgets it.
    """
    before = _spoken() if has_app_context() else None
    if before:
        g.pop("spoken", None)
    try:
        with force_locale(language_code):
            yield
    finally:
        if has_app_context():
            g.pop("spoken", None)
            if before:
                g.spoken = before


def _as_markup(phrase: str) -> Markup:
    return Markup(phrase)  # noqa: S704  a phrase of our own catalog, which may hold markup


@lru_cache(maxsize=MOST_PHRASES)
def _plain_phrase(catalog: NullTranslations, message: str) -> Markup:
    return _as_markup(catalog.ugettext(message)) % {}


@pass_eval_context
def _in_template(context: EvalContext, message: str, **values: Any) -> str:
    """Translate in a template; what is filled in is escaped where the template escapes."""
    catalog = _spoken().catalog
    if not context.autoescape:
        return str(catalog.ugettext(message)) % values
    return _as_markup(catalog.ugettext(message)) % values if values else _plain_phrase(catalog, message)


@pass_eval_context
def _counted_in_template(context: EvalContext, singular: str, plural: str, num: int, **values: Any) -> str:
    phrase = str(_spoken().catalog.ungettext(singular, plural, num))
    return (_as_markup(phrase) if context.autoescape else phrase) % {"num": num, **values}


def in_each_language(tell: Callable[[], str]) -> dict[str, str]:
    """Return what is told in every language of the portal, for what is kept and shown to readers of each."""
    told = {}
    for spoken in current_app.config["LANGUAGES"]:
        with speaking(spoken):
            told[spoken] = tell()
    return told


def speak_in_templates(environment: Environment) -> None:
    """Give templates these in place of the library's, which look the language up again for each phrase."""
    environment.globals.update(_=_in_template, gettext=_in_template, ngettext=_counted_in_template)
