from __future__ import annotations

import json
import logging

import pytest
import structlog

from app.core import health
from app.core.observability import statements_so_far
from app.core.observability.logs import redacted
from app.core.observability.metrics import gauge
from app.jobs import services as jobs


@pytest.fixture
def lines(capsys):
    """What was logged so far, line by line."""
    written = []

    def read() -> list[dict[str, object]]:
        written.extend(json.loads(line) for line in capsys.readouterr().err.splitlines())
        return written

    return read


def test_a_request_is_one_line_that_names_the_endpoint_and_not_the_address(client, lines):
    client.get("/unsubscribe/geheim-token?email=anna@voorbeeld.example", headers={"X-Request-ID": "abcdef123456"})
    (line,) = [line for line in lines() if line["event"] == "request"]
    assert (line["method"], line["endpoint"], line["status"]) == ("GET", "mail.leaving", 404)
    assert line["request_id"] == "abcdef123456"
    assert {"ms", "statements", "timestamp", "level"} <= line.keys()
    assert "geheim" not in json.dumps(lines())
    assert "anna" not in json.dumps(lines())


def test_a_reference_that_could_forge_a_line_is_replaced(client, lines):
    answer = client.get("/healthz", headers={"X-Request-ID": 'x"} {"forged": 1'})
    assert "forged" not in answer.headers["X-Request-ID"]


def test_line_breaks_in_what_is_logged_make_no_second_line(app, lines):
    logging.getLogger("app").warning("first\nINFO second %s", "a\r\nb")
    structlog.get_logger("app").info("third\nfourth", name="x\ny")
    assert [line["event"] for line in lines()] == ["first\nINFO second a\r\nb", "third\nfourth"]


def test_an_exception_is_told_by_type_and_place_without_its_message(app, lines):
    def open_vault() -> None:
        raise ValueError("anna@voorbeeld.example has 'hunter2'")

    try:
        open_vault()
    except ValueError:
        logging.getLogger("app").exception("unhandled")
    (line,) = lines()
    assert line["error"] == "ValueError"
    assert line["trace"][-1].endswith(":open_vault")
    assert "hunter2" not in json.dumps(line)


def test_references_and_the_head_of_the_audit_chain_are_told_whole(app, lines):
    logging.getLogger("app").info("audit_sealed", extra={"head": "f" * 64, "request_id": "a" * 40, "token": "b" * 40})
    (line,) = lines()
    assert (line["head"], line["request_id"], line["token"]) == ("f" * 64, "a" * 40, "[secret]")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("mail to anna@voorbeeld.example failed", "mail to [email] failed"),
        ("GET /x?token=abc&a=b", "GET /x?[query]"),
        ("paid from NL91ABNA0417164300", "paid from [iban]"),
        ("token eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9abc.def", "token [secret]"),
        ("job 2f1a4c9e-0d4b-4a86-9a31-5c2e8f7b6a10", "job 2f1a4c9e-0d4b-4a86-9a31-5c2e8f7b6a10"),
    ],
)
def test_what_looks_personal_or_secret_is_left_out(text, told):
    assert redacted(text) == told


def test_statements_are_counted_per_request(app, client, lines):
    before = statements_so_far()
    client.get("/readyz")
    assert statements_so_far() - before >= 3


def test_the_process_answers_without_asking_the_database(client):
    before = statements_so_far()
    assert client.get("/healthz").json == {"process": "ok"}
    assert statements_so_far() == before


def test_readiness_names_each_need(client, monkeypatch):
    monkeypatch.setitem(health._checks, "migrations", lambda: True)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json) == (503, {"database": "ok", "migrations": "ok", "worker": "not ok"})
    jobs.beat("here:1")
    assert client.get("/readyz").status_code == 200


def test_readiness_tells_no_detail_when_a_need_fails(client, monkeypatch, lines):
    def broken() -> bool:
        raise RuntimeError("could not connect to db.internal:5432 as postgres")

    monkeypatch.setitem(health._checks, "database", broken)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["database"]) == (503, "not ok")
    assert "internal" not in answer.text + json.dumps(lines())


def test_a_database_behind_its_migrations_is_not_ready(app, monkeypatch):
    monkeypatch.setattr(health, "newest_revision", lambda: "not there yet")
    assert not health.is_migrated()


@pytest.mark.parametrize(
    ("env", "token", "shown", "remote", "status"),
    [
        ("production", "", None, "127.0.0.1", 404),
        ("development", "", None, "127.0.0.1", 200),
        ("development", "", None, "192.0.2.1", 404),
        ("production", "right", "Bearer right", "192.0.2.1", 200),
        ("production", "right", "Bearer wrong", "127.0.0.1", 401),
        ("production", "right", None, "127.0.0.1", 401),
        ("production", "right", "Bearer écht", "127.0.0.1", 401),
    ],
)
def test_figures_are_for_who_shows_the_token_or_for_this_machine(
    app, client, monkeypatch, env, token, shown, remote, status
):
    monkeypatch.setitem(app.config, "METRICS_TOKEN", token)
    monkeypatch.setitem(app.config, "ENV", env)
    headers = {"Authorization": shown} if shown else {}
    assert client.get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": remote}).status_code == status


def test_figures_tell_requests_and_what_waits(app, client, monkeypatch):
    monkeypatch.setitem(app.config, "METRICS_TOKEN", "t")
    gauge("portal_test_things", "Things.", "kind", lambda: {"old": 3.0})
    client.get("/unsubscribe/x")
    figures = client.get("/metrics", headers={"Authorization": "Bearer t"}).text
    assert 'portal_test_things{kind="old"} 3.0' in figures
    assert 'portal_requests_total{endpoint="mail.leaving",method="GET",status="404"}' in figures


def test_the_reference_of_an_error_page_is_that_of_the_log(app, client, lines):
    answer = client.get("/nowhere")
    assert answer.headers["X-Request-ID"] in {line.get("request_id") for line in lines()}
