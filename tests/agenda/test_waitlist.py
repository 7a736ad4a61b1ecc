"""G3: the waiting list: whose turn it is, offers with a held seat, the cutoff, leaving, and what peers got wrong."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.accounts.models import Account
from app.agenda import links, queries, services, waitlist_queries
from app.agenda.models import (
    BookingState,
    Cause,
    EntryState,
    Gathering,
    GatheringKind,
    Promotion,
    Step,
    WaitlistEntry,
    Wish,
)
from app.agenda.services.refusals import OfferOver
from app.core import clock
from app.core.db import db
from tests.golden import assert_mail_matches

from .conftest import NOW, in_line, live, make_gathering, make_member, said, seats_add_up

FAR = {"starts_at": NOW + timedelta(days=20)}


def book(gathering: Gathering, *people: Account, wish: Wish | None = None) -> list[Any]:
    found = []
    for person in people:
        if wish:
            services.choose_default_wish(person.id, wish)
        found.append(services.book_seat(gathering, person.id, by=person.id))
    return found


def give_back(gathering: Gathering, person: Account, **options: Any) -> None:
    services.cancel_seat(queries.latest_booking(gathering.id, person.id), by=person.id, **options)


def who(gathering: Gathering) -> list[Any]:
    return [one.account_id for one in live(gathering)]


def entry_of(gathering: Gathering, person: Account) -> WaitlistEntry:
    db.session.flush()
    return waitlist_queries.own_entry(gathering.id, viewer=person.id)


def log(gathering: Gathering) -> list[tuple[Step, Cause]]:
    db.session.flush()
    rows = db.session.scalars(select(Promotion).where(Promotion.gathering_id == gathering.id).order_by(Promotion.at))
    return [(one.step, one.cause) for one in rows]


@pytest.fixture
def people(app: Any) -> list[Account]:
    return [make_member() for _ in range(4)]


def test_g3_who_chose_so_is_seated_in_the_transaction_that_frees_the_seat(people):
    first, second, third, _fourth = people
    gathering = make_gathering(capacity=1, **FAR)
    book(gathering, first, second, third)
    give_back(gathering, first)
    assert who(gathering) == [second.id]
    assert [one.account_id for one in in_line(gathering)] == [third.id]
    assert entry_of(gathering, second).state is EntryState.SEATED
    assert seats_add_up(gathering)
    assert log(gathering) == [(Step.SEATED, Cause.SEAT_GIVEN_BACK)]


def test_g3_who_wants_to_be_asked_gets_an_offer_that_holds_the_seat(people):
    first, second, third, _fourth = people
    gathering = make_gathering(capacity=1, **FAR)
    book(gathering, first)
    book(gathering, second, wish=Wish.ASK)
    give_back(gathering, first)
    entry = entry_of(gathering, second)
    assert (entry.state, entry.offer_until) == (EntryState.OFFERED, NOW + timedelta(hours=24))
    assert not who(gathering)
    assert gathering.seats_taken == gathering.seats_held == 1
    assert isinstance(book(gathering, third)[0], WaitlistEntry)
    booking = services.accept_offer(entry.id, by=second.id)
    assert services.accept_offer(entry.id, by=second.id).id == booking.id
    assert who(gathering) == [second.id]
    assert seats_add_up(gathering)


def test_g3_within_48_hours_everybody_is_asked_and_the_offer_is_shorter(people, calendar):
    first, second, *_rest = people
    gathering = make_gathering(capacity=1, **FAR)
    book(gathering, first, second)
    calendar.move_to(gathering.starts_at - timedelta(hours=47))
    give_back(gathering, first, late_agreed=True)
    entry = entry_of(gathering, second)
    assert entry.state is EntryState.OFFERED
    assert entry.offer_until == clock.now() + timedelta(hours=6)


def test_g3_an_offer_that_nobody_answers_goes_on_to_the_next_and_the_sweep_may_run_twice(people, calendar):
    first, second, third, _fourth = people
    gathering = make_gathering(capacity=1, **FAR)
    book(gathering, first)
    book(gathering, second, third, wish=Wish.ASK)
    give_back(gathering, first)
    calendar.shift(timedelta(hours=24))
    db.session.commit()
    services.expire_offers()
    services.expire_offers()
    assert entry_of(gathering, second).state is EntryState.EXPIRED
    assert entry_of(gathering, third).state is EntryState.OFFERED
    assert seats_add_up(gathering)
    assert log(gathering)[-2:] == [(Step.EXPIRED, Cause.OFFER_EXPIRED), (Step.OFFERED, Cause.OFFER_EXPIRED)]
    with pytest.raises(OfferOver):
        services.accept_offer(entry_of(gathering, second).id, by=second.id)


def test_g3_a_declined_seat_goes_on_but_never_back_to_who_freed_it(people):
    first, second, third, _fourth = people
    gathering = make_gathering(capacity=1, **FAR)
    book(gathering, first)
    book(gathering, second, wish=Wish.ASK)
    give_back(gathering, first)
    book(gathering, first)
    services.leave(entry_of(gathering, second).id, by=second.id)
    services.leave(entry_of(gathering, second).id, by=second.id)
    assert entry_of(gathering, first).state is EntryState.WAITING
    assert not who(gathering)
    assert gathering.seats_taken == 0
    assert (Step.PASSED_OVER, Cause.OWN_SEAT) in log(gathering)
    book(gathering, third)
    assert who(gathering) == [third.id]


def test_g3_more_seats_promote_in_order_and_the_bureau_sees_it_first(people, client, sign_in, make_account):
    first, second, third, fourth = people
    gathering = make_gathering(capacity=1, **FAR)
    book(gathering, first, second)
    book(gathering, third, wish=Wish.ASK)
    book(gathering, fourth)
    sign_in(client, make_account(roles=("coordinator",)))
    address = f"/bureau/agenda/{gathering.id}/seats"
    preview = client.post(address, data={"capacity": "3"})
    assert preview.status_code == 200
    for person, shown in ((second, True), (third, True), (fourth, False)):
        assert (f"{person.given_name} {person.family_name}" in preview.text) is shown
    assert who(gathering) == [first.id]
    assert client.post(address, data={"capacity": "3", "confirmed": "3"}).status_code == 303
    assert who(gathering) == [first.id, second.id]
    assert entry_of(gathering, third).state is EntryState.OFFERED
    assert entry_of(gathering, fourth).state is EntryState.WAITING
    assert log(gathering) == [(Step.SEATED, Cause.SEATS_ADDED), (Step.OFFERED, Cause.SEATS_ADDED)]
    refused = client.post(address, data={"capacity": "2"})
    assert refused.status_code == 422
    assert client.post(address, data={"capacity": "tien"}).status_code == 422
    assert seats_add_up(gathering)


def test_g3_who_is_no_member_that_day_or_sits_elsewhere_keeps_the_place_and_is_passed_over(people, app):
    first, _lapsing, elsewhere, fourth = people
    gathering = make_gathering(capacity=1, **FAR)
    book(gathering, first, elsewhere, fourth)
    book(make_gathering(title="Elders", **FAR), elsewhere)
    give_back(gathering, first)
    assert who(gathering) == [fourth.id]
    assert entry_of(gathering, elsewhere).state is EntryState.WAITING
    assert (Step.PASSED_OVER, Cause.OVERLAP) in log(gathering)


def test_g3_position_counts_who_still_waits(people, client, sign_in):
    first, second, third, fourth = people
    gathering = make_gathering(capacity=1, **FAR)
    book(gathering, first, second, third, fourth)
    services.leave(entry_of(gathering, second).id, by=second.id)
    sign_in(client, fourth)
    page = client.get(f"/agenda/{gathering.id}").text
    assert said("You are number %(number)s on the waiting list", number=2) in page


def test_g3_odds_are_told_as_a_count_of_the_past_and_not_at_all_when_there_is_too_little(people):
    first, second, third, _fourth = people
    kind = GatheringKind.KNOWLEDGE_SESSION
    assert not waitlist_queries.odds(kind, 1).known
    for number in range(4):
        gathering = make_gathering(capacity=1, starts_at=NOW + timedelta(days=5 + number))
        book(gathering, first, second, third)
        if number < 3:
            give_back(gathering, first)
        gathering.starts_at, gathering.ends_at = NOW - timedelta(days=number + 1), NOW - timedelta(days=number)
        gathering.cancel_until = gathering.starts_at
    db.session.flush()
    found = waitlist_queries.odds(kind, 1)
    assert (found.reached, found.total, found.known) == (3, 4, True)
    assert waitlist_queries.odds(kind, 2).reached == 0


def test_g3_the_choice_holds_for_new_lists_and_can_differ_for_one(people, client, sign_in):
    first, second, *_rest = people
    gathering = make_gathering(capacity=1, **FAR)
    book(gathering, first)
    sign_in(client, second)
    assert client.post("/agenda/waitlist/wish", data={"wish": "ask"}).status_code == 303
    book(gathering, second)
    assert entry_of(gathering, second).wish is Wish.ASK
    client.post(f"/agenda/{gathering.id}/waitlist/wish", data={"wish": "automatic"})
    assert entry_of(gathering, second).wish is Wish.AUTOMATIC
    client.post(f"/agenda/{gathering.id}/waitlist/wish", data={"wish": "nonsense"})
    assert entry_of(gathering, second).wish is Wish.AUTOMATIC
    assert waitlist_queries.wish_of(second.id) is Wish.ASK


def test_g3_an_offer_is_answered_by_the_link_in_the_mail_and_looking_answers_nothing(people, app):
    first, second, third, _fourth = people
    gathering = make_gathering(capacity=1, **FAR)
    book(gathering, first)
    book(gathering, second, third, wish=Wish.ASK)
    give_back(gathering, first)
    entry, visitor = entry_of(gathering, second), app.test_client()
    address = f"/agenda/answer/{links.place_token(entry.id)}"
    assert visitor.get(address).status_code == 200
    assert entry_of(gathering, second).state is EntryState.OFFERED
    assert visitor.post(address, data={"answer": "nonsense"}).status_code == 303
    assert visitor.post(address, data={"answer": "leave"}, follow_redirects=True).status_code == 200
    assert entry_of(gathering, second).state is EntryState.DECLINED
    late = visitor.post(address, data={"answer": "accept"})
    assert late.status_code == 409
    theirs = f"/agenda/answer/{links.place_token(entry_of(gathering, third).id)}"
    visitor.post(theirs, data={"answer": "accept"})
    assert who(gathering) == [third.id]
    assert visitor.get(f"/agenda/answer/{links.booking_token(gathering.id, second.id)}").status_code == 404


def test_g3_a_place_is_its_owners_own(people, client, sign_in):
    first, second, third, _fourth = people
    gathering = make_gathering(capacity=1, **FAR)
    book(gathering, first, second)
    sign_in(client, third)
    for act in ("leave", "accept", "wish"):
        assert client.post(f"/agenda/{gathering.id}/waitlist/{act}", data={"wish": "ask"}).status_code == 404
    assert entry_of(gathering, second).state is EntryState.WAITING


def test_g3_calling_off_ends_the_list_frees_what_was_held_and_tells_who_waited(people, posted, do_jobs):
    first, second, *_rest = people
    third = make_member(given_name="Sanne", family_name="Verhoeven", email="sanne@voorbeeld.example")
    gathering = make_gathering(capacity=1, **FAR)
    book(gathering, first)
    book(gathering, second, third, wish=Wish.ASK)
    give_back(gathering, first)
    services.cancel_gathering(gathering, reason="De spreker is ziek.", by=first.id)
    assert not in_line(gathering)
    assert seats_add_up(gathering)
    db.session.commit()
    do_jobs()
    for person in (second, third):
        assert [mail.template for mail in posted(person)].count("agenda/waitlist_over") == 1
    assert "agenda/seat_offered" not in [mail.template for mail in posted(second)]
    assert_mail_matches(next(m for m in posted(third) if m.template == "agenda/waitlist_over"), "agenda_waitlist_over")


def test_g3_the_bureau_reads_why_each_promotion_happened(people, client, sign_in, make_account):
    first, second, third, _fourth = people
    gathering = make_gathering(capacity=1, **FAR)
    book(gathering, first, second, third)
    give_back(gathering, first)
    sign_in(client, make_account(roles=("coordinator",)))
    page = client.get(f"/bureau/agenda/{gathering.id}/waitlist").text
    name = f"{first.given_name} {first.family_name}"
    assert said("The seat of %(freed_by)s came free.", freed_by=name) in page
    assert said("Waits") in page


def test_g3_my_pages_show_where_i_wait_and_what_wants_an_answer(people, client, sign_in):
    first, second, *_rest = people
    gathering = make_gathering(capacity=1, **FAR)
    book(gathering, first)
    book(gathering, second, wish=Wish.ASK)
    sign_in(client, second)
    for address in ("/home", "/agenda/mine"):
        assert said("On the waiting list") in client.get(address).text
    give_back(gathering, first)
    for address in ("/home", "/agenda/mine", f"/agenda/{gathering.id}"):
        assert f'action="/agenda/{gathering.id}/waitlist/accept"' in client.get(address).text
    assert said("A seat is held for you") in client.get("/agenda").text
    client.post(f"/agenda/{gathering.id}/waitlist/accept")
    assert who(gathering) == [second.id]


@pytest.mark.parametrize("locale", ["nl", "en"])
def test_g3_the_mails_read_as_they_should(app, posted, do_jobs, calendar, locale):
    sanne = make_member(given_name="Sanne", family_name="Verhoeven", email="sanne@voorbeeld.example", locale=locale)
    first = make_member()
    gathering = make_gathering(capacity=1, **FAR)
    other = make_gathering(capacity=1, title="Een tweede", starts_at=NOW + timedelta(days=30))
    book(gathering, first)
    book(gathering, sanne, wish=Wish.ASK)
    give_back(gathering, first)
    db.session.commit()
    do_jobs()
    calendar.shift(timedelta(hours=25))
    do_jobs()
    services.expire_offers()
    book(other, first)
    book(other, sanne, wish=Wish.AUTOMATIC)
    give_back(other, first)
    calendar.shift(timedelta(minutes=1))
    third = make_gathering(capacity=1, title="Een derde", starts_at=NOW + timedelta(days=33))
    book(third, first, sanne)
    services.leave(entry_of(third, sanne).id, by=sanne.id)
    db.session.commit()
    do_jobs()
    do_jobs()
    found = {mail.template.rpartition("/")[2]: mail for mail in posted(sanne)}
    for name in ("waitlist_joined", "seat_offered", "offer_expired", "seat_promoted", "waitlist_left"):
        assert_mail_matches(found[name], f"agenda_{name}")
    assert [mail.template for mail in posted(sanne)].count("agenda/seat_promoted") == 1
    assert found["seat_promoted"].attachments


def test_peer_pretix_1163_who_got_a_seat_from_the_list_and_gave_it_back_is_not_offered_it_again(
    people, do_jobs, posted
):
    """pretix#1163: somebody cancels the order made with a waiting list voucher and is sent a new voucher."""
    first, second, third, _fourth = people
    gathering = make_gathering(capacity=1, **FAR)
    book(gathering, first, second)
    give_back(gathering, first)
    give_back(gathering, second)
    assert not in_line(gathering)
    assert gathering.seats_taken == 0
    book(gathering, third)
    book(gathering, second)
    give_back(gathering, third)
    assert who(gathering) == [second.id]
    give_back(gathering, second)
    db.session.commit()
    do_jobs()
    assert not who(gathering)
    assert "agenda/seat_offered" not in [mail.template for mail in posted(second)]


