"""aiosqlite's connection and thread, with whole functions run on it.

aiosqlite hands every statement to its thread and back, some 50 µs each; a put is one job of one transaction. It has
no public way to run a function there, so this is the one place that reaches for `_execute` and `_conn` (both
unchanged since 0.17).
"""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar, cast

import aiosqlite

from gateway.buffer.errors import BufferFault
from gateway.buffer.schema import fault_of

P = ParamSpec("P")
T = TypeVar("T")


class Writer:
    def __init__(self, db: aiosqlite.Connection) -> None:
        self._db = db

    @classmethod
    async def open(cls, path: Path) -> "Writer":
        try:
            # autocommit: transactions are begun by us, in words; no wait for a lock: nobody else may hold one
            return cls(await aiosqlite.connect(path, isolation_level=None, timeout=0.0, cached_statements=64))
        except (sqlite3.Error, OSError) as err:
            raise fault_of(err) from err

    @property
    def connection(self) -> sqlite3.Connection:
        """To be used on the writer's thread only."""
        return self._db._conn

    async def run(self, job: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function on the writer's thread; what SQLite or the system raises comes out as a BufferFault."""
        try:
            # shielded: a caller that is cancelled must not leave a job that is half waited for
            return cast(T, await asyncio.shield(self._db._execute(job, *args, **kwargs)))  # type: ignore[no-untyped-call]
        except BufferFault:
            raise
        except (sqlite3.Error, OSError) as err:
            raise fault_of(err) from err
        except ValueError as err:
            if "onnection" not in str(err):
                raise
            raise BufferFault("closed", "the buffer is closed") from err

    async def close(self) -> None:
        await self._db.close()
