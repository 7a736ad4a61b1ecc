"""P7: what Dutch banks write is read alike whichever way they write it, and what they never write is refused."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import mt940 as reference_reader
import pytest

from app.payments.statements import Closed, Entry, Opened, Unreadable, Why, read
from tests.payments.bank.writing import CAMT, OURS, Move, camt, details, mt940, zipped

PAID = Move(
    598_95,
    "factuur 2027-00012 van Prins",
    end_to_end="E2E-7",
    bank_reference="BREF0001",
)


@pytest.fixture
def said(tmp_path: Path):
    def said(content: bytes):
        file = tmp_path / "file"
        file.write_bytes(content)
        return [what for _part, what in read(file)]

    return said


def entries(all_said) -> list[Entry]:
    return [what for what in all_said if isinstance(what, Entry)]


@pytest.mark.parametrize("version", ["02", "08"])
def test_camt_of_both_versions_says_the_same(said, version):
    opened, entry, closed = said(camt([PAID], version=version))
    assert opened == Opened(OURS, "EUR", "14", 1_000_00, 4)
    assert (closed.closing_cents, closed.closes_on) == (1_598_95, date(2027, 1, 20))
    assert (entry.account, entry.amount_cents, entry.booked_on) == (OURS, 598_95, date(2027, 1, 20))
    assert (entry.counter_iban, entry.counter_name) == ("NL91ABNA0417164300", "Prins Interim B.V.")
    assert (entry.remittance, entry.end_to_end, entry.bank_reference) == (PAID.text, "E2E-7", "BREF0001")


@pytest.mark.parametrize("bank", ["ing", "abn", "rabobank"])
def test_mt940_of_each_bank_says_the_same(said, bank):
    opened, entry, closed = said(mt940([PAID], bank=bank))
    assert (opened.account, opened.opening_cents, opened.number) == (OURS, 1_000_00, "00014")
    assert (closed.closing_cents, closed.closes_on) == (1_598_95, date(2027, 1, 20))
    assert (entry.amount_cents, entry.booked_on) == (598_95, date(2027, 1, 20))
    assert (entry.counter_iban, entry.counter_name) == ("NL91ABNA0417164300", "Prins Interim B.V.")
    assert (entry.remittance, entry.end_to_end, entry.bank_reference) == (PAID.text, "E2E-7", "BREF0001")


@pytest.mark.parametrize("bank", ["ing", "abn", "rabobank", "plain"])
def test_our_reader_and_a_well_known_one_find_the_same_movements(said, bank):
    """Without reversals, whose sign that one does not read."""
    moves = [PAID, Move(-12_50, "kosten"), Move(1, "een cent"), Move(123_456_78, "veel")]
    content = mt940(moves, bank=bank)
    theirs = reference_reader.parse(content.decode())
    found = [(int(one.data["amount"].amount * 100), one.data["date"]) for one in theirs]
    assert [(entry.amount_cents, entry.booked_on) for entry in entries(said(content))] == found


def test_a_structured_reference_stands_apart_from_free_text(said):
    move = Move(10_00, structured="RF18539007547034")
    for content in (camt([move]), mt940([move], bank="ing")):
        (entry,) = entries(said(content))
        assert (entry.structured_reference, entry.remittance) == ("RF18539007547034", "")


def test_text_that_a_bank_cut_in_lines_comes_back_whole(said):
    long = "betaling lidmaatschap inner circle onder vermelding van RF18539007547034 met dank voor alles"
    (entry,) = entries(said(mt940([Move(10_00, long)], bank="ing")))
    assert entry.remittance == long


def test_windows_text_and_foreign_letters_are_read(said):
    (entry,) = entries(said(mt940([Move(10_00, "crèche", name="Ünal Çelik")], bank="abn", encoding="cp1252")))
    assert (entry.counter_name, entry.remittance) == ("Ünal Çelik", "crèche")


def test_reversals_carry_the_direction_of_the_money(said):
    for content in (camt([Move(-598_95, reversal=True)]), mt940([Move(-598_95, reversal=True)])):
        (entry,) = entries(said(content))
        assert (entry.amount_cents, entry.is_reversal, entry.counter_name) == (-598_95, True, "Prins Interim B.V.")


BATCH = """<Ntry><Amt Ccy="EUR">30.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts>
<BookgDt><Dt>2027-01-20</Dt></BookgDt><AcctSvcrRef>B1</AcctSvcrRef><NtryDtls><Btch><NbOfTxs>2</NbOfTxs></Btch>{parts}
</NtryDtls></Ntry>"""


def part(cents: int, name: str) -> str:
    amount = f'<AmtDtls><TxAmt><Amt Ccy="EUR">{cents // 100}.{cents % 100:02d}</Amt></TxAmt></AmtDtls>'
    return details(Move(cents, "x", name=name), amount=amount)


def test_a_batch_is_told_apart_when_its_parts_are_there_and_add_up(said):
    content = camt([], extra=BATCH.format(parts=part(10_00, "A") + part(20_00, "B")), closing=1_030_00)
    assert [(e.amount_cents, e.counter_name, e.is_batch) for e in entries(said(content))] == [
        (10_00, "A", False),
        (20_00, "B", False),
    ]


@pytest.mark.parametrize("parts", ["", part(10_00, "A") + part(10_00, "B")])
def test_a_batch_without_its_parts_stays_one_sum_and_says_so(said, parts):
    (entry,) = entries(said(camt([], extra=BATCH.format(parts=parts), closing=1_030_00)))
    assert (entry.amount_cents, entry.is_batch) == (30_00, True)


def test_money_that_came_from_another_currency_tells_what_was_sent(said):
    instructed = '<AmtDtls><InstdAmt><Amt Ccy="USD">650.00</Amt></InstdAmt></AmtDtls>'
    parts = details(Move(30_00, "x"), amount=instructed)
    (entry,) = entries(said(camt([], extra=BATCH.format(parts=parts), closing=1_030_00)))
    assert (entry.amount_cents, entry.currency, entry.original_amount) == (30_00, "EUR", "USD 650.00")


def test_an_account_in_another_currency_is_read_as_that(said):
    opened, entry, _closed = said(camt([Move(10_00)], currency="USD"))
    assert (opened.currency, entry.currency) == ("USD", "USD")


def test_what_is_only_announced_is_left_out(said):
    pending = BATCH.replace("<Sts>BOOK</Sts>", "<Sts>PDNG</Sts>").format(parts="")
    assert entries(said(camt([], extra=pending))) == []


def test_a_zip_is_read_file_by_file_in_order(said):
    packed = zipped(b__sta=mt940([Move(2_00)]), a__xml=camt([Move(1_00)]))
    assert [entry.amount_cents for entry in entries(said(packed))] == [1_00, 2_00]


def refusal(said, content: bytes) -> tuple[Why, int | None, str]:
    with pytest.raises(Unreadable) as refused:
        said(content)
    return refused.value.why, refused.value.line, refused.value.detail


def changed(content: bytes, old: str, new: str) -> bytes:
    assert old.encode() in content
    return content.replace(old.encode(), new.encode(), 1)


GOOD = camt([PAID])
GOOD_MT = mt940([PAID], bank="abn")
BOMB = b"""<?xml version="1.0"?><!DOCTYPE Document [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt>&b;</BkToCstmrStmt></Document>"""


@pytest.mark.parametrize(
    ("content", "why", "line"),
    [
        (GOOD[:700], Why.CUT_OFF, 9),
        (BOMB, Why.FORBIDDEN_XML, 1),
        (changed(GOOD, "<Stmt>", "<Stmt"), Why.NOT_XML, 4),
        (changed(GOOD, CAMT.format(version="02"), "urn:iso:std:iso:20022:tech:xsd:pain.001.001.03"), Why.NOT_A_STATEMENT, 2),
        (changed(GOOD, "camt.053.001.02", "camt.053.001.99"), Why.UNKNOWN_VERSION, 2),
        (changed(GOOD, ">598.95<", ">598,9x<"), Why.BAD_AMOUNT, 8),
        (changed(GOOD, ">598.95<", ">598.955<"), Why.BAD_AMOUNT, 8),
        (changed(GOOD, "<BookgDt><Dt>2027-01-20", "<BookgDt><Dt>2027-02-30"), Why.BAD_DATE, 9),
        (changed(GOOD, "<IBAN>", "<XX>").replace(b"</IBAN></Id><Ccy>", b"</XX></Id><Ccy>"), Why.MISSING, 4),
        (camt([PAID], closing=1), Why.BALANCE, 7),
        (b"<html><body>Uw sessie is verlopen</body></html>", Why.NOT_A_STATEMENT, 1),
        (b"<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.02'><BkToCstmrStmt/></Document>", Why.EMPTY, 1),
        (b"datum;bedrag\n1-1-2027;10,00\n", Why.NOT_A_STATEMENT, 1),
        (b" \n ", Why.EMPTY, 1),
        (mt940([PAID], bank="abn", closing=1), Why.BALANCE, 8),
        (changed(GOOD_MT, ":61:2701200120C", ":61:2701200120X"), Why.BAD_LINE, 5),
        (changed(GOOD_MT, ":61:2701200120", ":61:2713400120"), Why.BAD_DATE, 5),
        (GOOD_MT[: GOOD_MT.index(b":62F:")], Why.CUT_OFF, 7),
        (changed(GOOD_MT, ":60F:", ":99F:"), Why.MISSING, 5),
        (b":20:" + b"x" * 10_000, Why.BAD_LINE, 1),
        (b"PK\x03\x04 no zip at all", Why.BAD_ZIP, None),
    ],
)  # fmt: skip
def test_a_wrong_file_says_which_line_and_why(said, content, why, line):
    found = refusal(said, content)
    assert found[:2] == (why, line)


def test_a_wrong_file_in_a_zip_is_named(said):
    with pytest.raises(Unreadable) as refused:
        said(zipped(good__xml=GOOD, wrong__xml=GOOD[:700]))
    assert (refused.value.part, refused.value.line) == ("wrong.xml", 9)


def test_a_zip_that_grows_beyond_reason_is_refused(said, monkeypatch):
    monkeypatch.setattr("app.payments.statements.files.LARGEST_PART", 10_000)
    assert refusal(said, zipped(a__xml=camt([PAID] * 50)))[0] is Why.TOO_LARGE


def test_a_statement_nested_without_end_is_refused(said):
    deep = b"<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.02'><BkToCstmrStmt><Stmt>" + b"<Ntry>" * 5_000
    assert refusal(said, deep)[0] is Why.TOO_DEEP


def test_a_statement_ends_with_closed(said):
    assert isinstance(said(GOOD)[-1], Closed)
