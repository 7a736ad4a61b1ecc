"""The double whole: an account behind an API, and the messages it signs and sends."""

from __future__ import annotations

import hashlib
import hmac
import json
import urllib.error
import urllib.request
from typing import Any

from tests.stripe_double.account import Object
from tests.stripe_double.api import Api
from tests.stripe_double.contract import check_object

SECRET = "whsec_double"
ANSWER_WITHIN = 20
TRIES = 5


class StripeDouble(Api):
    """A Stripe of our own: it keeps state, replays idempotency keys, signs its messages, and can be made to fail."""

    def __init__(self) -> None:
        super().__init__()
        self.webhook_url = ""
        self.told: dict[str, list[int]] = {}
        """For each event, what its addressee answered each time it was sent; nothing yet for one that waits."""
        self._dropped: set[str] = set()

    # the switches that tests turn most

    @property
    def down(self) -> bool:
        return self.faults.down

    @down.setter
    def down(self, down: bool) -> None:
        self.faults.down = down

    @property
    def fail_after_work(self) -> int:
        return self.faults.fail_after_work

    @fail_after_work.setter
    def fail_after_work(self, times: int) -> None:
        self.faults.fail_after_work = times

    # --- messages

    def event(self, session_id: str, kind: str = "checkout.session.completed", **changes: Any) -> bytes:
        """The bytes of the newest message of a kind about a session; one is made up where there was none, or with changes."""
        for told in self.newest(self.events) if not changes else ():
            if told["type"] == kind and told["data"]["object"]["id"] == session_id:
                return self.bytes_of(told)
        about = self.sessions.get(session_id, {"id": session_id, "object": "checkout.session"})
        return self.bytes_of(self.make_event(kind, about, **changes))

    @staticmethod
    def bytes_of(event: Object) -> bytes:
        return json.dumps(check_object("event", event)).encode()

    def signature(self, body: bytes, *, at: float | None = None, secret: str = SECRET) -> str:
        moment = int(self.now() if at is None else at)
        digest = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
        return f"t={moment},v1={digest}"

    def waiting(self) -> list[Object]:
        """The messages that were not taken yet, in the order in which they go out."""
        with self.lock:
            found = [
                event
                for name, event in self.events.items()
                if name not in self._dropped and not _is_over(self.told.get(name, []))
            ]
        return list(reversed(found)) if self.faults.reorder_hooks else found

    def deliver(self) -> list[int]:
        """Send what waits to the portal, over HTTP; return its answers. A message that is not taken stays."""
        answers = []
        for event in self.waiting():
            if self.faults.drop_hooks:
                self.faults.drop_hooks -= 1
                self._dropped.add(event["id"])
                continue
            for _ in range(1 + self.faults.duplicate_hooks):
                answers.append(self.send(event))
                self.told.setdefault(event["id"], []).append(answers[-1])
        return answers

    def forget_hooks(self) -> None:
        """Lose every message that waits; the events themselves stay to be asked for."""
        self._dropped.update(event["id"] for event in self.waiting())

    def send(self, event: Object, *, signature: str | None = None) -> int:
        """Send one message, and return how it was taken; 0 when nobody is there."""
        body = self.bytes_of(event)
        headers = {"Content-Type": "application/json", "Stripe-Signature": signature or self.signature(body)}
        request = urllib.request.Request(self.webhook_url, data=body, headers=headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_WITHIN) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            error.close()
            return error.code
        except OSError:
            return 0


def _is_over(answers: list[int]) -> bool:
    return 200 in answers or len(answers) >= TRIES
