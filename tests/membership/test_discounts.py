"""P10: a code or a sponsored place comes off a bill before it has a number, once per person, never too often."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from app.audit.models import AuditEntry
from app.core.db import db
from app.membership import queries, services
from app.membership.models import ApplicationState, DiscountCode, DiscountUse, MembershipStatus, Sponsorship
from app.membership.services import CodeDetails, CompanyDetails, PlacesDetails
from app.payments import services as payments
from app.payments.models import Attempt, AttemptState, BillState, Method
from app.payments.queries import bill_for
from tests.factories import make_account
from tests.golden import assert_mail_matches

from .conftest import TODAY, applied, period_of, said, the_plan

COMPANY = CompanyDetails("Zorgfonds Noord", "12345678", "NL000099998B57", "Plein 1", "9711 AA", "Groningen")


@pytest.fixture
def treasurer(lists):
    return make_account(roles=("treasurer",), given_name="Tom", family_name="Meijer")


@pytest.fixture
def admitted(applicant, coordinator):
    """Ruben's application, admitted and to be paid."""
    return applied(applicant, ApplicationState.ACCEPTED, by=coordinator)


@pytest.fixture
def bill(admitted):
    found = bill_for("membership_period", period_of(admitted).id)
    db.session.commit()
    return found


def a_code(by, **values) -> DiscountCode:
    standing = {
        "code": "Welkom 20",
        "reason": "Voorjaarscongres",
        "basis_points": 2000,
        "amount_cents": None,
        "valid_from": TODAY,
        "valid_until": None,
        "most": None,
        "plan_id": None,
    }
    code = services.open_code(CodeDetails(**standing | values), by=by)
    db.session.commit()
    return code


def places(by, *, contact=None, number=2) -> Sponsorship:
    details = PlacesDetails("", "Zorgfonds Noord", the_plan().id, number, date(2027, 12, 31), "Vrienden", COMPANY)
    given = services.open_places(details, contact=contact, by=by)
    db.session.commit()
    return given


def use(client, bill, code, **rest):
    return client.post(f"/pay/{bill.id}/code", data={"code": code}, **rest)


@pytest.mark.parametrize("typed", ["WELKOM20", "welkom20", " Welkom-20 ", "w e l k o m 2 0"])
def test_p10_a_code_is_read_forgivingly_and_stands_on_the_bill_before_paying(as_applicant, treasurer, bill, typed):
    a_code(treasurer)
    assert use(as_applicant, bill, typed).status_code == 303
    page = as_applicant.get(f"/pay/{bill.id}").text.replace("\xa0", " ")
    for told in ("Korting, code WELKOM20", "€ -99,00", "€ 396,00", "€ 83,16", "€ 479,16"):
        assert told in page, told
    db.session.expire_all()
    assert (bill.net_cents, bill.vat_cents, bill.gross_cents) == (396_00, 83_16, 479_16)


def test_p10_an_amount_comes_off_but_never_more_than_there_is(as_applicant, treasurer, bill):
    a_code(treasurer, code="RUIM", basis_points=None, amount_cents=900_00)
    use(as_applicant, bill, "ruim")
    db.session.expire_all()
    assert bill.gross_cents == 0


def refused(answer) -> str:
    assert answer.status_code == 422
    assert 'id="code-error"' in answer.text
    return answer.text


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"valid_from": date(2027, 2, 1)}, "1 februari 2027"),
        ({"valid_from": date(2026, 1, 1), "valid_until": date(2027, 1, 3)}, "3 januari 2027"),
    ],
)
def test_p10_a_code_of_other_days_says_which(as_applicant, treasurer, bill, values, why):
    a_code(treasurer, **values)
    page = refused(use(as_applicant, bill, "welkom20"))
    assert why in page
    assert 'value="welkom20"' in page


