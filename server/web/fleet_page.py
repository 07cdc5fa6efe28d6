"""What the page shows of gateways: a line each, those first that need somebody."""

from typing import NamedTuple

from server.fleet import health
from server.fleet.finding import Finding
from server.fleet.health import BoxState, GatewayState, PartState
from server.web import views

LINES_SHOWN = 50
BOXES_SHOWN = 20
FINDINGS_SHOWN = 20


class Line(NamedTuple):
    """A gateway. `since` and `heard` are clock times in Vietnam, with the day where it is another than today."""

    state: GatewayState
    since: str
    heard: str
    troubles: list[PartState]
    counts: dict[str, int]
    away: list[BoxState]
    more_away: int
    oldest: tuple[int, str] | None


class FindingLine(NamedTuple):
    """Something to look at."""

    finding: Finding
    since: str


class FleetView(NamedTuple):
    """The gateways' part of the page. `troubled`: how many need somebody; `never`: were never heard."""

    lines: list[Line]
    more: int
    findings: list[FindingLine]
    more_findings: int
    troubled: int
    silent: int
    never: int


def fleet_view(states: list[GatewayState], findings: list[Finding], now_ms: int) -> FleetView:
    """`states` come worst first."""
    return FleetView(
        [_line(one, now_ms) for one in states[:LINES_SHOWN]],
        max(0, len(states) - LINES_SHOWN),
        [FindingLine(one, views.moment(one.since_ms, now_ms)) for one in findings[:FINDINGS_SHOWN]],
        max(0, len(findings) - FINDINGS_SHOWN),
        sum(one.state in (health.SILENT, health.TROUBLE) for one in states),
        sum(one.state == health.SILENT for one in states),
        sum(one.state == health.NEVER for one in states),
    )


def _line(state: GatewayState, now_ms: int) -> Line:
    is_speaking = state.state in (health.OK, health.TROUBLE)
    away = [one for one in state.boxes if one.state not in (*health.WELL, health.UNKNOWN)]
    return Line(
        state,
        views.moment(state.since_ms, now_ms),
        views.moment(state.heard_ms, now_ms),
        [one for one in state.parts if is_speaking and one.state not in health.WELL],
        state.counts,
        away[:BOXES_SHOWN],
        max(0, len(away) - BOXES_SHOWN),
        span(state.oldest_s) if state.waiting else None,
    )


def span(seconds: int | None) -> tuple[int, str] | None:
    """An age as a number and the key of its unit."""
    if seconds is None:
        return None
    for unit_s, unit in ((86_400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * unit_s:
            return seconds // unit_s, unit
    return seconds, "seconds"
