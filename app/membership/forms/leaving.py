"""Giving up a membership (M9)."""

from __future__ import annotations

from app.core.forms import Form, TextAreaField
from app.core.i18n import _l


class ResignForm(Form):
    """M9: a reason helps the bureau and is not asked for."""

    reason = TextAreaField(
        _l("Would you tell us why?"),
        hint=_l("Only if you like. The bureau reads it; other members do not."),
        max_length=2000,
        rows=3,
        required=False,
    )
