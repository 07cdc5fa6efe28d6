"""The box: all with the firmware on MicroPython, in processes of its own.

1. flash: appends on the interpreter alone, beside a plain file on the same littlefs that is flushed after each record.
2. day (box_day.py): boxes with a simulated reader and a flash as slow as a board's, in towns of their own.
3. drain: a box that finds a full spool and a gateway; counted from its first delivered scan to its last.
4. site (box_site.py): a box with TLS and updates. wear, rooms, signature: see their files.

Flash times are typical ones of the data sheets: 45 ms for an erase, 0.7 ms (ESP32) or 0.4 ms (RP2) for a page of 256
bytes. While the flash works the box does nothing else. The spool's flash alone is slow; it is programmed by 32 bytes at
least, also as RP2 (which does it by 256; box_wear.py counts with that). The interpreter is that of this machine, and
faster than a board's: what is told in milliseconds and is not flash, line or link is less than on a board.
"""

import asyncio
import json
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scripts.figures import box_day, box_rooms, box_signature, box_site, box_wear
from scripts.figures.box_day import IMAGE_BYTES
from scripts.figures.box_gate import ESP32, RP2, Flash, Gate
from scripts.figures.figure import Figure
from scripts.firmware_build import run_micropython

SCRIPT = Path(__file__).with_name("box_flash.py")
CODE_BYTES = 110
SLOW_APPENDS = 100
DRAIN_LIMIT_S = 60.0


def run(quick: bool, say: Callable[[str], None]) -> list[Figure]:
    """Measure the box. Raises RuntimeError when a part does not do what it should."""
    with tempfile.TemporaryDirectory(prefix="tram-bench-") as name:
        folder = Path(name)
        say("appends to flash")
        image = folder / "flash.img"
        scans = 3000 if quick else 5000
        flash = fill(image, scans)
        plain = asyncio.run(plain_files(folder))
        say("codes shown at boxes")
        days = asyncio.run(box_day.measure(folder, 1 if quick else 5, image, scans))
        say("emptying a full spool")
        per_s = asyncio.run(drain(folder / "drain", image, scans))
        say("TLS and updates")
        (folder / "site").mkdir()
        site = box_site.run(folder / "site")
        say("wear, sizes, signatures")
        rest = [*box_wear.run(1500 if quick else 5000), *box_rooms.run(), *box_signature.run()]
    return [*box_day.figures(days, plain), *of_flash(flash), drained(per_s, flash), *site, *rest]


def fill(image: Path, scans: int, flash: Flash | None = None) -> dict[str, Any]:
    """-> what box_flash.py prints; the image then holds a spool of that many scans."""
    arguments: list[str | Path] = [SCRIPT, image, str(scans), str(CODE_BYTES)]
    if flash:
        arguments += [str(flash.erase_ms), str(flash.program_us)]
    done = run_micropython(arguments, cwd=image.parent, timeout_s=300)
    if done.returncode:
        raise RuntimeError(done.stderr.decode(errors="replace"))
    return dict(json.loads(done.stdout))


async def plain_files(folder: Path) -> dict[str, dict[str, float]]:
    """By the flash's name: what an append to a plain file takes there."""
    flashes = (ESP32, RP2)
    images = [folder / f"{one.name}.img" for one in flashes]
    done = await asyncio.gather(
        *(asyncio.to_thread(fill, image, SLOW_APPENDS, one) for image, one in zip(images, flashes))
    )
    return {one.name: said["plain"] for one, said in zip(flashes, done)}


async def drain(folder: Path, image: Path, scans: int) -> float:
    """Scans a second from the first that the gateway has acknowledged to the last."""
    seen: list[tuple[float, int]] = []
    async with Gate(folder, None, IMAGE_BYTES) as gate:
        own = folder / "full.img"
        await asyncio.to_thread(shutil.copyfile, image, own)
        await gate.restart_with(own)
        gate.town.box_link.set_mode("open")
        async with asyncio.timeout(DRAIN_LIMIT_S):
            while not seen or seen[-1][1] < scans:
                told = gate.delivered()
                if told and (not seen or told > seen[-1][1]):
                    seen.append((time.monotonic(), told))
                await asyncio.sleep(0.002)
    (first_s, first), (last_s, last) = seen[0], seen[-1]
    if last == first:
        raise RuntimeError("all scans were acknowledged at once: nothing to measure")
    return (last - first) / (last_s - first_s)


def of_flash(flash: dict[str, Any]) -> list[Figure]:
    """Wear and latency of an append without a chip's latencies, beside a plain file."""
    spool, plain = flash["spool"], flash["plain"]
    rows = [Figure("box: flash bytes programmed per scan (limit: plain file)", spool["bytes"], "B", plain["bytes"])]
    for share in ("p50", "p99"):
        name, key = f"box: append {share}, flash without delay (limit: plain file)", f"{share}_us"
        rows.append(Figure(name, spool[key] / 1000, "ms", plain[key] / 1000))
    return rows


def drained(per_s: float, flash: dict[str, Any]) -> Figure:
    """The backlog's rate, beside reading it from flash alone."""
    return Figure(
        "box: backlog drained (limit: reading it from flash)", per_s, "scans/s", flash["spool"]["read_per_s"], 50
    )
