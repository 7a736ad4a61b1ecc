"""G1, G4, P10: a seat that costs something: billed when it is taken, paid, not paid in time, given back, called off."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.accounts import queries as accounts
from app.agenda import links, queries, services
from app.agenda.models import Booking, BookingState, Gathering, Wish
from app.agenda.services import book_seat, cancel_gathering, cancel_seat, release_unpaid, revise_gathering
from app.core import clock
from app.core.db import atomic, db, forget_reads
from app.jobs import services as jobs
from app.membership.models import Company, Membership, MembershipPeriod
from app.payments import queries as bills
from app.payments import services as payments
from app.payments.models import Bill, BillState, CreditNote, Method, RefundOrder, RefundOrderState, TaskKind
from app.payments.providers import testpay
from app.payments.providers.testpay import Play
from tests.golden import assert_mail_matches

from .conftest import live, make_gathering, make_member, said, seats_add_up
from .test_mails import details
from .test_seats import booking as booking_at
from .test_seats import crowd, found, hall, together

FEE, GROSS = 95_00, 114_95
WORDS = "€\u00a095,00 excl. btw (€\u00a0114,95 incl.)"


@pytest.fixture
def gathering(app: Any) -> Gathering:
    return make_gathering(fee_cents=FEE)


@pytest.fixture
def member(client: Any, sign_in: Any) -> Any:
    return sign_in(client, make_member(given_name="Sanne", family_name="Verhoeven", email="sanne@voorbeeld.example"))


def booked(gathering: Gathering, person: Any = None) -> Booking:
    person = person or make_member()
    db.session.commit()
    with atomic():
        seat = book_seat(gathering, person.id, by=person.id)
    assert isinstance(seat, Booking)
    return seat


def bill_of(booking: Booking | UUID) -> Bill:
    forget_reads()
    booking_id = booking if isinstance(booking, UUID) else booking.id
    found = db.session.scalar(select(Bill).where(Bill.subject_type == "seat", Bill.subject_id == booking_id))
    assert found is not None
    return bills.any_bill(found.id)


def seat(booking: Booking | UUID) -> Booking:
    db.session.expire_all()
    return queries.booking(booking if isinstance(booking, UUID) else booking.id)


def reference_of(bill: Bill) -> str:
    found = bills.latest_attempt(bill.id)
    assert found is not None
    assert found.reference is not None
    return found.reference


def at_provider(bill: Bill, *moves: Play, method: Method = Method.IDEAL) -> Bill:
    """Begin to pay if nobody did yet, let things happen at the test bank, and learn of them."""
    bill_id = bill.id
    if bills.latest_attempt(bill_id) is None:
        payments.pay(bill_id, method=method, by=None, email="", locale="nl", back=("http://x/", "http://x/"))
    reference = reference_of(bills.any_bill(bill_id))
    for move in moves:
        with atomic():
            testpay.play(reference, move)
    payments.converge(reference)
    forget_reads()
    return bills.any_bill(bill_id)


def pay(booking: Booking) -> Bill:
    return at_provider(bill_of(booking), Play.PAY)


def do_all() -> None:
    forget_reads()
    while jobs.run_due():
        forget_reads()


def templates(mails: Any) -> list[str]:
    return [mail.template for mail in mails]


def test_g1_the_session_page_tells_the_fee_with_and_without_vat_also_to_search_engines(client, member, gathering):
    page = client.get(f"/agenda/{gathering.id}").text
    assert WORDS in page
    assert said("Book and pay") in page
    offers = json.loads(re.search(r'<script type="application/ld\+json">(.+?)</script>', page)[1])["offers"]
    assert (offers["price"], offers["priceCurrency"]) == ("114.95", "EUR")
    assert offers["availability"] == "https://schema.org/InStock"
    assert "€\u00a095,00 excl. btw" in client.get("/agenda").text


def test_g1_a_free_session_speaks_of_no_fee(client, member):
    page = client.get(f"/agenda/{make_gathering().id}").text
    assert said("Fee") not in page
    assert '"offers"' not in page
    assert said("Book my seat") in page


def test_p10_booking_leads_to_the_bill_and_paying_it_makes_the_seat_paid(client, member, gathering, posted):
    answer = client.post(f"/agenda/{gathering.id}/book", data={"fee": FEE})
    (mine,) = live(gathering)
    assert answer.location == f"/agenda/bookings/{mine.id}/pay"
    assert (mine.fee_cents, mine.paid_at) == (FEE, None)
    assert mine.pay_by == clock.now() + timedelta(hours=72)
    page = client.get(answer.location, follow_redirects=True).text
    bill = bill_of(mine)
    assert bill.buyer["name"] == "Eigen B.V."
    assert (bill.net_cents, bill.gross_cents, bill.state) == (FEE, GROSS, BillState.DRAFT)
    assert f"Plaats bij “{gathering.title}”" in bill.lines[0].description
    assert mine.terms in page
    testpage = client.post(f"/pay/{bill.id}", data={"method": "ideal"}).location
    assert client.post(testpage, data={"move": "pay"}).status_code == 303
    do_all()
    done = client.get(f"/pay/{bill.id}/return", follow_redirects=True).text
    assert said("See the gathering") in done
    assert bill_of(mine).state is BillState.PAID
    assert (seat(mine).pay_by, seat(mine).paid_at is None) == (None, False)
    assert sorted(templates(posted(member))) == ["agenda/seat_booked", "payments/payment_received"]
    assert said("Paid on %(day)s", day="4 jan 2027").split()[0] in client.get(f"/agenda/{gathering.id}").text


def test_p10_the_invoice_says_which_session_and_when(gathering):
    bill = pay(booked(gathering))
    assert (bill.period_from, bill.period_until) == (gathering.starts_at.date(), gathering.starts_at.date())
    assert bill.lines[0].told_in("en") == f"Seat at “{gathering.title}”, 14 January 2027"
    assert payments.invoice(bill).content().startswith(b"%PDF")


def test_g2_two_tabs_book_one_seat_with_one_bill(client, member, gathering):
    first = client.post(f"/agenda/{gathering.id}/book", data={"fee": FEE})
    second = client.post(f"/agenda/{gathering.id}/book", data={"fee": FEE})
    assert first.location == second.location
    assert len(live(gathering)) == 1
    assert db.session.query(Bill).count() == 1


def test_g4_a_fee_that_nobody_saw_is_agreed_to_by_nobody(client, member):
    gathering = make_gathering()
    gathering.fee_cents = FEE
    db.session.commit()
    refused = client.post(f"/agenda/{gathering.id}/book")
    assert refused.status_code == 409
    assert (
        said("The fee was changed while you were looking, so nothing was booked. Look at it once more, then book.")
        in refused.text
    )
    assert live(gathering) == []


def test_g1_another_fee_touches_nobody_who_has_a_seat(gathering):
    first = booked(gathering)
    bureau = make_member()
    db.session.commit()
    with atomic():
        fresh = queries.any_gathering(gathering.id)
        revise_gathering(fresh, details(fresh, fee_cents=120_00), by=bureau.id)
    later = booked(queries.published(gathering.id))
    assert (bill_of(first).net_cents, seat(first).fee_cents) == (FEE, FEE)
    assert (bill_of(later).net_cents, seat(later).fee_cents) == (120_00, 120_00)


def test_m11_who_has_no_whole_address_fills_it_in_first(client, member, gathering):
    company = db.session.scalar(select(Company).where(Company.account_id == member.id))
    company.address = ""
    db.session.commit()
    refused = client.post(f"/agenda/{gathering.id}/book", data={"fee": FEE})
    assert refused.status_code == 409
    assert 'href="/membership/company"' in refused.text
    assert live(gathering) == []


def test_p10_a_seat_not_paid_in_time_goes_to_the_next_in_line_at_once(app, calendar, posted):
    gathering = make_gathering(fee_cents=FEE, capacity=1)
    sanne = make_member(given_name="Sanne", family_name="Verhoeven", email="sanne@voorbeeld.example")
    late, next_one = booked(gathering, sanne), make_member()
    db.session.commit()
    with atomic():
        book_seat(queries.published(gathering.id), next_one.id, by=next_one.id)
    calendar.shift(timedelta(hours=71))
    release_unpaid()
    assert seat(late).state is BookingState.CONFIRMED
    calendar.shift(timedelta(hours=2))
    release_unpaid()
    release_unpaid()
    do_all()
    assert (seat(late).state, seat(late).lapsed, seat(late).cancelled_late) == (BookingState.CANCELLED, True, False)
    assert bill_of(late).state is BillState.VOID
    (promoted,) = live(gathering)
    assert promoted.account_id == next_one.id
    assert promoted.pay_by == clock.now() + timedelta(hours=72)
    assert bill_of(promoted).state is BillState.DRAFT
    assert seats_add_up(gathering)
    (word,) = [mail for mail in posted(sanne) if mail.template == "agenda/seat_lapsed"]
    assert_mail_matches(word, "agenda_seat_lapsed")
    (seated,) = [mail for mail in posted(next_one) if mail.template == "agenda/seat_promoted"]
    assert links.pay_address(promoted.id) in seated.text


def test_p10_a_payment_found_at_the_last_moment_keeps_the_seat(calendar, gathering):
    mine = booked(gathering)
    bill = at_provider(bill_of(mine))
    with atomic():
        testpay.play(reference_of(bill), Play.PAY)
    calendar.shift(timedelta(hours=73))
    release_unpaid()
    assert seat(mine).state is BookingState.CONFIRMED
    assert seat(mine).paid_at is not None


def test_p10_a_debit_under_way_is_waited_for_and_one_refused_gives_time_anew(calendar, gathering):
    mine = booked(gathering)
    bill = at_provider(bill_of(mine), Play.PENDING, method=Method.SEPA_DEBIT)
    calendar.shift(timedelta(hours=73))
    release_unpaid()
    assert seat(mine).state is BookingState.CONFIRMED
    at_provider(bill, Play.FAIL)
    assert seat(mine).pay_by == clock.now() + timedelta(hours=72)


def test_p4_a_page_that_was_open_when_the_seat_was_given_back_leads_to_a_task_to_send_back(gathering):
    mine = booked(gathering)
    bill = at_provider(bill_of(mine))
    with atomic():
        cancel_seat(seat(mine), by=mine.account_id)
    bill = at_provider(bill, Play.PAY)
    assert bill.state is BillState.VOID
    assert [task.kind for task in bill.tasks] == [TaskKind.PAID_VOID]
    assert (seat(mine).state, seat(mine).paid_at) == (BookingState.CANCELLED, None)


def test_p4_a_transfer_that_comes_after_the_seat_went_on_is_a_task_to_send_back(calendar, gathering):
    treasurer, mine = make_member(), booked(gathering)
    with atomic():
        payments.choose_transfer(bill_of(mine).id, by=None)
    calendar.shift(timedelta(days=6))
    release_unpaid()
    with atomic():
        payments.book_transfer(
            bill_of(mine).id, amount_cents=GROSS, received_at=clock.now(), reference="b-2", by=treasurer
        )
    assert [task.kind for task in bill_of(mine).tasks] == [TaskKind.PAID_VOID]
    assert (seat(mine).lapsed, seat(mine).paid_at) == (True, None)


def test_p2_a_transfer_that_was_chosen_gets_two_days_more(calendar, gathering):
    mine = booked(gathering)
    with atomic():
        payments.choose_transfer(bill_of(mine).id, by=None)
    assert seat(mine).pay_by == clock.now() + timedelta(days=5)
    calendar.shift(timedelta(days=5, minutes=1))
    release_unpaid()
    assert seat(mine).lapsed
    assert bill_of(mine).state is BillState.CREDITED


def test_p10_who_has_not_paid_when_it_begins_keeps_the_seat_and_owes_the_fee(app, calendar):
    gathering = make_gathering(fee_cents=FEE, starts_at=datetime(2027, 1, 5, 18, tzinfo=UTC))
    mine = booked(gathering)
    assert mine.pay_by == gathering.starts_at
    calendar.move_to(gathering.starts_at + timedelta(minutes=1))
    release_unpaid()
    release_unpaid()
    assert seat(mine).state is BookingState.CONFIRMED
    assert bill_of(mine).state is BillState.ISSUED


def test_g4_giving_an_unpaid_seat_back_takes_the_bill_back(client, member, gathering, posted):
    client.post(f"/agenda/{gathering.id}/book", data={"fee": FEE})
    (mine,) = live(gathering)
    client.post(f"/agenda/{gathering.id}/cancel")
    assert bill_of(mine).state is BillState.VOID
    (word,) = [mail for mail in posted(member) if mail.template == "agenda/seat_released"]
    assert said("You need not pay the fee any more.") in word.html


@pytest.mark.parametrize("locale", ["nl", "en"])
def test_g4_giving_a_paid_seat_back_in_time_sends_the_money_back_with_a_credit_note(gathering, posted, locale):
    sanne = make_member(given_name="Sanne", family_name="Verhoeven", email="sanne@voorbeeld.example", locale=locale)
    mine = booked(gathering, sanne)
    bill = pay(mine)
    with atomic():
        cancel_seat(seat(mine), by=sanne.id)
    (order,) = db.session.scalars(select(RefundOrder))
    assert (order.amount_cents, order.state) == (GROSS, RefundOrderState.ORDERED)
    do_all()
    assert bill_of(mine).state is BillState.CREDITED
    assert db.session.get_one(RefundOrder, order.id).state is RefundOrderState.DONE
    (note,) = db.session.scalars(select(CreditNote).where(CreditNote.bill_id == bill.id))
    assert note.gross_cents == GROSS
    assert gathering.title in note.reason
    sent = {mail.template: mail for mail in posted(sanne)}
    assert_mail_matches(sent["agenda/seat_booked"], "agenda_seat_booked_fee")
    assert_mail_matches(sent["agenda/seat_released"], "agenda_seat_released_fee")
    assert "payments/credit_note" in sent


def test_p6_what_was_paid_by_transfer_waits_for_the_treasurer(gathering):
    bureau, mine = make_member(), booked(gathering)
    bill = bill_of(mine)
    db.session.commit()
    with atomic():
        payments.choose_transfer(bill.id, by=None)
        payments.book_transfer(bill.id, amount_cents=GROSS, received_at=clock.now(), reference="b-1", by=bureau)
    assert seat(mine).paid_at is not None
    with atomic():
        cancel_seat(seat(mine), by=mine.account_id)
    do_all()
    (order,) = db.session.scalars(select(RefundOrder))
    assert (order.provider, order.state) == ("bank", RefundOrderState.ORDERED)


def test_g4_giving_a_paid_seat_back_late_takes_consent_and_returns_nothing(client, member, gathering, calendar, posted):
    client.post(f"/agenda/{gathering.id}/book", data={"fee": FEE})
    (mine,) = live(gathering)
    pay(mine)
    calendar.move_to(mine.cancel_until + timedelta(hours=1))
    page = client.get(f"/agenda/{gathering.id}/cancel-late").text
    assert mine.terms in page
    assert (
        said("I give back my seat, knowing that I get no money back and that this counts as a late cancellation.")
        in page
    )
    client.post(f"/agenda/{gathering.id}/cancel-late", data={"agreed": "y"})
    do_all()
    assert (seat(mine).cancelled_late, bill_of(mine).state) == (True, BillState.PAID)
    assert db.session.query(RefundOrder).count() == 0
    (word,) = [mail for mail in posted(member) if mail.template == "agenda/seat_released"]
    assert "geen geld terug" in word.text


def test_g1_calling_off_gives_everybody_their_money_back(gathering, calendar, posted):
    paid, unpaid, late = booked(gathering), booked(gathering), booked(gathering)
    pay(paid)
    pay(late)
    bureau = make_member()
    db.session.commit()
    calendar.move_to(gathering.cancel_until + timedelta(minutes=1))
    with atomic():
        cancel_seat(seat(late), late_agreed=True, by=late.account_id)
        cancel_gathering(queries.any_gathering(gathering.id), reason="De zaal is dicht.", by=bureau.id)
    do_all()
    states = {one.id: bill_of(one).state for one in (paid, unpaid, late)}
    assert states == {paid.id: BillState.CREDITED, unpaid.id: BillState.VOID, late.id: BillState.CREDITED}
    assert db.session.query(RefundOrder).filter_by(state=RefundOrderState.DONE).count() == 2
    told = {mail.account_id: mail for mail in posted() if mail.template == "agenda/gathering_cancelled"}
    back = said("The fee that you paid goes back to you, the way you paid it. The credit note follows by mail.")
    assert back in told[paid.account_id].text
    assert said("You need not pay the fee any more.") in told[unpaid.account_id].text
    assert seat(paid).pay_by is None


def test_p6_a_disputed_fee_leaves_the_seat_and_asks_anew_until_it_is_won(gathering, calendar):
    mine = booked(gathering)
    bill = pay(mine)
    bill = at_provider(bill, Play.DISPUTE)
    assert bill.state is BillState.SHORT
    assert (seat(mine).state, seat(mine).paid_at) == (BookingState.CONFIRMED, None)
    assert seat(mine).pay_by == clock.now() + timedelta(hours=72)
    at_provider(bill, Play.WIN)
    assert (seat(mine).pay_by, seat(mine).paid_at is None) == (None, False)


def test_m6_a_seat_that_is_paid_leaves_the_membership_as_it_was_and_the_other_way_round(gathering):
    mine = booked(gathering)
    before = [
        (one.id, one.starts_on, one.ends_on, one.paid_bill_id) for one in db.session.scalars(select(MembershipPeriod))
    ]
    bill = at_provider(pay(mine), Play.DISPUTE)
    at_provider(bill, Play.WIN)
    db.session.expire_all()
    after = [
        (one.id, one.starts_on, one.ends_on, one.paid_bill_id) for one in db.session.scalars(select(MembershipPeriod))
    ]
    assert before == after
    assert all(one.processing_until is None for one in db.session.scalars(select(MembershipPeriod)))
    assert db.session.query(Membership).count() == 1


def test_g3_an_accepted_offer_brings_its_bill(client, sign_in, calendar):
    gathering = make_gathering(fee_cents=FEE, capacity=1)
    first, asks = booked(gathering), make_member()
    services.choose_default_wish(asks.id, Wish.ASK)
    db.session.commit()
    with atomic():
        book_seat(queries.published(gathering.id), asks.id, by=asks.id)
    with atomic():
        cancel_seat(seat(first), by=first.account_id)
    sign_in(client, asks)
    assert WORDS in client.get(f"/agenda/{gathering.id}").text
    assert client.post(f"/agenda/{gathering.id}/waitlist/accept").status_code == 409
    answer = client.post(f"/agenda/{gathering.id}/waitlist/accept", data={"fee": FEE})
    (mine,) = live(gathering)
    assert answer.location == f"/agenda/bookings/{mine.id}/pay"
    assert bill_of(mine).state is BillState.DRAFT
    assert seats_add_up(gathering)


@pytest.mark.committed
def test_p10_paying_freeing_and_giving_back_at_once_leave_seats_and_bills_in_step(committed_app, calendar):
    gathering_id, people = hall(capacity=4, fee_cents=FEE), crowd(8)
    together(committed_app, [booking_at(gathering_id, person) for person in people])
    seated = [(one.id, one.account_id, bill_of(one).id) for one in live(found(gathering_id))]
    calendar.shift(timedelta(hours=73))

    def transfer(bill_id: UUID, person: UUID) -> None:
        with atomic():
            by = accounts.account(person)
            payments.book_transfer(bill_id, amount_cents=GROSS, received_at=clock.now(), reference=str(bill_id), by=by)

    def cancel(booking_id: UUID, person: UUID) -> None:
        with atomic():
            cancel_seat(queries.booking(booking_id), by=person)

    doing = [release_unpaid, release_unpaid]
    doing += [partial(transfer, bill_id, person) for _id, person, bill_id in seated[:3]]
    doing += [partial(cancel, booking_id, person) for booking_id, person, _bill in seated[2:]]
    assert [outcome for outcome in together(committed_app, doing) if outcome is not None] == []
    gathering = found(gathering_id)
    assert seats_add_up(gathering)
    assert len(live(gathering)) == 4
    for one in db.session.scalars(select(Booking).where(Booking.gathering_id == gathering_id)):
        state = bill_of(one).state
        assert (one.paid_at is not None) == (state is BillState.PAID)
        assert one.state is BookingState.CANCELLED or state in {BillState.DRAFT, BillState.PAID}
