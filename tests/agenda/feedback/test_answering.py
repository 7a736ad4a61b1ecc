"""G8: what people thought of a gathering: asked once, answered without a name, and nobody can tell whose it was."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, inspect, select, text

from app.agenda import links, services
from app.agenda.feedback import mails, queries
from app.agenda.feedback import services as feedback
from app.agenda.feedback.models import (
    FeedbackComment,
    FeedbackRoll,
    FeedbackRound,
    FeedbackTally,
    Part,
)
from app.agenda.feedback.services import Opinion
from app.agenda.models import Gathering, GatheringState
from app.audit.models import AuditEntry
from app.core.db import Base, atomic, db
from app.jobs.registry import schedules
from app.mail import services as mail
from tests.agenda.conftest import make_gathering, make_member, said
from tests.faults.plug import cut_off_everywhere
from tests.golden import assert_mail_matches

from .conftest import MORNING_AFTER, NAMES, STARTS, answers, asked, filled, form_of, given


def test_g8_who_was_there_is_asked_once_on_the_morning_after(evening, afterwards, posted, calendar):
    for _ in range(2):
        mails.ask()
    written = [one for one in posted() if one.template == "agenda/feedback"]
    assert sorted(one.recipient_name for one in written) == [f"{name} Prins" for name in NAMES]
    calendar.shift(timedelta(days=1))
    mails.ask()
    assert len([one for one in posted() if one.template == "agenda/feedback"]) == len(NAMES)


def test_g8_the_question_goes_out_with_the_reminders():
    (kept,) = [one for one in schedules() if one.name == "agenda.ask_feedback"]
    assert kept.daily_at.isoformat() == "09:00:00"


@pytest.mark.parametrize("locale", ["nl", "en"])
def test_g8_the_mail_asks_without_signing_in_and_promises_no_more_than_is_so(evening, afterwards, posted, locale):
    afterwards[0].locale = locale
    db.session.commit()
    mails.ask()
    (written,) = [one for one in posted(afterwards[0]) if one.template == "agenda/feedback"]
    assert_mail_matches(written, "agenda_feedback")
    assert (written.topic, written.holds_secret) == ("feedback", True)


def test_g8_whoever_does_not_want_the_question_or_has_answered_is_not_asked(evening, afterwards, posted, do_jobs):
    mail.choose(afterwards[0].id, {"feedback": False})
    db.session.commit()
    answers(evening, afterwards[1:], (4,))
    mails.ask()
    assert [one.state.value for one in posted(afterwards[0]) if one.template == "agenda/feedback"] == ["held"]
    assert [one for one in posted(afterwards[1]) if one.template == "agenda/feedback"] == []


@pytest.mark.parametrize(
    ("changes", "number"), [({"venue": "", "online_url": "https://meet.example/kring"}, 8), ({}, 7)]
)
def test_g8_where_there_is_no_door_everybody_who_booked_is_asked(evening, afterwards, changes, number):
    for name, value in changes.items():
        setattr(evening, name, value)
    db.session.commit()
    assert queries.count(evening.id).asked == number


@pytest.mark.parametrize("hours", [1, 24 * 8])
def test_g8_right_after_the_end_and_a_week_later_nobody_is_asked(evening, afterwards, posted, calendar, hours):
    calendar.move_to(evening.ends_at + timedelta(hours=hours), tick=False)
    mails.ask()
    assert [one for one in posted() if one.template == "agenda/feedback"] == []


def test_g8_the_form_asks_little_and_takes_an_answer_without_signing_in(client, evening, afterwards):
    address = form_of(afterwards[0], evening)
    page = client.get(address)
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["X-Robots-Tag"] == "noindex"
    assert page.text.count('role="radiogroup"') == 5
    assert page.text.count("<textarea") == 2
    assert client.post(address, data=filled(helped="De oefening.")).status_code == 303
    assert said("Your answer is in") in client.get(address).text
    assert given(evening) == 1


def test_g8_looking_changes_nothing(client, evening, afterwards):
    client.get(form_of(afterwards[0], evening))
    assert db.session.scalar(select(func.count()).select_from(FeedbackRoll)) == 0


def test_g8_one_question_is_enough_and_nothing_is_too_little(client, evening, afterwards):
    address = form_of(afterwards[0], evening)
    refused = client.post(address, data={"helped": "  ", "better": ""})
    assert refused.status_code == 422
    assert said("Give at least one mark, or write something.") in refused.text
    junk = client.post(address, data=filled(mark="9", helped="Blijft staan"))
    assert junk.status_code == 422
    assert "Blijft staan" in junk.text
    assert given(evening) == 0
    assert client.post(address, data={f"question-{asked()[0].id}": "5"}).status_code == 303
    assert given(evening) == 1


def test_g8_nobody_answers_twice(client, evening, afterwards):
    address = form_of(afterwards[0], evening)
    for mark in (5, 1):
        client.post(address, data=filled(mark, helped="Eén keer"))
    assert given(evening) == 1
    assert db.session.scalar(select(func.sum(FeedbackTally.votes)).where(FeedbackTally.value == 1)) == 0
    assert db.session.scalar(select(func.count()).select_from(FeedbackComment)) == 1


@pytest.mark.parametrize(
    ("hours", "state", "status", "heading"),
    [
        (-30, GatheringState.PUBLISHED, 200, "It is not over yet"),
        (24 * 22, GatheringState.PUBLISHED, 410, "Answering is over"),
        (1, GatheringState.CANCELLED, 410, "This gathering is cancelled"),
    ],
)
def test_g8_when_no_answers_are_taken_the_page_says_why(
    client, evening, afterwards, calendar, hours, state, status, heading
):
    evening.state = state
    if state is GatheringState.CANCELLED:
        evening.cancelled_at = STARTS
    db.session.commit()
    calendar.move_to(evening.ends_at + timedelta(hours=hours), tick=False)
    address = form_of(afterwards[0], evening)
    page = client.get(address)
    assert page.status_code == status
    assert said(heading) in page.text
    assert client.post(address, data=filled()).status_code == 303
    assert given(evening) == 0


def test_g8_a_link_is_good_for_one_person_one_gathering_and_nothing_else(client, evening, afterwards):
    away, other = afterwards[-1], make_gathering(starts_at=STARTS)
    address = form_of(afterwards[0], evening)
    swapped = f"/feedback/{links.booking_token(evening.id, afterwards[0].id)}"
    for wrong in (address[:-2], swapped, form_of(away, evening), form_of(afterwards[0], other)):
        assert client.get(wrong).status_code == 404
        assert client.post(wrong, data=filled()).status_code == 404
    token = address.rsplit("/", 1)[1]
    assert client.get(f"/agenda/book/{token}").status_code == 404


def test_g8_the_way_to_the_form_stands_with_ones_own_seats_and_on_the_page(client, sign_in, evening, afterwards):
    sign_in(client, afterwards[0])
    for page in ("/agenda/mine", f"/agenda/{evening.id}"):
        assert said("Give your opinion") in client.get(page).text
    answers(evening, afterwards, (4,))
    for page in ("/agenda/mine", f"/agenda/{evening.id}"):
        assert said("Give your opinion") not in client.get(page).text
    sign_in(client, afterwards[-1])
    assert said("Give your opinion") not in client.get("/agenda/mine").text


# What nobody can find out.


def test_g8_no_row_holds_both_a_person_and_what_they_thought(evening, afterwards):
    answers(evening, afterwards, helped="Eigen woorden", better="Minder koffie")
    columns = {
        model.__tablename__: set(inspect(model).columns.keys())
        for model in (FeedbackRound, FeedbackTally, FeedbackComment, FeedbackRoll)
    }
    assert columns == {
        "feedback_round": {"gathering_id", "answers"},
        "feedback_tally": {"gathering_id", "question_id", "value", "votes"},
        "feedback_comment": {"id", "gathering_id", "part", "text", "hidden_why"},
        "feedback_roll": {"gathering_id", "account_id"},
    }
    pointing = [
        f"{table.name}.{key.parent.name}"
        for table in Base.metadata.sorted_tables
        for key in table.foreign_keys
        if key.column.table.name in {"feedback_roll", "feedback_comment", "feedback_tally"}
    ]
    assert pointing == []


def test_g8_the_order_of_rows_does_not_tell_the_order_of_answers(evening, afterwards):
    """SQLite numbers rows unless a table is WITHOUT ROWID; PostgreSQL tells which transaction wrote a row, and where."""
    for number, person in enumerate(afterwards[:7]):
        answers(evening, [person], (4,), helped=f"Woord {number}")
    if db.engine.dialect.name == "sqlite":
        for table in ("feedback_roll", "feedback_tally", "feedback_comment"):
            (made,) = db.session.execute(text(f"SELECT sql FROM sqlite_master WHERE name = '{table}'")).one()
            assert "WITHOUT ROWID" in made.upper()
    else:
        for table in ("feedback_tally", "feedback_comment"):
            assert len(set(db.session.scalars(text(f"SELECT xmin::text FROM {table}")))) == 1
    first, second = (
        [db.session.scalars(text("SELECT text FROM feedback_comment")).all(), _mix(evening)] for _ in range(2)
    )
    orders = {tuple(first[0]), tuple(second[0])} | {tuple(_mix(evening)) for _ in range(5)}
    in_order = tuple(f"Woord {number}" for number in range(7))
    assert {tuple(sorted(order)) for order in orders} == {in_order}
    assert orders != {in_order}


def _mix(evening: Gathering) -> list[str]:
    """The comments as a page reads them."""
    return [one.text for one in queries.results(evening).comments]


def test_g8_neither_the_log_nor_a_mail_nor_the_list_of_mails_tells_who_answered_what(
    client, sign_in, evening, afterwards, make_account, posted, do_jobs, capfd, caplog
):
    caplog.set_level("DEBUG")
    mails.ask()
    do_jobs()
    entries = db.session.scalar(select(func.count()).select_from(AuditEntry))
    letters = len(posted())
    address = form_of(afterwards[0], evening)
    client.post(address, data=filled(helped="Hoogst eigen woorden"))
    assert db.session.scalar(select(func.count()).select_from(AuditEntry)) == entries
    assert len(posted()) == letters
    told = capfd.readouterr().out + capfd.readouterr().err + caplog.text
    for secret in ("Hoogst eigen", address, str(afterwards[0].id)):
        assert secret not in told
    sign_in(client, make_account(roles=("administrator",)))
    (letter,) = [one for one in posted(afterwards[0]) if one.template == "agenda/feedback"]
    assert address not in client.get(f"/bureau/mail/{letter.id}").text


def test_g8_when_answering_ends_it_is_forgotten_who_answered(evening, afterwards, calendar):
    answers(evening, afterwards)
    feedback.forget_who_answered()
    assert db.session.scalar(select(func.count()).select_from(FeedbackRoll)) == 5
    calendar.move_to(evening.ends_at + queries.OPEN_FOR, tick=False)
    feedback.forget_who_answered()
    assert db.session.scalar(select(func.count()).select_from(FeedbackRoll)) == 0
    assert given(evening) == 5


@pytest.mark.committed
def test_g8_an_answer_and_its_name_on_the_roll_are_kept_together_or_not_at_all(committed_app, calendar):
    with atomic():
        evening = make_gathering(starts_at=STARTS, venue="", online_url="https://meet.example/kring").id
        person = make_member(password=None).id
    with atomic():
        services.book_seat(db.session.get_one(Gathering, evening), person, by=person)
    calendar.move_to(MORNING_AFTER, tick=False)
    values = {one.id: 4 for one in asked()}

    def once() -> None:
        with atomic():
            opinion = Opinion(values=values, comments={Part.HELPED: "Ja"})
            feedback.answer(db.session.get_one(Gathering, evening), person, opinion)

    assert cut_off_everywhere(once)[0] >= 5
    assert db.session.get_one(FeedbackRound, evening).answers == 1
    assert db.session.scalar(select(func.sum(FeedbackTally.votes))) == len(values)
    assert db.session.scalar(select(func.count()).select_from(FeedbackRoll)) == 1
