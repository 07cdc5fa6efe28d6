"""Modules that speak packets like Symbol's SSI (GM67, GM77): told apart, and told to read. Nothing is set.

1. A packet is `length opcode source status …` and the two's complement of the sum of its bytes, in two bytes; the
   length counts all but these two.
2. It is woken by a 00. Then its revision is asked for, which changes nothing; where that is not known to it, it is
   told to read: any packet with a right sum that comes back shows the family.
Sources: hardware/readers/gm67.toml; the request for the revision is in public drivers of SSI engines.
"""

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from firmware.scanner.text import Text

if TYPE_CHECKING:
    from scripts.tram.reader.bench import Bench

ACK, NAK, REQUEST_REVISION, REVISION, START, STOP = 0xD0, 0xD1, 0xA3, 0xA4, 0xE4, 0xE5
_ANSWERS = (ACK, NAK, REVISION)
_HOST = 0x04
_WAKE = b"\x00"
_WAKE_S = 0.05
_ANSWER_MS = 400


def packet(opcode: int, data: bytes = b"") -> bytes:
    body = bytes((4 + len(data), opcode, _HOST, 0)) + data
    return body + _sum(body)


def _sum(body: bytes) -> bytes:
    return (-sum(body) & 0xFFFF).to_bytes(2, "big")


def parsed(data: bytes) -> tuple[int, bytes] | None:
    """The first packet of a module's, with a right sum -> its opcode and what follows its status.

    What a host says is none: a line that echoes is no module.
    """
    for at in range(len(data)):
        end = at + data[at] + 2
        body = data[at : end - 2]
        is_whole = data[at] >= 4 and end <= len(data) and data[end - 2 : end] == _sum(body)
        if is_whole and body[1] in _ANSWERS and body[2] != _HOST:
            return body[1], bytes(body[4:])
    return None


class SsiDriver:
    """As far as a driver is needed here. `revision`: what it says of itself, if it does."""

    family = model = "gm67"

    def __init__(self, bench: "Bench") -> None:
        self.frames: Any = Text(self._split, False)
        self.good_baud: int | None = None
        self.revision = b""
        self._bench = bench

    async def check(self) -> bytes | None:
        return self.revision or b"\0" if await self._knows() else None

    async def trigger(self) -> bool:
        return await self._ask(START) is not None

    def listen_at(self, baud: int) -> None:
        if self._bench.line.baud != baud:
            self._bench.handle(self.frames.drop())
            self._bench.line.set_baud(baud)
        self.frames.set_quick(baud >= 57600)

    async def _knows(self) -> bool:
        answer = await self._ask(REQUEST_REVISION)
        if answer and answer[0] == REVISION:
            self.revision = answer[1]
        return answer is not None or await self.trigger()

    async def _ask(self, opcode: int) -> tuple[int, bytes] | None:
        await self._bench.send(_WAKE)
        await asyncio.sleep(_WAKE_S)
        answer = await self._bench.ask(packet(opcode), opcode, reply_ms=_ANSWER_MS)
        return parsed(answer) if answer is not None else None

    def _split(self, data: bytes, awaited: int | None) -> tuple[bytes | None, bytes, bool]:
        return (data, b"", True) if awaited and parsed(data) else (None, data, True)


async def find(bench: "Bench", bauds: Iterable[int]) -> bool:
    driver = SsiDriver(bench)
    bench.driver, bench.talk.frames = driver, driver.frames
    for baud in bauds:
        driver.listen_at(baud)
        await asyncio.sleep(_WAKE_S)
        if await driver.check() is not None:
            driver.good_baud = baud
            return True
    return False
