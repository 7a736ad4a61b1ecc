"""V3: the work on the case: kept as it is typed, in as many sittings as it takes, until the second it closes."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from app.audit import services as audit
from app.challenge.models import EditionState, Nominee, NomineeState
from app.challenge.services.nominating import TooLate
from app.core import clock, files
from app.core.db import db, now_in_database
from app.core.errors import NotFound, Refusal
from app.core.i18n import _l


class ChangedElsewhere(Refusal):
    """Two windows: the work was saved in another one since this one was opened."""

    message = _l(
        "You saved your work in another window in the meantime. Below is what you typed here; save again to keep this."
    )


@dataclass(frozen=True, kw_only=True)
class Work:
    """What a nominee hands in; without `content` the file that is there stays."""

    plan: str
    short_cv: str
    note: str
    content: bytes = b""
    name: str = ""


def save_work(nominee_id: UUID, work: Work, *, seen: int, by: UUID) -> Nominee:
    """V3: keep the work as it stands. `seen` is the version it was opened with. The database's clock closes it."""
    nominee = db.session.get(Nominee, nominee_id, with_for_update={"of": Nominee}, populate_existing=True)
    if nominee is None or nominee.state is not NomineeState.TAKING_PART:
        raise NotFound
    edition = nominee.edition
    closes = edition.work_until
    if edition.state is not EditionState.NOMINATION or closes is None or now_in_database() > closes:
        raise TooLate
    texts = (work.plan, work.short_cv, work.note)
    if texts == (nominee.plan, nominee.short_cv, nominee.note) and not work.content:
        return nominee
    if nominee.version != seen:
        raise ChangedElsewhere
    nominee.plan, nominee.short_cv, nominee.note = texts
    if work.content:
        if nominee.plan_file:
            files.discard_when_safe(nominee.plan_file)
        nominee.plan_file, nominee.plan_name = files.keep(work.content, "pdf"), work.name
        nominee.plan_size = len(work.content)
        audit.record("nominee.file_handed_in", by=by, on=("nominee", nominee.id), after={"size": nominee.plan_size})
    if nominee.version == 0:
        audit.record("nominee.work_begun", by=by, on=("nominee", nominee.id))
    nominee.version += 1
    nominee.saved_at = clock.now()
    db.session.flush()
    return nominee
