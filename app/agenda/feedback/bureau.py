"""What people thought of a gathering, as the bureau sees it, and the questions that are asked (G8, B9)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.current import current_account
from app.agenda import queries as agenda
from app.agenda.feedback import queries, services, shown
from app.agenda.feedback.forms import HideForm, QuestionForm
from app.agenda.feedback.models import Scale
from app.agenda.feedback.services import TooManyQuestions
from app.agenda.models import Gathering, GatheringState
from app.core import access, clock, export
from app.core.db import atomic, db
from app.core.errors import NotFound
from app.core.forms import render_form
from app.core.permissions import Permission

bp = Blueprint("feedback_bureau", __name__, url_prefix="/bureau/agenda")


def panel(gathering_id: UUID) -> dict[str, Any] | None:
    """Fill the part of a gathering's page that tells what people thought; nothing until it is over."""
    gathering = db.session.get_one(Gathering, gathering_id)
    if gathering.state is not GatheringState.PUBLISHED or gathering.ends_at > clock.now():
        return None
    results = queries.results(gathering, with_comments=False)
    return {"results": results, "figures": shown.figures(results), "least": queries.LEAST, "id": gathering_id}


def _over(id: UUID) -> Gathering:
    gathering = agenda.any_gathering(id)
    if gathering.state is not GatheringState.PUBLISHED or gathering.ends_at > clock.now():
        raise NotFound
    return gathering


@bp.get("/<uuid:id>/feedback")
@access.needs(Permission.GATHERING_READ)
def show(id: UUID) -> ResponseReturnValue:
    """G8: the results, once there are enough answers."""
    gathering = _over(id)
    told = shown.page(queries.results(gathering))
    until = queries.closes_at(gathering.ends_at)
    return render_template(
        "agenda/bureau/feedback.html", gathering=gathering, until=until, open=queries.is_open(gathering), **told
    )


@bp.get("/<uuid:id>/feedback.csv")
@access.needs(Permission.GATHERING_READ)
def figures(id: UUID) -> ResponseReturnValue:
    """Give the figures as a file; of too few answers there is none."""
    results = queries.results(_over(id), with_comments=False)
    if not results.count.enough:
        raise NotFound
    fields = [export.Field(label) for label in shown.headings()]
    file = Response(export.csv_lines(fields, list(shown.lines(results))), content_type="text/csv; charset=utf-8")
    file.headers["Content-Disposition"] = f'attachment; filename="{export.file_name(_("Opinions"), "csv")}"'
    return file


@bp.route("/<uuid:id>/feedback/<uuid:comment_id>/hide", methods=["GET", "POST"])
@access.needs(Permission.GATHERING_EDIT)
def hide(id: UUID, comment_id: UUID) -> ResponseReturnValue:
    """Show a comment that hurts somebody to nobody any more, with the reason."""
    comment, form = queries.comment(id, comment_id), HideForm()
    if form.validate_on_submit():
        with atomic():
            services.hide(queries.comment(id, comment_id), why=form.reason.data, by=current_account().id)
        flash(_("The comment is hidden."), "success")
        return redirect(url_for(".show", id=id), 303)
    gathering = agenda.any_gathering(id)
    return render_form("agenda/bureau/hide_comment.html", form, gathering=gathering, comment=comment)


@bp.post("/<uuid:id>/feedback/<uuid:comment_id>/show")
@access.needs(Permission.GATHERING_EDIT)
def show_again(id: UUID, comment_id: UUID) -> ResponseReturnValue:
    """Take that back."""
    with atomic():
        services.show_again(queries.comment(id, comment_id), by=current_account().id)
    flash(_("The comment can be read again."), "success")
    return redirect(url_for(".show", id=id), 303)


@bp.get("/questions")
@access.needs(Permission.GATHERING_EDIT)
def questions() -> ResponseReturnValue:
    """B9: what is asked after a gathering, and what was asked before."""
    return render_template("agenda/bureau/questions.html", questions=queries.questions(asked=False))


@bp.route("/questions/new", methods=["GET", "POST"])
@access.needs(Permission.GATHERING_EDIT)
def add_question() -> ResponseReturnValue:
    """B9: ask something more from now on."""
    places = [one.position for one in queries.questions() if one.scale is Scale.MARK]
    form = QuestionForm(data={"asked": True, "position": max(places, default=0) + 1})
    if form.validate_on_submit() and _kept(form, None):
        flash(_("The question is asked from now on."), "success")
        return redirect(url_for(".questions"), 303)
    return render_form("agenda/bureau/question.html", form, question=None)


@bp.route("/questions/<uuid:id>", methods=["GET", "POST"])
@access.needs(Permission.GATHERING_EDIT)
def question(id: UUID) -> ResponseReturnValue:
    """B9: put a question in other words, elsewhere on the form, or ask it no more."""
    found = queries.question(id)
    form = QuestionForm(obj=found)
    if form.validate_on_submit() and _kept(form, id):
        flash(_("The changes are saved."), "success")
        return redirect(url_for(".questions"), 303)
    return render_form("agenda/bureau/question.html", form, question=queries.question(id))


def _kept(form: QuestionForm, id: UUID | None) -> bool:
    """Save a question, or say on the form why not."""
    person = current_account().id
    try:
        with atomic():
            if id is None:
                services.add_question(form.details(), by=person)
            else:
                services.change_question(queries.question(id), form.details(), by=person)
    except TooManyQuestions as refusal:
        form.refuse(refusal, form.asked)
        return False
    return True
