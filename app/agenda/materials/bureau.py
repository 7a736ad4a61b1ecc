"""The bureau's page with the materials of a gathering."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.current import current_account
from app.agenda import queries as agenda
from app.agenda.materials import queries, services
from app.agenda.materials.downloads import download
from app.agenda.materials.forms import AUDIENCES, OPENS, MaterialForm
from app.core import access
from app.core.db import atomic
from app.core.forms import Form, render_form
from app.core.permissions import Permission
from app.core.web import takes_files

bp = Blueprint("materials_bureau", __name__, url_prefix="/bureau/agenda")


@bp.route("/<uuid:id>/materials", methods=["GET", "POST"])
@access.needs(Permission.GATHERING_EDIT)
@takes_files
def index(id: UUID) -> ResponseReturnValue:
    """Show what there is, and take another file or link."""
    gathering, form = agenda.any_gathering(id), MaterialForm()
    if form.validate_on_submit():
        with atomic():
            services.add(agenda.any_gathering(id).id, form.details(), by=current_account().id)
        flash(_("The material is added."), "success")
        return redirect(url_for(".index", id=id), 303)
    return render_form(
        "agenda/bureau/materials.html",
        form,
        gathering=gathering,
        materials=queries.materials_of(id),
        audiences=AUDIENCES,
        opens=OPENS,
    )


@bp.route("/<uuid:id>/materials/<uuid:material_id>", methods=["GET", "POST"])
@access.needs(Permission.GATHERING_EDIT)
@takes_files
def edit(id: UUID, material_id: UUID) -> ResponseReturnValue:
    """Change one: its title, for whom and from when it is, and the file or link itself."""
    material = queries.material(id, material_id)
    form = MaterialForm(material)
    if form.validate_on_submit():
        with atomic():
            services.change(queries.material(id, material_id), form.details(), by=current_account().id)
        flash(_("The changes are saved."), "success")
        return redirect(url_for(".index", id=id), 303)
    return render_form("agenda/bureau/material.html", form, gathering=agenda.any_gathering(id), material=material)


@bp.route("/<uuid:id>/materials/<uuid:material_id>/remove", methods=["GET", "POST"])
@access.needs(Permission.GATHERING_EDIT)
def remove(id: UUID, material_id: UUID) -> ResponseReturnValue:
    """Take one away, after saying which."""
    material, form = queries.material(id, material_id), Form()
    if form.validate_on_submit():
        with atomic():
            services.remove(queries.material(id, material_id), by=current_account().id)
        flash(_("The material is gone."), "success")
        return redirect(url_for(".index", id=id), 303)
    gathering = agenda.any_gathering(id)
    return render_form("agenda/bureau/remove_material.html", form, gathering=gathering, material=material)


@bp.get("/<uuid:id>/materials/<uuid:material_id>/file")
@access.needs(Permission.GATHERING_READ)
def file(id: UUID, material_id: UUID) -> ResponseReturnValue:
    """Give the bureau any file, as a download."""
    return download(queries.material(id, material_id))
