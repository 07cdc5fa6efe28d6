"""A hole in the middle of the day: nobody for some hours, though people come before and after, and come just then.

1. A day shows a hole between its readings; which hours, and how many were expected in them. A day on which nobody was
   read before or after the hours says nothing of them, nor does a holiday.
2. Two of the last three days: the same hours on both, each of them by chance, on a quiet day, less than once in 10,000;
   and of the days learned from one in twenty at most left them empty.
3. Or the same hours over the last days, three and more of them, back to fourteen: what was expected and what came is
   taken together, and by chance it comes less than once in a million. A day counts for no more than came before and
   after the hours says of it, and for no more than one in a hundred: something may keep everybody away for once.
4. What chance says of a day is held against the days learned from: it is no less than the part of them that left one of
   these hours empty as well (profile 6). So a break that is taken on some days only is none either.
5. Hours in which nobody is usual (a break, a day on which it closes) expect nobody, so they are no hole.
Pure.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice, pairwise
from typing import NamedTuple

from server.places.profile import DAY_MS, HOUR_MS, ZONE_MS, Profile, day_of, hour_of_week, log_at_most, log_zero

SURE, SURE_OF_DAY = math.log(1e-6), math.log(1e-4)
LEAST_EXPECTED = 3.0
HOLE_DAYS, HOLE_OF_DAYS, LONGEST_HOLE = 2, 3, 5
LEAST_DAYS, MOST_DAYS, NEWEST_DAYS = 3, 14, 2
LEAST_OF_DAY = math.log(0.01)
LEFT = 0.02
SELDOM = 0.05


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
    """`reads`, `rates`: by the hour; what came and what is usual. Hours that have not begun are not in it."""

    day: int
    reads: Sequence[int]
    rates: Sequence[float]


def hole(reads: Mapping[int, int], profile: Profile, now_ms: int, holidays: frozenset[int]) -> Hole | None:
    """What rules 2 and 3 find. `reads`: by the hour (UTC ms)."""
    older = _days(reads, profile, now_ms, holidays)
    newest = list(islice(older, HOLE_OF_DAYS))
    of_single = _of_single_days(newest, profile, day_of(now_ms))
    if of_single is not None:
        return of_single
    windows = list(_windows(newest, profile))
    return _of_all_days([*newest, *older], windows, profile) if windows else None


def _days(reads: Mapping[int, int], profile: Profile, now_ms: int, holidays: frozenset[int]) -> Iterator[Day]:
    """The newest first."""
    today = day_of(now_ms)
    for day in range(today, today - MOST_DAYS - 1, -1):
        if day in holidays:
            continue
        begins_ms = day * DAY_MS - ZONE_MS
        first = hour_of_week(begins_ms)
        until = min(24, -((begins_ms - now_ms) // HOUR_MS))
        at_hours = [reads.get(begins_ms + at * HOUR_MS, 0) for at in range(until)]
        if any(at_hours):
            yield Day(day, at_hours, profile.rates[first : first + until])


def _of_single_days(days: Sequence[Day], profile: Profile, today: int) -> Hole | None:
    late = sorted(one for one in days if one.day > today - HOLE_OF_DAYS)
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
        expected = sum(one.rates[before + 1 : after])
        sure = log_zero(expected * profile.quiet, profile.spread) <= SURE_OF_DAY and expected >= LEAST_EXPECTED
        if sure and _usually_empty(profile, before + 1, after) <= SELDOM and (best is None or expected > best[2]):
            best = before + 1, after, expected
    return best


def _of_all_days(days: Sequence[Day], windows: Iterable[tuple[int, int]], profile: Profile) -> Hole | None:
    best: tuple[float, Hole] | None = None
    for begin, end in windows:
        found = _together(days, begin, end, profile)
        if found is not None and (best is None or (found[0], -found[1].expected) < (best[0], -best[1].expected)):
            best = found
    return None if best is None else best[1]


def _windows(newest: Sequence[Day], profile: Profile) -> Iterator[tuple[int, int]]:
    """Hours in which nobody came on the newest days, though there would have been enough for being sure by now."""
    empty = [sum(_is_round(one, at, at + 1) and not one.reads[at] for one in newest) >= NEWEST_DAYS for at in range(24)]
    usual = [2 * sum(profile.rates[at::24]) for at in range(24)]
    for begin in range(1, 23):
        for end in range(begin + 1, min(23, begin + LONGEST_HOLE) + 1):
            if not empty[end - 1] or not empty[begin]:
                break
            if sum(usual[begin:end]) >= -SURE:
                yield begin, end


def _is_round(one: Day, begin: int, end: int) -> bool:
    return any(one.reads[:begin]) and any(one.reads[end:])


def _together(days: Sequence[Day], begin: int, end: int, profile: Profile) -> tuple[float, Hole] | None:
    """(ln of the chance, what was found) over as many of the last days as make it least likely."""
    chance, expected, got, count = 0.0, 0.0, 0, 0
    least = max(LEAST_OF_DAY, _log(_usually_empty(profile, begin, end)))
    best: tuple[float, Hole] | None = None
    for one in days:
        usual = sum(one.rates[begin:end])
        if not usual or not _is_round(one, begin, end):
            continue
        came = sum(one.reads[begin:end])
        got, expected, count = got + came, expected + usual, count + 1
        around = sum(one.rates) - usual
        level = min(1.0, (sum(one.reads) - came) / around) if around else 0.0
        chance += max(least, log_at_most(came, usual * level, profile.spread))
        is_sure = count >= LEAST_DAYS and chance <= SURE and got <= LEFT * expected
        if is_sure and (best is None or chance < best[0]):
            best = chance, Hole(one.day, begin, end, count, expected, got)
    return best


def _usually_empty(profile: Profile, begin: int, end: int) -> float:
    return min(profile.empty[begin:end], default=0.0)


def _log(part: float) -> float:
    return math.log(part) if part else -math.inf
