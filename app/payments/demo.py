"""Bills, payments and invoice numbers for demo data, in bulk and without gaps; what was billed comes from above."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID

from app.core import clock, search
from app.core.db import Base, insert_rows
from app.core.demo import DemoPlan, drawn_id
from app.payments import queries, services, settings
from app.payments.models import (
    Attempt,
    AttemptState,
    Bill,
    BillLine,
    BillState,
    LedgerEntry,
    LedgerKind,
    Method,
    NumberCounter,
    TestPayCheckout,
    VatRate,
)
from app.payments.services import Buyer, rf_reference

AT_ONCE = 5000
DAYS_TO_PAY = 14
_WAYS = (Method.IDEAL, Method.CARD, Method.SEPA_DEBIT, Method.TRANSFER)
_SHARES = (70, 8, 12, 10)
_SPREAD, _SPACE = 738_019_331, 10**12


@dataclass(frozen=True)
class DemoBill:
    """Something that was billed: paid on its day, or still open; `by_transfer` for one that was issued and waits."""

    id: UUID
    person_id: UUID
    subject: tuple[str, UUID]
    description: str
    net_cents: int
    vat_code: str
    buyer: Buyer
    day: date
    period: tuple[date, date] | None = None
    term: str = ""
    in_languages: Mapping[str, str] | None = None
    paid: bool = True
    by_transfer: bool = False


class _Writer:
    """Turns bills, sorted by day, into rows; numbers follow the days, as they would have."""

    order: tuple[type[Base], ...] = (Bill, BillLine, Attempt, TestPayCheckout, LedgerEntry)

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.taken: Counter[str] = Counter()
        self.rates: dict[tuple[str, date], VatRate] = {}
        self.count = 0
        self.rows: dict[type[Base], list[dict[str, Any]]] = {model: [] for model in self.order}
        self.seller = settings.seller_snapshot()

    def write(self) -> None:
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

    def rate(self, code: str, day: date) -> VatRate:
        if (code, day) not in self.rates:
            self.rates[code, day] = services.vat_rate(code, day)
        return self.rates[code, day]

    def number(self, day: date) -> str:
        series = str(day.year)
        self.taken[series] += 1
        return f"{series}-{self.taken[series]:05d}"

    def add(self, billed: DemoBill) -> None:
        self.count += 1
        rate = self.rate(billed.vat_code, billed.day)
        line = BillLine(
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
        vat = services.vat_total([line])
        gross = billed.net_cents + vat
        method = self.rng.choices(_WAYS, _SHARES)[0]
        moment = clock.at_home(datetime.combine(billed.day, time(self.rng.randint(8, 21), self.rng.randrange(60))))
        issued = billed.paid or billed.by_transfer
        state = BillState.PAID if billed.paid else BillState.ISSUED if billed.by_transfer else BillState.DRAFT
        settled = {"on": billed.day.isoformat(), "method": method.value} if billed.paid else None
        self.rows[Bill].append(
            {
                "id": billed.id,
                "person_id": billed.person_id,
                "subject_type": billed.subject[0],
                "subject_id": billed.subject[1],
                "state": state,
                "number": self.number(billed.day) if issued else None,
                "rf_reference": rf_reference(f"{(self.count * _SPREAD + 5_417) % _SPACE:012d}"),
                "issued_at": moment if issued else None,
                "issued_on": billed.day if issued else None,
                "due_on": billed.day + timedelta(days=DAYS_TO_PAY),
                "paid_at": moment if billed.paid else None,
                "period_from": billed.period[0] if billed.period else None,
                "period_until": billed.period[1] if billed.period else None,
                "term": billed.term,
                "net_cents": billed.net_cents,
                "vat_cents": vat,
                "gross_cents": gross,
                "locale": "nl",
                "buyer": asdict(billed.buyer) | {"lines": list(billed.buyer.lines)},
                "seller": self.seller if issued else None,
                "settled": settled,
                "transfer_chosen_at": moment if billed.by_transfer else None,
                "created_at": moment - timedelta(days=self.rng.randint(0, 5)),
            }
        )
        columns = (column.name for column in BillLine.__table__.columns if column.name not in {"id", "bill_id"})
        self.rows[BillLine].append(
            {"id": drawn_id(self.rng), "bill_id": billed.id} | {name: getattr(line, name) for name in columns}
        )
        if billed.paid:
            self.payment(billed.id, gross, method, moment, billed.description)

    def payment(self, bill_id: UUID, gross: int, method: Method, moment: datetime, description: str) -> None:
        attempt_id = None if method is Method.TRANSFER else drawn_id(self.rng)
        if attempt_id:
            self.rows[Attempt].append(
                {
                    "id": attempt_id,
                    "bill_id": bill_id,
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
                    "description": description,
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
                "bill_id": bill_id,
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


def write_bills(plan: DemoPlan, billed: Iterable[DemoBill], *, keep_for: Iterable[UUID] = ()) -> None:
    """Write these bills; those of the people in `keep_for` get their invoice on file, as every invoice really has."""
    writer = _Writer(plan.chance("payments"))
    kept = set(keep_for)
    on_file = []
    for one in sorted(billed, key=lambda one: (one.day, one.id)):
        writer.add(one)
        if one.person_id in kept and (one.paid or one.by_transfer):
            on_file.append(one.id)
        if len(writer.rows[Bill]) >= AT_ONCE:
            writer.write()
    writer.write()
    insert_rows(NumberCounter, list(_counters(writer.taken)))
    for bill_id in on_file:
        services.keep_invoice(bill_id)


def _counters(taken: Counter[str]) -> Iterator[dict[str, Any]]:
    for series, count in sorted(taken.items()):
        yield {"series": series, "n": count}
