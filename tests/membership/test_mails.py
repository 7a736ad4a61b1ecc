"""M4, M6: what applicants and members are told, kept in golden files."""

from __future__ import annotations

import pytest

from app.core.db import db
from app.membership import services
from app.membership.models import ApplicationState, YearPolicy
from tests.golden import assert_mail_matches

from .conftest import applied, the_plan

TOLD = {
    ApplicationState.SUBMITTED: "application_received",
    ApplicationState.ACCEPTED: "application_accepted",
    ApplicationState.DECLINED: "application_declined",
    ApplicationState.WITHDRAWN: "application_withdrawn",
    ApplicationState.EXPIRED: "application_expired",
    ApplicationState.ACTIVE: "welcome",
}


@pytest.mark.parametrize("locale", ["nl", "en"])
@pytest.mark.parametrize("state", list(TOLD))
def test_m4_each_step_is_told_by_mail(applicant, coordinator, posted, state, locale):
    applicant.locale = locale
    applied(applicant, state, by=coordinator)
    (mail,) = [mail for mail in posted(applicant) if mail.template == f"membership/{TOLD[state]}"]
    assert_mail_matches(mail, f"membership_{TOLD[state]}")


def test_m4_a_mail_is_in_the_readers_language_whoever_acts(applicant, coordinator, posted):
    applicant.locale, coordinator.locale = "en", "nl"
    applied(applicant, ApplicationState.ACCEPTED, by=coordinator)
    assert posted(applicant)[0].subject == "You have been admitted to Binnenkring"


@pytest.mark.parametrize(
    "reason", ["Regel een.\n\nRegel twee met <b>tekens</b> & meer.", "{{ 7*7 }} %(name)s geen sjabloon"]
)
def test_m4_a_reason_is_told_as_it_was_written(applicant, coordinator, posted, reason):
    application = applied(applicant, ApplicationState.IN_REVIEW, by=coordinator)
    services.decline(application, reason=reason, by=coordinator)
    db.session.flush()
    mail = next(mail for mail in posted(applicant) if mail.template == "membership/application_declined")
    assert reason in mail.text
    assert "<b>tekens" not in mail.html


@pytest.mark.parametrize("locale", ["nl", "en"])
def test_m4_an_invitation_is_told_by_mail(applicant, coordinator, posted, locale):
    applicant.locale = locale
    services.invite_applicant(applicant, plan=the_plan(), reason="Een goede bekende.", by=coordinator)
    (mail,) = [mail for mail in posted(applicant) if mail.template == "membership/applicant_invited"]
    assert_mail_matches(mail, "membership_applicant_invited")


def test_m4_a_mail_of_a_fixed_year_says_until_when(applicant, coordinator, posted):
    the_plan().policy = YearPolicy.CALENDAR
    applied(applicant, ApplicationState.ACCEPTED, by=coordinator)
    (mail,) = [mail for mail in posted(applicant) if mail.template == "membership/application_accepted"]
    assert "31 december 2027" in mail.text
    assert "een vol jaar" not in mail.text
