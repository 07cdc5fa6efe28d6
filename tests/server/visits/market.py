"""A market whose truth is known: who was where when, and what of it the boxes and gateways told.

Invented people go to the market, some by way of the bus station. All are scanned on the way in (but for a few that
nobody saw), 19 % on the way out, some are read several times, box clocks are off within what they say, a box is down
for a while, and some gates are for both ways.
"""

import random
from typing import NamedTuple

from server.visits.types import PlaceRules, Sighting
from tests.server.visits.seen import EPOCH, MARKET, MONDAY_MS

MINUTE_MS = 60_000
STATION = PlaceRules(default_stay_min=60, max_stay_min=480)
RULES = {"cho": MARKET, "ben": STATION}


class Truth(NamedTuple):
    person: bytes
    place_id: str
    in_ms: int
    out_ms: int
    way_in: int
    """The number of the scan on the way in; -1: nobody saw it."""
    way_out: int


class Box:
    """A box with a clock of its own that is off by less than it says."""

    def __init__(self, world, name, place, way):
        self.world, self.name, self.place, self.way = world, name, place, way
        self.bound_ms = world.random.choice([500, 2_000, 30_000, 600_000])
        self.off_ms = world.random.randint(-self.bound_ms, self.bound_ms)
        start = world.random.randint(240, 1000)
        self.down = [(MONDAY_MS + start * MINUTE_MS, MONDAY_MS + (start + 20) * MINUTE_MS)]
        self.seq = 0

    def scan(self, person, at_ms, way=None):
        """Remembered by the world; -1: it was down."""
        if any(first <= at_ms < last for first, last in self.down):
            return -1
        self.world.made.append((at_ms, self, person, way or self.way))
        return len(self.world.made) - 1


class Market:
    """`sightings` by person, `truths`, for one seed and so many people on one day."""

    def __init__(self, seed, people=400, both_ways=0.2, checks_out=0.19):
        self.random = random.Random(seed)
        self.checks_out = checks_out
        self.made, self.truths = [], []
        gates = ["both" if self.random.random() < both_ways else "in" for _ in range(4)]
        self.boxes = {
            "cho": [Box(self, f"cho-{number}", "cho", way) for number, way in enumerate(gates)],
            "ben": [Box(self, "ben-0", "ben", "in")],
        }
        for number in range(people):
            self._live(number.to_bytes(16, "big"))
        self.sightings = self._told()

    def _live(self, person):
        at_ms = MONDAY_MS + self.random.randint(240, 900) * MINUTE_MS
        for _ in range(self.random.choice([1, 1, 1, 2, 3])):
            place = "ben" if self.random.random() < 0.15 else "cho"
            stay_ms = int(min(self.random.lognormvariate(3.6, 0.7), 350) * MINUTE_MS)
            closing_ms = MONDAY_MS + 1100 * MINUTE_MS
            out_ms = min(at_ms + stay_ms, closing_ms)
            if at_ms >= out_ms:
                return
            self._visit(person, place, at_ms, out_ms)
            at_ms = out_ms + self.random.randint(3, 240) * MINUTE_MS

    def _visit(self, person, place, in_ms, out_ms):
        box = self.random.choice(self.boxes[place])
        way_in = box.scan(person, in_ms) if self.random.random() > 0.02 else -1
        for _ in range(self.random.choice([0, 0, 0, 1, 2])):
            repeat_ms = in_ms + self.random.randint(2_000, 20_000)
            if way_in >= 0 and repeat_ms < out_ms:
                box.scan(person, repeat_ms)
        way_out = -1
        if self.random.random() < self.checks_out:
            leaving = self.random.choice(self.boxes[place])
            way_out = leaving.scan(person, out_ms, "both" if leaving.way == "both" else "out")
        self.truths.append(Truth(person, place, in_ms, out_ms, way_in, way_out))

    def _told(self):
        found, self.identities = {}, {}
        for number, (at_ms, box, person, way) in sorted(enumerate(self.made), key=lambda one: one[1][0]):
            box.seq += 1
            middle_ms = at_ms + box.off_ms
            low, high = middle_ms - box.bound_ms, middle_ms + box.bound_ms
            place = (person, box.place, box.name, "", way, low, middle_ms, high)
            made = Sighting(box.name, EPOCH, box.seq, *place, "citizen_card")
            self.identities[number] = made.identity
            found.setdefault(person, []).append(made)
        return found
