"""How many are inside a place at given instants, and what the place's rules said of each scan.

1. low: whoever was surely inside: seen to come in by then, and surely not gone. best: by the best instants. high:
   whoever may have been inside.
2. Scans that are counted only tell of people without saying who. They are counted as the gateway counts those that it
   does not know (`presence/inside.py`): in less out since the place's day began; where no way out is counted, those of
   the last two hours. One whose time is not known well enough may have been on any day: it widens the bounds of the
   days it may have been on.
3. Both are added. Somebody whose visits touch may be counted twice in `high`, for as long as the clocks were off.
4. Capacity and quota are judged by the rules that the gateway has (`presence/ruling.py`), over the scans as they were
   made.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

from presence.days import Calendar
from presence.inside import Presence
from presence.persons import Persons
from presence.replay import Replay, number_of
from presence.ruling import Limits
from server.visits.clock import day_of
from server.visits.types import BOTH, HOUR_MS, Identity, PlaceRules, Sighting

Ends = tuple[int, int, int, int, int, int]
"""in_low, in_at, in_high, out_low, out_at, out_high"""


class Level(NamedTuple):
    """How many were inside at an instant."""

    at_ms: int
    low: int
    best: int
    high: int


class Counted(NamedTuple):
    """A scan that is counted only. `earliest_ms`, `at_ms` None: nobody knows."""

    direction: str | None
    earliest_ms: int | None
    at_ms: int | None
    latest_ms: int


class Course:
    """Told of visits in any order; asked once."""

    def __init__(self, instants: Sequence[int]) -> None:
        """Raises ValueError where they do not rise."""
        if any(one >= other for one, other in pairwise(instants)):
            raise ValueError("instants rise")
        self.instants = list(instants)
        self._steps = [[0] * (len(instants) + 1) for _ in range(3)]

    def add(self, ends: Ends) -> None:
        """One visit to the place as a whole."""
        in_low, in_at, in_high, out_low, out_at, out_high = ends
        self._from_to(0, bisect_left(self.instants, in_high), bisect_left(self.instants, out_low))
        self._from_to(1, bisect_left(self.instants, in_at), bisect_left(self.instants, out_at))
        self._from_to(2, bisect_left(self.instants, in_low), bisect_right(self.instants, out_high))

    def levels(self) -> list[Level]:
        """Of the visits, at each instant."""
        low, best, high = (list(accumulate(steps)) for steps in self._steps)
        return [Level(*one) for one in zip(self.instants, low, best, high)]

    def _from_to(self, row: int, first: int, after: int) -> None:
        if first < after:
            self._steps[row][first] += 1
            self._steps[row][after] -= 1


def counted_levels(instants: Sequence[int], scans: Iterable[Counted], rules: PlaceRules) -> list[Level]:
    """Of scans that are counted only, of the days on which the instants lie; `scans` in any order."""
    calendar = calendar_of(rules)
    days: dict[int, list[Counted]] = {}
    vague = []
    for one in scans:
        if one.at_ms is None or one.earliest_ms is None or one.latest_ms - one.earliest_ms > HOUR_MS:
            vague.append(one)
        else:
            days.setdefault(calendar.day_of(one.at_ms), []).append(one)
    found = []
    for day in sorted({calendar.day_of(one) for one in instants}):
        those = [one for one in instants if calendar.day_of(one) == day]
        may_be = [one for one in vague if _may_be_on(one, day, rules)]
        found += _day(calendar.begins_ms(day), those, days.get(day, []), may_be)
    return found


def together(one: Sequence[Level], other: Sequence[Level]) -> list[Level]:
    """The sum, instant by instant."""
    return [
        Level(first.at_ms, first.low + second.low, first.best + second.best, first.high + second.high)
        for first, second in zip(one, other, strict=True)
    ]


def rulings(
    sightings: Iterable[Sighting],
    limits: Limits,
    rules: PlaceRules,
    is_revoked: Callable[[Sighting], bool] = lambda one: False,
) -> dict[Identity, str | None]:
    """What the gateway of a place says, or would have said, of each scan there; None: of nobody known.

    Scans without a known instant get no answer: the gateway gives none to what is not made just now.
    """
    replay = Replay(limits, calendar_of(rules))
    found: dict[Identity, str | None] = {}
    timed = [(one.at_ms, one.identity, one) for one in sightings if one.at_ms is not None]
    for at_ms, identity, one in sorted(timed, key=lambda each: each[:2]):
        person = None if one.person is None else number_of(one.person)
        found[identity] = replay.scan(person, one.direction or BOTH, at_ms, lambda one=one: is_revoked(one))  # type: ignore[misc]
    return found


def calendar_of(rules: PlaceRules) -> Calendar:
    """The days of a place."""
    return Calendar(f"{rules.day_begins_min // 60:02}:{rules.day_begins_min % 60:02}")


def _day(begins_ms: int, instants: Sequence[int], scans: list[Counted], vague: list[Counted]) -> list[Level]:
    presence = Presence(Persons(0), begins_ms)
    for one in vague:
        presence.unknown(one.direction or BOTH)
    rest = sorted((one.at_ms or 0, one.direction or BOTH) for one in scans)
    found, at = [], 0
    for instant in instants:
        while at < len(rest) and rest[at][0] <= instant:
            presence.anonymous(rest[at][1], rest[at][0])
            at += 1
        inside = presence.inside(instant)
        found.append(Level(instant, inside.low, inside.best, inside.best if inside.high is None else inside.high))
    return found


def _may_be_on(one: Counted, day: int, rules: PlaceRules) -> bool:
    first = None if one.earliest_ms is None else day_of(rules, one.earliest_ms)
    return day <= day_of(rules, one.latest_ms) and (first is None or first <= day)
