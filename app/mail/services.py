"""Posting and delivering mail: posted in the transaction of its cause, delivered by a job, never twice by us knowingly.

A crash between the SMTP server's "accepted" and our mark sends a mail again with the same Message-ID; mail programs and
the tests tell the two by it.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, cast
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, exists, or_, select, update

from app.core import clock
from app.core.bulk import is_together, later
from app.core.db import atomic, db, forget_reads, insert_new, insert_once, put_rows
from app.jobs import services as jobs
from app.jobs.registry import GiveUp
from app.mail import attachments as going_along
from app.mail import smtp
from app.mail.attachments import Inline, Reference, attachment_source
from app.mail.holding import NOWHERE, UNREACHABLE, Reader, wants, why_held
from app.mail.models import MailChoice, MailState, OutboxMail, Suppression, SuppressionReason
from app.mail.rendering import link, one_line, public_url, render
from app.mail.unsubscribing import token_for

__all__ = [
    "NOWHERE",
    "Inline",
    "Reference",
    "attachment_source",
    "deliver",
    "forget_contents",
    "forget_letters",
    "forget_reader",
    "make_ready",
    "post",
    "post_ready",
    "resend",
    "resubscribe",
    "unsubscribe",
    "wants",
]

_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\\x00-\x1f\x7f]+@[\w-]+(\.[\w-]+)*")
KEEP_CONTENTS = timedelta(days=400)
LONGEST_ADDRESS = 254
LONGEST_SUBJECT = 300
LONGEST_NAME = 200
LONGEST_ERROR = 500
Letter = dict[str, Any]
"""A mail as a row of the outbox."""
Posted = tuple[Letter, datetime | None]
"""A mail, and when to send it if not at once."""


def post(
    *,
    template: str,
    to: str,
    key: str,
    name: str = "",
    locale: str = "nl",
    values: Mapping[str, Any] | None = None,
    account_id: UUID | None = None,
    about_id: UUID | None = None,
    attachments: Iterable[Inline | Reference] = (),
    service_mail: bool = True,
    topic: str = "",
    holds_secret: bool = False,
    send_at: datetime | None = None,
) -> UUID | None:
    """Write a mail to the outbox within the transaction of its cause; return its id, or None when the key is known.

    In a batch, whose mails are written at its end, the id is told also of one whose key turns out to be known.

    `key` names the fact that causes the mail, such as `welcome:<membership id>`. `service_mail=False` marks mail that a
    person may leave (B5): it carries one-click unsubscribe and is held for whoever did. So is mail of a `topic`, which
    people choose one by one. `holds_secret=True` marks a mail with a link or code that signs in or resets: staff never
    see its text, and it is erased once it is sent.
    """
    if not is_together() and posted_among([key]):
        return None
    letter = _written(
        template=template,
        to=to,
        key=key,
        name=name,
        locale=locale,
        values=values,
        account_id=account_id,
        about_id=about_id,
        attachments=attachments,
        service_mail=service_mail,
        topic=topic,
        holds_secret=holds_secret,
    )
    if later(_put_out_batch, (letter, send_at)):
        return cast("UUID", letter["id"])
    _hold([letter])
    return cast("UUID", letter["id"]) if _put_out([(letter, send_at)]) else None


def make_ready(*, key: str, version: int, **letter: Any) -> None:
    """Render a mail before the transaction that may cause it, so that nobody waits for a lock while it is written.

    Takes what `post` takes. `version` tells of which state of things it speaks; `post_ready` refuses an older one.
    """
    written = _written(key=key, **letter)
    _hold([written])
    _ready()[key] = version, written


def post_ready(key: str, *, version: int) -> bool:
    """Post the mail that was made ready under this key; False when there is none that speaks of this version."""
    of_version, letter = _ready().pop(key, (None, {}))
    if of_version != version:
        return False
    posted: Posted = (letter, None)
    if not later(_put_out, posted):
        _put_out([posted])
    return True


def _ready() -> dict[str, tuple[int | None, Letter]]:
    ready: dict[str, tuple[int | None, Letter]] = db.session().info.setdefault("ready_mails", {})
    return ready


def _written(
    *,
    template: str,
    to: str,
    key: str,
    name: str = "",
    locale: str = "nl",
    values: Mapping[str, Any] | None = None,
    account_id: UUID | None = None,
    about_id: UUID | None = None,
    attachments: Iterable[Inline | Reference] = (),
    service_mail: bool = True,
    topic: str = "",
    holds_secret: bool = False,
) -> Letter:
    """Render a mail and return it as a row."""
    address, name = checked_address(to), one_line(name)[:LONGEST_NAME]
    mail_id, service_mail = uuid.uuid4(), service_mail and not topic
    texts = render(template, locale=locale, name=name, values=_with_way_out(values, mail_id, service_mail=service_mail))
    return {
        "id": mail_id,
        "key": key,
        "recipient": address,
        "recipient_name": name,
        "account_id": account_id,
        "about_id": about_id,
        "template": template,
        "locale": locale,
        "service_mail": service_mail,
        "topic": topic,
        "holds_secret": holds_secret,
        "subject": texts.subject[:LONGEST_SUBJECT],
        "text": texts.text,
        "html": texts.html,
        "headers": _headers(mail_id, service_mail=service_mail),
        "attachments": [going_along.stored(attachment) for attachment in attachments],
        "state": MailState.QUEUED,
        "last_error": None,
        "message_id": f"<{mail_id}@{_host()}>",
        "created_at": clock.now(),
    }


def _hold(letters: Sequence[Letter]) -> None:
    """Keep back the mails of these that their readers do not get."""
    readers = [Reader(one["recipient"], one["service_mail"], one["account_id"], one["topic"]) for one in letters]
    for letter, reason in zip(letters, why_held(readers), strict=True):
        if reason:
            letter["state"], letter["last_error"] = MailState.HELD, reason


def _put_out_batch(posted: list[Posted]) -> None:
    _hold([letter for letter, _send_at in posted])
    _put_out(posted)


def _put_out(posted: list[Posted]) -> set[UUID]:
    """Write the rows of mails and ask for their delivery, but for those whose key is known; return the new ones."""
    new = insert_new(OutboxMail, [letter for letter, _send_at in posted])
    for letter, send_at in posted:
        if letter["id"] in new and letter["state"] is MailState.QUEUED:
            mail_id = str(letter["id"])
            jobs.enqueue("mail.deliver", key=f"mail:{mail_id}", payload={"mail_id": mail_id}, run_at=send_at)
    return new


def _host() -> str:
    return urlsplit(public_url()).hostname or "localhost"


def checked_address(address: str) -> str:
    """Return an address fit for an envelope, or raise: what reaches the outbox can be sent."""
    address = address.strip()
    if len(address) > LONGEST_ADDRESS or not _ADDRESS.fullmatch(address):
        raise ValueError("not a mail address")
    return address


def _with_way_out(values: Mapping[str, Any] | None, mail_id: UUID, *, service_mail: bool) -> dict[str, Any]:
    leaving = None if service_mail else link("mail.unsubscribe", token=token_for(mail_id))
    return {**(values or {}), "unsubscribe_url": leaving}


def _headers(mail_id: UUID, *, service_mail: bool) -> dict[str, str]:
    headers = {"Auto-Submitted": "auto-generated"}
    if not service_mail:
        headers["List-Unsubscribe"] = f"<{link('mail.unsubscribe', token=token_for(mail_id))}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


def choose(account_id: UUID, topics: Mapping[str, bool]) -> None:
    """B5: keep which kinds of mail somebody wants."""
    now = clock.now()
    rows = [
        {"account_id": account_id, "topic": topic, "wanted": wanted, "changed_at": now}
        for topic, wanted in topics.items()
    ]
    put_rows(MailChoice, rows)


def leave(mail: OutboxMail) -> None:
    """Stop the kind of mail that this one is of; without a kind or an account, all but service mail to its address."""
    if mail.topic and mail.account_id:
        choose(mail.account_id, {mail.topic: False})
    else:
        unsubscribe(mail.recipient)


def rejoin(mail: OutboxMail) -> None:
    """Take that back."""
    if mail.topic and mail.account_id:
        choose(mail.account_id, {mail.topic: True})
    else:
        resubscribe(mail.recipient)


def has_left(mail: OutboxMail) -> bool:
    """Say whether the reader of this mail left its kind."""
    left = is_unsubscribed(mail.recipient)
    return left or bool(mail.topic and mail.account_id and not wants(mail.account_id, mail.topic))


def posted_among(keys: Iterable[str]) -> set[str]:
    """Return which of these keys are those of mails that were written already."""
    return set(db.session.scalars(select(OutboxMail.key).where(OutboxMail.key.in_(list(keys)))))


def deliver(*, mail_id: str) -> None:
    """Hand one mail to the SMTP server and mark it sent; a mail that is no longer queued is left alone."""
    mail = db.session.get(OutboxMail, UUID(mail_id))
    if mail is None or mail.state is not MailState.QUEUED:
        return
    (reason,) = why_held([Reader(mail.recipient, mail.service_mail, mail.account_id, mail.topic)])
    if reason is not None:
        _mark(mail.id, state=MailState.HELD, last_error=reason)
        return
    message, erase = smtp.compose(mail), mail.holds_secret and smtp.is_configured()
    forget_reads()
    try:
        smtp.send(message)
    except smtp.Refused as refusal:
        _mark(UUID(mail_id), attempts=OutboxMail.attempts + 1, last_error=str(refusal))
        raise GiveUp(str(refusal)) from refusal
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"[:LONGEST_ERROR]
        _mark(UUID(mail_id), attempts=OutboxMail.attempts + 1, last_error=reason)
        raise
    sent = {"state": MailState.SENT, "sent_at": clock.now(), "attempts": OutboxMail.attempts + 1, "last_error": None}
    _mark(UUID(mail_id), **sent, **({"text": "", "html": ""} if erase else {}))


def _mark(mail_id: UUID, **changes: Any) -> None:
    queued = update(OutboxMail).where(OutboxMail.id == mail_id, OutboxMail.state == MailState.QUEUED)
    with atomic() as session:
        session.execute(queued.values(**changes).execution_options(synchronize_session=False))


def mark_failed(*, mail_id: str) -> None:
    """Show staff that a mail was given up; runs in the transaction that declares its job failed."""
    statement = update(OutboxMail).where(OutboxMail.id == UUID(mail_id), OutboxMail.state == MailState.QUEUED)
    db.session.execute(statement.values(state=MailState.FAILED))


def resend(mail_id: UUID) -> bool:
    """Try a failed mail again with all its turns, once its cause is removed; say whether there was one."""
    mail = db.session.get(OutboxMail, mail_id)
    if mail is None or mail.state is not MailState.FAILED:
        return False
    mail.state = MailState.QUEUED
    key = f"mail:{mail_id}"
    return jobs.retry_key(key) or jobs.enqueue("mail.deliver", key=key, payload={"mail_id": str(mail_id)}) is not None


def forget_contents() -> None:
    """Erase what old mails said; that they were sent, to whom and when stays for the log per person (L4)."""
    old = OutboxMail.created_at < clock.now() - KEEP_CONTENTS
    with atomic() as session:
        session.execute(
            update(OutboxMail)
            .where(old, OutboxMail.html != "", OutboxMail.state.in_((MailState.SENT, MailState.HELD)))
            .values(text="", html="", attachments=[])
            .execution_options(synchronize_session=False)
        )


def forget_reader(account_id: UUID, address: str) -> None:
    """L4: erase what mails said to somebody, and to whom; that there were mails, and when, stays."""
    _erase(or_(OutboxMail.account_id == account_id, OutboxMail.recipient == address), account_id)
    db.session.execute(delete(Suppression).where(Suppression.address == address.lower()))


def forget_letters(about_id: UUID, caused_by: UUID) -> None:
    """L4: erase what mails about something said to somebody without an account; their keys name the cause."""
    _erase(and_(OutboxMail.about_id == about_id, OutboxMail.key.contains(str(caused_by))), caused_by)


def _erase(theirs: ColumnElement[bool], id: UUID) -> None:
    erased = {"recipient": f"{id.hex}@{NOWHERE}", "recipient_name": "", "text": "", "html": ""}
    held = {"state": MailState.HELD, "last_error": UNREACHABLE}
    nobody = update(OutboxMail).execution_options(synchronize_session=False)
    db.session.execute(nobody.where(theirs, OutboxMail.state == MailState.QUEUED).values(held))
    db.session.execute(nobody.where(theirs).values(**erased, attachments=[]))


def unsubscribe(address: str) -> None:
    """Stop all but service mail to an address; doing it twice is the same."""
    insert_once(
        Suppression,
        id=uuid.uuid4(),
        address=address.lower(),
        reason=SuppressionReason.UNSUBSCRIBED,
        created_at=clock.now(),
    )


def resubscribe(address: str) -> None:
    """Take that back."""
    statement = delete(Suppression).where(Suppression.address == address.lower())
    db.session.execute(statement.where(Suppression.reason == SuppressionReason.UNSUBSCRIBED))


def is_unsubscribed(address: str) -> bool:
    """Say whether an address left all but service mail."""
    query = select(
        exists().where(Suppression.address == address.lower(), Suppression.reason == SuppressionReason.UNSUBSCRIBED)
    )
    return bool(db.session.scalar(query))
