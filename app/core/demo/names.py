"""Invented people for demo data: names common in the Netherlands, put together at random."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from random import Random

_WORDS = Path(__file__).parent / "words"


def _listed(name: str) -> tuple[str, ...]:
    return tuple((_WORDS / f"{name}.txt").read_text(encoding="utf-8").splitlines())


GIVEN, FAMILY, STREETS, FIRM_WORDS = _listed("given"), _listed("family"), _listed("streets"), _listed("firms")

PLACES = (
    ("Utrecht", "utrecht", "35", "030"),
    ("Amersfoort", "utrecht", "38", "033"),
    ("Amsterdam", "noord-holland", "10", "020"),
    ("Haarlem", "noord-holland", "20", "023"),
    ("Alkmaar", "noord-holland", "18", "072"),
    ("Rotterdam", "zuid-holland", "30", "010"),
    ("Den Haag", "zuid-holland", "25", "070"),
    ("Leiden", "zuid-holland", "23", "071"),
    ("Eindhoven", "noord-brabant", "56", "040"),
    ("Breda", "noord-brabant", "48", "076"),
    ("’s-Hertogenbosch", "noord-brabant", "52", "073"),
    ("Arnhem", "gelderland", "68", "026"),
    ("Nijmegen", "gelderland", "65", "024"),
    ("Apeldoorn", "gelderland", "73", "055"),
    ("Zwolle", "overijssel", "80", "038"),
    ("Enschede", "overijssel", "75", "053"),
    ("Groningen", "groningen", "97", "050"),
    ("Leeuwarden", "friesland", "89", "058"),
    ("Assen", "drenthe", "94", "0592"),
    ("Maastricht", "limburg", "62", "043"),
    ("Venlo", "limburg", "59", "077"),
    ("Middelburg", "zeeland", "43", "0118"),
    ("Almere", "flevoland", "13", "036"),
)
FIRM_ENDINGS = (
    "Interim", "Interim Management", "Management", "Consultancy", "Verandermanagement", "& Co", "Advies en Interim",
    "Leiderschap", "Projectleiding", "Organisatieadvies",
)  # fmt: skip
NAMED_AFTER_PERSON, PRIVATE_LIMITED = 7, 6
_LETTERS = "ABCDEFGHJKLMNPRSTVWXYZ"


def slug(text: str) -> str:
    """Reduce a name to what fits in an address: `Ümit van ’t Hof` → `umit.van.t.hof`."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", ".", plain).strip(".")


def firm(rng: Random, family_name: str) -> str:
    """Name somebody's own company: after the person, or after something with a mast or a bridge."""
    start = (
        family_name[0].upper() + family_name[1:] if rng.randrange(10) < NAMED_AFTER_PERSON else rng.choice(FIRM_WORDS)
    )
    return f"{start} {rng.choice(FIRM_ENDINGS)}{' B.V.' if rng.randrange(10) < PRIVATE_LIMITED else ''}"


def postcode(rng: Random, start: str) -> str:
    """Make a postcode that begins with a place's two digits."""
    return f"{start}{rng.randrange(100):02d} {rng.choice(_LETTERS)}{rng.choice(_LETTERS)}"


def vat_id(rng: Random) -> str:
    """Make a Dutch VAT id whose check number holds, so that forms that check it accept the demo data."""
    digits = f"{rng.randrange(10**8, 10**9)}"
    base = int("2321" + digits + "11") * 100
    suffix = (1 - base) % 97 or 97
    return f"NL{digits}B{suffix:02d}"
