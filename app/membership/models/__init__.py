"""The tables of admission and membership."""

from app.membership.models.admission import ApplicationReviewer, CheckOutcome, PeriodWaiver, ReferenceCheck
from app.membership.models.application import (
    NEXT,
    OPEN_STATES,
    WAITING_STATES,
    Application,
    ApplicationCv,
    ApplicationReference,
    ApplicationState,
    ApplicationStep,
    ApplicationTerm,
    ManagementCategory,
    StepName,
)
from app.membership.models.discount import DiscountCode, DiscountUse, Payer, Sponsorship
from app.membership.models.membership import Company, Membership, MembershipPeriod, MembershipStatus
from app.membership.models.plan import NOTICE_LADDER, PRO_RATA, Benefit, Plan, PlanEntitlement, PlanPrice, YearPolicy
from app.membership.models.reference import Consent, ConsentKind, ConsentText, Term, TermKind
from app.membership.models.renewal import NoticeSent, RenewalCharge, Resignation

__all__ = [
    "NEXT",
    "NOTICE_LADDER",
    "OPEN_STATES",
    "PRO_RATA",
    "WAITING_STATES",
    "Application",
    "ApplicationCv",
    "ApplicationReference",
    "ApplicationReviewer",
    "ApplicationState",
    "ApplicationStep",
    "ApplicationTerm",
    "Benefit",
    "CheckOutcome",
    "Company",
    "Consent",
    "ConsentKind",
    "ConsentText",
    "DiscountCode",
    "DiscountUse",
    "ManagementCategory",
    "Membership",
    "MembershipPeriod",
    "MembershipStatus",
    "NoticeSent",
    "Payer",
    "PeriodWaiver",
    "Plan",
    "PlanEntitlement",
    "PlanPrice",
    "ReferenceCheck",
    "RenewalCharge",
    "Resignation",
    "Sponsorship",
    "StepName",
    "Term",
    "TermKind",
    "YearPolicy",
]
