"""What a place says of scans, one after the other: the rules of `inside.py` and `ruling.py` over days.

1. A scan belongs to the day of the place in which it was made. A later day begins with nobody inside.
2. Who is refused has not come in. A scan of an earlier day changes nothing but that day's count for the quota.
3. A scan of nobody known is counted without being known, and gets no answer.
4. The order is that in which the scans are given: whoever wants what the gateway said gives them as they were made.
It stands for a gateway that heard each scan at once, was on all the time and had the same rules all the time.
"""

from collections.abc import Callable

from presence.days import Calendar
from presence.inside import Inside, Presence
from presence.persons import Persons
from presence.ruling import WELCOME, Limits, ruling

MOST_A_DAY = 196_608
MOST_VISITS = 255


def number_of(person: bytes) -> int:
    """A person's pseudonym, at least eight bytes, as the number that the table takes."""
    return int.from_bytes(person[:8], "big")


class Replay:
    """One place. Times are UTC in milliseconds."""

    def __init__(self, limits: Limits, calendar: Calendar, most_a_day: int = MOST_A_DAY) -> None:
        self._limits = limits
        self._calendar = calendar
        self._most = most_a_day
        self._days: list[tuple[int, Persons]] = []
        self._presence = Presence(Persons(0), 0)

    @property
    def presence(self) -> Presence:
        """Of the latest day."""
        return self._presence

    def scan(self, person: int | None, direction: str, at_ms: int, is_revoked: Callable[[], bool] = bool) -> str | None:
        """The answer, as if it had been asked for; it has then happened. None: nobody known, no answer."""
        day = self._calendar.day_of(at_ms)
        self._roll(day)
        if day < self._days[0][0]:
            if person is not None and direction != "out":
                self._add_visit(day, person)
            return WELCOME if person is not None else None
        if person is None:
            self._presence.anonymous(direction, at_ms)
            return None
        answer = ruling(
            self._limits, self._presence, person, direction, at_ms, is_revoked, lambda: self._visits(person)
        )
        if answer == WELCOME and self._presence.scan(person, direction, at_ms) == "in":
            self._add_visit(day, person)
        return answer

    def inside(self, now_ms: int) -> Inside:
        """How many are inside; on a day of which there is no scan, nobody."""
        self._roll(self._calendar.day_of(now_ms))
        return self._presence.inside(now_ms)

    def _roll(self, day: int) -> None:
        if self._days and day <= self._days[0][0]:
            return
        kept = [one for one in self._days if one[0] > day - self._limits.quota_days]
        self._days = [(day, Persons(self._most)), *kept]
        self._presence = Presence(self._days[0][1], self._calendar.begins_ms(day))

    def _visits(self, person: int) -> int:
        slots = ((table, table.find(person)) for _, table in self._days)
        return sum(table.visits[slot] for table, slot in slots if slot >= 0)

    def _add_visit(self, day: int, person: int) -> None:
        for number, table in self._days:
            slot = table.take(person) if number == day else -1
            if slot >= 0:
                table.visits[slot] = min(MOST_VISITS, table.visits[slot] + 1)
