"""Tracing in a large store: visits that are made up, then questions about persons and places.

1. Two towns. The *province* has as many places as Tra Vinh's campaign, 12,650, and a million people; its largest market
   has 0.8 % of all visits (2,600 a day), half of them come between 6 and 9 or between 16 and 18 o'clock, and seven of
   ten are to one of three places of their own. The *crowd* is harder than any province: 2,000 places, the largest with
   5 % (16,600 a day), and a tenth of the people make 55 % of the visits.
2. Both have 30 days. 19 % of the ends were scanned, as in Singapore's SafeEntry; the others lie within six hours after
   the beginning, with 45 minutes as the best guess.
3. Rows are put in in the order of time, as deriving does, and the indexes are made after that.
4. A person is drawn by visits, so who comes often is asked for more often. The window is 14 days; the rule set is the
   built-in one, counting what is likely. What is measured is the whole question: contacts and holes.
5. The limit is what the database takes for the rows alone: all stays at those places whose best guess reaches into
   those times, a plain statement for each time, fetched and thrown away.
6. The longest single job of the store is measured too: on SQLite everybody else waits that long.

Source of 12,650 and of 19 %: the domain paper, parts 2 and 3.
"""

import asyncio
import random
import sys
import tempfile
import time
from bisect import bisect
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from scripts.figures.figure import Figure, Tell
from scripts.figures.own_cluster import OwnCluster
from server.store import dialect
from server.store.database import Where
from server.store.dialect import insert_many
from server.store.postgres import Cluster
from server.store.shelf import Shelf
from server.store.visit_tables import visits
from server.tracing.asking import Search
from server.tracing.rules import Rules
from server.tracing.types import Question, Stay, Window

DAYS = 30
DAY_MS, HOUR_MS, MINUTE_MS = 86_400_000, 3_600_000, 60_000
ZONE_MS = 7 * HOUR_MS
START_MS = 1_790_000_000_000 // DAY_MS * DAY_MS
END_MS = START_MS + DAYS * DAY_MS
PAGE = 50_000
AIM_S = 1.0
JOB_AIM_MS = 50.0
BARE = text(
    f"SELECT {', '.join(Stay._fields)} FROM visits WHERE place_id = :place"  # noqa: S608 - nothing from outside
    " AND in_low >= :least AND in_low < :high AND out_high > :low AND in_at < :high AND out_at > :low"
)
SETTINGS = {"shared_buffers": "512MB", "max_wal_size": "4GB"}


class Town(NamedTuple):
    """`hours`: (from, until, the share of the visits that begin then), of the day, in order. A place's size is
    1 / (its rank + `flat`). `often`: the share of visits that a tenth of the people make. `own`: the share of visits
    that are to one of a person's OWN_PLACES."""

    name: str
    places: int
    flat: int
    often: float
    own: float
    hours: tuple[tuple[float, float, float], ...]


DAY = ((5, 6, 0.05), (6, 9, 0.3), (9, 16, 0.3), (16, 18, 0.2), (18, 21, 0.15))
PROVINCE = Town("a province", 12_650, 20, 0.3, 0.7, DAY)
CROWD = Town("a crowd", 2000, 3, 0.55, 0.0, ((6, 18, 1.0),))
TOWNS = (PROVINCE, CROWD)
OWN_PLACES = 3


class Took(NamedTuple):
    """A question: how long it took, the processor time of this process in it, how many contacts, and how long the same
    rows take by themselves. (Answers that are kept make garbage collection long.)"""

    seconds: float
    busy_s: float
    contacts: int
    bare_s: float


class Seen:
    """A shelf's tracing, with which stays were read last."""

    def __init__(self, shelf: Shelf) -> None:
        self.spans: list[tuple[str, Window]] = []
        self._shelf = shelf
        self._read = shelf.database.read

    def __getattr__(self, name: str) -> Any:
        return getattr(self._shelf.tracing, name)

    def at_places(self, spans: Sequence[tuple[str, Window]], usual_ms: int | None) -> Any:
        """The same."""
        self.spans += spans
        return self._shelf.tracing.at_places(spans, usual_ms)

    async def bare(self) -> None:
        """All that lies in these spans, by one plain statement each, taken from the driver and thrown away."""

        def job(connection: Connection) -> None:
            for place_id, (from_ms, to_ms) in self.spans:
                values = {"place": place_id, "least": from_ms - DAY_MS, "low": from_ms, "high": to_ms}
                found: Any = connection.execute(BARE, values)
                found.cursor.fetchall()

        await self._read(job)


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


