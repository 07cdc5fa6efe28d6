"""From a damaged file to a fresh one: every row that is whole, and a declaration for what is gone.

1. The damaged file is only read (source.py). A row is whole by its own checksums, or it is not taken.
2. A row keeps its id, so what was answered for stays answered for. What SQLite cannot reach is carved out of the raw
   bytes (carve.py) and gets a new id.
3. `received` is what is there again, or was delivered. What is missing from the old `received` is gone: declared lost
   to the server, and asked for again with the next ack, for the box may still have it.
4. If even the list of a box's numbers is unreadable, its holes cannot be told: `gone_unknown`. The server's ledger
   shows them.
"""

import json
import sqlite3
from collections.abc import Iterable
from pathlib import Path

from firmware.wire import record
from firmware.wire.errors import WireError
from firmware.wire.spans import Spans
from gateway.buffer import carve
from gateway.buffer.errors import BufferFault
from gateway.buffer.plan import UNKNOWN_BOOT, row_check
from gateway.buffer.reading import LOST
from gateway.buffer.rot import StoredRow, declare_lost, is_whole
from gateway.buffer.schema import check_of
from gateway.buffer.source import Source
from gateway.buffer.streams import Stream, stream_of
from gateway.buffer.types import Damage

MAX_DECLARED = 1000
_COPIED = {
    "boot": "no, boot, age_zero_ms",
    "parked": "id, reason",
    "quarantine": "id, topic, reason, boot, mono_ms, length, sha256, payload",
    "sample": "id, box_id, epoch, boot, uptime_ms, gateway_boot, earliest_mono_ms, latest_mono_ms",
    "anchor": "id, gateway_boot, mono_ms, earliest_ms, latest_ms",
    "damage": "id, report",
}


