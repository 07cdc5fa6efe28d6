"""What the store gives back: rows as nouns, and a stored scan as it is read."""

from collections.abc import Sequence
from typing import NamedTuple, cast

from firmware.wire import envelope, record
from firmware.wire.envelope import Counted
from server.ingest.instant import Instant, Sample, instant
from server.ingest.ledger import Account, Ledger


class StoredScan(NamedTuple):
    """A stored scan: the record in its counted form (`raw`), the envelope, and what `server.ingest.meaning` says of
    the rest. A row of before that has the record as the box made it, and no digest."""

    id: int
    box_id: str
    epoch: str
    seq: int
    raw: bytes
    gateway_id: str
    received_ms: int
    earliest_ms: int | None
    latest_ms: int | None
    digest: bytes | None = None
    kind: str | None = None
    unread: str | None = None
    day: int | None = None
    class_: str | None = None
    sealed: bytes | None = None


class Reading(NamedTuple):
    """A stored scan with what stands in it, and when it was made. A counted one has no code."""

    stored: StoredScan
    scan: record.Scan | Counted
    instant: Instant


class Quarantined(NamedTuple):
    """A row of the quarantine. `counts`: it stands for its number in the ledger. `sealed`: what may be a person's lies
    there under the data key of `day` and `class_`, and `raw` has none of it."""

    id: int
    box_id: str | None
    epoch: str | None
    seq: int | None
    code: str
    counts: bool
    raw: bytes
    times: int
    gateway_id: str
    batch_no: int
    received_ms: int
    earliest_ms: int | None
    latest_ms: int | None
    day: int | None = None
    class_: str | None = None
    sealed: bytes | None = None


class Which(NamedTuple):
    """Which rows of the quarantine are to be judged anew; None: whichever."""

    code: str | None = None
    gateway_id: str | None = None
    box_id: str | None = None


class Replayed(NamedTuple):
    """What became of some rows: they are scans now, they had been stored before, or they stay where they are."""

    looked_at: int
    accepted: int
    duplicate: int
    kept: int
    boxes: frozenset[str]

    def plus(self, more: "Replayed") -> "Replayed":
        """Both together."""
        return Replayed(
            self.looked_at + more.looked_at,
            self.accepted + more.accepted,
            self.duplicate + more.duplicate,
            self.kept + more.kept,
            self.boxes | more.boxes,
        )


class LedgerRow(NamedTuple):
    """A ledger with its account, who sent last, and when it last changed."""

    ledger: Ledger
    account: Account
    gateway_id: str
    changed_ms: int


class Totals(NamedTuple):
    """The sum over all ledgers. `overdue`: how much of what is missing stands still for longer than OVERDUE_MS."""

    boxes: int
    ledgers: int
    accepted: int
    stored: int
    quarantined: int
    declared_lost: int
    waiting: int
    missing: int
    overdue: int


class BoxPage(NamedTuple):
    """Some boxes with all their ledgers, of `found` that there are, and what arrived last."""

    boxes: dict[str, list[LedgerRow]]
    found: int
    totals: Totals
    now_ms: int
    newest: list[Reading]


def scan_in(stored: StoredScan) -> record.Scan | Counted:
    """What stands in a stored record."""
    if envelope.is_envelope(stored.raw):
        return cast(Counted, envelope.decode(stored.raw))
    return cast(record.Scan, record.decode(stored.raw))


def code_in(scan: record.Scan | Counted) -> bytes | None:
    """The code; None where nothing but the count was kept."""
    return None if isinstance(scan, Counted) else bytes(scan.code)


def reading(stored: StoredScan, scan: record.Scan | Counted, samples: Sequence[Sample]) -> Reading:
    """A stored scan with its instant; `samples` are those of its boot."""
    when = instant(scan, stored.earliest_ms, stored.latest_ms, samples, stored.received_ms)
    return Reading(stored, scan, when)
