"""P5: invoices and credit notes on paper: typeset on a grid from the snapshot alone, the same bytes for the same one.

All that Dutch law asks stands on it: both names and addresses, the seller's KvK and btw-id, date, consecutive number,
what was supplied in which period, net, rate, btw and gross, and why there is no btw where there is none. Dark on white
with one colour, and as good without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from stdnum import iban, iso11649

from app.core.formats import country_name, short_date
from app.core.i18n import _, speaking
from app.core.money import format_money
from app.core.paper import (
    BODY,
    BOLD,
    INK,
    LABEL,
    LEFT,
    MUTED,
    NUMBER,
    PETROL,
    RIGHT,
    SERIF,
    SMALL,
    STRONG,
    Sheet,
    Style,
)
from app.payments import epc
from app.payments.models import Bill, BillLine, CreditNote, CreditNoteLine
from app.payments.queries import VatPart, percentage, vat_parts

ASIDE = 392.0
QUANTITY, UNIT, RATE = 352.0, 420.0, 462.0
TOTALS = 282.0
PAY_TOP = 232.0
ROWS_END = 142.0
FOOT_TOP = 80.0
ASKED, TICKED = 136.0, 74.0
NEXT_PAGE_TOP = 740.0
COLUMNS = (LEFT, 172.0, 282.0, 392.0)
WIDE_COLUMNS = (LEFT, 282.0, 392.0)
Pairs = list[tuple[str, str]]


def render_invoice(bill: Bill) -> bytes:
    """Return the PDF of an issued bill, in the bill's own language."""
    with speaking(bill.locale):
        return _Invoice(bill).render()


def render_credit_note(note: CreditNote) -> bytes:
    """Return the PDF of a credit note, in the language of the invoice it takes back."""
    with speaking(note.bill.locale):
        return _CreditNote(note).render()


