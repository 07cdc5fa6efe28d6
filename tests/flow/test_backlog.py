"""A backlog of 20,000 scans while the server is down, and gateway and broker killed again and again on the way."""

import asyncio
import random
import time

import pytest

from scripts.sim import report
from scripts.sim.fastbox import FastBox
from scripts.sim.run import conclude
from scripts.sim.stock import Stock
from scripts.sim.town import USUAL_BAUD, Town
from scripts.sim.visitors import Visit

SCANS = 20_000
KILLS = 6


UP_S = 3.0
"""A part runs for half of this on average: the gateway takes a second to come up, and has to get something done."""


async def kill_now_and_then(parts, draw, until, kills=KILLS):
    """Kill one part after the other, as long as `until` is not done, and `kills` times at least."""
    count = 0
    while count < kills or not until.done():
        part = draw.choice(parts)
        await asyncio.sleep(draw.uniform(0.05, UP_S))
        await part.kill()
        count += 1
        await asyncio.sleep(draw.uniform(0.0, 0.4))
        await part.start()
    return count


async def show_a_few(town, stock, first):
    for person in range(first, first + 6):
        held = await stock.of(Visit(0.0, 0, person, "card", False))
        await town.show("box-1", held.code, held.command)


async def until(is_so, limit_s=80):
    async with asyncio.timeout(limit_s):
        while not is_so():
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("seed", [1])
async def test_a_backlog_survives_every_kill_of_gateway_and_broker_with_the_server_down(seed, tmp_path):
    draw = random.Random(seed)
    async with Town(tmp_path, boxes=1, strangers=["box-fast"], reader_baud=USUAL_BAUD) as town:
        stock = Stock(tmp_path, seed)
        fast = FastBox("box-fast", town.secrets.passwords["box-fast"], town.box_link.port, SCANS, seed)
        fast.witness(town.evidence)
        begun = time.monotonic()
        await town.server.kill()
        fast.start()
        try:
            shown = asyncio.create_task(show_a_few(town, stock, 0))
            freed = asyncio.create_task(until(lambda: fast.complete_to == SCANS))
            kills = await kill_now_and_then([town.gateway, town.broker], draw, freed)
            await asyncio.gather(freed, shown)
            assert kills >= KILLS
            # Now the way up, with the gateway and the server killed on it.
            await town.server.start()
            moved = asyncio.create_task(show_a_few(town, stock, 6))
            await kill_now_and_then([town.gateway, town.server], draw, moved, kills=4)
            await moved
            await conclude(town, begun)
        finally:
            await asyncio.to_thread(fast.stop)
    built = report.build(town.evidence)
    assert built["broken"] == [], built
    assert built["stored"] == built["accepted"] >= SCANS
    assert fast.refused_acks == 0
