"""Certificates as the bureau sees them, and the schemes by which points are counted (G8, L6, B9)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, String, type_coerce

from app.accounts.current import current_account
from app.core import access, clock
from app.core.db import Base, atomic
from app.core.forms import Option, render_form
from app.core.i18n import _n
from app.core.listing import Badge, ChoiceFilter, Column, DateFilter, Kind, Listing
from app.core.listing.filters import search_condition
from app.core.permissions import Permission
from app.development import codes, examples, queries, services, words
from app.development.forms import RulesForm, SchemeForm, WithdrawForm, rules_form
from app.development.models import AttendanceCertificate, PeEntry, PeRules, PeScheme
from app.development.points import first_rules, rules_on

bp = Blueprint("development_bureau", __name__, url_prefix="/bureau/development")

_PERSON = Base.metadata.tables["account"].c
HOLDER = _PERSON.given_name + " " + _PERSON.family_name
STANDS, REPLACED = AttendanceCertificate.withdrawn_at.is_(None), AttendanceCertificate.replaced_by_id.is_not(None)
STATE_IS = {"stands": STANDS, "replaced": REPLACED, "withdrawn": ~STANDS & ~REPLACED}


def _found_by(text: str) -> ColumnElement[bool]:
    """Find a certificate by its code, however it is typed, or by its holder's name or the gathering."""
    code = codes.read(text)
    if code is not None:
        return AttendanceCertificate.code == code
    return search_condition([HOLDER, type_coerce(PeEntry.title, String)], text)


CERTIFICATES = Listing(
    title=_l("Certificates"),
    columns=[
        Column("code", _l("Code"), text=codes.shown, href=lambda row: url_for(".show", id=row.id)),
        Column("name", _l("Name"), sort=["family_name", "name"]),
        Column("title", _l("Gathering"), sort=True),
        Column("done_on", _l("Date"), Kind.DATE, sql=PeEntry.done_on, sort=True, nullable=False),
        Column("issued_at", _l("Issued"), Kind.DATE, sort=True),
        Column("state", _l("Status"), Kind.BADGE, badge=lambda state: Badge(*words.CERTIFICATE_STATES[state])),
    ],
    search=_found_by,
    search_label=_l("Code, name or gathering"),
    filters=[
        ChoiceFilter(
            "state",
            _l("Status"),
            [Option(state, label) for state, (_tone, label) in words.CERTIFICATE_STATES.items()],
            where=lambda values: STATE_IS[values[0]],
        ),
        DateFilter("done_on", _l("Date"), sql=PeEntry.done_on),
    ],
    default_sort="-issued_at",
    counted=lambda number: _n("certificate", "certificates", number),
    export=True,
)


def _tabs(current: str) -> list[dict[str, Any]]:
    return [
        {"url": url_for(".index"), "label": _("Certificates"), "current": current == "certificates"},
        {"url": url_for(".schemes"), "label": _("Registers and rules"), "current": current == "schemes"},
    ]


@bp.get("")
@access.needs(Permission.CERTIFICATE_READ)
def index() -> ResponseReturnValue:
    """G8: every certificate, the newest first."""
    return CERTIFICATES.respond(
        "development/bureau/index.html", queries.certificates_for_bureau(), tabs=_tabs("certificates")
    )


@bp.get("/certificates/<uuid:id>")
@access.needs(Permission.CERTIFICATE_READ)
def show(id: UUID) -> ResponseReturnValue:
    """G8: one certificate, and what became of it."""
    found = queries.certificate(id)
    return render_template("development/bureau/certificate.html", **_told(found))


@bp.route("/certificates/<uuid:id>/withdraw", methods=["GET", "POST"])
@access.needs(Permission.CERTIFICATE_WITHDRAW)
def withdraw(id: UUID) -> ResponseReturnValue:
    """G8: take a certificate back, and the points with it; the page before tells what that does."""
    form = WithdrawForm()
    if form.validate_on_submit():
        with atomic():
            services.withdraw(queries.certificate(id), why=form.reason.data, by=current_account().id)
        flash(_("The certificate is withdrawn. Its holder gets a mail."), "success")
        return redirect(url_for(".show", id=id), 303)
    return render_form("development/bureau/withdraw.html", form, **_told(queries.certificate(id)))


