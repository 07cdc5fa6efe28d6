"""A run without anybody looking on: people come, things go wrong, everything arrives, a report is made.

1. At each gate people queue: who comes while the reader still sends waits.
2. When the last one was there and the last fault is over, the run waits until the server has everything that the boxes
   accepted, the boxes know it, and nothing has moved for QUIET_S (a code may be on its way from reader to light).
3. It waits as long as something moves, and gives up after STILL_S without any progress.
4. Boxes that are looked after get their last wishes then, and have them before it is over, or say why not.
"""

import asyncio
import json
import time
from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from scripts.sim import central, report
from scripts.sim.caring import last_word
from scripts.sim.evidence import Account
from scripts.sim.faults import ERASE_MS, PROGRAM_US, TROUBLES, plan
from scripts.sim.fleet import unsettled
from scripts.sim.injector import Injector
from scripts.sim.stock import Stock
from scripts.sim.town import FACTORY_BAUD, Town, Ways, utc_minus_mono_ms
from scripts.sim.visitors import Visit, visits

STILL_S = 90.0
QUIET_S = 1.5
LOOK_S = 0.25

Tell = Callable[[str], None]


class Order(NamedTuple):
    """What was asked for."""

    boxes: int = 3
    scans: int = 200
    rate_per_s: float = 4.0
    seed: int = 7
    faults: tuple[str, ...] = ()
    reader_baud: int = FACTORY_BAUD


async def run(order: Order, folder: Path, tell: Tell = lambda _: None) -> dict[str, Any]:
    """-> the report. Raises NotReady when the town does not come up."""
    town = town_of(order, folder)
    people = list(islice(visits(order.seed, order.boxes, order.rate_per_s), order.scans))
    stock = Stock(folder, order.seed)
    drawing = asyncio.create_task(stock.prepare(people), name="drawing")
    try:
        async with town:
            await drawing
            tell(f"The town is up; {order.scans} codes will be shown at {order.boxes} boxes.")
            await _day(town, stock, people, order, tell)
    finally:
        drawing.cancel()
    return report.build(town.evidence)


def town_of(order: Order, folder: Path) -> Town:
    """With all that the faults of this run need, and plain where they need nothing."""
    kinds = order.faults
    ways = Ways(
        enrolled=True,
        by_name="address" in kinds,
        troubled=any(kind in TROUBLES for kind in kinds),
        knows_utc="timeless" not in kinds,
    )
    slow = {"test": {"erase_ms": ERASE_MS, "program_us": PROGRAM_US}} if "slow" in kinds else {}
    return Town(folder, order.boxes, slow, reader_baud=order.reader_baud, ways=ways)


async def _day(town: Town, stock: Stock, people: list[Visit], order: Order, tell: Tell) -> None:
    begun = time.monotonic()
    injector = Injector(town)
    faults = plan(order.faults, order.seed, people[-1].at_s, order.boxes)
    ticker = asyncio.create_task(_tick(town, injector, order, tell), name="ticker")
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(receive(town, stock, people, begun), name="visitors")
            tasks.create_task(injector.run(faults, begun), name="faults")
        tell("Everybody was there; waiting until everything has arrived.")
        await last_word(town, order.faults)
        await conclude(town, begun)
    finally:
        ticker.cancel()


async def conclude(town: Town, begun: float) -> None:
    """Wait until everything has arrived, and collect what the report needs from gateway and server."""
    town.evidence.gave_up = await settle(town)
    town.evidence.seconds = time.monotonic() - begun
    town.evidence.utc_minus_mono_ms = utc_minus_mono_ms()
    await _collect(town)


async def receive(town: Town, stock: Stock, people: Iterable[Visit], begun: float) -> None:
    """Let everybody show what they hold, each box at its own pace."""
    queues: list[asyncio.Queue[Visit | None]] = [asyncio.Queue() for _ in town.box_ids]
    async with asyncio.TaskGroup() as gates:
        for box_id, queue in zip(town.box_ids, queues):
            gates.create_task(_gate(town, stock, box_id, queue), name=f"gate {box_id}")
        for visit in people:
            await asyncio.sleep(max(0.0, begun + visit.at_s - time.monotonic()))
            queues[visit.box].put_nowait(visit)
        for queue in queues:
            queue.put_nowait(None)


