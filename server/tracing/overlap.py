"""How long two stays overlap: certainly, by the best guess, at most.

1. A stay begins within [in_low, in_high] and ends within [out_low, out_high]. Certain is the overlap that is left when
   each comes as late and goes as early as it can; at most it is what is left the other way round. Truth is between.
2. Touching is no overlap: who leaves in the ms in which the other comes was not met.
3. What is in the air stays: the source's stay is made longer by `extend_after_min`, but not by more than it lasted
   (as CWA does). The contact's is not.
4. An end that was scanned stands. One that was not is cut at `max_stay_min` after the latest beginning, and where it
   is only assumed the rule set's default stay of that kind of place takes its place, within its bounds.

Source of 2 and 3: CWA's OverlapTest and presence-tracing parameters, as described in the domain paper, part 4.
"""

from server.tracing.rules import RuleSet
from server.tracing.types import (
    ASSUMED,
    LIKELY,
    MINUTE_MS,
    POSSIBLE,
    SCANNED,
    SURE,
    Overlap,
    Stay,
)


def overlap(a: Stay, b: Stay) -> Overlap:
    """The overlap of two stays, whoever comes first in the call; zeros: none."""
    a_in_low, a_in, a_in_high, a_out_low, a_out, a_out_high = a.ends
    b_in_low, b_in, b_in_high, b_out_low, b_out, b_out_high = b.ends
    # written out: `min` and `max` take most of the time, and this is done for every row
    low = (a_out_low if a_out_low < b_out_low else b_out_low) - (a_in_high if a_in_high > b_in_high else b_in_high)
    best = (a_out if a_out < b_out else b_out) - (a_in if a_in > b_in else b_in)
    high = (a_out_high if a_out_high < b_out_high else b_out_high) - (a_in_low if a_in_low > b_in_low else b_in_low)
    return Overlap(low if low > 0 else 0, best if best > 0 else 0, high if high > 0 else 0)


def extended(stay: Stay, rules: RuleSet) -> Stay:
    """The source's stay, with the time for which the air still counts."""
    most_ms = rules.extend_after_min * MINUTE_MS
    if not most_ms:
        return stay
    return stay._replace(
        out_low=stay.out_low + min(most_ms, max(0, stay.out_low - stay.in_high)),
        out_at=stay.out_at + min(most_ms, max(0, stay.out_at - stay.in_at)),
        out_high=stay.out_high + min(most_ms, max(0, stay.out_high - stay.in_low)),
    )


def trimmed(stay: Stay, rules: RuleSet, kind_of_place: str) -> Stay:
    """The stay as far as the rule set believes in it."""
    if stay.out_by in SCANNED:
        return stay
    most_ms = rules.max_stay_min * MINUTE_MS
    out_high = min(stay.out_high, stay.in_high + most_ms)
    out_low = min(stay.out_low, out_high)
    out_at = min(stay.out_at, stay.in_at + most_ms)
    if stay.label == ASSUMED:
        out_at = stay.in_at + rules.default_stay(kind_of_place) * MINUTE_MS
    out_at = min(max(out_at, out_low), out_high)
    if (out_low, out_at, out_high) == (stay.out_low, stay.out_at, stay.out_high):
        return stay
    return stay.ending(out_low, out_at, out_high)


def begins(a: Stay, b: Stay) -> tuple[int, int, int]:
    """When the overlap begins: the certain one, the best guess, the longest."""
    return max(a.in_high, b.in_high), max(a.in_at, b.in_at), max(a.in_low, b.in_low)


def certainty(found: Overlap, min_overlap_min: int, window_ms: int | None = None) -> str | None:
    """By which bound the minimum is reached; None: by none. A minimum of 0 is any overlap at all; `window_ms`: nobody
    can have been there for longer, and no more than that is asked."""
    least_ms = max(1, min_overlap_min * MINUTE_MS)
    if window_ms is not None and window_ms < least_ms:
        least_ms = max(1, window_ms)
    if found.low_ms >= least_ms:
        return SURE
    if found.best_ms >= least_ms:
        return LIKELY
    return POSSIBLE if found.high_ms >= least_ms else None
