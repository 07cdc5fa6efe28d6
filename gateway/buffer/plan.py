"""What a put will change, worked out before anything is written.

1. A number that is new in its stream: a row. Nearly everything is a run of such numbers, taken at once.
2. A number that was received before: the same bytes are there -> duplicate, counted. A scan is there with other bytes
   -> conflict: a row of its own with the note `conflict`, counted, forwarded so that the server sees it; the first is
   not touched. Otherwise (it was pruned, or only declared lost, or could not be read) -> a row: the server decides.
3. An identity has MAX_SAME rows at most; what comes beyond is counted as a conflict and not kept.
   A box has MAX_EPOCHS streams at most; records of further ones go to quarantine and are not answered for.
4. Streams are changed in memory as the plan grows; when the transaction fails the caller reads them back from the
   file.
"""

from binascii import crc32
from collections import Counter
from collections.abc import Iterator
from itertools import accumulate
from typing import NamedTuple

from gateway.buffer.ages import Ages
from gateway.buffer.places import Places
from gateway.buffer.quarantine import Row
from gateway.buffer.reading import LOST, Entry, Reading, Statement, entries_of, read, usual_run
from gateway.buffer.streams import MAX_RANGES, Stream, Streams
from gateway.buffer.types import Arrival, Refused
from gateway.buffer.usual import Run

CONFLICT = "conflict"
MAX_SAME = 8
UNKNOWN_BOOT = "unknown"

RowValues = tuple[int, int, int, int, str | None, int]
"""stream, seq, boot, mono_ms, note, check."""


def row_check(stream_no: int, seq: int, boot_no: int, mono_ms: int, note: str | None, data: bytes) -> int:
    """The checksum of a row's envelope. A good record has its own inside; one with a note is included."""
    if note is None:
        return envelope_check(stream_no, boot_no, mono_ms) ^ seq
    return crc32(data, crc32(f"{stream_no} {seq} {boot_no} {mono_ms} {note}".encode()))


def envelope_check(stream_no: int, boot_no: int, mono_ms: int) -> int:
    return crc32(b"%d %d %d" % (stream_no, boot_no, mono_ms))


def by_epoch(entries: list[Entry]) -> Iterator[tuple[str, list[Entry]]]:
    """Entries in their order, in runs of one epoch: nearly always all of them."""
    start = 0
    for at in range(1, len(entries) + 1):
        if at == len(entries) or entries[at].epoch != entries[start].epoch:
            yield entries[start].epoch, entries[start:at]
            start = at


def _follows(row: RowValues, before: RowValues) -> bool:
    return row[0] == before[0] and row[1] == before[1] + 1 and row[4] is None and before[4] is None


class Replacement(NamedTuple):
    """What takes the place of a row that is not as it was written (rot.py)."""

    box_id: str
    epoch: str
    seq: int
    last_seq: int
    note: str | None
    record: bytes


