"""People who come in: judged, admitted, invited, from abroad, and what they do with their first bill (M4, M6, P5)."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from app.core import clock
from app.core.db import db
from app.demo.stage import Stage, Story
from app.demo.stories.finding import application_of, bill_to_pay, place_of
from app.membership import queries, services
from app.membership.models import ApplicationReference, CheckOutcome, Plan
from app.payments import services as payments
from app.payments.demo import at_the_bank
from app.payments.providers.testpay import Play
from app.payments.services import VatChoice

ADMITTED = "Vakbekwaam en eerlijk over wat misging; beide referenten bevestigen het."


def plan_on_offer() -> Plan:
    """Return the plan that people are admitted to."""
    found = queries.plan_on_offer(clock.today())
    assert found is not None
    return found


def admit(stage: Stage, who: str) -> None:
    """Let somebody in, to pay now."""
    services.admit(application_of(who), plan=plan_on_offer(), reason=ADMITTED, by=stage.account("coordinator"))


def _is_judged(stage: Stage) -> Story:
    yield stage.at(7, 9)
    services.take_in_hand(application_of("inbeoordeling"), by=stage.account("coordinator"))
    calls = (
        (6, 0, CheckOutcome.NOT_REACHED, ""),
        (5, 0, CheckOutcome.POSITIVE, "Kent haar van een fusie. Rustig onder druk; zou haar zo weer vragen."),
        (4, 1, CheckOutcome.NOT_REACHED, "Met vakantie tot volgende week."),
    )
    for days_ago, number, outcome, said in calls:
        yield stage.at(days_ago, 11)
        application = application_of("inbeoordeling")
        of_it = select(ApplicationReference.id).where(ApplicationReference.application_id == application.id)
        referee = db.session.scalars(of_it.order_by(ApplicationReference.position)).all()[number]
        services.keep_check(
            application, referee, called_on=clock.today(), outcome=outcome, said=said, by=stage.account("coordinator")
        )


def _is_invited(stage: Stage) -> Story:
    yield stage.at(3, 16)
    reason = "Sprak op onze laatste bijeenkomst; het bureau kent zijn werk al jaren."
    services.invite_applicant(
        stage.account("uitgenodigd"), plan=plan_on_offer(), reason=reason, by=stage.account("coordinator")
    )


def _is_refused_by_the_bank(stage: Stage) -> Story:
    yield stage.at(4, 15)
    admit(stage, "toegelaten")
    yield stage.at(2, 20)
    services.use_code(bill_to_pay("toegelaten").id, "welkom 20", by=stage.account("toegelaten"))
    yield stage.at(1, 20)
    at_the_bank.pays(bill_to_pay("toegelaten").id, stage.account("toegelaten"), comes_to=Play.FAIL)


def _pays_another_amount(stage: Stage) -> Story:
    yield stage.at(5, 9)
    admit(stage, "verschil")
    yield stage.at(4, 12)
    at_the_bank.pays(bill_to_pay("verschil").id, stage.account("verschil"), cents_off=10_00)


def _transfers(stage: Stage) -> Story:
    yield stage.at(12, 10)
    admit(stage, "overboeking")
    yield stage.at(11, 21)
    payments.choose_transfer(bill_to_pay("overboeking").id, by=stage.account("overboeking"))


def _comes_from_belgium(stage: Stage) -> Story:
    yield stage.at(2, 10, 30)
    admit(stage, "buitenland")


def _comes_from_germany(stage: Stage) -> Story:
    yield stage.at(9, 10)
    admit(stage, "verlegd")
    yield stage.at(7, 13)
    reason = "Duits btw-id geldig bevonden in VIES; de dienst is belast in Duitsland."
    payments.decide_vat(
        bill_to_pay("verlegd").id, choice=VatChoice.REVERSE_CHARGE, reason=reason, by=stage.account("treasurer")
    )
    yield stage.at(6, 18)
    payments.choose_transfer(bill_to_pay("verlegd").id, by=stage.account("verlegd"))


def _is_given_a_year(stage: Stage) -> Story:
    yield stage.at(6, 14)
    admit(stage, "erelid")
    yield stage.now - timedelta(minutes=5)
    reason = "Erelid: medeoprichter van de kring."
    services.waive_period(place_of("erelid").id, reason=reason, by=stage.account("coordinator"))


STORIES = (
    _is_judged,
    _is_invited,
    _is_refused_by_the_bank,
    _pays_another_amount,
    _transfers,
    _comes_from_belgium,
    _comes_from_germany,
    _is_given_a_year,
)
