"""The gateway's figures: the real process behind a real mosquitto, the load in a process of its own.

1. Live is one scan a message from 20 boxes. Its limit is paho as it comes, acknowledging by hand and nothing else.
2. Backlog is packs of 128 scans. Its limit is bare executemany into the same table, as many scans a commit as the
   gateway had, synchronous=FULL; it checks nothing and keeps a scan that comes twice twice. What the same costs with a
   unique key is shown beside it.
3. Both again where every fsync takes 24 ms longer, as on an SD card. Saturated runs give the rate; how long a scan
   takes until it is answered for is measured at a steady rate above the aim: in a saturated run it says only how long
   the queue is.
4. The server is away, and in one more run it is there.
"""

import multiprocessing
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

from gateway.mqtt.broker import Listen, write_config
from scripts.figures import fsync_shim, gateway_bare, gateway_load
from scripts.figures.figure import Figure
from scripts.figures.gateway_load import Load, Result
from scripts.sim.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
BOXES, WINDOW, PACK = 20, 4_000, 128
CARD_MS, CARD_RATE = 24, 1_200
GATEWAY_PASSWORD = "password of the figures"  # noqa: S105 - of a broker that lives for seconds
PASSWORDS = {f"box-{number:04}": f"password-{number:04}" for number in range(BOXES)}
TOKEN = "token of the figures"  # noqa: S105 - of a server that lives for seconds
WAIT_S = 60
_spawn = multiprocessing.get_context("spawn")


class Run(NamedTuple):
    """One load on one fresh gateway."""

    result: Result
    scans_a_commit: int
    written_bytes: int
    peak_bytes: int


def run(quick: bool, tell: Callable[[str], None] = lambda what: None) -> list[Figure]:
    """Measure; `tell` hears what is being done."""
    share = 1 if quick else 4
    with tempfile.TemporaryDirectory(prefix="tram-figures-") as folder:
        home = Path(folder)
        figures = _live(home, share, tell)
        figures += _backlog(home, share, tell)
        card = fsync_shim.environment(home, CARD_MS)
        return figures + _on_a_card(home, share, card, tell)


def _live(home: Path, share: int, tell: Callable[[str], None]) -> list[Figure]:
    load = Load(0, PASSWORDS, scans=2_000 * share, window=WINDOW)
    tell("a bare subscriber that acknowledges")
    bare = _bare_subscriber(home / "bare", load)
    tell("live scans, the server away")
    live = _measure(home / "live", load)
    tell("live scans, the server there")
    served = _measure(home / "served", load._replace(scans=1_000 * share), with_server=True)
    tell("a gate's pace")
    calm = _measure(home / "calm", load._replace(scans=100 * share, rate=200.0))
    bare_rate = _rate(bare)
    return [
        Figure(f"gateway: live, {BOXES} boxes", _rate(live.result), "scans/s", bare_rate, 12_000, 0.6),
        Figure("gateway: live, with the server", _rate(served.result), "scans/s", bare_rate),
        Figure("gateway: to our ack at 200/s, p50", calm.result.p50_ms, "ms"),
        Figure("gateway: to our ack at 200/s, p99", calm.result.p99_ms, "ms"),
        Figure("gateway: scans a commit, live", live.scans_a_commit, "scans"),
        Figure("gateway: written per scan, live", live.written_bytes / live.result.scans, "bytes"),
        Figure("gateway: written per scan at 200/s", calm.written_bytes / calm.result.scans, "bytes"),
        Figure("gateway: peak memory, live", live.peak_bytes / 1e6, "MB", aim=80, at_most=True),
    ]


def _backlog(home: Path, share: int, tell: Callable[[str], None]) -> list[Figure]:
    tell("a backlog in packs")
    packs = Load(0, PASSWORDS, scans=PACK * 60 * share, window=PACK * BOXES * 8, pack=PACK)
    backlog = _measure(home / "backlog", packs)
    tell("bare inserts")
    bare = _bare_inserts(home / "inserts", home / "backlog", backlog, dict(os.environ))
    keyed = _bare_inserts(home / "keyed", home / "backlog", backlog, dict(os.environ), keyed=True)
    return [
        Figure(f"gateway: backlog, packs of {PACK}", _rate(backlog.result), "scans/s", bare, 60_000, 0.5),
        Figure("gateway: bare inserts with a unique key", keyed, "scans/s", bare),
        Figure("gateway: scans a commit, backlog", backlog.scans_a_commit, "scans"),
        Figure("gateway: written per scan, backlog", backlog.written_bytes / backlog.result.scans, "bytes"),
        Figure("gateway: peak memory, backlog", backlog.peak_bytes / 1e6, "MB", aim=80, at_most=True),
    ]


