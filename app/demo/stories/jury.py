"""Juries of the Interim Challenge: one being asked, one that scores now, and one that waits for its chair.

The cancelled edition was begun anew as a prize of the jury alone; so was the one before it.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from app.accounts.services import entering
from app.challenge import queries, services
from app.challenge.demo import REASON, case_details, edition_details, work_of
from app.challenge.models import Method, NominationKind, RecusalReason, RoundKind
from app.challenge.services import Mark
from app.core.demo import DOMAIN
from app.demo.stage import Stage, Story

BEFORE, LAST = -2, -1
STAND = ("stil", "verlengen", "zomer")
WHY = "Het plan zegt wie wat doet, en wanneer men dat merkt."
Sitting = tuple[UUID, dict[str, UUID]]
"""An edition, and its jurors by who they are."""


def _asked_for_this_year(stage: Stage) -> Story:
    """Ask three for the jury of this year: one sits and chairs it, one declines, one has not answered yet."""
    officer = stage.account("returning-officer").id
    yield stage.at(15, 11)
    edition = queries.open_to_nominations()
    chair, busy, _silent = [
        services.invite_juror(edition.id, stage.account(who).id, by=officer).id
        for who in ("jubileum", "korting", "terug")
    ]
    yield stage.at(13, 19)
    services.accept_seat(chair, by=stage.account("jubileum").id)
    services.choose_chair(chair, by=officer)
    services.decline_seat(busy, by=stage.account("korting").id)


def _opens(
    stage: Stage, ahead: int, days: tuple[int, int, int, int, int], who: tuple[str, ...]
) -> Generator[datetime, None, Sitting]:
    """Bring an edition that a jury decides alone to its opening; the first of the jury chairs it."""
    officer = stage.account("returning-officer")
    yield stage.at(3 - days[0], 10)
    details = edition_details(stage.today.year + ahead, officer.id, today=stage.today, days=days)
    title = f"Juryprijs {details.year}"
    edition_id = services.prepare_edition(replace(details, title=title), by=officer.id).id
    services.change_case(edition_id, case_details(), by=officer.id)
    rounds = [(RoundKind.NOMINATION, Method.OPEN), (RoundKind.JURY, Method.RUBRIC)]
    services.set_rounds(edition_id, rounds, by=officer.id)
    yield stage.at(-days[0] - 1, 10)
    services.open_nominations(edition_id, by=officer.id)
    for one in STAND:
        person, kind = stage.account(one).id, NominationKind.SELF
        nominee_id = services.nominate(edition_id, person, kind=kind, reason=REASON, by=person).id
        services.agree(nominee_id, terms_version=1, by=person)
        services.save_work(nominee_id, work_of(), seen=0, by=person)
    outsider = entering.open_account(
        email=f"jury-{details.year}@{DOMAIN}", given_name="Vera", family_name="Duinker", by=officer
    )
    jurors = {}
    for one, account_id in [*((one, stage.account(one).id) for one in who), ("outsider", outsider.id)]:
        jurors[one] = services.invite_juror(edition_id, account_id, by=officer.id).id
        services.accept_seat(jurors[one], by=account_id)
    services.choose_chair(jurors[who[0]], by=officer.id)
    yield stage.at(-days[3], 12, 30)
    services.open_edition(edition_id, by=officer.id)
    return edition_id, jurors


def _gives(juror_id: UUID, number: int, *halves: int | None, why: str = "") -> None:
    """Let a juror give a nominee marks, one per criterion."""
    by = queries.juror(juror_id).account_id
    marks = {f"c{place}": Mark(given, why) for place, given in enumerate(halves, start=1)}
    services.save_sheet(juror_id, number, marks, seen=0, by=by)


def _scores_now(stage: Stage) -> Story:
    """Let a jury work: its chair is done, one is halfway, one leaves a nominee to the others, one has not begun."""
    _edition_id, jurors = yield from _opens(stage, LAST, (-70, -50, -30, -6, 8), ("jubileum", "lid", "terug"))
    yield stage.at(4, 20)
    _gives(jurors["lid"], 1, 15, 14, 16, 15, 13)
    _gives(jurors["lid"], 2, 13, None, None, None, None)
    note, by = "Wij werken bij dezelfde zorggroep.", stage.account("terug").id
    services.recuse(jurors["terug"], 3, reason=RecusalReason.CLIENT, note=note, by=by)
    for number in (1, 2, 3):
        _gives(jurors["jubileum"], number, 14, 13, 18, 12, 15, why=WHY)
    services.hand_in(jurors["jubileum"], by=stage.account("jubileum").id)


def _waits_for_its_chair(stage: Stage) -> Story:
    """Let a jury finish in which two of four left one nominee to the others, so that the chair has to decide."""
    edition_id, jurors = yield from _opens(stage, BEFORE, (-90, -70, -50, -20, -2), ("lid", "jubileum", "terug"))
    officer = stage.account("returning-officer").id
    yield stage.at(9, 21)
    left = {("jubileum", 2), ("terug", 2)}
    for who, number in sorted(left):
        note, reason = "Zij zaten samen in een directieteam.", RecusalReason.BUSINESS
        services.recuse(jurors[who], number, reason=reason, note=note, by=officer, by_bureau=True)
    for place, (who, juror_id) in enumerate(jurors.items()):
        for number in (1, 2, 3):
            if (who, number) not in left:
                mark = 11 + place + number
                _gives(juror_id, number, mark, mark - 2, mark + 2, mark - 4, mark, why=WHY)
    yield stage.at(1, 9)
    services.close_edition(edition_id, by=officer)


STORIES = (_asked_for_this_year, _scores_now, _waits_for_its_chair)
