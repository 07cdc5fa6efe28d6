"""What a put will change, worked out before anything is written.

1. A number that is new in its stream: a row. Nearly everything is that.
2. A number that was received before: the same bytes are there -> duplicate, counted. A scan is there with other bytes
   -> conflict: a row of its own with the note `conflict`, counted, forwarded so that the server sees it; the first is
   not touched. Otherwise (it is gone, or was only declared lost, or could not be read, or the key is gone by which it
   would be known again) -> a row: the server decides.
3. An identity has MAX_SAME rows at most; what comes beyond is counted as a conflict and not kept.
   A box has MAX_EPOCHS streams at most; records of further ones go to quarantine and are not answered for.
4. Every record is sealed here, before anything is written (types.Sealer).
5. Streams are changed in copies; they count once the transaction is committed.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from gateway.buffer import index, row
from gateway.buffer.ages import Ages
from gateway.buffer.quarantine import Item
from gateway.buffer.reading import LOST, Entry, read
from gateway.buffer.row import Row
from gateway.buffer.streams import MAX_RANGES, Staged, Stream, Streams
from gateway.buffer.types import Arrival, Fresh, Refused, Sealer

CONFLICT = "conflict"
GONE = "gone"
"""The note of a declaration of loss by this gateway: its numbers are asked for again."""
MAX_SAME = 8
UNKNOWN_BOOT = "unknown"

Find = Callable[[int, int], list[Row]]
"""(stream, seq) -> the rows there are of this identity."""


class Keys:
    """Small numbers for the keys that were sealed to."""

    def __init__(self) -> None:
        self.names: dict[int, str] = {}
        self._no: dict[str, int] = {}
        self.unwritten: list[int] = []

    def load(self, no: int, name: str) -> None:
        self.names[no] = name
        self._no[name] = no

    def __call__(self, name: str) -> int:
        no = self._no.get(name)
        if no is None:
            no = max(self.names, default=0) + 1
            self.load(no, name)
            self.unwritten.append(no)
        return no


class Made(NamedTuple):
    """Rows ready to be written, in the order of their ids."""

    packed: list[bytes]
    entries: list[index.Entry]


def by_epoch(entries: list[Entry]) -> Iterator[tuple[str, list[Entry]]]:
    """Entries in their order, in runs of one epoch: nearly always all of them."""
    start = 0
    for at in range(1, len(entries) + 1):
        if at == len(entries) or entries[at].epoch != entries[start].epoch:
            yield entries[start].epoch, entries[start:at]
            start = at


class Plan:
    def __init__(self, first_id: int, streams: Streams, ages: Ages, keys: Keys, sealer: Sealer, find: Find) -> None:
        self._first_id = first_id
        self.staged = Staged(streams)
        self._ages = ages
        self._keys = keys
        self._sealer = sealer
        self._find = find
        self.made = Made([], [])
        self.quarantine: list[Item] = []
        self.counts: Counter[str] = Counter()
        self.scans: list[Fresh] = []
        self.alone: list[int] = []
        """Ids of records that came in a message of their own: the live lane."""
        self._here: dict[tuple[int, int], list[tuple[Row, bytes]]] = {}

    @property
    def next_id(self) -> int:
        return self._first_id + len(self.made.packed)

    def refuse(self, refused: Refused) -> None:
        self._quarantine(
            refused.topic, refused.reason, refused.received_boot, refused.received_mono_ms, refused.payload
        )

    def take(self, arrival: Arrival) -> None:
        reading = read(arrival)
        is_alone = reading.statement is None
        if reading.statement is not None:
            stream = self.staged.get(arrival.box_id, reading.statement.epoch)
            if stream is not None:
                stream.state(reading.statement.first_held, reading.statement.last_seq)
        before = self.next_id
        for epoch, entries in by_epoch(reading.entries):
            stream = self.staged.get(arrival.box_id, epoch)
            for entry in entries:
                if stream is None:
                    self._aside(arrival, "too_many_epochs", entry.record)
                else:
                    self._entry(stream, entry, arrival, is_alone)
        if is_alone:
            self.alone += range(before, self.next_id)
        for reason, data in reading.refused:
            self._aside(arrival, reason, data)

    def _entry(self, stream: Stream, entry: Entry, arrival: Arrival, is_alone: bool) -> None:
        received, note = stream.received, entry.note
        is_fresh = entry.scan is not None
        ranges = received.ranges
        if ranges and ranges[-1][1] + 1 == entry.seq:
            pass  # nearly every record comes this way: the next one of its stream
        elif entry.seq in received:
            there = self._there(stream.no, entry.seq)
            keep, note = self._seen_before(there, entry)
            if not keep:
                return
            is_fresh = is_fresh and bool(there) and not any(kind != row.RAW for _, kind, _ in there)
        elif len(ranges) >= MAX_RANGES and not stream.has_room_for(entry.seq, entry.last_seq):
            self.counts["deferred"] += 1
            return
        received.add(entry.seq, entry.last_seq)
        if note not in (None, LOST, CONFLICT):
            self.counts["unreadable"] += 1
        self._row(stream, entry, note, arrival)
        if is_fresh and entry.scan is not None and note is None:
            self.scans.append(Fresh(entry.scan, arrival.received_boot, arrival.received_mono_ms, is_alone))

    def _row(self, stream: Stream, entry: Entry, note: str | None, arrival: Arrival) -> None:
        boot, mono_ms, sealer = arrival.received_boot, arrival.received_mono_ms, self._sealer
        if entry.scan is not None:
            kept = sealer.scan(entry.scan, entry.record, boot, mono_ms)
        elif entry.note == LOST:
            kept = sealer.lost(entry.record)
        else:
            kept = sealer.opaque(stream.box_id, stream.epoch, entry.seq, entry.record, boot, mono_ms)
        digest = b"" if entry.note == LOST else sealer.digest(entry.record)
        boot_no = self._ages.boot_no(boot)
        blank = Row(self.next_id, stream.no, entry.seq, boot_no, mono_ms, row.RAW, note, digest, None, 0, b"")
        made = row.of_envelope(blank, kept, self._keys)
        self._add(made, entry.last_seq - entry.seq)
        self._here.setdefault((stream.no, entry.seq), []).append((made, entry.record))

    def _add(self, made: Row, extent: int) -> None:
        self.made.packed.append(row.pack(made))
        self.made.entries.append(index.Entry(made.stream, made.seq, extent))

    def declare_gone(self, box_id: str, epoch: str, declarations: Sequence[tuple[int, int, bytes]]) -> None:
        """(first, last, declaration of loss) of numbers that this gateway held and has no more."""
        stream = self.staged.get(box_id, epoch)
        if stream is None:
            return
        for first, last, lost in declarations:
            stream.received.remove(first, last)
            boot_no = self._ages.boot_no(UNKNOWN_BOOT)
            made = Row(self.next_id, stream.no, first, boot_no, 0, row.RAW, GONE, b"", None, 0, lost)
            self._add(made, last - first)

    def _there(self, no: int, seq: int) -> list[tuple[str | None, int, Row | bytes]]:
        """(note, kind, row or the record itself) of everything under this identity, in the files and in this put."""
        found: list[tuple[str | None, int, Row | bytes]] = [(one.note, one.kind, one) for one in self._find(no, seq)]
        found += [(made.note, made.kind, data) for made, data in self._here.get((no, seq), ())]
        return found

    def _seen_before(self, there: list[tuple[str | None, int, Row | bytes]], entry: Entry) -> tuple[bool, str | None]:
        """-> (whether it becomes a row, with which note)"""
        data = entry.record
        same = [(note, kind, self._is_same(other, data)) for note, kind, other in there]
        if any(is_same for _, _, is_same in same):
            self.counts["duplicates"] += 1
            return False, entry.note
        other_scan = any(is_same is False and kind != row.RAW and note is None for note, kind, is_same in same)
        if len(there) >= MAX_SAME or (entry.note != LOST and other_scan):
            self.counts["conflicts"] += 1
            return len(there) < MAX_SAME, CONFLICT
        return True, entry.note

    def _is_same(self, other: Row | bytes, data: bytes) -> bool | None:
        if isinstance(other, bytes):
            return other == data
        if other.digest:
            return self._sealer.same(other.digest, data)
        return other.data == data

    def _aside(self, arrival: Arrival, reason: str, data: bytes) -> None:
        self._quarantine(arrival.topic, reason, arrival.received_boot, arrival.received_mono_ms, data)

    def _quarantine(self, topic: str, reason: str, boot: str, mono_ms: int, payload: bytes) -> None:
        self.quarantine.append(Item(topic, reason, boot, mono_ms, payload))
        self.counts[f"quarantined.{reason}"] += 1
