"""V5: the secrets of an edition's ballot, in the instance's secret store: outside the database and its backups.

`K_slot` says where a voter's envelope lies, and is destroyed at the close; the signing key signs receipts. Whoever has
the database but not the store cannot tell whose an envelope is.
"""

from __future__ import annotations

import secrets
from uuid import UUID

from nacl.signing import SigningKey

from app.challenge.services import files
from app.core import vault
from app.core.errors import Refusal
from app.core.i18n import _l

SIZE = 32
SLOT, SERVER = "slot", "server"


class KeyLost(Refusal):
    """V5: without its secrets an edition takes no votes any more, and the vote is held again."""

    status = 503
    message = _l(
        "The portal has lost the secret key of this vote, so it can take no votes any more. The vote will be held"
        " again; the bureau lets you know."
    )


def make_keys(edition_id: UUID) -> None:
    """V5: draw the secrets of an edition that opens; those that an interrupted opening left are used."""
    for kind in (SLOT, SERVER):
        vault.keep_once(_name(edition_id, kind), secrets.token_bytes(SIZE))


def slot_key(edition_id: UUID) -> bytes:
    """V5: return the key that says in which slot a voter's envelope lies."""
    return _key(edition_id, SLOT)


def server_key(edition_id: UUID) -> SigningKey:
    """V5: return the key that signs receipts; another one than the rules name counts as lost."""
    key = SigningKey(_key(edition_id, SERVER))
    rules = files.read(edition_id, "rules")
    if rules is not None and rules["keys"].get("server_signing") != bytes(key.verify_key).hex():
        raise KeyLost
    return key


def destroy_slot_key(edition_id: UUID) -> None:
    """V5: after the close nobody can tell any more whose an envelope was; done twice it changes nothing."""
    vault.destroy(_name(edition_id, SLOT))


def _name(edition_id: UUID, kind: str) -> str:
    return f"challenge.{edition_id}.{kind}"


def _key(edition_id: UUID, kind: str) -> bytes:
    found = vault.read(_name(edition_id, kind))
    if found is None or len(found) != SIZE:
        raise KeyLost
    return found
