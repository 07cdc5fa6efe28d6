"""Quarantined items judged anew: by an operator, at the start, and when a box has just been given to a gateway.

Opening is for who holds the keys, in pages; each page is one commit. Whatever ends a run, what it has kept
is kept, and the next one goes on with what is left.
"""

import asyncio
from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol

import structlog

from server.errors import TramError
from server.ingest.kept import Quarantined, Replayed, Which
from server.ingest.receive import NOT_ASSIGNED, Candidate
from server.ingest.seal import NO_KEY
from server.ingest.settle import Verdict
from server.web.reception import Reception

PAGE_ROWS = 250
BoxesOf = Callable[[str], frozenset[str]]


class Quarantine(Protocol):
    """What is needed of the store."""

    async def to_replay(self, which: Which, after_id: int, limit: int) -> list[Quarantined]:
        """Quarantined rows to be judged anew."""

    async def to_replay_count(self, which: Which, after_id: int) -> int:
        """How many of them there are."""

    async def keep_again(self, pairs: list[tuple[Quarantined, Candidate]]) -> Replayed:
        """Keep what was judged anew."""


class Step(NamedTuple):
    """A page that was judged; `next_id` None: it was the last."""

    replayed: Replayed
    next_id: int | None


NOTHING = Replayed(0, 0, 0, 0, frozenset())


class Replays:
    """`step` for a page; `begin` for all of it, by itself."""

    def __init__(
        self,
        store: Quarantine,
        reception: Reception,
        boxes_of: BoxesOf,
        changed: Callable[[Iterable[str]], None] = lambda boxes: None,
    ) -> None:
        self._store = store
        self._reception = reception
        self._boxes_of = boxes_of
        self._changed = changed
        self._tasks: set[asyncio.Task[None]] = set()

    async def step(self, which: Which, after_id: int, limit: int = PAGE_ROWS) -> Step:
        """Judge some rows anew. Raises `Unavailable`."""
        rows = await self._store.to_replay(which, after_id, limit)
        if not rows:
            return Step(NOTHING, None)
        pairs = await self._reception.again(rows, self._boxes_of)
        done = await self._store.keep_again(pairs)
        self._changed(done.boxes)
        return Step(done, rows[-1].id if len(rows) == limit else None)

    async def count(self, which: Which, after_id: int) -> int:
        """How many rows there are to look at. Raises `Unavailable`."""
        return await self._store.to_replay_count(which, after_id)

    def at_start(self) -> None:
        """What may be good now: boxes were given, keys were added."""
        for code in (NOT_ASSIGNED, NO_KEY):
            self.begin(Which(code=code))

    def after_batch(self, gateway_id: str, boxes: frozenset[str], verdicts: Iterable[Verdict]) -> None:
        """A box may have been given to this gateway while its batch was being read."""
        now = self._boxes_of(gateway_id)
        if now is boxes:
            return
        for box_id in {one.box_id for one in verdicts if one.code == NOT_ASSIGNED and one.box_id in now}:
            self.begin(Which(NOT_ASSIGNED, gateway_id, box_id))

    def begin(self, which: Which) -> None:
        """Judge all of these, in the background."""
        task = asyncio.create_task(self._run(which), name="replay")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, which: Which) -> None:
        looked_at = accepted = 0
        after_id: int | None = 0
        try:
            while after_id is not None:
                done, after_id = await self.step(which, after_id)
                looked_at += done.looked_at
                accepted += done.accepted
        except TramError as err:
            structlog.get_logger().warning("replay_ended", **which._asdict(), error=err.code, accepted=accepted)
            return
        if looked_at:
            structlog.get_logger().info("replayed", **which._asdict(), looked_at=looked_at, accepted=accepted)

    async def close(self) -> None:
        """End what runs by itself."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
