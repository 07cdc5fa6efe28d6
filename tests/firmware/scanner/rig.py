"""What the reader loop is tested with: the real interpreter on one end of a pty, a simulated reader on the other."""

import asyncio
import json
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from scripts.firmware_build import build, micropython_command, micropython_env
from scripts.sim.reader import SimReader
from scripts.sim.reader_result import Sent

SCRIPT = Path(__file__).with_name("drive.py")
LIMIT_S = 40
ALIVE = ("ready", "half_configured", "listening")


class Box:
    """The loop on MicroPython, and everything that it has said."""

    def __init__(self, tty: Path, wanted: dict[str, Any]) -> None:
        self._args = [SCRIPT, str(tty), json.dumps(wanted)]
        self._news = asyncio.Event()
        self._process: asyncio.subprocess.Process | None = None
        self._listener: asyncio.Task[None] | None = None
        self.codes: list[bytes] = []
        self.done_ms: list[int] = []
        self.states: list[tuple[str, str]] = []
        self.refused: list[str] = []
        self.counters: dict[str, int] = {}
        self.triggers: list[bool] = []
        self.tests: list[dict[str, Any]] = []
        self.model = ""
        self.loaded: list[str] = []
        self.baud = 0
        self.heap = self.heap_now = 0
        self.errors = b""

    async def start(self, heap: str = "320K") -> None:
        folder = build()
        self._process = await asyncio.create_subprocess_exec(
            *micropython_command(self._args, heap), env=micropython_env(folder), cwd=folder,
            stdin=PIPE, stdout=PIPE, stderr=PIPE,
        )  # fmt: skip
        self._listener = asyncio.create_task(self._listen())

    async def stop(self) -> None:
        assert self._process
        assert self._listener
        with suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
        await self._listener
        assert self._process.stderr
        self.errors = await self._process.stderr.read()

    async def ended(self) -> int:
        assert self._process
        return await asyncio.wait_for(self._process.wait(), LIMIT_S)

    async def until(self, condition: Callable[[], object], limit_s: float = LIMIT_S) -> None:
        try:
            async with asyncio.timeout(limit_s):
                while not condition():
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"never: {self.states} {self.refused} {self.counters} {self.codes}") from None

    async def alive(self) -> str:
        await self.until(lambda: self.states and self.states[-1][0] in ALIVE)
        return self.states[-1][0]

    def order(self, line: str) -> None:
        assert self._process
        assert self._process.stdin
        self._process.stdin.write(line.encode() + b"\n")

    async def _listen(self) -> None:
        assert self._process
        assert self._process.stdout
        while line := await self._process.stdout.readline():
            said = json.loads(line)
            if "code" in said:
                self.codes.append(bytes.fromhex(said["code"]))
                self.done_ms.append(said["done_ms"])
            elif "state" in said:
                self.states.append((said["state"], said["detail"]))
            elif "refused" in said:
                self.refused.append(said["refused"])
            elif "trigger" in said:
                self.triggers.append(said["trigger"])
            elif "test" in said:
                self.tests.append(said["test"])
            else:
                self.counters, self.baud = said["counters"], said["baud"]
                self.model, self.loaded = said["model"], said["loaded"]
                self.heap_now = said["heap"]
                self.heap = max(self.heap, self.heap_now)
            self._news.set()


@asynccontextmanager
async def box_at(reader: SimReader, wanted: dict[str, Any] | None = None, heap: str = "320K") -> AsyncIterator[Box]:
    """A box whose reader this is."""
    box = Box(reader.line.link, wanted or {})
    await box.start(heap)
    try:
        yield box
    finally:
        await box.stop()


async def deliver(reader: SimReader, box: Box, code: bytes, limit_s: float = 30) -> None:
    """Hold a code before the reader again and again, as somebody does who waits for the light."""
    async with asyncio.timeout(limit_s):
        while code not in box.codes:
            if isinstance((await reader.show_codes([code], hold_ms=500))[0], Sent):
                with suppress(AssertionError):
                    await box.until(lambda: code in box.codes, 0.7)
            else:
                await asyncio.sleep(0.05)
