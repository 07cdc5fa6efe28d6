"""Stored scans: the record without its code, its envelope, and what was read from the code, sealed. Put once."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, select, tuple_
from sqlalchemy.exc import IntegrityError

from firmware.wire.errors import WireError
from server.ingest.instant import Sample
from server.ingest.kept import Reading, StoredScan, reading, scan_in
from server.ingest.receive import Candidate, Intake
from server.ingest.settle import Identity
from server.store import clocks, partitions
from server.store.dialect import insert_many, is_postgres
from server.store.tables import scans

# SQLite allows 32,766 values in one statement, older ones 999.
ASKED_AT_ONCE = 500
WRITTEN = (
    "box_id",
    "epoch",
    "seq",
    "raw",
    "gateway_id",
    "batch_no",
    "received_ms",
    "earliest_ms",
    "latest_ms",
    "digest",
    "kind",
    "unread",
    "day",
    "class",
    "sealed",
)
_NOTHING_READ = (None,) * 6
Cursor = tuple[int, int]
"""(tx, id) of a scan"""

_COLUMNS = [scans.c[name.rstrip("_")] for name in StoredScan._fields]


def put(connection: Connection, intake: Intake, found: Sequence[Candidate]) -> None:
    """Insert scans that are not there. Raises IntegrityError where one is."""
    if not found:
        return
    if is_postgres(connection) and partitions.any_stored(connection, partitions.runs(_identities(found))):
        raise IntegrityError("any_stored", None, ValueError("a row is there already"))
    of_batch = (intake.gateway_id, intake.batch_no, intake.received_ms)
    rows: list[tuple[object, ...]] = [
        (
            *one[1:5],
            *of_batch,
            *one[5:7],
            *(_NOTHING_READ if one.kept is None else (one.kept.digest or None, *one.kept[2:])),
        )
        for one in found
    ]
    insert_many(connection, scans, WRITTEN, rows)


def _identities(found: Iterable[Candidate]) -> list[Identity]:
    return [(one.box_id or "", one.epoch or "", one.seq or 0) for one in found]


def marks_of(connection: Connection, identities: Iterable[Identity]) -> dict[Identity, bytes]:
    """Of each identity that is stored, what knows its record again: its digest, or where it has none its bytes."""
    by_spool: dict[tuple[str, str], list[int]] = {}
    for box_id, epoch, seq in identities:
        by_spool.setdefault((box_id, epoch), []).append(seq)
    found: dict[Identity, bytes] = {}
    for (box_id, epoch), seqs in by_spool.items():
        for start in range(0, len(seqs), ASKED_AT_ONCE):
            asked = sorted(seqs[start : start + ASKED_AT_ONCE])
            rows = connection.execute(_marks(box_id, epoch, asked))
            found.update({(box_id, epoch, seq): digest or raw for seq, raw, digest in rows})
    return found


def _marks(box_id: str, epoch: str, seqs: list[int]) -> Any:
    """Numbers without a gap are asked for as a range: that is what comes again, and costs a third."""
    asked = select(scans.c.seq, scans.c.raw, scans.c.digest).where(scans.c.box_id == box_id, scans.c.epoch == epoch)
    if seqs[-1] - seqs[0] == len(seqs) - 1:
        return asked.where(scans.c.seq.between(seqs[0], seqs[-1]))
    return asked.where(scans.c.seq.in_(seqs))


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
    if is_postgres(connection):
        rows = connection.execute(select(*_COLUMNS).order_by(scans.c.tx.desc(), scans.c.id.desc()).limit(limit))
        return [StoredScan(*row) for row in rows if row.id > after_id]
    rows = connection.execute(select(*_COLUMNS).where(scans.c.id > after_id).order_by(scans.c.id.desc()).limit(limit))
    return [StoredScan(*row) for row in rows]


def next_scans(connection: Connection, after: Cursor, limit: int) -> tuple[list[StoredScan], Cursor]:
    """The scans behind a cursor, each once and none left out, in an order that is the same for every reader; and the
    cursor behind them (the same one where there are none). The first cursor is (0, 0).

    On SQLite that is the order of `id`, since one thread writes; on PostgreSQL that of (`tx`, `id`), up to the first
    transaction that is still under way: see `partitions`, rule 3.
    """
    asked = select(*_COLUMNS, scans.c.tx).limit(limit)
    if is_postgres(connection):
        behind = tuple_(scans.c.tx, scans.c.id) > tuple_(*after)
        asked = asked.where(behind, scans.c.tx < partitions.settled()).order_by(scans.c.tx, scans.c.id)
    else:
        asked = asked.where(scans.c.id > after[1]).order_by(scans.c.id)
    rows = connection.execute(asked).all()
    found = [StoredScan(*row[:-1]) for row in rows]
    return found, (rows[-1].tx, rows[-1].id) if rows else after


def readable(connection: Connection, box_id: str, epoch: str, after_seq: int, limit: int) -> list[Reading]:
    """The next page of which anything can be read; empty: there is none."""
    while rows := page(connection, box_id, epoch, after_seq, limit):
        if found := read(connection, rows):
            return found
        after_seq = rows[-1].seq
    return []


def read(connection: Connection, rows: Iterable[StoredScan]) -> list[Reading]:
    """What stands in these rows, and when each scan was made; without those that have rotted, which deriving tells."""
    samples: dict[clocks.Boot, list[Sample]] = {}
    found = []
    for stored in rows:
        try:
            scan = scan_in(stored)
        except WireError:
            continue
        boot = (stored.box_id, stored.epoch, scan.boot)
        if boot not in samples:
            samples[boot] = clocks.of(connection, *boot)
        found.append(reading(stored, scan, samples[boot]))
    return found
