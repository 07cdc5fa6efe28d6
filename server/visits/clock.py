"""When a place is open and which day it has: local time, Asia/Ho_Chi_Minh, which has no summer time.

1. Opening hours are spans of a week. Spans that touch or overlap once both are widened by the grace are one span: the
   place does not close between them.
2. Where no gap is left, or nothing is known, nothing ever closes.
3. An instant between two spans belongs to the one that comes: who is scanned before a place opens waits for it.
"""

from bisect import bisect_left, bisect_right
from functools import lru_cache

from presence.days import DAY_MS, ZONE_MS
from server.visits.types import MINUTE_MS, Opening, PlaceRules

WEEK_MIN = 10_080
WEEK_MS = WEEK_MIN * MINUTE_MS
THURSDAY_MS = 3 * DAY_MS
"""1970-01-01, since the Monday before"""
TURNS = (-WEEK_MIN, 0, WEEK_MIN)


def closes_ms(rules: PlaceRules, at_ms: int) -> int | None:
    """When everybody has gone, of the span in which the instant lies or which comes next; None: it never closes."""
    _, ends = _edges(rules.opening, rules.grace_min) if rules.opening else ((), ())
    if not ends:
        return None
    week_ms = _week_ms(at_ms)
    return week_ms + ends[bisect_left(ends, at_ms - week_ms)]


def opened_ms(rules: PlaceRules, at_ms: int) -> int | None:
    """When the first people came, of the span in which the instant lies or which was the last; None: never closes."""
    begins, _ = _edges(rules.opening, rules.grace_min) if rules.opening else ((), ())
    if not begins:
        return None
    week_ms = _week_ms(at_ms)
    return week_ms + begins[bisect_right(begins, at_ms - week_ms) - 1]


def day_of(rules: PlaceRules, at_ms: int) -> int:
    """The day of the place, in days since 1970-01-01: it begins `day_begins_min` after local midnight."""
    return (at_ms + ZONE_MS - rules.day_begins_min * MINUTE_MS) // DAY_MS


def _week_ms(at_ms: int) -> int:
    """UTC at which the local week begins, on Monday."""
    return at_ms - (at_ms + ZONE_MS + THURSDAY_MS) % WEEK_MS


@lru_cache(maxsize=4_096)
def _edges(opening: Opening, grace_min: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """When spans begin and end, in ms since the week began: of the week before, this one and the next."""
    spans = _widened(opening, grace_min)
    turned = [((opens + turn) * MINUTE_MS, (closes + turn) * MINUTE_MS) for turn in TURNS for opens, closes in spans]
    return tuple(sorted(opens for opens, _ in turned)), tuple(sorted(closes for _, closes in turned))


def _widened(opening: Opening, grace_min: int) -> Opening:
    """The spans with their grace, merged; empty: it never closes. Beginnings may lie before the week's."""
    merged: list[tuple[int, int]] = []
    for opens, closes in sorted((opens - grace_min, closes + grace_min) for opens, closes in opening):
        if merged and opens <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(closes, merged[-1][1])
        else:
            merged.append((opens, closes))
    if len(merged) > 1 and merged[-1][1] >= merged[0][0] + WEEK_MIN:
        first = merged.pop(0)
        merged[-1] = merged[-1][0], max(first[1] + WEEK_MIN, merged[-1][1])
    return () if len(merged) == 1 and merged[0][1] - merged[0][0] >= WEEK_MIN else tuple(merged)
