"""G1: another one like it, gatherings that come back, and one change for several of them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.agenda import queries, services
from app.agenda.models import Gathering, GatheringState
from app.agenda.series import services as series
from app.agenda.series.queries import Scope, dates_of
from app.agenda.series.recurrence import Rhythm, Rule
from app.agenda.series.services import Opening
from app.core import clock
from app.core.db import atomic, db
from tests.faults.plug import cut_off_everywhere

from .conftest import make_gathering, make_member
from .test_bureau import FILLED
from .test_pages import MOST_QUERIES, statements
from .test_seats import together

RHYTHM = {"rhythm": "weekly", "every": "2", "times": "3", "until": "", "opening": "at_once"}
IN_FORM = FILLED | {"title": "Veranderen zonder macht", "capacity": "12", "kind": "knowledge_session", "pe_points": ""}


@pytest.fixture
def coordinator(client, sign_in, make_account):
    return sign_in(client, make_account(roles=("coordinator",)))


def all_dates() -> list[Gathering]:
    db.session.expire_all()
    return list(db.session.scalars(select(Gathering).order_by(Gathering.starts_at)))


def walls(gatherings: list[Gathering]) -> list[str]:
    return [f"{clock.local(one.starts_at):%d-%m %H:%M}" for one in gatherings]


def make_series(times: int = 3, *, published: bool = True, **values: Any) -> list[Gathering]:
    """A gathering and its repetitions, a week apart, the first on Thursday 14 January at half past seven."""
    first, by = make_gathering(**values), make_member().id
    days = [date(2027, 1, 14) + timedelta(weeks=n) for n in range(1, times + 1)]
    series.repeat(first, Rule(Rhythm.WEEKLY, times=times), days, Opening.AT_ONCE, by=by)
    if published:
        for one in dates_of(first.series_id):
            if one.state is GatheringState.DRAFT:
                services.publish_gathering(one, by=by)
    return list(dates_of(first.series_id))


def filled_like(gathering: Gathering, **changes: str) -> dict[str, str]:
    """What the form of this gathering posts, with something changed."""
    starts, ends = clock.local(gathering.starts_at), clock.local(gathering.ends_at)
    members, cancel = clock.local(gathering.members_from), clock.local(gathering.cancel_until)
    return (
        IN_FORM
        | {
            "summary": gathering.summary,
            "programme": gathering.programme,
            "day": f"{starts:%d-%m-%Y}",
            "starts": f"{starts:%H.%M}",
            "ends": f"{ends:%H.%M}",
            "members_day": f"{members:%d-%m-%Y}",
            "members_time": f"{members:%H.%M}",
            "cancel_day": f"{cancel:%d-%m-%Y}",
            "cancel_time": f"{cancel:%H.%M}",
            "speakers-0-headline": "Interim-directeur",
        }
        | changes
    )


def mark_in(page: str) -> str:
    found = re.search(r'name="confirmed" value="([0-9a-f]+)"', page)
    assert found, "no effect is shown"
    return found[1]


def change(client: Any, gathering: Gathering, scope: str, **changes: str) -> Any:
    """Change as the bureau does: see the effect first, then go through with it."""
    address, posted = f"/bureau/agenda/{gathering.id}/edit", filled_like(gathering, scope=scope, **changes)
    shown = client.post(address, data=posted)
    if scope == "one":
        return shown
    assert shown.status_code == 200, shown.text
    return client.post(address, data=posted | {"confirmed": mark_in(shown.text)})


def test_g1_a_copy_takes_everything_over_but_the_day_and_stays_a_draft(client, coordinator):
    original = make_gathering(speakers=("Een", "Twee"))
    page = client.get(f"/bureau/agenda/{original.id}/copy")
    assert 'value="11-2-2027"' in page.text
    assert 'value="Twee"' in page.text
    answer = client.post(f"/bureau/agenda/{original.id}/copy", data=filled_like(original, day="11-2-2027"))
    assert answer.status_code == 303
    assert walls(all_dates()) == ["14-01 19:30", "11-02 19:30"]
    assert [one.state for one in all_dates()] == [GatheringState.PUBLISHED, GatheringState.DRAFT]
    refused = client.post(f"/bureau/agenda/{original.id}/copy", data=filled_like(original, title=""))
    assert refused.status_code == 422


def test_g1_the_dates_are_shown_before_they_are_made_and_each_can_be_left_out(client, coordinator):
    first = make_gathering()
    address = f"/bureau/agenda/{first.id}/repeat"
    assert client.get(address).status_code == 200
    shown = client.post(address, data=RHYTHM)
    assert len(all_dates()) == 1
    offered = re.findall(r'name="days"\s+value="([0-9-]+)" checked', shown.text)
    assert offered == ["2027-01-28", "2027-02-11", "2027-02-25"]
    answer = client.post(address, data=RHYTHM | {"shown": "1", "days": [offered[0], offered[2]]})
    assert answer.status_code == 303
    assert walls(all_dates()) == ["14-01 19:30", "28-01 19:30", "25-02 19:30"]
    assert {one.state for one in all_dates()[1:]} == {GatheringState.DRAFT}
    assert {one.series_id for one in all_dates()} == {all_dates()[0].series_id}
    again = client.post(address, data=RHYTHM)
    assert re.findall(r'name="days"\s+value="([0-9-]+)" disabled', again.text) == ["2027-01-28", "2027-02-25"]


def test_g1_a_second_click_on_the_preview_makes_no_date_twice(client, coordinator):
    first = make_gathering()
    posted = RHYTHM | {"shown": "1", "days": ["2027-01-28"]}
    address = f"/bureau/agenda/{first.id}/repeat"
    rule, by = Rule(Rhythm.WEEKLY, 2, times=3), make_member().id
    assert client.post(address, data=posted).status_code == 303
    assert client.post(address, data=posted).status_code == 422
    series.repeat(all_dates()[0], rule, [date(2027, 1, 28)], Opening.AT_ONCE, by=by)
    assert len(all_dates()) == 2


def test_g1_what_stands_in_the_agenda_at_the_same_hours_is_told_in_the_preview(client, coordinator):
    first = make_gathering()
    make_gathering(title="Verzuim", starts_at=datetime(2027, 1, 28, 19, 0, tzinfo=UTC))
    make_gathering(title="Ontbijt", starts_at=datetime(2027, 1, 28, 7, 0, tzinfo=UTC))
    shown = client.post(f"/bureau/agenda/{first.id}/repeat", data=RHYTHM).text
    assert "Verzuim" in shown
    assert "Ontbijt" not in shown


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"times": "", "until": ""}, "times"),
        ({"times": "0"}, "times"),
        ({"times": "61"}, "times"),
        ({"until": "14-1-2027"}, "until"),
        ({"until": "morgen"}, "until"),
        ({"every": "0"}, "every"),
        ({"rhythm": "yearly"}, "rhythm"),
        ({"opening": ""}, "opening"),
        ({"shown": "1"}, "days"),
        ({"shown": "1", "days": "2027-01-29"}, "days"),
    ],
)
def test_g1_a_rhythm_that_cannot_be_is_told_by_the_field(client, coordinator, changes, field):
    answer = client.post(f"/bureau/agenda/{make_gathering().id}/repeat", data=RHYTHM | changes)
    assert answer.status_code == 422
    assert re.search(rf'<a href="#{field}(-0)?">', answer.text)
    assert len(all_dates()) == 1


def test_g1_a_last_day_before_the_next_date_gives_no_dates_and_says_so(client, coordinator):
    answer = client.post(f"/bureau/agenda/{make_gathering().id}/repeat", data=RHYTHM | {"until": "27-1-2027"})
    assert answer.status_code == 200
    assert 'name="days"' not in answer.text


@pytest.mark.parametrize(("opening", "days_before"), [("at_once", [17, 31, 45]), ("each_in_time", [17, 17, 17])])
def test_g1_members_book_all_dates_from_one_moment_or_each_as_long_before(client, coordinator, opening, days_before):
    first = make_gathering()
    posted = RHYTHM | {"shown": "1", "days": ["2027-01-28", "2027-02-11"], "opening": opening}
    client.post(f"/bureau/agenda/{first.id}/repeat", data=posted)
    assert [(one.starts_at.date() - one.members_from.date()).days for one in all_dates()] == days_before
    assert {one.starts_at - one.cancel_until for one in all_dates()} == {timedelta(days=2)}


def test_g1_a_series_over_the_spring_change_keeps_its_hours_on_the_wall(client, coordinator):
    first = make_gathering(starts_at=datetime(2027, 3, 18, 18, 30, tzinfo=UTC))
    posted = RHYTHM | {"every": "1", "shown": "1", "days": ["2027-03-25", "2027-04-01"]}
    client.post(f"/bureau/agenda/{first.id}/repeat", data=posted)
    assert walls(all_dates()) == ["18-03 19:30", "25-03 19:30", "01-04 19:30"]
    assert [one.starts_at.hour for one in all_dates()] == [18, 18, 17]
    assert {one.ends_at - one.starts_at for one in all_dates()} == {timedelta(hours=2)}


def test_g1_all_drafts_of_a_series_are_published_at_once_or_none(client, coordinator):
    dates = make_series(published=False)
    assert client.post(f"/bureau/agenda/{dates[1].id}/publish-series").status_code == 303
    assert {one.state for one in all_dates()} == {GatheringState.PUBLISHED}
    more = make_series(published=False, state=GatheringState.DRAFT, title="Nog niet af")
    more[2].venue = more[2].city = ""
    answer = client.post(f"/bureau/agenda/{more[1].id}/publish-series")
    assert answer.status_code == 409
    assert "28 januari 2027" in answer.text
    assert {one.state for one in all_dates() if one.title == "Nog niet af"} == {GatheringState.DRAFT}


def test_g1_a_change_of_one_date_leaves_the_others_alone(client, coordinator):
    dates = make_series()
    assert change(client, dates[1], "one", starts="20.00").status_code == 303
    assert walls(all_dates()) == ["14-01 19:30", "21-01 20:00", "28-01 19:30", "04-02 19:30"]


def test_g1_a_change_of_this_and_the_following_dates_moves_each_on_its_own_wall_clock(client, coordinator):
    dates = make_series()
    assert change(client, dates[1], "following", day="20-1-2027", starts="20.00", ends="22.00").status_code == 303
    assert walls(all_dates()) == ["14-01 19:30", "20-01 20:00", "27-01 20:00", "03-02 20:00"]


def test_g1_a_change_of_all_dates_keeps_what_was_different_on_one_of_them(client, coordinator):
    dates = make_series()
    change(client, dates[2], "one", venue="De Remise", city="Zwolle")
    change(client, all_dates()[0], "all", capacity="20", **{"speakers-1-name": "Aart Tweede"})
    found = all_dates()
    assert [one.venue for one in found] == ["De Kapittelzaal", "De Kapittelzaal", "De Remise", "De Kapittelzaal"]
    assert {one.capacity for one in found} == {20}
    assert [[speaker.name for speaker in one.speakers] for one in found] == [["Mirjam Boogaard", "Aart Tweede"]] * 4


def test_g1_a_date_that_has_been_or_is_cancelled_is_not_changed_along(client, coordinator, sign_in, calendar):
    dates = make_series()
    services.cancel_gathering(dates[2], reason="Zaal bezet", by=coordinator.id)
    calendar.move_to(datetime(2027, 1, 15, 8, 0, tzinfo=UTC))
    sign_in(client, coordinator)
    change(client, dates[3], "all", starts="20.00")
    assert walls(all_dates()) == ["14-01 19:30", "21-01 20:00", "28-01 19:30", "04-02 20:00"]


def test_g1_the_effect_is_shown_first_and_another_filling_in_is_shown_anew(client, coordinator):
    dates, member = make_series(), make_member()
    for one in dates[:2]:
        services.book_seat(one, member.id, by=member.id)
    address = f"/bureau/agenda/{dates[0].id}/edit"
    shown = client.post(address, data=filled_like(dates[0], scope="all", starts="20.00"))
    assert shown.status_code == 200
    assert walls(all_dates())[0] == "14-01 19:30"
    assert "4 data" in shown.text
    other = filled_like(dates[0], scope="all", starts="20.30") | {"confirmed": mark_in(shown.text)}
    assert client.post(address, data=other).status_code == 200
    assert walls(all_dates())[0] == "14-01 19:30"


def test_g6_only_who_holds_a_seat_at_a_date_that_moves_is_mailed(client, coordinator, posted, do_jobs, calendar):
    dates, early, late = make_series(), make_member(), make_member()
    services.book_seat(dates[0], early.id, by=early.id)
    services.book_seat(dates[2], late.id, by=late.id)
    calendar.shift(timedelta(minutes=1))
    change(client, dates[1], "following", starts="20.00")
    do_jobs()
    assert [mail.template for mail in posted(early)].count("agenda/gathering_moved") == 0
    assert [mail.template for mail in posted(late)].count("agenda/gathering_moved") == 1
    change(client, all_dates()[1], "all", summary="Anders verteld.")
    do_jobs()
    assert [mail.template for mail in posted(late)].count("agenda/gathering_moved") == 1


def test_g2_when_one_date_cannot_follow_nothing_is_changed_and_the_date_is_named(client, coordinator):
    dates = make_series()
    for person in (make_member(), make_member(), make_member()):
        services.book_seat(dates[2], person.id, by=person.id)
    answer = change(client, dates[0], "all", capacity="2")
    assert answer.status_code == 422
    assert "28 januari 2027" in answer.text
    assert {one.capacity for one in all_dates()} == {12}


def test_g1_a_date_that_would_lie_in_the_past_or_end_before_it_starts_is_refused_by_name(client, coordinator):
    dates = make_series()
    change(client, dates[1], "one", starts="9.00", ends="10.00", cancel_day="19-1-2027")
    answer = change(client, all_dates()[0], "all", starts="16.00")
    assert answer.status_code == 422
    assert "21 januari 2027" in answer.text
    answer = change(client, all_dates()[3], "all", day="10-1-2027", cancel_day="8-1-2027")
    assert answer.status_code == 422
    assert walls(all_dates()) == ["14-01 19:30", "21-01 09:00", "28-01 19:30", "04-02 19:30"]


def test_g1_calling_off_reaches_as_far_as_asked_and_throws_drafts_away(client, coordinator, posted, do_jobs, calendar):
    dates, member = make_series(), make_member()
    for one in dates:
        services.book_seat(one, member.id, by=member.id)
    draft = series.repeat(
        dates[0], Rule(Rhythm.WEEKLY, times=9), [date(2027, 3, 11)], Opening.AT_ONCE, by=coordinator.id
    )[0]
    calendar.shift(timedelta(minutes=1))
    page, discarded = client.get(f"/bureau/agenda/{dates[2].id}/cancel").text, draft.id
    assert "Alleen deze datum" in page
    answer = client.post(
        f"/bureau/agenda/{dates[2].id}/cancel", data={"reason": "De spreker stopt.", "scope": "following"}
    )
    assert answer.status_code == 303
    do_jobs()
    states = [one.state for one in all_dates()]
    assert states == [GatheringState.PUBLISHED] * 2 + [GatheringState.CANCELLED] * 2
    assert discarded not in {one.id for one in all_dates()}
    assert [mail.template for mail in posted(member)].count("agenda/gathering_cancelled") == 2


def test_g1_a_draft_is_thrown_away_after_asking_and_what_was_published_never(client, coordinator):
    draft, published = f"/bureau/agenda/{make_gathering(state=GatheringState.DRAFT).id}/discard", make_gathering()
    assert client.get(draft).status_code == 200
    assert client.post(draft).status_code == 303
    assert client.post(draft).status_code == 404
    assert client.post(f"/bureau/agenda/{published.id}/discard").status_code == 409
    assert [one.id for one in all_dates()] == [published.id]


def test_g10_the_page_of_a_date_leads_to_the_others_in_the_same_few_queries(client, sign_in):
    dates = make_series(capacity=1)
    page = client.get(f"/agenda/{dates[0].id}").text
    assert [str(one.id) for one in dates[1:] if f"/agenda/{one.id}" in page] == [str(one.id) for one in dates[1:]]
    other, member = make_member(), make_member()
    services.book_seat(dates[0], other.id, by=other.id)
    sign_in(client, member)
    address = f"/agenda/{dates[0].id}"
    assert statements(lambda: client.get(address)) <= MOST_QUERIES
    services.book_seat(dates[0], member.id, by=member.id)
    assert statements(lambda: client.get(address)) <= MOST_QUERIES
    sign_in(client, make_member(until=date(2027, 1, 10)))
    db.session.commit()
    assert statements(lambda: client.get(address)) <= MOST_QUERIES


def test_the_bureau_page_of_a_series_stays_within_eight_queries(client, coordinator):
    dates = make_series(times=20)
    assert statements(lambda: client.get(f"/bureau/agenda/{dates[3].id}")) <= 8
    assert client.get(f"/bureau/agenda/{dates[3].id}").text.count("/bureau/agenda/") >= 20


@pytest.mark.parametrize("path", ["copy", "repeat", "discard"])
def test_only_who_keeps_the_agenda_gets_in(client, sign_in, make_account, path):
    address = f"/bureau/agenda/{make_gathering(state=GatheringState.DRAFT).id}/{path}"
    assert client.get(address).status_code == 303
    sign_in(client, make_member())
    assert client.get(address).status_code == 404


def test_each_step_of_a_series_stands_in_the_log_as_a_sentence(client, coordinator, sign_in, make_account):
    dates = make_series(times=2, published=False)
    services.discard_draft(dates[2], by=coordinator.id)
    sign_in(client, make_account(roles=("administrator",)))
    page = client.get("/bureau/audit").text
    assert "herhaalde" in page
    assert "gooide" in page


@pytest.mark.committed
def test_g1_two_who_repeat_at_once_make_each_date_once(committed_app):
    with atomic():
        first, by = make_gathering().id, make_member().id
    days = [date(2027, 1, 21), date(2027, 1, 28)]

    def repeat() -> int:
        with atomic():
            rule = Rule(Rhythm.WEEKLY, times=2)
            return len(series.repeat(queries.any_gathering(first), rule, days, Opening.AT_ONCE, by=by))

    made = together(committed_app, [repeat] * 6)
    assert sorted(made) == [0] * 5 + [2]
    assert walls(all_dates()) == ["14-01 19:30", "21-01 19:30", "28-01 19:30"]
    assert len({one.series_id for one in all_dates()}) == 1


@pytest.mark.committed
def test_g1_a_change_of_all_dates_is_all_or_nothing_at_every_statement(committed_app):
    with atomic():
        first, by = make_series(times=2)[0].id, make_member().id

    def revise() -> None:
        with atomic():
            gathering = queries.any_gathering(first)
            later = gathering.ends_at + timedelta(minutes=30)
            details = replace(services.details_of(gathering), ends_at=later)
            series.revise(gathering, details, Scope.ALL, by=by)

    assert cut_off_everywhere(revise)[0] >= 6
    assert {one.ends_at - one.starts_at for one in all_dates()} == {timedelta(hours=2, minutes=30)}
