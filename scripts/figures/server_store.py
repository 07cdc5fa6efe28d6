"""The store's figures: ingest without the web, on SQLite and on PostgreSQL, by one node and by several.

1. The limit is what `INSERT … SELECT unnest(…) ON CONFLICT DO NOTHING` does with the same rows, as many a commit, into
   one plain table with the same key, in the same run on the same cluster and disk. It has as many connections as the
   server has threads that write: with one each commit would wait for the sync of the one before.
2. On SQLite it is `executemany` of the same rows into such a table, one commit a batch, synced as ours.
3. What is stored has its limit too: the bytes of that plain table.
`python -m scripts.figures.server_store NODE KIND PLACE NUMBER BATCHES` is one node.
"""

import asyncio
import contextlib
import itertools
import json
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Connection

from firmware.wire.record import Scan, encode_scan
from scripts.figures.figure import Figure
from scripts.figures.own_cluster import OwnCluster
from server.ingest.meaning import Kept
from server.ingest.receive import SCAN, Candidate, Intake
from server.ingest.settle import Settlement
from server.store.database import Database
from server.store.intake import keep
from server.store.postgres import Cluster
from server.store.postgres_workers import WRITERS

ROOT = Path(__file__).resolve().parents[2]
NOW_MS, EPOCH = 1_790_000_000_000, "00000000f16e"
BATCH_SCANS, BOXES, SENDERS, NODES = 500, 5, 4, 4
SEALED_BYTES = 180
SETTINGS = {"shared_buffers": "512MB", "max_wal_size": "4GB"}
AIM_PER_S, RATIO_AIM = 100_000, 0.6
KINDS = "text text bigint bytea text bigint bigint bigint bigint bytea text text integer text bytea".split()  # noqa: SIM905
NAMES = "box_id, epoch, seq, raw, gateway_id, batch_no, received_ms, earliest_ms, latest_ms, digest, kind, unread, day"
NAMES += ", class, sealed"


def run(quick: bool, tell: Callable[[str], None] = lambda what: None) -> list[Figure]:
    """Measure; `tell` hears what is being done."""
    batches = 60 if quick else 400
    with tempfile.TemporaryDirectory(prefix="tram-figures-") as folder:
        tell("ingest on SQLite")
        found = _sqlite(Path(folder), batches)
        cluster = OwnCluster(Path(folder), **SETTINGS)
        try:
            cluster.start()
            for nodes in (1, NODES):
                tell(f"ingest on PostgreSQL, nodes: {nodes}")
                found += _postgres(cluster, nodes, batches)
        finally:
            cluster.end()
    return found


def _sqlite(folder: Path, batches: int) -> list[Figure]:
    places = [folder / "bare.db", folder / "server.db"]
    bare, _ = _nodes("bare", str(places[0]), 1, batches)
    fresh, again = _nodes("keep", str(places[1]), 1, batches)
    bare_each, each = (path.stat().st_size / (batches * BATCH_SCANS) for path in places)
    return [
        Figure("server store: ingest on SQLite, 1 node", fresh, "scans/s", bare),
        Figure("server store: the same again, all duplicates", again, "scans/s"),
        Figure("server store: SQLite bytes per scan", each, "bytes", bare_each),
    ]


def _postgres(cluster: OwnCluster, nodes: int, batches: int) -> list[Figure]:
    plain = cluster.create()
    with cluster.connect(plain) as line:
        columns = ", ".join(f"{name} {kind}" for name, kind in zip(NAMES.split(", "), KINDS, strict=True))
        line.execute(f"CREATE TABLE bare (id bigserial PRIMARY KEY, {columns}, UNIQUE (box_id, epoch, seq))".encode())
    bare, _ = _nodes("bare", cluster.url(plain), nodes, batches)
    bare_bytes = _size_bytes(cluster, plain, "SELECT pg_total_relation_size('bare')")
    with cluster.connect(plain) as line:
        line.execute("TRUNCATE bare")
    copied, _ = _nodes("copy", cluster.url(plain), nodes, batches, phases=1)
    cluster.drop(plain)
    name = cluster.create()
    fresh, again = _nodes("keep", cluster.url(name), nodes, batches)
    asked = "SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits WHERE inhparent = 'scans'::regclass"
    size_bytes = _size_bytes(cluster, name, asked)
    cluster.drop(name)
    said = f"{nodes} node{'s' if nodes > 1 else ''}"
    aim = AIM_PER_S if nodes > 1 else None
    scans = nodes * batches * BATCH_SCANS
    return [
        Figure(f"server store: ingest on PostgreSQL, {said}", fresh, "scans/s", bare, aim, RATIO_AIM),
        Figure(f"server store: the same again on PostgreSQL, {said}", again, "scans/s"),
        Figure(f"server store: bare COPY of the same rows into one plain table, {said}", copied, "scans/s"),
        Figure(f"server store: PostgreSQL bytes per scan, {said}", size_bytes / scans, "bytes", bare_bytes / scans),
    ]


def _size_bytes(cluster: OwnCluster, name: str, asked: str) -> float:
    with cluster.connect(name) as line:
        return float((line.execute(asked.encode()).fetchone() or [0])[0])


def _nodes(kind: str, place: str, nodes: int, batches: int, phases: int = 2) -> tuple[float, float]:
    """Scans a second of all nodes together: new ones, and (where there are two phases) the same again."""
    command = [sys.executable, "-m", "scripts.figures.server_store", kind, place]
    pipe = subprocess.PIPE
    started = [
        subprocess.Popen([*command, str(number), str(batches)], cwd=ROOT, stdin=pipe, stdout=pipe, text=True)
        for number in range(nodes)
    ]
    rates = []
    try:
        for _ in range(phases):
            for process in started:
                _read(process)
            began_s = time.perf_counter()
            for process in started:
                _go(process)
            for process in started:
                _read(process)
            rates.append(nodes * batches * BATCH_SCANS / (time.perf_counter() - began_s))
    finally:
        for process in started:
            process.communicate()
    return rates[0], rates[-1]


