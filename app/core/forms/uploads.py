"""The field for a file: what counts is what is in it, not what it calls itself."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

from markupsafe import Markup
from werkzeug.datastructures import FileStorage
from wtforms.form import BaseForm
from wtforms.validators import StopValidation
from wtforms.widgets import html_params

from app.core.forms import messages
from app.core.forms.fields import InputField
from app.core.i18n import _l

MEGABYTE = 1024 * 1024
LONGEST_NAME = 120


@dataclass(frozen=True)
class FileKind:
    """A sort of file: its name for people, its type on the wire, and the proof that a file is one."""

    name: str
    mimetype: str
    extensions: tuple[str, ...]
    recognises: Callable[[bytes], bool]
    locked: Callable[[bytes], bool] = lambda _content: False


@dataclass(frozen=True)
class Upload:
    """A file that was accepted. `name` is for showing only; where it is stored gets a name of our own."""

    name: str
    content: bytes
    kind: FileKind

    @property
    def mimetype(self) -> str:
        return self.kind.mimetype


def _is_pdf(content: bytes) -> bool:
    return content.startswith(b"%PDF-") and b"%%EOF" in content[-2048:]


def _is_text(content: bytes) -> bool:
    return b"\x00" not in content and content.lstrip()[:1] != b"<" and not content.startswith((b"%PDF", b"PK\x03\x04"))


def _is_locked_pdf(content: bytes) -> bool:
    """Look for the name of the encryption: it stands in a dictionary that is itself never encrypted."""
    return b"/Encrypt" in content


PDF = FileKind("PDF", "application/pdf", (".pdf",), _is_pdf, _is_locked_pdf)
JPEG = FileKind("JPEG", "image/jpeg", (".jpg", ".jpeg"), lambda c: c.startswith(b"\xff\xd8\xff"))
PNG = FileKind("PNG", "image/png", (".png",), lambda c: c.startswith(b"\x89PNG\r\n\x1a\n"))
WEBP = FileKind("WebP", "image/webp", (".webp",), lambda c: c[:4] == b"RIFF" and c[8:12] == b"WEBP")


def _office(name: str, extension: str, mimetype: str, folder: bytes) -> FileKind:
    """Describe a file of an office program: a zip that names its parts, of which this folder holds the document."""

    def recognises(content: bytes) -> bool:
        return content.startswith(b"PK\x03\x04") and b"[Content_Types].xml" in content and folder in content

    whole = f"application/vnd.openxmlformats-officedocument.{mimetype}"
    return FileKind(f"{name} ({extension})", whole, (extension,), recognises)


XLSX = _office("Excel", ".xlsx", "spreadsheetml.sheet", b"xl/")
DOCX = _office("Word", ".docx", "wordprocessingml.document", b"word/")
PPTX = _office("PowerPoint", ".pptx", "presentationml.presentation", b"ppt/")
CSV = FileKind("CSV", "text/csv", (".csv", ".txt"), _is_text)
XML = FileKind("XML", "application/xml", (".xml",), lambda c: c.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<")
JSON = FileKind("JSON", "application/json", (".json",), lambda c: c.lstrip()[:1] == b"{")
MT940 = FileKind(
    "MT940", "text/plain", (".sta", ".940", ".swi", ".mt940", ".txt"), lambda c: _is_text(c) and b":20:" in c
)
ZIP = FileKind("zip", "application/zip", (".zip",), lambda c: c.startswith(b"PK\x03\x04"))
IMAGES = (JPEG, PNG, WEBP)


def safe_name(name: str | None) -> str:
    """Return a file's own name without folders or control characters, short enough to show."""
    base = PurePosixPath(PureWindowsPath(name or "").name).name
    clean = "".join(c for c in unicodedata.normalize("NFC", base) if unicodedata.category(c)[0] != "C")
    clean = re.sub(r"[\"<>:/\\|?*]", "", clean).strip(". ")
    return clean[-LONGEST_NAME:] or "file"


class FileWidget:
    """Writes the bare file input, with the kinds it takes, and for the script how large it may be and what to say."""

    def __call__(self, field: UploadField, **attributes: Any) -> Markup:
        limit = {"data_max_bytes": field.max_bytes, "data_too_large": field.too_large}
        merged = {"id": field.id, "name": field.name, "type": "file", "accept": field.accept, **limit, **attributes}
        return Markup(f"<input {html_params(**merged)}>")  # noqa: S704  html_params escapes every value


class UploadField(InputField):
    """A file of one of the given kinds, recognised by its content; `data` is an `Upload`."""

    widget = FileWidget()
    kind = "file"
    input_type = "file"
    keeps_value = False
    empty_message = messages.CHOOSE_FILE

    def __init__(
        self,
        label: Any,
        validators: Sequence[Callable[..., object]] = (),
        *,
        kinds: Sequence[FileKind] = (PDF,),
        max_bytes: int = 5 * MEGABYTE,
        **options: Any,
    ) -> None:
        super().__init__(label, validators, **options)
        self.kinds, self.max_bytes = tuple(kinds), max_bytes

    @property
    def accept(self) -> str:
        """For the browser's chooser: a convenience, no check."""
        return ",".join(extension for kind in self.kinds for extension in kind.extensions)

    @property
    def kind_names(self) -> str:
        """The kinds in words, for hint and message."""
        return ", ".join(kind.name for kind in self.kinds)

    @property
    def max_megabytes(self) -> int:
        """The limit in words."""
        return max(1, self.max_bytes // MEGABYTE)

    @property
    def too_large(self) -> str:
        """What to say of a file over the limit."""
        return self.message(_l("Choose a file of at most %(max)s MB at “%(label)s”."), max=self.max_megabytes)

    def process_data(self, value: Any) -> None:
        """Begin empty: a stored file can't be put back into the input; the page shows it beside the field."""
        del value
        self.data = None

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = None
        sent = next((value for value in valuelist if isinstance(value, FileStorage) and value.filename), None)
        if sent is None:
            return
        with sent.stream as stream:
            content = stream.read(self.max_bytes + 1)
        if len(content) > self.max_bytes:
            raise ValueError(self.too_large)
        if not content:
            raise ValueError(self.message(_l("The file at “%(label)s” is empty. Choose another one.")))
        kind = next((kind for kind in self.kinds if kind.recognises(content)), None)
        if kind is None:
            raise ValueError(
                self.message(
                    _l("The file at “%(label)s” is not what we can read. Choose a file of this kind: %(kinds)s."),
                    kinds=self.kind_names,
                )
            )
        if kind.locked(content):
            raise ValueError(
                self.message(
                    _l("The file at “%(label)s” is locked with a password. Save it without one and choose it again.")
                )
            )
        self.data = Upload(safe_name(sent.filename), content, kind)

    def pre_validate(self, form: BaseForm) -> None:
        super().pre_validate(form)
        if not isinstance(self.data, Upload):
            raise StopValidation(self.message(self.empty_message))
