"""From what came to what is written: seals opened, codes read and sealed anew, by whoever holds the keys.

1. The holder may be a process of its own: so this is awaited, and a batch asks it a few times, not once a scan.
2. Where a scan was made and what may be kept of it is judged on the thread that reads batches, by the register that
   was handed in with the batch. Where a box may never have been where only counts are kept, each of its scans may be
   kept whole: that is asked once a batch and box.
3. What could not be read, or is not of a box of this gateway, may be a person's code all the same: unless it is closed
   already it is sealed whole, and read again only to be judged anew.
"""

import asyncio
from collections.abc import Awaitable, Callable, Container, Sequence
from concurrent.futures import Executor
from typing import Protocol

from firmware.wire import envelope, record
from firmware.wire.batch import Batch
from server.ingest.kept import Quarantined
from server.ingest.meaning import KeepAsk, Kept, SealedRow
from server.ingest.receive import (
    BAD,
    Candidate,
    Intake,
    MayIdentify,
    Opened,
    Version,
    closed_in,
    judge_again,
    judge_batch,
    to_keep,
    with_kept,
)
from server.places.seats import Seats

CODE = "code"
Pair = tuple[Quarantined, Candidate]


class Holder(Protocol):
    """What is needed of who holds the keys. Each verb raises `Unavailable`."""

    async def open_all(self, closed: list[bytes]) -> list[bytes | str]:
        """The record in each envelope, or the code of why it stays closed."""

    async def keep(self, asked: list[KeepAsk]) -> list[Kept]:
        """What is written of each scan."""

    async def read(self, rows: list[SealedRow]) -> Sequence[object]:
        """What is sealed; bytes: a code that was kept whole."""

    async def digest(self, raws: list[bytes]) -> list[bytes]:
        """What knows each record again."""

    async def seal_raw(self, rows: list[tuple[bytes, bytes, int]]) -> list[tuple[int, bytes]]:
        """(what it belongs to, data, when it came) -> (day, sealed), under the day's key of the class `code`."""

    async def open_raw(self, rows: list[tuple[bytes, int, bytes]]) -> list[bytes | None]:
        """(what it belongs to, day, sealed) -> data; None where its key is destroyed."""


class Reception:
    """`batch` for what comes, `again` for what is judged anew. Raises `Unavailable` where the keys cannot be asked."""

    def __init__(
        self,
        holder: Holder,
        seats: Callable[[], Awaitable[Seats]],
        readers: Executor | None,
        now_ms: Callable[[], int],
    ) -> None:
        self._holder = holder
        self._seats = seats
        self._readers = readers
        self._now_ms = now_ms

    async def batch(self, batch: Batch, boxes: Container[str], seating: tuple[Version, Seats]) -> Intake:
        """A batch with each of its items as it is to be written."""
        received_ms, (version, seats) = self._now_ms(), seating
        opened = await self._open(closed_in([item.record for item in batch.items], boxes))

        def read() -> tuple[Intake, list[KeepAsk]]:
            found = judge_batch(batch, boxes, received_ms, opened)
            return found, to_keep(found.items, found.gateway_id, received_ms, remembering(seats.may_identify))

        intake, asked = await asyncio.get_running_loop().run_in_executor(self._readers, read)
        items = with_kept(intake.items, await self._holder.keep(asked)) if asked else intake.items
        if any(item.kind == BAD for item in items):
            items = await self._hide([(item, intake.gateway_id, received_ms) for item in items])
        return intake._replace(items=items, register=version)

    async def again(self, rows: Sequence[Quarantined], boxes_of: Callable[[str], Container[str]]) -> list[Pair]:
        """Quarantined rows, each with what it is now."""
        plain = await self._opened(rows)
        closed = [one for row in plain for one in closed_in([row.raw], boxes_of(row.gateway_id))]
        opened = await self._open(closed)
        found = [(judge_again(row, boxes_of(row.gateway_id), opened), row.gateway_id, row.received_ms) for row in plain]
        return list(zip(rows, await self._keep(found), strict=True))

    async def plain(self, rows: Sequence[Quarantined]) -> list[Quarantined]:
        """Quarantined rows with `raw` as it came, where its code was sealed whole and the key is still there."""
        found = await self._opened(rows)
        asked = {
            number: SealedRow(row.box_id or "", row.epoch or "", row.seq or 0, row.day or 0, CODE, row.sealed or b"")
            for number, row in enumerate(found)
            if row.class_ == CODE and row.raw.startswith(b"1 counted ")
        }
        if asked:
            codes = await self._holder.read(list(asked.values()))
            for number, code in zip(asked, codes, strict=True):
                if isinstance(code, bytes):
                    head = envelope.decode(found[number].raw)[:8]
                    found[number] = found[number]._replace(raw=record.encode_scan(record.Scan(*(*head, code))))
        return found

    async def _opened(self, rows: Sequence[Quarantined]) -> list[Quarantined]:
        whole = [row for row in rows if row.sealed is not None and row.day is not None and not row.raw]
        if not whole:
            return list(rows)
        asked = [(row.gateway_id.encode(), row.day or 0, row.sealed or b"") for row in whole]
        opened = await self._holder.open_raw(asked)
        found = {row.id: data for row, data in zip(whole, opened, strict=True) if data is not None}
        return [row._replace(raw=found.get(row.id, row.raw)) for row in rows]

    async def _open(self, closed: list[bytes]) -> Opened:
        if not closed:
            return Opened({})
        return Opened(dict(zip(closed, await self._holder.open_all(closed), strict=True)))

    async def _keep(self, found: list[tuple[Candidate, str, int]]) -> list[Candidate]:
        may = remembering((await self._seats()).may_identify)
        asked = [ask for item, gateway_id, ms in found for ask in to_keep([item], gateway_id, ms, may)]
        items = [item for item, _, _ in found]
        if asked:
            items = with_kept(items, await self._holder.keep(asked))
        return await self._hide([(item, one[1], one[2]) for item, one in zip(items, found, strict=True)])

    async def _hide(self, found: list[tuple[Candidate, str, int]]) -> list[Candidate]:
        bare = [
            number
            for number, (item, _, _) in enumerate(found)
            if item.kind == BAD and item.raw and not envelope.is_envelope(item.raw)
        ]
        items = [item for item, _, _ in found]
        if not bare:
            return items
        digests = await self._holder.digest([items[number].raw for number in bare])
        rows = [(found[number][1].encode(), items[number].raw, found[number][2]) for number in bare]
        for number, digest, (day, sealed) in zip(bare, digests, await self._holder.seal_raw(rows), strict=True):
            kept = Kept(b"", digest, None, None, day, CODE, sealed)
            items[number] = items[number]._replace(raw=b"", kept=kept)
        return items


def remembering(may: MayIdentify) -> MayIdentify:
    """The same answers, for one batch: of a box that was never anywhere but where scans are identified, asked once."""
    always: dict[tuple[str, str], bool] = {}

    def asked(gateway_id: str, box_id: str, earliest_ms: int | None, latest_ms: int | None) -> bool:
        known = always.get((gateway_id, box_id))
        if known is None:
            known = always[gateway_id, box_id] = may(gateway_id, box_id, None, None)
        return known or may(gateway_id, box_id, earliest_ms, latest_ms)

    return asked
