"""Who may: every endpoint declares it, one hook enforces it, and silence is a fault that a test finds (ASVS 8.2.1).

A declaration sits right under the route:

    @bp.get("/bureau/applications")
    @access.needs(Permission.APPLICATION_READ)
    def queue() -> str: ...
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Protocol, TypeVar, cast
from uuid import UUID

from flask import Flask, abort, current_app, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from app.core.permissions import Permission

V = TypeVar("V", bound=Callable[..., Any])


class Audience(StrEnum):
    """The widest circle an endpoint is open to; whoever is arriving may still owe the second factor."""

    PUBLIC = "public"
    ARRIVING = "arriving"
    SIGNED_IN = "signed_in"
    MEMBERS = "members"
    STAFF = "staff"


@dataclass(frozen=True)
class Rule:
    """One endpoint's declaration."""

    audience: Audience
    permission: Permission | None = None
    sudo: bool = False


class Visitor(Protocol):
    """What this module asks of whoever is signed in; `accounts` answers."""

    id: Any
    is_authenticated: Any

    @property
    def permissions(self) -> frozenset[Permission]: ...

    @property
    def second_factor_proven(self) -> bool: ...

    @property
    def sudo_proven(self) -> bool: ...


@dataclass
class Doors:
    """Where the portal sends whoever may not pass yet, and how it learns who is a member; filled in by `wiring`."""

    sign_in: str = "accounts.sign_in"
    second_factor: str = "accounts.second_factor"
    sudo: str = "accounts.sudo"
    home: Callable[[Visitor], str] = lambda _visitor: "/"
    denied: Callable[[Visitor, str], None] = lambda _visitor, _endpoint: None
    membership: Callable[[UUID], bool] = lambda _account_id: False
    membership_needed: Callable[[], Response] = lambda: abort(403)


def _state() -> dict[str, Any]:
    return cast("dict[str, Any]", current_app.extensions["access"])


def doors() -> Doors:
    """Return the running app's doors."""
    return cast("Doors", _state()["doors"])


def _declaring(rule: Rule) -> Callable[[V], V]:
    def declare_view(view: V) -> V:
        earlier: Rule | None = getattr(view, "access_rule", None)
        view.access_rule = replace(rule, sudo=rule.sudo or bool(earlier and earlier.sudo))  # type: ignore[attr-defined]
        return view

    return declare_view


public = _declaring(Rule(Audience.PUBLIC))
arriving = _declaring(Rule(Audience.ARRIVING))
signed_in = _declaring(Rule(Audience.SIGNED_IN))
members = _declaring(Rule(Audience.MEMBERS))


def needs(permission: Permission, *, sudo: bool = False) -> Callable[[V], V]:
    """Open an endpoint to staff who hold this permission and have proven their second factor."""
    return _declaring(Rule(Audience.STAFF, permission, sudo))


def sudo(view: V) -> V:
    """Ask, besides the rule declared above it, for a proof of identity of the last 30 minutes."""
    earlier = getattr(view, "access_rule", Rule(Audience.SIGNED_IN))
    view.access_rule = replace(earlier, sudo=True)  # type: ignore[attr-defined]
    return view


def declare(app: Flask, endpoint: str, rule: Rule) -> None:
    """Declare for an endpoint that a library registered."""
    app.extensions["access"]["declared"][endpoint] = rule


def rule_of(app: Flask, endpoint: str) -> Rule | None:
    """Return what an endpoint declared, or None for silence."""
    declared: Rule | None = app.extensions["access"]["declared"].get(endpoint)
    return declared or getattr(app.view_functions.get(endpoint), "access_rule", None)


def may(permission: Permission) -> bool:
    """Say whether whoever is being served holds a permission and proved a second factor; for templates and queries."""
    return permission in held()


def held() -> frozenset[Permission]:
    """Return every permission that `may` grants to whoever is being served."""
    visitor = cast("Visitor", current_user._get_current_object())  # noqa: SLF001  asked once, not through the proxy
    proven = visitor.is_authenticated and visitor.second_factor_proven
    return visitor.permissions if proven else frozenset()


def _to_sign_in() -> Response:
    return redirect(url_for(doors().sign_in, next=_wanted()), 303)


def _wanted() -> str | None:
    """Where to go on afterwards: a page; what was posted has to be posted again."""
    return request.full_path.rstrip("?") if request.method == "GET" else None


def _enforce() -> Response | None:
    if request.endpoint is None or request.endpoint == "static":
        return None
    rule = rule_of(current_app, request.endpoint)
    if rule is None:
        abort(404)
    if rule.audience is Audience.PUBLIC:
        return None
    visitor = cast("Visitor", current_user)
    if not visitor.is_authenticated:
        return _to_sign_in()
    return _staff(rule, visitor) if rule.audience is Audience.STAFF else _person(rule, visitor)


def _staff(rule: Rule, visitor: Visitor) -> Response | None:
    if rule.permission not in visitor.permissions:
        doors().denied(visitor, request.endpoint or "")
        abort(404 if Permission.BUREAU_ENTER not in visitor.permissions else 403)
    if not visitor.second_factor_proven:
        return redirect(url_for(doors().second_factor, next=_wanted()), 303)
    return _sudo(rule, visitor)


def _person(rule: Rule, visitor: Visitor) -> Response | None:
    if rule.audience is Audience.ARRIVING:
        return _sudo(rule, visitor)
    if Permission.BUREAU_ENTER in visitor.permissions and not visitor.second_factor_proven:
        return redirect(url_for(doors().second_factor, next=_wanted()), 303)
    if rule.audience is Audience.MEMBERS and not doors().membership(visitor.id):
        return doors().membership_needed()
    return _sudo(rule, visitor)


def _sudo(rule: Rule, visitor: Visitor) -> Response | None:
    if rule.sudo and not visitor.sudo_proven:
        return redirect(url_for(doors().sudo, next=_wanted()), 303)
    return None


def init_app(app: Flask) -> None:
    """Put the guard at the door of every request."""
    app.extensions["access"] = {"declared": {}, "doors": Doors()}
    app.before_request(_enforce)
