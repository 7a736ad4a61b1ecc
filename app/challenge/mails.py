"""V2, V5, V7: what nominees read on their way, how an edition ends, and the head of the board for who guards it."""

from __future__ import annotations

from uuid import UUID

from app.accounts import queries as accounts
from app.challenge import queries
from app.challenge.events import EditionCancelled, NomineeAsked, NomineeTakesPart, ResultPublished
from app.challenge.models import Edition, NominationKind, NomineeState
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


def published(event: ResultPublished) -> None:
    """V7: tell nominees and jury that the result is public, and where; once per edition and person."""
    edition = queries.edition(event.edition_id)
    page = link("challenge_results.show", year=edition.year)
    _tell_concerned(edition, "challenge/published", page)


def called_off(event: EditionCancelled) -> None:
    """Tell nominees and jury that there will be no result, and why; once per edition and person."""
    edition = queries.edition(event.edition_id)
    _tell_concerned(edition, "challenge/called_off", link("challenge.show", id=edition.id))


def _tell_concerned(edition: Edition, template: str, page: str) -> None:
    standing = queries.nominees_of(edition.id, NomineeState.ASKED, NomineeState.TAKING_PART)
    concerned = {one.account_id for one in standing} | voting.jurors_of(edition.id)
    for account in (accounts.account(one) for one in sorted(concerned)):
        mail.post(
            template=template,
            to=account.email,
            name=account.name,
            locale=account.locale,
            account_id=account.id,
            key=f"{template}:{edition.id}:{account.id}",
            values={"title": edition.title, "why": edition.cancelled_why, "page": page},
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
