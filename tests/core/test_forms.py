"""The form mechanism: what was typed is kept, every mistake says how to mend it, junk never breaks anything (ux 9-12)."""

from __future__ import annotations

import io
import re
from datetime import date, time
from decimal import Decimal
from enum import StrEnum
from uuid import UUID, uuid4

import pytest
from flask import get_template_attribute, render_template_string
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import BadRequest
from wtforms import BooleanField, FieldList, FormField, PasswordField, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Email, Length, NumberRange

from app.core import forms
from app.core.errors import Refusal
from app.core.forms import Option, uploads

VENUES = [uuid4() for _ in range(9)]
PDF = b"%PDF-1.7\n...\n%%EOF\n"


class Kind(StrEnum):
    REINFORCEMENT = "reinforcement"
    CHANGE = "change"


class Reference(forms.Part):
    name = forms.TextField("Referent")
    phone = forms.PhoneField("Telefoon referent", required=False)


class Application(forms.Form):
    name = forms.TextField("Naam", autocomplete="name", hint="Zoals in uw paspoort.", max_length=40)
    email = forms.EmailField("E-mailadres")
    phone = forms.PhoneField("Telefoon", required=False)
    postcode = forms.PostcodeField("Postcode")
    site = forms.UrlField("Website", required=False)
    fee = forms.MoneyField("Bedrag", minimum=100)
    start = forms.DateField("Vanaf", minimum=lambda: date(2027, 1, 1))
    at = forms.TimeField("Aanvang")
    years = forms.IntegerField("Jaren ervaring", maximum=60, suffix="jaar")
    hours = forms.DecimalField("Uren", required=False)
    kind = forms.ChoiceField(
        "Soort", options=[Option(Kind.REINFORCEMENT, "Versterking", "Handen erbij"), Option(Kind.CHANGE, "Verandering")]
    )
    venue = forms.ChoiceField("Plaats", options=[Option(v, f"Zaal {i}", group="Noord") for i, v in enumerate(VENUES)])
    sectors = forms.MultiChoiceField("Sectoren", options=[Option("care", "Zorg"), Option("state", "Overheid")])
    level = forms.LevelField("Crisismanagement")
    motivation = forms.TextAreaField("Motivatie", max_length=60)
    password = forms.PasswordField("Wachtwoord", new=True)
    cv = forms.UploadField("Cv", max_bytes=1000)
    terms = forms.ConsentField("Ik ga akkoord.")
    news = forms.CheckboxField("Stuur mij nieuws.")
    origin = forms.HiddenField("Herkomst", required=False)
    references = FieldList(FormField(Reference), min_entries=0)


GOOD = {
    "name": "  Anna  de Vries ",
    "email": " Anna@Voorbeeld.nl ",
    "phone": "06-12345678",
    "postcode": "1234ab",
    "site": "voorbeeld.nl",
    "fee": "€ 1.250,50",
    "start": "5 januari 2027",
    "at": "19.30",
    "years": "12",
    "hours": "1,5",
    "kind": "change",
    "venue": str(VENUES[3]),
    "sectors": ["state", "care"],
    "level": "4",
    "motivation": "Regel één\r\nRegel twee",
    "password": " wachtwoord met spaties ",
    "terms": "1",
    "references-0-name": "Bram",
    "references-0-phone": "030 2312345",
}

PAGE = """{% import "_macros/forms.html" as f with context %}{{ f.error_summary(form) }}{{ f.form_start(form, multipart=True) }}
{% for field in form if field.name != "references" %}{% if field.name not in ("csrf_token", "origin") %}{{ f.field(field) }}{% endif %}{% endfor %}
{{ f.submit("Verstuur") }}{{ f.form_end() }}"""


@pytest.fixture
def sent(app):
    """Send a form the way a browser does, and get it back checked."""

    def send(changes=None, *, form=Application, without=(), file=PDF, filename="cv.pdf"):
        values = {key: value for key, value in {**GOOD, **(changes or {})}.items() if key not in without}
        if file is not None:
            values["cv"] = (io.BytesIO(file), filename)
        with app.test_request_context("/", method="POST", data=values):
            checked = form()
            checked.validate_on_submit()
            checked.page = render_template_string(PAGE, form=checked) if form is Application else ""
            return checked

    return send


