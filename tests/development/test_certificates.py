"""G8: who was long enough at a gathering with points gets them and a certificate; it is printed once and told plainly."""

from __future__ import annotations

import re
import subprocess
from datetime import timedelta
from io import BytesIO

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from app.agenda.attendance import services as door
from app.agenda.attendance.models import Attendance, Passage, Way
from app.agenda.models import SeatMode
from app.agenda.services import bookings as booking
from app.audit.models import AuditEntry
from app.core.db import db
from app.development import codes, queries, services
from app.development.certificate_pdf import render
from app.development.models import AttendanceCertificate, CertificatePaper, EntryState
from app.jobs.registry import schedules
from app.mail.attachments import load
from tests.golden import assert_mail_matches

from .conftest import STARTS, entries, make_gathering, make_member, make_scheme, said, the_certificate


def text_of(pdf: bytes) -> str:
    return subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True
    ).stdout.decode()


def certificates() -> list[AttendanceCertificate]:
    db.session.expire_all()
    return list(db.session.scalars(select(AttendanceCertificate).order_by(AttendanceCertificate.issued_at)))


def test_g8_who_was_there_gets_points_and_a_certificate_the_day_after(sanne, evening, certified):
    (entry,) = entries()
    assert (entry.account_id, entry.gathering_id, entry.minutes, entry.tenths) == (sanne.id, evening.id, 120, 20)
    assert certified.facts["name"] == "Sanne de Graaf"
    assert certified.facts["tenths"] == 20
    assert codes.read(certified.code) == certified.code


def test_g8_the_job_runs_every_day_an_hour_after_the_no_shows_are_settled():
    (kept,) = [one for one in schedules() if one.name == "development.credit"]
    assert (kept.handler, kept.daily_at.isoformat()) == ("development.credit", "13:00:00")


def test_g8_a_second_run_changes_nothing_and_mails_nobody(certified, posted, sanne):
    before = (len(posted(sanne)), len(db.session.scalars(select(AuditEntry)).all()))
    services.credit_all()
    assert (len(posted(sanne)), len(db.session.scalars(select(AuditEntry)).all())) == before
    assert len(certificates()) == 1


@pytest.mark.parametrize(("minutes", "certificate"), [(90, True), (89, False), (0, False)])
def test_g8_who_left_too_early_gets_no_certificate_and_reads_why(
    sanne, evening, was_there, client, sign_in, minutes, certificate
):
    was_there(sanne, evening, minutes=minutes)
    services.credit_all()
    assert bool(certificates()) is certificate
    assert [entry.minutes for entry in entries()] == [minutes]
    sign_in(client, sanne)
    page = client.get("/development").text
    assert (said("Less than %(percent)s%% of the time, so no points", percent=75) in page) is not certificate


def test_g8_a_gathering_without_points_and_one_that_nobody_came_to_give_nothing(sanne, was_there, calendar):
    make_gathering(title="Niemand", pe_tenths=20)
    was_there(sanne, make_gathering(pe_tenths=0))
    services.credit_all()
    assert entries() == certificates() == []


def test_g8_the_evening_itself_is_left_to_the_door(sanne, evening, was_there, calendar):
    was_there(sanne, evening)
    calendar.move_to(evening.ends_at + timedelta(hours=1), tick=False)
    services.credit_all()
    assert entries() == []


def test_g8_after_weeks_of_standstill_the_job_catches_up(sanne, evening, was_there, calendar):
    was_there(sanne, evening)
    calendar.move_to(evening.ends_at + timedelta(days=50), tick=False)
    services.credit_all()
    assert len(certificates()) == 1


def test_g8_the_mail_brings_the_certificate_as_it_was_printed(certified, posted, sanne):
    (mail,) = [mail for mail in posted(sanne) if mail.template == "development/certificate_ready"]
    attached = load(mail.attachments[0])
    assert attached.content == queries.paper(certified.id)
    assert attached.filename == f"deelnamebewijs-{codes.shown(certified.code)}.pdf"


