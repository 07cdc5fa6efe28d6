"""A town's gates that are not there: weeks of readings by the hour, with a seed, and with faults that are known.

What varies: the hour (chance), the day (rain, a feast nearby), the gate (how busy, which kind). No person, no code.
"""

import math
import random
from typing import NamedTuple

from server.places import opening
from server.places.holidays import HOLIDAYS
from server.places.holidays import day_of as day_said
from server.places.profile import DAY_MS, HOUR_MS, ZONE_MS, Point, Sort, day_of, hour_of_week, learn, shape
from server.places.silence import Watched, judge

FIRST_MS = day_said("2026-06-01") * DAY_MS - ZONE_MS  # a Monday, 00:00 local
KINDS = {
    "market": (
        "mon-sun 03:00-18:00",
        {4: 0.4, 5: 1, 6: 1, 7: 0.7, 8: 0.4, 9: 0.3, 10: 0.25, 11: 0.2, 16: 0.4, 17: 0.3},
    ),
    "bus_station": ("24/7", {4: 0.3, 5: 0.7, 6: 1, 7: 0.8, 8: 0.5, 11: 0.9, 12: 1, 13: 0.6, 16: 0.8, 17: 1, 18: 0.6}),
    "office": ("mon-fri 07:00-17:30", {7: 1, 8: 0.9, 9: 0.5, 10: 0.4, 11: 0.5, 13: 0.8, 14: 0.5, 15: 0.4, 16: 0.5}),
}


class Gate(NamedTuple):
    point: Point
    kind: str
    busy: float
    """Readings in the busiest hour."""


def gates(count, seed):
    chance = random.Random(seed)
    made = []
    for at in range(count):
        kind = list(KINDS)[at % 3]
        made.append(
            Gate(Point(f"place-{at // 2:02}", f"g{at % 2}", f"box-{at:04}"), kind, chance.choice((6, 20, 60, 150)))
        )
    return made


def chance_count(chance, mean, spread):
    """Gamma, then Poisson: variance is `spread` times the mean."""
    if mean <= 0:
        return 0
    mean = chance.gammavariate(mean / (spread - 1), spread - 1) if spread > 1 else mean
    if mean > 50:
        return max(0, round(chance.gauss(mean, math.sqrt(mean))))
    limit, product, count = math.exp(-mean), chance.random(), 0
    while product > limit:
        product *= chance.random()
        count += 1
    return count


def readings(gate, weeks, seed, spread=1.6):
    """{hour: how many}, none left out on holidays but for a fifth of the usual."""
    chance = random.Random(f"{seed} {gate.point}")
    hours, by_hour = opening.parse(KINDS[gate.kind][0]), KINDS[gate.kind][1]
    found = {}
    for day in range(weeks * 7):
        begins_ms = FIRST_MS + day * DAY_MS
        factor = chance.lognormvariate(0, 0.2) * (0.05 if day_of(begins_ms) in HOLIDAYS else 1)
        for hour in range(24):
            at_ms = begins_ms + hour * HOUR_MS
            mean = gate.busy * by_hour.get(hour, 0.04) * factor if hours.share(hour_of_week(at_ms)) else 0
            count = chance_count(chance, mean, spread)
            if count:
                found[at_ms] = count
    return found


class Watch:
    """The judgement of every gate, hour by hour; profiles are learned anew each week."""

    def __init__(self, found, holidays=HOLIDAYS):
        self.reads = found  # {Gate: {hour: count}}
        self.heard_ms = {}
        self.holidays = holidays
        self.profiles, self.shapes = {}, {}

    def learn(self, now_ms):
        self.profiles = {
            gate.point: learn(reads, FIRST_MS, now_ms, opening.parse(KINDS[gate.kind][0]), self.holidays)
            for gate, reads in self.reads.items()
        }
        self.profiles = {point: one for point, one in self.profiles.items() if one is not None}
        for kind in KINDS:
            mine = [
                self.profiles[gate.point] for gate in self.reads if gate.kind == kind and gate.point in self.profiles
            ]
            self.shapes[Sort(kind)] = shape(mine)

    def look(self, now_ms):
        return judge(
            self.profiles, [self._watched(gate, now_ms) for gate in self.reads], now_ms, self.holidays, self.shapes
        )

    def _watched(self, gate, now_ms):
        reads = {at: n for at, n in self.reads[gate].items() if now_ms - 15 * DAY_MS <= at < now_ms}
        last = max((at for at in self.reads[gate] if at < now_ms), default=None)
        return Watched(
            gate.point,
            reads,
            None if last is None else last + HOUR_MS - 1,
            self.heard_ms.get(gate.point),
            FIRST_MS,
            opening.parse(KINDS[gate.kind][0]),
            gate.kind,
        )


def run(watch, first_day, last_day):
    """{(code, place, gate, box): [(raised_ms, gone_ms or None)]} of every hour of these days."""
    there, found = {}, {}
    for day in range(first_day, last_day):
        if day % 7 == 0:
            watch.learn(FIRST_MS + day * DAY_MS)
        for hour in range(24):
            now_ms = FIRST_MS + day * DAY_MS + hour * HOUR_MS
            keys = {one.key for one in watch.look(now_ms)}
            for key in keys - there.keys():
                there[key] = now_ms
            for key in there.keys() - keys:
                found.setdefault(key, []).append((there.pop(key), now_ms))
    for key, raised_ms in there.items():
        found.setdefault(key, []).append((raised_ms, None))
    return found
