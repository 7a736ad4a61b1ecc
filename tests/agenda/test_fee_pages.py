"""P10: the pages on which a seat is paid for, and that tell who paid: the link in the mail, one's own, the bureau's."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.agenda import links
from app.agenda.services import release_unpaid
from app.core.db import db
from app.core.formats import moment
from app.core.i18n import speaking
from app.payments.models import Attempt

from .conftest import live, make_gathering, make_member, said
from .test_fees import FEE, WORDS, bill_of, booked, do_all, pay, seat
from .test_pages import MOST_QUERIES, statements


@pytest.fixture
def gathering(app):
    return make_gathering(fee_cents=FEE)


@pytest.fixture
def member(client, sign_in):
    return sign_in(client, make_member(given_name="Sanne", family_name="Verhoeven", email="sanne@voorbeeld.example"))


def test_p10_the_link_in_the_mail_pays_without_signing_in(client, gathering):
    mine = booked(gathering)
    address = links.pay_address(mine.id).removeprefix("http://localhost:5000")
    page = client.get(address)
    assert "€\u00a0114,95" in page.text
    assert page.headers["Cache-Control"] == "no-store"
    testpage = client.post(address, data={"method": "ideal"}).location
    client.post(testpage, data={"move": "pay"})
    do_all()
    done = client.get(address, follow_redirects=True).text
    assert said("Your payment is in") in done
    assert client.get("/agenda/pay/verzonnen").status_code == 404
    assert client.get("/agenda/pay/verzonnen/done").status_code == 404


def test_p10_by_the_link_a_transfer_is_told_and_a_seat_that_is_gone_asks_nothing(client, gathering, calendar):
    mine = booked(gathering)
    address = links.pay_address(mine.id).removeprefix("http://localhost:5000")
    told = client.post(address, data={"method": "transfer"}, follow_redirects=True).text
    assert "IBAN" in told
    calendar.shift(timedelta(days=6))
    release_unpaid()
    gone = client.get(address, follow_redirects=True).text
    assert said("You no longer have this seat. On the page of the gathering you see whether there is another.") in gone


def test_p10_somebody_elses_seat_is_nobody_elses_to_pay(client, member, gathering):
    mine = booked(gathering)
    assert client.get(f"/agenda/bookings/{mine.id}/pay").status_code == 404
    assert client.get(f"/pay/{bill_of(mine).id}").status_code == 404


def test_g1_ones_own_seats_tell_what_is_still_to_be_paid(client, member, gathering):
    client.post(f"/agenda/{gathering.id}/book", data={"fee": FEE})
    (mine,) = live(gathering)
    with speaking("nl"):
        until = moment(mine.pay_by)
    for page in ("/agenda/mine", "/home"):
        text = client.get(page).text
        assert said("To be paid by %(moment)s", moment=until) in text
        assert f"/agenda/bookings/{mine.id}/pay" in text
    pay(mine)
    assert said("To be paid by %(moment)s", moment=until) not in client.get("/agenda/mine").text


def test_b1_staff_see_who_paid_and_the_treasurer_is_led_to_the_session(client, sign_in, make_account, gathering):
    mine, other = booked(gathering), booked(gathering)
    bill = pay(mine)
    sign_in(client, make_account(roles=("coordinator", "treasurer")))
    page = client.get(f"/bureau/agenda/{gathering.id}").text
    assert WORDS in page
    assert said("Unpaid") in page
    assert statements(lambda: client.get(f"/bureau/agenda/{gathering.id}")) <= 9
    export = client.get(f"/bureau/agenda/{gathering.id}?format=csv&payment=unpaid").data.decode("utf-8-sig")
    assert len(export.splitlines()) == 2
    assert f'href="/bureau/agenda/{gathering.id}"' in client.get(f"/bureau/payments/{bill.id}").text
    assert seat(other).pay_by is not None


def test_the_pages_of_a_session_with_a_fee_stay_within_their_budget(client, member, gathering):
    db.session.commit()
    assert statements(lambda: client.get(f"/agenda/{gathering.id}")) <= MOST_QUERIES
    assert db.session.scalar(select(Attempt.id)) is None
