"""G8: what people thought of a gathering: asked once, answered without a name, shown when enough did."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, inspect, select, text

from app.agenda import links, services
from app.agenda.attendance import services as door
from app.agenda.attendance.models import Passage, Way
from app.agenda.feedback import mails, queries
from app.agenda.feedback import services as feedback
from app.agenda.feedback.models import (
    FeedbackComment,
    FeedbackQuestion,
    FeedbackRoll,
    FeedbackRound,
    FeedbackTally,
    Part,
    Scale,
)
from app.agenda.feedback.services import Opinion
from app.agenda.models import Gathering, GatheringState
from app.audit.models import AuditEntry
from app.core.db import Base, atomic, db
from app.jobs.registry import schedules
from app.mail import services as mail
from tests.faults.plug import cut_off_everywhere
from tests.golden import assert_mail_matches

from .conftest import make_gathering, make_member, said
from .test_pages import statements

STARTS = datetime(2027, 1, 14, 18, 30, tzinfo=UTC)
MORNING_AFTER = datetime(2027, 1, 15, 8, 0, tzinfo=UTC)
NAMES = ("Ada", "Bram", "Cor", "Dirk", "Eva", "Fien", "Guus")


@pytest.fixture
def bureau(make_account):
    return make_account(roles=("coordinator",), given_name="Bert", family_name="Bureau")


@pytest.fixture
def evening(app):
    return make_gathering(starts_at=STARTS)


@pytest.fixture
def afterwards(evening, bureau, calendar):
    """Seven people were there, Henk had a seat and was not; it is the morning after."""
    people = [
        make_member(given_name=name, family_name="Prins", email=f"{name.lower()}@voorbeeld.example", password=None)
        for name in NAMES
    ]
    away = make_member(given_name="Henk", family_name="Weg", password=None)
    seats = [services.book_seat(evening, one.id, by=one.id) for one in [*people, away]]
    calendar.move_to(STARTS, tick=False)
    for seat in seats[:-1]:
        door.pass_door(seat.id, evening.id, Passage.IN, way=Way.NAME, by=bureau.id)
    db.session.commit()
    calendar.move_to(MORNING_AFTER, tick=False)
    return [*people, away]


def form_of(person: Any, gathering: Gathering) -> str:
    return f"/feedback/{links.feedback_token(gathering.id, person.id)}"


def asked() -> list[FeedbackQuestion]:
    return list(queries.questions())


def filled(mark: int | str = 4, recommend: int | str = 8, **comments: str) -> dict[str, str]:
    values = {f"question-{one.id}": str(mark if one.scale is Scale.MARK else recommend) for one in asked()}
    return values | comments


def answers(evening: Gathering, people: list[Any], marks: tuple[int, ...] = (4, 4, 5, 3, 4), **comments: str) -> None:
    """Let the first of these people answer, one for each mark."""
    for person, mark in zip(people, marks, strict=False):
        values = {one.id: mark if one.scale is Scale.MARK else 2 * mark for one in asked()}
        with atomic():
            feedback.answer(
                db.session.get_one(Gathering, evening.id),
                person.id,
                Opinion(values=values, comments={Part(part): words for part, words in comments.items()}),
            )


def given(evening: Gathering) -> int:
    return db.session.scalar(select(FeedbackRound.answers).where(FeedbackRound.gathering_id == evening.id)) or 0


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


@pytest.mark.parametrize("number", [0, 1, 4])
def test_g8_of_too_few_answers_nobody_sees_more_than_how_many(client, sign_in, bureau, evening, afterwards, number):
    answers(evening, afterwards, (5,) * number, helped="Dit leest nog niemand")
    sign_in(client, bureau)
    for page in (f"/bureau/agenda/{evening.id}", f"/bureau/agenda/{evening.id}/feedback"):
        told = client.get(page).text
        assert "Dit leest nog niemand" not in told
        assert '<figure class="chart"' not in told
    assert f"{number} van 7" in told
    assert said("Too few answers to show") in told
    assert client.get(f"/bureau/agenda/{evening.id}/feedback.csv").status_code == 404
    comment = db.session.scalars(select(FeedbackComment)).first()
    if comment is not None:
        assert client.get(f"/bureau/agenda/{evening.id}/feedback/{comment.id}/hide").status_code == 404


# What is told.


@pytest.fixture
def results_page(client, sign_in, bureau, evening, afterwards):
    answers(evening, afterwards, (4, 4, 5, 3, 4), helped="De oefening <b>in</b> drietallen.")
    sign_in(client, bureau)
    return lambda: client.get(f"/bureau/agenda/{evening.id}/feedback").text


def test_g8_the_results_are_charts_with_their_table_and_a_file(client, results_page, evening):
    page = results_page()
    assert page.count('<figure class="chart"') == 2
    assert "5 van 7" in page
    assert "71%" in page
    assert re.search(r'<th scope="row">De inhoud</th>(<td>\d</td>){5}<td>4,0</td><td>–</td>', page)
    assert "De oefening &lt;b&gt;in&lt;/b&gt; drietallen." in page
    file = client.get(f"/bureau/agenda/{evening.id}/feedback.csv")
    lines = file.data.decode("utf-8-sig").splitlines()
    assert len(lines) == 1 + 4 * 5 + 11
    assert lines[4].startswith("De inhoud;4;3;4,00;")
    assert said("What people thought") in client.get(f"/bureau/agenda/{evening.id}").text


def test_g8_marks_stand_beside_what_this_kind_of_gathering_usually_gets(evening, afterwards):
    answers(evening, afterwards)
    question = asked()[0]
    for number in range(3):
        other = make_gathering(title=f"Eerder {number}", starts_at=STARTS - timedelta(days=30 + number))
        db.session.add(FeedbackRound(gathering_id=other.id, answers=10))
        db.session.add(FeedbackTally(gathering_id=other.id, question_id=question.id, value=3, votes=10))
        db.session.commit()
        usual = queries.results(evening).marks[0].usual
        assert (usual is None) == (number < 2)
    assert usual == 3


def test_g8_the_bureau_hides_a_comment_that_hurts_with_a_reason_and_shows_it_again(
    client, results_page, sign_in, make_account, evening
):
    comment = db.session.scalars(select(FeedbackComment)).first()
    here = f"/bureau/agenda/{evening.id}/feedback/{comment.id}"
    assert client.post(f"{here}/hide", data={"reason": ""}).status_code == 422
    assert client.post(f"{here}/hide", data={"reason": "Noemt een collega bij naam."}).status_code == 303
    page = results_page()
    assert page.count("<blockquote") == 5
    assert "Noemt een collega bij naam." in page
    client.post(f"{here}/show")
    db.session.expire_all()
    assert db.session.get_one(FeedbackComment, comment.id).hidden_why == ""
    sign_in(client, make_account(roles=("administrator",)))
    log = client.get("/bureau/audit").text
    assert "verborg een reactie" in log
    assert "toonde een reactie" in log
    assert "drietallen" not in log


def test_g8_who_spoke_sees_the_results_of_that_gathering_and_nobody_else_does(
    client, sign_in, results_page, evening, make_account
):
    speaker = make_account()
    evening.speakers[0].account_id = speaker.id
    hidden = db.session.scalars(select(FeedbackComment)).first()
    hidden.hidden_why = "Noemt een collega."
    db.session.commit()
    sign_in(client, speaker)
    page = client.get(f"/agenda/{evening.id}/feedback").text
    assert page.count('<figure class="chart"') == 2
    assert page.count("<blockquote") == 4
    assert "Noemt een collega" not in page
    assert said("What people thought") in client.get(f"/agenda/{evening.id}").text
    sign_in(client, make_member())
    assert client.get(f"/agenda/{evening.id}/feedback").status_code == 404
    assert client.get(f"/bureau/agenda/{evening.id}/feedback").status_code == 404


def test_g8_before_the_end_and_of_what_was_called_off_there_are_no_results(client, sign_in, bureau):
    sign_in(client, bureau)
    for one in (make_gathering(), make_gathering(state=GatheringState.CANCELLED, starts_at=STARTS - timedelta(9))):
        assert client.get(f"/bureau/agenda/{one.id}/feedback").status_code == 404
        assert said("What people thought") not in client.get(f"/bureau/agenda/{one.id}").text


def test_g8_the_questions_are_the_bureaus(client, sign_in, bureau, evening, afterwards, make_account):
    sign_in(client, bureau)
    new = {"text_nl": "De locatie", "text_en": "The venue", "position": "2", "asked": "1"}
    assert client.post("/bureau/agenda/questions/new", data=new).status_code == 303
    (made,) = [one for one in asked() if one.text_nl == "De locatie"]
    assert "De locatie" in client.get(form_of(afterwards[0], evening)).text
    off = {**new, "text_nl": "De zaal"} | {"asked": ""}
    assert client.post(f"/bureau/agenda/questions/{made.id}", data=off).status_code == 303
    assert "De zaal" not in client.get(form_of(afterwards[0], evening)).text
    assert "De zaal" in client.get("/bureau/agenda/questions").text
    for number in range(3):
        assert client.post("/bureau/agenda/questions/new", data={**new, "text_nl": f"N {number}"}).status_code == 303
    full = client.post("/bureau/agenda/questions/new", data={**new, "text_nl": "Te veel"})
    assert full.status_code == 422
    assert 'value="Te veel"' in full.text
    sign_in(client, make_account(roles=("administrator",)))
    assert "De zaal" in client.get("/bureau/audit").text


def test_g8_pages_cost_few_questions(client, sign_in, bureau, results_page, evening, afterwards):
    db.session.commit()
    assert statements(results_page) <= 10
    address = form_of(afterwards[6], evening)
    assert statements(lambda: client.get(address)) <= 5
    assert statements(lambda: client.post(address, data=filled(helped="Ja"))) <= 18
    sign_in(client, afterwards[5])
    db.session.commit()
    assert statements(lambda: client.get("/agenda/mine")) <= 8


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
