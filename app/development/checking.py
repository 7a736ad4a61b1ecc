"""G8: the page that says whether a certificate is genuine, for whoever holds the paper; nobody has to sign in.

It tells what stands on the paper, and of its holder no more than the initials unless they agreed to more. Codes cannot
be guessed, and asking for many of them is slowed down.
"""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from app.agenda.models import GatheringKind
from app.agenda.shown import KINDS
from app.core import access
from app.core.forms import render_form
from app.core.i18n import _
from app.core.limits import spend
from app.development import codes, queries, words
from app.development.forms import CodeForm

bp = Blueprint("certificates", __name__, url_prefix="/certificates")
GONE, NOT_FOUND = 410, 404
GUESSES, VISITS = "20 per 5 minutes", "120 per minute"


@bp.get("")
@access.public
def check() -> ResponseReturnValue:
    """Ask for the code on the paper, and go to its page."""
    form = CodeForm(formdata=request.args if "code" in request.args else None)
    if "code" in request.args and form.validate():
        code = codes.read(form.code.data)
        if code is not None:
            return redirect(url_for(".show", code=codes.shown(code)), 303)
        form.refuse(
            _("A code has twelve letters and figures, like 7QK4‑2M9D‑XH3T. Type it as it stands on the paper."),
            form.code,
        )
    return render_form("development/check.html", form)


@bp.get("/<code>")
@access.public
def show(code: str) -> ResponseReturnValue:
    """G8: say plainly that a certificate stands, was withdrawn or replaced, or that there is none with this code."""
    spend(VISITS, "certificate", request.remote_addr or "")
    found = queries.by_code(code)
    if found is None:
        spend(GUESSES, "certificate-guess", request.remote_addr or "")
        return _kept_to_the_asker(render_template("development/unknown.html", code=code[:40]), NOT_FOUND)
    facts = found.facts
    name = facts["name"] if queries.shows_name(found.account_id) else words.initials(facts["name"])
    page = render_template(
        "development/certificate.html",
        certificate=found,
        code=codes.shown(found.code),
        facts=facts,
        name=name,
        begins=datetime.fromisoformat(facts["starts_at"]),
        ends=datetime.fromisoformat(facts["ends_at"]),
        kind=KINDS[GatheringKind(facts["kind"])],
        state="stands" if found.withdrawn_at is None else "replaced" if found.replaced_by_id else "withdrawn",
    )
    return _kept_to_the_asker(page, 200 if found.withdrawn_at is None else GONE)


def _kept_to_the_asker(page: str, status: int) -> Response:
    """Let nobody in between keep the page, and no search engine find it."""
    response = Response(page, status=status, content_type="text/html; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