def test_a_well_filled_form_gives_values_in_their_stored_form(sent):
    form = sent()
    assert form.errors == {}
    assert form.name.data == "Anna de Vries"
    assert form.email.data == "Anna@voorbeeld.nl"
    assert form.phone.data == "+31612345678"
    assert form.postcode.data == "1234 AB"
    assert form.site.data == "https://voorbeeld.nl"
    assert form.fee.data == 125050
    assert form.start.data == date(2027, 1, 5)
    assert form.at.data == time(19, 30)
    assert form.years.data == 12
    assert form.hours.data == Decimal("1.5")
    assert form.kind.data is Kind.CHANGE
    assert form.venue.data == VENUES[3]
    assert isinstance(form.venue.data, UUID)
    assert form.sectors.data == ["care", "state"]
    assert form.level.data == 4
    assert form.motivation.data == "Regel één\nRegel twee"
    assert form.password.data == " wachtwoord met spaties "
    assert form.cv.data.content == PDF
    assert form.terms.data is True
    assert form.news.data is False
    assert form.references.entries[0].form.phone.data == "+31302312345"


def test_an_empty_form_names_each_field_in_the_summary_and_beside_it(sent):
    form = sent(without=[*GOOD], file=None)
    required = {
        "name",
        "email",
        "postcode",
        "fee",
        "start",
        "at",
        "years",
        "kind",
        "venue",
        "sectors",
        "level",
        "motivation",
        "password",
        "cv",
        "terms",
    }
    assert set(form.errors) == required
    for place, message in form.problems:
        assert f'href="#{place}"' in form.page, place
        assert f'id="{place}"' in form.page, place
        assert form.page.count(message.replace("'", "&#39;")) >= 2, message
    assert form.page.count('aria-invalid="true"') >= len(required)
    assert 'role="alert"' in form.page
    assert "data-focus" in form.page


def test_optional_fields_say_so_and_required_ones_are_not_marked(sent):
    page = sent().page
    assert page.count('class="optional"') == sum(1 for field in ("phone", "site", "hours") if field)


def test_what_was_typed_is_kept_when_something_is_wrong(sent):
    page = sent({"fee": "veel", "start": "morgen", "phone": "06-1"}).page
    for typed in ("veel", "morgen", "06-1", "Anna de Vries", "19.30"):
        assert f'value="{typed}"' in page, typed
    assert "Regel één\nRegel twee</textarea>" in page
    assert re.search(r'id="kind-1"[^>]*checked', page)
    assert re.search(rf'value="{VENUES[3]}"[^>]* selected', page)
    assert "wachtwoord met spaties" not in page


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("email", "anna at voorbeeld"),
        ("phone", "12"),
        ("postcode", "12 AB"),
        ("site", "javascript:alert(1)"),
        ("fee", "12,345"),
        ("fee", "0,50"),
        ("start", "31-2-2027"),
        ("start", "31-12-2026"),
        ("at", "25.00"),
        ("years", "61"),
        ("years", "-1"),
        ("years", "9" * 5000),
        ("hours", "1e400"),
        ("kind", "war"),
        ("venue", "0b9d3a52-5a3e-4b6f-9f0c-3a1d2e4f5a6b"),
        ("venue", "x"),
        ("sectors", ["care", "space"]),
        ("level", "5"),
        ("level", "１"),
        ("name", "x" * 41),
        ("name", "Anna\x07"),
        ("motivation", "x" * 61),
        ("origin", "x" * 501),
    ],
)
def test_a_value_that_cant_be_meant_gets_one_message_by_its_field(sent, field, typed):
    """ASVS 2.2.1: the server checks everything itself, and nothing answers 500."""
    form = sent({field: typed})
    assert list(form.errors) == [field]
    assert len(form.errors[field]) == 1


def test_messages_never_speak_the_library_s_english(sent):
    form = sent(without=[*GOOD], file=None)
    for _place, message in form.problems:
        assert "This field is required" not in message
        assert "Not a valid" not in message
        assert "nvalid" not in message


