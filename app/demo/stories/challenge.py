"""The Interim Challenge: an edition in which people are put forward, one being prepared, and one that was cancelled."""

from __future__ import annotations

from uuid import UUID

from app.challenge import services
from app.challenge.demo import REASON, case_details, edition_details, trustee_details, work_of
from app.challenge.models import NominationKind
from app.demo.stage import Stage, Story

LAST, THIS, NEXT = -1, 0, 1
PUT_FORWARD = (
    ("lid", "zomer"),
    ("stil", "stil"),
    ("zomer", "lid"),
    ("incasso", "returning-officer"),
    ("verlengen", "lid"),
)
TAKE_PART = ("lid", "stil", "zomer")


def _prepares(stage: Stage, ahead: int, days: tuple[int, int, int, int, int]) -> UUID:
    """Let the returning officer prepare an edition with its case."""
    officer = stage.account("returning-officer").id
    details = edition_details(stage.today.year + ahead, officer, today=stage.today, days=days)
    edition = services.prepare_edition(details, by=officer)
    services.change_case(edition.id, case_details(), by=officer)
    return edition.id


def _this_year(stage: Stage) -> Story:
    officer = stage.account("returning-officer").id
    yield stage.at(60, 10)
    edition_id = _prepares(stage, THIS, (-40, 10, 24, 26, 47))
    yield stage.at(40, 9)
    services.open_nominations(edition_id, by=officer)
    yield stage.at(35, 11)
    asked = [_puts_forward(stage, edition_id, who, by) for who, by in PUT_FORWARD]
    yield stage.at(34, 20)
    for nominee_id, who in zip(asked[:-2], TAKE_PART, strict=True):
        services.agree(nominee_id, terms_version=1, by=stage.account(who).id)
    services.decline(asked[-2], by=stage.account("incasso").id)
    yield stage.at(20, 21)
    for nominee_id, who in zip(asked[:2], TAKE_PART[:2], strict=True):
        services.save_work(nominee_id, work_of(), seen=0, by=stage.account(who).id)
    yield stage.at(9, 8)
    why = "Ik begin volgende week aan een opdracht die al mijn tijd vraagt."
    services.withdraw(asked[2], why=why, by=stage.account(TAKE_PART[2]).id)
    yield stage.at(4, 14)
    services.entrust(edition_id, trustee_details(), by=officer)


def _puts_forward(stage: Stage, edition_id: UUID, who: str, by: str) -> UUID:
    """Let somebody put somebody forward; the returning officer does it for the bureau."""
    kind = {who: NominationKind.SELF, "returning-officer": NominationKind.BUREAU}.get(by, NominationKind.MEMBER)
    of, whose = stage.account(who).id, stage.account(by).id
    return services.nominate(edition_id, of, kind=kind, reason=REASON, by=whose).id


def _next_year(stage: Stage) -> Story:
    yield stage.at(5, 15)
    _prepares(stage, NEXT, (120, 150, 180, 182, 200))


def _last_year(stage: Stage) -> Story:
    officer = stage.account("returning-officer").id
    yield stage.at(300, 10)
    edition_id = _prepares(stage, LAST, (-290, -260, -240, -238, -220))
    yield stage.at(288, 9)
    services.open_nominations(edition_id, by=officer)
    yield stage.at(255, 16)
    why = "Er waren te weinig kandidaten om een eerlijke keuze te maken."
    services.cancel_edition(edition_id, why=why, by=officer)


STORIES = (_this_year, _next_year, _last_year)
