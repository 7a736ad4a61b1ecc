"""P5: invoices and credit notes as UBL 2.1, for the buyer's bookkeeping: EN 16931 in the form of Peppol BIS Billing 3.

Amounts are euros with two decimals. A line that takes off, such as a discount, is an allowance of the document, since
a price is never negative there (BR-27).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree as ET

from app.core.i18n import _, speaking
from app.payments.invoice_pdf import how_settled
from app.payments.models import CURRENCY, Bill, BillLine, CreditNote, CreditNoteLine
from app.payments.queries import VatPart, vat_parts

OASIS = "urn:oasis:names:specification:ubl:schema:xsd"
BIS_BILLING = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
BIS_PROFILE = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"
INVOICE, CREDIT_NOTE, SEPA_TRANSFER, DISCOUNT, PIECE = "380", "381", "58", "95", "C62"
KVK, EMAIL = "0106", "EM"
CATEGORIES = {"zero": "Z", "reverse_charge": "AE", "outside_scope": "O"}
EXEMPTIONS = {"AE": "VATEX-EU-AE", "O": "VATEX-EU-O"}
_NAMESPACES = (("cac", "Aggregate"), ("cbc", "Basic"))
_ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
Node = ET.Element
Line = BillLine | CreditNoteLine


def invoice_ubl(bill: Bill) -> bytes:
    """Return the UBL of an issued bill, the same bytes for the same bill."""
    assert bill.number is not None
    assert bill.seller is not None
    assert bill.issued_on is not None
    paid = bill.gross_cents if bill.settled else 0
    with speaking(bill.locale):
        return _written(
            "Invoice",
            el("cbc:ID", bill.number),
            el("cbc:IssueDate", bill.issued_on),
            el("cbc:DueDate", bill.due_on),
            el("cbc:InvoiceTypeCode", INVOICE),
            el("cbc:Note", how_settled(bill)) if bill.settled else None,
            el("cbc:DocumentCurrencyCode", CURRENCY),
            el("cbc:BuyerReference", bill.rf_reference),
            _period(bill),
            *_parties(bill, bill.seller, bill.lines),
            _delivery(bill),
            _means(bill.seller, bill.rf_reference),
            *_amounts(bill.lines, vat_parts(bill.lines), bill.net_cents, bill.gross_cents, paid),
            *_lines("Invoice", "Invoiced", bill.lines),
        )


def credit_note_ubl(note: CreditNote) -> bytes:
    """Return the UBL of a credit note, which names the invoice it takes back (NL-R-001)."""
    bill = note.bill
    with speaking(bill.locale):
        return _written(
            "CreditNote",
            el("cbc:ID", note.number),
            el("cbc:IssueDate", note.issued_on),
            el("cbc:CreditNoteTypeCode", CREDIT_NOTE),
            el("cbc:DocumentCurrencyCode", CURRENCY),
            el("cbc:BuyerReference", bill.rf_reference),
            _period(bill),
            el(
                "cac:BillingReference",
                el("cac:InvoiceDocumentReference", el("cbc:ID", bill.number), el("cbc:IssueDate", bill.issued_on)),
            ),
            *_parties(bill, note.seller, note.lines),
            _delivery(bill),
            _means(note.seller, bill.rf_reference),
            el("cac:PaymentTerms", el("cbc:Note", _("What you paid too much comes back to you separately."))),
            *_amounts(note.lines, [VatPart(**part) for part in note.vat], note.net_cents, note.gross_cents, 0),
            *_lines("CreditNote", "Credited", note.lines),
        )


def el(name: str, *content: Any, **attributes: str) -> Node:
    """Make an element of nodes or of one value; a node that is None is left out."""
    node = ET.Element(name, attributes)
    for part in content:
        if isinstance(part, ET.Element):
            node.append(part)
        elif part is not None:
            node.text = _ILLEGAL.sub("", str(part))
    return node


def _written(root: str, *content: Node | None) -> bytes:
    common = {f"xmlns:{short}": f"{OASIS}:Common{name}Components-2" for short, name in _NAMESPACES}
    node = ET.Element(root, {"xmlns": f"{OASIS}:{root}-2", **common})
    node.append(el("cbc:CustomizationID", BIS_BILLING))
    node.append(el("cbc:ProfileID", BIS_PROFILE))
    node.extend(part for part in content if part is not None)
    ET.indent(node)
    return ET.tostring(node, encoding="utf-8", xml_declaration=True)


def _amount(name: str, cents: int) -> Node:
    sign, whole, rest = ("-" if cents < 0 else ""), abs(cents) // 100, abs(cents) % 100
    return el(f"cbc:{name}", f"{sign}{whole}.{rest:02d}", currencyID=CURRENCY)


def _period(bill: Bill) -> Node | None:
    if bill.period_from is None or bill.period_until is None:
        return None
    return el("cac:InvoicePeriod", el("cbc:StartDate", bill.period_from), el("cbc:EndDate", bill.period_until))


def _delivery(bill: Bill) -> Node | None:
    """Say when it was supplied, where no period says so."""
    return None if bill.period_from else el("cac:Delivery", el("cbc:ActualDeliveryDate", bill.issued_on))


def _parties(bill: Bill, seller: dict[str, Any], lines: Sequence[Line]) -> tuple[Node, Node]:
    """Return seller and buyer; what is outside the scope of VAT names no btw-id (BR-O-02)."""
    taxed = all(_category(line.vat_code) != "O" for line in lines)
    street = {"lines": [seller["street"]], "country": seller.get("country", "NL"), "name": seller["legal_name"]}
    return (
        el("cac:AccountingSupplierParty", _party(seller | street, trade_name=seller["name"], taxed=taxed)),
        el("cac:AccountingCustomerParty", _party(bill.buyer, trade_name=bill.buyer["name"], taxed=taxed)),
    )


def _party(who: dict[str, Any], *, trade_name: str, taxed: bool) -> Node:
    kvk, vat_id, email = who["kvk"], who["vat_id"].replace(" ", "").replace(".", ""), who["email"]
    *before, street = who["lines"] or [""]
    return el(
        "cac:Party",
        _address_on_the_network(kvk, email),
        el("cac:PartyName", el("cbc:Name", trade_name)),
        el(
            "cac:PostalAddress",
            el("cbc:StreetName", street) if street else None,
            el("cbc:AdditionalStreetName", ", ".join(before)) if before else None,
            el("cbc:CityName", who["city"]) if who["city"] else None,
            el("cbc:PostalZone", who["postcode"]) if who["postcode"] else None,
            el("cac:Country", el("cbc:IdentificationCode", who["country"] or "NL")),
        ),
        el("cac:PartyTaxScheme", el("cbc:CompanyID", vat_id), _vat()) if vat_id and taxed else None,
        el(
            "cac:PartyLegalEntity",
            el("cbc:RegistrationName", who["name"]),
            el("cbc:CompanyID", kvk, schemeID=KVK) if kvk else None,
        ),
        el("cac:Contact", el("cbc:ElectronicMail", email)) if email else None,
    )


def _address_on_the_network(kvk: str, email: str) -> Node | None:
    if kvk:
        return el("cbc:EndpointID", kvk, schemeID=KVK)
    return el("cbc:EndpointID", email, schemeID=EMAIL) if email else None


def _vat() -> Node:
    return el("cac:TaxScheme", el("cbc:ID", "VAT"))


def _means(seller: dict[str, Any], reference: str) -> Node:
    return el(
        "cac:PaymentMeans",
        el("cbc:PaymentMeansCode", SEPA_TRANSFER),
        el("cbc:PaymentID", reference),
        el(
            "cac:PayeeFinancialAccount",
            el("cbc:ID", seller["iban"].replace(" ", "")),
            el("cbc:Name", seller["account_holder"]),
            el("cac:FinancialInstitutionBranch", el("cbc:ID", seller["bic"])) if seller["bic"] else None,
        ),
    )


def _category(code: str) -> str:
    return CATEGORIES.get(code, "S")


def _tax_category(name: str, code: str, basis_points: int, *, exemption: bool = False) -> Node:
    category = _category(code)
    reason = EXEMPTIONS.get(category) if exemption else None
    return el(
        f"cac:{name}",
        el("cbc:ID", category),
        el("cbc:Percent", f"{basis_points // 100}.{basis_points % 100:02d}") if category != "O" else None,
        el("cbc:TaxExemptionReasonCode", reason) if reason else None,
        el("cbc:TaxExemptionReason", _exemption(category)) if reason else None,
        _vat(),
    )


def _exemption(category: str) -> str:
    return _("VAT reverse charged") if category == "AE" else _("Outside the scope of Dutch VAT")


def _lines(kind: str, verb: str, lines: Sequence[Line]) -> list[Node]:
    billed = [line for line in lines if line.net_cents >= 0]
    return [_line(kind, verb, number, line) for number, line in enumerate(billed, start=1)]


def _amounts(lines: Sequence[Line], parts: Sequence[VatPart], net: int, gross: int, paid: int) -> list[Node]:
    """Return what is taken off, the VAT per code, and the totals; they add up as BR-CO-10 to BR-CO-17 ask."""
    off = [line for line in lines if line.net_cents < 0]
    taken = -sum(line.net_cents for line in off)
    total = el(
        "cac:LegalMonetaryTotal",
        _amount("LineExtensionAmount", net + taken),
        _amount("TaxExclusiveAmount", net),
        _amount("TaxInclusiveAmount", gross),
        _amount("AllowanceTotalAmount", taken) if taken else None,
        _amount("PrepaidAmount", paid) if paid else None,
        _amount("PayableAmount", gross - paid),
    )
    return [*map(_allowance, off), _tax_total(parts), total]


def _allowance(line: Line) -> Node:
    return el(
        "cac:AllowanceCharge",
        el("cbc:ChargeIndicator", "false"),
        el("cbc:AllowanceChargeReasonCode", DISCOUNT),
        el("cbc:AllowanceChargeReason", line.description),
        _amount("Amount", -line.net_cents),
        _tax_category("TaxCategory", line.vat_code, line.vat_basis_points),
    )


def _tax_total(parts: Sequence[VatPart]) -> Node:
    subtotals = [
        el(
            "cac:TaxSubtotal",
            _amount("TaxableAmount", part.net_cents),
            _amount("TaxAmount", part.vat_cents),
            _tax_category("TaxCategory", part.code, part.basis_points, exemption=True),
        )
        for part in parts
    ]
    return el("cac:TaxTotal", _amount("TaxAmount", sum(part.vat_cents for part in parts)), *subtotals)


def _line(kind: str, verb: str, number: int, line: Line) -> Node:
    return el(
        f"cac:{kind}Line",
        el("cbc:ID", number),
        el(f"cbc:{verb}Quantity", line.quantity, unitCode=PIECE),
        _amount("LineExtensionAmount", line.net_cents),
        el(
            "cac:Item",
            el("cbc:Name", line.description),
            _tax_category("ClassifiedTaxCategory", line.vat_code, line.vat_basis_points),
        ),
        el("cac:Price", _amount("PriceAmount", line.unit_net_cents)),
    )
