"""One batch: put together, sent, and settled as far as the answer goes.

1. A record goes as it lies in the buffer, with the instants that are known at this moment.
2. Tips and clock samples go along when the server has not been told of them since this start. Telling twice does no
   harm.
3. What the answer covers is settled before anything else happens with it.
4. The server's time is passed on only where its own certificate is good at that time.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import zstandard

from firmware.wire import batch
from gateway.server import Link, Outcome, outcome
from gateway.upload.types import Held, Store
from gateway.upload.verdicts import Matched, match

PATH = "/api/v1/batches"
HEADERS = (("Content-Type", batch.CONTENT_TYPE), ("Content-Encoding", "zstd"))
BATCH_NOS = 1000
# Of each kind in one batch; with the records it must stay below batch.MAX_FRAMES.
MAX_TOLD = 400
MAX_SCANS = batch.MAX_FRAMES - 2 * MAX_TOLD
MAX_BOOTS = 1000
ZSTD_LEVEL = 3

H = TypeVar("H", bound=Held)
Instant = Callable[[H], tuple[int | None, int | None]]
Clocks = Callable[[Sequence[H]], Sequence[batch.ClockSample]]
ServerTime = Callable[[int, int, int], None]


class Sender(Generic[H]):
    def __init__(
        self,
        gateway_id: str,
        store: Store[H],
        link: Link,
        *,
        mono_ms: Callable[[], int],
        instant: Instant[H],
        clocks: Clocks[H],
        on_server_time: ServerTime | None,
    ) -> None:
        self._gateway_id = gateway_id
        self._store = store
        self._link = link
        self._mono_ms = mono_ms
        self._instant = instant
        self._clocks = clocks
        self._on_server_time = on_server_time
        self._boots: dict[tuple[str, str, int], H] = {}
        self._next_no = 0
        self._last_no = -1
        self._told_tips: dict[tuple[str, str], batch.Tip] = {}
        self._told_clocks: set[batch.ClockSample] = set()
        self.sent_bytes = 0
        self.last_bytes = 0
        """Of the latest batch."""
        self.scans = 0
        self.batches = 0

    async def untold(self) -> tuple[list[batch.Tip], list[batch.ClockSample]]:
        """What the server should know beside the records and has not been told."""
        tips = [batch.Tip(t.box_id, t.epoch, t.first_held, t.last_seq) for t in await self._store.tips()]
        fresh = [tip for tip in tips if self._told_tips.get((tip.box_id, tip.epoch)) != tip]
        clocks = list(self._clocks(list(self._boots.values())))
        self._told_clocks.intersection_update(clocks)
        return fresh[:MAX_TOLD], [clock for clock in clocks if clock not in self._told_clocks][:MAX_TOLD]

    async def send(self, held: Sequence[H]) -> Outcome:
        """`answered` only if every record has its verdict; those that have are settled in any case."""
        self._note_boots(held)
        tips, clocks = await self.untold()
        items = [batch.Item(one.record, *self._instant(one)) for one in held]
        batch_no = await self._take_no()
        body = await asyncio.to_thread(_pack, batch.Batch(self._gateway_id, batch_no, items, clocks, tips))
        self.last_bytes = len(body)
        self.sent_bytes += len(body)
        sent_ms = self._mono_ms()
        found: list[Matched] = []

        def check(answer: bytes) -> str | None:
            found[:] = [match(self._gateway_id, batch_no, held, answer)]
            return found[0].fault

        got = await self._link.ask("POST", PATH, body, HEADERS, check=check)
        for matched in found:
            await self._settle(matched, got, sent_ms)
        if got.code == outcome.ANSWERED:
            self.batches += 1
            self._told_tips.update(((tip.box_id, tip.epoch), tip) for tip in tips)
            self._told_clocks.update(clocks)
        return got

    async def _settle(self, matched: Matched, got: Outcome, sent_ms: int) -> None:
        utc_ms = matched.server_utc_ms
        if utc_ms is not None and self._on_server_time is not None and got.admits(utc_ms):
            self._on_server_time(utc_ms, sent_ms, self._mono_ms())
        if matched.keys:
            await self._store.settle(matched.keys, matched.verdicts)
            self.scans += len(matched.keys)

    def _note_boots(self, held: Sequence[H]) -> None:
        for one in held:
            if one.scan is not None:
                self._boots[(one.box_id, one.epoch, one.scan.boot)] = one
        while len(self._boots) > MAX_BOOTS:
            del self._boots[next(iter(self._boots))]

    async def _take_no(self) -> int:
        if self._next_no > self._last_no:
            self._next_no = await self._store.take_batch_nos(BATCH_NOS)
            self._last_no = self._next_no + BATCH_NOS - 1
        self._next_no += 1
        return self._next_no - 1


def _pack(content: batch.Batch) -> bytes:
    return zstandard.ZstdCompressor(level=ZSTD_LEVEL).compress(batch.encode(content))
