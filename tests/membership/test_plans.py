"""M5: the bureau draws up plans: previewed before they are saved, priced from a day on, never at the cost of who has one."""

from __future__ import annotations

import re
from datetime import date, timedelta
from html import unescape

import pytest
from sqlalchemy import select

from app.audit.models import AuditEntry
from app.core.db import db
from app.membership import queries, services
from app.membership.models import ApplicationState, Benefit, Plan, YearPolicy
from app.payments.queries import bill_for
from tests.factories import make_account

from .conftest import TODAY, applied, period_of, said, the_plan

PAGE = "/bureau/plans"


@pytest.fixture
def treasurer(lists):
    return make_account(roles=("treasurer",), given_name="Tom", family_name="Meijer")


@pytest.fixture
def as_treasurer(app, treasurer, sign_in):
    client = app.test_client()
    sign_in(client, treasurer)
    return client


def typed(**changes):
    """A plan as somebody types it."""
    return {
        "name_nl": "Jonge kring",
        "name_en": "Young circle",
        "on_offer": "1",
        "net": "250",
        "vat_code": "high",
        "valid_from": "4-1-2027",
        "policy": "calendar",
        "year_start_month": "1",
        "notice_day": "1",
        "notice_month": "12",
        "payment_days": "14",
        "bill_days_before": "30",
        "due_days_after": "14",
        "notice_ladder": "−30 -7 +7; 21",
        "grace_days": "30",
        "lapse_days": "60",
        "revival_days": "120",
        "sessions": "6",
        "coaching_hours": "",
        "intervision": "",
        "guests": "1",
        **{
            f"share_{gone}": share
            for gone, share in enumerate(
                ["100", "91,67", "83,33", "75", "66,67", "58,33", "50", "41,67", "33,33", "25", "16,67", "8,33"]
            )
        },
        **changes,
    }


def mark_in(page) -> str:
    """What the page says was previewed."""
    found = re.search(r'name="previewed"[^>]*value="([^"]*)"', page.text)
    assert found
    return unescape(found[1])


def previewed_and_saved(client, url, values):
    preview = client.post(url, data=values)
    assert preview.status_code == 200, preview.text
    return client.post(url, data=values | {"previewed": mark_in(preview)})


def test_m5_a_plan_is_saved_after_its_preview_and_not_before(as_treasurer):
    preview = as_treasurer.post(f"{PAGE}/new", data=typed())
    assert preview.status_code == 200
    assert said("This is what it comes to") in preview.text
    assert db.session.scalar(select(Plan).where(Plan.slug == "jonge-kring")) is None
    saved = as_treasurer.post(f"{PAGE}/new", data=typed(previewed=mark_in(preview)))
    assert saved.status_code == 303
    plan = db.session.scalars(select(Plan).where(Plan.slug == "jonge-kring")).one()
    assert plan.policy is YearPolicy.CALENDAR
    assert plan.notice_ladder == [-30, -7, 7, 21]
    assert plan.pro_rata[1] == 9167
    assert [price.net_cents for price in plan.prices] == [250_00]
    assert {held.benefit: held.quota for held in plan.entitlements} == {Benefit.SESSIONS: 6, Benefit.GUESTS: 1}


def test_m5_what_was_changed_after_the_preview_is_previewed_again(as_treasurer):
    preview = as_treasurer.post(f"{PAGE}/new", data=typed())
    again = as_treasurer.post(f"{PAGE}/new", data=typed(net="300", previewed=mark_in(preview)))
    assert again.status_code == 200
    assert mark_in(again) != mark_in(preview)
    assert db.session.scalar(select(Plan).where(Plan.slug == "jonge-kring")) is None


def test_m5_the_preview_shows_days_and_amounts_to_the_cent(as_treasurer):
    page = as_treasurer.post(f"{PAGE}/new", data=typed()).text.replace("\xa0", " ")
    for told in (
        "4 jan 2027 – 31 dec 2027",
        "€ 302,50",
        "1 jul 2027 – 31 dec 2027",
        "€ 151,25",
        "31 jan 2027",
        "1 dec 2027",
    ):
        assert told in page, told


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"lapse_days": "20"}, "lapse_days"),
        ({"notice_ladder": "7, 21"}, "notice_ladder"),
        ({"notice_ladder": "soon"}, "notice_ladder"),
        ({"notice_ladder": "-30, 90"}, "notice_ladder"),
        ({"notice_month": ""}, "notice_day"),
        ({"share_3": "120"}, "share_3"),
        ({"policy": "monthly"}, "policy"),
        ({"due_days_after": "61"}, "due_days_after"),
        ({"net": "minus"}, "net"),
        ({"name_nl": ""}, "name_nl"),
    ],
)
def test_m5_what_does_not_fit_is_told_at_its_field_and_kept(as_treasurer, changes, field):
    page = as_treasurer.post(f"{PAGE}/new", data=typed(**changes))
    assert page.status_code == 422
    assert f'id="{field}-error"' in page.text
    assert "Young circle" in page.text


