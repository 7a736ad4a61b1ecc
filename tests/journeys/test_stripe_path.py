"""Paying on Stripe's own path in a real browser: the portal's Stripe code, the double's pages, nothing told but by messages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from playwright.sync_api import Browser, Locator, expect

from app.accounts import queries as accounts
from app.core import clock
from app.core.db import forget_reads
from app.payments import queries
from app.payments import services as payments
from app.payments.services import Buyer, LineDraft
from tests import factories, stripe_double
from tests.journeys.conftest import Portal, serving, until
from tests.journeys.people import Visitor
from tests.stripe_double.server import telling

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True}
AMOUNT = "€\xa0598,95"
BUYER = Buyer(
    name="Hoekstra Interim B.V.",
    lines=["Kade 12"],
    postcode="2011 AB",
    city="Haarlem",
    kvk="90004567",
    vat_id="NL001234567B29",
    email="ruben@hoekstra.example",
)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Portal, stripe_double.StripeDouble]]:
    """A portal that takes payments through Stripe, and the double that tells it what happens."""
    folder: Path = tmp_path_factory.mktemp("stripe")
    with stripe_double.running() as double, telling(double):
        keys = {
            "STRIPE_SECRET_KEY": stripe_double.KEY,
            "STRIPE_WEBHOOK_SECRET": stripe_double.SECRET,
            "STRIPE_API_BASE": double.url,
        }
        with serving(folder, "stripe", **keys) as portal:
            double.webhook_url = f"{portal.url}/webhooks/stripe"
            yield portal, double


@pytest.fixture
def person(shop: Any, browser: Browser, browser_context_args: dict[str, Any]) -> Iterator[Visitor]:
    portal, _double = shop
    account = portal.write(lambda: factories.make_account(given_name="Ruben", family_name="Hoekstra"))
    visitor = Visitor(portal, browser, {**browser_context_args, **PHONE}, account.email)
    yield visitor
    visitor.close_browser()


def billed(person: Visitor) -> UUID:
    """Somebody gets a bill."""

    def draw_up() -> UUID:
        account = accounts.by_email(person.email)
        assert account
        lines = [LineDraft("Lidmaatschap Inner Circle, één jaar", 1, 495_00, "high")]
        due_on = clock.today() + timedelta(days=14)
        subject = ("trial", uuid4())
        return payments.draw_up_bill(
            person_id=account.id, subject=subject, lines=lines, buyer=BUYER, due_on=due_on, by=None
        ).id

    return person.portal.write(draw_up)


def button(person: Visitor, name: str | re.Pattern[str]) -> Locator:
    """A button of Stripe's page."""
    return person.page.get_by_role("button", name=name)


def comes_to_the_payment_page(person: Visitor, bill: UUID, method: str = "ideal") -> None:
    person.goes_to(f"/pay/{bill}")
    if "/sign-in" in person.page.url:
        person.signs_in(to=f"/pay/{bill}")
    person.page.locator(f"main label:has(input[value='{method}']), main input[value='{method}'] + label").first.click()
    person.presses_twice("Pay %(amount)s", amount=AMOUNT)
    expect(person.page).to_have_url(re.compile("/c/pay/cs_test_"))


def stands(person: Visitor, bill: UUID) -> str:
    def state() -> str:
        forget_reads()
        return queries.any_bill(bill).state.value

    return person.portal.read(state)


def test_paying_by_ideal_after_a_refusal_and_a_change_of_mind(person: Visitor) -> None:
    bill = billed(person)
    comes_to_the_payment_page(person, bill)
    page = person.page.url
    button(person, "Let the bank say no").click()
    expect(person.page.get_by_role("alert")).to_be_visible()
    person.page.get_by_role("link", name="Go back without paying").click()
    person.sees("You have not paid yet")
    comes_to_the_payment_page(person, bill)
    assert person.page.url == page, "an open page is gone on with"
    button(person, re.compile("^Pay")).dblclick()
    expect(person.page).to_have_url(re.compile("/return$"))
    until(lambda: stands(person, bill) == "paid", "the payment to be known")
    person.sees("Your payment is in")
    assert person.mail("payment_received").attachments


def test_an_expired_page_is_told_and_a_new_one_takes_the_money(person: Visitor) -> None:
    bill = billed(person)
    comes_to_the_payment_page(person, bill)
    first = person.page.url
    button(person, "Let this page expire").click()
    person.goes_to(f"/pay/{bill}/return")
    person.sees("Your payment page has expired")
    comes_to_the_payment_page(person, bill)
    assert person.page.url != first
    button(person, re.compile("^Pay")).click()
    until(lambda: stands(person, bill) == "paid", "the payment to be known")


def test_a_debit_is_being_processed_and_then_settled(person: Visitor, shop: Any) -> None:
    _portal, double = shop
    bill = billed(person)
    comes_to_the_payment_page(person, bill, "sepa_debit")
    person.page.get_by_label("SEPA Direct Debit").check()
    button(person, re.compile("^Pay")).click()
    expect(person.page).to_have_url(re.compile("/return$"))
    person.sees("Your payment is being processed")
    assert stands(person, bill) == "draft"
    person.page.goto(f"{double.url}/dashboard")
    button(person, "Collect the debit").first.click()
    until(lambda: stands(person, bill) == "paid", "the debit to be known")
    person.goes_to(f"/pay/{bill}/return")
    person.sees("Your payment is in")


def test_a_refund_in_the_dashboard_reaches_the_books(person: Visitor, shop: Any) -> None:
    _portal, double = shop
    bill = billed(person)
    comes_to_the_payment_page(person, bill)
    button(person, re.compile("^Pay")).click()
    until(lambda: stands(person, bill) == "paid", "the payment to be known")
    person.page.goto(f"{double.url}/dashboard")
    button(person, "Refund").first.click()
    until(lambda: stands(person, bill) == "credited", "the refund to be known")
