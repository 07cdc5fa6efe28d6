"""A whole box under the real interpreter, with the simulated reader and the real broker."""

import asyncio
import json
import zlib
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from scripts.firmware_build import ROOT
from scripts.sim.reader import SimReader
from tests.firmware.link.rig import BOX, LIMIT_S, QUICK, Broker, Gateway, until

SIMBOX = ROOT / "scripts" / "simbox"
PASSWORD = "never-to-be-shown"


def crc(code: bytes) -> str:
    return f"{zlib.crc32(code):08x}"


class Box:
    """scripts/simbox: may be killed and started again on its flash image."""

    def __init__(self, folder: Path, broker_port: int, host: str = "127.0.0.1", **settings: object) -> None:
        self.tty = folder / "tty"
        self.flash = folder / "flash.img"
        self.config = folder / "box.json"
        self.control = folder / "cut"
        self.lines: list[dict] = []
        self.errors = ""
        self._broker = f"{host}:{broker_port}"
        self._news = asyncio.Event()
        link = {**QUICK, "status_every_ms": 2000, **settings.pop("link", {})}
        test = {"control": str(self.control)}
        whole = {"box_id": BOX, "password": PASSWORD, "link": link, "test": test, **settings}
        self.config.write_text(json.dumps(whole, indent=1))

    async def start(self, stdout: int = PIPE) -> "Box":
        command = [SIMBOX, "--uart", self.tty, "--flash", self.flash, "--broker", self._broker, "--config", self.config]
        self.lines = []
        self.process = await asyncio.create_subprocess_exec(*command, stdin=DEVNULL, stdout=stdout, stderr=PIPE)
        self._readers = [asyncio.create_task(self._read_errors())]
        if stdout == PIPE:
            self._readers.append(asyncio.create_task(self._read()))
        return self

    async def _read(self) -> None:
        async for line in self.process.stdout:
            self.lines.append(json.loads(line))
            self._news.set()

    async def _read_errors(self) -> None:
        async for line in self.process.stderr:
            self.errors += line.decode()
            self._news.set()

    async def until(self, condition: Callable[[], bool], limit_s: float = LIMIT_S) -> None:
        await until(condition, self._news, limit_s)

    async def event(self, event: str, times: int = 1, limit_s: float = LIMIT_S, **facts: object) -> dict:
        return (await self._nth("event", event, times, limit_s, facts))[times - 1]

    async def face(self, face: str, times: int = 1, limit_s: float = LIMIT_S, **facts: object) -> dict:
        return (await self._nth("face", face, times, limit_s, facts))[times - 1]

    async def _nth(self, kind: str, name: str, times: int, limit_s: float, facts: dict) -> list[dict]:
        wanted = {kind: name, **facts}

        def found() -> list[dict]:
            return [line for line in self.lines if wanted.items() <= line.items()]

        await self.until(lambda: len(found()) >= times, limit_s)
        return found()

    def faces(self, face: str) -> list[dict]:
        return [line for line in self.lines if line.get("face") == face]

    async def ended(self, limit_s: float = LIMIT_S) -> int:
        code = await asyncio.wait_for(self.process.wait(), limit_s)
        await asyncio.gather(*self._readers)
        return code

    async def kill(self) -> None:
        with suppress(ProcessLookupError):
            self.process.kill()
        await self.ended()

    def cut_after(self, operations: int) -> None:
        new = self.control.with_suffix(".new")
        new.write_text(str(operations))
        new.replace(self.control)


@asynccontextmanager
async def gate(folder: Path, broker_runs: bool = True, **settings: object):
    """Broker, gateway, reader and box, all there; the box's reader is ready."""
    broker = Broker(folder)
    gateway = None
    if broker_runs:
        await broker.start()
        gateway = await Gateway(broker.port).ready()
    box = Box(folder, broker.port, **settings)
    try:
        async with SimReader(box.tty) as reader:
            await box.start()
            await box.event("reader", state="ready")
            yield broker, gateway, reader, box
    finally:
        await box.kill()
        if gateway:
            gateway.close()
        await broker.kill()
