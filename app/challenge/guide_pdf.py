"""V7: the selection guide: criterion, what it showed this year, the question to ask at intake, and a scorecard."""

from __future__ import annotations

from dataclasses import dataclass

from app.challenge.presenting import Shown, points
from app.challenge.words import percent
from app.core.i18n import _, _l, speaking
from app.core.paper import HEIGHT, INK, LABEL, LEFT, MUTED, PETROL, RIGHT, SERIF, SMALL, STRONG, Sheet, Style

QUESTIONS = {
    "Versterking": _l("Where did you make a team stronger than you found it, and what was left of that a year later?"),
    "Vervanging": _l("When you last kept somebody’s place: what did you leave as it was, and what not, and why?"),
    "Verandering": _l("Which change of yours still stands, and what did you do for those who were against it?"),
    "Vertrouwen": _l("Whom may we call who had to build on you when it was tense, and what will they say?"),
    "Verbinding": _l("How did the people on the work floor notice, in the first ten days, that you were there?"),
}
ANY_QUESTION = _l("In which assignment was this asked of you, what did you do, and who can confirm it?")
MARKS = range(1, 11)
TOP, BOTTOM = 640.0, 130.0
BOX, GAP = 17.0, 6.0


@dataclass(frozen=True)
class GuideRow:
    """One criterion as a client uses it."""

    name: str
    weight: str
    about: str
    showed: str
    question: str
    is_telling: bool


def rows(shown: Shown) -> list[GuideRow]:
    """V7: return per criterion, the heaviest first, what the edition showed and what to ask."""
    told = shown.told
    margin = told.margin
    found = []
    for one in sorted(shown.edition.criteria, key=lambda each: -each.weight):
        code = f"c{one.position}"
        said = []
        if told.panel:
            scores = [cells[code].score or 0 for cells in told.panel.cells.values()]
            lowest, highest = points(min(scores)), points(max(scores))
            said.append(_("Scores ran from %(lowest)s to %(highest)s.", lowest=lowest, highest=highest))
        if code in told.most_telling:
            said.append(_("This criterion told the nominees apart most."))
        if margin is not None and margin.by_criterion[code] == max(margin.by_criterion.values()) > 0:
            said.append(_("Here the winner was furthest ahead of number two."))
        if told.stays_without.get(code) is False:
            said.append(_("Without it, somebody else would have won."))
        question = str(QUESTIONS.get(one.name_nl, ANY_QUESTION))
        found.append(
            GuideRow(one.name, percent(one.weight), one.about, " ".join(said), question, code in told.most_telling)
        )
    return found


def render(shown: Shown, *, locale: str) -> bytes:
    """Return the guide on paper; the same bytes for the same result."""
    with speaking(locale):
        return _Paper(shown, locale).render()


class _Paper:
    def __init__(self, shown: Shown, locale: str) -> None:
        self.shown = shown
        self.title = _("Selection guide %(year)s", year=shown.edition.year)
        self.sheet = Sheet(title=self.title, author=shown.edition.title, language=locale)

    def render(self) -> bytes:
        self._head()
        y = TOP
        for row in rows(self.shown):
            if y < BOTTOM:
                self.sheet.turn()
                y = HEIGHT - 80
            y = self._row(row, y)
        self._foot()
        return self.sheet.finish()

    def _head(self) -> None:
        sheet = self.sheet
        sheet.rings(RIGHT + 26, HEIGHT - 40, range(42, 140, 24), weight=0.6)
        sheet.mark(LEFT + 13, 776, 12)
        sheet.text(LEFT + 34, 769, self.shown.edition.title, Style(SERIF, 15, MUTED))
        sheet.text(LEFT, 722, self.title, Style(SERIF, 30))
        lede = _("What decided the Challenge, as questions for whoever chooses an interim manager.")
        sheet.lines(LEFT, 698, sheet.wrapped(lede, Style(size=10.5), RIGHT - LEFT - 80), Style(size=10.5), 14)
        sheet.text(LEFT, 676, _("Candidate:"), LABEL)
        sheet.rule(674, left=LEFT + 56, right=LEFT + 260)
        sheet.text(LEFT + 280, 676, _("Date:"), LABEL)
        sheet.rule(674, left=LEFT + 312, right=RIGHT)
        sheet.rule(660, weight=1.2, colour=PETROL)

    def _row(self, row: GuideRow, y: float) -> float:
        sheet = self.sheet
        wide = RIGHT - LEFT
        sheet.text(LEFT, y, row.name, Style(SERIF, 14, PETROL if row.is_telling else INK))
        sheet.text(RIGHT, y, row.weight, Style(SERIF, 14), right=True)
        y -= 16
        for text, style in ((row.about, Style()), (row.showed, SMALL), (row.question, STRONG)):
            y = sheet.lines(LEFT, y, sheet.wrapped(text, style, wide), style, 12.5) - 1
        y -= 4
        sheet.text(LEFT, y, _("Score"), LABEL)
        for mark in MARKS:
            sheet.text(LEFT + 40 + (BOX + GAP) * (mark - 1), y, mark, LABEL)
            sheet.rings(LEFT + 43 + (BOX + GAP) * (mark - 1), y + 3, [8.0], weight=0.6)
        sheet.text(LEFT + 290, y, _("because"), LABEL)
        sheet.rule(y - 2, left=LEFT + 330)
        y -= 14
        sheet.rule(y)
        return y - 22

    def _foot(self) -> None:
        text = _("Scores are those of the jury. Whoever won is one answer; these questions are for every candidate.")
        self.sheet.text(LEFT, 60, text, SMALL)
