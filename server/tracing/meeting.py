"""Whether a stay is a meeting with a source, by a rule set.

1. By the whole place, the overlap decides alone. That is how a code at the door of a mall makes everybody a contact.
2. `same_zone`: stays in two zones that are known to differ are no meeting. Where a zone is not known nothing is
   excluded, and the meeting says that it is only of the place.
3. `same_gate_window_min`: besides, both passed one gate within so many minutes of each other, as far as the bounds of
   the two passings allow. A stay without any known gate is not excluded.
4. A question about one gate is about passing it within the window: the overlap is the passing, of no length.
5. The window of a question says when two must have been together. It makes no stay shorter: by each bound, where they
   were together within it, all of their overlap counts. Where the window itself is the source, what lies within it
   counts, and more than its whole length is not asked.
"""

from typing import NamedTuple

from server.tracing.overlap import begins, certainty, overlap
from server.tracing.rules import RuleSet
from server.tracing.types import (
    CERTAINTIES,
    GATE,
    LIKELY,
    MINUTE_MS,
    PLACE,
    POSSIBLE,
    SCANNED,
    SURE,
    ZONE,
    Meeting,
    Overlap,
    Stay,
    Window,
)


class Judged(NamedTuple):
    """A meeting, or that it is one only by a bound that the rule set does not count by."""

    meeting: Meeting | None
    is_near_miss: bool


NOTHING, NEARLY = Judged(None, False), Judged(None, True)
Passing = tuple[str, int, int, int]


def judge(source: Stay, other: Stay, rules: RuleSet, whole: Stay | None = None, window_ms: int | None = None) -> Judged:
    """`source`: already longer by the air, and cut to the window; `whole`: before that (None: the same); both stays
    already cut by the rule set. `window_ms`: the source is a window of this length."""
    whole = source if whole is None else whole
    where = nearness(whole, other, rules)
    if where is None:
        return NOTHING
    found = overlap(source, other)
    if whole is not source:
        found = _if_within(found, overlap(whole, other))
    how = certainty(found, rules.min_overlap_min, window_ms)
    if how is None:
        return NOTHING
    return _counted(Meeting(source.person, other, found, where, how, rules.version, begins(whole, other)), rules)


def judge_passing(window: Window, gate_id: str, other: Stay, rules: RuleSet) -> Judged:
    """Whether somebody passed this gate in this window."""
    best: str | None = None
    for gate, low, at, high in passings(other):
        if gate != gate_id or high < window.from_ms or low >= window.to_ms:
            continue
        how = POSSIBLE
        if window.from_ms <= at < window.to_ms:
            how = SURE if low >= window.from_ms and high < window.to_ms else LIKELY
        if best is None or CERTAINTIES.index(how) < CERTAINTIES.index(best):
            best = how
    if best is None:
        return NOTHING
    return _counted(Meeting(b"", other, Overlap(0, 0, 0), GATE, best, rules.version), rules)


def nearness(a: Stay, b: Stay, rules: RuleSet) -> str | None:
    """How near the two are known to have been; None: too far for this rule set."""
    where = PLACE
    if a.zone and b.zone:
        if a.zone == b.zone:
            where = ZONE
        elif rules.same_zone:
            return None
    if rules.same_gate_window_min is None:
        return where
    of_a, of_b = passings(a), passings(b)
    if not of_a or not of_b:
        return where
    reach_ms = rules.same_gate_window_min * MINUTE_MS
    return GATE if any(_within(one, two, reach_ms) for one in of_a for two in of_b) else None


def passings(stay: Stay) -> list[Passing]:
    """(gate, low, at, high) of each gate that this person is known to have passed."""
    found = []
    if stay.gate_in:
        found.append((stay.gate_in, stay.in_low, stay.in_at, stay.in_high))
    if stay.gate_out and stay.out_by in SCANNED:
        found.append((stay.gate_out, stay.out_low, stay.out_at, stay.out_high))
    return found


def _within(one: Passing, two: Passing, reach_ms: int) -> bool:
    return one[0] == two[0] and one[1] - two[3] <= reach_ms and two[1] - one[3] <= reach_ms


def _if_within(within: Overlap, whole: Overlap) -> Overlap:
    low, best, high = within
    return Overlap(whole.low_ms if low else 0, whole.best_ms if best else 0, whole.high_ms if high else 0)


def _counted(found: Meeting, rules: RuleSet) -> Judged:
    if found.certainty == rules.certainty or CERTAINTIES.index(found.certainty) < CERTAINTIES.index(rules.certainty):
        return Judged(found, False)
    return NEARLY
