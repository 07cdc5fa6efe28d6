"""Every gateway with what was heard of it: in memory, so that thousands of them cost nothing to look at.

It is filled from the store at the start, and after each commit. What is not in the store is only when a gateway's last
batch came: after a restart silence counts from the start at the earliest.
"""

from collections.abc import Callable, Iterable

from server.errors import Refused
from server.fleet import health, report
from server.fleet.assignment import Assignments, Policy
from server.fleet.finding import Finding
from server.fleet.health import GatewayState, Heard
from server.fleet.report import Report


class Roster:
    """`heard_report` and `heard_batch` when something came; `state` and `states` for who looks."""

    def __init__(self, policies: Iterable[Policy], silent_s: int, now_ms: Callable[[], int]) -> None:
        self.assignments = Assignments(policies)
        self.findings: list[Finding] = []
        self._reports: dict[str, tuple[Report, int]] = {}
        self._batches: dict[str, int] = {}
        self._silent_ms = silent_s * 1000
        self._now_ms = now_ms
        self._started_ms = now_ms()

    def load(self, given: dict[str, str], reports: Iterable[tuple[str, int, bytes]], found: list[Finding]) -> None:
        """What is in the store at the start. A report that cannot be read any more is as none."""
        self._started_ms = self._now_ms()
        self.refresh(given, reports, found)

    def refresh(self, given: dict[str, str], reports: Iterable[tuple[str, int, bytes]], found: list[Finding]) -> None:
        """What is in the store now, by this node or another."""
        self.assignments.load(given)
        self.findings = found
        for gateway_id, received_ms, data in reports:
            try:
                self._reports[gateway_id] = report.read(data, gateway_id), received_ms
            except Refused:
                continue

    def heard_report(self, told: Report) -> None:
        """A report is kept."""
        self._reports[told.gateway_id] = told._replace(events=[]), self._now_ms()

    def heard_batch(self, gateway_id: str) -> None:
        """A batch is kept."""
        self._batches[gateway_id] = self._now_ms()

    def must_know(self, gateway_id: str) -> None:
        """Raises `Refused`: `not_found`."""
        if gateway_id not in self.assignments.gateways():
            raise Refused("not_found", "no such gateway")

    def must_have(self, gateway_id: str, box_id: str) -> None:
        """Raises `Refused`: `not_found`, `box_not_assigned`."""
        self.must_know(gateway_id)
        if box_id not in self.assignments.boxes_of(gateway_id):
            raise Refused("box_not_assigned", f"{gateway_id} does not speak for {box_id}")

    def settings_versions(self, box_id: str) -> list[object]:
        """Every number of settings that a box has, or has refused, as any gateway reported it."""
        found: list[object] = []
        for told, _ in self._reports.values():
            for line in told.boxes:
                if line.box_id == box_id and line.status is not None:
                    refused = line.status.get("settings_refused")
                    found.append(line.status.get("settings_version"))
                    found.append(refused.get("version") if isinstance(refused, dict) else None)
        return found

    def state(self, gateway_id: str) -> GatewayState:
        """One gateway. Raises `Refused`: `not_found`."""
        self.must_know(gateway_id)
        told, told_ms = self._reports.get(gateway_id, (None, None))
        heard = Heard(told, told_ms, self._batches.get(gateway_id))
        boxes = self.assignments.boxes_of(gateway_id)
        return health.judge(gateway_id, heard, boxes, self._now_ms(), self._started_ms, self._silent_ms)

    def states(self) -> list[GatewayState]:
        """All of them, those first that need somebody."""
        return health.worst_first(self.state(gateway_id) for gateway_id in self.assignments.gateways())