class Salvage:
    """One salvage, into a fresh and migrated database."""

    def __init__(self, source: Source, db: sqlite3.Connection, mark: int) -> None:
        """`mark`: the newest id there is known to have been (mark.py)."""
        self._mark = mark
        self._source = source
        self._db = db
        self._before: dict[tuple[str, str], Spans] = {}
        self._streams: dict[tuple[str, str], Stream] = {}
        self._names: dict[int, tuple[str, str]] = {}
        self._ids = Spans()
        self._done = Spans()
        self._saved = 0
        self._unreadable = 0
        self._gone_unknown = False

    def run(self, moved_to: Path) -> Damage:
        self._db.execute("BEGIN IMMEDIATE")
        for table, columns in _COPIED.items():
            self._copy(table, columns)
        self._take_batch_no()
        self._take_streams()
        self._take_answered()
        self._take_rows()
        self._take_places()
        self._take_carved()
        self._close_holes()
        gone = self._declare()
        self._keep_streams()
        damage = Damage(str(moved_to), self._saved, self._unreadable, gone, self._gone_unknown)
        self._db.execute("INSERT INTO damage (report) VALUES (?)", (report_of(damage),))
        self._db.execute("COMMIT")
        return damage

    def _copy(self, table: str, columns: str) -> None:
        names = columns.split(", ")
        marks = ", ".join("?" * len(names))
        for row in self._source.rows(table, names[0], columns):
            try:
                self._db.execute(f"INSERT OR IGNORE INTO {table} VALUES ({marks})", row)  # noqa: S608 - names of ours
            except sqlite3.IntegrityError:
                self._gone_unknown = True

    def _take_batch_no(self) -> None:
        """Batch numbers are never given twice: where the old one is unreadable, far beyond any it can have been."""
        found = self._source.counter("batch_no")
        self._db.execute(
            "UPDATE counter SET value = coalesce(?, (SELECT count(*) + 1 FROM damage) << 40) WHERE name = 'batch_no'",
            (found,),
        )

    def _take_streams(self) -> None:
        columns = 'no, box_id, epoch, received, freed, first_held, last_seq, "check"'
        for row in self._source.rows("stream", "no", columns):
            try:
                stream = stream_of(row)
            except BufferFault:
                self._gone_unknown = True
                continue
            name = (stream.box_id, stream.epoch)
            self._before[name] = stream.received
            stream.received = stream.freed.copy()
            self._streams[name] = stream
            self._names[stream.no] = name
        self._gone_unknown |= self._source.has_failed("stream")

    def _take_answered(self) -> None:
        for first, last, since_ms, check in self._source.rows(
            "answered", "first_id", 'first_id, last_id, since_ms, "check"'
        ):
            if check == check_of(first, last, since_ms) and first <= last:
                self._db.execute("INSERT INTO answered VALUES (?, ?, ?, ?)", (first, last, since_ms, check))
                self._done.add(first, last)

    def _take_rows(self) -> None:
        columns = 'id, stream, seq, boot, mono_ms, note, "check", record'
        for row in self._source.rows("record", "id", columns):
            name = self._name_of(row)
            if name is None:
                self._unreadable += 1
                self._db.execute(
                    "INSERT INTO quarantine (topic, reason, boot, mono_ms, length, sha256, payload) "
                    "VALUES ('', 'rotten', 0, 0, 0, x'', ?)",
                    (row[7] if isinstance(row[7], bytes) else b"",),
                )
                continue
            self._insert(row[0], name, row[2], row[3], row[4], row[5], row[7])

    def _name_of(self, row: StoredRow) -> tuple[str, str] | None:
        """Whose row it is, if it is whole."""
        _, no, seq, _, _, note, _, data = row
        try:
            if not is_whole(row):
                return None
            if note is not None:
                return self._names.get(no)
            scan = record.decode(data)
        except (WireError, TypeError, ValueError):
            return None
        return (scan.box_id, scan.epoch) if scan.seq == seq else None

    def _insert(
        self, id_: int, name: tuple[str, str], seq: int, boot_no: int, mono_ms: int, note: str | None, data: bytes
    ) -> None:
        stream = self._stream(name)
        last_seq = seq
        if note == LOST:
            lost = record.decode(data)
            last_seq = seq if not isinstance(lost, record.Lost) or lost.last_seq is None else lost.last_seq
        stream.received.add(seq, last_seq)
        check = row_check(stream.no, seq, boot_no, mono_ms, note, data)
        self._db.execute(
            "INSERT INTO record VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (id_, stream.no, seq, boot_no, mono_ms, note, check, data),
        )
        self._ids.add(id_)
        self._saved += 1

    def _stream(self, name: tuple[str, str]) -> Stream:
        if name not in self._streams:
            taken = {stream.no for stream in self._streams.values()}
            self._streams[name] = Stream(max(taken, default=0) + 1, *name)
            self._gone_unknown = True
        return self._streams[name]

    def _take_places(self) -> None:
        """A row that is gone but was answered for is not lost: the index may still say which number it had."""
        for no, seq, id_ in self._source.index_rows():
            name = self._names.get(no)
            if name is not None and id_ in self._done and id_ not in self._ids:
                self._streams[name].freed.add(seq)
                self._streams[name].received.add(seq)

    def _take_carved(self) -> None:
        boot_no = self._unknown_boot()
        next_id = max(self._ids.highest(), self._done.highest()) + 1
        unseen = self._mark - next_id + 1
        for data in self._source.raw():
            for scan, whole in carve.records(data, self._is_there):
                self._insert(next_id, (scan.box_id, scan.epoch), scan.seq, boot_no, 0, None, whole)
                next_id += 1
                unseen -= 1
        if unseen > 0:
            # rows of which nothing is left, not even which numbers they had
            self._unreadable += unseen
            self._gone_unknown = True

    def _is_there(self, box_id: str, epoch: str, seq: int) -> bool:
        stream = self._streams.get((box_id, epoch))
        return stream is not None and seq in stream.received

    def _unknown_boot(self) -> int:
        self._db.execute("INSERT OR IGNORE INTO boot (boot) VALUES (?)", (UNKNOWN_BOOT,))
        no: int = self._db.execute("SELECT no FROM boot WHERE boot = ?", (UNKNOWN_BOOT,)).fetchone()[0]
        return no

    def _close_holes(self) -> None:
        """Ids that are neither there nor answered for are given up, so that nobody claims them."""
        known = self._ids.copy()
        for first, last in self._done.ranges:
            known.add(first, last)
        for first, last in known.missing(limit=1 << 30):
            self._unreadable += last - first + 1
            self._db.execute(
                "INSERT OR REPLACE INTO answered VALUES (?, ?, NULL, ?)", (first, last, check_of(first, last, None))
            )

    def _declare(self) -> dict[tuple[str, str], str]:
        gone: dict[tuple[str, str], str] = {}
        boot_no = self._unknown_boot()
        for name, before in self._before.items():
            there = self._streams[name].received
            missing = minus(before.ranges, there.ranges)
            if not missing:
                continue
            gone[name] = str(Spans([list(pair) for pair in missing]))
            for first, last in missing[:MAX_DECLARED]:
                self._insert_lost(name, first, last, boot_no)
            self._gone_unknown |= len(missing) > MAX_DECLARED
        return gone

    def _insert_lost(self, name: tuple[str, str], first: int, last: int, boot_no: int) -> None:
        what = declare_lost(*name, first, last)
        no = self._streams[name].no
        check = row_check(no, first, boot_no, 0, LOST, what.record)
        self._db.execute(
            "INSERT INTO record VALUES ((SELECT max(coalesce((SELECT max(id) FROM record), 0), "
            "coalesce((SELECT max(last_id) FROM answered), 0)) + 1), ?, ?, ?, 0, ?, ?, ?)",
            (no, first, boot_no, LOST, check, what.record),
        )

    def _keep_streams(self) -> None:
        for stream in self._streams.values():
            self._db.execute("INSERT INTO stream VALUES (?, ?, ?, ?, ?, ?, ?, ?)", stream.row())


def report_of(damage: Damage) -> str:
    gone = {" ".join(name): spans for name, spans in damage.gone.items()}
    return json.dumps({**damage._asdict(), "gone": gone})


def damage_of(report: str) -> Damage:
    values = json.loads(report)
    gone = {(name.split(" ")[0], name.split(" ")[1]): spans for name, spans in values.pop("gone").items()}
    return Damage(**values, gone=gone)


def minus(ranges: Iterable[Iterable[int]], taken: Iterable[Iterable[int]]) -> list[tuple[int, int]]:
    """The numbers of the first set that are not in the second; both rising and disjoint."""
    left: list[tuple[int, int]] = []
    holes = [tuple(pair) for pair in taken]
    for pair in ranges:
        first, last = pair
        for low, high in holes:
            if high < first or low > last:
                continue
            if low > first:
                left.append((first, low - 1))
            first = high + 1
            if first > last:
                break
        if first <= last:
            left.append((first, last))
    return left
