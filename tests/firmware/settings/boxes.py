"""A whole box with a system volume: it restarts by itself, and keeps its settings, commands and log."""

import asyncio
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path

from firmware.wire import topics
from scripts.bundle import bundle, image
from scripts.bundle.bundle import Release
from scripts.firmware_build import build
from scripts.provisioning.key import FleetKey
from scripts.sim.reader import SimReader
from tests.firmware.link.rig import Broker, Gateway
from tests.firmware.rig import SIMBOX, Box

GATEWAY_BOOT = "00000000000a"


@cache
def system_image() -> bytes:
    folder, key, release = build(), FleetKey.make(), Release(1, 0, "test")
    files = bundle.make(folder, "linux", release, key)
    return image.make(image.root_files(folder, "linux", files, release, key.modulus), 4 << 20, 32)


class SystemBox(Box):
    def __init__(self, folder: Path, broker_port: int, **settings: object) -> None:
        super().__init__(folder, broker_port, **settings)
        self.system = folder / "system.img"
        self.system.write_bytes(system_image())

    async def start(self, stdout: int = PIPE) -> "SystemBox":
        command = [SIMBOX, "--uart", self.tty, "--flash", self.flash, "--broker", self._broker]
        command += ["--config", self.config, "--system", self.system]
        self.lines = []
        self.process = await asyncio.create_subprocess_exec(*command, stdin=DEVNULL, stdout=stdout, stderr=PIPE)
        self._readers = [asyncio.create_task(self._read_errors()), asyncio.create_task(self._read())]
        return self


class Place:
    """Broker, gateway, reader and box; the gateway's beacon comes all the time."""

    def __init__(self, broker: Broker, gateway: Gateway, reader: SimReader, box: SystemBox) -> None:
        self.broker, self.gateway, self.reader, self.box = broker, gateway, reader, box
        self.mono_ms = 1000

    async def beacons(self) -> None:
        while True:
            self.gateway.beacon(self.mono_ms, GATEWAY_BOOT)
            await asyncio.sleep(0.1)
            self.mono_ms += 100

    async def status(self, **facts: object) -> dict:
        """The newest status, once it says all of this."""
        await self.gateway.until(lambda: self.told() and facts.items() <= self.told().items())
        return self.told()

    def told(self) -> dict:
        told = [status for status in self.gateway.statuses if status["state"] == "online"]
        return told[-1] if told else {}

    async def reads_after_boot(self, times: int) -> None:
        """Codes that are shown while the box starts are nobody's: it has not promised anything."""

        def lines() -> list[dict]:
            boots = [at for at, line in enumerate(self.box.lines) if line.get("event") == "boot"]
            return self.box.lines[boots[times - 1] :] if len(boots) >= times else []

        await self.box.until(lambda: any(line.get("state") == "ready" for line in lines()))

    def say(self, word: str, payload: bytes) -> None:
        self.gateway.publish(word, payload, qos=1)


@asynccontextmanager
async def place(folder: Path, **settings: object) -> AsyncIterator[Place]:
    broker = Broker(folder)
    await broker.start()
    gateway = await Gateway(broker.port).ready()
    gateway.client.subscribe(f"{topics.PREFIX}/box/+/result", 1)
    box = SystemBox(folder, broker.port, **settings)
    try:
        async with SimReader(box.tty) as reader:
            there = Place(broker, gateway, reader, box)
            beacons = asyncio.create_task(there.beacons())
            await box.start()
            await box.event("reader", state="ready")
            await box.event("link", state="up")
            yield there
            beacons.cancel()
    finally:
        await box.kill()
        gateway.close()
        await broker.kill()
