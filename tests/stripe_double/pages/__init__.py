"""What people see: the page on which somebody pays, and the dashboard in which whoever plays Stripe lets things happen."""

from __future__ import annotations

from dataclasses import asdict, fields
from datetime import UTC, datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tests.stripe_double.account import NotPossible
from tests.stripe_double.api import Faults
from tests.stripe_double.double import StripeDouble

DASHBOARD = "/dashboard"
PAY = "/c/pay/"
WAYS = {"ideal": "iDEAL | Wero", "card": "Card", "sepa_debit": "SEPA Direct Debit"}
_pages = Environment(
    loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)


def _euros(cents: int) -> str:
    return f"€ {cents / 100:,.2f}"


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%d %b %H:%M:%S")


_pages.filters.update(euros=_euros, time=_time)


def show(double: StripeDouble, path: str) -> str:
    """Return a page; KeyError when there is none."""
    if path.startswith(PAY):
        session = double.session_now(path.removeprefix(PAY))
        if session is None:
            raise KeyError(path)
        ways = {way: WAYS[way] for way in session["payment_method_types"]}
        intent = double.intents.get(session["payment_intent"] or "", {})
        failed = session["status"] == "open" and bool(intent.get("last_payment_error"))
        page = _pages.get_template("checkout.html")
        return page.render(session=session, ways=ways, failed=failed, title=double.title_of(session["id"]))
    if path in {"/", DASHBOARD}:
        return _pages.get_template("dashboard.html").render(
            double=double,
            sessions=list(double.newest(double.sessions)),
            payments=list(double.newest(double.intents)),
            events=list(double.newest(double.events))[:40],
            methods=[method for method in double.newest(double.methods) if method["customer"]],
            switches=asdict(double.faults),
        )
    raise KeyError(path)


def act(double: StripeDouble, path: str, form: dict[str, str]) -> str:
    """Let something happen and return where to go then."""
    if path.startswith(PAY):
        return _pay(double, path.removeprefix(PAY), form)
    if path == f"{DASHBOARD}/faults":
        _turn_switches(double, form)
    elif path.startswith(f"{DASHBOARD}/"):
        _do(double, path.removeprefix(f"{DASHBOARD}/"), form)
    return DASHBOARD


def _pay(double: StripeDouble, session_id: str, form: dict[str, str]) -> str:
    session = double.sessions[session_id]
    back = str(session["success_url"])
    method, outcome = form.get("method", "ideal"), form.get("outcome", "pay")
    if session["status"] != "open":
        return back
    if outcome == "decline" and method == "sepa_debit":
        double.refuse(session_id)
        return back
    if outcome == "decline":
        double.decline(session_id, method)
        return PAY + session_id
    if outcome == "expire":
        double.expire(session_id)
        return str(session["cancel_url"])
    if method == "sepa_debit":
        double.pend(session_id)
    else:
        double.pay(session_id, method=method)
    return back


def _do(double: StripeDouble, move: str, form: dict[str, str]) -> None:
    about = form["about"]
    if move == "refund":
        double.refund(about, round(float(form["amount"].replace(",", ".")) * 100) if form.get("amount") else None)
    elif move == "settle":
        double.settle(_session_or_payment(double, about))
    elif move == "refuse":
        double.refuse(_session_or_payment(double, about))
    elif move == "dispute":
        double.dispute(about)
    elif move in {"win", "lose"}:
        double.close_dispute(about, won=move == "win")
    elif move == "fail-refund":
        double.fail_refund(about)
    elif move == "mood":
        double.moods[about] = form["mood"]
    else:
        raise NotPossible(f"nobody can {move}")


def _session_or_payment(double: StripeDouble, payment: str) -> str:
    sessions = (name for name, session in double.sessions.items() if session["payment_intent"] == payment)
    return next(sessions, payment)


def _turn_switches(double: StripeDouble, form: dict[str, str]) -> None:
    for switch in fields(Faults):
        value = form.get(switch.name, "")
        kind = type(getattr(double.faults, switch.name))
        setattr(double.faults, switch.name, bool(value) if kind is bool else kind(value or 0))
