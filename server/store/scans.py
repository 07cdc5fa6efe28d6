"""Stored scans: the raw record and its envelope, put once, never changed."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, select

from server.ingest.instant import Sample
from server.ingest.kept import Reading, StoredScan, reading, scan_in
from server.ingest.receive import Candidate, Intake
from server.ingest.settle import Identity
from server.store import clocks
from server.store.sqlite import insert_many
from server.store.tables import scans

# SQLite allows 32,766 values in one statement, older ones 999.
ASKED_AT_ONCE = 500
WRITTEN = tuple(column.name for column in scans.columns if column.name != "id")

_COLUMNS = [scans.c[name] for name in StoredScan._fields]


def put(connection: Connection, intake: Intake, found: Sequence[Candidate]) -> None:
    """Insert scans that are not there. Raises IntegrityError where one is."""
    if not found:
        return
    of_batch = (intake.gateway_id, intake.batch_no, intake.received_ms)
    rows: list[tuple[object, ...]] = [
        (box_id, epoch, seq, raw, *of_batch, earliest_ms, latest_ms)
        for _, box_id, epoch, seq, raw, earliest_ms, latest_ms, _, _, _ in found
    ]
    insert_many(connection, scans, WRITTEN, rows)


def raw_of(connection: Connection, identities: Iterable[Identity]) -> dict[Identity, bytes]:
    """The stored bytes of each identity that is stored."""
    by_spool: dict[tuple[str, str], list[int]] = {}
    for box_id, epoch, seq in identities:
        by_spool.setdefault((box_id, epoch), []).append(seq)
    found: dict[Identity, bytes] = {}
    for (box_id, epoch), seqs in by_spool.items():
        for start in range(0, len(seqs), ASKED_AT_ONCE):
            asked = seqs[start : start + ASKED_AT_ONCE]
            rows = connection.execute(
                select(scans.c.seq, scans.c.raw).where(
                    scans.c.box_id == box_id, scans.c.epoch == epoch, scans.c.seq.in_(asked)
                )
            )
            found.update({(box_id, epoch, seq): raw for seq, raw in rows})
    return found


def page(connection: Connection, box_id: str, epoch: str, after_seq: int, limit: int) -> list[StoredScan]:
    """The scans of one spool above `after_seq`, in the order of their numbers."""
    rows = connection.execute(
        select(*_COLUMNS)
        .where(scans.c.box_id == box_id, scans.c.epoch == epoch, scans.c.seq > after_seq)
        .order_by(scans.c.seq)
        .limit(limit)
    )
    return [StoredScan(*row) for row in rows]


def epochs(connection: Connection, box_id: str) -> list[str]:
    """The epochs of a box of which a scan is stored, in their alphabetical order."""
    asked = select(scans.c.epoch).where(scans.c.box_id == box_id).distinct().order_by(scans.c.epoch)
    return list(connection.execute(asked).scalars())


def newest(connection: Connection, limit: int, after_id: int = 0) -> list[StoredScan]:
    """What arrived last, the latest first."""
    rows = connection.execute(select(*_COLUMNS).where(scans.c.id > after_id).order_by(scans.c.id.desc()).limit(limit))
    return [StoredScan(*row) for row in rows]


def read(connection: Connection, rows: Iterable[StoredScan]) -> list[Reading]:
    """What stands in these rows, and when each scan was made."""
    samples: dict[clocks.Boot, list[Sample]] = {}
    found = []
    for stored in rows:
        scan = scan_in(stored)
        boot = (stored.box_id, stored.epoch, scan.boot)
        if boot not in samples:
            samples[boot] = clocks.of(connection, *boot)
        found.append(reading(stored, scan, samples[boot]))
    return found
