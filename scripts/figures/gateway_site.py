"""What the gateway's figures run on: a real mosquitto, the real gateway and the real server, as processes of their own.

with Site(home) as site, site.broker() as ports, site.gateway() as pid: …
"""

import json
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from subprocess import DEVNULL, Popen
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from gateway import certs
from gateway.mqtt.broker import Listen, write_config
from gateway.panel import people
from scripts.sim.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
GATEWAY_ID = "gw-figures"
BOXES = 20
GATEWAY_PASSWORD = "password of the figures"  # noqa: S105 - of a broker that lives for seconds
PASSWORDS = {f"box-{number:04}": f"password-{number:04}" for number in range(BOXES)}
TOKEN = "token of the figures"  # noqa: S105 - of a server that lives for seconds
NOBODY = "http://127.0.0.1:1"
"""Where no server is."""
WAIT_S = 60

Changes = Mapping[str, Mapping[str, Any]]


class Ports(NamedTuple):
    """Where the broker listens."""

    plain: int
    tls: int
    ca_der: bytes
    """The authority by which boxes know it."""


class Site:
    """The files of one place in a folder of their own. `changes`: settings of the gateway that are not as always."""

    def __init__(self, home: Path, changes: Changes | None = None, data_dir: Path | None = None) -> None:
        home.mkdir()
        self.home = home
        self.data = data_dir or home / "data"
        self.sealing_key = X25519PrivateKey.generate()
        self.server_port = free_port()
        self._changes = changes or {}
        self._plain = 0

    @property
    def url(self) -> str:
        """Of its server, whether it runs or not."""
        return f"http://127.0.0.1:{self.server_port}"

    @contextmanager
    def broker(self) -> Iterator[Ports]:
        plain, tls = free_port(), free_port()
        papers = certs.ensure(self.home / "certs", GATEWAY_ID, ["127.0.0.1"])
        listen = [Listen(port=plain), Listen(port=tls, chain_file=papers.chain_file)]
        config = write_config(self.home / "broker", listen, "gateway", PASSWORDS | {"gateway": GATEWAY_PASSWORD})
        mosquitto = ROOT / ".tram/bin/mosquitto"
        command = [str(mosquitto) if mosquitto.exists() else "mosquitto", "-c", str(config)]
        with Popen(command, stdout=DEVNULL, stderr=DEVNULL) as process:
            try:
                self._plain = plain
                wait(lambda: is_open(plain) and is_open(tls))
                yield Ports(plain, tls, papers.ca_der)
            finally:
                process.kill()

    def configure(self, url: str = NOBODY) -> Path:
        """gateway.toml and what it names."""
        public = self.sealing_key.public_key().public_bytes_raw()
        for name, text in {"password": GATEWAY_PASSWORD, "token": TOKEN, "people": _person()}.items():
            (self.home / name).write_text(text)
            (self.home / name).chmod(0o600)
        (self.home / "sealing.pub").write_text(public.hex() + "\n")
        settings: dict[str, dict[str, Any]] = {
            "broker": {"port": self._plain, "password_file": "password"},
            "server": {"url": url, "token_file": "token", "sealing_key_file": "sealing.pub"},
            "time": {"trust": "always"},
            "health": {"every_s": 0.5},
        }
        for section, values in self._changes.items():
            settings[section] = {**settings.get(section, {}), **values}
        lines = [f'gateway_id = "{GATEWAY_ID}"', f"data_dir = {json.dumps(str(self.data))}"]
        for section, values in settings.items():
            lines += [f"[{section}]", *(f"{name} = {json.dumps(value)}" for name, value in values.items())]
        path = self.home / "gateway.toml"
        path.write_text("\n".join(lines) + "\n")
        return path

    def start_gateway(self, environment: Mapping[str, str] | None = None, url: str = NOBODY) -> "Popen[bytes]":
        command = [sys.executable, "-m", "gateway", "--config", str(self.configure(url))]
        with (self.home / "gateway.log").open("wb") as lines:
            return Popen(command, cwd=ROOT, env=dict(environment or os.environ), stderr=lines)

    @contextmanager
    def gateway(self, environment: Mapping[str, str] | None = None, url: str = NOBODY) -> Iterator[int]:
        """Runs, and is subscribed at the broker. -> its process id"""
        process = self.start_gateway(environment, url)
        try:
            wait(lambda: "subscribed at the broker" in self.log or self._fail_if_over(process))
            yield process.pid
        finally:
            process.terminate()
            process.wait(WAIT_S)

    def _fail_if_over(self, process: "Popen[bytes]") -> bool:
        if process.poll() is not None:
            raise RuntimeError(f"the gateway ended while starting:\n{self.log[-1500:]}")
        return False

    @property
    def log(self) -> str:
        return (self.home / "gateway.log").read_text()

    @contextmanager
    def server(self) -> Iterator[str]:
        folder, boxes = self.home / "server", ", ".join(f'"{box_id}"' for box_id in PASSWORDS)
        folder.mkdir()
        secret = folder / "sealing.key"
        secret.touch(0o600)
        secret.write_text(self.sealing_key.private_bytes_raw().hex())
        path = folder / "server.toml"
        path.write_text(
            f'listen = "127.0.0.1:{self.server_port}"\ndata_dir = "."\nsealing_key_files = ["sealing.key"]\n'
            "[[gateways]]\n"
            f'id = "{GATEWAY_ID}"\ntoken_sha256 = "{sha256(TOKEN.encode()).hexdigest()}"\nboxes = [{boxes}]\n'
        )
        command = [sys.executable, "-m", "server", "--config", str(path)]
        with (folder / "server.log").open("wb") as lines:
            process = Popen(command, cwd=ROOT, stdout=lines, stderr=lines)
        try:
            wait(lambda: is_open(self.server_port))
            yield self.url
        finally:
            process.terminate()
            process.wait(WAIT_S)

    @property
    def metrics_path(self) -> Path:
        return self.data / "metrics.prom"

    def metric(self, name: str) -> float:
        """The latest value, over all labels; 0 where it was not told yet."""
        path = self.metrics_path
        lines = path.read_text().splitlines() if path.exists() else []
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith((name + " ", name + "{")))


def _person() -> str:
    return f"figures {people.hash_of('a password of the figures').line()}\n"


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def proc_number(pid: int, file: str, name: str) -> int:
    """A line of /proc/PID/io, /proc/PID/status or the like."""
    for line in Path(f"/proc/{pid}/{file}").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1])
    return 0


def cpu_s(pid: int) -> float:
    """What the process has used of the processors, in seconds."""
    words = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def wait(what: Callable[[], bool], limit_s: float = WAIT_S) -> None:
    give_up_s = time.monotonic() + limit_s
    while not what():
        if time.monotonic() > give_up_s:
            raise RuntimeError("did not happen in time")
        time.sleep(0.02)
