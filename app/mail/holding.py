"""Who is not written to: nobody's addresses, those that bounced, and readers who left this kind of mail (B5)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select

from app.core.db import db
from app.mail.models import MailChoice, Suppression, SuppressionReason

NOWHERE = "anoniem.invalid"
"""Where people live of whom it was forgotten who they are (L4): a domain that can never be (RFC 2606)."""
UNREACHABLE = "unreachable"


class Reader(NamedTuple):
    """Whom a mail is for, and what of their choices it is subject to."""

    address: str
    service_mail: bool
    account_id: UUID | None
    topic: str


def why_held(readers: Sequence[Reader]) -> list[str | None]:
    """Return of each why they are not written to, if they are not; two queries at most, however many they are."""
    reasons: dict[str, set[SuppressionReason]] = defaultdict(set)
    query = select(Suppression.address, Suppression.reason)
    for row in db.session.execute(query.where(Suppression.address.in_({one.address.lower() for one in readers}))):
        reasons[row.address].add(row.reason)
    refused = _refused([(one.account_id, one.topic) for one in readers if one.account_id and one.topic])
    return [_reason(one, reasons[one.address.lower()], left=(one.account_id, one.topic) in refused) for one in readers]


def _reason(reader: Reader, reasons: set[SuppressionReason], *, left: bool) -> str | None:
    if reader.address.endswith(f"@{NOWHERE}"):
        return UNREACHABLE
    if SuppressionReason.BOUNCED in reasons:
        return SuppressionReason.BOUNCED.value
    if left or (SuppressionReason.UNSUBSCRIBED in reasons and not reader.service_mail):
        return SuppressionReason.UNSUBSCRIBED.value
    return None


def wants(account_id: UUID, topic: str) -> bool:
    """B5: say whether somebody wants this kind of mail; who never chose does."""
    return not _refused([(account_id, topic)])


def _refused(choices: Sequence[tuple[UUID | None, str]]) -> set[tuple[UUID | None, str]]:
    """Return which of these people do not want which kind of mail."""
    if not choices:
        return set()
    people, topics = zip(*choices, strict=True)
    query = select(MailChoice.account_id, MailChoice.topic).where(MailChoice.wanted.is_(False))
    rows = db.session.execute(query.where(MailChoice.account_id.in_(people), MailChoice.topic.in_(set(topics))))
    return {(row.account_id, row.topic) for row in rows}
