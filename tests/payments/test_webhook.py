"""P3: a message counts only when it proves to be Stripe's, of now, and of our mode; what does not leaves no trace."""

from __future__ import annotations

import json
import time

import pytest

from app.payments.models import EventState
from tests.payments.conftest import begin, stored_events


@pytest.fixture
def reference(bill, stripe):
    return begin(bill)


def post(client, body, signature):
    return client.post("/webhooks/stripe", data=body, headers={"Stripe-Signature": signature})


def test_a_message_is_kept_once_whatever_number_of_times_it_comes(client, stripe, reference):
    body = stripe.event(reference)
    answers = [post(client, body, stripe.signature(body)).status_code for _ in range(5)]
    assert answers == [200] * 5
    (event,) = stored_events()
    assert (event.state, event.reference, event.api_version) == (EventState.NEW, reference, "2026-08-26.dahlia")


@pytest.mark.parametrize(
    "signature",
    [
        lambda _stripe, _body: "",
        lambda _stripe, _body: "t=1,v1=abc",
        lambda _stripe, _body: "nonsense",
        lambda _stripe, _body: f"t={int(time.time())}",
        lambda stripe, body: stripe.signature(body, secret="whsec_forged"),
        lambda stripe, body: stripe.signature(body + b" "),
        lambda stripe, body: stripe.signature(body, at=time.time() - 301),
        lambda stripe, body: stripe.signature(body, at=time.time() + 310),
    ],
    ids=["none", "made up", "garbled", "no digest", "forged", "of another body", "old", "from the future"],
)
def test_what_does_not_prove_its_origin_stores_nothing(client, stripe, reference, signature):
    body = stripe.event(reference)
    assert post(client, body, signature(stripe, body)).status_code == 400
    assert stored_events() == []


@pytest.mark.parametrize("seconds", [-290, 290])
def test_clocks_may_differ_a_little_to_either_side(client, stripe, reference, seconds):
    body = stripe.event(reference)
    assert post(client, body, stripe.signature(body, at=time.time() + seconds)).status_code == 200
    assert len(stored_events()) == 1


def test_while_a_secret_is_rotated_both_count(client, stripe, reference):
    body = stripe.event(reference)
    assert post(client, body, stripe.signature(body, secret="whsec_older")).status_code == 200


def test_a_live_message_in_test_mode_stores_nothing(client, stripe, reference):
    body = stripe.event(reference, livemode=True)
    assert post(client, body, stripe.signature(body)).status_code == 400
    assert stored_events() == []


def test_a_kind_we_know_nothing_of_is_fine_and_kept_nowhere(client, stripe, reference):
    body = stripe.event(reference, "customer.created")
    assert post(client, body, stripe.signature(body)).status_code == 200
    assert stored_events() == []


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"null", b"\xff\xfe", b'{"id": 1, "type": "x", "data": []}'])
def test_signed_junk_is_refused_without_a_fault(client, stripe, body):
    assert post(client, body, stripe.signature(body)).status_code == 400
    assert stored_events() == []


def test_a_message_of_another_version_still_makes_us_look(client, stripe, reference):
    body = stripe.event(reference, api_version="2030-01-01.rose")
    assert post(client, body, stripe.signature(body)).status_code == 200
    assert len(stored_events()) == 1


def test_a_message_about_a_checkout_we_do_not_know_yet_is_parked(client, stripe, reference):
    body = stripe.event("cs_test_unknown")
    assert post(client, body, stripe.signature(body)).status_code == 200
    assert [event.state for event in stored_events()] == [EventState.PARKED]


def test_a_message_too_large_is_not_read(client, stripe):
    body = json.dumps({"id": "x" * 300_000}).encode()
    assert post(client, body, stripe.signature(body)).status_code == 413


def test_without_stripe_there_is_no_such_address(client):
    assert client.post("/webhooks/stripe", data=b"{}").status_code == 404
