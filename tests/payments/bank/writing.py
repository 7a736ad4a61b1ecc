"""Statements as a bank would write them, of any movements: camt.053 in both versions, and MT940 in three dialects."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from xml.sax.saxutils import escape

OURS = "NL02ABNA0123456789"
CAMT = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}"


@dataclass(frozen=True)
class Move:
    """One movement: cents in (or out, below nothing), what was written, by whom, and the bank's own name for it."""

    cents: int
    text: str = ""
    iban: str = "NL91ABNA0417164300"
    name: str = "Prins Interim B.V."
    day: date = date(2027, 1, 20)
    bank_reference: str = ""
    structured: str = ""
    end_to_end: str = ""
    reversal: bool = False


def euros(cents: int, mark: str = ".") -> str:
    return f"{abs(cents) // 100}{mark}{abs(cents) % 100:02d}"


def camt(
    moves: Sequence[Move],
    *,
    version: str = "02",
    opening: int = 1_000_00,
    closing: int | None = None,
    account: str = OURS,
    currency: str = "EUR",
    number: str = "14",
    extra: str = "",
) -> bytes:
    """A file with one statement; `closing` lies when it is given, `extra` is put behind the entries as it is."""
    end = opening + sum(move.cents for move in moves) if closing is None else closing
    entries = "\n".join(_entry(move, version, currency) for move in moves)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="{CAMT.format(version=version)}">
<BkToCstmrStmt><GrpHdr><MsgId>M{number}</MsgId><CreDtTm>2027-01-21T05:00:00</CreDtTm></GrpHdr>
<Stmt><Id>{number}</Id><ElctrncSeqNb>{number}</ElctrncSeqNb>
<Acct><Id><IBAN>{account}</IBAN></Id><Ccy>{currency}</Ccy></Acct>
{_camt_balance("OPBD", opening, currency)}
{_camt_balance("CLBD", end, currency)}
{entries}
{extra}
</Stmt></BkToCstmrStmt></Document>
""".encode()


def _camt_balance(kind: str, cents: int, currency: str) -> str:
    sign = "CRDT" if cents >= 0 else "DBIT"
    return (
        f'<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Amt Ccy="{currency}">{euros(cents)}</Amt>'
        f"<CdtDbtInd>{sign}</CdtDbtInd><Dt><Dt>2027-01-20</Dt></Dt></Bal>"
    )


def _entry(move: Move, version: str, currency: str) -> str:
    sign = "CRDT" if move.cents >= 0 else "DBIT"
    status = "<Sts>BOOK</Sts>" if version == "02" else "<Sts><Cd>BOOK</Cd></Sts>"
    reversal = "<RvslInd>true</RvslInd>" if move.reversal else ""
    reference = f"<AcctSvcrRef>{move.bank_reference}</AcctSvcrRef>" if move.bank_reference else ""
    return f"""<Ntry><Amt Ccy="{currency}">{euros(move.cents)}</Amt><CdtDbtInd>{sign}</CdtDbtInd>{reversal}{status}
<BookgDt><Dt>{move.day}</Dt></BookgDt><ValDt><Dt>{move.day}</Dt></ValDt>{reference}
<NtryDtls>{details(move, version)}</NtryDtls></Ntry>"""


def details(move: Move, version: str = "02", amount: str = "") -> str:
    """One `TxDtls`, as it also stands in a batch."""
    party = "Dbtr" if (move.cents >= 0) != move.reversal else "Cdtr"
    name = f"<Nm>{escape(move.name)}</Nm>"
    named = name if version == "02" else f"<Pty>{name}</Pty>"
    text = f"<Ustrd>{escape(move.text)}</Ustrd>" if move.text else ""
    strd = f"<Strd><CdtrRefInf><Ref>{move.structured}</Ref></CdtrRefInf></Strd>" if move.structured else ""
    end_to_end = move.end_to_end or "NOTPROVIDED"
    return (
        f"<TxDtls><Refs><EndToEndId>{end_to_end}</EndToEndId></Refs>{amount}"
        f"<RltdPties><{party}>{named}</{party}><{party}Acct><Id><IBAN>{move.iban}</IBAN></Id></{party}Acct></RltdPties>"
        f"<RmtInf>{text}{strd}</RmtInf></TxDtls>"
    )


def mt940(
    moves: Sequence[Move],
    *,
    bank: str = "ing",
    opening: int = 1_000_00,
    closing: int | None = None,
    account: str = OURS,
    number: str = "00014",
    encoding: str = "utf-8",
) -> bytes:
    """A file with one statement in the dialect of `ing`, `abn`, `rabobank`, or `plain` text."""
    end = opening + sum(move.cents for move in moves) if closing is None else closing
    wrote = {"ing": _ing, "abn": _abn, "rabobank": _rabobank, "plain": _plain}[bank]
    lines = [":20:P270120000000001", f":25:{account}" + ("EUR" if bank != "abn" else ""), f":28C:{number}"]
    lines.append(f":60F:{_side(opening)}270119EUR{euros(opening, ',')}")
    for move in moves:
        lines += wrote(move)
    lines.append(f":62F:{_side(end)}270120EUR{euros(end, ',')}")
    text = "\r\n".join(lines) + "\r\n-"
    if bank == "ing":
        text = f"{{1:F01INGBNL2ABXXX0000000000}}{{2:I940INGBNL2AXN}}{{4:\r\n{text}}}\r\n"
    return text.encode(encoding)


def _side(cents: int) -> str:
    return "C" if cents >= 0 else "D"


def _movement(move: Move, kind: str, second: str = "") -> list[str]:
    sign = ("RC" if move.cents < 0 else "RD") if move.reversal else _side(move.cents)
    reference = f"//{move.bank_reference}" if move.bank_reference else ""
    first = f":61:{move.day:%y%m%d%m%d}{sign}{euros(move.cents, ',')}{kind}{move.end_to_end or 'NONREF'}{reference}"
    return [first, *([second] if second else [])]


def _wrapped(text: str, width: int = 65) -> list[str]:
    tagged = ":86:" + text
    return [tagged[: width + 4], *[tagged[at : at + width] for at in range(width + 4, len(tagged), width)]]


def _ing(move: Move) -> list[str]:
    told = f"STRD/CUR/{move.structured}/" if move.structured else f"USTD//{move.text}/"
    text = f"/EREF/{move.end_to_end or 'NOTPROVIDED'}//CNTP/{move.iban}/INGBNL2A/{move.name}///REMI/{told}"
    return _movement(move, "NTRF", "/TRCD/00100/") + _wrapped(text)


def _abn(move: Move) -> list[str]:
    told = move.structured or move.text
    text = (
        f"/TRTP/SEPA OVERBOEKING/IBAN/{move.iban}/BIC/ABNANL2A/NAME/{move.name}"
        f"/REMI/{told}/EREF/{move.end_to_end or 'NOTPROVIDED'}"
    )
    return _movement(move, "N654") + _wrapped(text)


def _rabobank(move: Move) -> list[str]:
    told = move.structured or move.text
    return _movement(move, "N541", move.iban) + _wrapped(f"/ORDP//NAME/{move.name}/REMI/{told}/ISDT/{move.day}")


def _plain(move: Move) -> list[str]:
    return _movement(move, "NTRF") + _wrapped(f"{move.iban} {move.name} {move.text}{move.structured}")


def zipped(**files: bytes) -> bytes:
    """A zip of statement files."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "."), content)
    return packed.getvalue()