def run(quick: bool, say: Tell) -> list[Figure]:
    """On SQLite and on PostgreSQL; 200,000 visits where it is to be quick, else ten million."""
    number, questions = (200_000, 100) if quick else (10_000_000, 300)
    found = []
    for town in TOWNS:
        with tempfile.TemporaryDirectory(prefix="tram-bench-") as name:
            found += measure("SQLite", Path(name) / "server.db", town, number, questions, say)
    for town in TOWNS:
        found += on_postgres(town, number, questions, say)
    return found


def on_postgres(town: Town, number: int, questions: int, say: Tell) -> list[Figure]:
    """In a cluster of its own."""
    with tempfile.TemporaryDirectory(prefix="tram-bench-") as name:
        cluster = OwnCluster(Path(name), **SETTINGS)
        try:
            cluster.start()
            place = Cluster(cluster.url(cluster.create()))
            return measure("PostgreSQL", place, town, number, questions, say)
        finally:
            cluster.end()


def measure(kind: str, where: Where, town: Town, number: int, questions: int, say: Tell) -> list[Figure]:
    """Fill a new store, then ask."""
    shelf = Shelf(where, lambda: END_MS)
    shelf.start()
    try:
        began_s = time.perf_counter()
        asyncio.run(_fill(shelf, town, number, partial(_said, say, f"{kind}, {town.name}")))
        filled = Figure(
            f"{kind}, {town.name}: {number:,} visits put in, with indexes",
            number / (time.perf_counter() - began_s),
            "rows/s",
        )
        return [filled, *asyncio.run(ask(f"{kind}, {town.name}", shelf, town, number, questions, say))]
    finally:
        shelf.close()


def _said(say: Tell, where: str, what: str, part: float | None = None) -> None:
    say(f"{where}: {what}", part)


async def ask(where: str, shelf: Shelf, town: Town, number: int, questions: int, say: Tell) -> list[Figure]:
    """Put questions to a store that is filled."""
    draw, made = random.Random(7), Draws(town, number)
    window, people = Window(END_MS - 14 * DAY_MS, END_MS), []
    seen = Seen(shelf)
    await _ask(seen, Question("c", window, END_MS, person=made.person(draw)))
    timed = Timed(shelf)  # from here on the statements are made
    for one in range(questions):
        say(f"{where}: asking for persons", one / questions)
        asked = Question("c", window, END_MS, person=made.person(draw), tokens=(b"t" * 16,))
        people.append(await _ask(seen, asked))
    say(f"{where}: asking for places")
    days = []
    for rank in (0, 1, 10, 100, *(draw.randrange(town.places) for _ in range(16))):
        from_ms = START_MS + draw.randrange(DAYS) * DAY_MS
        asked = Question("c", Window(from_ms, from_ms + DAY_MS), END_MS, place_id=_place_id(rank))
        days.append(await _ask(seen, asked))
    return _figures(where, number, people, days, timed.longest_s * 1000)


async def _ask(seen: "Seen", asked: Question) -> Took:
    seen.spans.clear()
    began_s, busy_s = time.perf_counter(), time.process_time()
    answer = await Search(asked, Rules([]), seen).run()
    took_s, busy_s = time.perf_counter() - began_s, time.process_time() - busy_s
    began_s = time.perf_counter()
    await seen.bare()
    return Took(took_s, busy_s, len(answer.contacts), time.perf_counter() - began_s)


