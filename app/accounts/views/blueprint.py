"""What the pages of accounts share: their blueprint, where people go next, and what a browser is remembered by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, current_app, redirect, request, session, url_for
from werkzeug.wrappers import Response

from app.accounts import identity, queries, secrecy
from app.accounts.models import Account, Method
from app.accounts.services import passkeys
from app.core import access
from app.core.errors import Refusal
from app.core.web import remember_language, safe_next

bp = Blueprint("accounts", __name__)
SEE_OTHER = 303


def asked_next() -> str:
    """Return the page that was wanted before signing in, as given in the address or the form; "" for none."""
    return safe_next(request.values.get("next"), "")


def go_on(account: Account, next_page: str) -> Response:
    """Send somebody who is all in to the wanted page, or home, speaking the own language."""
    response = redirect(safe_next(next_page, access.doors().home(account)), SEE_OTHER)
    if "lang" not in request.cookies:
        remember_language(response, account.locale)
    return response


def arrive(account: Account, *, method: Method, next_page: str, verified_by_device: bool = False) -> Response:
    """Let somebody in after the first factor, on every path; a second one is asked first (ASVS 6.3.3)."""
    due = not verified_by_device and second_factor_asked(account)
    identity.sign_in(account, method=method, second_factor_due=due, verified_by_device=verified_by_device)
    if due:
        return redirect(url_for("accounts.second_factor", next=next_page or None), SEE_OTHER)
    return go_on(account, next_page)


def second_factor_asked(account: Account) -> bool:
    """Say whether a first factor is not enough: an app asks for its code always, a passkey when one has a role."""
    factors = queries.factors(account)
    return factors.totp or (account.is_staff and factors.second)


def this_browser() -> str:
    """Return what this browser is recognised by when it opens the link it asked for."""
    if not isinstance(session.get(identity.BROWSER), str):
        session[identity.BROWSER] = secrecy.new_secret()
    return str(session[identity.BROWSER])


def this_sending() -> str:
    """Return what two sendings of one shown form have in common: a double click without script sends it twice."""
    return request.form.get("csrf_token", "")


def known_browser() -> str | None:
    """Return the same without making one."""
    found = session.get(identity.BROWSER)
    return found if isinstance(found, str) else None


def party() -> passkeys.Party:
    """Return the portal as authenticators see it: the address in use, which the host check has let through."""
    name = current_app.config["HOUSE"].name
    origin = request.host_url.rstrip("/")
    return passkeys.Party(id=str(urlsplit(origin).hostname), origin=origin, name=name)


def attempt(action: Callable[[], Any], otherwise: Callable[[Refusal], Any]) -> Refusal | None:
    """Do something in the open transaction; when it is refused, note that in it too and return the refusal."""
    try:
        action()
    except Refusal as refusal:
        otherwise(refusal)
        return refusal
    return None
