"""P10, G9: a guest's seat that costs something: paid by the host or the guest, not paid in time, given back, called off."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from app.agenda import links, queries, services
from app.agenda.guests import services as guests
from app.agenda.guests.models import Ending, Guest, Payer
from app.agenda.guests.unpaid import release_unpaid
from app.agenda.models import Booking, BookingState
from app.agenda.services import book_seat, cancel_gathering, cancel_seat, revise_gathering
from app.audit.models import AuditEntry
from app.core import clock
from app.core.db import atomic, db, forget_reads
from app.payments import queries as bills
from app.payments import services as payments
from app.payments.models import Bill, BillState, Method, RefundOrder, TaskKind
from app.payments.providers import testpay
from app.payments.providers.testpay import Play

from .conftest import brought, live, make_gathering, make_member, said, seats_add_up
from .test_fees import FEE, GROSS, at_provider, do_all, reference_of, seat, templates
from .test_guests import EVA, own_page, page_of, someone
from .test_mails import details
from .test_pages import statements

HOST, GUEST = Payer.HOST, Payer.GUEST
ADDRESS = {"billed_name": "Gast Advies", "address": "Singel 2", "postcode": "1012 AB", "city": "Amsterdam"}


@pytest.fixture
def sanne(app):
    return make_member(given_name="Sanne", family_name="Verhoeven", email="sanne@voorbeeld.example")


@pytest.fixture
def host(client, sign_in, sanne):
    return sign_in(client, sanne)


@pytest.fixture
def evening(app):
    return make_gathering(fee_cents=FEE, guest_limit=2)


def along(gathering, host, payer=HOST, email="eva@elders.example"):
    """Somebody's guest, on a seat that is still to be paid."""
    db.session.commit()
    with atomic():
        booking = book_seat(queries.published(gathering.id), host.id, by=host.id)
        assert isinstance(booking, Booking)
        return guests.add_guest(booking.id, someone(email), by=host.id, payer=payer).id


def now(guest_id):
    db.session.expire_all()
    return db.session.get_one(Guest, guest_id)


def bill_of(guest_id):
    forget_reads()
    theirs = select(Bill).where(Bill.subject_id == guest_id).order_by(Bill.created_at.desc(), Bill.state == "void")
    return bills.any_bill(db.session.scalars(theirs).first().id)


def pay(guest_id):
    return at_provider(bill_of(guest_id), Play.PAY)


def pay_page(guest_id):
    return "/agenda/pay/" + links.guest_pay_token(guest_id, now(guest_id).email)


def bring(client, gathering, payer=HOST, **changes):
    return client.post(page_of(gathering), data=EVA | {"fee": FEE, "payer": payer} | changes)


def seated(client, gathering):
    client.post(f"/agenda/{gathering.id}/book", data={"fee": FEE})


def take_off(guest_id, ending, by=None):
    with atomic():
        guests.take_away(guest_id, ending=ending, by=by)


def test_p10_g9_the_host_pays_and_is_led_to_a_bill_to_the_own_company_that_names_no_guest(
    client, host, evening, posted
):
    seated(client, evening)
    assert said("I pay for my guest") in client.get(page_of(evening)).text
    answer = bring(client, evening)
    (eva,) = brought(evening)
    assert (eva.fee_cents, eva.payer, eva.pay_by) == (FEE, HOST, clock.now() + timedelta(hours=72))
    bill = bill_of(eva.id)
    assert (bill.buyer["name"], bill.gross_cents, bill.state) == ("Eigen B.V.", GROSS, BillState.DRAFT)
    assert "Gast" not in bill.lines[0].description
    page = client.get(answer.location, follow_redirects=True)
    assert page.request.path == f"/pay/{bill.id}"
    client.post(client.post(f"/pay/{bill.id}", data={"method": "ideal"}).location, data={"move": "pay"})
    do_all()
    assert "Eva Gast" in client.get(f"/pay/{bill.id}/return", follow_redirects=True).text
    eva = now(eva.id)
    assert (eva.pay_by, eva.paid_at) == (None, clock.now())
    assert said("Paid") in client.get(page_of(evening)).text
    sent = {one.template for one in posted(host)}
    assert {"agenda/guest_fee", "payments/payment_received"} <= sent


