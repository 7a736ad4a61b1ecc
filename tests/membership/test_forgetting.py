"""L4: an applicant or former member is forgotten for good; invoices and the log keep what they have to."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import ColumnElement, Table, Text, cast, select

from app.accounts import queries as accounts
from app.accounts.models import Account
from app.accounts.services import erasing
from app.core import clock, files
from app.core.db import Base, atomic, db, forget_reads
from app.core.search import SearchWord
from app.membership import queries, services
from app.membership.models import ApplicationCv, ApplicationState
from app.payments import services as payments
from app.payments.models import Bill, BillState, Method, TaskKind
from app.payments.providers import testpay
from app.payments.queries import SCOPE as BILLS
from app.payments.queries import bill_for, open_tasks

from .conftest import applied, fill_in, period_of, ticks
from .renewing import LAST_DAY, ONE_DAY

NAMED = ("hoekstra", "ruben@", "kade 12", "petra de wit", "+31612345678", "mis een plek waar")
WORDS = SearchWord.__table__
KEPT = {"audit_entry"}
"""Where names stay: the log can only be added to."""
WITH_INVOICES = {"bill", "document"}
"""What tax law asks for, seven years."""


def anonymise(person: Account) -> None:
    db.session.commit()
    with atomic():
        erasing.anonymise(db.session.get_one(Account, person.id), by=None)
    forget_reads()


def tables_that_name() -> set[str]:
    """The tables in which somebody can still be found by name, address or mail; a bill's search words are the bill's."""
    found = {table.name for table in Base.metadata.sorted_tables if table is not WORDS and names(table)}
    found |= {"search_word"} if names(WORDS, WORDS.c.scope != BILLS) else set()
    return found | ({"bill"} if names(WORDS, WORDS.c.scope == BILLS) else set())


def names(table: Table, *conditions: ColumnElement[bool]) -> bool:
    """Whether a table names somebody, or those rows of it do."""
    columns = [select(cast(column, Text)).where(column.is_not(None), *conditions) for column in table.columns]
    return any(word in str(text).lower() for column in columns for text in db.session.scalars(column) for word in NAMED)


def bill_of(application) -> Bill:
    found = bill_for("membership_period", period_of(application).id)
    assert found is not None
    return found


def test_l4_an_applicant_is_forgotten_with_answers_referees_and_cv(as_applicant, applicant, coordinator, lists):
    fill_in(as_applicant)
    as_applicant.post("/application/check", data=ticks())
    application = queries.current_application(applicant.id)
    stored = db.session.get_one(ApplicationCv, application.id).stored_name
    assert "application_reference" in tables_that_name()
    anonymise(applicant)
    assert tables_that_name() <= KEPT
    assert queries.application(application.id).state is ApplicationState.WITHDRAWN
    assert not files.path(stored).exists()
    assert as_applicant.get("/home").status_code == 303
    assert accounts.by_email("ruben@voorbeeld.example") is None


def test_l4_whoever_was_admitted_and_is_forgotten_before_paying_owes_nothing_and_late_money_is_told(
    applicant, coordinator, as_coordinator
):
    application = applied(applicant, ApplicationState.ACCEPTED, by=coordinator)
    db.session.commit()
    bill = bill_of(application)
    bill_id = bill.id
    url = payments.pay(bill_id, method=Method.IDEAL, by=None, email="", locale="nl", back=("/", "/"))
    reference = url.rpartition("/")[2]
    anonymise(applicant)
    with atomic():
        testpay.play(reference, testpay.Play.PAY)
    payments.converge(reference)
    forget_reads()
    assert [task.kind for task in open_tasks()] == [TaskKind.PAID_VOID]
    assert queries.application(application.id).state is ApplicationState.EXPIRED
    assert not queries.is_member(applicant.id, clock.today())
    assert tables_that_name() <= KEPT
    for path in ("/bureau/members", f"/bureau/members/{applicant.id}", f"/bureau/applications/{application.id}"):
        page = as_coordinator.get(path)
        assert page.status_code == 200, path
        assert "Hoekstra" not in page.text


def test_l4_an_invoice_that_waited_for_a_transfer_is_credited_and_late_money_is_told(applicant, coordinator):
    application = applied(applicant, ApplicationState.ACCEPTED, by=coordinator)
    db.session.commit()
    bill_id = bill_of(application).id
    with atomic():
        payments.choose_transfer(bill_id, by=None)
    anonymise(applicant)
    assert db.session.get_one(Bill, bill_id).state is BillState.CREDITED
    with atomic():
        payments.book_transfer(
            bill_id, amount_cents=598_95, received_at=clock.now(), reference="2027-3/1", by=coordinator
        )
    assert [task.kind for task in open_tasks()] == [TaskKind.PAID_VOID]
    assert tables_that_name() <= KEPT | WITH_INVOICES


def test_l4_a_member_is_not_forgotten_while_the_year_runs_or_grace_holds(years):
    for day in (LAST_DAY - timedelta(days=200), LAST_DAY + timedelta(days=5)):
        years.go(day)
        with pytest.raises(services.StillMember):
            anonymise(years.member)
        assert years.member.name == "Ruben Hoekstra"


def test_l4_a_former_member_is_forgotten_and_the_daily_job_leaves_them_in_peace(years):
    years.saves_method()
    years.next_charge("fail")
    years.every_day(LAST_DAY - timedelta(days=31), LAST_DAY + timedelta(days=62))
    written = len(years.mails)
    anonymise(years.member)
    assert tables_that_name() <= KEPT | WITH_INVOICES
    assert payments.saved_method_of(years.member_id) is None
    years.every_day(LAST_DAY + timedelta(days=62) + ONE_DAY, LAST_DAY + timedelta(days=70))
    assert len(years.mails) == written
    assert not any("@voorbeeld.example" in mail.recipient or mail.text for mail in years.mails)


def test_l4_the_command_line_tries_first_and_says_why_not(app, applicant, years):
    run = app.test_cli_runner()
    db.session.commit()
    refused = run.invoke(args=["accounts", "anonymise", "ruben@voorbeeld.example"])
    assert (refused.exit_code, "lid tot en met 2 februari 2028" in refused.output) == (1, True)
    years.go(LAST_DAY + timedelta(days=400))
    years.daily(LAST_DAY + timedelta(days=400))
    tried = run.invoke(args=["accounts", "anonymise", "ruben@voorbeeld.example", "--dry-run"])
    assert (tried.exit_code, accounts.by_email("ruben@voorbeeld.example") is None) == (0, False)
    assert run.invoke(args=["accounts", "anonymise", "ruben@voorbeeld.example"]).exit_code == 0
    assert accounts.by_email("ruben@voorbeeld.example") is None
