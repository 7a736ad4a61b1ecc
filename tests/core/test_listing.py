"""The list mechanism: search, filters, sorting and paging of any statement, all in the address (ux 42, 45; B3)."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from uuid import uuid4

import pytest
from flask import render_template_string, request
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Column as TableColumn
from sqlalchemy import Date, Enum, Integer, MetaData, String, Table, Uuid, delete, event, func, literal, select
from werkzeug.exceptions import BadRequest

from app.core.db import UtcDateTime, db
from app.core.forms import Option
from app.core.listing import Badge, ChoiceFilter, Column, DateFilter, Kind, Listing, YesFilter
from app.core.listing.keyset import seal, unseal


class Status(StrEnum):
    ACTIVE = "active"
    LAPSED = "lapsed"


people = Table(
    "listing_person",
    MetaData(),
    TableColumn("id", Uuid, primary_key=True),
    TableColumn("name", String, nullable=False),
    TableColumn("city", String),
    TableColumn("joined", Date),
    TableColumn("seen", UtcDateTime),
    TableColumn("dues", Integer, nullable=False),
    TableColumn(
        "status", Enum(Status, native_enum=False, values_callable=lambda e: [m.value for m in e]), nullable=False
    ),
)
LABELS = {Status.ACTIVE: Badge("ok", "Actief"), Status.LAPSED: Badge("bad", "Verlopen")}
STATUS_OPTIONS = [Option(status, badge.label) for status, badge in LABELS.items()]


def make_listing(**changes):
    declared = {
        "title": "Leden",
        "columns": [
            Column("name", "Naam", sort=True, href=lambda row: f"/leden/{row.id}"),
            Column("city", "Plaats", sort=True),
            Column("joined", "Lid sinds", kind=Kind.DATE, sort=True),
            Column("seen", "Laatst gezien", kind=Kind.MOMENT, sort=True, shown=False),
            Column("dues", "Openstaand", kind=Kind.MONEY, sort=True),
            Column("status", "Status", kind=Kind.BADGE, badge=LABELS.__getitem__, sort=True),
            Column("code", "Kenmerk", sql=people.c.name, kind=Kind.REFERENCE, shown=False),
            Column("double", "Dubbel", sql=people.c.dues * 2, kind=Kind.NUMBER, sort=True, shown=False),
            Column("pair", "Plaats en bedrag", sql=people.c.city, sort=[people.c.city, people.c.dues], shown=False),
        ],
        "search": ["name", people.c.city],
        "filters": [
            ChoiceFilter("status", "Status", STATUS_OPTIONS),
            ChoiceFilter("any", "Een van", STATUS_OPTIONS, sql="status", multiple=True),
            DateFilter("joined", "Lid sinds"),
            DateFilter("seen", "Gezien"),
            YesFilter("owing", "Met schuld", people.c.dues > 0),
        ],
        "default_sort": "name",
        "choose_columns": True,
        "page_size": 4,
        "export": True,
        "counted": lambda number: "lid" if number == 1 else "leden",
    }
    return Listing(**{**declared, **changes})


@pytest.fixture
def table(app):
    people.create(db.session.connection())
    return people


def fill(rows):
    db.session.execute(delete(people))
    usual = {"city": None, "joined": None, "seen": None, "dues": 0, "status": Status.ACTIVE}
    if rows:
        db.session.execute(people.insert(), [{**usual, "id": uuid4(), **row} for row in rows])


@pytest.fixture
def show(app, table):
    """Ask a list for the page at an address."""

    def ask(address="/leden", listing=None, statement=None):
        with app.test_request_context(address):
            return (listing or make_listing()).page(select(people) if statement is None else statement, request.args)

    return ask


def names(page):
    return [row.name for row in page.rows]


VALUES = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["anna", "Anna", "Bram", "", "Özgür", "de Vries", "%", "z"]),
        "city": st.sampled_from([None, "Utrecht", "utrecht", "Assen"]),
        "joined": st.sampled_from([None, date(2020, 1, 1), date(2027, 1, 5)]),
        "seen": st.sampled_from(
            [None, datetime(2026, 1, 1, 12, 30, 0, 123456, UTC), datetime(2026, 1, 1, 12, 30, tzinfo=UTC)]
        ),
        "dues": st.integers(-2, 2),
        "status": st.sampled_from(list(Status)),
    }
)
SORTS = [
    sign + name for name in ("name", "city", "joined", "seen", "dues", "status", "double", "pair") for sign in ("", "-")
]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80, deadline=None)
@given(rows=st.lists(VALUES, max_size=14), sort=st.sampled_from(SORTS), size=st.integers(1, 5))
def test_walking_all_pages_to_and_fro_shows_each_row_once_in_order(app, table, show, rows, sort, size):
    fill(rows)
    listing = make_listing(page_size=size)
    forwards, backwards, url = [], [], f"/leden?sort={sort}"
    while url:
        page = show(url, listing)
        forwards.append([row.id for row in page.rows])
        assert page.total == len(rows)
        last, url = page, page.next_url
    while True:
        backwards.insert(0, [row.id for row in last.rows])
        if not last.previous_url:
            break
        last = show(last.previous_url, listing)
    assert forwards == backwards
    walked = [one for page in forwards for one in page]
    assert sorted(walked) == sorted(row.id for row in db.session.execute(select(people)))
    assert len(walked) == len(set(walked))
    assert walked == [row.id for row in show(f"/leden?sort={sort}", make_listing(page_size=1000)).rows]
    values = {row.id: row for row in db.session.execute(select(people))}
    if sort.removeprefix("-") in ("joined", "seen", "dues"):
        column = [getattr(values[one], sort.removeprefix("-")) for one in walked]
        known = [value for value in column if value is not None]
        assert known == sorted(known, reverse=sort.startswith("-"))
        assert column[: len(known)] == known


def test_a_row_that_comes_or_goes_between_two_pages_neither_hides_nor_doubles_another(show):
    fill([{"name": name} for name in "abdefgh"])
    first = show()
    db.session.execute(delete(people).where(people.c.name.in_(["e", "b"])))
    fill_more = people.insert().values(id=uuid4(), name="c", dues=0, status=Status.ACTIVE)
    db.session.execute(fill_more)
    assert names(first) == ["a", "b", "d", "e"]
    assert names(show(first.next_url)) == ["f", "g", "h"]


@pytest.mark.parametrize(
    "junk",
    ["x", "", "%00", "é", "A" * 5000, "e30", "=" * 30, "../../etc"],
)
def test_a_cursor_that_can_t_be_read_means_the_first_page(show, junk):
    fill([{"name": name} for name in "abcdef"])
    for end in ("after", "before"):
        assert names(show(f"/leden?{end}={junk}")) == ["a", "b", "c", "d"]


def test_a_cursor_of_another_order_or_list_means_the_first_page(show):
    fill([{"name": name, "dues": 6 - i} for i, name in enumerate("abcdef")])
    cursor = re.search(r"after=([^&]+)", show().next_url)[1]
    assert names(show(f"/leden?sort=-dues&after={cursor}")) == ["a", "b", "c", "d"]


def test_a_cursor_past_the_end_means_the_first_page(show):
    fill([{"name": name} for name in "abcdef"])
    following = show().next_url
    db.session.execute(delete(people).where(people.c.name > "d"))
    assert names(show(following)) == ["a", "b", "c", "d"]


def test_a_cursor_tells_an_address_bar_nothing_about_persons(show):
    """ASVS 14.2.1."""
    fill([{"name": f"Anna {number}"} for number in range(6)])
    assert "Anna" not in show().next_url


@given(
    st.lists(
        st.one_of(
            st.none(),
            st.text(max_size=20),
            st.integers(),
            st.uuids(),
            st.dates(),
            st.datetimes(timezones=st.just(UTC)),
            st.decimals(allow_nan=False),
            st.booleans(),
        ),
        max_size=4,
    )
)
def test_a_cursor_gives_back_what_it_was_made_of(values):
    cursor = seal(values, place="leden:name", secret="geheim")
    assert unseal(cursor, place="leden:name", secrets=["nieuw", "geheim"]) == values
    assert unseal(cursor, place="leden:-name", secrets=["geheim"]) is None
    assert unseal(cursor, place="leden:name", secrets=["ander"]) is None
    assert unseal(cursor[:-2], place="leden:name", secrets=["geheim"]) is None


def test_search_finds_each_word_anywhere_whatever_its_case(show):
    fill([{"name": "Anna de Vries", "city": "Utrecht"}, {"name": "Bram Bos", "city": "Vries"}, {"name": "Özgür Kaya"}])
    assert names(show("/leden?q=vries")) == ["Anna de Vries", "Bram Bos"]
    assert names(show("/leden?q=VRIES+anna")) == ["Anna de Vries"]
    assert names(show("/leden?q=utrecht")) == ["Anna de Vries"]
    assert names(show("/leden?q=%C3%B6zg%C3%BCr")) == ["Özgür Kaya"]
    assert names(show("/leden?q=niemand")) == []


def test_signs_that_a_database_reads_as_wildcards_are_only_themselves(show):
    """ASVS 1.2.4."""
    fill([{"name": "100%"}, {"name": "a_b"}, {"name": "axb"}, {"name": "back\\slash"}, {"name": "sl/ash"}])
    assert names(show("/leden?q=%25")) == ["100%"]
    assert names(show("/leden?q=_")) == ["a_b"]
    assert names(show("/leden?q=%5C")) == ["back\\slash"]
    assert names(show("/leden?q=/")) == ["sl/ash"]


@pytest.mark.parametrize(
    "query",
    [
        "q=%00",
        "q=" + "a%20" * 500,
        "q=%E2%80%8B",
        "status=x",
        "joined_from=x",
        "sort=x;drop",
        "sort=double;",
        "col=x",
        "any=x&any=y",
        "owing=2",
        "q='%20OR%201=1--",
    ],
)
def test_junk_in_the_address_never_fails(show, query):
    fill([{"name": "Anna"}])
    assert show(f"/leden?{query}").total in (0, 1)


def test_a_parameter_sent_twice_is_refused(show):
    with pytest.raises(BadRequest):
        show("/leden?q=a&q=b")


def test_filters_narrow_by_choice_by_several_and_by_condition(show):
    fill(
        [
            {"name": "Anna", "dues": 100},
            {"name": "Bram", "status": Status.LAPSED},
            {"name": "Carla", "status": Status.LAPSED, "dues": 5},
        ]
    )
    assert names(show("/leden?status=lapsed")) == ["Bram", "Carla"]
    assert names(show("/leden?any=active&any=lapsed")) == ["Anna", "Bram", "Carla"]
    assert names(show("/leden?owing=1&any=lapsed")) == ["Carla"]


def test_days_are_days_in_amsterdam_and_both_ends_are_included(show):
    late = datetime(2027, 1, 4, 22, 59, tzinfo=UTC)
    fill(
        [
            {"name": "voor middernacht", "seen": late, "joined": date(2027, 1, 4)},
            {"name": "na middernacht", "seen": late + timedelta(minutes=2), "joined": date(2027, 1, 5)},
            {"name": "nooit"},
        ]
    )
    assert names(show("/leden?seen_from=5-1-2027&seen_until=5+januari+2027")) == ["na middernacht"]
    assert names(show("/leden?seen_until=4-1-2027")) == ["voor middernacht"]
    assert names(show("/leden?joined_from=2027-01-05")) == ["na middernacht"]
    assert names(show("/leden?joined_until=04-01-2027")) == ["voor middernacht"]


def test_a_date_that_can_t_be_read_is_kept_told_and_narrows_nothing(app, show):
    fill([{"name": "Anna"}])
    page = show("/leden?joined_from=gisteren")
    assert page.has_errors
    assert names(page) == ["Anna"]
    with app.test_request_context("/leden"):
        html = draw(page)
    assert 'value="gisteren"' in html
    assert 'aria-invalid="true"' in html


def test_each_chip_takes_away_only_itself(show):
    fill([{"name": "Anna"}])
    page = show("/leden?q=an&any=active&any=lapsed&sort=-dues")
    assert [chip.text for chip in page.chips][1:] == ["Een van: Actief", "Een van: Verlopen"]
    assert page.chips[1].url == "/leden?q=an&any=lapsed&sort=-dues"
    assert page.chips[0].url == "/leden?any=active&any=lapsed&sort=-dues"
    assert page.clear_url == "/leden?sort=-dues"


def test_sorting_starts_upwards_and_turns_round(show):
    fill([{"name": "Anna"}])
    page = show("/leden?q=an")
    by = {column.name: column for column in page.columns}
    assert page.sort_url(by["name"]) == "/leden?q=an&sort=-name"
    assert page.sort_url(by["dues"]) == "/leden?q=an&sort=dues"
    assert (page.direction(by["name"]), page.direction(by["dues"])) == ("ascending", "none")


def test_columns_are_chosen_in_the_address_and_the_first_always_stays(show):
    fill([{"name": "Anna", "dues": 605}])
    assert [column.name for column in show().columns] == ["name", "city", "joined", "dues", "status"]
    page = show("/leden?col=double&col=nonsense")
    assert [column.name for column in page.columns] == ["name", "double"]
    assert [cell.text for cell in page.lines[0].cells] == ["Anna", "1.210"]
    assert "col=double" in page.sort_url(page.columns[0])


def test_the_count_stops_at_its_limit(show):
    fill([{"name": f"{number:02}"} for number in range(9)])
    assert show(listing=make_listing(count_limit=8)).count_text.endswith("8 leden")
    assert show(listing=make_listing(count_limit=8)).count_text != "8 leden"
    assert show(listing=make_listing(count_limit=9)).count_text == "9 leden"
    assert show("/leden?q=01").count_text == "1 lid"


def test_a_page_costs_two_queries_at_most(show):
    fill([{"name": f"{number:02}"} for number in range(30)])
    url = show("/leden?q=0&status=active").next_url
    asked = []

    def note(_connection, _cursor, sql, parameters, *_):
        asked.append((sql, parameters))

    connection = db.session.connection()
    event.listen(connection, "before_cursor_execute", note)
    show(url)
    event.remove(connection, "before_cursor_execute", note)
    assert len(asked) == 2


def test_a_statement_with_joins_labels_and_single_columns_lists_as_well(show):
    fill([{"name": "Anna", "dues": 1}, {"name": "Bram", "dues": 2}, {"name": "Carla", "dues": 3}])
    other = people.alias()
    others = select(func.count()).select_from(other).where(other.c.dues < people.c.dues).scalar_subquery()
    statement = select(people.c.id, people.c.name.label("who"), others.label("below"), literal("x").label("fixed"))
    listing = Listing(
        title="Leden",
        columns=[
            Column("who", "Wie", sort=True),
            Column("below", "Eronder", kind=Kind.NUMBER, sort=True),
            Column("fixed", "Vast"),
        ],
        search=["who"],
        default_sort="-below",
        page_size=2,
    )
    page = show("/x", listing, statement)
    assert [[cell.text for cell in line.cells] for line in page.lines] == [["Carla", "2", "x"], ["Bram", "1", "x"]]
    assert [row.who for row in show(page.next_url, listing, statement).rows] == ["Anna"]
    assert [row.who for row in show("/x?q=ANN", listing, statement).rows] == ["Anna"]


def draw(page):
    return render_template_string(
        '{% import "_macros/table.html" as table with context %}{{ table.listing(page, empty=("Nog geen leden", "Nodig er een uit.", ("/nodig", "Nodig uit"))) }}',
        page=page,
    )


def test_the_page_tells_order_count_and_ways_on(app, show):
    fill([{"name": name, "dues": 60500, "joined": date(2027, 1, 5)} for name in "abcdef"])
    with app.test_request_context("/leden"):
        html = draw(show())
    assert 'role="status">6 leden<' in re.sub(r"\s+<", "<", html)
    assert 'aria-sort="ascending"' in html
    assert html.count('scope="row"') == 4
    assert 'data-label="Openstaand"' in html
    assert "605,00" in html
    assert 'rel="next"' in html
    assert 'rel="prev"' not in html
    assert "format=xlsx" in html
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids))


def test_nothing_found_gives_a_way_out_and_nothing_yet_another(app, show):
    with app.test_request_context("/leden?lang=nl"):
        assert "Nodig er een uit." in draw(show())
        fill([{"name": "Anna"}])
        searched = draw(show("/leden?q=zzz"))
    assert "Nodig er een uit." not in searched
    assert 'href="/leden"' in searched


def test_a_reference_stays_on_one_line_and_a_figure_stands_right(app, show):
    fill([{"name": "2026-00042", "dues": 5}])
    with app.test_request_context("/leden"):
        html = draw(show("/leden?col=code&col=dues"))
    assert re.search(r'<td data-label="Kenmerk" class="nowrap">2026-00042</td>', html)
    assert re.search(r'<td data-label="Openstaand" class="figure">€\xa00,05</td>', html)


def test_what_is_searched_for_is_never_markup(app, show):
    """ASVS 1.2.1."""
    fill([{"name": "<b>x</b>"}])
    with app.test_request_context("/leden"):
        html = draw(show("/leden?q=%3Cb%3E"))
    assert "<b>x" not in html
    assert "&lt;b&gt;x&lt;/b&gt;" in html


def test_a_page_can_draw_a_cell_its_own_way(app, show):
    fill([{"name": "Anna"}])
    with app.test_request_context("/leden"):
        html = render_template_string(
            '{% import "_macros/table.html" as table with context %}'
            '{% call(cell, row) table.listing(page) %}{% if cell.column.name == "name" %}~{{ row.name }}~{% else %}{{ table.cell(cell) }}{% endif %}{% endcall %}',
            page=show(),
        )
    assert "~Anna~" in html
    assert "Actief" in html


def test_the_wrong_default_sort_is_found_at_once(show):
    with pytest.raises(LookupError):
        show(listing=make_listing(default_sort="nothing"))


def test_a_list_may_search_by_a_condition_of_its_own(show):
    fill([{"name": "Anna"}, {"name": "Bram"}])
    listing = make_listing(search=lambda text: people.c.name == text.title())
    assert names(show("/leden?q=bram", listing)) == ["Bram"]
    assert names(show("/leden", listing)) == ["Anna", "Bram"]
