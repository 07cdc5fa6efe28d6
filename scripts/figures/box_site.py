"""A box with everything in it, its firmware from its own flash: TLS, heap, and an update through the real gateway.

1. The handshake is told by the box: from looking up the address to the subscription (`took_ms`), and the longest step
   in which nothing else ran (`held_ms`). Beside it stands what a bare client of this machine needs for TLS alone.
2. The update is timed from the moment the gateway is told to want it to the box's `confirmed`, without the time that it
   is only watched before it is confirmed.
3. The gateway is on this machine. How long the same takes over a radio is measured by scripts/bundle/pace.py, with the
   real updater against a modelled link and a modelled flash.
"""

import asyncio
import random
import socket
import ssl
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from scripts.bundle import pace
from scripts.bundle.pace import Model
from scripts.figures import box_day
from scripts.figures.box_gate import highest_heap
from scripts.figures.figure import Figure
from scripts.sim.people import citizen_card
from scripts.sim.site import QUICK, Site, SiteBox

BOARD = "esp32"
SCANS = 12
BARE_HANDSHAKES = 20
PIECE_BYTES = 1024
"""The setting's own default."""


class Whole(NamedTuple):
    """What was seen at one box."""

    links: list[dict[str, Any]]
    heap: dict[str, Any]
    update_s: float
    sizes: list[int]
    """Bytes of each file of the bundle."""
    bare_ms: float


def run(folder: Path) -> list[Figure]:
    """Measure. Raises TimeoutError or RuntimeError when the box does not do what it should."""
    return figures(asyncio.run(_measure(folder)), _modelled())


def _modelled() -> dict[str, Any]:
    given = Model()
    slow = pace.update_time(BOARD, given)
    line = pace.update_time(BOARD, given._replace(erase_ms=0, program_us=0))
    return {**slow, "model": given, "line_s": line["seconds"]}


def figures(whole: Whole, modelled: Mapping[str, Any]) -> list[Figure]:
    """The rows. Pure."""
    took, held = (median(line[key] for line in whole.links) for key in ("took_ms", "held_ms"))
    model: Model = modelled["model"]
    link = f"{model.round_trip_ms} ms and {model.bytes_per_s // 1000} kB/s"
    return [
        Figure("box: gateway found, TLS, logged in (limit: bare TLS)", took, "ms", whole.bare_ms),
        Figure("box: longest step of TLS, nothing else runs", held, "ms"),
        *box_day.of_heap(whole.heap, "all with TLS"),
        Figure("box: update, gateway on this machine", whole.update_s, "s"),
        Figure(f"box: update, link of {link}, ESP32 flash (limit: link)", modelled["seconds"], "s", modelled["line_s"]),
        Figure("box: update, the box does nothing else at most", modelled["longest_block_ms"], "ms"),
        Figure("box: update, bytes of the bundle", sum(whole.sizes), "B"),
        Figure("box: update, pieces", pieces(whole.sizes), ""),
        Figure("box: update, flash erases", modelled["erases"], ""),
    ]


def pieces(sizes: list[int], piece_bytes: int = PIECE_BYTES) -> int:
    """How many a bundle is asked for in. Pure."""
    return sum(-(-size // piece_bytes) for size in sizes)


async def _measure(folder: Path) -> Whole:
    async with Site(folder) as site:
        box = await site.new_box("box-1")
        await _mount(site, box)
        bare_ms = await asyncio.to_thread(bare_handshake_ms, site.tls_port, site.ca)
        await _scan(box)
        await _rested(box)
        took_s, sizes = await _update(site, box, folder)
        await _scan(box)
        links = [line for line in box.lines if line.get("event") == "link" and line.get("held_ms") is not None]
        return Whole(links, highest_of(box.lines), took_s, sizes, bare_ms)


async def _mount(site: Site, box: SiteBox) -> None:
    await box.until(event="newcomer", provisioned=False)
    await box.until(event="reader", state="ready")
    since = box.now()
    await box.show(site.code(direction="in"))
    await box.until(since=since, event="enrolled")
    await site.known(box.box_id)
    await box.until(since=since, event="link", state="up")
    await box.until(since=since, event="reader", state="ready")


async def _scan(box: SiteBox) -> None:
    draw = random.Random(f"site {box.now()}")
    for _ in range(SCANS):
        since = box.now()
        await box.show(citizen_card(draw))
        await box.until(since=since, face="stored")


async def _rested(box: SiteBox) -> None:
    # the largest block is tried when nobody has come for a while
    while (await box.until(since=box.now(), event="heap")).get("block") is None:
        pass


async def _update(site: Site, box: SiteBox, folder: Path) -> tuple[float, list[int]]:
    out = folder / "release"
    await site.build(2, out=out)
    bundle = out / "linux-2"
    await site.order("firmware", "add", bundle)
    since, begun = box.now(), time.monotonic()
    await site.order("firmware", "want", 2)
    await box.until(90, since=since, event="update", state="confirmed", version=2)
    took_s = time.monotonic() - begun - QUICK["update"]["confirm_s"]
    return took_s, [path.stat().st_size for path in bundle.rglob("*") if path.is_file()]


def highest_of(lines: list[dict[str, Any]]) -> dict[str, Any]:
    """The worst of each figure in what the box said. Raises RuntimeError where it said nothing of it. Pure."""
    heap: dict[str, Any] = {}
    for line in lines:
        if line.get("event") == "heap":
            heap = highest_heap(heap, line)
    if not heap:
        raise RuntimeError("the box has not told of its heap")
    return heap


def bare_handshake_ms(port: int, ca_der: bytes) -> float:
    """The median of TCP and TLS 1.2 with a client of this machine, the certificate checked against that CA."""
    context = ssl.create_default_context(cadata=ssl.DER_cert_to_PEM_cert(ca_der))
    context.check_hostname = False
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    took_ms = []
    for _ in range(BARE_HANDSHAKES):
        begun = time.monotonic()
        with socket.create_connection(("127.0.0.1", port), 5) as plain, context.wrap_socket(plain):
            took_ms.append((time.monotonic() - begun) * 1000)
    return median(took_ms)
