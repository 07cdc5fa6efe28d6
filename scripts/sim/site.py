"""One place as an installer leaves it: a broker that speaks TLS, a gateway that enrols, a server, and boxes whose
firmware comes out of their own flash. Everything on loopback, with keys and passwords made for this one run.

    async with Site(folder) as site:
        box = await site.new_box("box-1")          # blank but for its image
        await box.show(site.code(gate="cong-1"))   # and it enrols

It differs from town.py in that nothing is known beforehand: no box has a password until it has enrolled.
"""

import asyncio
import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from scripts.provisioning.code import make_code
from scripts.provisioning.key import FleetKey
from scripts.sim import settings
from scripts.sim.central import Central
from scripts.sim.evidence import Evidence
from scripts.sim.ports import free_port
from scripts.sim.process import ROOT, Process
from scripts.sim.town import NotReady, utc_minus_mono_ms
from scripts.sim.witness import Witness

SSID, WIFI_PASSWORD = "cho-moi", "mat-khau-thu"
READY_S = 30.0
QUICK = {
    "accept": {"repeat_window_ms": 1500},
    "link": {"retry_cap_ms": 1500, "status_every_ms": 5000, "no_gateway_after_ms": 2500},
    "update": {"confirm_s": 3, "give_up_s": 14},
    "reader": {"verify_ms": 3000},
}
"""What takes minutes on a wall takes seconds here."""


class SiteBox:
    """A box, its reader and its two flashes; what it says is kept, line by line."""

    def __init__(self, site: "Site", name: str, changes: dict[str, Any]) -> None:
        self.name = name
        self.folder = site.folder / name
        self.folder.mkdir()
        self.lines: list[dict[str, Any]] = []
        self.box_id = ""
        self._site = site
        self._news = asyncio.Event()
        self._answers: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.world: dict[str, Any] = {"wifi": {"faster": 20, "networks": {}}}
        tty = self.folder / "reader"
        reader = [ROOT / "scripts" / "simreader", "--tty-link", tty, "--baud", "9600"]
        self.reader = Process(
            f"reader of {name}", reader, self.folder, self.folder / "reader.log", self._on_reader_line
        )
        box: list[str | Path] = [ROOT / "scripts" / "simbox", "--uart", tty, "--flash", self.folder / "flash.img"]
        box += ["--system", self.folder / "system.img", "--broker", "-", "--config", self.folder / "box.json"]
        self.box = Process(name, box, self.folder, self.folder / "box.log", self._on_box_line)
        whole = {key: dict(values) for key, values in QUICK.items()}
        for section, values in changes.items():
            whole[section] = {**whole.get(section, {}), **values}
        whole["test"] = {"control": str(self.folder / "cut"), "world": str(self.folder / "world")} | whole.get(
            "test", {}
        )
        (self.folder / "box.json").write_text(json.dumps(whole, indent=1))
        self.set_world(networks={SSID: {"password": WIFI_PASSWORD, "state": "up"}})

    # What is around it

    def set_world(self, networks: dict[str, Any] | None = None, **facts: Any) -> None:
        if networks is not None:
            self.world["wifi"]["networks"] = networks
        self.world.update(facts)
        fresh = self.folder / "world.new"
        fresh.write_text(json.dumps(self.world))
        fresh.replace(self.folder / "world")

    def cut_power_after(self, operations: int, system: bool = False) -> None:
        """The power goes at the n-th operation from now on one of its two flashes."""
        fresh = self.folder / "cut.new"
        fresh.write_text(f"system {operations}" if system else str(operations))
        fresh.replace(self.folder / "cut")

    async def show(self, code: bytes, patience_s: float = 20.0) -> dict[str, Any]:
        """Hold a code before the reader. -> what the reader says became of it."""
        while not self._answers.empty():
            self._answers.get_nowait()
        order = {"show_code_base64": base64.b64encode(code).decode(), "hold_ms": 8000}
        await self.reader.send(json.dumps(order).encode())
        async with asyncio.timeout(patience_s):
            return await self._answers.get()

    async def tell_reader(self, **order: Any) -> None:
        await self.reader.send(json.dumps(order).encode())

    # What it says

    def _on_box_line(self, line: bytes) -> None:
        try:
            said = json.loads(line)
        except ValueError:
            return
        self.lines.append(said)
        if "box_id" in said:
            self.box_id = said["box_id"]
        self._site.witness.box_line(self.box_id or self.name, line)
        self._news.set()

    def _on_reader_line(self, line: bytes) -> None:
        said = self._site.witness.reader_line(self.box_id or self.name, line)
        if "sent" in said or "not_read" in said:
            self._answers.put_nowait(said)

    def find(self, since: int = 0, **facts: Any) -> dict[str, Any] | None:
        """The first line from `since` on that has all these facts."""
        for line in self.lines[since:]:
            if all(line.get(key) == value for key, value in facts.items()):
                return line
        return None

    async def until(self, limit_s: float = READY_S, since: int = 0, **facts: Any) -> dict[str, Any]:
        """Wait for such a line. Raises TimeoutError that names it."""
        try:
            async with asyncio.timeout(limit_s):
                while (found := self.find(since, **facts)) is None:
                    self._news.clear()
                    await self._news.wait()
                return found
        except TimeoutError:
            said = "\n".join(json.dumps(line)[:200] for line in self.lines[-8:])
            raise TimeoutError(f"{self.name} has not said {facts} within {limit_s:.0f} s; last:\n{said}") from None

    def now(self) -> int:
        """How many lines there are: for `since`."""
        return len(self.lines)


