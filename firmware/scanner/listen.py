# The last resort: a reader that answers no command at all, of any make, perhaps with only its TX wired.
#
# 1. Its codes are taken once it is sure that this is text at the right speed: NEEDED lines in a row at one speed, all
#    of them clean, all with the same tail (CR, LF or CR LF); NEEDED_BARE where they have no tail but silence.
# 2. Clean is: at least LEAST_BYTES, UTF-8, no control character. What a wrong speed makes of text is not that.
# 3. The lines that have proven it are given out then, with the instants at which they came. Up to there they are kept,
#    ROOM bytes of them; what does not fit, and lines that something unclean follows, are refused as noise.
# 4. From then on each clean line with that tail is a code. One that is not is refused; two of these in a row, and all
#    must be proven anew.
# 5. It listens at each speed in turn, longer where something clean was heard. After QUIET_MS without a line it may have
#    been another reader that has been plugged in: then all families are asked, at this speed alone for LONG_MS.
# 6. While families are asked for, it overhears what comes. What it heard at the speed at which one then answers is text
#    of that reader, and not lost.

import asyncio

from .line import HOLD, MAX_CODE_BYTES, ROOM, TAIL, Code, Refused
from .text import Text, tail_of

NEEDED = 3
NEEDED_BARE = 6
LEAST_BYTES = 4
QUIET_MS = 60000
LONG_MS = 600000
OVERHEARD_MS = 20000
KEPT = 2
_BAUDS = (115200, 9600, 57600)
_TICKS = 20
_LONGER_TICKS = 80
_TICK_S = 0.1
_QUICK_BAUD = 57600


def is_clean(code: bytes) -> bool:
    if not LEAST_BYTES <= len(code) <= MAX_CODE_BYTES:
        return False
    for byte in code:
        if byte < 0x20 or byte == 0x7F:
            return False
    try:
        str(code, "utf-8")
    except UnicodeError:
        return False
    return True


class Listener:
    family = model = "unknown"

    def __init__(self, port, clock, handle) -> None:
        self.frames = self
        self.good_baud = None
        self._port = port
        self._clock = clock
        self._handle = handle
        self._text = Text(self._split, False)
        self._tail = b""
        self._lines = {}  # speed -> [(code event, tail)]: not proven yet
        self._overheard = []  # [(speed, code event, tail)]
        self._wrong = 0
        self._line_ms = None  # when the last clean one came after all was proven
        self._asked_ms = 0
        self._baud = port.baud

    # As frames

    @property
    def mode(self) -> int:
        return TAIL if self.good_baud else HOLD

    def pending(self) -> bool:
        return self._text.pending()

    def expect(self, awaited, now_ms: int, hold_after: bool = False) -> None:
        pass

    def drop(self) -> list:
        return self._text.drop()

    def tear(self) -> list:
        return self._text.tear()

    def feed(self, data: bytes, now_ms: int) -> list:
        self._follow()
        return self._text.feed(data, now_ms)

    def tick(self, now_ms: int) -> list:
        self._follow()
        events = []
        for event in self._text.tick(now_ms):
            if isinstance(event, Code) and is_clean(event.data):
                self._clean(event, events)
            else:
                self._unclean(event, events)
        return events

    def _split(self, data: bytes, awaited) -> tuple:
        self._tail = tail_of(data)
        return None, data, True

    def _follow(self) -> None:
        # Somebody else may have changed the speed.
        if self._baud != self._port.baud:
            self._baud = self._port.baud
            self._text.drop()
            self._text.set_quick(self._baud >= _QUICK_BAUD)

    def _clean(self, event: Code, events: list) -> None:
        lines = self._lines.get(self._baud, [])
        self._lines[self._baud] = lines
        self._overheard.append((self._baud, event, self._tail))
        self._overheard = self._overheard[-KEPT:]
        if lines and lines[-1][1] != self._tail:
            self._unclean(event, events)
        elif self.good_baud == self._baud:
            self._wrong = 0
            self._line_ms = event.done_ms
            events.append(event)
        else:
            lines.append((event, self._tail))
            self._shorten(lines, events)
            if len(lines) >= (NEEDED if self._tail else NEEDED_BARE):
                self.good_baud = self._baud
                self._line_ms = event.done_ms
                events.extend([line for line, _ in lines])
                self._lines[self._baud] = lines[-1:]  # for its tail

    def _shorten(self, lines: list, events: list) -> None:
        while sum([len(line.data) for line, _ in lines]) > ROOM:
            events.append(Refused("noise", len(lines.pop(0)[0].data)))

    def _unclean(self, event, events: list) -> None:
        is_line = isinstance(event, Code)
        length = len(event.data) if is_line else event.length
        if not self.good_baud and (length < LEAST_BYTES or (not is_line and event.reason != "too_long")):
            return  # an answer of one byte, the end of a line that began before, or two in one: it proves nothing
        events.append(Refused("noise", length))
        if self.good_baud not in (None, self._baud):
            return  # a family is asked for at another speed
        self._wrong += 1
        if self.good_baud and self._wrong < 2:
            return
        if not self.good_baud:
            events.extend([Refused("noise", len(line.data)) for line, _ in self._lines.get(self._baud, [])])
        self.good_baud = None
        self._lines.pop(self._baud, None)

    # As a driver

    async def probe(self, only: int | None = None) -> bool:
        self._asked_ms = self._clock()
        if self.where():
            self.rest()
            return True
        self.good_baud = None
        for baud in _BAUDS:
            self._port.set_baud(baud)
            ticks = 0
            while ticks < (_LONGER_TICKS if self._lines.get(baud) else _TICKS):
                await asyncio.sleep(_TICK_S)
                ticks += 1
                if self.good_baud:
                    self._wrong = 0
                    return True
        return False

    async def apply(self) -> list | None:
        if not self.good_baud or self._clock() - max(self._line_ms, self._asked_ms) > QUIET_MS:
            return None
        return [str(self.good_baud)]

    async def trigger(self) -> bool:
        return False

    async def check(self) -> None:
        return None

    def restarted(self) -> None:
        pass

    def rest(self) -> None:
        if self.good_baud:
            self._port.set_baud(self.good_baud)

    def where(self) -> int | None:
        # The speed at which it has listened with success not long ago.
        return self.good_baud if self.good_baud and self._clock() - self._line_ms <= LONG_MS else None

    def overheard(self, baud: int, needs_tail: bool) -> list:
        # The lines heard lately at the speed at which a reader has now answered.
        lately_ms = self._clock() - OVERHEARD_MS
        if self.good_baud:
            return []  # they have been given out
        return [
            line
            for speed, line, tail in self._overheard
            if speed == baud and line.done_ms >= lately_ms and (tail or not needs_tail)
        ]
