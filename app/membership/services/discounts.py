"""P10: discount codes and sponsored places: drawn up by the bureau, used on a bill, given back with it."""

from __future__ import annotations

import re
import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import cast
from uuid import UUID

from sqlalchemy import or_, select, update

from app.accounts.models import Account
from app.audit import services as audit
from app.core import clock
from app.core.db import db, insert_once
from app.core.errors import NotFound, Refusal
from app.core.events import publish
from app.core.formats import short_date
from app.core.i18n import _, _l, in_each_language, speaking
from app.core.money import share_of
from app.membership import queries
from app.membership.events import PlacesOpened
from app.membership.models import (
    Company,
    DiscountCode,
    DiscountUse,
    MembershipPeriod,
    Payer,
    Plan,
    Sponsorship,
)
from app.membership.services.applications import CompanyDetails
from app.membership.services.buying import buyer_of
from app.membership.terms import NoPriceError, price_of
from app.payments import queries as bills
from app.payments import services as payments
from app.payments.events import BillCredited, BillPaid, BillShort
from app.payments.models import Bill, BillState
from app.payments.services import LineDraft

SUBJECT = "sponsorship"
PERIOD = "membership_period"
ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
CODE_LENGTH = 10
Kind = DiscountCode | Sponsorship


class UnknownCode(Refusal):
    """No such code; told alike whether it never was or is stopped."""

    message = _l("We do not know this code. Check it for a typing mistake, or ask who gave it to you.")


class CodeNotNow(Refusal):
    """The code holds on other days."""

    message = _l("This code does not hold today.")


class CodeUsedUp(Refusal):
    """All uses, or all places, are taken."""

    message = _l("This code has been used as often as it may. Ask who gave it to you for another one.")


class CodeForOtherPlan(Refusal):
    """The code is for another plan."""

    message = _l("This code is for another kind of membership than yours.")


class CodeUsedBefore(Refusal):
    """One code, one person, one bill."""

    message = _l("You have used this code before; it holds once per person.")


class OneCodeOnly(Refusal):
    """A bill takes one code."""

    message = _l("There is a code on this bill already. Take that one off first.")


class CodeTaken(Refusal):
    """A code is a name, and a name is given once."""

    message = _l("There is a code with this name already. Choose another one.")


class SponsorNeedsPrice(Refusal):
    """M5: places are billed at the price of today."""

    message = _l("This plan has no price today. Give it a price first.")


@dataclass(frozen=True)
class CodeDetails:
    """P10: what a code takes off, as the bureau wrote it: a share in basis points, or net cents."""

    code: str
    reason: str
    basis_points: int | None
    amount_cents: int | None
    valid_from: date
    valid_until: date | None
    most: int | None
    plan_id: UUID | None


@dataclass(frozen=True)
class PlacesDetails:
    """P10: how many places of which plan, until when; with the company to bill when the sponsor pays."""

    code: str
    name: str
    plan_id: UUID
    places: int
    valid_until: date
    reason: str
    company: CompanyDetails | None


def plain_code(typed: str) -> str:
    """Return a code as it is kept: `welkom 20`, `Welkom-20` and `WELKOM20` are one."""
    return re.sub(r"[^0-9A-Z]", "", typed.upper())


def new_code() -> str:
    """Return a code nobody guesses, in characters that nobody mistakes for each other."""
    return "".join(secrets.choice(ALPHABET) for _number in range(CODE_LENGTH))


def open_code(details: CodeDetails, *, by: Account) -> DiscountCode:
    """P10: put a discount code out."""
    values = vars(details) | {"code": _free(details.code)}
    code = DiscountCode(**values, created_by_id=by.id)
    db.session.add(code)
    db.session.flush()
    audit.record("discount_code.opened", by=by.id, on=("discount_code", code.id), after=values)
    return code


def _free(code: str) -> str:
    wanted = plain_code(code) or new_code()
    if queries.code_named(wanted) is not None:
        raise CodeTaken
    return wanted


def stop_code(id: UUID, *, by: Account) -> Kind:
    """P10: let nobody use a code any more; bills it is on keep it. Done twice it changes nothing."""
    return _set_stopped(id, clock.now(), by=by)


def resume_code(id: UUID, *, by: Account) -> Kind:
    """P10: let a stopped code hold again."""
    return _set_stopped(id, None, by=by)


