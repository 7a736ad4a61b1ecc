"""Records, registers and certificates for the demo: what members did here and elsewhere, and the proof of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID

from app.accounts import queries as accounts
from app.accounts.demo import demo_id
from app.agenda import queries as agenda
from app.agenda.attendance import queries as attendance
from app.agenda.models import Gathering, SeatMode
from app.core import clock, files
from app.core.db import insert_rows
from app.core.demo import DemoPlan, drawn_id
from app.development import codes, queries, services
from app.development.models import (
    AttendanceCertificate,
    Basis,
    CertificatePaper,
    EntryState,
    Kind,
    PeEntry,
    PeRegistration,
    PeRules,
    PeScheme,
    Rounding,
)
from app.development.points import earned, year_rules
from app.development.services.crediting import entry_values

MOST_CERTIFICATES = 60
REGISTERED_ONE_IN = 4
AT_ONCE = 2000
YEARS_AGO = 1
BEGINNING = date(2020, 1, 1)
PAST = timedelta(days=5 * 366)
SCHEMES: tuple[tuple[dict[str, Any], dict[str, Any]], ...] = (
    (
        {
            "name_nl": "Register van interim-managers",
            "name_en": "Register of interim managers",
            "body": "Stichting Toetsing Interim-management",
            "website": "https://toetsing.example",
        },
        {
            "months": 36,
            "least_tenths": 600,
            "carry_tenths": 100,
            "basis": Basis.GIVEN,
            "tenths_per_hour": 10,
            "least_percent": 75,
            "least_minutes": 0,
            "step_tenths": 5,
            "rounding": Rounding.DOWN,
            "own_tenths": 300,
        },
    ),
    (
        {
            "name_nl": "Register van bedrijfscoaches",
            "name_en": "Register of business coaches",
            "body": "Beroepsvereniging van Bedrijfscoaches",
            "website": "",
        },
        {
            "months": 12,
            "least_tenths": 160,
            "carry_tenths": 0,
            "basis": Basis.TIME,
            "tenths_per_hour": 10,
            "least_percent": 0,
            "least_minutes": 60,
            "step_tenths": 10,
            "rounding": Rounding.NEAREST,
            "own_tenths": None,
        },
    ),
)
ELSEWHERE = (
    (Kind.COURSE, "Governance voor toezichthouders", "Hogeschool voor Bestuur", 7, 60, 40),
    (Kind.PEER_REVIEW, "Intervisiegroep zuid, vier avonden", "Intervisiegroep Zuid", 8, None, 95),
    (Kind.COACHING, "Coaching bij een lastige overdracht", "E. Molenaar coaching", 4, None, 210),
    (Kind.TEACHING, "Gastcollege verandermanagement", "Universiteit aan de Maas", 2, 20, 330),
)


def seed(plan: DemoPlan) -> None:
    """Credit everybody for what they were at, enter a few things elsewhere, and print the newest certificates."""
    rng = plan.chance("development")
    _open_schemes(rng)
    rows = list(_attended(plan, rng))
    people = sorted({row["account_id"] for row in rows} | {demo_id("lid")}, key=str)
    rows += [row | _proof(row["title"]) for row in _elsewhere(plan, rng, demo_id("lid"), ELSEWHERE)]
    for account_id in people[::REGISTERED_ONE_IN]:
        rows += _elsewhere(plan, rng, account_id, rng.sample(ELSEWHERE, 1)) if account_id != demo_id("lid") else []
    for start in range(0, len(rows), AT_ONCE):
        insert_rows(PeEntry, rows[start : start + AT_ONCE])
    _register(plan, rng, people)
    _print(rows, rng)


def _open_schemes(rng: Random) -> None:
    for named, counted in SCHEMES:
        scheme_id = drawn_id(rng)
        insert_rows(PeScheme, [{"id": scheme_id, "on_offer": True, "created_at": clock.now(), **named}])
        kinds = [kind.value for kind in Kind]
        rules = {"id": drawn_id(rng), "scheme_id": scheme_id, "valid_from": BEGINNING, "kinds": kinds}
        insert_rows(PeRules, [rules | counted])


def _attended(plan: DemoPlan, rng: Random) -> Iterator[dict[str, Any]]:
    """Give whoever was at a gathering with points what they get for it, the newest gathering first."""
    over = attendance.attended_between(clock.now() - PAST, clock.at_home(datetime.combine(plan.today, time())))
    for gathering_id in reversed(over):
        gathering = agenda.any_gathering(gathering_id)
        if gathering.pe_tenths:
            for presence in attendance.presences(gathering_id):
                yield _row(rng, presence.account_id, gathering.ends_at, entry_values(gathering, presence)) | {
                    "gathering_id": gathering_id
                }


def _row(rng: Random, account_id: UUID, at: datetime, values: Mapping[str, Any]) -> dict[str, Any]:
    nothing = {"gathering_id": None, "proof": "", "proof_name": "", "proof_type": "", "removed_at": None}
    return {
        "id": drawn_id(rng),
        "account_id": account_id,
        "state": EntryState.COUNTS,
        "created_at": min(at + timedelta(days=1), clock.now()),
        **nothing,
        **values,
    }


def _elsewhere(plan: DemoPlan, rng: Random, account_id: UUID, activities: Any) -> list[dict[str, Any]]:
    rows = []
    for kind, title, organiser, hours, tenths, days_ago in activities:
        day = plan.today - timedelta(days=days_ago)
        values = {
            "kind": kind,
            "title": title,
            "organiser": organiser,
            "done_on": day,
            "minutes": hours * 60,
            "whole_minutes": hours * 60,
            "tenths": tenths,
        }
        rows.append(_row(rng, account_id, clock.at_home(datetime.combine(day, time(17))), values))
    return rows


def _proof(title: str) -> dict[str, str]:
    name = f"{title.split(',', maxsplit=1)[0].lower().replace(' ', '-')}.pdf"
    return {"proof": files.keep(A_PAGE, "pdf"), "proof_name": name, "proof_type": "application/pdf"}


A_PAGE = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\n"
    b"trailer<</Root 1 0 R>>\n%%EOF\n"
)


def _register(plan: DemoPlan, rng: Random, people: list[UUID]) -> None:
    """Let the demo member stand in every register, and a few others in the first."""
    schemes = queries.schemes_on_offer()
    by_length = sorted(schemes, key=lambda scheme: -scheme.rules[0].months)
    of_lid = [(demo_id("lid"), scheme) for scheme in by_length]
    others = [(one, by_length[0]) for one in people[::REGISTERED_ONE_IN] if one != demo_id("lid")]
    insert_rows(
        PeRegistration,
        [
            {
                "id": drawn_id(rng),
                "account_id": account_id,
                "scheme_id": scheme.id,
                "starts_on": date(plan.today.year - YEARS_AGO, 1, 1),
                "number": f"{rng.randrange(10**4, 10**5)}",
                "ended_on": None,
                "created_at": clock.now() - timedelta(days=30),
            }
            for account_id, scheme in of_lid + others
        ],
    )


def _print(rows: list[dict[str, Any]], rng: Random) -> None:
    """Print the certificates of the newest attendances, and all of the demo member's."""
    rules = queries.circle_rules()
    entries = [PeEntry(**row) for row in rows if row["gathering_id"]]
    deserved = [entry for entry in entries if earned(year_rules(rules, entry.done_on), entry)]
    wanted = [
        entry
        for number, entry in enumerate(deserved)
        if number < MOST_CERTIFICATES or entry.account_id == demo_id("lid")
    ]
    names = accounts.names({entry.account_id for entry in wanted})
    gatherings: dict[UUID, Gathering] = {}
    modes: dict[tuple[UUID, UUID], SeatMode] = {}
    made: list[AttendanceCertificate] = []
    for entry in wanted:
        assert entry.gathering_id is not None
        if entry.gathering_id not in gatherings:
            gatherings[entry.gathering_id] = agenda.any_gathering(entry.gathering_id)
            there = attendance.presences(entry.gathering_id)
            modes |= {(one.gathering_id, one.account_id): one.mode for one in there}
        tenths = earned(year_rules(rules, entry.done_on), entry)
        gathering, mode = gatherings[entry.gathering_id], modes[entry.gathering_id, entry.account_id]
        facts = services.facts_of(entry, gathering, mode, tenths=tenths, name=names[entry.account_id])
        found = services.draw_up(entry, facts, locale="nl", code=codes.new(rng.choice))
        found.id = drawn_id(rng)
        found.issued_at = entry.created_at
        made.append(found)
    columns = ("id", "code", "entry_id", "account_id", "locale", "facts", "issued_at")
    nothing = {"withdrawn_at": None, "withdrawn_why": "", "replaced_by_id": None}
    insert_rows(AttendanceCertificate, [{name: getattr(one, name) for name in columns} | nothing for one in made])
    papers = [services.printed(one) for one in made]
    insert_rows(
        CertificatePaper,
        [{name: getattr(one, name) for name in ("certificate_id", "sha256", "content")} for one in papers],
    )
