"""What is planted: boxes that are off, lose, read badly or lie about the time, and gateways that are cut off.

1. Every fault has a box (or a whole gateway) and a time. Each kind hits some of the busier places, whose faults can be
   told at all, and some others. No box has two.
2. dead: the reader is broken from then on, and nobody says so. outage: off for hours, and the gateway says that the
   box was away. lost: numbers declared lost. held: numbers that never come, of which the box says that it holds them.
   unread: every code unreadable. noon: off between 11 and 14. same: a guard shows one card again and again. clock: half
   an hour ahead, with no word of the gateway against it. cut: the gateway brings everything two days late.
"""

import random
from collections.abc import Sequence
from typing import NamedTuple

from server.sim.clock import BEGINS_MS, DAY_MS, HOUR_MS, minute_of
from server.sim.sites import UTC, Box, Site

DEAD, OUTAGE, LOST, HELD, UNREAD = "dead", "outage", "lost", "held", "unread"
NOON, SAME, CLOCK, CUT = "noon", "same", "clock", "cut"
KINDS = (NOON, DEAD, CLOCK, SAME, OUTAGE, LOST, HELD, UNREAD, CUT)
AHEAD_MS = HOUR_MS // 2
MOST = {DEAD: 1, NOON: 1, SAME: 6, CLOCK: 4}
"""What only shows where people come is planted among so many of the busiest places that are left."""


class Fault(NamedTuple):
    """`box_id`: of the box; with `cut` of the gateway."""

    kind: str
    box_id: str
    site: int
    from_ms: int
    to_ms: int

    def holds(self, at_ms: int) -> bool:
        """At that instant."""
        if not self.from_ms <= at_ms < self.to_ms:
            return False
        return self.kind != NOON or 11 * 60 <= minute_of(at_ms) < 14 * 60


def planted(seed: int, sites: Sequence[Site], days: int) -> list[Fault]:
    """For so many days."""
    draw = random.Random(f"{seed}/faults")  # noqa: S311 - repeatable, not secret
    found: list[Fault] = []
    taken: set[int] = set()
    rounds = max(1, len(sites) // 50)
    for kind in KINDS * rounds:
        site = _site(draw, kind, sites, taken)
        if site is not None:
            taken.add(site.number)
            found.append(_fault(draw, kind, site, days))
    return found


def boxes_of(faults: Sequence[Fault]) -> dict[str, Fault]:
    """By box; a gateway's are left out."""
    return {one.box_id: one for one in faults if one.kind != CUT}


def _site(draw: random.Random, kind: str, sites: Sequence[Site], taken: set[int]) -> Site | None:
    free = [one for one in sites if one.number not in taken and one.counts_from_ms is None]
    if kind == CLOCK:
        free = [one for one in free if _box(one).clock == UTC]
    if kind == NOON:
        free = [one for one in free if one.kind in ("market", "bus_station", "hospital")]
    among = max(MOST[kind], len(sites) // 12) if kind in MOST else len(free)
    return draw.choice(free[:among]) if free else None


def _box(site: Site) -> Box:
    return site.boxes[site.ways("in")[0]]


def _fault(draw: random.Random, kind: str, site: Site, days: int) -> Fault:
    first = BEGINS_MS + DAY_MS * draw.randrange(1, max(2, days // 2)) + 6 * HOUR_MS
    box_id, end_ms = _box(site).box_id, BEGINS_MS + days * DAY_MS
    if kind == CUT:
        return Fault(kind, site.gateway_id, site.number, first, min(end_ms - 8 * HOUR_MS, first + 2 * DAY_MS))
    if kind == DEAD:
        return Fault(kind, box_id, site.number, first + draw.randrange(6) * HOUR_MS, end_ms)
    if kind in (NOON, SAME, CLOCK):
        return Fault(kind, box_id, site.number, first - 6 * HOUR_MS, end_ms)
    hours = draw.randrange(3, 10)
    return Fault(kind, box_id, site.number, first, min(end_ms, first + hours * HOUR_MS))
