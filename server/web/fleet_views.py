"""The fleet as it is given out through the API."""

from typing import Any

import msgspec

from server.fleet.finding import Finding
from server.fleet.health import GatewayState
from server.fleet.wishes import Result


class PartView(msgspec.Struct):
    """A part of a gateway; `ok` is well."""

    part: str
    state: str
    reason: str
    since_ms: int


class BoxStateView(msgspec.Struct):
    """A box as its gateway sees it; `unknown` where nobody can see it."""

    box_id: str
    state: str
    reason: str
    since_ms: int | None


class FindingView(msgspec.Struct):
    """What somebody has to look at. `box_id` is empty where it is of the gateway itself."""

    gateway_id: str
    box_id: str
    code: str
    detail: str
    since_ms: int


class GatewayView(msgspec.Struct):
    """A gateway: `state` is ok, trouble, silent or never, with the reason and since when."""

    gateway_id: str
    state: str
    reason: str
    since_ms: int | None
    heard_ms: int | None
    software: str
    wishes_version: int
    wished_version: int
    waiting: int | None
    oldest_s: int | None
    boxes_well: int
    boxes_away: int
    boxes_unknown: int


class EventView(msgspec.Struct):
    """Something that a gateway told."""

    no: int
    epoch: str
    kind: str
    earliest_ms: int | None
    latest_ms: int | None
    received_ms: int
    body: Any


class GatewayDetail(msgspec.Struct):
    """A gateway with its parts, boxes, findings, latest events, and all that is wished of it."""

    gateway: GatewayView
    parts: list[PartView]
    boxes: list[BoxStateView]
    statuses: dict[str, Any]
    findings: list[FindingView]
    events: list[EventView]
    wishes: dict[str, Any]


class GatewayList(msgspec.Struct):
    """Every gateway, those first that need somebody; and every finding."""

    gateways: list[GatewayView]
    findings: list[FindingView]
    next: str | None


class CommandView(msgspec.Struct):
    """A command and what came of it; `outcome` null: nothing yet."""

    id: str
    box_id: str
    name: str
    argument: dict[str, Any] | None
    expires_utc_ms: int
    given_by: str
    given_ms: int
    outcome: str | None
    body: Any
    told_ms: int | None


def gateway_view(state: GatewayState, wished_version: int) -> GatewayView:
    """A line."""
    counts = state.counts
    return GatewayView(
        state.gateway_id,
        state.state,
        state.reason,
        state.since_ms,
        state.heard_ms,
        state.software,
        state.wishes_version,
        wished_version,
        state.waiting,
        state.oldest_s,
        counts["well"],
        counts["away"],
        counts["unknown"],
    )


def detail(
    state: GatewayState, wished_version: int, findings: list[Finding], events: list[Any], wishes: dict[str, Any]
) -> GatewayDetail:
    """All of it."""
    return GatewayDetail(
        gateway_view(state, wished_version),
        [PartView(*one) for one in state.parts],
        [BoxStateView(*one[:4]) for one in state.boxes],
        {one.box_id: one.status for one in state.boxes if one.status is not None},
        finding_views(findings, state.gateway_id),
        [
            EventView(one.no, one.epoch, one.kind, one.earliest_ms, one.latest_ms, one.received_ms, one.body)
            for one in events
        ],
        wishes,
    )


def finding_views(findings: list[Finding], gateway_id: str | None = None) -> list[FindingView]:
    """Of one gateway, or all."""
    return [FindingView(*one) for one in findings if gateway_id in (None, one.gateway_id)]


def command_view(one: Result) -> CommandView:
    """A command."""
    command = one.command
    return CommandView(
        command.id,
        command.box_id,
        command.name,
        None if command.argument is None else dict(command.argument),
        command.expires_utc_ms,
        command.given_by,
        command.given_ms,
        one.outcome,
        one.body,
        one.told_ms,
    )
