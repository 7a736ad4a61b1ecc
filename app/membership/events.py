"""What happened in admission and membership; each holds ids only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from app.core.events import Event


@dataclass(frozen=True, kw_only=True)
class ApplicationSubmitted(Event):
    """M4: an applicant sent the application in."""

    application_id: UUID
    account_id: UUID


@dataclass(frozen=True, kw_only=True)
class ApplicationAccepted(Event):
    """M4: the bureau admits the applicant, who now has a bill to pay."""

    application_id: UUID
    account_id: UUID
    bill_id: UUID


@dataclass(frozen=True, kw_only=True)
class ApplicationDeclined(Event):
    """M4: the bureau says no, with a reason."""

    application_id: UUID
    account_id: UUID


@dataclass(frozen=True, kw_only=True)
class ApplicationWithdrawn(Event):
    """M4: the applicant took an application back that the bureau had received."""

    application_id: UUID
    account_id: UUID


@dataclass(frozen=True, kw_only=True)
class ApplicationExpired(Event):
    """M4: an admission was not paid in time."""

    application_id: UUID
    account_id: UUID


@dataclass(frozen=True, kw_only=True)
class MembershipActivated(Event):
    """M6: money created a membership period."""

    membership_id: UUID
    period_id: UUID
    account_id: UUID


@dataclass(frozen=True, kw_only=True)
class MembershipChanged(Event):
    """M6: something of a membership changed on which its standing depends: a last day, a cover, a payment under way."""

    membership_id: UUID
    account_id: UUID


@dataclass(frozen=True, kw_only=True)
class ApplicantInvited(Event):
    """M4: the bureau admits somebody who did not apply, or opens such an admission again."""

    application_id: UUID
    account_id: UUID


@dataclass(frozen=True, kw_only=True)
class CompanyChanged(Event):
    """M11: somebody is billed through another company from now on."""

    membership_id: UUID
    account_id: UUID


@dataclass(frozen=True, kw_only=True)
class NoticeTold(Event):
    """M8: a member is told something about the end of a period; it is logged already."""

    notice_id: UUID
    membership_id: UUID
    account_id: UUID


@dataclass(frozen=True, kw_only=True)
class MembershipRevived(Event):
    """M8: somebody who had been shut out paid and is a member again."""

    membership_id: UUID
    period_id: UUID
    account_id: UUID


@dataclass(frozen=True, kw_only=True)
class MembershipResigned(Event):
    """M9: somebody gave up their place as of a day to come."""

    resignation_id: UUID
    membership_id: UUID
    account_id: UUID


@dataclass(frozen=True, kw_only=True)
class ResignationUndone(Event):
    """M9: somebody stays after all."""

    resignation_id: UUID
    membership_id: UUID
    account_id: UUID


@dataclass(frozen=True, kw_only=True)
class MembershipEnded(Event):
    """M9: the last day of a place that was given up has passed."""

    membership_id: UUID
    account_id: UUID


@dataclass(frozen=True, kw_only=True)
class MemberInvited(Event):
    """M12: somebody at the bureau invited a silent member in person."""

    membership_id: UUID
    account_id: UUID
    by_id: UUID
    invited_on: date


@dataclass(frozen=True, kw_only=True)
class WaiverUndone(Event):
    """M6: a period given without money was taken back."""

    membership_id: UUID
    account_id: UUID


@dataclass(frozen=True, kw_only=True)
class PlacesOpened(Event):
    """P10: a sponsor has paid, so that its code holds."""

    sponsorship_id: UUID
