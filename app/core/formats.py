"""Dates and times as people read them: in words, on the bureau's wall clock, in the language being spoken."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache

from babel import Locale
from babel.dates import format_date as babel_date
from babel.numbers import format_decimal

from app.core import clock
from app.core.i18n import _, language

MOST_DAYS = 8192
MEGABYTE = 1_000_000


@lru_cache(maxsize=MOST_DAYS)
def _written(day: date, pattern: str, language_code: str) -> str:
    return babel_date(day, pattern, locale=language_code)


def day_as(day: date | datetime, pattern: str) -> str:
    """Write a day, at the bureau, by one of Unicode's date patterns: `EEE` gives `do`."""
    day = clock.local(day).date() if isinstance(day, datetime) else day
    return _written(day, pattern, language())


def long_date(day: date | datetime) -> str:
    """Write a day in full: `donderdag 14 januari 2027`."""
    return day_as(day, "EEEE d MMMM y")


def short_date(day: date | datetime) -> str:
    """Write a day without its weekday: `14 januari 2027`."""
    return day_as(day, "d MMMM y")


def table_date(day: date | datetime) -> str:
    """Write a day for a cell of a table, never broken over lines: `14 jan 2027`."""
    return day_as(day, "d\u00a0MMM\u00a0y")


def table_moment(moment_: datetime) -> str:
    """Write a day and time for a cell of a table: `14 jan 2027, 19.30`."""
    return f"{table_date(moment_)}, {clock_time(moment_)}"


def clock_time(moment_: datetime) -> str:
    """Write a time of day at the bureau: `19.30` in Dutch, `19:30` in English."""
    local = clock.local(moment_)
    return f"{local.hour:02d}{':' if language() == 'en' else '.'}{local.minute:02d}"


def country_name(code: str) -> str:
    """Write a country: `België` for `BE`; a code that nobody knows stays as it is."""
    return str(Locale.parse(language()).territories.get(code, code))


def moment(moment_: datetime) -> str:
    """Write a day and time: `14 januari 2027, 19.30 uur`."""
    return _("%(day)s, %(time)s h", day=short_date(moment_), time=clock_time(moment_))


def file_size(size: int) -> str:
    """Write how large a file is: `340 kB`, `2,4 MB`."""
    if size < MEGABYTE:
        return f"{max(1, round(size / 1000))}\u00a0kB"
    return f"{format_decimal(round(size / MEGABYTE, 1), locale=language())}\u00a0MB"


def time_range(start: datetime, end: datetime) -> str:
    """Write from when till when, on one day or over two: `donderdag 14 januari 2027, 19.30–21.30 uur`."""
    if clock.local(start).date() == clock.local(end).date():
        return _("%(day)s, %(start)s–%(end)s h", day=long_date(start), start=clock_time(start), end=clock_time(end))
    return f"{moment(start)} – {moment(end)}"
