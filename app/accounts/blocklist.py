"""Which passwords anybody would guess: made of common words, runs, repeats and what is known about the person.

A list of leaked passwords of fifteen characters and more would be short and still miss "Welkom2027Welkom2027": so a
password is taken apart. What is left after all that is common has to be something of one's own (ASVS 6.2.4, 6.2.11).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

SHORTEST_PASSWORD = 15
LONGEST_PASSWORD = 256
OWN_CHARACTERS = 6
SHORTEST_WORD = 3
FOUND_INSIDE_WORDS = 5
_WORDS = Path(__file__).with_name("common_words.txt")
_LOOKALIKES = str.maketrans("0134578@$!€", "oieastbasie")
_KEYBOARD = (
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "azertyuiop",
    "qsdfghjklm",
    "1234567890",
    "abcdefghijklmnopqrstuvwxyz",
)


@lru_cache(maxsize=1)
def common_words() -> frozenset[str]:
    """Return the shipped words and every run of four and more keys along the keyboard and the alphabet, either way."""
    lines = [line for line in _WORDS.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    words = {word for line in lines for word in line.split() if len(word) >= SHORTEST_WORD}
    for row in (*_KEYBOARD, *(row[::-1] for row in _KEYBOARD)):
        words.update(row[start:end] for start in range(len(row)) for end in range(start + 4, len(row) + 1))
    return frozenset(words)


def is_guessable(password: str, context: Iterable[str] = ()) -> bool:
    """Say whether little of one's own is left once common words, context, runs and repeats are taken out.

    `context` is what others know: the person's name and address, the bureau's name.
    """
    known = common_words() | {word for text in context for word in _parts(text)}
    return any(_own_characters(reading, known) < OWN_CHARACTERS for reading in _readings(password))


def _readings(password: str) -> tuple[str, str]:
    """Return the password in small letters without accents, as typed and with look-alikes (p@ssw0rd) as letters."""
    plain = "".join(
        char for char in unicodedata.normalize("NFKD", password.casefold()) if not unicodedata.combining(char)
    )
    return plain, plain.translate(_LOOKALIKES)


def _parts(text: str) -> set[str]:
    plain = _readings(text)[0]
    words = {word for word in re.split(r"[\W_\d]+", plain) if len(word) >= SHORTEST_WORD}
    joined = re.sub(r"[\W_\d]+", "", plain)
    return words | ({joined} if len(joined) >= SHORTEST_WORD else set())


def _own_characters(text: str, known: frozenset[str] | set[str]) -> int:
    """Count the different characters left, a repeated piece counting once."""
    rest = _without_repeats(_without_words(text, known))
    rest = re.sub(r"\d{4,}|(.)\1{2,}", "", rest)
    return len({char for char in rest if not char.isspace() and char not in "-_.,!?"})


def _without_words(text: str, known: frozenset[str] | set[str]) -> str:
    """Take out the longest known word at each place; short ones only where they stand by themselves."""
    longest = max(map(len, known))
    kept, at = [], 0
    while at < len(text):
        for length in range(min(longest, len(text) - at), SHORTEST_WORD - 1, -1):
            if text[at : at + length] in known and (
                length >= FOUND_INSIDE_WORDS or _stands_alone(text, at, at + length)
            ):
                at += length
                break
        else:
            kept.append(text[at])
            at += 1
    return "".join(kept)


def _stands_alone(text: str, start: int, end: int) -> bool:
    return not text[max(start - 1, 0) : start].isalpha() and not text[end : end + 1].isalpha()


def _without_repeats(text: str) -> str:
    """Keep one of a piece that is written again right away, such as "xyz" of "xyzxyz"."""
    return re.sub(r"(.{2,}?)\1+", r"\1", text, flags=re.DOTALL)
