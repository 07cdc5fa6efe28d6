"""One load on one fresh gateway, and the same load on what it is compared with."""

import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

from scripts.figures import gateway_bare, gateway_day, gateway_load
from scripts.figures.gateway_load import Load, Result
from scripts.figures.gateway_site import BOXES, GATEWAY_PASSWORD, NOBODY, ROOT, WAIT_S, Site, proc_number, wait

LOAD_S = 300
_spawn = multiprocessing.get_context("spawn")


class Run(NamedTuple):
    """What one load did to a gateway."""

    result: Result
    scans_a_commit: int
    written_bytes: int
    peak_bytes: int

    @property
    def rate(self) -> float:
        return self.result.scans / self.result.seconds

    @property
    def written_per_scan(self) -> float:
        return self.written_bytes / self.result.scans


def measure(home: Path, load: Load, environment: Mapping[str, str] | None = None, *, with_server: bool = False) -> Run:
    """A fresh broker, a fresh gateway, one load from boxes that speak TLS; with a server, the uploads reach it."""
    site = Site(home)
    with site.broker() as ports:
        tls = load._replace(port=ports.tls, ca_der=ports.ca_der)
        if not with_server:
            return _measure(site, tls, environment, NOBODY)
        with site.server() as url:
            return _measure(site, tls, environment, url)


def _measure(site: Site, load: Load, environment: Mapping[str, str] | None, url: str) -> Run:
    with site.gateway(environment, url) as pid:
        before = proc_number(pid, "io", "write_bytes")
        result = send(load)
        wait(lambda: site.metric("tram_committed_messages_total") >= load.scans * BOXES / load.pack)
        commits = site.metric("tram_commits_total")
        written = proc_number(pid, "io", "write_bytes") - before
        return Run(result, round(result.scans / commits), written, 1024 * proc_number(pid, "status", "VmHWM"))


def send(load: Load, instants_s: Sequence[float] | None = None) -> Result:
    """In a process of its own, as every load; one after the other or, where `instants_s` are given, at these."""
    ours, theirs = _spawn.Pipe()
    process = _spawn.Process(target=_send_and_tell, args=(load, instants_s, theirs), daemon=True)
    process.start()
    try:
        result: Result = received(ours, process)
        return result
    finally:
        process.kill()
        process.join()


def _send_and_tell(load: Load, instants_s: Sequence[float] | None, tell: "Connection[Any, Any]") -> None:
    tell.send(gateway_load.send_all(load) if instants_s is None else gateway_day.send_at(load, instants_s))


@contextmanager
def send_when_heard(load: Load) -> Iterator[Callable[[], float]]:
    """A box of `load` waits for a gateway. What is yielded returns when its scan was acked, on time.monotonic()."""
    ours, theirs = _spawn.Pipe()
    process = _spawn.Process(target=_wait_and_tell, args=(load, theirs), daemon=True)
    process.start()
    try:
        received(ours, process)  # it is connected
        yield lambda: float(received(ours, process))
    finally:
        process.kill()
        process.join()


def _wait_and_tell(load: Load, tell: "Connection[Any, Any]") -> None:
    gateway_load.wait_and_send(load, tell.send)


def received(pipe: "Connection[Any, Any]", process: Any, limit_s: float = LOAD_S) -> Any:
    """What the process says in the end."""
    give_up_s = time.monotonic() + limit_s
    while not pipe.poll(0.1):
        if not process.is_alive() or time.monotonic() > give_up_s:
            raise RuntimeError("the load did not come to its end")
    return pipe.recv()


def bare_subscriber(home: Path, load: Load) -> float:
    """Scans a second with a subscriber that does nothing but acknowledge."""
    with Site(home).broker() as ports:
        count, ready = _spawn.Value("q", 0), _spawn.Event()
        total = load.scans * len(load.passwords)
        subscriber = _spawn.Process(
            target=gateway_bare.acknowledge, args=(ports.plain, GATEWAY_PASSWORD, total, count, ready), daemon=True
        )
        subscriber.start()
        ours, theirs = _spawn.Pipe()
        tls = load._replace(port=ports.tls, ca_der=ports.ca_der)
        sender = _spawn.Process(target=_send_and_count, args=(tls, count, theirs), daemon=True)
        try:
            if not ready.wait(WAIT_S):
                raise RuntimeError("the bare subscriber did not start")
            sender.start()
            result: Result = received(ours, sender)
            return result.scans / result.seconds
        finally:
            for one in (subscriber, sender):
                if one.pid is not None:
                    one.kill()
                    one.join()


def _send_and_count(load: Load, count: Any, tell: "Connection[Any, Any]") -> None:
    tell.send(gateway_load.send_all(load, acked_by=lambda: count.value))


def bare_inserts(home: Path, like: Run, how: str, environment: Mapping[str, str] | None = None) -> float:
    """gateway_bare.insert, as many scans and as many a commit as `like`; in a process of its own, for a shim takes hold
    only at its start."""
    home.mkdir()
    words: list[object] = [home, like.result.scans, max(1, like.scans_a_commit), how]
    command = [sys.executable, "-m", "scripts.figures.gateway_bare", *map(str, words)]
    environment = dict(environment or os.environ)
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=True, timeout=LOAD_S)
    return float(done.stdout)
