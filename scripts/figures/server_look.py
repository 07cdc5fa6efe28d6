"""A look at every place of the country: who is silent, where there are holes, and how long others wait meanwhile.

1. 12,650 places, a fifth of them with two boxes, each with a seat in the register and a gateway that was heard just
   now; two weeks and a day of counts by the hour: at most places 14 hours a day. What is usual is learned from these.
2. A hundredth of the points fell silent some hours ago, and a hundredth have been silent at noon for four days.
3. The first look of an hour judges everything; the others who is silent, and the places where something slow was found.
   Measured are the processor time of the whole process, how many counts by the hour are read, and the longest single
   job of the store: on SQLite everybody else who reads, or writes, waits that long. It is timed where it runs, in time
   of its own thread's processor (SQLite), where a busy machine adds nothing; on PostgreSQL by the clock on the wall.
4. The limit of a look is what the database takes to give out the same counts by one plain statement a page.
`python -m scripts.figures.server_look [--quick]`

Source of 12,650: the domain paper, part 2.
"""

import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from scripts.figures.figure import Figure, Tell
from scripts.figures.own_cluster import OwnCluster
from server.places.opening import parse
from server.places.profile import DAY_MS, HOUR_MS, ZONE_MS
from server.places.silence import Watched
from server.places.types import BoxSeat, Gate, GatewaySeat, Place
from server.store import place_register
from server.store.database import Where
from server.store.dialect import insert_many
from server.store.postgres import Cluster
from server.store.shelf import Shelf
from server.store.visit_tables import hours

PLACES, QUICK_PLACES = 12_650, 1_265
DAYS, PAGE = 15, 200
DAY_BEGINS_MS = 1_790_000_000_000 // DAY_MS * DAY_MS - ZONE_MS
NOW_MS = DAY_BEGINS_MS + 16 * HOUR_MS + 600_000
FIRST_MS = DAY_BEGINS_MS - DAYS * DAY_MS
OPEN = range(5, 19)
OPENING = "mon-sun 05:00-19:00"
SILENT_MS, NOON_DAYS = 6 * HOUR_MS, 4
LOOK_S, NEXT_S, JOB_MS = 4.0, 1.5, 50.0
"""Aims: for 12,650 places."""
SETTINGS = {"shared_buffers": "512MB", "max_wal_size": "4GB"}
BARE = text(
    "SELECT place_id, gate_id, box_id, hour_ms, reads FROM hours"
    " WHERE place_id > :after AND place_id <= :last AND hour_ms >= :from_ms"
)


class Took(NamedTuple):
    """One look: processor time of the process, the longest job of the store, counts that were read, findings."""

    busy_s: float
    took_s: float
    longest_s: float
    counts: int
    there: int


class Timed:
    """A database whose jobs are timed where they run; it counts the counts that are read."""

    def __init__(self, shelf: Shelf, clock: Callable[[], float]) -> None:
        self.longest_s, self.counts = 0.0, 0
        self._clock = clock
        database: Any = shelf.database
        self._read, self._write = database.read, database.write
        database.read, database.write = partial(self._ask, self._read), partial(self._ask, self._write)

    async def _ask(self, ask: Callable[..., Any], job: Callable[[Connection], Any]) -> Any:
        def timed(connection: Connection) -> Any:
            began_s = self._clock()
            try:
                return job(connection)
            finally:
                self.longest_s = max(self.longest_s, self._clock() - began_s)

        found = await ask(timed)
        if isinstance(found, list):
            self.counts += sum(len(one.reads) for one in found if isinstance(one, Watched))
        return found


def run(quick: bool, say: Tell) -> list[Figure]:
    """On SQLite and on PostgreSQL."""
    places = QUICK_PLACES if quick else PLACES
    with tempfile.TemporaryDirectory(prefix="tram-bench-") as name:
        return [*on_sqlite(Path(name), places, say), *on_postgres(Path(name), places, say)]


def on_sqlite(folder: Path, places: int, say: Tell) -> list[Figure]:
    """In a file of that folder."""
    return measure("SQLite", folder / "server.db", places, time.thread_time, say)


def on_postgres(folder: Path, places: int, say: Tell) -> list[Figure]:
    """In a cluster of its own."""
    cluster = OwnCluster(folder, **SETTINGS)
    try:
        cluster.start()
        return measure("PostgreSQL", Cluster(cluster.url(cluster.create())), places, time.perf_counter, say)
    finally:
        cluster.end()


def measure(kind: str, where: Where, places: int, clock: Callable[[], float], say: Tell) -> list[Figure]:
    """Fill a new store, learn, look."""
    now_ms = [NOW_MS]
    shelf = Shelf(where, lambda: now_ms[0])
    shelf.start()
    try:
        return asyncio.run(_measure(kind, shelf, now_ms, places, clock, say))
    finally:
        shelf.close()


