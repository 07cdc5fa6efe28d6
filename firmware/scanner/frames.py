# The stream of a GM65: bytes in, codes and answers out. No I/O, and no clock of its own.
#
# 1. `feed` takes what was read, `tick` says that nothing was; both take the time and give events (line.py), in the
#    order of the line. How the bytes are cut into pieces changes nothing. `tick` must come at least every 50 ms as
#    long as the port is listened to.
# 2. There are three modes. PROTOCOL and TAIL are framings of the module (protocol.py, tail.py). HOLD: which of them it
#    speaks is not known, or is just being changed. Then only the awaited answer is taken out, and the rest is kept
#    until `set_mode` tells, and read in that mode; what does not fit is dropped as noise.
# 3. Memory is bounded: one buffer of ROOM bytes, and one code.

from .gm65 import REPLY_EXTRA_BYTES, REPLY_HEAD, is_reply
from .line import GAP_MS, HOLD, PROTOCOL, ROOM, SETTLED_MS, TAIL, Line
from .protocol import Protocol
from .tail import Tail


class Frames:
    def __init__(self, mode: int = HOLD, tail: bytes = b"\r") -> None:
        self._line = Line(mode)
        self._protocol = Protocol(self._line)
        self._tail = Tail(self._line, tail)

    @property
    def mode(self) -> int:
        return self._line.mode

    @property
    def tail(self) -> bytes:
        return self._tail.tail

    def pending(self) -> bool:
        return bool(self._line.n or self._line.lost or self._protocol.pending())

    def expect(self, length: int | None, now_ms: int, hold_after: bool = False) -> None:
        # An answer with this many data bytes is awaited from now on (None: none any more). `hold_after`: the bytes
        # behind it may come in another mode, so hold them.
        self._line.expect(length, now_ms, hold_after)

    def set_quick(self, is_quick: bool) -> None:
        self._line.quick = is_quick

    def tear(self) -> list:
        # Bytes may be missing from what is on the line now: see line.py.
        events = []
        self._protocol.tear(events)
        return events

    def set_mode(self, mode: int, tail: bytes = b"\r") -> list:
        line = self._line
        events = []
        held = b""
        if line.mode == HOLD:
            held = bytes(line.view[: line.n])
            line.n = 0
        elif mode != line.mode:
            events = self.drop()
        line.mode = mode
        self._tail.tail = tail
        if held:
            line.unsure = True
            self._parse(held, events)
        return events

    def drop(self) -> list:
        # Forget what has not become a frame, and begin to listen anew: the speed was changed, or the line was gone.
        events = []
        self._protocol.drop(events)
        self._line.lose(self._line.why if self._line.lost else "noise")
        self._line.end_lost(events)
        self._line.begin()
        return events

    def feed(self, data: bytes, now_ms: int) -> list:
        self._line.arrived(now_ms)
        events = []
        self._parse(data, events)
        return events

    def tick(self, now_ms: int) -> list:
        line = self._line
        line.silent(now_ms)
        events = []
        if line.mode == PROTOCOL:
            self._protocol.silence(events)
        elif line.mode == TAIL:
            self._tail.silence(events)
        elif (line.doubtful or line.lost) and line.silent_ms >= GAP_MS:
            line.lose("noise" if line.doubtful else line.why)
            line.end_lost(events)
        if not self.pending():
            line.unsure = False
            if line.silent_ms >= SETTLED_MS:
                line.doubtful = False
        return events

    def _parse(self, data: bytes, events: list) -> None:
        line = self._line
        view = memoryview(data)
        pos = 0
        while pos < len(view):
            if line.mode == PROTOCOL:
                pos = self._protocol.feed(view, pos, events)
            elif line.mode == TAIL:
                pos = self._tail.feed(view, pos, events)
            else:
                pos = self._hold(view, pos, events)

    def _hold(self, view: memoryview, pos: int, events: list) -> int:
        line = self._line
        if line.lost:
            line.lost += len(view) - pos
            return len(view)
        if line.n == ROOM:
            line.lose("noise")
            line.end_lost(events)
        pos = line.take(view, pos, ROOM - line.n)
        at = self._find_awaited()
        if at >= 0:
            end = at + line.awaited + REPLY_EXTRA_BYTES
            data = bytes(line.view[at + 4 : end - 2])
            if line.doubtful and at:
                line.lost = at
                line.end_lost(events)
                at = 0
            line.doubtful = False
            line.cut(at, end)
            line.answer(data, events)
        return pos

    def _find_awaited(self) -> int:
        line = self._line
        if line.awaited is None:
            return -1
        head = REPLY_HEAD + bytes((line.awaited,))
        at = line.buf.find(head, 0, line.n)
        while at >= 0:
            end = at + line.awaited + REPLY_EXTRA_BYTES
            if end <= line.n and is_reply(line.view[at:end]):
                return at
            at = line.buf.find(head, at + 1, line.n)
        return -1
