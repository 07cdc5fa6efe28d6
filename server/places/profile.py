"""What is expected of a point - a box at a gate of a place - hour by hour of the week, learned from its own past.

1. The weeks before are laid over each other. The rate of an hour of the week is the mean of the middle half of its
   values (of two or three weeks: the median): an outage or a fair in a quarter of the weeks changes nothing.
2. Holidays are left out, and hours in which the place is closed expect nobody.
3. `spread` says how much more the counts vary than chance alone would have it (variance over mean, at least 1);
   `quiet` which part of the usual came on the quietest of ordinary days. Both make an alarm harder to raise.
4. Two weeks are the least to learn from; with less there is no profile, and nothing is said of silence.
5. What a day is like is told of points of one sort: the same kind of place, the same way, at an outer gate or within.
   It comes from all their readings, not from the middle ones, which are 0 or 1 where few come; only from points with
   enough readings, and from enough points: otherwise nothing is said of it.
6. Which part of a day comes in which hour is learned beside that: `parts`.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from statistics import median
from typing import NamedTuple

from server.places import parts
from server.places.opening import THURSDAY, UNKNOWN, Opening

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
ZONE_MS = 7 * HOUR_MS
WEEK_HOURS = 168
WEEK_MS = WEEK_HOURS * HOUR_MS
LEAST_WEEKS, MOST_WEEKS = 2, 8
MOST_SPREAD, LEAST_QUIET = 25.0, 0.1
QUIET_PART = 0.05  # the quietest days that are left aside
SHAPE_READINGS, SHAPE_POINTS = 100, 5  # a week, of a point; points
ONE_WAY = 0.9
IN, OUT, BOTH = "in", "out", "both"


class Point(NamedTuple):
    """Where counts come from. `gate_id` "": not known."""

    place_id: str
    gate_id: str
    box_id: str


class Ways(NamedTuple):
    """Readings, and how many of them were on the way in and on the way out."""

    reads: int
    ins: int
    outs: int

    @property
    def direction(self) -> str:
        """in, out: nearly all of them; both otherwise."""
        least = max(1.0, ONE_WAY * self.reads)
        return IN if self.ins >= least else OUT if self.outs >= least else BOTH


class Sort(NamedTuple):
    """Points whose days are alike. `kind`: of place; `direction`: in, out, both; `is_inner`: at a gate of a zone."""

    kind: str
    direction: str = BOTH
    is_inner: bool = False


class Profile(NamedTuple):
    """`rates`: readings expected in each hour of the week, from Monday 00:00 local time. `by_hour`: all readings of
    these weeks by the hour of the day, without holidays; empty: not counted. `empty`, `shares`, `noise`, `most`: see
    `parts`; none: not known."""

    rates: tuple[float, ...]
    spread: float
    quiet: float
    weeks: int
    direction: str = BOTH
    is_inner: bool = False
    by_hour: tuple[int, ...] = ()
    empty: tuple[float, ...] = ()
    shares: tuple[float, ...] = ()
    noise: float = 0.0
    most: float = 0.0

    @property
    def readings(self) -> tuple[float, ...]:
        """By the hour of the day, over all weeks."""
        return self.by_hour or tuple(self.weeks * sum(self.rates[at::24]) for at in range(24))


class _Day(NamedTuple):
    """Which of the hours that are looked at are of one day: `first` to `last`, the latter not included; `of_week`: the
    hour of the week of the first."""

    of_week: int
    first: int
    last: int


def hour_of_week(utc_ms: int) -> int:
    """0 is Monday 00:00-01:00, local time."""
    return ((utc_ms + ZONE_MS) // HOUR_MS + THURSDAY * 24) % WEEK_HOURS


def day_of(utc_ms: int) -> int:
    """The local day, in days since 1970-01-01."""
    return (utc_ms + ZONE_MS) // DAY_MS


def learn(
    reads: Mapping[int, int],
    first_ms: int,
    to_ms: int,
    opening: Opening = UNKNOWN,
    holidays: frozenset[int] = frozenset(),
) -> Profile | None:
    """`reads`: how many in the hour that begins then (UTC ms); none: 0. `first_ms`: when the point was first heard of;
    learned is from the whole weeks between that and `to_ms`, at most the last eight."""
    end_ms = to_ms - to_ms % HOUR_MS
    weeks = min(MOST_WEEKS, (end_ms - first_ms) // WEEK_MS)
    if weeks < LEAST_WEEKS:
        return None
    hours, days = _calendar(end_ms, weeks, holidays)
    came = [reads.get(at, 0) for at in hours]
    values: list[list[int]] = [[] for _ in range(WEEK_HOURS)]
    for one in days:
        for at, count in enumerate(came[one.first : one.last], one.of_week):
            values[at].append(count)
    rates = tuple(
        round(_middle(some), 4) if share and len(some) >= LEAST_WEEKS else 0.0
        for share, some in zip(_shares(opening), values, strict=True)
    )
    by_hour = tuple(sum(sum(one) for one in values[at::24]) for at in range(24))
    spread, quiet = _spread(values, rates), _quiet(days, came, rates)
    whole = [parts.Day(one.of_week // 24, came[one.first : one.last]) for one in days if one.last - one.first == 24]
    of_day = parts.learn(whole, _shares(opening))._asdict()
    return Profile(rates, spread, quiet, weeks, by_hour=by_hour, **of_day)


def shape(profiles: Iterable[Profile]) -> tuple[float, ...] | None:
    """Which part of a day's readings comes in each hour of the day, at points of one sort: the median over them. None:
    too few points have enough readings."""
    days: list[list[float]] = []
    for one in profiles:
        by_hour, total = one.readings, sum(one.readings)
        if total >= SHAPE_READINGS * one.weeks:
            days.append([part / total for part in by_hour])
    if len(days) < SHAPE_POINTS:
        return None
    found = [median(day[at] for day in days) for at in range(24)]
    total = sum(found)
    return tuple(one / total for one in found) if total else None


def _middle(values: list[int]) -> float:
    ordered = sorted(values)
    if len(ordered) < 4:
        return float(median(ordered)) if ordered else 0.0
    cut = len(ordered) // 4
    kept = ordered[cut : len(ordered) - cut]
    return sum(kept) / len(kept)


def _spread(values: list[list[int]], rates: tuple[float, ...]) -> float:
    squares = sorted(
        (value - rate) ** 2 / rate for rate, some in zip(rates, values, strict=True) if rate >= 1 for value in some
    )
    kept = squares[: math.ceil(len(squares) * 0.98)]
    return min(MOST_SPREAD, max(1.0, sum(kept) / len(kept))) if kept else 1.0


def _quiet(days: Sequence[_Day], came: list[int], rates: tuple[float, ...]) -> float:
    parts: list[float] = []
    for one in days:
        some = sum(came[one.first : one.last])
        expected = sum(rates[one.of_week : one.of_week + one.last - one.first])
        if some and expected >= 5:
            parts.append(some / expected)
    parts.sort()
    if not parts:
        return 0.5
    return min(1.0, max(LEAST_QUIET, parts[int(len(parts) * QUIET_PART)]))


@lru_cache(maxsize=32)
def _calendar(end_ms: int, weeks: int, holidays: frozenset[int]) -> tuple[list[int], list[_Day]]:
    """(hours that are on no holiday, their days)"""
    hours = [at for at in range(end_ms - weeks * WEEK_MS, end_ms, HOUR_MS) if day_of(at) not in holidays]
    days: list[_Day] = []
    for at, hour in enumerate(hours):
        of_week = hour_of_week(hour)
        if days and day_of(hours[at - 1]) == day_of(hour):
            days[-1] = days[-1]._replace(last=at + 1)
        else:
            days.append(_Day(of_week, at, at + 1))
    return hours, days


@lru_cache(maxsize=1_024)
def _shares(opening: Opening) -> tuple[float, ...]:
    return tuple(opening.share(at) for at in range(WEEK_HOURS))
