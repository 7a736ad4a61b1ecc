"""What the API answers: held to the contract both ways, once per idempotency key, and with whatever fault is asked for."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.stripe_double.account import DAY, VERSION, Account, NotPossible, Object
from tests.stripe_double.contract import ValidationError, check_answer, check_request

KEY = "sk_test_double"
REPLAYED = {"Idempotent-Replayed": "true"}
FILTERS = {
    "sessions": ("payment_intent", "customer", "status"),
    "payment_intents": ("customer",),
    "refunds": ("payment_intent", "charge"),
    "disputes": ("payment_intent", "charge"),
    "balance_transactions": ("type", "source"),
    "events": ("type",),
}


@dataclass
class Faults:
    """What goes wrong; numbers are how many times more."""

    down: bool = False
    fail_after_work: int = 0
    """Answer 500 after doing the work; the true answer comes when the same is asked again under the same key."""
    keep_failing: int = 0
    """Answer 500 after doing the work and keep that answer under the key, as Stripe does with its own faults."""
    too_many: int = 0
    """Answer 429 before doing anything."""
    delay: float = 0.0
    """Seconds to wait before each answer."""
    drop_hooks: int = 0
    duplicate_hooks: int = 0
    """How many more times each message is sent."""
    reorder_hooks: bool = False
    """Send what waits newest first."""


@dataclass(frozen=True)
class Answer:
    status: int
    body: Object
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Kept:
    """An answer under an idempotency key."""

    asked: tuple[str, str]
    answer: Answer
    at: int


class Api(Account):
    """The account, as the API shows it."""

    def __init__(self) -> None:
        super().__init__()
        self.faults = Faults()
        self.kept: dict[str, Kept] = {}
        self.requests: list[tuple[str, str, Object]] = []
        self._pause = threading.Event()

    def answer(self, method: str, target: str, body: str, headers: Mapping[str, str]) -> Answer:
        """Answer one request as Stripe would, or as a Stripe in trouble."""
        if self.faults.delay:
            self._pause.wait(self.faults.delay)
        if self.faults.down:
            return Answer(500, _error("api_error", "down"))
        if headers.get("Authorization") != f"Bearer {KEY}":
            return Answer(401, _error("invalid_request_error", "no such key"))
        if headers.get("Stripe-Version") != VERSION:
            return Answer(400, _error("invalid_request_error", "not the version this double speaks"))
        with self.lock:
            if self.faults.too_many:
                self.faults.too_many -= 1
                return Answer(429, _error("invalid_request_error", "too many requests", code="rate_limit"))
            return self._once(headers.get("Idempotency-Key") if method == "POST" else None, method, target, body)

    def _once(self, key: str | None, method: str, target: str, body: str) -> Answer:
        earlier = self.kept.get(key or "")
        if earlier and earlier.at > self.now() - DAY:
            if earlier.asked != (target, body):
                return Answer(400, _error("idempotency_error", "the same key with other parameters"))
            return Answer(earlier.answer.status, earlier.answer.body, REPLAYED)
        answer = self._work(method, target, body)
        lost = Answer(500, _error("api_error", "the work is done, the answer is lost"))
        failing = method == "POST" and self.faults.keep_failing > 0
        if key:
            self.kept[key] = Kept((target, body), lost if failing else answer, self.now())
        if failing:
            self.faults.keep_failing -= 1
            return lost
        if method == "POST" and self.faults.fail_after_work:
            self.faults.fail_after_work -= 1
            return lost
        return answer

    def _work(self, method: str, target: str, body: str) -> Answer:
        path, _mark, query = target.partition("?")
        try:
            form = check_request(method, path, body, query)
        except (ValidationError, LookupError) as error:
            return Answer(400, _error("invalid_request_error", str(error)[:500]))
        self.requests.append((method, path, form))
        try:
            found = self._found(method, path.removeprefix("/v1/").split("/"), form)
        except NotPossible as refusal:
            return Answer(refusal.status, check_answer(method, path, refusal.status, self._refusal(refusal)))
        return Answer(200, check_answer(method, path, 200, found))

    def _refusal(self, refusal: NotPossible) -> Object:
        error = _error(refusal.kind, str(refusal), code=refusal.code)
        if refusal.intent:
            error["error"]["payment_intent"] = self.expanded(refusal.intent, [])
        return error

    def _found(self, method: str, steps: list[str], form: Object) -> Object:
        steps = steps[1:] if steps[0] == "checkout" else steps
        expand = form.get("expand", [])
        if method == "GET":
            return self._listed(steps[0], form) if len(steps) == 1 else self._one(steps[1], expand)
        made = self._made(steps, form)
        return self.expanded(made, expand)

    def _made(self, steps: list[str], form: Object) -> Object:
        if steps == ["sessions"]:
            return self.make_session(form)
        if steps[0] == "sessions" and steps[2:] == ["expire"]:
            self._open_session(steps[1])
            self.expire(steps[1])
            return self.sessions[steps[1]]
        if steps == ["payment_intents"]:
            return self.charge_saved(form)
        if steps == ["refunds"]:
            reason, metadata = form.get("reason"), form.get("metadata")
            return self.refunds[self.refund(form["payment_intent"], form.get("amount"), metadata, reason)]
        if steps[0] == "payment_methods" and steps[2:] == ["detach"]:
            return self.detach(steps[1])
        raise NotPossible("this double does not play that", status=404)

    def _one(self, name: str, expand: list[str]) -> Object:
        self.session_now(name)
        if name not in self.objects:
            raise NotPossible(f"No such thing: {name}", code="resource_missing", status=404)
        return self.expanded(self.objects[name], expand)

    def _listed(self, shelf: str, form: Object) -> Object:
        shelves: dict[str, dict[str, Object]] = {
            "sessions": self.sessions,
            "payment_intents": self.intents,
            "refunds": self.refunds,
            "disputes": self.disputes,
            "balance_transactions": self.lines,
            "events": self.events,
        }
        if shelf not in shelves:
            raise NotPossible("this double does not play that", status=404)
        wanted = [one for one in self.newest(shelves[shelf]) if _is_wanted(one, FILTERS[shelf], form)]
        names = [one["id"] for one in wanted]
        start = names.index(form["starting_after"]) + 1 if form.get("starting_after") else 0
        limit = form.get("limit", 10)
        expand = [path.removeprefix("data.") for path in form.get("expand", [])]
        path = f"/v1/checkout/{shelf}" if shelf == "sessions" else f"/v1/{shelf}"
        return {
            "object": "list",
            "data": [self.expanded(one, expand) for one in wanted[start : start + limit]],
            "has_more": len(wanted) > start + limit,
            "url": path,
        }


def _is_wanted(thing: Object, filters: tuple[str, ...], form: Object) -> bool:
    since = form["created"].get("gte", 0) if isinstance(form.get("created"), dict) else 0
    same: Callable[[str], bool] = lambda name: name not in form or thing.get(name) == form[name]  # noqa: E731
    named = "types" not in form or thing.get("type") in form["types"]
    return thing["created"] >= since and named and all(map(same, filters))


def _error(kind: str, message: str, code: str | None = None) -> Object:
    return {"error": {"type": kind, "message": message, **({"code": code} if code else {})}}


def dumped(answer: Answer) -> bytes:
    """The bytes of an answer."""
    return json.dumps(answer.body).encode()