def _figures(where: str, number: int, people: list[Took], days: list[Took], job_ms: float) -> list[Figure]:
    took, bare, busy = (sorted(getattr(one, what) for one in people) for what in ("seconds", "bare_s", "busy_s"))
    of_days, bare_days = (sorted(getattr(one, what) for one in days) for what in ("seconds", "bare_s"))
    found, most = sorted(one.contacts for one in people), max(one.contacts for one in days)
    middle, last = len(took) // 2, len(took) * 99 // 100
    name = f"{where}: contacts of a person, 14 days, {number:,} visits,"
    day = f"{where}: contacts of a day at a place,"
    within: Any = {"aim": AIM_S, "at_most": True}
    return [
        Figure(f"{name} p50 ({found[middle]} contacts)", took[middle], "s", bare[middle]),
        Figure(f"{name} p99 (at most {found[-1]} contacts)", took[last], "s", bare[last], **within),
        Figure(f"{name} worst of {len(took)}", took[-1], "s", bare[-1]),
        Figure(f"{where}: … of it processor time of the server, p99", busy[last], "s"),
        Figure(f"{day} p50 of {len(days)}", of_days[len(days) // 2], "s", bare_days[len(days) // 2]),
        Figure(f"{day} worst ({most} contacts at most)", of_days[-1], "s", bare_days[-1], **within),
        Figure(f"{where}: the longest single read of a question", job_ms, "ms", aim=JOB_AIM_MS, at_most=True),
    ]


class Draws:
    """Who visits where: drawn by weight."""

    def __init__(self, town: Town, number: int) -> None:
        self.persons = max(100, number // 10)
        self._town = town
        self._frequent = self.persons // 10
        self._places = list(accumulate(1 / (rank + town.flat) for rank in range(town.places)))

    def person(self, draw: random.Random) -> bytes:
        """A tenth of them have `often` of the visits, and their part of the others."""
        is_often = draw.random() < (self._town.often - 0.1) / 0.9
        return draw.randrange(self._frequent if is_often else self.persons).to_bytes(16, "big")

    def rank(self, chance: float) -> int:
        """A place by size; `chance`: from 0 up to 1."""
        return min(bisect(self._places, chance * self._places[-1]), self._town.places - 1)

    def place(self, person: bytes, chance: float) -> str:
        """One of a person's own, or any."""
        own = self._town.own
        if chance >= own:
            return _place_id(self.rank((chance - own) / (1 - own)))
        which = int(chance / own * OWN_PLACES)
        return _place_id(self.rank(random.Random(int.from_bytes(person, "big") * OWN_PLACES + which).random()))

    def came_ms(self, part: float) -> int:
        """When of the day, in ms, the visit at this part of the day's visits began."""
        for from_h, until_h, share in self._town.hours:
            if part < share:
                return int((from_h + (until_h - from_h) * part / share) * HOUR_MS)
            part -= share
        return int(self._town.hours[-1][1] * HOUR_MS)


def _place_id(rank: int) -> str:
    return f"place-{rank:05}"


async def _fill(shelf: Shelf, town: Town, number: int, say: Tell) -> None:
    indexes = sorted(visits.indexes, key=lambda one: str(one.name))
    for one in indexes:
        await shelf.database.write(partial(_apply, one.drop))
    columns = tuple(column.name for column in visits.columns)
    done = 0
    for page in _pages(town, number):
        await shelf.database.write(partial(insert_many, table=visits, columns=columns, rows=page))
        done += len(page)
        say(f"putting {number:,} visits in", done / number)
    say("making the indexes")
    for one in indexes:
        await shelf.database.write(partial(_apply, one.create))
    await shelf.database.write(lambda connection: connection.exec_driver_sql("ANALYZE"))


def _apply(change: Callable[[Connection], None], connection: Connection) -> None:
    dialect.take_time(connection)
    change(connection)


def _pages(town: Town, number: int) -> Iterator[list[tuple[Any, ...]]]:
    draw, made = random.Random(1), Draws(town, number)
    pairs = []
    for _ in range(max(1 << 17, number // 4)):
        person = made.person(draw)
        pairs.append((person, made.place(person, draw.random())))
    for start in range(0, number, PAGE):
        chance = random.Random(start).random
        page = []
        for one in range(start, min(start + PAGE, number)):
            day, part = divmod(one * DAYS, number)
            in_ms = START_MS + day * DAY_MS + made.came_ms(part / number) - ZONE_MS
            page.append(_visit(one, in_ms, *pairs[int(chance() * len(pairs))], chance()))
        yield page


def _visit(number: int, in_ms: int, person: bytes, place: str, chance: float) -> tuple[Any, ...]:
    """A row, in the order of the table's columns."""
    if chance < 0.19:
        out_ms = low = high = in_ms + int(chance / 0.19 * 115 + 5) * MINUTE_MS
        label, out_by = "measured", "scan"
    else:
        out_ms, low, high = in_ms + 45 * MINUTE_MS, in_ms, in_ms + 6 * HOUR_MS
        label, out_by = "assumed", "stay"
    who = (number.to_bytes(16, "big"), person, place, "", "", "", False)
    when = (in_ms, in_ms, in_ms, low, out_ms, high, label, "scan", out_by)
    return (*who, *when, "citizen_card", False, chance > 0.6, 1, "box", (in_ms + ZONE_MS) // DAY_MS)


if __name__ == "__main__":
    from rich.console import Console

    from scripts.figures import table

    table.show(run("--quick" in sys.argv, lambda what, part=None: print(what, file=sys.stderr)), Console(width=150))