def test_hints_errors_and_fields_are_wired_for_screen_readers(sent):
    page = sent({"name": ""}).page
    assert re.search(r'<input[^>]*id="name"[^>]*>', page)[0].count('aria-describedby="name-hint name-error"') == 1
    for place in re.findall(r'aria-describedby="([^"]+)"', page):
        for one in place.split():
            assert f'id="{one}"' in page, one
    for place in re.findall(r'<label[^>]*for="([^"]+)"', page):
        assert f'id="{place}"' in page, place
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("field", "attributes"),
    [
        ("email", {'type="email"', 'inputmode="email"', 'autocomplete="email"', 'spellcheck="false"'}),
        ("phone", {'type="tel"', 'autocomplete="tel"'}),
        ("name", {'autocomplete="name"', 'type="text"'}),
        ("fee", {'inputmode="decimal"'}),
        ("years", {'inputmode="numeric"'}),
        ("postcode", {'autocomplete="postal-code"'}),
        ("password", {'type="password"', 'autocomplete="new-password"'}),
        ("cv", {'type="file"', 'accept=".pdf"'}),
    ],
)
def test_the_browser_is_told_how_to_ask(sent, field, attributes):
    """ux 12."""
    tag = re.search(rf'<input[^>]*id="{field}"[^>]*>', sent().page)[0]
    for attribute in attributes:
        assert attribute in tag


def test_a_stored_object_fills_the_form_as_people_write(app):
    class Member:
        name, fee, start, at, phone, hours = (
            "Anna",
            125000,
            date(2027, 1, 5),
            time(19, 30),
            "+31612345678",
            Decimal("1.50"),
        )
        kind, venue, sectors, level, terms = Kind.CHANGE, VENUES[2], ["care"], 0, True

    with app.test_request_context("/?lang=nl"):
        form = Application(obj=Member())
        page = render_template_string(PAGE, form=form)
    for shown in ("Anna", "1.250,00", "5-1-2027", "19.30", "06 12345678", "1,5"):
        assert f'value="{shown}"' in page, shown
    for checked in ("kind-1", "sectors-0", "level-0", "terms"):
        assert re.search(rf'<input[^>]*id="{checked}"[^>]*checked|<input[^>]*checked[^>]*id="{checked}"', page), checked
    assert form.problems == []


def test_a_key_sent_twice_for_one_value_is_refused(app):
    """ASVS 15.3.7."""
    doubled = MultiDict([("name", "Anna"), ("name", "Bram")])
    with app.test_request_context("/", method="POST", data=doubled), pytest.raises(BadRequest):
        Application()


def test_columns_that_are_no_fields_change_nothing(sent):
    """ASVS 8.2.3: mass assignment."""
    form = sent({"role": "admin", "paid_until": "2099-01-01"})
    assert form.errors == {}
    assert "role" not in form.data


def test_a_half_filled_form_can_be_kept_and_taken_up_again(app, sent):
    draft = sent({"fee": "veel", "postcode": ""}).typed()
    assert "password" not in draft
    assert "cv" not in draft
    with app.test_request_context("/"):
        resumed = Application.resume(draft)
        page = render_template_string(PAGE, form=resumed)
    assert resumed.problems == []
    assert 'value="veel"' in page
    assert re.search(r'id="kind-1"[^>]*checked', page)


def test_a_rule_s_refusal_is_shown_in_the_form(app):
    class Full(Refusal):
        message = "De sessie is vol."

    with app.test_request_context("/"):
        form = Application()
        form.refuse(Full())
        form.refuse("Kies een andere dag.", form.start)
        assert form.problems == [("", "De sessie is vol."), ("start", "Kies een andere dag.")]


def test_a_form_with_problems_answers_422_and_a_new_one_200(app, monkeypatch):
    monkeypatch.setattr("app.core.forms.base.render_template", lambda _template, **context: str(context["has_errors"]))
    with app.test_request_context("/", method="POST", data={}):
        form = Application()
        form.validate_on_submit()
        answer = forms.render_form("any.html", form)
        assert (answer.status_code, answer.get_data(as_text=True)) == (422, "True")
    with app.test_request_context("/"):
        answer = forms.render_form("any.html", Application())
        assert (answer.status_code, answer.get_data(as_text=True)) == (200, "False")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(junk=st.dictionaries(st.sampled_from([*GOOD, "cv", "references-99-name", "csrf_token"]), st.text(max_size=300)))