@pytest.mark.parametrize("locale", ["nl", "en"])
def test_g8_the_mail_reads_as_it_should(sanne, evening, was_there, posted, locale):
    sanne.locale = locale
    was_there(sanne, evening)
    services.credit_all()
    (mail,) = [mail for mail in posted(sanne) if mail.template == "development/certificate_ready"]
    code = codes.shown(the_certificate().code)
    for name in ("text", "html"):
        setattr(mail, name, getattr(mail, name).replace(code, "0000-0000-0000"))
    mail.attachments = [
        kept | {"filename": kept["filename"].replace(code, "0000-0000-0000")} for kept in mail.attachments
    ]
    assert_mail_matches(mail, "development_certificate_ready")


@pytest.mark.parametrize("locale", ["nl", "en"])
def test_g8_the_paper_says_who_what_when_and_for_how_much(sanne, evening, was_there, locale):
    sanne.locale = locale
    scheme = make_scheme()
    services.register(
        sanne.id, scheme, starts_on=evening.starts_at.date().replace(month=1, day=1), number="", by=sanne.id
    )
    was_there(sanne, evening)
    services.credit_all()
    found = the_certificate()
    told = text_of(queries.paper(found.id))
    expected = ["Sanne de Graaf", "Veranderen zonder macht", "De Kapittelzaal, Utrecht", "Mirjam Boogaard"]
    expected += [codes.shown(found.code), "Register van interim-managers", "Van Dalen & Partners"]
    if locale == "nl":
        expected += ["Deelnamebewijs", "donderdag 14 januari 2027", "19.30–21.30", "2 uur van 2 uur", "PE-punten"]
    else:
        expected += ["Certificate of attendance", "Thursday 14 January 2027", "19:30–21:30", "2 h of 2 h", "PE points"]
    assert [line for line in expected if line not in told] == []


@pytest.mark.parametrize(
    ("mode", "told", "kept_quiet"), [("on_site", "Kapittelzaal", "Online"), ("online", "Online", "Kapittelzaal")]
)
def test_g1_g8_the_paper_of_a_hybrid_session_tells_how_somebody_took_part(
    client, sanne, bureau, calendar, mode, told, kept_quiet
):
    hybrid = make_gathering(starts_at=STARTS, pe_tenths=20, online_url="https://meet.example/zaal")
    calendar.move_to(STARTS - timedelta(days=1), tick=False)
    seat = booking.book_seat(hybrid, sanne.id, mode=SeatMode(mode), by=sanne.id)
    calendar.move_to(STARTS, tick=False)
    door.pass_door(seat.id, hybrid.id, Passage.IN, way=Way.NAME, by=bureau.id)
    db.session.commit()
    calendar.move_to(STARTS + timedelta(hours=17, minutes=30), tick=False)
    services.credit_all()
    found = the_certificate()
    for page in (text_of(queries.paper(found.id)), client.get(f"/certificates/{codes.shown(found.code)}").text):
        assert told in page
        assert kept_quiet not in page


def test_g8_a_reprint_is_the_same_bytes(client, sign_in, sanne, certified):
    sign_in(client, sanne)
    prints = {client.get(f"/development/certificates/{certified.id}.pdf").data for _ in range(2)}
    assert prints == {queries.paper(certified.id)} == {render(certified)}
    answer = client.get(f"/development/certificates/{certified.id}.pdf")
    assert answer.content_type == "application/pdf"


def test_g8_somebody_elses_certificate_is_not_there(client, sign_in, certified):
    sign_in(client, make_member())
    assert client.get(f"/development/certificates/{certified.id}.pdf").status_code == 404


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE attendance_certificate SET code = '000000000000'",
        "UPDATE attendance_certificate SET facts = '{}'",
        "UPDATE certificate_paper SET content = ''",
    ],
)
def test_g8_what_was_printed_never_changes(certified, statement):
    with pytest.raises(DBAPIError), db.session.begin_nested():
        db.session.execute(text(statement))


