"""Applying, page by page: from the self-test to the confirmation, with a mistake, a break and another device on the way."""

from __future__ import annotations

from playwright.sync_api import expect
from sqlalchemy import func, select

from app.accounts.models import AccountToken
from app.core.db import db
from app.mail.models import OutboxMail
from tests import factories
from tests.journeys.conftest import until
from tests.journeys.people import MOTIVATION, Visitor, a_pdf


def takes_the_self_test(person: Visitor) -> None:
    person.goes_to("/")
    person.goes_to("/self-test")
    person.sees("Does interim management suit you?")
    person.presses("Show my advice")
    expect(person.page.locator(".error-summary")).to_be_visible()
    for question in range(1, 6):
        person.ticks(f"q{question}", 0)
    person.presses("Show my advice")
    person.sees("Interim management suits you")


def makes_an_account(person: Visitor, family_name: str) -> None:
    person.follows("Ask for admission")
    person.sees("Ask for admission")
    person.follows("Make an account and begin")
    person.fills_in(given_name="Ruben", family_name=family_name, email="ruben@", password="kort")
    person.presses("Create my account")
    label = person.says("E-mail address")
    person.is_told("email", "Fill in an e-mail address at “%(label)s”, like name@example.nl.", label=label)
    expect(person.page.locator("[name=family_name]")).to_have_value(family_name)
    person.fills_in(email=f" {person.email} ", password=factories.PASSWORD)
    person.presses_twice("Create my account")
    person.sees("Look in your mail")
    person.goes_to(person.portal.link(newest_link(person)))
    person.sees("Confirm your e-mail address")
    person.presses_twice("Confirm and continue")
    person.sees("Your application")


def newest_link(person: Visitor) -> OutboxMail:
    """The mail that answers the last request: without script a double click asks twice, and only the newest link works."""

    def answered() -> bool:
        waiting = select(func.count()).where(AccountToken.email == person.email, AccountToken.secret_hash.is_(None))
        return not person.portal.read(lambda: db.session.scalar(waiting))

    until(answered, "every request for a mail to be answered")
    return person.mail("sign_up_link")


def begins_the_application(person: Visitor) -> None:
    person.presses_twice("Begin my application")
    person.sees("Who are you?")
    person.fills_in(phone="06 12 34 56 78", place="Haarlem")
    person.ticks("languages", 0, 1)
    person.ticks("regions", 6, 7)
    person.presses_twice("Save and go on")
    expect(person.page.locator("[name=company_name]")).to_be_visible()
    person.fills_in(company_name="Hoekstra Interim B.V.", kvk="123", vat_id="nl 0000.99998.B57", address="Kade 12")
    person.presses("Save and go on")
    person.is_told("kvk", "Fill in the eight digits of “%(label)s”, like 12345678.", label=person.says("KvK number"))
    person.is_told("city", "Fill in “%(label)s”.", label=person.says("Town"))
    expect(person.page.locator("[name=kvk]")).to_have_value("123")
    expect(person.page.locator("[name=company_name]")).to_have_value("Hoekstra Interim B.V.")


def resumes_elsewhere(person: Visitor) -> None:
    """The browser was closed on a half-filled page; on another device everything typed is still there."""
    person.close_browser()
    person.open_browser()
    person.signs_in(to="/application")
    person.sees("Your application")
    person.follows("Go on with: %(page)s", page=person.says("Your company"))
    expect(person.page.locator("[name=kvk]")).to_have_value("123")
    expect(person.page.locator("[name=address]")).to_have_value("Kade 12")
    person.fills_in(kvk="1234 5678", postcode="2011ab", city="Haarlem")
    person.presses("Save and go on")


def fills_in_the_rest(person: Visitor) -> None:
    person.sees("Your experience")
    person.fills_in(years="18")
    person.ticks("categories", 0, 3)
    person.ticks("disciplines", 0, 1)
    person.ticks("sectors", 2, 3)
    person.presses("Save and go on")
    for heading in ("What do you know how to do?", "How do you work with people?"):
        person.sees(heading)
        person.rates({0: 4, 1: 3, 2: 2, 3: 1})
        person.presses("Save and go on")
    person.sees("Who knows your work?")
    for number, name in enumerate(("Petra de Wit", "Omar Bakkali")):
        answers = {"name": name, "organisation": "Bestuurder", "phone": "020 5551234"}
        answers["email"] = f"referent{number}@referent.example"
        person.fills_in(**{f"references__{number}__{field}": text for field, text in answers.items()})
    person.page.locator("main .actions button").first.click()
    person.sees("Why the circle?")
    person.fills_in(motivation=MOTIVATION)
    person.hands_over("cv", "cv.pdf", b"Dit is gewone tekst, geen pdf.")
    person.presses("Save and go on")
    label = {"label": person.says("Your CV"), "kinds": "PDF"}
    person.is_told(
        "cv", "The file at “%(label)s” is not what we can read. Choose a file of this kind: %(kinds)s.", **label
    )
    expect(person.page.locator("[name=motivation]")).to_have_value(MOTIVATION)
    person.hands_over("cv", "cv.pdf", a_pdf("Ruben Hoekstra, interim-manager"))
    person.presses("Save and go on")


def sends_it_in(person: Visitor) -> None:
    person.sees("Check your application")
    person.reads("Hoekstra Interim B.V.")
    person.reads("cv.pdf")
    boxes = person.page.locator("main .consent input[type=checkbox]")
    for box in boxes.all():
        box.check()
    person.presses_twice("Send in my application")
    person.sees("We have received your application")
    assert person.mail("application_received").locale == "nl"


def applies(person: Visitor, family_name: str) -> None:
    takes_the_self_test(person)
    makes_an_account(person, family_name)
    begins_the_application(person)
    resumes_elsewhere(person)
    fills_in_the_rest(person)
    sends_it_in(person)
