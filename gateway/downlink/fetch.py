"""The server's wishes, fetched: a question that waits at the server for news, again and again, from here outwards.

1. What comes is whole and under a version; a version that is not above the one here is no news (`older`). It is on the
   disk before anybody acts on it, and is there after a restart without the internet.
2. The rules of the place and the key to seal to are handed on at the start and when they change. Who is handed them may
   refuse (ValueError): that is said, and they are offered again with the next wishes.
3. What fails is tried again as uploads are: with jitter, and where one address fails the next is asked.
4. A server that does not wait with its answer is not asked without end: at most every LEAST_S without news.
5. Nothing here touches a box: downlink.py reads the wishes and compares.
"""

import asyncio
from collections.abc import Callable
from typing import Any, NamedTuple

import structlog

from gateway.downlink.collect import Collect
from gateway.downlink.desired import MAX_BYTES, Desired, DesiredError, decode
from gateway.downlink.store import Store
from gateway.server import Backoff, Outcome, Way, outcome

log = structlog.get_logger()

PATH = "/api/v1/fleet/wishes"
ANSWERS = frozenset((200, 204))
LEAST_S = 1.0
DISK_S = 10.0
ServerTime = Callable[[int, int, int], None]
Alert = Callable[[str, str, str], None]
"""part, state, reason"""


class Settings(NamedTuple):
    """`[downlink]` of the gateway's configuration."""

    poll_s: float = 30.0
    """So long may the server wait for news; 0: it is asked every IDLE_S."""
    idle_s: float = 30.0
    first_wait_s: float = 0.5
    longest_wait_s: float = 600.0
    denied_wait_s: float = 60.0
    spread_s: float = 20.0
    """Within so long a new bundle is begun: not every gateway in the same second."""


class Fetch:
    def __init__(
        self,
        gateway_id: str,
        store: Store,
        way: Way,
        settings: Settings,
        *,
        on_place: Callable[[dict[str, Any] | None], None],
        on_sealing_key: Callable[[bytes], None],
        on_news: Callable[[], None],
        alert: Alert,
        on_server_time: ServerTime | None = None,
    ) -> None:
        """`on_place(None)`: the server has no rules for the place; those of the file count. `on_news`: look at once."""
        self._gateway_id = gateway_id
        self._store = store
        self._way = way
        self._settings = settings
        self._on_place = on_place
        self._on_sealing_key = on_sealing_key
        self._on_news = on_news
        self._alert = alert
        self._on_server_time = on_server_time
        self._handed: dict[str, Any] = {}
        self._backoff, theirs = (
            Backoff(settings.first_wait_s, settings.longest_wait_s, settings.denied_wait_s, way.random)
            for _ in range(2)
        )
        self._refused: tuple[str, ...] = ()
        self.collect = Collect(store, way, theirs, settings.spread_s, on_news, alert)
        self.version = 0
        """Of the wishes that hold here."""
        self.state = "idle"
        """`ok`, or a code: why the server's wishes cannot be had."""
        self.reason = ""
        self.fetched = 0
        self.failures: dict[str, int] = {}

    async def run(self) -> None:
        """Until cancelled."""
        self._take(await asyncio.to_thread(self._store.central.desired))
        async with asyncio.TaskGroup() as group:
            group.create_task(self.collect.run(), name="bundles")
            group.create_task(self._ask_again_and_again(), name="ask for wishes")

    async def _ask_again_and_again(self) -> None:
        async with self._way.link() as link:
            while True:
                asked_ms = self._way.mono_ms()
                target = f"{PATH}?after={self.version}&wait_s={int(self._settings.poll_s)}"
                found: list[Desired] = []

                def check(body: bytes, found: list[Desired] = found) -> str | None:
                    return self._check(body, found)

                wait_s = self._settings.poll_s
                got = await link.ask("GET", target, good=ANSWERS, most_bytes=MAX_BYTES, wait_s=wait_s, check=check)
                await asyncio.sleep(await self._answered(got, found, asked_ms))

    def _check(self, body: bytes, found: list[Desired]) -> str | None:
        """What is wrong with these wishes as such."""
        try:
            found[:] = [decode(body, self._gateway_id)]
        except DesiredError as error:
            return str(error)
        if found[0].version <= self.version:
            return f"older: version {found[0].version}, and {self.version} holds here"
        return None

    async def _answered(self, got: Outcome, found: list[Desired], asked_ms: int) -> float:
        """-> seconds to wait."""
        if got.code != outcome.ANSWERED:
            return self._failed(got)
        if not found:
            return self._well(self._pause_s(asked_ms))
        wished = found[0]
        self._tell_time(wished, got, asked_ms)
        try:
            await asyncio.to_thread(self._store.central.take, got.body)
        except OSError as error:
            self.state, self.reason = "disk", f"{error.strerror or error}"
            return DISK_S
        self._take(wished)
        self.fetched += 1
        log.info("wishes", version=wished.version, commands=len(wished.commands), boxes=len(wished.firmware))
        self._on_news()
        return self._well(0.0)

    def _take(self, wished: Desired) -> None:
        """These wishes hold: hand on what is not a box's."""
        self.version = wished.version
        troubles = list(wished.refused)
        if wished.version and ("place" not in self._handed or self._handed["place"] != wished.place):
            troubles += self._hand_on("place", self._on_place, wished.place)
        if wished.sealing_key is not None and self._handed.get("sealing_key") != wished.sealing_key:
            troubles += self._hand_on("sealing_key", self._on_sealing_key, wished.sealing_key)
        if tuple(troubles) != self._refused:
            self._refused = tuple(troubles)
            if troubles:
                self._alert("wishes", "refused", "; ".join(troubles)[:500])
        self.collect.look()

    def _hand_on(self, what: str, to: Callable[[Any], None], value: object) -> list[str]:
        try:
            to(value)
        except ValueError as error:
            return [f"{what}: {error}"[:200]]
        self._handed[what] = value
        return []

    def _tell_time(self, wished: Desired, got: Outcome, asked_ms: int) -> None:
        """However long the server has waited: it said its time when it answered, and that was after the question."""
        if wished.server_utc_ms is not None and self._on_server_time is not None and got.admits(wished.server_utc_ms):
            self._on_server_time(wished.server_utc_ms, asked_ms, self._way.mono_ms())

    def _pause_s(self, asked_ms: int) -> float:
        if not self._settings.poll_s:
            return self._settings.idle_s * (0.5 + self._way.random())
        took_s = (self._way.mono_ms() - asked_ms) / 1000
        return max(0.0, min(LEAST_S, self._settings.poll_s) - took_s)

    def _well(self, wait_s: float) -> float:
        self._backoff.succeeded()
        self.state, self.reason = "ok", ""
        return wait_s

    def _failed(self, got: Outcome) -> float:
        self.failures[got.code] = self.failures.get(got.code, 0) + 1
        self.state, self.reason = got.code, got.detail
        return self._backoff.failed(got, self._way.mono_ms())

    @property
    def refused(self) -> tuple[str, ...]:
        """What of the wishes cannot be taken, in words."""
        return self._refused
