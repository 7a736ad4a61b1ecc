"""G1, G8: what goes with a gathering: files recognised by their content, links, each for whom and from when."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.agenda import services
from app.agenda.attendance import services as door
from app.agenda.attendance.models import Passage, Way
from app.agenda.materials import services as materials
from app.agenda.materials.models import Audience, Material, Opens
from app.agenda.materials.services import File, MaterialDetails
from app.agenda.models import Gathering, GatheringState
from app.core import files
from app.core.db import atomic, db
from tests.faults.plug import cut_off_everywhere

from .conftest import NOW, make_gathering, make_member, said
from .test_bureau import FILLED
from .test_pages import MOST_QUERIES, statements

PDF = b"%PDF-1.7\n...\n%%EOF\n"
ASKED = {"title": "De slides", "url": "", "audience": "booked", "opens": "before"}


def office(folder: str) -> bytes:
    """The smallest zip that is a document of an office program."""
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(f"{folder}/document.xml", "<a/>")
    return kept.getvalue()


def put(gathering: Gathering, title: str = "De slides", **values: Any) -> Material:
    """A file with a gathering, for who has a seat, at once."""
    file = File("slides.pdf", "application/pdf", ".pdf", PDF)
    usual = {"audience": Audience.BOOKED, "opens": Opens.BEFORE, "file": None if values.get("url") else file}
    details = MaterialDetails(title=title, **usual | values)
    db.session.commit()
    with atomic():
        return materials.add(gathering.id, details, by=make_member(password=None).id)


def only() -> Material:
    db.session.expire_all()
    return db.session.scalars(select(Material)).one()


def kept_files(app: Any) -> list[Path]:
    return [path for path in (Path(app.config["DATA_DIR"]) / "files").rglob("*") if path.is_file()]


def address(material: Material) -> str:
    return f"/agenda/{material.gathering_id}/materials/{material.id}"


@pytest.fixture
def coordinator(client, sign_in, make_account):
    return sign_in(client, make_account(roles=("coordinator",)))


@pytest.fixture
def posting(client):
    def post(path: str, content: bytes | None = None, name: str = "slides.pdf", **changes: str) -> Any:
        data: dict[str, Any] = ASKED | changes
        if content is not None:
            data["file"] = (io.BytesIO(content), name)
        return client.post(path, data=data, content_type="multipart/form-data")

    return post


@pytest.mark.parametrize(
    ("content", "name", "mimetype", "shown"),
    [
        (PDF, "slides.pdf", "application/pdf", "slides.pdf"),
        (PDF, "slides.exe", "application/pdf", "slides.pdf"),
        (PDF, "../../etc/passwd", "application/pdf", "passwd.pdf"),
        (
            office("ppt"),
            "S.PPTX",
            "application/vnd.openxmlformats-officedocument.presentationml.presentation",
            "S.PPTX",
        ),
        (
            office("word"),
            "verslag.docx",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            "verslag.docx",
        ),
        (b"\x89PNG\r\n\x1a\n...", "bord.png", "image/png", "bord.png"),
    ],
)
def test_g1_a_file_is_what_is_in_it_and_comes_back_as_a_download(
    app, client, coordinator, posting, content, name, mimetype, shown
):
    gathering = make_gathering()
    assert posting(f"/bureau/agenda/{gathering.id}/materials", content, name).status_code == 303
    material = only()
    assert (material.mimetype, material.shown_name, material.size) == (mimetype, shown, len(content))
    assert files.path(material.stored_name).read_bytes() == content
    assert not str(files.path(material.stored_name)).startswith(str(app.static_folder))
    answer = client.get(f"/bureau/agenda/{gathering.id}/materials/{material.id}/file")
    assert answer.data == content
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("content", "changes", "field"),
    [
        (b"<html><script>alert(1)</script></html>", {}, "file"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", {}, "file"),
        (b"MZ\x90\x00", {}, "file"),
        (b"", {}, "file"),
        (None, {}, "file"),
        (None, {"url": "javascript:alert(1)"}, "url"),
        (PDF, {"url": "https://film.example"}, "url"),
        (PDF, {"title": ""}, "title"),
        (PDF, {"audience": "staff"}, "audience"),
        (PDF, {"opens": ""}, "opens"),
    ],
)
def test_g1_what_cannot_be_a_material_is_told_by_the_field_and_leaves_no_file(
    app, coordinator, posting, content, changes, field
):
    before = len(kept_files(app))
    answer = posting(f"/bureau/agenda/{make_gathering().id}/materials", content, **changes)
    assert answer.status_code == 422
    assert re.search(rf'<a href="#{field}(-0)?">', answer.text)
    assert db.session.scalars(select(Material)).first() is None
    assert len(kept_files(app)) == before


def test_g1_a_file_of_more_than_twenty_megabytes_is_told_at_the_field_and_what_was_typed_is_kept(client, coordinator):
    """The body is made by hand: the test client keeps bodies this large in files that it leaves open."""
    fields = "".join(
        f'--line\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in ASKED.items()
    )
    part = '--line\r\nContent-Disposition: form-data; name="file"; filename="s.pdf"\r\nContent-Type: application/pdf'
    body = f"{fields}{part}\r\n\r\n".encode() + PDF + b" " * (20 * 1024 * 1024) + b"%%EOF\r\n--line--\r\n"
    here = f"/bureau/agenda/{make_gathering().id}/materials"
    answer = client.post(here, data=body, content_type="multipart/form-data; boundary=line")
    assert answer.status_code == 422
    assert "hoogstens 20 MB" in answer.text
    assert 'value="De slides"' in answer.text


def test_g1_a_link_is_shown_to_whom_it_is_for(client, coordinator, posting, sign_in):
    gathering, member = make_gathering(), make_member()
    posting(f"/bureau/agenda/{gathering.id}/materials", None, url="https://film.example/deel-1", audience="members")
    assert "film.example" not in client.get(f"/agenda/{gathering.id}").text
    sign_in(client, member)
    assert 'href="https://film.example/deel-1"' in client.get(f"/agenda/{gathering.id}").text
    assert client.get(address(only())).status_code == 404


WHO = ("visitor", "account", "member", "booked", "there", "speaker")


@pytest.mark.parametrize(
    ("audience", "opens", "over", "seen"),
    [
        (Audience.PUBLIC, Opens.BEFORE, False, set(WHO)),
        (Audience.PUBLIC, Opens.AFTERWARDS, False, {"speaker"}),
        (Audience.PUBLIC, Opens.AFTERWARDS, True, set(WHO)),
        (Audience.MEMBERS, Opens.BEFORE, False, {"member", "booked", "there", "speaker"}),
        (Audience.MEMBERS, Opens.AFTERWARDS, False, {"speaker"}),
        (Audience.BOOKED, Opens.BEFORE, False, {"booked", "there", "speaker"}),
        (Audience.BOOKED, Opens.AFTERWARDS, False, {"speaker"}),
        (Audience.BOOKED, Opens.AFTERWARDS, True, {"booked", "there", "speaker"}),
        (Audience.ATTENDED, Opens.AFTERWARDS, False, {"speaker"}),
        (Audience.ATTENDED, Opens.AFTERWARDS, True, {"there", "speaker"}),
        (Audience.SPEAKERS, Opens.BEFORE, False, {"speaker"}),
        (Audience.SPEAKERS, Opens.AFTERWARDS, True, {"speaker"}),
    ],
)
@pytest.mark.parametrize("who", WHO)
def test_g1_page_and_file_agree_on_who_sees_a_material_and_when(
    client, sign_in, make_account, calendar, audience, opens, over, seen, who
):
    gathering, booked, speaker = make_gathering(starts_at=NOW + timedelta(hours=2)), make_member(), make_account()
    services.book_seat(gathering, booked.id, by=booked.id)
    there = make_member()
    seat = services.book_seat(gathering, there.id, by=there.id)
    gathering.speakers[0].account_id = speaker.id
    db.session.commit()
    material = put(gathering, audience=audience, opens=opens)
    if over:
        calendar.move_to(gathering.starts_at)
        door.pass_door(seat.id, gathering.id, Passage.IN, way=Way.NAME, by=speaker.id)
        calendar.move_to(gathering.ends_at + timedelta(minutes=1))
    people = {"account": make_account, "member": make_member}
    known = {"booked": booked, "there": there, "speaker": speaker}
    if who != "visitor":
        sign_in(client, known[who] if who in known else people[who]())
    wanted = who in seen
    assert (address(material) in client.get(f"/agenda/{gathering.id}").text) is wanted
    assert client.get(address(material)).status_code == (200 if wanted else 404)


@pytest.mark.parametrize("state", [GatheringState.DRAFT, GatheringState.CANCELLED])
def test_g1_a_draft_or_a_cancelled_gathering_gives_nothing_away(client, state):
    gathering = make_gathering(state=state)
    material = put(gathering, audience=Audience.PUBLIC)
    assert client.get(address(material)).status_code == 404
    assert address(material) not in client.get(f"/agenda/{gathering.id}").text


def test_g1_a_material_is_found_only_with_its_own_gathering(client, coordinator):
    material, other = put(make_gathering(), audience=Audience.PUBLIC), make_gathering()
    assert client.get(f"/agenda/{other.id}/materials/{material.id}").status_code == 404
    assert client.get(f"/bureau/agenda/{other.id}/materials/{material.id}").status_code == 404


def test_g1_changing_keeps_the_file_until_another_takes_its_place(app, client, coordinator, posting):
    material = put(make_gathering())
    here, first = f"/bureau/agenda/{material.gathering_id}/materials/{material.id}", material.stored_name
    assert "slides.pdf" in client.get(here).text
    assert posting(here, None, title="De sheets", audience="public").status_code == 303
    assert (only().title, only().audience, only().stored_name) == ("De sheets", Audience.PUBLIC, first)
    assert posting(here, PDF + b"\n%%EOF", "nieuw.pdf").status_code == 303
    assert only().shown_name == "nieuw.pdf"
    assert not files.path(first).exists()
    second = only().stored_name
    assert posting(here, None, url="https://film.example").status_code == 303
    assert (only().url, only().stored_name) == ("https://film.example", "")
    assert not files.path(second).exists()
    assert posting(here, None, url="").status_code == 422
    assert posting(here, PDF, url="https://film.example").status_code == 303
    assert (only().url, only().shown_name) == ("", "slides.pdf")


def test_g1_taking_away_asks_first_and_then_the_file_is_gone(client, coordinator):
    material = put(make_gathering())
    here, stored = f"/bureau/agenda/{material.gathering_id}/materials/{material.id}/remove", material.stored_name
    assert material.title in client.get(here).text
    assert files.path(stored).exists()
    assert client.post(here).status_code == 303
    assert client.post(here).status_code == 404
    assert not files.path(stored).exists()


def test_g1_a_draft_that_is_thrown_away_takes_its_files_with_it(client, coordinator):
    gathering = make_gathering(state=GatheringState.DRAFT)
    stored = put(gathering).stored_name
    assert client.post(f"/bureau/agenda/{gathering.id}/discard").status_code == 303
    assert not files.path(stored).exists()
    assert db.session.scalars(select(Material)).first() is None


def test_g1_there_is_an_end_to_materials(client, coordinator, posting):
    gathering = make_gathering()
    for number in range(materials.MOST):
        put(gathering, title=f"Deel {number}", url=f"https://film.example/{number}")
    answer = posting(f"/bureau/agenda/{gathering.id}/materials", PDF)
    assert answer.status_code == 409
    assert said("There are %(most)s materials already. Take one away first.", most=materials.MOST) in answer.text


@pytest.mark.parametrize(
    "path", ["materials", "materials/{material}", "materials/{material}/remove", "materials/{material}/file"]
)
def test_only_who_keeps_the_agenda_handles_materials(client, sign_in, path):
    material = put(make_gathering())
    here = f"/bureau/agenda/{material.gathering_id}/{path}".format(material=material.id)
    assert client.get(here).status_code == 303
    sign_in(client, make_member())
    assert client.get(here).status_code == 404


def test_g1_a_speaker_is_known_by_the_account_and_sees_the_online_address(client, sign_in, coordinator, make_account):
    speaker, room = (
        make_account(email="mirjam@voorbeeld.example"),
        {"online_url": "https://meet.example/zaal", "online_capacity": "12"},
    )
    gathering = make_gathering(online_url="https://meet.example/zaal")
    edit = f"/bureau/agenda/{gathering.id}/edit"
    unknown = client.post(edit, data=FILLED | room | {"speakers-0-email": "niemand@voorbeeld.example"})
    assert unknown.status_code == 422
    assert '<a href="#speakers-0-email">' in unknown.text
    assert client.post(edit, data=FILLED | room | {"speakers-0-email": " Mirjam@voorbeeld.example"}).status_code == 303
    assert 'value="mirjam@voorbeeld.example"' in client.get(edit).text
    sign_in(client, make_member())
    assert "meet.example" not in client.get(f"/agenda/{gathering.id}").text
    sign_in(client, speaker)
    assert "meet.example" in client.get(f"/agenda/{gathering.id}").text


def test_g10_materials_cost_a_page_no_question_more(client, sign_in, calendar):
    gathering, member = make_gathering(speakers=("Een", "Twee")), make_member()
    services.book_seat(gathering, member.id, by=member.id)
    for number in range(4):
        put(gathering, title=f"Deel {number}")
        calendar.shift(timedelta(seconds=1))
    sign_in(client, member)
    db.session.commit()
    assert statements(lambda: client.get(f"/agenda/{gathering.id}")) <= MOST_QUERIES
    page = client.get(f"/agenda/{gathering.id}").text
    assert re.findall(r"Deel \d", page) == [f"Deel {number}" for number in range(4)]
    assert page.count('class="initials"') == 2
    sign_in(client, make_member(until=date(2027, 1, 10)))
    db.session.commit()
    assert statements(lambda: client.get(f"/agenda/{gathering.id}")) <= MOST_QUERIES


def test_what_was_done_with_a_material_stands_in_the_log_as_a_sentence(
    client, coordinator, posting, sign_in, make_account
):
    material = put(make_gathering())
    here = f"/bureau/agenda/{material.gathering_id}/materials/{material.id}"
    posting(here, None, audience="public")
    client.post(f"{here}/remove")
    sign_in(client, make_account(roles=("administrator",)))
    page = client.get("/bureau/audit").text
    for word in ("toe", "wijzigde het materiaal", "haalde het materiaal"):
        assert word in page


@pytest.mark.committed
def test_g1_putting_another_file_is_all_or_nothing_at_every_statement(committed_app):
    with atomic():
        gathering = make_gathering()
    material = put(gathering)
    first, by = material.stored_name, make_member
    with atomic():
        person = by().id

    def change() -> None:
        with atomic():
            details = MaterialDetails(
                title="Nieuw",
                audience=Audience.BOOKED,
                opens=Opens.BEFORE,
                file=File("n.pdf", "application/pdf", ".pdf", PDF),
            )
            materials.change(db.session.scalars(select(Material)).one(), details, by=person)
            assert files.path(first).exists()

    assert cut_off_everywhere(change)[0] >= 3
    assert not files.path(first).exists()
    assert files.path(only().stored_name).exists()
