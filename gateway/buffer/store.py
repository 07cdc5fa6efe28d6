"""The buffer itself, without asyncio: all of it runs on the writer's thread, one call after the other.

1. Nothing is returned as kept before COMMIT came back from SQLite with synchronous=FULL.
2. Memory changes once a transaction is committed, never before (memory.py). What the server has answered, statements
   and counters are in memory first, and are written now and then: a kill takes back some seconds of them.
3. A disk that fails in a commit or a checkpoint finishes the file (the kernel may have dropped what it could not
   write, and says so only once): nothing of that commit counts, and the next call begins a new segment out of memory.
4. A full disk stops puts, and puts only; it is over when there is room again.
"""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Sequence, Set
from typing import TypeVar

from gateway.buffer import disk, names, rot, samples, segment, state
from gateway.buffer.claim import choose, each
from gateway.buffer.errors import BufferFault, fault_of
from gateway.buffer.files import Files
from gateway.buffer.index import Entry
from gateway.buffer.memory import Memory
from gateway.buffer.plan import Plan
from gateway.buffer.quarantine import Quarantine
from gateway.buffer.reads import Reads
from gateway.buffer.row import Row
from gateway.buffer.state import Entries
from gateway.buffer.streams import Stream
from gateway.buffer.types import Arrival, Damage, Held, PutResult, Refused, Sealer, Settings

FLUSH_EVERY_MS = 30_000
STREAMS_EVERY_MS = 300_000
STREAMS_EVERY_ROWS = 5_000
DAY_MS = 86_400_000
BATCHES_AHEAD = 1_000
NAMES = "names"
BALLAST = "ballast"
T = TypeVar("T")
Work = Callable[[sqlite3.Connection], None]