def _told(found: AttendanceCertificate) -> dict[str, Any]:
    state = "stands" if found.withdrawn_at is None else "replaced" if found.replaced_by_id else "withdrawn"
    return {
        "certificate": found,
        "code": codes.shown(found.code),
        "facts": found.facts,
        "badge": Badge(*words.CERTIFICATE_STATES[state]),
        "present": words.duration(found.facts["minutes"]),
    }


@bp.get("/schemes")
@access.needs(Permission.PE_SCHEME_EDIT)
def schemes() -> ResponseReturnValue:
    """L6: the circle's own rules, and every register with its."""
    today = clock.today()
    return render_template(
        "development/bureau/schemes.html",
        circle=rules_on(queries.circle_rules(), today),
        schemes=queries.schemes(),
        registered=queries.registered(),
        tabs=_tabs("schemes"),
    )


@bp.get("/schemes/<uuid:id>")
@access.needs(Permission.PE_SCHEME_EDIT)
def scheme(id: UUID) -> ResponseReturnValue:
    """L6: one register, and how it counted and counts."""
    found = queries.scheme(id)
    return render_template("development/bureau/scheme.html", scheme=found, rules=_reckoned(found.rules))


@bp.get("/schemes/circle")
@access.needs(Permission.PE_SCHEME_EDIT)
def circle() -> ResponseReturnValue:
    """L6: how the circle itself counted and counts, for the points on certificates."""
    return render_template("development/bureau/scheme.html", scheme=None, rules=_reckoned(queries.circle_rules()))


def _reckoned(found: Any) -> list[tuple[PeRules, list[tuple[Any, int]]]]:
    return [(rules, examples.reckoned(rules)) for rules in sorted(found, key=lambda one: one.valid_from, reverse=True)]


@bp.route("/schemes/new", methods=["GET", "POST"])
@access.needs(Permission.PE_SCHEME_EDIT)
def open_scheme() -> ResponseReturnValue:
    """L6: put a register on the list; its rules are asked next."""
    form = SchemeForm(data={"on_offer": True})
    if form.validate_on_submit():
        with atomic():
            found = services.open_scheme(form.details(), by=current_account().id)
        flash(_("The register is on the list. Members can choose it once it has rules."), "success")
        return redirect(url_for(".rules", id=found.id), 303)
    return render_form("development/bureau/scheme_edit.html", form, scheme=None)


@bp.route("/schemes/<uuid:id>/edit", methods=["GET", "POST"])
@access.needs(Permission.PE_SCHEME_EDIT)
def edit_scheme(id: UUID) -> ResponseReturnValue:
    """L6: change what a register is called, whose it is, and whether members can choose it."""
    form = SchemeForm(obj=queries.scheme(id))
    if form.validate_on_submit():
        with atomic():
            services.revise_scheme(queries.scheme(id), form.details(), by=current_account().id)
        flash(_("The changes are saved."), "success")
        return redirect(url_for(".scheme", id=id), 303)
    return render_form("development/bureau/scheme_edit.html", form, scheme=queries.scheme(id))


@bp.route("/schemes/<uuid:id>/rules", methods=["GET", "POST"])
@access.needs(Permission.PE_SCHEME_EDIT)
def rules(id: UUID) -> ResponseReturnValue:
    """L6: lay down how a register counts from a day on: first what it comes to, then the saving."""
    return _rules_page(queries.scheme(id))


@bp.route("/schemes/circle/rules", methods=["GET", "POST"])
@access.needs(Permission.PE_SCHEME_EDIT)
def circle_rules() -> ResponseReturnValue:
    """L6: the same for the circle itself."""
    return _rules_page(None)


def _rules_page(scheme: PeScheme | None) -> ResponseReturnValue:
    held = scheme.rules if scheme else queries.circle_rules()
    newest = max(held, key=lambda one: one.valid_from, default=None) or first_rules()
    form = rules_form(newest, valid_from=clock.today().replace(month=1, day=1))
    preview: dict[str, Any] = {}
    if form.validate_on_submit():
        if form.was_previewed:
            return _keep_rules(scheme, form)
        preview = {"preview": examples.reckoned(services.rules_as(form.details()))}
        form.show_previewed()
    return render_form("development/bureau/rules.html", form, scheme=scheme, **preview)


def _keep_rules(scheme: PeScheme | None, form: RulesForm) -> ResponseReturnValue:
    with atomic():
        services.set_rules(scheme.id if scheme else None, form.details(), by=current_account().id)
    flash(_("The rules are saved. Periods that began before that day keep theirs."), "success")
    return redirect(url_for(".scheme", id=scheme.id) if scheme else url_for(".circle"), 303)
