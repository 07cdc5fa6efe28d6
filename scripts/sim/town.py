"""A whole town on one machine: broker, gateway, server, and boxes with simulated readers, in one folder.

    async with Town(folder, boxes=3) as town:       # everything is up, every reader is ready
        await town.show("box-1", picture)
        await town.gateway.kill(); await town.gateway.start()
    # nothing runs any more

Where boxes are looked after (`Ways.cared`) their firmware comes out of a system image, and each has a link of its own.
Boxes reach the broker through `town.box_link`, the gateway reaches the server through `town.server_link`: see proxy.py.
Ports are free ones on loopback, passwords and tokens are new. Whatever ends this process, its children die with it.
"""

import asyncio
import base64
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from scripts.sim import settings
from scripts.sim.central import Central, Tally
from scripts.sim.compiled import shared
from scripts.sim.evidence import Evidence, Shown
from scripts.sim.fleet import Fleet
from scripts.sim.pair import Box
from scripts.sim.place_page import counted
from scripts.sim.ports import free_port
from scripts.sim.process import ROOT, Process
from scripts.sim.proxy import Proxy
from scripts.sim.witness import Witness
from server import certificates

FACTORY_BAUD, USUAL_BAUD = 9_600, 115_200
READY_S = 60.0
ENROL_S = 20.0
NAME = "gateway.local"
"""Under which the broker is known where it may move."""
POWER_CUT_EXIT = 87
"""How a box ends whose power was cut at a flash operation that was asked for."""


class NotReady(Exception):
    """Something did not come up in time; says what."""


class Apart(NamedTuple):
    """Boxes and gateway on machines of their own, with lines between (wire.py); the server is where this runs."""

    boxes: tuple[str, ...]
    """What stands before a command that is to run on the boxes' machine."""
    gateway: tuple[str, ...]
    gateway_address: str
    """Under which the boxes find it."""
    server_address: str
    """Under which the gateway finds the server."""


class Ways(NamedTuple):
    """In which ways a town is not the plain one."""

    apart: Apart | None = None
    """Everything on one machine, with links that fail (proxy.py); or on machines of their own."""

    cared: bool = False
    """Boxes have a system volume, Wi-Fi, settings and updates: see fleet.py."""
    enrolled: bool = False
    """Nobody knows a box's password beforehand: each is shown a set-up code and enrols, and all goes over TLS."""
    by_name: bool = False
    """Boxes know the broker by a name, and its address may change."""
    troubled: bool = False
    """The gateway's disk and clock do what files say: see tampering.py."""
    knows_utc: bool = True
    """Whether the kernel of the gateway's machine knows the time."""
    hurry: int = 1
    """How many times faster the readers see than real ones."""


