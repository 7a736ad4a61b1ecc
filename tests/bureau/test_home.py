"""B1, B2: the start page says what waits and how things stand."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from html import unescape

import pytest
from sqlalchemy import select

from app.core import clock
from app.core.db import db
from app.core.observability import statements_so_far
from app.membership import queries as membership
from app.membership.models import ApplicationState, MembershipPeriod, MembershipStatus
from app.membership.queries import overview
from tests.agenda.conftest import make_gathering
from tests.bureau import matters
from tests.factories import make_account, sign_in
from tests.profiles.people import make_member

CLOSE = re.compile(r'<p class="what">\s*<a href="([^"]+)">([^<]+)</a>')


def waiting(client) -> dict[str, str]:
    """The sentences of the queue with where each leads."""
    return waiting_at(client, "/bureau")


def waiting_at(client, path: str) -> dict[str, str]:
    return {unescape(text).strip(): unescape(url) for url, text in CLOSE.findall(client.get(path).text)}


def count_in(page) -> int:
    return int(re.search(r'role="status"[^>]*>\s*([\d.]+)', page.text).group(1).replace(".", ""))


def test_b1_nothing_waits_is_a_pleasant_page(client, coordinator):
    page = client.get("/bureau")
    assert waiting(client) == {}
    assert 'class="empty"' in page.text


def test_staff_go_from_the_bureau_to_their_own_account_and_back(client, coordinator):
    assert 'href="/account"' in client.get("/bureau").text
    assert 'href="/bureau"' in client.get("/account").text


def test_a_member_is_not_told_of_the_bureau(client):
    sign_in(client, make_member())
    assert 'href="/bureau"' not in client.get("/account").text


def test_whoever_may_find_nothing_is_offered_no_search(client, administrator):
    assert 'action="/bureau/search"' not in client.get("/bureau").text


def test_g7_the_door_of_today_is_one_click_away(client, coordinator):
    noon = clock.at_home(datetime.combine(clock.today(), time(12)))
    today, later = make_gathering(starts_at=noon), make_gathering(starts_at=noon + timedelta(days=2))
    page = client.get("/bureau").text
    assert f"/bureau/agenda/{today.id}/door" in page
    assert f"/bureau/agenda/{later.id}/door" not in page


def test_b1_applications_wait_with_the_age_of_the_oldest(client, coordinator):
    matters.apply(days_ago=6)
    matters.apply(days_ago=2)
    matters.apply(days_ago=3, state=ApplicationState.IN_REVIEW)
    found = waiting(client)
    (taken_up, url), (decision, decision_url) = found.items()
    assert taken_up.startswith("2 ")
    assert "6" in taken_up
    assert url == "/bureau/applications?state=submitted"
    assert decision.startswith("1 ")
    assert decision_url == "/bureau/applications?state=in_review"


def test_b1_each_matter_leads_to_the_page_that_solves_it(client, coordinator):
    person = make_member()
    matters.task(matters.owe(person, cents=60500, days_late=0))
    matters.owe(person, cents=12100, days_late=40)
    matters.mail()
    matters.dead_job()
    found = waiting(client)
    assert [text.split(" ")[0] for text in found] == ["1", "1", "1", "1"]
    assert "€ 121,00" in " ".join(found).replace("\u00a0", " ")
    for url in found.values():
        assert client.get(url).status_code == 200


def test_b1_everybody_sees_only_what_is_theirs_to_solve(client, treasurer):
    matters.apply(days_ago=6)
    matters.mail()
    matters.dead_job()
    assert waiting(client) == {}
    matters.task(matters.owe(make_member(), cents=60500, days_late=0))
    assert list(waiting(client).values()) == ["/bureau/payments/tasks"]


def test_b1_lines_of_the_bank_and_refunds_to_send_wait_with_what_they_come_to(client, treasurer):
    bill = matters.owe(make_member(), cents=60500, days_late=0)
    for cents in (60500, 12100):
        matters.bank_line(cents=cents, by=treasurer)
    matters.refund_by_hand(bill, cents=5000)
    (lines, to_lines), (refunds, to_refunds) = waiting(client).items()
    assert lines.replace("\u00a0", " ") == "2 bankregels wachten op koppeling, samen € 726,00"
    assert refunds.replace("\u00a0", " ") == "1 terugbetaling moet u nog overmaken bij de bank, € 50,00"
    assert count_in(client.get(to_refunds)) == 1
    assert count_in(client.get(to_lines)) == 2
    assert list(waiting_at(client, "/bureau/payments/today"))[:2] == [refunds, lines]


def test_b7_an_administrator_sees_neither_members_nor_money(client, administrator):
    make_member(given_name="Marit", family_name="Oostveen")
    page = client.get("/bureau").text
    assert "chart-members" not in page
    assert "chart-dues" not in page
    assert client.get("/bureau/members").status_code == 403
    assert "Oostveen" not in client.get("/bureau/search?q=oost").text


@pytest.mark.parametrize("status", ["active", "grace", "pending", "suspended", "lapsed", "ended"])
def test_b2_a_number_on_the_start_page_is_the_count_of_its_list(client, coordinator, status):
    today = clock.today()
    for standing in (
        {}, {}, {}, {"paid_until": today - timedelta(days=1)}, {"paid_until": today - timedelta(days=30)},
        {"paid_until": today - timedelta(days=31)}, {"paid_until": today - timedelta(days=60)},
        {"paid_until": today - timedelta(days=61)}, {"paid": False}, {"given_up_on": today - timedelta(days=1)},
        {"given_up_on": today},
    ):  # fmt: skip
        make_member(**standing)
    page = client.get("/bureau").text
    shown = re.search(rf'<a href="/bureau/members\?status={status}">([\d.]+)</a>', page)
    assert int(shown.group(1)) == count_in(client.get(f"/bureau/members?status={status}"))
    assert int(shown.group(1)) > 0


def test_b2_the_months_count_whoever_had_paid_for_the_day(app):
    """A place given up before its year ended, and money that went back, count until that day."""
    today = clock.today()
    people = [make_member(), make_member(paid=False), make_member(paid_until=today - timedelta(days=40))]
    people += [make_member(given_up_on=today - timedelta(days=days)) for days in (0, 1, 20)]
    for uncovered_days, given_up_on in ((10, None), (10, today - timedelta(days=30)), (30, today - timedelta(days=10))):
        people.append(make_member(given_up_on=given_up_on))
        period = db.session.scalars(select(MembershipPeriod).order_by(MembershipPeriod.created_at.desc())).first()
        period.uncovered_on = today - timedelta(days=uncovered_days)
    db.session.flush()
    for days_ago in (0, 1, 9, 10, 11, 20, 21, 29, 30, 31, 40, 50, 63, 64, 65, 66, 500):
        day = today - timedelta(days=days_ago)
        had_paid = [membership.standing(person.id, day) for person in people]
        expected = sum(one is not None and one.status is MembershipStatus.ACTIVE for one in had_paid)
        assert overview.paid_members_on([day]) == [(day, expected, expected)], days_ago


def test_b2_what_is_still_to_be_paid_is_counted_like_its_lists(client, treasurer):
    person = make_member()
    for late in (-5, 0, 3, 30, 31, 60, 61, 300):
        matters.owe(person, cents=10000, days_late=late)
    page = client.get("/bureau").text
    shown = re.findall(r'<a href="(/bureau/payments\?age=\w+)">[^<]*: (\d+) ', page)
    assert len(shown) == 4
    assert [int(count) for _url, count in shown] == [2, 2, 2, 2]
    for url, count in shown:
        assert count_in(client.get(url)) == int(count)
    assert "800,00" in page


def test_b2_each_chart_has_its_figures_in_a_table(client, coordinator):
    make_member()
    page = client.get("/bureau").text
    assert page.count("<figure") == page.count("<table")
    assert page.count("<figure") >= 1


def test_the_start_page_is_for_staff_who_proved_a_second_factor(client):
    assert client.get("/bureau").status_code == 303
    sign_in(client, make_account())
    assert client.get("/bureau").status_code == 404
    sign_in(client, make_account(roles=("coordinator",)), second_factor=False)
    assert client.get("/bureau").status_code == 303


def test_the_start_page_costs_no_more_than_its_budget(client, coordinator):
    for number in range(12):
        matters.apply(days_ago=number)
        matters.owe(make_member(), cents=100, days_late=number * 10)
    client.get("/bureau")
    before = statements_so_far()
    client.get("/bureau")
    assert statements_so_far() - before <= 12
