"""The Interim Challenge: two that are over, one cancelled, one in which people are put forward, and one to come."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from app.challenge import services
from app.challenge.demo import REASON, case_details, edition_details, trustee_details, work_of
from app.challenge.demo_past import Cast, hold, the_five_vs
from app.challenge.models import Method, Model, NominationKind, RoundKind
from app.demo.stage import Stage, Story

LONG_AGO, BEFORE, LAST, THIS, NEXT = -5, -4, -1, 0, 1
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


def _before_last(stage: Stage) -> Story:
    """Jury and members on points: whoever the jury put second won by the members."""
    yield from _held(
        stage,
        BEFORE,
        Cast(
            nominees=_people(stage, "jubileum", "korting", "overboeking", "verlegd"),
            jurors=_people(stage, "erelid", "terug", "sponsor", "vrijgesteld", "gewonnen"),
            worth=((17, 15, 18, 16, 14), (16, 16, 15, 16, 17), (14, 15, 13, 14, 15), (12, 13, 11, 13, 12)),
            named=(True, True, True, False),
            favour=(4, 3, 2, 1),
            roll=71,
            votes=46,
        ),
    )


def _long_ago(stage: Stage) -> Story:
    """Two prizes, the members' by instant runoff."""
    rounds = [
        (RoundKind.NOMINATION, Method.OPEN),
        (RoundKind.JURY, Method.RUBRIC),
        (RoundKind.BALLOT, Method.IRV),
    ]
    yield from _held(
        stage,
        LONG_AGO,
        Cast(
            nominees=_people(stage, "verschil", "buitenland", "gesponsord", "toegelaten", "uitgenodigd"),
            jurors=_people(stage, "erelid", "jubileum", "sponsor", "overboeking", "verlegd"),
            worth=(
                (14, 17, 13, 16, 15),
                (15, 14, 17, 15, 16),
                (16, 13, 14, 12, 13),
                (12, 12, 13, 14, 12),
                (11, 13, 12, 10, 12),
            ),
            named=(True, False, True, True, False),
            favour=(5, 4, 4, 3, 2),
            roll=58,
            votes=39,
        ),
        rounds=rounds,
        weights=(3000, 2500, 1500, 1500, 1500),
    )


def _held(
    stage: Stage,
    ahead: int,
    cast: Cast,
    *,
    rounds: list[tuple[RoundKind, Method]] | None = None,
    weights: tuple[int, ...] = (),
) -> Story:
    """Hold an edition of years ago from its case to its result."""
    officer, away = stage.account("returning-officer").id, -365 * ahead
    model = Model.SEPARATE if rounds else Model.POINTS
    yield stage.at(away + 100, 10)
    details = edition_details(
        stage.today.year + ahead, officer, today=stage.today, days=_from_now(away, -95, -70, -50, -48, -30)
    )
    edition = services.prepare_edition(replace(details, model=model), by=officer)
    services.change_case(edition.id, case_details(), by=officer)
    if rounds:
        services.set_rounds(edition.id, rounds, by=officer)
        criteria = [replace(one, weight=weight) for one, weight in zip(the_five_vs(), weights, strict=True)]
        services.set_criteria(edition.id, criteria, by=officer)
    yield stage.at(away + 20, 16)
    hold(edition.id, cast, officer=officer)


def _from_now(away: int, *days: int) -> tuple[int, int, int, int, int]:
    first, second, third, fourth, fifth = (day - away for day in days)
    return first, second, third, fourth, fifth


def _people(stage: Stage, *who: str) -> tuple[UUID, ...]:
    return tuple(stage.account(one).id for one in who)


STORIES = (_long_ago, _before_last, _this_year, _next_year, _last_year)
