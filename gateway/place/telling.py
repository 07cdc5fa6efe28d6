"""From what is counted to what is told."""

from collections.abc import Mapping

from gateway.place.counts import DIRECTIONS, BoxDay, direction_of, gate_of
from gateway.place.types import GateDay, Timed, Way

MOST_NAMED = 1_024
Ways = Mapping[str, Way]


class Named:
    """What each box's latest scan said of it; bounded."""

    def __init__(self, boot: str, ways: Mapping[str, tuple[str, str]] | None = None) -> None:
        self._boot = boot
        self.ways: dict[str, Way] = {box_id: Way(*way) for box_id, way in (ways or {}).items()}

    def scan(self, scan: Timed, received_boot: str, received_mono_ms: int) -> None:
        """It came in then; not always in order."""
        known = self.ways.get(scan.box_id)
        at_ms = received_mono_ms if received_boot == self._boot else None
        if known is not None and known.at_ms is not None:
            at_ms = known.at_ms if at_ms is None else max(at_ms, known.at_ms)
        self.ways[scan.box_id] = Way(direction_of(scan.marks), gate_of(scan.marks), at_ms)
        if len(self.ways) > MOST_NAMED:
            del self.ways[next(iter(self.ways))]

    def dump(self) -> dict[str, tuple[str, str]]:
        return {box_id: way[:2] for box_id, way in self.ways.items()}


def gates(boxes: dict[str, BoxDay], unknown: dict[str, dict[str, int]], ways: Ways) -> list[GateDay]:
    found = []
    for box_id in sorted(boxes.keys() | unknown.keys()):
        box = boxes.get(box_id) or BoxDay({one: [0] * 24 for one in DIRECTIONS}, {})
        gate = ways[box_id].gate if box_id in ways else ""
        found.append(GateDay(box_id, gate, box.hours, box.refused, unknown.get(box_id, {})))
    return found


def held_by_way(held: dict[str, int | None], ways: Ways) -> dict[str, int | None]:
    """By direction, how many scans boxes still hold; None: nobody knows. A box that never spoke may count any way."""
    found: dict[str, int | None] = {}
    for box_id, many in held.items():
        way = ways[box_id].direction if box_id in ways else "both"
        before = found.get(way, 0)
        found[way] = None if many is None or before is None else before + many
    return found
