"""What has been received from each (box, epoch), in memory as it stands in the file.

1. `received`: numbers that came here and were kept, or that a box declared lost. Never shrinks, but for what a
   salvage finds gone.
2. `freed`: those of them whose rows were delivered and pruned. Only a salvage asks.
3. `first_held`: by the box's own statement, everything below was freed or declared lost; not ours, but complete for
   an ack.
4. A stream may have MAX_RANGES ranges. A record that would open one more is left unanswered: the ack names the holes,
   the box fills them first. So nobody can make a row of unbounded size, and no box that keeps to the protocol
   notices.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterator

from firmware.wire import ack
from firmware.wire.errors import WireError
from firmware.wire.spans import Spans
from gateway.buffer.errors import BufferFault
from gateway.buffer.schema import check_of

MAX_RANGES = 1024
MAX_EPOCHS = 256


class Stream:
    __slots__ = ("box_id", "epoch", "first_held", "freed", "last_seq", "no", "received")

    def __init__(self, no: int, box_id: str, epoch: str) -> None:
        self.no = no
        self.box_id = box_id
        self.epoch = epoch
        self.received = Spans()
        self.freed = Spans()
        self.first_held = 1
        self.last_seq = 0

    def row(self) -> list[object]:
        values = [
            self.no,
            self.box_id,
            self.epoch,
            str(self.received),
            str(self.freed),
            self.first_held,
            self.last_seq,
        ]
        return [*values, check_of(*values)]

    def state(self, first_held: int, last_seq: int) -> None:
        """Take in the box's statement; statements may overtake each other, so only what is further counts."""
        self.first_held = max(self.first_held, first_held)
        self.last_seq = max(self.last_seq, last_seq)

    def has_room_for(self, first: int, last: int) -> bool:
        ranges = self.received.ranges
        if len(ranges) < MAX_RANGES:
            return True
        widened = self.received.copy()
        widened.add(first, last)
        return len(widened.ranges) <= len(ranges)

    def ack(self) -> ack.Ack:
        spans = self.received
        if self.first_held > 1:
            spans = spans.copy()
            spans.add(1, self.first_held - 1)
        return ack.of(self.box_id, self.epoch, spans)


class Streams:
    """All of them, by (box_id, epoch) and by number."""

    def __init__(self) -> None:
        self._by_name: dict[tuple[str, str], Stream] = {}
        self._by_no: dict[int, Stream] = {}
        self._epochs: Counter[str] = Counter()
        self._top_no = 0

    def __len__(self) -> int:
        return len(self._by_no)

    def __iter__(self) -> Iterator[Stream]:
        return iter(self._by_no.values())

    def get(self, box_id: str, epoch: str) -> Stream | None:
        """The stream of that name, a new one if need be; None where its box has MAX_EPOCHS already."""
        stream = self._by_name.get((box_id, epoch))
        if stream is None and self._epochs[box_id] < MAX_EPOCHS:
            stream = Stream(self._top_no + 1, box_id, epoch)
            self._keep(stream)
        return stream

    def has(self, no: int) -> bool:
        return no in self._by_no

    def at(self, no: int) -> Stream:
        return self._by_no[no]

    def _keep(self, stream: Stream) -> None:
        self._top_no = max(self._top_no, stream.no)
        self._epochs[stream.box_id] += 1
        self._by_name[(stream.box_id, stream.epoch)] = stream
        self._by_no[stream.no] = stream

    @classmethod
    def load(cls, db: sqlite3.Connection) -> "Streams":
        streams = cls()
        for row in db.execute(
            'SELECT no, box_id, epoch, received, freed, first_held, last_seq, "check" FROM stream ORDER BY no'
        ):
            streams._keep(stream_of(row))
        return streams


def stream_of(row: tuple[object, ...]) -> Stream:
    """The stream of a row, which must be as it was written."""
    no, box_id, epoch, received, freed, first_held, last_seq, check = row
    try:
        if check != check_of(*row[:-1]):
            raise BufferFault("damaged", f"stream {no} is not as it was written")
        stream = Stream(int(str(no)), str(box_id), str(epoch))
        stream.received = Spans.parse(str(received))
        stream.freed = Spans.parse(str(freed))
        stream.first_held = int(str(first_held))
        stream.last_seq = int(str(last_seq))
    except (WireError, ValueError) as err:
        raise BufferFault("damaged", f"stream {no} cannot be read") from err
    return stream
