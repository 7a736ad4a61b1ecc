"""The bureau's roles and the rights each one gives (B7); a person can hold several."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from app.core.permissions import Permission


class Role(StrEnum):
    """What somebody does at the bureau."""

    COORDINATOR = "coordinator"
    TREASURER = "treasurer"
    RETURNING_OFFICER = "returning_officer"
    ADMINISTRATOR = "administrator"


BUNDLES: dict[Role, frozenset[Permission]] = {
    Role.COORDINATOR: frozenset(
        {
            Permission.BUREAU_ENTER,
            Permission.APPLICATION_READ,
            Permission.APPLICATION_DECIDE,
            Permission.MEMBER_READ,
            Permission.MEMBER_EDIT,
            Permission.PAYMENT_READ,
            Permission.GATHERING_READ,
            Permission.GATHERING_EDIT,
            Permission.BOOKING_READ,
            Permission.ATTENDANCE_RECORD,
            Permission.CERTIFICATE_READ,
            Permission.CERTIFICATE_WITHDRAW,
            Permission.PE_SCHEME_EDIT,
            Permission.CHALLENGE_READ,
            Permission.AUDIT_READ,
            Permission.MAIL_READ,
            Permission.JOB_RETRY,
        }
    ),
    Role.TREASURER: frozenset(
        {
            Permission.BUREAU_ENTER,
            Permission.MEMBER_READ,
            Permission.PLAN_EDIT,
            Permission.PAYMENT_READ,
            Permission.PAYMENT_BOOK,
            Permission.PAYMENT_REFUND,
            Permission.AUDIT_READ,
        }
    ),
    Role.RETURNING_OFFICER: frozenset(
        {
            Permission.BUREAU_ENTER,
            Permission.CHALLENGE_READ,
            Permission.CHALLENGE_RUN,
            Permission.AUDIT_READ,
        }
    ),
    Role.ADMINISTRATOR: frozenset(
        {
            Permission.BUREAU_ENTER,
            Permission.ACCOUNT_READ,
            Permission.ACCOUNT_EDIT,
            Permission.ROLE_GRANT,
            Permission.AUDIT_READ,
            Permission.MAIL_READ,
            Permission.JOB_RETRY,
            Permission.PLAN_EDIT,
            Permission.CLOCK_MOVE,
        }
    ),
}


def permissions_of(roles: Iterable[Role]) -> frozenset[Permission]:
    """Return everything these roles together give."""
    return frozenset().union(*(BUNDLES[role] for role in roles))
