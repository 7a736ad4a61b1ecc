"""The page of the built-in test bank: an outside party in our look, absent in production (P2)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.core import access, clock
from app.core.db import atomic
from app.core.forms import ChoiceField, Form, Option
from app.core.i18n import _l
from app.core.money import format_money
from app.payments import services, shown
from app.payments.models import TestPayMovement
from app.payments.providers import testpay

bp = Blueprint("testpay", __name__, url_prefix="/testpay")


MOVEMENTS: dict[str, tuple[Any, dict[str, Any]]] = {
    "again": (_l("Paid a second time"), {}),
    "refund": (
        _l("Refund"),
        {"pending": _l("On its way"), "succeeded": _l("Sent back"), "failed": _l("Did not arrive")},
    ),
    "dispute": (_l("Dispute"), {state: badge.label for state, badge in shown.DISPUTE_STATES.items()}),
}


class PlayForm(Form):
    """Which of its buttons was pressed."""

    move = ChoiceField(_l("What the bank does"), options=[Option(move, move.value) for move in testpay.Play])


@bp.get("/<reference>")
@access.public
def show(reference: str) -> str:
    """Show what is to be paid and what the bank can do with it."""
    checkout = testpay.checkout(reference)
    state = testpay.state_of(checkout, clock.now())
    return render_template(
        "payments/testpay.html",
        checkout=checkout,
        state=shown.ATTEMPT_STATES[state],
        moves=[move.value for move in testpay.possible(checkout)],
        method=shown.method_name(checkout.method),
        movements=[_told(movement) for movement in testpay.movements_of(reference)],
        next_charge=testpay.next_charge(checkout),
    )


def _told(movement: TestPayMovement) -> tuple[Any, str, None]:
    label, states = MOVEMENTS[movement.kind]
    state = states.get(movement.state, "")
    return label, f"{format_money(movement.amount_cents)}{f' · {state}' if state else ''}", None


@bp.post("/<reference>")
@access.public
def play(reference: str) -> ResponseReturnValue:
    """Do it, send the message a provider would send, and lead back to the shop."""
    form = PlayForm()
    if not form.validate_on_submit():
        return redirect(request.path, 303)
    move = form.move.data
    with atomic():
        hook = testpay.play(reference, move)
        if hook is not None:
            services.receive_hook(hook)
    return redirect(testpay.checkout(reference).return_url if move in testpay.AFTER else request.path, 303)
