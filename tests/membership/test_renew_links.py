"""M8: the link in every mail pays, in every state, without signing in; and does nothing else for whoever holds it."""

from __future__ import annotations

import re
from datetime import date, timedelta
from urllib.parse import urlsplit

import pytest

from app.core.db import db
from app.core.formats import short_date
from app.membership.models import MembershipStatus
from app.membership.renew_links import address_for, token_for
from app.payments.models import BillState, Method

from .conftest import said
from .renewing import LAST_DAY, Years

S = MembershipStatus


def t(days: int) -> date:
    return LAST_DAY + timedelta(days=days)


def path_of(years: Years) -> str:
    return urlsplit(address_for(years.membership)).path


def pays_by_card(client, path: str) -> str:
    """Choose a card and pay on the test page; return where that leads."""
    answer = client.post(path, data={"method": Method.CARD})
    assert answer.status_code == 303
    checkout = urlsplit(answer.location).path
    return urlsplit(client.post(checkout, data={"move": "pay"}).location).path


@pytest.mark.parametrize(
    ("day", "status"), [(-30, S.ACTIVE), (0, S.ACTIVE), (15, S.GRACE), (45, S.SUSPENDED), (100, S.LAPSED)]
)
def test_m8_in_every_state_the_link_pays_without_signing_in(years, client, day, status):
    years.daily(t(-30))
    if day > 60:
        years.daily(t(61))
    years.daily(t(day))
    assert years.status is status
    path = path_of(years)
    assert re.search(r"Betaal €\s598,95", client.get(path).text)
    done = pays_by_card(client, path)
    client.post(f"{path}/check")
    page = client.get(done).text
    assert said("Your payment is in") in page
    assert years.status is S.ACTIVE
    if day <= 15:
        assert short_date(LAST_DAY.replace(year=LAST_DAY.year + 1)) in page


def test_m6_m10_the_year_ahead_counts_once_it_is_paid_for(years, client, sign_in):
    years.daily(t(-30))
    sign_in(client, years.member)
    page = "/membership/mine"
    assert said("Your membership runs until %(day)s.", day=short_date(LAST_DAY)) in client.get(page).text
    path = path_of(years)
    pays_by_card(client, path)
    client.post(f"{path}/check")
    ahead = short_date(LAST_DAY.replace(year=LAST_DAY.year + 1))
    assert said("Your membership runs until %(day)s.", day=ahead) in client.get(page).text
    after_paying = client.get(f"/pay/{years.bill().id}/return").text
    assert said("Your membership runs until %(day)s.", day=ahead) in after_paying
    assert "U bent vanaf vandaag lid" not in after_paying


def test_peer_civicrm_core_34745_every_mail_about_the_end_carries_the_link(years):
    years.every_day(t(-46), t(62))
    about = ("renewal_ahead", "renewal_late", "grace_begun", "suspended", "lapsed")
    assert all("/renew/" in mail.text for name in about for mail in years.mailed(name))


def test_m8_the_page_names_nobody(years, client):
    years.daily(t(-30))
    page = client.get(path_of(years))
    member = years.member
    for personal in (member.family_name, member.given_name, member.email, "Hoekstra Interim", "Kade 12", "12345678"):
        assert personal not in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"


def test_m8_looking_changes_nothing(years, client):
    years.daily(t(-30))
    years.daily(t(61))
    before = len(years.bills)
    for _look in range(3):
        assert client.get(path_of(years)).status_code == 200
    assert len(years.bills) == before


@pytest.mark.parametrize("token", ["x", "W10.abc", "a" * 300])
def test_m8_a_forged_link_is_no_page(client, years, token):
    assert client.get(f"/renew/{token}").status_code == 404
    assert client.post(f"/renew/{token}", data={"method": "card"}).status_code == 404


def test_m8_a_link_changed_by_one_letter_is_forged(years, client):
    years.daily(t(-30))
    path = path_of(years)
    assert client.get(path[:-3] + ("aaa" if path[-3:] != "aaa" else "bbb")).status_code == 404


def test_m8_a_link_ends_on_its_day_and_can_be_revoked(years, client):
    years.daily(t(-30))
    token = token_for(years.membership, t(0))
    assert client.get(f"/renew/{token}").status_code == 200
    years.go(t(1))
    assert client.get(f"/renew/{token}").status_code == 410
    path = path_of(years)
    years.membership.link_version += 1
    db.session.commit()
    assert client.get(path).status_code == 410


def test_m9_after_resigning_it_says_so_and_takes_nothing(years, client):
    years.daily(t(-30))
    path = path_of(years)
    years.resigns()
    assert said("This membership was given up") in client.get(path).text
    assert client.post(path, data={"method": "card"}).status_code == 303
    assert years.bill().state is BillState.CREDITED


def test_m8_a_transfer_is_told_on_the_page_itself(years, client):
    years.daily(t(-30))
    path = path_of(years)
    done = client.post(path, data={"method": "transfer"}).location
    page = client.get(done).text
    assert re.search(r"RF\d\d", page)
    assert "Hoekstra" not in page


def test_m8_no_way_chosen_is_told_at_the_field(years, client):
    years.daily(t(-30))
    page = client.post(path_of(years), data={})
    assert page.status_code == 422
    assert said("Choose how you would like to pay.") in page.text


def test_m8_in_the_middle_of_a_year_there_is_nothing_to_pay(years, client):
    assert said("Your contribution is paid") in client.get(path_of(years)).text


def test_m8_the_door_says_renew_first_with_the_way(years, client, sign_in):
    years.daily(t(-30))
    years.daily(t(45))
    sign_in(client, years.member)
    page = client.get("/directory")
    assert page.status_code == 403
    assert f'href="/pay/{years.bill().id}"' in page.text


def test_m10_the_overview_of_whoever_lapsed_leads_back_and_not_to_the_application_of_long_ago(years, client, sign_in):
    years.daily(t(-30))
    years.daily(t(61))
    sign_in(client, years.member)
    page = client.get("/home").text
    ended = said("Your membership ended on %(day)s because it was not renewed.", day=short_date(LAST_DAY))
    assert ended in page
    assert said("Your application") not in page
    assert said("Begin your application") not in page


def test_m8_whoever_lapsed_comes_back_from_the_door(years, client, sign_in):
    years.daily(t(-30))
    years.daily(t(61))
    sign_in(client, years.member)
    assert 'action="/membership/renew"' in client.get("/directory").text
    answer = client.post("/membership/renew")
    assert urlsplit(answer.location).path == f"/pay/{years.bills[-1].id}"
