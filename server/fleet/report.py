"""What a gateway tells of itself and its boxes (SPEC §16), read as far as it can be.

1. The report as a whole must be JSON of version 1, of this gateway, within its size, with an epoch for its events.
   Otherwise it is refused, and nothing of it counts.
2. Each part stands for itself: a line of health, a box, a number or an event that is not in its form is left out and
   counted; the others stand. No line says more than fits on a page.
3. An event has a number, or it is left out. One whose kind or body is not known is kept all the same, as it came:
   it must not be in the way of the others, and somebody may read it after an upgrade.
4. Events are taken once, in the order of their numbers. Of those that were taken before nothing happens again. Where
   the first is beyond the next that is expected, what is between is gone, and that is said.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from server.errors import Refused
from server.fleet import forms

MOST_BYTES = 1 << 20
MOST_EVENTS = 500
MOST_PARTS = 64
MOST_BOXES = 2000
MOST_NUMBERS = 500
MOST_STATUS_BYTES = 4096
MOST_BODY_BYTES = 262_144 + 4096
"""64 parts of an answer of 4,096 bytes each, and what is around them."""
KINDS = {
    "result": ("box_id", "id", "name", "outcome"),
    "alert": ("part", "state", "reason"),
    "enrolled": ("box_id",),
    "damage": (),
}
OTHER = "other"


class Part(NamedTuple):
    """How a part of the gateway is."""

    part: str
    state: str
    reason: str
    since_s: int


class BoxLine(NamedTuple):
    """How a box is, as its gateway sees it."""

    box_id: str
    state: str
    reason: str
    since_s: int
    status: Mapping[str, Any] | None


class Event(NamedTuple):
    """Something that happened. `kind` is one of KINDS, or `other`."""

    no: int
    kind: str
    earliest_ms: int | None
    latest_ms: int | None
    body: Any


class Report(NamedTuple):
    """All of it. `odd`: how much was left out."""

    gateway_id: str
    events_epoch: str
    wishes_version: int
    sent_utc_ms: int | None
    uptime_ms: int
    software: str
    health: list[Part]
    boxes: list[BoxLine]
    numbers: dict[str, float]
    events: list[Event]
    odd: int


def read(data: bytes, gateway_id: str) -> Report:
    """Raises `Refused`: `too_long`, `json`, `version`, `gateway_mismatch`, `field`."""
    if len(data) > MOST_BYTES:
        raise Refused("too_long", f"a report is {MOST_BYTES} bytes at most")
    said = forms.read_object(data)
    if said.get("v") != 1 or isinstance(said.get("v"), bool):
        raise Refused("version", "not version 1")
    if said.get("gateway_id") != gateway_id:
        raise Refused("gateway_mismatch", "the report names another gateway than the token's")
    epoch = forms.matching(said.get("events_epoch"), forms.HEX12)
    if epoch is None:
        raise Refused("field", "events_epoch is not in its form")
    health, odd_parts = _each(said.get("health"), MOST_PARTS, _part)
    boxes, odd_boxes = _each(said.get("boxes"), MOST_BOXES, _box)
    events, odd_events = _each(said.get("events"), MOST_EVENTS, _event)
    numbers, odd_numbers = _numbers(said.get("numbers"))
    return Report(
        gateway_id,
        epoch,
        forms.whole(said.get("wishes_version")) or 0,
        forms.whole(said.get("sent_utc_ms"), 1),
        forms.whole(said.get("uptime_ms")) or 0,
        forms.text(said.get("software"), 64),
        health,
        list({one.box_id: one for one in boxes}.values()),
        numbers,
        sorted({one.no: one for one in reversed(events)}.values()),
        odd_parts + odd_boxes + odd_events + odd_numbers,
    )


def kept(report: Report) -> bytes:
    """The report without its events, so that `read` gives it back."""
    said = report._asdict()
    for name in ("events", "odd"):
        del said[name]
    said["health"] = [one._asdict() for one in report.health]
    said["boxes"] = [one._asdict() for one in report.boxes]
    return forms.write({"v": 1, **said})


def fresh(events: list[Event], taken_to: int) -> tuple[list[Event], int, bool]:
    """-> (those to be taken now, the new `taken_to`, whether some before them are gone)."""
    new = [one for one in events if one.no > taken_to]
    if not new:
        return [], taken_to, False
    is_gap = new[0].no > taken_to + 1
    taken = [one for place, one in enumerate(new) if one.no == new[0].no + place]
    return taken, taken[-1].no, is_gap


def _each(items: Any, most: int, form: Any) -> tuple[list[Any], int]:
    if not isinstance(items, list):
        return [], int(items is not None)
    found = [one for item in items[:most] if isinstance(item, dict) and (one := form(item)) is not None]
    return found, len(items) - len(found)


def _part(item: dict[str, Any]) -> Part | None:
    part, state = forms.text(item.get("part"), 32), forms.text(item.get("state"), 32)
    if not part or not state:
        return None
    return Part(part, state, forms.text(item.get("reason"), 300), _seconds(item.get("since_s")))


def _box(item: dict[str, Any]) -> BoxLine | None:
    box_id, state = forms.matching(item.get("box_id"), forms.ID), forms.text(item.get("state"), 32)
    if box_id is None or not state:
        return None
    status = item.get("status")
    if not isinstance(status, dict) or len(forms.write(status)) > MOST_STATUS_BYTES:
        status = None
    return BoxLine(box_id, state, forms.text(item.get("reason"), 300), _seconds(item.get("since_s")), status)


def _event(item: dict[str, Any]) -> Event | None:
    no, kind, body = forms.whole(item.get("no"), 1), item.get("kind"), item.get("body")
    if no is None:
        return None
    earliest_ms = latest_ms = None
    at_ms = item.get("at_ms")
    if isinstance(at_ms, list) and len(at_ms) == 2:
        low, high = forms.whole(at_ms[0], 1), forms.whole(at_ms[1], 1)
        if low is not None and high is not None and low <= high:
            earliest_ms, latest_ms = low, high
    if len(forms.write(body)) > MOST_BODY_BYTES:
        return Event(no, OTHER, earliest_ms, latest_ms, {"too_long": True, "kind": forms.text(kind, 32)})
    if not _is_known(kind, body):
        return Event(no, OTHER, earliest_ms, latest_ms, {"kind": forms.text(kind, 32), "body": body})
    return Event(no, str(kind), earliest_ms, latest_ms, body)


def _is_known(kind: object, body: object) -> bool:
    if not isinstance(kind, str) or kind not in KINDS or not isinstance(body, dict):
        return False
    if not all(isinstance(body.get(key), str) for key in KINDS[kind]):
        return False
    return kind not in ("result", "enrolled") or forms.matching(body["box_id"], forms.ID) is not None


def _numbers(items: Any) -> tuple[dict[str, float], int]:
    if not isinstance(items, dict):
        return {}, int(items is not None)
    found = {
        name[:64]: float(value)
        for name, value in list(items.items())[:MOST_NUMBERS]
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300
    }
    return found, len(items) - len(found)


def _seconds(value: object) -> int:
    return int(value) if isinstance(value, int | float) and 0 <= value < 1e11 else 0
