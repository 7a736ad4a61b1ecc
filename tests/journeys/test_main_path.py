"""The whole path in a real browser: one person applies, is admitted, pays, books a seat, and the bureau sees it all."""

from __future__ import annotations

import re
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar
from playwright.sync_api import Browser, expect
from sqlalchemy import func, select, update

from app.accounts.models import Account, AccountToken
from app.agenda.models import Booking, Gathering, GatheringKind, GatheringState, Speaker
from app.core import clock
from app.core.db import db
from app.membership.models import Application, MembershipPeriod
from app.payments.models import Attempt, Bill, LedgerEntry, NumberCounter
from tests import factories
from tests.journeys.applying import applies
from tests.journeys.conftest import Portal, until
from tests.journeys.people import MOTIVATION, Colleague, Visitor

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True}
DESK_WITHOUT_SCRIPT = {"viewport": {"width": 1280, "height": 800}, "java_script_enabled": False}
AMOUNT = "€\xa0598,95"
PDFTOTEXT = shutil.which("pdftotext")


@pytest.fixture
def meets(furnished_portal: Portal, browser: Browser, browser_context_args: dict[str, Any]) -> Any:
    def meet(kind: type[Visitor], email: str, **options: Any) -> Visitor:
        visitor = kind(furnished_portal, browser, {**browser_context_args, **options}, email)
        met.append(visitor)
        return visitor

    met: list[Visitor] = []
    yield meet
    for visitor in met:
        visitor.close_browser()


def a_gathering(title: str) -> Gathering:
    starts_at = clock.now().replace(hour=18, minute=30, second=0, microsecond=0) + timedelta(days=20)
    gathering = Gathering(
        state=GatheringState.PUBLISHED,
        kind=GatheringKind.KNOWLEDGE_SESSION,
        title=title,
        summary="Over invloed die blijft als u weg bent.",
        programme="### Wat er gebeurt\n\n- Drie soorten draagvlak\n- Oefenen",
        venue="De Kapittelzaal",
        address="Achter de Dom 14",
        city="Utrecht",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=2),
        capacity=12,
        members_from=clock.now() - timedelta(days=7),
        cancel_until=starts_at - timedelta(days=2),
    )
    gathering.speakers = [Speaker(position=0, name="Mirjam Boogaard", headline="Interim-directeur")]
    db.session.add(gathering)
    db.session.flush()
    return gathering


def admits(colleague: Colleague, name: str) -> None:
    colleague.goes_to("/bureau/applications")
    colleague.page.locator("main").get_by_role("link", name=name).first.click()
    colleague.reads(MOTIVATION[:60])
    colleague.presses_twice("Take into review")
    colleague.follows("Admit…")
    colleague.fills_in(reason="Sterk gesprek, goede referenties.")
    colleague.presses_twice("Admit %(name)s", name=name)
    colleague.reads(colleague.says("to be paid by %(day)s", day="").strip())


def is_active(person: Visitor) -> bool:
    activated = (
        select(MembershipPeriod.activated_at)
        .join(Bill, Bill.id == MembershipPeriod.paid_bill_id)
        .join(Account, Account.id == Bill.person_id)
        .where(Account.email == person.email)
    )
    return person.portal.read(lambda: db.session.scalar(activated)) is not None


def pays_by_ideal(person: Visitor) -> None:
    person.goes_to(person.portal.link(person.mail("application_accepted")))
    if "/sign-in" in person.page.url:
        person.signs_in(to="/application")
    if "/pay/" not in person.page.url:
        person.follows("Pay %(amount)s", amount=AMOUNT)
    person.reads(AMOUNT)
    person.presses_twice("Pay %(amount)s", amount=AMOUNT)
    expect(person.page).to_have_url(re.compile("/testpay/"))
    person.presses_twice("Pay %(amount)s", amount=AMOUNT)
    expect(person.page).to_have_url(re.compile("/return$"))
    until(lambda: is_active(person), "the membership to begin")
    if not person.has_script:
        person.page.reload()
    person.sees("Your payment is in")


