"""A market day on bad lines: boxes, gateway and server on machines of their own, an hour of people, and everything
that lines and power do. Then the ledger has to close.

    scripts/market --minutes 60 --boxes 20

1. Three network namespaces stand for the three machines; between them are lines (wire.py) that lose, delay and reorder
   packets, fill up, and go dead one way or both without anybody being told.
2. Gateway, broker and server are killed, boxes lose their power; the kernel's own TCP finds out what it can.
3. Boxes are the real firmware on MicroPython, enrolled over TLS. People come as the day goes: few, a rush, few.
Linux, as root: namespaces and TUN devices are made, and are gone afterwards.
"""

import argparse
import asyncio
import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from scripts.sim import report
from scripts.sim.demo import EXIT_BROKEN, EXIT_NOT_READY, EXIT_USAGE, count, rate, summary, until_stopped
from scripts.sim.faults import Fault, plan
from scripts.sim.folder import run_folder
from scripts.sim.injector import Injector
from scripts.sim.run import conclude, receive
from scripts.sim.stock import Stock
from scripts.sim.town import USUAL_BAUD, Apart, NotReady, Town, Ways
from scripts.sim.visitors import Visit, visits
from scripts.sim.wire import Manner, Namespaces, Wire

BOXES, GATEWAY, SERVER = "boxes", "gateway", "server"
KILLS = ("box", "gateway", "broker", "server")
QUIET = Manner(delay_ms=3, jitter_ms=1), Manner(delay_ms=40, jitter_ms=10)
"""Wi-Fi in the hall, and 4G."""
MANNERS = (
    Manner(0.02, 20, 10),
    Manner(0.10, 80, 60),
    Manner(0.30, 150, 100),
    Manner(0.0, 800, 500),
    Manner(0.01, 60, 20, 8_000),
    Manner(0.05, 300, 250, 30_000),
)
DEAD = ({"there"}, {"back"}, {"there", "back"})
CHANGE_S = (5.0, 40.0)
DEAD_SHARE = 0.25
QUIET_SHARE = 0.3
RUSH = 3.0
"""So many times more people come in the busiest third of the day."""


class Line(NamedTuple):
    """How one of the two lines is from `at_s` on."""

    at_s: float
    which: int
    manner: Manner
    dead: frozenset[str]


def lines_of(seed: int, for_s: float) -> list[Line]:
    """How both lines change through the day; at the end they are quiet again."""
    found = []
    for which in (0, 1):
        draw = random.Random(f"line {which} {seed}")
        at_s = draw.uniform(*CHANGE_S)
        while at_s < for_s:
            luck = draw.random()
            dead = draw.choice(DEAD) if luck < DEAD_SHARE else set[str]()
            manner = QUIET[which] if luck > 1 - QUIET_SHARE else draw.choice(MANNERS)
            found.append(Line(at_s, which, manner, frozenset(dead)))
            at_s += draw.uniform(*CHANGE_S)
    return sorted(found, key=lambda line: line.at_s) + [
        Line(for_s, which, QUIET[which], frozenset()) for which in (0, 1)
    ]


def rush(people: Iterable[Visit], for_s: float) -> Iterator[Visit]:
    """The same people, more of them in the middle of the day."""
    slow_s = for_s / (2 + RUSH)  # what a third takes, measured in people
    for visit in people:
        told_s = visit.at_s
        third = for_s / 3
        if told_s < slow_s:
            at_s = told_s / slow_s * third
        elif told_s < slow_s * (1 + RUSH):
            at_s = third + (told_s - slow_s) / (slow_s * RUSH) * third
        else:
            at_s = 2 * third + (told_s - slow_s * (1 + RUSH)) / slow_s * third
        yield visit._replace(at_s=at_s)


