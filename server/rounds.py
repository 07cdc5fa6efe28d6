"""What the server does by itself, again and again: looking for places that fall silent, learning what is usual,
destroying what is due, passing on what has begun to hold.

1. Each round is a page of work that may be done twice: several nodes may all do their rounds.
2. What cannot be done now is done at the next turn, and said in the log.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import structlog

from server.errors import Unavailable
from server.fleet.roster import Roster
from server.persons.retention import Retention
from server.purging import Purge
from server.store.shelf import Shelf

FIRST_S = 30.0  # a start has enough to do
LOOK_EVERY_S = 600
LEARN_EVERY_S = 86_400
LEARNED_MS = 20 * 3_600_000


class Rounds:
    """`run` as a task; each round by itself."""

    def __init__(
        self,
        shelf: Shelf,
        purge: Purge,
        retention: Retention,
        roster: Roster,
        told: Callable[[], Awaitable[None]],
        log_head: Callable[[], Awaitable[None]],
        purge_every_s: int,
    ) -> None:
        self.retention = retention
        self._shelf = shelf
        self._purge = purge
        self._roster = roster
        self._told = told
        self._log_head = log_head
        self._purge_every_s = purge_every_s

    async def look(self) -> None:
        """Judge who is silent; what has begun to hold goes to the gateways. Raises `Unavailable`."""
        heard = {one.gateway_id: one.heard_ms for one in self._roster.states() if one.heard_ms}
        await self._shelf.places.look(heard)
        if await self._shelf.places.wish():
            await self._told()

    async def learn(self) -> None:
        """What is usual at each place and gate, from its own past, where no node has learned it within the day. Raises
        `Unavailable`."""
        await self._shelf.places.learn(older_ms=LEARNED_MS)

    async def purge(self) -> None:
        """Destroy what is due. Raises `Unavailable`."""
        await self._purge.run()

    async def run(self) -> None:
        """All of them, each in its time, until it is cancelled."""
        await asyncio.gather(
            _again(self.look, LOOK_EVERY_S, "look"),
            _again(self.learn, LEARN_EVERY_S, "learn"),
            _again(self._log_head, LOOK_EVERY_S, "log_head"),
            _again(self.purge, self._purge_every_s, "purge"),
        )


async def _again(round_: Callable[[], Awaitable[None]], every_s: float, name: str) -> None:
    await asyncio.sleep(min(FIRST_S, every_s))
    while True:
        try:
            await round_()
        except Unavailable as err:
            structlog.get_logger().warning("round_left_out", round=name, code=err.code)
        await asyncio.sleep(every_s)


@contextlib.asynccontextmanager
async def going(rounds: Rounds | None) -> AsyncIterator[None]:
    """The rounds as a task, for as long as this is open."""
    if rounds is None:
        yield
        return
    task = asyncio.create_task(rounds.run(), name="rounds")
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
