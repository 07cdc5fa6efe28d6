"""The buffer as the gateway's other rooms see it: coroutines around the store, which lives on one thread."""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import ParamSpec, Self, TypeVar

from gateway.buffer import care, instance, recount, samples, told
from gateway.buffer.errors import BufferFault, fault_of
from gateway.buffer.opening import Opened, open_folder
from gateway.buffer.types import (
    Anchor,
    Arrival,
    Damage,
    Held,
    Kept,
    PutResult,
    Quarantined,
    Refused,
    Sample,
    Sealer,
    Settings,
    Stats,
    Tip,
)

P = ParamSpec("P")
T = TypeVar("T")
MOST_STARTS = 40
"""Each start salvages what was met; a folder has few segments."""


class Buffer:
    """One folder, one writer. Make it with `await Buffer.open(...)`."""

    def __init__(self, thread: ThreadPoolExecutor, opened: Opened) -> None:
        self._thread = thread
        self._store = opened.store
        self._lock = opened.lock
        self._is_closed = False
        self._recounting = asyncio.Lock()
        self.opening = opened.opening
        """What was found at start: see types.Opening."""
        self.news = asyncio.Event()
        """Set by every put that stored something; whoever waits for it clears it."""

    @classmethod
    async def open(
        cls,
        folder: Path,
        *,
        boot: str,
        mono_ms: Callable[[], int],
        sealer: Sealer,
        settings: Settings | None = None,
    ) -> Self:
        """Open or make the folder; what is damaged is moved aside and salvaged. Raises BufferFault."""
        thread = ThreadPoolExecutor(1, "buffer")
        last = BufferFault("damaged", "it cannot be salvaged")
        try:
            for _ in range(MOST_STARTS):
                try:
                    opened = await _on(thread, open_folder, folder, settings or Settings(), boot, mono_ms, sealer)
                    return cls(thread, opened)
                except BufferFault as fault:
                    if fault.code != "damaged":
                        raise
                    last = fault  # it looked sound and was not: it is a suspect now, and salvaged
            raise last
        except BaseException:
            thread.shutdown(wait=False)
            raise

    @staticmethod
    def adopt(folder: Path) -> None:
        """A folder that was made on another machine is this one's from now on. Raises OSError."""
        instance.adopt(folder)

    async def _run(self, job: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        if self._is_closed:
            raise BufferFault("closed", "the buffer is closed")
        return await _on(self._thread, job, *args, **kwargs)

    async def put(self, arrivals: Sequence[Arrival], refused: Sequence[Refused] = ()) -> PutResult:
        """Keep messages, all in one transaction; returns only after its COMMIT. Then, and only then, send `acks`."""
        result = await self._run(self._store.put, arrivals, refused)
        if result.stored:
            self.news.set()
        return result

    async def claim(self, max_scans: int, max_bytes: int, skip: Set[int] = frozenset()) -> list[Held]:
        """What should go to the server next, in the order in which it should go. Claims nothing for itself: until it is
        settled or parked the next call may return the same; keys in `skip` are left out."""
        return await self._run(self._store.claim, max_scans, max_bytes, skip)

    async def claim_parked(self, max_scans: int) -> list[Held]:
        """Parked records, oldest first."""
        return await self._run(self._store.claim_parked, max_scans)

    async def settle(self, keys: Sequence[int], verdicts: Sequence[str]) -> None:
        """The server has answered for exactly these rows. Known at once, on the disk within half a minute: a kill in
        between sends them once more. Needs no room on the disk."""
        await self._run(self._store.settle, keys, verdicts)

    async def park(self, keys: Sequence[int], reason: str) -> None:
        """Set rows aside that break whatever batch they are in. They stay, and claim_parked() gives them."""
        await self._run(self._store.park, keys, reason)

    async def take_batch_nos(self, count: int) -> int:
        """The first of `count` batch numbers that were never given before."""
        return await self._run(self._store.take_batch_nos, count)

    async def tips(self) -> list[Tip]:
        """The latest statement of every box that made one."""
        return await self._run(told.tips, self._store)

    async def kept(self, after_key: int = 0, limit: int = 5000) -> list[Kept]:
        """The scans that are kept, by rising key, without their codes; delivered ones too, as long as they stay."""
        return await self._run(recount.kept, self._store, after_key, limit)

    async def recount(self, is_counts_only: Callable[[Kept], bool]) -> int:
        """Turn kept sealed scans into counted ones, so that nothing of what was sealed is left on the disk (recount.py)
        -> how many. `is_counts_only` is asked on the writer's thread; other calls come between its steps."""
        async with self._recounting:
            job = recount.Recount(self._store, is_counts_only)
            steps = job.steps()
            try:
                while await self._run(next, steps, True) is None:
                    pass
            finally:
                if not self._is_closed:
                    self._thread.submit(steps.close)
        return job.changed

    async def quarantined(self, limit: int) -> list[Quarantined]:
        """The latest messages that were set aside, newest first, without their content."""
        return await self._run(told.quarantined, self._store, limit)

    async def take_damages(self) -> list[Damage]:
        """Rows that were found rotten since the last call (what was found at the opening is in `opening`)."""
        return await self._run(told.take_damages, self._store)

    async def add_samples(self, rows: Sequence[Sample]) -> None:
        """Keep clock samples. Each call is a sync of the disk: hand over only what is worth one."""
        await self._run(self._store.write, samples.add_samples, rows)

    async def add_anchor(self, row: Anchor) -> None:
        """Keep a relation of the gateway's clock to UTC; a sync of the disk, too."""
        await self._run(self._store.write, samples.add_anchor, row)

    async def samples(self) -> list[Sample]:
        return await self._run(self._store.read, samples.read_samples)

    async def anchors(self) -> list[Anchor]:
        return await self._run(self._store.read, samples.read_anchors)

    async def tend(self) -> None:
        """A small step of housekeeping; call it about once a second."""
        await self._run(care.tend, self._store)

    async def stats(self) -> Stats:
        return await self._run(told.stats, self._store)

    async def close(self) -> None:
        """Write what is only in memory and close the files."""
        if self._is_closed:
            return
        self._is_closed = True
        try:
            await _on(self._thread, self._store.close)
        finally:
            self._lock.close()
            self._thread.shutdown(wait=False)


async def _on(thread: ThreadPoolExecutor, job: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a function on the writer's thread; what SQLite or the system raises comes out as a BufferFault."""
    try:
        loop = asyncio.get_running_loop()
        # shielded: a caller that is cancelled must not leave a job that is half waited for
        return await asyncio.shield(loop.run_in_executor(thread, lambda: job(*args, **kwargs)))
    except (sqlite3.Error, OSError) as err:
        raise fault_of(err) from err
