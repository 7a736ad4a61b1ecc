"""B3, B7: everybody in one list, and one page per person."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from urllib.parse import unquote
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from app.accounts.models import AccountSession
from app.core import clock
from app.core.db import db
from app.core.observability import statements_so_far
from app.membership import queries as membership
from app.membership.models import MembershipStatus
from app.profiles import queries as profiles
from app.profiles import services
from app.profiles.models import MemberCard
from tests.bureau import matters
from tests.factories import make_account, sign_in
from tests.profiles.people import make_member, tell

ROW = re.compile(r'<th scope="row">\s*<a href="/bureau/members/[^"]+">([^<]+)</a>')


def names(page) -> list[str]:
    return ROW.findall(page.text)


def lines(answer) -> list[list[str]]:
    text = answer.get_data().decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text), delimiter=";" if ";" in text.splitlines()[0] else ","))


def test_b3_the_list_finds_by_name_address_and_company(client, coordinator):
    make_member(given_name="Ümit", family_name="Çelik", email="uc@elders.example")
    make_member(given_name="Anna", family_name="Visser")
    for asked in ("umit", "celik", "elders", "çelik int"):
        assert names(client.get("/bureau/members", query_string={"q": asked})) == ["Ümit Çelik"]
    assert names(client.get("/bureau/members", query_string={"q": "%"})) == []
    assert len(names(client.get("/bureau/members"))) == 2


def test_b3_filters_narrow_by_status_region_and_day(client, coordinator):
    tell(make_member(given_name="Anna", family_name="Visser"), "region:drenthe")
    tell(
        make_member(given_name="Bram", family_name="Vos", paid_until=clock.today() - timedelta(days=5)),
        "region:utrecht",
    )
    region = db.session.scalar(select(MemberCard.region_id).where(MemberCard.name == "Anna Visser"))
    assert names(client.get("/bureau/members?status=grace")) == ["Bram Vos"]
    assert names(client.get(f"/bureau/members?region={region}")) == ["Anna Visser"]
    assert names(client.get("/bureau/members?ends_until=31-12-2020")) == []
    soon = (clock.today() + timedelta(days=1)).strftime("%d-%m-%Y")
    assert names(client.get(f"/bureau/members?ends_until={soon}")) == ["Bram Vos"]


def test_b3_the_file_holds_exactly_the_filter(client, coordinator):
    make_member(given_name="Anna", family_name="Visser")
    make_member(given_name="Bram", family_name="Vos", paid_until=clock.today() - timedelta(days=5))
    rows = lines(client.get("/bureau/members?status=grace&format=csv"))
    assert [row[0] for row in rows[1:]] == ["Bram Vos"]
    assert client.get("/bureau/members?format=xlsx").status_code == 200


def test_a_file_starts_no_formula(client, coordinator):
    make_member(given_name="=1+1", family_name="@SUM(A1)", email="plus@voorbeeld.example")
    for row in lines(client.get("/bureau/members?format=csv"))[1:]:
        assert not any(cell.startswith(("=", "+", "-", "@", "\t")) for cell in row)


def test_a_file_of_everybody_asks_for_a_fresh_proof_of_identity(client):
    staff = make_account(roles=("coordinator",))
    sign_in(client, staff)
    make_member()
    for session in db.session.scalars(select(AccountSession).where(AccountSession.account_id == staff.id)):
        session.sudo_at = clock.now() - timedelta(hours=1)
    answer = client.get("/bureau/members?format=csv")
    assert answer.status_code == 303
    assert unquote(answer.headers["Location"]).endswith("?next=/bureau/members?format=csv")
    assert client.get("/bureau/members").status_code == 200


@pytest.mark.parametrize("day", range(-420, 40, 7))
def test_m6_cards_tell_the_standing_that_membership_tells(app, day):
    on = clock.today() + timedelta(days=day)
    people = [
        make_member(), make_member(paid=False), make_member(paid_until=clock.today() - timedelta(days=100)),
        make_member(given_up_on=clock.today() - timedelta(days=50)),
        make_member(paid_until=clock.today() - timedelta(days=20), given_up_on=clock.today() - timedelta(days=20)),
    ]  # fmt: skip
    cards = dict(db.session.execute(select(MemberCard.account_id, profiles.status_on(on))).all())
    for person in people:
        assert cards[person.id] == membership.standing(person.id, on).status
        for status in MembershipStatus:
            ranged = select(func.count()).where(profiles.stands_as([status], on), MemberCard.account_id == person.id)
            assert db.session.scalar(ranged) == (cards[person.id] == status)


def test_gathering_again_changes_nothing(app):
    for number in range(5):
        tell(make_member(family_name=f"Aal{number}"), "region:drenthe", headline="Rust")
    columns = list(MemberCard.__table__.columns)
    before = db.session.execute(select(*columns).order_by(MemberCard.account_id)).all()
    services.gather_everybody()
    assert db.session.execute(select(*columns).order_by(MemberCard.account_id)).all() == before


def test_b7_a_person_page_brings_everything_together(client, coordinator):
    person = make_member(given_name="Anna", family_name="Visser")
    tell(person, "discipline:finance", headline="Rust", about="Mijn verhaal")
    matters.owe(person, cents=60500, days_late=0)
    matters.mail(account_id=person.id, subject="Uw toelating")
    page = client.get(f"/bureau/members/{person.id}").text
    for shown in ("Anna Visser", "Visser Interim", "Rust", "Mijn verhaal", "Uw toelating", "605,00", person.email):
        assert shown in page


def test_b7_money_mail_and_seats_show_only_to_whom_they_concern(client, treasurer):
    person = make_member(given_name="Anna", family_name="Visser")
    matters.owe(person, cents=60500, days_late=0)
    matters.mail(account_id=person.id, subject="Uw toelating")
    page = client.get(f"/bureau/members/{person.id}").text
    assert "605,00" in page
    assert "Uw toelating" not in page
    assert 'id="bookings"' not in page
    assert 'id="application"' not in page


def test_an_applicant_has_a_page_and_is_found(client, coordinator):
    application = matters.apply(given_name="Bram", family_name="Vos")
    assert client.get(f"/bureau/members/{application.account_id}").status_code == 200
    assert "Bram Vos" in client.get("/bureau/search?q=vos").text
    assert names(client.get("/bureau/members?q=vos")) == []


def test_whoever_never_asked_anything_of_the_bureau_has_no_page(client, coordinator):
    assert client.get(f"/bureau/members/{make_account().id}").status_code == 404
    assert client.get(f"/bureau/members/{uuid4()}").status_code == 404


@pytest.mark.parametrize("role", ["returning_officer", "administrator"])
def test_b7_members_are_closed_to_who_has_no_business_there(client, role):
    person = make_member()
    sign_in(client, make_account(roles=(role,)))
    assert client.get("/bureau/members").status_code == 403
    assert client.get(f"/bureau/members/{person.id}").status_code == 403


def test_search_finds_people_invoices_and_titles_and_shows_text_as_text(client, coordinator):
    planted = '"><svg/onload=alert(1)>'
    person = make_member(given_name=planted, family_name="Visser")
    page = client.get("/bureau/search", query_string={"q": "visser"}).text
    assert "<svg/onload" not in page
    assert f"/bureau/members/{person.id}" in page
    assert "<svg/onload" not in client.get("/bureau/search", query_string={"q": planted}).text
    for address in ("/bureau/members", f"/bureau/members/{person.id}"):
        assert "<svg/onload" not in client.get(address).text


def test_lists_and_person_pages_keep_their_query_budget(client, coordinator):
    for number in range(30):
        person = tell(make_member(given_name="Anna", family_name=f"Aal{number:02d}"), "discipline:finance")
    for address, budget in (
        ("/bureau/members", 8), ("/bureau/members?status=active&q=an", 8), (f"/bureau/members/{person.account_id}", 20),
        ("/bureau/search?q=an", 8),
    ):  # fmt: skip
        client.get(address)
        before = statements_so_far()
        assert client.get(address).status_code == 200
        assert statements_so_far() - before <= budget, address


def test_b1_a_given_up_job_gets_another_try_once(client, coordinator):
    job = matters.dead_job(error='<b>"boom"</b>')
    page = client.get("/bureau/jobs").text
    assert "mail.deliver" in page
    assert "<b>" not in page.split("job-error")[1][:200]
    client.post(f"/bureau/jobs/{job.id}/retry")
    assert job.state.value == "queued"
    assert client.post(f"/bureau/jobs/{job.id}/retry", follow_redirects=True).status_code == 200
    assert client.post(f"/bureau/jobs/{uuid4()}/retry").status_code == 303


def test_jobs_are_not_the_treasurers(client, treasurer):
    assert client.get("/bureau/jobs").status_code == 403
    assert client.post(f"/bureau/jobs/{matters.dead_job().id}/retry").status_code == 403
