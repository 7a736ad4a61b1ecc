"""M12: paid-up members of whom nothing was seen, and one click to invite them; M9: resigning for whoever calls."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import update

from app.accounts.models import AccountSession
from app.core import clock
from app.core.db import db
from app.membership import services as membership
from app.membership.models import ApplicationState
from tests.factories import make_account
from tests.membership.conftest import NOW, applied
from tests.membership.renewing import Years, pay_first


@pytest.fixture(autouse=True)
def calendar():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def coordinator(app):
    membership.seed_reference_data()
    return make_account(roles=("coordinator",), given_name="Annelies", family_name="Brouwer")


@pytest.fixture
def years(calendar, coordinator):
    member = make_account(given_name="Ruben", family_name="Hoekstra", email="ruben@voorbeeld.example")
    pay_first(applied(member, ApplicationState.ACCEPTED, by=coordinator), coordinator)
    db.session.commit()
    return Years(calendar, member, coordinator)


@pytest.fixture
def staff(app, years, sign_in):
    """The coordinator's browser, fourteen weeks on."""
    years.go(clock.today() + timedelta(weeks=14))
    client = app.test_client()
    sign_in(client, years.treasurer)
    return client


def test_m12_who_was_not_seen_for_weeks_is_on_the_list(staff, years):
    page = staff.get("/bureau/members/silent?weeks=8").text
    assert "Ruben Hoekstra" in page
    assert f'action="/bureau/members/{years.member_id}/invite"' in page


def test_m12_who_signed_in_lately_is_not(staff, years, client, sign_in):
    sign_in(client, years.member)
    assert "Ruben Hoekstra" not in staff.get("/bureau/members/silent?weeks=8").text
    old = clock.real_now() - timedelta(weeks=9)
    db.session.execute(
        update(AccountSession).where(AccountSession.account_id == years.member_id).values(last_seen_at=old)
    )
    assert "Ruben Hoekstra" in staff.get("/bureau/members/silent?weeks=8").text


def test_m12_one_click_invites_in_the_name_of_whoever_clicked_once_a_month(staff, years):
    for _click in range(2):
        staff.post(f"/bureau/members/{years.member_id}/invite")
    (mail,) = years.mailed("personal_invitation")
    assert "Annelies Brouwer" in mail.text
    assert "List-Unsubscribe" in mail.headers
    assert 'invite"' not in staff.get("/bureau/members/silent").text


@pytest.mark.parametrize("weeks", ["", "0", "-1", "veel", "9999"])
def test_m12_a_number_of_weeks_that_is_not_offered_shows_the_usual_list(staff, weeks):
    assert staff.get(f"/bureau/members/silent?weeks={weeks}").status_code == 200


def test_m9_the_bureau_resigns_for_whoever_calls_and_can_undo_it(staff, years):
    assert "3 januari 2028" in staff.get(f"/bureau/members/{years.member_id}/stop").text
    staff.post(f"/bureau/members/{years.member_id}/stop", data={"reason": "Belde: gaat met pensioen."})
    assert years.membership.ends_on is not None
    assert len(years.mailed("resigned")) == 1
    staff.post(f"/bureau/members/{years.member_id}/stay")
    assert years.membership.ends_on is None


def test_m8_links_sent_to_the_wrong_person_are_made_worthless(staff, years):
    before = years.membership.link_version
    staff.post(f"/bureau/members/{years.member_id}/revoke-links")
    assert years.membership.link_version == before + 1


def test_m8_a_members_page_tells_what_was_told(staff, years, sign_in):
    years.daily(years.periods[0].ends_on - timedelta(days=30))
    sign_in(staff, years.treasurer)
    assert "Factuur, 30 dagen voor het einde" in staff.get(f"/bureau/members/{years.member_id}").text


def test_m9_who_never_was_a_member_has_nothing_to_give_up(staff):
    nobody = make_account()
    assert staff.get(f"/bureau/members/{nobody.id}/stop").status_code == 404
    assert staff.post(f"/bureau/members/{nobody.id}/invite").status_code == 404
