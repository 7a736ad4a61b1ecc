"""G8: a certificate of attendance on paper: from its own facts alone, in its owner's language, dark on white.

The rings of the house stand in the margin, what was done in the middle, and at the foot a square that leads whoever
holds the paper to the page that says whether it is genuine.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import segno

from app.agenda.models import GatheringKind
from app.agenda.shown import KINDS
from app.core import clock, qr
from app.core.formats import clock_time, long_date, short_date
from app.core.i18n import _, language, speaking
from app.core.paper import BODY, BOLD, HEIGHT, INK, LABEL, LEFT, MUTED, PETROL, RIGHT, SERIF, SMALL, Sheet, Style
from app.development import codes, words
from app.development.models import AttendanceCertificate

SECOND, MIDDLE = 318.0, 292.0
SEAL_X, SEAL_Y, SEAL = 484.0, 610.0, 44.0
FACTS_TOP, NAME_TOP = 448.0, 640.0
MOST_SCHEMES, MOST_LINES = 4, 2
CODE_SIZE, CODE_BASE = 92.0, 96.0
WIDE = RIGHT - LEFT - 130


def render(certificate: AttendanceCertificate) -> bytes:
    """Return the PDF of a certificate; the same bytes for the same one."""
    with speaking(certificate.locale):
        return _Page(certificate).render()


class _Page:
    def __init__(self, certificate: AttendanceCertificate) -> None:
        self.certificate: AttendanceCertificate = certificate
        self.facts: Mapping[str, Any] = certificate.facts
        title = _("Certificate of attendance %(code)s", code=codes.shown(certificate.code))
        self.sheet = Sheet(title=title, author=self.facts["bureau"], language=certificate.locale)

    def render(self) -> bytes:
        self._head()
        self._name()
        self._points()
        self._facts()
        self._check()
        return self.sheet.finish()

    def _head(self) -> None:
        sheet = self.sheet
        sheet.rings(RIGHT + 26, HEIGHT - 40, range(42, 163, 24), weight=0.6)
        sheet.mark(LEFT + 13, 776, 12)
        sheet.text(LEFT + 34, 769, self.facts["house"], Style(SERIF, 21))
        sheet.text(LEFT, 706, _("Certificate of attendance"), Style(SERIF, 34))
        sheet.rule(690, right=SECOND, weight=1.4, colour=PETROL)

    def _name(self) -> None:
        sheet, facts = self.sheet, self.facts
        sheet.text(
            LEFT, NAME_TOP, _("%(bureau)s declares that", bureau=facts["bureau"]), Style(size=10.5, colour=MUTED)
        )
        name = Style(SERIF, 25, PETROL)
        y = sheet.lines(LEFT, NAME_TOP - 34, sheet.wrapped(facts["name"], name, WIDE)[:MOST_LINES], name, 30)
        sheet.text(LEFT, y - 2, _("took part in"), Style(size=10.5, colour=MUTED))
        title = Style(SERIF, 17)
        sheet.lines(LEFT, y - 32, sheet.wrapped(facts["title"], title, WIDE)[: MOST_LINES + 1], title, 21)

    def _points(self) -> None:
        sheet = self.sheet
        sheet.rings(SEAL_X, SEAL_Y, [SEAL, SEAL - 5], colour=PETROL, weight=1.2)
        sheet.centred(SEAL_X, SEAL_Y - 3, words.points(self.facts["tenths"]), Style(SERIF, 27))
        sheet.centred(SEAL_X, SEAL_Y - 19, _("PE points"), Style(size=8.5, colour=MUTED))

    def _facts(self) -> None:
        sheet = self.sheet
        y = FACTS_TOP
        sheet.rule(y + 18, weight=0.8, colour=INK)
        for left, right in self._pairs():
            lowest = min(self._fact(LEFT, y, *left, MIDDLE - LEFT - 12), self._fact(SECOND, y, *right, RIGHT - SECOND))
            y = lowest - 14
        self._schemes(y)

    def _pairs(self) -> list[tuple[tuple[str, str], tuple[str, str]]]:
        facts = self.facts
        begins, ends = (datetime.fromisoformat(facts[name]) for name in ("starts_at", "ends_at"))
        hours = f"{clock_time(begins)}–{clock_time(ends)}"
        where = [facts["where"]] if facts["where"] else []
        where += [_("Online")] if facts["online"] else []
        present = _(
            "%(time)s of %(whole)s", time=words.duration(facts["minutes"]), whole=words.duration(facts["whole_minutes"])
        )
        return [
            ((_("Day"), long_date(begins)), (_("Time"), hours)),
            ((_("Kind"), str(KINDS[GatheringKind(facts["kind"])])), (_("Present"), present)),
            ((_("Where"), " / ".join(where)), (_("Speakers"), ", ".join(facts["speakers"]) or "–")),
        ]

    def _fact(self, x: float, y: float, label: str, value: str, width: float) -> float:
        sheet = self.sheet
        sheet.text(x, y, label, LABEL)
        style = Style(size=10.5)
        return sheet.lines(x, y - 14, sheet.wrapped(value, style, width)[:3], style, 13.5)

    def _schemes(self, y: float) -> None:
        """Say what it gives in the registers that its owner stands in; a body reads its own line."""
        sheet, schemes = self.sheet, self.facts["schemes"][:MOST_SCHEMES]
        if not schemes:
            return
        sheet.text(LEFT, y, _("In the registers of the holder"), LABEL)
        sheet.rule(y - 7)
        y -= 21
        for one in schemes:
            name = one["name_en" if language() == "en" else "name_nl"]
            sheet.text(LEFT, y, sheet.wrapped(f"{name} · {one['body']}", BODY, RIGHT - LEFT - 90)[0], BODY)
            points = _("%(points)s points", points=words.points(one["tenths"]))
            sheet.text(RIGHT, y, points, Style(font=BOLD), right=True)
            y -= 15

    def _check(self) -> None:
        sheet, code = self.sheet, codes.shown(self.certificate.code)
        square = segno.make(self.facts["check"], error="m", micro=False)
        sheet.rule(CODE_BASE + CODE_SIZE + 22)
        sheet.squares(LEFT, CODE_BASE, CODE_SIZE, qr.modules(square))
        x, y = LEFT + CODE_SIZE + 24, CODE_BASE + CODE_SIZE - 10
        sheet.text(x, y, _("Is this certificate genuine?"), Style(SERIF, 13))
        y = sheet.lines(
            x,
            y - 18,
            sheet.wrapped(_("Scan the square, or look the code up on the page below."), BODY, SEAL_X - x),
            BODY,
            13,
        )
        sheet.text(x, y - 8, code, Style("Courier-Bold", 13))
        sheet.lines(x, y - 27, sheet.wrapped(self.facts["check"].rpartition("/")[0], SMALL, RIGHT - x), SMALL, 11)
        issued = _("Issued on %(day)s", day=short_date(clock.local(self.certificate.issued_at)))
        sheet.rule(66)
        sheet.text(LEFT, 52, f"{issued}   ·   {self.facts['bureau']}", Style(size=7.4, colour=MUTED))
        sheet.text(RIGHT, 52, code, Style(size=7.4, colour=MUTED), right=True)
