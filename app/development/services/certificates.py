"""G8: certificates: issued once per attendance, printed once, withdrawn and replaced, never changed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

from app.agenda.models import Gathering, SeatMode
from app.audit import services as audit
from app.core import clock
from app.core.db import db, put_rows
from app.core.errors import IllegalTransition
from app.core.events import publish
from app.development import codes, queries, settings
from app.development.certificate_pdf import render
from app.development.events import CertificateIssued, CertificateWithdrawn
from app.development.models import AttendanceCertificate, CertificateChoice, CertificatePaper, EntryState, PeEntry
from app.development.points import earned, period_rules
from app.mail.rendering import link

NOT_THE_ATTENDANCE = ("name", "schemes", "house", "bureau")


def issue(
    entry: PeEntry, facts: Mapping[str, Any], *, locale: str, instead_of: AttendanceCertificate | None = None
) -> AttendanceCertificate:
    """Give an entry its certificate and print it; the one it stands instead of is withdrawn in the same breath."""
    if instead_of is not None:
        instead_of.withdrawn_at = clock.now()
        db.session.flush()
    found = draw_up(entry, facts, locale=locale, code=codes.new())
    db.session.add(found)
    db.session.flush()
    db.session.add(printed(found))
    if instead_of is not None:
        instead_of.replaced_by_id = found.id
        audit.record("certificate.replaced", by=None, on=("certificate", instead_of.id), after={"title": entry.title})
    db.session.flush()
    audit.record("certificate.issued", by=None, on=("certificate", found.id), after={"title": entry.title})
    publish(CertificateIssued(certificate_id=found.id, replaces_id=instead_of.id if instead_of else None))
    return found


def draw_up(entry: PeEntry, facts: Mapping[str, Any], *, locale: str, code: str) -> AttendanceCertificate:
    """Return a certificate with a code of its own, not kept yet; where to check it is part of what it says."""
    return AttendanceCertificate(
        id=uuid4(),
        code=code,
        entry_id=entry.id,
        account_id=entry.account_id,
        locale=locale,
        facts={**facts, "check": link("certificates.show", code=codes.shown(code))},
        issued_at=clock.now(),
    )


def printed(certificate: AttendanceCertificate) -> CertificatePaper:
    """Return the paper of a certificate, not kept yet."""
    content = render(certificate)
    return CertificatePaper(certificate_id=certificate.id, sha256=hashlib.sha256(content).hexdigest(), content=content)


def still_tells(certificate: AttendanceCertificate, facts: Mapping[str, Any]) -> bool:
    """Say whether a certificate still tells what is so; what its owner is called or joined since is not its concern."""
    return all(certificate.facts.get(name) == value for name, value in facts.items() if name not in NOT_THE_ATTENDANCE)


def withdraw(certificate: AttendanceCertificate, *, why: str, by: UUID | None) -> None:
    """G8: take a certificate back, and with it what it gave; its page tells so plainly, and its owner reads why."""
    if certificate.withdrawn_at is not None:
        raise IllegalTransition("withdrawn", "withdrawn")
    certificate.withdrawn_at, certificate.withdrawn_why = clock.now(), why
    entry = certificate.entry
    if by is not None and entry.state is EntryState.COUNTS:
        entry.state, entry.removed_at = EntryState.WITHDRAWN, clock.now()
    db.session.flush()
    audit.record(
        "certificate.withdrawn", by=by, on=("certificate", certificate.id), after={"title": entry.title, "reason": why}
    )
    publish(CertificateWithdrawn(certificate_id=certificate.id))


def choose_shown_name(account_id: UUID, *, shows_name: bool, by: UUID) -> None:
    """G8: say whether whoever checks the certificates reads the whole name, or the initials."""
    before = queries.shows_name(account_id)
    put_rows(CertificateChoice, [{"account_id": account_id, "shows_name": shows_name, "changed_at": clock.now()}])
    audit.record(
        "certificate.name_choice",
        by=by,
        on=("account", account_id),
        before={"shows_name": before},
        after={"shows_name": shows_name},
    )


def facts_of(entry: PeEntry, gathering: Gathering, mode: SeatMode, *, tenths: int, name: str) -> dict[str, Any]:
    """Put together what the paper says of an attendance that gives so many tenths of a point.

    G1: of a hybrid gathering it tells how this person took part: in the hall, or online.
    """
    house, hybrid = settings.house(), gathering.online_capacity is not None
    place = ", ".join(part for part in (gathering.venue, gathering.city) if part)
    return {
        "name": name,
        "title": entry.title,
        "kind": gathering.kind.value,
        "starts_at": gathering.starts_at.isoformat(),
        "ends_at": gathering.ends_at.isoformat(),
        "where": "" if hybrid and mode is SeatMode.ONLINE else place,
        "online": mode is SeatMode.ONLINE if hybrid else bool(gathering.online_url),
        "speakers": [speaker.name for speaker in gathering.speakers],
        "minutes": entry.minutes,
        "whole_minutes": entry.whole_minutes,
        "tenths": tenths,
        "schemes": _in_registers(entry),
        "house": house.name,
        "bureau": house.bureau,
    }


def _in_registers(entry: PeEntry) -> list[dict[str, Any]]:
    """Tell what an attendance gives in each register that its owner stands in on that day."""
    standing: Sequence[Any] = [
        one for one in queries.registrations_of(entry.account_id) if one.starts_on <= entry.done_on
    ]
    return [
        {
            "name_nl": one.scheme.name_nl,
            "name_en": one.scheme.name_en,
            "body": one.scheme.body,
            "tenths": earned(period_rules(one.starts_on, one.scheme.rules, entry.done_on), entry),
        }
        for one in standing
    ]
