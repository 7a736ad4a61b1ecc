"""M8: signed links that let whoever holds them pay for one membership, and nothing else.

A link names the membership, never a person (ASVS 14.2.1), and ends on a day. It is revoked by raising the membership's
`link_version`. It works without signing in, in every state, since whoever is shut out must be able to come back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer

from app.core import clock
from app.mail.rendering import link
from app.membership.models import Membership
from app.membership.queries import renewal as queries
from app.membership.queries.renewal import Case

SHORTEST = timedelta(days=60)


class LinkState(StrEnum):
    """What a link is worth."""

    GOOD = "good"
    EXPIRED = "expired"
    FORGED = "forged"


@dataclass(frozen=True)
class Named:
    """The membership that a link is for."""

    state: LinkState
    membership_id: UUID | None = None


def _signer() -> URLSafeSerializer:
    keys = [*current_app.config["SECRET_KEY_FALLBACKS"], current_app.config["SECRET_KEY"]]
    return URLSafeSerializer(keys, salt="membership.renew")


def token_for(membership: Membership, until: date) -> str:
    """Return the token of a link that works up to and including a day."""
    token = _signer().dumps([membership.id.hex, until.toordinal(), membership.link_version])
    return token if isinstance(token, str) else token.decode()


def address_for(membership: Membership, case: Case | None = None) -> str:
    """Return the address to pay a membership at, good until the days of coming back are over."""
    until = clock.today() + SHORTEST
    case = case or queries.case_of(membership.id)
    if case is not None:
        until = max(until, case.span.lapses_after + timedelta(days=case.plan.revival_days))
    return link("membership_renewing.show", token=token_for(membership, until))


def named_by(token: str) -> Named:
    """Return which membership a link is for, or that it is over or was never ours."""
    try:
        key, until, version = _signer().loads(token)
        membership_id, last_day = UUID(hex=key), date.fromordinal(until)
    except (BadSignature, ValueError, TypeError, AttributeError):
        return Named(LinkState.FORGED)
    membership = queries.membership(membership_id)
    if membership is None:
        return Named(LinkState.FORGED)
    if last_day < clock.today() or membership.link_version != version:
        return Named(LinkState.EXPIRED)
    return Named(LinkState.GOOD, membership_id)