def test_m5_a_change_never_takes_away_from_a_running_period(as_treasurer, applicant, coordinator):
    application = applied(applicant, ApplicationState.ACTIVE, by=coordinator)
    period = period_of(application)
    days = (period.ends_on, period.grace_until, period.lapses_after)
    held = queries.entitlements_held(queries.standing(applicant.id, TODAY))
    db.session.commit()
    plan = the_plan()
    values = typed(name_nl=plan.name_nl, name_en=plan.name_en, sessions="1", guests="", grace_days="0", lapse_days="21")
    values |= {"due_days_after": "0"}
    assert previewed_and_saved(as_treasurer, f"{PAGE}/{plan.id}/edit", values).status_code == 303
    db.session.expire_all()
    assert (period.ends_on, period.grace_until, period.lapses_after) == days
    assert queries.entitlements_held(queries.standing(applicant.id, TODAY)) == held
    assert {one.benefit: one.quota for one in queries.entitlements_of(plan.id)} == {Benefit.SESSIONS: 1}


def test_m5_a_change_is_audited_with_before_and_after(as_treasurer):
    plan = the_plan()
    db.session.commit()
    values = typed(name_nl=plan.name_nl, name_en=plan.name_en, policy="rolling", grace_days="20")
    previewed_and_saved(as_treasurer, f"{PAGE}/{plan.id}/edit", values)
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "plan.revised")).one()
    assert (entry.before["grace_days"], entry.after["grace_days"]) == (30, 20)
    assert (entry.before["coaching_hours"], entry.after["coaching_hours"]) == (6, 0)
    assert "lapse_days" not in entry.after


def test_p1_a_price_holds_from_a_day_and_a_past_one_stays(as_treasurer, treasurer):
    plan = the_plan()
    db.session.commit()
    url = f"{PAGE}/{plan.id}/prices"
    assert (
        previewed_and_saved(
            as_treasurer, url, {"net": "525,00", "vat_code": "high", "valid_from": "1-1-2028"}
        ).status_code
        == 303
    )
    refused = previewed_and_saved(as_treasurer, url, {"net": "530", "vat_code": "high", "valid_from": "1-1-2028"})
    assert refused.status_code == 422
    assert said(services.PriceThatDay.message) in refused.text
    past = as_treasurer.post(url, data={"net": "530", "vat_code": "high", "valid_from": "3-1-2027"})
    assert past.status_code == 422
    db.session.expire_all()
    plan = queries.plan(plan.id)
    standing, coming = (f"{url}/{price.id}/withdraw" for price in plan.prices)
    assert plan.price_on(TODAY) is plan.prices[0]
    assert as_treasurer.post(standing).status_code == 409
    assert as_treasurer.post(coming).status_code == 303
    assert as_treasurer.post(coming).status_code == 303
    db.session.expire_all()
    assert [price.net_cents for price in queries.plan(plan.id).prices] == [495_00]


def test_m5_pages_of_plans_stand(as_treasurer, treasurer):
    plan = the_plan()
    for url in (PAGE, f"{PAGE}/new", f"{PAGE}/{plan.id}", f"{PAGE}/{plan.id}/edit", f"{PAGE}/{plan.id}/prices"):
        page = as_treasurer.get(url)
        assert page.status_code == 200, url
        assert "Binnenkring" in page.text


def test_m5_admission_in_a_fixed_year_bills_what_is_left_of_it(as_treasurer, applicant, coordinator, calendar):
    application = applied(applicant, ApplicationState.IN_REVIEW, by=coordinator)
    plan = the_plan()
    plan.policy = YearPolicy.CALENDAR
    calendar.move_to(date(2027, 12, 27))
    services.admit(application, plan=plan, reason="Goede referenties.", by=coordinator)
    assert application.pay_before == date(2027, 12, 31)
    bill = services_bill(application)
    assert bill.net_cents == 41_23
    assert "31 december 2027" in bill.lines[0].description
    assert "31 december 2027" in bill.term


def services_bill(application):
    return bill_for("membership_period", period_of(application).id)


def test_m5_two_plans_may_share_a_name_and_each_keeps_its_own_place(treasurer):
    plan = the_plan()
    details = services.details_of(plan)
    price = services.PriceDetails(TODAY, 100_00, "high")
    first, second = (services.open_plan(details, price, by=treasurer) for _turn in range(2))
    assert len({plan.slug, first.slug, second.slug}) == 3
    assert services.revise_plan(first.id, details, by=treasurer) is first
    assert first.price_on(TODAY - timedelta(days=1)) is None


def test_p1_a_price_has_a_rate_and_what_follows_from_the_buyer_is_not_offered(as_treasurer):
    page = as_treasurer.get("/bureau/plans/new").text
    assert re.findall(r'name="vat_code"[^>]*value="(\w+)"', page) == ["high", "low", "zero"]
    refused = as_treasurer.post("/bureau/plans/new", data=typed(vat_code="reverse_charge"))
    assert refused.status_code == 422