def test_p10_g9_a_double_click_brings_one_guest_and_one_bill(client, host, evening):
    seated(client, evening)
    assert bring(client, evening).location == bring(client, evening).location
    assert len(brought(evening)) == 1
    assert db.session.query(Bill).count() == 2


def test_p10_g9_the_guest_pays_by_the_link_in_the_invitation_and_tells_where_the_invoice_goes(
    client, host, evening, posted
):
    seated(client, evening)
    assert bring(client, evening, GUEST).location == page_of(evening)
    (eva,) = brought(evening)
    (invitation,) = [one for one in posted() if one.recipient == eva.email]
    assert pay_page(eva.id) in invitation.text
    client.post("/account/sign-out")
    assert pay_page(eva.id) in client.get(own_page(now(eva.id))).text
    assert client.post(pay_page(eva.id), data={"method": "ideal"}).status_code == 422
    testpage = client.post(pay_page(eva.id), data=ADDRESS | {"method": "ideal"}).location
    client.post(testpage, data={"move": "pay"})
    do_all()
    done = client.get(pay_page(eva.id), follow_redirects=True).text
    assert said("Your payment is in") in done
    bill = bill_of(eva.id)
    assert (bill.state, bill.buyer["name"], bill.buyer["city"]) == (BillState.PAID, "Gast Advies", "Amsterdam")
    assert now(eva.id).paid_at == clock.now()
    assert said("Your seat is paid.") in client.get(own_page(now(eva.id))).text
    (receipt,) = [one for one in posted() if one.template == "payments/payment_received"]
    assert (receipt.recipient, receipt.account_id) == (eva.email, None)
    assert pay_page(eva.id) in receipt.text


def test_p10_g9_a_guests_bill_is_not_the_hosts_to_see_and_the_other_way_round(client, host, evening):
    eva = along(evening, host, GUEST)
    bill = pay(eva)
    for path in (f"/pay/{bill.id}", f"/pay/{bill.id}/return", f"/invoices/{bill.id}.pdf"):
        assert client.get(path).status_code == 404
    assert bill.id not in {one.id for one in bills.bills_of(host.id)}
    assert client.get(f"{page_of(evening)}/{eva}/pay").location == page_of(evening)
    bas = along(evening, host, HOST, "bas@elders.example")
    assert said("There is nothing to pay") in client.get(pay_page(bas), follow_redirects=True).text


def test_p10_g9_a_link_to_pay_ends_with_the_address_it_was_mailed_to(client, sanne, evening):
    eva = along(evening, sanne, GUEST)
    page = pay_page(eva)
    with atomic():
        guests.change_guest(eva, someone("eva.gast@elders.example"), by=sanne.id)
    for path in (page, page + "/done", "/agenda/pay/" + links.guest_token(eva, now(eva).email)):
        assert client.get(path).status_code == 404
    assert client.get(pay_page(eva)).status_code == 200


def test_p10_g9_who_pays_is_asked_and_a_fee_nobody_saw_is_agreed_to_by_nobody(client, host, evening):
    seated(client, evening)
    assert said("Choose who pays for the seat.") in bring(client, evening, "").text
    refused = bring(client, evening, fee=FEE - 1)
    changed = "The fee was changed while you were looking, so nothing was booked. Look at it once more, then book."
    assert said(changed) in refused.text
    assert "Eva" in refused.text
    assert brought(evening) == []


def test_p10_g9_a_session_that_comes_to_cost_something_or_nothing_leaves_the_guests_it_has_as_they_are(sanne):
    gathering = make_gathering(guest_limit=2)
    free = along(gathering, sanne)
    fresh = queries.any_gathering(gathering.id)
    revise_gathering(fresh, details(fresh, fee_cents=FEE), by=sanne.id)
    dear = along(gathering, sanne, email="bas@elders.example")
    revise_gathering(fresh, details(fresh, fee_cents=0), by=sanne.id)
    assert (now(free).fee_cents, now(free).payer) == (0, None)
    assert (now(dear).fee_cents, bill_of(dear).net_cents) == (FEE, FEE)