def test_p10_refusals_say_why_and_change_nothing(as_applicant, treasurer, bill, lists):
    other = services.open_plan(
        services.details_of(the_plan()), services.PriceDetails(TODAY, 100_00, "high"), by=treasurer
    )
    a_code(treasurer, code="ANDERS", plan_id=other.id)
    stopped = a_code(treasurer, code="GESTOPT")
    services.stop_code(stopped.id, by=treasurer)
    db.session.commit()
    assert said(services.CodeForOtherPlan.message) in refused(use(as_applicant, bill, "anders"))
    assert said(services.UnknownCode.message) in refused(use(as_applicant, bill, "gestopt"))
    assert said(services.UnknownCode.message) in refused(use(as_applicant, bill, "bestaatniet"))
    refused(use(as_applicant, bill, "a"))
    refused(use(as_applicant, bill, ""))
    db.session.expire_all()
    assert bill.gross_cents == 598_95
    assert db.session.scalars(select(DiscountUse)).all() == []


def test_p10_a_bill_takes_one_code_and_gives_it_back(as_applicant, treasurer, bill):
    first, second = a_code(treasurer), a_code(treasurer, code="TWEEDE")
    use(as_applicant, bill, "welkom20")
    assert said(services.OneCodeOnly.message) in refused(use(as_applicant, bill, "tweede"))
    assert as_applicant.post(f"/pay/{bill.id}/code/off").status_code == 303
    assert as_applicant.post(f"/pay/{bill.id}/code/off").status_code == 303
    db.session.expire_all()
    assert (bill.gross_cents, first.taken, second.taken) == (598_95, 0, 0)
    assert use(as_applicant, bill, "welkom20").status_code == 303


def test_p10_a_code_holds_once_per_person(as_applicant, treasurer, bill, applicant):
    code = a_code(treasurer)
    db.session.add(
        DiscountUse(code_id=code.id, bill_id=sponsor_bill(treasurer).id, account_id=applicant.id, amount_cents=1)
    )
    db.session.commit()
    assert said(services.CodeUsedBefore.message) in refused(use(as_applicant, bill, "welkom20"))


def sponsor_bill(by):
    return services.bill_of_places(places(by, contact=make_account()))


def test_p10_the_last_use_goes_to_one(as_applicant, treasurer, bill, coordinator):
    a_code(treasurer, most=1)
    somebody = make_account()
    other = bill_for("membership_period", period_of(applied(somebody, ApplicationState.ACCEPTED, by=coordinator)).id)
    services.use_code(other.id, "WELKOM20", by=somebody)
    db.session.commit()
    assert said(services.CodeUsedUp.message) in refused(use(as_applicant, bill, "welkom20"))
    services.give_back_code(other.id, by=somebody)
    db.session.commit()
    assert use(as_applicant, bill, "welkom20").status_code == 303


def test_p5_a_bill_with_a_number_takes_no_code_and_says_so(as_applicant, treasurer, bill, applicant):
    a_code(treasurer)
    payments.choose_transfer(bill.id, by=applicant)
    db.session.commit()
    assert said(payments.NumberTaken.message) in refused(use(as_applicant, bill, "welkom20"))


def test_p4_a_code_asks_for_a_new_payment_page_and_waits_for_a_payment_under_way(
    as_applicant, treasurer, bill, applicant
):
    a_code(treasurer)
    attempt = payments.start_attempt(bill.id, method=Method.IDEAL, by=applicant)
    db.session.commit()
    assert use(as_applicant, bill, "welkom20").status_code == 303
    db.session.expire_all()
    assert attempt.state is AttemptState.EXPIRED
    again = payments.start_attempt(bill.id, method=Method.IDEAL, by=applicant)
    assert again.amount_cents == 479_16
    again.state = AttemptState.PROCESSING
    db.session.commit()
    assert as_applicant.post(f"/pay/{bill.id}/code/off").status_code == 409


def test_p10_somebody_elses_bill_is_not_there(app, sign_in, treasurer, bill):
    a_code(treasurer)
    client = app.test_client()
    sign_in(client, make_account())
    assert use(client, bill, "welkom20").status_code == 404
    assert client.get(f"/pay/{bill.id}/code").status_code == 404
    assert client.post(f"/pay/{bill.id}/code/off").status_code == 404
    assert client.post(f"/pay/{bill.id}/free").status_code == 404