async def _measure(
    kind: str, shelf: Shelf, now_ms: list[int], places: int, clock: Callable[[], float], say: Tell
) -> list[Figure]:
    await _fill(shelf, places, lambda part: say(f"{kind}: counts of {places:,} places by the hour", part))
    say(f"{kind}: learning what is usual")
    heard = dict.fromkeys((_gateway(at) for at in range(places)), NOW_MS)
    began_s = time.process_time()
    points = await shelf.places.learn()
    learned_s = time.process_time() - began_s
    say(f"{kind}: looking")
    first = await _look(shelf, heard, clock)
    now_ms[0] += 600_000
    following = await _look(shelf, heard, clock)
    bare_s = await _bare(shelf, places)
    name, part = f"{kind}: a look at {places:,} places ({points:,} points), ", places / PLACES
    within: Any = {"aim": JOB_MS, "at_most": True}
    return [
        Figure(f"{name}first of an hour ({first.there} found)", first.busy_s, "s", bare_s, LOOK_S * part, at_most=True),
        Figure(f"{kind}: … by the clock", first.took_s, "s"),
        Figure(f"{kind}: … counts by the hour that it reads", first.counts, "rows"),
        Figure(f"{kind}: … its longest single job", first.longest_s * 1000, "ms", **within),
        Figure(f"{name}each other", following.busy_s, "s", aim=NEXT_S * part, at_most=True),
        Figure(f"{kind}: … its longest single job", following.longest_s * 1000, "ms", **within),
        Figure(f"{kind}: learning what is usual there, once a day", learned_s, "s"),
    ]


async def _look(shelf: Shelf, heard: dict[str, int], clock: Callable[[], float]) -> Took:
    was = shelf.database.read, shelf.database.write
    timed = Timed(shelf, clock)
    began_s, busy_s = time.perf_counter(), time.process_time()
    found = await shelf.places.look(heard)
    busy_s, took_s = time.process_time() - busy_s, time.perf_counter() - began_s
    shelf.database.read, shelf.database.write = was  # type: ignore[method-assign]
    return Took(busy_s, took_s, timed.longest_s, timed.counts, found.there)


async def _bare(shelf: Shelf, places: int) -> float:
    """Processor time in which the same counts are given out, and thrown away."""
    began_s, after = time.process_time(), ""
    for at in range(20, places + 20, 20):
        last = _place(min(at, places) - 1)
        asked = BARE.bindparams(after=after, last=last, from_ms=NOW_MS - 14 * DAY_MS)
        await shelf.database.read(partial(_all_of, asked=asked))
        after = last
    return time.process_time() - began_s


def _all_of(connection: Connection, asked: Any) -> int:
    return len(connection.execute(asked).fetchall())


async def _fill(shelf: Shelf, places: int, say: Callable[[float], None]) -> None:
    columns = tuple(column.name for column in hours.columns)
    for first in range(0, places, PAGE):
        some = range(first, min(places, first + PAGE))
        await shelf.database.write(partial(_register, some=some))
        rows = [row for at in some for row in _rows(at)]
        await shelf.database.write(partial(insert_many, table=hours, columns=columns, rows=rows))
        say(first / places)


def _register(connection: Connection, some: range) -> None:
    opening = parse(OPENING)
    kinds = ("market", "office", "bus_station", "shop")
    place_register.put_places(
        connection, [Place(_place(at), _place(at), kinds[at % 4], opening=opening) for at in some], 1
    )
    place_register.put_gates(connection, [Gate(_place(at), "main") for at in some], 1)
    place_register.put_gateway_seats(
        connection, [GatewaySeat(_gateway(at), 0, _place(at)) for at in some], "figures", 1
    )
    for at in some:
        for box_id in _boxes(at):
            place_register.replace_box_seats(connection, box_id, [BoxSeat(box_id, 0, _place(at), "main")], "figures", 1)


def _rows(at: int) -> Iterator[tuple[Any, ...]]:
    for box_id in _boxes(at):
        draw = random.Random(box_id)
        fault = draw.randrange(100)
        busy = draw.choice((3, 8, 20, 60))
        until_ms = NOW_MS - SILENT_MS if fault == 0 else NOW_MS
        for at_ms in range(FIRST_MS, until_ms - HOUR_MS, HOUR_MS):
            hour = (at_ms + ZONE_MS) // HOUR_MS % 24
            is_off = fault == 1 and hour in (11, 12) and at_ms >= DAY_BEGINS_MS - NOON_DAYS * DAY_MS
            count = max(0, round(draw.gauss(busy, busy**0.5))) if hour in OPEN and not is_off else 0
            if count:
                yield _place(at), "main", box_id, at_ms, count, count, 0, 0, 0, 0, at_ms + 1000, at_ms + HOUR_MS - 1000


def _boxes(at: int) -> list[str]:
    return [f"box-{at:05}-{one}" for one in range(2 if at % 5 == 0 else 1)]


def _place(at: int) -> str:
    return f"place-{at:05}"


def _gateway(at: int) -> str:
    return f"gw-{at:05}"


if __name__ == "__main__":
    from rich.console import Console

    from scripts.figures import table

    table.show(run("--quick" in sys.argv, lambda what, part=None: print(what, file=sys.stderr)), Console(width=150))
