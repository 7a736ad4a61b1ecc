"""G9: a member who has a seat brings guests: within what is left, once per address, and never one seat too many."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest

from app.agenda import links, services
from app.agenda.guests import queries
from app.agenda.guests import services as guests
from app.agenda.guests.refusals import NoSeatForGuest
from app.agenda.guests.services import Person
from app.agenda.models import SeatMode
from app.audit.models import AuditEntry
from app.core import clock
from app.core.db import db
from app.membership.models import Benefit
from app.membership.queries import value

from .conftest import NOW, brought, in_line, live, make_gathering, make_member, said, seats_add_up
from .test_mails import details
from .test_pages import MOST_QUERIES, statements

EVA = {"given_name": "Eva", "family_name": "Gast", "email": "eva@elders.example", "locale": "nl"}


@pytest.fixture
def sanne(app):
    return make_member(given_name="Sanne", family_name="Verhoeven", email="sanne@voorbeeld.example")


@pytest.fixture
def host(client, sign_in, sanne):
    return sign_in(client, sanne)


@pytest.fixture
def bureau(make_account):
    return make_account(roles=("coordinator",))


@pytest.fixture
def evening(app):
    return make_gathering()


def seated(gathering, person):
    return services.book_seat(gathering, person.id, by=person.id)


def page_of(gathering):
    return f"/agenda/{gathering.id}/guests"


def bring(client, gathering, **changes):
    return client.post(page_of(gathering), data=EVA | changes, follow_redirects=True)


def someone(email="eva@elders.example", **changes):
    return Person(**{"given_name": "Eva", "family_name": "Gast", "email": email} | changes)


def added(gathering, host, **changes):
    booking = services.book_seat(gathering, host.id, by=host.id)
    return guests.add_guest(booking.id, someone(**changes), by=host.id)


def own_page(guest):
    return "/guest/" + links.guest_token(guest.id, guest.email)


def test_g9_a_guest_gets_a_seat_a_number_and_an_invitation_in_the_name_of_the_host(client, host, evening, posted):
    seated(evening, host)
    answer = bring(client, evening)
    assert said("%(name)s has a seat. The invitation with the ticket is on its way.", name="Eva Gast") in answer.text
    (eva,) = brought(evening)
    assert (eva.name, eva.email, eva.seq, eva.locale) == ("Eva Gast", "eva@elders.example", 2, "nl")
    assert evening.seats_taken == 2
    assert seats_add_up(evening)
    (mail,) = [one for one in posted() if one.recipient == "eva@elders.example"]
    assert "Sanne Verhoeven" in mail.text
    assert (mail.about_id, mail.account_id) == (evening.id, None)


def test_g9_a_second_click_brings_nobody_twice(client, host, evening):
    seated(evening, host)
    bring(client, evening)
    bring(client, evening, email="EVA@elders.example")
    assert len(brought(evening)) == 1
    assert evening.seats_taken == 2


def test_g9_whoever_has_no_seat_brings_nobody_and_reads_what_to_do(client, host, evening):
    answer = bring(client, evening)
    assert answer.status_code == 409
    assert said("You bring guests along with a seat of your own. Book your own seat first.") in answer.text
    assert brought(evening) == []


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ({"guest_limit": 0}, "At this gathering there is no room for guests."),
        ({"guests_from": NOW + timedelta(days=3)}, "Members come first. You can bring guests from %(moment)s on."),
    ],
)
def test_g9_no_guests_where_the_bureau_wants_none_or_not_yet(client, host, how, reason):
    gathering = make_gathering(**how)
    seated(gathering, host)
    answer = bring(client, gathering)
    assert answer.status_code == 422
    assert said(reason).split("%")[0] in answer.text
    assert brought(gathering) == []


def test_g9_the_limit_of_the_gathering_holds_per_member(client, host, sanne):
    gathering = make_gathering(guest_limit=1)
    seated(gathering, host)
    bring(client, gathering)
    answer = bring(client, gathering, email="tweede@elders.example")
    assert said("You can bring one guest to this gathering.") in answer.text
    other = make_member()
    added(gathering, other, email="derde@elders.example")
    assert len(brought(gathering)) == 2


def test_m5_g9_the_years_guests_are_counted_across_gatherings_and_those_who_decline_are_not(client, host):
    gatherings = [make_gathering(starts_at=NOW + timedelta(days=day)) for day in range(2, 7)]
    for gathering in gatherings:
        seated(gathering, host)
    for number, gathering in enumerate(gatherings[:3]):
        bring(client, gathering, email=f"gast{number}@elders.example")
    refused = bring(client, gatherings[3], email="vierde@elders.example")
    assert "horen 3 introducés per jaar" in refused.text
    assert brought(gatherings[3]) == []
    today = clock.today()
    assert queries.used(host.id, today, today + timedelta(days=30)) == 3
    assert value._counts[Benefit.GUESTS] is queries.used
    (first,) = brought(gatherings[0])
    client.post(own_page(first))
    bring(client, gatherings[3], email="vierde@elders.example")
    assert len(brought(gatherings[3])) == 1


def test_g9_a_members_address_gets_the_advice_to_book_and_a_guest_of_somebody_else_is_not_invited_twice(
    client, host, evening
):
    seated(evening, host)
    make_member(email="lid@voorbeeld.example")
    answer = bring(client, evening, email="Lid@voorbeeld.example")
    assert "Dit adres is van een lid van de kring" in answer.text
    assert 'href="#email"' in answer.text
    added(evening, make_member(), email="eva@elders.example")
    assert said("A guest with this address has a seat at this gathering already.") in bring(client, evening).text
    assert len(brought(evening)) == 1


def test_g9_when_all_seats_are_taken_there_is_no_waiting_list_for_guests_and_the_page_says_so(client, host):
    gathering = make_gathering(capacity=1)
    seated(gathering, host)
    assert "Voor introducés is er geen wachtlijst" in client.get(page_of(gathering)).text
    assert "Voor introducés is er geen wachtlijst" in bring(client, gathering).text
    assert brought(gathering) == []
    assert in_line(gathering) == []


def test_g9_a_name_is_put_right_without_a_mail_and_an_address_with_one_to_each(client, host, evening, posted):
    eva = added(evening, host)
    old_page = own_page(eva)
    change = f"{page_of(evening)}/{eva.id}"
    client.post(change, data=EVA | {"family_name": "Gast-Smit"})
    assert len([one for one in posted() if "elders" in one.recipient]) == 1
    client.post(change, data=EVA | {"family_name": "Gast-Smit", "email": "eva.gast@elders.example"})
    told = {(one.recipient, one.template) for one in posted() if "elders" in one.recipient}
    assert told == {
        ("eva@elders.example", "agenda/guest_invited"),
        ("eva@elders.example", "agenda/guest_released"),
        ("eva.gast@elders.example", "agenda/guest_invited"),
    }
    (eva,) = brought(evening)
    assert (eva.name, evening.seats_taken) == ("Eva Gast-Smit", 2)
    assert client.get(old_page).status_code == 404
    assert client.get(own_page(eva)).status_code == 200


def test_g9_taking_a_guest_off_gives_the_seat_to_who_waits_at_once(client, host):
    gathering = make_gathering(capacity=2)
    eva, waiting = added(gathering, host), make_member()
    seated(gathering, waiting)
    assert len(in_line(gathering)) == 1
    client.post(f"{page_of(gathering)}/{eva.id}/remove")
    assert [one.account_id for one in live(gathering)] == [host.id, waiting.id]
    assert brought(gathering) == []
    assert seats_add_up(gathering)


def test_g9_somebody_elses_guest_does_not_exist(client, sign_in, sanne, evening):
    eva = added(evening, sanne)
    other = sign_in(client, make_member())
    seated(evening, other)
    for path, method in ((f"/{eva.id}", "get"), (f"/{eva.id}", "post"), (f"/{eva.id}/remove", "post")):
        assert getattr(client, method)(page_of(evening) + path).status_code == 404
    assert client.post(f"{page_of(make_gathering())}/{eva.id}/remove").status_code == 404
    assert len(brought(evening)) == 1


def test_g9_without_signing_in_the_link_shows_the_ticket_and_looking_changes_nothing(client, sanne, evening):
    eva = added(evening, sanne)
    page = client.get(own_page(eva))
    assert page.status_code == 200
    for told in ("<svg", evening.title, "Sanne Verhoeven", "Eva Gast"):
        assert told in page.text
    assert (page.headers["Cache-Control"], page.headers["X-Robots-Tag"]) == ("no-store", "noindex")
    assert len(brought(evening)) == 1


def test_g9_declining_by_the_link_frees_the_seat_for_the_next_in_the_same_transaction(client, sanne, posted):
    gathering = make_gathering(capacity=2)
    eva, waiting = added(gathering, sanne), make_member()
    seated(gathering, waiting)
    page = client.post(own_page(eva), follow_redirects=True)
    assert said("This ticket is no longer valid") in page.text
    client.post(own_page(eva))
    assert [one.account_id for one in live(gathering)] == [sanne.id, waiting.id]
    assert seats_add_up(gathering)
    assert [one.template for one in posted() if one.recipient == eva.email].count("agenda/guest_released") == 1


def test_g9_a_link_that_nobody_signed_or_that_was_for_something_else_is_not_found(client, sanne, evening):
    eva = added(evening, sanne)
    for token in (
        "x",
        links.ticket_token(eva.id),
        links.guest_token(uuid4(), eva.email),
        links.guest_token(eva.id, "ander@elders.example"),
    ):
        assert client.get(f"/guest/{token}").status_code == 404
        assert client.post(f"/guest/{token}").status_code == 404
    assert len(brought(evening)) == 1


def test_g9_who_gives_a_seat_back_reads_first_which_guests_lose_theirs(client, host, evening, posted):
    eva = added(evening, host)
    answer = client.post(f"/agenda/{evening.id}/cancel", follow_redirects=True)
    assert "Eva Gast" in answer.text
    assert said("They are told at once by mail.") in answer.text
    assert len(live(evening)) == len(brought(evening)) == 1
    client.post(f"/agenda/{evening.id}/cancel-with-guests")
    assert live(evening) == brought(evening) == []
    assert evening.seats_taken == 0
    assert "agenda/guest_released" in {one.template for one in posted() if one.recipient == eva.email}


def test_g9_late_the_terms_and_the_guests_stand_on_one_page(client, host, calendar):
    gathering = make_gathering(cancel_until=NOW + timedelta(days=1))
    added(gathering, host)
    calendar.shift(timedelta(days=2))
    page = client.post(f"/agenda/{gathering.id}/cancel", follow_redirects=True)
    assert page.request.path.endswith("/cancel-late")
    assert "Eva Gast" in page.text
    client.post(f"/agenda/{gathering.id}/cancel-late", data={"agreed": "y"})
    assert live(gathering) == brought(gathering) == []


def test_g9_the_seats_of_host_and_guests_go_to_who_waits(client, host):
    gathering = make_gathering(capacity=2)
    added(gathering, host)
    waiting = [make_member() for _ in range(3)]
    for person in waiting:
        seated(gathering, person)
    client.post(f"/agenda/{gathering.id}/cancel-with-guests")
    assert {one.account_id for one in live(gathering)} == {one.id for one in waiting[:2]}
    assert seats_add_up(gathering)


def test_g1_g9_a_guest_takes_part_as_the_host_does_and_moves_along_when_one_way_is_left(sanne, bureau):
    gathering = make_gathering(online_url="https://meet.example/kring", capacity=5, online_capacity=2)
    seat = services.book_seat(gathering, sanne.id, by=sanne.id, mode=SeatMode.ONLINE)
    guests.add_guest(seat.id, someone(), by=sanne.id)
    (eva,) = brought(gathering)
    assert (eva.mode, gathering.online_taken, gathering.seats_taken) == (SeatMode.ONLINE, 2, 0)
    assert seats_add_up(gathering)
    with pytest.raises(NoSeatForGuest):
        guests.add_guest(seat.id, someone("b@elders.example"), by=bureau.id, by_bureau=True)
    services.revise_gathering(gathering, details(gathering, online_url="", online_capacity=None), by=bureau.id)
    (eva,) = brought(gathering)
    assert (eva.mode, eva.moves, gathering.seats_taken) == (SeatMode.ON_SITE, 1, 2)
    assert seats_add_up(gathering)


def test_g9_the_bureau_adds_and_takes_off_bound_by_the_seats_alone(client, sign_in, bureau, sanne):
    gathering = make_gathering(guest_limit=0, capacity=2)
    seat = seated(gathering, sanne)
    sign_in(client, bureau)
    page = f"/bureau/agenda/{gathering.id}/guests"
    assert client.post(page, data=EVA | {"host": str(seat.id)}).status_code == 303
    (eva,) = brought(gathering)
    assert client.post(page, data=EVA | {"host": str(seat.id), "email": "b@elders.example"}).status_code == 422
    shown = client.get(f"/bureau/agenda/{gathering.id}").text
    assert "Eva Gast" in shown
    assert "Eva Gast" in client.get(page).text
    exported = client.get(f"/bureau/agenda/{gathering.id}?export=csv").text
    assert "Eva Gast" in exported
    assert exported.count("Sanne Verhoeven") == 2
    client.post(f"{page}/{eva.id}/remove")
    assert brought(gathering) == []
    assert client.post(f"/bureau/agenda/{make_gathering().id}/guests/{eva.id}/remove").status_code == 404


def test_g9_the_bureau_puts_a_name_right_and_the_host_keeps_the_guest(client, sign_in, bureau, sanne, evening):
    eva = added(evening, sanne)
    page = f"/bureau/agenda/{evening.id}/guests/{eva.id}"
    sign_in(client, bureau)
    assert 'value="Gast"' in client.get(page).text
    assert client.post(page, data=EVA | {"email": "geen adres"}).status_code == 422
    client.post(page, data=EVA | {"family_name": "Gast-Smit"})
    assert brought(evening)[0].name == "Eva Gast-Smit"
    assert client.get(page.replace(str(evening.id), str(make_gathering().id))).status_code == 404
    sign_in(client, sanne)
    assert client.get(page).status_code == 404


def test_g9_a_member_cannot_reach_the_bureaus_page_of_guests(client, host, evening):
    assert client.get(f"/bureau/agenda/{evening.id}/guests").status_code == 404


def test_l4_a_month_later_name_and_address_are_gone_the_link_is_dead_and_the_count_stays(
    app, client, sanne, evening, posted, calendar
):
    eva = added(evening, sanne)
    page = own_page(eva)
    db.session.commit()
    calendar.move_to(evening.ends_at + timedelta(days=29), tick=False)
    assert guests.forget_guests() == 0
    calendar.shift(timedelta(days=2))
    told = app.test_cli_runner().invoke(args=["agenda", "forget-guests", "--dry-run"])
    assert told.output.startswith("1 ")
    assert brought(evening)[0].email
    assert app.test_cli_runner().invoke(args=["agenda", "forget-guests"]).output.startswith("1 ")
    (kept,) = brought(evening)
    assert (kept.name, kept.email, kept.forgotten_at) == ("", "", clock.now())
    assert client.get(page).status_code == 404
    everything = "".join(f"{one.recipient}{one.recipient_name}{one.text}{one.html}{one.subject}" for one in posted())
    assert "elders.example" not in everything
    assert "Eva" not in everything
    assert queries.used(sanne.id, evening.starts_at.date(), evening.starts_at.date()) == 1
    assert guests.forget_guests() == 0


def test_b6_the_log_tells_of_guests_and_never_their_names(client, host, evening, posted):
    eva = added(evening, host)
    guests.change_guest(eva.id, someone(given_name="Evelien"), by=host.id)
    client.post(own_page(eva))
    db.session.expire_all()
    rows = [one for one in db.session.query(AuditEntry) if one.action.startswith("guest.")]
    assert [one.action for one in rows] == ["guest.added", "guest.changed", "guest.declined"]
    assert not any(word in str((one.before, one.after)) for one in rows for word in ("Eva", "Eve", "elders"))


def test_g9_the_pages_keep_their_budgets_with_guests(client, host, evening):
    added(evening, host)
    assert statements(lambda: client.get(f"/agenda/{evening.id}")) <= MOST_QUERIES
    assert statements(lambda: client.get(page_of(evening))) <= 9
    shown = client.get("/agenda/mine").text
    assert "Eva Gast" in shown
    assert re.search(rf'href="{page_of(evening)}"', client.get(f"/agenda/{evening.id}").text)


def test_g9_looking_at_who_leaves_along_gives_nothing_back(client, sign_in):
    gathering = make_gathering()
    host = make_member()
    db.session.commit()
    sign_in(client, host)
    client.post(f"/agenda/{gathering.id}/book")
    assert client.get(f"/agenda/{gathering.id}/cancel-with-guests").status_code == 303
    assert said("You have a seat") in client.get(f"/agenda/{gathering.id}").text
