"""How long what is kept, and what is due. Pure.

1. A day is a local date (Asia/Ho_Chi_Minh), as the number of days since 1970-01-01.
2. What was scanned on a day is kept for so many whole days after that day has ended, by class: who it was, what a
   certificate said, a code that could not be read. Then the day's key is destroyed, and what follows from it deleted.
3. Who was where (sightings, visits, tokens) goes with the class `person`. Counts by the hour stay: they name nobody.
Source of the default days: identified scans 21 to 30, as peers do (10 to 60); seven for what nobody could read.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from server.codes.types import CLASSES, CODE, HEALTH, PERSON

LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")
DAY_MS = 86_400_000
DAYS_KEPT: Mapping[str, int] = {PERSON: 21, HEALTH: 21, CODE: 7}
_EPOCH = date(1970, 1, 1)
# The zone has kept one offset since 1975-06-13; what lies before goes the long way (tzdata, Asia/Ho_Chi_Minh).
_OFFSET_MS = 7 * 3_600_000
_ONE_OFFSET_SINCE_MS = 172_800_000_000


class Due(NamedTuple):
    """A day of a class whose time is over."""

    day: int
    class_: str


class Retention(NamedTuple):
    """How many days each class is kept."""

    person_days: int = DAYS_KEPT[PERSON]
    health_days: int = DAYS_KEPT[HEALTH]
    code_days: int = DAYS_KEPT[CODE]

    def days(self) -> dict[str, int]:
        """By class."""
        return {PERSON: self.person_days, HEALTH: self.health_days, CODE: self.code_days}


def day_of(at_ms: int) -> int:
    """The local day of an instant."""
    if at_ms >= _ONE_OFFSET_SINCE_MS:
        return (at_ms + _OFFSET_MS) // DAY_MS
    return (datetime.fromtimestamp(at_ms / 1000, LOCAL).date() - _EPOCH).days


def date_of(day: int) -> date:
    """The calendar's name of a day."""
    return _EPOCH + timedelta(days=day)


def begins_ms(day: int) -> int:
    """The instant at which a local day begins."""
    midnight = datetime.combine(date_of(day), datetime.min.time(), LOCAL)
    return int(midnight.timestamp() * 1000)


def first_kept_day(today: int, days_kept: int) -> int:
    """The oldest day that is kept: it ended no more than so many whole days ago."""
    return today - days_kept


def cutoffs(retention: Retention, now_ms: int) -> dict[str, int]:
    """By class: the oldest day that is kept. What lies before is due."""
    today = day_of(now_ms)
    return {class_: first_kept_day(today, days) for class_, days in retention.days().items()}


def due(held: Iterable[tuple[int, str]], retention: Retention, now_ms: int) -> list[Due]:
    """Of what is held (day, class), that whose time is over, the oldest first. A class that is not known is never due:
    somebody has to look."""
    first = cutoffs(retention, now_ms)
    return sorted(Due(day, class_) for day, class_ in set(held) if class_ in CLASSES and day < first[class_])
