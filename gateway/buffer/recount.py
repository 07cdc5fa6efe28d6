"""Kept sealed rows become counted ones, and nothing of what was sealed stays on the disk.

1. A segment that has such rows is written anew without their content, as a whole, under another name; then it takes the
   old one's place, and the old one's blocks, and its log's, are written over.
2. What cannot be read may hold a person, too: it is judged by when it came; a record becomes a declaration of loss
   (`counts_only`), a message in quarantine loses its content.
3. Damaged files that were moved aside hold such rows as well: they are written over and removed.
4. Ids, numbers and what was answered for stay. One segment at a time, each whole or not at all: a call that was cut off
   is made again.
5. It goes in small steps, and puts come between them. So the newest segment is closed first: what is rewritten is only
   read meanwhile.
"""

import sqlite3
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

from firmware.wire.record import Lost, encode_lost
from gateway.buffer import quarantine, row, samples, segment
from gateway.buffer.disk import sync_folder, wipe, wiping
from gateway.buffer.files import OLD_LOG
from gateway.buffer.reading import LOST
from gateway.buffer.row import Row
from gateway.buffer.segment import Closed
from gateway.buffer.store import Store
from gateway.buffer.types import Kept

IsCountsOnly = Callable[[Kept], bool]
REASON = "counts_only"
STEP_ROWS = 200


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
        self.changed = 0

    def steps(self) -> Generator[None, None, None]:
        """Each some tens of milliseconds, on the writer's thread; whatever else is to be done comes between."""
        store, files = self._store, self._store.files
        store.flush(with_streams=True)
        yield
        yield from self._turn()
        for closed in list(files.shelf.all):
            if closed in files.shelf.all:
                yield from self._segment(closed)
        for aside in list(files.folder.glob("*.damaged-*")):
            yield from wiping(aside)

    def _turn(self) -> Iterator[None]:
        """What lies in the newest is to lie in a closed one; its log, which goes on with the next, is written over."""
        files = self._store.files
        if files.db is None:
            raise sqlite3.OperationalError("the disk has failed")
        counts = yield from self._count(files.first_id, self._store.memory.last_id)
        if not counts and not any(is_due for _, is_due in self._quarantined(files.db)):
            return
        self._store.begin_next()
        no, first_id, began_ms = files.no, files.first_id, files.began_ms
        files.close_newest()
        files.open(no, first_id, began_ms)
        yield

    def _segment(self, closed: Closed) -> Iterator[None]:
        files = self._store.files
        changes = yield from self._count(closed.first_id, closed.last_id)
        aside = {id_ for id_, is_due in self._quarantined(files.shelf.use(closed)) if is_due}
        if not changes and not aside:
            return
        self._carry_over(closed)
        fresh = segment.beside(closed.path, ".counted")
        making = segment.Making(fresh)
        try:
            yield from self._fill(closed, making.db, aside)
            if closed not in files.shelf.all:  # all of it was delivered meanwhile, and it went
                making.give_up()
                return
            making.finish()
        except BaseException:
            making.give_up()
            raise
        yield from self._change_over(closed, fresh)
        self.changed += changes + len(aside)

    def _slices(self, first: int, last: int) -> Iterator[list[Row]]:
        """Rows, some at a time: nothing stays open between two of them."""
        for start in range(first, last + 1, STEP_ROWS):
            yield list(self._store.reads.each(start - 1, min(last, start + STEP_ROWS - 1)))

    def _count(self, first: int, last: int) -> Generator[None, None, int]:
        """How many rows are due."""
        count = 0
        for rows in self._slices(first, last):
            count += sum(map(self._is_due, rows))
            yield
        return count

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

    def _fill(self, closed: Closed, made: sqlite3.Connection, aside: set[int]) -> Iterator[None]:
        for rows in self._slices(closed.first_id, closed.last_id):
            for start, some in _runs(rows):
                segment.write_chunks(made, [self._counted(one) for one in some], start)
            yield
        old = self._store.files.shelf.use(closed)
        made.executemany("INSERT INTO state VALUES (?, ?, ?)", old.execute("SELECT * FROM state").fetchall())
        for values in old.execute(f"SELECT {quarantine.COLUMNS} FROM quarantine"):  # noqa: S608 - names of ours
            values = (*values[:-1], b"") if values[0] in aside else values
            made.execute("INSERT INTO quarantine VALUES (?, ?, ?, ?, ?, ?, ?)", values)
        samples.copy_of(old)(made)

    def _carry_over(self, closed: Closed) -> None:
        """A log that was left behind belongs to the old file: it must not stand beside the fresh one."""
        log = segment.beside(closed.path, "-wal")
        if not log.exists():
            return
        self._store.files.shelf.let_go(closed)
        old = segment.beside(closed.path, OLD_LOG)
        old.unlink(missing_ok=True)
        old.hardlink_to(log)
        segment.settle_log(closed.path)
        if log.exists():
            raise sqlite3.OperationalError("a log could not be carried over")
        wipe(old)

    def _change_over(self, closed: Closed, fresh: Path) -> Iterator[None]:
        """The old file must not be lost sight of before it is written over: `.old` is wiped at the next start, too."""
        path = closed.path
        self._store.files.shelf.let_go(closed)
        old = segment.beside(path, ".old")
        old.unlink(missing_ok=True)
        old.hardlink_to(path)
        sync_folder(path.parent)
        fresh.rename(path)
        sync_folder(path.parent)
        yield from wiping(old)


def _runs(rows: list[Row]) -> Iterator[tuple[int, list[Row]]]:
    """(first id, rows) of rows that follow each other."""
    start = 0
    for at in range(1, len(rows) + 1):
        if at == len(rows) or rows[at].id != rows[at - 1].id + 1:
            yield rows[start].id, rows[start:at]
            start = at
