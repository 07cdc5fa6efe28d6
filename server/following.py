"""What other nodes have done, heard of by this one: boxes given and taken, wishes, reports, batches.

1. Each commit that changes the fleet leaves a notice. Who hears one that is more than "a batch came" reads the fleet
   anew from the store, no more often than every AGAIN_S.
2. Notices are hints: without any it is read every LOOK_S.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

import structlog

from server.errors import Unavailable
from server.fleet.roster import Roster
from server.ingest.kept import Which
from server.ingest.receive import NOT_ASSIGNED
from server.store.bell import FLEET, HEARD
from server.store.shelf import Shelf
from server.web.live import Live
from server.web.replays import Replays
from server.web.waiting import Waiting

AGAIN_S = 1.0
LOOK_S = 30.0


class Follower:
    """`run` as a task, where there may be other nodes."""

    def __init__(self, shelf: Shelf, roster: Roster, waiting: Waiting, replays: Replays, live: Live) -> None:
        self._shelf = shelf
        self._roster = roster
        self._waiting = waiting
        self._replays = replays
        self._live = live

    async def look(self) -> None:
        """Read the fleet anew. Raises `Unavailable`."""
        found = await self._shelf.fleet.load()
        given = self._roster.assignments
        before = {gateway_id: given.boxes_of(gateway_id) for gateway_id in given.gateways()}
        self._roster.refresh(found.given, found.reports, found.findings)
        self._waiting.load(found.version, found.versions)
        for gateway_id, boxes in before.items():
            for box_id in given.boxes_of(gateway_id) - boxes:  # what came here meanwhile was turned away
                self._replays.begin(Which(NOT_ASSIGNED, gateway_id, box_id))

    def _heard(self, gateway_id: str) -> None:
        """A gateway sent a batch, here or to another node: pages that look are told of its boxes."""
        self._roster.heard_batch(gateway_id)
        self._live.changed(self._roster.assignments.boxes_of(gateway_id))

    async def run(self) -> None:
        """Follow, until it is cancelled."""
        looked_s = time.monotonic()
        with self._shelf.database.listen(FLEET) as heard:
            while True:
                notices = await heard.wait(LOOK_S)
                for one in notices:
                    if one.payload.startswith(HEARD):
                        self._heard(one.payload.removeprefix(HEARD))
                if notices and all(one.payload.startswith(HEARD) for one in notices):
                    continue
                await asyncio.sleep(max(0.0, looked_s + AGAIN_S - time.monotonic()))
                looked_s = time.monotonic()
                try:
                    await self.look()
                except Unavailable as err:
                    structlog.get_logger().warning("following_waits", code=err.code)


@contextlib.asynccontextmanager
async def following(follower: Follower | None) -> AsyncIterator[None]:
    """Following as a task, for as long as this is open."""
    if follower is None:
        yield
        return
    task = asyncio.create_task(follower.run(), name="following")
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
