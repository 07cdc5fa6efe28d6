"""What a gateway costs while nobody scans: processor and memory, with 20 boxes over TLS that answer its beacons.

1. The settings are those that a gateway has by itself: a beacon every 5 s, numbers written every 5 s, the server away.
2. The limit of memory is a Python that has imported the libraries that the gateway stands on, and does nothing.
3. Once without the place's own page, and once with it, where nobody looks at it.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from scripts.figures.figure import Figure
from scripts.figures.gateway_site import BOXES, ROOT, Ports, Site, cpu_s, proc_number, wait
from scripts.sim.ports import free_port

SETTLE_S = 8.0
"""What belongs to the start is over by then."""
LIBRARIES = "asyncio, cryptography.hazmat.primitives.hpke, h11, msgspec, paho.mqtt.client, sqlite3, structlog"
"""Of the gateway; what stands in its way is what it adds to these."""


def run(home: Path, quick: bool, tell: Callable[[str], None]) -> list[Figure]:
    seconds = 12.0 if quick else 60.0
    figures: list[Figure] = []
    bare = _bare_bytes()
    for name, panel in (("panel off", {}), ("panel on", {"password_file": "people", "port": free_port()})):
        tell(f"{BOXES} idle boxes, {name}")
        site = Site(home / name.replace(" ", "-"), {"health": {"every_s": 5.0}, "panel": panel})
        with site.broker() as ports, idle_boxes(site, ports), site.gateway() as pid:
            share, resident = _watch(site, pid, seconds)
        what = f"gateway: {BOXES} idle boxes, {name}"
        figures += [
            Figure(f"{what}: of one processor", share, "%", aim=1.0, at_most=True),
            Figure(f"{what}: memory (limit: its libraries)", resident / 1e6, "MB", bare / 1e6, aim=80, at_most=True),
        ]
    return figures


def _watch(site: Site, pid: int, seconds: float) -> tuple[float, int]:
    """(percent of one processor, bytes)"""
    wait(lambda: site.metric("tram_box_online") == BOXES)
    time.sleep(SETTLE_S)
    began_s, before_s = time.monotonic(), cpu_s(pid)
    time.sleep(seconds)
    share = 100 * (cpu_s(pid) - before_s) / (time.monotonic() - began_s)
    return share, 1024 * proc_number(pid, "status", "VmRSS")


@contextmanager
def idle_boxes(site: Site, ports: Ports) -> Iterator[None]:
    """They are connected."""
    authority = site.home / "ca.der"
    authority.write_bytes(ports.ca_der)
    command = [sys.executable, "-m", "scripts.figures.gateway_boxes", str(ports.tls), str(authority)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        try:
            if process.stdout is None or not process.stdout.readline():
                raise RuntimeError("the boxes could not connect")
            yield
        finally:
            process.kill()


def _bare_bytes() -> int:
    script = f"import {LIBRARIES}\nprint('here', flush=True)\nimport sys; sys.stdin.read()"
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            if process.stdout is None or not process.stdout.readline():
                raise RuntimeError("the libraries could not be imported")
            return 1024 * proc_number(process.pid, "status", "VmRSS")
        finally:
            process.kill()
