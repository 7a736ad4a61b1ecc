"""Discount codes and sponsored places, used, unused and over; sponsors who pay, and who are reminded (P9, P10)."""

from __future__ import annotations

from datetime import date, timedelta

from app.accounts.demo import demo_id, known_people
from app.demo.stage import Stage, Story
from app.demo.stories.admission import admit, plan_on_offer
from app.demo.stories.finding import SPONSORSHIP, bill_of, bill_to_pay
from app.membership import queries, services
from app.membership.demo import details_of
from app.membership.services import CodeDetails, PlacesDetails
from app.payments import queries as bills
from app.payments import services as payments
from app.payments.demo import at_the_bank
from app.payments.models import Bill


def _open(
    stage: Stage,
    code: str,
    reason: str,
    *,
    share: int | None = None,
    cents: int | None = None,
    most: int | None = None,
    since: date | None = None,
    until: date | None = None,
) -> None:
    details = CodeDetails(
        code=code,
        reason=reason,
        basis_points=share,
        amount_cents=cents,
        valid_from=since or stage.today,
        valid_until=until,
        most=most,
        plan_id=None,
    )
    services.open_code(details, by=stage.account("treasurer"))


def _codes(stage: Stage) -> Story:
    def day(ahead: int) -> date:
        return stage.today + timedelta(days=ahead)

    yield stage.at(190, 9)
    _open(stage, "ZOMER", "Zomeractie", share=25_00, most=10, since=day(-190), until=day(-100))
    yield stage.at(90, 11)
    _open(stage, "WELKOM20", "Voor wie als gast een sessie bezocht", share=20_00, most=25, since=day(-90))
    yield stage.at(60, 11)
    _open(stage, "LINKEDIN15", "Bericht op LinkedIn", share=15_00, since=day(-60), until=day(120))
    yield stage.at(45, 11)
    _open(stage, "DANKUWEL", "Persoonlijk, voor het leiden van drie intervisies", share=50_00, most=1, since=day(-45))
    yield stage.at(31, 15)
    linkedin = queries.code_named("LINKEDIN15")
    assert linkedin is not None
    services.stop_code(linkedin.id, by=stage.account("treasurer"))
    yield stage.at(14, 11)
    _open(stage, "VOORJAAR", "Voorjaarsactie", cents=100_00, most=50, since=day(40), until=day(130))


def _pays_less(stage: Stage) -> Story:
    yield stage.at(38, 10)
    admit(stage, "korting")
    yield stage.at(36, 21)
    services.use_code(bill_to_pay("korting").id, "Dankuwel", by=stage.account("korting"))
    at_the_bank.pays(bill_to_pay("korting").id, stage.account("korting"))


def _paid_less_in_summer(stage: Stage) -> Story:
    yield stage.at(133, 10)
    admit(stage, "zomer")
    yield stage.at(131, 12)
    services.use_code(bill_to_pay("zomer").id, "ZOMER", by=stage.account("zomer"))
    at_the_bank.pays(bill_to_pay("zomer").id, stage.account("zomer"))


def _opens_places(stage: Stage, who: str, code: str, places: int) -> None:
    sponsor = known_people(stage.plan)[who]
    details = PlacesDetails(
        code=code,
        name=sponsor.company,
        plan_id=plan_on_offer().id,
        places=places,
        valid_until=stage.today + timedelta(days=240),
        reason="",
        company=details_of(sponsor),
    )
    services.open_places(details, contact=stage.account(who), by=stage.account("treasurer"))


def _sponsors(stage: Stage) -> Story:
    yield stage.at(90, 10)
    _opens_places(stage, "sponsor-laat", "HAVENLAAT", 2)
    yield stage.at(80, 10)
    _opens_places(stage, "sponsor", "OVERGANG", 3)
    yield stage.at(50, 10)
    _opens_places(stage, "sponsor-wacht", "NOORDERLICHT", 2)
    yield stage.at(17, 10)
    _opens_places(stage, "sponsor-nieuw", "KOERS", 1)


def _gives_places(stage: Stage) -> Story:
    yield stage.at(70, 10)
    details = PlacesDetails(
        code="JUBILEUM",
        name="Jubileum van het bureau",
        plan_id=plan_on_offer().id,
        places=5,
        valid_until=stage.today + timedelta(days=200),
        reason="Vijf plaatsen voor interimmers die pas beginnen, bij ons tienjarig bestaan.",
        company=None,
    )
    services.open_places(details, contact=None, by=stage.account("treasurer"))


def _takes_a_given_place(stage: Stage) -> Story:
    yield stage.at(40, 15)
    admit(stage, "jubileum")
    yield stage.at(39, 20)
    bill_id = bill_to_pay("jubileum").id
    services.use_code(bill_id, "jubileum", by=stage.account("jubileum"))
    payments.settle_free(bill_id, by=stage.account("jubileum"))


def _takes_a_sponsored_place(stage: Stage) -> Story:
    yield stage.at(8, 10)
    admit(stage, "gesponsord")
    yield stage.at(7, 20)
    services.use_code(bill_to_pay("gesponsord").id, "OVERGANG", by=stage.account("gesponsord"))


def bill_of_sponsor(who: str) -> Bill:
    """Return what somebody owes for places."""
    owed = next(one for one in bills.bills_of(demo_id(who)) if one.subject_type == SPONSORSHIP)
    return bill_of(owed.subject_id, SPONSORSHIP)


def _is_reminded(stage: Stage) -> Story:
    """Let the reminders of every morning go out on the days on which a sponsor had come to the next one."""
    for days_ago in (69, 55, 41, 29):
        yield stage.at(days_ago, 8)
        payments.remind_overdue()
    yield stage.at(18, 16)
    reason = "Betaalt in twee termijnen, afgesproken aan de telefoon."
    until = stage.today + timedelta(days=20)
    payments.hold(bill_of_sponsor("sponsor-wacht").id, reason=reason, until=until, by=stage.account("treasurer"))


def _places_are_stopped(stage: Stage) -> Story:
    yield stage.at(21, 10)
    late = queries.code_named("HAVENLAAT")
    assert late is not None
    services.stop_code(late.id, by=stage.account("treasurer"))


STORIES = (
    _codes,
    _pays_less,
    _paid_less_in_summer,
    _sponsors,
    _gives_places,
    _takes_a_given_place,
    _takes_a_sponsored_place,
    _is_reminded,
    _places_are_stopped,
)
