"""One box, thousands of scans, outages all the while, in a heap that does not grow: does what it keeps drift?

1. One code after the other, as fast as the line carries them: the reader sees HURRY times faster than a real one, and
   everything behind its line is as always. Every code is another one.
2. Broker, gateway and link fail in turn, for a few seconds each, as often as the seed says. Then everything arrives.
3. What is in use after a collection is told every five seconds. The largest block that can be had is looked for when
   nobody is at the gate: so there are `pauses`, in which nothing fails and everything has arrived, or the figures
   would tell of the outage and not of the box.
4. It drifts when the last quarter of the samples is worse than the first by more than DRIFT_SHARE of the heap, medians
   compared. The very first sample of a run is none: what is loaded once is not there yet.
"""

import asyncio
import base64
import random
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from scripts.sim import report
from scripts.sim.evidence import Heap, Injected
from scripts.sim.run import conclude
from scripts.sim.stock import code_of
from scripts.sim.town import USUAL_BAUD, Town, Ways

HURRY = 30
PAUSE_S = 3.6
"""More than the box takes to call it quiet, and to find its largest block."""
CATCH_UP_S = 30.0
BLOCK_EVERY_S = 2
OUTAGE_EVERY_S = (4.0, 12.0)
OUTAGE_S = (0.5, 6.0)
OUTAGES = ("broker", "gateway", "net", "net half_open")
WARM_SAMPLES = 2
DRIFT_SHARE = 0.02
SETTINGS = {"health": {"block_every_s": BLOCK_EVERY_S}, "accept": {"repeat_window_ms": 1000}}

Tell = Callable[[int, str], None]


class Long(NamedTuple):
    """What was asked for."""

    scans: int
    seed: int = 1
    has_system: bool = False
    pauses: int = 40


class Drift(NamedTuple):
    """Medians of the first and the last quarter of the samples, in bytes."""

    samples: int
    first: float
    last: float
    least: float
    most: float


async def endure(order: Long, folder: Path, tell: Tell = lambda shown, line: None) -> dict[str, Any]:
    """-> the report, with `heap_used`, `heap_block` and `scans_per_s` in it. `tell(shown, what it says)`."""
    ways = Ways(cared=order.has_system, hurry=HURRY)
    async with Town(folder, 1, SETTINGS, reader_baud=USUAL_BAUD, ways=ways) as town:
        begun, turn = time.monotonic(), asyncio.Lock()
        draw = random.Random(f"endurance {order.seed}")
        failing = asyncio.create_task(_fail_now_and_then(town, draw, begun, turn))
        try:
            await _show_all(town, order, tell, turn)
        finally:
            failing.cancel()
            await asyncio.gather(failing, return_exceptions=True)
        took_s = time.monotonic() - begun
        await conclude(town, begun)
        return judge(town, order, took_s)


async def _show_all(town: Town, order: Long, tell: Tell, turn: asyncio.Lock) -> None:
    box_id = town.box_ids[0]
    pause_after = max(1, order.scans // order.pauses)
    for number in range(order.scans):
        code = code_of(order.seed, number, "card")
        shown = {"show_code_base64": base64.b64encode(code).decode(), "hold_ms": 5000}
        await town.show(box_id, code, shown)
        if number % pause_after == pause_after - 1:
            async with turn:
                await _pause(town)
        tell(number + 1, _line(town))


async def _pause(town: Town) -> None:
    evidence, until_s = town.evidence, time.monotonic() + CATCH_UP_S
    while sum(evidence.delivered.values()) < len(evidence.greens) and time.monotonic() < until_s:
        await asyncio.sleep(0.05)
    await asyncio.sleep(PAUSE_S)


def _line(town: Town) -> str:
    heaps = town.evidence.heaps
    if not heaps:
        return ""
    block = next((heap.block for heap in reversed(heaps) if heap.block is not None), None)
    return f"{heaps[-1].used} bytes in use, largest block {block}"


async def _fail_now_and_then(town: Town, draw: random.Random, begun: float, turn: asyncio.Lock) -> None:
    while True:
        await asyncio.sleep(draw.uniform(*OUTAGE_EVERY_S))
        async with turn:
            await _fail(town, draw.choice(OUTAGES), draw.uniform(*OUTAGE_S), begun)


async def _fail(town: Town, what: str, for_s: float, begun: float) -> None:
    town.evidence.faults.append(Injected(what, time.monotonic() - begun, {"for_s": round(for_s, 3)}))
    part = {"broker": town.broker, "gateway": town.gateway}.get(what)
    if part is not None:
        await part.kill()
    else:
        _set_links(town, "half_open" if "half_open" in what else "cut")
    try:
        await asyncio.sleep(for_s)
    finally:  # also where the last code has been shown meanwhile
        if part is not None:
            await part.start()
        else:
            _set_links(town, "open")


def _set_links(town: Town, mode: str) -> None:
    for link in town.links("boxes"):
        link.set_mode(mode)


def judge(town: Town, order: Long, took_s: float) -> dict[str, Any]:
    """The usual report, and what became of the heap."""
    told = report.build(town.evidence)
    heaps, limit = town.evidence.heaps[WARM_SAMPLES:], town.evidence.heap_limit
    used, block = drift([heap.used for heap in heaps]), drift(blocks_of(heaps))
    told["heap_used"], told["heap_block"] = used._asdict(), block._asdict()
    told["scans_per_s"] = round(order.scans / took_s, 1)
    told["broken"] += verdict(used, block, limit)
    return told


def verdict(used: Drift, block: Drift, limit: int) -> list[str]:
    """What drifts, in sentences."""
    said, room = [], DRIFT_SHARE * limit
    if not used.samples or not block.samples:
        said.append("nothing is known of the heap: the box has not told")
    if used.last - used.first > room:
        said.append(f"what is in use grew from {used.first:.0f} to {used.last:.0f} bytes")
    if block.first - block.last > room:
        said.append(f"the largest block shrank from {block.first:.0f} to {block.last:.0f} bytes")
    return said


def blocks_of(heaps: Sequence[Heap]) -> list[int]:
    """Each block that was found, once: it is told again until another one is looked for."""
    found = [heap.block for heap in heaps if heap.block is not None]
    return [block for number, block in enumerate(found) if number == 0 or block != found[number - 1]]


def drift(values: Sequence[float]) -> Drift:
    """Medians of the first and the last quarter, and the extremes."""
    if not values:
        return Drift(0, 0, 0, 0, 0)
    quarter = max(1, len(values) // 4)
    first, last = statistics.median(values[:quarter]), statistics.median(values[-quarter:])
    return Drift(len(values), first, last, min(values), max(values))


def lines(told: dict[str, Any], order: Long) -> list[str]:
    """What a person wants to know of it."""
    said = [f"{order.scans} scans at {told['scans_per_s']} a second, {'with' if order.has_system else 'no'} system"]
    for name, words in (("heap_used", "in use after a collection"), ("heap_block", "largest free block")):
        one = told[name]
        said.append(
            f"{words}: {one['first']:.0f} bytes in the first quarter, {one['last']:.0f} in the last; "
            f"{one['least']:.0f} to {one['most']:.0f} in {one['samples']} samples of {told['box_heap']['limit']}"
        )
    return said
