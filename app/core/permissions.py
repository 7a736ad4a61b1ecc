"""What a person may do, as `scope:resource:action`; roles bundle these in `accounts`."""

from __future__ import annotations

from enum import StrEnum


class Permission(StrEnum):
    """Every right there is. A view declares the one it needs; a role lists the ones it gives."""

    BUREAU_ENTER = "bureau:home:read"
    APPLICATION_READ = "membership:application:read"
    APPLICATION_DECIDE = "membership:application:decide"
    MEMBER_READ = "membership:member:read"
    MEMBER_EDIT = "membership:member:edit"
    PLAN_EDIT = "membership:plan:edit"
    PAYMENT_READ = "payments:bill:read"
    PAYMENT_BOOK = "payments:bill:book"
    PAYMENT_REFUND = "payments:bill:refund"
    GATHERING_READ = "agenda:gathering:read"
    GATHERING_EDIT = "agenda:gathering:edit"
    BOOKING_READ = "agenda:booking:read"
    ATTENDANCE_RECORD = "agenda:attendance:record"
    CERTIFICATE_READ = "development:certificate:read"
    CERTIFICATE_WITHDRAW = "development:certificate:withdraw"
    PE_SCHEME_EDIT = "development:scheme:edit"
    AUDIT_READ = "audit:entry:read"
    MAIL_READ = "mail:outbox:read"
    JOB_RETRY = "jobs:job:retry"
    ACCOUNT_READ = "accounts:account:read"
    ACCOUNT_EDIT = "accounts:account:edit"
    ROLE_GRANT = "accounts:role:grant"
    CLOCK_MOVE = "bureau:clock:move"
    CHALLENGE_READ = "challenge:edition:read"
    CHALLENGE_RUN = "challenge:edition:run"
