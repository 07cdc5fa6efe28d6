"""The database behind four verbs, whichever it is: SQLite in a file, or PostgreSQL.

1. Work is a job: a function of a connection. A job that writes is answered after its COMMIT, and not before.
2. A job may be run again, and is as if it were alone: on SQLite it is (`one_thread`), on PostgreSQL its transaction is
   SERIALIZABLE, and one that comes in another's way is rolled back and run anew (`postgres_workers`). A job that locks
   what it reads says so with `dialect.lock` as its very first act, and is then only as alone as its locks.
3. Jobs that read see one state of the database throughout, with all that was committed before they began, and are
   short: what is long is read in pages. They wait for no writer.
4. Waiting writers are bounded. Beyond that the answer is `store_busy`, and the gateways keep what they have.
5. An error of a statement (a key that is there already) ends the job: on PostgreSQL nothing works after it.
"""

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar, cast

import psycopg
from sqlalchemy import Connection
from sqlalchemy.exc import DataError

from server.errors import Refused, Unavailable
from server.store.bell import Bell, Heard
from server.store.one_thread import OneThread
from server.store.postgres import Cluster
from server.store.postgres_workers import Workers
from server.store.task import Task

T = TypeVar("T")
Where = Path | Cluster


class Face(Protocol):
    """What each database has to offer."""

    def start(self, check: bool) -> list[str]:
        """Open, check, migrate; returns the migrations that ran. Raises `Unusable`."""

    def is_open(self) -> bool:
        """Whether tasks are taken."""

    def put(self, task: Task) -> None:
        """Have it done, and handed back."""

    def close(self) -> None:
        """Finish what waits, then close."""


def where(database_url: str, password_file: str, path: Path) -> Where:
    """What the settings mean: a cluster where there is such an address, else the file."""
    return Cluster(database_url, password_file) if database_url.startswith("postgresql:") else path


class Database:
    """Opens with `start`; `write` and `read` are awaited from the event loop; `close` ends it.

    `place`: a SQLite file, or a `Cluster`.
    """

    def __init__(self, place: Where, now_ms: Callable[[], int], busy_timeout_ms: int, waiting: int) -> None:
        self.place = place
        self.migrated: list[str] = []
        self._bell = Bell()
        self._face: Face = (
            OneThread(place, now_ms, busy_timeout_ms, self._bell)
            if isinstance(place, Path)
            else Workers(place, now_ms, busy_timeout_ms, self._bell)
        )
        self._waiting = waiting
        self._writers = 0

    def start(self, check: bool) -> None:
        """Open, check, migrate. Raises `Unusable`."""
        self.migrated = self._face.start(check)

    async def write(self, job: Callable[[Connection], T]) -> T:
        """Run a job in a transaction; returns after its COMMIT. Raises `Unavailable`."""
        if self._writers >= self._waiting:
            raise Unavailable("store_busy", "too much is waiting to be written")
        self._writers += 1
        try:
            return await self._ask(job, writes=True)
        finally:
            self._writers -= 1

    async def read(self, job: Callable[[Connection], T]) -> T:
        """Run a short job that only reads. Raises `Unavailable`."""
        return await self._ask(job, writes=False)

    async def alone(self, job: Callable[[Connection], T]) -> T:
        """SQLite: run a job on the connection that writes while nobody else does anything. In a transaction that holds
        nothing yet, which it may end and begin anew. Raises `Unavailable`."""
        return await self._ask(job, writes=False, alone=True)

    def listen(self, *channels: str) -> contextlib.AbstractContextManager[Heard]:
        """`with database.listen("scans") as heard: await heard.wait(timeout_s)`: what was committed, here or on another
        node. Hints only: see `bell`."""
        return self._bell.listen(*channels)

    async def _ask(self, job: Callable[[Connection], T], writes: bool, alone: bool = False) -> T:
        if not self._face.is_open():
            raise Unavailable("store_failed", "the store is closed")
        task = Task(job, writes, alone)
        self._face.put(task)
        try:
            return cast(T, await task.future)
        except (DataError, OverflowError) as err:
            if isinstance(err, DataError) and not _never_fits(err):
                raise  # a mistake of our own
            raise Refused("field", "a value does not fit into the database") from err

    def close(self) -> None:
        """Finish what waits, then close the database and let others in."""
        self._face.close()


def _never_fits(err: DataError) -> bool:
    """A NUL in a text, which the driver refuses by itself, or a number that no column takes: what was sent is wrong."""
    cause = err.orig
    if isinstance(cause, psycopg.errors.NumericValueOutOfRange):
        return True
    return isinstance(cause, psycopg.DataError) and cause.sqlstate is None and "NUL" in str(cause)