class _Document:
    """What an invoice and a credit note have in common: who, to whom, what, how much."""

    heading: str
    title: str
    total: str
    closing = TICKED
    top = PAY_TOP
    lines: Sequence[BillLine | CreditNoteLine]
    parts: Sequence[VatPart]

    def __init__(self, *, seller: dict[str, Any], buyer: dict[str, Any], language: str, sums: tuple[int, int]) -> None:
        self.seller, self.buyer = seller, buyer
        self.net_cents, self.gross_cents = sums
        self.sheet = Sheet(title=self.title, author=seller["legal_name"], language=language)

    def pairs(self) -> Pairs:
        """Return what identifies it, as label and value."""
        raise NotImplementedError

    def close(self) -> None:
        """Say at the foot of the last page what becomes of the money."""
        raise NotImplementedError

    def render(self) -> bytes:
        self._head()
        y = self._lines(self._meta(612.0))
        y = self._totals(y)
        self.top = min(PAY_TOP, y - 14)
        if self.top - self.closing < FOOT_TOP:
            self._next_page()
            self.top = NEXT_PAGE_TOP
        self.close()
        self._foot()
        return self.sheet.finish()

    def _head(self) -> None:
        sheet, seller = self.sheet, self.seller
        sheet.mark(LEFT + 13, 776, 12)
        sheet.text(LEFT + 34, 769, seller["name"], Style(SERIF, 21))
        sheet.lines(
            ASIDE,
            783,
            [
                *sheet.wrapped(seller["legal_name"], SMALL, RIGHT - ASIDE),
                seller["street"],
                f"{seller['postcode']}  {seller['city']}",
                seller["email"],
                seller["phone"],
                _("KvK %(number)s", number=seller["kvk"]),
                _("VAT id %(number)s", number=seller["vat_id"]),
            ],
            SMALL,
            11.6,
        )
        buyer = self.buyer
        place = f"{buyer['postcode']}  {buyer['city']}".strip()
        abroad = [country_name(buyer["country"])] if buyer["country"] not in {"", "NL"} else []
        address = [line for line in (*buyer["lines"], place, *abroad) if line]
        y = 676.0
        for line in sheet.wrapped(buyer["name"], Style(BOLD, 10.5), ASIDE - LEFT - 30):
            sheet.text(LEFT, y, line, Style(BOLD, 10.5))
            y -= 14
        sheet.lines(LEFT, y, address[:5], Style(size=10.5), 14)

    def _meta(self, y: float) -> float:
        """Set what identifies the document, four to a row, under the heading."""
        sheet = self.sheet
        y -= 44
        sheet.text(LEFT, y, self.heading, Style(SERIF, 30))
        y -= 20
        sheet.rule(y, weight=1.4, colour=PETROL)
        pairs = self.pairs()
        pairs += [(_("Your VAT id"), self.buyer["vat_id"])] if self.buyer["vat_id"] else []
        pairs += [(_("Your KvK number"), self.buyer["kvk"])] if self.buyer["kvk"] else []
        for start, places in ((0, COLUMNS), (4, WIDE_COLUMNS)):
            y -= 18
            for x, (label, value) in zip(places, pairs[start : start + len(places)], strict=False):
                sheet.text(x, y, label, LABEL)
                sheet.text(x, y - 13, value, Style(size=9.5))
            y -= 17
        return y - 32

    def _lines(self, y: float) -> float:
        sheet = self.sheet
        y = self._line_heading(y)
        for line in self.lines:
            words = sheet.wrapped(line.description, BODY, QUANTITY - LEFT - 46)
            if y - 13 * len(words) < ROWS_END:
                self._next_page()
                y = self._line_heading(NEXT_PAGE_TOP)
            sheet.text(QUANTITY, y, line.quantity, NUMBER, right=True)
            sheet.text(UNIT, y, format_money(line.unit_net_cents), NUMBER, right=True)
            sheet.text(RATE, y, percentage(line.vat_basis_points), NUMBER, right=True)
            sheet.text(RIGHT, y, format_money(line.net_cents), NUMBER, right=True)
            y = sheet.lines(LEFT, y, words, BODY, 13)
            sheet.rule(y + 4)
            y -= 12
        return y

    def _line_heading(self, y: float) -> float:
        sheet = self.sheet
        sheet.text(LEFT, y, _("Description"), LABEL)
        sheet.text(QUANTITY, y, _("Quantity"), LABEL, right=True)
        sheet.text(UNIT, y, _("Price"), LABEL, right=True)
        sheet.text(RATE, y, _("VAT"), LABEL, right=True)
        sheet.text(RIGHT, y, _("Amount excl. VAT"), LABEL, right=True)
        sheet.rule(y - 7, weight=0.8, colour=INK)
        return y - 23

    def _totals(self, y: float) -> float:
        sheet = self.sheet
        grounds = [ground for part in self.parts if (ground := why_no_vat(part))]
        needed = 16 * len(self.parts) + 50 + 13 * len(grounds)
        if y - needed < FOOT_TOP:
            self._next_page()
            y = NEXT_PAGE_TOP
        y -= 4
        sheet.text(TOTALS, y, _("Total excl. VAT"), BODY)
        sheet.text(RIGHT, y, format_money(self.net_cents), NUMBER, right=True)
        for part in self.parts:
            y -= 16
            net = format_money(part.net_cents)
            sheet.text(TOTALS, y, _("VAT %(rate)s over %(net)s", rate=part.rate, net=net), BODY)
            sheet.text(RIGHT, y, format_money(part.vat_cents), NUMBER, right=True)
        y -= 12
        sheet.rule(y, left=TOTALS, weight=1.4, colour=PETROL)
        y -= 20
        sheet.text(TOTALS, y, self.total, Style(SERIF, 13))
        sheet.text(RIGHT, y, format_money(self.gross_cents), Style(SERIF, 15), right=True)
        y -= 20 if grounds else 0
        return sheet.lines(TOTALS, y, grounds, SMALL, 13) if grounds else y

    def _ticked(self, heading: str, words: Sequence[str]) -> None:
        sheet, top = self.sheet, self.top
        sheet.rule(top - 10)
        sheet.tick(LEFT + 12, top - 44, 11)
        sheet.text(LEFT + 36, top - 41, heading, Style(SERIF, 13))
        sheet.lines(LEFT + 36, top - 57, words, BODY, 14)

    def _foot(self) -> None:
        sheet, seller = self.sheet, self.seller
        sheet.rule(66)
        facts = (
            seller["legal_name"],
            _("KvK %(number)s", number=seller["kvk"]),
            _("VAT id %(number)s", number=seller["vat_id"]),
            iban.format(seller["iban"]),
            seller["bic"],
        )
        sheet.text(LEFT, 52, "   ·   ".join(facts), Style(size=7.4, colour=MUTED))
        sheet.text(RIGHT, 38, _("Page %(page)s", page=sheet.page), Style(size=7.4, colour=MUTED), right=True)
        sheet.text(LEFT, 38, self.title, Style(size=7.4, colour=MUTED))

    def _next_page(self) -> None:
        self._foot()
        self.sheet.turn()
        self.sheet.mark(LEFT + 9, 790, 8)


