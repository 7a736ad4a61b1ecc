"""What anybody may read: the home page, what membership is, the self test, how to apply (M1, M2)."""

from __future__ import annotations

from flask import make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from app.core import access, clock, panels
from app.core.forms import render_form
from app.membership import queries
from app.membership.forms import SelfTestForm
from app.membership.self_test import HIGHEST, result_of
from app.membership.views.base import bp

CACHE_SECONDS = 300


def _cached(page: str) -> ResponseReturnValue:
    response = make_response(page)
    if not current_user.is_authenticated:
        response.headers["Cache-Control"] = f"public, max-age={CACHE_SECONDS}"
    return response


@bp.get("/")
@access.public
def public_home() -> ResponseReturnValue:
    """Show what the circle is, what is coming, and how to join."""
    plan = queries.plan_on_offer(clock.today())
    filled = list(panels.filled("public_home"))
    return _cached(
        render_template("membership/public_home.html", panels=filled, price=queries.price_on(plan, clock.today()))
    )


@bp.get("/membership")
@access.public
def about() -> ResponseReturnValue:
    """M1: show what membership buys, what it costs, and what it does not promise."""
    plan = queries.plan_on_offer(clock.today())
    return _cached(render_template("membership/about.html", plan=plan, price=queries.price_on(plan, clock.today())))


@bp.get("/apply")
@access.public
def apply() -> ResponseReturnValue:
    """Show what applying takes, before anybody makes an account for it."""
    return _cached(
        render_template(
            "membership/apply.html", price=queries.price_on(queries.plan_on_offer(clock.today()), clock.today())
        )
    )


@bp.get("/self-test")
@access.public
def self_test() -> ResponseReturnValue:
    """M2: ask five questions and answer with advice. The answers are in the address and nowhere else."""
    if not request.args:
        return render_form("membership/self_test.html", SelfTestForm(formdata=None))
    form = SelfTestForm(formdata=request.args)
    if not form.validate():
        return render_form("membership/self_test.html", form)
    return render_template("membership/self_test_result.html", result=result_of(form.answers()), highest=HIGHEST)
