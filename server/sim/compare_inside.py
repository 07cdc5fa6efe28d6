"""How many are inside: the server's bounds against who was there.

1. At places without a planted fault and that keep more than counts: the truth lies between low and high, in 95 of 100
   at least.
2. At places that only count nobody can do as well; how often the truth lies between is told.
"""

import random
from bisect import bisect_right

from server.sim.clock import BEGINS_MS, DAY_MS, HOUR_MS
from server.sim.figures import Figure, must, share
from server.sim.sites import Site
from server.sim.truth import Truth

ROOM = "inside"
HOURS = (9, 11, 14, 16)
MOST_PLACES = 60
LEAST = 0.95


async def compare(truth: Truth) -> tuple[list[Figure], dict[str, list[str]]]:
    """Figures, and evidence of what is wrong."""
    province = truth.province
    wrong = {one.site for one in province.faults}
    draw = random.Random(province.asked.seed)  # noqa: S311 - repeatable, not secret
    plain = [one for one in province.sites if one.number not in wrong and one.counts_from_ms is None]
    counting = [one for one in province.sites if one.number not in wrong and one.counts_from_ms is not None]
    plain = plain[:10] + draw.sample(plain[10:], min(MOST_PLACES, len(plain[10:])))
    held, off, seen = await _within(truth, plain)
    held_counting, _, seen_counting = await _within(truth, counting[:MOST_PLACES])
    figures = [
        Figure(ROOM, "instants", seen),
        must(ROOM, "inside_within_bounds", share(held, seen), bool(seen) and share(held, seen) >= LEAST, f">= {LEAST}"),
        Figure(ROOM, "instants_counting_only", seen_counting),
        Figure(ROOM, "inside_within_bounds_counting_only", share(held_counting, seen_counting)),
    ]
    return figures, {"inside_within_bounds": off}


async def _within(truth: Truth, places: list[Site]) -> tuple[int, list[str], int]:
    province = truth.province
    instants = [BEGINS_MS + day * DAY_MS + hour * HOUR_MS for day in range(province.asked.days) for hour in HOURS]
    held, off = 0, []
    for site in places:
        rules = (await province.server.shelf.visits.place(site.place_id)).rules
        stays = [truth.stays[number] for number in truth.by_site.get(site.number, ())]
        ins, outs = sorted(one.in_ms for one in stays), sorted(one.out_ms for one in stays)
        levels = await province.server.shelf.visits.occupancy(site.place_id, instants, rules)
        for level in levels:
            there = bisect_right(ins, level.at_ms) - bisect_right(outs, level.at_ms)
            if level.low <= there <= level.high:
                held += 1
            else:
                off.append(f"{site.place_id} {level}: {there}")
    return held, off, len(places) * len(instants)
