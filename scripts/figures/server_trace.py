"""Tracing in a large store: visits that are made up, then questions about persons and places.

1. `visits` are spread over PLACES places, of which few are large (the largest has 4 % of them), and over 30 days from
   06:00 to 18:00. A tenth of the persons make half of the visits. 19 % of the ends were scanned; the others lie within
   six hours after the beginning, with 45 minutes as the best guess.
2. Rows are put in in the order of time, as deriving does, and the indexes are made after that.
3. A person is drawn by visits, so who comes often is asked for more often. The window is 14 days; the rule set is the
   built-in one, counting what is likely. What is measured is the whole question: contacts and holes.
4. The longest single job of the store is measured too: on SQLite everybody else waits that long.
"""

import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from scripts.figures.figure import Figure
from scripts.figures.own_cluster import OwnCluster
from server.store import dialect
from server.store.database import Where
from server.store.dialect import insert_many
from server.store.postgres import Cluster
from server.store.shelf import Shelf
from server.store.visit_tables import visits
from server.tracing.asking import Search
from server.tracing.rules import Rules
from server.tracing.types import Answer, Question, Window

PLACES, DAYS, OPEN_H = 2000, 30, 12
DAY_MS, HOUR_MS, MINUTE_MS = 86_400_000, 3_600_000, 60_000
START_MS = 1_790_000_000_000 // DAY_MS * DAY_MS
END_MS = START_MS + DAYS * DAY_MS
PAGE = 50_000
AIM_S = 1.0
JOB_AIM_MS = 50.0
SETTINGS = {"shared_buffers": "512MB", "max_wal_size": "4GB"}


class Timed:
    """A shelf's database, with the longest read that went through it."""

    def __init__(self, shelf: Shelf) -> None:
        self.longest_s = 0.0
        self._read = shelf.database.read
        shelf.database.read = self.read  # type: ignore[method-assign]

    async def read(self, job: Callable[[Connection], Any]) -> Any:
        """The same, timed where it runs."""

        def timed(connection: Connection) -> Any:
            began_s = time.perf_counter()
            try:
                return job(connection)
            finally:
                self.longest_s = max(self.longest_s, time.perf_counter() - began_s)

        return await self._read(timed)


def run(quick: bool, say: Callable[[str], None]) -> list[Figure]:
    """On SQLite and on PostgreSQL; 200,000 visits where it is to be quick, else ten million."""
    number, questions = (200_000, 100) if quick else (10_000_000, 300)
    with tempfile.TemporaryDirectory(prefix="tram-bench-") as name:
        found = measure("SQLite", Path(name) / "server.db", number, questions, say)
    return found + on_postgres(number, questions, say)


def on_postgres(number: int, questions: int, say: Callable[[str], None]) -> list[Figure]:
    """In a cluster of its own."""
    with tempfile.TemporaryDirectory(prefix="tram-bench-") as name:
        cluster = OwnCluster(Path(name), **SETTINGS)
        try:
            cluster.start()
            return measure("PostgreSQL", Cluster(cluster.url(cluster.create())), number, questions, say)
        finally:
            cluster.end()


def measure(kind: str, where: Where, number: int, questions: int, say: Callable[[str], None]) -> list[Figure]:
    """Fill a new store, then ask."""
    shelf = Shelf(where, lambda: END_MS)
    shelf.start()
    try:
        return asyncio.run(_measure(kind, shelf, number, questions, say))
    finally:
        shelf.close()


async def _measure(kind: str, shelf: Shelf, number: int, questions: int, say: Callable[[str], None]) -> list[Figure]:
    began_s = time.perf_counter()
    await _fill(shelf, number, say)
    filled_s = time.perf_counter() - began_s
    draw, people, busy = random.Random(7), Draws(number), []
    await _ask(shelf, Question("c", Window(END_MS - DAY_MS, END_MS), END_MS, person=people.person(draw)))
    timed = Timed(shelf)  # from here on the statements are made
    say("asking for persons")
    for _ in range(questions):
        window = Window(END_MS - 14 * DAY_MS, END_MS)
        asked = Question("c", window, END_MS, person=people.person(draw), tokens=(b"t" * 16,))
        busy.append(await _ask(shelf, asked))
    say("asking for places")
    days = []
    for rank in (0, 1, 10, 100, *(draw.randrange(PLACES) for _ in range(16))):
        from_ms = START_MS + draw.randrange(DAYS) * DAY_MS
        asked = Question("c", Window(from_ms, from_ms + DAY_MS), END_MS, place_id=f"place-{rank:04}")
        days.append(await _ask(shelf, asked))
    return _figures(kind, number, filled_s, busy, days, timed.longest_s * 1000)


