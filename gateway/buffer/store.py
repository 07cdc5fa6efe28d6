"""The buffer itself, without asyncio: all of it runs on the writer's thread, one call after the other.

1. Nothing is returned as kept before COMMIT came back from SQLite with synchronous=FULL.
2. Memory follows the file: it changes together with a transaction, and is read back from the file when that fails.
3. A failure of the disk stays visible in `state` until a commit succeeds again.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from firmware.wire import record
from firmware.wire.errors import WireError
from gateway.buffer import carve, runs
from gateway.buffer.ages import Ages
from gateway.buffer.answered import Answered
from gateway.buffer.claim import Live, choose, each
from gateway.buffer.counters import Counters, group
from gateway.buffer.errors import BufferFault
from gateway.buffer.mark import Mark
from gateway.buffer.places import Places
from gateway.buffer.plan import UNKNOWN_BOOT, Plan
from gateway.buffer.quarantine import Quarantine
from gateway.buffer.rot import StoredRow, is_whole, replace
from gateway.buffer.schema import PUT_TRIGGER, fault_of
from gateway.buffer.streams import MAX_RANGES, Streams
from gateway.buffer.types import Arrival, Held, PutResult, Refused, Settings, Stats, Tip

PRUNE_ROWS = 1000
WRITE_COUNTS_EVERY_MS = 60_000
T = TypeVar("T")

PUT = "INSERT INTO arrivals VALUES (?, ?, ?, ?)"


class Store:
    def __init__(self, db: sqlite3.Connection, settings: Settings, boot: str, mono_ms: Callable[[], int]) -> None:
        self.db = db
        self.state = "ok"
        self._settings = settings
        self._boot = boot
        self._mono_ms = mono_ms
        self._live = Live()
        self._counted: Counter[str] = Counter()
        self._counted_ms = 0
        self._stale = True
        path = db.execute("PRAGMA database_list").fetchone()[2]
        self._wal_path = Path(f"{path}-wal")
        self.mark = Mark(Path(f"{path}.mark"))
        db.executescript(PUT_TRIGGER)
        self._load()

    def _load(self) -> None:
        """Everything that is kept in memory, as the file has it."""
        db = self.db
        self.ages = Ages(db, self._boot, self._mono_ms)
        self.streams = Streams.load(db)
        self.answered = Answered(db)
        self.places = Places(db)
        self.quarantine = Quarantine(db, self._settings.quarantine_bytes)
        self.counters = Counters(db)
        self.parked: dict[int, str] = dict(db.execute("SELECT id, reason FROM parked"))
        newest: int = db.execute(
            "SELECT max(coalesce((SELECT max(id) FROM record), 0), coalesce((SELECT max(last_id) FROM answered), 0))"
        ).fetchone()[0]
        self.last_id = newest
        self._stale = False

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Whatever goes wrong inside, nothing of it is in the file, and memory is what the file says."""
        if self._stale:
            self._load()
        try:
            yield
        except BaseException as err:
            self._stale = True
            with suppress(sqlite3.Error):
                if self.db.in_transaction:
                    self.db.execute("ROLLBACK")
                self._load()
            if isinstance(err, (sqlite3.Error, OSError)):
                fault = fault_of(err)
                self.state = fault.code
                raise fault from err
            raise
        self.state = "ok"

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._writing():
            self.db.execute("BEGIN IMMEDIATE")
            yield
            self.db.execute("COMMIT")

    def put(self, arrivals: Sequence[Arrival], refused: Sequence[Refused] = ()) -> PutResult:
        with self._writing():
            plan = Plan(self.streams, self.places, self.ages)
            for arrival in arrivals:
                plan.take(arrival)
            for one in refused:
                plan.refuse(one)
            self._commit(plan)
        self._keep(plan)
        counts = plan.counts
        return PutResult(
            acks=[stream.ack() for stream in plan.touched.values()],
            stored=len(plan.rows),
            duplicates=counts["duplicates"],
            conflicts=counts["conflicts"],
            unreadable=counts["unreadable"],
            quarantined=len(plan.quarantine),
            deferred=counts["deferred"],
        )

    def _commit(self, plan: Plan, answered: Sequence[int] = ()) -> None:
        """Write the plan: in one statement that is its own transaction where there is nothing but rows."""
        rare = plan.quarantine or plan.counts["conflicts"] or answered or self.ages.is_due or self.places.is_due
        if not rare and not plan.is_packed:
            self._write_rows(plan, 0)
            self._counted += plan.counts
            return
        with self._transaction():
            if rare:
                self._write_rare(plan, answered)
            else:
                self._counted += plan.counts
            self._write_rows(plan, self._write_runs(plan) if plan.is_packed else 0)

    def _write_runs(self, plan: Plan) -> int:
        """The runs (runs.py), and the rows before and between them -> the first row that is still to write."""
        done = 0
        for start, count in plan.runs:
            if count < runs.LEAST:
                continue
            if start > done:
                self._put(plan, done, start, [])
            records = plan.records[start : start + count]
            done = start + runs.write(self.db, self.last_id + 1 + start, plan.rows[start], records)
        return done

    def _write_rows(self, plan: Plan, done: int) -> None:
        """The rows from `done` on, and the streams: in one statement (PUT_TRIGGER)."""
        if plan.rows or plan.changed:
            self._put(plan, done, len(plan.rows), [stream.row() for stream in plan.changed.values()])

    def _put(self, plan: Plan, start: int, end: int, streams: list[list[object]]) -> None:
        rows, records = json.dumps(plan.listed(start, end)), b"".join(plan.records[start:end])
        self.db.execute(PUT, (self.last_id + 1 + start, rows, records, json.dumps(streams)))

    def _write_rare(self, plan: Plan, answered: Sequence[int]) -> None:
        self.quarantine.write(plan.quarantine, plan.counts)
        self._counted += plan.counts
        self.counters.write(self._counted)
        self._counted = Counter()
        self.ages.write()
        self.answered.write(answered, self.ages.now_ms())
        if self.places.is_due:
            self.places.fold(self.last_id)

    def _keep(self, plan: Plan) -> None:
        first_id = self.last_id + 1
        if plan.rows:
            self.places.add(first_id, plan.rows)
        self._live.add(first_id + at for at in plan.alone)
        self.last_id += len(plan.rows)
        self.mark.write(self.last_id)

    def claim(self, max_scans: int, max_bytes: int, skip: Set[int] = frozenset()) -> list[Held]:
        """What should go to the server next (claim.py)."""
        self._fresh()
        done = self.answered.done
        aside = skip | self.parked.keys()
        live = self._live.newest(lambda id_: id_ not in done, aside.__contains__, max_scans)
        backlog = each(self.answered.open_ranges(self.last_id), aside.__contains__)
        return self._rows(choose(live, backlog, max_scans), max_bytes)

    def claim_parked(self, max_scans: int) -> list[Held]:
        self._fresh()
        return self._rows(sorted(self.parked)[:max_scans], max_bytes=1 << 30)

    def _fresh(self) -> None:
        if self._stale:
            self._load()

    def _rows(self, ids: list[int], max_bytes: int) -> list[Held]:
        found = self.db.execute(
            'SELECT id, stream, seq, boot, mono_ms, note, "check", record FROM record'
            " WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(ids),),
        ).fetchall()
        rows: dict[int, StoredRow] = {row[0]: row for row in found}
        taken: list[Held] = []
        total = 0
        for id_ in ids:
            held = self._held(rows.get(id_))
            if held is None:
                self._replace(id_, rows.get(id_))
                continue
            total += len(held.record)
            if taken and total > max_bytes:
                break
            taken.append(held)
        return sorted(taken)

    def _held(self, row: StoredRow | None) -> Held | None:
        """The row as it goes out; None if it is not as it was written."""
        if row is None or not is_whole(row):
            return None
        id_, no, seq, boot_no, mono_ms, note, _, data = row
        scan: record.Scan | None = None
        if note is None:
            try:
                found = record.decode(data)
            except WireError:
                return None
            scan = found if isinstance(found, record.Scan) else None
        stream = self.streams.at(no)
        return Held(
            id_, stream.box_id, stream.epoch, seq, data, scan, self.ages.boot_name(boot_no), mono_ms, None, None
        )

    def _replace(self, id_: int, row: StoredRow | None) -> None:
        """Put what is left of a rotten row in its place (rot.py)."""
        what = None if row is None else replace(row, self.streams)
        if row is None or what is None:
            raise BufferFault("damaged", f"nobody knows any more what row {id_} was")
        with self._writing():
            plan = Plan(self.streams, self.places, self.ages)
            plan.refuse(Refused("", row[7] if isinstance(row[7], bytes) else b"", "rotten", UNKNOWN_BOOT, 0))
            plan.replace(what)
            self._commit(plan, answered=[id_])
        self._keep(plan)

    def adopt(self, strays: bytes) -> int:
        """Take in the records of pages that SQLite does not read any more, if they are not here -> how many."""
        with self._writing():
            plan = Plan(self.streams, self.places, self.ages)
            for scan, whole in carve.records(strays, self._has):
                plan.take(Arrival(scan.box_id, "", whole, UNKNOWN_BOOT, 0))
            self._commit(plan)
        self._keep(plan)
        return len(plan.rows)

    def _has(self, box_id: str, epoch: str, seq: int) -> bool:
        stream = self.streams.get(box_id, epoch)
        return stream is None or seq in stream.received

    def close(self) -> None:
        self.flush()
        self.mark.close()

    def settle(self, ids: Sequence[int], verdicts: Sequence[str]) -> None:
        """Exactly these were answered for; they stay keep_delivered_s and then go."""
        if any(not 1 <= id_ <= self.last_id for id_ in ids):
            raise ValueError("settled a row that was never given")
        unparked = [(id_,) for id_ in ids if id_ in self.parked]
        with self._transaction():
            self.answered.write(ids, self.ages.now_ms())
            self.db.executemany("DELETE FROM parked WHERE id = ?", unparked)
        self._counted.update(f"verdict.{verdict}" for verdict in verdicts)
        for (id_,) in unparked:
            del self.parked[id_]

    def park(self, ids: Sequence[int], reason: str) -> None:
        """These break whatever batch they are in: out of the lanes, kept, counted."""
        with self._transaction():
            self.db.executemany("INSERT OR REPLACE INTO parked VALUES (?, ?)", [(id_, reason) for id_ in ids])
        self.parked.update((id_, reason) for id_ in ids)

    def take_batch_nos(self, count: int) -> int:
        """The first of `count` numbers that no batch of this file had or will have."""
        with self._transaction():
            self.db.execute("UPDATE counter SET value = value + ? WHERE name = 'batch_no'", (count,))
            last: int = self.db.execute("SELECT value FROM counter WHERE name = 'batch_no'").fetchone()[0]
        return last - count + 1

    def write(self, job: Callable[[sqlite3.Connection, T], None], value: T) -> None:
        """Another noun's rows, in a transaction of their own."""
        with self._transaction():
            job(self.db, value)

    def flush(self) -> None:
        """Write pending counts."""
        if self._counted:
            with self._transaction():
                self.counters.write(self._counted)
                self._counted = Counter()

    def tips(self) -> list[Tip]:
        """The latest statement of every stream that made one."""
        self._fresh()
        return [Tip(s.box_id, s.epoch, s.first_held, s.last_seq) for s in self.streams if s.last_seq]

    def tend(self) -> None:
        """A small step of housekeeping: prune, write pending counts, carry the log over into the file."""
        now_ms = self.ages.now_ms()
        due = self.answered.due(now_ms, self._settings.keep_delivered_s * 1000)
        if due is not None:
            self._prune(*due)
        if now_ms - self._counted_ms >= WRITE_COUNTS_EVERY_MS:
            self._counted_ms = now_ms
            self.flush()

    def _prune(self, first: int, last: int) -> None:
        end = min(last, first + PRUNE_ROWS - 1)
        rows = self.db.execute(
            "SELECT stream, seq, id, note FROM record WHERE id BETWEEN ? AND ?", (first, end)
        ).fetchall()
        with self._transaction():
            touched = set()
            for no, seq, _, note in rows:
                stream = self.streams.at(no)
                if note is None and len(stream.freed.ranges) < MAX_RANGES:
                    stream.freed.add(seq)
                    touched.add(no)
            streams = [self.streams.at(no).row() for no in touched]
            self.db.execute(PUT, (0, "[]", b"", json.dumps(streams)))
            self.places.drop([row[:3] for row in rows])
            self.db.execute("DELETE FROM record WHERE id BETWEEN ? AND ?", (first, end))
            self.answered.prune(first, last, end)

    def stats(self) -> Stats:
        self._fresh()
        open_ranges = self.answered.open_ranges(self.last_id)
        waiting = sum(last - first + 1 for first, last in open_ranges) - len(self.parked)
        page_bytes, pages = (self.db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_size", "page_count"))
        counts = self.counters.values + self._counted
        return Stats(
            state=self.state,
            waiting=waiting,
            oldest_waiting_s=self._oldest_s(open_ranges),
            parked=len(self.parked),
            rows=self.last_id - self.answered.pruned(),
            stored=self.last_id,
            duplicates=counts["duplicates"],
            conflicts=counts["conflicts"],
            unreadable=counts["unreadable"],
            deferred=counts["deferred"],
            quarantined=group(counts, "quarantined"),
            quarantine_dropped=counts["quarantine_dropped"],
            verdicts=group(counts, "verdict"),
            file_bytes=page_bytes * pages,
            wal_bytes=self._wal_path.stat().st_size if self._wal_path.exists() else 0,
        )

    def _oldest_s(self, open_ranges: list[tuple[int, int]]) -> float:
        for id_ in each(open_ranges, self.parked.__contains__):
            row = self.db.execute("SELECT boot, mono_ms FROM record WHERE id = ?", (id_,)).fetchone()
            received_ms = None if row is None else self.ages.of(*row)
            if received_ms is not None:
                return max(0, self.ages.now_ms() - received_ms) / 1000
        return 0.0
