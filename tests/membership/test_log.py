"""B6: the log says of admission and membership who did what, and leaves to the portal what followed by itself."""

from __future__ import annotations

from html import unescape

import pytest
from sqlalchemy import select

from app.audit.models import ActorKind, AuditEntry
from app.core.db import db
from app.core.observability import statements_so_far
from app.membership.models import ApplicationState
from app.payments.models import Method
from app.payments.queries import bill_for
from app.payments.services import pay
from tests.factories import make_account

from .conftest import applied, period_of, the_plan

FOLLOWS = ("membership.activated", "application.active", "payments.bill.paid")


@pytest.fixture
def bill_id(applicant, coordinator):
    found = bill_for("membership_period", period_of(applied(applicant, ApplicationState.ACCEPTED, by=coordinator)).id)
    db.session.commit()
    return found.id


def kinds(*actions: str) -> set[tuple[str, ActorKind, bool]]:
    rows = db.session.scalars(select(AuditEntry).where(AuditEntry.action.in_(actions)))
    return {(row.action, row.actor_kind, bool(row.actor_id)) for row in rows}


def test_what_follows_on_a_booked_transfer_is_the_portals(client, sign_in, bill_id):
    sign_in(client, make_account(roles=("treasurer",), given_name="Henk"))
    typed = {"amount": "598,95", "received_on": "4-1-2027", "reference": "2027-001/1", "step": "book"}
    assert client.post(f"/bureau/payments/{bill_id}/transfer", data=typed).status_code == 303
    assert kinds(*FOLLOWS) == {(action, ActorKind.SYSTEM, False) for action in FOLLOWS}
    assert kinds("payments.ledger.transfer") == {("payments.ledger.transfer", ActorKind.PERSON, True)}


def test_what_follows_on_coming_back_from_paying_is_the_portals(as_applicant, applicant, bill_id):
    back = (f"/pay/{bill_id}/return", f"/pay/{bill_id}")
    address = pay(bill_id, method=Method.IDEAL, by=applicant, email=applicant.email, locale="nl", back=back)
    as_applicant.post(address, data={"move": "pay"})
    as_applicant.post(f"/pay/{bill_id}/check")
    as_applicant.get(back[0])
    assert kinds(*FOLLOWS) == {(action, ActorKind.SYSTEM, False) for action in FOLLOWS}
    assert kinds("payments.ledger.payment") == {("payments.ledger.payment", ActorKind.PROVIDER, False)}


def test_an_admission_and_its_bill_are_told_by_name_in_the_house_form(client, sign_in, bill_id, applicant, coordinator):
    sign_in(client, make_account(roles=("administrator",)))
    told = unescape(client.get("/bureau/audit").text).replace("\u00a0", " ")
    person, plan = applicant.name, the_plan().name
    assert f"{coordinator.name} liet {person} toe tot {plan}: " in told
    assert f"{coordinator.name} stelde een rekening van € 598,95 op voor {person}" in told
    assert f"{coordinator.name} nam de aanvraag van {person} in behandeling" in told
    assert f"{person} stemde in met “Mijn referenten”, versie 1" in told
    before = statements_so_far()
    client.get("/bureau/audit")
    assert statements_so_far() - before <= 16
