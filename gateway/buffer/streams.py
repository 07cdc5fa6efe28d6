"""What has been received from each (box, epoch), in memory; the state in the files (state.py) and the rows say it, too.

1. `received`: numbers that came here and were kept, or that a box declared lost. Never shrinks, but for what is found
   gone.
2. `first_held`: by the box's own statement, everything below was freed or declared lost; not ours, but complete for
   an ack.
3. A stream may have MAX_RANGES ranges. A record that would open one more is left unanswered: the ack names the holes,
   the box fills them first. So nobody can make a state of unbounded size, and no box that keeps to the protocol
   notices.
4. A put changes copies, which take the place of the streams once it is committed: memory never holds what is not on
   the disk.
"""

from collections import Counter
from collections.abc import Iterator

from firmware.wire import ack
from firmware.wire.spans import Spans

MAX_RANGES = 1024
MAX_EPOCHS = 256


class Stream:
    __slots__ = ("box_id", "epoch", "first_held", "last_seq", "no", "received")

    def __init__(self, no: int, box_id: str, epoch: str) -> None:
        self.no = no
        self.box_id = box_id
        self.epoch = epoch
        self.received = Spans()
        self.first_held = 1
        self.last_seq = 0

    def copy(self) -> "Stream":
        twin = Stream(self.no, self.box_id, self.epoch)
        twin.received = self.received.copy()
        twin.first_held, twin.last_seq = self.first_held, self.last_seq
        return twin

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

    def has(self, no: int) -> bool:
        return no in self._by_no

    def at(self, no: int) -> Stream:
        return self._by_no[no]

    def find(self, box_id: str, epoch: str) -> Stream | None:
        return self._by_name.get((box_id, epoch))

    @property
    def top_no(self) -> int:
        return self._top_no

    def epochs_of(self, box_id: str) -> int:
        return self._epochs[box_id]

    def keep(self, stream: Stream) -> None:
        """A new stream, or one in the place of what was there."""
        name = stream.box_id, stream.epoch
        if name not in self._by_name:
            self._epochs[stream.box_id] += 1
            self._top_no = max(self._top_no, stream.no)
        self._by_name[name] = stream
        self._by_no[stream.no] = stream


class Staged:
    """Streams as a put will leave them."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams
        self._copies: dict[tuple[str, str], Stream] = {}
        self._fresh: Counter[str] = Counter()
        self.new: list[Stream] = []

    def __iter__(self) -> Iterator[Stream]:
        """Those that were touched, in that order."""
        return iter(self._copies.values())

    def get(self, box_id: str, epoch: str) -> Stream | None:
        """A copy of the stream of that name, or a new one; None where its box has MAX_EPOCHS already."""
        copy = self._copies.get((box_id, epoch))
        if copy is not None:
            return copy
        there = self._streams.find(box_id, epoch)
        if there is not None:
            copy = there.copy()
        elif self._streams.epochs_of(box_id) + self._fresh[box_id] < MAX_EPOCHS:
            copy = Stream(self._streams.top_no + len(self.new) + 1, box_id, epoch)
            self._fresh[box_id] += 1
            self.new.append(copy)
        else:
            return None
        self._copies[(box_id, epoch)] = copy
        return copy

    def keep(self) -> None:
        """It is committed."""
        for stream in self._copies.values():
            self._streams.keep(stream)
