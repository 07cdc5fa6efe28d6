"""A newcomer under the real interpreter, with a simulated reader, and the gateway's own enrolment behind real TLS."""

import asyncio
import hashlib
import json
import os
import time
import tty
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from littlefs import LittleFS

from firmware.wire import provisioning
from gateway.certs import authority
from gateway.enrol import Judge, Listener, Registry
from scripts.firmware_build import build, micropython_command, micropython_env
from scripts.provisioning.code import make_code
from scripts.provisioning.key import FleetKey
from scripts.sim.reader import SimReader
from tests.firmware.link.rig import LIMIT_S, free_port, until

SCRIPTS = Path(__file__).parent
SCRIPT = SCRIPTS / "newcomer_box.py"
BOX = "box-000001"
BLOCK_BYTES, BLOCKS = 4096, 32
SPOOL_BYTES = 1_048_576
WIFI_PASSWORD = "mat-khau-khong-ai-thay"


def system_image(path: Path, files: dict[str, bytes]) -> None:
    """A system volume as a box leaves the workshop."""
    volume = LittleFS(block_size=BLOCK_BYTES, block_count=BLOCKS, prog_size=32, read_size=128, lookahead_size=32)
    for name, data in files.items():
        with volume.open(name, "wb") as file:
            file.write(data)
    path.write_bytes(bytes(volume.context.buffer))


def files_in(path: Path) -> dict[str, bytes]:
    """What is on a system volume, without the seals."""
    volume = LittleFS(
        block_size=BLOCK_BYTES, block_count=BLOCKS, prog_size=32, read_size=128, lookahead_size=32, mount=False
    )
    volume.context.buffer = bytearray(path.read_bytes())
    volume.mount()
    found = {}
    for name in volume.walk("/").__next__()[2]:
        with volume.open(name, "rb") as file:
            found[name] = file.read()
    return found


class EnrolGateway:
    """The gateway's enrolment, on a port of its own. `utc`: what it thinks the time is."""

    def __init__(self, folder: Path, key: FleetKey, gateway_id: str = "gw-1") -> None:
        self.id = gateway_id
        self.port = free_port()
        self.folder = folder / gateway_id
        self.folder.mkdir(exist_ok=True)
        self.papers = authority.ensure(self.folder, gateway_id)
        self.registry = Registry(self.folder / "boxes", _hash, lambda password, hashed: _hash(password) == hashed)
        self.utc: tuple[int, int] | None = (int(time.time() * 1000), int(time.time() * 1000))
        self.told = 0
        self.before_answer: Callable[[], None] = lambda: None
        self._judge = Judge(gateway_id, key.modulus, self.registry)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> "EnrolGateway":
        self.listener = Listener(
            self._judge, self.papers.chain_file, self.papers.ca_file, self._publish, lambda: self.utc,
            lambda: int(time.monotonic() * 1000),
        )  # fmt: skip
        self.listener.open(["127.0.0.1"], self.port)
        self._task = asyncio.create_task(self.listener.run())
        return self

    async def _publish(self) -> None:
        self.told += 1
        self.before_answer()

    async def stop(self) -> None:
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError, BaseExceptionGroup):
                await self._task
            self._task = None


def _hash(password: str) -> str:
    return hashlib.sha256(password.encode()).hexdigest()


