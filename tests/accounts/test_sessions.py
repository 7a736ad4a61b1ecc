"""Sessions live on the server: what ends them ends them at once (ASVS 7.2–7.4, L7)."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.accounts.identity import BROWSER, POINTER, agent_label
from app.accounts.models import Account, AccountSession
from app.accounts.services import sessions
from app.core.db import db
from tests.accounts.conftest import actions, by_password, is_in
from tests.factories import PASSWORD


def cookie_of(client):
    return client.get_cookie("session").value


def replay(client, cookie):
    client.set_cookie("session", cookie)
    return client.get("/account").status_code


def test_a_copied_cookie_opens_nothing_after_signing_out(client, phone, make_account):
    by_password(client, make_account().email, PASSWORD)
    copied = cookie_of(client)
    assert replay(phone, copied) == 200
    assert client.post("/sign-out").headers["Location"] == "/sign-in"
    assert replay(phone, copied) == 303
    assert replay(client, copied) == 303
    assert actions() == ["accounts.signed_in", "accounts.signed_out"]


def test_signing_out_by_a_link_does_nothing(client, make_account, sign_in):
    sign_in(client, make_account())
    assert client.get("/sign-out").status_code == 405
    assert is_in(client)


def test_signing_in_keeps_nothing_of_the_cookie_that_was_there(client, make_account):
    with client.session_transaction() as planted:
        planted[POINTER], planted["planted"] = "00000000000000000000000000000000.x", "by somebody else"
        planted[BROWSER] = "browser"
    account = make_account()
    by_password(client, account.email, PASSWORD)
    with client.session_transaction() as cookie:
        assert set(cookie) <= {POINTER, BROWSER, "_permanent", "_flashes", "csrf_token"}
        first = cookie[POINTER]
    client.post("/sign-out")
    by_password(client, account.email, PASSWORD)
    with client.session_transaction() as cookie:
        assert cookie[POINTER] != first


@pytest.mark.parametrize(
    "pointer", ["", ".", "x", "zz.zz", "0" * 32, "0" * 32 + ".", "é.é", "0" * 5000, 7, None, ["x"]]
)
def test_a_made_up_pointer_is_nobody(client, pointer):
    with client.session_transaction() as cookie:
        cookie[POINTER] = pointer
    assert client.get("/account").status_code == 303


def test_the_secret_of_one_session_does_not_open_another(client, phone, make_account, sign_in):
    sign_in(client, make_account())
    sign_in(phone, make_account())
    with client.session_transaction() as one, phone.session_transaction() as other:
        one[POINTER] = one[POINTER].split(".")[0] + "." + other[POINTER].split(".")[1]
    assert not is_in(client)
    assert is_in(phone)


def test_the_cookie_is_closed_to_scripts_and_other_sites(client, make_account):
    answer = by_password(client, make_account().email, PASSWORD)
    session_cookie = next(header for header in answer.headers.getlist("Set-Cookie") if header.startswith("session="))
    assert "HttpOnly" in session_cookie
    assert "SameSite=Lax" in session_cookie


@pytest.mark.parametrize(("idle", "still_in"), [({"days": 13, "hours": 23}, True), ({"days": 14, "seconds": 1}, False)])
def test_a_member_stays_in_for_fourteen_days_without_a_visit(clock, client, make_account, sign_in, idle, still_in):
    sign_in(client, make_account())
    clock(**idle)
    assert is_in(client) is still_in


def test_a_member_who_comes_every_week_signs_in_again_after_ninety_days(clock, client, make_account, sign_in):
    sign_in(client, make_account())
    for _week in range(12):
        clock(days=7)
        assert is_in(client)
    clock(days=6, seconds=1)
    assert not is_in(client)


def test_staff_are_out_after_half_an_hour_of_nothing(clock, client, make_account, sign_in):
    sign_in(client, make_account(roles=["coordinator"]))
    clock(minutes=29)
    assert is_in(client)
    clock(minutes=29)
    assert is_in(client)
    clock(minutes=31)
    assert not is_in(client)


def test_staff_are_out_after_twelve_hours_of_work(clock, client, make_account, sign_in):
    sign_in(client, make_account(roles=["coordinator"]))
    for _visit in range(36):
        clock(minutes=20)
        assert is_in(client)
    clock(seconds=1)
    assert not is_in(client)


def test_one_browser_is_signed_out_from_another(client, phone, make_account, sign_in):
    account = make_account()
    sign_in(client, account)
    sign_in(phone, account)
    row = db.session.scalars(select(AccountSession).order_by(AccountSession.created_at)).all()[-1]
    with phone.session_transaction() as cookie:
        assert cookie[POINTER].startswith(row.id.hex)
    assert client.post(f"/account/sessions/{row.id}/end").status_code == 303
    assert not is_in(phone)
    assert is_in(client)


def test_all_other_browsers_are_signed_out(client, phone, app, make_account, sign_in):
    account = make_account()
    tablet = app.test_client()
    for browser in (client, phone, tablet):
        sign_in(browser, account)
    client.post("/account/sessions/end-others")
    assert [is_in(browser) for browser in (client, phone, tablet)] == [True, False, False]


def test_somebody_elses_session_is_not_there(client, phone, make_account, sign_in):
    sign_in(client, make_account())
    sign_in(phone, make_account())
    with phone.session_transaction() as cookie:
        id_ = cookie[POINTER].split(".")[0]
    assert client.post(f"/account/sessions/{id_}/end").status_code == 404
    assert is_in(phone)


def test_closing_an_account_ends_its_sessions(client, make_account, sign_in):
    account = make_account()
    sign_in(client, account)
    account.active = False
    assert not is_in(client)


def test_a_signed_in_page_costs_one_query_for_who_it_is(client, make_account, sign_in, count_queries):
    sign_in(client, make_account(roles=["administrator"]))
    with count_queries() as counted:
        assert client.get("/account/details").status_code == 200
    assert len(counted) == 1, counted


def test_a_page_without_a_cookie_asks_the_database_nothing(client, count_queries):
    with count_queries() as counted:
        assert client.get("/sign-in").status_code == 200
    assert counted == []


def test_use_is_noted_at_most_every_five_minutes(clock, client, make_account, sign_in):
    sign_in(client, make_account())
    began = db.session.scalar(select(AccountSession.last_seen_at))
    clock(minutes=4)
    client.get("/account")
    assert db.session.scalar(select(AccountSession.last_seen_at)) == began
    clock(minutes=2)
    client.get("/account")
    assert (db.session.scalar(select(AccountSession.last_seen_at)) - began).total_seconds() == 360


def test_only_the_hash_of_the_secret_is_kept(client, make_account, sign_in):
    sign_in(client, make_account())
    with client.session_transaction() as cookie:
        secret = cookie[POINTER].split(".")[1]
    row = db.session.scalars(select(AccountSession)).one()
    assert len(secret) >= 43
    assert secret not in str(vars(row))
    assert sessions.resolve(f"{row.id.hex}.{secret}") is row


def test_no_token_in_header_or_address_signs_anybody_in(client, make_account):
    token = make_account().id.hex
    assert client.get(f"/account?auth_token={token}").status_code == 303
    assert client.get("/account", headers={"Authentication-Token": token}).status_code == 303
    assert db.session.scalar(select(Account.id)) is not None


@pytest.mark.parametrize(
    ("agent", "label"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox, Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Mobile Safari/604.1", "Safari, iPhone"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge, Mac"),
        ("curl/8.0", ""),
        ("", ""),
    ],
)
def test_a_browser_is_named_as_people_know_it(agent, label):
    assert agent_label(agent) == label