class Plan:
    def __init__(self, streams: Streams, places: Places, ages: Ages) -> None:
        self._streams = streams
        self._places = places
        self._ages = ages
        self.rows: list[RowValues] = []
        self.records: list[bytes] = []
        self.touched: dict[int, Stream] = {}
        self.changed: dict[int, Stream] = {}
        self.quarantine: list[Row] = []
        self.counts: Counter[str] = Counter()
        self.alone: list[int] = []
        """Indexes into rows of records that came in a message of their own: the live lane."""
        self.runs: list[tuple[int, int]] = []
        """(index of the first row, count) of rows from packs that differ in nothing but number and record."""
        self._messages = 0
        self._indexed = 0
        self._index: dict[tuple[int, int], list[int]] = {}

    @property
    def is_packed(self) -> bool:
        """Many records in few messages: a backlog, and the MQTT thread has little to do."""
        return len(self.rows) >= 64 and len(self.rows) > 4 * self._messages

    def listed(self, start: int, end: int) -> list[tuple[object, ...]]:
        """Rows as PUT_TRIGGER takes them: with where each record begins, counted from 1, and its length."""
        sizes = list(map(len, self.records[start:end]))
        return [(*row, at, size) for row, at, size in zip(self.rows[start:end], accumulate(sizes, initial=1), sizes)]

    def refuse(self, refused: Refused) -> None:
        boot_no = self._ages.boot_no(refused.received_boot)
        self._quarantine(refused.topic, refused.reason, boot_no, refused.received_mono_ms, refused.payload)

    def take(self, arrival: Arrival) -> None:
        self._messages += 1
        found = usual_run(arrival.box_id, arrival.payload)
        if found is None:
            self._take_any(arrival, read(arrival))
        elif not self._take_run(arrival, *found):
            statement, run = found
            self._take_any(arrival, Reading(statement, entries_of(run), []))

    def _take_run(self, arrival: Arrival, statement: Statement | None, run: Run) -> bool:
        """The next numbers of their stream, all of them good: at once. False: nothing is done yet."""
        stream = self._streams.get(arrival.box_id, run.epoch)
        if stream is None:
            return False
        ranges, first_seq, count = stream.received.ranges, run.first_seq, len(run.records)
        if ranges and ranges[-1][1] + 1 != first_seq:
            return False
        stream.received.add(first_seq, first_seq + count - 1)
        if statement is not None:
            self._state(arrival.box_id, statement)
        no, mono_ms = stream.no, arrival.received_mono_ms
        boot_no = self._ages.boot_no(arrival.received_boot)
        envelope = envelope_check(no, boot_no, mono_ms)
        self.touched[no] = self.changed[no] = stream
        start = len(self.rows)
        seqs = range(first_seq, first_seq + count)
        self.rows += [(no, seq, boot_no, mono_ms, None, envelope ^ seq) for seq in seqs]
        self.records += run.records
        if statement is None:
            self.alone.append(start)
        else:
            self.runs.append((start, count))
        return True

    def _take_any(self, arrival: Arrival, reading: Reading) -> None:
        boot_no = self._ages.boot_no(arrival.received_boot)
        if reading.statement is not None:
            self._state(arrival.box_id, reading.statement)
        before = len(self.rows)
        for epoch, entries in by_epoch(reading.entries):
            stream = self._streams.get(arrival.box_id, epoch)
            if stream is not None:
                self.touched[stream.no] = stream
                self._entries(stream, entries, boot_no, arrival.received_mono_ms)
                continue
            for entry in entries:
                self._quarantine(arrival.topic, "too_many_epochs", boot_no, arrival.received_mono_ms, entry.record)
        if reading.statement is not None:
            self._note_runs(before)
        elif len(self.rows) > before:
            self.alone.append(before)
        for reason, data in reading.refused:
            self._quarantine(arrival.topic, reason, boot_no, arrival.received_mono_ms, data)

    def _note_runs(self, start: int) -> None:
        """The runs among a pack's rows, which are of one arrival."""
        rows = self.rows
        for at in range(start + 1, len(rows) + 1):
            if at == len(rows) or not _follows(rows[at], rows[at - 1]):
                if rows[start][4] is None:
                    self.runs.append((start, at - start))
                start = at

    def _state(self, box_id: str, statement: Statement) -> None:
        stream = self._streams.get(box_id, statement.epoch)
        if stream is None:
            return
        self.touched[stream.no] = stream
        before = stream.first_held, stream.last_seq
        stream.state(statement.first_held, statement.last_seq)
        if before != (stream.first_held, stream.last_seq):
            self.changed[stream.no] = stream

    def _entries(self, stream: Stream, entries: list[Entry], boot_no: int, mono_ms: int) -> None:
        received, no = stream.received, stream.no
        envelope = envelope_check(no, boot_no, mono_ms)
        for _, seq, last_seq, note, data in entries:
            ranges = received.ranges
            if note is None and ranges and ranges[-1][1] + 1 == seq:
                # nearly every record comes this way: the next good one of its stream
                ranges[-1][1] = seq
                self.rows.append((no, seq, boot_no, mono_ms, None, envelope ^ seq))
                self.records.append(data)
                self.changed[no] = stream
                continue
            if seq in received:
                keep, note = self._seen_before(no, seq, note, data)
                if not keep:
                    continue
            elif len(ranges) >= MAX_RANGES and not stream.has_room_for(seq, last_seq):
                self.counts["deferred"] += 1
                continue
            received.add(seq, last_seq)
            self._row(stream, seq, note, data, boot_no, mono_ms)

    def _row(self, stream: Stream, seq: int, note: str | None, data: bytes, boot_no: int, mono_ms: int) -> None:
        no = stream.no
        self.changed[no] = stream
        if note is not None and note not in (LOST, CONFLICT):
            self.counts["unreadable"] += 1
        self.rows.append((no, seq, boot_no, mono_ms, note, row_check(no, seq, boot_no, mono_ms, note, data)))
        self.records.append(data)

    def replace(self, what: Replacement) -> None:
        """A row for what is left of one that rotted or was salvaged; a number that is gone is asked for again."""
        stream = self._streams.get(what.box_id, what.epoch)
        if stream is None:
            return
        if what.note == LOST:
            stream.received.remove(what.seq, what.last_seq)
        self._row(stream, what.seq, what.note, what.record, self._ages.boot_no(UNKNOWN_BOOT), 0)

    def _seen_before(self, no: int, seq: int, note: str | None, data: bytes) -> tuple[bool, str | None]:
        """-> (whether it becomes a row, with which note)"""
        there = self._places.find(no, seq) + self._planned(no, seq)
        if any(other == data for _, other in there):
            self.counts["duplicates"] += 1
            return False, note
        if len(there) >= MAX_SAME or (note != LOST and any(kept is None for kept, _ in there)):
            self.counts["conflicts"] += 1
            return len(there) < MAX_SAME, CONFLICT
        return True, note

    def _planned(self, no: int, seq: int) -> list[tuple[str | None, bytes]]:
        """What this very put already holds under an identity; indexed only once somebody asks."""
        for at in range(self._indexed, len(self.rows)):
            self._index.setdefault(self.rows[at][:2], []).append(at)
        self._indexed = len(self.rows)
        return [(self.rows[at][4], self.records[at]) for at in self._index.get((no, seq), ())]

    def _quarantine(self, topic: str, reason: str, boot_no: int, mono_ms: int, payload: bytes) -> None:
        self.quarantine.append(Row(topic, reason, boot_no, mono_ms, payload))
        self.counts[f"quarantined.{reason}"] += 1