def test_peer_pretix_837_who_waits_can_leave_by_page_and_by_mail_while_waiting_and_when_chosen(people, client, sign_in):
    """pretix#837: people asked to remove themselves, while still waiting and after being chosen."""
    first, second, third, fourth = people
    gathering = make_gathering(capacity=1, **FAR)
    book(gathering, first, second, third)
    book(gathering, fourth, wish=Wish.ASK)
    sign_in(client, second)
    assert client.post(f"/agenda/{gathering.id}/waitlist/leave").status_code == 303
    client.post(f"/agenda/answer/{links.place_token(entry_of(gathering, third).id)}", data={"answer": "leave"})
    give_back(gathering, first)
    client.post(f"/agenda/answer/{links.place_token(entry_of(gathering, fourth).id)}", data={"answer": "leave"})
    states = [entry_of(gathering, one).state for one in (second, third, fourth)]
    assert states == [EntryState.LEFT, EntryState.LEFT, EntryState.DECLINED]
    assert gathering.seats_taken == 0


def test_peer_pretix_1031_nobody_is_promoted_once_it_has_begun(people, calendar):
    """pretix#1031: a voucher was sent a quarter of an hour after the start."""
    first, second, *_rest = people
    gathering = make_gathering(capacity=1, **FAR)
    book(gathering, first)
    book(gathering, second, wish=Wish.ASK)
    calendar.move_to(gathering.starts_at + timedelta(minutes=15))
    services.change_seats(gathering, 5, by=first.id)
    assert who(gathering) == [first.id]
    db.session.commit()
    services.expire_offers()
    assert entry_of(gathering, second).state is EntryState.OVER
    assert not log(gathering)


