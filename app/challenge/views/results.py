"""V7, V8, V9: the result as everybody reads it, what can be taken along from it, and the two persons before it."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import Blueprint, current_app, flash, jsonify, redirect, render_template, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts import queries as accounts
from app.accounts.current import current_account
from app.challenge import bundle, guide_pdf, presenting, queries, services
from app.challenge.exported import elements_file, elements_rows
from app.challenge.models import Edition, EditionState
from app.challenge.presenting import Shown
from app.core import access, export
from app.core.db import atomic
from app.core.errors import NotFound
from app.core.i18n import language
from app.core.permissions import Permission

bp = Blueprint("challenge_results", __name__, url_prefix="/challenge")

VERIFIER = "challenge_verify.py"


@bp.get("/<int:year>/result")
@access.public
def show(year: int) -> ResponseReturnValue:
    """V7: the result with its elements."""
    return _result_page(queries.published(year))


@bp.get("/<uuid:id>/preview")
@access.signed_in
def preview(id: UUID) -> ResponseReturnValue:
    """V8: the result before it is public, for the returning officer and the chair, who both have to agree."""
    edition = _for_two(id)
    if edition.state is EditionState.PUBLISHED:
        return redirect(url_for(".show", year=edition.year))
    given = queries.releases(id)
    people = accounts.names({one.account_id for one in given.values()})
    agreed = {role: (people[one.account_id], one.account_id == current_account().id) for role, one in given.items()}
    return _result_page(edition, agreed=agreed, own=services.role_of(edition, current_account().id))


@bp.post("/<uuid:id>/publish")
@access.signed_in
def agree(id: UUID) -> ResponseReturnValue:
    """V8: agree that the result is made public; with the second agreement it is."""
    edition = _for_two(id)
    year = edition.year
    with atomic():
        public = services.agree_to_publish(id, by=current_account().id)
    if public:
        flash(_("The result is public."), "success")
        return redirect(url_for(".show", year=year), 303)
    flash(_("You agreed. As soon as the other agrees, the result is public."), "success")
    return redirect(url_for(".preview", id=id), 303)


@bp.post("/<uuid:id>/publish/take-back")
@access.signed_in
def take_back(id: UUID) -> ResponseReturnValue:
    """V8: no longer agree, as long as the result is not public."""
    _for_two(id)
    with atomic():
        services.take_back(id, by=current_account().id)
    flash(_("You no longer agree. The result stays as it is, and is not public."), "success")
    return redirect(url_for(".preview", id=id), 303)


@bp.get("/<int:year>/result/bundle.zip")
@access.public
def bundle_file(year: int) -> ResponseReturnValue:
    """V5, V7: everything that decided, to check and count again."""
    edition = queries.published(year)
    content = BytesIO(bundle.zipped(queries.bundle_files(edition.id)))
    return send_file(content, mimetype="application/zip", as_attachment=True, download_name="bundle.zip")


@bp.get("/verify.py")
@access.public
def verifier() -> ResponseReturnValue:
    """V5: the program that checks a bundle, in one file."""
    place = Path(current_app.root_path).parent / "tools" / VERIFIER
    return send_file(place, mimetype="text/x-python", as_attachment=True, download_name=VERIFIER)


@bp.get("/<int:year>/result/elements.json")
@access.public
def elements(year: int) -> ResponseReturnValue:
    """V7: the elements as figures, for a machine."""
    return jsonify(elements_file(_shown(queries.published(year))))


@bp.get("/<int:year>/result/elements.csv")
@access.public
def elements_table(year: int) -> ResponseReturnValue:
    """V7: the elements as figures, for a spreadsheet."""
    shown = _shown(queries.published(year))
    fields, rows = elements_rows(shown)
    return export.respond(_("Elements %(year)s", year=year), fields, rows, file_format="csv")


@bp.get("/<int:year>/selection-guide")
@access.public
def guide(year: int) -> ResponseReturnValue:
    """V7: what a client takes from the result: per criterion what it showed, and what to ask at intake."""
    edition = queries.published(year)
    shown = _shown(edition)
    return render_template("challenge/results/guide.html", edition=edition, shown=shown, rows=guide_pdf.rows(shown))


@bp.get("/<int:year>/selection-guide.pdf")
@access.public
def guide_file(year: int) -> ResponseReturnValue:
    """V7: the selection guide on paper, with a scorecard."""
    edition = queries.published(year)
    content = BytesIO(guide_pdf.render(_shown(edition), locale=language()))
    name = export.file_name(_("Selection guide %(year)s", year=year), "pdf")
    return send_file(content, mimetype="application/pdf", as_attachment=True, download_name=name)


@bp.get("/hall-of-fame")
@access.public
def hall() -> ResponseReturnValue:
    """V9: every past edition, its winner, and the criteria over the years."""
    found = [_shown(edition) for edition in queries.past_editions()]
    chart = presenting.years([(one.edition, one.told) for one in found]) if len(found) > 1 else None
    return render_template("challenge/results/hall.html", past=found, chart=chart)


def _for_two(id: UUID) -> Edition:
    """V8: return a counted edition for whoever runs it or chairs its jury; nobody else learns that it was counted."""
    edition = queries.counted(id)
    if edition.chair_id != current_account().id and not access.may(Permission.CHALLENGE_RUN):
        raise NotFound
    return edition


def _shown(edition: Edition) -> Shown:
    return Shown(edition, queries.told(edition), queries.nominees_by_number(edition.id))


def _reasons(shown: Shown) -> list[dict[str, str]]:
    """V4, V7: return what the chair let be read of the jury, with the names that the page uses."""
    number_of = {one.id: one.number for one in queries.nominees_of(shown.edition.id)}
    criteria = {one.id: one.name for one in shown.edition.criteria}
    return [
        {"name": shown.name(number_of[one.nominee_id]), "criterion": criteria[one.criterion_id], "text": one.text}
        for one in queries.published_reasons(shown.edition)
    ]


def _result_page(edition: Edition, **before: Any) -> ResponseReturnValue:
    shown = _shown(edition)
    return render_template(
        "challenge/results/show.html",
        edition=edition,
        shown=shown,
        told=shown.told,
        head=queries.last_entry(edition.id),
        reasons=_reasons(shown),
        is_public=edition.state is EditionState.PUBLISHED,
        **({"agreed": None, "own": None} | before),
    )