@pytest.mark.parametrize("payer", [HOST, GUEST])
def test_p10_g9_a_guests_seat_not_paid_in_time_goes_to_the_next_in_line_at_once(sanne, calendar, posted, payer):
    gathering = make_gathering(fee_cents=FEE, capacity=2)
    eva, waiting = along(gathering, sanne, payer), make_member()
    db.session.commit()
    with atomic():
        book_seat(queries.published(gathering.id), waiting.id, by=waiting.id)
    calendar.shift(timedelta(hours=71))
    release_unpaid()
    assert now(eva).state is BookingState.CONFIRMED
    calendar.shift(timedelta(hours=2))
    release_unpaid()
    release_unpaid()
    do_all()
    assert (now(eva).state, now(eva).lapsed) == (BookingState.CANCELLED, True)
    assert bill_of(eva).state is BillState.VOID
    assert {one.account_id for one in live(gathering)} == {sanne.id, waiting.id}
    assert seats_add_up(gathering)
    assert templates(posted()).count("agenda/guest_released") == 1
    assert templates(posted(sanne)).count("agenda/guest_gone") == 1


def test_p10_g9_a_payment_found_at_the_last_moment_keeps_the_guests_seat_and_the_same_word_twice_pays_once(
    sanne, evening, calendar
):
    eva = along(evening, sanne, GUEST)
    bill = at_provider(bill_of(eva))
    with atomic():
        testpay.play(reference_of(bill), Play.PAY)
    calendar.shift(timedelta(hours=73))
    release_unpaid()
    payments.converge(reference_of(bill))
    assert (now(eva).state, bill_of(eva).state) == (BookingState.CONFIRMED, BillState.PAID)
    assert len(bill_of(eva).entries) == 1


def test_p4_g9_money_for_a_guest_that_comes_after_the_seat_went_on_is_a_task_to_send_back(sanne, evening, calendar):
    eva = along(evening, sanne, GUEST)
    with atomic():
        payments.choose_transfer(bill_of(eva).id, by=None)
    assert now(eva).pay_by == clock.now() + timedelta(days=5)
    calendar.shift(timedelta(days=6))
    release_unpaid()
    with atomic():
        payments.book_transfer(
            bill_of(eva).id, amount_cents=GROSS, received_at=clock.now(), reference="b-2", by=make_member()
        )
    assert [task.kind for task in bill_of(eva).tasks] == [TaskKind.PAID_VOID]
    assert (now(eva).lapsed, now(eva).paid_at) == (True, None)


def test_p10_g9_what_a_guest_has_not_paid_when_it_begins_comes_to_the_host(app, sanne, calendar, posted):
    gathering = make_gathering(fee_cents=FEE, starts_at=datetime(2027, 1, 5, 18, tzinfo=UTC))
    eva = along(gathering, sanne, GUEST)
    own = bill_of(eva).id
    calendar.move_to(gathering.starts_at + timedelta(minutes=1))
    release_unpaid()
    release_unpaid()
    assert (now(eva).state, now(eva).payer) == (BookingState.CONFIRMED, HOST)
    assert bills.any_bill(own).state is BillState.VOID
    assert (bill_of(eva).state, bill_of(eva).buyer["name"]) == (BillState.ISSUED, "Eigen B.V.")
    assert "payments/transfer_instructions" in templates(posted(sanne))


