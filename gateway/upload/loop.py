"""The upload loop: claim, send, settle what was answered for; wait when there is nothing to do or nobody to do it
with.

1. One request is on its way at a time, to one address. A turn is one request; after it the loop goes on at once, or
   waits.
2. While it waits because of a failure, news does not wake it: the jitter is what keeps gateways apart.
3. A record that breaks its batch is hunted down (bisect.py) and parked: tried again alone, after a minute, then ever
   more rarely.
4. Where the rate is limited, a batch is no larger than what goes out within BATCH_S: so long at most does a live scan
   wait behind the backlog.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Generic

from gateway.server import Backoff, Outcome, Way, outcome
from gateway.upload.bisect import Hunt
from gateway.upload.pace import Pace
from gateway.upload.sender import MAX_SCANS, Clocks, H, Instant, Sender, ServerTime
from gateway.upload.types import Settings, Stats, Store

POISON = "upload_poison"
IDLE = "idle"
SENDING = "sending"
FIRST_PARKED_RETRY_S = 60.0
# How long to sleep when nobody says that there is news: tips and clock samples have no event of their own.
IDLE_WAIT_S = 1.0
BATCH_S = 1.5
LEAST_BYTES = 4_096
"""A record fits into this."""


class Upload(Generic[H]):
    def __init__(
        self,
        gateway_id: str,
        store: Store[H],
        way: Way,
        settings: Settings,
        *,
        mono_ms: Callable[[], int],
        instant: Instant[H],
        clocks: Clocks[H],
        random: Callable[[], float],
        on_server_time: ServerTime | None = None,
    ) -> None:
        self._store = store
        self._settings = settings
        self._mono_ms = mono_ms
        self._random = random
        self._way = way
        self._link = way.link()
        self._sender = Sender(
            gateway_id,
            store,
            self._link,
            mono_ms=mono_ms,
            instant=instant,
            clocks=clocks,
            on_server_time=on_server_time,
        )
        self._backoff = Backoff(settings.first_wait_s, settings.longest_wait_s, settings.denied_wait_s, random)
        self._pace = Pace(min(settings.max_scans, MAX_SCANS), random)
        self._max_bytes = settings.max_bytes
        if way.settings.bytes_per_s:
            self._max_bytes = min(settings.max_bytes, max(LEAST_BYTES, int(way.settings.bytes_per_s * BATCH_S)))
        self._hunt = Hunt()
        self._suspects: dict[int, H] = {}
        self._hunts_turn = False
        self._was_suspicious = False
        self._hunt_after = 0
        self._parked_wait_s = FIRST_PARKED_RETRY_S
        self._parked_due_ms = mono_ms() + int(FIRST_PARKED_RETRY_S * 1000)
        self._told_ms = mono_ms() - int(settings.tell_every_s * 1000)
        self._state = IDLE
        self._reason: str | None = None
        self._since_ms = mono_ms()
        self._next_try_ms: int | None = None
        self._last_ok_ms: int | None = None
        self._failures: Counter[str] = Counter()
        self._parked = 0

    async def run(self) -> None:
        """Until cancelled. Raises only what the store raises; run() may be called again after that."""
        async with self._link:
            while True:
                wait_s = await self._turn()
                if wait_s is None:
                    self._enter(IDLE)
                    await self._wait_for_news()
                elif wait_s > 0:
                    self._next_try_ms = self._mono_ms() + int(wait_s * 1000)
                    await asyncio.sleep(wait_s)
                    self._next_try_ms = None

    async def _wait_for_news(self) -> None:
        try:
            async with asyncio.timeout(IDLE_WAIT_S):
                await self._store.news.wait()
        except TimeoutError:
            pass

    async def _turn(self) -> float | None:
        """One request at most -> seconds to wait before the next, None: nothing to do."""
        if self._mono_ms() >= self._parked_due_ms:
            await self._retry_parked()
        if self._hunt.is_on and (self._hunts_turn or not self._hunt.has_passed):
            self._hunts_turn = False
            return await self._hunt_turn()
        self._hunts_turn = True
        self._store.news.clear()
        held = await self._store.claim(self._pace.scans, self._max_bytes, self._hunt.suspects)
        if not held:
            return await self._hunt_turn() if self._hunt.is_on else await self._tell()
        if self._reason is None:  # else it is in the state that it got into when it failed, until something passes
            self._enter(SENDING)
        started_ms = self._mono_ms()
        got = await self._sender.send(held)
        if got.code == outcome.ANSWERED:
            took_s = (self._mono_ms() - started_ms) / 1000 - self._way.bucket.time_s(self._sender.last_bytes)
            if self._backoff.failures:
                self._pace.begin_again()
            self._succeeded()
            return self._pace.answered(len(held), took_s)
        return await self._fresh_failed(held, got)

    async def _fresh_failed(self, held: Sequence[H], got: Outcome) -> float:
        self._failed(got)
        if got.code in (outcome.TOO_LARGE, outcome.CUT):
            self._pace.halve(len(held))
        if got.code == outcome.TOO_LARGE and len(held) > 1:
            return 0.0
        again = got.code in outcome.SUSPICIOUS_AGAIN and self._was_suspicious
        self._was_suspicious = got.code in outcome.SUSPICIOUS_AGAIN
        if (again or got.code in outcome.SUSPICIOUS_AT_ONCE) and self._backoff.failures >= self._hunt_after:
            if len(held) == 1:
                # another one beside it, for comparison: alone, nothing can be said against it
                held = await self._store.claim(2, self._max_bytes, self._hunt.suspects)
            self._hunt.begin([one.key for one in held])
            self._suspects.update((one.key, one) for one in held)
            self._enter("hunting")
            return self._random() * self._settings.hunt_wait_s
        return self._back_off(got)

    async def _hunt_turn(self) -> float:
        """Try the next group of the hunt."""
        self._enter("hunting")
        keys = self._hunt.next()
        wait_s = 0.0
        if keys is not None:
            got = await self._sender.send([self._suspects[key] for key in keys])
            if got.code == outcome.ANSWERED:
                self._hunt.passed()
                self._succeeded()
            elif got.code in outcome.SUSPICIOUS_AT_ONCE | outcome.SUSPICIOUS_AGAIN:
                self._failed(got)
                self._hunt.failed()
                wait_s = self._random() * self._settings.hunt_wait_s
            else:
                self._failed(got)
                return self._back_off(got)
        return max(wait_s, await self._close_hunt())

    async def _close_hunt(self) -> float:
        condemned = self._hunt.condemned()
        if condemned:
            await self._store.park(condemned, POISON)
            self._parked += len(condemned)
        wait_s = 0.0
        if self._hunt.is_hopeless:
            self._hunt.call_off()
            wait_s = self._back_off(Outcome(outcome.FAILED, "everything fails"))
            self._hunt_after = 2 * self._backoff.failures
        if not self._hunt.is_on:
            self._suspects.clear()
        return wait_s

    async def _tell(self) -> float | None:
        """Nothing to send: tell what else the server should know, now and then."""
        if self._mono_ms() - self._told_ms < self._settings.tell_every_s * 1000 or not any(await self._sender.untold()):
            return None
        self._told_ms = self._mono_ms()
        got = await self._sender.send([])
        if got.code == outcome.ANSWERED:
            self._succeeded()
            return 0.0
        self._failed(got)
        return self._back_off(got)

    async def _retry_parked(self) -> None:
        """Each parked record alone, until one is answered otherwise than before."""
        passed = 0
        parked = await self._store.claim_parked(20)
        for one in parked:
            got = await self._sender.send([one])
            passed += got.code == outcome.ANSWERED
            if got.code not in outcome.SUSPICIOUS_AT_ONCE | outcome.SUSPICIOUS_AGAIN | {outcome.ANSWERED}:
                break
        longer_s = min(self._parked_wait_s * 4, self._settings.retry_parked_s)
        self._parked_wait_s = FIRST_PARKED_RETRY_S if passed or not parked else longer_s
        self._parked_due_ms = self._mono_ms() + int(self._parked_wait_s * 1000)

    def _succeeded(self) -> None:
        self._backoff.succeeded()
        self._hunt.saw_success()
        self._was_suspicious = False
        self._hunt_after = 0
        self._last_ok_ms = self._mono_ms()
        self._reason = None

    def _failed(self, got: Outcome) -> None:
        self._failures[got.code] += 1
        self._reason = f"{got.code}: {got.detail}"  # the address is named there

    def _back_off(self, got: Outcome) -> float:
        self._enter(got.code)
        return self._backoff.failed(got, self._mono_ms())

    def _enter(self, state: str) -> None:
        if state != self._state:
            self._state = state
            self._since_ms = self._mono_ms()

    @property
    def news(self) -> asyncio.Event:
        """Set it when there is something new to send."""
        return self._store.news

    def stats(self) -> Stats:
        return Stats(
            state=self._state,
            reason=self._reason,
            since_mono_ms=self._since_ms,
            next_try_mono_ms=self._next_try_ms,
            last_ok_mono_ms=self._last_ok_ms,
            batches=self._sender.batches,
            scans=self._sender.scans,
            sent_bytes=self._sender.sent_bytes,
            failures=dict(self._failures),
            parked=self._parked,
            batch_scans=self._pace.scans,
            address=self._way.address(),
        )
