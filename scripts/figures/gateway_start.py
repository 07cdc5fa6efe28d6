"""The power is back: how long until a box that waits is answered.

1. The box is connected to the broker and has a scan that nobody has answered for; it sends it when it hears the
   gateway's beacon. The time goes from the start of the process to the ack that covers the scan.
2. The buffer is empty; or it holds a week of 20 boxes with 5,000 scans a day, of which nothing was delivered. It was
   not closed, as after a power cut. Its rows were made in bulk, with sealed bytes that nobody can open.
3. The limit is a Python that imports what the gateway imports, and ends.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from scripts.figures.figure import Figure
from scripts.figures.gateway_load import Load
from scripts.figures.gateway_run import send_when_heard
from scripts.figures.gateway_site import BOXES, PASSWORDS, ROOT, WAIT_S, Site, proc_number

A_WEEK = 7 * BOXES * 5_000


def run(home: Path, quick: bool, tell: Callable[[str], None]) -> list[Figure]:
    rows = A_WEEK // 20 if quick else A_WEEK
    tell("a start with an empty buffer")
    empty_ms, _ = _first_ack(Site(home / "start-empty"))
    tell(f"a buffer of {rows:,} scans is made")
    site = Site(home / "start-full")
    fill(site, rows)
    tell("a start with that buffer, which nobody closed")
    full_ms, peak = _first_ack(site)
    bare_ms = _imports()
    what = f"gateway: power-up to first ack, {rows:,} scans in the buffer"
    return [
        Figure("gateway: power-up to first ack, empty buffer", empty_ms, "ms", bare_ms, at_most=True),
        Figure(what, full_ms, "ms", bare_ms, at_most=True),
        Figure(f"{what}: peak memory", peak / 1e6, "MB", aim=80, at_most=True),
    ]


def _first_ack(site: Site) -> tuple[float, int]:
    """(ms, peak bytes)"""
    with site.broker() as ports:
        load = Load(ports.tls, PASSWORDS, scans=1, window=1, first_seq=A_WEEK, ca_der=ports.ca_der)
        with send_when_heard(load) as acked_at_s:
            began_s = time.monotonic()
            process = site.start_gateway()
            try:
                took_ms = 1000 * (acked_at_s() - began_s)
                return took_ms, 1024 * proc_number(process.pid, "status", "VmHWM")
            finally:
                process.terminate()
                process.wait(WAIT_S)


def fill(site: Site, rows: int) -> None:
    """A buffer with so many scans, left as a power cut leaves it."""
    site.data.mkdir()
    command = [sys.executable, "-m", "scripts.figures.gateway_fill", str(site.data / "buffer"), str(rows)]
    done = subprocess.run(command, cwd=ROOT, check=False, timeout=900)
    if done.returncode != os.EX_TEMPFAIL:  # it ends as if the power had gone
        raise RuntimeError("the buffer could not be made")


def _imports() -> float:
    began_s = time.monotonic()
    subprocess.run([sys.executable, "-c", "import gateway.__main__"], cwd=ROOT, check=True, timeout=WAIT_S)
    return 1000 * (time.monotonic() - began_s)
