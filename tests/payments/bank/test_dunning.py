"""P9: the overdue are reminded once per level, in order, in words that staff choose; who is on hold is left alone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from app.core.db import atomic, db, forget_reads
from app.mail.models import OutboxMail
from app.payments import queries, services, views
from app.payments.models import DunningLevel, Method, Reminder
from app.payments.providers.testpay import Play
from app.payments.queries import dunning
from tests.factories import make_account
from tests.golden import assert_mail_matches
from tests.payments.conftest import bank as _bank  # noqa: F401
from tests.payments.conftest import begin, draw_up, fresh

DUE = date(2027, 1, 28)


def text_of(answer) -> str:
    return answer.get_data(as_text=True).replace("\u00a0", " ")


@pytest.fixture
def owed(account):
    """An issued bill, due on 28 January, that nobody pays."""
    return issued(account)


def issued(account, **options):
    with time_machine.travel(datetime(2027, 1, 14, 12, tzinfo=UTC), tick=False):
        bill = draw_up(account.id, due_on=DUE, **options)
        with atomic():
            services.choose_transfer(bill.id, by=account)
    return bill


def on(days_late: int) -> int:
    """Let the daily job run so many days after the due date; return how many reminders it sent."""
    moment = datetime(2027, 1, 28, 9, tzinfo=UTC) + timedelta(days=days_late)
    with time_machine.travel(moment, tick=False):
        forget_reads()
        return services.remind_overdue()


def sent() -> list[int]:
    forget_reads()
    return list(db.session.scalars(select(Reminder.level).order_by(Reminder.level)))


def reminder_mails() -> list[OutboxMail]:
    forget_reads()
    query = select(OutboxMail).where(OutboxMail.template == "payments/reminder")
    return list(db.session.scalars(query.order_by(OutboxMail.created_at)))


def test_each_level_goes_out_on_its_day_once(owed):
    assert [day for day in (0, 6, 7, 8, 20, 21, 34, 35, 60) if on(day)] == [7, 21, 35]
    assert sent() == [1, 2, 3]
    assert [mail.subject for mail in reminder_mails()] == [
        f"Herinnering: factuur {fresh(owed).number}",
        f"Tweede herinnering: factuur {fresh(owed).number}",
        f"Laatste herinnering: factuur {fresh(owed).number}",
    ]


def test_the_job_twice_a_day_is_once(owed):
    assert (on(7), on(7)) == (1, 0)


def test_after_a_standstill_the_next_level_goes_out_and_keeps_its_distance(owed):
    """A text that speaks of earlier reminders is only sent when there were any."""
    assert (on(50), sent()) == (1, [1])
    assert on(51) == 0
    assert (on(64), sent()) == (1, [1, 2])


def test_a_paid_bill_a_draft_and_a_withdrawn_one_are_left_alone(account, henk, owed):
    draft = draw_up(account.id, due_on=DUE)
    with atomic():
        at = datetime(2027, 1, 20, 12, tzinfo=UTC)
        services.book_transfer(owed.id, amount_cents=598_95, received_at=at, reference="1", by=henk)
    assert on(60) == 0
    with pytest.raises(services.NothingToRemindOf), atomic():
        services.remind(draft.id, 1, by=henk)


def test_what_was_paid_in_part_is_reminded_of_for_the_rest(owed, henk):
    with atomic():
        at = datetime(2027, 1, 20, 12, tzinfo=UTC)
        services.book_transfer(owed.id, amount_cents=500_00, received_at=at, reference="1", by=henk)
    assert on(7) == 1
    assert "€ 98,95" in reminder_mails()[0].text.replace("\u00a0", " ")


def test_a_kind_of_bill_with_a_ladder_of_its_own_is_left_to_it(account):
    bill = issued(account, subject=("membership_period", account.id))
    assert on(60) == 0
    assert not queries.dunning_of(fresh(bill), date(2027, 4, 1)).may_remind


def test_a_bill_with_a_payment_under_way_is_left_alone(account, owed, bank):
    reference = begin(owed, Method.SEPA_DEBIT)
    bank.play(reference, Play.PENDING)
    services.converge(reference)
    assert on(60) == 0


def test_a_hold_stops_reminders_until_its_day_or_until_somebody_lets_go(owed, henk):
    with atomic():
        services.hold(owed.id, reason="belt zelf terug", until=DUE + timedelta(days=10), by=henk)
    assert (on(9), on(10)) == (0, 0)
    assert on(11) == 1
    with atomic():
        services.hold(owed.id, reason="in gesprek", until=None, by=henk)
    assert on(90) == 0
    with atomic():
        assert services.release(owed.id, by=henk)
        assert not services.release(owed.id, by=henk)
    assert on(91) == 1


def test_one_bill_that_cannot_be_written_about_keeps_no_other_waiting(account, owed, monkeypatch):
    other = issued(account)
    real = services.dunning.remind

    def stumbles(bill_id, *arguments, **others):
        if bill_id == owed.id:
            raise RuntimeError("no luck")
        return real(bill_id, *arguments, **others)

    monkeypatch.setattr(services.dunning, "remind", stumbles)
    assert on(7) == 1
    assert [reminder.bill_id for reminder in db.session.scalars(select(Reminder))] == [other.id]


@pytest.mark.parametrize("locale", ["nl", "en"])
def test_what_a_reminder_says(account, locale, monkeypatch):
    monkeypatch.setattr(services.bills.secrets, "randbelow", lambda _limit: 42)
    account.locale = locale
    db.session.commit()
    issued(account)
    on(21)
    assert_mail_matches(reminder_mails()[0], "payments_reminder")


def test_its_owner_sees_that_a_reminder_was_sent(account, owed):
    on(7)
    panel = views.bills_panel(account.id)
    assert [one.level for one in panel["reminders"][owed.id]] == [1]


@pytest.fixture
def treasurer(client, sign_in, henk):
    """The treasurer, on a day on which the bill is overdue."""
    with time_machine.travel(datetime(2027, 2, 10, 12, tzinfo=UTC), tick=False):
        sign_in(client, henk)
        db.session.commit()
        client.set_cookie("lang", "en")
        yield client


LEVEL = {
    "days_after": "10",
    "is_active": "1",
    "subject_nl": "Factuur {number}",
    "body_nl": "Er staat {amount} open.",
    "subject_en": "Invoice {number}",
    "body_en": "{amount} is open.",
}


def test_a_text_is_shown_before_it_is_kept(treasurer, owed):
    where = "/bureau/payments/reminders/1"
    shown = text_of(treasurer.post(where, data=LEVEL | {"step": "preview"}))
    assert "€598.95 is open." in shown
    assert "Er staat € 598,95 open." in shown
    assert queries.level(1).days_after == 7
    assert treasurer.post(where, data=LEVEL | {"step": "save"}).status_code == 303
    assert queries.level(1).days_after == 10
    on(10)
    assert reminder_mails()[0].subject == f"Factuur {fresh(owed).number}"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"body_nl": "Beste {voornaam}"}, "{voornaam}"),
        ({"body_en": "{amount.__class__}"}, "means nothing here"),
        ({"days_after": "0"}, "Days after the due date"),
        ({"days_after": "21", "step": "save"}, "Another reminder goes out on that day"),
        ({"subject_nl": ""}, "Subject in Dutch"),
    ],
)
def test_a_wrong_text_is_said_at_its_field_and_what_was_typed_stays(treasurer, changes, told):
    answer = treasurer.post("/bureau/payments/reminders/1", data=LEVEL | changes)
    assert answer.status_code == 422
    assert told in text_of(answer)
    assert queries.level(1).days_after == 7


def test_a_level_that_is_switched_off_is_skipped(owed, henk):
    level = queries.level(1)
    with atomic():
        services.change_level(1, days_after=7, is_active=False, texts=level.texts, by=henk)
    assert (on(7), on(21)) == (0, 1)
    assert sent() == [2]


def test_reminding_by_hand_holding_and_letting_go_from_the_bills_page(treasurer, owed):
    page = f"/bureau/payments/{owed.id}"
    assert "Send reminder 1 now" in text_of(treasurer.get(page))
    for _click in range(2):
        treasurer.post(f"{page}/remind", data={"level": 1})
    assert sent() == [1]
    assert treasurer.post(f"{page}/hold", data={"reason": ""}).status_code == 422
    assert treasurer.post(f"{page}/hold", data={"reason": "in gesprek"}).status_code == 303
    assert "in gesprek" in text_of(treasurer.get(page))
    treasurer.post(f"{page}/release")
    assert "in gesprek" not in text_of(treasurer.get(page)).split("What was done")[0]


def test_every_figure_of_the_open_items_leads_to_as_many(treasurer, account, owed):
    later = make_account()
    db.session.commit()
    draw_up(later.id, due_on=date(2027, 6, 1))
    for one in queries.outstanding(date(2027, 2, 10)):
        shown = text_of(treasurer.get(f"/bureau/payments/open?age={one.age}"))
        assert f"{one.count} open item" in shown
    assert "€598.95" in text_of(treasurer.get("/bureau/payments/open"))


def test_the_start_page_says_what_waits(treasurer, owed):
    shown = text_of(treasurer.get("/bureau/payments/today"))
    assert "No statement of the bank was handed in yet" in shown
    assert "1 bill is past its due date, €598.95" in shown


def test_overdue_bills_are_found_some_at_a_time(account, monkeypatch):
    monkeypatch.setattr(dunning, "AT_ONCE", 2)
    bills = [issued(account) for _ in range(5)]
    assert set(queries.overdue(DUE + timedelta(days=1))) == {bill.id for bill in bills}
    assert db.session.scalar(select(func.count()).select_from(DunningLevel)) == 3