def holds_the_invoice(person: Visitor, folder: Path) -> str:
    """The invoice stands on the membership page and came by mail: number, amount, the same file."""
    assert person.mail("welcome").subject
    by_mail = person.attachment(person.mail("payment_received"))
    person.goes_to("/membership/mine")
    number = person.portal.read(
        lambda: db.session.scalar(
            select(Bill.number).join(Account, Account.id == Bill.person_id).where(Account.email == person.email)
        )
    )
    assert number
    person.reads(number)
    with person.page.expect_download() as download:
        person.page.locator("main a[href$='.pdf']").first.click()
    kept = folder / "invoice.pdf"
    download.value.save_as(kept)
    assert kept.read_bytes() == by_mail
    if PDFTOTEXT:
        text = subprocess.run([PDFTOTEXT, "-layout", kept, "-"], capture_output=True, check=True).stdout.decode()
        assert number in text
        assert AMOUNT in text or AMOUNT.replace("\xa0", " ") in text
    return number


def books_a_seat(person: Visitor, gathering: Gathering) -> None:
    person.goes_to("/agenda")
    row = person.page.locator(f"#g-{gathering.id}")
    row.get_by_role("button", name=person.says("Book my seat")).dblclick()
    expect(row).to_contain_text(person.says("You have a seat"))
    mail = person.mail("seat_booked")
    assert len(mail.attachments) == 1
    calendar = Calendar.from_ical(person.attachment(mail).decode())
    (meeting,) = calendar.walk("VEVENT")
    assert calendar["METHOD"] == "REQUEST"
    assert str(meeting["SUMMARY"]) == gathering.title
    assert meeting["DTSTART"].dt == gathering.starts_at
    assert meeting["DTSTART"].params["TZID"] == "Europe/Amsterdam"


def count(portal: Portal, statement: Any) -> int:
    return portal.read(lambda: db.session.scalar(select(func.count()).select_from(statement.subquery()))) or 0


def everything_happened_once(person: Visitor) -> None:
    """ux 23: however often was clicked."""
    portal = person.portal
    own = select(Account.id).where(Account.email == person.email)
    bills = select(Bill.id).where(Bill.person_id.in_(own))
    assert count(portal, own) == 1
    assert count(portal, select(Application.id).where(Application.account_id.in_(own))) == 1
    assert count(portal, bills) == 1
    assert count(portal, select(LedgerEntry.id).where(LedgerEntry.bill_id.in_(bills))) == 1
    assert count(portal, select(Attempt.id).where(Attempt.bill_id.in_(bills))) <= 1
    assert count(portal, select(Booking.id).where(Booking.account_id.in_(own))) == 1
    told_once = {"application_received", "application_accepted", "welcome", "payment_received", "seat_booked"}
    told = [mail.template.rpartition("/")[2] for mail in portal.mails(person.email)]
    assert sorted(template for template in told if template in told_once) == sorted(told_once)


def bureau_sees_it_all(colleague: Colleague, person: Visitor, *, name: str, number: str, title: str) -> None:
    colleague.goes_to("/bureau/applications?show=all")
    colleague.reads(name)
    colleague.goes_to("/bureau/payments")
    colleague.page.locator("main").get_by_role("link", name=number).click()
    colleague.reads(AMOUNT)
    colleague.goes_to("/bureau/agenda")
    colleague.page.locator("main").get_by_role("link", name=title).first.click()
    colleague.reads(name)
    facts = (
        "application.submitted",
        "application.in_review",
        "application.accepted",
        "application.active",
        "membership.activated",
        "payments.bill.paid",
        "booking.made",
    )
    for action in facts:
        colleague.goes_to(f"/bureau/audit?action={action}")
        expect(colleague.page.locator("main tbody tr, main .rows li").first).to_be_visible()
    assert person.portal.verified()


@pytest.mark.parametrize(
    ("browser_kind", "family_name"),
    [(PHONE, "Hoekstra"), (DESK_WITHOUT_SCRIPT, "Zonderland")],
    ids=["phone", "desk without script"],
)
def test_a_visitor_becomes_a_member_and_takes_a_seat(
    meets: Any, furnished_portal: Portal, browser_kind: Any, family_name: str, tmp_path: Path
) -> None:
    portal, name = furnished_portal, f"Ruben {family_name}"
    gathering = portal.write(lambda: a_gathering(f"Veranderen zonder macht, voor {family_name}"))
    staff = portal.write(lambda: factories.make_account(roles=["coordinator"]))
    person = meets(Visitor, f"ruben.{family_name.lower()}@voorbeeld.example", **browser_kind)
    coordinator = meets(Colleague, staff.email)
    applies(person, family_name)
    coordinator.begins(to="/bureau")
    coordinator.goes_to("/bureau")
    coordinator.signs_out()
    coordinator.returns(to="/bureau")
    admits(coordinator, name)
    pays_by_ideal(person)
    number = holds_the_invoice(person, tmp_path)
    books_a_seat(person, gathering)
    everything_happened_once(person)
    bureau_sees_it_all(coordinator, person, name=name, number=number, title=gathering.title)


