"""Sightings of one person brought into the order in which they were made, whatever the order in which they came.

1. One box numbers its scans in the order in which it made them: of two of one spool the later is not before the
   earlier, and the bounds of each narrow those of the other. Where they contradict each other they stay as they are.
   This concerns those whose bounds hang together; what lies surely before or after all of these narrows nothing.
2. What was written down by hand or sent by a phone, at a place and within bounds in which a box saw the same person go
   the same way (or where one of the two says no way), is that very scan: one event, two sources. The nearest one in
   time takes it.
3. A scan of which nobody knows within `LOOSE_MS` when it was made is loose: it says nothing about the order of others.
   Without any lower bound it was made within `UNTIMED_MS` before its upper one: longer nothing is kept anywhere.
4. The order is by the middle of the bounds, then by identity: the same for the same set.
"""

from collections.abc import Iterable
from typing import NamedTuple

from server.visits.types import HOUR_MS, IN, OUT, Identity, Sighting

LOOSE_MS = 4 * HOUR_MS
UNTIMED_MS = 30 * 24 * HOUR_MS
NEVER_MS = -(1 << 62)
BOX = "box"


class Event(NamedTuple):
    """A sighting with its bounds as narrow as its neighbours make them, and what else tells of the same."""

    low: int
    at: int
    high: int
    sighting: Sighting
    also: tuple[Sighting, ...] = ()

    @property
    def is_loose(self) -> bool:
        """Nobody knows well enough when it was."""
        return self.high - self.low > LOOSE_MS


def events(sightings: Iterable[Sighting]) -> list[Event]:
    """Each identity once, in order."""
    by_identity: dict[Identity, Sighting] = {}
    for one in sightings:
        other = by_identity.setdefault(one[:3], one)
        if one is not other and one != other:
            by_identity[one.identity] = min(one, other, key=repr)
    found = _narrowed([one for one in by_identity.values() if one.source == BOX])
    told = [_event(one, one.earliest_ms, one.latest_ms) for one in by_identity.values() if one.source != BOX]
    return sorted(_together(found, told) if told else found, key=_order) if told or len(found) > 1 else found


def _narrowed(sightings: list[Sighting]) -> list[Event]:
    if len(sightings) == 1:
        return [_event(sightings[0], sightings[0].earliest_ms, sightings[0].latest_ms)]
    spools: dict[tuple[str, str], list[Sighting]] = {}
    for one in sightings:
        spools.setdefault((one.box_id, one.epoch), []).append(one)
    found: list[Event] = []
    for spool in spools.values():
        for some in _overlapping(spool):
            found += _narrow(some)
    return found


def _overlapping(spool: list[Sighting]) -> list[list[Sighting]]:
    """What hangs together by its bounds, each with each or by way of others."""
    if len(spool) == 1:
        return [spool]
    spool.sort(key=_low)
    pieces: list[list[Sighting]] = []
    until_ms = NEVER_MS
    for one in spool:
        if not pieces or _low(one) > until_ms:
            pieces.append([])
        pieces[-1].append(one)
        until_ms = max(until_ms, one.latest_ms, one.latest_ms if one.earliest_ms is None else one.earliest_ms)
    return pieces


def _low(one: Sighting) -> int:
    return NEVER_MS if one.earliest_ms is None else min(one.earliest_ms, one.latest_ms)


def _narrow(some: list[Sighting]) -> list[Event]:
    if len(some) == 1:
        return [_event(some[0], some[0].earliest_ms, some[0].latest_ms)]
    some.sort(key=_number)
    lows, highs = [one.earliest_ms for one in some], [one.latest_ms for one in some]
    for at in range(1, len(some)):
        before = lows[at - 1]
        if before is not None:
            lows[at] = before if lows[at] is None else max(before, lows[at] or 0)
    for at in range(len(some) - 2, -1, -1):
        highs[at] = min(highs[at], highs[at + 1])
    if any(low is not None and low > high for low, high in zip(lows, highs)):
        lows, highs = [one.earliest_ms for one in some], [one.latest_ms for one in some]
    return [_event(*one) for one in zip(some, lows, highs)]


def _number(one: Sighting) -> int:
    return one.seq


def _event(sighting: Sighting, low: int | None, high: int) -> Event:
    if low is None:
        return Event(high - UNTIMED_MS, high, high, sighting)
    low, high = min(low, high), max(low, high)
    return Event(low, (low + high) // 2, high, sighting)


def _together(boxes: list[Event], told: list[Event]) -> list[Event]:
    also: dict[int, list[Event]] = {}
    alone = []
    for one in told:
        near = [(abs(box.at - one.at), _order(box), at) for at, box in enumerate(boxes) if _is_same(box, one)]
        if near:
            also.setdefault(min(near)[2], []).append(one)
        else:
            alone.append(one)
    merged = [
        box._replace(also=tuple(one.sighting for one in sorted(also.get(at, ()), key=_order)))
        for at, box in enumerate(boxes)
    ]
    return merged + alone


def _is_same(box: Event, told: Event) -> bool:
    one, other = box.sighting, told.sighting
    ways = {one.direction, other.direction}
    agree = one.place_id == other.place_id and ways != {IN, OUT}
    return agree and not box.is_loose and box.low <= told.high and told.low <= box.high


def _order(event: Event) -> tuple[int, str, str, int]:
    return event.at, *event.sighting[:3]