def test_p10_a_given_place_begins_the_membership_without_any_attempt(as_applicant, treasurer, bill, applicant, posted):
    given = places(treasurer)
    assert use(as_applicant, bill, given.code).status_code == 303
    page = as_applicant.get(f"/pay/{bill.id}").text
    assert said("Begin without paying") in page
    assert said("How would you like to pay?") not in page
    for _click in range(2):
        assert as_applicant.post(f"/pay/{bill.id}/free").status_code == 303
    db.session.expire_all()
    assert (bill.state, bill.gross_cents) == (BillState.PAID, 0)
    assert db.session.scalars(select(Attempt)).all() == []
    assert queries.standing(applicant.id, TODAY).status is MembershipStatus.ACTIVE
    free = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "payments.bill.settled_free")).all()
    assert [entry.actor_id for entry in free] == [applicant.id]
    assert given.taken == 1
    assert "payments/payment_received" not in {mail.template for mail in posted(applicant)}
    assert as_applicant.get(f"/pay/{bill.id}/return").status_code == 200


def test_p10_a_bill_with_something_to_pay_is_not_settled_for_free(as_applicant, bill, applicant):
    assert as_applicant.post(f"/pay/{bill.id}/free").status_code == 409
    assert not queries.is_member(applicant.id, TODAY)


def test_p10_nothing_is_paid_by_other_ways_on_a_bill_of_nothing(as_applicant, treasurer, bill):
    use(as_applicant, bill, places(treasurer).code)
    for method in ("ideal", "transfer"):
        assert as_applicant.post(f"/pay/{bill.id}", data={"method": method}).status_code == 409


def test_p10_places_of_a_sponsor_hold_once_its_bill_is_paid(as_applicant, treasurer, bill):
    contact = make_account()
    given = places(treasurer, contact=contact, number=3)
    owed = services.bill_of_places(given)
    assert (owed.gross_cents, owed.buyer["name"]) == (3 * 598_95, "Zorgfonds Noord")
    assert "niet voor deze plaatsen betaald" in refused(use(as_applicant, bill, given.code))
    pays(owed, by=treasurer)
    assert use(as_applicant, bill, given.code).status_code == 303


@pytest.mark.parametrize("locale", ["nl", "en"])
def test_p10_a_sponsor_who_has_paid_gets_the_code_by_mail(treasurer, posted, locale):
    contact = make_account(given_name="Fenna", family_name="Bos", email="fonds@voorbeeld.example", locale=locale)
    given = places(treasurer, contact=contact, number=3)
    given.code = "NOORD27"
    owed = services.bill_of_places(given)
    assert owed.buyer["lines"] == [{"nl": "t.a.v. Fenna Bos", "en": "attn. Fenna Bos"}[locale], "Plein 1"]
    assert (
        owed.term
        == {"nl": "Te gebruiken tot en met 31 december 2027", "en": "To be used until 31 December 2027"}[locale]
    )
    pays(owed, by=treasurer)
    (mail,) = [mail for mail in posted(contact) if mail.template == "membership/places_opened"]
    assert_mail_matches(mail, "membership_places_opened")


def test_p10_places_whose_sponsor_got_the_money_back_can_no_longer_be_taken(as_applicant, treasurer, bill):
    given = places(treasurer, contact=make_account(), number=3)
    owed = services.bill_of_places(given)
    pays(owed, by=treasurer)
    payments.credit(owed, gross_cents=owed.gross_cents, cause="refund:1", reason="afgezegd", by=treasurer)
    db.session.commit()
    assert given.stopped_at is not None
    assert "Wij kennen deze code niet" in refused(use(as_applicant, bill, given.code))


def pays(owed, *, by):
    payments.book_transfer(owed.id, amount_cents=owed.gross_cents, received_at=owed.issued_at, reference="1/1", by=by)
    db.session.commit()


