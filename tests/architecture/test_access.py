"""Who may what, from the declarations: every endpoint speaks, and the guard does what each one says (ASVS 8.2.1, 3.5)."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import inspect, text

from app.accounts.roles import Role, permissions_of
from app.core import access
from app.core.access import Audience, Rule
from app.core.db import db
from app.core.permissions import Permission
from tests.factories import make_account, sign_in

NOON = datetime(2027, 1, 14, 11, tzinfo=UTC)
NO_TOKEN_NEEDED = {"payment_webhooks.stripe", "mail.unsubscribe"}
NOTED_ON_GET = {"audit_entry", "audit_link", "job", "schedule_mark", "worker_heartbeat"}
REFUSED, SIGN_IN, FACTOR, PROOF = "refused", "to sign in", "to the second factor", "to a fresh proof"
NO_MEMBER, THROUGH = "not a member", "through"

VISITORS: dict[str, dict[str, Any]] = {
    "anonymous": {},
    "applicant": {"roles": ()},
    "member": {"roles": (), "member": True},
    "lapsed": {"roles": (), "member": False},
    "stale member": {"roles": (), "member": True, "fresh": False},
    **{
        f"{role}{words}": {"roles": (role,), "factor": factor, "fresh": fresh}
        for role in Role
        for words, factor, fresh in (
            ("", True, True),
            (" without factor", False, True),
            (" without proof", True, False),
        )
    },
}


def endpoints(app: Flask) -> list[str]:
    return sorted({rule.endpoint for rule in app.url_map.iter_rules()} - {"static"})


def address(app: Flask, endpoint: str) -> tuple[str, str]:
    """A method and address of an endpoint, about things that do not exist."""
    rule = next(rule for rule in app.url_map.iter_rules() if rule.endpoint == endpoint)
    kinds = {"UUIDConverter": uuid.UUID(int=7), "IntegerConverter": 7, "FloatConverter": 7.0}
    values = {name: kinds.get(type(converter).__name__, "x") for name, converter in rule._converters.items()}
    adapter = app.url_map.bind("localhost")
    methods = sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    method = "GET" if "GET" in methods else methods[0]
    return method, adapter.build(endpoint, values, method=method)


def expected(rule: Rule, visitor: dict[str, Any]) -> str:
    """What the guard has to do with this visitor, worked out from the declaration alone."""
    open_to_all = rule.audience is Audience.PUBLIC
    stops = [
        ("roles" not in visitor, SIGN_IN),
        (rule.audience is Audience.STAFF and rule.permission not in held(visitor), REFUSED),
        (rule.audience is not Audience.ARRIVING and not visitor.get("factor", True), FACTOR),
        (rule.audience is Audience.MEMBERS and not visitor.get("member"), NO_MEMBER),
        (rule.sudo and not visitor.get("fresh", True), PROOF),
    ]
    return THROUGH if open_to_all else next((stop for applies, stop in stops if applies), THROUGH)


def held(visitor: dict[str, Any]) -> frozenset[Permission]:
    return permissions_of(visitor.get("roles", ()))


@pytest.fixture
def outcome(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[[Any, str, str], str]:
    """Say what the guard did: views are replaced by one word, so that only the guard speaks."""
    doors = access.doors()
    monkeypatch.setattr(doors, "membership_needed", lambda: app.make_response((NO_MEMBER, 403)))
    for endpoint in endpoints(app):
        monkeypatch.setitem(app.view_functions, endpoint, _standing_in(app.view_functions[endpoint]))

    def ask(client: Any, method: str, path: str) -> str:
        answer = client.open(path, method=method)
        place = answer.headers.get("Location", "")
        if answer.status_code == 200 and answer.text == THROUGH:
            return THROUGH
        if answer.status_code == 403 and answer.text == NO_MEMBER:
            return NO_MEMBER
        if answer.status_code in {403, 404}:
            return REFUSED
        doors_to = {"/sign-in": SIGN_IN, "/second-factor": FACTOR, "/prove": PROOF}
        return doors_to.get(place.split("?")[0], f"{answer.status_code} {place}")

    return ask


def _standing_in(view: Any) -> Any:
    def stand_in(**_values: Any) -> str:
        return THROUGH

    stand_in.access_rule = getattr(view, "access_rule", None)  # type: ignore[attr-defined]
    return stand_in


def visit(app: Flask, name: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A browser of this kind of visitor."""
    visitor, client = VISITORS[name], app.test_client()
    monkeypatch.setattr(access.doors(), "membership", lambda _account_id: bool(visitor.get("member")))
    if "roles" in visitor:
        account = make_account(roles=visitor["roles"])
        sign_in(client, account, second_factor=visitor.get("factor", False))
        if not visitor.get("fresh", True):
            db.session.execute(text("UPDATE account_session SET sudo_at = NULL"))
    return client