def _on_a_card(home: Path, share: int, card: dict[str, str], tell: Callable[[str], None]) -> list[Figure]:
    with_card = f"fsync +{CARD_MS} ms"
    tell(f"live scans, {with_card}")
    live = Load(0, PASSWORDS, scans=1_000 * share, window=WINDOW)
    fast = _measure(home / "card-live", live, card)
    tell(f"{CARD_RATE} scans a second, {with_card}")
    steady = _measure(home / "card-steady", live._replace(scans=300 * share, rate=float(CARD_RATE)), card)
    tell(f"a backlog, {with_card}")
    packs = Load(0, PASSWORDS, scans=PACK * 20 * share, window=PACK * BOXES * 8, pack=PACK)
    backlog = _measure(home / "card-backlog", packs, card)
    bare = _bare_inserts(home / "card-inserts", home / "card-backlog", backlog, card)
    took = f"gateway: to our ack at {CARD_RATE}/s, {with_card}"
    return [
        Figure(f"gateway: live, {with_card}", _rate(fast.result), "scans/s", aim=1_000),
        Figure(f"{took}, p50", steady.result.p50_ms, "ms"),
        Figure(f"{took}, p99", steady.result.p99_ms, "ms", aim=150, at_most=True),
        Figure(f"gateway: to our ack, all that goes, {with_card}, p99", fast.result.p99_ms, "ms"),
        Figure(f"gateway: backlog, {with_card}", _rate(backlog.result), "scans/s", bare, ratio_aim=0.5),
        Figure(f"gateway: to our ack of a pack, {with_card}, p99", backlog.result.p99_ms, "ms"),
    ]


def _rate(result: Result) -> float:
    return result.scans / result.seconds


# --- one measurement


def _measure(home: Path, load: Load, environment: dict[str, str] | None = None, with_server: bool = False) -> Run:
    """A fresh broker, a fresh gateway, one load; with a server, the gateway's uploads reach it."""
    with _broker(home) as port, _server(home, with_server) as url:
        _configure(home, port, url)
        with _gateway(home, environment or dict(os.environ)) as pid:
            before = _written_bytes(pid)
            result = _send(load._replace(port=port))
            _wait(lambda: _metric(home, "tram_committed_messages_total") >= load.scans * BOXES / load.pack)
            commits = _metric(home, "tram_commits_total")
            return Run(result, round(result.scans / commits), _written_bytes(pid) - before, _peak_bytes(pid))


def _send(load: Load) -> Result:
    ours, theirs = _spawn.Pipe()
    process = _spawn.Process(target=_send_and_tell, args=(load, theirs))
    process.start()
    try:
        result: Result = _received(ours, process)
        return result
    finally:
        process.kill()
        process.join()


def _send_and_tell(load: Load, tell: "Connection[Any, Any]") -> None:
    tell.send(gateway_load.send_all(load))


def _received(pipe: "Connection[Any, Any]", process: Any) -> Any:
    give_up_s = time.monotonic() + WAIT_S
    while not pipe.poll(0.1):
        if not process.is_alive() or time.monotonic() > give_up_s:
            raise RuntimeError("the load did not come to its end")
    return pipe.recv()


def _bare_subscriber(home: Path, load: Load) -> Result:
    """The same load on a subscriber that does nothing but acknowledge."""
    with _broker(home) as port:
        count, ready = _spawn.Value("q", 0), _spawn.Event()
        total = load.scans * BOXES
        subscriber = _spawn.Process(
            target=gateway_bare.acknowledge, args=(port, GATEWAY_PASSWORD, total, count, ready), daemon=True
        )
        subscriber.start()
        ours, theirs = _spawn.Pipe()
        sender = _spawn.Process(target=_send_and_count, args=(load._replace(port=port), count, theirs), daemon=True)
        try:
            if not ready.wait(WAIT_S):
                raise RuntimeError("the bare subscriber did not start")
            sender.start()
            result: Result = _received(ours, sender)
            return result
        finally:
            for one in (subscriber, sender):
                if one.pid is not None:
                    one.kill()
                    one.join()


