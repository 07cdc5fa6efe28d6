"""Whether a point is as it is expected to be: what is missing, since when, and how sure that is.

1. `silent`: nobody since then, though so many were expected: by chance, on a quiet day, less than once in a million.
   `dead`: the same for three days and more. Only hours that the place is open and no holiday count, and of the hour in
   which somebody was read no more is expected than a quiet day has, less what came: people may come all at once.
2. What the gateway has not been heard of for says nothing of its boxes: silence is judged up to when it was heard last.
   So a gateway that is off is one finding of the fleet, and none here.
3. Where every point of a place is silent (of two and more), the place is, once.
4. `noon`: a hole of some hours in the middle of the day, with readings before and after, that the last days show
   (`holes.py`); or always, where points of its sort (profile 5) are busy just then, it is open, and by chance, on quiet
   days, so few came less than once in a million. While it lasts it is no `silent`.
5. `same_person`: of at least 30 readings of a day half and more are of one person. `clock`: the box's instants are more
   than five minutes away from the gateway's. `never`: it was given a seat a week ago, and nobody ever came.
6. A finding is known by code and point; it is raised once, and goes by itself when it is not found any more.
Pure: who calls says what is known, and when "now" is.
"""

import math
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from server.places.counts import log_at_most, log_zero
from server.places.holes import LEAST_EXPECTED, SURE, Hole, hole
from server.places.opening import UNKNOWN, Opening
from server.places.profile import (
    DAY_MS,
    HOUR_MS,
    WEEK_HOURS,
    ZONE_MS,
    Point,
    Profile,
    Sort,
    day_of,
    hour_of_week,
)

SILENT, DEAD, NOON, SAME_PERSON, CLOCK, NEVER = "silent", "dead", "noon", "same_person", "clock", "never"
CODES = (SILENT, DEAD, NOON, SAME_PERSON, CLOCK, NEVER)
LEAST_SILENT_MS = HOUR_MS
DEAD_DAYS = 3
NEVER_MS = 7 * DAY_MS
LEAST_READINGS, SAME_SHARE = 30, 0.5
LEAST_SAMPLES, CLOCK_MS = 5, 300_000
KIND_SHARE, KIND_LEFT, KIND_EXPECTED = 0.1, 0.02, 10.0


class People(NamedTuple):
    """Readings of persons at a point within the last day: how many, and how many of the one who came most."""

    readings: int
    persons: int
    most: int


class Clock(NamedTuple):
    """How far a box's instants lie from the gateway's, in the middle of so many samples."""

    offset_ms: int
    samples: int


class Watched(NamedTuple):
    """What is known of a point. `reads`: by the hour (UTC ms) of the last days; none: no hole is looked for.
    `heard_ms`: when its gateway was heard last (None: nobody knows, and it counts as now). `seated_ms`: since when it
    hangs there; None: nobody said. `came`: how many were read in the hour of the last one; None: as `reads` says."""

    point: Point
    reads: Mapping[int, int]
    last_ms: int | None
    heard_ms: int | None = None
    seated_ms: int | None = None
    opening: Opening = UNKNOWN
    kind: str = "other"
    people: People | None = None
    clock: Clock | None = None
    came: int | None = None


