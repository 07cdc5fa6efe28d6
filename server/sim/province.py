"""The province lived through: a server made, its register filled, the days sent through its door, one after the other.

1. The server is the real one, in this process: its settings from a file, its API asked through ASGI, its keys in files.
   Only its clock is ours.
2. The weeks before are told as what is left of them: counts by the hour. From them the server learns what is usual.
3. At every turn of the day what is due is sent, derived, and looked at for silence; each night profiles are learned.
"""

import contextlib
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, cast

import httpx

from server import keys
from server.app import Server
from server.config import load
from server.errors import Unusable
from server.places.importing import judged
from server.places.sheet import read, written
from server.sim import faults, habits, passing, sites
from server.sim.clock import BEGINS_MS, DAY_MS, HOUR_MS, Clock
from server.sim.faults import Fault
from server.sim.habits import Days, Resident
from server.sim.passing import HELD, Passages, Passed
from server.sim.sending import Gateways, Sealer
from server.sim.sites import Box, Site
from server.store import deriving, province_rows, visit_hours
from server.visits.types import Sighting
from server.web.doors import digest

WEEKS_BEFORE = 3
AFTER_HOURS = 12
STEPS = 3
"""Of a turn of the day."""
Tell = Callable[[str, int, int], None]
"""(what is being done, how much of it, how much there is)"""


class Asked(NamedTuple):
    """How large a province, for how long. `traced`: for how many persons contacts are looked."""

    seed: int = 1
    places: int = 500
    people: int = 10_000
    days: int = 14
    turn_hours: int = 6
    traced: int = 20
    database_url: str = ""


class Found(NamedTuple):
    """A finding of silence, and at which turn it was raised."""

    code: str
    place_id: str
    box_id: str
    since_ms: int
    evidence: bytes
    raised_ms: int


