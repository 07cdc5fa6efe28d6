"""Scans taken up for deriving, and what is derived written, with how far that has come: one transaction each.

1. Scans are taken in the order of their commits, each once. Which instants, places and persons they have follows from
   what is stored alone, never from when they came; so a rebuild gives the same rows.
2. An instant that a scan's own row knows to within VAGUE_MS stands. Of the others the clock samples of their boot say
   more; when a better one comes the boot is *stale*, and its vague scans are derived anew.
3. Who takes a page says from where it was taken: if another was faster, nothing is written.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, delete, select, update

from server.ingest.instant import instant
from server.ingest.kept import Reading, StoredScan, scan_in
from server.ingest.meaning import SealedRow
from server.store import clocks, scans
from server.store.derive_tables import derivings, stale_boots, vague_scans
from server.store.dialect import insert_new
from server.store.place_tables import place_marks
from server.store.tables import scans as scan_table

VAGUE_MS = 120_000
EVERY_BOOT = 0  # of a stale spool; boots are numbered from 1
NAME = "visits"
PEPPER = "pepper "  # and its fingerprint: a name in `derivings`
Cursor = tuple[int, int]
START: Cursor = (0, 0)
_COLUMNS = [scan_table.c[name.rstrip("_")] for name in StoredScan._fields]


class Boot(NamedTuple):
    """A boot whose scans are to be derived anew, from this number on."""

    box_id: str
    epoch: str
    boot: int
    vague_only: bool
    from_seq: int


class Page(NamedTuple):
    """Scans to be derived: new ones, or (`boot`) some that are derived anew. `after`: the cursor behind them."""

    before: Cursor
    after: Cursor
    readings: list[Reading]
    boot: Boot | None = None
    next_seq: int | None = None

    def sealed(self) -> list[SealedRow]:
        """What of them only the holder can read."""
        return [
            SealedRow(*one[1:4], one.day, one.class_, one.sealed)
            for one, _, _ in self.readings
            if one.sealed is not None and one.day is not None and one.class_ is not None
        ]


def cursor(connection: Connection) -> Cursor:
    """How far deriving has come."""
    row = connection.execute(select(derivings.c.tx, derivings.c.id).where(derivings.c.name == NAME)).first()
    return START if row is None else (row.tx, row.id)


def waiting(connection: Connection) -> bool:
    """Whether there is anything to derive."""
    rows, _ = scans.next_scans(connection, cursor(connection), 1)
    if rows or connection.execute(select(stale_boots.c.boot).limit(1)).first() is not None:
        return True
    return connection.execute(select(place_marks.c.no).limit(1)).first() is not None


def page(connection: Connection, limit: int) -> Page:
    """The next scans; where there are none, some of a stale boot."""
    before = cursor(connection)
    rows, after = scans.next_scans(connection, before, limit)
    if rows:
        return Page(before, after, read(connection, rows))
    stale = connection.execute(select(stale_boots).limit(1)).first()
    if stale is None:
        return Page(before, before, [])
    boot = Boot(*stale)
    rows = _of_boot(connection, boot, limit)
    found = [one for one in read(connection, rows) if boot.boot in (one.scan.boot, EVERY_BOOT)]
    return Page(before, before, found, boot, rows[-1].seq + 1 if len(rows) == limit else None)


def read(connection: Connection, rows: Sequence[StoredScan]) -> list[Reading]:
    """What stands in these rows, and when each scan was made, by rule 2."""
    samples: dict[clocks.Boot, list[tuple[int, int, int]]] = {}
    found = []
    for stored in rows:
        scan = scan_in(stored)
        when = instant(scan, stored.earliest_ms, stored.latest_ms, (), stored.received_ms)
        if when.bound_ms is None or when.bound_ms > VAGUE_MS:
            boot = (stored.box_id, stored.epoch, scan.boot)
            if boot not in samples:
                samples[boot] = clocks.of(connection, *boot)
            when = instant(scan, stored.earliest_ms, stored.latest_ms, samples[boot], stored.received_ms)
        found.append(Reading(stored, scan, when))
    return found


def _of_boot(connection: Connection, boot: Boot, limit: int) -> list[StoredScan]:
    seqs = None
    if boot.vague_only:
        of_boot = (
            vague_scans.c.box_id == boot.box_id,
            vague_scans.c.epoch == boot.epoch,
            vague_scans.c.boot == boot.boot,
            vague_scans.c.seq >= boot.from_seq,
        )
        asked = select(vague_scans.c.seq).where(*of_boot).order_by(vague_scans.c.seq).limit(limit)
        seqs = list(connection.execute(asked).scalars())
    asked_scans = select(*_COLUMNS).where(
        scan_table.c.box_id == boot.box_id, scan_table.c.epoch == boot.epoch, scan_table.c.seq >= boot.from_seq
    )
    if seqs is not None:
        asked_scans = asked_scans.where(scan_table.c.seq.in_(seqs))
    return [StoredScan(*row) for row in connection.execute(asked_scans.order_by(scan_table.c.seq).limit(limit))]


def move(connection: Connection, found: Page, now_ms: int) -> bool:
    """Say that these are derived; False: somebody else has done it, and nothing of this may be written."""
    if found.boot is not None:
        return _move_boot(connection, found.boot, found.next_seq)
    if found.before == START:
        row = {"name": NAME, "tx": 0, "id": 0, "count": 0, "at_ms": now_ms}
        insert_new(connection, derivings, [row])
    done = connection.execute(
        update(derivings)
        .where(derivings.c.name == NAME, derivings.c.tx == found.before[0], derivings.c.id == found.before[1])
        .values(tx=found.after[0], id=found.after[1], count=derivings.c.count + len(found.readings), at_ms=now_ms)
    )
    return done.rowcount == 1


def _move_boot(connection: Connection, boot: Boot, next_seq: int | None) -> bool:
    same = (
        stale_boots.c.box_id == boot.box_id,
        stale_boots.c.epoch == boot.epoch,
        stale_boots.c.boot == boot.boot,
        stale_boots.c.from_seq == boot.from_seq,
        stale_boots.c.vague_only.is_(boot.vague_only),
    )
    if next_seq is None:
        return connection.execute(delete(stale_boots).where(*same)).rowcount == 1
    return connection.execute(update(stale_boots).where(*same).values(from_seq=next_seq)).rowcount == 1


def remember_vague(connection: Connection, readings: Sequence[Reading]) -> None:
    """Scans of which a later clock sample may tell more."""
    rows = [
        {"box_id": one.box_id, "epoch": one.epoch, "seq": one.seq, "boot": scan.boot}
        for one, scan, _ in readings
        if is_vague(Reading(one, scan, instant(scan, one.earliest_ms, one.latest_ms, (), one.received_ms)))
    ]
    insert_new(connection, vague_scans, rows)


def is_vague(one: Reading) -> bool:
    """Whether its own row does not say well enough when it was made."""
    return one.instant.bound_ms is None or one.instant.bound_ms > VAGUE_MS


def clear(connection: Connection, others: Callable[[Connection], None]) -> None:
    """Begin anew: nothing is derived any more, and deriving stands at the start."""
    others(connection)
    connection.execute(delete(derivings).where(derivings.c.name == NAME))
    for table in (vague_scans, stale_boots):
        connection.execute(delete(table))


def keep_pepper(connection: Connection, fingerprint: str) -> bool:
    """Note what tokens are made with; whether it is another than what is derived was made with."""
    mine = PEPPER + fingerprint
    names = connection.execute(select(derivings.c.name).where(derivings.c.name.startswith(PEPPER))).scalars().all()
    if mine not in names:
        connection.execute(delete(derivings).where(derivings.c.name.in_(names)))
        insert_new(connection, derivings, [{"name": mine, "tx": 0, "id": 0, "count": 0, "at_ms": 0}])
    return bool(names) and mine not in names


def count(connection: Connection) -> int:
    """How many scans there are to derive in all; for a progress bar."""
    found = connection.execute(select(scan_table.c.id).order_by(scan_table.c.id.desc()).limit(1)).scalar()
    return int(found or 0)
