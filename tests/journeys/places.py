"""Where every page of the portal is to be found in the demo: who looks, and one address for each endpoint that needs one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from werkzeug.routing import Rule

from app.accounts import queries as accounts
from app.accounts.models import Account, Purpose
from app.accounts.services import addresses, tokens
from app.agenda import links
from app.agenda.materials.models import Material
from app.agenda.models import Booking, BookingState, Gathering, GatheringState, WaitlistEntry, Wish
from app.audit.models import AuditEntry
from app.core import clock
from app.core.db import db
from app.core.demo import DOMAIN
from app.development import codes
from app.development.models import AttendanceCertificate, PeEntry, PeRegistration, PeScheme
from app.jobs import services as jobs
from app.jobs.models import Job, JobState
from app.mail import services as mail
from app.mail.models import MailState, OutboxMail
from app.mail.unsubscribing import token_for
from app.membership import queries as membership
from app.membership.models import Application, ApplicationReference, ApplicationState, Plan, StepName
from app.payments import services as payments
from app.payments.models import Bill, Method, Task, TaskKind
from app.profiles.models import Profile
from app.profiles.views import SECTIONS
from tests.journeys.conftest import Portal

NO_PAGES = {
    "calendars.agenda": "a calendar file",
    "calendars.news": "a feed",
    "calendars.own": "a calendar file",
    "payments.credit_note": "a file",
    "payments.credit_note_for_books": "a file",
    "payments.invoice_for_books": "a file",
    "payments_bureau.archive_file": "a file",
    "agenda.calendar": "a calendar file",
    "development.certificate": "a file",
    "development.proof": "a file",
    "mail_reading.attachment": "a file",
    "mail_reading.html": "the mail alone, as a mail program shows it",
    "materials.file": "a file",
    "materials_bureau.file": "a file",
    "membership.cv": "a file",
    "membership_bureau.cv": "a file",
    "payments.invoice": "a file",
    "static": "files",
}
ELSEWHERE = {
    "health": "figures for machines",
    "observability": "figures for machines",
    "styleguide": "looked at in tests/look",
}
# The demo holds no such thing, so the crawl has no address to open; each page has tests of its own in its domain.
NOT_IN_DEMO = {
    "discounts_bureau.show": "no discount code",
    "discounts_bureau.show_places": "no sponsored places",
    "membership.admitted": "nobody invited",
    "membership_renewing.outcome": "no renewal paid by link",
    "membership_renewing.show": "no renewal link in hand",
    "payments_bureau.archive": "no zip of invoices",
    "payments_bureau.bank_file": "no bank statement",
    "payments_bureau.bank_line": "no bank statement",
    "payments_bureau.refund": "no proof of identity in hand",
    "payments_bureau.refund_order": "no refund",
    "payments_bureau.vat": "no buyer from abroad",
    "payments_bureau.vat_decision": "no buyer from abroad",
    "waivers_bureau.waive": "no proof of identity in hand",
}


@dataclass(frozen=True)
class Place:
    """One address, and the endpoint that answers there."""

    endpoint: str
    path: str


class Guide:
    """Knows the demo: `people` by role, `places` by endpoint; what the demo leaves out is added first."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal
        portal.write(self._complete)
        self.people: dict[str, str] = portal.read(self._people)
        self.places: dict[str, list[str]] = portal.read(self._places)
        self.places |= portal.write(self._links)
        self.places["testpay.show"] = [portal.read(self._payment_page)]

    def pages(self) -> Iterator[Place]:
        """Every endpoint that answers GET with a page, at each of its addresses."""
        for rule in self.portal.app.url_map.iter_rules():
            if "GET" not in (rule.methods or set()) or is_no_page(rule):
                continue
            values = self.places.get(rule.endpoint, [] if rule.arguments else [rule.rule])
            yield from (Place(rule.endpoint, path) for path in values)

    def unknown(self) -> list[str]:
        """Endpoints whose address needs a value that this module does not know yet."""
        rules = self.portal.app.url_map.iter_rules()
        asking = [
            rule for rule in rules if rule.arguments and "GET" in (rule.methods or set()) and not is_no_page(rule)
        ]
        return sorted({rule.endpoint for rule in asking if not self.places.get(rule.endpoint)})

    def _complete(self) -> None:
        """Add what a young portal has not met yet: a gathering too near to cancel freely, a failed mail, a task."""
        lid = self._account("lid")
        near = db.session.scalars(
            select(Gathering)
            .where(Gathering.state == GatheringState.PUBLISHED, Gathering.starts_at > clock.now())
            .order_by(Gathering.starts_at)
        ).first()
        assert near
        near.cancel_until = clock.now() - timedelta(hours=1)
        held = select(Booking).where(Booking.gathering_id == near.id, Booking.account_id == lid.id)
        booking = db.session.scalars(held.order_by(Booking.booked_at.desc())).first()
        if booking is None:
            near.capacity += 1
            near.seats_taken, near.arrivals = near.seats_taken + 1, near.arrivals + 1
            booking = Booking(
                gathering_id=near.id, account_id=lid.id, seq=near.arrivals, terms="", booked_at=clock.now()
            )
            db.session.add(booking)
        booking.state, booking.cancel_until = BookingState.CONFIRMED, near.cancel_until
        self._queue(lid)
        values = {"asked_at": clock.now()}
        mail_id = mail.post(template="mail/trial", to=lid.email, key="every-page", account_id=lid.id, values=values)
        kept = db.session.get_one(OutboxMail, mail_id)
        kept.state, kept.last_error = MailState.FAILED, "550"
        jobs.enqueue("mail.deliver", key="every-page", payload={"mail_id": str(mail_id)})
        job = db.session.scalars(select(Job).where(Job.key == "every-page")).one()
        job.state, job.last_error = JobState.FAILED, "ConnectionRefusedError: the server is away"
        bill = db.session.scalars(select(Bill).order_by(Bill.created_at)).first()
        assert bill
        details: dict[str, Any] = {"amount_cents": 1, "currency": "EUR", "expected_cents": 2, "reference": "bank:1"}
        db.session.add(Task(kind=TaskKind.MISMATCH, key="every-page", bill_id=bill.id, details=details))
        db.session.flush()

    def _queue(self, lid: Account) -> None:
        """Let the member wait for a seat at the gathering that is furthest ahead."""
        far = db.session.scalars(
            select(Gathering)
            .where(Gathering.state == GatheringState.PUBLISHED, Gathering.starts_at > clock.now())
            .order_by(Gathering.starts_at.desc())
        ).first()
        assert far
        far.queued += 1
        values = {"wish": Wish.ASK, "seq": far.queued, "joined_at": clock.now()}
        db.session.add(WaitlistEntry(gathering_id=far.id, account_id=lid.id, **values))

    def _account(self, who: str) -> Account:
        found = accounts.by_email(f"{who}@{DOMAIN}")
        assert found
        return found

    def _applicant(self, state: ApplicationState) -> Application:
        found = db.session.scalars(
            select(Application).where(Application.state == state).order_by(Application.started_at)
        ).first()
        assert found, state
        return found

    def _standing(self, status: str) -> Account:
        roll = membership.roll(clock.today()).subquery()
        found = db.session.scalars(select(roll.c.account_id).where(roll.c.status == status)).first()
        assert found, status
        return accounts.account(found)

    def _to_pay(self, *, by_transfer: bool) -> Bill:
        chosen = Bill.transfer_chosen_at.is_not(None) if by_transfer else Bill.transfer_chosen_at.is_(None)
        found = db.session.scalars(select(Bill).where(Bill.paid_at.is_(None), chosen)).first()
        assert found
        return found

    def _people(self) -> dict[str, str]:
        return {
            "anybody": "",
            "applicant": self._account("aspirant").email,
            "waiting": accounts.account(self._applicant(ApplicationState.SUBMITTED).account_id).email,
            "declined": accounts.account(self._applicant(ApplicationState.DECLINED).account_id).email,
            "admitted": accounts.account(self._to_pay(by_transfer=False).person_id).email,
            "transferring": accounts.account(self._to_pay(by_transfer=True).person_id).email,
            "member": self._account("lid").email,
            "lapsed": self._standing("lapsed").email,
            "coordinator": self._account("coordinator").email,
            "treasurer": self._account("treasurer").email,
            "administrator": self._account("admin").email,
        }

    def _places(self) -> dict[str, list[str]]:
        states = (GatheringState.PUBLISHED, GatheringState.CANCELLED, GatheringState.DRAFT)
        gatherings = [
            db.session.scalars(
                select(Gathering).where(Gathering.state == state).order_by(Gathering.starts_at.desc())
            ).first()
            for state in states
        ]
        found = [gathering for gathering in gatherings if gathering]
        repeated = db.session.scalars(select(Gathering.id).where(Gathering.series_id.is_not(None))).first()
        assert repeated
        material = db.session.scalars(select(Material)).first()
        assert material
        lid = self._account("lid")
        near = db.session.scalars(
            select(Booking.gathering_id)
            .where(Booking.account_id == lid.id, Booking.cancel_until < clock.now())
            .join(Gathering, Gathering.id == Booking.gathering_id)
            .where(Gathering.starts_at > clock.now())
        ).first()
        applications = [
            self._applicant(state)
            for state in (ApplicationState.SUBMITTED, ApplicationState.IN_REVIEW, ApplicationState.ACCEPTED)
        ]
        reviewed = applications[1].id
        entries = db.session.scalars(select(AuditEntry.id).order_by(AuditEntry.seq.desc()).limit(1)).all()
        mails = db.session.scalars(select(OutboxMail.id).limit(1)).all()
        paid = db.session.scalars(select(Bill.id).where(Bill.person_id == lid.id).order_by(Bill.created_at)).all()
        card, transfer = self._to_pay(by_transfer=False).id, self._to_pay(by_transfer=True).id
        plan = db.session.scalars(select(Plan.id)).first()
        referee = db.session.scalars(
            select(ApplicationReference.id).where(ApplicationReference.application_id == reviewed)
        ).first()
        profiles = db.session.scalars(select(Profile.account_id).limit(1)).all()
        task = db.session.scalars(select(Task.id)).first()
        place = db.session.scalars(select(WaitlistEntry).where(WaitlistEntry.account_id == lid.id)).first()
        assert place
        past = db.session.scalars(
            select(Gathering.id)
            .where(Gathering.state == GatheringState.PUBLISHED, Gathering.ends_at < clock.now())
            .order_by(Gathering.ends_at.desc())
        ).first()
        seat = db.session.scalars(
            select(Booking.id).where(Booking.gathering_id == near, Booking.account_id == lid.id)
        ).first()
        given_back = db.session.scalars(select(Booking.id).where(Booking.state == BookingState.CANCELLED)).first()
        assert near
        assert seat
        assert given_back
        return self._record(lid) | {
            "tickets.show": [f"/ticket/{links.ticket_token(one)}" for one in (seat, given_back)],
            "door.show": [
                *(f"/bureau/agenda/{one}/door" for one in (near, past, found[1].id)),
                f"/bureau/agenda/{near}/door?step=out",
            ],
            "door.walk_in": [f"/bureau/agenda/{near}/door/walk-in?q=a"],
            "papers.attendance_list": [f"/bureau/agenda/{one}/list" for one in (near, past)],
            "papers.badges": [f"/bureau/agenda/{near}/badges"],
            "waitlist.answer": [f"/agenda/answer/{links.place_token(place.id)}"],
            "waitlist.book_by_link": [f"/agenda/book/{links.booking_token(found[0].id, lid.id)}"],
            "waitlist_bureau.show": [f"/bureau/agenda/{place.gathering_id}/waitlist"],
            "waitlist_bureau.seats": [f"/bureau/agenda/{place.gathering_id}/seats"],
            "agenda.show": [f"/agenda/{one.id}" for one in found],
            "agenda.cancel_late": [f"/agenda/{near}/cancel-late"],
            "agenda_bureau.show": [f"/bureau/agenda/{one}" for one in [*(one.id for one in found), repeated]],
            "agenda_bureau.edit": [f"/bureau/agenda/{found[0].id}/edit", f"/bureau/agenda/{repeated}/edit"],
            "materials_bureau.index": [f"/bureau/agenda/{material.gathering_id}/materials"],
            "materials_bureau.edit": [f"/bureau/agenda/{material.gathering_id}/materials/{material.id}"],
            "materials_bureau.remove": [f"/bureau/agenda/{material.gathering_id}/materials/{material.id}/remove"],
            "series_bureau.copy": [f"/bureau/agenda/{found[0].id}/copy"],
            "series_bureau.repeat": [f"/bureau/agenda/{repeated}/repeat"],
            "series_bureau.discard": [f"/bureau/agenda/{found[-1].id}/discard"],
            "agenda_bureau.call_off": [f"/bureau/agenda/{found[0].id}/cancel"],
            "accounts_bureau.show": [f"/bureau/accounts/{self._account(who).id}" for who in ("coordinator", "lid")],
            "audit.show": [f"/bureau/audit/{one}" for one in entries],
            "bureau_members.show": [f"/bureau/members/{self._standing(one).id}" for one in ("active", "lapsed")],
            "mail_bureau.show": [f"/bureau/mail/{one}" for one in mails],
            "membership.step": [f"/application/{name.value}" for name in StepName],
            "membership_bureau.show": [f"/bureau/applications/{one.id}" for one in applications],
            "membership_bureau.confirm_admission": [f"/bureau/applications/{reviewed}/admit"],
            "membership_bureau.confirm_decline": [f"/bureau/applications/{reviewed}/decline"],
            "membership.code": [f"/pay/{card}/code"],
            "membership.my_year": ["/membership/year/1"],
            "membership_bureau.check": [f"/bureau/applications/{reviewed}/references/{referee}"],
            "membership_bureau.reopen": [f"/bureau/applications/{self._applicant(ApplicationState.EXPIRED).id}/reopen"],
            "membership_members.stop": [f"/bureau/members/{self._standing('active').id}/stop"],
            "payments_bureau.hold": [f"/bureau/payments/{transfer}/hold"],
            "payments_bureau.reminder": ["/bureau/payments/reminders/1"],
            "plans_bureau.edit": [f"/bureau/plans/{plan}/edit"],
            "plans_bureau.price": [f"/bureau/plans/{plan}/prices"],
            "plans_bureau.show": [f"/bureau/plans/{plan}"],
            "payments.pay": [f"/pay/{card}", f"/pay/{transfer}"],
            "payments.outcome": [f"/pay/{paid[0]}/return"],
            "payments.transfer": [f"/pay/{transfer}/transfer"],
            "payments_bureau.show": [f"/bureau/payments/{one}" for one in (paid[0], card)],
            "payments_bureau.task": [f"/bureau/payments/tasks/{task}"],
            "profiles.edit": [f"/profile/{section}" for section in SECTIONS],
            "profiles.person": [f"/directory/{one}" for one in profiles],
            "mail.leaving": [f"/unsubscribe/{token_for(one)}" for one in mails],
            "mail_reading.show": [f"/dev/mail/{one}" for one in mails],
        }

    def _record(self, lid: Account) -> dict[str, list[str]]:
        """Pages of permanent education: an own activity, a register, and a certificate that anybody can check."""
        own = select(PeEntry.id).where(PeEntry.account_id == lid.id, PeEntry.gathering_id.is_(None))
        entry, scheme = db.session.scalars(own).first(), db.session.scalars(select(PeScheme.id)).first()
        stands = select(PeRegistration.id).where(PeRegistration.account_id == lid.id)
        paper = db.session.scalars(select(AttendanceCertificate)).first()
        assert paper
        one, rules = f"/bureau/development/certificates/{paper.id}", f"/bureau/development/schemes/{scheme}"
        return {
            "certificates.show": [f"/certificates/{codes.shown(paper.code)}"],
            "development.edit": [f"/development/entries/{entry}"],
            "development.standing": [f"/development/registers/{one}" for one in db.session.scalars(stands)],
            "development_bureau.show": [one],
            "development_bureau.withdraw": [f"{one}/withdraw"],
            "development_bureau.scheme": [rules],
            "development_bureau.edit_scheme": [f"{rules}/edit"],
            "development_bureau.rules": [f"{rules}/rules"],
        }

    def _links(self) -> dict[str, list[str]]:
        """Links as mails carry them; one of them too old."""
        lid = self._account("lid")

        def secret(purpose: Purpose, email: str, **options: Any) -> str:
            return tokens.arm(tokens.ask(purpose, email=email, browser="another", code="123456", **options))

        old = secret(Purpose.SIGN_IN, "old@voorbeeld.example", lasts=timedelta(seconds=-1))
        change = addresses.ask_email_change(lid, "marjolein@voorbeeld.example")
        change_link = addresses.link_secret(change, Purpose.EMAIL_NEW)
        return {
            "accounts.sign_in_link": [f"/sign-in/link/{one}" for one in (secret(Purpose.SIGN_IN, lid.email), old)],
            "accounts.sign_up_link": [f"/sign-up/link/{secret(Purpose.SIGN_UP, 'nieuw@voorbeeld.example')}"],
            "accounts.new_password": [f"/password/new/{secret(Purpose.RESET, lid.email)}"],
            "accounts.welcome": [f"/welcome/{secret(Purpose.SET_UP, lid.email, account_id=lid.id)}"],
            "accounts.confirm_email_change": [f"/account/email/{change_link}"],
        }

    def _payment_page(self) -> str:
        bill = self._to_pay(by_transfer=False)
        back = (self.portal.url, self.portal.url)
        url = payments.pay(bill.id, method=Method.IDEAL, by=None, email="", locale="nl", back=back)
        return url.removeprefix(self.portal.url)


def is_no_page(rule: Rule) -> bool:
    """Whether an endpoint gives a file or is not for people."""
    return rule.endpoint in {*NO_PAGES, *NOT_IN_DEMO} or rule.endpoint.partition(".")[0] in ELSEWHERE