class Box:
    """newcomer_box.py: may be killed and started again on its images."""

    def __init__(self, folder: Path, key: FleetKey, **test: object) -> None:
        self.folder = folder
        self.tty = folder / "tty"
        self.system = folder / "system.img"
        self.spool = folder / "flash.img"
        self.world = folder / "world.json"
        self.config = folder / "box.json"
        self.lines: list[dict] = []
        self.said = b""
        self.news = asyncio.Event()
        self.process: asyncio.subprocess.Process | None = None
        system_image(self.system, {"/fleet.key": key.modulus.hex().encode(), "/slot": b"a"})
        self.spool.write_bytes(b"\xff" * SPOOL_BYTES)
        self.set_world()
        self._master, slave = os.openpty()
        tty.setraw(slave)
        self._slave = slave  # open for as long as we are: otherwise the line hangs up
        self.typed_back = b""
        os.set_blocking(self._master, False)
        asyncio.get_running_loop().add_reader(self._master, self._hear)
        self._test = {"world": str(self.world), "console": os.ttyname(slave), **test}
        self.give_up_ms = 600_000
        self._offer = ""
        self.secrets = {WIFI_PASSWORD}

    def type(self, line: bytes) -> None:
        """On the serial console."""
        os.write(self._master, line + b"\n")

    def _hear(self) -> None:
        self.typed_back += os.read(self._master, 4096)
        self.news.set()

    async def answered(self, line: bytes) -> None:
        """Until the console has said so, once more."""
        await until(lambda: line + b"\r\n" in self.typed_back, self.news)
        self.typed_back = self.typed_back.partition(line + b"\r\n")[2]

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._master)
        os.close(self._master)
        os.close(self._slave)

    def knows(self) -> dict:
        """What the box has written down of itself."""
        text = files_in(self.system).get("id.a", b"{}").partition(b"\n#")[0]
        return json.loads(text)

    def set_world(self, **world: object) -> None:
        new = self.world.with_suffix(".new")
        new.write_text(json.dumps(world))
        new.replace(self.world)

    async def start(self, **test: object) -> "Box":
        link = {"connect_ms": 3000, "answer_ms": 3000}
        test = {**self._test, **test}
        self.config.write_text(json.dumps({"box_id": BOX, "password": "-", "link": link, "test": test}))
        self.lines = []
        folder = build()
        environment = {**os.environ, "TRAM_GIVE_UP_MS": str(self.give_up_ms), "TRAM_OFFER": self._offer}
        arguments = ["--uart", self.tty, "--flash", self.spool, "--broker", "127.0.0.1:9"]
        arguments += ["--config", self.config, "--system", self.system]
        self.process = await asyncio.create_subprocess_exec(
            *micropython_command([SCRIPT, *arguments]), env=micropython_env(folder, environment), cwd=folder,
            stdin=DEVNULL, stdout=PIPE, stderr=PIPE,
        )  # fmt: skip
        self._readers = [asyncio.create_task(self._read()), asyncio.create_task(self._read_errors())]
        return self

    async def offer(self, code: bytes) -> str | None:
        """Show a code to a box that has its place; why it does not take it, or None."""
        shown = self.folder / "shown"
        shown.write_bytes(code)
        self._offer = str(shown)
        await self.start()
        reason = (await self.event("offered"))["reason"]
        assert await self.ended() == 0
        self._offer = ""
        return reason

    async def _read(self) -> None:
        async for line in self.process.stdout:
            self.said += line
            self.lines.append(json.loads(line))
            self.news.set()

    async def _read_errors(self) -> None:
        async for line in self.process.stderr:
            self.said += line

    async def event(self, name: str, limit_s: float = LIMIT_S, **facts: object) -> dict:
        return await self._line("event", name, limit_s, facts)

    async def face(self, name: str, limit_s: float = LIMIT_S, **facts: object) -> dict:
        return await self._line("face", name, limit_s, facts)

    async def _line(self, kind: str, name: str, limit_s: float, facts: dict) -> dict:
        wanted = {kind: name, **facts}

        def found() -> list[dict]:
            return [line for line in self.lines if wanted.items() <= line.items()]

        try:
            await until(lambda: bool(found()), self.news, limit_s)
        except TimeoutError:
            raise AssertionError(f"{wanted} was never said:\n{self.said.decode()[-3000:]}") from None
        return found()[0]

    def forget(self) -> None:
        """What was said until now counts no more."""
        self.lines = []

    async def ended(self, limit_s: float = LIMIT_S) -> int:
        code = await asyncio.wait_for(self.process.wait(), limit_s)
        await asyncio.gather(*self._readers)
        return code

    async def kill(self) -> None:
        if self.process and self.process.returncode is None:
            self.process.kill()
            await self.ended()


@asynccontextmanager
async def workshop(folder: Path, **test: object):
    """A new box with its reader, the fleet's key, and the gateway that it shall come to."""
    key = FleetKey.make()
    gateway = await EnrolGateway(folder, key).start()
    box = Box(folder, key, **test)
    try:
        async with SimReader(box.tty) as reader:
            yield box, reader, gateway, key
    finally:
        await box.kill()
        await gateway.stop()
        box.close()
    box.secrets |= {box.knows()[name] for name in ("password", "rotating", "code") if name in box.knows()}
    box.secrets |= {box.knows().get("now", {}).get("password", WIFI_PASSWORD)}
    told = [secret for secret in box.secrets if secret.encode() in box.said + box.typed_back]
    assert not told, "a secret was told"
    assert b"Traceback" not in box.said
    assert box.spool.read_bytes() == b"\xff" * SPOOL_BYTES, "the spool was touched"


def code_for(shown_to: Box, key: FleetKey, leads_to: EnrolGateway, **given: object) -> bytes:
    """A code that brings the box to this gateway; what is secret in it is looked for in all that the box says."""
    given = {"gateway": leads_to.id, "host": "127.0.0.1", "enrol_port": leads_to.port, **given}
    code = make_code(key, leads_to.papers.ca_der, **given)
    shown_to.secrets |= {code.decode(), provisioning.decode(code)[0].token}
    return code