class Province:
    """`async with opened(…) as province`, then `live`. Everything that happened stays in it, to be compared."""

    def __init__(self, asked: Asked, server: Server, clock: Clock, client: httpx.AsyncClient, public: bytes) -> None:
        self.asked, self.server, self.clock = asked, server, clock
        self.sites: list[Site] = sites.made(asked.seed, asked.places, asked.days)
        self.boxes: dict[str, Box] = {box.box_id: box for one in self.sites for box in one.boxes}
        self.residents: list[Resident] = habits.residents(asked.seed, asked.people, self.sites)
        self.faults: list[Fault] = faults.planted(asked.seed, self.sites, asked.days)
        self.days = Days(asked.seed, self.residents, self.sites)
        self.passages = Passages(asked.seed, self.sites, self.residents, self.faults)
        heard = server.roster.heard_batch
        self.gateways = Gateways(asked.seed, self.sites, self.faults, client, Sealer(public), heard)
        self.findings: list[Found] = []
        self.sent = 0
        self.derived = 0
        self.took_s: defaultdict[str, float] = defaultdict(float)

    @property
    def ends_ms(self) -> int:
        """When the last day is over."""
        return BEGINS_MS + self.asked.days * DAY_MS

    async def live(self, tell: Tell) -> None:
        """Every day of it."""
        await self._register()
        await self._weeks_before(tell)
        turns = range(1, 24 // self.asked.turn_hours + 1)
        total, done = self.asked.days * len(turns) * STEPS, 0

        def step() -> None:
            nonlocal done
            done += 1
            tell("days", done, total)

        for day in range(self.asked.days):
            with self.timed("making"):
                self.gateways.take(self.passages.day(day, self.days.of(day)))
                self._declare(day)
            with self.timed("learning"):
                await self.server.rounds.learn()
            for turn in turns:
                await self._turn(day, BEGINS_MS + day * DAY_MS + turn * self.asked.turn_hours * HOUR_MS, step)
        while self.gateways.waiting:
            await self._turn(self.asked.days - 1, self.clock() + AFTER_HOURS * HOUR_MS, None)

    async def derive(self) -> int:
        """Everything that was sent and is not derived yet; returns how many scans."""
        with self.timed("deriving"):
            before = self.server.deriver.done
            await self.server.deriver.all()
        done = self.server.deriver.done - before
        self.derived += done
        return done

    async def _turn(self, day: int, now_ms: int, step: Callable[[], None] | None) -> None:
        """Sent, derived, looked at: a `step` each; None: nobody looks any more."""
        with self.timed("sending"):
            for at_ms in self.gateways.due(now_ms):
                self.clock.to(at_ms)
                self.sent += await self.gateways.at_once(day, at_ms)
        self.clock.to(now_ms)
        with self.timed("sending"):
            self.sent += await self.gateways.turn(day, now_ms)
        if step is None:
            await self.derive()
            return
        step()
        await self.derive()
        step()
        with self.timed("looking"):
            await self.server.rounds.look()
            await self._findings()
        step()

    async def _findings(self) -> None:
        rows = await province_rows.findings(self.server.shelf.database, len(self.findings))
        self.findings += [Found._make((*row, self.clock())) for row in rows]

    async def _register(self) -> None:
        for name, rows in sites.tables(self.sites).items():
            if rows:
                sheet = judged(read(written(name, rows), name))
                made = await self.server.shelf.places.take_in(sheet, partial=False, dry=False, by="province")
                if made.problems:
                    raise RuntimeError(f"the register refused {name}: {made.problems[:3]}")

    async def _weeks_before(self, tell: Tell) -> None:
        edges = Passages(self.asked.seed, self.sites, self.residents, []).edges
        first = -7 * WEEKS_BEFORE
        with self.timed("weeks_before"):
            for day in range(first, 0):
                made = [_counted(one.box, self.sites[one.box.site], one.at_ms) for one in edges(day, self.days.of(day))]
                await self.server.shelf.database.write(partial(visit_hours.add, found=made))
                tell("weeks before", day - first + 1, -first)

    def _declare(self, day: int) -> None:
        """What was lost on that day, and what boxes still hold, is told at its end."""
        begins_ms = BEGINS_MS + day * DAY_MS
        for fault in self.faults:
            if fault.kind not in (faults.LOST, faults.HELD) or not begins_ms <= fault.from_ms < begins_ms + DAY_MS:
                continue
            those = [one for one in self.passed_at(fault.box_id) if fault.holds(one.at_ms)]
            self.gateways.declare(passing.lost_records(those, self.boxes), self.boxes)
            held = [one.seq for one in those if one.fate == HELD]
            if held:
                self.gateways.hold(self.boxes[fault.box_id], min(held), max(held))

    def passed_at(self, box_id: str) -> list[Passed]:
        """Everybody so far at a box that has a fault."""
        return self.passages.at_faulty.get(box_id, [])

    @contextlib.contextmanager
    def timed(self, what: str) -> Iterator[None]:
        """How long that takes is added up in `took_s`."""
        started_s = time.perf_counter()
        try:
            yield
        finally:
            self.took_s[what] += time.perf_counter() - started_s


@contextlib.asynccontextmanager
async def opened(asked: Asked, folder: Path) -> AsyncIterator[Province]:
    """A province in that folder, its server open. Raises `Unusable`."""
    clock = Clock()
    path, public = settings(asked, folder)
    server = Server(load(path), clock)
    server.open()
    try:
        await must_be_empty(server)
        async with server.app.lifespan(), door(server) as client:
            yield Province(asked, server, clock, client, public)
    finally:
        server.close()


async def must_be_empty(server: Server) -> None:
    """Raises `Unusable`: `not_empty`."""
    if await server.shelf.database.read(deriving.count):
        raise Unusable("not_empty", "there are scans in this database: the province needs an empty one")


def door(server: Server) -> httpx.AsyncClient:
    """Its API, without a socket."""
    transport = httpx.ASGITransport(cast(Any, server.app))  # Litestar's types say more of a scope than httpx's
    return httpx.AsyncClient(transport=transport, base_url="http://province.local", timeout=120)


def settings(asked: Asked, folder: Path) -> tuple[Path, bytes]:
    """-> (the settings of its server, the public half of the key that gateways seal to)"""
    folder.mkdir(parents=True, exist_ok=True)
    public = bytes.fromhex(keys.new(folder / "seal.key"))
    lines = ['listen = "127.0.0.1:0"', 'data_dir = "data"', 'sealing_key_files = ["seal.key"]']
    if asked.database_url:
        lines.append(f'database_url = "{asked.database_url}"')
    lines += ["[deriving]", "enabled = false", "[limits]", "asks_per_s = 100000", "asks_burst = 100000"]
    for one in sites.made(asked.seed, asked.places, asked.days):
        boxes = ", ".join(f'"{box.box_id}"' for box in one.boxes)
        lines += [
            "[[gateways]]",
            f'id = "{one.gateway_id}"',
            f'token_sha256 = "{digest(one.token)}"',
            f"boxes = [{boxes}]",
        ]
    path = folder / "server.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path, public


def _counted(box: Box, site: Site, at_ms: int) -> Sighting:
    gate = site.gates[box.at]
    known = "" if box.is_seated else gate.gate_id
    gate_id = gate.gate_id if box.is_seated else known
    named = (box.box_id, box.epoch, 0, None, site.place_id, gate_id, gate.zone, gate.direction)
    return Sighting(*named, at_ms, at_ms, at_ms, "counted")
