"""Kept sealed rows become counted ones, and nothing of what was sealed stays on the disk.

1. A segment that has such rows is written anew without their content, as a whole, under another name; then it takes the
   old one's place, and the old one's blocks, and its log's, are written over.
2. What cannot be read may hold a person, too: it is judged by when it came; a record becomes a declaration of loss
   (`counts_only`), a message in quarantine loses its content.
3. Damaged files that were moved aside hold such rows as well: they are written over and removed.
4. Ids, numbers and what was answered for stay. One segment at a time, each whole or not at all: a call that was cut off
   is made again.
"""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

from firmware.wire.record import Lost, encode_lost
from gateway.buffer import quarantine, row, samples, segment
from gateway.buffer.disk import sync_folder, wipe
from gateway.buffer.reading import LOST
from gateway.buffer.row import Row
from gateway.buffer.segment import Closed
from gateway.buffer.store import Store
from gateway.buffer.types import Kept

IsCountsOnly = Callable[[Kept], bool]
REASON = "counts_only"


def kept_of(store: Store, one: Row) -> Kept:
    memory = store.memory
    stream = memory.streams.at(one.stream)
    boot, uptime_ms, utc_ms, bound_ms, marks = one.fields or (0, 0, None, None, "")
    name = memory.ages.boot_name(one.boot)
    is_answered = one.id in memory.answered.done
    return Kept(
        one.id,
        stream.box_id,
        stream.epoch,
        one.seq,
        boot,
        uptime_ms,
        marks,
        utc_ms,
        bound_ms,
        name,
        one.mono_ms,
        is_answered,
    )


def kept(store: Store, after_key: int, limit: int) -> list[Kept]:
    """Scans, rising by key."""
    found: list[Kept] = []
    for one in store.reads.each(after_key, store.memory.last_id):
        if one.fields is not None and one.note is None and store.memory.streams.has(one.stream):
            found.append(kept_of(store, one))
            if len(found) >= limit:
                break
    return found


class Recount:
    def __init__(self, store: Store, is_counts_only: IsCountsOnly) -> None:
        self._store = store
        self._judge = is_counts_only
        self._changed = 0

    def run(self) -> int:
        store = self._store
        store.flush(with_streams=True)
        for closed in list(store.files.shelf.all):
            self._segment(closed)
        self._segment(None)
        for aside in list(store.files.folder.glob("*.damaged-*")):
            wipe(aside)
        return self._changed

    def _segment(self, closed: Closed | None) -> None:
        store, files = self._store, self._store.files
        db = files.db if closed is None else files.shelf.use(closed)
        if db is None:
            raise sqlite3.OperationalError("the disk has failed")
        first = files.first_id if closed is None else closed.first_id
        last = store.memory.last_id if closed is None else closed.last_id
        changes = sum(1 for _ in self._changes(first, last))
        aside = [id_ for id_, kept in self._quarantined(db) if kept]
        if not changes and not aside:
            return
        path = files.path if closed is None else closed.path
        fresh = path.with_name(path.name + ".counted")
        segment.make(fresh, lambda made: self._fill(db, made, first, last, set(aside)))
        self._change_over(closed, path, fresh)
        self._changed += changes + len(aside)

    def _changes(self, first: int, last: int) -> Iterator[int]:
        for one in self._store.reads.each(first - 1, last):
            if self._is_due(one):
                yield one.id

    def _is_due(self, one: Row) -> bool:
        store = self._store
        if not store.memory.streams.has(one.stream):
            return False
        if one.kind == row.SEALED or (one.kind == row.RAW and one.data.startswith(b"1 opaque ")):
            return self._judge(kept_of(store, one))
        return False

    def _quarantined(self, db: sqlite3.Connection) -> Iterator[tuple[int, bool]]:
        """(id, whether its content has to go)"""
        for id_, boot, mono_ms in db.execute("SELECT id, boot, mono_ms FROM quarantine WHERE length(payload) > 0"):
            yield id_, self._judge(Kept(0, "", "", 0, 0, 0, "", None, None, boot, mono_ms, True))

    def _counted(self, one: Row) -> bytes:
        if not self._is_due(one):
            return row.pack(one)
        if one.kind == row.SEALED:
            return row.pack(one._replace(kind=row.COUNTED, key=0, data=b""))
        stream = self._store.memory.streams.at(one.stream)
        lost = encode_lost(Lost(stream.box_id, stream.epoch, one.seq, one.seq, REASON))
        return row.pack(one._replace(note=LOST, digest=b"", data=lost))

    def _fill(self, old: sqlite3.Connection, made: sqlite3.Connection, first: int, last: int, aside: set[int]) -> None:
        packed: list[bytes] = []
        start = first
        for one in self._store.reads.each(first - 1, last):
            if packed and one.id != start + len(packed):
                segment.write_chunks(made, packed, start)
                packed = []
            if not packed:
                start = one.id
            packed.append(self._counted(one))
            if len(packed) >= 500:
                segment.write_chunks(made, packed, start)
                packed = []
        if packed:
            segment.write_chunks(made, packed, start)
        made.executemany("INSERT INTO state VALUES (?, ?, ?)", old.execute("SELECT * FROM state").fetchall())
        for values in old.execute(f"SELECT {quarantine.COLUMNS} FROM quarantine"):  # noqa: S608 - names of ours
            values = (*values[:-1], b"") if values[0] in aside else values
            made.execute("INSERT INTO quarantine VALUES (?, ?, ?, ?, ?, ?, ?)", values)
        for table, columns in samples.COLUMNS.items():
            marks = ", ".join("?" * len(columns.split(", ")))
            found = old.execute(f"SELECT {columns} FROM {table}").fetchall()  # noqa: S608 - names of ours
            made.executemany(f"INSERT INTO {table} VALUES ({marks})", found)  # noqa: S608 - names of ours

    def _change_over(self, closed: Closed | None, path: Path, fresh: Path) -> None:
        """The old file must not be lost sight of before it is written over: `.old` is wiped at the next start, too."""
        files = self._store.files
        no, first_id, began_ms = files.no, files.first_id, files.began_ms
        if closed is None:
            files.close_newest()
        else:
            files.shelf.let_go(closed)
        old = path.with_name(path.name + ".old")
        old.unlink(missing_ok=True)
        old.hardlink_to(path)
        fresh.rename(path)
        sync_folder(path.parent)
        wipe(old)
        if closed is None:
            files.open(no, first_id, began_ms)