async def _ask(shelf: Shelf, asked: Question) -> tuple[float, Answer]:
    began_s = time.perf_counter()
    answer = await Search(asked, Rules([]), shelf.tracing).run()
    return time.perf_counter() - began_s, answer


def _figures(
    kind: str,
    number: int,
    filled_s: float,
    people: list[tuple[float, Answer]],
    days: list[tuple[float, Answer]],
    job_ms: float,
) -> list[Figure]:
    took, found = sorted(one[0] for one in people), sorted(len(one[1].contacts) for one in people)
    of_days = sorted(one[0] for one in days)
    most = max(len(one[1].contacts) for one in days)
    name = f"{kind}: contacts of a person, 14 days, {number:,} visits,"
    return [
        Figure(f"{kind}: {number:,} visits put in, with indexes", number / filled_s, "rows/s"),
        Figure(f"{name} p50 ({found[len(found) // 2]} contacts)", took[len(took) // 2], "s"),
        Figure(f"{name} p99 (at most {found[-1]} contacts)", took[len(took) * 99 // 100], "s", aim=AIM_S, at_most=True),
        Figure(f"{name} worst of {len(took)}", took[-1], "s"),
        Figure(f"{kind}: a day at a place, worst of {len(days)} ({most} persons)", of_days[-1], "s"),
        Figure(f"{kind}: the longest single read of a question", job_ms, "ms", aim=JOB_AIM_MS, at_most=True),
    ]


class Draws:
    """Who visits where: drawn by weight."""

    def __init__(self, number: int) -> None:
        self.persons = max(100, number // 10)
        self._often = self.persons // 10
        self._places = list(accumulate(1 / (rank + 3) for rank in range(PLACES)))

    def person(self, draw: random.Random) -> bytes:
        """A tenth of them half of the time."""
        one = draw.randrange(self._often) if draw.random() < 0.5 else draw.randrange(self.persons)
        return one.to_bytes(16, "big")

    def place(self, draw: random.Random) -> str:
        """By size."""
        return f"place-{draw.choices(range(PLACES), cum_weights=self._places)[0]:04}"


async def _fill(shelf: Shelf, number: int, say: Callable[[str], None]) -> None:
    indexes = sorted(visits.indexes, key=lambda one: str(one.name))
    for one in indexes:
        await shelf.database.write(partial(_apply, one.drop))
    columns = tuple(column.name for column in visits.columns)
    done = 0
    for page in _pages(number):
        await shelf.database.write(partial(insert_many, table=visits, columns=columns, rows=page))
        done += len(page)
        say(f"putting visits in: {done:,} of {number:,}")
    say("making the indexes")
    for one in indexes:
        await shelf.database.write(partial(_apply, one.create))
    await shelf.database.write(lambda connection: connection.exec_driver_sql("ANALYZE"))


def _apply(change: Callable[[Connection], None], connection: Connection) -> None:
    dialect.take_time(connection)
    change(connection)


def _pages(number: int) -> Iterator[list[tuple[Any, ...]]]:
    draw, made = random.Random(1), Draws(number)
    places = [made.place(draw) for _ in range(1 << 17)]
    persons = [made.person(draw) for _ in range(max(1 << 17, number // 4))]
    for start in range(0, number, PAGE):
        chance = random.Random(start).random
        page = []
        for one in range(start, min(start + PAGE, number)):
            day, part = divmod(one * DAYS, number)
            in_ms = START_MS + day * DAY_MS + 6 * HOUR_MS + part * OPEN_H * HOUR_MS // number
            place, person = places[int(chance() * len(places))], persons[int(chance() * len(persons))]
            page.append(_visit(one, in_ms, place, person, chance()))
        yield page


def _visit(number: int, in_ms: int, place: str, person: bytes, chance: float) -> tuple[Any, ...]:
    """A row, in the order of the table's columns."""
    if chance < 0.19:
        out_ms = low = high = in_ms + int(chance / 0.19 * 115 + 5) * MINUTE_MS
        label, out_by = "measured", "scan"
    else:
        out_ms, low, high = in_ms + 45 * MINUTE_MS, in_ms, in_ms + 6 * HOUR_MS
        label, out_by = "assumed", "stay"
    who = (number.to_bytes(16, "big"), person, place, "", "", "", False)
    when = (in_ms, in_ms, in_ms, low, out_ms, high, label, "scan", out_by)
    return (*who, *when, "citizen_card", False, chance > 0.6, 1, "box", in_ms // DAY_MS)


if __name__ == "__main__":
    from rich.console import Console

    from scripts.figures import table

    table.show(run("--quick" in sys.argv, lambda what: print(what, file=sys.stderr)), Console(width=150))
