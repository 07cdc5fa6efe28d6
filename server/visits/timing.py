"""Sightings of one person brought into the order in which they were made, whatever the order in which they came.

1. One box numbers its scans in the order in which it made them: of two of one spool the later is not before the
   earlier, and the bounds of each narrow those of the other. Where they contradict each other they stay as they are.
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
        other = by_identity.setdefault(one.identity, one)
        if one != other:
            by_identity[one.identity] = min(one, other, key=repr)
    found = _narrowed([one for one in by_identity.values() if one.source == BOX])
    told = [_event(one, one.earliest_ms, one.latest_ms) for one in by_identity.values() if one.source != BOX]
    return sorted(_together(found, told) if told else found, key=_order)


def _narrowed(sightings: list[Sighting]) -> list[Event]:
    spools: dict[tuple[str, str], list[Sighting]] = {}
    for one in sightings:
        spools.setdefault((one.box_id, one.epoch), []).append(one)
    found = []
    for spool in spools.values():
        spool.sort(key=lambda one: one.seq)
        lows, highs = [one.earliest_ms for one in spool], [one.latest_ms for one in spool]
        for at in range(1, len(spool)):
            before = lows[at - 1]
            if before is not None:
                lows[at] = before if lows[at] is None else max(before, lows[at] or 0)
        for at in range(len(spool) - 2, -1, -1):
            highs[at] = min(highs[at], highs[at + 1])
        if any(low is not None and low > high for low, high in zip(lows, highs)):
            lows, highs = [one.earliest_ms for one in spool], [one.latest_ms for one in spool]
        found += [_event(*one) for one in zip(spool, lows, highs)]
    return found


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
    return event.at, *event.sighting.identity
