"""From what is counted to what is told."""

from gateway.place.counts import DIRECTIONS, BoxDay
from gateway.place.types import GateDay

Ways = dict[str, tuple[str, str]]
"""box -> (direction, gate), as its latest scan said."""


def gates(boxes: dict[str, BoxDay], unknown: dict[str, dict[str, int]], ways: Ways) -> list[GateDay]:
    found = []
    for box_id in sorted(boxes.keys() | unknown.keys()):
        box = boxes.get(box_id) or BoxDay({one: [0] * 24 for one in DIRECTIONS}, {})
        gate = ways.get(box_id, ("", ""))[1]
        found.append(GateDay(box_id, gate, box.hours, box.refused, unknown.get(box_id, {})))
    return found


def held_by_way(held: dict[str, int | None], ways: Ways) -> dict[str, int | None]:
    """By direction, how many scans boxes still hold; None: nobody knows. A box that never spoke may count any way."""
    found: dict[str, int | None] = {}
    for box_id, many in held.items():
        way = ways.get(box_id, ("both", ""))[0]
        before = found.get(way, 0)
        found[way] = None if many is None or before is None else before + many
    return found
