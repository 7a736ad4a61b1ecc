"""A backup is the state of one moment while writes go on; a restore is checked, all or nothing."""

from __future__ import annotations

import json
import shutil
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text

from app.audit import services as audit
from app.audit.models import AuditEntry, AuditLink
from app.core import health
from app.core.backup import services
from app.core.db import atomic, db
from app.core.ddl import drop_append_only_ddl
from app.mail.models import Suppression
from app.mail.services import unsubscribe

pytestmark = pytest.mark.committed


@pytest.fixture
def portal(committed_app: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A portal with a few facts and one upload."""
    with atomic() as session:
        session.execute(
            text("CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
        )
        if not session.scalar(text("SELECT count(*) FROM alembic_version")):
            session.execute(text("INSERT INTO alembic_version VALUES ('r1')"))
    monkeypatch.setattr(health, "knows_revision", lambda revision: revision != "from the future")
    uploads = Path(committed_app.config["DATA_DIR"]) / "files" / "ab"
    uploads.mkdir(parents=True)
    (uploads / "cv.pdf").write_bytes(b"%PDF")
    deed("first")
    audit.seal()
    return committed_app


def deed(name: str) -> None:
    """Two rows that belong together: one without the other would be half a fact."""
    with atomic():
        unsubscribe(f"{name}@voorbeeld.example")
        audit.record("mail.left", by=None, on=("address", name))


def counts() -> tuple[int, int]:
    """Count both in one statement, and so as of one moment whoever writes meanwhile."""
    each = (select(func.count()).select_from(model).scalar_subquery() for model in (Suppression, AuditEntry))
    suppressions, entries = db.session.execute(select(*each)).one()
    db.session.rollback()
    return suppressions, entries


def run(portal: Any, *args: object) -> Any:
    return portal.test_cli_runner().invoke(args=[str(arg) for arg in args])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "backup.zip"


@pytest.fixture
def writer(portal: Any) -> Iterator[None]:
    """Somebody who keeps writing."""
    stop = threading.Event()

    def write() -> None:
        with portal.app_context():
            number = 0
            while not stop.is_set():
                number += 1
                deed(f"writer{number}")
                audit.seal()

    thread = threading.Thread(target=write)
    thread.start()
    yield
    stop.set()
    thread.join()


def test_a_backup_taken_while_writes_go_on_is_of_one_moment(portal, file, writer):
    for _ in range(3):
        assert run(portal, "backup", file).exit_code == 0
        manifest = json.loads(zipfile.ZipFile(file).read("manifest.json"))
        assert manifest["counts"]["mail_suppression"] == manifest["counts"]["audit_entry"]


def test_what_was_kept_comes_back_and_what_came_later_goes(portal, file):
    run(portal, "backup", file)
    deed("later")
    shutil.rmtree(Path(portal.config["DATA_DIR"]) / "files")
    back = run(portal, "restore", file, "--replace")
    assert back.exit_code == 0, back.output
    assert counts() == (1, 1)
    assert (Path(portal.config["DATA_DIR"]) / "files/ab/cv.pdf").read_bytes() == b"%PDF"
    assert audit.verify_chain().sound


def test_the_portal_goes_on_where_it_was(portal, file):
    """Numbers that were given out are not given out again, and the log still only grows."""
    run(portal, "backup", file)
    run(portal, "restore", file, "--replace")
    deed("next")
    audit.seal()
    assert audit.verify_chain().length == 2
    with pytest.raises(Exception, match="never changed or deleted"), atomic() as session:
        session.execute(text("DELETE FROM audit_link"))


def test_a_restore_while_writes_go_on_leaves_nothing_half(portal, file, writer):
    run(portal, "backup", file)
    assert run(portal, "restore", file, "--replace").exit_code == 0
    suppressions, entries = counts()
    assert suppressions == entries
    assert audit.verify_chain().sound


def test_a_database_with_data_is_not_overwritten_unasked(portal, file):
    run(portal, "backup", file)
    deed("later")
    refused = run(portal, "restore", file)
    assert (refused.exit_code, "--replace" in refused.output) == (1, True)
    assert counts() == (2, 2)


def repacked(file: Path, changes: dict[str, Any]) -> Path:
    """The same backup with another manifest."""
    other = file.with_name("other.zip")
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(other, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "manifest.json":
                content = json.dumps({**json.loads(content), **changes}).encode()
            new.writestr(name, content)
    return other


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"counts": {"mail_suppression": 9}}, "9 rows were kept, 1 came back"),
        ({"revision": "from the future"}, "does not know"),
        ({"dialect": "oracle"}, "of oracle"),
        ({"format": 99}, "format"),
        ({"surprise": 1}, "not complete"),
    ],
)
def test_a_backup_that_does_not_hold_is_refused_and_nothing_changes(portal, file, changes, reason):
    run(portal, "backup", file)
    deed("later")
    refused = run(portal, "restore", repacked(file, changes), "--replace")
    assert refused.exit_code == 1
    assert reason in refused.output
    assert counts() == (2, 2)


def test_a_broken_chain_is_not_restored(portal, file):
    dialect = db.engine.dialect.name
    with atomic() as session:
        for statement in drop_append_only_ddl("audit_link", dialect):
            session.execute(text(statement))
        session.execute(text("UPDATE audit_link SET hash = 'x'"))
    run(portal, "backup", file)
    with atomic() as session:
        session.execute(text("DELETE FROM audit_link"))
    refused = run(portal, "restore", file, "--replace")
    assert (refused.exit_code, "The audit log: position 1" in refused.output) == (1, True)
    assert db.session.scalar(select(func.count()).select_from(AuditLink)) == 0


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 nonsense", b"plain text"])
def test_what_is_no_backup_is_refused(portal, file, content):
    file.write_bytes(content)
    refused = run(portal, "restore", file, "--replace")
    assert (refused.exit_code, refused.exception.__class__) == (1, SystemExit)


def test_a_path_that_climbs_out_is_refused(portal, file):
    run(portal, "backup", file)
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("files/../../outside", b"x")
    refused = run(portal, "restore", file, "--replace")
    assert (refused.exit_code, "outside its folder" in refused.output) == (1, True)
    assert not (Path(portal.config["DATA_DIR"]).parent / "outside").exists()


def test_half_a_backup_never_looks_like_one(portal, file, monkeypatch):
    def fail(*_args: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(services.files, "add_uploads", fail)
    assert run(portal, "backup", file).exit_code == 1
    assert list(file.parent.glob("backup.zip*")) == []
