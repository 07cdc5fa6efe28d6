"""A real mosquitto for the tests: on a free port, in a temporary folder, with our own configuration."""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from gateway.mqtt.broker import Listen, write_config

ROOT = Path(__file__).resolve().parents[2]
GATEWAY_PASSWORD = "gateway-password"


def mosquitto_path() -> str:
    ours = ROOT / ".tram/bin/mosquitto"
    found = str(ours) if ours.exists() else shutil.which("mosquitto", path=f"{os.environ['PATH']}:/usr/sbin")
    assert found, "mosquitto is not installed"
    return found


def mosquitto_programs() -> dict[str, str]:
    """Every broker that this machine has, by its version: its own, and those of other Debians (scripts/setup)."""
    found = [mosquitto_path(), *map(str, sorted((ROOT / ".tram/brokers").glob("*/mosquitto")))]
    programs: dict[str, str] = {}
    for path in found:
        said = subprocess.run([path, "-h"], capture_output=True, text=True).stdout.split()
        programs.setdefault(said[2], path)
    return dict(sorted(programs.items()))


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def password_of(box_id: str) -> str:
    return f"password-of-{box_id}"


class RealBroker:
    """start(), stop(), kill(); the same port and users every time."""

    def __init__(
        self,
        folder: Path,
        boxes: list[str],
        port: int | None = None,
        chain_file: Path | None = None,
        program: str | None = None,
    ) -> None:
        """`chain_file`: with it there is a TLS listener too, at `tls_port`."""
        self.folder = folder
        self.program = program or mosquitto_path()
        self.chain_file = chain_file
        self.tls_port = free_port()
        self.port = port or free_port()
        self.boxes = boxes
        self._process: subprocess.Popen[bytes] | None = None
        self.write(boxes)

    def write(self, boxes: list[str]) -> None:
        self.boxes = boxes
        users = {"gateway": GATEWAY_PASSWORD} | {box: password_of(box) for box in boxes}
        listen = [Listen("127.0.0.1", self.port)]
        if self.chain_file is not None:
            listen.append(Listen("127.0.0.1", self.tls_port, self.chain_file))
        self.config = write_config(self.folder, listen, "gateway", users)

    def start(self) -> "RealBroker":
        with open(self.folder / "broker.log", "ab") as log:
            self._process = subprocess.Popen([self.program, "-c", str(self.config)], stdout=log, stderr=log)
        give_up = time.monotonic() + 10
        while time.monotonic() < give_up:
            if self._process.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return self
            except OSError:
                time.sleep(0.01)
        raise AssertionError(f"mosquitto did not start: {self.log()}")

    def log(self) -> str:
        return (self.folder / "broker.log").read_text()

    def reload(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGHUP)

    def freeze(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


async def eventually(what, timeout_s: float = 20.0, every_s: float = 0.01):
    """Wait until `what()` is true, and return it."""
    give_up = time.monotonic() + timeout_s
    while True:
        found = what()
        if found:
            return found
        assert time.monotonic() < give_up, "did not happen in time"
        await asyncio.sleep(every_s)
