"""B9: the page on which staff move the test clock; a portal in production does not have it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, current_app, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts.current import current_account
from app.bureau import services
from app.core import access, clock
from app.core.db import atomic
from app.core.errors import Refusal
from app.core.formats import moment
from app.core.forms import ChoiceField, DateField, Form, Option, render_form
from app.core.i18n import _l
from app.core.permissions import Permission

bp = Blueprint("bureau_clock", __name__, url_prefix="/bureau/clock")
STEPS = (1, 7, 30)


class ClockForm(Form):
    """The day to go to."""

    day = DateField(_l("Go to"), hint=_l("Like 1-3-2027 or 1 March 2027. The time of day stays what it is."))


class StepForm(Form):
    """How many days ahead."""

    days = ChoiceField(_l("Days ahead"), options=lambda: [Option(step, str(step)) for step in STEPS])


@bp.get("")
@access.needs(Permission.CLOCK_MOVE)
def show() -> ResponseReturnValue:
    """Show what time it is here, and where to go."""
    return _page(ClockForm(formdata=None))


def _page(form: ClockForm) -> ResponseReturnValue:
    return render_form("bureau/clock.html", form, here=clock.now(), steps=STEPS)


@bp.post("")
@access.needs(Permission.CLOCK_MOVE)
def move() -> ResponseReturnValue:
    """Go to a day."""
    form = ClockForm()
    if not form.validate_on_submit():
        return _page(form)
    here = clock.local(clock.now())
    try:
        _go(clock.at_home(datetime.combine(form.day.data, here.time())))
    except Refusal as refusal:
        form.refuse(refusal, form.day)
        return _page(form)
    return redirect(url_for(".show"), 303)


@bp.post("/step")
@access.needs(Permission.CLOCK_MOVE)
def step() -> Response:
    """Go some days ahead."""
    form = StepForm()
    if form.validate_on_submit():
        _go(clock.now() + timedelta(days=form.days.data))
    return redirect(url_for(".show"), 303)


@bp.post("/reset")
@access.needs(Permission.CLOCK_MOVE)
def reset() -> Response:
    """Go back to the world's time."""
    _go(None)
    return redirect(url_for(".show"), 303)


def _go(to: Any) -> None:
    with atomic():
        arrived = services.move_clock(to, by=current_account(), env=current_app.config["ENV"])
    services.follow_at_once(current_app.extensions["test_clock"])
    flash(_("It is now %(moment)s here.", moment=moment(arrived)), "success")
