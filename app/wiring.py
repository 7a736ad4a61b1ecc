"""Who listens to whom: all event traffic, the shared pages' panels and the menus, on one page.

A chain reads downwards: `payments` tells that a bill is settled, `membership` activates, `membership.mails` welcomes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask

from app.accounts import events as accounts
from app.accounts import queries as accounts_queries
from app.agenda import events as agenda
from app.agenda import fee_views, waitlist_mails
from app.agenda import mails as agenda_mails
from app.agenda import queries as agenda_queries
from app.agenda import services as agenda_services
from app.agenda import views as agenda_views
from app.agenda.absences import mails as absences_mails
from app.agenda.attendance import mails as attendance_mails
from app.agenda.feedback import bureau as feedback_bureau
from app.agenda.feeds import entries as agenda_entries
from app.agenda.feeds import views as agenda_feeds
from app.agenda.guests import mails as guests_mails
from app.agenda.guests import queries as guests_queries
from app.agenda.guests import services as guests_services
from app.audit.services import names_from
from app.challenge import events as challenge
from app.challenge import jury_mails, ties
from app.challenge import mails as challenge_mails
from app.challenge import services as challenge_services
from app.challenge.models import RecusalReason
from app.challenge.views import home as challenge_home
from app.core import access, calendars, events, navigation, panels
from app.core.events import Event
from app.core.i18n import _l
from app.core.navigation import Entry
from app.core.panels import Load
from app.core.permissions import Permission
from app.development import events as development
from app.development import mails as development_mails
from app.development import services as development_services
from app.membership import events as membership
from app.membership import mails as membership_mails
from app.membership import queries as membership_queries
from app.membership import services as membership_services
from app.membership.models import Benefit
from app.membership.queries import value
from app.membership.views import codes as membership_codes
from app.membership.views import member as membership_views
from app.payments import events as payments
from app.payments import mails as payments_mails
from app.payments import queries as payments_queries
from app.payments import services as payments_services
from app.payments import views as payments_views
from app.profiles import services as profiles

SUBSCRIPTIONS: tuple[tuple[type[Event], Callable[[Any], object]], ...] = (
    (accounts.AccountAnonymised, membership_services.forget_member),
    (accounts.AccountAnonymised, payments_services.forget_payer),
    (accounts.AccountAnonymised, profiles.forget_profile),
    (accounts.AccountAnonymised, development_services.forget_learner),
    (accounts.AccountAnonymised, challenge_services.forget_nominee),
    (accounts.AccountAnonymised, challenge_services.leave_jury),
    (accounts.AccountAnonymised, challenge_services.forget_juror),
    (accounts.AccountChanged, profiles.follow_account),
    (membership.ApplicationSubmitted, profiles.follow_application),
    (membership.ApplicationSubmitted, membership_mails.application_received),
    (membership.ApplicationAccepted, profiles.open_after_admission),
    (membership.ApplicationAccepted, membership_mails.application_accepted),
    (membership.ApplicantInvited, profiles.follow_application),
    (membership.ApplicantInvited, membership_mails.applicant_invited),
    (membership.ApplicationDeclined, membership_mails.application_declined),
    (membership.ApplicationWithdrawn, membership_mails.application_withdrawn),
    (membership.ApplicationExpired, profiles.follow_application),
    (membership.ApplicationExpired, membership_mails.application_expired),
    (payments.TransferChosen, payments_mails.transfer_instructions),
    (payments.PaymentFailed, payments_mails.payment_failed),
    (payments.VatDecided, payments_mails.vat_decided),
    (payments.CreditNoteIssued, payments_mails.credit_note_sent),
    (payments.BillReminded, payments_mails.reminder),
    (payments.ArchiveLongAwaited, payments_mails.archive_done),
    (payments.BillPaid, membership_services.activate_after_payment),
    (payments.BillPaid, membership_services.open_places_after_payment),
    (membership.PlacesOpened, membership_mails.places_opened),
    (payments.BillShort, membership_services.stop_places_without_money),
    (payments.BillCredited, membership_services.stop_places_without_money),
    (payments.BillPaid, payments_mails.payment_received),
    (payments.BillShort, payments_mails.payment_taken_back),
    (payments.MoneyReturned, payments_mails.money_returned),
    (payments.BillShort, membership_services.lose_cover),
    (payments.BillRecovered, membership_services.regain_cover),
    (payments.BillCredited, membership_services.lose_cover),
    (payments.BillPaid, agenda_services.seat_paid),
    (payments.BillRecovered, agenda_services.seat_paid),
    (payments.BillShort, agenda_services.seat_short),
    (payments.BillCredited, agenda_services.seat_credited),
    (payments.TransferChosen, agenda_services.seat_awaits_transfer),
    (payments.PaymentFailed, agenda_services.seat_asked_anew),
    (payments.VatDecided, agenda_services.seat_asked_anew),
    (payments.PaymentProcessing, membership_services.hold_for_processing),
    (payments.PaymentFailed, membership_services.stop_holding),
    (payments.ChargeFailed, membership_services.stop_holding),
    (payments.ChargeFailed, membership_mails.charge_failed),
    (membership.MembershipActivated, profiles.open_on_activation),
    (membership.MembershipActivated, membership_mails.welcome),
    (membership.MembershipRevived, membership_mails.revived),
    (membership.MembershipChanged, profiles.follow_membership),
    (membership.NoticeTold, membership_mails.tell_notice),
    (membership.MembershipResigned, membership_mails.resigned),
    (membership.MemberInvited, membership_mails.personal_invitation),
    (membership.ResignationUndone, membership_mails.resignation_undone),
    (membership.WaiverUndone, profiles.follow_application),
    (membership.CompanyChanged, profiles.follow_application),
    (agenda.SeatBooked, agenda_mails.confirm_seat),
    (agenda.SeatMoved, agenda_mails.confirm_exchange),
    (agenda.ModeEnded, agenda_mails.announce_mode_ended),
    (agenda.SeatReleased, agenda_mails.confirm_release),
    (agenda.SeatLapsed, agenda_mails.announce_lapse),
    (agenda.WaitlistJoined, waitlist_mails.confirm_place),
    (agenda.SeatPromoted, waitlist_mails.announce_seat),
    (agenda.SeatOffered, waitlist_mails.announce_offer),
    (agenda.OfferExpired, waitlist_mails.announce_expiry),
    (agenda.WaitlistLeft, waitlist_mails.announce_leaving),
    (agenda.WaitlistCalledOff, waitlist_mails.announce_end),
    (agenda.NoShowRecorded, attendance_mails.tell_no_show),
    (agenda.NoShowRecorded, absences_mails.note),
    (agenda.SeatReleased, absences_mails.note),
    (agenda.GatheringMoved, agenda_mails.announce_move),
    (agenda.GatheringMoved, waitlist_mails.announce_move),
    (agenda.SeatReleased, guests_services.leave_with_host),
    (agenda.SeatLapsed, guests_services.leave_with_host),
    (agenda.GuestInvited, guests_mails.invite),
    (agenda.GuestInvited, guests_mails.ask_host_to_pay),
    (agenda.GuestReleased, guests_mails.tell_release),
    (agenda.GuestReleased, guests_mails.tell_host),
    (agenda.GatheringMoved, guests_mails.announce_move),
    (agenda.GatheringCancelled, guests_mails.announce_cancellation),
    (agenda.GatheringCancelled, agenda_mails.announce_cancellation),
    (development.CertificateIssued, development_mails.certificate_ready),
    (development.CertificateWithdrawn, development_mails.certificate_withdrawn),
    (challenge.NomineeAsked, challenge_mails.nominated),
    (challenge.NomineeTakesPart, challenge_mails.taking_part),
    (challenge.ResultPublished, challenge_mails.published),
    (challenge.EditionCancelled, challenge_mails.called_off),
    (challenge.JurorAsked, jury_mails.invited),
)

OWN_LADDERS = ("membership_period",)

CHALLENGE = ("challenge.", "challenge_results.", "nominees.", "ballot.", "public_ballots.", "jury.", "chair.")

MENUS: dict[str, tuple[Entry, ...]] = {
    "public": (
        Entry(_l("Membership"), "membership.about", "membership"),
        Entry(_l("Self-test"), "membership.self_test", "selftest"),
        Entry(_l("Agenda"), "agenda.index", "agenda", section="agenda."),
        Entry(
            _l("Challenge"),
            "challenge.index",
            "challenge",
            section=CHALLENGE,
        ),
        Entry(_l("Sign in"), "accounts.sign_in", "sign-in"),
    ),
    "member": (
        Entry(_l("My overview"), "membership.home", "home"),
        Entry(_l("Agenda"), "agenda.index", "agenda", section="agenda."),
        Entry(_l("Membership"), "membership.mine", "membership"),
        Entry(_l("Directory"), "profiles.directory", "directory"),
        Entry(_l("Profile"), "profiles.show", "profile"),
        Entry(_l("PE points"), "development.mine", "star", section="development."),
        Entry(
            _l("Challenge"),
            "challenge.index",
            "challenge",
            section=CHALLENGE,
        ),
        Entry(_l("My account"), "accounts.overview", "account"),
        Entry(_l("Bureau"), "bureau.home", "queue", Permission.BUREAU_ENTER),
    ),
    "bureau": (
        Entry(_l("Today"), "bureau.home", "queue", Permission.BUREAU_ENTER),
        Entry(
            _l("Members"),
            "bureau_members.index",
            "directory",
            Permission.MEMBER_READ,
            ("bureau_members.", "membership_members.", "waivers_bureau."),
        ),
        Entry(
            _l("Applications"),
            "membership_bureau.index",
            "application",
            Permission.APPLICATION_READ,
            "membership_bureau.",
        ),
        Entry(
            _l("Plans"),
            "plans_bureau.index",
            "membership",
            Permission.PLAN_EDIT,
            ("plans_bureau.", "discounts_bureau."),
        ),
        Entry(
            _l("Agenda"),
            "agenda_bureau.index",
            "agenda",
            Permission.GATHERING_READ,
            (
                "agenda_bureau.",
                "waitlist_bureau.",
                "series_bureau.",
                "feedback_bureau.",
                "absences_bureau.",
                "guests_bureau.",
            ),
        ),
        Entry(
            _l("PE points"),
            "development_bureau.index",
            "star",
            Permission.CERTIFICATE_READ,
            "development_bureau.",
        ),
        Entry(
            _l("Challenge"),
            "challenge_bureau.index",
            "challenge",
            Permission.CHALLENGE_READ,
            ("challenge_bureau.", "challenge_desk.", "challenge_roll.", "jury_bureau."),
        ),
        Entry(_l("Payments"), "payments_bureau.index", "payments", Permission.PAYMENT_READ, "payments_bureau."),
        Entry(_l("Outgoing mail"), "mail_bureau.outbox", "mail", Permission.MAIL_READ, "mail_bureau."),
        Entry(_l("Work given up"), "bureau.jobs", "warning", Permission.JOB_RETRY),
        Entry(_l("Accounts"), "accounts_bureau.index", "account", Permission.ACCOUNT_READ, "accounts_bureau."),
        Entry(_l("Audit log"), "audit.log", "audit", Permission.AUDIT_READ, "audit."),
        Entry(_l("My account"), "accounts.overview", "account"),
    ),
}

PANELS: tuple[tuple[str, str, Load], ...] = (
    ("public_home", "agenda/public_panel.html", agenda_views.public_panel),
    ("account", "agenda/account_panel.html", agenda_feeds.account_panel),
    ("home_next", "", agenda_views.home_next),
    ("home_next", "", challenge_home.home_next),
    ("home", "agenda/home_panel.html", agenda_views.home_panel),
    ("gathering", "agenda/bureau/feedback_panel.html", feedback_bureau.panel),
    ("membership", "payments/panel_method.html", payments_views.method_panel),
    ("membership", "payments/panel_bills.html", payments_views.bills_panel),
    ("pay:membership_period", "membership/pay_terms.html", membership_views.pay_terms),
    ("pay_code:membership_period", "membership/pay_code.html", membership_codes.pay_code),
    ("paid:membership_period", "membership/after_payment.html", membership_views.after_payment),
    ("pay:seat", "agenda/pay_terms.html", fee_views.seat_panel),
    ("paid:seat", "agenda/after_payment.html", fee_views.seat_panel),
    ("bill:seat", "agenda/bureau/bill_panel.html", fee_views.seat_panel),
    ("pay:guest_seat", "agenda/pay_guest_terms.html", fee_views.guest_panel),
    ("paid:guest_seat", "agenda/after_guest_payment.html", fee_views.guest_panel),
    ("bill:guest_seat", "agenda/bureau/guest_bill_panel.html", fee_views.guest_panel),
    ("bill:guest_own_seat", "agenda/bureau/guest_bill_panel.html", fee_views.guest_panel),
)


def connect(app: Flask) -> None:
    """Connect the domains; called once per application, and calling it again changes nothing."""
    with app.app_context():
        access.doors().home = _home_of
    names_from(accounts_queries.names, accounts_queries.staff)
    value.counts(Benefit.SESSIONS, agenda_queries.seats_used)
    value.counts(Benefit.GUESTS, guests_queries.used)
    value.tells(agenda_queries.visits_told)
    value.offers(agenda_queries.coming_told)
    calendars.add_source("agenda", agenda_entries.own_seats)
    ties.add(RecusalReason.PEER_GROUP, agenda_queries.met_in_peer_review)
    ties.add(RecusalReason.BUSINESS, membership_queries.share_company)
    for kind, handler in SUBSCRIPTIONS:
        events.subscribe(kind, handler)
    for subject_type in OWN_LADDERS:
        payments_services.keeps_own_ladder(subject_type)
    payments_queries.is_paid_by_another(agenda_services.ALONG, guests_mails.addressee)
    for menu, entries in MENUS.items():
        for entry in entries:
            navigation.add(menu, entry)
    for page, template, load in PANELS:
        panels.add(page, template, load)


def _home_of(visitor: access.Visitor) -> str:
    """Return where somebody lands after signing in."""
    return "/bureau" if Permission.BUREAU_ENTER in visitor.permissions else "/home"
