"""G7: seats that stay empty: one's own record, what follows from it by the bureau's policy, and putting it right."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.agenda import queries as agenda
from app.agenda import services
from app.agenda.absences import queries
from app.agenda.absences import services as absences
from app.agenda.absences.models import Consequence
from app.agenda.absences.queries import Policy
from app.agenda.models import Booking
from app.audit.models import AuditEntry
from app.core import clock
from app.core.db import atomic, db
from app.core.errors import Refusal
from tests.golden import assert_mail_matches

from .conftest import NOW, live, make_gathering, make_member, said
from .test_pages import statements

TWICE = {"times": "2", "months": "12", "days_before": "3"}
HERE = "/bureau/agenda/absences"


@pytest.fixture
def coordinator(client, sign_in, make_account):
    return sign_in(client, make_account(roles=("coordinator",)))


@pytest.fixture
def sanne(app):
    person = make_member(given_name="Sanne", family_name="Verhoeven", email="sanne@voorbeeld.example")
    db.session.commit()
    return person


def empty(person, *, days_ago: int = 30, late: bool = False, title: str = "Gemist") -> Booking:
    """A seat of somebody that stayed empty, some days ago."""
    starts_at = NOW - timedelta(days=days_ago)
    gathering = make_gathering(title=title, starts_at=starts_at, seats_taken=0 if late else 1, arrivals=1)
    booking = Booking(
        gathering_id=gathering.id,
        account_id=person.id,
        seq=1,
        booked_at=starts_at - timedelta(days=9),
        cancel_until=starts_at - timedelta(days=2),
        state="cancelled" if late else "confirmed",
        cancelled_at=starts_at - timedelta(days=1) if late else None,
        cancelled_late=late,
        no_show_at=None if late else starts_at + timedelta(days=1),
    )
    db.session.add(booking)
    db.session.commit()
    return booking


def decide(consequence: Consequence, **values: int) -> None:
    with atomic():
        absences.set_policy(Policy(consequence=consequence, **{"times": 2} | values), by=make_member(password=None).id)


def ahead(days: int = 10):
    return make_gathering(starts_at=NOW + timedelta(days=days), cancel_until=NOW + timedelta(days=1))


def test_g7_until_the_bureau_decides_nothing_follows(client, sign_in, sanne):
    for number in range(5):
        empty(sanne, days_ago=10 + number)
    gathering = ahead()
    sign_in(client, sanne)
    client.post(f"/agenda/{gathering.id}/book")
    assert [one.account_id for one in live(gathering)] == [sanne.id]


def test_g7_whose_seats_stayed_empty_too_often_books_shortly_before_and_is_told_the_way_out(
    client, sign_in, sanne, calendar
):
    decide(Consequence.LATER, days_before=3)
    empty(sanne)
    gathering = ahead()
    sign_in(client, sanne)
    client.post(f"/agenda/{gathering.id}/book")
    assert len(live(gathering)) == 1
    client.post(f"/agenda/{gathering.id}/cancel")
    empty(sanne, late=True)
    refused = client.post(f"/agenda/{gathering.id}/book")
    assert refused.status_code == 409
    assert "/agenda/mine/absences" in refused.text
    assert "11 januari 2027, 09.00 uur" in refused.text.replace("\xa0", " ")
    assert live(gathering) == []
    calendar.move_to(gathering.starts_at - timedelta(days=3), tick=False)
    client.post(f"/agenda/{gathering.id}/book")
    assert len(live(gathering)) == 1


@pytest.mark.parametrize(
    ("days_ago", "excused", "consequence"),
    [(400, False, Consequence.LATER), (30, True, Consequence.LATER), (30, False, Consequence.NOTE)],
)
def test_g7_what_is_long_ago_excused_or_only_noted_keeps_nobody_from_booking(
    sanne, days_ago, excused, consequence, make_account
):
    decide(consequence)
    seats = [empty(sanne, days_ago=days_ago + number) for number in range(2)]
    if excused:
        absences.excuse(seats[0].id, reason="Was ziek", by=make_account().id)
    gathering = ahead()
    services.book_seat(gathering, sanne.id, by=sanne.id)
    assert len(live(gathering)) == 1


def test_g7_a_place_in_line_stays_and_leads_to_a_seat(sanne):
    gathering, first = ahead(), make_member()
    gathering.capacity = 1
    db.session.commit()
    for person in (first, sanne):
        services.book_seat(gathering, person.id, by=person.id)
    db.session.commit()
    seat = live(gathering)[0].id
    decide(Consequence.LATER)
    for number in range(2):
        empty(sanne, days_ago=30 + number)
    with atomic():
        services.cancel_seat(agenda.booking(seat), by=first.id)
    assert [one.account_id for one in live(gathering)] == [sanne.id]
    other = ahead(20)
    with pytest.raises(Refusal):
        services.book_seat(other, sanne.id, by=sanne.id)


def gives_back_late(person, number: int) -> None:
    """Somebody books and gives the seat back on the last day."""
    gathering = make_gathering(
        title=f"Late {number}",
        starts_at=clock.now() + timedelta(days=2 + number),
        cancel_until=clock.now() - timedelta(minutes=1),
    )
    booking = services.book_seat(gathering, person.id, by=person.id)
    db.session.commit()
    with atomic():
        services.cancel_seat(agenda.booking(booking.id), late_agreed=True, by=person.id)


@pytest.mark.parametrize("locale", ["nl", "en"])
def test_g7_the_note_comes_once_when_the_number_is_reached(sanne, posted, calendar, locale):
    sanne.locale = locale
    decide(Consequence.LATER, times=2)
    for number in range(3):
        calendar.move_to(NOW + timedelta(minutes=number + 1), tick=False)
        if number == 2:
            decide(Consequence.NOTE, times=2)
        gives_back_late(sanne, number) if number < 2 else empty(sanne)
        notes = [mail for mail in posted(sanne) if mail.template == "agenda/absence_note"]
        assert len(notes) == (1 if number else 0)
    assert_mail_matches(notes[0], "agenda_absence_note")


def test_g7_without_a_consequence_no_note_is_written(sanne, posted, calendar):
    for number in range(4):
        calendar.shift(timedelta(minutes=1))
        gives_back_late(sanne, number)
    assert "agenda/absence_note" not in [mail.template for mail in posted(sanne)]


def test_g7_everybody_sees_the_own_record_and_how_to_object(client, sign_in, sanne, make_account):
    sign_in(client, sanne)
    assert said("Nothing is written down") in client.get("/agenda/mine/absences").text
    first = empty(sanne, title="Gemist in december")
    empty(sanne, late=True, title="Te laat terug")
    absences.excuse(first.id, reason="De trein reed niet", by=make_account().id)
    page = client.get("/agenda/mine/absences").text
    for words in ("Gemist in december", "Te laat terug", "De trein reed niet"):
        assert words in page
    assert said("Is something not right, or was there a good reason?") in page
    sign_in(client, make_member())
    assert "Te laat terug" not in client.get("/agenda/mine/absences").text


def test_g7_the_bureau_lists_people_exports_them_and_excuses_a_seat_with_a_reason(
    client, coordinator, sanne, sign_in, make_account
):
    seat = empty(sanne, title="Gemist in december")
    empty(sanne, late=True)
    listed = client.get(HERE).text
    assert "Sanne Verhoeven" in listed
    file = client.get(f"{HERE}?format=csv").data.decode("utf-8-sig").splitlines()
    assert file[1].startswith("Sanne Verhoeven;")
    assert ";1;1;2;" in file[1]
    assert "Gemist in december" in client.get(f"{HERE}/{sanne.id}").text
    here = f"{HERE}/seats/{seat.id}"
    assert client.post(f"{here}/excuse", data={"reason": ""}).status_code == 422
    for _ in range(2):
        assert client.post(f"{here}/excuse", data={"reason": "Was ziek"}).status_code == 303
    assert queries.times_of(sanne.id, Policy()) == 1
    assert "Was ziek" in client.get(f"{HERE}/{sanne.id}").text
    assert client.post(f"{here}/count").status_code == 303
    assert queries.times_of(sanne.id, Policy()) == 2
    done = db.session.scalars(select(AuditEntry.action).where(AuditEntry.action.startswith("absence"))).all()
    assert sorted(done) == sorted(["absence.excused", "absence.counted"])
    sign_in(client, make_account(roles=("administrator",)))
    assert "Was ziek" in client.get("/bureau/audit").text


def test_g7_a_seat_that_did_not_stay_empty_cannot_be_excused(client, coordinator, sanne):
    booking = services.book_seat(ahead(), sanne.id, by=sanne.id)
    assert client.get(f"{HERE}/seats/{booking.id}/excuse").status_code == 404
    assert client.post(f"{HERE}/seats/{booking.id}/count").status_code == 404


def test_g7_the_policy_shows_whom_it_concerns_before_it_is_saved(client, coordinator, sanne):
    for number in range(2):
        empty(sanne, days_ago=30 + number)
    wanted = {"consequence": "later", **TWICE}
    shown = client.post(f"{HERE}/policy", data=wanted)
    assert "Sanne Verhoeven" in shown.text
    assert queries.policy() == Policy()
    mark = shown.text.split('name="previewed"')[1].split('value="')[1].split('"')[0]
    client.post(f"{HERE}/policy", data={**wanted, "times": "3", "previewed": mark})
    assert queries.policy() == Policy()
    assert client.post(f"{HERE}/policy", data={**wanted, "previewed": mark}).status_code == 303
    assert queries.policy() == Policy(consequence=Consequence.LATER, times=2)
    assert "Sanne Verhoeven" in client.get(f"{HERE}?often=1").text
    nonsense = client.post(f"{HERE}/policy", data={**wanted, "times": "0", "months": "twaalf"})
    assert nonsense.status_code == 422
    assert 'value="twaalf"' in nonsense.text


@pytest.mark.parametrize("path", ["", "/policy", "/seats/{seat}/excuse"])
def test_g7_the_record_of_others_is_the_bureaus(client, sign_in, sanne, path):
    here = HERE + path.format(seat=empty(sanne).id)
    assert client.get(here).status_code == 303
    sign_in(client, sanne)
    assert client.get(here).status_code == 404


def test_g7_the_pages_cost_few_questions(client, sign_in, coordinator, sanne):
    for number in range(4):
        empty(sanne, days_ago=30 + number)
    db.session.commit()
    assert statements(lambda: client.get(HERE)) <= 5
    sign_in(client, sanne)
    db.session.commit()
    assert statements(lambda: client.get("/agenda/mine/absences")) <= 4
