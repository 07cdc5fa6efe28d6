"""The bytes of a report, whatever boxes have said: always JSON, never longer than it may be.

1. What stands under `boxes` is as a box said it. What cannot be said in JSON (no number, too deep) is left out: of that
   box, the status.
2. Statuses go as far as BOXES_BYTES reach. Where they do not reach, another box begins with each report, so that each
   has its turn.
"""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

MAX_BYTES = 1024 * 1024
BOXES_BYTES = 400_000


class Now(NamedTuple):
    """How things are, in builtins as SPEC §16 says."""

    health: Sequence[Mapping[str, Any]]
    boxes: Sequence[Mapping[str, Any]]
    numbers: Mapping[str, float]


def compose(head: Mapping[str, Any], now: Now, events: Sequence[Mapping[str, Any]], turn: int) -> bytes:
    """`head`: everything but health, boxes, numbers and events."""
    said = {
        **head,
        "health": list(now.health),
        "boxes": _boxes(now.boxes, turn),
        "numbers": {name: value for name, value in now.numbers.items() if math.isfinite(value)},
        "events": list(events),
    }
    return _encoded(said)


def _boxes(boxes: Sequence[Mapping[str, Any]], turn: int) -> list[dict[str, Any]]:
    left = BOXES_BYTES
    start = turn % len(boxes) if boxes else 0
    told = []
    for number in range(len(boxes)):
        at = (start + number) % len(boxes)
        one = dict(boxes[at])
        size = _size(one)
        if size is None or size > left:
            one["status"] = None
        else:
            left -= size
        told.append((at, one))
    return [one for _, one in sorted(told, key=lambda pair: pair[0])]


def _size(one: Mapping[str, Any]) -> int | None:
    try:
        return len(_encoded(one))
    except (ValueError, RecursionError, TypeError):
        return None


def _encoded(said: object) -> bytes:
    """Half a character, which a box may well have said, becomes a question mark."""
    return json.dumps(said, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode(errors="replace")
