"""What only a browser can tell of forms and lists: focus, double clicks, searching while typing, no script (ux 9, 23, 42)."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask import Blueprint, Flask, render_template_string
from jinja2 import ChoiceLoader, DictLoader
from playwright.sync_api import expect
from sqlalchemy import Column as TableColumn
from sqlalchemy import Integer, MetaData, String, Table, select

from app import create_app
from app.core import access, forms
from app.core.db import db
from app.core.forms import Option
from app.core.forms.uploads import MEGABYTE
from app.core.listing import Badge, ChoiceFilter, Column, DateFilter, Kind, Listing, YesFilter
from tests.accessibility import complaints
from tests.conftest import settings
from tests.serving import in_threads

pytestmark = pytest.mark.browser

PAGE = """{% extends "_layout/public.html" %}
{% import "_macros/forms.html" as forms with context %}{% import "_macros/table.html" as table with context %}
{% block title %}Proef{% endblock %}
{% block content %}<h1>Proef</h1>BODY{% endblock %}"""
TEMPLATES = {
    "trial/form.html": PAGE.replace(
        "BODY",
        """{{ forms.error_summary(form) }}{{ forms.form_start(form, multipart=True) }}
        {% for f in form %}{% if f.name != "csrf_token" %}{{ forms.field(f) }}{% endif %}{% endfor %}
        <div class="actions">{{ forms.submit("Verstuur") }}</div>{{ forms.form_end() }}""",
    ),
    "trial/list.html": PAGE.replace("BODY", "{{ table.listing(listing) }}"),
}
towns = Table(
    "trial_town",
    MetaData(),
    TableColumn("id", Integer, primary_key=True),
    TableColumn("name", String, nullable=False),
    TableColumn("dues", Integer, nullable=False),
    TableColumn("state", String, nullable=False),
)
STATES = {"open": Badge("due", "Open"), "paid": Badge("ok", "Betaald")}
LISTING = Listing(
    title="Plaatsen",
    columns=[
        Column("name", "Naam", sort=True, href=lambda row: f"/trial/list?q={row.id}"),
        Column("state", "Stand", kind=Kind.BADGE, badge=STATES.__getitem__),
        Column("dues", "Bedrag", kind=Kind.MONEY, sort=True),
    ],
    search=["name"],
    filters=[
        ChoiceFilter("state", "Stand", [Option(key, badge.label) for key, badge in STATES.items()]),
        DateFilter("dues", "Dag"),
        YesFilter("owing", "met bedrag", towns.c.dues > 0),
    ],
    default_sort="name",
    page_size=10,
    export=True,
    choose_columns=True,
    counted=lambda number: "plaats" if number == 1 else "plaatsen",
)


class Trial(forms.Form):
    name = forms.TextField("Naam", hint="Uw volledige naam.")
    fee = forms.MoneyField("Bedrag")
    kind = forms.ChoiceField("Soort", options=[Option("a", "Versterking"), Option("b", "Vervanging")])
    level = forms.LevelField("Ervaring")
    sectors = forms.MultiChoiceField("Sectoren", options=[Option("z", "Zorg"), Option("o", "Overheid")])
    story = forms.TextAreaField("Motivatie", max_length=40)
    password = forms.PasswordField("Wachtwoord")
    cv = forms.UploadField("Cv", required=False)
    terms = forms.ConsentField("Ik ga akkoord.")


@pytest.fixture(scope="module")
def received() -> list[dict[str, object]]:
    """What the server got."""
    return []


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, received: list[dict[str, object]]) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("trial")
    app: Flask = create_app(settings(f"sqlite:///{folder / 'trial.db'}", folder))
    app.jinja_env.loader = ChoiceLoader([DictLoader(TEMPLATES), app.jinja_env.loader])
    blueprint = Blueprint("trial", __name__)

    @blueprint.route("/trial/form", methods=["GET", "POST"])
    @access.public
    def form():
        trial = Trial()
        if not trial.validate_on_submit():
            return forms.render_form("trial/form.html", trial)
        received.append(dict(trial.data))
        return render_template_string(
            '{% extends "_layout/public.html" %}{% block title %}Klaar{% endblock %}{% block content %}<h1>Klaar</h1>{% endblock %}'
        )

    @blueprint.get("/trial/list")
    @access.public
    def list_():
        return LISTING.respond("trial/list.html", select(towns))

    app.register_blueprint(blueprint)
    with app.app_context(), db.engine.begin() as connection:
        towns.create(connection)
        rows = [
            {"name": f"{n} {i}", "dues": i * 100, "state": "paid" if i % 2 else "open"}
            for i in range(6)
            for n in ("Assen", "Breda", "Edam", "Gouda")
        ]
        connection.execute(towns.insert(), rows)
    with in_threads(app) as url:
        yield f"{url}/trial"
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def visit(open_tab, site):
    return lambda path, **options: open_tab(f"{site}/{path}", **options)


def fill_in(tab):
    tab.fill("#name", "Anna")
    tab.fill("#fee", "1.250,50")
    tab.get_by_label("Vervanging").check()
    tab.get_by_role("radio", name=re.compile("^3")).check()
    tab.get_by_label("Zorg").check()
    tab.fill("#story", "Daarom")
    tab.fill("#password", "geheim")
    tab.get_by_label("Ik ga akkoord.").check()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_axe_has_nothing_to_say_of_forms_and_lists_in_any_state(visit, width, scheme):
    tab = visit("form", width=width, color_scheme=scheme)
    assert complaints(tab) == []
    tab.get_by_role("button", name="Verstuur").click()
    expect(tab.locator(".error-summary")).to_be_visible()
    assert complaints(tab) == []
    for query in ("", "?q=assen&state=open&owing=1", "?q=niets", "?dues_from=gisteren", "?col=dues&sort=-dues"):
        assert complaints(visit(f"list{query}", width=width, color_scheme=scheme)) == [], query


@pytest.mark.parametrize("path", ["form", "list", "list?owing=1&q=assen"])
def test_nothing_scrolls_sideways_at_320_pixels(visit, path):
    tab = visit(path, width=320)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 320


def test_the_summary_takes_the_focus_and_leads_into_each_field(visit):
    tab = visit("form")
    tab.get_by_role("button", name="Verstuur").click()
    expect(tab.locator(".error-summary")).to_be_focused()
    for link in tab.locator(".error-summary a").all():
        target = link.get_attribute("href")
        link.click()
        expect(tab.locator(target)).to_be_focused()


def test_the_summary_takes_the_focus_in_a_form_that_only_asks_too(visit):
    tab = visit("../self-test")
    tab.locator("main form button[type=submit]").click()
    expect(tab.locator(".error-summary")).to_be_focused()


def a_file(size):
    return {"name": "cv.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-" + b"x" * size}


def test_a_file_that_is_too_large_is_told_before_it_is_sent_and_what_was_typed_stays(visit, received):
    received.clear()
    tab = visit("form")
    fill_in(tab)
    tab.set_input_files("#cv", a_file(13 * MEGABYTE))
    expect(tab.locator("#cv-error")).to_have_text("Kies bij “Cv” een bestand van hoogstens 5 MB.")
    assert complaints(tab) == []
    tab.get_by_role("button", name="Verstuur").click()
    expect(tab.locator("#cv")).to_be_focused()
    expect(tab.locator("#story")).to_have_value("Daarom")
    assert received == []
    tab.set_input_files("#cv", [])
    expect(tab.locator("#cv-error")).to_have_count(0)
    tab.get_by_role("button", name="Verstuur").click()
    expect(tab.get_by_role("heading", name="Klaar")).to_be_visible()


def test_a_double_click_sends_once(visit, received):
    received.clear()
    tab = visit("form")
    fill_in(tab)
    tab.get_by_role("button", name="Verstuur").dblclick()
    expect(tab.get_by_role("heading", name="Klaar")).to_be_visible()
    assert len(received) == 1
    assert received[0]["level"] == 3


def test_the_form_works_without_script(visit, received):
    received.clear()
    tab = visit("form", java_script_enabled=False)
    assert not tab.locator("[data-reveal]").is_visible()
    tab.get_by_role("button", name="Verstuur").click()
    tab.locator(".error-summary a").first.click()
    fill_in(tab)
    tab.get_by_role("button", name="Verstuur").click()
    expect(tab.get_by_role("heading", name="Klaar")).to_be_visible()
    assert received[0]["fee"] == 125050


def test_the_password_is_shown_on_request_and_characters_are_counted(visit):
    tab = visit("form")
    tab.fill("#password", "geheim")
    tab.locator("[data-reveal]").click()
    assert tab.get_attribute("#password", "type") == "text"
    tab.locator("[data-reveal]").click()
    assert tab.get_attribute("#password", "type") == "password"
    tab.fill("#story", "x" * 43)
    expect(tab.locator("[data-count]")).to_have_text(re.compile("3"))
    assert tab.evaluate("document.querySelector('#story').value.length") == 43


def test_searching_while_typing_keeps_the_focus_and_puts_the_state_in_the_address(visit):
    tab = visit("list")
    tab.get_by_role("searchbox").press_sequentially("assen", delay=20)
    expect(tab.get_by_role("status")).to_have_text("6 plaatsen")
    expect(tab.locator("tbody tr")).to_have_count(6)
    expect(tab.get_by_role("searchbox")).to_be_focused()
    assert tab.url.endswith("/list?q=assen")
    tab.locator("#filter-state").focus()
    tab.locator("#filter-state").select_option("paid")
    expect(tab.get_by_role("status")).to_have_text("3 plaatsen")
    expect(tab.locator("#filter-state")).to_be_focused()
    assert tab.url.endswith("/list?q=assen&state=paid")
    tab.get_by_role("link", name=re.compile("assen")).click()
    expect(tab.get_by_role("status")).to_have_text("12 plaatsen")


def test_the_list_works_without_script_from_search_to_the_last_page_and_back(visit):
    tab = visit("list", java_script_enabled=False, width=360)
    tab.get_by_role("searchbox").fill("a")
    tab.get_by_role("searchbox").press("Enter")
    expect(tab.get_by_role("status")).to_have_text("24 plaatsen")
    tab.locator("[rel=next]").click()
    tab.locator("[rel=next]").click()
    expect(tab.locator("tbody tr")).to_have_count(4)
    assert tab.locator("[rel=next]").count() == 0
    tab.locator("[rel=prev]").click()
    tab.locator("[rel=prev]").click()
    expect(tab.locator("tbody tr").first).to_contain_text("Assen 0")
    tab.get_by_role("link", name="Bedrag").click()
    expect(tab.locator("th[aria-sort=ascending]")).to_contain_text("Bedrag")


def test_the_file_behind_the_list_is_downloaded(visit):
    tab = visit("list?q=edam")
    with tab.expect_download() as waiting:
        tab.get_by_role("link", name="CSV").click()
    assert waiting.value.suggested_filename.startswith("plaatsen-")
    assert len(waiting.value.path().read_text(encoding="utf-8-sig").splitlines()) == 7


def test_a_table_that_fits_is_no_stop_for_the_keyboard(visit):
    tab = visit("list")
    assert tab.locator(".table-scroll[tabindex]").count() == 0
