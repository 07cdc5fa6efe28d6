"""The single file of earlier gateways, `buffer.sqlite` beside the folder: its rows are sealed and carried over.

1. Every row that is whole becomes a row here, delivered ones too (they stay as long as any); what was answered for
   stays answered for. Then the old file is written over and removed: what lay in it was in the clear.
2. It is carried over in steps, each committed. A start that was cut off begins anew, and passes over what was here
   already when it began: no digest key outlives the power, so nobody could compare.
3. What the file says it held, and cannot be read, is declared lost and asked for again, as after any damage.
4. Rows keep neither id nor age; which gateway boot they came in they keep.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from firmware.wire import record
from firmware.wire.errors import WireError
from firmware.wire.spans import Spans
from gateway.buffer import rot, state
from gateway.buffer.disk import sync_folder, wipe
from gateway.buffer.plan import CONFLICT
from gateway.buffer.reading import last_in
from gateway.buffer.samples import add_anchor, add_samples
from gateway.buffer.source import Source
from gateway.buffer.store import Store
from gateway.buffer.types import Anchor, Arrival, Damage, Refused, Sample

STEP_ROWS = 500
TAKEN = ".taken"
_NOTHING = Spans()
_COLUMNS = "id, boot, mono_ms, note, record"


class _Old(NamedTuple):
    arrival: Arrival
    is_done: bool
    parked: str | None


def take_over(store: Store, path: Path) -> Damage | None:
    """Carry over what is there, if anything is; -> what could not be read. Raises BufferFault."""
    if path.with_name(path.name + TAKEN).exists():
        _remove(path)
    if not path.exists():
        return None
    with suppress(sqlite3.Error):
        _settle_log(path)
    with Source(path) as source:
        damage = _Takeover(store, source, path).run()
    path.rename(path.with_name(path.name + TAKEN))
    _remove(path)
    return damage


def _remove(path: Path) -> None:
    """Under its own name it is whole, or not there: half written over it would look like damage."""
    sync_folder(path.parent)
    for ending in ("-wal", "-shm", ".mark", ".suspect", ".salvaged", ".making", TAKEN):
        wipe(path.with_name(path.name + ending))
    sync_folder(path.parent)


def _settle_log(path: Path) -> None:
    db = sqlite3.connect(path, isolation_level=None, timeout=0.0)
    try:
        db.execute("PRAGMA wal_checkpoint(PASSIVE)")
    finally:
        db.close()


class _Takeover:
    def __init__(self, store: Store, source: Source, path: Path) -> None:
        self._store = store
        self._source = source
        self._path = path
        self._boots = {no: name for no, name, *_ in source.rows("boot", "no", "no, boot") if isinstance(name, str)}
        self._parked = {id_: str(reason) for id_, reason in source.rows("parked", "id", "id, reason")}
        self._done = Spans()
        for first, last in source.rows("answered", "first_id", "first_id, last_id"):
            if isinstance(last, int) and last >= first:
                self._done.add(first, last)
        self._carried = {(one.box_id, one.epoch): one.received.copy() for one in store.memory.streams}
        self._there: dict[tuple[str, str], Spans] = {}
        self._held: dict[tuple[str, str], tuple[Spans, int, int]] = {}
        self._broken = 0

    def run(self) -> Damage | None:
        self._read_streams()
        step: list[_Old] = []
        saved = 0
        for one in self._rows():
            step.append(one)
            saved += 1
            if len(step) >= STEP_ROWS:
                self._put(step)
                step = []
        self._put(step)
        self._take_rest()
        return self._declare(saved)

    def _read_streams(self) -> None:
        columns = "no, box_id, epoch, received, freed, first_held, last_seq"
        for _, box_id, epoch, received, freed, first_held, last_seq in self._source.rows("stream", "no", columns):
            with suppress(ValueError, TypeError, AttributeError):
                spans = state.parse_spans(received)
                gone = state.parse_spans(freed)
                self._held[str(box_id), str(epoch)] = spans, int(first_held), int(last_seq)
                self._there[str(box_id), str(epoch)] = gone

    def _rows(self) -> Iterator[_Old]:
        for id_, boot, mono_ms, note, data in self._source.rows("record", "id", _COLUMNS):
            boot_name = self._boots.get(boot, "unknown") if isinstance(boot, int) else "unknown"
            if not isinstance(data, bytes) or not isinstance(mono_ms, int):
                self._broken += 1
                continue
            try:
                _, _, box_id, epoch, number = record.identity(data)
            except WireError:
                self._broken += 1
                continue
            if note is None and not _decodes(data):
                self._broken += 1
                self._store.put([], [Refused("", data, "rotten", boot_name, mono_ms)])
                continue
            last = last_in(data, number)
            self._there.setdefault((box_id, epoch), Spans()).add(number, last)
            if note != CONFLICT and number in self._carried.get((box_id, epoch), _NOTHING):
                continue
            arrival = Arrival(box_id, "", data, boot_name, max(0, mono_ms))
            yield _Old(arrival, id_ in self._done, self._parked.get(id_))

    def _put(self, step: list[_Old]) -> None:
        """All of a step in one transaction; then what is known of each."""
        store = self._store
        before = store.memory.last_id
        store.put([one.arrival for one in step])
        by_name = {record.identity(one.arrival.payload)[2:]: one for one in step}
        for one in store.reads.each(before, store.memory.last_id):
            stream = store.memory.streams.at(one.stream)
            known = by_name.get((stream.box_id, stream.epoch, one.seq))
            if known is not None and known.is_done:
                store.settle([one.id], [])
            elif known is not None and known.parked is not None:
                store.park([one.id], known.parked)
        store.flush()

    def _take_rest(self) -> None:
        """What was received and is delivered and gone, what boxes said, batch numbers, clocks, quarantine."""
        store, source = self._store, self._source
        for (box_id, epoch), (_, first_held, last_seq) in self._held.items():
            staged = store._plan()
            stream = staged.staged.get(box_id, epoch)
            if stream is None:
                continue
            stream.state(first_held, last_seq)
            for first, last in self._there[box_id, epoch].ranges:
                stream.received.add(first, last)
            store._commit(staged)
        store.memory.batch_no = max(store.memory.batch_no, (source.counter("batch_no") or (1 << 40)) + 1)
        store.memory.batch_reserved = max(store.memory.batch_reserved, store.memory.batch_no)
        columns = "id, box_id, epoch, boot, uptime_ms, gateway_boot, earliest_mono_ms, latest_mono_ms"
        clocks = [Sample(*row[1:]) for row in source.rows("sample", "id", columns)]
        store.write(add_samples, clocks)
        for row in source.rows("anchor", "id", "id, gateway_boot, mono_ms, earliest_ms, latest_ms"):
            store.write(add_anchor, Anchor(*row[1:]))
        kept = source.rows("quarantine", "id", "id, topic, reason, boot, mono_ms, payload")
        for _, topic, reason, boot, mono_ms, payload in kept:
            if isinstance(payload, bytes):
                name = self._boots.get(boot, "unknown")
                store.put([], [Refused(str(topic), payload, str(reason), name, int(mono_ms))])
        store.flush(with_streams=True)

    def _declare(self, saved: int) -> Damage | None:
        gone: dict[tuple[str, str], str] = {}
        for (box_id, epoch), (held, _, _) in self._held.items():
            missing = held.copy()
            for first, last in self._there[box_id, epoch].ranges:
                missing.remove(first, last)
            if missing.ranges:
                gone[box_id, epoch] = str(missing)
                plan = self._store._plan()
                plan.declare_gone(box_id, epoch, rot.declarations(box_id, epoch, missing))
                self._store._commit(plan)
        is_unknown = any(map(self._source.has_failed, ("stream", "record")))
        if not gone and not is_unknown and not self._broken:
            return None
        return Damage(str(self._path), saved, self._broken, gone, is_unknown and not gone)


def _decodes(data: bytes) -> bool:
    try:
        record.decode(data)
    except WireError:
        return False
    return True
