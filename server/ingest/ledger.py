"""The ledger of one spool, that is of one box and epoch: what became of every number that the box has given.

1. A box gives the numbers 1, 2, 3 … without gaps. So every number up to the highest that anybody has heard of
   was accepted, and each of them is in exactly one of five places:
   stored, quarantined, declared lost, waiting at the box, or missing.
2. Where several are said of one number the first of that list holds: a stored scan beats a quarantined record of
   the same identity, and both beat a declaration of loss.
3. What is left is *waiting* where the box says that it still holds it (its latest statement: first_held … last_seq),
   else *missing*: freed by the box, so on its way or lost without a word.
4. A declaration without an end (`?`) covers everything from its start that turns up nowhere else; how many that were
   is not known, and the ledger says so (`lost_unknown`).
5. Everything that changes a ledger is a union or a maximum: order and repetition make no difference, and a ledger
   that is rebuilt from what was kept is the same ledger.
6. Between a box and the server something is always on its way. So a ledger also knows since when it has not got on:
   `since_ms` is when `complete_to` last rose, or nothing was missing. Only what stands still for OVERDUE_MS is a worry.
"""

from typing import NamedTuple

from firmware.wire.spans import Spans as Spans

OVERDUE_MS = 60_000


class Account(NamedTuple):
    """The numbers of a ledger. accepted = stored + quarantined + declared_lost + waiting + missing, always."""

    complete_to: int
    highest: int
    accepted: int
    stored: int
    quarantined: int
    declared_lost: int
    waiting: int
    missing: int
    holes: list[tuple[int, int]]

    @property
    def complete(self) -> bool:
        """Nothing is waiting and nothing is missing: accepted = stored + quarantined + declared lost."""
        return self.waiting == 0 and self.missing == 0


class Ledger:
    """What is known of one spool."""

    __slots__ = (
        "box_id",
        "epoch",
        "first_held",
        "last_seq",
        "lost",
        "lost_from",
        "lost_unknown",
        "quarantined",
        "since_ms",
        "stored",
        "was",
    )

    def __init__(self, box_id: str, epoch: str) -> None:
        self.box_id = box_id
        self.epoch = epoch
        self.stored = Spans()
        self.quarantined = Spans()
        self.lost = Spans()
        self.lost_from: int | None = None
        self.lost_unknown = False
        self.first_held: int | None = None
        self.last_seq: int | None = None
        self.since_ms = 0
        self.was: tuple[int, int] | None = None  # complete_to and missing, as they were when it was loaded

    def declare_lost(self, seq: int, last_seq: int | None) -> None:
        """Take a declaration of loss (SPEC §3.2): `last_seq` None is `?`, and `seq` 0 an earlier spool."""
        if seq == 0:
            self.lost_unknown = True
        elif last_seq is None:
            self.lost_unknown = True
            self.lost_from = seq if self.lost_from is None else min(self.lost_from, seq)
        else:
            self.lost.add(seq, last_seq)

    def state(self, first_held: int, last_seq: int) -> None:
        """Take the box's statement of its spool. An older one changes nothing: both numbers only rise."""
        self.first_held = max(first_held, self.first_held or 0)
        self.last_seq = max(last_seq, self.last_seq or 0)

    def sets(self) -> dict[str, str]:
        """The three sets as text (SPEC §6), by the names under which they are kept."""
        return {
            "stored_spans": str(self.stored),
            "quarantined_spans": str(self.quarantined),
            "lost_spans": str(self.lost),
        }

    def take_sets(self, stored_spans: str, quarantined_spans: str, lost_spans: str) -> None:
        """The reverse of `sets`."""
        self.stored = Spans.parse(stored_spans)
        self.quarantined = Spans.parse(quarantined_spans)
        self.lost = Spans.parse(lost_spans)

    def account(self) -> Account:
        """Count everything."""
        kept = union(self.stored, self.quarantined)
        highest = max(kept.highest(), self.lost.highest(), self.last_seq or 0, self.lost_from or 0)
        accounted = union(kept, self.lost)
        if self.lost_from is not None:
            accounted = union(accounted, Spans([[self.lost_from, highest]]))
        holes = gaps(accounted, 1, highest)
        waiting = self._at_the_box(holes)
        stored, all_kept, all_accounted = self.stored.count(), kept.count(), accounted.count()
        return Account(
            accounted.complete_to(),
            highest,
            highest,
            stored,
            all_kept - stored,
            all_accounted - all_kept,
            waiting,
            highest - all_accounted - waiting,
            holes,
        )

    def stands_since(self, account: Account, now_ms: int) -> int:
        """The new `since_ms`: now if it got on since it was loaded, or nothing was or is missing."""
        got_on = self.was is None or self.was[1] == 0 or account.complete_to > self.was[0]
        return now_ms if got_on or account.missing == 0 else self.since_ms

    def _at_the_box(self, holes: list[tuple[int, int]]) -> int:
        if self.first_held is None or self.last_seq is None:
            return 0
        within = ((max(first, self.first_held), min(last, self.last_seq)) for first, last in holes)
        return sum(last - first + 1 for first, last in within if first <= last)


def union(a: Spans, b: Spans) -> Spans:
    """Both together. May be one of the two itself: the result is for reading."""
    if not b.ranges:
        return a
    if not a.ranges:
        return b
    both = Spans()
    for first, last in sorted(a.ranges + b.ranges):
        if both.ranges and first <= both.ranges[-1][1] + 1:
            both.ranges[-1][1] = max(both.ranges[-1][1], last)
        else:
            both.ranges.append([first, last])
    return both


def gaps(spans: Spans, first: int, last: int) -> list[tuple[int, int]]:
    """Every range in first … last that is not in the set."""
    found: list[tuple[int, int]] = []
    start = first
    for low, high in spans.ranges:
        if low > start:
            found.append((start, low - 1))
        start = max(start, high + 1)
    if start <= last:
        found.append((start, last))
    return found
