"""Every page of the portal, as everybody who may see it: one test finds the pages, so that a new one can't hide."""

from __future__ import annotations

import gzip
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

import axe_playwright_python
import pytest
from babel.messages.pofile import read_po
from playwright.sync_api import Browser, ConsoleMessage, Page

from app.accounts import queries as accounts
from app.core.demo import PASSWORD
from tests import factories
from tests.accessibility import RULES
from tests.conftest import SERVER_URL
from tests.journeys.conftest import ROOT, Portal
from tests.journeys.places import BY_MAIL, Guide, Place

pytestmark = pytest.mark.browser

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
COMPLAIN = """async (run) => (await axe.run(document, {runOnly: run, resultTypes: ["violations"]})).violations
  .flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.target} ${node.any?.[0]?.message ?? ""}`))"""
BROKEN = r"""() => [...document.querySelectorAll("td, tbody th")].flatMap((cell) => {
  const text = cell.textContent.trim(), range = document.createRange();
  if (!/^(C?\d{4}-\d{5}|€\s?-?[\d.,]+|\d{1,2}\s[a-z]{3}\s\d{4})$/.test(text)) return [];
  range.selectNodeContents(cell);
  const lines = new Set([...range.getClientRects()].filter((box) => box.width).map((box) => Math.round(box.top / 6)));
  return lines.size > 1 ? [`${text} is broken over lines`] : [];
})"""
WEIGHT, REQUESTS = 100_000, 15
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
ENGLISH = re.compile(
    r"\b(the|and|your|you|with|please|this|that|from|have|has|not|are|is required|field|must|should|submit|invalid)\b",
    re.IGNORECASE,
)
WORDS_IN_ATTRIBUTES = ("alt", "aria-label", "placeholder", "title")


