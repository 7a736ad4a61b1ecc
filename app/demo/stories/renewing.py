"""Years that end: told by the daily job on the days on which it had something to do (M8, M9)."""

from __future__ import annotations

from app.accounts.demo import demo_id
from app.core.demo import cast_of
from app.demo.stage import Stage, Story
from app.demo.stories.finding import bill_of, bill_to_pay, place_of
from app.mail import services as mail
from app.membership import queries, services
from app.membership.demo import details_of
from app.membership.ladder import ONE_DAY, PRE_NOTICE
from app.payments.demo import at_the_bank
from app.payments.models import Method
from app.payments.providers.testpay import Play


def _year_ends(stage: Stage, who: str) -> Story:
    """Do for somebody what the daily job does, on each day that asks for something."""
    membership_id = place_of(who).id
    case = queries.case_of(membership_id)
    assert case is not None
    days = {case.ending.bill_on - PRE_NOTICE, case.ending.bill_on, *(rung.on for rung in case.rungs)}
    for day in sorted(day for day in days if day <= stage.today):
        yield stage.daily(day)
        services.renew(membership_id, day)


def _renews(stage: Stage) -> Story:
    yield from _year_ends(stage, "verlengen")


def _is_in_grace(stage: Stage) -> Story:
    yield from _year_ends(stage, "respijt")


def _is_suspended(stage: Stage) -> Story:
    yield from _year_ends(stage, "opgeschort")


def _has_lapsed(stage: Stage) -> Story:
    yield from _year_ends(stage, "vervallen")


def _comes_back(stage: Stage) -> Story:
    yield from _year_ends(stage, "terug")
    yield stage.at(12, 20, 15)
    at_the_bank.pays(services.revive(place_of("terug").id), stage.account("terug"))


def _pays_by_debit(stage: Stage) -> Story:
    yield from _year_ends(stage, "onderweg")
    yield stage.at(2, 21)
    payer = stage.account("onderweg")
    at_the_bank.pays(bill_to_pay("onderweg").id, payer, method=Method.SEPA_DEBIT, comes_to=Play.PENDING)


def _pays_automatically(stage: Stage) -> Story:
    first = queries.dated_periods(place_of("incasso").id)[0]
    assert first.starts_on is not None
    period_id, began_on = first.id, first.starts_on
    yield stage.at((stage.today - began_on - ONE_DAY).days, 7)
    at_the_bank.agrees_to_charges(bill_of(period_id).id)
    yield from _year_ends(stage, "incasso")


def _is_let_off(stage: Stage) -> Story:
    yield from _year_ends(stage, "vrijgesteld")
    yield stage.at(3, 14)
    reason = "Ernstig ziek geweest; in overleg met de directie een jaar zonder contributie."
    services.waive_period(place_of("vrijgesteld").id, reason=reason, by=stage.account("coordinator"))


def _resigns(stage: Stage) -> Story:
    yield from _year_ends(stage, "opgezegd")
    yield stage.at(2, 19, 30)
    reason = "Ik neem een vaste functie aan. Misschien tot later."
    services.resign(place_of("opgezegd"), reason=reason, by=stage.account("opgezegd"))


def _pauses(stage: Stage) -> Story:
    yield stage.at(20, 8, 45)
    services.pause(place_of("gepauzeerd"), by=stage.account("gepauzeerd"))
    yield stage.at(10, 11)
    new = cast_of(1, stage.plan.chance("another company"))[0]
    services.change_company(details_of(new, name="Vroom Holding B.V."), by=stage.account("gepauzeerd"))


def _is_silent(stage: Stage) -> Story:
    yield stage.at(120, 18)
    mail.choose(demo_id("stil"), {"invitations": False})
    yield stage.at(10, 9)
    services.invite(place_of("stil"), by=stage.account("coordinator"))


STORIES = (
    _renews,
    _is_in_grace,
    _is_suspended,
    _has_lapsed,
    _comes_back,
    _pays_by_debit,
    _pays_automatically,
    _is_let_off,
    _resigns,
    _pauses,
    _is_silent,
)
