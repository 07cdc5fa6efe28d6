"""From a body to what is to be decided about: pure reading, before any look into the store.

1. The batch as a whole must be readable and must be this gateway's own; otherwise it is refused as a whole.
2. Each item stands for itself: one that cannot be read does not touch the others.
3. An item that cannot be read is `bad` with the wire's code, under its identity where that is readable.
4. An item of a box that is not assigned to this gateway is `bad` with `box_not_assigned`, and never counts in a ledger.
5. A broken declaration of loss does not count in the ledger either: what it would have declared is not known.
6. What a gateway sealed is opened, and is then the record in it, as if it had come so. What stays closed is `bad` with
   `sealed_key` or `sealed`, and stands for its number: the gateway that closed it could read whose it is.
7. A `counted` scan has no code, nowhere. It is kept as it came, and its number is as good as any.
8. What is not of a box of this gateway is not opened.
"""

from collections.abc import Container
from typing import NamedTuple, TypeAlias, cast

from firmware.wire import batch as wire_batch
from firmware.wire import envelope, record
from firmware.wire.envelope import Counted
from firmware.wire.errors import WireError
from server.errors import Refused
from server.ingest.kept import Quarantined
from server.ingest.seal import Closed, Keys

SCAN = "scan"
COUNTED = "counted"
LOST = "lost"
BAD = "bad"
NOT_ASSIGNED = "box_not_assigned"
CONTENT_TYPE: str = wire_batch.CONTENT_TYPE
Clock: TypeAlias = tuple[str, str, int, int, int, int]  # box_id, epoch, boot, uptime_ms, earliest_ms, latest_ms
Tip: TypeAlias = tuple[str, str, int, int]  # box_id, epoch, first_held, last_seq
LostRange: TypeAlias = tuple[int, int | None]  # seq, last_seq
NO_KEYS = Keys()


class Candidate(NamedTuple):
    """One item of a batch, read as far as it can be. `box_id`, `epoch`, `seq` are None together."""

    kind: str
    box_id: str | None
    epoch: str | None
    seq: int | None
    raw: bytes
    earliest_ms: int | None
    latest_ms: int | None
    code: str | None = None
    counts: bool = False
    lost: LostRange | None = None


class Intake(NamedTuple):
    """A readable batch of one gateway: its items in order, and what it says of clocks and spools."""

    gateway_id: str
    batch_no: int
    received_ms: int
    items: list[Candidate]
    clocks: list[Clock]
    tips: list[Tip]
    foreign_statements: int


def receive(body: bytes, gateway_id: str, boxes: Container[str], received_ms: int, keys: Keys = NO_KEYS) -> Intake:
    """Read a batch. Raises `Refused` with the wire's code, or `gateway_mismatch`."""
    try:
        batch = wire_batch.decode(body)
    except WireError as err:
        raise Refused(err.code, err.detail) from err
    if batch.gateway_id != gateway_id:
        raise Refused("gateway_mismatch", "the batch names another gateway than the token's")
    clocks: list[Clock] = [sample for sample in batch.clocks if sample.box_id in boxes]
    tips: list[Tip] = [tip for tip in batch.tips if tip.box_id in boxes]
    return Intake(
        gateway_id,
        batch.batch_no,
        received_ms,
        [judge(item, boxes, keys) for item in batch.items],
        clocks,
        tips,
        len(batch.clocks) + len(batch.tips) - len(clocks) - len(tips),
    )


def judge(item: wire_batch.Item, boxes: Container[str], keys: Keys) -> Candidate:
    """Read one item by itself."""
    if envelope.is_envelope(item.record):
        return _enveloped(item, boxes, keys)
    return _plain(item, boxes)


def lost_range(raw: bytes) -> LostRange:
    """What a kept declaration of loss declares."""
    lost = cast(record.Lost, record.decode(raw))
    return lost.seq, lost.last_seq


def judge_again(row: Quarantined, boxes: Container[str], keys: Keys) -> Candidate:
    """A quarantined item, as if it came now. An envelope that was no record (`word`) came out of another envelope:
    a box made it, and it is no envelope."""
    item = wire_batch.Item(row.raw, row.earliest_ms, row.latest_ms)
    return _plain(item, boxes) if row.code == "word" else judge(item, boxes, keys)


def _enveloped(item: wire_batch.Item, boxes: Container[str], keys: Keys) -> Candidate:
    try:
        closed = envelope.decode(item.record)
    except WireError as err:
        return _unreadable(item, boxes, err.code)
    identity = (closed.box_id, closed.epoch, closed.seq)
    if closed.box_id not in boxes:
        return _bad(item, identity, NOT_ASSIGNED, counts=False)
    if isinstance(closed, Counted):
        return Candidate(COUNTED, *identity, *item)
    try:
        opened = keys.open(closed, item.record)
    except Closed as err:
        return _bad(item, identity, err.code, counts=closed.seq > 0)
    return _plain(item._replace(record=opened), boxes)


def _plain(item: wire_batch.Item, boxes: Container[str]) -> Candidate:
    try:
        read = record.decode(item.record)
    except WireError as err:
        return _unreadable(item, boxes, err.code)
    if read.box_id not in boxes:
        return _bad(item, (read.box_id, read.epoch, read.seq), NOT_ASSIGNED, counts=False)
    if isinstance(read, record.Lost):
        return Candidate(LOST, read.box_id, read.epoch, read.seq, *item, lost=(read.seq, read.last_seq))
    return Candidate(SCAN, read.box_id, read.epoch, read.seq, *item)


def _unreadable(item: wire_batch.Item, boxes: Container[str], code: str) -> Candidate:
    try:
        _, word, box_id, epoch, seq = record.identity(item.record)
    except WireError:
        return _bad(item, (None, None, None), code, counts=False)
    if box_id not in boxes:
        return _bad(item, (box_id, epoch, seq), NOT_ASSIGNED, counts=False)
    return _bad(item, (box_id, epoch, seq), code, counts=word != "lost" and seq > 0)


def _bad(
    item: wire_batch.Item, identity: tuple[str | None, str | None, int | None], code: str, counts: bool
) -> Candidate:
    return Candidate(BAD, *identity, *item, code=code, counts=counts)
