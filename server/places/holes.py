"""A hole in the middle of the day: nobody for some hours, though people come before and after, and come just then.

1. A day shows a hole between its readings; which hours, and how many were expected in them: by the part of a day that
   comes then (`parts`), of what came in that day's other hours. So a market day counts for as much as it brought, and a
   day on which nobody was read before or after the hours says nothing of them, nor does a holiday. A day counts as no
   busier than nineteen of twenty.
2. Two of the last three days: the same hours on both, each of them by chance, where seven of ten come, less than
   once in 10,000; and of the days learned from one in twenty at most left them empty.
3. Or the same hours over the last days, three and more of them, back to fourteen: by chance all of it comes less than
   once in a million. A day counts for no more than one in a hundred: something may keep everybody away for once.
4. What chance says of a day is held against the days learned from: to it comes the part of them that left one of these
   hours empty as well. So a break that is taken on some days only is none either.
5. Hours in which nobody is usual (a break, a day on which it closes) expect nobody, so they are no hole.
Pure.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, combinations, pairwise
from typing import NamedTuple

from server.places.counts import log_at_most, log_zero
from server.places.parts import is_round
from server.places.profile import DAY_MS, HOUR_MS, ZONE_MS, Profile, day_of, hour_of_week

SURE, SURE_OF_DAY = math.log(1e-6), math.log(1e-4)
LEAST_EXPECTED = 3.0
HOLE_DAYS, HOLE_OF_DAYS, LONGEST_HOLE = 2, 3, 5
LEAST_DAYS, MOST_DAYS, NEWEST_DAYS = 3, 14, 2
LATELY_DAYS = 6
LEAST_OF_DAY = 0.01
LEFT = 0.02
SELDOM, FEWER = 0.05, 0.7


class Hole(NamedTuple):
    """`first_day`: on which it showed first; hours of the local day, the second not included; `days`: on how many;
    `expected`: readings on all of these, `got`: what came."""

    first_day: int
    from_hour: int
    to_hour: int
    days: int
    expected: float
    got: int

    @property
    def since_ms(self) -> int:
        """When it showed first."""
        return self.first_day * DAY_MS - ZONE_MS + self.from_hour * HOUR_MS


class Day(NamedTuple):
    """`reads`: by the hour, without hours that have not begun; `came`, `shares`: what came, and which part of a day
    usually comes, before each hour (and, last, in all)."""

    day: int
    reads: Sequence[int]
    came: Sequence[int]
    shares: Sequence[float]


def hole(reads: Mapping[int, int], profile: Profile, now_ms: int, holidays: frozenset[int]) -> Hole | None:
    """What rules 2 and 3 find. `reads`: by the hour (UTC ms); none: nothing is looked for."""
    if not reads:
        return None
    days = list(_days(reads, profile, now_ms, holidays))
    of_single = _of_single_days(days, profile, day_of(now_ms))
    return of_single if of_single is not None else _of_all_days(days, profile)


def may_be(busy: Mapping[int, int], now_ms: int, holidays: frozenset[int]) -> bool:
    """Whether `hole` may find anything, by less than it takes. `busy`: of the last LATELY_DAYS days and today, in which
    hours anybody came (bit 0: the first)."""
    today = day_of(now_ms)
    days = sorted((day for day in busy if today - LATELY_DAYS <= day <= today and day not in holidays), reverse=True)
    newest = [_between(busy[day]) for day in days[:HOLE_OF_DAYS]]
    if len(newest) < HOLE_OF_DAYS:
        return True
    return any(one & other for one, other in combinations(newest, NEWEST_DAYS))


def _between(busy: int) -> int:
    """The hours in which nobody came between others."""
    lowest, highest = busy & -busy, 1 << busy.bit_length() >> 1
    return (highest - 1) & ~busy & -lowest


def _days(reads: Mapping[int, int], profile: Profile, now_ms: int, holidays: frozenset[int]) -> Iterator[Day]:
    """The newest first."""
    shares = profile.shares or profile.rates
    today = day_of(now_ms)
    for day in range(today, today - MOST_DAYS - 1, -1):
        if day in holidays:
            continue
        begins_ms = day * DAY_MS - ZONE_MS
        first = hour_of_week(begins_ms)
        until = min(24, -((begins_ms - now_ms) // HOUR_MS))
        at_hours = [reads.get(begins_ms + at * HOUR_MS, 0) for at in range(until)]
        if any(at_hours):
            of_hours = accumulate(shares[first : first + until], initial=0.0)
            yield Day(day, at_hours, list(accumulate(at_hours, initial=0)), list(of_hours))


def _expected(one: Day, begin: int, end: int, profile: Profile) -> float:
    """How many are missed in these hours, where nobody came: so many, that by chance it is e to the minus that."""
    came = one.came[-1] - one.came[end] + one.came[begin]
    share = (one.shares[end] - one.shares[begin]) / one.shares[-1] if one.shares[-1] else 0.0
    if not 0 < share < 1:
        return 0.0
    most = _most(profile) * (1 - share)
    return -min(came, most) * math.log(1 - share)


def _of_single_days(days: Sequence[Day], profile: Profile, today: int) -> Hole | None:
    late = sorted(one for one in days[:HOLE_OF_DAYS] if one.day > today - HOLE_OF_DAYS)
    found = [(one.day, made) for one in late if (made := _emptiest(one, profile)) is not None]
    for first_day, (begin, end, _) in found:
        same = [usual for _, (first, last, usual) in found if first < end and begin < last]
        if len(same) >= HOLE_DAYS:
            return Hole(first_day, begin, end, len(same), sum(same), 0)
    return None


def _emptiest(one: Day, profile: Profile) -> tuple[int, int, float] | None:
    """(from hour, to hour, expected) of the emptiest hole of that day that has readings before and after it."""
    busy = [at for at, count in enumerate(one.reads) if count]
    best: tuple[int, int, float] | None = None
    for before, after in pairwise(busy):
        if not 1 < after - before <= LONGEST_HOLE + 1:
            continue
        expected = _expected(one, before + 1, after, profile)
        sure = log_zero(expected * FEWER, _noise(profile)) <= SURE_OF_DAY and expected >= LEAST_EXPECTED
        if sure and _usually_empty(profile, before + 1, after) <= SELDOM and (best is None or expected > best[2]):
            best = before + 1, after, expected
    return best


def _of_all_days(days: Sequence[Day], profile: Profile) -> Hole | None:
    best: tuple[float, Hole] | None = None
    for begin, end in _windows(days):
        found = _together(days, begin, end, profile)
        if found is not None and (best is None or (found[0], -found[1].expected) < (best[0], -best[1].expected)):
            best = found
    return None if best is None else best[1]


def _windows(days: Sequence[Day]) -> Iterator[tuple[int, int]]:
    """Hours in which nobody came on the newest days on which people came before and after."""
    empty = [_is_empty_lately(days, at) for at in range(24)]
    for begin in range(1, 23):
        for end in range(begin + 1, min(23, begin + LONGEST_HOLE) + 1):
            if not empty[end - 1] or not empty[begin]:
                break
            yield begin, end


def _is_empty_lately(days: Sequence[Day], at: int) -> bool:
    newest = [one.reads for one in days[:HOLE_OF_DAYS] if len(one.reads) > at and is_round(one.reads, at, at + 1)]
    return sum(not reads[at] for reads in newest) >= NEWEST_DAYS


def _together(days: Sequence[Day], begin: int, end: int, profile: Profile) -> tuple[float, Hole] | None:
    """(ln of the chance, what was found) over as many of the last days as make it least likely."""
    chance, expected, got, count = 0.0, 0.0, 0, 0
    empty, noise = _usually_empty(profile, begin, end), _noise(profile)
    best: tuple[float, Hole] | None = None
    for one in days:
        if len(one.reads) <= end or not is_round(one.reads, begin, end):
            continue
        usual = _expected(one, begin, end, profile)
        if not usual:
            continue
        came = one.came[end] - one.came[begin]
        got, expected, count = got + came, expected + usual, count + 1
        of_day = empty + (1 - empty) * math.exp(log_at_most(came, usual, noise))
        chance += math.log(max(LEAST_OF_DAY, of_day))
        is_sure = count >= LEAST_DAYS and chance <= SURE and got <= LEFT * expected
        if is_sure and (best is None or chance < best[0]):
            best = chance, Hole(one.day, begin, end, count, expected, got)
    return best


def _usually_empty(profile: Profile, begin: int, end: int) -> float:
    """Of the hour that most is known of: all of them are empty at most as often as that."""
    if not profile.empty:
        return 0.0
    shares = profile.shares or profile.rates
    return profile.empty[max(range(begin, end), key=lambda at: sum(shares[at::24]))]


def _noise(profile: Profile) -> float:
    return profile.noise or profile.spread


def _most(profile: Profile) -> float:
    """Where nothing is known of days: as on the busiest weekday."""
    return profile.most or max(sum(profile.rates[first : first + 24]) for first in range(0, len(profile.rates), 24))
