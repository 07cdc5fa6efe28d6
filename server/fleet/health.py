"""How gateways and boxes are, as the server can know it.

1. A gateway that has said nothing for `silent_ms`, neither a report nor a batch, is silent, since it was last heard.
   The server's own absence is nobody's silence: the time before it started does not count.
2. A silent gateway's boxes are unknown, not away: nobody can see them. So one dead gateway is one finding.
3. A gateway that speaks is as well as the worst part that it names; what it says of its boxes stands. What it has not
   named is unknown.
4. Since when: by the server's own clock, from when the report came and how long it said that it has been so.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from server.fleet.report import Report

OK, TROUBLE, SILENT, NEVER = "ok", "trouble", "silent", "never"
UNKNOWN = "unknown"
GATEWAY_SILENT, NOT_NAMED = "gateway_silent", "not_named"
WELL = ("ok", "online")
WAITING, OLDEST_S = "tram_waiting_records", "tram_waiting_oldest_seconds"
ORDER = (SILENT, TROUBLE, NEVER, OK)


class Heard(NamedTuple):
    """What a gateway said last, and when it was heard."""

    report: Report | None
    report_ms: int | None
    batch_ms: int | None

    @property
    def latest_ms(self) -> int | None:
        """When it was last heard at all."""
        return max((one for one in (self.report_ms, self.batch_ms) if one is not None), default=None)


class PartState(NamedTuple):
    """A part of a gateway."""

    part: str
    state: str
    reason: str
    since_ms: int


class BoxState(NamedTuple):
    """A box. `state` is what its gateway says, or `unknown`."""

    box_id: str
    state: str
    reason: str
    since_ms: int | None
    status: Mapping[str, Any] | None


class GatewayState(NamedTuple):
    """A gateway. `state`: ok, trouble, silent or never."""

    gateway_id: str
    state: str
    reason: str
    since_ms: int | None
    heard_ms: int | None
    software: str
    wishes_version: int
    waiting: int | None
    oldest_s: int | None
    parts: list[PartState]
    boxes: list[BoxState]

    @property
    def counts(self) -> dict[str, int]:
        """How many of its boxes are well, away (or whatever else is said of them), unknown."""
        found = {"well": 0, "away": 0, UNKNOWN: 0}
        for box in self.boxes:
            found["well" if box.state in WELL else UNKNOWN if box.state == UNKNOWN else "away"] += 1
        return found


def judge(
    gateway_id: str, heard: Heard, assigned: Iterable[str], now_ms: int, started_ms: int, silent_ms: int
) -> GatewayState:
    """The state of a gateway and its boxes."""
    latest_ms = heard.latest_ms
    is_silent = now_ms - max(latest_ms or 0, started_ms) > silent_ms
    parts = _parts(heard)
    if latest_ms is None:
        state, reason, since_ms = NEVER, "", None
    elif is_silent:
        state, reason, since_ms = SILENT, "", latest_ms
    else:
        state, reason, since_ms = _worst(parts)
    numbers = heard.report.numbers if heard.report else {}
    return GatewayState(
        gateway_id,
        state,
        reason,
        since_ms,
        latest_ms,
        heard.report.software if heard.report else "",
        heard.report.wishes_version if heard.report else 0,
        _whole(numbers.get(WAITING)),
        _whole(numbers.get(OLDEST_S)),
        parts,
        _boxes(heard, assigned, state in (SILENT, NEVER), since_ms),
    )


def worst_first(states: Iterable[GatewayState]) -> list[GatewayState]:
    """Those that need somebody come first."""
    return sorted(states, key=lambda one: (ORDER.index(one.state), -one.counts["away"], one.gateway_id))


def _parts(heard: Heard) -> list[PartState]:
    if heard.report is None or heard.report_ms is None:
        return []
    at_ms = heard.report_ms
    return [PartState(one.part, one.state, one.reason, at_ms - 1000 * one.since_s) for one in heard.report.health]


def _worst(parts: list[PartState]) -> tuple[str, str, int | None]:
    bad = [one for one in parts if one.state not in WELL and one.part != "boxes"]
    if not bad:
        return OK, "", max((one.since_ms for one in parts), default=None)
    return TROUBLE, "; ".join(f"{one.part}: {one.reason or one.state}" for one in bad), min(o.since_ms for o in bad)


def _boxes(heard: Heard, assigned: Iterable[str], is_unseen: bool, since_ms: int | None) -> list[BoxState]:
    lines = {one.box_id: one for one in heard.report.boxes} if heard.report else {}
    found = []
    for box_id in sorted(assigned):
        line = lines.get(box_id)
        if is_unseen:
            found.append(BoxState(box_id, UNKNOWN, GATEWAY_SILENT, since_ms, line.status if line else None))
        elif line is None or heard.report_ms is None:
            found.append(BoxState(box_id, UNKNOWN, NOT_NAMED, None, None))
        else:
            box_since_ms = heard.report_ms - 1000 * line.since_s
            found.append(BoxState(box_id, line.state, line.reason, box_since_ms, line.status))
    return found


def _whole(value: float | None) -> int | None:
    return None if value is None or value < 0 else int(value)
