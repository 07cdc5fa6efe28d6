"""Gates with habits, and holes of one to three hours planted at their noon: days and hours out of a seed.

Ordinary things happen to them too: groups, rain, a break on some days, days on which it is closed, a fair for a week.
"""

import random

from server.places.holes import hole
from server.places.opening import UNKNOWN
from server.places.profile import DAY_MS, HOUR_MS, ZONE_MS, learn
from tests.server.places.town import FIRST_MS, chance_count

LEARNED_DAYS, JUDGED_DAYS = 35, 28
BUSY = {"steady": (4, 30), "market": (10, 60), "weekends": (10, 60), "buses": (10, 40), "school": (20, 80), "low": (2,)}
LOOKS = (13, 15, 17, 21)
SCHOOL = {6: 1, 7: 0.3, 10: 0.15, 11: 0.8, 12: 0.25, 13: 0.9, 16: 0.6, 17: 0.7}
NUISANCES = ("", "groups", "rain", "break", "closed", "fair", "sundays")


class Gate:
    """Draws the days of one gate."""

    def __init__(self, habit, busy, seed):
        self.chance = random.Random(f"{habit}/{busy}/{seed}")
        self.habit, self.busy = habit, busy
        self.nuisance = self.chance.choice(NUISANCES)
        self.spread = 5 if self.nuisance == "groups" else self.chance.choice((1.2, 1.6, 3))
        self.shape = [self.chance.uniform(0.25, 1) if 4 <= hour < 19 else 0.005 for hour in range(24)]
        self.buses = sorted(self.chance.uniform(4.5, 19.5) for _ in range(self.chance.choice((6, 10, 16))))
        self.market, self.fair_day = self.chance.randrange(5), LEARNED_DAYS + self.chance.randrange(20)
        self.break_hour, self.break_part = self.chance.choice((10, 11, 12)), self.chance.choice((0.2, 0.4, 0.7))

    def readings(self):
        """{hour: how many}"""
        return {
            FIRST_MS + day * DAY_MS + hour * HOUR_MS: count
            for day in range(LEARNED_DAYS + JUDGED_DAYS)
            for hour, count in enumerate(self._with_nuisance(day, self._day(day)))
            if count
        }

    def _day(self, day):
        factor = self.chance.lognormvariate(0, 0.25)
        if self.habit == "market":
            factor *= 1 if day % 59 % 30 % 5 == self.market else 0.12  # by a moon of 30 and 29 days
        if self.habit == "weekends":
            factor *= 1 if day % 7 in (5, 6) else 0.1
        if self.habit == "school":
            factor *= 0.03 if day % 7 in (5, 6) else 1
        if self.habit == "buses":
            return self._buses(factor)
        shape = [SCHOOL.get(hour, 0.03) for hour in range(24)] if self.habit == "school" else self.shape
        means = [self.busy * part * factor * self.chance.lognormvariate(0, 0.15) for part in shape]
        return [chance_count(self.chance, mean, self.spread) for mean in means]

    def _buses(self, factor):
        found = [chance_count(self.chance, 0.4 * factor if 5 <= hour < 21 else 0, 1.2) for hour in range(24)]
        for planned in self.buses:
            if self.chance.random() < 0.1:
                continue
            comes = planned + self.chance.gauss(0, 0.15)
            for _ in range(chance_count(self.chance, self.busy * factor, 4)):
                found[int(comes + 0.3 * self.chance.random())] += 1
        return found

    def _with_nuisance(self, day, found):
        chance = self.chance.random()
        rain = self.chance.randrange(5, 16)
        for hour in range(24):
            if self.nuisance == "rain" and chance < 0.35 and rain <= hour < rain + 3:
                found[hour] = sum(self.chance.random() < 0.15 for _ in range(found[hour]))
            if self.nuisance == "fair" and self.fair_day <= day < self.fair_day + 6 and hour >= 17:
                found[hour] *= 6
            is_break = self.nuisance == "break" and chance < self.break_part and 0 <= hour - self.break_hour < 2
            is_shut = self.nuisance == "sundays" and day % 7 == 6 and 10 <= hour < 15
            if is_break or is_shut or (self.nuisance == "closed" and chance < 0.06):
                found[hour] = 0
        return found


def planted(gate, reads):
    """(what is left, (the first hour, the last), on which day 60 were kept away (in groups: 120); None: never)"""
    hours = gate.chance.choice((1, 2, 3))
    first = 11 if gate.habit == "school" else gate.chance.randrange(10, 15 - hours)
    begins_ms = FIRST_MS + (LEARNED_DAYS + gate.chance.randrange(5)) * DAY_MS
    gone = {
        at: n for at, n in reads.items() if at >= begins_ms and first <= (at + ZONE_MS) // HOUR_MS % 24 < first + hours
    }
    days = [(at - FIRST_MS) // DAY_MS for at, count in sorted(gone.items()) for _ in range(count)]
    left = {at: n for at, n in reads.items() if at not in gone}
    enough = 120 if gate.nuisance == "groups" else 60
    return left, (first, first + hours), days[enough - 1] if len(days) >= enough else None


def found(reads):
    """[(day, what is found)] of some looks a day, learned anew each night."""
    made = []
    for day in range(LEARNED_DAYS, LEARNED_DAYS + JUDGED_DAYS):
        night_ms = FIRST_MS + day * DAY_MS
        profile = learn({at: n for at, n in reads.items() if at < night_ms}, FIRST_MS, night_ms, UNKNOWN, frozenset())
        for hour in LOOKS:
            now_ms = night_ms + hour * HOUR_MS
            lately = {at: n for at, n in reads.items() if now_ms - 15 * DAY_MS <= at < now_ms}
            made.append((day, hole(lately, profile, now_ms, frozenset())))
    return made
