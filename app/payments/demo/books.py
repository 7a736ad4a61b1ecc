"""Bills, payments and credit notes for demo data, in bulk, and in the order of their days so that no number is odd."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from sqlalchemy import select

from app.core import clock, search
from app.core.db import Base, db, insert_rows, put_rows
from app.core.demo import DemoPlan, drawn_id
from app.payments import queries, services, settings
from app.payments.demo.bills import DemoBill
from app.payments.models import (
    Attempt,
    AttemptState,
    Bill,
    BillLine,
    BillState,
    CreditNote,
    CreditNoteLine,
    LedgerEntry,
    LedgerKind,
    Method,
    NumberCounter,
    TestPayCheckout,
    VatRate,
)
from app.payments.services import rf_reference

AT_ONCE = 5000
DAYS_TO_PAY = 14
_WAYS = (Method.IDEAL, Method.CARD, Method.SEPA_DEBIT, Method.TRANSFER)
_SHARES = (70, 8, 12, 10)
_COUNTERS = select(NumberCounter).execution_options(populate_existing=True)
_SPREAD, _SPACE = 738_019_331, 10**12
_LINE = tuple(column.name for column in BillLine.__table__.columns if column.name not in {"id", "bill_id"})
_CREDITED_LINE = tuple(name for name in _LINE if name in CreditNoteLine.__table__.columns)


@dataclass(frozen=True)
class _Event:
    """Something that takes a number, if it takes one, on a day: a bill drawn up, or credited."""

    day: date
    credits: bool
    bill: DemoBill

    @property
    def order(self) -> tuple[date, bool, int]:
        return self.day, self.credits, self.bill.id.int


class Books:
    """Writes bills day by day; between two days somebody else may take numbers, too."""

    order: tuple[type[Base], ...] = (
        Bill,
        BillLine,
        Attempt,
        TestPayCheckout,
        LedgerEntry,
        CreditNote,
        CreditNoteLine,
    )

    def __init__(self, plan: DemoPlan, billed: Iterable[DemoBill]) -> None:
        self.rng: Random = plan.chance("payments")
        self.taken: Counter[str] = Counter()
        self.rates: dict[tuple[str, date], VatRate] = {}
        self.count = 0
        self.rows: dict[type[Base], list[dict[str, Any]]] = {model: [] for model in self.order}
        self.lines: dict[Any, BillLine] = {}
        self.seller = settings.seller_snapshot()
        self.events = sorted(_events(billed), key=lambda event: event.order)
        self.written = 0

    def write_until(self, day: date) -> None:
        """Write everything up to and including a day, and leave the counters where the next number is taken."""
        if self.written == len(self.events) or self.events[self.written].day > day:
            return
        self.taken = Counter({counter.series: counter.n for counter in db.session.scalars(_COUNTERS)})
        while self.written < len(self.events) and (event := self.events[self.written]).day <= day:
            self._credit(event.bill) if event.credits else self._bill(event.bill)
            self.written += 1
            if len(self.rows[Bill]) >= AT_ONCE:
                self._write()
        self._write()
        put_rows(NumberCounter, [{"series": series, "n": n} for series, n in sorted(self.taken.items())])

    def _write(self) -> None:
        search.add(
            queries.SCOPE,
            {
                bill["id"]: queries.words_of(bill["number"], bill["buyer"]["name"], bill["rf_reference"])
                for bill in self.rows[Bill]
            },
        )
        for model in self.order:
            insert_rows(model, self.rows[model])
            self.rows[model] = []

    def _rate(self, code: str, day: date) -> VatRate:
        if (code, day) not in self.rates:
            self.rates[code, day] = services.vat_rate(code, day)
        return self.rates[code, day]

    def _number(self, day: date, prefix: str = "") -> str:
        series = f"{prefix}{day.year}"
        self.taken[series] += 1
        return f"{series}-{self.taken[series]:05d}"

    def _bill(self, billed: DemoBill) -> None:
        self.count += 1
        line = self._line(billed)
        vat = services.vat_total([line])
        gross = billed.net_cents + vat
        method = billed.method or self.rng.choices(_WAYS, _SHARES)[0]
        moment = self._in_office(billed.day)
        at_once = {"on": billed.day.isoformat(), "method": method.value} if billed.paid_on == billed.day else None
        paid_at = moment if at_once else self._in_office(billed.paid_on) if billed.paid_on else None
        self.rows[Bill].append(
            {
                "id": billed.id,
                "person_id": billed.person_id,
                "subject_type": billed.subject[0],
                "subject_id": billed.subject[1],
                "state": _state(billed),
                "number": self._number(billed.day) if billed.issued else None,
                "rf_reference": rf_reference(f"{(self.count * _SPREAD + 5_417) % _SPACE:012d}"),
                "issued_at": moment if billed.issued else None,
                "issued_on": billed.day if billed.issued else None,
                "due_on": billed.due_on or billed.day + timedelta(days=DAYS_TO_PAY),
                "paid_at": paid_at,
                "period_from": billed.period[0] if billed.period else None,
                "period_until": billed.period[1] if billed.period else None,
                "term": billed.term,
                "net_cents": billed.net_cents,
                "vat_cents": vat,
                "gross_cents": gross,
                "locale": "nl",
                "buyer": asdict(billed.buyer) | {"lines": list(billed.buyer.lines)},
                "seller": self.seller if billed.issued else None,
                "settled": at_once,
                "transfer_chosen_at": moment if billed.by_transfer else None,
                "created_at": moment - timedelta(days=self.rng.randint(0, 5) if at_once else 0),
            }
        )
        told = {name: getattr(line, name) for name in _LINE}
        self.rows[BillLine].append({"id": drawn_id(self.rng), "bill_id": billed.id} | told)
        if billed.credited_on:
            self.lines[billed.id] = line
        if paid_at:
            self._payment(billed, gross, method, paid_at)

    def _line(self, billed: DemoBill) -> BillLine:
        rate = self._rate(billed.vat_code, billed.day)
        return BillLine(
            position=1,
            description=billed.description,
            quantity=1,
            unit_net_cents=billed.net_cents,
            net_cents=billed.net_cents,
            vat_code=billed.vat_code,
            vat_basis_points=rate.basis_points,
            legal_ground=rate.legal_ground,
            in_languages=billed.in_languages,
        )

    def _in_office(self, day: date) -> datetime:
        """Choose a moment of a day; what is paid is paid in daytime."""
        return clock.at_home(datetime.combine(day, time(self.rng.randint(8, 21), self.rng.randrange(60))))

    def _payment(self, billed: DemoBill, gross: int, method: Method, moment: datetime) -> None:
        attempt_id = None if method is Method.TRANSFER else drawn_id(self.rng)
        if attempt_id:
            self.rows[Attempt].append(
                {
                    "id": attempt_id,
                    "bill_id": billed.id,
                    "seq": 1,
                    "provider": "testpay",
                    "method": method,
                    "state": AttemptState.SUCCEEDED,
                    "amount_cents": gross,
                    "idempotency_key": f"checkout-{attempt_id}",
                    "reference": f"tp_demo{self.count}",
                    "created_at": moment - timedelta(minutes=4),
                    "settled_at": moment,
                }
            )
            self.rows[TestPayCheckout].append(
                {
                    "reference": f"tp_demo{self.count}",
                    "idempotency_key": f"checkout-{attempt_id}",
                    "attempt_id": attempt_id,
                    "description": billed.description,
                    "amount_cents": gross,
                    "method": method.value,
                    "state": AttemptState.SUCCEEDED.value,
                    "return_url": settings.public("/"),
                    "cancel_url": settings.public("/"),
                    "created_at": moment - timedelta(minutes=4),
                    "expires_at": moment + timedelta(days=1),
                    "paid_at": moment,
                }
            )
        self.rows[LedgerEntry].append(
            {
                "id": drawn_id(self.rng),
                "bill_id": billed.id,
                "attempt_id": attempt_id,
                "kind": LedgerKind.PAYMENT if attempt_id else LedgerKind.TRANSFER,
                "amount_cents": gross,
                "provider": "testpay" if attempt_id else "bank",
                "reference": f"tp_demo{self.count}-1" if attempt_id else f"{moment.year}-{self.count}",
                "method": method.value,
                "occurred_at": moment,
                "recorded_at": moment,
            }
        )

    def _credit(self, billed: DemoBill) -> None:
        """Take a bill back as a whole, as happens when a membership lapses."""
        assert billed.credited_on
        note_id, line = drawn_id(self.rng), self.lines.pop(billed.id)
        vat = services.vat_total([line])
        self.rows[CreditNote].append(
            {
                "id": note_id,
                "bill_id": billed.id,
                "number": self._number(billed.credited_on, "C"),
                "cause": billed.cause,
                "reason": billed.reason,
                "issued_at": clock.at_home(datetime.combine(billed.credited_on, time(3, 40))),
                "issued_on": billed.credited_on,
                "net_cents": billed.net_cents,
                "vat_cents": vat,
                "gross_cents": billed.net_cents + vat,
                "vat": [asdict(part) for part in queries.vat_parts([line])],
                "seller": self.seller,
            }
        )
        told = {name: getattr(line, name) for name in _CREDITED_LINE}
        self.rows[CreditNoteLine].append({"id": drawn_id(self.rng), "credit_note_id": note_id} | told)


def _events(billed: Iterable[DemoBill]) -> Iterator[_Event]:
    for one in billed:
        yield _Event(one.day, credits=False, bill=one)
        if one.credited_on:
            yield _Event(one.credited_on, credits=True, bill=one)


def _state(billed: DemoBill) -> BillState:
    if billed.credited_on:
        return BillState.CREDITED
    if billed.paid_on:
        return BillState.PAID
    return BillState.ISSUED if billed.issued else BillState.DRAFT
