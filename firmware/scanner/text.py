# Plain text: readers that send a code's bytes and perhaps a tail, with neither length nor checksum.
#
# 1. What comes between two silences is a burst. A burst is a code, an answer, or an answer beside a code: the family
#    says which (`split`). Silence is GAP_MS, on a quick line _QUICK_GAP_MS.
# 2. Where the reader ends each code with a tail, a burst without it is truncated, and refused. Where it has none, a
#    code cut short cannot be told from a whole one, unless this program knows that bytes are missing (`tear`).
# 3. So nothing tells these apart: noise, a lost or a changed byte and content; two codes without silence between them
#    and one that holds a tail.
# 4. Where this program was too busy to see pauses, a burst with a tail within is refused as `ambiguous`; where there
#    are no tails, any burst is.
# 5. For some seconds after a command a code that cannot be told from an answer beside it is refused as `ambiguous`.
#    Where another answer would show that, the code is kept for KEPT_MS.
# 6. Until it is proven who sends at this speed (`is_open`), no code is given out.
# 7. Memory is bounded: one buffer of ROOM bytes.

from .line import GAP_MS, HOLD, MAX_CODE_BYTES, ROOM, TAIL, Code, Line, Refused, Reply, Stray

TAILS = (b"\r\n", b"\r", b"\n")
_BURST_MS = 60
_QUICK_MS = 30
KEPT_MS = 200


def tail_of(data: bytes, tails: tuple = TAILS) -> bytes:
    for tail in tails:
        if data.endswith(tail):
            return tail
    return b""


class Text:
    # split(data, awaited) -> (answer or None, the bytes that are a code or b"", is it sure that they are a whole one;
    # None: it is if no further answer follows soon)
    def __init__(self, split, has_tail: bool) -> None:
        self.is_open = True
        self._line = Line(TAIL)
        self._split = split
        self._kept = None
        self._has_tail = has_tail

    @property
    def mode(self) -> int:
        return TAIL if self.is_open else HOLD

    def pending(self) -> bool:
        return bool(self._line.n or self._line.lost or self._kept)

    def expect(self, awaited: int | None, now_ms: int, hold_after: bool = False) -> None:
        self._line.expect(awaited, now_ms, False)

    def set_quick(self, is_quick: bool) -> None:
        self._line.quick = is_quick

    def drop(self) -> list:
        events = []
        line = self._line
        line.lose(line.why if line.lost else "noise")
        line.end_lost(events)
        line.begin()
        self._refuse_kept(events)
        return events

    def tear(self) -> list:
        events = []
        self._refuse_kept(events)
        self._line.tear()
        return events

    def feed(self, data: bytes, now_ms: int) -> list:
        line = self._line
        line.arrived(now_ms)
        if line.lost:
            line.lost += len(data)
        elif line.n + len(data) > ROOM:
            line.lose("too_long")
            line.lost += len(data)
        else:
            line.take(memoryview(data), 0, len(data))
        return []

    def tick(self, now_ms: int) -> list:
        line = self._line
        line.silent(now_ms)
        events = []
        if line.n and line.is_quiet(_BURST_MS, _QUICK_MS):
            data = bytes(line.view[: line.n])
            line.n = 0
            self._burst(data, events)
            line.unsure = line.doubtful = False
        elif line.lost and line.silent_ms >= GAP_MS:
            line.end_lost(events)
            line.unsure = line.doubtful = False
        if self._kept and not line.n and line.silent_ms >= KEPT_MS:
            events.append(self._kept)
            self._kept = None
        return events

    def _refuse_kept(self, events: list) -> None:
        if self._kept:
            events.append(Refused("ambiguous", len(self._kept.data)))
            self._kept = None

    def _burst(self, data: bytes, events: list) -> None:
        line = self._line
        answer, rest, is_sure = self._split(data, line.awaited)
        if self._kept:
            if answer is None:
                events.append(self._kept)
                self._kept = None
            self._refuse_kept(events)
        if answer is not None:
            events.append(Stray(len(answer)) if line.awaited is None else Reply(answer))
            line.awaited = None
        tail = tail_of(rest)
        code = rest[: len(rest) - len(tail)]
        if not code:
            return
        if not self.is_open:
            events.append(Refused("noise", len(rest)))
            return
        is_torn = line.doubtful or (self._has_tail and not tail)
        is_unsure = line.unsure and (tail in code if self._has_tail else True)
        if is_torn:
            events.append(Refused("truncated", len(rest)))
        elif is_unsure or (is_sure is False and line.asked_lately()):
            events.append(Refused("ambiguous", len(rest)))
        elif len(code) > MAX_CODE_BYTES:
            events.append(Refused("too_long", len(code)))
        elif is_sure is None:
            self._kept = Code(code, line.rx_ms)
        else:
            events.append(Code(code, line.rx_ms))