def test_every_endpoint_says_who_may(app):
    silent = [endpoint for endpoint in endpoints(app) if access.rule_of(app, endpoint) is None]
    assert silent == []


def test_every_declared_permission_is_given_to_some_role(app):
    asked = {
        rule.permission for endpoint in endpoints(app) if (rule := access.rule_of(app, endpoint)) and rule.permission
    }
    given = frozenset().union(*(held({"roles": (role,)}) for role in Role))
    assert asked <= given


@pytest.mark.parametrize("name", VISITORS)
def test_each_endpoint_does_with_each_visitor_what_it_declares(app, outcome, monkeypatch, name):
    client = visit(app, name, monkeypatch)
    wrong = {}
    for endpoint in endpoints(app):
        rule = access.rule_of(app, endpoint)
        method, path = address(app, endpoint)
        wanted, got = expected(rule, VISITORS[name]), outcome(client, method, path)
        if wanted != got:
            wrong[endpoint] = (wanted, got)
    assert wrong == {}


def test_staff_pages_live_under_bureau_and_only_those(app):
    for endpoint in endpoints(app):
        _method, path = address(app, endpoint)
        rule = access.rule_of(app, endpoint)
        if path.startswith("/bureau"):
            assert rule.audience is Audience.STAFF, endpoint


@pytest.fixture
def with_tokens(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check of tokens that other tests do without."""
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)


def unsafe(app: Flask) -> list[tuple[str, str, str]]:
    found = []
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"GET", "HEAD", "OPTIONS"}):
            kinds = {"UUIDConverter": uuid.UUID(int=7), "IntegerConverter": 7}
            values = {name: kinds.get(type(converter).__name__, "x") for name, converter in rule._converters.items()}
            found.append(
                (rule.endpoint, method, app.url_map.bind("localhost").build(rule.endpoint, values, method=method))
            )
    return found


@pytest.mark.parametrize("name", ["anonymous", "member", "coordinator", "treasurer", "administrator"])
def test_nothing_changes_without_a_token_against_forgery(app, with_tokens, monkeypatch, name):
    client = visit(app, name, monkeypatch)
    db.session.commit()
    before = fingerprint()
    for endpoint, method, path in unsafe(app):
        answer = client.open(path, method=method, data={"email": "x@y.example"})
        if endpoint in NO_TOKEN_NEEDED:
            continue
        let_by = expected(access.rule_of(app, endpoint), VISITORS[name]) == THROUGH
        assert answer.status_code in ({400} if let_by else {303, 400, 403, 404}), (endpoint, answer.status_code)
    assert changed(before, fingerprint()) == set()


def test_the_endpoints_without_token_are_the_listed_ones(app):
    csrf = app.extensions["csrf"]
    blueprints = {blueprint.name for blueprint in csrf._exempt_blueprints}
    exempt = {
        endpoint
        for endpoint, _method, _path in unsafe(app)
        if endpoint.split(".")[0] in blueprints
        or f"{app.view_functions[endpoint].__module__}.{app.view_functions[endpoint].__name__}" in csrf._exempt_views
    }
    assert exempt == NO_TOKEN_NEEDED


def fingerprint() -> dict[str, Any]:
    """Every row of every table."""
    return {
        table: sorted(map(repr, db.session.execute(text(f'SELECT * FROM "{table}"')).all()))
        for table in inspect(db.session.connection()).get_table_names()
    }


def changed(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    return {table for table in after if before[table] != after[table]} - NOTED_ON_GET


@pytest.mark.parametrize(
    "name", ["anonymous", "applicant", "member", "coordinator", "treasurer", "returning_officer", "administrator"]
)
def test_looking_changes_nothing(app, monkeypatch, name):
    with time_machine.travel(NOON, tick=False):
        client = visit(app, name, monkeypatch)
        db.session.commit()
        before = fingerprint()
        for rule in app.url_map.iter_rules():
            if "GET" not in (rule.methods or set()) or rule.endpoint == "static":
                continue
            _method, path = address(app, rule.endpoint)
            assert client.get(path).status_code < 500 or path == "/readyz", path
            if name == "anonymous":
                client.head(path)
        assert changed(before, fingerprint()) == set()
