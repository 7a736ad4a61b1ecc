"""M12: inviting a silent member in person, once in a while."""

from __future__ import annotations

from datetime import timedelta

from app.accounts.models import Account
from app.audit import services as audit
from app.core import clock
from app.core.db import db
from app.core.errors import Refusal
from app.core.events import publish
from app.core.i18n import _l
from app.membership.events import MemberInvited
from app.membership.models import Membership, MembershipPeriod
from app.membership.queries.renewal import dated_periods

AT_MOST_EVERY = timedelta(weeks=4)


class InvitedLately(Refusal):
    """M12: one invitation is personal, two in a month are a campaign."""

    message = _l("This member was invited less than four weeks ago.")


class IsPaused(Refusal):
    """M6: whoever paused gets no invitations."""

    message = _l("This member has paused: no invitations for now. Call if it matters.")


def invite(membership: Membership, *, by: Account) -> None:
    """M12: send a personal invitation to what is coming."""
    dated = dated_periods(membership.id)
    period: MembershipPeriod = db.session.get_one(
        MembershipPeriod, dated[-1].id, with_for_update=True, populate_existing=True
    )
    if membership.paused_on is not None:
        raise IsPaused
    today = clock.today()
    if period.invited_on is not None and today - period.invited_on < AT_MOST_EVERY:
        raise InvitedLately
    period.invited_on = today
    audit.record("membership.invited", by=by.id, on=("membership", membership.id))
    publish(MemberInvited(membership_id=membership.id, account_id=membership.account_id, by_id=by.id, invited_on=today))


def revoke_links(membership: Membership, *, by: Account) -> None:
    """M8: make every earlier link to pay this membership worthless."""
    locked = db.session.get_one(Membership, membership.id, with_for_update=True, populate_existing=True)
    locked.link_version += 1
    audit.record("membership.links_revoked", by=by.id, on=("membership", locked.id))
