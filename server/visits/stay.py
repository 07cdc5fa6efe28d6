"""A visit while it is being put together, and how far its ends may be off.

1. In: where it was seen, the bounds of that scan. Where it was not, after the last scan of this person anywhere, after
   the place opened, and not longer ago than people ever stay: the latest of these. At best the usual stay ago, and not
   in the first half of the time since that last scan. Where a scan without a direction is the first, it may already be
   the one on the way out: it is the best guess and the latest of the way in, and the earliest is as if nobody saw it.
2. Out: where it was seen, the bounds of that scan. Where it was not, before the next scan of this person elsewhere or
   the next coming in, before the place closed, and within the longest stay: the earliest of these. At best after the
   usual stay. A next scan bounds only where it was surely made after the last one here; to travel takes no time.
3. Nobody leaves before coming in, nor before a scan within the place that was surely made inside.
4. Somebody seen at an outer gate without a direction may have been leaving then, or coming in again: that is the best
   guess of the way out and no bound, and before it nothing is sure.
5. measured: in and out were seen. bounded: each of them was seen or is bounded by a scan, or by opening hours. assumed:
   one of them only by how long people stay.
"""

from hashlib import blake2b

from server.visits.clock import closes_ms, day_of, opened_ms
from server.visits.timing import BOX, Event
from server.visits.types import (
    ASSUMED,
    BOUNDED,
    CLOSING,
    ELSEWHERE,
    MEASURED,
    MINUTE_MS,
    PASSING,
    SCAN,
    STAY,
    TOUCH,
    PlaceRules,
    Visit,
)

SOURCES = ("box", "phone", "slip")


