"""A reader module on the bench: finding out what it is, and asking it one thing after the other.

1. The questions and what counts as an answer are firmware/scanner's, so that a module that works here works in a box.
2. What it is set to is not changed by finding it, with one exception: a GM861 as it is sold is set to USB, hears and
   cannot answer. Where no GM65 has answered, it is told to wake and to answer on its UART. That is lost with the
   power.
3. Codes that come meanwhile are codes: `on_code` gets them.
"""

import asyncio
import importlib
import time
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from types import TracebackType
from typing import Any, Self

from firmware.scanner import gm65, settings
from firmware.scanner.line import HEARTBEAT, Code, Refused, Reply
from firmware.scanner.talk import Gone, Talk
from scripts.tram import exits
from scripts.tram.reader import ssi
from scripts.tram.reader.line import ReaderLine
from scripts.tram.reader.words import WORDS
from scripts.tram.trouble import Trouble

FAMILIES = ("gm65", "de2120", "m5qr", "gm67")
USUAL_BAUDS = (115200, 9600, 57600)
NEW_BAUD = 9600
SELDOM_BAUDS = (38400, 19200, 14400, 4800, 1200)
_SETTLE_S = 0.08
_TICK_S = 0.01
_HEARD_BYTES = 512
_QUESTIONS = 2  # each is asked twice at least
_SPOILT = ("bad_crc", "noise", "truncated", "misframed")
_BOARD_SAYS = (b"MicroPython", b">>> ", b"rst:0x", b"ESP-ROM", b"Traceback (most")

OnCode = Callable[[bytes, int], None]
OnRefused = Callable[[str, int], None]


def now_ms() -> int:
    """Milliseconds that never go back."""
    return time.monotonic_ns() // 1_000_000


class Bench:
    """`driver`: firmware/scanner's for the family that was found. `heard`: the last bytes that came."""

    def __init__(self, line: ReaderLine, on_code: OnCode | None = None, on_refused: OnRefused | None = None) -> None:
        self.line = line
        self.counters: dict[str, int] = {}
        self.heard = b""
        self.gone = asyncio.Event()
        self.talk: Any = Talk(line, now_ms, self.count)
        self.driver: Any = None
        self._on_code = on_code or (lambda code, at_ms: None)
        self._on_refused = on_refused or (lambda reason, length: None)
        self._tasks: list[asyncio.Task[None]] = []
        self._heard_after = 0  # how many commands had gone out when the last bytes came

    async def __aenter__(self) -> Self:
        self.use("gm65")
        self._tasks = [asyncio.create_task(self._receive()), asyncio.create_task(self._listen_to_silence())]
        return self

    async def __aexit__(self, kind: type[BaseException] | None, bad: object, trace: TracebackType | None) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def count(self, name: str, by: int = 1) -> None:
        self.counters[name] = self.counters.get(name, 0) + by

    def use(self, family: str, wanted: dict[str, Any] | None = None) -> Any:
        """-> a driver of that family, which gets what comes from now on."""
        module = importlib.import_module(f"firmware.scanner.{family}_setup")
        parts = (self.line, self.talk, settings.complete(wanted or {}), self.handle, self.count)
        self.driver = module.Driver(*parts)
        self.talk.frames = self.driver.frames
        return self.driver

    async def find(self, families: Iterable[str], baud: int | None, told: Callable[[str], None]) -> str:
        """-> the family that answers; the driver then has its speed. `told` hears which is being asked.

        Raises Trouble silent, garbled, a_board, gone.
        """
        steps: list[tuple[str, Callable[[], Awaitable[bool]]]] = []
        for family in families:
            steps.append((family, partial(self._ask, family, (baud,) if baud else USUAL_BAUDS)))
            if family == "gm65":  # a new one is silent, and has this speed
                steps.append(("gm65_wake", partial(self._wake, baud or NEW_BAUD)))
        if "gm65" in families and not baud:
            steps.append(("gm65_seldom", partial(self._ask, "gm65", SELDOM_BAUDS)))
            steps.append(("gm65_wake", partial(self._wake, None)))
        self.talk.is_patient = False
        try:
            for name, step in steps:
                told(name)
                if await step():
                    return name.partition("_")[0]
        except Gone:
            raise Trouble("gone", exits.CUT, WORDS) from None
        finally:
            self.talk.is_patient = True
        raise self.nobody()

    def nobody(self) -> Trouble:
        """Why no family has answered, as far as what came tells."""
        if any(words in self.heard for words in _BOARD_SAYS):
            return Trouble("a_board", exits.NO_ANSWER, WORDS)
        if self.heard:
            return Trouble("garbled", exits.NO_ANSWER, WORDS, bytes=self.counters.get("bytes", 0))
        return Trouble("silent", exits.NO_ANSWER, WORDS)

    def unanswered(self) -> Trouble:
        """Why one that has answered does not any more: it is silent, or what came was no answer."""
        is_heard = self.line.writes - self._heard_after < _QUESTIONS or any(self.counters.get(name) for name in _SPOILT)
        return Trouble("half_answered" if is_heard else "unanswered", exits.NO_ANSWER, WORDS)

    async def has_heartbeat(self) -> bool:
        return await self.ask(gm65.heartbeat(), HEARTBEAT) is not None

    async def ask(self, command: bytes, awaited: int, **more: Any) -> bytes | None:
        """One question to the module, and its answer. Raises Trouble gone."""
        try:
            answer: bytes | None = await self.talk.ask(command, awaited, **more)
        except Gone:
            raise Trouble("gone", exits.CUT, WORDS) from None
        return answer

    async def send(self, data: bytes) -> None:
        """Bytes that nothing answers. Raises Trouble gone."""
        self.line.write(data)
        try:
            await self.line.drain()
        except OSError:
            raise Trouble("gone", exits.CUT, WORDS) from None

    def handle(self, events: list[Any]) -> None:
        """What firmware/scanner has made of the bytes."""
        for event in events:
            if isinstance(event, Code):
                self.count("codes")
                self._on_code(event.data, event.done_ms)
            elif isinstance(event, Reply):
                self.talk.answered(event.data)
            elif isinstance(event, Refused):
                self.count(event.reason)
                self._on_refused(event.reason, event.length)

    async def _wake(self, baud: int | None) -> bool:
        return bool(await self.use("gm65").probe(baud))

    async def _ask(self, family: str, bauds: Iterable[int]) -> bool:
        if family == "gm67":
            return await ssi.find(self, bauds)
        driver = self.use(family)
        for baud in bauds:
            if family != "gm65":
                if await driver.probe(baud):
                    return True
                continue
            driver.listen_at(baud)
            await asyncio.sleep(_SETTLE_S)
            if await driver.read(gm65.BLOCK_FORMAT, 1) is not None:
                driver.good_baud = baud
                if await driver.zones() is not None:
                    return True
        return False

    async def _receive(self) -> None:
        while data := await self.line.read(256):
            self.talk.heard()
            self._heard_after = self.line.writes
            self.count("bytes", len(data))
            self.heard = (self.heard + data)[-_HEARD_BYTES:]
            self.handle(self.talk.frames.feed(data, now_ms()))
        self.talk.gone = True
        self.gone.set()

    async def _listen_to_silence(self) -> None:
        while True:
            await asyncio.sleep(_TICK_S)
            self.handle(self.talk.frames.tick(now_ms()))
