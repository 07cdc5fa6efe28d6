"""The server's side of SPEC §16, small and strict: wishes, bundles, reports; each can be made awkward."""

import json
import time
from pathlib import Path
from typing import Any

import zstandard

from tests.gateway.server.stand import Behaviour, Reply, Request, Stand

GATEWAY = "gw-1"
SERVER_UTC_MS = 1_793_500_000_000


class Wishing:
    """`wishes` is what holds; `bundles` are folders by version."""

    def __init__(self) -> None:
        self.wishes: dict[str, Any] = {"v": 1, "gateway_id": GATEWAY, "version": 0}
        self.bundles: dict[int, Path] = {}
        self.reports: list[dict[str, Any]] = []
        self.taken: dict[str, dict[int, dict[str, Any]]] = {}
        """epoch -> number -> event"""
        self.twice: list[tuple[str, int]] = []
        self.asked_after: list[int] = []
        self.awkward: list[Behaviour] = []
        """Used up by questions for wishes."""
        self.awkward_bundle: list[Behaviour] = []
        self.awkward_report: list[Behaviour] = []
        self.cap_bytes = 0
        """More than this of a bundle is never answered at once."""
        self.stand = Stand(self.answer)

    def wish(self, **changes: Any) -> int:
        """Another version, with these parts changed; -> that version."""
        self.wishes = {**self.wishes, **changes, "version": changes.get("version", self.wishes["version"] + 1)}
        return int(self.wishes["version"])

    def answer(self, request: Request) -> Reply:
        assert request.headers["authorization"] == "Bearer token"
        path = request.target.split("?")[0]
        if path == "/api/v1/fleet/wishes":
            return self._wishes(request)
        if path.startswith("/api/v1/fleet/bundles/"):
            return self._bundle(request)
        assert path == "/api/v1/fleet/report"
        return self._report(request)

    def _wishes(self, request: Request) -> Reply:
        values = dict(pair.split("=") for pair in request.target.split("?")[1].split("&"))
        after = int(values["after"])
        assert 0 <= int(values["wait_s"]) <= 60
        self.asked_after.append(after)
        if self.awkward:
            return self.awkward.pop(0)(request)
        if self.wishes["version"] <= after:
            return Reply(204)
        return Reply(200, json.dumps({**self.wishes, "server_utc_ms": SERVER_UTC_MS}).encode())

    def _bundle(self, request: Request) -> Reply:
        if self.awkward_bundle:
            return self.awkward_bundle.pop(0)(request)
        version, _, path = request.target.removeprefix("/api/v1/fleet/bundles/").partition("/")
        if int(version) not in self.bundles:
            return Reply(404, b"no such bundle")
        data = (self.bundles[int(version)] / path).read_bytes()
        if "range" not in request.headers:
            return Reply(200, data)
        first, last = request.headers["range"].removeprefix("bytes=").split("-")
        part = data[int(first) : int(last) + 1]
        if not part:
            return Reply(416)
        return Reply(206, part[: self.cap_bytes or None])

    def _report(self, request: Request) -> Reply:
        assert request.headers["content-encoding"] == "zstd"
        report = json.loads(zstandard.decompress(request.body))
        if self.awkward_report:
            return self.awkward_report.pop(0)(request)
        return self.take(report)

    def take(self, report: dict[str, Any]) -> Reply:
        """As the server does: once by number, and without gaps."""
        self.reports.append(report)
        assert len(report["events"]) <= 500
        known = self.taken.setdefault(report["events_epoch"], {})
        for event in report["events"]:
            if event["no"] in known:
                self.twice.append((report["events_epoch"], event["no"]))
                assert known[event["no"]] == event, "another event under a number that was used"
            else:
                assert event["no"] == len(known) + 1, "a gap"
                known[event["no"]] = event
        return Reply(200, json.dumps({"v": 1, "events_to": len(known), "server_utc_ms": SERVER_UTC_MS}).encode())

    def events(self) -> list[dict[str, Any]]:
        return [event for known in self.taken.values() for event in known.values()]


def mono_ms() -> int:
    return time.monotonic_ns() // 1_000_000
