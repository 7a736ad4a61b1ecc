"""The form that is saved once its effect was looked at."""

from __future__ import annotations

import hashlib
import json

from app.core.forms.base import Form
from app.core.forms.fields import HiddenField


class PreviewedForm(Form):
    """A form that is saved once its effect was looked at: `previewed` carries a mark of what the preview showed."""

    previewed = HiddenField("", required=False)

    def mark(self) -> str:
        """Return a mark of everything typed, which changes with any of it."""
        typed = {name: value for name, value in self.typed().items() if name != "previewed"}
        return hashlib.sha256(json.dumps(typed, sort_keys=True).encode()).hexdigest()[:16]

    @property
    def was_previewed(self) -> bool:
        """Whether the preview showed what is sent in now."""
        return bool(self.previewed.data == self.mark())

    def show_previewed(self) -> None:
        """Write into the page that its preview shows what was typed."""
        self.previewed.data, self.previewed.raw_data = self.mark(), None