@pytest.mark.parametrize("payer", [HOST, GUEST])
def test_g4_g9_who_gives_a_guests_seat_back_in_time_gets_the_money_back(sanne, evening, posted, payer):
    eva = along(evening, sanne, payer)
    pay(eva)
    take_off(eva, Ending.GUEST)
    take_off(eva, Ending.GUEST)
    (order,) = db.session.scalars(select(RefundOrder))
    assert order.amount_cents == GROSS
    do_all()
    assert bill_of(eva).state is BillState.CREDITED
    to = sanne.email if payer is HOST else "eva@elders.example"
    (note,) = [one for one in posted() if one.template == "payments/credit_note"]
    assert note.recipient == to
    told = [one for one in posted() if one.template in {"agenda/guest_gone", "agenda/guest_released"}]
    assert [one.recipient for one in told if "114,95" in one.text] == [to]


@pytest.mark.parametrize(
    ("payer", "ending", "kept"),
    [
        (HOST, Ending.HOST, True),
        (HOST, Ending.GUEST, True),
        (HOST, Ending.BUREAU, False),
        (GUEST, Ending.GUEST, True),
        (GUEST, Ending.HOST, False),
        (GUEST, Ending.BUREAU, False),
    ],
)
def test_g4_g9_late_the_money_stays_unless_somebody_else_decided_for_who_paid(
    sanne, evening, calendar, payer, ending, kept
):
    eva = along(evening, sanne, payer)
    pay(eva)
    calendar.move_to(evening.cancel_until + timedelta(hours=1))
    take_off(eva, ending, by=sanne.id)
    do_all()
    assert bill_of(eva).state is (BillState.PAID if kept else BillState.CREDITED)
    assert now(eva).fee_kept is kept


def test_g4_g9_a_guest_who_would_lose_the_fee_reads_so_first(client, sanne, evening, calendar):
    eva = along(evening, sanne, GUEST)
    pay(eva)
    warning = said("It is too late to do so for free: the fee is not paid back.")
    assert warning not in client.get(own_page(now(eva))).text
    calendar.move_to(evening.cancel_until + timedelta(hours=1))
    assert warning in client.get(own_page(now(eva))).text


def test_g9_p10_with_the_hosts_seat_go_those_of_the_guests_and_the_money_of_each(sanne, evening):
    eva, bas = along(evening, sanne, GUEST), along(evening, sanne, HOST, "bas@elders.example")
    pay(eva)
    with atomic():
        cancel_seat(queries.latest_booking(evening.id, sanne.id), by=sanne.id)
    do_all()
    assert brought(evening) == live(evening) == []
    assert (bill_of(eva).state, bill_of(bas).state) == (BillState.CREDITED, BillState.VOID)
    assert seats_add_up(evening)


def test_p10_g9_a_host_who_does_not_pay_loses_the_guests_too_who_get_their_money_back(sanne, evening, calendar):
    eva = along(evening, sanne, GUEST)
    pay(eva)
    calendar.shift(timedelta(hours=73))
    services.release_unpaid()
    do_all()
    assert (now(eva).state, now(eva).lapsed, now(eva).ending) == (BookingState.CANCELLED, False, Ending.WITH_HOST)
    assert bill_of(eva).state is BillState.CREDITED


def test_g1_g9_calling_off_gives_guests_their_money_back_too(sanne, evening, posted):
    eva, bas = along(evening, sanne, GUEST), along(evening, sanne, HOST, "bas@elders.example")
    pay(eva)
    with atomic():
        cancel_gathering(queries.any_gathering(evening.id), reason="De zaal is dicht.", by=sanne.id)
    do_all()
    assert (bill_of(eva).state, bill_of(bas).state) == (BillState.CREDITED, BillState.VOID)
    told = {mail.recipient: mail.text for mail in posted() if mail.template == "agenda/gathering_cancelled"}
    back = said("The fee that you paid goes back to you, the way you paid it. The credit note follows by mail.")
    assert back in told["eva@elders.example"]
    assert said("You need not pay the fee any more.") not in told["bas@elders.example"]


def test_p6_g9_a_disputed_fee_leaves_the_guests_seat_and_asks_anew(sanne, evening):
    eva = along(evening, sanne, GUEST)
    at_provider(pay(eva), Play.DISPUTE)
    assert (now(eva).state, now(eva).paid_at) == (BookingState.CONFIRMED, None)
    assert now(eva).pay_by == clock.now() + timedelta(hours=72)
    assert db.session.scalar(select(AuditEntry.id).where(AuditEntry.action == "guest.unpaid"))


