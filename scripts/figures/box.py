"""The box: latencies, heap, flash wear and how fast it empties its spool, all with the firmware on MicroPython.

1. flash: appends on the interpreter alone, beside a plain file on the same littlefs that is flushed after each record.
2. day: a town of one box with the simulated reader; latencies as the demo reports them.
3. drain: a box that finds a full spool and a gateway; counted from its first delivered scan to its last.
"""

import asyncio
import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scripts.figures.figure import Figure
from scripts.firmware_build import run_micropython
from scripts.sim.run import Order
from scripts.sim.run import run as run_day
from scripts.sim.town import Town

SCRIPT = Path(__file__).with_name("box_flash.py")
CODE_BYTES = 110
FLASH_BYTES = 4 * 1024 * 1024
DRAIN_LIMIT_S = 60.0


def run(quick: bool, say: Callable[[str], None]) -> list[Figure]:
    """Measure the box. Raises RuntimeError when a part does not do what it should."""
    with tempfile.TemporaryDirectory(prefix="tram-bench-") as name:
        folder = Path(name)
        say("appends to flash")
        image = folder / "flash.img"
        scans = 1500 if quick else 5000
        flash = fill(image, scans)
        say("codes shown at a box")
        (folder / "day").mkdir()
        day = asyncio.run(run_day(Order(boxes=1, scans=20 if quick else 120, rate_per_s=2.0, seed=3), folder / "day"))
        if day["broken"]:
            raise RuntimeError("; ".join(day["broken"]))
        say("emptying a full spool")
        (folder / "drain").mkdir()
        per_s = asyncio.run(drain(folder / "drain", image, scans))
    return [*of_flash(flash), *of_day(day, flash), drained(per_s, flash)]


def fill(image: Path, scans: int) -> dict[str, Any]:
    """-> what box_flash.py prints; the image then holds a spool of that many scans."""
    arguments = [SCRIPT, image, str(scans), str(CODE_BYTES)]
    done = run_micropython(arguments, cwd=image.parent, timeout_s=300)
    if done.returncode:
        raise RuntimeError(done.stderr.decode(errors="replace"))
    return dict(json.loads(done.stdout))


async def drain(folder: Path, image: Path, scans: int) -> float:
    """Scans a second from the first that the gateway has acknowledged to the last."""
    seen: list[tuple[float, int]] = []
    async with Town(folder, boxes=1, box_settings={"flash": {"size_bytes": FLASH_BYTES}}) as town:
        (pair,) = town.boxes.values()
        await pair.box.kill()
        town.box_link.set_mode("cut")
        os.replace(image, pair.folder / "flash.img")
        await pair.box.start()
        town.box_link.set_mode("open")
        async with asyncio.timeout(DRAIN_LIMIT_S):
            while not seen or seen[-1][1] < scans:
                told = max(town.evidence.delivered.values(), default=0)
                if told and (not seen or told > seen[-1][1]):
                    seen.append((time.monotonic(), told))
                await asyncio.sleep(0.002)
    (first_s, first), (last_s, last) = seen[0], seen[-1]
    if last == first:
        raise RuntimeError("all scans were acknowledged at once: nothing to measure")
    return (last - first) / (last_s - first_s)


def of_flash(flash: dict[str, Any]) -> list[Figure]:
    """Wear and latency of an append, beside a plain file."""
    spool, plain = flash["spool"], flash["plain"]
    return [
        Figure("box: flash erases per scan (limit: plain file)", spool["erases"], "", plain["erases"]),
        Figure("box: flash bytes programmed per scan (limit: plain file)", spool["bytes"], "B", plain["bytes"]),
        Figure("box: append p50 (limit: plain file)", spool["p50_us"] / 1000, "ms", plain["p50_us"] / 1000),
        Figure("box: append p99 (limit: plain file)", spool["p99_us"] / 1000, "ms", plain["p99_us"] / 1000),
    ]


def of_day(day: dict[str, Any], flash: dict[str, Any]) -> list[Figure]:
    """Latencies of codes shown at a box, and its heap."""
    green, server = day["latency_ms"]["code_to_green"], day["latency_ms"]["code_to_server"]
    heap = day["box_heap"]
    append_ms = flash["plain"]["p50_us"] / 1000
    return [
        Figure("box: code to green p50 (limit: plain append)", green["p50"], "ms", append_ms),
        Figure("box: code to green p99", green["p99"], "ms"),
        Figure("box: code to server p50", server["p50"], "ms"),
        Figure("box: code to server p99", server["p99"], "ms"),
        Figure("box: heap peak (limit: heap)", heap["peak"] / 1024, "KiB", heap["limit"] / 1024),
    ]


def drained(per_s: float, flash: dict[str, Any]) -> Figure:
    """The backlog's rate, beside reading it from flash alone."""
    return Figure(
        "box: backlog drained (limit: reading it from flash)", per_s, "scans/s", flash["spool"]["read_per_s"], 50
    )