class Stay:
    """From the first event on; told what else was seen, and in the end how it ended."""

    def __init__(self, rules: PlaceRules, event: Event, is_inner: bool, in_by: str) -> None:
        self.rules = rules
        self.first = self.last = event
        self.is_inner = is_inner
        self.in_by = in_by
        self.in_low, self.in_at, self.in_high = event.low, event.at, event.high
        self.touch_low = event.low
        """The earliest way in, where the first scan is a touch."""
        self.gate_in = event.sighting.gate_id
        self.longest_ms = event.high + rules.max_stay_min * MINUTE_MS
        self.here_low, self.here_at = event.low, event.at
        self.leaving_at: int | None = None
        self.outs: list[Event] = []
        """The scans on the way out."""
        self.until: tuple[Event, str] | None = None
        """What was seen next, after which nobody was here, and which kind of it."""
        self.gone_at: int | None = None
        """At best gone by then."""
        self.events: list[Event] = []
        self._add(event)

    @property
    def joins_until_ms(self) -> int:
        """What says no direction and comes later than this is another visit: few stay longer than twice the usual."""
        usual_ms = self.last.high + 2 * self.rules.default_stay_min * MINUTE_MS
        longest_ms = self.first.high + self.rules.max_stay_min * MINUTE_MS
        closing_ms = closes_ms(self.rules, self.first.high)
        return min(usual_ms, longest_ms, longest_ms if closing_ms is None else closing_ms)

    def _add(self, event: Event) -> None:
        self.events.append(event)
        self.last = event

    def again(self, event: Event, is_sure: bool = True) -> None:
        """A repeated read on the way in. `is_sure` false: by its bounds only, so it may have been a second way in."""
        self._add(event)
        self.in_high = min(self.in_high, event.high)
        if is_sure:
            self.within(event)

    def within(self, event: Event) -> None:
        """Surely inside then."""
        self.here_low, self.here_at = max(self.here_low, event.low), max(self.here_at, event.at)

    def inside(self, event: Event) -> None:
        """Seen at a gate of a zone within the place."""
        self._add(event)
        self.within(event)
        self.longest_ms = max(self.longest_ms, event.high)
        self.leaving_at = None

    def touch(self, event: Event) -> None:
        """Seen at an outer gate: going out, coming in again, or just there."""
        self._add(event)
        self.leaving_at = event.at
        self.in_high = max(self.in_high, event.high)
        self.longest_ms = event.high + self.rules.max_stay_min * MINUTE_MS

    def leave(self, event: Event) -> None:
        """Seen to go out; again: a repeated read."""
        self._add(event)
        self.outs.append(event)

    def came_before(self, before: Event | None, usual_min: int) -> None:
        """Nobody saw this person come in. `before`: the last that was seen of this person, anywhere."""
        event = self.first
        self.in_low, self.in_by = self._earliest(before)
        self.in_at = max(self.in_low, event.at - usual_min * MINUTE_MS)
        if before is not None:
            self.in_at = max(self.in_at, (min(before.at, event.at) + event.at) // 2)
        self.gate_in = ""

    def touched(self, before: Event | None) -> None:
        """The first scan says no direction, so it may be the one on the way out. `before`: as in `came_before`."""
        self.touch_low, _ = self._earliest(before)

    def _earliest(self, before: Event | None) -> tuple[int, str]:
        """(the earliest way in that nobody saw, what it is known by)"""
        event, rules = self.first, self.rules
        bounds = [(event.low - rules.max_stay_min * MINUTE_MS, 0, STAY)]
        opening_ms = opened_ms(rules, event.at)
        if opening_ms is not None and opening_ms <= event.low:
            bounds.append((opening_ms, 1, CLOSING))
        if before is not None:
            bounds.append((min(before.low, event.low), 2, ELSEWHERE))
        low, _, by = max(bounds)
        return low, by

    def visit(self) -> Visit:
        """What is known of it now."""
        out_low, out_at, out_high, out_by = self._seen_out() if self.outs else self._unseen_out()
        first = self.first.sighting
        told = [event.sighting for event in self.events]
        for event in self.events:
            told += event.also
        sources = {one.source for one in told}
        return Visit(  # in the order of its fields: with their names it takes twice as long
            identity_of(first[:3], self.is_inner),
            first.person or b"",
            first.place_id,
            self.gate_in,
            self.last.sighting.gate_id if self.outs else "",
            first.zone if self.is_inner or first.zone not in self.rules.zones else "",
            self.is_inner,
            self.touch_low if self.in_by == TOUCH else self.in_low,
            self.in_at,
            min(self.in_high, out_high),
            out_low,
            out_at,
            out_high,
            ASSUMED if self.first.is_loose else _label(self.in_by, out_by),
            self.in_by,
            out_by,
            first.kind,
            True in [one.on_behalf for one in told],
            True in [one.has_phone for one in told],
            len(told),
            BOX if sources == {BOX} else ",".join([one for one in SOURCES if one in sources]),
            day_of(self.rules, self.in_at),
        )

    def _seen_out(self) -> tuple[int, int, int, str]:
        first, last = self.outs[0], self.outs[-1]
        is_passing = self.in_by == SCAN and last.at - self.in_at <= self.rules.passing_s * 1000
        out_low = max(first.low, min(self.here_low, last.high))
        out_at = max(last.at, self.in_at, out_low)
        return out_low, out_at, max(last.high, out_at), PASSING if is_passing else SCAN

    def _unseen_out(self) -> tuple[int, int, int, str]:
        out_low = max(self.in_low, self.here_low)
        bounds = [(self.longest_ms, 2, STAY)]
        closing_ms = closes_ms(self.rules, self.last.high)
        if closing_ms is not None:
            bounds.append((closing_ms, 1, CLOSING))
        best = self.leaving_at
        if best is None:
            best = max(self.in_at + self.rules.default_stay_min * MINUTE_MS, self.here_at)
        if self.until is not None:
            after, by = self.until
            best = min(best, after.at if self.gone_at is None else self.gone_at)
            if after.low >= self.last.high:
                bounds.append((after.high, 0, by))
        out_high, _, out_by = min(bounds)
        out_at = max(self.in_at, min(best, out_high))
        return out_low, max(out_low, out_at), max(out_high, out_low, out_at), out_by


def identity_of(first: tuple[str, str, int], is_inner: bool) -> bytes:
    """What a visit is known by: the identity of its first sighting, and whether it is to a zone."""
    box_id, epoch, seq = first
    text = f"{box_id}/{epoch}/{seq}{'/zone' if is_inner else ''}"
    return blake2b(text.encode(), digest_size=16, person=b"tram-visit").digest()


def _label(in_by: str, out_by: str) -> str:
    if in_by == SCAN and out_by in (SCAN, PASSING):
        return MEASURED
    return ASSUMED if STAY in (in_by, out_by) else BOUNDED
