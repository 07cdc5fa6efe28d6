"""Working days in Vietnam: Monday to Friday without public holidays; holidays are data, by year.

1. Dates are local (Asia/Ho_Chi_Minh), which has no summer time.
2. A year of which not everything is announced, or that is not in the data, counts only what is known: a deadline
   is then never later than it should be, and `is_sure` says no.
"""

import tomllib
from datetime import date, datetime, timedelta
from functools import cache
from importlib import resources
from typing import NamedTuple
from zoneinfo import ZoneInfo

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
FIXED = ((1, 1), (4, 30), (5, 1), (9, 2))


class Year(NamedTuple):
    """Holidays of a year; `announced`: by what they are known, "" where something is left open."""

    announced: str
    days: frozenset[date]


@cache
def years() -> dict[int, Year]:
    """As the data has them."""
    text = resources.files("server.access").joinpath("holidays.toml").read_text("utf-8")
    found = tomllib.loads(text)
    return {
        int(year): Year(said["announced"], frozenset(map(date.fromisoformat, said["days"])))
        for year, said in found.items()
    }


def local_date(at_ms: int) -> date:
    """The day in Vietnam."""
    return datetime.fromtimestamp(at_ms / 1000, VIETNAM).date()


def end_of_ms(day: date) -> int:
    """The first instant after this day in Vietnam, UTC ms."""
    after = day + timedelta(days=1)
    return int(datetime(after.year, after.month, after.day, tzinfo=VIETNAM).timestamp() * 1000)


def begin_of_ms(day: date) -> int:
    """The first instant of this day in Vietnam, UTC ms."""
    return int(datetime(day.year, day.month, day.day, tzinfo=VIETNAM).timestamp() * 1000)


def date_of(text: str) -> date:
    """`2026-11-22`. Raises `ValueError`."""
    if len(text) != len("2026-11-22"):
        raise ValueError("not YYYY-MM-DD")
    return date.fromisoformat(text)


def is_working(day: date) -> bool:
    """Whether offices work."""
    if day.weekday() >= 5:
        return False
    year = years().get(day.year)
    return day not in year.days if year is not None else (day.month, day.day) not in FIXED


def after(day: date, working_days: int) -> date:
    """The so many-th working day after this day, which is not counted itself."""
    while working_days > 0:
        day += timedelta(days=1)
        working_days -= is_working(day)
    return day


def is_sure(first: date, last: date) -> bool:
    """Whether every holiday of the years in between is known."""
    return all((year := years().get(one)) is not None and year.announced for one in range(first.year, last.year + 1))


def local_text(at_ms: int) -> str:
    """The instant as people in Vietnam write it down, to the second."""
    return datetime.fromtimestamp(at_ms / 1000, VIETNAM).isoformat(timespec="seconds")