class Reader(HTMLParser):
    """What a page says and what it is made of."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.language = ""
        self.title = ""
        self.headings = 0
        self.texts: list[str] = []
        self.options: list[str] = []
        self.parts: set[str] = set()
        self._open: list[tuple[str, str]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "html":
            self.language = values.get("lang", "")
        self.headings += tag == "h1"
        kind = " ".join(values.get(name, "") for name in ("class", "type", "role"))
        self.parts.add(f"{'/'.join(name for name, _ in self._open[-2:])}/{tag} {kind}")
        if self._speaks(values):
            self.texts += [" ".join(values[name].split()) for name in WORDS_IN_ATTRIBUTES if values.get(name)]
        if tag not in VOID:
            own = values.get("lang") or ("-" if values.get("translate") == "no" else "")
            self._open.append((tag, own or (self._open[-1][1] if self._open else "")))

    def _speaks(self, values: dict[str, str]) -> bool:
        inherited = self._open[-1][1] if self._open else ""
        return (values.get("lang") or inherited) in {self.language, ""}

    def handle_endtag(self, tag: str) -> None:
        while self._open and any(name == tag for name, _ in self._open):
            if self._open.pop()[0] == tag:
                return

    def handle_data(self, data: str) -> None:
        tag, language = self._open[-1] if self._open else ("", "")
        if tag == "title":
            self.title += data
        text = " ".join(data.split())
        if text and tag not in {"script", "style"} and language in {self.language, ""}:
            self.texts.append(text)
            if tag == "option":
                self.options.append(text)


class Staying(HTTPRedirectHandler):
    """Shows a redirect instead of following it."""

    def redirect_request(self, *_request: Any) -> None:
        return None


@dataclass
class Visit:
    """One page as one person gets it."""

    who: str
    place: Place
    status: int
    html: str
    read: Reader = field(init=False)

    def __post_init__(self) -> None:
        self.read = Reader(self.html)

    def __str__(self) -> str:
        return f"{self.who} at {self.place.path}"


class Rounds:
    """Goes round the portal as everybody."""

    def __init__(self, portal: Portal) -> None:
        self.portal, self.guide = portal, Guide(portal)
        self.opener = build_opener(Staying)
        self.cookies = {who: self._cookie(email) for who, email in self.guide.people.items()}
        self.visits = {"nl": list(self._round())}
        self.visits["en"] = [
            Visit(visit.who, visit.place, *self.fetch(visit.who, visit.place.path, "en")) for visit in self.looks()
        ]

    def _cookie(self, email: str) -> str:
        if not email:
            return ""

        def sign_in() -> str:
            client = self.portal.app.test_client()
            account = accounts.by_email(email)
            assert account
            factories.sign_in(client, account)
            found = client.get_cookie("session")
            assert found
            return str(found.value)

        return self.portal.write(sign_in)

    def fetch(self, who: str, path: str, language: str) -> tuple[int, str]:
        """The status and the page; "" for a redirect and for what is no page."""
        cookie = f"lang={language}" + (f"; session={self.cookies[who]}" if self.cookies[who] else "")
        request = Request(f"{self.portal.url}{path}", headers={"Cookie": cookie})
        try:
            answer = self.opener.open(request)
        except HTTPError as error:
            answer = error
        with answer:
            is_page = answer.headers.get_content_type() == "text/html" and not 300 <= answer.status < 400
            return answer.status, answer.read().decode() if is_page else ""

    def _round(self) -> Iterator[Visit]:
        """Everything that answers with a page of its own; of refusals one of each kind."""
        refusals: set[int] = set()
        for who in self.guide.people:
            for place in self.guide.pages_for(who):
                status, html = self.fetch(who, place.path, "nl")
                assert status < 500, (who, place)
                if not html or status in refusals:
                    continue
                refusals |= {status} & {403, 404}
                yield Visit(who, place, status, html)

    def looks(self) -> list[Visit]:
        """The visits of which each shows something that an earlier one of the same page did not."""
        seen: dict[str, set[str]] = defaultdict(set)
        kept = []
        for visit in self.visits["nl"]:
            layout = "bureau" if 'class="shell bureau"' in visit.html else "others"
            known = seen[f"{visit.place.endpoint} {layout} {visit.status}"]
            if not visit.read.parts <= known:
                known |= visit.read.parts
                kept.append(visit)
        return kept


@pytest.fixture(scope="module")
def rounds(demo_portal: Portal) -> Rounds:
    return Rounds(demo_portal)


def nothing(wrong: Iterable[str]) -> None:
    """Fail with everything that is wrong, a line each."""
    found = sorted(set(wrong))
    if found:
        pytest.fail("\n".join([f"{len(found)} things are wrong:", *found]), pytrace=False)


def test_every_page_is_known_and_somebody_sees_it(rounds: Rounds) -> None:
    assert rounds.guide.unknown() == []
    seen = {visit.place for visit in rounds.visits["nl"] if visit.status in {200, 410}}
    waiting_rooms = {"accounts.second_factor", "accounts.mail_sent", "accounts.sudo", "accounts.set_up"}
    unseen = {place for place in rounds.guide.pages() if place not in seen and place.endpoint not in waiting_rooms}
    nothing(f"nobody sees {place.endpoint} at {place.path}" for place in unseen)


@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_page_has_one_heading_its_own_title_and_its_language(rounds: Rounds, language: str) -> None:
    nothing(
        f"{visit}: {visit.read.headings} h1, lang {visit.read.language}"
        for visit in rounds.visits[language]
        if visit.read.headings != 1 or visit.read.language != language
    )


@pytest.mark.parametrize("language", ["nl", "en"])
def test_no_two_pages_have_the_same_title(rounds: Rounds, language: str) -> None:
    called: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for visit in rounds.visits[language]:
        if visit.status == 200 and visit.place.endpoint not in BY_MAIL:
            called[visit.who, visit.read.title.strip()][visit.place.path] = visit.place.endpoint
    nothing(f"{title}: {', '.join(paths.values())}" for (_who, title), paths in called.items() if len(paths) > 1)


@cache
def entries() -> dict[str, str]:
    """The catalog's plain sentences: what stands in English, and how it is in Dutch."""
    with (ROOT / "app/translations/nl/LC_MESSAGES/messages.po").open("rb") as file:
        found = [(entry.id, entry.string) for entry in read_po(file) if isinstance(entry.id, str)]
    return {message: string for message, string in found if message and string and "%(" not in message}


