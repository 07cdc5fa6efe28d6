"""Counters for Prometheus. Every named error, verdict and reason has its own."""

from collections import Counter as Tally
from collections.abc import Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

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

    def text(self, totals: Totals | None, quarantine: Mapping[str, int]) -> bytes:
        """Everything, with the state of ledgers and quarantine as it is now."""
        for place, count in (totals._asdict() if totals else {}).items():
            self._ledger.labels(place).set(count)
        self._quarantine.clear()
        for code, count in quarantine.items():
            self._quarantine.labels(code).set(count)
        return generate_latest(self.registry)
