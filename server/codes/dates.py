"""Dates as they stand on papers: whole, partial, impossible.

A day is a number: days since 1970-01-01, in the calendar of Vietnam (UTC+7, without summer time since 1975).
"""

import re
from datetime import UTC, date, datetime
from functools import lru_cache

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
OFFSET_MS = 7 * HOUR_MS
FIRST_YEAR = 1850
_EPOCH = date(1970, 1, 1).toordinal()
_FORM = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2})(?:[T ].{1,40})?)?)?", re.DOTALL)


def day_at(at_ms: int) -> int:
    """The local day of an instant."""
    return (at_ms + OFFSET_MS) // DAY_MS


def end_ms(day: int) -> int:
    """When a local day has ended, UTC."""
    return (day + 1) * DAY_MS - OFFSET_MS


def day_of(text: str) -> int:
    """The day of a date yyyy-mm-dd. Raises ValueError."""
    found = date.fromisoformat(text) if len(text) == 10 else None
    if found is None:
        raise ValueError("not yyyy-mm-dd")
    return found.toordinal() - _EPOCH


def is_day(year: int, month: int, day: int) -> bool:
    """Whether there is such a day; 0 stands for an unknown one."""
    try:
        date(year, month or 1, day or 1)
    except ValueError:
        return False
    return True


def year_of(text: str, at_ms: int) -> str | None:
    """A year of birth of four digits as it may be at that instant, else None."""
    return text if FIRST_YEAR <= int(text) <= _year_at(at_ms) else None


def span(text: str) -> tuple[int, int]:
    """The first and the last day that a date may mean: yyyy, yyyy-mm or yyyy-mm-dd, with a time or without.
    Raises ValueError."""
    found = _FORM.fullmatch(text)
    if found is None:
        raise ValueError("no date")
    year, month, day = (int(part) if part else None for part in found.groups())
    if year is None or (year, month, day) >= (9999, 12, 31):
        raise ValueError("no date")
    first = date(year, month or 1, day or 1).toordinal() - _EPOCH
    if day is not None:
        return first, first
    after = date(year + 1, 1, 1) if month is None or month == 12 else date(year, month + 1, 1)
    return first, after.toordinal() - _EPOCH - 1


def instant_ms(text: str) -> int:
    """A date with a time and an offset from UTC, as milliseconds. Raises ValueError."""
    if len(text) > 40:
        raise ValueError("no instant")
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError("an instant without its offset")
    try:
        return int(found.timestamp() * 1000)
    except OverflowError as err:
        raise ValueError("no instant") from err


def _year_at(at_ms: int) -> int:
    return _year_of(day_at(at_ms))


@lru_cache(maxsize=1024)
def _year_of(day: int) -> int:
    try:
        return datetime.fromtimestamp(day * (DAY_MS // 1000), UTC).year
    except (ValueError, OverflowError):
        return 9999