async def day(given: argparse.Namespace, prefix: str, folder: Path) -> dict[str, Any]:
    """-> the report"""
    spaces = [Path("/run/netns") / f"{prefix}{name}" for name in (BOXES, GATEWAY, SERVER)]
    words = [("ip", "netns", "exec", space.name) for space in spaces]
    for_s = given.minutes * 60.0
    coming = islice(visits(given.seed, given.boxes, given.rate), round(given.rate * for_s))
    people = list(rush(coming, for_s))
    stock = Stock(folder, given.seed)
    apart = Apart(words[0], words[1], "10.77.1.2", "10.77.2.2")
    hall = Wire(spaces[0], "10.77.1.1", spaces[1], apart.gateway_address, given.seed)
    mobile = Wire(spaces[1], "10.77.2.1", spaces[2], apart.server_address, given.seed)
    async with hall, mobile:
        drawing = asyncio.create_task(stock.prepare(people), name="drawing")
        try:
            ways = Ways(apart=apart, enrolled=True)
            async with Town(folder, given.boxes, reader_baud=USUAL_BAUD, ways=ways) as town:
                await drawing
                print(f"The town is up; {len(people)} people come in {given.minutes:g} minutes.", flush=True)
                begun = time.monotonic()
                kills = plan(KILLS, given.seed, for_s, given.boxes)
                kills = random.Random(given.seed).sample(kills, min(len(kills), max(8, round(for_s / 30))))
                ticker = asyncio.create_task(_tick(town, (hall, mobile), begun), name="ticker")
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(receive(town, stock, people, begun), name="visitors")
                    tasks.create_task(_kill(town, sorted(kills), begun), name="kills")
                    tasks.create_task(_change((hall, mobile), lines_of(given.seed, for_s), begun), name="lines")
                print("Everybody was there; waiting until everything has arrived.", flush=True)
                await conclude(town, begun)
                ticker.cancel()
        finally:
            drawing.cancel()
        packets = {"carried": hall.carried + mobile.carried, "lost": hall.lost + mobile.lost}
    return {**report.build(town.evidence), "packets": packets}


async def _kill(town: Town, faults: list[Fault], begun: float) -> None:
    await Injector(town).run(faults, begun)


async def _change(wires: tuple[Wire, Wire], lines: list[Line], begun: float) -> None:
    for line in lines:
        await asyncio.sleep(max(0.0, begun + line.at_s - time.monotonic()))
        wires[line.which].manner, wires[line.which].dead = line.manner, set(line.dead)


async def _tick(town: Town, wires: tuple[Wire, Wire], begun: float) -> None:
    while True:
        await asyncio.sleep(30)
        evidence = town.evidence
        now = ", ".join(
            f"{name} {'dead ' + '+'.join(sorted(wire.dead)) if wire.dead else tuple(wire.manner)}"
            for name, wire in zip(("hall", "4G"), wires)
        )
        print(
            f"{time.monotonic() - begun:5.0f} s: {len(evidence.shown)} shown, {len(evidence.greens)} green, "
            f"{sum(evidence.delivered.values())} kept by the gateway; {now}",
            flush=True,
        )


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("scripts/market", description=__doc__, allow_abbrev=False)
    parser.add_argument("--minutes", type=rate, default=60.0, metavar="N", help="how long people come (60)")
    parser.add_argument("--boxes", type=count(50), default=20, metavar="N", help="how many boxes (20)")
    parser.add_argument("--rate", type=rate, default=1.5, metavar="PER_S", help="codes per second on average (1.5)")
    parser.add_argument("--seed", type=int, default=7, metavar="N", help="who comes, and what goes wrong (7)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where the report goes")
    parser.add_argument("--inside", metavar="PREFIX", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


async def outside(arguments: list[str]) -> int:
    """Make the machines, and run the day on the server's."""
    async with Namespaces(BOXES, GATEWAY, SERVER) as spaces:
        command = [*spaces.words(SERVER), sys.executable, "-m", "scripts.sim.market", *arguments]
        child = await asyncio.create_subprocess_exec(*command, "--inside", spaces.name(""))
        try:
            return await child.wait()
        except asyncio.CancelledError:
            child.terminate()
            await child.wait()
            raise


async def inside(given: argparse.Namespace) -> int:
    with run_folder() as folder:
        found = await day(given, given.inside, folder)
    if given.json is not None:
        given.json.write_text(json.dumps({**found, "seed": given.seed}, indent=2) + "\n")
    print(summary(found))
    print("packets carried {carried}, lost {lost}".format(**found["packets"]))
    return EXIT_BROKEN if found["broken"] else 0


def main() -> None:
    given = parse(sys.argv[1:])
    try:
        if given.inside:
            code = asyncio.run(until_stopped(inside(given)))
        elif os.geteuid() != 0 or shutil.which("ip") is None:
            print("scripts/market makes network namespaces: run it as root, where `ip` is installed.", file=sys.stderr)
            code = EXIT_USAGE
        else:
            code = asyncio.run(until_stopped(outside(sys.argv[1:])))
    except NotReady as error:
        print(f"The town did not start: {error}", file=sys.stderr)
        code = EXIT_NOT_READY
    except subprocess.CalledProcessError as error:
        print(f"The machines could not be made: {error.stderr.decode(errors='replace').strip()}", file=sys.stderr)
        code = EXIT_NOT_READY
    sys.exit(code)


if __name__ == "__main__":
    main()
