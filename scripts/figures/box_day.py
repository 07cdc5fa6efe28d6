"""Days at a gate: a code a second for minutes, two a second for one minute, and people while a backlog is sent."""

import asyncio
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scripts.figures.box_gate import ESP32, RP2, Flash, Gate, Run
from scripts.figures.figure import Figure
from scripts.sim.report import quantiles

SIGNAL_AIM_MS = 100
BURST_S, BURST_PER_S = 60, 2.0
PEOPLE_PER_S = 2.0
LINK_BYTES_PER_S = 60_000
"""What the backlog leaves over: a weak Wi-Fi, so that it lasts long enough for people to come."""
IMAGE_BYTES = 4 * 1024 * 1024


@dataclass
class Days:
    """What was seen."""

    minutes: int
    steady: Run
    burst: Run
    on_rp2: Run
    backlog: dict[str, Run]
    """By the name of the flash."""
    report: dict[str, Any] = field(default_factory=dict)
    heap: dict[str, Any] = field(default_factory=dict)


async def measure(folder: Path, minutes: int, image: Path, scans: int) -> Days:
    """Three gates side by side, then two that find `image` with `scans` scans in it."""
    async with asyncio.TaskGroup() as gates:
        steady = gates.create_task(_steady(folder / "steady", minutes))
        burst = gates.create_task(_burst(folder / "burst", ESP32))
        on_rp2 = gates.create_task(_burst(folder / "rp2", RP2))
    backlog = await asyncio.gather(
        *(_backlog(folder / f"backlog-{one.name}", one, image, scans) for one in (ESP32, RP2))
    )
    runs = dict(zip((ESP32.name, RP2.name), backlog))
    report, heap = steady.result()[1:]
    return Days(minutes, steady.result()[0], burst.result(), on_rp2.result(), runs, report, heap)


async def _steady(folder: Path, minutes: int) -> tuple[Run, dict[str, Any], dict[str, Any]]:
    async with Gate(folder, ESP32) as gate:
        run = await gate.visit(60 * minutes, 1.0)
        return run, await gate.account(), await gate.heap()


async def _burst(folder: Path, flash: Flash) -> Run:
    async with Gate(folder, flash) as gate:
        run = await gate.visit(int(BURST_S * BURST_PER_S), BURST_PER_S)
        await gate.account()
        return run


async def _backlog(folder: Path, flash: Flash, image: Path, scans: int) -> Run:
    async with Gate(folder, flash, IMAGE_BYTES) as gate:
        own = folder / "backlog.img"
        await asyncio.to_thread(shutil.copyfile, image, own)
        await gate.restart_with(own)
        gate.town.box_link.bytes_per_s = LINK_BYTES_PER_S
        gate.town.box_link.set_mode("slow")
        return await gate.visit_while(lambda: gate.delivered() < scans, PEOPLE_PER_S)


def figures(days: Days, plain: Mapping[str, Mapping[str, float]]) -> list[Figure]:
    """The rows. `plain`: by the flash's name, p50_us and p99_us of an append to a plain file on it. Pure."""
    rows = [*_latencies(days.steady + days.burst, ESP32.name, plain), *_latencies(days.on_rp2, RP2.name, plain)]
    for name, run in days.backlog.items():
        signal, green = quantiles(run.signal_ms), quantiles(run.green_ms)
        rows.append(_signal(f"box: code to sign p99 of {run.shown}, backlog going out, {name}", signal["p99"]))
        rows.append(Figure(f"box: code to green p99, backlog going out, {name}", green["p99"] or 0, "ms"))
    for what, run in (
        (f"60 a minute for {days.minutes} min", days.steady),
        (f"{BURST_PER_S:.0f} a second for {BURST_S} s", days.burst),
    ):
        rows.append(Figure(f"box: missed of {run.shown}, {what}", run.missed, "codes", aim=0, at_most=True))
    server = days.report["latency_ms"]["code_to_server"]
    rows += [Figure(f"box: code to server {name}", server[name], "ms") for name in ("p50", "p99")]
    return rows + of_heap(days.heap, "without TLS")


def of_heap(heap: Mapping[str, Any], title: str) -> list[Figure]:
    """Peak, kept, and the largest block, each beside the whole heap. Pure."""
    limit = heap["limit"] / 1024
    rows = [
        Figure(f"box: heap {name}, {title} (limit: heap)", heap[name] / 1024, "KiB", limit) for name in ("peak", "kept")
    ]
    return [*rows, Figure(f"box: largest free block, {title} (limit: heap)", (heap["block"] or 0) / 1024, "KiB", limit)]


def _latencies(run: Run, name: str, plain: Mapping[str, Mapping[str, float]]) -> list[Figure]:
    signal, green = quantiles(run.signal_ms), quantiles(run.green_ms)
    rows = [Figure(f"box: code to sign p50, {name}", signal["p50"] or 0, "ms")]
    rows.append(_signal(f"box: code to sign p99 of {run.shown}, {name}", signal["p99"]))
    for share in ("p50", "p99"):
        limit = plain[name][f"{share}_us"] / 1000
        rows.append(Figure(f"box: code to green {share}, {name} (limit: plain file)", green[share] or 0, "ms", limit))
    return rows


def _signal(name: str, value_ms: float | None) -> Figure:
    """Held to the aim. Raises RuntimeError where nobody got a sign."""
    if value_ms is None:
        raise RuntimeError(f"{name}: no code got a sign")
    return Figure(name, value_ms, "ms", aim=SIGNAL_AIM_MS, at_most=True)
