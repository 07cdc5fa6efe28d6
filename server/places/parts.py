"""Which part of a day's readings comes in which hour, learned from a point's own days: whatever the day brings, market
or none, its own other hours say how many are to be expected in one.

1. Learned from whole days on which anybody came. Of an hour the newest days are left out on which nobody came in it
   though people came before and after: that may be a hole.
2. `shares`, by the hour of the week: of days of that weekday, drawn towards those of all days by as much as one more
   day would weigh. Hours in which the place is closed have none.
3. `noise`: how much more an hour varies around its part of the day than chance alone would have it (variance over mean,
   at least 1; the widest fiftieth left out).
4. `empty`, by the hour of the day: on which part of days nobody came then, beyond what chance and `noise` explain,
   though people came before and after. Where nothing can be told: a half.
5. `most`: no more readings than that came on nineteen of twenty days.
Pure.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from server.places.counts import log_zero

MOST_NOISE = 25.0
WIDEST, BUSIEST = 0.02, 0.05
NEVER_SURE = 0.5


class Parts(NamedTuple):
    """See the module."""

    shares: tuple[float, ...] = ()
    noise: float = 0.0
    empty: tuple[float, ...] = ()
    most: float = 0.0


class Day(NamedTuple):
    """A whole day. `weekday`: 0 is Monday; `reads`: by the hour."""

    weekday: int
    reads: Sequence[int]


def learn(days: Sequence[Day], open_shares: Sequence[float]) -> Parts:
    """`days`: the oldest first; `open_shares`: which part of each hour of the week it is open."""
    some = [one for one in days if any(one.reads)]
    if not some:
        return Parts(empty=(NEVER_SURE,) * 24)
    told = [_without_last_hole(some, at) for at in range(24)]
    shares = _shares(some, told, open_shares)
    pairs = [[_beside(one, at, shares) for one in told[at]] for at in range(24)]
    noise = _noise([pair for each in pairs for pair in each])
    totals = sorted(sum(one.reads) for one in some)
    most = totals[math.ceil(len(totals) * (1 - BUSIEST)) - 1]
    round_ = [[_beside(one, at, shares) for one in told[at] if is_round(one.reads, at, at + 1)] for at in range(24)]
    empty = tuple(round(_empty(each, noise), 4) for each in round_)
    return Parts(tuple(round(one, 5) for one in shares), round(noise, 3), empty, float(most))


def is_round(reads: Sequence[int], begin: int, end: int) -> bool:
    """Whether anybody came before these hours, and anybody after."""
    return any(reads[:begin]) and any(reads[end:])


def _without_last_hole(days: Sequence[Day], at: int) -> list[Day]:
    kept = list(days)
    while kept and not kept[-1].reads[at]:
        kept.pop()
    return kept


def _shares(days: Sequence[Day], told: Sequence[Sequence[Day]], open_shares: Sequence[float]) -> list[float]:
    usual_day = sum(sum(one.reads) for one in days) / len(days)
    of_all = [_share(told[at], at) for at in range(24)]
    found: list[float] = []
    for weekday in range(7):
        for at in range(24):
            mine = [one for one in told[at] if one.weekday == weekday]
            came, all_ = sum(one.reads[at] for one in mine), sum(sum(one.reads) for one in mine)
            part = (came + usual_day * of_all[at]) / (all_ + usual_day)
            found.append(part if open_shares[24 * weekday + at] else 0.0)
    return found


def _share(days: Sequence[Day], at: int) -> float:
    total = sum(sum(one.reads) for one in days)
    return sum(one.reads[at] for one in days) / total if total else 0.0


def _beside(one: Day, at: int, shares: Sequence[float]) -> tuple[int, float]:
    """(how many came in that hour, how many the day's others let expect)"""
    share = shares[24 * one.weekday + at]
    came = one.reads[at]
    return came, (sum(one.reads) - came) * share / (1 - share) if share < 1 else 0.0


def _noise(pairs: Sequence[tuple[int, float]]) -> float:
    squares = sorted((came - expected) ** 2 / expected for came, expected in pairs if expected >= 1)
    kept = squares[: math.ceil(len(squares) * (1 - WIDEST))]
    return min(MOST_NOISE, max(1.0, sum(kept) / len(kept))) if kept else 1.0


def _empty(pairs: Sequence[tuple[int, float]], noise: float) -> float:
    more, days = 0.0, 0.0
    for came, expected in pairs:
        by_chance = math.exp(log_zero(expected, noise))
        more += (not came) - by_chance
        days += 1 - by_chance
    return min(1.0, (max(0.0, more) + NEVER_SURE) / (days + 1))