def _set_stopped(id: UUID, at: datetime | None, *, by: Account | None) -> Kind:
    kind = DiscountCode if db.session.get(DiscountCode, id) else Sponsorship
    code = _locked(kind, id)
    if (code.stopped_at is None) == (at is None):
        return code
    code.stopped_at = at
    what = "resumed" if at is None else "stopped"
    actor, told = by.id if by else None, {"code": code.code}
    audit.record(f"{kind.__tablename__}.{what}", by=actor, on=(kind.__tablename__, code.id), after=told)
    return code


def _locked(kind: type[Kind], id: UUID) -> Kind:
    found = db.session.get(kind, id, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound
    return cast("Kind", found)


def open_places(details: PlacesDetails, *, contact: Account | None, by: Account) -> Sponsorship:
    """P10: give places of a plan: at once when the bureau gives them, else when the sponsor's bill is paid."""
    plan = db.session.get_one(Plan, details.plan_id)
    payer = Payer.BUREAU if contact is None else Payer.SPONSOR
    places = Sponsorship(
        code=_free(details.code),
        name=details.name,
        payer=payer,
        plan_id=plan.id,
        places=details.places,
        valid_until=details.valid_until,
        reason=details.reason,
        contact_id=contact.id if contact else None,
        opened_at=clock.now() if contact is None else None,
        created_by_id=by.id,
    )
    if contact is not None and details.company is not None:
        company = Company(account_id=contact.id, **vars(details.company))
        db.session.add(company)
        db.session.flush()
        places.company_id = company.id
    db.session.add(places)
    db.session.flush()
    audit.record(
        "sponsorship.opened",
        by=by.id,
        on=("sponsorship", places.id),
        after={
            "name": places.name,
            "code": places.code,
            "payer": payer,
            "plan": plan.slug,
            "places": places.places,
            "valid_until": places.valid_until,
            "reason": places.reason,
        },
    )
    if contact is not None:
        _bill_sponsor(places, plan, contact, by=by)
    return places


def _bill_sponsor(places: Sponsorship, plan: Plan, contact: Account, *, by: Account) -> Bill:
    try:
        price = price_of(plan, clock.today())
    except NoPriceError:
        raise SponsorNeedsPrice from None
    company = db.session.get_one(Company, places.company_id)
    described = in_each_language(lambda: _("Sponsored place %(plan)s", plan=plan.name))
    bill = payments.draw_up_bill(
        person_id=contact.id,
        subject=(SUBJECT, places.id),
        lines=[
            LineDraft(
                description=described[contact.locale],
                quantity=places.places,
                net_cents=price.net_cents,
                vat_code=price.vat_code,
                in_languages=described,
            )
        ],
        buyer=buyer_of(company, contact),
        due_on=clock.today() + timedelta(days=plan.payment_days),
        by=by,
        term=_until(places, contact.locale),
        locale=contact.locale,
    )
    payments.choose_transfer(bill.id, by=by)
    return bill


def _until(places: Sponsorship, locale: str) -> str:
    """Say for which time places are billed."""
    with speaking(locale):
        return _("To be used until %(day)s", day=short_date(places.valid_until))


def open_places_after_payment(event: BillPaid) -> None:
    """P10: let a sponsor's code hold from the moment its bill is paid."""
    if event.subject_type != SUBJECT:
        return
    places = _locked(Sponsorship, event.subject_id)
    assert isinstance(places, Sponsorship)
    if places.opened_at is None:
        places.opened_at = clock.now()
        audit.record("sponsorship.paid", by=None, on=("sponsorship", places.id), after={"bill_id": event.bill_id})
        publish(PlacesOpened(sponsorship_id=places.id))


def stop_places_without_money(event: BillShort | BillCredited) -> None:
    """P10: let nobody take a place any more whose sponsor got the money back; places that are taken stay taken."""
    if event.subject_type == SUBJECT:
        _set_stopped(event.subject_id, clock.now(), by=None)


def use_code(bill_id: UUID, typed: str, *, by: Account) -> Bill:
    """P10: take off somebody's bill what a code or a sponsored place is good for, once; or say clearly why not.

    Uses are counted by a conditional statement, so the last one goes to one person however many ask at once.
    """
    bill = payments.changeable(bill_id)
    if bill.subject_type != PERIOD:
        raise UnknownCode
    found = queries.code_named(plain_code(typed))
    if found is None or found.stopped_at is not None:
        raise UnknownCode
    if queries.use_on(bill.id) is not None:
        raise OneCodeOnly
    _check(found, db.session.get_one(MembershipPeriod, bill.subject_id))
    amount = _worth(found, bill)
    use_id = uuid.uuid4()
    keys = {"code_id": found.id} if isinstance(found, DiscountCode) else {"sponsorship_id": found.id}
    use = {"id": use_id, "bill_id": bill.id, "account_id": by.id, "amount_cents": amount, "used_at": clock.now()}
    if not insert_once(DiscountUse, **keys, **use):
        raise CodeUsedBefore
    if not _take_one(found):
        raise CodeUsedUp
    told = in_each_language(_telling(found))
    payments.reduce(
        bill.id,
        LineDraft(
            description=told[bill.locale],
            quantity=-1,
            net_cents=amount,
            vat_code=bill.lines[0].vat_code,
            in_languages=told,
        ),
        by=by,
    )
    after = {"code": found.code, "amount_cents": amount, "bill_id": bill.id}
    audit.record("discount.used", by=by.id, on=(found.__tablename__, found.id), after=after)
    return bill


def _check(found: Kind, period: MembershipPeriod) -> None:
    today = clock.today()
    if isinstance(found, DiscountCode) and found.valid_from > today:
        raise CodeNotNow(_l("This code holds from %(day)s.", day=short_date(found.valid_from)))
    if isinstance(found, Sponsorship) and found.opened_at is None:
        raise CodeNotNow(_l("The sponsor has not paid for these places yet. Ask the sponsor, or try again later."))
    if found.valid_until is not None and found.valid_until < today:
        raise CodeNotNow(_l("This code held until %(day)s.", day=short_date(found.valid_until)))
    if found.plan_id is not None and found.plan_id != period.plan_id:
        raise CodeForOtherPlan


def _worth(found: Kind, bill: Bill) -> int:
    """Return what a code takes off a bill, in net cents: never more than there is."""
    if isinstance(found, Sponsorship):
        return bill.net_cents
    if found.basis_points is not None:
        return share_of(bill.net_cents, found.basis_points)
    return min(found.amount_cents or 0, bill.net_cents)


def _telling(found: Kind) -> Callable[[], str]:
    if isinstance(found, Sponsorship):
        return lambda: _("Place paid by %(sponsor)s", sponsor=found.name)
    return lambda: _("Discount, code %(code)s", code=found.code)


def _take_one(found: Kind) -> bool:
    if isinstance(found, Sponsorship):
        one_more = update(Sponsorship).where(Sponsorship.id == found.id, Sponsorship.taken < Sponsorship.places)
        taken = db.session.execute(one_more.values(taken=Sponsorship.taken + 1).returning(Sponsorship.id))
    else:
        room = or_(DiscountCode.most.is_(None), DiscountCode.taken < DiscountCode.most)
        one_use = update(DiscountCode).where(DiscountCode.id == found.id, room)
        taken = db.session.execute(one_use.values(taken=DiscountCode.taken + 1).returning(DiscountCode.id))
    return taken.first() is not None


def give_back_code(bill_id: UUID, *, by: Account | None) -> None:
    """P10: take a code off a bill without a number, so that somebody else, or a later bill, can have the use of it."""
    bill = payments.changeable(bill_id)
    if _release(bill.id, by=by):
        payments.restore(bill.id, by=by)


def release_code(bill: Bill) -> None:
    """P10: free the use of a code whose bill was taken back unpaid."""
    if bill.state is BillState.VOID:
        _release(bill.id, by=None)


def _release(bill_id: UUID, *, by: Account | None) -> bool:
    use = db.session.scalar(select(DiscountUse).where(DiscountUse.bill_id == bill_id).with_for_update())
    if use is None:
        return False
    kind: type[Kind] = DiscountCode if use.code_id else Sponsorship
    found = _locked(kind, use.code_id or use.sponsorship_id or bill_id)
    db.session.delete(use)
    db.session.flush()
    db.session.execute(update(kind).where(kind.id == found.id).values(taken=kind.taken - 1))
    gone = {"code": found.code, "amount_cents": use.amount_cents, "bill_id": bill_id}
    audit.record("discount.given_back", by=by.id if by else None, on=(kind.__tablename__, found.id), before=gone)
    return True


def bill_of_places(places: Sponsorship) -> Bill | None:
    """Return the sponsor's bill, when the sponsor pays."""
    return bills.bill_for(SUBJECT, places.id)
