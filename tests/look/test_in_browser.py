"""ux 26-30, 35-37: what only a browser can tell, on the page that holds every part."""

from __future__ import annotations

import pytest

from tests.accessibility import complaints

pytestmark = pytest.mark.browser

PAGES = ("public", "member", "bureau", "error/404")


@pytest.fixture
def visit(open_tab, site):
    return lambda path, **options: open_tab(f"{site}/dev/styleguide/{path}", **options)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("path", PAGES)
def test_axe_has_nothing_to_say(visit, path, width, scheme):
    assert complaints(visit(path, width=width, color_scheme=scheme)) == []


@pytest.mark.parametrize("path", PAGES)
def test_nothing_scrolls_sideways_at_320_pixels(visit, path):
    tab = visit(path, width=320)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("layout", PAGES[:3])
def test_the_menu_stands_on_one_line_or_becomes_a_drawer_at_any_width(visit, layout):
    tab = visit(layout)
    for width in (800, 961, 1021, 1121, 1247, 1249, 1280):
        tab.set_viewport_size({"width": width, "height": 800})
        lines = tab.evaluate(
            "new Set([...document.querySelectorAll('.shell:not(.bureau) .nav-list a')].map((link) => link.offsetTop)).size"
        )
        assert lines <= 1
        assert tab.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("layout", PAGES[:3])
def test_the_menu_of_a_phone_opens_without_script_and_closes_on_escape(visit, layout):
    tab = visit(layout, width=360, java_script_enabled=False)
    menu = tab.get_by_role("button", name="Menu")
    assert not tab.locator("#site-nav").is_visible()
    menu.press("Enter")
    assert tab.locator("#site-nav").is_visible()
    tab.keyboard.press("Escape")
    assert not tab.locator("#site-nav").is_visible()
    menu.press("Space")
    assert tab.locator("#site-nav").is_visible()


@pytest.mark.parametrize("layout", PAGES[:3])
def test_the_open_menu_of_a_phone_passes_axe(visit, layout):
    tab = visit(layout, width=360)
    tab.get_by_role("button", name="Menu").click()
    assert complaints(tab) == []


def test_the_first_stop_of_the_keyboard_leads_past_the_menu(visit):
    tab = visit("error/404")
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.className") == "skip-link"
    tab.keyboard.press("Enter")
    assert tab.evaluate("document.activeElement.id") == "main"


def test_main_actions_are_large_enough_for_a_thumb(visit):
    tab = visit("member", width=360)
    heights = tab.eval_on_selector_all(
        "main .button:not(.small, .plain)", "all => all.filter(e => e.offsetHeight).map(e => e.offsetHeight)"
    )
    assert heights
    assert min(heights) >= 44


def test_nothing_moves_for_who_asked_for_stillness(visit):
    tab = visit("public", reduced_motion="reduce")
    tab.get_by_text("Wat als u niet kunt komen").click()
    assert tab.evaluate("document.getAnimations().length") == 0


def test_the_policy_of_the_page_blocks_nothing_of_ours(browser, site):
    context = browser.new_context()
    tab = context.new_page()
    told = []
    tab.on("console", lambda message: told.append(message.text))
    tab.goto(f"{site}/dev/styleguide/member", wait_until="networkidle")
    context.close()
    assert told == []


def test_print_leaves_menus_out_and_keeps_the_figures(visit):
    tab = visit("bureau")
    tab.emulate_media(media="print")
    assert not tab.locator("#site-nav").is_visible()
    assert not tab.locator(".footer").is_visible()
    assert tab.locator("#bars svg").first.is_visible()
