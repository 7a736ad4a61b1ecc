"""How the deeds of permanent education read in the audit log (B6). What members enter themselves is not told."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from sqlalchemy import select

from app.agenda import shown
from app.audit import services as audit
from app.audit.services import Field, ObjectKind, Page, Thing
from app.audit.values import choice, day
from app.core.db import db
from app.core.i18n import _, _l
from app.core.permissions import Permission
from app.development import codes, words
from app.development.models import AttendanceCertificate, PeEntry, PeRegistration, PeScheme

SENTENCES = {
    "pe_entry.credited": (_l("Attendance credited"), _l("%(person)s got “%(title)s” on the PE record")),
    "pe_entry.taken_back": (_l("Attendance taken back"), _l("“%(title)s” went from the PE record of %(person)s")),
    "pe_entry.entered": (_l("Own activity entered"), _l("%(actor)s entered an own activity: %(kind)s")),
    "pe_entry.changed": (_l("Own activity changed"), _l("%(actor)s changed an own activity: %(kind)s")),
    "pe_entry.removed": (_l("Own activity removed"), _l("%(actor)s took an own activity off the record: %(kind)s")),
    "pe_entry.restored": (_l("Own activity put back"), _l("%(actor)s put an own activity back: %(kind)s")),
    "pe_entry.forgotten": (_l("Removed activities erased"), _l("%(number)s removed own activities were erased")),
    "pe_registration.begun": (_l("Register chosen"), _l("%(actor)s began to count for %(scheme)s")),
    "pe_registration.ended": (_l("Register left"), _l("%(actor)s stopped counting for %(scheme)s")),
    "pe_registration.resumed": (_l("Register resumed"), _l("%(actor)s counts for %(scheme)s again")),
    "certificate.issued": (_l("Certificate issued"), _l("%(person)s got a certificate of “%(title)s”")),
    "certificate.replaced": (
        _l("Certificate replaced"),
        _l("The certificate of %(person)s of “%(title)s” was replaced by a corrected one"),
    ),
    "certificate.withdrawn": (
        _l("Certificate withdrawn"),
        _l("%(actor)s withdrew the certificate of %(person)s of “%(title)s”: %(reason)s"),
    ),
    "certificate.name_choice": (
        _l("Name on checked certificates"),
        _l("%(actor)s chose what whoever checks a certificate reads"),
    ),
    "pe_scheme.opened": (_l("Register put on the list"), _l("%(actor)s put the register “%(name_nl)s” on the list")),
    "pe_scheme.revised": (_l("Register changed"), _l("%(actor)s changed the register “%(object)s”")),
    "pe_rules.set": (
        _l("Rules for PE points set"),
        _l("%(actor)s laid down how “%(object)s” counts points from %(valid_from)s"),
    ),
}


def _points(value: int) -> str:
    return shown.points(Decimal(value) / 10)


FIELDS = {
    "basis": Field(_l("Counted from"), choice({basis: label for basis, (label, _hint) in words.BASES.items()})),
    "body": Field(_l("Professional body")),
    "carry_tenths": Field(_l("Most points to take along"), _points),
    "kind": Field(_l("Kind"), choice(words.KINDS)),
    "kinds": Field(_l("What counts"), choice(words.KINDS)),
    "least_minutes": Field(_l("Least time to be there")),
    "least_percent": Field(_l("Least part of the activity to be there")),
    "least_tenths": Field(_l("Points needed in a period"), _points),
    "minutes": Field(_l("Minutes")),
    "months": Field(_l("Length of a period in months")),
    "name_en": Field(_l("Name in English")),
    "name_nl": Field(_l("Name in Dutch")),
    "number": Field(_l("Number")),
    "on_offer": Field(_l("Members can choose it")),
    "own_tenths": Field(_l("Most points from own entries"), _points),
    "reason": Field(_l("Reason")),
    "rounding": Field(_l("Rounded"), choice(words.ROUNDINGS)),
    "scheme": Field(_l("Register")),
    "shows_name": Field(_l("Whole name shown")),
    "starts_on": Field(_l("Begins on"), day),
    "state": Field(_l("State")),
    "step_tenths": Field(_l("Rounded to tenths")),
    "tenths_per_hour": Field(_l("Points for an hour"), _points),
    "title": Field(_l("Gathering")),
    "valid_from": Field(_l("From"), day),
    "was": Field(_l("Kind before"), choice(words.KINDS)),
    "website": Field(_l("Website")),
}


def register() -> None:
    """Tell the log its names and sentences."""
    for action, (name, text) in SENTENCES.items():
        audit.sentence(action, text, name=name)
    for scope in ("pe_entry", "pe_registration", "certificate", "pe_scheme", "pe_rules"):
        audit.fields(scope, FIELDS)
    audit.objects("pe_entry", ObjectKind(_l("Activity"), audit.by_id(_entries)))
    audit.objects("pe_registration", ObjectKind(_l("Register of a member"), audit.by_id(_registrations)))
    page = Page("development_bureau.show", Permission.CERTIFICATE_READ)
    audit.objects("certificate", ObjectKind(_l("Certificate"), audit.by_id(_certificates), page))
    page = Page("development_bureau.scheme", Permission.PE_SCHEME_EDIT)
    audit.objects("pe_scheme", ObjectKind(_l("Register"), audit.by_id(_schemes), page))
    audit.objects("pe_rules", ObjectKind(_l("Rules"), lambda keys: {key: Thing(_("the circle")) for key in keys}))


def _entries(ids: list[UUID]) -> dict[UUID, Thing]:
    rows = db.session.execute(
        select(PeEntry.id, PeEntry.account_id, PeEntry.title, PeEntry.gathering_id).where(PeEntry.id.in_(ids))
    )
    return {row.id: Thing(row.title if row.gathering_id else "", row.account_id) for row in rows}


def _registrations(ids: list[UUID]) -> dict[UUID, Thing]:
    rows = db.session.execute(
        select(PeRegistration.id, PeRegistration.account_id, PeScheme.name_nl)
        .join(PeScheme, PeScheme.id == PeRegistration.scheme_id)
        .where(PeRegistration.id.in_(ids))
    )
    return {row.id: Thing(row.name_nl, row.account_id) for row in rows}


def _certificates(ids: list[UUID]) -> dict[UUID, Thing]:
    rows = db.session.execute(
        select(AttendanceCertificate.id, AttendanceCertificate.account_id, AttendanceCertificate.code).where(
            AttendanceCertificate.id.in_(ids)
        )
    )
    return {row.id: Thing(codes.shown(row.code), row.account_id) for row in rows}


def _schemes(ids: list[UUID]) -> dict[UUID, Thing]:
    return {one.id: Thing(one.name) for one in db.session.scalars(select(PeScheme).where(PeScheme.id.in_(ids)))}
