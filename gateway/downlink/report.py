"""What the server is told: how things are, and what happened (SPEC §16).

1. At once when something happened (but no two within LEAST_S), else every `report_s`. It says what holds at the moment
   when it is made; only events are kept for later.
2. Events go oldest first, so many as fit; the server's `events_to` frees them. While there are more, the next report
   follows at once.
3. A report that is refused as too large, or as wrong, goes with half as many events, at last with one. Where that one
   is refused too, health goes without events. If that is taken, it was the event: its body is emptied and it goes once
   more (what a box answered is in the store's results all the same). Refused again, it is tried every STUCK_S.
4. Where the rate is limited, no more events go than the line takes in BATCH_S.
5. The first report of a run brings no events: its answer shows whether the server and the file mean the same by their
   numbers. A server that confirms less than before was set back; one that confirms more than was said to it knows what
   this file has lost. Then what waits here goes under a new epoch.
"""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import zstandard

from gateway.downlink.account import MAX_BYTES, Now, compose
from gateway.downlink.events import Bounds, Event, Events
from gateway.server import Backoff, Link, Outcome, Way, outcome

PATH = "/api/v1/fleet/report"
HEADERS = (("Content-Type", "application/json"), ("Content-Encoding", "zstd"))
MOST_EVENTS = 500
MOST_EVENT_BYTES = 500_000
LEAST_S = 1.0
BATCH_S = 2.0
STUCK_S = 300.0
ZSTD_LEVEL = 9
_SMALLEST_BYTES = 2_048
ServerTime = Callable[[int, int, int], None]


class Report:
    def __init__(
        self,
        gateway_id: str,
        events: Events,
        way: Way,
        *,
        report_s: float,
        software: str,
        now: Callable[[], Now],
        wishes_version: Callable[[], int],
        began_ms: int,
        instant: Callable[[str, int], Bounds | None],
        on_server_time: ServerTime | None = None,
        backoff: Backoff | None = None,
    ) -> None:
        """`instant(boot, mono_ms)`: between which instants of UTC that was, or None."""
        self._gateway_id = gateway_id
        self._events = events
        self._way = way
        self._report_s = report_s
        self._software = software
        self._now = now
        self._wishes_version = wishes_version
        self._began_ms = began_ms
        self._instant = instant
        self._on_server_time = on_server_time
        self._backoff = backoff or Backoff(0.5, 600.0, 60.0, way.random)
        self._most = MOST_EVENTS
        self._stuck_until_ms = 0
        self._agrees = False
        """The server has told what it has of this epoch."""
        self._suspects = False
        """One event alone was refused, and nothing has been said without it since."""
        self._sent_ms: int | None = None
        self.state = "idle"
        """`ok`, or a code: why the server cannot be told."""
        self.reason = ""
        self.sent = 0
        self.failures: dict[str, int] = {}

    async def run(self) -> None:
        """Until cancelled."""
        self._events.news.set()
        async with self._way.link() as link:
            while True:
                await self._until_due()
                await asyncio.sleep(await self._turn(link))

    async def _until_due(self) -> None:
        try:
            async with asyncio.timeout(self._report_s):
                await self._events.news.wait()
        except TimeoutError:
            return
        if self._sent_ms is not None:
            await asyncio.sleep(max(0.0, LEAST_S - (self._way.mono_ms() - self._sent_ms) / 1000))

    async def _turn(self, link: Link) -> float:
        """-> seconds to wait before the next one is thought of."""
        self._events.news.clear()
        offered: list[Event] = []
        disk: OSError | None = None
        try:
            await self._events.flush()
            if self._agrees and self._way.mono_ms() >= self._stuck_until_ms:
                offered = await self._events.offer(self._most, self._room(), self._instant)
        except OSError as error:  # what holds now is told all the same: that the disk is full, say
            disk = error
        got = await self._send(link, offered)
        if got.code != outcome.ANSWERED:
            return self._failed(got, len(offered))
        self._backoff.succeeded()
        self.sent += 1
        self.state, self.reason = ("ok", "") if disk is None else ("disk", f"{disk.strerror or disk}")
        self._most = min(MOST_EVENTS, self._most * 2)
        if not offered and self._suspects and disk is None:
            await self._blunt()
        elif (offered or not self._agrees) and self._events.waiting and disk is None:
            self._events.news.set()
        self._agrees = True
        return 0.0

    async def _send(self, link: Link, offered: Sequence[Event]) -> Outcome:
        head, now, turn = self._head(), self._now(), self.sent + sum(self.failures.values())
        body = await asyncio.to_thread(lambda: _pack(compose(head, now, [one.said for one in offered], turn)))
        found: list[dict[str, Any]] = []

        def check(answer: bytes) -> str | None:
            return self._check(answer, found)

        self._sent_ms = self._way.mono_ms()
        got = await link.ask("POST", PATH, body, HEADERS, most_bytes=MAX_BYTES, check=check)
        if got.code == outcome.ANSWERED:
            await self._confirmed(found[0], got, self._sent_ms)
        return got

    async def _confirmed(self, answer: Mapping[str, Any], got: Outcome, sent_ms: int) -> None:
        utc_ms = answer.get("server_utc_ms")
        if isinstance(utc_ms, int) and self._on_server_time is not None and got.admits(utc_ms):
            self._on_server_time(utc_ms, sent_ms, self._way.mono_ms())
        try:
            if not self._events.confirmed <= answer["events_to"] <= self._events.offered:
                await self._events.begin_anew()
            else:
                await self._events.confirm(answer["events_to"])
        except OSError:  # a full disk: the server is told of them again, and knows them
            return

    async def _blunt(self) -> None:
        self._suspects = False
        try:
            if await self._events.blunt():
                self._stuck_until_ms = 0
                self._events.news.set()
        except OSError:  # it stays as it is, and is tried again
            return

    def _check(self, body: bytes, found: list[dict[str, Any]]) -> str | None:
        try:
            said = json.loads(body.decode())
        except (ValueError, RecursionError):
            return "not JSON"
        if not isinstance(said, dict) or said.get("v") != 1:
            return "another version of the form"
        to = said.get("events_to")
        if not isinstance(to, int) or isinstance(to, bool) or to < 0:
            return "no events_to"
        found[:] = [said]
        return None

    def _head(self) -> dict[str, Any]:
        return {
            "v": 1,
            "gateway_id": self._gateway_id,
            "events_epoch": self._events.epoch,
            "wishes_version": self._wishes_version(),
            "sent_utc_ms": self._way.utc_ms(),
            "uptime_ms": self._way.mono_ms() - self._began_ms,
            "software": self._software,
        }

    def _failed(self, got: Outcome, events: int) -> float:
        self.failures[got.code] = self.failures.get(got.code, 0) + 1
        self.state, self.reason = got.code, got.detail
        self._events.news.set()
        if not events:  # it was none of the events, then
            self._suspects, self._stuck_until_ms = False, 0
        if got.code in outcome.SUSPICIOUS_AT_ONCE and events:
            self._most = max(1, events // 2)
            if events == 1:
                self._suspects = True
                self._stuck_until_ms = self._way.mono_ms() + int(STUCK_S * 1000)
            return LEAST_S * self._way.random()
        return self._backoff.failed(got, self._way.mono_ms())

    def _room(self) -> int:
        per_s = self._way.settings.bytes_per_s
        return min(MOST_EVENT_BYTES, max(_SMALLEST_BYTES, int(per_s * BATCH_S))) if per_s else MOST_EVENT_BYTES


def _pack(text: bytes) -> bytes:
    return zstandard.ZstdCompressor(level=ZSTD_LEVEL).compress(text)
