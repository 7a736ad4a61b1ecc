"""G8: from who was at a gathering to their records and certificates; put right for as long as the door's list may be.

The job runs every day at one o'clock, an hour after it is settled who did not come. It looks at whole gatherings, so
that it catches up after days of standstill, and running it again changes nothing.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.accounts import queries as accounts
from app.accounts.models import Account
from app.agenda import queries as agenda
from app.agenda.attendance import queries as attendance
from app.agenda.attendance.queries import Presence
from app.agenda.models import Gathering, GatheringKind, GatheringState, SeatMode
from app.audit import services as audit
from app.core import clock
from app.core.db import atomic, db
from app.core.i18n import _, speaking
from app.development import queries, settings
from app.development.models import AttendanceCertificate, EntryState, Kind, PeEntry
from app.development.points import earned, year_rules
from app.development.services import certificates

DAILY_AT = "13:00"
LOOKED_BACK = timedelta(days=60)
MINUTE = timedelta(minutes=1)
KINDS = {GatheringKind.OPEN_PEER_REVIEW: Kind.PEER_REVIEW}
CREDITED = ("title", "kind", "organiser", "done_on", "minutes", "whole_minutes", "tenths")
log = logging.getLogger(__name__)


def credit_all() -> None:
    """Bring the records in line with every gathering of the past weeks that was over before today."""
    today = clock.today()
    midnight = clock.at_home(datetime(today.year, today.month, today.day))  # noqa: DTZ001  made aware by at_home
    attended = attendance.attended_between(midnight - LOOKED_BACK, midnight)
    for gathering_id in dict.fromkeys([*attended, *queries.credited_since(today - LOOKED_BACK)]):
        credit(gathering_id)


def credit(gathering_id: UUID) -> None:
    """Bring the records of whoever was, or was not after all, at one gathering in line with it: person by person."""
    gathering = agenda.any_gathering(gathering_id)
    gives = gathering.pe_tenths > 0 and gathering.state is GatheringState.PUBLISHED
    present = {one.account_id: one for one in attendance.presences(gathering_id)} if gives else {}
    known = {entry.account_id for entry in queries.entries_at(gathering_id) if entry.state is EntryState.COUNTS}
    for presence in present.values():
        with atomic():
            _credit(agenda.any_gathering(gathering_id), presence)
    for account_id in known - present.keys():
        with atomic():
            _take_back(queries.entry_at(gathering_id, account_id))


def _credit(gathering: Gathering, presence: Presence) -> None:
    entry, account = queries.entry_at(gathering.id, presence.account_id), accounts.account(presence.account_id)
    if account.is_anonymous or (entry is not None and entry.state is EntryState.WITHDRAWN):
        return
    values = entry_values(gathering, presence)
    if entry is None or entry.state is not EntryState.COUNTS or _differs(entry, values):
        entry = _write(entry, presence.account_id, gathering.id, values)
    _keep_certificate(entry, gathering, presence.mode, account)


def entry_values(gathering: Gathering, presence: Presence) -> dict[str, Any]:
    """Return what somebody's presence at a gathering comes to on their record."""
    whole = int((gathering.ends_at - gathering.starts_at) / MINUTE)
    return {
        "title": gathering.title,
        "kind": KINDS.get(gathering.kind, Kind.SESSION),
        "organiser": settings.house().bureau[:120],
        "done_on": clock.local(gathering.starts_at).date(),
        "minutes": min(presence.minutes, whole),
        "whole_minutes": whole,
        "tenths": gathering.pe_tenths,
    }


def _differs(entry: PeEntry, values: dict[str, Any]) -> bool:
    return any(getattr(entry, name) != values[name] for name in CREDITED)


def _write(entry: PeEntry | None, account_id: UUID, gathering_id: UUID, values: dict[str, Any]) -> PeEntry:
    before = {"minutes": entry.minutes} if entry else None
    if entry is None:
        entry = PeEntry(account_id=account_id, gathering_id=gathering_id, created_at=clock.now())
        db.session.add(entry)
    for name, value in values.items():
        setattr(entry, name, value)
    entry.state, entry.removed_at = EntryState.COUNTS, None
    db.session.flush()
    after = {"title": entry.title, "minutes": entry.minutes}
    audit.record("pe_entry.credited", by=None, on=("pe_entry", entry.id), before=before, after=after)
    return entry


def _take_back(entry: PeEntry | None) -> None:
    """Take an attendance off the record that was none after all, and its certificate with it."""
    if entry is None or entry.state is not EntryState.COUNTS:
        return
    entry.state, entry.removed_at = EntryState.REMOVED, clock.now()
    db.session.flush()
    audit.record("pe_entry.taken_back", by=None, on=("pe_entry", entry.id), after={"title": entry.title})
    _withdraw(queries.standing_certificate(entry.id), _no_longer_there)


def _keep_certificate(entry: PeEntry, gathering: Gathering, mode: SeatMode, account: Account) -> None:
    """Give an attendance the certificate that it deserves by the circle's rules, and none that it does not."""
    standing = queries.standing_certificate(entry.id)
    tenths = earned(year_rules(queries.circle_rules(), entry.done_on), entry)
    if not tenths:
        _withdraw(standing, _too_short)
        return
    facts = certificates.facts_of(entry, gathering, mode, tenths=tenths, name=account.name)
    if standing is None or not certificates.still_tells(standing, facts):
        certificates.issue(entry, facts, locale=account.locale, instead_of=standing)


def _withdraw(standing: AttendanceCertificate | None, why: Any) -> None:
    if standing is None:
        return
    with speaking(standing.locale):
        certificates.withdraw(standing, why=why(), by=None)


def _no_longer_there() -> str:
    return _("The list of who was there was corrected: you are no longer on it.")


def _too_short() -> str:
    return _("The list of who was there was corrected: it was too short a time for points.")