def test_p10_places_run_out(treasurer, coordinator, bill, applicant):
    given = places(treasurer, number=1)
    services.use_code(bill.id, given.code, by=applicant)
    somebody = make_account()
    other = bill_for("membership_period", period_of(applied(somebody, ApplicationState.ACCEPTED, by=coordinator)).id)
    with pytest.raises(services.CodeUsedUp):
        services.use_code(other.id, given.code, by=somebody)


def test_p10_an_admission_that_expires_frees_its_code(admitted, treasurer, bill, applicant):
    code = a_code(treasurer)
    services.use_code(bill.id, code.code, by=applicant)
    admitted.pay_before = date(2027, 1, 3)
    services.expire_admission(admitted)
    db.session.expire_all()
    assert code.taken == 0
    assert db.session.scalars(select(DiscountUse)).all() == []


@pytest.fixture
def as_treasurer(app, treasurer, sign_in):
    client = app.test_client()
    sign_in(client, treasurer)
    return client


def test_p10_the_bureau_puts_codes_out_and_sees_their_uses(as_treasurer, treasurer, bill, applicant):
    typed = {"code": "lente 27", "reason": "Congres", "worth": "share", "per_cent": "12,5", "valid_from": "4-1-2027"}
    made = as_treasurer.post("/bureau/discounts/new", data=typed)
    assert made.status_code == 303
    code = queries.code_named("LENTE27")
    assert code.basis_points == 1250
    services.use_code(bill.id, "lente27", by=applicant)
    db.session.commit()
    page = as_treasurer.get(f"/bureau/discounts/{code.id}").text
    assert "Ruben Hoekstra" in page
    assert "LENTE27" in as_treasurer.get("/bureau/discounts").text
    assert as_treasurer.post("/bureau/discounts/new", data=typed).status_code == 422
    for step in ("stop", "stop", "resume"):
        assert as_treasurer.post(f"/bureau/discounts/{code.id}/{step}").status_code == 303
    assert len(db.session.scalars(select(AuditEntry).where(AuditEntry.action == "discount_code.stopped")).all()) == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"per_cent": ""}, "per_cent"),
        ({"per_cent": "101"}, "per_cent"),
        ({"worth": "amount"}, "amount"),
        ({"valid_until": "1-1-2027"}, "valid_until"),
        ({"code": "abc"}, "code"),
        ({"most": "0"}, "most"),
    ],
)
def test_p10_a_code_that_does_not_fit_is_told_at_its_field(as_treasurer, changes, field):
    typed = {"code": "lente 27", "reason": "Congres", "worth": "share", "per_cent": "10", "valid_from": "4-1-2027"}
    page = as_treasurer.post("/bureau/discounts/new", data=typed | changes)
    assert page.status_code == 422
    assert f'id="{field}-error"' in page.text


def test_p10_the_bureau_gives_places_with_a_reason_or_bills_the_sponsor(as_treasurer, lists):
    plan = the_plan()
    typed = {"name": "Zorgfonds", "plan": str(plan.id), "places": "3", "valid_until": "31-12-2027", "payer": "bureau"}
    missing = as_treasurer.post("/bureau/discounts/places/new", data=typed)
    assert 'id="reason-error"' in missing.text
    given = as_treasurer.post("/bureau/discounts/places/new", data=typed | {"reason": "Jubileum"})
    assert given.status_code == 303
    assert as_treasurer.get(given.location).status_code == 200
    billed = typed | {"payer": "sponsor"}
    page = as_treasurer.post("/bureau/discounts/places/new", data=billed)
    assert 'id="email-error"' in page.text
    billed |= {
        "email": "fonds@voorbeeld.example",
        "given_name": "Fenna",
        "family_name": "Bos",
        "kvk": "12345678",
        "vat_id": "NL000099998B57",
        "address": "Plein 1",
        "postcode": "9711AA",
        "city": "Groningen",
    }
    answer = as_treasurer.post("/bureau/discounts/places/new", data=billed)
    assert answer.status_code == 303
    assert "1.796,85" in as_treasurer.get(answer.location).text
    page = as_treasurer.get("/bureau/discounts/places").text
    assert page.count("Zorgfonds") >= 2