def _send_and_count(load: Load, count: Any, tell: "Connection[Any, Any]") -> None:
    tell.send(gateway_load.send_all(load, acked_by=lambda: count.value))


def _bare_inserts(home: Path, shipped: Path, like: Run, environment: dict[str, str], *, keyed: bool = False) -> float:
    """The same scans into the same table; in a process of its own, for a shim takes hold only at its start."""
    home.mkdir()
    words: list[object] = [home, shipped / "data" / "buffer.sqlite", like.result.scans, max(1, like.scans_a_commit)]
    words.append("keyed" if keyed else "plain")
    command = [sys.executable, "-m", "scripts.figures.gateway_bare", *map(str, words)]
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=True, timeout=WAIT_S * 5)
    return float(done.stdout)


# --- the processes


@contextmanager
def _broker(home: Path) -> Iterator[int]:
    home.mkdir()
    port = free_port()
    config = write_config(home / "broker", [Listen(port=port)], "gateway", PASSWORDS | {"gateway": GATEWAY_PASSWORD})
    mosquitto = ROOT / ".tram/bin/mosquitto"
    command = [str(mosquitto) if mosquitto.exists() else "mosquitto", "-c", str(config)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield port
        finally:
            process.kill()


def _configure(home: Path, port: int, url: str) -> None:
    for name, secret in {"password": GATEWAY_PASSWORD, "token": TOKEN}.items():
        (home / name).write_text(secret)
        (home / name).chmod(0o600)
    (home / "gateway.toml").write_text(
        f'gateway_id = "gw-figures"\ndata_dir = "data"\n[broker]\nport = {port}\npassword_file = "password"\n'
        f'[server]\nurl = "{url}"\ntoken_file = "token"\nsealing_key_file = "sealing.pub"\n'
        '[time]\ntrust = "always"\n[health]\nevery_s = 0.5\n'
    )


@contextmanager
def _gateway(home: Path, environment: dict[str, str]) -> Iterator[int]:
    log = home / "gateway.log"
    command = [sys.executable, "-m", "gateway", "--config", str(home / "gateway.toml")]
    with log.open("wb") as lines, subprocess.Popen(command, cwd=ROOT, env=environment, stderr=lines) as process:
        try:
            _wait(lambda: "subscribed at the broker" in log.read_text())
            yield process.pid
        finally:
            process.terminate()
            process.wait(WAIT_S)


@contextmanager
def _server(home: Path, wanted: bool) -> Iterator[str]:
    if not wanted:
        yield "http://127.0.0.1:1"
        return
    port, boxes = free_port(), ", ".join(f'"{box_id}"' for box_id in PASSWORDS)
    (home / "server.toml").write_text(
        f'listen = "127.0.0.1:{port}"\ndata_dir = "server"\n'
        f'[[gateways]]\nid = "gw-figures"\ntoken_sha256 = "{sha256(TOKEN.encode()).hexdigest()}"\nboxes = [{boxes}]\n'
    )
    command = [sys.executable, "-m", "server", "--config", str(home / "server.toml")]
    log = home / "server.log"
    with log.open("wb") as lines, subprocess.Popen(command, cwd=ROOT, stdout=lines, stderr=lines) as process:
        try:
            _wait(lambda: _answers(port))
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _metric(home: Path, name: str) -> float:
    path = home / "data" / "metrics.prom"
    lines = path.read_text().splitlines() if path.exists() else []
    return next((float(line.split(" ")[1]) for line in lines if line.startswith(name + " ")), 0.0)


def _written_bytes(pid: int) -> int:
    return _proc_number(pid, "io", "write_bytes")


def _peak_bytes(pid: int) -> int:
    return 1024 * _proc_number(pid, "status", "VmHWM")


def _proc_number(pid: int, file: str, name: str) -> int:
    for line in Path(f"/proc/{pid}/{file}").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1])
    return 0


def _wait(what: Callable[[], bool]) -> None:
    give_up_s = time.monotonic() + WAIT_S
    while not what():
        if time.monotonic() > give_up_s:
            raise RuntimeError("did not happen in time")
        time.sleep(0.02)