def test_peer_pretix_681_nobody_is_promoted_past_the_cutoff_and_the_seat_is_for_who_is_first(people, calendar):
    """pretix#681: vouchers went out after the last moment at which they could be used."""
    first, second, *_rest = people
    gathering = make_gathering(capacity=1, **FAR)
    book(gathering, first, second)
    calendar.move_to(gathering.starts_at - timedelta(hours=6))
    give_back(gathering, first, late_agreed=True)
    assert entry_of(gathering, second).state is EntryState.WAITING
    assert gathering.seats_taken == 0
    book(gathering, second)
    assert who(gathering) == [second.id]
    assert entry_of(gathering, second).state is EntryState.SEATED
    assert seats_add_up(gathering)


def test_peer_pretix_681_no_offer_is_made_that_nobody_has_the_time_to_answer(people, calendar):
    first, second, *_rest = people
    gathering = make_gathering(capacity=1, **FAR)
    book(gathering, first, second)
    calendar.move_to(gathering.starts_at - timedelta(hours=6, minutes=30))
    give_back(gathering, first, late_agreed=True)
    assert entry_of(gathering, second).state is EntryState.WAITING


def test_peer_hievents_218_cancelling_twice_never_makes_the_number_of_seats_negative(people):
    """Hi.Events#218: cancelling an order with a cancelled attendee made the capacity negative."""
    first, second, *_rest = people
    gathering = make_gathering(capacity=2, **FAR)
    book(gathering, first, second)
    booking = queries.latest_booking(gathering.id, first.id)
    for _ in range(3):
        services.cancel_seat(booking, by=first.id)
    assert booking.state is BookingState.CANCELLED
    assert gathering.seats_taken == 1
    assert seats_add_up(gathering)


def test_peer_concrexit_431_a_letter_that_was_held_up_for_months_is_not_sent_any_more(
    people, calendar, do_jobs, posted
):
    """concrexit#431: mail about a place on a list came long after the event."""
    first, second, third, fourth = people
    gathering = make_gathering(capacity=2, **FAR)
    book(gathering, first, fourth, second)
    book(gathering, third, wish=Wish.ASK)
    give_back(gathering, first)
    give_back(gathering, fourth)
    db.session.commit()
    calendar.shift(timedelta(days=120))
    do_jobs()
    assert [mail.template for mail in posted(second)] == ["agenda/waitlist_joined"]
    assert [mail.template for mail in posted(third)] == ["agenda/waitlist_joined"]


def test_peer_indico_3036_a_free_seat_is_given_by_itself_in_order_of_arrival(people):
    """indico#3036: asked for since 2017: people wait, and automatically get the place that comes free."""
    first, second, third, fourth = people
    gathering = make_gathering(capacity=2, **FAR)
    book(gathering, first, second, third, fourth)
    give_back(gathering, second)
    give_back(gathering, first)
    assert who(gathering) == [third.id, fourth.id]
    assert not in_line(gathering)
