"""What the returning officer says about who votes: the list of invited voters, and a change of the roll (V5)."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

from app.accounts import queries as accounts
from app.challenge.services.electorate import Invitation
from app.core.forms import CSV, ChoiceField, EmailField, Form, Option, TextAreaField, UploadField
from app.core.i18n import _, _l
from app.mail.services import checked_address

MOST_FAULTS, MOST_VOTERS = 20, 5_000
LONGEST_NAME = 160
NAMES = {"naam", "name"}
ADDRESSES = {"e-mail", "email", "e-mailadres", "mail"}
LANGUAGES = {"taal", "language"}
ADD, TAKE_OFF = "add", "take_off"


class UnclearListError(ValueError):
    """The list cannot be read; tells each line that is at fault."""

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(faults))


def read_voters(content: bytes) -> list[Invitation]:
    """Read a list of voters: a line of headings, then a name and an address a line, and perhaps a language."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    first = text.partition("\n")[0]
    rows = list(csv.reader(io.StringIO(text), delimiter=";" if first.count(";") >= first.count(",") else ","))
    headings = [one.strip().lower() for one in rows[0]] if rows else []
    name, address, language = (_column(headings, known) for known in (NAMES, ADDRESSES, LANGUAGES))
    if name is None or address is None:
        raise UnclearListError([_("The first line needs the headings “name” and “e-mail”.")])
    if len(rows) > MOST_VOTERS + 1:
        raise UnclearListError([_("A list holds at most %(most)s voters.", most=MOST_VOTERS)])
    found: dict[str, Invitation] = {}
    faults: list[str] = []
    for number, row in enumerate(rows[1:], 2):
        cells = [one.strip() for one in row] + [""] * (len(headings) - len(row))
        if not any(cells):
            continue
        if fault := _fault(cells[name], cells[address], found):
            faults.append(_("Line %(line)s: %(what)s", line=number, what=fault))
        else:
            email = accounts.normal_email(cells[address])
            is_english = language is not None and cells[language].lower().startswith("e")
            found[email] = Invitation(cells[name], email, "en" if is_english else "nl")
    if faults or not found:
        raise UnclearListError(faults[:MOST_FAULTS] or [_("The list holds nobody.")])
    return list(found.values())


def _column(headings: Sequence[str], known: set[str]) -> int | None:
    return next((place for place, heading in enumerate(headings) if heading in known), None)


def _fault(name: str, address: str, found: dict[str, Invitation]) -> str:
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        return _("a name of at most %(most)s characters is missing.", most=LONGEST_NAME)
    try:
        checked_address(address)
    except ValueError:
        return _("“%(address)s” is no e-mail address.", address=address)
    return _("“%(address)s” is there twice.", address=address) if accounts.normal_email(address) in found else ""


class VotersForm(Form):
    """V5: the list of invited voters."""

    file = UploadField(
        _l("List of voters"),
        kinds=(CSV,),
        hint=_l("A CSV with the headings “name” and “e-mail”, and if you like “language” with nl or en."),
    )
    invitations: Sequence[Invitation] = ()

    def validate(self, extra_validators: Any = None) -> bool:
        fine = bool(super().validate(extra_validators))
        if fine:
            try:
                self.invitations = read_voters(self.file.data.content)
            except UnclearListError as unclear:
                self.file.errors = [*unclear.faults]
        return fine and not self.problems


class RollForm(Form):
    """V5: put somebody on the roll, or take them off, with a reason that everybody reads."""

    what = ChoiceField(
        _l("What changes"),
        options=[Option(ADD, _l("Put somebody on the roll")), Option(TAKE_OFF, _l("Take somebody off the roll"))],
    )
    email = EmailField(_l("E-mail address of the voter"), autocomplete="off")
    reason = TextAreaField(
        _l("Reason"),
        rows=3,
        max_length=300,
        hint=_l("Everybody reads this on the board, for good: name nobody in it."),
    )
