"""A zip of the invoices and credit notes of a period: streamed when small, made by a job when large (P9)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from sqlalchemy import select, update

from app.accounts.models import Account
from app.audit import services as audit
from app.core import clock, files
from app.core.db import atomic, db
from app.core.events import publish
from app.jobs import services as jobs
from app.payments import queries
from app.payments.events import ArchiveLongAwaited
from app.payments.models import InvoiceArchive
from app.payments.services.documents import Paper, credit_note, credit_note_for_books, invoice, invoice_for_books

SMALL = 100
KEPT = timedelta(days=7)
LONG = timedelta(minutes=1)
_OLDEST_IN_ZIP = (1980, 1, 1, 0, 0, 0)


class _Sink:
    """Something for a zip to be written to that hands on what was written; zipfile sees that it cannot seek."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, piece: bytes, /) -> int:
        self._pieces.append(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        """Do nothing: what was written is taken by `taken`."""

    def close(self) -> None:
        """Do nothing: there is nothing to let go of."""

    def taken(self) -> bytes:
        pieces = b"".join(self._pieces)
        self._pieces.clear()
        return pieces


def papers(first: date, last: date) -> Iterator[tuple[date, Paper]]:
    """Return every document of a period with its day, invoices first."""
    for bills in queries.issued_bills(first, last):
        for bill in bills:
            assert bill.issued_on is not None
            yield bill.issued_on, invoice(bill)
            yield bill.issued_on, invoice_for_books(bill)
    for notes in queries.issued_credit_notes(first, last):
        for note in notes:
            yield note.issued_on, credit_note(note)
            yield note.issued_on, credit_note_for_books(note)


def zipped(first: date, last: date, told: Callable[[int], object] = lambda _done: None) -> Iterator[bytes]:
    """Yield the zip of a period, document by document, telling how many are done; memory does not grow with it."""
    sink = _Sink()
    with ZipFile(sink, "w", ZIP_DEFLATED) as archive:
        for done, (day, paper) in enumerate(papers(first, last), start=1):
            entry = ZipInfo(paper.filename, date_time=max((day.year, day.month, day.day, 0, 0, 0), _OLDEST_IN_ZIP))
            entry.compress_type = ZIP_DEFLATED
            archive.writestr(entry, paper.content())
            yield sink.taken()
            told(done)
    yield sink.taken()


def order_archive(first: date, last: date, *, by: Account) -> InvoiceArchive:
    """Ask for the zip of a period to be made; the page that shows it tells how far it is."""
    archive = InvoiceArchive(first_on=first, last_on=last, total=queries.counted_papers(first, last), created_by=by.id)
    db.session.add(archive)
    db.session.flush()
    audit.record(
        "payments.archive.ordered",
        by=by.id,
        on=("invoice_archive", archive.id),
        after={"first_on": first, "last_on": last},
    )
    jobs.enqueue("payments.make_archive", key=f"archive:{archive.id}", payload={"archive_id": str(archive.id)})
    return archive


def make_archive(archive_id: UUID) -> None:
    """Make the zip that was asked for; begun anew after a crash, and one that is made stays as it is."""
    archive = queries.archive(archive_id)
    if archive.finished_at is not None:
        return
    first, last, step = archive.first_on, archive.last_on, max(archive.total // 50, 10)

    def told(done: int) -> None:
        if done % step == 0:
            _note(archive_id, done=done)

    name = files.keep_pieces(zipped(first, last, told), "zip")
    with atomic():
        _write(archive_id, done=queries.counted_papers(first, last), file=name, finished_at=clock.now())
        _tell_who_left(archive_id)


def archive_failed(archive_id: UUID) -> None:
    """Tell that a zip could not be made."""
    _write(archive_id, failed_at=clock.now())
    _tell_who_left(archive_id)


def _tell_who_left(archive_id: UUID) -> None:
    """Whoever asked watches the page for a while; after that they are told by mail."""
    if clock.now() - queries.archive(archive_id).created_at >= LONG:
        publish(ArchiveLongAwaited(archive_id=archive_id))


def _note(archive_id: UUID, **values: object) -> None:
    with atomic():
        _write(archive_id, **values)


def _write(archive_id: UUID, **values: object) -> None:
    db.session.execute(update(InvoiceArchive).where(InvoiceArchive.id == archive_id).values(**values))


def discard_archives() -> int:
    """Throw away the zips of more than a week ago; they can be made again at any time."""
    old = InvoiceArchive.created_at < clock.now() - KEPT
    found = db.session.execute(select(InvoiceArchive.id, InvoiceArchive.file).where(old)).all()
    for archive_id, name in found:
        if name:
            files.discard(name)
        with atomic() as session:
            session.delete(session.get_one(InvoiceArchive, archive_id))
    return len(found)