class Town:
    """All parts, what they print, and the links between them."""

    def __init__(
        self,
        folder: Path,
        boxes: int = 3,
        box_settings: dict[str, Any] | None = None,
        strangers: Sequence[str] = (),
        reader_baud: int = FACTORY_BAUD,
        ways: Ways = Ways(),  # noqa: B008  (it cannot change)
    ) -> None:
        """`strangers`: ids that may log in like boxes, for which nothing is started. `reader_baud`: the speed that the
        readers were left at; to find them there and to set them takes a box a few seconds."""
        self.folder = folder
        self.evidence = Evidence()
        self.witness = Witness(self.evidence)
        self.box_ids = [f"box-{number}" for number in range(1, boxes + 1)]
        self._reader_options = ["--baud", str(reader_baud), *(["--hurry", str(ways.hurry)] if ways.hurry > 1 else [])]
        self.ways = ways
        self._known_ids = [*self.box_ids, *strangers]
        self.secrets = settings.new_secrets(list(strangers) if ways.enrolled else self._known_ids)
        self.broker_port, self.server_port, self.panel_port = free_port(), free_port(), free_port()
        tls_address = ways.apart.gateway_address if ways.apart else "127.0.0.1"
        tls = tls_address if ways.enrolled else ""
        self.fleet = Fleet(folder, self.box_ids, tls) if ways.cared or ways.enrolled else None
        self._boxes_port = self.fleet.tls_port if self.fleet and ways.enrolled else self.broker_port
        self.box_link = Proxy("127.0.0.1", self._boxes_port)
        self.server_link = Proxy("127.0.0.1", self.server_port)
        self._server_ca: Path | None = None
        if ways.enrolled:
            names = ["127.0.0.1", *([ways.apart.server_address] if ways.apart else [])]
            certificates.new(folder / "server" / "tls", names)
            self._server_ca = folder / "server" / "tls" / certificates.CA_PUBLIC_NAME
        self.central = Central(
            self.server_port,
            self.secrets.reader_token,
            ca_file=self._server_ca,
            digest_key_file=folder / "server" / "keys" / "digest.key",
        )
        self.tally = Tally(self.metrics_path)
        self.boxes: dict[str, Box] = {}
        self._box_settings = box_settings or {}
        self._counting: asyncio.Task[None] | None = None
        away = list(ways.apart.gateway) if ways.apart else []
        broker_folder = folder / "gateway" / "broker" if ways.enrolled else folder / "broker"
        self.broker = self._part(
            "broker", [*away, ROOT / ".tram" / "bin" / "mosquitto", "-c", broker_folder / "mosquitto.conf"]
        )
        python = [sys.executable, "-m"]
        program = "scripts.sim.troubled" if ways.troubled else "gateway"
        self.gateway = self._part("gateway", [*away, *python, program, "--config", folder / "gateway" / "gateway.toml"])
        self.server = self._part("server", [*python, "server", "--config", folder / "server" / "server.toml"])

    @property
    def page(self) -> str:
        """The address of the page where the scans come in."""
        return self.central.url + "/"

    @property
    def place_page(self) -> str:
        """The address of the place's own page, which the gateway serves."""
        return f"http://127.0.0.1:{self.panel_port}/"

    async def counted(self) -> int | None:
        """What the place's own page counts today; None: it is on another machine."""
        if self.ways.apart:
            return None
        return await counted(self.panel_port, settings.PANEL_NAME, self.secrets.panel_password)

    @property
    def metrics_path(self) -> Path:
        """Where the gateway writes its numbers."""
        return self.folder / "gateway" / "data" / "metrics.prom"

    @property
    def buffer_folder(self) -> Path:
        """Where the gateway keeps what comes."""
        return self.folder / "gateway" / "data" / "buffer"

    def trouble_path(self, name: str) -> Path:
        """What makes the gateway's `disk` or `clock` fail while it is there."""
        return self.folder / f"{name}.trouble"

    def chain_path(self, name: str) -> Path:
        """Key and certificate of the `server` or the `broker`."""
        if name == "server":
            return self.folder / "server" / "tls" / certificates.CHAIN_NAME
        return self.folder / "gateway" / "data" / "certs" / "gateway.pem"

    async def order(self, *words: object) -> str:
        """`python -m gateway WORD …` -> what it prints."""
        if self.fleet is None:
            raise RuntimeError("nobody looks after this town")
        return await self.fleet.order(*words)

    def _prepare_troubles(self) -> None:
        library = shared(Path(__file__).with_name("disk_shim.c"), self.folder)
        self.gateway.environment = {
            "LD_PRELOAD": str(library),
            "DISK_FOLDER": str(self.folder / "gateway" / "data"),
            "DISK_TROUBLE": str(self.trouble_path("disk")),
            "CLOCK_TROUBLE": str(self.trouble_path("clock")),
        }
        self.trouble_path("clock").write_text('{"synced": true}' if self.ways.knows_utc else '{"synced": false}')

    def links(self, name: str) -> list[Proxy]:
        """Every link of that end: `boxes` or `server`."""
        if name == "server":
            return [self.server_link]
        return list({id(link): link for link in (self.box_link, *(pair.link for pair in self.boxes.values()))}.values())

    async def move(self, address: str, late_s: float = 0.0) -> None:
        """The broker is at another address from now on, and its name stands for that one, `late_s` later."""
        for link in self.links("boxes"):
            await link.move(address)
        await asyncio.sleep(late_s)
        self._write_hosts(address)

    def _write_hosts(self, address: str) -> None:
        fresh = self.folder / "hosts.new"
        fresh.write_text(f"{address} {NAME}\n")
        fresh.replace(self.folder / "hosts")

    async def __aenter__(self) -> "Town":
        try:
            await self.start()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Bring everything up. Raises NotReady, naming what is missing and where its log is."""
        await self.box_link.start()
        await self.server_link.start()
        self._counting = asyncio.create_task(self.tally.watch(), name="tally")
        if self.fleet is not None:
            await asyncio.to_thread(self.fleet.prepare)
        if self.ways.troubled:
            await asyncio.to_thread(self._prepare_troubles)
        await self._write_settings()
        if self.fleet is not None and self.ways.enrolled:
            await self.fleet.order("broker")
        pairs = list(self.boxes.values())
        for part in (self.broker, self.server, self.gateway, *(pair.reader for pair in pairs)):
            await part.start()
        for pair in pairs:
            await self._until(partial(_exists, pair.folder / "reader"), pair.reader.name, pair.reader)
            await pair.box.start()
        if not self.ways.apart:
            await self._until(lambda: _answers(self.broker_port), "the broker", self.broker)
        await self._until(self.central.is_well, "the server", self.server)
        await self._until(lambda: _exists(self.metrics_path), "the gateway", self.gateway)
        if self.ways.enrolled:
            await asyncio.gather(*(self._enrol(pair) for pair in pairs))
        for pair in pairs:
            await self._until(partial(self._is_ready, pair), pair.box_id, pair.box)
        if self.fleet is not None:
            await self.fleet.take_in()

    async def _enrol(self, pair: Box) -> None:
        """Show a new box its set-up code until it belongs here."""
        if self.fleet is None:
            raise RuntimeError("nobody made a key for this fleet")
        where, port = NAME if self.ways.by_name else "127.0.0.1", pair.link.port
        if self.ways.apart:
            where, port = self.ways.apart.gateway_address, self._boxes_port
        code = await asyncio.to_thread(self.fleet.code, pair.box_id, where, port)
        order = {"show_code_base64": base64.b64encode(code).decode(), "hold_ms": 8000}
        while not any(boot.box_id == pair.box_id for boot in self.evidence.boots):
            if not pair.box.is_running:
                raise NotReady(f"{pair.box_id} ended while it was set up:\n{_tail(pair.box.log_path)}")
            if self.witness.reader_state.get(pair.box_id) == "ready":
                await pair.ask_reader(order, ENROL_S)
            await asyncio.sleep(0.1)

    async def stop(self) -> None:
        """End everything, boxes first, and wait until it has ended."""
        if self._counting is not None:
            self._counting.cancel()
        pairs = list(self.boxes.values())
        await asyncio.gather(*(pair.box.stop() for pair in pairs))
        await asyncio.gather(*(pair.reader.stop() for pair in pairs))
        await self.gateway.stop()
        await asyncio.gather(self.server.stop(), self.broker.stop())
        links = [*self.links("boxes"), self.server_link]
        await asyncio.gather(*(link.stop() for link in links), self.central.close())

    async def show(self, box_id: str, code: bytes, command: dict[str, Any], patience_s: float = 20.0) -> bool:
        """Hold a code before a box's reader; `command` makes the reader see it. -> whether the reader has sent it."""
        self.evidence.shown.append(Shown(box_id, code, now_ms()))
        said = await self.boxes[box_id].ask_reader(command, patience_s)
        return said is not None and "sent" in said

    def _part(self, name: str, argv: list[Any]) -> Process:
        return Process(name, argv, ROOT, self.folder / f"{name}.log", None, self._on_end)

    async def _write_settings(self) -> None:
        from gateway.mqtt.broker import Listen, write_config

        for name in ("server", "gateway"):
            (self.folder / name).mkdir(exist_ok=True)
        if not self.ways.enrolled:
            listen = [Listen("127.0.0.1", self.broker_port)]
            write_config(self.folder / "broker", listen, settings.GATEWAY_USER, self.secrets.passwords)
        if self.fleet is not None:
            self.fleet.write_key()
        apart = self.ways.apart
        form, tls = ("https", f"tls/{certificates.CHAIN_NAME}") if self._server_ca else ("http", "")
        listen, server_url = "127.0.0.1", f"{form}://127.0.0.1:{self.server_link.port}"
        if apart is not None:
            listen, server_url = "0.0.0.0", f"{form}://{apart.server_address}:{self.server_port}"  # noqa: S104
        known = self.folder / "server" / "server.toml"
        settings.write_server(known, self.server_port, self.secrets, self._known_ids, listen, tls)
        broker, more = self.fleet.gateway_settings if self.fleet else ("", "")
        config_path, trust = self.folder / "gateway" / "gateway.toml", "kernel" if self.ways.troubled else "always"
        ports = self.broker_port, self.panel_port
        settings.write_gateway(config_path, ports, server_url, self.secrets, trust, broker, more, self._server_ca)
        self._write_hosts("127.0.0.1")
        for box_id in self.box_ids:
            await self._furnish(box_id)

    async def _furnish(self, box_id: str) -> None:
        folder, changes = self.folder / box_id, self._box_settings
        folder.mkdir()
        link, system = self.box_link, None
        if self.fleet is not None:
            system = self.fleet.furnish(folder)
            changes = settings.overlaid(self.fleet.box_settings(folder), changes)
            link = Proxy("127.0.0.1", self._boxes_port)
            await link.start()
        if self.ways.by_name:
            changes = settings.overlaid({"link": {"hosts_file": str(self.folder / "hosts")}}, changes)
        settings.write_box(folder / "config.json", box_id, self.secrets, changes)
        name = "" if self.ways.enrolled else NAME if self.ways.by_name else "127.0.0.1"
        machine = self.ways.apart.boxes if self.ways.apart else ()
        pair = Box(box_id, folder, link, self._reader_options, self.witness, self._on_end, name, system, machine)
        self.boxes[box_id] = pair
        if self.fleet is not None:
            pair.set_world(self.fleet.world())

    def _on_end(self, name: str, code: int) -> None:
        if not (name in self.boxes and code == POWER_CUT_EXIT):
            self.evidence.mishaps.append(f"{name} ended by itself with code {code}")

    async def _is_ready(self, box: Box) -> bool:
        return self.witness.reader_state.get(box.box_id) == "ready"

    async def _until(self, is_up: Callable[[], Any], name: str, part: Process) -> None:
        try:
            async with asyncio.timeout(READY_S):
                while not await is_up():
                    if not part.is_running:
                        raise NotReady(f"{name} ended while starting:\n{_tail(part.log_path)}")
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise NotReady(f"{name} is not ready after {READY_S:.0f} s:\n{_tail(part.log_path)}") from None


def now_ms() -> int:
    """CLOCK_MONOTONIC, which boxes and readers state too."""
    return time.monotonic_ns() // 1_000_000


def utc_minus_mono_ms() -> int:
    """What to add to `now_ms()` for UTC."""
    return round((time.time_ns() - time.monotonic_ns()) / 1_000_000)


async def _answers(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


async def _exists(path: Path) -> bool:
    return await asyncio.to_thread(path.exists)


def _tail(path: Path, lines: int = 12) -> str:
    said: list[str] = []
    for name in (path.with_suffix(".out"), path):
        if name.exists():
            said += name.read_text(errors="replace").splitlines()[-lines:]
    return "\n".join(said) or "(it has said nothing)"
