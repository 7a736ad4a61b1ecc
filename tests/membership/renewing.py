"""Going through the end of a membership year in tests: day by day, paying, failing, coming back."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import time_machine
from sqlalchemy import select

from app.accounts import queries as accounts
from app.accounts.models import Account
from app.core import clock
from app.core.db import atomic, db
from app.mail.models import OutboxMail
from app.membership import queries, services
from app.membership.models import Membership, MembershipPeriod, MembershipStatus, NoticeSent, RenewalCharge
from app.payments import queries as bills
from app.payments import services as payments
from app.payments.models import Attempt, AttemptState, Bill, BillState, LedgerKind, Method, SavedMethod
from app.payments.models.saved_method import MethodConsent
from app.payments.models.testpay import TestPayMethod
from app.payments.providers import testpay
from app.payments.services.bills import locked
from app.payments.services.ledger import enter

ONE_DAY = timedelta(days=1)
FIRST_DAY = date(2027, 1, 4)
LAST_DAY = date(2028, 1, 3)
_entries = iter(range(1, 10**9))


def noon(day: date) -> datetime:
    return datetime.combine(day, time(11), tzinfo=UTC)


class Years:
    """One member's years, and the calendar they pass on."""

    def __init__(self, calendar: time_machine.Traveller, member: Account, treasurer: Account) -> None:
        self.calendar = calendar
        self.member_id, self.treasurer_id = member.id, treasurer.id

    @property
    def member(self) -> Account:
        return accounts.account(self.member_id)

    @property
    def treasurer(self) -> Account:
        return accounts.account(self.treasurer_id)

    def go(self, day: date) -> None:
        self.calendar.move_to(noon(day))

    def daily(self, day: date) -> None:
        """Do the daily job on a day."""
        self.go(day)
        db.session.commit()
        services.renew_all()

    def every_day(self, first: date, last: date) -> None:
        """Do it on every day from the first up to and including the last."""
        day = first
        while day <= last:
            self.daily(day)
            day += ONE_DAY

    @property
    def membership(self) -> Membership:
        found = queries.running_membership(self.member_id)
        assert found is not None
        return found

    @property
    def periods(self) -> list[MembershipPeriod]:
        return sorted(queries.periods_of(self.member_id), key=lambda one: one.sequence)

    @property
    def status(self) -> MembershipStatus:
        standing = queries.standing(self.member_id, clock.today())
        assert standing is not None
        return standing.status

    @property
    def is_member(self) -> bool:
        return queries.is_member(self.member_id, clock.today())

    def bill(self, sequence: int = 2) -> Bill:
        period = next(one for one in self.periods if one.sequence == sequence)
        found = bills.bill_for("membership_period", period.id)
        assert found is not None
        return found

    @property
    def bills(self) -> list[Bill]:
        return sorted(bills.bills_of(self.member_id), key=lambda one: one.created_at)

    def pays(self, bill: Bill | None = None) -> None:
        """Pay a bill by transfer, today."""
        bill = bill or self.bill()
        db.session.commit()
        with atomic():
            payments.book_transfer(
                bill.id,
                amount_cents=payments.left_to_pay(bill),
                received_at=clock.now(),
                reference=f"afschrift {next(_entries)}",
                by=self.treasurer,
            )

    def takes_back(self, bill: Bill) -> None:
        """Let the bank take the money of a bill back."""
        self._entry(bill, LedgerKind.DISPUTE, -bill.gross_cents)

    def gives_back(self, bill: Bill) -> None:
        """Let the bank give it again: the dispute was won."""
        self._entry(bill, LedgerKind.DISPUTE_WON, bill.gross_cents)

    def _entry(self, bill: Bill, kind: LedgerKind, cents: int) -> None:
        db.session.commit()
        with atomic():
            enter(
                locked(bill.id),
                kind=kind,
                amount_cents=cents,
                provider="bank",
                reference=f"teruggedraaid {next(_entries)}",
                method="transfer",
                occurred_at=clock.now(),
            )

    def saves_method(self, label: str = "SEPA-incasso •••• 6789") -> SavedMethod:
        """Agree that later bills are charged."""
        first = self.bills[0]
        attempt = db.session.scalar(select(Attempt).where(Attempt.bill_id == first.id).order_by(Attempt.seq.desc()))
        seq = (attempt.seq if attempt else 0) + 1
        paid = Attempt(
            bill_id=first.id,
            seq=seq,
            provider="testpay",
            method=Method.SEPA_DEBIT,
            state=AttemptState.SUCCEEDED,
            amount_cents=first.gross_cents,
            idempotency_key=f"saved-{next(_entries)}",
            reference=f"tp_saved_{next(_entries)}",
        )
        db.session.add(paid)
        db.session.flush()
        db.session.add(MethodConsent(attempt_id=paid.id, text="Ja", agreed_at=clock.now()))
        at_bank = f"tm_{next(_entries)}"
        db.session.add(TestPayMethod(reference=at_bank, customer="tc_1", method=Method.SEPA_DEBIT, next_charge="pay"))
        method = SavedMethod(
            person_id=self.member_id,
            attempt_id=paid.id,
            provider="testpay",
            customer="tc_1",
            reference=at_bank,
            method=Method.SEPA_DEBIT,
            label=label,
        )
        db.session.add(method)
        db.session.commit()
        return method

    def next_charge(self, play: str) -> None:
        """Say what comes of the next charge: `pay`, `pending` or `fail`."""
        for method in db.session.scalars(select(TestPayMethod)):
            method.next_charge = play
        db.session.commit()

    def bank_says(self, play: str) -> None:
        """Let a debit that was under way succeed (`settle`) or fail."""
        self.decided(self.latest_attempt, play)

    def decided(self, attempt: Attempt, play: str) -> None:
        """Let the bank decide on a debit."""
        assert attempt.reference is not None
        reference = attempt.reference
        db.session.commit()
        with atomic():
            testpay.play(reference, testpay.Play(play))
        payments.converge(reference)

    @property
    def latest_attempt(self) -> Attempt:
        found = bills.latest_attempt(self.bill().id)
        assert found is not None
        return found

    def withdraws(self) -> None:
        db.session.commit()
        with atomic():
            payments.withdraw_method(self.member_id, by=self.member)

    def resigns(self) -> None:
        db.session.commit()
        with atomic():
            services.resign(self.membership, reason="", by=self.member)

    def stays(self) -> None:
        db.session.commit()
        with atomic():
            services.undo_resignation(self.membership, by=self.member)

    @property
    def told(self) -> list[tuple[str, date]]:
        """What was told, and when."""
        ids = [one.id for one in self.periods]
        found = select(NoticeSent.kind, NoticeSent.told_on).where(NoticeSent.period_id.in_(ids))
        return [tuple(row) for row in db.session.execute(found.order_by(NoticeSent.told_at, NoticeSent.kind))]

    @property
    def mails(self) -> list[OutboxMail]:
        wanted = select(OutboxMail).where(OutboxMail.account_id == self.member_id)
        return list(db.session.scalars(wanted.order_by(OutboxMail.created_at, OutboxMail.key)))

    def mailed(self, template: str) -> list[OutboxMail]:
        return [mail for mail in self.mails if mail.template == f"membership/{template}"]

    @property
    def charges(self) -> list[RenewalCharge]:
        wanted = select(RenewalCharge).where(RenewalCharge.bill_id.in_([bill.id for bill in self.bills]))
        return list(db.session.scalars(wanted.order_by(RenewalCharge.tried_on, RenewalCharge.seq)))

    def unpaid(self) -> list[UUID]:
        return [bill.id for bill in self.bills if bill.state in (BillState.ISSUED, BillState.SHORT)]


def pay_first(application: Any, treasurer: Account) -> None:
    """Pay the bill of an admission, by transfer."""
    period = db.session.scalars(
        select(MembershipPeriod)
        .join(Membership, Membership.id == MembershipPeriod.membership_id)
        .where(Membership.account_id == application.account_id)
    ).one()
    bill = bills.bill_for("membership_period", period.id)
    assert bill is not None
    payments.book_transfer(
        bill.id,
        amount_cents=bill.gross_cents,
        received_at=clock.now(),
        reference=f"eerste {next(_entries)}",
        by=treasurer,
    )