def test_any_junk_gives_a_form_with_messages_and_nothing_else(app, junk):
    with app.test_request_context("/", method="POST", data=junk):
        form = Application()
        assert not form.validate_on_submit()
        assert form.problems
        render_template_string(PAGE, form=form)


def test_plain_wtforms_fields_speak_and_look_like_ours(app):
    class Foreign(forms.Form):
        name = StringField("Naam", [DataRequired(), Length(min=3, max=5)])
        mail = StringField("Mail", [Email()])
        secret = PasswordField("Wachtwoord")
        one = RadioField("Kies", choices=[SelectChoice("a", "A")])
        other = SelectField("Kies ook", choices=[SelectChoice("a", "A")])
        yes = BooleanField("Ja")
        number = StringField("Getal", [NumberRange(min=1)])

    with app.test_request_context("/", method="POST", data={"name": "x", "mail": "x", "other": "q"}):
        form = Foreign()
        assert not form.validate_on_submit()
        page = render_template_string(PAGE, form=form)
    assert "Length" not in page
    for english in ("This field is required", "Not a valid", "Invalid", "Field must"):
        assert english not in page
    assert 'href="#one-0"' in page
    assert 'id="one-0"' in page


def test_a_button_that_changes_something_carries_the_token(app):
    with app.test_request_context("/"):
        macros = render_template_string(
            '{% import "_macros/forms.html" as f with context %}{{ f.post_button("/book", "Schrijf mij in", about="Kennissessie", hidden={"seat": 3}) }}'
        )
    assert 'action="/book"' in macros
    assert 'name="csrf_token"' in macros
    assert 'name="seat" value="3"' in macros
    assert "Kennissessie" in macros
    assert get_template_attribute("_macros/icons.html", "mark")


JPEG, PNG = b"\xff\xd8\xff\xe0" + b"x" * 30, b"\x89PNG\r\n\x1a\n" + b"x" * 30


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"", "leeg.pdf"),
        (b"<html><script>alert(1)</script>", "cv.pdf"),
        (PNG, "cv.pdf"),
        (b"GIF89a %PDF-1.4 %%EOF", "cv.pdf"),
        (b"%PDF-1.7 without an end", "cv.pdf"),
        (b"%PDF-1.7" + b"x" * 2000 + b"%%EOF", "groot.pdf"),
        (b"MZ\x90\x00", "cv.pdf.exe"),
    ],
)
def test_an_upload_that_is_not_what_it_says_is_refused_with_the_reason(sent, content, name):
    """ASVS 5.2.2."""
    form = sent(file=content, filename=name)
    assert list(form.errors) == ["cv"]


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\Users\\anna\\cv.pdf", "cv.pdf"),
        ("x" * 300 + ".pdf", ".pdf"),
        ('a"b\r\nSet-Cookie: x.pdf', "abSet-Cookie x.pdf"),
        ("...", "file"),
        ("résumé.pdf", "résumé.pdf"),
    ],
)
def test_a_file_name_is_for_showing_only(name, kept):
    """ASVS 5.3.2."""
    safe = uploads.safe_name(name)
    assert safe.endswith(kept)
    assert len(safe) <= 120


def test_images_and_spreadsheets_are_known_by_their_content():
    assert [kind.name for kind in forms.IMAGES if kind.recognises(JPEG)] == ["JPEG"]
    assert [kind.name for kind in forms.IMAGES if kind.recognises(PNG)] == ["PNG"]
    assert forms.CSV.recognises("naam;bedrag\r\nAnna;1,50".encode("cp1252"))
    assert not forms.CSV.recognises(b"PK\x03\x04...")
    assert forms.XML.recognises(b"\xef\xbb\xbf <?xml version='1.0'?><Document/>")
    assert forms.MT940.recognises(b"\r\n:20:STARTUMS\r\n:25:NL91")
