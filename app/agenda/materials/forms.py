"""What is asked about a material: a file or a link, for whom, and from when."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Any

from app.agenda.materials.models import Audience, Material, Opens
from app.agenda.materials.services import File, MaterialDetails
from app.core.forms import (
    CSV,
    DOCX,
    IMAGES,
    PDF,
    PPTX,
    XLSX,
    ChoiceField,
    Form,
    Option,
    TextField,
    Upload,
    UploadField,
    UrlField,
)
from app.core.i18n import _, _l

LARGEST = 20 * 1024 * 1024
AUDIENCES = {
    Audience.PUBLIC: _l("Everybody"),
    Audience.MEMBERS: _l("Members"),
    Audience.BOOKED: _l("Who has a seat"),
    Audience.ATTENDED: _l("Who was there"),
    Audience.SPEAKERS: _l("The speakers only"),
}
OPENS = {Opens.BEFORE: _l("As soon as it stands in the agenda"), Opens.AFTERWARDS: _l("Once the gathering is over")}


def options_of(materials: Iterable[Material]) -> list[Option]:
    """Offer materials to choose from, each with for whom and from when it is."""
    return [Option(one.id, one.title, f"{AUDIENCES[one.audience]} · {OPENS[one.opens]}") for one in materials]


class MaterialForm(Form):
    """G1: a file or a link; the speakers see all of them, at any time."""

    title = TextField(_l("Title"), max_length=160, min_length=2)
    file = UploadField(_l("File"), required=False, kinds=(PDF, PPTX, DOCX, XLSX, *IMAGES, CSV), max_bytes=LARGEST)
    url = UrlField(_l("Or a link"), required=False, autocomplete="off", hint=_l("A page, a film, a shared document."))
    audience = ChoiceField(
        _l("For whom"), options=[Option(audience, label) for audience, label in AUDIENCES.items()], style="radios"
    )
    opens = ChoiceField(
        _l("From when"), options=[Option(opens, label) for opens, label in OPENS.items()], style="radios"
    )

    def __init__(self, material: Material | None = None, **options: Any) -> None:
        usual = {"audience": Audience.BOOKED, "opens": Opens.BEFORE}
        kept = {name: getattr(material, name) for name in ("title", "url", "audience", "opens")} if material else usual
        super().__init__(data=kept, **options)
        self.material = material

    def validate(self, extra_validators: Any = None) -> bool:
        fine = bool(super().validate(extra_validators))
        if self.file.errors or self.url.errors:
            return fine
        if self.file.data and self._new_url:
            self.refuse(_("Choose a file or fill in a link, not both."), self.url)
        elif not self.file.data and not self.url.data and not (self.material and self.material.stored_name):
            self.refuse(_("Choose a file or fill in a link."), self.file)
        return fine and not self.problems

    @property
    def _new_url(self) -> str:
        """The link, unless it is the one that stood there: then a chosen file takes its place."""
        known = self.material.url if self.material else ""
        return "" if self.url.data == known else str(self.url.data)

    def details(self) -> MaterialDetails:
        """Give what was filled in to the service."""
        assert self.audience.data is not None
        assert self.opens.data is not None
        return MaterialDetails(
            title=self.title.data,
            audience=self.audience.data,
            opens=self.opens.data,
            url=self._new_url,
            file=_file_of(self.file.data) if self.file.data else None,
        )


def _file_of(upload: Upload) -> File:
    """Give a file the ending of what it is, whatever it called itself."""
    name, kind = PurePosixPath(upload.name), upload.kind
    known = name.suffix.lower() in kind.extensions
    shown = upload.name if known else f"{name.stem}{kind.extensions[0]}"
    return File(shown, kind.mimetype, kind.extensions[0], upload.content)
