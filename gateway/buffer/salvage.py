"""From a damaged segment to a fresh one: every row that is whole, wherever it lies.

1. The damaged file is only read (source.py). A row is whole by its own checksum, or it is not taken. What SQLite cannot
   reach is carved out of the raw bytes of file and log (carve.py). A row keeps its id.
2. An index entry that says otherwise of an id counts more than a carved row: the log may hold what was written and
   never committed.
3. The state: each entry that is as it was written. For the newest segment, what is missing is taken from the segment
   before, and the rows since are taken in again.
4. Which ids are gone is written into the fresh file; the store says what they were, declares them lost and asks for
   them again (rot.py) once everything is open.
5. The fresh file is made whole under another name; then the damaged one is moved aside, and the fresh one takes its
   place. A start that finds a whole fresh file finishes the move.
"""

import json
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from firmware.wire.spans import Spans
from gateway.buffer import carve, index, mark, quarantine, row, samples, segment, state
from gateway.buffer.disk import sync_folder
from gateway.buffer.source import Source
from gateway.buffer.state import Entries

FAR = 1 << 40
"""Beyond any batch number that was given where nobody knows which were."""


class Ask(NamedTuple):
    """What is known of a segment that is to be salvaged."""

    folder: Path
    no: int
    first_id: int | None
    last_id: int | None
    """None: it is the newest, and may have more than anybody knows."""
    before: Entries
    """For the newest: the state of the segment before; empty where there is none."""
    streams: Iterable[int]


def salvage(ask: Ask) -> None:
    """Make the fresh segment and put it in the place of the damaged one."""
    path = segment.path_of(ask.folder, ask.no)
    with Source(path) as source:
        segment.make(segment.beside(path, segment.SALVAGED), lambda db: _Salvage(ask, source, db).run())
    finish_move(ask.folder, ask.no)


def finish_move(folder: Path, no: int) -> None:
    """The damaged file goes aside, its log before it (a log must never stand beside a file that it does not belong
    to); the fresh one takes its place."""
    path = segment.path_of(folder, no)
    fresh, aside = segment.beside(path, segment.SALVAGED), Path(_moved_to(segment.beside(path, segment.SALVAGED)))
    log = segment.beside(path, "-wal")
    if log.exists():
        log.rename(f"{aside}-wal")
        sync_folder(folder)
    if path.exists():
        path.rename(aside)
    fresh.rename(path)
    segment.beside(path, segment.SUSPECT).unlink(missing_ok=True)
    sync_folder(folder)


def _moved_to(fresh: Path) -> str:
    db = segment.open_closed(fresh)
    try:
        return str(fresh.parent / json.loads(state.read(db)["damage"])["moved_to"])
    finally:
        db.close()


def _free_name(path: Path) -> Path:
    number = 1
    while segment.beside(path, f".damaged-{number}").exists():
        number += 1
    return segment.beside(path, f".damaged-{number}")