def _read(process: "subprocess.Popen[str]") -> str:
    line = process.stdout.readline() if process.stdout else ""
    if not line:
        raise RuntimeError("a node ended early")
    return line


def _go(process: "subprocess.Popen[str]") -> None:
    if process.stdin:
        process.stdin.write("go\n")
        process.stdin.flush()


def _batches(number: int, count: int) -> list[Intake]:
    draw, made = random.Random(number), []
    for batch_no in range(count):
        box_id, first = f"box-{number:02}{batch_no % BOXES:02}", batch_no // BOXES * BATCH_SCANS + 1
        items = [_candidate(box_id, seq, draw) for seq in range(first, first + BATCH_SCANS)]
        made.append(Intake(f"gw-{number:02}", batch_no, NOW_MS, items, [], [], 0))
    return made


def _candidate(box_id: str, seq: int, draw: random.Random) -> Candidate:
    raw = bytes(encode_scan(Scan(box_id, EPOCH, seq, 1, seq * 250, None, None, "dir=in", b"-")))
    kept = Kept(raw, draw.randbytes(16), "citizen", None, 20_000, "person", draw.randbytes(SEALED_BYTES))
    return Candidate(SCAN, box_id, EPOCH, seq, raw, NOW_MS - 900, NOW_MS - 500, kept=kept)


def _phase(work: Callable[[], None]) -> None:
    print(json.dumps("ready"), flush=True)
    sys.stdin.readline()
    work()
    print(json.dumps("done"), flush=True)


def _keep(place: str, number: int, count: int) -> None:
    batches = _batches(number, count)
    where = Cluster(place) if place.startswith("postgresql:") else Path(place)
    database = Database(where, lambda: NOW_MS, 10_000, 1000)
    database.start(check=False)

    async def all_of_them() -> None:
        waiting = iter(batches)

        async def sender() -> None:
            for batch in waiting:
                await database.write(partial(_keep_one, batch=batch))

        await asyncio.gather(*(sender() for _ in range(SENDERS)))

    for _ in range(2):
        _phase(lambda: asyncio.run(all_of_them()))
    database.close()


def _keep_one(connection: Connection, batch: Intake) -> Settlement:
    return keep(connection, batch)


def _bare(place: str, number: int, count: int) -> None:
    batches = [[_row(batch, one) for one in batch.items] for batch in _batches(number, count)]
    if not place.startswith("postgresql:"):
        _bare_sqlite(place, batches)
        return
    columns = [[list(column) for column in zip(*rows, strict=True)] for rows in batches]
    arrays = ", ".join(f"%s::{kind}[]" for kind in KINDS)
    statement = f"INSERT INTO bare ({NAMES}) SELECT * FROM unnest({arrays}) ON CONFLICT DO NOTHING"  # noqa: S608

    def work(line: "psycopg.Connection[Any]", waiting: Iterator[list[list[object]]]) -> None:
        for one in waiting:
            line.execute(statement.encode(), one, binary=True)
            line.commit()

    with contextlib.ExitStack() as stack, ThreadPoolExecutor(WRITERS) as threads:
        lines = [stack.enter_context(psycopg.connect(place)) for _ in range(WRITERS)]
        for _ in itertools.repeat(None, 2):
            # a list's iterator may be shared: whichever thread asks next gets the next batch
            _phase(lambda: deque(threads.map(work, lines, itertools.repeat(iter(columns))), 0).clear())


def _bare_sqlite(place: str, batches: Sequence[Sequence[tuple[object, ...]]]) -> None:
    line = sqlite3.connect(place, isolation_level=None)
    line.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
    line.execute(f"CREATE TABLE bare (id INTEGER PRIMARY KEY, {NAMES}, UNIQUE (box_id, epoch, seq))")
    statement = f"INSERT OR IGNORE INTO bare ({NAMES}) VALUES ({', '.join('?' * len(KINDS))})"  # noqa: S608

    def work() -> None:
        for rows in batches:
            line.execute("BEGIN IMMEDIATE")
            line.executemany(statement, rows)
            line.execute("COMMIT")

    for _ in itertools.repeat(None, 2):
        _phase(work)
    line.close()


def _copy(place: str, number: int, count: int) -> None:
    statement = f"COPY bare ({NAMES}) FROM STDIN (FORMAT BINARY)".encode()
    batches = [[_row(batch, one) for one in batch.items] for batch in _batches(number, count)]
    with psycopg.connect(place) as line:

        def work() -> None:
            for rows in batches:
                with line.cursor() as cursor, cursor.copy(statement) as copy:
                    copy.set_types(KINDS)
                    for row in rows:
                        copy.write_row(row)
                line.commit()

        _phase(work)


def _row(batch: Intake, one: Candidate) -> tuple[object, ...]:
    kept: tuple[object, ...] = one.kept or ()
    return (*one[1:5], batch.gateway_id, batch.batch_no, batch.received_ms, *one[5:7], *kept[1:])


def main(kind: str, place: str, number: str, count: str) -> None:
    """See the module."""
    {"keep": _keep, "bare": _bare, "copy": _copy}[kind](place, int(number), int(count))


if __name__ == "__main__":
    main(*sys.argv[1:])
