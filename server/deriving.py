"""Scans into visits: taken up as they are committed, and what follows from them written in one transaction.

1. A step takes the next scans in the order of their commits, asks the holder who they are for (keyed hashes, no plain
   text), and writes sightings, persons, visits, counts by hour and the new position together, or nothing.
2. Visits are what all sightings of a person give: what comes late, or links two documents of one person, heals what was
   derived before. So deriving along the way and all at once give the same rows. Where somebody was only seen again, no
   more is made anew than that can change (`server.visits.part`): it does not take longer the more days are kept.
3. Several nodes may run this on one database: who is slower at a step finds that it has been done, and goes on.
4. What cannot be done now (the store is busy, the holder away) is done later, and said each time (`fault`). Only a row
   of which the record has rotted is passed over, told and counted by its reason (`rotted`); it stays where it is, and
   when all is derived anew it is tried again.
5. All that is derived is made with one pepper. Which one the holder has is asked after each page was named, and said
   with it: a holder that was started with a newer one, or a node that has an older one, mixes nothing.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Protocol

import structlog

from server.errors import Unavailable, Unusable
from server.holder.holder import Holder
from server.ingest.kept import StoredScan
from server.ingest.meaning import Kept, SealedRow
from server.ingest.receive import keep_ask
from server.persons.types import Named
from server.places.seats import Seats
from server.store.deriving import Page, Rotted

AGAIN_S = (0.2, 1.0, 5.0)


class Shelf(Protocol):
    """What is needed of the store."""

    async def derive_page(self, limit: int) -> Page:
        """The next scans to derive, or some to derive anew."""

    async def derive(self, found: Page, named: list[Named | None], pepper: str) -> bool:
        """Write what follows from them; False: another node has done it, or with another pepper."""

    async def before(self, limit: int) -> list[StoredScan]:
        """Scans that may still hold their codes; none: it is done."""

    async def keep_keys(self, pepper: str, peppers: list[str], digest: str, force: bool = False) -> str:
        """Why everything begins anew: a newer `pepper`, or `rules`; "" where nothing does. Raises `Unusable`."""

    async def not_destroyed(self, days: set[tuple[int, str]]) -> set[tuple[int, str]]:
        """Of these (day, class) those of which no destruction is known."""

    async def settle_before(self, rows: list[StoredScan], kept: list[Kept]) -> None:
        """Write them without their codes."""

    async def seats(self) -> Seats:
        """Who sits where, as it is now."""

    async def rotted(self) -> Mapping[str, int]:
        """How many rows were passed over, by what is wrong with them."""

    async def until_scans(self, wait_s: float) -> None:
        """Until there is something new, or so long."""


class Deriver:
    """`run` as a task; `step` by itself. `done`: how many scans were derived by this one. `rotted`: how many rows were
    passed over, by what is wrong with them. `fault`: why it waits now; empty where it does not."""

    def __init__(self, shelf: Shelf, holder: Holder, batch: int, look_every_ms: int) -> None:
        self._shelf = shelf
        self._holder = holder
        self._batch = batch
        self._look_every_s = look_every_ms / 1000
        self._pepper = ""
        self.done = 0
        self.rotted: Mapping[str, int] = {}
        self.fault = ""

    async def tidy(self) -> int:
        """Take the codes out of what was stored whole by an earlier version; returns how many rows were looked at.
        Where the pepper is another than before, or the rules are, everything is derived anew.

        Raises `Unavailable`.
        """
        looked_at = 0
        await self.same_keys()
        while rows := await self._shelf.before(self._batch):
            seats = await self._shelf.seats()
            asked = [
                keep_ask(row.raw, row.earliest_ms, row.latest_ms, row.gateway_id, row.received_ms, seats.may_identify)
                for row in rows
                if row.raw.startswith(b"1 scan ")
            ]
            await self._shelf.settle_before(rows, await self._holder.keep(asked) if asked else [])
            looked_at += len(rows)
        return looked_at

    async def same_keys(self, force: bool = False) -> None:
        """See that the keys are those that the database was written with; `force`: take these from now on.

        Raises `Unavailable`, and `Unusable`: `holder_other`.
        """
        known = await self._holder.public_keys()
        if reason := await self._shelf.keep_keys(known.pepper, known.peppers, known.digest, force):
            structlog.get_logger().warning("deriving_anew", reason=reason)
        self._pepper = known.pepper
        self.rotted = await self._shelf.rotted()

    async def step(self) -> int:
        """Derive some; returns how many, 0: there is nothing to do. Raises `Unavailable`, or as `same_keys` does."""
        found = await self._shelf.derive_page(self._batch)
        if found.is_empty:
            return 0
        sealed = found.sealed()
        named = await self._holder.tokens(sealed) if sealed else []
        await self._must_open(sealed, named)
        pepper = (await self._holder.public_keys()).pepper
        if pepper == self._pepper and await self._shelf.derive(found, named, pepper):
            self.done += len(found.readings)
            await self._tell(found.rotted)
        else:
            await self.same_keys()
        return max(1, len(found.readings))

    async def _tell(self, rotted: Sequence[Rotted]) -> None:
        for one in rotted:
            structlog.get_logger().error("row_rotted", **one._asdict())
        if rotted:
            self.rotted = await self._shelf.rotted()

    async def _must_open(self, sealed: list[SealedRow], named: list[Named | None]) -> None:
        """What nobody could read for good, since its key was destroyed, is nobody's. Where the key should be there and
        is not, people would be left out without a word: that waits for somebody."""
        closed = {(row.day, row.class_) for row, one in zip(sealed, named, strict=True) if one is None}
        if closed:
            closed -= {(key.day, key.class_) for key in await self._holder.days()}
        if closed and (lost := await self._shelf.not_destroyed(closed)):
            raise Unavailable("holder_keys", f"{len(lost)} keys of days that are kept are not there")

    async def all(self, tell: Callable[[int], None] = lambda done: None) -> int:
        """Derive everything there is; returns how many scans."""
        while await self.step():
            tell(self.done)
        return self.done

    async def run(self) -> None:
        """Derive whatever comes, until it is cancelled."""
        failed, is_tidy = 0, False
        while True:
            try:
                if not is_tidy:
                    await self.tidy()
                    is_tidy = True
                if not await self.step():
                    await self._shelf.until_scans(self._look_every_s)
            except (Unavailable, Unusable) as err:
                self.fault = err.code
                structlog.get_logger().warning("deriving_waits", code=err.code)
            except Exception as err:  # a mistake of ours: to end here would be never to derive again
                self.fault = type(err).__name__
                structlog.get_logger().exception("deriving_failed")
            else:
                failed, self.fault = 0, ""
                continue
            await asyncio.sleep(AGAIN_S[min(failed, len(AGAIN_S) - 1)])
            failed += 1


@contextlib.asynccontextmanager
async def running(deriver: Deriver | None) -> AsyncIterator[None]:
    """Deriving as a task, for as long as this is open."""
    if deriver is None:
        yield
        return
    task = asyncio.create_task(deriver.run(), name="deriving")
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
