"""Every text the portal shows has a Dutch form, with the same values in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%")
INFORMAL = re.compile(r"\b(je|jij|jouw|jullie|jou|jezelf)\b", re.IGNORECASE)
KEYWORDS = {"_": None, "_l": None, "_n": (1, 2), "gettext": None, "ngettext": (1, 2), "lazy_gettext": None}
SOURCES = [("app/**.py", "python"), ("app/templates/**", "jinja2")]


@pytest.fixture(scope="module")
def dutch() -> Catalog:
    with (ROOT / "app/translations/nl/LC_MESSAGES/messages.po").open("rb") as file:
        return read_po(file, locale="nl")


@pytest.fixture(scope="module")
def asked_for() -> Catalog:
    catalog = Catalog()
    found = extract_from_dir(
        str(ROOT), method_map=SOURCES, keywords=KEYWORDS, directory_filter=lambda path: "/." not in str(path)
    )
    for _file, _line, message, _comments, context in found:
        catalog.add(message, context=context)
    return catalog


def forms(value: str | tuple[str, ...] | list[str] | None) -> list[str]:
    return [value] if isinstance(value, str) else list(value or [])


def translated(message: Message) -> bool:
    return bool(forms(message.string)) and all(forms(message.string)) and not message.fuzzy


def test_messages_are_found(asked_for):
    assert len(asked_for) > 100


def test_every_message_has_a_dutch_text(asked_for, dutch):
    missing = [
        forms(message.id)[0]
        for message in asked_for
        if message.id and not ((known := dutch.get(forms(message.id)[0])) and translated(known))
    ]
    assert missing == []


def test_every_dutch_text_carries_the_same_values(dutch):
    wrong = [
        forms(message.id)[0]
        for message in dutch
        if message.id
        for text in forms(message.string)
        if set(PLACEHOLDER.findall(text)) - set(PLACEHOLDER.findall(" ".join(forms(message.id))))
        or (
            len(forms(message.id)) == 1
            and set(PLACEHOLDER.findall(text)) != set(PLACEHOLDER.findall(forms(message.id)[0]))
        )
    ]
    assert wrong == []


def test_the_dutch_is_formal(dutch):
    assert [text for message in dutch if message.id for text in forms(message.string) if INFORMAL.search(text)] == []


def test_no_dutch_text_is_left_over(asked_for, dutch):
    known = {forms(message.id)[0] for message in asked_for if message.id}
    assert [forms(message.id)[0] for message in dutch if message.id and forms(message.id)[0] not in known] == []
