"""What axe has to say of a page (ux 30)."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def complaints(tab: Page) -> list[tuple[str, list[str]]]:
    """Return each rule that is broken, with where."""
    found = Axe().run(tab, options={"runOnly": RULES}).response["violations"]
    return [(rule["id"], [node["target"] for node in rule["nodes"]]) for rule in found]
