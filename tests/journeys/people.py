"""What people do in the browser, a call a time. Fields go by the name they are sent with, buttons by what they say."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import struct
import time
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from playwright.sync_api import Browser, Locator, Page, expect
from reportlab.pdfgen.canvas import Canvas

from app.mail.models import OutboxMail
from tests import factories
from tests.journeys.conftest import PATIENCE, Portal

MOTIVATION = (
    "Ik leid al jaren organisaties door moeilijke tijden en mis een plek waar iemand mij vraagt waarom ik iets doe."
    " Ik breng ervaring met toezicht mee."
)
STEP_SECONDS = 30


def a_pdf(text: str) -> bytes:
    """A real PDF of one page."""
    kept = BytesIO()
    canvas = Canvas(kept)
    canvas.drawString(72, 720, text)
    canvas.save()
    return kept.getvalue()


def code_of(secret: str, *, steps_ahead: int = 0) -> str:
    """The six digits an authenticator app shows (RFC 6238); no code is good twice, so the next one is asked for too."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    counter = int(time.time()) // STEP_SECONDS + steps_ahead
    digest = hmac.new(key, struct.pack(">Q", counter), hashlib.sha1).digest()
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at : at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


@dataclass
class Visitor:
    """Somebody with a browser of their own, which can be closed and opened again elsewhere."""

    portal: Portal
    browser: Browser
    options: Mapping[str, Any]
    email: str

    def __post_init__(self) -> None:
        self.page: Page
        self.open_browser()

    @property
    def has_script(self) -> bool:
        return bool(self.options.get("java_script_enabled", True))

    def open_browser(self) -> None:
        """Begin with an empty browser, as on another device."""
        self.page = self.browser.new_context(**self.options).new_page()
        self.page.set_default_timeout(PATIENCE * 1000)

    def close_browser(self) -> None:
        self.page.context.close()

    def goes_to(self, path: str) -> None:
        self.page.goto(path if path.startswith("http") else f"{self.portal.url}{path}")

    def says(self, message: str, **values: Any) -> str:
        return self.portal.says(message, **values)

    def sees(self, message: str, **values: Any) -> None:
        """The heading of the page."""
        expect(self.page.get_by_role("heading", level=1, name=self.says(message, **values), exact=True)).to_be_visible()

    def reads(self, text: str | re.Pattern[str]) -> None:
        expect(self.page.locator("main")).to_contain_text(text)

    def button(self, message: str, **values: Any) -> Locator:
        return self.page.locator("main").get_by_role("button", name=self.says(message, **values)).first

    def link(self, message: str, **values: Any) -> Locator:
        return self.page.locator("main").get_by_role("link", name=self.says(message, **values)).first

    def presses(self, message: str, **values: Any) -> None:
        self.button(message, **values).click()

    def presses_twice(self, message: str, **values: Any) -> None:
        """Double-click, as people do (ux 23)."""
        self.button(message, **values).dblclick()

    def follows(self, message: str, **values: Any) -> None:
        self.link(message, **values).click()

    def fills_in(self, **fields: str) -> None:
        for name, value in fields.items():
            self.page.locator(f"main form.form [name='{name.replace('__', '-')}']").fill(value)

    def ticks(self, name: str, *positions: int) -> None:
        """Choose the options at these places, as with a mouse: on their words."""
        for position in positions:
            self.page.locator(f"main label[for='{name}-{position}']").click()

    def rates(self, levels: Mapping[int, int]) -> None:
        """Give the competences at these places a level; the others stay at none."""
        scales = self.page.locator("main .scale")
        for position, level in levels.items():
            scales.nth(position).locator(".notch").nth(level).click()

    def hands_over(self, name: str, filename: str, content: bytes) -> None:
        file: Any = {"name": filename, "mimeType": "application/pdf", "buffer": content}
        self.page.locator(f"[name='{name}']").set_input_files(file)

    def is_told(self, field: str, message: str, **values: Any) -> None:
        """An error stands in the summary, leading to the field, and by the field (ux 9)."""
        text = self.says(message, **values)
        expect(self.page.locator(f".error-summary a[href='#{field}']")).to_have_text(text)
        expect(self.page.locator(f"[id='{field}-error']")).to_contain_text(text)
        expect(self.page.locator(f"[id='{field}']")).to_have_attribute("aria-invalid", "true")
        assert self.page.title().startswith(self.says("Error:"))

    def mail(self, template: str) -> OutboxMail:
        return self.portal.mail(self.email, template)

    def attachment(self, mail: OutboxMail, number: int = 0) -> bytes:
        """An attachment, as the page for reading mail in development gives it."""
        answer = self.page.request.get(f"{self.portal.url}/dev/mail/{mail.id}/attachment/{number}")
        assert answer.ok
        return answer.body()

    def signs_in(self, *, to: str, password: str = factories.PASSWORD) -> None:
        self.goes_to(f"/sign-in?next={to}")
        self.fills_in(email=self.email)
        self.presses("Continue")
        self.page.locator("main input[name=password]").fill(password)
        self.page.locator("main form:has(input[name=password]) button[type=submit]").click()

    def signs_out(self) -> None:
        menu = self.page.get_by_role("button", name=self.says("Menu"))
        if menu.is_visible():
            menu.click()
        self.page.get_by_role("button", name=self.says("Sign out")).click()
        expect(self.page).to_have_url(re.compile(r"/sign-in$"))


class Colleague(Visitor):
    """Somebody of the bureau, with an authenticator app."""

    secret = ""

    def begins(self, *, to: str) -> None:
        """Sign in for the first time: the bureau stays closed until there is a second factor (ASVS 6.3.3)."""
        self.signs_in(to=to)
        expect(self.page).to_have_url(re.compile("/second-factor/set-up"))
        self.page.locator("main a[href^='/second-factor/app']").click()
        self.page.locator("main details summary").click()
        self.secret = self.page.locator("p.code").inner_text().replace(" ", "").replace("-", "")
        self.fills_in(code=code_of(self.secret))
        self.presses("Confirm")
        expect(self.page.locator(".codes li")).to_have_count(10)

    def returns(self, *, to: str) -> None:
        """Sign in by password and the app's next code."""
        self.signs_in(to=to)
        self.fills_in(code=code_of(self.secret, steps_ahead=1))
        self.presses("Continue")
        expect(self.page).to_have_url(f"{self.portal.url}{to}")
