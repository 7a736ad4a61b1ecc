"""Bank statements as the bureau's bank would write them: camt.053 and MT940 in the dialect of ING."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from xml.sax.saxutils import escape

from app.payments import settings

_LINE = 65


@dataclass(frozen=True)
class Move:
    """One movement: cents in, or below nothing out, on a day, with who, from where, and what they wrote."""

    day: date
    cents: int
    name: str
    iban: str
    text: str = ""


def camt053(moves: Sequence[Move], *, number: int, opening_cents: int) -> bytes:
    """Write a statement as XML."""
    closing_cents = opening_cents + sum(move.cents for move in moves)
    first, last = moves[0].day, moves[-1].day
    entries = "".join(_entry(move, f"{number:05d}{place:04d}") for place, move in enumerate(moves, start=1))
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02">
<BkToCstmrStmt><GrpHdr><MsgId>{number}</MsgId><CreDtTm>{last}T21:00:00</CreDtTm></GrpHdr>
<Stmt><Id>{number}</Id><ElctrncSeqNb>{number}</ElctrncSeqNb>
<Acct><Id><IBAN>{settings.seller().iban}</IBAN></Id><Ccy>EUR</Ccy></Acct>
{_camt_balance("OPBD", opening_cents, first)}{_camt_balance("CLBD", closing_cents, last)}
{entries}</Stmt></BkToCstmrStmt></Document>
""".encode()


def _camt_balance(kind: str, cents: int, day: date) -> str:
    return f"<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp>{_camt_amount(cents)}<Dt><Dt>{day}</Dt></Dt></Bal>"


def _camt_amount(cents: int) -> str:
    side = "CRDT" if cents >= 0 else "DBIT"
    return f'<Amt Ccy="EUR">{_euros(cents, ".")}</Amt><CdtDbtInd>{side}</CdtDbtInd>'


def _entry(move: Move, reference: str) -> str:
    party = "Dbtr" if move.cents >= 0 else "Cdtr"
    day = f"<BookgDt><Dt>{move.day}</Dt></BookgDt><ValDt><Dt>{move.day}</Dt></ValDt>"
    who = (
        f"<RltdPties><{party}><Nm>{escape(move.name)}</Nm></{party}>"
        f"<{party}Acct><Id><IBAN>{move.iban}</IBAN></Id></{party}Acct></RltdPties>"
    )
    told = f"<RmtInf><Ustrd>{escape(move.text)}</Ustrd></RmtInf>"
    details = f"<TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs>{who}{told}</TxDtls>"
    return (
        f"<Ntry>{_camt_amount(move.cents)}<Sts>BOOK</Sts>{day}<AcctSvcrRef>{reference}</AcctSvcrRef>"
        f"<NtryDtls>{details}</NtryDtls></Ntry>\n"
    )


def mt940(moves: Sequence[Move], *, number: int, opening_cents: int) -> bytes:
    """Write a statement in tags and lines."""
    closing_cents = opening_cents + sum(move.cents for move in moves)
    lines = [f":20:P{number:015d}", f":25:{settings.seller().iban}EUR", f":28C:{number:05d}"]
    lines.append(f":60F:{_side(opening_cents)}{moves[0].day:%y%m%d}EUR{_euros(opening_cents, ',')}")
    for place, move in enumerate(moves, start=1):
        moved = f"{move.day:%y%m%d%m%d}{_side(move.cents)}{_euros(move.cents, ',')}NTRFNONREF"
        told = f":86:/EREF/NOTPROVIDED//CNTP/{move.iban}/INGBNL2A/{move.name}///REMI/USTD//{move.text}/"
        lines += [f":61:{moved}//{number:05d}{place:04d}", "/TRCD/00100/"]
        lines += [told[at : at + _LINE] for at in range(0, len(told), _LINE)]
    lines.append(f":62F:{_side(closing_cents)}{moves[-1].day:%y%m%d}EUR{_euros(closing_cents, ',')}")
    text = "\r\n".join(lines)
    return f"{{1:F01INGBNL2ABXXX0000000000}}{{2:I940INGBNL2AXN}}{{4:\r\n{text}\r\n-}}\r\n".encode()


def _euros(cents: int, mark: str) -> str:
    return f"{abs(cents) // 100}{mark}{abs(cents) % 100:02d}"


def _side(cents: int) -> str:
    return "C" if cents >= 0 else "D"
