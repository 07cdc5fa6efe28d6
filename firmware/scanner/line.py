# What both framings share: the bytes not yet understood, the silence since the last one, the answer that is awaited.
#
# 1. Silence is counted in ticks that found nothing, a long pause between two calls as one short step: a program that
#    was busy for a second does not take what waited meanwhile for two halves with silence between them.
# 2. An answer is given out only if its checksum is right, its length is the one awaited, and it is awaited. A late or
#    doubled one is dropped and counted as stray. A heartbeat's answer is never a code, and an answer
#    only where HEARTBEAT is awaited instead of a length.
# 3. Listening begins in the middle of whatever is on the line. Bytes that come before the first silence since then may
#    be the end of a code: they are `doubtful` up to the next silence or whole answer.
# 4. A code holds 1 to MAX_CODE_BYTES bytes, any bytes. A longer one is refused, and its bytes are not kept.
# 5. On a `quick` line (57,600 baud and more) a shorter pause says as much, if two ticks in a row found nothing: between
#    them whatever had waited unread was read.
# 6. `tear`: bytes may be missing from what is on the line now. All of it, up to the next silence, is refused.

from collections import namedtuple

from ..wire.record import MAX_CODE_BYTES

Code = namedtuple("Code", ("data", "done_ms"))
Reply = namedtuple("Reply", ("data",))
Heartbeat = namedtuple("Heartbeat", ("at_ms",))
Stray = namedtuple("Stray", ("length",))
Refused = namedtuple("Refused", ("reason", "length"))

HOLD = 0
PROTOCOL = 1
TAIL = 2

HEARTBEAT = 0
SETTLED_MS = 60
ROOM = MAX_CODE_BYTES + 64  # the longest code, its tail, and the longest answer without a pause
GAP_MS = 200
_ASKED_MS = 3000
_STEP_MS = 30
_BUSY_MS = 100


class Line:
    def __init__(self, mode: int) -> None:
        self.mode = mode
        self.buf = bytearray(ROOM)
        self.view = memoryview(self.buf)
        self.n = 0
        self.lost = 0  # bytes of the present burst that were not kept
        self.why = "noise"
        self.awaited = None
        self.hold_after = False
        self.silent_ms = 0
        self.silent_ticks = 0
        self.quick = False
        self.now_ms = None
        self.rx_ms = 0
        self.unsure = False  # this program was busy: pauses between the bytes at hand were not seen
        self.doubtful = False
        self._settled = False
        self._asked_ms = None

    def begin(self) -> None:
        self.silent_ms = 0
        self._settled = self.doubtful = False

    def arrived(self, now_ms: int) -> None:
        if self.now_ms is not None and now_ms - self.now_ms > _BUSY_MS:
            self.unsure = True
        if not self._settled:
            self._settled = self.doubtful = True
        self.now_ms = self.rx_ms = now_ms
        self.silent_ms = self.silent_ticks = 0

    def silent(self, now_ms: int) -> None:
        if self.now_ms is not None:
            step_ms = now_ms - self.now_ms
            self.silent_ms += step_ms if step_ms < _STEP_MS else _STEP_MS
        self.now_ms = now_ms
        self.silent_ticks += 1
        if self.silent_ms >= SETTLED_MS:
            self._settled = True

    def is_quiet(self, for_ms: int, quick_ms: int) -> bool:
        # Has there been silence for that long? (The second: on a quick line.)
        return self.silent_ms >= for_ms or (self.quick and self.silent_ticks > 1 and self.silent_ms >= quick_ms)

    def expect(self, length: int | None, now_ms: int, hold_after: bool) -> None:
        self.awaited = length
        self.hold_after = hold_after
        if length is not None:
            self._asked_ms = now_ms

    def asked_lately(self) -> bool:
        return self._asked_ms is not None and self.rx_ms - self._asked_ms < _ASKED_MS

    def take(self, view: memoryview, pos: int, room: int) -> int:
        count = min(room, len(view) - pos)
        self.buf[self.n : self.n + count] = view[pos : pos + count]
        self.n += count
        return pos + count

    def cut(self, start: int, end: int) -> None:
        rest = bytes(self.view[end : self.n])
        self.n = start + len(rest)
        self.buf[start : self.n] = rest

    def lose(self, why: str) -> None:
        self.why = why
        self.lost += self.n
        self.n = 0

    def tear(self) -> None:
        self.lose("truncated")
        self.lost = self.lost or 1

    def end_lost(self, events: list) -> None:
        if self.lost:
            events.append(Refused(self.why, self.lost))
        self.lost = 0

    def answer(self, data: bytes, events: list) -> None:
        if self.awaited is None or len(data) != self.awaited:
            events.append(Stray(len(data)))
            return
        self.awaited = None
        events.append(Reply(data))
        if self.hold_after:
            self.hold_after = False
            self.mode = HOLD

    def heartbeat(self, events: list) -> None:
        if self.awaited == HEARTBEAT:
            self.answer(b"", events)
        else:
            events.append(Heartbeat(self.rx_ms))
