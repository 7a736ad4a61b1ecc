"""Remembered pieces of a page: the same values give the same piece, anything else gives another."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from flask import render_template_string
from markupsafe import Markup

from app.core.fragments import Fragments
from app.core.i18n import speaking

PIECE = "{% call remember('test-piece', value) %}{{ _('Agenda') }} {{ value }} {{ count() }}{% endcall %}"


def drawn(value, times):
    def count():
        times.append(value)
        return ""

    return render_template_string(PIECE, value=value, count=count)


def test_a_piece_is_drawn_once_for_the_same_values_and_again_for_others(app):
    times = []
    assert drawn("<een>", times) == drawn("<een>", times)
    assert "&lt;een&gt;" in drawn("<een>", times)
    assert "twee" in drawn("twee", times)
    assert times == ["<een>", "twee"]


def test_each_language_has_pieces_of_its_own(app):
    with speaking("nl"):
        dutch = render_template_string("{% call remember('test-language') %}{{ _('Sign out') }}{% endcall %}")
    with speaking("en"):
        english = render_template_string("{% call remember('test-language') %}{{ _('Sign out') }}{% endcall %}")
    assert (dutch, english) == ("Log uit", "Sign out")


def test_a_list_counts_by_what_it_holds(app):
    fragments = Fragments()
    assert fragments.remember("one", [1, 2], caller=lambda: Markup("a")) == "a"
    assert fragments.remember("one", [1, 2], caller=lambda: Markup("b")) == "a"
    assert fragments.remember("one", [2, 1], caller=lambda: Markup("c")) == "c"


def test_what_is_remembered_stays_within_bounds(app):
    fragments = Fragments(most_characters=100)
    for number in range(50):
        fragments.remember("one", number, caller=lambda: Markup("x" * 30))
    assert sum(map(len, fragments._drawn.values())) <= 100


def test_no_two_places_share_a_name(app):
    pages = Path(app.root_path, "templates").rglob("*.html")
    names = Counter(name for page in pages for name in re.findall(r'remember\("([^"]+)"', page.read_text()))
    assert names
    assert [name for name, count in names.items() if count > 1] == []


def test_nothing_of_one_visitor_stands_in_a_remembered_piece(app):
    block = re.compile(r"\{%-? call remember\(.*?\{%-? endcall", re.DOTALL)
    for page in Path(app.root_path, "templates").rglob("*.html"):
        for piece in block.findall(page.read_text()):
            assert not re.search(r"csrf_token|current_user|post_button|get_flashed|form_start", piece), page
