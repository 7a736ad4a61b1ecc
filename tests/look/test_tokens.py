"""ux 30, 35, 38: colours that can be read in light and dark, taken from one place, in few bytes."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

STATIC = Path(__file__).parents[2] / "app/static"
SHEETS = sorted(STATIC.glob("css/*.css"))
TOKENS = {
    name: (light, dark)
    for name, light, dark in re.findall(
        r"--([\w-]+): light-dark\((#\w+), (#\w+)\)", (STATIC / "css/tokens.css").read_text()
    )
}
GROUNDS = ("paper", "surface", "sunken")
TONES = ("ok", "warn", "bad", "info", "amber")
READABLE, VISIBLE = 4.5, 3


def luminance(colour: str) -> float:
    channels = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(front: str, back: str, theme: int) -> float:
    lighter, darker = sorted((luminance(TOKENS[front][theme]), luminance(TOKENS[back][theme])), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


TEXT = [(front, back) for front in ("ink", "muted", "petrol", "petrol-strong") for back in GROUNDS]
TEXT += [(tone, back) for tone in TONES for back in (*GROUNDS, f"{tone}-wash")]
TEXT += [("ink", f"{tone}-wash") for tone in TONES]
TEXT += [("on-petrol", back) for back in ("petrol", "petrol-strong", "bad")] + [("petrol", "petrol-wash")]
MARKS = [
    (front, back)
    for front in ("field", "petrol", *(f"chart-{n}" for n in range(1, 7)))
    for back in ("paper", "surface")
]


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("front", "back"), TEXT)
def test_words_can_be_read(front, back, theme):
    assert contrast(front, back, theme) >= READABLE


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("front", "back"), MARKS)
def test_borders_marks_and_focus_can_be_seen(front, back, theme):
    assert contrast(front, back, theme) >= VISIBLE


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_colours_come_from_the_tokens(sheet):
    if sheet.name != "tokens.css":
        assert re.findall(r"#[0-9a-f]{3,8}\b(?![^{]*\{)|\b(?:rgb|hsl)a?\(", sheet.read_text()) == []


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_every_rule_stands_in_a_declared_layer(sheet):
    declared = re.search(r"@layer ([\w, ]+);", (STATIC / "css/tokens.css").read_text())
    assert declared
    text = re.sub(r"/\*.*?\*/", "", sheet.read_text(), flags=re.DOTALL)
    depth, opened = 0, ""
    outside = []
    for part in re.findall(r"[^{};]*[{};]", text):
        opened = part.strip()
        if depth == 0 and opened.endswith("{"):
            outside.append(opened.removesuffix("{").strip())
        depth += part.count("{") - part.count("}")
    assert {name.removeprefix("@layer ") for name in outside} <= set(declared[1].split(", "))


def test_what_every_page_loads_is_small():
    frame = (STATIC.parent / "templates/_layout/base.html").read_text()
    linked = re.findall(r"asset\('(css/[\w.]+)'\)", frame)
    assert len(linked) <= 9
    assert sum(len(gzip.compress((STATIC / name).read_bytes())) for name in linked) <= 20_000


def test_every_icon_that_is_asked_for_is_drawn():
    drawn = set(re.findall(r'id="([\w-]+)"', (STATIC / "img/icons.svg").read_text()))
    asked = {
        name
        for template in (STATIC.parent / "templates").rglob("*.html")
        for name in re.findall(r"\bicon\(\"([\w-]+)\"", template.read_text())
    }
    assert asked - drawn == set()
