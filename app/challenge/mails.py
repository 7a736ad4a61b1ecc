"""V2: what nominees read: that they were put forward, and what to do once they take part."""

from __future__ import annotations

from app.accounts import queries as accounts
from app.challenge import queries
from app.challenge.events import NomineeAsked, NomineeTakesPart
from app.challenge.models import NominationKind
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
