"""The pages about what membership costs, beside each other."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import gettext as _


def plan_tabs(current: str) -> list[dict[str, Any]]:
    """Return the tabs over plans, discount codes and sponsored places."""
    return [
        {"url": url_for("plans_bureau.index"), "label": _("Plans"), "current": current == "plans"},
        {"url": url_for("discounts_bureau.index"), "label": _("Discount codes"), "current": current == "codes"},
        {"url": url_for("discounts_bureau.places"), "label": _("Sponsored places"), "current": current == "places"},
    ]
