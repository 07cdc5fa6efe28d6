"""How long people stayed: the bounds of visits against the truth.

1. Of every stay that was seen at an outer gate: in and out lie between their bounds, and its length between its low and
   high, in 95 of 100 at least. Stays at a box whose clock was planted wrong are counted apart.
2. A stay that was seen has a visit.
"""

from collections import Counter

from server.sim.clock import MINUTE_MS
from server.sim.figures import Figure, must, share
from server.sim.truth import Truth

ROOM = "stays"
LEAST = 0.95


def compare(truth: Truth) -> tuple[list[Figure], dict[str, list[str]]]:
    """Figures, and evidence of what is wrong."""
    inside: Counter[str] = Counter()
    labels: Counter[str] = Counter()
    none: list[str] = []
    outside: list[str] = []
    odd = unseen = 0
    off_min: list[float] = []
    for number, stay in enumerate(truth.stays):
        if truth.has_odd_clock(number):
            odd += 1
            continue
        if not truth.named(number):
            unseen += 1
            continue
        visit = truth.visit(number)
        if visit is None:
            none.append(f"{stay}")
            continue
        low, best, high = visit.stay_ms
        is_in = visit.in_low <= stay.in_ms <= visit.in_high
        is_out = visit.out_low <= stay.out_ms <= visit.out_high
        inside.update(all=1, into=is_in, out=is_out, length=low <= stay.out_ms - stay.in_ms <= high)
        labels[visit.label] += 1
        off_min.append(abs(best - (stay.out_ms - stay.in_ms)) / MINUTE_MS)
        if not (is_in and is_out):
            fates = [(one.role, one.fate, one.at_ms, one.box_id, one.seq) for one in truth.fates(number)]
            outside.append(f"{stay} {visit} {fates}")
    shares = {name: share(inside[name], inside["all"]) for name in ("into", "out", "length")}
    off_min.sort()
    figures = [
        Figure(ROOM, "stays", len(truth.stays)),
        Figure(ROOM, "stays_unseen", unseen),
        Figure(ROOM, "stays_at_wrong_clocks", odd),
        must(ROOM, "stays_seen_without_visit", len(none), not none, "= 0"),
        must(ROOM, "entry_within_bounds", shares["into"], shares["into"] >= LEAST, f">= {LEAST}"),
        must(ROOM, "exit_within_bounds", shares["out"], shares["out"] >= LEAST, f">= {LEAST}"),
        must(ROOM, "length_within_bounds", shares["length"], shares["length"] >= LEAST, f">= {LEAST}"),
        Figure(ROOM, "length_off_median_min", round(off_min[len(off_min) // 2], 1) if off_min else None),
        *(Figure(ROOM, f"visits_{label}", labels[label]) for label in ("measured", "bounded", "assumed")),
        Figure(ROOM, "visits_in_all", len(truth.rows.visits)),
    ]
    return figures, {"stays_seen_without_visit": none, "outside": outside}
