"""Where every page of the portal is to be found in the demo: who looks, and one address for each endpoint that needs one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import joinedload
from werkzeug.routing import Rule

from app.accounts import queries as accounts
from app.accounts.demo import KNOWN, demo_id
from app.accounts.models import Account, Purpose
from app.accounts.services import addresses, tokens
from app.agenda import links
from app.agenda.feedback import queries as feedback
from app.agenda.feedback.models import FeedbackComment, FeedbackRoll, FeedbackRound
from app.agenda.guests.models import Guest, Payer
from app.agenda.materials.models import Material
from app.agenda.models import Booking, BookingState, EntryState, Gathering, GatheringState, Speaker, WaitlistEntry
from app.audit.models import AuditEntry
from app.challenge.links import voter_token
from app.challenge.models import Edition, EditionState, Invitee, Juror, Nominee
from app.core import clock
from app.core.db import db
from app.development import codes
from app.development.models import AttendanceCertificate, PeEntry, PeRegistration, PeScheme
from app.mail.models import MailState, OutboxMail
from app.mail.unsubscribing import token_for
from app.membership import queries as membership
from app.membership import renew_links
from app.membership.models import (
    Application,
    ApplicationReference,
    ApplicationState,
    DiscountCode,
    Membership,
    Plan,
    Sponsorship,
    StepName,
)
from app.payments import queries as bills
from app.payments import services as payments
from app.payments.models import (
    BankFile,
    BankLine,
    Bill,
    BillState,
    InvoiceArchive,
    Method,
    RefundOrder,
    Task,
    TaskKind,
)
from app.payments.queries import Outcome
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
    "challenge.case_file": "a file",
    "challenge_bureau.case_file": "a file",
    "challenge_desk.test_file": "a file",
    "challenge_desk.sealed_file": "a file",
    "ballot.cast_again": "leads to the ballot",
    "ballot.cast_again_by_link": "leads to the ballot",
    "ballot.receipt_file": "a file",
    "ballot.receipt_file_by_link": "a file",
    "public_ballots.ballots": "there once the envelopes are opened, which only a trustee can do",
    "feedback_bureau.figures": "a CSV file",
    "jury.plan_file": "a file",
    "challenge_results.bundle_file": "a file",
    "challenge_results.elements": "figures for machines",
    "challenge_results.elements_table": "a CSV file",
    "challenge_results.guide_file": "a file",
    "challenge_results.verifier": "a file",
    "nominees.plan_file": "a file",
    "development.certificate": "a file",
    "development.proof": "a file",
    "mail_reading.attachment": "a file",
    "mail_reading.html": "the mail alone, as a mail program shows it",
    "materials.file": "a file",
    "materials_bureau.file": "a file",
    "membership.cv": "a file",
    "membership_bureau.cv": "a file",
    "payments.invoice": "a file",
    "seat_fees.pay": "leads to the bill of a seat",
    "guests.pay": "leads to the bill of a guest's seat",
    "static": "files",
}
ELSEWHERE = {
    "health": "figures for machines",
    "observability": "figures for machines",
    "styleguide": "looked at in tests/look",
}
# Opened by a link in a mail to one person: another person's is the same page.
BY_MAIL = {
    "ballot.fill_by_link",
    "ballot.home_by_link",
    "ballot.receipt_by_link",
    "guests.page",
    "seat_fees.by_link",
    "seat_fees.outcome",
}
# What the demo cannot show, with the reason; the crawl has no address to open.
NOT_IN_DEMO: dict[str, str] = {
    "challenge_desk.opened": "an edition that waits for its ballots",
    "challenge_results.preview": "an edition that is counted and not public yet",
}
# Besides these, who looks: people whose own pages tell of another state. They do not try the doors of the bureau.
IN_OTHER_STATES = (
    "uitgenodigd",
    "toegelaten",
    "gesponsord",
    "buitenland",
    "verschil",
    "overboeking",
    "verlengen",
    "incasso",
    "opgezegd",
    "gepauzeerd",
    "respijt",
    "onderweg",
    "opgeschort",
    "vervallen",
    "vrijgesteld",
    "betwist",
    "terugbetaald",
    "deels",
    "sponsor-laat",
    "jubileum",
    "terug",
)
PAYABLE = ("toegelaten", "gesponsord", "verlengen", "opgeschort", "betwist", "sponsor-laat")
SHOWN_TO_BUREAU = ("lid", "opgezegd", "gepauzeerd", "stil", "incasso", "onderweg", "vrijgesteld", "erelid", "betwist")
BILLS_SHOWN_TO_BUREAU = (
    "lid",
    "buitenland",
    "verlegd",
    "toegelaten",
    "gesponsord",
    "incasso",
    "onderweg",
    "vervallen",
    "vrijgesteld",
    "betwist",
    "gewonnen",
    "verloren",
    "terugbetaald",
    "deels",
    "mislukt",
    "dubbel",
    "handmatig",
    "sponsor",
    "sponsor-laat",
    "sponsor-wacht",
)


@dataclass(frozen=True)
class Place:
    """One address, and the endpoint that answers there."""

    endpoint: str
    path: str


class Guide:
    """Knows the demo: `people` by role or by what they are an example of, `places` by endpoint."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal
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

    def pages_for(self, who: str) -> Iterator[Place]:
        """Those that somebody tries to see."""
        stays_out = who in IN_OTHER_STATES
        return (place for place in self.pages() if not (stays_out and place.path.startswith("/bureau")))

    def unknown(self) -> list[str]:
        """Endpoints whose address needs a value that this module does not know yet."""
        rules = self.portal.app.url_map.iter_rules()
        asking = [
            rule for rule in rules if rule.arguments and "GET" in (rule.methods or set()) and not is_no_page(rule)
        ]
        return sorted({rule.endpoint for rule in asking if not self.places.get(rule.endpoint)})

    def _account(self, who: str) -> Account:
        return accounts.account(demo_id(who))

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
        """A bill of somebody who was just admitted, like most."""
        known = [demo_id(one.who) for one in KNOWN]
        chosen = Bill.transfer_chosen_at.is_not(None) if by_transfer else Bill.state == BillState.DRAFT
        found = db.session.scalars(
            select(Bill).where(Bill.paid_at.is_(None), chosen, Bill.person_id.not_in(known))
        ).first()
        assert found
        return found

    def _newest_bill(self, who: str) -> Bill:
        return bills.bills_of(demo_id(who))[0]

    def _place(self, who: str) -> Membership:
        found = membership.running_membership(demo_id(who))
        assert found
        return found

    def _people(self) -> dict[str, str]:
        usual = {
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
            "returning officer": self._account("returning-officer").email,
        }
        return usual | {who: self._account(who).email for who in IN_OTHER_STATES}

    def _places(self) -> dict[str, list[str]]:
        members, money = self._of_members(), self._of_money()
        own = self._own_places() | self._record() | self._challenge()
        return self._public_places() | own | self._judged() | members | money

    def _public_places(self) -> dict[str, list[str]]:
        """Gatherings, seats and waiting lists; profiles; mails and what leads out of them."""
        states = (GatheringState.PUBLISHED, GatheringState.CANCELLED, GatheringState.DRAFT)
        newest = [
            db.session.scalars(
                select(Gathering).where(Gathering.state == state).order_by(Gathering.starts_at.desc())
            ).first()
            for state in states
        ]
        found = [gathering for gathering in newest if gathering]
        breakfasts = db.session.scalars(select(Gathering).where(Gathering.title.startswith("Ontbijt"))).all()
        lid = demo_id("lid")
        near = db.session.scalars(
            select(Booking.gathering_id)
            .where(Booking.account_id == lid, Booking.cancel_until < clock.now())
            .join(Gathering, Gathering.id == Booking.gathering_id)
            .where(Gathering.starts_at > clock.now())
        ).first()
        in_line = db.session.scalars(
            select(WaitlistEntry).where(
                WaitlistEntry.account_id == lid, WaitlistEntry.state.in_((EntryState.WAITING, EntryState.OFFERED))
            )
        ).all()
        mails = [
            db.session.scalars(select(OutboxMail.id).where(OutboxMail.state == state).limit(1)).one()
            for state in (MailState.SENT, MailState.FAILED, MailState.HELD)
        ]
        every = [*found, *breakfasts]
        repeated = db.session.scalars(select(Gathering.id).where(Gathering.series_id.is_not(None))).first()
        past = db.session.scalars(
            select(Gathering.id)
            .where(Gathering.state == GatheringState.PUBLISHED, Gathering.ends_at < clock.now())
            .order_by(Gathering.ends_at.desc())
        ).first()
        seat = db.session.scalars(
            select(Booking.id).where(Booking.gathering_id == near, Booking.account_id == lid)
        ).first()
        given_back = db.session.scalars(select(Booking.id).where(Booking.state == BookingState.CANCELLED)).first()
        material = db.session.scalars(select(Material)).first()
        opinions = self._opinions(lid)
        assert repeated
        assert material
        assert near
        assert seat
        assert given_back
        return {
            "tickets.show": [f"/ticket/{links.ticket_token(one)}" for one in (seat, given_back)],
            "door.show": [
                *(f"/bureau/agenda/{one}/door" for one in (near, past, found[1].id)),
                f"/bureau/agenda/{near}/door?step=out",
                *(f"/bureau/agenda/{one.id}/door?mode=online" for one in breakfasts if one.online_capacity),
            ],
            **self._guests(),
            "door.walk_in": [f"/bureau/agenda/{near}/door/walk-in?q=a"],
            "papers.attendance_list": [f"/bureau/agenda/{one}/list" for one in (near, past)],
            "papers.badges": [f"/bureau/agenda/{near}/badges"],
            "waitlist.answer": [f"/agenda/answer/{links.place_token(entry.id)}" for entry in in_line],
            "waitlist.book_by_link": [f"/agenda/book/{links.booking_token(found[0].id, lid)}"],
            "waitlist_bureau.show": [f"/bureau/agenda/{one.id}/waitlist" for one in breakfasts],
            "waitlist_bureau.seats": [
                *(f"/bureau/agenda/{one.gathering_id}/seats" for one in in_line),
                *(f"/bureau/agenda/{one.id}/seats" for one in breakfasts if one.online_capacity),
            ],
            "agenda.show": [f"/agenda/{one.id}" for one in every],
            **opinions,
            "agenda.cancel_late": [f"/agenda/{near}/cancel-late"],
            "agenda_bureau.show": [f"/bureau/agenda/{one}" for one in [*(one.id for one in every), repeated]],
            "agenda_bureau.edit": [f"/bureau/agenda/{found[0].id}/edit", f"/bureau/agenda/{repeated}/edit"],
            "materials_bureau.index": [f"/bureau/agenda/{material.gathering_id}/materials"],
            "materials_bureau.edit": [f"/bureau/agenda/{material.gathering_id}/materials/{material.id}"],
            "materials_bureau.remove": [f"/bureau/agenda/{material.gathering_id}/materials/{material.id}/remove"],
            "series_bureau.copy": [f"/bureau/agenda/{found[0].id}/copy"],
            "series_bureau.repeat": [f"/bureau/agenda/{repeated}/repeat"],
            "series_bureau.discard": [f"/bureau/agenda/{found[-1].id}/discard"],
            "agenda_bureau.call_off": [f"/bureau/agenda/{found[0].id}/cancel"],
            "profiles.edit": [f"/profile/{section}" for section in SECTIONS],
            "profiles.person": [f"/directory/{one}" for one in db.session.scalars(select(Profile.account_id).limit(1))],
            "mail.leaving": [f"/unsubscribe/{token_for(mails[0])}"],
            "mail_bureau.show": [f"/bureau/mail/{one}" for one in mails],
            "mail_reading.show": [f"/dev/mail/{one}" for one in mails],
        }

    def _opinions(self, lid: UUID) -> dict[str, list[str]]:
        """What people thought: asked, answered before and too late; told in full, of too few, and of nobody."""
        spoken = db.session.scalars(select(Speaker.gathering_id).where(Speaker.account_id == lid)).one()
        been = db.session.scalars(
            select(Gathering)
            .where(Gathering.state == GatheringState.PUBLISHED, Gathering.ends_at < clock.now())
            .order_by(Gathering.ends_at.desc())
        ).all()
        took_part = (
            select(Booking.account_id)
            .join(Gathering, Gathering.id == Booking.gathering_id)
            .where(feedback.took_part())
            .order_by(Booking.seq)
        )
        asked = [(one.id, db.session.scalars(took_part.where(Gathering.id == one.id)).first()) for one in been]
        known = db.session.execute(select(FeedbackRoll.gathering_id, FeedbackRoll.account_id)).first()
        read = select(FeedbackRound.gathering_id).where(FeedbackRound.answers >= feedback.LEAST)
        comment = db.session.scalars(select(FeedbackComment).where(FeedbackComment.gathering_id.in_(read))).first()
        question = feedback.questions()[0]
        empty = db.session.scalars(select(Booking).where(Booking.no_show_at.is_not(None)).limit(2)).all()
        assert known
        assert comment
        links_to = [(asked[0][0], asked[0][1]), (asked[-1][0], asked[-1][1]), (known.gathering_id, known.account_id)]
        return {
            "feedback.give": [f"/feedback/{links.feedback_token(one, person)}" for one, person in links_to if person],
            "feedback.results": [f"/agenda/{spoken}/feedback"],
            "feedback_bureau.show": [f"/bureau/agenda/{one.id}/feedback" for one in been[:6]],
            "feedback_bureau.hide": [f"/bureau/agenda/{comment.gathering_id}/feedback/{comment.id}/hide"],
            "absences_bureau.person": [f"/bureau/agenda/absences/{one.account_id}" for one in empty],
            "absences_bureau.excuse": [f"/bureau/agenda/absences/seats/{one.id}/excuse" for one in empty[:1]],
            "feedback_bureau.question": [f"/bureau/agenda/questions/{question.id}"],
        }

    def _guests(self) -> dict[str, list[str]]:
        """Who comes along with the demo's member, free and at a fee, and guests in every state."""
        by_lid = select(Guest).join(Booking, Booking.id == Guest.booking_id).where(Booking.account_id == demo_id("lid"))
        mine = db.session.scalars(by_lid.where(Guest.state == BookingState.CONFIRMED).order_by(Guest.fee_cents)).all()
        with_lid = {one.gathering_id for one in mine}
        ahead = select(Guest.gathering_id).join(Gathering, Gathering.id == Guest.gathering_id)
        ahead = ahead.where(Guest.state == BookingState.CONFIRMED, Gathering.starts_at > clock.now())
        elsewhere = db.session.scalars(ahead.where(Guest.gathering_id.not_in(with_lid))).one()
        known = db.session.scalars(select(Guest).where(Guest.email != "").order_by(Guest.gathering_id, Guest.seq)).all()
        with_guests = db.session.scalars(select(Guest.gathering_id).distinct().order_by(Guest.gathering_id)).all()
        return {
            "guests.index": [f"/agenda/{one}/guests" for one in with_lid],
            "guests.change": [f"/agenda/{one.gathering_id}/guests/{one.id}" for one in mine],
            "guests.cancel_together": [f"/agenda/{elsewhere}/cancel-with-guests"],
            "guests.page": [f"/guest/{links.guest_token(one.id, one.email)}" for one in known],
            "guests_bureau.change": [f"/bureau/agenda/{one.gathering_id}/guests/{one.id}" for one in mine],
            "guests_bureau.index": [f"/bureau/agenda/{one}/guests" for one in with_guests],
        }

    def _guests_who_pay(self, *, paid: bool) -> list[str]:
        """The links of guests who pay for themselves, and have, or have not yet."""
        theirs = select(Guest).where(Guest.payer == Payer.GUEST, Guest.state == BookingState.CONFIRMED)
        found = db.session.scalars(theirs.where(Guest.paid_at.is_not(None) if paid else Guest.pay_by.is_not(None)))
        return [links.guest_pay_token(one.id, one.email) for one in found]

    def _own_places(self) -> dict[str, list[str]]:
        """Bills that are paid, or are not, each as its owner sees it; and renewing by the link in a mail."""
        card, transfer = self._to_pay(by_transfer=False).id, self._to_pay(by_transfer=True).id
        have_one = [who for who in IN_OTHER_STATES if bills.bills_of(demo_id(who))]
        theirs = {who: self._newest_bill(who).id for who in have_one}
        begun = [theirs[who] for who in have_one if bills.outcome(self._newest_bill(who)) is not Outcome.UNPAID]
        paid = bills.bills_of(demo_id("lid"))[-1].id
        until = clock.today() + timedelta(days=30)
        whose = ("opgeschort", "vervallen", "opgezegd", "lid")
        tokens_to_renew = [renew_links.token_for(self._place(who), until) for who in whose]
        over = renew_links.token_for(self._place("lid"), clock.today() - timedelta(days=1))
        under_way = renew_links.token_for(self._place("onderweg"), until)
        with_fee = select(Booking.id).where(Booking.fee_cents > 0)
        unpaid = db.session.scalars(with_fee.where(Booking.pay_by.is_not(None), ~Booking.lapsed)).one()
        settled = with_fee.where(Booking.pay_by.is_(None) | Booking.lapsed)
        one_of_each = [
            db.session.scalars(settled.where(paid).limit(1)).one()
            for paid in (Booking.paid_at.is_not(None), Booking.paid_at.is_(None))
        ]
        return {
            "seat_fees.by_link": [
                f"/agenda/pay/{token}" for token in (links.pay_token(unpaid), *self._guests_who_pay(paid=False))
            ],
            "seat_fees.outcome": [
                f"/agenda/pay/{token}/done"
                for token in (*(links.pay_token(one) for one in one_of_each), *self._guests_who_pay(paid=True))
            ],
            "membership.step": [f"/application/{name.value}" for name in StepName],
            "membership.code": [f"/pay/{one}/code" for one in (card, theirs["toegelaten"])],
            "membership.my_year": ["/membership/year/1"],
            "membership_renewing.show": [f"/renew/{token}" for token in (*tokens_to_renew, over)],
            "membership_renewing.outcome": [f"/renew/{under_way}/done"],
            "payments.pay": [f"/pay/{one}" for one in (card, transfer, *(theirs[who] for who in PAYABLE))],
            "payments.outcome": [f"/pay/{one}/return" for one in (paid, *begun)],
            "payments.transfer": [f"/pay/{transfer}/transfer"],
        }

    def _record(self) -> dict[str, list[str]]:
        """Pages of permanent education: an own activity, a register, and a certificate that anybody can check."""
        lid = demo_id("lid")
        own = select(PeEntry.id).where(PeEntry.account_id == lid, PeEntry.gathering_id.is_(None))
        entry, scheme = db.session.scalars(own).first(), db.session.scalars(select(PeScheme.id)).first()
        stands = select(PeRegistration.id).where(PeRegistration.account_id == lid)
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

    def _challenge(self) -> dict[str, list[str]]:
        """Pages of the Interim Challenge: an edition in each state that the demo has."""
        found = db.session.scalars(select(Edition).order_by(Edition.year)).all()
        editions = [one.id for one in found]
        by_state = {one.state: one.id for one in found}
        cancelled, running, prepared = (by_state[state] for state in ("cancelled", "nomination", "concept"))
        results = [(one.id, one.year) for one in found if one.state == "published"]
        at = "/bureau/challenge"
        years = [year for _id, year in results]
        nominees = db.session.scalars(select(Nominee).where(Nominee.edition_id == running)).all()
        looking = {demo_id(who) for who in ("lid", *IN_OTHER_STATES)}
        mine = next(f"/challenge/nominations/{one.id}" for one in nominees if one.account_id == demo_id("lid"))
        return {
            "nominees.nominate": [f"/challenge/nominate/{demo_id('lid')}"],
            "nominees.nomination": [
                f"/challenge/nominations/{one.id}" for one in nominees if one.account_id in looking
            ],
            "nominees.work": [f"{mine}/work"],
            "nominees.withdraw": [f"{mine}/withdraw"],
            "challenge_bureau.nominate": [f"{at}/{running}/nominate"],
            "challenge.show": [f"/challenge/{one}" for one in (results[0][0], cancelled, running)],
            "challenge_results.show": [f"/challenge/{year}/result" for year in years],
            "challenge_results.guide": [f"/challenge/{year}/selection-guide" for year in years],
            "challenge.board": [f"/challenge/{one}/board" for one in (cancelled, running)],
            "challenge_desk.show": [f"{at}/{one}/ballot" for one in editions],
            "challenge_desk.trustee": [f"{at}/{running}/ballot/trustee"],
            "challenge_desk.answer": [f"{at}/{running}/ballot/answer"],
            "challenge_bureau.show": [f"{at}/{one}" for one in editions],
            "challenge_bureau.check": [f"{at}/{one}/next" for one in (running, prepared)],
            "challenge_bureau.cancel": [f"{at}/{one}/cancel" for one in (running, cancelled)],
            **{
                f"challenge_bureau.{part}": [f"{at}/{prepared}/{part}"]
                for part in ("edit", "case", "criteria", "rounds")
            },
            **self._juries(coming=running),
            **self._votes(coming=running),
        }

    def _juries(self, *, coming: UUID) -> dict[str, list[str]]:
        """Pages of juries: one being asked, one that scores, one that waits for its chair."""
        lid, terug, jubileum = (demo_id(who) for who in ("lid", "terug", "jubileum"))
        own = select(Juror).where(Juror.account_id == lid).options(joinedload(Juror.edition))
        by_state = {one.edition.state: one.edition_id for one in db.session.scalars(own)}
        scoring, over = by_state[EditionState.OPEN], by_state[EditionState.OPENED]
        seats = {(one.edition_id, one.account_id): one.id for one in db.session.scalars(select(Juror))}
        at, mine = "/bureau/challenge", f"/challenge/jury/{seats[scoring, lid]}"
        recused = f"{at}/{scoring}/jury/{seats[scoring, terug]}/nominees/3"
        return {
            "jury.desk": [mine, *(f"/challenge/jury/{seats[key]}" for key in ((over, lid), (coming, terug)))],
            "jury.rubric": [f"{mine}/nominees/{number}" for number in (1, 2, 3)],
            "jury.recuse": [f"{mine}/nominees/1/recuse"],
            "chair.show": [f"/challenge/{edition}/chair" for edition in (scoring, over)],
            "chair.decide": [f"/challenge/{over}/chair/nominees/2/c1"],
            "chair.reasons": [f"/challenge/{over}/chair/nominees/{number}/reasons" for number in (1, 2)],
            "jury_bureau.index": [f"{at}/{edition}/jury" for edition in (coming, scoring, over)],
            "jury_bureau.invite": [f"{at}/{coming}/jury/invite"],
            "jury_bureau.recuse": [f"{at}/{scoring}/jury/{seats[scoring, jubileum]}/nominees/1/recuse"],
            "jury_bureau.lift": [f"{recused}/lift"],
        }

    def _votes(self, *, coming: UUID) -> dict[str, list[str]]:
        """Pages of a vote that is open, as members and an invited voter see it, and of the roll."""
        invitee = db.session.scalars(select(Invitee)).one()
        token, voted = voter_token(invitee), invitee.edition_id
        own, linked = f"/challenge/{voted}/vote", f"/challenge/vote/{token}"
        at = "/bureau/challenge"
        return {
            "ballot.home": [own],
            "ballot.fill": [f"{own}/ballot"],
            "ballot.receipt": [f"{own}/receipt"],
            "ballot.home_by_link": [linked],
            "ballot.fill_by_link": [f"{linked}/ballot"],
            "ballot.receipt_by_link": [f"{linked}/receipt"],
            "public_ballots.check": [f"/challenge/{voted}/check"],
            "challenge_roll.show": [f"{at}/{one}/roll" for one in (coming, voted)],
            "challenge_roll.invite": [f"{at}/{coming}/roll/invite"],
            "challenge_roll.change": [f"{at}/{voted}/roll/change"],
        }

    def _judged(self) -> dict[str, list[str]]:
        """Applications as the bureau judges them."""
        states = (ApplicationState.SUBMITTED, ApplicationState.ACCEPTED)
        applications = [self._applicant(state) for state in states]
        reviewed = membership.current_application(demo_id("inbeoordeling"))
        invited = membership.current_application(demo_id("uitgenodigd"))
        assert reviewed
        assert invited
        referee = db.session.scalars(
            select(ApplicationReference.id).where(ApplicationReference.application_id == reviewed.id)
        ).first()
        at = f"/bureau/applications/{reviewed.id}"
        every = [*applications, reviewed, invited]
        return {
            "membership_bureau.show": [f"/bureau/applications/{one.id}" for one in every],
            "membership_bureau.confirm_admission": [f"{at}/admit"],
            "membership_bureau.confirm_decline": [f"{at}/decline"],
            "membership_bureau.check": [f"{at}/references/{referee}"],
            "membership_bureau.reopen": [f"/bureau/applications/{self._applicant(ApplicationState.EXPIRED).id}/reopen"],
        }

    def _of_members(self) -> dict[str, list[str]]:
        """Members, accounts, plans and codes, as the bureau sees them, and the log."""
        plan = db.session.scalars(select(Plan.id)).first()
        discounts = db.session.scalars(select(DiscountCode.id)).all()
        places = db.session.scalars(select(Sponsorship.id)).all()
        entries = db.session.scalars(select(AuditEntry.id).order_by(AuditEntry.seq.desc()).limit(1)).all()
        shown = [demo_id(who) for who in SHOWN_TO_BUREAU]
        return {
            "accounts_bureau.show": [f"/bureau/accounts/{demo_id(who)}" for who in ("coordinator", "lid", "gesloten")],
            "audit.show": [f"/bureau/audit/{one}" for one in entries],
            "bureau_members.show": [f"/bureau/members/{one}" for one in (self._standing("lapsed").id, *shown)],
            "membership_members.stop": [f"/bureau/members/{demo_id('lid')}/stop"],
            "waivers_bureau.waive": [
                f"/bureau/memberships/{self._place(who).id}/waive" for who in ("lid", "respijt", "toegelaten")
            ],
            "discounts_bureau.show": [f"/bureau/discounts/{one}" for one in discounts],
            "discounts_bureau.show_places": [f"/bureau/discounts/places/{one}" for one in places],
            "plans_bureau.edit": [f"/bureau/plans/{plan}/edit"],
            "plans_bureau.price": [f"/bureau/plans/{plan}/prices"],
            "plans_bureau.show": [f"/bureau/plans/{plan}"],
        }

    def _of_money(self) -> dict[str, list[str]]:
        """Everything the treasurer looks after."""
        transfer, card = self._to_pay(by_transfer=True).id, self._to_pay(by_transfer=False).id
        paid = self._newest_bill("dubbel").id
        shown = [self._newest_bill(who).id for who in BILLS_SHOWN_TO_BUREAU]
        tasks = db.session.scalars(select(Task.id).where(Task.kind != TaskKind.VAT_DECISION, Task.closed_at.is_(None)))
        decided = db.session.scalars(
            select(Task.id).where(Task.kind == TaskKind.VAT_DECISION, Task.closed_at.is_not(None))
        ).all()
        archives = db.session.scalars(select(InvoiceArchive.id)).all()
        at = "/bureau/payments"
        return {
            "payments_bureau.archive": [f"{at}/invoices/{one}" for one in archives],
            "payments_bureau.bank_file": [f"{at}/bank/files/{one}" for one in db.session.scalars(select(BankFile.id))],
            "payments_bureau.bank_line": [f"{at}/bank/lines/{one}" for one in db.session.scalars(select(BankLine.id))],
            "payments_bureau.hold": [f"{at}/{transfer}/hold"],
            "payments_bureau.refund": [f"{at}/{paid}/refund"],
            "payments_bureau.refund_order": [
                f"{at}/refunds/{one}" for one in db.session.scalars(select(RefundOrder.id))
            ],
            "payments_bureau.reminder": [f"{at}/reminders/1"],
            "payments_bureau.show": [f"{at}/{one}" for one in (card, *shown)],
            "payments_bureau.task": [f"{at}/tasks/{one}" for one in tasks],
            "payments_bureau.vat_decision": [f"{at}/vat/{one}" for one in decided],
            "payments_bureau.vat": [f"{at}/{self._newest_bill('buitenland').id}/vat"],
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
