"""`/dev/styleguide` (development only): every part pages are made of, with invented figures, in each layout."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from flask import Blueprint, Flask, abort, flash, render_template, request
from sqlalchemy import Select, literal, select, union_all
from werkzeug.datastructures import MultiDict

from app.core import access, charts
from app.core.forms import (
    CheckboxField,
    ChoiceField,
    DateField,
    EmailField,
    Form,
    LevelField,
    MoneyField,
    MultiChoiceField,
    Option,
    PasswordField,
    TextAreaField,
    TextField,
    UploadField,
)
from app.core.listing import Badge, ChoiceFilter, Column, Kind, Listing

bp = Blueprint("styleguide", __name__, url_prefix="/dev/styleguide")

LAYOUTS = ("public", "member", "bureau")
VALUES = (
    "Zelfsturing",
    "Stimulatie",
    "Genieten",
    "Prestatie",
    "Macht",
    "Veiligheid",
    "Aanpassing",
    "Traditie",
    "Zorg",
    "Universalisme",
)


STATES = {"active": Badge("ok", "Actief"), "grace": Badge("warn", "In respijt"), "lapsed": Badge("", "Verlopen")}

MEMBERS = Listing(
    title="Leden",
    columns=[
        Column("name", "Naam", sort=True, href=lambda row: f"#{row.id}"),
        Column("city", "Plaats", sort=True),
        Column("state", "Stand", Kind.BADGE, badge=lambda state: STATES[state]),
        Column("since", "Lid sinds", Kind.DATE, sort=True),
        Column("open_cents", "Openstaand", Kind.MONEY, sort=True),
    ],
    search=["name", "city"],
    filters=[ChoiceFilter("state", "Stand", options=[Option(key, badge.label) for key, badge in STATES.items()])],
    default_sort="name",
    page_size=4,
)


class SampleForm(Form):
    """One field of each way to ask."""

    name = TextField("Naam", hint="Zoals die op de deelnemerslijst komt.")
    email = EmailField("E-mailadres")
    start = DateField("Beschikbaar vanaf", required=False)
    rate = MoneyField("Dagtarief")
    kind = ChoiceField(
        "Soort opdracht",
        options=[
            Option("reinforcement", "Versterking", "Tijdelijk meer kracht of kennis."),
            Option("replacement", "Vervanging"),
            Option("change", "Verandering"),
        ],
    )
    languages = MultiChoiceField("Talen", options=[Option("nl", "Nederlands"), Option("en", "Engels")], inline=True)
    level = LevelField("Verandermanagement")
    motivation = TextAreaField("Motivatie", max_length=600, required=False)
    cv = UploadField("Cv", required=False)
    password = PasswordField("Wachtwoord", required=False)
    news = CheckboxField("Stuur mij de nieuwsbrief")


@bp.get("/")
@bp.get("/<layout>")
@access.public
def show(layout: str = "public") -> str:
    """Show the parts in one layout, with one flash message of each kind."""
    if layout not in LAYOUTS:
        abort(404)
    for category, message in (
        ("success", "Uw plaats is geboekt. De uitnodiging voor uw agenda is onderweg."),
        ("error", "De sessie is inmiddels vol. U staat niet op de wachtlijst."),
    ):
        flash(message, category)
    return render_template(
        "dev/styleguide.html",
        layout=layout,
        layouts=LAYOUTS,
        samples=_charts(),
        form=_refused_form(),
        listing=MEMBERS.page(_members(), request.args),
        days=(date(2027, 1, 14), date(2027, 2, 4)),
    )


@bp.get("/error/<int:status>")
@access.public
def error(status: int) -> str:
    """Show an error page without the error."""
    return render_template("errors/error.html", status=status, page_before=request.path)


def _charts() -> dict[str, object]:
    months = ("jan", "feb", "mrt", "apr", "mei", "jun", "jul", "aug", "sep", "okt", "nov", "dec")
    return {
        "bars": charts.bar_chart(
            "Ouderdom",
            "Openstaand",
            [("Nog niet vervallen", 18150), ("1 tot 30 dagen", 6050), ("31 tot 60 dagen", 2420), ("Ouder", 605)],
            wording=lambda amount: f"€\u00a0{amount:,}".replace(",", "."),
        ),
        "stacked": charts.stacked_bar_chart(
            "Sessie",
            ("Aanwezig", "Afgemeld", "Niet verschenen"),
            [
                ("Veranderen zonder macht", (16, 3, 1)),
                ("Crisis in de eerste week", (21, 1, 2)),
                ("De warme overdracht", (12, 4, 0)),
            ],
            total="Boekingen",
        ),
        "lines": charts.line_chart(
            "Maand",
            months,
            [
                ("Leden", (182, 186, 189, 188, 194, 199, 201, 201, 208, 214, 219, 224)),
                ("Aspirant-leden", (14, 12, 17, 19, 15, 11, 9, 12, 21, 24, 22, 26)),
            ],
        ),
        "circle": charts.circle_chart(
            "Waarde",
            VALUES,
            [
                ("2027", _tenths(12, 6, -2, 9, -4, -11, -9, -13, 8, 4)),
                ("2025", _tenths(7, 9, 1, 13, 3, -8, -12, -14, 2, -1)),
            ],
            low=-2,
            high=2,
            wording=lambda score: str(score).replace(".", ","),
        ),
    }


def _refused_form() -> Form:
    """Return a form as it comes back with mistakes in it, what was typed kept."""
    form = SampleForm(
        formdata=MultiDict({"email": "marit@oostveen", "rate": "veel", "kind": "change"}), meta={"csrf": False}
    )
    form.validate()
    return form


def _members() -> Select[Any]:
    names = ("Marit Oostveen", "Joris van Beek", "Saskia ten Hove", "Emre Aydın", "Willem-Jan Postma", "Noor de Graaf")
    cities = ("Utrecht", "Zwolle", "Den Haag", "Rotterdam", "Leeuwarden", "Eindhoven")
    states = ("active", "active", "grace", "active", "lapsed", "active")
    rows = [
        select(
            literal(number).label("id"),
            literal(name).label("name"),
            literal(city).label("city"),
            literal(state).label("state"),
            literal(date(2024, number, 14)).label("since"),
            literal(0 if state == "active" else 60500).label("open_cents"),
        )
        for number, (name, city, state) in enumerate(zip(names, cities, states, strict=True), start=1)
    ]
    invented = union_all(*rows).subquery("invented")
    return select(*invented.c)


def _tenths(*tenths: int) -> list[Decimal]:
    return [Decimal(amount) / 10 for amount in tenths]


def init_app(app: Flask) -> None:
    """Open the page in development only."""
    if app.config["ENV"] == "development":
        app.register_blueprint(bp)