class Finding(NamedTuple):
    """`gate_id`, `box_id` "": of the place as a whole. `evidence`: numbers and short texts."""

    code: str
    place_id: str
    gate_id: str
    box_id: str
    since_ms: int
    evidence: Mapping[str, float | int | str]

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What it is known by."""
        return self[:4]


def judge(
    profiles: Mapping[Point, Profile],
    recent: Iterable[Watched],
    now_ms: int,
    holidays: frozenset[int] = frozenset(),
    shapes: Mapping[Sort, tuple[float, ...]] | None = None,
) -> list[Finding]:
    """Everything that is not as expected. `shapes`: of a day, by sort of point, see `profile.shape`."""
    found: list[Finding] = []
    quiet: dict[str, list[Finding]] = {}
    points: dict[str, int] = {}
    for one in recent:
        profile = profiles.get(one.point)
        found += [
            item for item in (_never(one, now_ms, holidays), _same_person(one, now_ms), _clock(one, now_ms)) if item
        ]
        if profile is None:
            continue
        place_id = one.point.place_id
        points[place_id] = points.get(place_id, 0) + 1
        gone = _silent(one, profile, now_ms, holidays)
        absent = _noon(one, profile, now_ms, holidays) or _never_at_noon(one, profile, now_ms, shapes or {})
        if gone is not None and not (absent and _is_within(gone, absent, now_ms)):
            quiet.setdefault(place_id, []).append(gone)
        elif absent:
            found.append(absent)
    for place_id, some in quiet.items():
        found += [_whole_place(place_id, some)] if 1 < len(some) == points[place_id] else some
    return sorted(found, key=lambda item: item.key)


def expected_between(
    profile: Profile, opening: Opening, from_ms: int, to_ms: int, holidays: frozenset[int]
) -> tuple[float, int]:
    """(readings expected, ms that count) between the two: open hours that are on no holiday."""
    total, counting_ms = 0.0, 0
    at_ms = from_ms - from_ms % HOUR_MS
    while at_ms < to_ms:
        part_ms = min(to_ms, at_ms + HOUR_MS) - max(from_ms, at_ms)
        hour = hour_of_week(at_ms)
        if part_ms > 0 and day_of(at_ms) not in holidays and opening.share(hour):
            total += profile.rates[hour] * part_ms / HOUR_MS
            counting_ms += part_ms
        at_ms += HOUR_MS
    return total, counting_ms


def _silent(one: Watched, profile: Profile, now_ms: int, holidays: frozenset[int]) -> Finding | None:
    if one.last_ms is None:
        return None
    to_ms = now_ms if one.heard_ms is None else min(now_ms, one.heard_ms)
    if to_ms - one.last_ms < LEAST_SILENT_MS:
        return None
    expected, counting_ms = expected_between(profile, one.opening, one.last_ms, to_ms, holidays)
    expected -= _came_before(one, profile, one.last_ms, holidays)
    chance = log_zero(expected * profile.quiet, profile.spread)
    if expected < LEAST_EXPECTED or chance > SURE or counting_ms < LEAST_SILENT_MS:
        return None
    days = sum(day not in holidays for day in range(day_of(one.last_ms) + 1, day_of(to_ms) + 1))
    code = DEAD if days >= DEAD_DAYS and to_ms - one.last_ms >= DEAD_DAYS * DAY_MS else SILENT
    evidence = {"expected": round(expected, 1), "got": 0, "chance_log10": round(chance / math.log(10), 1)}
    return Finding(code, *one.point, one.last_ms, evidence)


def _came_before(one: Watched, profile: Profile, last_ms: int, holidays: frozenset[int]) -> float:
    """What is not expected any more of the rest of the hour of the last reading, as it came in its beginning."""
    begins_ms = last_ms - last_ms % HOUR_MS
    came = one.reads.get(begins_ms, 0) if one.came is None else one.came
    rest, _ = expected_between(profile, one.opening, last_ms, begins_ms + HOUR_MS, holidays)
    return max(0.0, rest - max(0.0, profile.rates[hour_of_week(begins_ms)] - came / profile.quiet))


def _is_within(gone: Finding, absent: Finding, now_ms: int) -> bool:
    """Whether this silence is the hole that is known to be there every day."""
    first, last = int(absent.evidence["from_hour"]), int(absent.evidence["to_hour"])
    if day_of(gone.since_ms) != day_of(now_ms):
        return False
    return first - 1 <= (gone.since_ms + ZONE_MS) // HOUR_MS % 24 and (now_ms + ZONE_MS) // HOUR_MS % 24 <= last


def _whole_place(place_id: str, some: list[Finding]) -> Finding:
    first = max(some, key=lambda item: item.since_ms)
    code = DEAD if all(item.code == DEAD for item in some) else SILENT
    expected = sum(float(item.evidence["expected"]) for item in some)
    chance = min(float(item.evidence["chance_log10"]) for item in some)
    evidence = {"expected": round(expected, 1), "got": 0, "chance_log10": chance, "points": len(some)}
    return Finding(code, place_id, "", "", first.since_ms, evidence)


def _noon(one: Watched, profile: Profile, now_ms: int, holidays: frozenset[int]) -> Finding | None:
    found = hole(one.reads, profile, now_ms, holidays)
    return None if found is None else Finding(NOON, *one.point, found.since_ms, _told(found))


def _told(found: Hole) -> dict[str, float | int | str]:
    a_day = round(found.expected / found.days, 1)
    return {"from_hour": found.from_hour, "to_hour": found.to_hour, "days": found.days, "expected": a_day}


def _never_at_noon(
    one: Watched, profile: Profile, now_ms: int, shapes: Mapping[Sort, tuple[float, ...]]
) -> Finding | None:
    shape = shapes.get(Sort(one.kind, profile.direction, profile.is_inner))
    if shape is None:
        return None
    by_hour = profile.readings
    total = sum(by_hour)
    for at in (hour for hour in range(24) if shape[hour] >= KIND_SHARE):
        usual = shape[at] * (total - by_hour[at]) / (1 - shape[at]) if shape[at] < 1 else 0.0
        if by_hour[at] > KIND_LEFT * usual or not (any(by_hour[:at]) and any(by_hour[at + 1 :])):
            continue
        expected = usual * _open_share(one.opening, at)
        if expected >= KIND_EXPECTED * profile.weeks and _is_too_few(by_hour[at], expected, profile):
            evidence = {
                "from_hour": at,
                "to_hour": at + 1,
                "days": 7 * profile.weeks,
                "expected": round(expected / 7 / profile.weeks, 1),
            }
            return Finding(NOON, *one.point, now_ms - profile.weeks * 7 * DAY_MS, evidence)
    return None


def _is_too_few(count: float, expected: float, profile: Profile) -> bool:
    """Next to none, and by chance hardly ever."""
    chance = log_at_most(count, expected * profile.quiet, profile.spread)
    return count <= KIND_LEFT * expected and chance <= SURE


@lru_cache(maxsize=4_096)
def _open_share(opening: Opening, hour: int) -> float:
    """Which part of that hour of the day it is open, on the days on which it opens at all."""
    days = [[opening.share(at) for at in range(first, first + 24)] for first in range(0, WEEK_HOURS, 24)]
    parts = [day[hour] for day in days if any(day)]
    return sum(parts) / len(parts) if parts else 0.0


def _never(one: Watched, now_ms: int, holidays: frozenset[int]) -> Finding | None:
    if one.last_ms is not None or one.seated_ms is None:
        return None
    to_ms = now_ms if one.heard_ms is None else min(now_ms, one.heard_ms)
    away_ms = DAY_MS * sum(day in holidays for day in range(day_of(one.seated_ms), day_of(to_ms) + 1))
    if to_ms - one.seated_ms - away_ms < NEVER_MS:
        return None
    return Finding(NEVER, *one.point, one.seated_ms, {"days": (to_ms - one.seated_ms) // DAY_MS})


def _same_person(one: Watched, now_ms: int) -> Finding | None:
    found = one.people
    if found is None or found.readings < LEAST_READINGS or found.most < SAME_SHARE * found.readings:
        return None
    return Finding(SAME_PERSON, *one.point, now_ms - DAY_MS, found._asdict())


def _clock(one: Watched, now_ms: int) -> Finding | None:
    found = one.clock
    if found is None or found.samples < LEAST_SAMPLES or abs(found.offset_ms) <= CLOCK_MS:
        return None
    return Finding(CLOCK, *one.point, now_ms, found._asdict())