def test_somebody_transfers_the_money_and_the_treasurer_books_it(meets: Any, furnished_portal: Portal) -> None:
    portal = furnished_portal
    coordinator = meets(Colleague, portal.write(lambda: factories.make_account(roles=["coordinator"])).email)
    treasurer = meets(Colleague, portal.write(lambda: factories.make_account(roles=["treasurer"])).email)
    person = meets(Visitor, "ruben.prins@voorbeeld.example")
    applies(person, "Prins")
    coordinator.begins(to="/bureau")
    admits(coordinator, "Ruben Prins")
    person.goes_to("/application")
    person.follows("Pay %(amount)s", amount=AMOUNT)
    person.page.locator("main input[name=method][value=transfer]").check()
    person.presses_twice("Pay %(amount)s", amount=AMOUNT)
    person.sees("Transfer %(amount)s", amount=AMOUNT)
    assert person.attachment(person.mail("transfer_instructions"))[:4] == b"%PDF"
    assert not is_active(person)
    treasurer.begins(to="/bureau/payments")
    treasurer.goes_to("/bureau/payments?q=Hoekstra+Interim&sort=-created_at")
    treasurer.page.locator("main tbody a").first.click()
    treasurer.fills_in(received_on=clock.today().strftime("%-d-%-m-%Y"), reference="2027-014/3")
    treasurer.presses("Check this transfer")
    treasurer.sees("Is this right?")
    treasurer.presses_twice("Book %(amount)s and let the membership begin", amount=AMOUNT)
    treasurer.reads(treasurer.says("Bank transfer"))
    until(lambda: is_active(person), "the membership to begin")
    assert person.mail("welcome")
    own = select(Bill.id).join(Account, Account.id == Bill.person_id).where(Account.email == person.email)
    assert count(portal, select(LedgerEntry.id).where(LedgerEntry.bill_id.in_(own))) == 1
    taken = portal.read(lambda: db.session.scalar(select(NumberCounter.n)))
    assert taken == count(portal, select(Bill.id).where(Bill.number.is_not(None)))
    assert portal.verified()


def grows_old(portal: Portal, email: str) -> None:
    past = clock.now() - timedelta(minutes=1)
    portal.write(
        lambda: db.session.execute(update(AccountToken).where(AccountToken.email == email).values(expires_at=past))
    )


def test_a_confirmation_link_that_is_too_old_explains_and_gives_a_new_one_with_one_click(
    meets: Any, furnished_portal: Portal
) -> None:
    person = meets(Visitor, "te.laat@voorbeeld.example")
    person.goes_to("/sign-up?next=/application")
    person.fills_in(given_name="Loes", family_name="Later", email=person.email, password=factories.PASSWORD)
    person.presses("Create my account")
    old = person.portal.link(person.mail("sign_up_link"))
    grows_old(furnished_portal, person.email)
    person.goes_to(old)
    person.sees("This link is too old")
    person.presses("Mail me a new link")
    person.sees("Look in your mail")
    until(lambda: person.portal.link(person.mail("sign_up_link")) != old, "a new link")
    person.goes_to(person.portal.link(person.mail("sign_up_link")))
    person.presses("Confirm and continue")
    person.sees("Your application")


def test_a_sign_in_link_that_is_used_or_too_old_explains_and_gives_a_new_one_with_one_click(
    meets: Any, furnished_portal: Portal
) -> None:
    account = furnished_portal.write(factories.make_account)
    person = meets(Visitor, account.email)
    person.goes_to("/sign-in")
    person.fills_in(email=person.email)
    person.presses("Continue")
    person.presses("Mail me a link")
    first = person.portal.link(person.mail("sign_in_link"))
    grows_old(furnished_portal, person.email)
    person.goes_to(first)
    person.sees("This link is too old")
    person.presses("Mail me a new link")
    until(lambda: person.portal.link(person.mail("sign_in_link")) != first, "a new link")
    second = person.portal.link(person.mail("sign_in_link"))
    person.goes_to(second)
    person.presses("Sign in")
    expect(person.page).to_have_url(re.compile("/home$"))
    person.close_browser()
    person.open_browser()
    person.goes_to(second)
    person.sees("This link has been used")
    person.presses("Mail me a new link")
    person.sees("Look in your mail")