class _Invoice(_Document):
    def __init__(self, bill: Bill) -> None:
        assert bill.number is not None
        assert bill.seller is not None
        assert bill.issued_on is not None
        self.bill, self.number, self.issued_on = bill, bill.number, bill.issued_on
        self.heading, self.title = _("Invoice"), _("Invoice %(number)s", number=bill.number)
        self.total = _("Total incl. VAT")
        self.closing = TICKED if bill.settled else ASKED
        self.lines, self.parts = bill.lines, vat_parts(bill.lines)
        sums = (bill.net_cents, bill.gross_cents)
        super().__init__(seller=bill.seller, buyer=bill.buyer, language=bill.locale, sums=sums)

    def pairs(self) -> Pairs:
        bill = self.bill
        return [
            (_("Invoice number"), self.number),
            (_("Invoice date"), short_date(self.issued_on)),
            (_("Due date"), short_date(bill.due_on)),
            (_("Payment reference"), iso11649.format(bill.rf_reference)),
            _supplied(bill, self.issued_on),
        ]

    def close(self) -> None:
        """Say how the money comes, or how it came, as it stood when the invoice was issued."""
        if self.bill.settled:
            self._ticked(_("Paid") if self.bill.gross_cents else _("Settled"), [how_settled(self.bill)])
        elif self.gross_cents > 0:
            self._ask()

    def _ask(self) -> None:
        sheet, seller, bill, top = self.sheet, self.seller, self.bill, self.top
        sheet.rule(top - 10)
        sheet.squares(LEFT, top - 128, 92, epc.modules(seller, bill.gross_cents, bill.rf_reference))
        x = LEFT + 116
        sheet.text(x, top - 36, _("Please pay by bank transfer"), Style(SERIF, 13))
        pairs = (
            (_("Amount"), format_money(bill.gross_cents)),
            (_("IBAN"), iban.format(seller["iban"])),
            (_("In the name of"), seller["account_holder"]),
            (_("Payment reference"), iso11649.format(bill.rf_reference)),
            (_("At the latest on"), short_date(bill.due_on)),
        )
        y = top - 56
        for label, value in pairs:
            sheet.text(x, y, label, LABEL)
            sheet.text(x + 104, y, value, STRONG if label == pairs[0][0] else BODY)
            y -= 14.5
        sheet.text(x, y - 2, _("Or scan the code with the app of your bank: everything is filled in."), SMALL)


class _CreditNote(_Document):
    def __init__(self, note: CreditNote) -> None:
        bill = note.bill
        assert bill.issued_on is not None
        self.note, self.bill, self.invoiced_on = note, bill, bill.issued_on
        self.heading, self.title = _("Credit note"), _("Credit note %(number)s", number=note.number)
        self.total = _("Total credited incl. VAT")
        self.lines, self.parts = note.lines, [VatPart(**part) for part in note.vat]
        sums = (note.net_cents, note.gross_cents)
        super().__init__(seller=note.seller, buyer=bill.buyer, language=bill.locale, sums=sums)

    def pairs(self) -> Pairs:
        return [
            (_("Credit note number"), self.note.number),
            (_("Date"), short_date(self.note.issued_on)),
            (_("Of invoice"), str(self.bill.number)),
            (_("Invoice date"), short_date(self.invoiced_on)),
            _supplied(self.bill, self.invoiced_on),
        ]

    def close(self) -> None:
        amount, number = format_money(self.gross_cents), self.bill.number
        words = [
            _("%(amount)s of invoice %(number)s is taken back with this credit note.", amount=amount, number=number),
            _("What you paid too much comes back to you separately; you do not need to do anything."),
        ]
        self._ticked(_("Credited"), words)


def _supplied(bill: Bill, issued_on: date) -> tuple[str, str]:
    """Return when it was supplied: a period, its words while the days are not known, or the day of the invoice."""
    if bill.period_from and bill.period_from == bill.period_until:
        return _("Date of supply"), short_date(bill.period_from)
    if bill.period_from and bill.period_until:
        return _("Period"), f"{short_date(bill.period_from)} – {short_date(bill.period_until)}"
    return (_("Period"), bill.term) if bill.term else (_("Date of supply"), short_date(issued_on))


def how_settled(bill: Bill) -> str:
    """Return how an invoice that was settled when it was issued was so: paid on a day, or by nothing being due."""
    assert bill.settled is not None
    if not bill.gross_cents:
        return _("There is nothing to pay on this invoice.")
    day = short_date(date.fromisoformat(bill.settled["on"]))
    return _("Received on %(day)s. You do not need to pay anything.", day=day)


def why_no_vat(part: VatPart) -> str:
    """Return the words that the law asks for where no VAT is charged; nothing where there is a rate."""
    if part.basis_points:
        return ""
    words = {
        "reverse_charge": _("VAT reverse charged"),
        "outside_scope": _("Outside the scope of Dutch VAT"),
    }.get(part.code, _("VAT at the zero rate"))
    return f"{words} ({part.legal_ground})"
