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
"""

import math
from collections.abc import Iterable, Mapping
from statistics import median
from typing import NamedTuple

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
    these weeks by the hour of the day, without holidays; empty: not counted."""

    rates: tuple[float, ...]
    spread: float
    quiet: float
    weeks: int
    direction: str = BOTH
    is_inner: bool = False
    by_hour: tuple[int, ...] = ()

    @property
    def readings(self) -> tuple[float, ...]:
        """By the hour of the day, over all weeks."""
        return self.by_hour or tuple(self.weeks * sum(self.rates[at::24]) for at in range(24))


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
    hours = [at for at in range(end_ms - weeks * WEEK_MS, end_ms, HOUR_MS) if day_of(at) not in holidays]
    values: list[list[int]] = [[] for _ in range(WEEK_HOURS)]
    for at in hours:
        values[hour_of_week(at)].append(reads.get(at, 0))
    rates = tuple(
        round(_middle(one), 4) if opening.share(at) and len(one) >= LEAST_WEEKS else 0.0
        for at, one in enumerate(values)
    )
    by_hour = tuple(sum(sum(one) for one in values[at::24]) for at in range(24))
    return Profile(rates, _spread(values, rates), _quiet(hours, reads, rates), weeks, by_hour=by_hour)


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


def log_zero(expected: float, spread: float) -> float:
    """ln of the probability that nobody comes where so many are expected (negative binomial; Poisson at spread 1)."""
    return -expected if spread < 1.001 else -expected * math.log(spread) / (spread - 1)


def log_at_most(count: float, expected: float, spread: float) -> float:
    """ln of the probability that so many or fewer come; of none it is `log_zero`."""
    last = term = log_zero(expected, spread)
    for came in range(1, int(count) + 1):
        more = expected if spread < 1.001 else (came - 1) * (spread - 1) / spread + expected / spread
        if more <= 0:
            break
        term += math.log(more / came)
        high = max(last, term)
        last = high + math.log(math.exp(last - high) + math.exp(term - high))
    return min(0.0, last)


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


def _quiet(hours: list[int], reads: Mapping[int, int], rates: tuple[float, ...]) -> float:
    came: dict[int, int] = {}
    expected: dict[int, float] = {}
    for at in hours:
        day = day_of(at)
        came[day] = came.get(day, 0) + reads.get(at, 0)
        expected[day] = expected.get(day, 0.0) + rates[hour_of_week(at)]
    parts = sorted(came[day] / expected[day] for day in came if expected[day] >= 5 and came[day])
    if not parts:
        return 0.5
    return min(1.0, max(LEAST_QUIET, parts[int(len(parts) * QUIET_PART)]))