@cache
def catalog() -> dict[str, str]:
    """Those of them that are no Dutch at all."""
    dutch = set(entries().values())
    return {message: string for message, string in entries().items() if message not in dutch}


def test_no_english_leaks_into_dutch_pages(rounds: Rounds) -> None:
    nothing(
        f"{visit.place.endpoint}: {text}"
        for visit in rounds.visits["nl"]
        for text in visit.read.texts
        if text in catalog() or len(ENGLISH.findall(text)) >= 2
    )


def test_what_is_offered_in_lists_is_no_key_of_the_code(rounds: Rounds) -> None:
    """What a select offers begins with a capital, a figure or a sign: `accounts sign in failed` is read from a key."""
    nothing(
        f"{visit.place.endpoint}: {text}"
        for visits in rounds.visits.values()
        for visit in visits
        for text in visit.read.options
        if re.match(r"[a-z]+([ ._][a-z0-9_]+)+$", text)
    )


def test_no_dutch_leaks_into_english_pages(rounds: Rounds) -> None:
    dutch = {string for string in catalog().values() if string not in entries()}
    nothing(
        f"{visit.place.endpoint}: {text}" for visit in rounds.visits["en"] for text in visit.read.texts if text in dutch
    )


@dataclass
class Looker:
    """A browser that looks at one page after another and writes down what is wrong."""

    browser: Browser
    rounds: Rounds
    options: dict[str, Any]
    in_every_light: bool = True
    wrong: list[str] = field(default_factory=list)
    pages: dict[str, Page] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)

    def page_of(self, who: str) -> Page:
        if who not in self.pages:
            context = self.browser.new_context(**self.options)
            context.add_init_script(AXE)
            cookie = self.rounds.cookies[who]
            if cookie:
                context.add_cookies([{"name": "session", "value": cookie, "url": self.rounds.portal.url}])
            self.pages[who] = context.new_page()
        return self.pages[who]

    def look(self, visit: Visit) -> None:
        page = self.page_of(visit.who)
        told: list[str] = []

        def hear(message: ConsoleMessage) -> None:
            if message.type in {"error", "warning"} and "status of 4" not in message.text:
                told.append(message.text)

        page.on("console", hear)
        page.goto(f"{self.rounds.portal.url}{visit.place.path}")
        self.examine(page, f"{visit.place.endpoint} ({visit.who})")
        page.remove_listener("console", hear)
        self.wrong += [f"{visit.place.endpoint} ({visit.who}): {complaint}" for complaint in told]

    def examine(self, page: Page, name: str) -> None:
        """Look at a page as it stands, on a phone, and in every other light and width."""
        page.set_viewport_size({"width": 360, "height": 740})
        told = self._weight(page)
        told += page.evaluate(COMPLAIN, RULES)
        if self.in_every_light:
            page.emulate_media(color_scheme="dark")
            told += [f"dark {complaint}" for complaint in page.evaluate(COMPLAIN, ["color-contrast"])]
            page.set_viewport_size({"width": 1280, "height": 800})
            told += [f"dark {complaint}" for complaint in page.evaluate(COMPLAIN, ["color-contrast"])]
            page.emulate_media(color_scheme="light")
            told += page.evaluate(COMPLAIN, RULES) + page.evaluate(BROKEN)
        page.set_viewport_size({"width": 320, "height": 740})
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > 320:
            told.append(f"scrolls sideways: {width}")
        told += self._keyboard(page)
        self.wrong += [f"{name}: {complaint}" for complaint in told]

    def _keyboard(self, page: Page) -> list[str]:
        """ux 28: the first stop is the skip link, unless the page has put the keyboard somewhere on purpose."""
        if page.evaluate("document.activeElement === document.body"):
            page.keyboard.press("Tab")
            stop = page.evaluate("document.activeElement.className")
        else:
            stop = page.evaluate("document.querySelector('a, button, input, select, textarea').className")
        return [] if stop == "skip-link" else [f"the first stop is {stop!r}"]

    def _weight(self, page: Page) -> list[str]:
        """ux 38: what a first view transfers, compressed."""
        page.wait_for_load_state()
        urls = page.evaluate("performance.getEntriesByType('resource').map((entry) => entry.name.split('#')[0])")
        for url in set(urls) - self.sizes.keys():
            self.sizes[url] = len(gzip.compress(page.request.get(url).body(), 6))
        strangers = [url for url in urls if not url.startswith((self.rounds.portal.url, "data:"))]
        weight = len(gzip.compress(page.content().encode(), 6)) + sum(self.sizes[url] for url in set(urls))
        told = [f"{url} is not ours" for url in strangers]
        if weight > WEIGHT:
            told.append(f"weighs {weight}")
        if len(set(urls)) + 1 > REQUESTS:
            told.append(f"takes {len(set(urls)) + 1} requests")
        return told


