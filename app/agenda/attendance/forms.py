"""What is asked at the door when there is no camera, or beside it."""

from __future__ import annotations

from app.core.forms import Form, TextField
from app.core.i18n import _l


class ScanForm(Form):
    """What a camera read, or somebody typed from a ticket."""

    ticket = TextField(
        _l("Code of the ticket"),
        hint=_l("It stands under the QR code, such as 12-K7QM4T."),
        max_length=400,
        autocomplete="off",
        width="m",
        render_kw={"spellcheck": "false", "autocapitalize": "characters", "lang": "", "translate": "no"},
    )
