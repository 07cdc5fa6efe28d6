"""The whole gateway as a process of its own, for tests: start, stop, kill, start again."""

import asyncio
import contextlib
import io
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from gateway.__main__ import main
from gateway.buffer import Buffer, Settings
from gateway.seal import DigestKeys, Sealer, Shelf
from tests.gateway.brokers import GATEWAY_PASSWORD, ROOT, RealBroker
from tests.gateway.sealing import PUBLIC, opened, write_public


class RealGateway:
    """`python -m gateway` on a folder; what was there before a kill is there after it."""

    def __init__(
        self,
        folder: Path,
        broker: RealBroker,
        server_url: str = "http://127.0.0.1:1",
        more: str = "",
        broker_more: str = "",
    ) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._secret("broker.password", GATEWAY_PASSWORD)
        self._secret("server.token", "token-of-the-gateway")
        write_public(folder / "sealing.key")
        self.config = folder / "gateway.toml"
        self.config.write_text(
            f'gateway_id = "gw-1"\ndata_dir = "data"\n[broker]\nport = {broker.port}\n'
            f'password_file = "broker.password"\n{broker_more}'
            f'[server]\nurl = "{server_url}"\ntoken_file = "server.token"\nsealing_key_file = "sealing.key"\n'
            f"[health]\nevery_s = 0.2\n{more or DEFAULT_TIME}"
        )
        self.environment: dict[str, str] = {}
        """Of its process, beyond ours."""
        self.process: subprocess.Popen[bytes] | None = None

    def _secret(self, name: str, value: str) -> None:
        path = self.folder / name
        path.write_text(value)
        path.chmod(0o600)

    def start(self) -> "RealGateway":
        with open(self.folder / "gateway.log", "ab") as log:
            command = [sys.executable, "-m", "gateway", "--config", str(self.config)]
            around = {**os.environ, **self.environment}
            self.process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, env=around)
        return self

    def call(self, *words: object, given: bytes = b"") -> subprocess.CompletedProcess[str]:
        """`python -m gateway WORD …` beside the gateway that runs: in this process, for a start takes a while."""
        command = [*map(str, words), "--config", str(self.config)]
        out, err, before = io.StringIO(), io.StringIO(), sys.stdin
        sys.stdin = io.TextIOWrapper(io.BytesIO(given))
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                code = main(command)
        finally:
            sys.stdin = before
        return subprocess.CompletedProcess(command, code, out.getvalue(), err.getvalue())

    def start_and_wait(self) -> "RealGateway":
        """Started, and subscribed at the broker: what is sent from now on arrives."""
        before = self.log().count("subscribed at the broker")
        self.start()
        wait_for(lambda: self.log().count("subscribed at the broker") > before)
        return self

    def log(self) -> str:
        path = self.folder / "gateway.log"
        return path.read_text() if path.exists() else ""

    def told(self, part: str) -> list[str]:
        """What its log says of a part's health, one after the other: `waiting: unreachable …`."""
        lines = [dict(_LOGFMT.findall(line)) for line in self.log().splitlines() if " event=health " in line]
        mine = [one for one in lines if one.get("part") == part and "box" not in one]
        return [f"{one['state']}: {one.get('reason', '')}".replace('"', "") for one in mine]

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def stop(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(15)
        self.process = None
        return code

    def exit_code(self) -> int:
        assert self.process is not None
        return self.process.wait(20)

    def metric(self, name: str) -> float | None:
        """A number from metrics.prom, None where there is none yet."""
        path = self.folder / "data" / "metrics.prom"
        if not path.exists():
            return None
        for line in path.read_text().splitlines():
            if line.rpartition(" ")[0] == name:
                return float(line.rpartition(" ")[2])
        return None

    def held(self) -> list[bytes]:
        """Every record that waits for the server or is parked, its seal opened, once for each row."""
        with ThreadPoolExecutor(1) as alone:  # a loop of its own: the caller's may be running
            return alone.submit(asyncio.run, _held(self.folder / "data" / "buffer")).result()

    def records(self) -> set[bytes]:
        """The same, without those that are there twice."""
        return set(self.held())


_LOGFMT = re.compile(r'(\w+)=("(?:[^"\\]|\\.)*"|\S+)')
DEFAULT_TIME = '[time]\ntrust = "always"\nbeacon_s = 0.2\n'


async def _held(folder: Path) -> list[bytes]:
    """Of a copy, so that looking changes nothing."""
    with tempfile.TemporaryDirectory() as where:
        copy = Path(where) / "buffer"
        shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("lock", "ballast"))
        sealer = Sealer(PUBLIC, lambda *_: "identified", DigestKeys(Shelf(None), lambda: 0))
        settings = Settings(min_free_bytes=0, ballast_bytes=0)
        buffer = await Buffer.open(copy, boot="0" * 12, mono_ms=lambda: 0, sealer=sealer, settings=settings)
        try:
            kept = await buffer.claim(1_000_000, 1 << 30) + await buffer.claim_parked(1_000_000)
        finally:
            await buffer.close()
    return [opened(one.record) for one in kept]


def wait_for(what, timeout_s: float = 20.0):
    """Wait until `what()` is true, and return it."""
    give_up = time.monotonic() + timeout_s
    while True:
        found = what()
        if found:
            return found
        assert time.monotonic() < give_up, "did not happen in time"
        time.sleep(0.01)
