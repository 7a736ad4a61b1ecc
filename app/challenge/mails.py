"""V2, V5: what nominees read when they are put forward and take part, and the head of the board for who guards it."""

from __future__ import annotations

from uuid import UUID

from app.accounts import queries as accounts
from app.challenge import queries
from app.challenge.events import NomineeAsked, NomineeTakesPart
from app.challenge.models import Edition, NominationKind
from app.challenge.queries import voting
from app.core import clock
from app.core.db import atomic
from app.mail import services as mail
from app.mail.rendering import link


def nominated(event: NomineeAsked) -> None:
    """Ask somebody whether they take part; once per nominee."""
    nominee = queries.nominee(event.nominee_id)
    first = nominee.nominations[0]
    account = accounts.account(nominee.account_id)
    by_bureau = first.kind is NominationKind.BUREAU
    mail.post(
        template="challenge/nominated",
        to=account.email,
        name=account.name,
        locale=account.locale,
        account_id=account.id,
        key=f"nominated:{nominee.id}",
        values={
            "title": nominee.edition.title,
            "by": "" if by_bureau else accounts.names({first.by_id})[first.by_id],
            "reason": first.reason,
            "until": nominee.edition.work_until,
            "page": link("nominees.nomination", id=nominee.id),
        },
    )


def taking_part(event: NomineeTakesPart) -> None:
    """Confirm that somebody takes part, with the terms they agreed to; once per nominee."""
    nominee = queries.nominee(event.nominee_id)
    account = accounts.account(nominee.account_id)
    mail.post(
        template="challenge/taking_part",
        to=account.email,
        name=account.name,
        locale=account.locale,
        account_id=account.id,
        key=f"taking-part:{nominee.id}",
        values={
            "title": nominee.edition.title,
            "terms": nominee.terms_text,
            "until": nominee.edition.work_until,
            "page": link("nominees.work", id=nominee.id),
        },
    )


def tell_heads() -> None:
    """V5: send the head of the board to trustee and jury every day while an edition is open; once per day and person.

    Whoever keeps these mails notices when the board is written anew, or the portal goes on from an old copy.
    """
    for edition in queries.open_editions():
        with atomic():
            _tell_head(edition)


def _tell_head(edition: Edition) -> None:
    last, trustee = queries.last_entry(edition.id), queries.trustee(edition.id)
    if last is None:
        return
    jury = [accounts.account(one) for one in sorted(voting.jurors_of(edition.id))]
    readers: list[tuple[str, str, str, UUID | None]] = [(one.email, one.name, one.locale, one.id) for one in jury]
    if trustee is not None:
        readers.append((trustee.email, trustee.name, trustee.locale, None))
    for email, name, locale, account_id in readers:
        mail.post(
            template="challenge/head",
            to=email,
            name=name,
            locale=locale,
            account_id=account_id,
            key=f"head:{edition.id}:{clock.today()}:{account_id or 'trustee'}",
            values={
                "title": edition.title,
                "day": clock.today(),
                "head": f"{last.seq}:{last.hash}",
                "closes_at": edition.closes_at,
                "page": link("challenge.board", id=edition.id),
            },
        )