class Store:
    def __init__(
        self, settings: Settings, sealer: Sealer, memory: Memory, files: Files, quarantine: Quarantine
    ) -> None:
        self.state = "ok"
        self.memory = memory
        self.files = files
        self.reads = Reads(files)
        self.damages: list[Damage] = []
        """What has been found rotten since somebody asked."""
        self.settings = settings
        self._sealer = sealer
        self._quarantine = quarantine
        self.ballast = disk.Ballast(files.folder / BALLAST, settings.ballast_bytes)
        self._written: Entries = {}
        self.rows_written_to = 0
        self.flushed_ms = self.streams_ms = memory.ages.now_ms()
        self.ballast.take(settings.min_free_bytes)

    # --- writing

    def transact(self, work: Work) -> None:
        """Whatever goes wrong inside, nothing of it counts."""
        try:
            if self.files.db is None:
                self.turn()
            db = self.files.db
            assert db is not None  # noqa: S101 - turn() has opened it or raised
            try:
                db.execute("BEGIN IMMEDIATE")
                work(db)
                db.execute("COMMIT")
            except BaseException:
                _roll_back(db)
                raise
        except (sqlite3.Error, OSError) as err:
            raise self._failed(err) from err
        self.state = "ok"

    def _failed(self, err: Exception) -> BufferFault:
        fault = fault_of(err)
        if fault.code == "io" and self.files.db is not None:
            self.memory.counters["finished_files"] += 1
            self.files.finish()
        if fault.code == "damaged":
            segment.beside(self.files.path, segment.SUSPECT).touch()
        if fault.code in ("io", "disk_full"):
            self.state = fault.code
        return fault

    def carry_over(self) -> None:
        """The log, when it is long enough. The commit before it counts, whatever happens here."""
        if self.files.unwritten_log_bytes < segment.WAL_BYTES:
            return
        try:
            self.files.checkpoint()
        except sqlite3.Error as err:
            if fault_of(err).code == "disk_full":
                self.ballast.give_up()  # the log stays, and is tried again
            else:
                self._failed(err)

    def _write_new(self, db: sqlite3.Connection) -> None:
        """Names that no file knows yet: rows refer to them."""
        memory = self.memory
        entries = {f"stream.{no}": state.of_stream(memory.streams.at(no)) for no in memory.new_streams}
        if memory.ages.unwritten:
            entries["boots"] = state.dump(memory.ages.rows())
        if memory.keys.unwritten:
            entries["keys"] = state.dump(sorted(memory.keys.names.items()))
        state.write(db, entries)

    def _names_are_written(self) -> None:
        memory = self.memory
        if not (memory.new_streams or memory.ages.unwritten or memory.keys.unwritten):
            return
        streams = {no: (memory.streams.at(no).box_id, memory.streams.at(no).epoch) for no in memory.new_streams}
        boots = {no: memory.ages.boot_name(no) for no in memory.ages.unwritten}
        keys = {no: memory.keys.names[no] for no in memory.keys.unwritten}
        names.append(self.files.folder / NAMES, names.Names(streams, boots, keys))
        memory.new_streams.clear()
        memory.ages.unwritten.clear()
        memory.keys.unwritten.clear()

    def put(self, arrivals: Sequence[Arrival], refused: Sequence[Refused] = ()) -> PutResult:
        self.look_for_room()
        plan = self._plan()
        for arrival in arrivals:
            plan.take(arrival)
        for one in refused:
            plan.refuse(one)
        dropped = self._commit(plan)
        counts = plan.counts + dropped
        return PutResult(
            acks=[stream.ack() for stream in plan.staged],
            stored=len(plan.made.packed),
            duplicates=counts["duplicates"],
            conflicts=counts["conflicts"],
            unreadable=counts["unreadable"],
            quarantined=len(plan.quarantine),
            deferred=counts["deferred"],
            scans=plan.scans,
        )

    def _plan(self) -> Plan:
        memory = self.memory
        self.reads.allow()
        return Plan(memory.last_id + 1, memory.streams, memory.ages, memory.keys, self._sealer, self.reads.find)

    def _commit(self, plan: Plan) -> Counter[str]:
        """Write a plan, if there is anything to write -> what had no room in quarantine."""
        memory, made = self.memory, plan.made
        first_id, dropped, taken = memory.last_id + 1, Counter[str](), 0
        log_bytes = sum(map(len, made.packed)) + 2048

        def work(db: sqlite3.Connection) -> None:
            nonlocal taken
            self._write_new(db)
            state.write(db, {f"stream.{stream.no}": state.of_stream(_empty(stream)) for stream in plan.staged.new})
            taken = self._quarantine.write(db, plan.quarantine, self._sealer, dropped)
            if plan.quarantine or plan.counts["conflicts"] or plan.counts["unreadable"]:
                counters = memory.counters + plan.counts + dropped
                state.write(db, {"counters": state.dump([dict(counters), memory.batch_reserved])})
            segment.write_chunks(db, made.packed, first_id)

        if made.packed or plan.quarantine:
            self.transact(work)
            memory.new_streams.update(stream.no for stream in plan.staged.new)
            plan.staged.keep()
            self._names_are_written()
        else:
            memory.new_streams.update(stream.no for stream in plan.staged.new)
            plan.staged.keep()
        memory.counters.update(plan.counts + dropped)
        self._quarantine.keep(taken, len(plan.quarantine))
        memory.live.add(plan.alone)
        memory.last_id += len(made.packed)
        if made.packed and self.files.index is not None:
            self.files.index.add(first_id, made.entries)
            if self.files.mark is not None:
                self.files.mark.write(memory.last_id)
        self.files.unwritten_log_bytes += log_bytes
        self.carry_over()
        return dropped

    def look_for_room(self) -> None:
        settings = self.settings
        detail = ""
        try:
            free = disk.free_bytes(self.files.folder)
        except OSError as err:
            raise self._failed(err) from err
        if free < settings.min_free_bytes:
            detail = f"{free // 1024} KiB are free, {settings.min_free_bytes // 1024} must be"
        elif settings.max_bytes and sum(self.files.sizes()) >= settings.max_bytes:
            detail = f"the buffer has grown to its limit of {settings.max_bytes // 1024} KiB"
        if detail:
            self.state = "disk_full"
            raise BufferFault("disk_full", detail)

    # --- to the server

    def claim(self, max_scans: int, max_bytes: int, skip: Set[int] = frozenset()) -> list[Held]:
        """What should go to the server next (claim.py)."""
        memory = self.memory
        done = memory.answered.done
        aside = skip | memory.parked.keys()
        live = memory.live.newest(lambda id_: id_ not in done, aside.__contains__, max_scans)
        backlog = each(memory.answered.open_ranges(memory.last_id), aside.__contains__)
        return self._helds(choose(live, backlog, max_scans), max_bytes)

    def claim_parked(self, max_scans: int) -> list[Held]:
        return self._helds(sorted(self.memory.parked)[:max_scans], max_bytes=1 << 30)

    def _helds(self, ids: list[int], max_bytes: int) -> list[Held]:
        rows = self.reads.rows(ids)
        broken = [id_ for id_ in ids if (one := rows[id_]) is None or not self.memory.streams.has(one.stream)]
        if broken:
            self.lose(broken, "")
        taken: list[Held] = []
        total = 0
        for id_ in ids:
            one = rows[id_]
            if one is None or not self.memory.streams.has(one.stream):
                continue
            held = self._held(one)
            total += len(held.record)
            if taken and total > max_bytes:
                break
            taken.append(held)
        return sorted(taken)

    def _held(self, one: Row) -> Held:
        box_id, epoch, scan, data = self.memory.held_fields(one)
        boot = self.memory.ages.boot_name(one.boot)
        return Held(one.id, box_id, epoch, one.seq, data, scan, boot, one.mono_ms, None, None)

    def settle(self, ids: Sequence[int], verdicts: Sequence[str]) -> None:
        """Exactly these were answered for; they stay keep_delivered_days and then go. Written down soon."""
        memory = self.memory
        if any(not 1 <= id_ <= memory.last_id for id_ in ids):
            raise ValueError("settled a row that was never given")
        for id_ in ids:
            memory.answered.done.add(id_)
            memory.parked.pop(id_, None)
        memory.counters.update(f"verdict.{verdict}" for verdict in verdicts)

    def park(self, ids: Sequence[int], reason: str) -> None:
        """These break whatever batch they are in: out of the lanes, kept, counted."""
        self.memory.parked.update((id_, reason) for id_ in ids if id_ not in self.memory.answered.done)

    def take_batch_nos(self, count: int) -> int:
        """The first of `count` numbers that no batch of this folder had or will have."""
        memory = self.memory
        if memory.batch_no + count > memory.batch_reserved:
            before = memory.batch_reserved
            memory.batch_reserved = memory.batch_no + count + BATCHES_AHEAD
            try:
                self.write_state({"counters": memory.small()["counters"]})
            except BufferFault:
                memory.batch_reserved = before
                raise
        memory.batch_no += count
        return memory.batch_no - count + 1

    # --- damage

    def lose(self, ids: Iterable[int], moved_to: str, saved: int = 0) -> Damage:
        """These rows are gone, whatever they were (rot.py). Raises BufferFault where that cannot be written down."""
        memory = self.memory
        lost = [id_ for id_ in ids if id_ not in memory.answered.done and id_ <= memory.last_id]
        found = rot.gone((self._entry(id_) for id_ in lost), lambda no, seq: bool(self.reads.find_all(no, seq)))
        plan = self._plan()
        named: dict[tuple[str, str], str] = {}
        is_unknown = found.is_unknown
        for no, spans in found.spans.items():
            if not memory.streams.has(no):
                is_unknown = True
                continue
            stream = memory.streams.at(no)
            named[stream.box_id, stream.epoch] = str(spans)
            is_unknown |= len(spans.ranges) > rot.MAX_DECLARED
            plan.declare_gone(stream.box_id, stream.epoch, rot.declarations(stream.box_id, stream.epoch, spans))
        self._commit(plan)
        for id_ in lost:
            memory.answered.done.add(id_)
            memory.parked.pop(id_, None)
        memory.counters["rotten"] += len(lost)
        if moved_to:
            memory.declared.append(moved_to)
        self.flush(with_streams=True)
        damage = Damage(moved_to, saved, len(lost), named, is_unknown)
        if lost:
            self.damages.append(damage)
        return damage

    def _entry(self, id_: int) -> Entry | None:
        closed = self.files.shelf.at(id_)
        if closed is not None:
            return closed.index.entry(id_)
        return None if self.files.index is None else self.files.index.index.entry(id_)

    # --- what else is written

    def write(self, job: Callable[[sqlite3.Connection, T], None], value: T) -> None:
        """Another noun's rows, in a transaction of their own."""
        self.transact(lambda db: job(db, value))
        self.files.unwritten_log_bytes += 2048

    def read(self, job: Callable[[sqlite3.Connection], T]) -> T:
        """The same, to be read. Raises BufferFault `io` while there is no segment."""
        if self.files.db is None:
            raise BufferFault("io", "the disk has failed, and there is no new file yet")
        return job(self.files.db)

    def write_state(self, entries: Entries) -> None:
        """What of these has changed; with a full disk, out of the reserve."""
        changed = {name: value for name, value in entries.items() if self._written.get(name) != value}
        if set(changed) <= {"times"}:
            return

        def work(db: sqlite3.Connection) -> None:
            self._write_new(db)
            state.write(db, changed)

        before = self.state
        try:
            self.transact(work)
        except BufferFault as fault:
            if fault.code != "disk_full" or not self.ballast.give_up():
                raise
            self.transact(work)
        self.state = before if before == "disk_full" else self.state  # what was written is no scan: puts say what is
        self._names_are_written()
        self._written |= changed
        self.files.unwritten_log_bytes += sum(map(len, changed.values())) + 2048

    def flush(self, *, with_streams: bool = False, is_last: bool = False) -> None:
        """Write down what is only in memory."""
        memory = self.memory
        if is_last:
            memory.batch_reserved = memory.batch_no
        entries = memory.small()
        if with_streams:
            entries |= memory.all_streams()
        self.write_state(entries)
        self.flushed_ms = memory.ages.now_ms()
        if with_streams:
            self.streams_ms, self.rows_written_to = self.flushed_ms, memory.last_id

    def begin_next(self) -> None:
        """The next segment, now. Raises BufferFault, and then the newest goes on, if there is one."""
        try:
            self.turn()
        except (sqlite3.Error, OSError) as err:
            raise self._failed(err) from err
        self.state = "ok"

    def turn(self) -> None:
        """Begin the next segment, out of memory."""
        memory = self.memory
        entries = memory.small() | memory.all_streams()
        self.files.turn(memory.last_id, memory.ages.now_ms(), entries, samples.copy_of)
        memory.new_streams.clear()
        memory.ages.unwritten.clear()
        memory.keys.unwritten.clear()
        names.write(self.files.folder / NAMES, memory.names())
        self._written = entries
        self.rows_written_to = memory.last_id
        self.files.unwritten_log_bytes = 0

    def close(self) -> None:
        try:
            if self.files.db is not None:
                self.flush(with_streams=True, is_last=True)
        finally:
            self.files.close()


def _empty(stream: Stream) -> Stream:
    """A stream as it was before any of its rows: those are read from `rows_to` on."""
    return Stream(stream.no, stream.box_id, stream.epoch)


def _roll_back(db: sqlite3.Connection) -> None:
    try:
        if db.in_transaction:
            db.execute("ROLLBACK")
    except sqlite3.Error:
        return  # the error that brought us here is the one that counts