def test_p10_g9_home_and_ones_own_seats_tell_what_a_guest_still_costs(client, host, evening):
    seated(client, evening)
    pay_own = client.get("/home").text.count("/pay")
    bring(client, evening)
    bring(client, evening, GUEST, email="bas@elders.example")
    (eva, bas) = brought(evening)
    for page in ("/home", "/agenda/mine"):
        text = client.get(page).text
        assert f"{page_of(evening)}/{eva.id}/pay" in text
        assert f"{page_of(evening)}/{bas.id}/pay" not in text
    assert pay_own
    pay(eva.id)
    assert f"{page_of(evening)}/{eva.id}/pay" not in client.get("/home").text


def test_p10_g9_the_bureau_sees_who_paid_at_the_door_in_lists_and_from_the_bill(client, sign_in, make_account, evening):
    sanne = make_member()
    eva, bas = along(evening, sanne, GUEST), along(evening, sanne, HOST, "bas@elders.example")
    bill = pay(eva)
    sign_in(client, make_account(roles=("coordinator", "treasurer")))
    export = client.get(f"/bureau/agenda/{evening.id}?format=csv&payment=unpaid").data.decode("utf-8-sig")
    assert "bas@elders.example" in export
    assert "eva@elders.example" not in export
    assert said("Paid") in client.get(f"/bureau/agenda/{evening.id}/guests").text
    assert client.get(f"/bureau/agenda/{evening.id}/door").text.count(said("Unpaid")) == 2
    assert said("The guest pays.") in client.get(f"/bureau/payments/{bill.id}").text
    assert statements(lambda: client.get(f"/bureau/agenda/{evening.id}/door")) <= 6
    assert now(bas).pay_by


def test_p10_g9_the_bureau_adds_a_guest_at_the_members_cost(client, sign_in, make_account, evening, posted):
    sanne = make_member()
    db.session.commit()
    with atomic():
        booking = book_seat(queries.published(evening.id), sanne.id, by=sanne.id)
    sign_in(client, make_account(roles=("coordinator",)))
    page = f"/bureau/agenda/{evening.id}/guests"
    client.post(page, data=EVA | {"host": str(booking.id), "payer": HOST, "fee": FEE})
    (eva,) = brought(evening)
    assert bill_of(eva.id).person_id == sanne.id
    assert "agenda/guest_fee" in templates(posted(sanne))
    assert said("Unpaid") in client.get(page).text


def test_l4_p10_with_the_name_goes_who_an_unpaid_bill_was_for_and_an_invoice_keeps_what_the_law_asks(
    sanne, evening, calendar, posted
):
    paid, unpaid = along(evening, sanne, GUEST), along(evening, sanne, GUEST, "bas@elders.example")
    pay(paid)
    take_off(unpaid, Ending.HOST, by=sanne.id)
    db.session.commit()
    calendar.move_to(evening.ends_at + timedelta(days=31))
    assert guests.forget_guests() == 2
    assert now(paid).name == ""
    assert bill_of(unpaid).buyer["name"] == bill_of(unpaid).buyer["email"] == ""
    assert (bill_of(paid).buyer["name"], bill_of(paid).gross_cents) == ("Eva Gast", GROSS)
    assert [one for one in posted() if "elders.example" in one.recipient] == []


def test_p10_the_log_never_holds_a_guests_name(client, sanne, evening):
    eva = along(evening, sanne, GUEST)
    client.post(pay_page(eva), data=ADDRESS | {"method": Method.TRANSFER})
    logged = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "payments.bill.addressed")).all()
    assert logged
    assert all("Gast" not in f"{one.before}{one.after}" for one in db.session.scalars(select(AuditEntry)))
    assert seat(now(eva).booking_id).state is BookingState.CONFIRMED
