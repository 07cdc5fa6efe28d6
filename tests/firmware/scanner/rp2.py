"""A model of an RP2 board's UART while flash is written, with the real frame code behind it.

1. The UART keeps 32 bytes. An interrupt moves them to a buffer at once; while flash is erased interrupts are masked,
   and what does not fit is lost without a word.
2. A write is one or more erases of 45 ms; between two of them interrupts run for a moment.
3. The program is one thread: while it writes, nothing reads the line and nothing counts silence.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from firmware.scanner.line import Code, Refused
from firmware.scanner.masked import may_be_torn

FIFO_BYTES = 32
ERASE_US = 45_000
BREATH_US = 50
TICK_US = 10_000
QUIET_US = 600_000


class Shown(NamedTuple):
    """A code on the line: when its first bit goes out, and what is sent."""

    at_us: int
    code: bytes
    frame: bytes


class Refusal(NamedTuple):
    at_us: int
    reason: str


class Uart:
    def __init__(self, shown: Sequence[Shown], baud: int) -> None:
        self.baud = baud
        self.lost = 0
        self._coming: list[tuple[int, int]] = []
        free_us = 0
        for one in shown:
            begin_us = max(one.at_us, free_us)
            for at, byte in enumerate(one.frame, 1):
                self._coming.append((begin_us + at * 10_000_000 // baud, byte))
            free_us = self._coming[-1][0]
        self.end_us = free_us
        self._next = 0
        self._fifo = bytearray()
        self._buffer = bytearray()

    def pass_until(self, now_us: int, is_masked: bool) -> None:
        while self._next < len(self._coming) and self._coming[self._next][0] <= now_us:
            if not is_masked or len(self._fifo) < FIFO_BYTES:
                self._fifo.append(self._coming[self._next][1])
            else:
                self.lost += 1
            self._next += 1
            if not is_masked:
                self._interrupt()
        if not is_masked:
            self._interrupt()

    def _interrupt(self) -> None:
        self._buffer += self._fifo
        self._fifo.clear()

    def read(self) -> bytes:
        data = bytes(self._buffer)
        self._buffer.clear()
        return data

    def waiting(self) -> int:
        return len(self._buffer)


class Box:
    """The program: reads, counts silence, writes each code to flash; and other things at any time (`writes_us`)."""

    def __init__(self, frames, uart: Uart, erases: Callable[[], int], is_gated: bool = True) -> None:  # type: ignore[no-untyped-def]
        self.codes: list[bytes] = []
        self.refusals: list[Refusal] = []
        self._frames = frames
        self._uart = uart
        self._erases = erases
        self._is_gated = is_gated
        self._now_us = 0

    def run(self, writes_us: Sequence[int] = ()) -> None:
        pending = sorted(writes_us)
        while self._now_us < self._uart.end_us + QUIET_US or pending:
            self._now_us += TICK_US
            self._uart.pass_until(self._now_us, False)
            if data := self._uart.read():
                self._take(self._frames.feed(data, self._now_us // 1000))
            self._take(self._frames.tick(self._now_us // 1000))
            while pending and pending[0] <= self._now_us:
                pending.pop(0)
                self._write()
        self._drain()

    def _drain(self) -> None:
        for _ in range(QUIET_US // TICK_US):
            self._now_us += TICK_US
            self._uart.pass_until(self._now_us, False)
            self._take(self._frames.feed(data, self._now_us // 1000) if (data := self._uart.read()) else [])
            self._take(self._frames.tick(self._now_us // 1000))

    def _take(self, events: list) -> None:  # type: ignore[type-arg]
        for event in events:
            if isinstance(event, Code):
                self.codes.append(event.data)
                self._write()
            elif isinstance(event, Refused):
                self.refusals.append(Refusal(self._now_us, event.reason))

    def _write(self) -> None:
        held_ms = self._now_us // 1000
        for _ in range(self._erases()):
            self._now_us += ERASE_US
            self._uart.pass_until(self._now_us, True)
            self._now_us += BREATH_US
            self._uart.pass_until(self._now_us, False)
        passed_ms = self._now_us // 1000 - held_ms
        if self._is_gated and may_be_torn(self._uart, passed_ms, self._frames.pending()):
            self._take(self._frames.tear())
