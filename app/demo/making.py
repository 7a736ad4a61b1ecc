"""Making the demo: every domain writes its own part, in the order in which they build on each other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from time import perf_counter

from sqlalchemy import Connection, delete, text

from app.accounts import demo as accounts
from app.accounts import queries
from app.accounts.demo import DemoAccount
from app.agenda import demo as agenda
from app.audit import services as audit
from app.core import clock
from app.core.db import Base, atomic, drop_hints
from app.core.ddl import guards_down, guards_up
from app.core.demo import DemoPlan, as_of
from app.demo import contributions
from app.demo.stage import Stage
from app.demo.stories import STORIES
from app.development import demo as development
from app.membership import demo as membership
from app.payments import providers
from app.payments.demo import Books
from app.payments.providers.testpay import TestPay
from app.profiles import demo as profiles


def _pay_and_live(plan: DemoPlan) -> None:
    """Write the books from their first day to today, and tell what happened in between."""
    bills = contributions.billed(plan)
    books = Books(plan, bills)
    with providers.only(TestPay.name):
        Stage(plan).perform(STORIES, before=books.write_until)
    books.write_until(plan.today)
    contributions.link(bills)


STEPS: tuple[tuple[str, Callable[[DemoPlan], object]], ...] = (
    ("membership", membership.seed),
    ("profiles", profiles.seed),
    ("agenda", agenda.seed),
    ("development", development.seed),
    ("payments", _pay_and_live),
    ("lists", profiles.gather),
)


def is_empty() -> bool:
    """Say whether nobody has an account yet: only then is there nothing to lose."""
    return not queries.has_anybody()


def make(plan: DemoPlan, told: Callable[[str, float], None], *, replace: bool = False) -> list[DemoAccount]:
    """Write the whole demo in one transaction, so that a stop halfway leaves all as it was; tell each step's seconds.

    With `replace` everything that is there goes first.
    """
    now = datetime.combine(plan.today, clock.local(clock.now()).time())
    with as_of(clock.at_home(now)), atomic() as session:
        if replace:
            _empty(session.connection())
        started = perf_counter()
        made = accounts.seed(plan)
        told("accounts", perf_counter() - started)
        for name, seed in STEPS:
            started = perf_counter()
            seed(plan)
            told(name, perf_counter() - started)
        audit.record("demo.made", by=None, on=("demo", plan.seed), after={"members": plan.members})
        session.execute(text("ANALYZE"))
        drop_hints()
    return made


def _empty(connection: Connection) -> None:
    """Delete every row but those that come with the schema; the triggers that guard rows step aside for it."""
    dialect = connection.dialect.name
    for table in reversed(Base.metadata.sorted_tables):
        if table.info.get("with_schema"):
            continue
        for statement in guards_down(table, dialect):
            connection.exec_driver_sql(statement)
        connection.execute(delete(table))
        for statement in guards_up(table, dialect):
            connection.exec_driver_sql(statement)