async def _gate(town: Town, stock: Stock, box_id: str, queue: asyncio.Queue[Visit | None]) -> None:
    while visit := await queue.get():
        held = await stock.of(visit)
        await town.show(box_id, held.code, held.command)


async def settle(town: Town, still_s: float = STILL_S) -> str:
    """Wait until everything has arrived. -> empty, or the sentence that says what has not."""
    seen: object = None
    moved_s = time.monotonic()
    while True:
        what, progress = await _unsettled(town)
        if progress != seen:
            seen, moved_s = progress, time.monotonic()
        still_for_s = time.monotonic() - moved_s
        if not what and still_for_s > QUIET_S:
            return ""
        if still_for_s > still_s:
            return f"Gave up: nothing has moved for {still_s:.0f} s; {what}."
        await asyncio.sleep(LOOK_S)


async def _unsettled(town: Town) -> tuple[str, object]:
    """-> (what has not arrived yet, something that changes whenever anything moves)"""
    evidence = town.evidence
    try:
        accounts = {(account.box_id, account.epoch): account for account in await town.central.accounts()}
    except httpx.HTTPError as error:
        return f"the server does not answer ({type(error).__name__})", len(evidence.boots)
    accepted = report.accepted_by_spool(evidence)
    told_by_boxes = (len(evidence.boots), len(evidence.greens), sum(evidence.refused.values()), len(evidence.sent))
    rows = await town.fleet.rows() if town.fleet else {}
    told_by_boxes += (len(evidence.outcomes), json.dumps([_versions(row) for row in rows.values()]))
    progress = (sorted(accounts.items()), sorted(evidence.delivered.items()), told_by_boxes)
    for box_id, pair in town.boxes.items():
        if sum(boot.box_id == box_id for boot in evidence.boots) < pair.box.starts:
            return f"{box_id} has not opened its spool", progress
    for (box_id, epoch), number in sorted(accepted.items()):
        account = accounts.get((box_id, epoch), Account(box_id, epoch, 0, 0, 0, 0))
        if account.complete_to < number:
            return f"of {number} scans of {box_id} the server is complete to {account.complete_to}", progress
        told = evidence.delivered.get((box_id, epoch), 0)
        if told < number and town.witness.spools.get(box_id) == epoch:
            return f"{box_id} was told that {told} of its {number} scans are kept", progress
    if town.witness.restarting:
        return f"{min(town.witness.restarting)} is starting again", progress
    behind = unsettled(rows, evidence.wishes, evidence.outcomes)
    return (behind[0] if behind else ""), progress


def _versions(row: dict[str, Any]) -> list[Any]:
    return [row.get(name) for name in ("settings_version", "settings_refused", "firmware_version", "firmware_refused")]


async def _collect(town: Town) -> None:
    try:
        await central.collect(town.evidence, town.central, town.tally)
        town.evidence.fleet = await town.fleet.rows() if town.fleet else {}
        town.evidence.counted = await town.counted()
    except httpx.HTTPError as error:
        town.evidence.gave_up = town.evidence.gave_up or f"Gave up: the server does not answer ({error!r})."


async def _tick(town: Town, injector: Injector, order: Order, tell: Tell) -> None:
    # one line every few seconds, for who waits
    while True:
        await asyncio.sleep(5)
        evidence = town.evidence
        failing = ", ".join(sorted(injector.under_way.values()))
        told = sum(evidence.delivered.values())
        tell(
            f"{len(evidence.shown)}/{order.scans} shown, {len(evidence.greens)} green, {told} kept by the gateway"
            + (f"; failing: {failing}" if failing else "")
        )
