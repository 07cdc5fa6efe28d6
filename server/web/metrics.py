"""Counters for Prometheus. Every named error, verdict and reason has its own."""

from collections import Counter as Tally
from collections.abc import Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from server.fleet.finding import CODES, Finding
from server.fleet.health import ORDER, GatewayState
from server.ingest.kept import Totals
from server.ingest.settle import Verdict

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)


class Metrics:
    """One registry for one app."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        at = self.registry
        self._items = Counter("tram_items", "Items of batches by verdict", ["verdict"], registry=at)
        self._codes = Counter("tram_not_stored", "Items that went to quarantine, by code", ["code"], registry=at)
        self._errors = Counter("tram_errors", "Requests that were refused or failed, by code", ["code"], registry=at)
        self.batches = Counter("tram_batches", "Batches that were kept", registry=at)
        self.foreign = Counter("tram_foreign_statements", "Clocks and tips of boxes not assigned", registry=at)
        self.ingest_s = Histogram("tram_ingest_seconds", "Body to answer", buckets=SECONDS, registry=at)
        self.reports = Counter("tram_reports", "Reports of gateways that were kept", registry=at)
        self.odd_lines = Counter("tram_report_odd_lines", "Lines of reports that were not in their form", registry=at)
        self.events = Counter("tram_events", "Events that gateways told, by kind", ["kind"], registry=at)
        self.waiting_gateways = Gauge("tram_waiting_gateways", "Gateways that wait for wishes", registry=at)
        self._gateways = Gauge("tram_gateways", "Gateways by state", ["state"], registry=at)
        self._boxes = Gauge("tram_boxes", "Boxes by what their gateways say of them", ["state"], registry=at)
        self._findings = Gauge("tram_findings", "What somebody has to look at, by code", ["code"], registry=at)
        self.live_readers = Gauge("tram_live_readers", "Pages that look live", registry=at)
        self.ledgers_mended = Gauge("tram_ledgers_mended", "Ledgers rebuilt because they disagreed", registry=at)
        self._ledger = Gauge("tram_ledger", "Numbers of all ledgers, by what became of them", ["place"], registry=at)
        self._quarantine = Gauge("tram_quarantine_rows", "Rows in quarantine by code", ["code"], registry=at)

    def verdicts(self, verdicts: Iterable[Verdict]) -> None:
        """Count the items of a batch."""
        for (verdict, code), count in Tally([(one.verdict, one.code) for one in verdicts]).items():
            self._items.labels(verdict).inc(count)
            if code is not None:
                self._codes.labels(code).inc(count)

    def error(self, code: str) -> None:
        """Count a request that got no answer but an error."""
        self._errors.labels(code).inc()

    def fleet(self, states: Iterable[GatewayState], findings: Iterable[Finding]) -> None:
        """How gateways and boxes are now."""
        gateways, boxes = Tally(dict.fromkeys(ORDER, 0)), Tally({"well": 0, "away": 0, "unknown": 0})
        for one in states:
            gateways[one.state] += 1
            boxes.update(one.counts)
        found = Tally(dict.fromkeys(CODES, 0))
        found.update(one.code for one in findings)
        for gauge, tally in ((self._gateways, gateways), (self._boxes, boxes), (self._findings, found)):
            for label, count in tally.items():
                gauge.labels(label).set(count)

    def text(self, totals: Totals | None, quarantine: Mapping[str, int]) -> bytes:
        """Everything, with the state of ledgers and quarantine as it is now."""
        for place, count in (totals._asdict() if totals else {}).items():
            self._ledger.labels(place).set(count)
        self._quarantine.clear()
        for code, count in quarantine.items():
            self._quarantine.labels(code).set(count)
        return generate_latest(self.registry)