def test_every_page_is_well_made(rounds: Rounds, browser: Browser, browser_context_args: dict[str, Any]) -> None:
    """ux 26-30, 35, 38: axe has nothing to say at both widths, light and dark, and the rest holds as well.

    A page looks the same whatever database is behind it: with the embedded one it is seen in every light and width,
    with a server's once, so that what that database alone does wrong is still seen in a browser.
    """
    looker = Looker(browser, rounds, browser_context_args, in_every_light=not SERVER_URL)
    for visit in rounds.looks():
        looker.look(visit)
    for page in looker.pages.values():
        page.context.close()
    nothing(looker.wrong)


def test_what_comes_up_on_the_way_in_is_well_made(
    rounds: Rounds, browser: Browser, browser_context_args: dict[str, Any]
) -> None:
    """ux 30: pages that follow on a button, and forms with their errors."""
    looker = Looker(browser, rounds, browser_context_args)
    page, url = looker.page_of("anybody"), rounds.portal.url
    send = page.locator("main form.form button[type=submit]")
    page.goto(f"{url}/sign-up")
    send.click()
    looker.examine(page, "sign-up, empty")
    page.goto(f"{url}/sign-in")
    send.click()
    looker.examine(page, "sign-in, empty")
    page.locator("main form.form input[name=email]").fill(rounds.guide.people["coordinator"])
    send.click()
    page.locator("button[value=link]").wait_for()
    looker.examine(page, "ways to sign in")
    page.locator("button[value=link]").click()
    page.locator("p.code").wait_for()
    looker.examine(page, "look in your mail")
    page.goto(f"{url}/sign-in")
    page.locator("main form.form input[name=email]").fill(rounds.guide.people["coordinator"])
    send.click()
    for password in ("iets anders", PASSWORD):
        page.locator("main input[name=password]").fill(password)
        page.locator("main form:has(input[name=password]) button[type=submit]").click()
        page.wait_for_load_state()
        looker.examine(page, f"after the password {password}")
    page.locator("main input[name=code]").fill("000 000")
    send.first.click()
    page.locator(".error-summary").wait_for()
    looker.examine(page, "second factor, wrong code")
    applicant = looker.page_of("applicant")
    applicant.goto(f"{url}/application/company")
    for name in ("kvk", "vat_id", "city"):
        applicant.locator(f"[name={name}]").fill("")
    applicant.locator("main form.form button[type=submit]").first.click()
    applicant.locator(".error-summary").wait_for()
    looker.examine(applicant, "company, errors")
    nothing(looker.wrong)