class Site:
    """Broker, gateway, server, and the fleet's key."""

    def __init__(self, folder: Path, changes: dict[str, Any] | None = None) -> None:
        self.folder = folder
        self.evidence = Evidence(utc_minus_mono_ms=utc_minus_mono_ms())
        self.witness = Witness(self.evidence)
        self.boxes: dict[str, SiteBox] = {}
        self.key = FleetKey.make()
        self.key_path = folder / "fleet.pem"
        self.key.save(self.key_path)
        self._changes = changes or {}
        self.plain_port, self.tls_port, self.enrol_port, self.server_port = (free_port() for _ in range(4))
        self.secrets = settings.new_secrets([])
        self.central = Central(
            self.server_port, self.secrets.reader_token, digest_key_file=folder / "server" / "keys" / "digest.key"
        )
        python = [sys.executable, "-m"]
        conf = folder / "gateway" / "broker" / "mosquitto.conf"
        self.config_path = folder / "gateway" / "gateway.toml"
        self.broker = self._part("broker", [ROOT / ".tram" / "bin" / "mosquitto", "-c", conf])
        self.gateway = self._part("gateway", [*python, "gateway", "--config", self.config_path])
        self.server = self._part("server", [*python, "server", "--config", folder / "server" / "server.toml"])
        self.panel_port = 0
        """Where the place's page and the technicians' door are; 0: wherever there is room."""
        self.ca = b""

    @property
    def metrics_path(self) -> Path:
        """Where the gateway writes its numbers."""
        return self.folder / "gateway" / "data" / "metrics.prom"

    def _part(self, name: str, argv: list[Any]) -> Process:
        return Process(name, argv, ROOT, self.folder / f"{name}.log", None, self._on_end)

    def _on_end(self, name: str, code: int) -> None:
        self.evidence.mishaps.append(f"{name} ended by itself with code {code}")

    async def __aenter__(self) -> "Site":
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def _start(self) -> None:
        for name in ("server", "gateway"):
            (self.folder / name).mkdir()
        settings.write_server(self.folder / "server" / "server.toml", self.server_port, self.secrets, [])
        url = f"http://127.0.0.1:{self.server_port}"
        settings.write_gateway(self.config_path, (self.plain_port, self.panel_port), url, self.secrets)
        (self.config_path.parent / "fleet.key").write_text(self.key.modulus.hex() + "\n")
        text = self.config_path.read_text().replace(
            "[broker]\n",
            '[broker]\nfolder = "broker"\nlisten = ["127.0.0.1"]\n'
            f'tls_listen = ["127.0.0.1"]\ntls_port = {self.tls_port}\n',
        )
        text += (
            f'\n[enrol]\nfleet_key_file = "fleet.key"\nlisten = ["127.0.0.1"]\nport = {self.enrol_port}\n'
            "per_minute = 600\n"
        )
        self.config_path.write_text(text)
        await self.order("broker")
        await self.broker.start()
        await self.server.start()
        await self.gateway.start()
        await self._until(self.central.is_well, "the server", self.server)
        await self._until(partial(_exists, self.metrics_path), "the gateway", self.gateway)
        self.ca = (self.folder / "gateway" / "data" / "certs" / "ca.der").read_bytes()

    async def known(self, box_id: str) -> None:
        """Wait until the server knows, from the gateway's report, that this box belongs here."""
        async with asyncio.timeout(READY_S):
            while box_id not in await self.central.boxes_of(settings.GATEWAY_ID):
                await asyncio.sleep(0.05)

    async def stop(self) -> None:
        boxes = list(self.boxes.values())
        await asyncio.gather(*(box.box.stop() for box in boxes))
        await asyncio.gather(*(box.reader.stop() for box in boxes))
        await self.gateway.stop()
        await asyncio.gather(self.server.stop(), self.broker.stop(), self.central.close())

    # Firmware and codes

    async def build(self, version: int, *, image: Path | None = None, out: Path | None = None, floor: int = 0) -> None:
        """scripts/build-firmware, as a person would call it."""
        where = ["--image", image] if image else ["--out", out]
        command = [sys.executable, "-m", "scripts.bundle", "--board", "linux", "--key", self.key_path]
        command += ["--version", version, "--floor", floor, "--name", f"demo-{version}", *where]
        await self._run(command)

    async def order(self, *words: Any) -> str:
        """`python -m gateway WORD …` -> what it prints. Raises RuntimeError with what it complains about."""
        return await self._run([sys.executable, "-m", "gateway", *words, "--config", self.config_path])

    async def _run(self, command: list[Any]) -> str:
        done = await asyncio.to_thread(
            subprocess.run,
            [str(word) for word in command],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{command[2:5]} ended with {done.returncode}: {done.stderr.strip()[-800:]}")
        return done.stdout.strip()

    def code(self, key: FleetKey | None = None, **given: Any) -> bytes:
        """A provisioning code for this place."""
        values = {
            "gateway": settings.GATEWAY_ID,
            "host": "127.0.0.1",
            "port": self.tls_port,
            "enrol_port": self.enrol_port,
            "wifi": [[SSID, WIFI_PASSWORD]],
            "place": "cho-moi",
            "gate": "cong-1",
        }
        return make_code(key or self.key, self.ca, **{**values, **given})

    async def new_box(self, name: str, version: int = 1) -> SiteBox:
        """A box fresh from the technician's bench: flashed, never provisioned."""
        box = SiteBox(self, name, self._changes)
        await self.build(version, image=box.folder / "system.img")
        await box.reader.start()
        await self._until(partial(_exists, box.folder / "reader"), "the reader", box.reader)
        await box.box.start()
        self.boxes[name] = box
        return box

    async def _until(self, is_up: Callable[[], Any], name: str, part: Process) -> None:
        try:
            async with asyncio.timeout(READY_S):
                while not await is_up():
                    if not part.is_running:
                        raise NotReady(f"{name} ended while starting:\n{part.log_path.read_text()[-1500:]}")
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise NotReady(f"{name} is not ready after {READY_S:.0f} s") from None


async def _exists(path: Path) -> bool:
    return await asyncio.to_thread(path.exists)
