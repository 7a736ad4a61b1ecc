"""The yardstick: a small Flask page with a session user, twenty ORM rows and a template, on the same server."""

from __future__ import annotations

import os

from flask import Flask, render_template
from flask_login import LoginManager, UserMixin, login_required
from flask_sqlalchemy import SQLAlchemy
from jinja2 import DictLoader
from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

ROWS = 2_000
SHOWN = 20
PAGE = """<!doctype html><html lang="en"><head><title>Minimal</title></head><body><h1>{{ current_user.name }}</h1><ul>
{% for row in rows %}<li><a href="/rows/{{ row.id }}">{{ row.title }}</a> {{ row.place }} {{ row.seats }}</li>
{% endfor %}</ul></body></html>"""


class Base(DeclarativeBase):
    pass


db = SQLAlchemy(model_class=Base)


class User(UserMixin, Base):
    __tablename__ = "minimal_user"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Row(Base):
    __tablename__ = "minimal_row"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    place: Mapped[str]
    seats: Mapped[int]
    owner_id: Mapped[int] = mapped_column(ForeignKey("minimal_user.id"))


def create_app() -> Flask:
    """Build the yardstick on BENCH_MINIMAL_URL."""
    app = Flask(__name__)
    app.config.update(SECRET_KEY="yardstick", SQLALCHEMY_DATABASE_URI=os.environ["BENCH_MINIMAL_URL"])
    app.jinja_loader = DictLoader({"rows.html": PAGE})  # type: ignore[assignment]
    db.init_app(app)
    manager = LoginManager(app)
    manager.user_loader(lambda id_: db.session.get(User, int(id_)))

    @app.get("/")
    @login_required
    def rows() -> str:
        found = db.session.scalars(select(Row).order_by(Row.id).limit(SHOWN)).all()
        return render_template("rows.html", rows=found)

    return app


def fill(app: Flask) -> None:
    """Make the tables and their rows."""
    with app.app_context():
        db.create_all()
        db.session.add(User(id=1, name="Yardstick"))
        db.session.flush()
        db.session.add_all(Row(title=f"Row {n}", place="Utrecht", seats=n % 40, owner_id=1) for n in range(ROWS))
        db.session.commit()


def cookie(app: Flask) -> str:
    """Sign a session of the one user."""
    serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    return f"session={serializer.dumps({'_user_id': '1', '_fresh': True})}"
