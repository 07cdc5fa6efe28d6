"""PostgreSQL: a few threads, each with a connection of its own; some write, some read.

1. Each job that writes has a transaction of its own: those of several threads and nodes are synced together by
   PostgreSQL itself, and one that fails takes nobody with it. (Put together they would also hold each other's locks.)
2. What the database rolls back because two came in each other's way is run anew, `TRIES` times in all. From the third
   time on it takes its *turn*: a lock around the whole transaction, so that those who wait get through one by one.
3. A line that broke is made anew for the next job. A job whose line broke is answered `store_failed`, also where that
   was at its COMMIT: it may be kept or not, so nobody is told that it is. Who sends it again is told what holds.
4. Migrations run under a lock of their own: of several nodes that start at once one migrates, the others wait.
5. Partitions are made ahead at the start and once an hour.
"""

import queue
import random
import select
import threading
import time
from collections.abc import Callable
from typing import cast

import psycopg
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from server.errors import Unusable
from server.store import partitions, postgres
from server.store.bell import Bell
from server.store.dialect import notices_of
from server.store.migrations import migrate
from server.store.postgres import Cluster
from server.store.postgres_bell import FarBell
from server.store.task import Job, Task, hand_back

WRITERS, READERS = 3, 2
TRIES, TURN_FROM = 10, 2
PAUSE_S = 0.005
MIGRATING, TURN = 0x74726D32, 0x74726D33
PARTITIONS_EVERY_S = 3600.0


class Line:
    """One thread's connection, made when it is needed, and anew when it broke."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None

    def run(self, job: Job) -> tuple[object, list[object]]:
        """-> (what the job returned, the notices that it left), after the COMMIT. Raises what the database says."""
        for number in range(TRIES):
            try:
                return self._once(job, is_turn=number >= TURN_FROM)
            except (SQLAlchemyError, psycopg.Error) as err:
                state = postgres.state_of(err)
                if state is not None and (state not in postgres.AGAIN or number + 1 == TRIES):
                    if state != postgres.STALE or number:
                        raise
                    self.drop()
                elif state is None:
                    raise
            time.sleep(random.uniform(0, PAUSE_S * 2 ** min(number, 5)))  # noqa: S311 - a pause, no secret
        raise AssertionError("unreachable")

    def drop(self) -> None:
        """Close it, if it is there."""
        if self._connection is not None:
            connection, self._connection = self._connection, None
            connection.invalidate()
            connection.close()

    def _once(self, job: Job, is_turn: bool) -> tuple[object, list[object]]:
        connection = self._open()
        raw = cast("psycopg.Connection[object]", connection.connection.driver_connection)
        notices_of(connection).clear()
        try:
            if is_turn:
                _autocommit(raw, f"SELECT pg_advisory_lock({TURN}, 0)")
            with connection.begin():
                result = job(connection)
            return result, list(notices_of(connection))
        finally:
            if raw.broken or raw.closed:
                self.drop()
            elif is_turn:
                _autocommit(raw, f"SELECT pg_advisory_unlock({TURN}, 0)")

    def _open(self) -> Connection:
        if self._connection is not None:
            raw = cast("psycopg.Connection[object]", self._connection.connection.driver_connection)
            # A line that nobody asked anything on has nothing to say but that the other side is gone.
            if raw.closed or select.select([raw.fileno()], [], [], 0)[0]:
                self.drop()
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection


class Workers:
    """A `Face` of `Database`."""

    def __init__(self, cluster: Cluster, now_ms: Callable[[], int], busy_timeout_ms: int, bell: Bell) -> None:
        self._cluster = cluster
        self._now_ms = now_ms
        self._busy_timeout_ms = busy_timeout_ms
        self._bell = FarBell(cluster, busy_timeout_ms, bell)
        self._tasks: dict[bool, queue.SimpleQueue[Task | None]] = {
            True: queue.SimpleQueue(),
            False: queue.SimpleQueue(),
        }
        self._threads: list[tuple[threading.Thread, bool]] = []
        self._partitions_at_s = 0.0

    def start(self, check: bool) -> list[str]:
        """Connect, check, migrate. Raises `Unusable`."""
        try:
            migrated = prepare(self._cluster, self._busy_timeout_ms, self._now_ms, is_whole=True)
        except (SQLAlchemyError, psycopg.Error) as err:
            ours = postgres.explain(err)
            if ours is None:
                raise
            raise Unusable(ours.code, ours.detail) from err
        self._partitions_at_s = time.monotonic() + PARTITIONS_EVERY_S
        for writes, count in ((True, WRITERS), (False, READERS)):
            engine = postgres.engine(self._cluster, self._busy_timeout_ms, reads=not writes)
            for number in range(count):
                name = f"store-{'writer' if writes else 'reader'}-{number}"
                thread = threading.Thread(target=self._work, args=(Line(engine), writes), name=name, daemon=True)
                thread.start()
                self._threads.append((thread, writes))
        self._bell.start()
        return migrated

    def is_open(self) -> bool:
        """Whether tasks are taken."""
        return bool(self._threads)

    def put(self, task: Task) -> None:
        """Have it done."""
        self._tasks[task.writes].put(task)

    def close(self) -> None:
        """Finish what waits, then close."""
        threads, self._threads = self._threads, []
        for _, writes in threads:
            self._tasks[writes].put(None)
        for thread, _ in threads:
            thread.join()
        self._bell.close()

    def _work(self, line: Line, writes: bool) -> None:
        while (task := self._tasks[writes].get()) is not None:
            if writes:
                self._make_partitions(line)
            try:
                task.result, notices = line.run(task.job)
                self._bell.ring(notices)  # type: ignore[arg-type]
            except Exception as err:  # whatever it is goes to who waits for it; the thread lives on
                task.error = postgres.explain(err) or err
            hand_back([task])
        line.drop()

    def _make_partitions(self, line: Line) -> None:
        if time.monotonic() < self._partitions_at_s:
            return
        self._partitions_at_s = time.monotonic() + PARTITIONS_EVERY_S
        try:
            line.run(lambda connection: partitions.cover(connection, self._now_ms(), self._now_ms()))
        except Exception:  # until the next time there is the default partition, so nothing is lost by it
            self._partitions_at_s = time.monotonic() + PARTITIONS_EVERY_S / 60


def prepare(cluster: Cluster, busy_timeout_ms: int, now_ms: Callable[[], int], is_whole: bool = False) -> list[str]:
    """Check, migrate, make partitions. Raises what the database says, and `Unusable` (`store_moving` if `is_whole`)."""
    engine = postgres.engine(cluster, busy_timeout_ms)
    with postgres.connect(cluster, 0, autocommit=True) as alone, engine.connect() as connection:

        def begin(job: Callable[[Connection], object]) -> None:
            with connection.begin():
                connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
                job(connection)

        begin(postgres.check)
        alone.execute("SET statement_timeout = 0")
        alone.execute(f"SELECT pg_advisory_lock({MIGRATING}, 0)".encode())
        if is_whole and alone.execute("SELECT to_regclass(%s)", (postgres.MOVING,)).fetchone() != (None,):
            raise Unusable("store_moving", "a database is being moved here: run `store move` again until it is done")
        migrated = migrate(begin, now_ms)
        begin(partitions.mend_order)
        begin(lambda one: partitions.cover(one, now_ms(), now_ms()))
        return migrated


def _autocommit(raw: "psycopg.Connection[object]", statement: str) -> None:
    raw.autocommit = True
    try:
        raw.execute(statement.encode())
    finally:
        if not raw.closed:
            raw.autocommit = False
