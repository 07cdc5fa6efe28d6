"""Streams for the property tests: a line on which bytes come in bursts, with silence between."""

from collections.abc import Iterable

from firmware.scanner.frames import Frames
from firmware.scanner.line import Code, Heartbeat, Refused, Reply, Stray

TICK_MS = 10
SILENCE_MS = 300
Event = Code | Reply | Refused | Heartbeat | Stray


class Wire:
    """Feeds Frames and keeps its events; the clock is its own."""

    def __init__(self, frames: Frames) -> None:
        self.frames = frames
        self.now_ms = 0
        self.events: list[Event] = []
        self.silence()

    def burst(self, data: bytes, cuts: Iterable[int] = ()) -> None:
        """Bytes without a pause, read in pieces that end at `cuts`."""
        ends = sorted({cut % (len(data) + 1) for cut in cuts} | {len(data)})
        begin = 0
        for end in ends:
            if data[begin:end]:
                self.events += self.frames.feed(data[begin:end], self.now_ms)
            begin = end

    def silence(self, for_ms: int = SILENCE_MS) -> None:
        for _ in range(for_ms // TICK_MS):
            self.now_ms += TICK_MS
            self.events += self.frames.tick(self.now_ms)

    def expect(self, length: int | None) -> None:
        self.frames.expect(length, self.now_ms)

    @property
    def codes(self) -> list[bytes]:
        return [event.data for event in self.events if isinstance(event, Code)]

    @property
    def refusals(self) -> list[str]:
        return [event.reason for event in self.events if isinstance(event, Refused)]


def framed(code: bytes) -> bytes:
    return b"\x03" + len(code).to_bytes(2, "big") + code
