"""What the buffer knows, in memory: nothing but what is committed, and what may be lost with the power.

1. A put brings its changes once it is committed (plan.py). So a segment can be begun anew out of here when the disk
   has failed under the last one.
2. Small, whatever waits on the disk: spans of numbers and ids, never lists of rows.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from firmware.wire.spans import Spans
from gateway.buffer import row, state
from gateway.buffer.ages import Ages
from gateway.buffer.answered import Answered
from gateway.buffer.claim import Live
from gateway.buffer.names import Names
from gateway.buffer.plan import GONE, Keys
from gateway.buffer.reading import LOST, last_in
from gateway.buffer.row import Row
from gateway.buffer.state import Entries
from gateway.buffer.streams import Stream, Streams

Span = tuple[int, int, int]
"""A closed segment: its number, its first id and its last."""


class Memory:
    def __init__(self, boot: str, mono_ms: Callable[[], int]) -> None:
        self.ages = Ages(boot, mono_ms)
        self.streams = Streams()
        self.keys = Keys()
        self.answered = Answered()
        self.parked: dict[int, str] = {}
        self.counters: Counter[str] = Counter()
        self.batch_no = 0
        self.batch_reserved = 0
        self.declared: list[str] = []
        """Damages whose gone numbers are declared lost and asked for again."""
        self.last_id = 0
        self.live = Live()
        self.new_streams: set[int] = set()
        """Streams that stand in no file yet."""

    # --- what is written down

    def small(self) -> Entries:
        """Everything but the streams."""
        answered = [str(self.answered.done), sorted(self.answered.since_ms.items())]
        return {
            "boots": state.dump(self.ages.rows()),
            "keys": state.dump(sorted(self.keys.names.items())),
            "answered": state.dump(answered),
            "parked": state.dump(sorted(self.parked.items())),
            "counters": state.dump([dict(self.counters), self.batch_reserved]),
            "times": state.dump(self.ages.now_ms()),
            "declared": state.dump(self.declared[-64:]),
        }

    def all_streams(self) -> Entries:
        """The streams as they are now, with all rows taken in."""
        entries = {f"stream.{stream.no}": state.of_stream(stream) for stream in self.streams}
        return entries | {"rows_to": state.dump(self.last_id)}

    def names(self) -> Names:
        streams = {stream.no: (stream.box_id, stream.epoch) for stream in self.streams}
        return Names(streams, self.ages.names(), dict(self.keys.names))

    # --- what is read back

    def load(self, entries: Entries, names: Names) -> int:
        """Take in what a segment says -> up to which row its streams are."""
        for no, name, zero_ms in json.loads(entries.get("boots", "[]")):
            self.ages.load(no, name, zero_ms)
        for no, name in names.boots.items():
            if no not in self.ages.names():
                self.ages.load(no, name, None)
        for no, name in [*names.keys.items(), *json.loads(entries.get("keys", "[]"))]:
            self.keys.load(no, name)
        for no, (box_id, epoch) in names.streams.items():
            self.streams.keep(Stream(no, box_id, epoch))
        for name, value in entries.items():
            if name.startswith("stream."):
                self.streams.keep(state.stream_of(value))
        self._load_rest(entries)
        return int(json.loads(entries.get("rows_to", "0")))

    def _load_rest(self, entries: Entries) -> None:
        done, since = json.loads(entries.get("answered", '["-",[]]'))
        self.answered.done = state.parse_spans(done)
        self.answered.since_ms = dict(since)
        self.parked = dict(json.loads(entries.get("parked", "[]")))
        counters, self.batch_reserved = json.loads(entries.get("counters", "[{},0]"))
        self.counters = Counter(counters)
        self.batch_no = self.batch_reserved
        self.declared = json.loads(entries.get("declared", "[]"))

    def replay(self, rows: Iterable[Row]) -> None:
        """Take in rows that came after `rows_to`, in their order."""
        for one in rows:
            if not self.streams.has(one.stream):
                continue
            received = self.streams.at(one.stream).received
            last_seq = one.seq
            if one.note in (LOST, GONE):
                last_seq = last_in(one.data, one.seq)
            if one.note == GONE:
                received.remove(one.seq, last_seq)
            else:
                received.add(one.seq, last_seq)

    def begin(self, closed: Iterable[Span], newest_first_id: int, newest_row: Row | None, times_ms: int) -> None:
        """Everything is loaded: what lies in no segment is done, and the clock of ages goes on."""
        before = 1
        for _, first_id, last_id in closed:
            self.answered.close(before, first_id - 1)
            before = max(before, last_id + 1)
        self.answered.close(before, newest_first_id - 1)
        beyond = self.answered.done.highest()
        if beyond > self.last_id:
            self.answered.done.remove(self.last_id + 1, beyond)
        newest_ms = times_ms
        if newest_row is not None:
            newest_ms = max(newest_ms, self.ages.of(newest_row.boot, newest_row.mono_ms) or 0)
        self.ages.begin(newest_ms)

    # --- what is asked

    def held_fields(self, one: Row) -> tuple[Any, ...]:
        """(box_id, epoch, scan, record) of a row."""
        stream = self.streams.at(one.stream)
        scan = row.scan_of(one, stream.box_id, stream.epoch, self.keys.names.get(one.key, ""))
        return stream.box_id, stream.epoch, scan, row.record_of(one, scan)

    def waiting(self) -> int:
        total = sum(last - first + 1 for first, last in self.answered.open_ranges(self.last_id))
        return total - len(self.parked)


def spans_of(ids: Iterable[int]) -> Spans:
    found = Spans()
    for id_ in ids:
        found.add(id_)
    return found