class _Salvage:
    def __init__(self, ask: Ask, source: Source, db: sqlite3.Connection) -> None:
        self._ask = ask
        self._source = source
        self._db = db
        self._path = segment.path_of(ask.folder, ask.no)
        self._index = index.read(segment.index_path_of(ask.folder, ask.no))
        self._ids = Spans()
        self._db.execute("CREATE TEMP TABLE found (id INTEGER PRIMARY KEY, data BLOB NOT NULL)")

    def run(self) -> None:
        entries = self._state()
        own_head = entries.pop("own_head")
        first_id = self._first_id(own_head)
        self._take_reached()
        self._take_carved(first_id)
        if not first_id:
            first_id = self._ids.ranges[0][0] if self._ids.ranges else 1
        last_id = self._last_id(first_id)
        self._write_rows(first_id, last_id)
        lost = Spans([[first_id, last_id]] if last_id >= first_id else [])
        for first, last in self._ids.ranges:
            lost.remove(first, last)
        report = {"moved_to": _free_name(self._path).name, "saved": self._ids.count(), "lost": str(lost)}
        report["last_id"] = last_id
        entries["damage"] = state.dump(report)
        entries["head"] = state.dump({**json.loads(entries["head"]), "no": self._ask.no, "first_id": first_id})
        state.write(self._db, entries)
        self._copy("quarantine", quarantine.COLUMNS)
        for table, columns in samples.COLUMNS.items():
            self._copy(table, columns)

    def _state(self) -> Entries:
        names = [*state.NEEDED, "segments", *(f"stream.{no}" for no in self._ask.streams)]
        entries = state.whole(self._source.entries(names))
        blank = state.dump({"schema": segment.SCHEMA, "no": self._ask.no, "first_id": 1, "began_ms": 0})
        if self._ask.last_id is None and not state.is_complete(entries, self._ask.streams):
            missing = {name: value for name, value in self._ask.before.items() if name not in entries}
            if any(name.startswith("stream.") for name in missing) or "rows_to" not in entries:
                # some streams are older than others: what came since is taken in again for all of them
                missing["rows_to"] = self._ask.before.get("rows_to", "0")
            missing.pop("segments", None)
            entries = entries | missing
            entries.setdefault("rows_to", "0")
            entries.setdefault("counters", state.dump([{}, FAR]))
        head = entries.get("head", "")
        is_own = bool(head) and json.loads(head)["no"] == self._ask.no
        entries["own_head"] = head if is_own else ""
        entries["head"] = head if is_own else blank
        return entries

    def _first_id(self, own_head: str) -> int:
        """0 where nobody knows."""
        head = json.loads(own_head)["first_id"] if own_head else 0
        return int(self._ask.first_id or index.first_id_of(self._index) or head)

    def _take_reached(self) -> None:
        for chunk_id, data in self._source.rows("chunk", "id", "id, data"):
            if not isinstance(data, bytes):
                continue
            for id_, one in enumerate(row.split(data), chunk_id):
                made = row.unpack(one)
                if made is not None and made.id == id_:
                    self._take(id_, one)
            if row.split(data) and not all(map(row.is_whole, row.split(data))):
                self._take_all(carve.in_bytes(data))

    def _take_carved(self, first_id: int) -> None:
        file, log = self._source.raw()
        known = len(self._index) // index.ENTRY_BYTES - 1 + first_id
        for one in carve.Pages(file, log, segment.PAGE_BYTES).rows():
            made = row.unpack(one)
            if made is None or made.id in self._ids:
                continue
            entry = index.unpack(made.id, self._entry_bytes(first_id, made.id))
            if entry is not None and (entry.stream, entry.seq) != (made.stream, made.seq):
                continue
            if made.id < first_id or made.id > max(known, self._ids.highest()) + 100_000:
                continue
            self._take(made.id, one)

    def _take_all(self, rows: Iterable[bytes]) -> None:
        for one in rows:
            made = row.unpack(one)
            if made is not None:
                self._take(made.id, one)

    def _entry_bytes(self, first_id: int, id_: int) -> bytes:
        at = (id_ - first_id + 1) * index.ENTRY_BYTES
        return self._index[at : at + index.ENTRY_BYTES] if at > 0 else b""

    def _take(self, id_: int, packed: bytes) -> None:
        if id_ not in self._ids and (self._ask.last_id is None or id_ <= self._ask.last_id):
            self._ids.add(id_)
            self._db.execute("INSERT INTO found VALUES (?, ?)", (id_, packed))

    def _last_id(self, first_id: int) -> int:
        if self._ask.last_id is not None:
            return self._ask.last_id
        last_id = max(self._ids.highest(), first_id - 1, mark.read(self._ask.folder))
        for id_ in range(first_id + len(self._index) // index.ENTRY_BYTES - 2, last_id, -1):
            if index.unpack(id_, self._entry_bytes(first_id, id_)) is not None:
                return id_
        return last_id

    def _write_rows(self, first_id: int, last_id: int) -> None:
        """In chunks of rows that follow each other."""
        for first, last in [tuple(pair) for pair in self._ids.ranges]:
            if first < first_id:
                self._ids.remove(first, min(last, first_id - 1))
        start, packed, size = first_id, [b""][:0], 0
        wanted = self._db.execute(
            "SELECT id, data FROM found WHERE id BETWEEN ? AND ? ORDER BY id", (first_id, last_id)
        )
        for id_, one in wanted:
            if packed and (id_ != start + len(packed) or size > segment.CHUNK_BYTES):
                segment.write_chunks(self._db, packed, start)
                packed, size = [], 0
            if not packed:
                start = id_
            packed.append(one)
            size += len(one)
        if packed:
            segment.write_chunks(self._db, packed, start)

    def _copy(self, table: str, columns: str) -> None:
        names = columns.split(", ")
        marks = ", ".join("?" * len(names))
        for values in self._source.rows(table, names[0], columns):
            try:
                self._db.execute(f"INSERT OR IGNORE INTO {table} VALUES ({marks})", values)  # noqa: S608 - ours
            except sqlite3.IntegrityError:
                continue  # a value that has turned into nothing: this row is gone
