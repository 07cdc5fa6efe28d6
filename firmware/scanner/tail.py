# Tail mode: plain bytes, then a tail. All that an old GM65 can do, and a fallback only.
#
# 1. A code ends where the bytes end with the tail AND silence follows: a CR within a code stays in it.
# 2. So nothing tells these apart: a code cut exactly behind an inner tail and a whole one; noise, a lost or a changed
#    byte and content; two codes less than TAIL_GAP_MS apart (on a quick line _QUICK_GAP_MS) and one that holds a tail.
#    The reader's own pause between two reads is therefore set longer than that. Where this program was itself too busy
#    to see pauses, bytes with a tail among them are refused as `ambiguous`.
# 3. Bytes that end without the tail are truncated, and refused, after GAP_MS of silence.
# 4. For some seconds after a command, well-formed answers at the start of the bytes or directly behind a tail are cut
#    out of them; a code whose content looks like that is damaged by it. In protocol mode no content is ever taken
#    for an answer. Outside these seconds no answer is looked for; a lone one has no tail, so it is truncated.
# 5. With no tail at all, silence alone ends a code, and no truncation is seen. An answer may then lie directly behind
#    it or before it, so that what comes within some seconds of a command is refused as `ambiguous`.

from .gm65 import HEARTBEAT_REPLY, REPLY_EXTRA_BYTES, REPLY_HEAD, is_reply
from .line import GAP_MS, MAX_CODE_BYTES, ROOM, TAIL, Code, Line, Refused

TAIL_GAP_MS = 60
_QUICK_GAP_MS = 30


class Tail:
    def __init__(self, line: Line, tail: bytes) -> None:
        self._line = line
        self.tail = tail

    def feed(self, view: memoryview, pos: int, events: list) -> int:
        line = self._line
        if line.lost:
            line.lost += len(view) - pos
            return len(view)
        pos = line.take(view, pos, ROOM - line.n)
        if line.asked_lately():
            self._cut_answers(events)
        if line.mode == TAIL and line.n == ROOM:
            line.lose("too_long")
        return pos

    def silence(self, events: list) -> None:
        line = self._line
        n = line.n
        if n and line.is_quiet(TAIL_GAP_MS, _QUICK_GAP_MS) and bytes(line.view[max(0, n - 2) : n]).endswith(self.tail):
            self._give(n, events)
            line.n = 0
        elif n and line.silent_ms >= GAP_MS:
            events.append(Refused("truncated", n))
            line.n = 0
        if line.silent_ms >= GAP_MS:
            line.end_lost(events)

    def _give(self, n: int, events: list) -> None:
        # The first n bytes, the tail at their end, are one code.
        line = self._line
        length = n - len(self.tail)
        if line.doubtful and length:
            events.append(Refused("truncated", length))
        elif length > MAX_CODE_BYTES:
            events.append(Refused("too_long", length))
        elif self._is_ambiguous(length):
            events.append(Refused("ambiguous", length))
        elif length:
            events.append(Code(bytes(line.view[:length]), line.rx_ms))

    def _is_ambiguous(self, length: int) -> bool:
        line = self._line
        if not self.tail:
            return line.asked_lately()
        return line.unsure and line.buf.find(self.tail, 0, length) >= 0

    def _cut_answers(self, events: list) -> None:
        line = self._line
        while line.mode == TAIL:
            at = self._answer_at()
            if at < 0:
                return
            size = 7 if line.buf[at] == 3 else line.buf[at + 3] + REPLY_EXTRA_BYTES
            frame = bytes(line.view[at : at + size])
            if at:
                self._give(at, events)
            line.doubtful = False
            line.cut(0, at + size)
            if frame[0] == 3:
                line.heartbeat(events)
            else:
                line.answer(frame[4:-2], events)

    def _answer_at(self) -> int:
        # Where a whole answer begins, at the start of the bytes or behind a tail; -1: nowhere.
        line = self._line
        start = 0
        while start >= 0:
            view = line.view[start : line.n]
            if bytes(view[:7]) == HEARTBEAT_REPLY:
                return start
            if len(view) > 3 and bytes(view[:3]) == REPLY_HEAD and is_reply(view[: view[3] + REPLY_EXTRA_BYTES]):
                return start
            found = line.buf.find(self.tail, start, line.n) if self.tail else -1
            start = found + len(self.tail) if found >= 0 else -1
        return -1
