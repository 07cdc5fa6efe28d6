"""The same days three times, shuffled, through several server processes on one database, half of which are killed.

1. The processes share the database and the holder's folder, as nodes do. Whoever is killed (SIGKILL, in the middle of
   whatever it does) is started again; a batch that got no answer is sent again, to whichever node.
2. What it has to be compared with is one pass, in order, through one server on SQLite with the same keys: the same
   rows, by their hash, on another database and in another order.
3. These processes go by the real clock, so the days are moved to the last whole weeks. Instants that depend on when
   something arrived have no place here: every box knows the time by itself, or by its gateway's envelope.
"""

import asyncio
import contextlib
import json
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import httpx

from firmware.wire import answer, batch, record
from server.app import Server, utc_ms
from server.config import load
from server.errors import Unusable
from server.places.importing import judged
from server.places.sheet import read, written
from server.sim import habits, sites
from server.sim.clock import BEGINS_MS, DAY_MS
from server.sim.figures import Figure, Outcome, must
from server.sim.passing import Made, Passages
from server.sim.province import Asked, Tell, door, must_be_empty
from server.sim.sites import SAMPLES, UTC, Site
from server.store import deriving, province_rows
from server.web.doors import digest

ROOT = Path(__file__).resolve().parents[2]
WEEK_MS = 7 * DAY_MS
TIMES = 3
MOST_ITEMS = 100
AT_ONCE = 8
START_S, DERIVE_S = 60, 900
FINE = ("accepted", "duplicate")
PHASES = {"batches": 1}


