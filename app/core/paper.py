"""Paper: a page with coordinates in points and the few marks that the house sets on it; the same bytes each time."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

INK, MUTED, LINE, PETROL = "#1D2529", "#5B6468", "#CFC7B8", "#0E4F5B"
SERIF, SANS, BOLD = "Times-Bold", "Helvetica", "Helvetica-Bold"
WIDTH, HEIGHT = 595.28, 841.89
LEFT, RIGHT = 62.0, 539.0
_PLAIN = str.maketrans({"ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i", "ħ": "h", "\u202f": "\u00a0", "\u2011": "-"})


@dataclass(frozen=True)
class Style:
    """How a piece of text is set."""

    font: str = SANS
    size: float = 9.5
    colour: str = INK


BODY, SMALL, LABEL = Style(), Style(size=8.2, colour=MUTED), Style(size=8, colour=MUTED)
STRONG, NUMBER = Style(font=BOLD), Style(font=SANS)


class Sheet:
    """Paper with coordinates in points from the lower left, and the few marks that the house sets on it."""

    def __init__(self, *, title: str, author: str, language: str) -> None:
        from reportlab.pdfgen.canvas import Canvas  # noqa: PLC0415  0.3 s to load, only where paper is made

        self._buffer = io.BytesIO()
        self._canvas = Canvas(self._buffer, pagesize=(WIDTH, HEIGHT), invariant=1, lang=language)
        self._canvas.setTitle(title)
        self._canvas.setAuthor(author)
        self._canvas.setCreator(author)

    def text(self, x: float, y: float, text: Any, style: Style = BODY, *, right: bool = False) -> None:
        self._canvas.setFont(style.font, style.size)
        self._canvas.setFillColor(style.colour)
        draw = self._canvas.drawRightString if right else self._canvas.drawString
        draw(x, y, printable(str(text)))

    def centred(self, x: float, y: float, text: Any, style: Style = BODY) -> None:
        self._canvas.setFont(style.font, style.size)
        self._canvas.setFillColor(style.colour)
        self._canvas.drawCentredString(x, y, printable(str(text)))

    def lines(self, x: float, y: float, texts: Sequence[str], style: Style, leading: float) -> float:
        for text in texts:
            self.text(x, y, text, style)
            y -= leading
        return y

    def wrapped(self, text: str, style: Style, width: float) -> list[str]:
        from reportlab.lib.utils import simpleSplit  # noqa: PLC0415  as above

        return list(simpleSplit(printable(text), style.font, style.size, width))

    def rule(
        self, y: float, *, left: float = LEFT, right: float = RIGHT, weight: float = 0.5, colour: str = LINE
    ) -> None:
        self._canvas.setStrokeColor(colour)
        self._canvas.setLineWidth(weight)
        self._canvas.line(left, y, right, y)

    def mark(self, x: float, y: float, radius: float, *, colour: str = PETROL) -> None:
        """Draw the ring with its gap and the dot inside."""
        self._canvas.setStrokeColor(colour)
        self._canvas.setFillColor(colour)
        self._canvas.setLineWidth(radius * 0.21)
        self._canvas.setLineCap(1)
        self._canvas.arc(x - radius, y - radius, x + radius, y + radius, startAng=59, extent=320)
        self._canvas.circle(x, y, radius * 0.24, stroke=0, fill=1)
        self._canvas.setLineCap(0)

    def rings(self, x: float, y: float, radii: Sequence[float], *, colour: str = LINE, weight: float = 0.7) -> None:
        """Draw circles around one point."""
        self._canvas.setStrokeColor(colour)
        self._canvas.setLineWidth(weight)
        for radius in radii:
            self._canvas.circle(x, y, radius, stroke=1, fill=0)

    def tick(self, x: float, y: float, radius: float) -> None:
        """Draw the closed ring with a tick: done."""
        self._canvas.setStrokeColor(PETROL)
        self._canvas.setLineWidth(1.4)
        self._canvas.circle(x, y, radius, stroke=1, fill=0)
        path = self._canvas.beginPath()
        path.moveTo(x - radius * 0.42, y - radius * 0.02)
        path.lineTo(x - radius * 0.1, y - radius * 0.36)
        path.lineTo(x + radius * 0.46, y + radius * 0.36)
        self._canvas.drawPath(path, stroke=1, fill=0)

    def squares(self, x: float, y: float, size: float, rows: Sequence[Sequence[int]]) -> None:
        """Draw a QR code with its lower left corner here."""
        unit = size / len(rows)
        self._canvas.setFillColor(INK)
        for row_number, row in enumerate(rows):
            for start, length in _runs(row):
                top = y + size - (row_number + 1) * unit
                self._canvas.rect(x + start * unit, top, length * unit, unit, stroke=0, fill=1)

    def turn(self) -> None:
        self._canvas.showPage()

    @property
    def page(self) -> int:
        return int(self._canvas.getPageNumber())

    def finish(self) -> bytes:
        self._canvas.showPage()
        self._canvas.save()
        return self._buffer.getvalue()


def printable(text: str) -> str:
    """Return text in characters that the paper's fonts have: a letter they lack loses its mark, never its place."""
    try:
        text.encode("cp1252")
    except UnicodeEncodeError:
        return "".join(_nearest(char) for char in text.translate(_PLAIN))
    return text


def _nearest(char: str) -> str:
    for candidate in (char, unicodedata.normalize("NFKD", char)):
        kept = "".join(part for part in candidate if not unicodedata.combining(part))
        try:
            kept.encode("cp1252")
        except UnicodeEncodeError:
            continue
        return kept
    return "?"


def _runs(row: Sequence[int]) -> list[tuple[int, int]]:
    """Return the dark stretches of a row as (start, length), so that print shows no seams."""
    found: list[tuple[int, int]] = []
    for place, dark in enumerate(row):
        if not dark:
            continue
        if found and sum(found[-1]) == place:
            found[-1] = (found[-1][0], found[-1][1] + 1)
        else:
            found.append((place, 1))
    return found
