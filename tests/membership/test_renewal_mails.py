"""M8, M9, M10, M12: what members are told about the end of their year, kept in golden files."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from app.core.db import atomic, db
from app.membership import services
from tests.golden import assert_mail_matches

from .renewing import LAST_DAY, Years


def t(days: int) -> date:
    return LAST_DAY + timedelta(days=days)


def unpaid_until(day: int) -> Callable[[Years], None]:
    def act(years: Years) -> None:
        years.daily(t(-30))
        years.daily(t(day))

    return act


def revived(years: Years) -> None:
    unpaid_until(45)(years)
    years.pays()


def short(years: Years) -> None:
    years.go(date(2027, 3, 1))
    years.takes_back(years.bill(1))
    years.daily(date(2027, 3, 7))


def automatic(years: Years) -> None:
    years.saves_method()
    years.daily(t(-30))


def refused(years: Years) -> None:
    automatic(years)
    years.next_charge("fail")
    years.daily(t(-7))


def resigned(years: Years) -> None:
    years.resigns()


def undone(years: Years) -> None:
    years.resigns()
    years.stays()


def invited(years: Years) -> None:
    db.session.commit()
    with atomic():
        services.invite(years.membership, by=years.treasurer)


TOLD: dict[str, Callable[[Years], None]] = {
    "value_statement": lambda years: years.daily(t(-44)),
    "renewal_ahead": lambda years: years.daily(t(-30)),
    "grace_begun": unpaid_until(1),
    "renewal_late": unpaid_until(7),
    "suspended": unpaid_until(31),
    "lapsed": unpaid_until(61),
    "revived": revived,
    "cover_lost": short,
    "charge_announced": automatic,
    "charge_failed": refused,
    "resigned": resigned,
    "resignation_undone": undone,
    "personal_invitation": invited,
}


@pytest.mark.parametrize("locale", ["nl", "en"])
@pytest.mark.parametrize("name", list(TOLD))
def test_m8_each_turn_is_told_by_mail(years, name, locale):
    years.member.locale = locale
    db.session.commit()
    TOLD[name](years)
    (mail,) = years.mailed(name)
    assert_mail_matches(mail, f"membership_{name}")
