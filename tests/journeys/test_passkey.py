"""Passkeys in a real browser, with Chromium's virtual authenticator; they work on localhost, not on 127.0.0.1."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests import factories
from tests.journeys.conftest import Portal

pytestmark = pytest.mark.browser


class Device:
    """A device with a fingerprint reader, that touches by itself while it is near."""

    def __init__(self, devtools: Any, id: str) -> None:
        self.devtools, self.id = devtools, id

    def take_away(self) -> None:
        self._touches(enabled=False)

    def bring_back(self) -> None:
        self._touches(enabled=True)

    def _touches(self, *, enabled: bool) -> None:
        settings = {"authenticatorId": self.id, "enabled": enabled}
        self.devtools.send("WebAuthn.setAutomaticPresenceSimulation", settings)


def plug_in_authenticator(page: Page, *, verifies: bool = True) -> Device:
    """Give the browser a device that knows its owner or not."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": verifies,
        "automaticPresenceSimulation": True,
    }
    added = devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return Device(devtools, added["authenticatorId"])


def sign_in_by_password(page: Page, portal: Portal, email: str, *, to: str = "/account") -> None:
    page.goto(f"{portal.url}/sign-in?next={to}")
    page.locator("input[name=email]").fill(email)
    page.locator("form.form button[type=submit]").click()
    page.locator("input[name=password]").fill(factories.PASSWORD)
    page.locator("form:has(input[name=password]) button[type=submit]").click()


def add_passkey(page: Page, portal: Portal, name: str) -> None:
    page.goto(f"{portal.url}/second-factor/set-up")
    page.locator("input[name=name]").fill(name)
    page.locator("[data-passkey=create] button").click()


def test_a_member_adds_a_passkey_and_is_offered_it_in_the_address_field(page: Page, portal: Portal) -> None:
    email = "o'brien@voorbeeld.example"
    portal.write(lambda: factories.make_account(email=email, given_name="Siobhán", family_name="O'Brien"))
    plug_in_authenticator(page)
    sign_in_by_password(page, portal, email)
    add_passkey(page, portal, "mijn telefoon")
    expect(page.locator("#in ~ ul")).to_contain_text("mijn telefoon")
    page.locator("form[action='/sign-out'] button").first.click()
    page.wait_for_url("**/home")  # the address field offers the passkey by itself
    page.goto(f"{portal.url}/account")
    expect(page.locator("#in ~ ul")).to_contain_text("mijn telefoon")
    assert portal.mail(email, "security_notice")


def test_a_colleague_without_factor_makes_a_passkey_before_the_bureau_opens_and_it_counts_as_both(
    page: Page, portal: Portal
) -> None:
    account = portal.write(lambda: factories.make_account(roles=["administrator"], email="beheer@voorbeeld.example"))
    device = plug_in_authenticator(page)
    sign_in_by_password(page, portal, account.email, to="/bureau/accounts")
    page.wait_for_url("**/second-factor/set-up**")
    page.locator("[data-passkey=create] button").click()
    expect(page.locator(".codes li")).to_have_count(10)
    page.goto(f"{portal.url}/bureau/accounts")
    expect(page.locator("main")).to_contain_text("beheer@voorbeeld.example")
    device.take_away()
    page.locator("form[action='/sign-out'] button").first.click()
    page.wait_for_url("**/sign-in")
    page.goto(f"{portal.url}/sign-in?next=/bureau/accounts")
    page.locator("input[name=email]").fill(account.email)
    page.locator("form.form button[type=submit]").click()
    device.bring_back()
    page.locator("[data-passkey=get] button").click()
    page.wait_for_url("**/bureau/accounts")
    expect(page.locator("main")).to_contain_text("beheer@voorbeeld.example")


def test_a_device_that_does_not_know_its_owner_is_refused(page: Page, portal: Portal) -> None:
    account = portal.write(factories.make_account)
    plug_in_authenticator(page, verifies=False)
    sign_in_by_password(page, portal, account.email)
    page.goto(f"{portal.url}/second-factor/set-up")
    page.locator("[data-passkey=create] button").click()
    expect(page.locator("[data-message]")).to_be_visible()


def test_the_link_from_the_mail_signs_in_where_it_was_asked(page: Page, portal: Portal) -> None:
    account = portal.write(lambda: factories.make_account(password=None))
    page.goto(f"{portal.url}/sign-in?next=/account")
    page.locator("input[name=email]").fill(account.email)
    page.locator("form.form button[type=submit]").click()
    page.locator("button[value=link]").click()
    expect(page.locator("p.code")).to_be_visible()
    page.goto(portal.link(portal.mail(account.email, "sign_in_link")))
    page.locator("main form.form button[type=submit]").click()
    page.wait_for_url("**/account")


def test_elsewhere_the_link_asks_for_the_code_that_the_first_browser_shows(
    page: Page, portal: Portal, browser: Any, browser_context_args: Any
) -> None:
    account = portal.write(lambda: factories.make_account(password=None))
    page.goto(f"{portal.url}/sign-in?next=/account")
    page.locator("input[name=email]").fill(account.email)
    page.locator("form.form button[type=submit]").click()
    page.locator("button[value=link]").click()
    code = page.locator("p.code").inner_text()
    phone = browser.new_context(**browser_context_args).new_page()
    phone.goto(portal.link(portal.mail(account.email, "sign_in_link")))
    phone.locator("input[name=code]").fill(code)
    phone.locator("main form.form button[type=submit]").click()
    phone.wait_for_url("**/account")
    phone.context.close()
