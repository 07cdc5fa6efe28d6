"""Who was here on the latest days, as far as a quota needs it: one table and one key a day.

1. A person is looked for on each day under that day's key: no two tables can be joined without the keys.
2. A day that no rule asks for any more goes, and its key is destroyed. So does the oldest one when all tables together
   hold too many.
3. The days are numbered like those of the counts. Where that numbering turns out to be another (UTC becomes known, a
   clock is set back), the days are renumbered, and nobody is forgotten.
"""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any, NamedTuple, Protocol

from gateway.place.persons import Persons

MOST_A_DAY = 196_608
MOST_IN_ALL = 600_000
MOST_VISITS = 255
PREFIX = "place-"


class Keys(Protocol):
    """Keys by name, in memory only; gateway.seal.Shelf is one."""

    def get(self, name: str) -> bytes | bytearray: ...

    def find(self, name: str) -> bytes | bytearray | None: ...

    def names(self) -> Sequence[str]: ...

    def destroy(self, name: str) -> None: ...


class KnownDay(NamedTuple):
    number: int
    key_name: str
    key: bytes
    persons: Persons

    def hashed(self, person: bytes) -> int:
        return int.from_bytes(blake2b(person, key=self.key, digest_size=8).digest(), "big")


class Known:
    """The days, the newest first."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._days: list[KnownDay] = []

    def __repr__(self) -> str:
        return f"Known({len(self._days)} days)"

    @property
    def today(self) -> KnownDay:
        return self._days[0]

    @property
    def first_number(self) -> int:
        """The oldest day that is remembered."""
        return self._days[-1].number

    def open(self, number: int, serial: int, keep_days: int) -> KnownDay:
        """Begin a day; `serial`: a number that was not used before."""
        name = f"{PREFIX}{serial}"
        self._days.insert(0, KnownDay(number, name, bytes(self._keys.get(name)), Persons(MOST_A_DAY)))
        self.forget(keep_days)
        return self.today

    def forget(self, keep_days: int) -> None:
        """Let go of days before the latest `keep_days`, and of what is too much."""
        while len(self._days) > 1 and self._is_over(keep_days):
            self._keys.destroy(self._days.pop().key_name)
        wanted = {day.key_name for day in self._days}
        for name in self._keys.names():
            if name.startswith(PREFIX) and name not in wanted:
                self._keys.destroy(name)

    def _is_over(self, keep_days: int) -> bool:
        held = sum(len(day.persons) for day in self._days)
        return self._days[-1].number <= self.today.number - keep_days or held > MOST_IN_ALL

    def renumber(self, number: int) -> None:
        """Today has this number, and those before accordingly."""
        by = number - self.today.number
        self._days = [day._replace(number=day.number + by) for day in self._days]

    def visits(self, person: bytes) -> int:
        """How often this person came in on the days that are remembered."""
        found = 0
        for day in self._days:
            slot = day.persons.find(day.hashed(person))
            found += day.persons.visits[slot] if slot >= 0 else 0
        return found

    def add_visit(self, number: int, person: bytes) -> None:
        """One more on that day, if it is remembered."""
        for day in self._days:
            if day.number == number:
                slot = day.persons.take(day.hashed(person))
                if slot >= 0:
                    day.persons.visits[slot] = min(MOST_VISITS, day.persons.visits[slot] + 1)

    # --- across a restart of the program

    def dump(self) -> list[Any]:
        """Without the keys."""
        return [[day.number, day.key_name, day.persons.dump()] for day in self._days]

    def load(self, data: list[Any]) -> bool:
        """Days whose key is gone are gone. False: today's is, and nothing has changed."""
        days = []
        for number, name, table in data:
            key = self._keys.find(name)
            if key is not None:
                days.append(KnownDay(number, name, bytes(key), Persons.load(table)))
        if not days or days[0].key_name != data[0][1]:
            return False
        self._days = days
        return True
