"""M3, M4: the applicant's side: page by page, in as many sittings as it takes, then the wait."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import abort, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts.current import current_account
from app.core import access, clock, files
from app.core.db import atomic
from app.core.errors import NotFound
from app.core.forms import UploadField, render_form
from app.core.web import takes_files
from app.membership import queries, services, words
from app.membership.forms import MotivationForm, ReferencesForm, SendForm, StepForm, answers_from, open_step
from app.membership.models import Application, ApplicationState, ApplicationStep, StepName
from app.membership.shown import summary_of, timeline_of
from app.membership.views.base import bp
from app.payments import queries as bills

STEPS = tuple(StepName)
LATER, ADD, REMOVE = "later", "add", "remove-"


@dataclass(frozen=True)
class Task:
    """One page in the overview of a draft: its name, where it is, and whether it is done, begun or still to do."""

    name: StepName
    label: Any
    url: str
    state: str


def _own_application() -> Application:
    found = queries.current_application(current_account().id)
    if found is None:
        raise NotFound
    return found


def _draft() -> Application:
    found = _own_application()
    if found.state is not ApplicationState.DRAFT:
        raise NotFound
    return found


def _tasks(kept: dict[StepName, ApplicationStep]) -> list[Task]:
    return [
        Task(
            name,
            words.STEPS[name],
            url_for("membership.step", name=name.value),
            "todo" if name not in kept else "done" if kept[name].complete else "begun",
        )
        for name in STEPS
    ]


@bp.get("/application")
@access.signed_in
def application() -> ResponseReturnValue:
    """Show how it stands: nothing yet, a draft to go on with, or where it is with the bureau."""
    account = current_account()
    found = queries.current_application(account.id)
    if found is None:
        return render_template("membership/application_start.html")
    if found.state is ApplicationState.DRAFT:
        tasks = _tasks(queries.steps_of(found.id))
        following = next((task for task in tasks if task.state != "done"), None)
        return render_template("membership/application_draft.html", application=found, tasks=tasks, following=following)
    period = queries.open_period(account.id) if found.state is ApplicationState.ACCEPTED else None
    bill = bills.bill_for("membership_period", period.id) if period else None
    return render_template(
        "membership/application_status.html",
        application=found,
        badge=words.APPLICATION_STATES[found.state],
        timeline=timeline_of(found),
        bill=bill,
    )


@bp.post("/application")
@access.signed_in
def start() -> Response:
    """Begin a draft, or go on with the one there is."""
    with atomic():
        services.start_application(by=current_account())
    return redirect(url_for("membership.step", name=STEPS[0].value), 303)


@bp.get("/application/<name>")
@access.signed_in
def step(name: str) -> ResponseReturnValue:
    """Show one page of the form as it was left."""
    page = _named(name)
    draft = _draft()
    kept = queries.steps_of(draft.id)
    form = open_step(page, draft=kept[page].answers if page in kept else None, has_cv=_has_cv(page, draft))
    form.opened_at(kept[page].version if page in kept else 0)
    return _show(form, draft)


@bp.post("/application/<name>")
@access.signed_in
@takes_files
def save(name: str) -> ResponseReturnValue:
    """Keep the page as it is; then on to the next, back to the overview, or again with what is to be mended."""
    page = _named(name)
    draft = _draft()
    has_cv = _has_cv(page, draft)
    form = open_step(page, draft=None, has_cv=has_cv)
    action = request.form.get("action", "")
    changed = _with_rows(form, action)
    fits = form.validate()
    if "csrf_token" in form.errors:
        return _show(form, draft)
    try:
        with atomic():
            _keep_cv(form, draft)
            kept = services.save_step(
                draft,
                page,
                form.draft() if changed is None else changed,
                complete=fits and changed is None,
                seen=form.seen_version,
            )
    except services.ChangedElsewhere as refusal:
        form = open_step(page, draft=form.draft(), has_cv=has_cv)
        form.refuse(refusal)
        form.opened_at(queries.steps_of(draft.id)[page].version)
        return _show(form, draft)
    if changed is not None:
        return redirect(url_for("membership.step", name=page.value, _anchor="references"), 303)
    if action == LATER:
        flash(_("Saved. You can go on whenever you like, on any device."), "success")
        return redirect(url_for("membership.application"), 303)
    if not fits:
        form.opened_at(kept.version)
        return _show(form, draft)
    return redirect(_after(page), 303)


def _named(name: str) -> StepName:
    if name not in set(STEPS):
        abort(404)
    return StepName(name)


def _has_cv(page: StepName, draft: Application) -> bool:
    return page is StepName.MOTIVATION and queries.cv_of(draft.id) is not None


def _with_rows(form: StepForm, action: str) -> dict[str, list[str]] | None:
    """Return the draft with a referee more or less when that was asked, else None."""
    if not isinstance(form, ReferencesForm):
        return None
    if action == ADD:
        return form.draft_with_one_more()
    if action.startswith(REMOVE) and action.removeprefix(REMOVE).isdecimal():
        return form.draft_without(int(action.removeprefix(REMOVE)))
    return None


def _keep_cv(form: StepForm, draft: Application) -> None:
    """Keep a good CV at once, also when the rest of the page is still to be mended."""
    if isinstance(form, MotivationForm) and form.cv.data and not form.cv.errors:
        upload = form.cv.data
        services.attach_cv(draft, shown_name=upload.name, content=upload.content, by=current_account())


def _after(page: StepName) -> str:
    number = STEPS.index(page) + 1
    if number == len(STEPS):
        return url_for("membership.check")
    return url_for("membership.step", name=STEPS[number].value)


def _show(form: StepForm, draft: Application) -> ResponseReturnValue:
    number = STEPS.index(form.name)
    return render_form(
        f"membership/step_{form.name.name.lower()}.html",
        form,
        account=current_account(),
        page=form.name,
        number=number + 1,
        **_steps(queries.steps_of(draft.id)),
        back=url_for("membership.step", name=STEPS[number - 1].value) if number else url_for("membership.application"),
        cv=queries.cv_of(draft.id) if any(isinstance(field, UploadField) for field in form) else None,
    )


def _steps(kept: dict[StepName, ApplicationStep]) -> dict[str, Any]:
    """Give the step indicator its names, addresses and which pages are done; the last is the check page."""
    return {
        "labels": [*words.STEPS.values(), _("Check")],
        "urls": [*(url_for("membership.step", name=name.value) for name in STEPS), None],
        "finished": [*(name in kept and kept[name].complete for name in STEPS), False],
    }


@bp.get("/application/check")
@access.signed_in
def check() -> ResponseReturnValue:
    """M3: show everything once more, with the way back to each page, and what is still missing."""
    draft = _draft()
    return _show_check(draft, SendForm.with_fields(queries.consent_texts(clock.today()))())


@bp.post("/application/check")
@access.signed_in
def submit() -> ResponseReturnValue:
    """M4: send it in, once; a second click sees how it stands."""
    account = current_account()
    found = _own_application()
    if found.state is not ApplicationState.DRAFT:
        return redirect(url_for("membership.application"), 303)
    texts = queries.consent_texts(clock.today())
    form = SendForm.with_fields(texts)()
    answers, _missing = answers_from(_drafts(found), has_cv=queries.cv_of(found.id) is not None)
    if not form.validate() or answers is None:
        return _show_check(found, form)
    with atomic():
        services.submit(found, answers, consents=texts, by=account)
    flash(_("Your application has been sent in. You also get a confirmation by mail."), "success")
    return redirect(url_for("membership.application"), 303)


def _drafts(draft: Application) -> dict[StepName, dict[str, list[str]]]:
    return {name: step.answers for name, step in queries.steps_of(draft.id).items()}


def _show_check(draft: Application, form: SendForm) -> ResponseReturnValue:
    cv = queries.cv_of(draft.id)
    drafts = _drafts(draft)
    _answers, missing = answers_from(drafts, has_cv=cv is not None)
    return render_form(
        "membership/check.html",
        form,
        account=current_account(),
        sections=summary_of(drafts, cv),
        missing=[(words.STEPS[name], url_for("membership.step", name=name.value)) for name in STEPS if name in missing],
        **_steps(queries.steps_of(draft.id)),
        texts=[
            (words.CONSENTS[text.kind], form[f"consent-{text.id}"]) for text in queries.consent_texts(clock.today())
        ],
    )


@bp.get("/application/withdraw")
@access.signed_in
def confirm_withdrawal() -> ResponseReturnValue:
    """Say what withdrawing does before it is done (ux 20)."""
    found = _own_application()
    if not found.may_be_withdrawn:
        raise NotFound
    return render_template("membership/withdraw.html", application=found)


@bp.post("/application/withdraw")
@access.signed_in
def withdraw() -> Response:
    """M4: take the application back."""
    found = _own_application()
    with atomic():
        services.withdraw(found, by=current_account())
    flash(_("Your application has been withdrawn."), "success")
    return redirect(url_for("membership.application"), 303)


@bp.get("/application/cv")
@access.signed_in
def cv() -> ResponseReturnValue:
    """Give somebody their own CV back, as a download."""
    found = queries.cv_of(_own_application().id)
    if found is None:
        raise NotFound
    return send_file(
        files.path(found.stored_name), mimetype="application/pdf", as_attachment=True, download_name=found.shown_name
    )
