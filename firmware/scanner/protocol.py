# Protocol mode: a code is `03 len16 data`. Sure framing, but no checksum over the code.
#
# 1. A frame begins after silence or directly behind a whole frame. One tail (CR, LF, TAB) behind a code is dropped.
# 2. Any other byte there is noise. All is noise from it up to the next silence: the bytes of a frame that lost its head
#    are never searched for frames. Noise that itself begins with a whole frame cannot be told from a code.
# 3. What has once been part of a frame is never looked at again: a code may hold bytes that look like a frame.
# 4. A frame that silence cuts short is truncated, and refused.
# 5. An answer of the awaited length whose checksum is wrong is refused as `bad_crc`; a frame may follow it directly.
# 6. A code is given out once a whole frame or SETTLE_MS of silence follows it, and refused as `misframed` if neither
#    does: when a length byte is lost, its code would else be taken for a shorter one, with the rest of it behind; when
#    a byte of the code is lost, the first byte of an answer that follows without a pause would fill it up. For the same
#    reason a code with the awaited answer at its end is refused. The price is SETTLE_MS between last byte and green
#    (_QUICK_SETTLE_MS on a quick line). Also where the tail is known to be off: what comes behind a code tells whether
#    its length was the right one.
# 7. What cannot be seen: a changed byte; a lost one together with a gained one; a lost length byte where the first byte
#    of the code happens to say the length of the rest; a lost byte made up for by the first of a frame that follows
#    within GAP_MS (the pause of the reader between two reads is set longer than that).

from .gm65 import HEARTBEAT_REPLY, REPLY_EXTRA_BYTES, REPLY_HEAD, is_reply
from .line import GAP_MS, MAX_CODE_BYTES, Code, Line, Refused

SETTLE_MS = 40
_QUICK_SETTLE_MS = 20
_TAIL_BYTES = b"\r\n\t"


class Protocol:
    def __init__(self, line: Line) -> None:
        self._line = line
        self._skip = 0  # bytes of an oversize frame still to come
        self._kept = None
        self._tail_left = 0

    def pending(self) -> bool:
        return bool(self._skip or self._kept)

    def drop(self, events: list) -> None:
        self._misframed(events)
        self._skip = self._tail_left = 0

    def tear(self, events: list) -> None:
        self._misframed(events)
        self._skip = self._tail_left = 0
        self._line.tear()

    def feed(self, view: memoryview, pos: int, events: list) -> int:
        line = self._line
        if line.lost:
            line.lost += len(view) - pos
            return len(view)
        if self._skip:
            count = min(self._skip, len(view) - pos)
            self._skip -= count
            return pos + count
        if line.n == 0 and self._tail_left and view[pos] in _TAIL_BYTES:
            self._tail_left -= 1
            return pos + 1
        self._tail_left = 0
        pos = line.take(view, pos, self._wanted() - line.n)
        wanted = self._wanted()
        if wanted == 0:
            self._noise(events)
        elif line.n == wanted:
            self._whole(events)
        return pos

    def silence(self, events: list) -> None:
        line = self._line
        if self._kept and not line.n and line.is_quiet(SETTLE_MS, _QUICK_SETTLE_MS):
            if line.awaited and is_reply(self._kept.data[-line.awaited - REPLY_EXTRA_BYTES :]):
                self._misframed(events)
            self._give(events)
        if line.silent_ms >= GAP_MS:
            if line.n:
                self._misframed(events)
                events.append(Refused("truncated", line.n))
            line.end_lost(events)
            line.n = self._skip = self._tail_left = 0

    def _wanted(self) -> int:
        # How long the frame must be before more can be said about it; 0: it is none.
        buf, n = self._line.buf, self._line.n
        if n == 0:
            return 1
        if buf[0] == 3:
            if n < 3:
                return 3
            length = buf[1] << 8 | buf[2]
            if length:
                return 3 + length if length <= MAX_CODE_BYTES else 3
            return 7 if HEARTBEAT_REPLY.startswith(bytes(self._line.view[:n])) else 0
        if buf[0] == 2:
            if n < 4:
                return n + 1 if REPLY_HEAD.startswith(bytes(self._line.view[:n])) else 0
            return buf[3] + REPLY_EXTRA_BYTES if buf[3] else 0
        return 0

    def _whole(self, events: list) -> None:
        line = self._line
        buf, n = line.buf, line.n
        if buf[0] == 2:
            self._whole_reply(events)
            return
        line.n = 0
        length = buf[1] << 8 | buf[2]
        if length > MAX_CODE_BYTES:
            self._misframed(events)
            self._skip = length
            self._tail_left = 2
            events.append(Refused("too_long", length))
            return
        self._give(events)
        if length == 0:
            line.heartbeat(events)
            return
        self._tail_left = 2
        self._kept = Code(bytes(line.view[3:n]), line.rx_ms)

    def _whole_reply(self, events: list) -> None:
        line = self._line
        frame = bytes(line.view[: line.n])
        if is_reply(frame):
            line.n = 0
            self._give(events)
            line.answer(frame[4:-2], events)
        elif line.awaited is not None and frame[3] == line.awaited:
            line.n = 0
            self._misframed(events)
            events.append(Refused("bad_crc", len(frame)))
        else:
            self._noise(events)

    def _noise(self, events: list) -> None:
        self._misframed(events)
        self._line.lose("noise")

    def _misframed(self, events: list) -> None:
        if self._kept:
            events.append(Refused("misframed", len(self._kept.data)))
            self._kept = None

    def _give(self, events: list) -> None:
        if self._kept:
            events.append(self._kept)
            self._kept = None