async def run(asked: Asked, count: int, folder: Path, tell: Tell) -> Outcome:
    """`count` processes. Raises `Unusable`: `settings`."""
    if not asked.database_url:
        raise Unusable("settings", "--replay-nodes needs --database-url: an empty PostgreSQL database")
    shift_ms = (utc_ms() - asked.days * DAY_MS - DAY_MS // 2 - BEGINS_MS) // WEEK_MS * WEEK_MS
    places = [_plain(one, shift_ms) for one in sites.made(asked.seed, asked.places, asked.days)]
    made = _records(asked, places, shift_ms)
    batches = _batches(places, made)
    await _register(_settings(folder, "once", "", places), places)
    async with _served(_settings(folder, "once", "", places)) as server:
        wanted = await _once(server, places, batches)
    config = _settings(folder, "look", asked.database_url, places)
    await _register(config, places)
    async with _served(config) as server:
        await must_be_empty(server)
    nodes = [Node(_settings(folder, f"node-{number}", asked.database_url, places, True)) for number in range(count)]
    replay = Replay(asked.seed, nodes, places, batches, tell)
    try:
        for node in nodes:
            await node.start()
        started_s = time.perf_counter()
        await replay.run()
        sent_s = time.perf_counter() - started_s
        async with _served(config) as server:
            await _derived(server)
            found = await province_rows.fingerprint(server.shelf.database)
    finally:
        for node in nodes:
            await node.stop()
    return Outcome(_figures(count, len(made), replay, sent_s, wanted, found), {})


def _figures(count: int, many: int, replay: "Replay", sent_s: float, wanted: str, found: str) -> list[Figure]:
    odd = {name: number for name, number in replay.verdicts.items() if name not in FINE}
    least = many * TIMES
    return [
        Figure("nodes", "nodes", count),
        Figure("nodes", "killed", replay.killed),
        Figure("nodes", "scans", many),
        Figure("nodes", "batches_sent_again", replay.again),
        must("nodes", "accepted", replay.verdicts["accepted"], replay.verdicts["accepted"] <= many, f"<= {many}"),
        must("nodes", "answered", replay.verdicts.total(), replay.verdicts.total() == least, f"= {least}"),
        must("nodes", "neither_accepted_nor_duplicate", str(odd or 0), not odd, "= 0"),
        Figure("nodes", "scans_per_s", round(least / sent_s)),
        Figure("nodes", "hash_of_one_pass", wanted),
        must("nodes", "hash_of_three", found, found == wanted, "the same"),
    ]


class Node:
    """A server process; `start` returns when it listens."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._process: asyncio.subprocess.Process | None = None
        self._told: asyncio.Task[bytes] | None = None
        self.client: httpx.AsyncClient | None = None

    async def start(self) -> None:
        """Raises RuntimeError where it ends before it listens."""
        command = (sys.executable, "-m", "server", "--config", str(self._path))
        pipe = asyncio.subprocess.PIPE
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        self._process = await asyncio.create_subprocess_exec(*command, stdout=pipe, env=env)
        assert self._process.stdout is not None  # noqa: S101 - asked for above
        async with asyncio.timeout(START_S):
            async for line in self._process.stdout:
                said = json.loads(line)
                if said["event"] == "listening":
                    self.client = httpx.AsyncClient(base_url=said["url"], timeout=60)
                    self._told = asyncio.create_task(self._process.stdout.read(), name="node")
                    return
        raise RuntimeError(f"{self._path} ended before it listened")

    async def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """SIGKILL: in the middle of whatever it does."""
        client, process, told = self.client, self._process, self._told
        self.client = self._process = self._told = None
        if process is not None and process.returncode is None:
            process.send_signal(how)
            await process.wait()
        if told is not None:
            await told
        if client is not None:
            await client.aclose()


class Replay:
    """`run` sends every batch three times."""

    def __init__(
        self,
        seed: int,
        nodes: Sequence[Node],
        places: Sequence[Site],
        batches: Sequence[batch.Batch],
        tell: Tell,
    ) -> None:
        self._draw = random.Random(f"{seed}/nodes")  # noqa: S311 - repeatable, not secret
        self._nodes = nodes
        self._tokens = {one.gateway_id: one.token for one in places}
        self._batches = [one for one in batches for _ in range(TIMES)]
        self._draw.shuffle(self._batches)
        self._tell = tell
        self._done = 0
        self.verdicts: Counter[str] = Counter()
        self.again = self.killed = 0

    async def run(self) -> None:
        """Until each has been answered once."""
        waiting = list(enumerate(self._batches))
        victims = list(self._nodes[: max(1, len(self._nodes) // 2)])
        killing = asyncio.create_task(self._kill(victims), name="killing")

        async def send() -> None:
            while waiting:
                number, made = waiting.pop()
                await self._send(made._replace(batch_no=number + 1, items=self._shuffled(made.items)))
                self._done += 1
                self._tell("batches", self._done, len(self._batches))

        await asyncio.gather(*(send() for _ in range(AT_ONCE)))
        await killing

    def _shuffled(self, items: Sequence[batch.Item]) -> list[batch.Item]:
        return self._draw.sample(items, len(items))

    async def _send(self, made: batch.Batch) -> None:
        headers = {"Authorization": f"Bearer {self._tokens[made.gateway_id]}", "Content-Type": batch.CONTENT_TYPE}
        while True:
            client = self._draw.choice(self._nodes).client
            with contextlib.suppress(httpx.TransportError):
                if client is not None:
                    response = await client.post("/api/v1/batches", content=batch.encode(made), headers=headers)
                    if response.status_code == 200:
                        said = answer.decode(response.content).verdicts
                        self.verdicts.update(one.verdict for one in said)
                        return
                    if response.status_code != 503:
                        raise RuntimeError(f"refused: {response.text[:300]}")
            self.again += 1
            await asyncio.sleep(0.05)

    async def _kill(self, victims: Sequence[Node]) -> None:
        """Each at its part of the way, then started again."""
        for number, node in enumerate(victims, 1):
            until = len(self._batches) * number // (len(victims) + 1)
            while self._done < until:
                await asyncio.sleep(0.01)
            await node.stop(signal.SIGKILL)
            self.killed += 1
            await node.start()


def _plain(one: Site, shift_ms: int) -> Site:
    boxes = tuple(box._replace(clock=UTC) if box.clock == SAMPLES else box for box in one.boxes)
    counts = one.counts_from_ms and one.counts_from_ms + shift_ms
    return one._replace(boxes=boxes, counts_from_ms=counts, is_sealed=False)


def _records(asked: Asked, places: Sequence[Site], shift_ms: int) -> list[Made]:
    residents = habits.residents(asked.seed, asked.people, places)
    days = habits.Days(asked.seed, residents, places)
    passages = Passages(asked.seed, places, residents, [])
    return [_moved(one, shift_ms) for day in range(asked.days) for one in passages.day(day, days.of(day))]


def _moved(one: Made, shift_ms: int) -> Made:
    scan: Any = record.decode(one.raw)
    moved = scan._replace(utc_ms=None if scan.utc_ms is None else scan.utc_ms + shift_ms)
    earliest_ms, latest_ms = ((at_ms and at_ms + shift_ms) for at_ms in (one.earliest_ms, one.latest_ms))
    return one._replace(raw=record.encode_scan(moved), earliest_ms=earliest_ms, latest_ms=latest_ms)


def _batches(places: Sequence[Site], made: Sequence[Made]) -> list[batch.Batch]:
    by_site: dict[int, list[batch.Item]] = {}
    for one in made:
        by_site.setdefault(one.site, []).append(batch.Item(one.raw, one.earliest_ms, one.latest_ms))
    return [
        batch.Batch(places[site].gateway_id, 0, items[start : start + MOST_ITEMS], [], [])
        for site, items in by_site.items()
        for start in range(0, len(items), MOST_ITEMS)
    ]


def _settings(folder: Path, name: str, url: str, places: Sequence[Site], is_deriving: bool = False) -> Path:
    lines = ['listen = "127.0.0.1:0"', f'data_dir = "{name}"', f'database_url = "{url}"' if url else ""]
    lines += ["[holder]", 'folder = "keys"', "[deriving]", f"enabled = {str(is_deriving).lower()}"]
    lines += ["[limits]", "asks_per_s = 100000", "asks_burst = 100000", "[log]", 'level = "info"']
    for one in places:
        boxes = ", ".join(f'"{box.box_id}"' for box in one.boxes)
        lines += [
            "[[gateways]]",
            f'id = "{one.gateway_id}"',
            f'token_sha256 = "{digest(one.token)}"',
            f"boxes = [{boxes}]",
        ]
    path = folder / f"{name}.toml"
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@contextlib.asynccontextmanager
async def _served(path: Path) -> AsyncIterator[Server]:
    server = Server(load(path))
    server.open()
    try:
        yield server
    finally:
        await server.holder.close()
        server.close()


async def _register(path: Path, places: Sequence[Site]) -> None:
    async with _served(path) as server:
        for name, rows in sites.tables(places).items():
            sheet = judged(read(written(name, rows), name))
            await server.shelf.places.take_in(sheet, partial=False, dry=False, by="province")


async def _once(server: Server, places: Sequence[Site], batches: Sequence[batch.Batch]) -> str:
    tokens = {one.gateway_id: one.token for one in places}
    async with door(server) as client:
        for number, made in enumerate(batches):
            headers = {"Authorization": f"Bearer {tokens[made.gateway_id]}", "Content-Type": batch.CONTENT_TYPE}
            data = batch.encode(made._replace(batch_no=number + 1))
            response = await client.post("/api/v1/batches", content=data, headers=headers)
            if response.status_code != 200:
                raise RuntimeError(f"refused: {response.text[:300]}")
    await server.deriver.all()
    return await province_rows.fingerprint(server.shelf.database)


async def _derived(server: Server) -> None:
    """Until the nodes have derived everything."""
    async with asyncio.timeout(DERIVE_S):
        while await server.shelf.database.read(deriving.waiting):
            await asyncio.sleep(0.2)