def test_g8_a_corrected_list_replaces_the_certificate_and_its_page_says_so(
    client, certified, sanne, evening, bureau, posted
):
    first = certified.code
    stay = db.session.scalars(select(Attendance)).one()
    stay.left_at = evening.starts_at + timedelta(minutes=100)
    db.session.commit()
    services.credit_all()
    newer = the_certificate()
    assert newer.code != first
    assert newer.facts["minutes"] == 100
    old = queries.by_code(first)
    assert old.replaced_by_id == newer.id
    page = client.get(f"/certificates/{codes.shown(first)}")
    assert page.status_code == 410
    assert said("This certificate was replaced") in page.text
    assert codes.shown(newer.code) not in page.text
    mails = [mail for mail in posted(sanne) if mail.template == "development/certificate_ready"]
    assert said("A new certificate of %(title)s", title=evening.title) in {mail.subject for mail in mails}


def test_g8_who_turns_out_not_to_have_been_there_loses_points_and_certificate(
    client, certified, sanne, evening, bureau, posted
):
    stay = db.session.scalars(select(Attendance)).one()
    door.undo(stay.id, evening.id, Passage.IN, by=bureau.id)
    db.session.commit()
    services.credit_all()
    (entry,) = entries()
    assert entry.state is EntryState.REMOVED
    page = client.get(f"/certificates/{certified.code}")
    assert page.status_code == 410
    assert said("This certificate was withdrawn") in page.text
    assert "Sanne" not in page.text
    assert evening.title not in page.text
    assert [mail.template for mail in posted(sanne)].count("development/certificate_withdrawn") == 1


def test_g8_the_bureau_withdraws_with_a_reason_that_only_the_holder_reads(
    client, sign_in, bureau, certified, sanne, posted
):
    sign_in(client, bureau)
    place = f"/bureau/development/certificates/{certified.id}"
    assert client.post(f"{place}/withdraw", data={"reason": ""}).status_code == 422
    assert client.post(f"{place}/withdraw", data={"reason": "Een ander zat op uw plaats."}).status_code == 303
    assert client.post(f"{place}/withdraw", data={"reason": "Nog eens."}).status_code == 409
    assert "Een ander zat op uw plaats." in client.get(place).text
    assert entries()[0].state is EntryState.WITHDRAWN
    services.credit_all()
    assert [one.withdrawn_at is None for one in certificates()] == [False]
    public = client.get(f"/certificates/{certified.code}").text
    assert "Een ander zat" not in public
    (mail,) = [mail for mail in posted(sanne) if mail.template == "development/certificate_withdrawn"]
    assert "Een ander zat op uw plaats." in mail.text


@pytest.mark.parametrize("locale", ["nl", "en"])
def test_g8_the_mail_of_a_withdrawal_reads_as_it_should(certified, sanne, bureau, posted, locale):
    sanne.locale = locale
    db.session.commit()
    services.withdraw(certified, why="De lijst klopte niet.", by=bureau.id)
    (mail,) = [mail for mail in posted(sanne) if mail.template == "development/certificate_withdrawn"]
    for name in ("text", "html"):
        setattr(mail, name, getattr(mail, name).replace(codes.shown(certified.code), "0000-0000-0000"))
    assert_mail_matches(mail, "development_certificate_withdrawn")


def test_g8_a_withdrawn_certificate_is_no_longer_its_holders_to_download(client, sign_in, bureau, certified, sanne):
    services.withdraw(certified, why="Vergissing.", by=bureau.id)
    sign_in(client, sanne)
    assert client.get(f"/development/certificates/{certified.id}.pdf").status_code == 404
    assert codes.shown(certified.code) not in client.get("/development").text


def test_g8_every_print_is_kept_with_its_fingerprint(certified):
    kept = db.session.scalars(select(CertificatePaper)).one()
    assert re.fullmatch(r"[0-9a-f]{64}", kept.sha256)
    assert BytesIO(kept.content).read(5) == b"%PDF-"
