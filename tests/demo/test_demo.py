"""`flask demo`: believable, of any size, the same again with the same seed, and never in production."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from stdnum.nl import btw

from app import create_app
from app.accounts.demo import KNOWN
from app.accounts.models import Account
from app.agenda.models import Booking, EntryState, Gathering, SeatMode, WaitlistEntry, Wish
from app.audit import services as audit
from app.challenge import queries as challenge
from app.challenge.board import first_fault
from app.challenge.models import (
    Edition,
    EditionState,
    Juror,
    JurorState,
    Nomination,
    NominationKind,
    Nominee,
    NomineeState,
)
from app.core import clock
from app.core.db import db, forget_reads
from app.core.demo import PASSWORD, DemoPlan
from app.demo import making
from app.jobs.models import Job, JobState
from app.jobs.registry import handler_for, schedules
from app.mail.models import MailState, OutboxMail
from app.membership import ladder, services
from app.membership.models import (
    Application,
    ApplicationState,
    CheckOutcome,
    DiscountCode,
    Membership,
    MembershipPeriod,
    MembershipStatus,
    NoticeSent,
    PeriodWaiver,
    ReferenceCheck,
    Resignation,
    Sponsorship,
)
from app.payments import queries as payments
from app.payments.models import (
    AttemptState,
    BankFile,
    BankLine,
    Bill,
    BillState,
    CreditNote,
    Dispute,
    DisputeState,
    FileState,
    InvoiceArchive,
    LineState,
    RefundOrder,
    RefundOrderState,
    Reminder,
    Task,
    TaskKind,
)
from app.payments.queries import Age
from app.profiles import queries as profiles
from app.profiles.models import MemberCard, Profile
from tests.conftest import build_schema, fresh_database, settings

TODAY = date(2027, 1, 14)
README = Path(__file__).parents[2] / "README.md"
STAFF = 4
JURORS_FROM_OUTSIDE = 2
SIXTY = ("--members", "60", "--sessions", "12", "--bookings", "80", "--seed", "5")
IN_STORIES = 8
# Work that tells members of what comes, or that keeps the house clean; it changes nobody's standing.
NO_RULE = {
    "agenda.ask_feedback",
    "agenda.remind",
    "agenda.remind_guests",
    "audit.seal",
    "audit.seal_everything",
    "jobs.prune",
}
# What lasts a moment, or until the page of the bank is gone.
NOT_SEEN = {
    AttemptState.CREATED,
    AttemptState.OPEN,
    AttemptState.EXPIRED,
}


def demo(app, *arguments: str):
    said = app.test_cli_runner().invoke(args=["demo", *arguments])
    assert said.exit_code == 0, said.output
    return said.output


def made(folder, *arguments: str, **keys: str):
    """A portal of its own with a demo in it, for tests that only look; and what the command said."""
    for url in fresh_database(folder, "demo"):
        application = create_app(settings(url, folder) | keys)
        build_schema(application)
        yield application, demo(application, *arguments)
        with application.app_context():
            db.session.remove()
            db.engine.dispose()


@pytest.fixture(scope="module")
def demo_of_sixty(tmp_path_factory):
    yield from made(tmp_path_factory.mktemp("sixty"), *SIXTY)


@pytest.fixture(scope="module")
def demo_of_nobody(tmp_path_factory):
    """P2: on a portal that takes payments through Stripe, which is not asked for anything."""
    nobody = ("--members", "0", "--sessions", "0", "--bookings", "0")
    keys = {"STRIPE_SECRET_KEY": "sk_test_demo", "STRIPE_WEBHOOK_SECRET": "whsec_demo"}
    yield from made(tmp_path_factory.mktemp("nobody"), *nobody, **keys)


@pytest.fixture
def filled(demo_of_sixty):
    """What the command said that filled a portal."""
    application, said = demo_of_sixty
    with application.app_context():
        yield said
        db.session.remove()


@pytest.fixture
def unpeopled(demo_of_nobody):
    """A portal with nobody in it but those who have an address of their own."""
    application, said = demo_of_nobody
    with application.app_context():
        yield said
        db.session.remove()


def counted(model, *conditions) -> int:
    found = db.session.scalar(select(func.count()).select_from(model).where(*conditions))
    forget_reads()
    return found


def seen(column) -> set[Any]:
    found = set(db.session.scalars(select(column).distinct()))
    forget_reads()
    return found


def test_it_prints_how_to_sign_in_and_what_there_is_to_see(filled):
    for known in KNOWN:
        assert f"{known.who}@demo.example" in filled
        assert known.shows in filled
    assert filled.count(PASSWORD) == 1
    assert sum(len(word) == 32 and word.isupper() for word in filled.split()) == STAFF


def test_the_readme_tells_the_same():
    rows = [line for line in README.read_text().splitlines() if "@demo.example" in line]
    assert rows == [f"| {known.email} | {known.shows} |" for known in KNOWN]


def test_it_fills_every_domain_and_the_lists_agree(filled):
    assert counted(Account) == 60 + len(KNOWN) + JURORS_FROM_OUTSIDE
    assert counted(Gathering) == 12 + IN_STORIES
    assert counted(Booking) >= 40
    assert counted(Application) > 50
    assert counted(Profile) == counted(MemberCard) > 40
    assert set(profiles.head_counts()) == set(MembershipStatus)
    forget_reads()


def test_applications_are_in_every_state(filled):
    assert seen(Application.state) == set(ApplicationState)


def test_every_state_is_seen_even_where_nobody_else_is(unpeopled):
    """M6, M8, P3, P6, P7, G3: of each thing there is one in each state."""
    kinds = {ladder.GRACE, ladder.SUSPENDED, ladder.LAPSED, ladder.COVER_LOST, ladder.CHARGE_ANNOUNCED, ladder.VALUE}
    assert seen(NoticeSent.kind) >= kinds | {"ahead:30", "ahead:7", "late:7", "late:21"}
    assert seen(Bill.state) == set(BillState)
    assert seen(RefundOrder.state) | NOT_SEEN >= set(RefundOrderState)
    assert seen(Dispute.state) == set(DisputeState)
    assert seen(Task.kind) | NOT_SEEN >= set(TaskKind)
    assert seen(BankLine.state) == set(LineState)
    assert seen(BankFile.state) == {FileState.DONE, FileState.REFUSED}
    assert seen(WaitlistEntry.state) == set(EntryState)
    assert seen(WaitlistEntry.wish) == set(Wish)
    both = Gathering.online_capacity.is_not(None)
    assert counted(Gathering, both, Gathering.seats_taken == Gathering.capacity, Gathering.online_taken > 0)
    assert counted(Booking, Booking.mode == SeatMode.ONLINE, Booking.moves > 0)
    waits = select(WaitlistEntry.account_id).where(WaitlistEntry.state == EntryState.WAITING)
    assert counted(Booking, Booking.mode == SeatMode.ONLINE, Booking.account_id.in_(waits))
    assert seen(Reminder.level) == {1, 2, 3}
    assert seen(OutboxMail.state) == {MailState.SENT, MailState.FAILED, MailState.HELD}
    assert {one.age for one in payments.outstanding(clock.today()) if one.count} == set(Age)
    assert {CheckOutcome.POSITIVE, CheckOutcome.NOT_REACHED} <= seen(ReferenceCheck.outcome)
    assert all(counted(model) for model in (PeriodWaiver, Resignation, CreditNote))
    forget_reads()


def test_statements_of_both_kinds_were_handed_in(unpeopled):
    """P7: what was certain booked itself; what was not waits, or was decided on by the treasurer."""
    assert {name.rpartition(".")[2] for name in seen(BankFile.name)} == {"xml", "sta"}
    by_itself = select(BankLine.state).where(BankLine.bookings.any(is_automatic=True))
    assert set(db.session.scalars(by_itself)) == {LineState.BOOKED}
    by_hand = select(BankLine.state).where(BankLine.bookings.any(is_automatic=False))
    assert set(db.session.scalars(by_hand)) == {LineState.BOOKED}
    forget_reads()


def test_codes_and_places_are_used_unused_used_up_and_over(unpeopled):
    """P10."""
    codes = {code.code: code for code in db.session.scalars(select(DiscountCode))}
    today = clock.today()
    assert any(code.taken and code.valid_until and code.valid_until < today for code in codes.values())
    assert any(not code.taken and code.valid_from > today for code in codes.values())
    assert any(code.taken == code.most for code in codes.values())
    assert any(code.stopped_at for code in codes.values())
    places = list(db.session.scalars(select(Sponsorship)))
    assert any(0 < one.taken < one.places for one in places)
    assert any(one.opened_at is None for one in places)
    forget_reads()


def test_a_zip_lies_ready_and_another_failed(unpeopled):
    """P9."""
    zips = list(db.session.scalars(select(InvoiceArchive)))
    assert {(bool(one.finished_at), bool(one.failed_at)) for one in zips} == {(True, False), (False, True)}
    assert seen(Job.state) == {JobState.DONE, JobState.FAILED, JobState.QUEUED}


def test_numbers_are_taken_in_the_order_of_days_and_without_gaps(filled):
    """P5."""
    for number, day in ((Bill.number, Bill.issued_on), (CreditNote.number, CreditNote.issued_on)):
        rows = db.session.execute(select(number, day).where(number.is_not(None)).order_by(number)).all()
        assert [row[1] for row in rows] == sorted(row[1] for row in rows)
        series: dict[str, list[int]] = {}
        for row in rows:
            name, _dash, place = row[0].rpartition("-")
            series.setdefault(name, []).append(int(place))
        assert all(places == list(range(1, len(places) + 1)) for places in series.values())
    forget_reads()


def everything_that_rules_decide() -> dict[str, Any]:
    """How everybody stands and what is owed, as rows to compare."""

    def rows(*columns: Any) -> list[Any]:
        return sorted((tuple(row) for row in db.session.execute(select(*columns))), key=repr)

    period = MembershipPeriod
    found = {
        "places": rows(Membership.id, Membership.ends_on, Membership.paused_on),
        "periods": rows(period.id, period.starts_on, period.ends_on, period.grace_until, period.lapses_after),
        "closed": rows(period.id, period.closed_on, period.uncovered_on, period.processing_until),
        "notices": rows(NoticeSent.id, NoticeSent.kind),
        "applications": rows(Application.id, Application.state),
        "bills": rows(Bill.id, Bill.state, Bill.number, Bill.due_on),
        "credits": rows(CreditNote.id),
        "refunds": rows(RefundOrder.id, RefundOrder.state),
        "disputes": rows(Dispute.id, Dispute.state),
        "tasks": rows(Task.id, Task.closed_at),
        "reminders": rows(Reminder.id),
        "lines": rows(BankLine.id, BankLine.state),
        "waiting": rows(WaitlistEntry.id, WaitlistEntry.state),
        "mails": rows(OutboxMail.id, OutboxMail.state),
    }
    forget_reads()
    return found


def test_the_first_run_of_all_that_recurs_changes_nothing(filled):
    """M8: each day before was lived through, so that a fresh demo has nothing to make up for."""
    before = everything_that_rules_decide()
    for entry in schedules():
        handler = handler_for(entry.handler)
        assert handler
        if entry.name not in NO_RULE:
            handler.run()
            forget_reads()
    after = everything_that_rules_decide()
    assert {name for name in after if after[name] != before[name]} == set()


def test_the_daily_job_finds_everybody_where_it_would_have_left_them(filled):
    """M8: whoever is suspended stays so, with the bill that was not paid."""
    report = services.renew_all(clock.today())
    assert (report.helped, report.failed) == (0, 0)
    assert report.looked_at > 20
    suspended = profiles.head_counts()[MembershipStatus.SUSPENDED]
    day = clock.today()
    owing = select(Bill.id).join(MembershipPeriod, MembershipPeriod.id == Bill.subject_id)
    owing = owing.where(Bill.state == BillState.ISSUED, Bill.due_on < day, MembershipPeriod.closed_on.is_(None))
    assert 0 < suspended <= len(db.session.scalars(owing).all())
    forget_reads()


def test_the_log_tells_it_all_in_order_and_is_sound(filled):
    assert audit.verify_chain().sound


def what_people_see() -> Iterator[Any]:
    """What pages show of it, without keys and references that are drawn anew each time."""
    people = select(Account.email, Account.given_name, Account.family_name)
    yield db.session.execute(people.order_by(Account.email)).all()
    bills = select(
        Bill.number, Bill.issued_on, Bill.due_on, Bill.state, Bill.gross_cents, Bill.buyer["name"].as_string()
    )
    yield db.session.execute(bills.where(Bill.number.is_not(None)).order_by(Bill.number)).all()
    gatherings = select(
        Gathering.title, Gathering.starts_at, Gathering.capacity, Gathering.seats_taken, Gathering.queued
    )
    yield db.session.execute(gatherings.order_by(Gathering.starts_at)).all()
    yield sorted(profiles.head_counts().items())
    lines = select(BankLine.booked_on, BankLine.amount_cents, BankLine.counter_name, BankLine.state)
    yield sorted(db.session.execute(lines).all(), key=repr)
    forget_reads()


def test_the_same_seed_tells_the_same_stories_and_a_second_time_needs_saying_so(committed_app):
    demo(committed_app, *SIXTY)
    first = list(what_people_see())
    run = committed_app.test_cli_runner().invoke
    assert run(args=["demo"]).exit_code != 0
    again = run(args=["demo", "--if-empty"])
    assert again.exit_code == 0
    assert "coordinator@demo.example" in again.output
    demo(committed_app, "--replace", *SIXTY)
    assert list(what_people_see()) == first
    demo(committed_app, "--replace", "--members", "3", "--sessions", "2", "--bookings", "2")
    assert counted(Account) == 3 + len(KNOWN) + JURORS_FROM_OUTSIDE


def test_a_stop_halfway_leaves_all_as_it_was(committed_app):
    def stop(step: str, _seconds: float) -> None:
        if step == "payments":
            raise InterruptedError

    with pytest.raises(InterruptedError):
        making.make(DemoPlan(3, 2, 2, 7, clock.today()), stop)
    assert counted(Account) == counted(Bill) == counted(OutboxMail) == counted(Job) == 0
    assert clock.shift().total_seconds() == 0


def test_production_refuses(committed_app):
    committed_app.config["ENV"] = "production"
    said = committed_app.test_cli_runner().invoke(args=["demo", "--replace"])
    assert said.exit_code != 0
    assert "production" in said.output
    assert counted(Account) == 0


def test_the_same_seed_invents_the_same_people():
    first, same, other = (DemoPlan(200, 1, 1, seed, TODAY).people for seed in (7, 7, 8))
    assert first == same != other
    assert len({person.email for person in first}) == 200
    assert len({person.name for person in first}) > 180


def test_invented_people_pass_the_forms():
    for person in DemoPlan(200, 1, 1, 7, TODAY).people:
        assert btw.is_valid(person.vat_id)
        assert person.email.isascii()
        assert len(person.kvk) == 8


def test_the_challenge_runs_is_prepared_and_was_called_off(unpeopled):
    """V1."""
    preparing, judging = {EditionState.CONCEPT, EditionState.NOMINATION}, {EditionState.OPEN, EditionState.OPENED}
    assert seen(Edition.state) == {*preparing, *judging, EditionState.CANCELLED, EditionState.PUBLISHED}
    assert seen(Nominee.state) == set(NomineeState)
    assert seen(Nomination.kind) == set(NominationKind)
    assert seen(Juror.state) == set(JurorState)
    for edition_id in seen(Edition.id):
        assert first_fault((one.entry, one.hash) for one in challenge.board(edition_id)) is None
    forget_reads()
