"""L2: who can be found, by what, and by whom."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest

from app.core import clock, search
from app.core.db import db
from app.core.observability import statements_so_far
from app.profiles import services
from app.profiles.models import Audience, Field, Profile
from app.profiles.queries import taxonomy
from tests.factories import make_account, sign_in
from tests.profiles.people import make_member, tell, term


def names(page) -> list[str]:
    return re.findall(r'<h2><a href="/directory/[^"]+">([^<]+)</a></h2>', page.text)


def keep(person, *fields: Field, listed: bool = True) -> None:
    profile = db.session.get_one(Profile, person.id)
    services.choose_audience(profile, listed=listed, visibility=dict.fromkeys(fields, Audience.BUREAU), by=person)
    db.session.flush()


def test_l2_members_are_listed_as_a_dutch_list_sorts_them(client, member):
    for given, family in (("Bram", "de Vries"), ("Anna", "van der Berg"), ("Ümit", "Çelik"), ("Anna", "Visser")):
        make_member(given_name=given, family_name=family)
    assert names(client.get("/directory")) == [
        "Anna van der Berg",
        "Ümit Çelik",
        "Marit Oostveen",
        "Anna Visser",
        "Bram de Vries",
    ]


@pytest.mark.parametrize("asked", ["umit", "Ümit", "CEL", "çel umi", "crisis", "financ", "Financiën", "finance"])
def test_l2_a_member_is_found_by_the_beginning_of_words(client, member, asked):
    found = make_member(given_name="Ümit", family_name="Çelik")
    tell(found, "discipline:finance", headline="Kalm in een crisis")
    assert names(client.get("/directory", query_string={"q": asked})) == ["Ümit Çelik"]


@pytest.mark.parametrize("asked", ["c", "f", "k c", "u fin", "x"])
def test_a_word_that_very_many_have_finds_the_same_people(client, member, monkeypatch, asked):
    """Whether words lead to people, or each person is asked for the word, depends on how many have it."""
    tell(make_member(given_name="Ümit", family_name="Çelik"), "discipline:finance", headline="Kalm in een crisis")
    make_member(given_name="Karel", family_name="Cats")
    few = names(client.get("/directory", query_string={"q": asked}))
    monkeypatch.setattr(search, "MANY", 1)
    assert names(client.get("/directory", query_string={"q": asked})) == few
    assert bool(few) is (asked != "x")


@pytest.mark.parametrize("asked", ["%", "_", "%%%", "a%", "!!!", "'; drop table account; --"])
def test_wildcards_stand_for_themselves(client, member, asked):
    make_member(given_name="Anna", family_name="Visser")
    assert names(client.get("/directory", query_string={"q": asked})) in ([], ["Anna Visser"] if asked == "a%" else [])


def test_l2_filters_stand_in_the_address_and_the_count_is_told(client, member):
    tell(make_member(given_name="Anna", family_name="Visser"), "discipline:finance", "region:utrecht")
    tell(make_member(given_name="Bram", family_name="Vos"), "discipline:finance", "region:drenthe")
    page = client.get("/directory", query_string={"discipline": str(term("finance").id)})
    assert names(page) == ["Anna Visser", "Bram Vos"]
    assert 'role="status">2 ' in page.text
    both = {"discipline": str(term("finance").id), "region": str(next_region("drenthe"))}
    assert names(client.get("/directory", query_string=both)) == ["Bram Vos"]


def next_region(slug: str):
    return next(one.id for one in taxonomy().of(Field.REGION) if one.slug == slug)


def test_nothing_found_gives_a_way_out(client, member):
    page = client.get("/directory?q=xyzzy")
    assert names(page) == []
    assert 'class="empty"' in page.text
    assert 'href="/directory"' in page.text


def test_l2_what_is_kept_from_members_is_not_shown_and_not_found(client, member):
    found = make_member(given_name="Anna", family_name="Visser", email="anna.geheim@voorbeeld.example")
    tell(
        found,
        "discipline:finance",
        "region:utrecht",
        headline="Stilte",
        about="Mijn verhaal",
        days_a_week=3,
        website="https://anna.example",
        levels={"restructuring": 4},
    )
    keep(found, *Field)
    page = client.get(f"/directory/{found.id}")
    assert page.status_code == 200
    for hidden in ("Stilte", "Mijn verhaal", "anna.example", "Financiën", "Reorganiseren", "anna.geheim"):
        assert hidden not in page.text
    for asked in ("stilte", "finance", "restructuring", "geheim"):
        assert names(client.get(f"/directory?q={asked}")) == []
    assert names(client.get("/directory", query_string={"discipline": str(term("finance").id)})) == []
    card = client.get("/directory?q=visser")
    assert names(card) == ["Anna Visser"]
    assert "Stilte" not in card.text


def test_l2_an_address_and_availability_show_only_when_their_owner_says_so(client, member):
    found = make_member(given_name="Anna", family_name="Visser", email="anna@voorbeeld.example")
    tell(found, days_a_week=3)
    assert "anna@voorbeeld.example" not in client.get(f"/directory/{found.id}").text
    profile = db.session.get_one(Profile, found.id)
    services.choose_audience(
        profile, listed=True, visibility={Field.EMAIL: Audience.MEMBERS, Field.AVAILABILITY: Audience.MEMBERS}, by=found
    )
    db.session.flush()
    assert "mailto:anna@voorbeeld.example" in client.get(f"/directory/{found.id}").text


def test_l2_whoever_leaves_the_directory_is_gone_from_it(client, member):
    found = make_member(given_name="Anna", family_name="Visser")
    keep(found, listed=False)
    assert names(client.get("/directory?q=visser")) == []
    assert client.get(f"/directory/{found.id}").status_code == 404


@pytest.mark.parametrize(
    ("standing", "there"),
    [
        ({}, True),
        ({"paid_until": -1}, True),
        ({"paid_until": -30}, True),
        ({"paid_until": -31}, False),
        ({"paid_until": -400}, False),
        ({"paid": False}, False),
        ({"given_up_on": 0}, True),
        ({"given_up_on": -1}, False),
    ],
)
def test_m7_only_who_is_a_member_today_is_in_the_directory(client, member, standing, there):
    dates = {
        name: clock.today() + timedelta(days=value) if name != "paid" else value for name, value in standing.items()
    }
    found = make_member(given_name="Anna", family_name="Visser", **dates)
    assert names(client.get("/directory?q=visser")) == (["Anna Visser"] if there else [])
    assert client.get(f"/directory/{found.id}").status_code == (200 if there else 404)


def test_the_preview_shows_what_members_see(client, member):
    tell(member, "discipline:finance", headline="Rust", about="Verhaal")
    keep(member, Field.ABOUT)
    page = client.get("/profile/preview").text
    assert "Rust" in page
    assert "Verhaal" not in page
    assert "Verhaal" in client.get("/profile").text


def test_visibility_is_chosen_in_the_form(client, member):
    choices = {f"show_{field}": "bureau" for field in Field}
    assert client.post("/profile/visibility", data={**choices, "show_email": "members"}).status_code == 303
    profile = db.session.get_one(Profile, member.id)
    assert not profile.listed
    assert profile.shows(Field.EMAIL)
    assert not profile.shows(Field.HEADLINE)
    assert client.post("/profile/visibility", data={**choices, "show_email": "everybody"}).status_code == 422


def test_the_directory_is_for_members(client):
    assert client.get("/directory").status_code in (302, 303)
    sign_in(client, make_account())
    assert client.get("/directory").status_code in (302, 303, 403)
    assert client.get("/directory", follow_redirects=False).text.find("Oostveen") == -1


def test_somebody_who_is_not_there_and_junk_answer_404(client, member):
    assert client.get(f"/directory/{uuid4()}").status_code == 404
    assert client.get("/directory/1").status_code == 404
    assert client.get("/directory?after=junk&discipline=junk&region=%00").status_code in (200, 400)


@pytest.mark.parametrize("planted", ['"><svg/onload=alert(1)>', "<script>alert(1)</script>", "{{7*7}}", "=1+1"])
def test_what_people_write_is_text_everywhere(client, member, planted):
    found = make_member(given_name=planted, family_name=planted)
    tell(found, headline=planted, about=planted + "\n\n[x](javascript:alert(1)) <img src=x onerror=alert(1)>")
    for address in ("/directory", f"/directory/{found.id}"):
        page = client.get(address).text
        assert "<svg/onload" not in page
        assert "<script>alert" not in page
        assert "onerror=" not in page
        assert 'href="javascript' not in page


def test_pages_follow_each_other_without_gaps(client, member):
    for number in range(30):
        make_member(given_name="Anna", family_name=f"Aal{number:02d}")
    first = client.get("/directory")
    following = re.search(r'rel="next"\s+href="([^"]+)"', first.text).group(1).replace("&amp;", "&")
    assert names(first) + names(client.get(following)) == [*(f"Anna Aal{n:02d}" for n in range(30)), "Marit Oostveen"]


def test_the_directory_costs_at_most_eight_queries(client, member):
    for number in range(30):
        tell(
            make_member(given_name="Anna", family_name=f"Aal{number:02d}"),
            "discipline:finance",
            levels={"restructuring": 2},
        )
    for address in (
        "/directory",
        "/directory?q=an",
        f"/directory?discipline={term('finance').id}",
        f"/directory/{member.id}",
    ):
        client.get(address)
        before = statements_so_far()
        assert client.get(address).status_code == 200
        assert statements_so_far() - before <= 8, address
