"""P10: a seat that is still to be paid is nowhere shown as one's own, and the log tells truly who sent money back."""

from __future__ import annotations

from typing import Any

import pytest

from app.agenda import links, services
from app.agenda.models import Gathering
from app.core.db import atomic, db

from .conftest import make_gathering, make_member, said
from .test_fees import booked, pay


@pytest.fixture
def gathering(app: Any) -> Gathering:
    return make_gathering(fee_cents=95_00)


@pytest.fixture
def member(client: Any, sign_in: Any) -> Any:
    return sign_in(client, make_member(given_name="Sanne", family_name="Verhoeven", email="sanne@voorbeeld.example"))


def test_p10_lists_and_pages_say_that_a_seat_is_still_to_be_paid_until_it_is(client, member, gathering):
    make_gathering(title="Gratis")
    seat = booked(gathering, member)
    by_link = links.booking_address(gathering.id, member.id).removeprefix("http://localhost:5000")
    addresses = ("/agenda", f"/agenda/{gathering.id}", by_link)
    for address in addresses:
        page = client.get(address).text
        assert said("Your seat is still to be paid") in page
        assert said("You have a seat") not in page
    assert said("Still to be paid") in client.get("/agenda/month?month=2027-01").text
    pay(seat)
    for address in (*addresses, "/agenda/month?month=2027-01"):
        page = client.get(address).text
        assert said("Your seat is still to be paid") not in page
        assert said("You have a seat") in page


def test_p10_money_that_follows_a_seat_is_not_said_to_be_ordered_by_the_member(
    client, member, gathering, sign_in, make_account
):
    seat = booked(gathering, member)
    pay(seat)
    db.session.commit()
    client.post(f"/agenda/{gathering.id}/cancel")
    sign_in(client, make_account(roles=("administrator",)))
    log = client.get("/bureau/audit").text
    assert "Sanne Verhoeven gaf opdracht" not in log
    assert "gaf opdracht om" in log
    assert "114,95" in log
    assert "De plaats bij “Veranderen zonder macht” is teruggegeven." in log


def test_p10_what_the_bureau_gives_back_for_somebody_is_its_own_deed(client, member, gathering, sign_in, make_account):
    seat = booked(gathering, member)
    pay(seat)
    bert = make_account(given_name="Bert", family_name="Bureau", roles=("administrator",))
    db.session.commit()
    with atomic():
        services.cancel_seat(seat, by=bert.id)
    sign_in(client, bert)
    assert "Bert Bureau gaf opdracht om" in client.get("/bureau/audit").text
