"""A whole box on a system image, with a gateway that hands out firmware."""

import asyncio
import hashlib
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path

from firmware.wire import update
from scripts.bundle import bundle, contents, image
from scripts.bundle.bundle import Release, compiled, manifest_of, slot_files
from scripts.firmware_build import build
from scripts.provisioning.key import FleetKey
from scripts.sim.reader import SimReader
from tests.firmware.link.rig import BOX, Broker, Gateway
from tests.firmware.rig import SIMBOX, Box
from tests.firmware.update.disk import Volume

KEY = FleetKey.make()
BOARD = "linux"
RAISES = b"def main(board):\n    raise RuntimeError('not this one')\n"


@cache
def firmware() -> dict[str, bytes]:
    """Today's firmware, without a manifest."""
    files = bundle.make(build(), BOARD, Release(1, 0, "v1"), KEY)
    return {path: data for path, data in files.items() if path != "manifest"}


def release(version: int, **more: bytes) -> dict[str, bytes]:
    """A bundle of today's firmware under a version of its own, with files more or other."""
    files = {**firmware(), **{path.replace("_", "."): data for path, data in more.items()}}
    return {"manifest": manifest_of(files, [BOARD], Release(version, 0, f"v{version}"), KEY), **files}


@cache
def broken(version: int) -> tuple[tuple[str, bytes], ...]:
    """A bundle that is signed and whole, and fails as soon as it starts."""
    modules = compiled(build(), contents.of_slot(BOARD))
    del modules["firmware/start.mpy"]
    modules["firmware/start.py"] = RAISES
    return tuple(release(version, firmware_pack=slot_files(modules)["firmware.pack"]).items())


def system_image(files: Mapping[str, bytes], state: bytes = b"", **slots: Mapping[str, bytes]) -> bytes:
    whole = image.root_files(build(), BOARD, files, Release(1, 0, "v1"), KEY.modulus)
    if state:
        whole["slot"] = image.sealed(state)
    for slot, content in slots.items():
        whole.update({f"{slot}/{path}": data for path, data in content.items()})
    return image.make(whole, 4 << 20, 32)


class Place:
    """Broker, gateway, reader and box. The gateway answers every want for what it has on its shelf."""

    def __init__(self, folder: Path, broker: Broker, gateway: Gateway, system: bytes, **settings: object) -> None:
        self.broker, self.gateway = broker, gateway
        self.box = Box(folder, broker.port, **settings)
        self.system = folder / "system.img"
        self.system.write_bytes(system)
        self.shelf: Mapping[str, bytes] = {}
        self.wants: list[update.Want] = []
        self.holds_after = 10**9

    async def start(self) -> None:
        box = self.box
        command = [SIMBOX, "--uart", box.tty, "--flash", box.flash, "--broker", box._broker]
        command += ["--config", box.config, "--system", self.system]
        box.process = await asyncio.create_subprocess_exec(*command, stdin=DEVNULL, stdout=PIPE, stderr=PIPE)
        box._readers = [asyncio.create_task(box._read_errors()), asyncio.create_task(box._read())]

    async def serve(self) -> None:
        done, mono_ms = 0, 1000
        while True:
            while done < len(self.gateway.mail):
                word, payload = self.gateway.mail[done]
                done += 1
                if word == "want":
                    self._answer(update.decode_want(payload))
            await asyncio.sleep(0.01)
            mono_ms += 10
            if mono_ms % 200 == 0:
                self.gateway.beacon(mono_ms)

    def _answer(self, want: update.Want) -> None:
        self.wants.append(want)
        data = self.shelf[want.path][want.offset : want.offset + want.length]
        if len(self.wants) <= self.holds_after:
            piece = update.Piece(want.box_id, want.version, want.path, want.offset, data)
            self.gateway.publish("update", update.encode_piece(piece))

    def offer(self, files: Mapping[str, bytes], version: int) -> None:
        self.shelf = files
        digest = hashlib.sha256(files["manifest"]).hexdigest()
        self.gateway.publish(
            "update", update.encode_offer(update.Offer(BOX, version, len(files["manifest"]), digest)), qos=1
        )

    async def status(self, limit_s: float = 40, **facts: object) -> dict:
        """The newest status that says all of this."""

        def last() -> dict:
            told = [status for status in self.gateway.statuses if status["state"] == "online"]
            return told[-1] if told else {}

        await self.gateway.until(lambda: facts.items() <= last().items(), limit_s)
        return last()

    def volume(self) -> Volume:
        return Volume.of(self.system)


@asynccontextmanager
async def place(folder: Path, system: bytes, **settings: object) -> AsyncIterator[tuple[Place, SimReader]]:
    broker = Broker(folder)
    await broker.start()
    gateway = await Gateway(broker.port).ready()
    settings = {"update": {"confirm_s": 1, "give_up_s": 30, "piece_bytes": 4096}, **settings}
    there = Place(folder, broker, gateway, system, **settings)
    serving = asyncio.create_task(there.serve())
    try:
        async with SimReader(there.box.tty) as reader:
            await there.start()
            yield there, reader
    finally:
        serving.cancel()
        await there.box.kill()
        gateway.close()
        await broker.kill()
