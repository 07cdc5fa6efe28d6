"""The buffer as the gateway's other rooms see it: coroutines around the store, which lives on one thread."""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence, Set
from pathlib import Path
from typing import ParamSpec, Self, TypeVar

from gateway.buffer import opening, samples
from gateway.buffer.errors import BufferFault
from gateway.buffer.store import Store
from gateway.buffer.types import (
    Anchor,
    Arrival,
    Damage,
    Held,
    Opening,
    PutResult,
    Refused,
    Sample,
    Settings,
    Stats,
    Tip,
)
from gateway.buffer.writer import Writer

P = ParamSpec("P")
T = TypeVar("T")


class Buffer:
    """One file, one connection, one writer. Make it with `await Buffer.open(...)`."""

    def __init__(self, path: Path, writer: Writer, store: Store, found: Opening) -> None:
        self._path = path
        self._writer = writer
        self._store = store
        self._is_closed = False
        self.opening = found
        """What was found at start: see types.Opening."""
        self.news = asyncio.Event()
        """Set by every put that stored something; whoever waits for it clears it."""

    @classmethod
    async def open(cls, path: Path, *, boot: str, mono_ms: Callable[[], int], settings: Settings | None = None) -> Self:
        """Open or make the file; after damage, move it aside and salvage it. Raises BufferFault."""
        settings = settings or Settings()
        try:
            return await cls._open(path, boot, mono_ms, settings)
        except BufferFault as fault:
            if fault.code != "damaged":
                raise
        # it looked sound and was not: salvaged now, since the file is under suspicion
        opening.suspicion(path).touch()
        return await cls._open(path, boot, mono_ms, settings)

    @classmethod
    async def _open(cls, path: Path, boot: str, mono_ms: Callable[[], int], settings: Settings) -> Self:
        found, strays = await asyncio.to_thread(opening.prepare, path, settings)
        writer = await Writer.open(path)
        try:
            store = await writer.run(_start, writer.connection, settings, boot, mono_ms)
            found = await writer.run(_take_in, store, found, strays)
        except BaseException:
            await writer.close()
            raise
        return cls(path, writer, store, found)

    async def _run(self, job: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return await self._writer.run(job, *args, **kwargs)
        except BufferFault as fault:
            if fault.code == "damaged":
                opening.suspicion(self._path).touch()
            raise

    async def put(self, arrivals: Sequence[Arrival], refused: Sequence[Refused] = ()) -> PutResult:
        """Keep messages, all in one transaction; returns only after its COMMIT. Then, and only then, send `acks`."""
        result = await self._run(self._store.put, arrivals, refused)
        if result.stored:
            self.news.set()
        return result

    async def claim(self, max_scans: int, max_bytes: int, skip: Set[int] = frozenset()) -> list[Held]:
        """What should go to the server next, in the order in which it should go. Claims nothing for itself: until it
        is
        settled or parked the next call may return the same; keys in `skip` are left out."""
        return await self._run(self._store.claim, max_scans, max_bytes, skip)

    async def claim_parked(self, max_scans: int) -> list[Held]:
        """Parked records, oldest first."""
        return await self._run(self._store.claim_parked, max_scans)

    async def settle(self, keys: Sequence[int], verdicts: Sequence[str]) -> None:
        """The server has answered for exactly these rows."""
        await self._run(self._store.settle, keys, verdicts)

    async def park(self, keys: Sequence[int], reason: str) -> None:
        """Set rows aside that break whatever batch they are in. They stay, and claim_parked() gives them."""
        await self._run(self._store.park, keys, reason)

    async def take_batch_nos(self, count: int) -> int:
        """The first of `count` batch numbers that were never given before."""
        return await self._run(self._store.take_batch_nos, count)

    async def tips(self) -> list[Tip]:
        """The latest statement of every box that made one."""
        return await self._run(self._store.tips)

    async def add_samples(self, rows: Sequence[Sample]) -> None:
        """Keep clock samples. Each call is a sync of the disk: hand over only what is worth one."""
        await self._run(self._store.write, samples.add_samples, rows)

    async def add_anchor(self, row: Anchor) -> None:
        """Keep a relation of the gateway's clock to UTC; a sync of the disk, too."""
        await self._run(self._store.write, samples.add_anchor, row)

    async def samples(self) -> list[Sample]:
        return await self._run(samples.read_samples, self._writer.connection)

    async def anchors(self) -> list[Anchor]:
        return await self._run(samples.read_anchors, self._writer.connection)

    async def tend(self) -> None:
        """A small step of housekeeping; call it about once a second."""
        await self._run(self._store.tend)

    async def stats(self) -> Stats:
        return await self._run(self._store.stats)

    async def close(self) -> None:
        """Write what is pending and close the file; a file that was closed needs no check when it is opened again."""
        if self._is_closed:
            return
        self._is_closed = True
        try:
            await self._run(self._store.close)
        finally:
            await self._writer.close()


def _take_in(store: Store, found: Opening, strays: bytes) -> Opening:
    """What the log lost or hid: records in its unread part, and rows that the mark knows of and the file does not."""
    before = store.last_id
    adopted = store.adopt(strays)
    missing = max(0, store.mark.at_start - before - adopted)
    store.mark.write(store.last_id)
    if not adopted and not missing:
        return found
    return Opening("salvaged", Damage("", adopted, missing, {}, missing > 0))


def _start(db: sqlite3.Connection, settings: Settings, boot: str, mono_ms: Callable[[], int]) -> Store:
    opening.make_ready(db, settings)
    return Store(db, settings, boot, mono_ms)
