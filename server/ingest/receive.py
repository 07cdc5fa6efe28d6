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
9. What came with a code is written without it: `to_keep` says of which scans, `with_kept` puts in what is written.
10. For what a scan may be kept is judged by the register of one version (`Intake.register`). What is kept is kept only
   while that version holds; else `RegisterChanged` is raised, and the batch is judged anew.
"""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol, TypeAlias, cast

from firmware.wire import batch as wire_batch
from firmware.wire import envelope, record
from firmware.wire.envelope import Counted
from firmware.wire.errors import WireError
from server.errors import Refused, TramError
from server.ingest.instant import instant
from server.ingest.kept import Quarantined
from server.ingest.meaning import KeepAsk, Kept
from server.ingest.seal import Closed, Keys

SCAN = "scan"
COUNTED = "counted"
LOST = "lost"
BAD = "bad"
NOT_ASSIGNED = "box_not_assigned"
CONFLICT = "conflict"
CONTENT_TYPE: str = wire_batch.CONTENT_TYPE
Clock: TypeAlias = tuple[str, str, int, int, int, int]  # box_id, epoch, boot, uptime_ms, earliest_ms, latest_ms
Tip: TypeAlias = tuple[str, str, int, int]  # box_id, epoch, first_held, last_seq
LostRange: TypeAlias = tuple[int, int | None]  # seq, last_seq
Version: TypeAlias = tuple[int, int]  # of the register, and of what the fleet wishes
# gateway_id, box_id, earliest_ms, latest_ms -> whether more than the count may be kept of what was scanned then
MayIdentify: TypeAlias = Callable[[str, str, int | None, int | None], bool]
NO_KEYS = Keys()
_SCAN = b"1 scan "


class RegisterChanged(TramError):
    """The register is another one by now than that by which a batch was judged; nothing of the batch was kept."""


class Opener(Protocol):
    """What opens envelopes: the keys themselves, or what a holder has opened."""

    def open(self, closed: envelope.Sealed | envelope.Opaque, raw: bytes) -> bytes:
        """The record in an envelope. Raises `Closed`."""


class Opened:
    """Envelopes that a holder has opened: each gives its record, or the code of why it stays closed."""

    def __init__(self, found: Mapping[bytes, bytes | str]) -> None:
        self._found = found

    def open(self, closed: envelope.Sealed | envelope.Opaque, raw: bytes) -> bytes:
        """The record in an envelope. Raises `Closed`."""
        record_or_code = self._found.get(raw, "sealed")
        if isinstance(record_or_code, str):
            raise Closed(record_or_code)
        return record_or_code


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
    kept: Kept | None = None
    scan: record.Scan | None = None

    @property
    def mark(self) -> bytes:
        """What knows the record again: its keyed digest, or where nobody was asked for one the record itself."""
        return self.raw if self.kept is None else self.kept.digest or self.raw


class Intake(NamedTuple):
    """A readable batch of one gateway: its items in order, and what it says of clocks and spools."""

    gateway_id: str
    batch_no: int
    received_ms: int
    items: list[Candidate]
    clocks: list[Clock]
    tips: list[Tip]
    foreign_statements: int
    register: Version | None = None


def decode(body: bytes, gateway_id: str) -> wire_batch.Batch:
    """Read a batch as a whole. Raises `Refused` with the wire's code, or `gateway_mismatch`."""
    try:
        batch = wire_batch.decode(body)
    except WireError as err:
        raise Refused(err.code, err.detail) from err
    if batch.gateway_id != gateway_id:
        raise Refused("gateway_mismatch", "the batch names another gateway than the token's")
    return batch


def closed_in(records: Iterable[bytes], boxes: Container[str]) -> list[bytes]:
    """The envelopes among these that have to be opened: those of these boxes, each once."""
    found: dict[bytes, None] = {}
    for one in records:
        if not one.startswith((_SCAN, b"1 counted ")) and envelope.is_envelope(one):
            try:
                if envelope.decode(one).box_id in boxes:
                    found[one] = None
            except WireError:
                continue
    return list(found)


def receive(body: bytes, gateway_id: str, boxes: Container[str], received_ms: int, keys: Opener = NO_KEYS) -> Intake:
    """Read a batch and each of its items. Raises `Refused` with the wire's code, or `gateway_mismatch`."""
    return judge_batch(decode(body, gateway_id), boxes, received_ms, keys)


def judge_batch(batch: wire_batch.Batch, boxes: Container[str], received_ms: int, keys: Opener) -> Intake:
    """Read each item of a batch."""
    clocks: list[Clock] = [sample for sample in batch.clocks if sample.box_id in boxes]
    tips: list[Tip] = [tip for tip in batch.tips if tip.box_id in boxes]
    return Intake(
        batch.gateway_id,
        batch.batch_no,
        received_ms,
        [judge(item, boxes, keys) for item in batch.items],
        clocks,
        tips,
        len(batch.clocks) + len(batch.tips) - len(clocks) - len(tips),
    )


def to_keep(items: Iterable[Candidate], gateway_id: str, received_ms: int, may: MayIdentify) -> list[KeepAsk]:
    """What the holder is asked to keep: every scan that came with its code, in the order of the items."""
    return [
        keep_ask(item.raw, item.earliest_ms, item.latest_ms, gateway_id, received_ms, may, item.scan)
        for item in items
        if item.kind == SCAN
    ]


def with_kept(items: Iterable[Candidate], kept: Sequence[Kept]) -> list[Candidate]:
    """The items as they are written: scans in their counted form, with what was read from them."""
    given = iter(kept)
    return [item if item.kind != SCAN else _with(item, next(given)) for item in items]


def _with(item: Candidate, kept: Kept) -> Candidate:
    return Candidate(*item[:4], kept.raw, item.earliest_ms, item.latest_ms, item.code, item.counts, item.lost, kept)


def keep_ask(
    raw: bytes,
    earliest_ms: int | None,
    latest_ms: int | None,
    gateway_id: str,
    received_ms: int,
    may: MayIdentify,
    read: record.Scan | None = None,
) -> KeepAsk:
    """What the holder is asked to keep of one whole record; `read`: the same, where it has been read already."""
    scan = read or cast(record.Scan, record.decode(raw))
    low_ms, high_ms, at_ms, _ = instant(scan, earliest_ms, latest_ms, (), received_ms)
    may_identify = may(gateway_id, scan.box_id, low_ms, high_ms)
    return KeepAsk(*scan[:3], raw, scan.code, at_ms, received_ms, may_identify)


def judge(item: wire_batch.Item, boxes: Container[str], keys: Opener) -> Candidate:
    """Read one item by itself."""
    if not item.record.startswith(_SCAN) and envelope.is_envelope(item.record):
        return _enveloped(item, boxes, keys)
    return _plain(item, boxes)


def lost_range(raw: bytes) -> LostRange:
    """What a kept declaration of loss declares."""
    lost = cast(record.Lost, record.decode(raw))
    return lost.seq, lost.last_seq


def judge_again(row: Quarantined, boxes: Container[str], keys: Opener) -> Candidate:
    """A quarantined item, as if it came now. An envelope that was no record (`word`) came out of another envelope:
    a box made it, and it is no envelope. What contradicts a stored scan goes on to do so, and of what its key is
    destroyed there is nothing to judge."""
    if row.code == CONFLICT or (row.sealed is not None and not row.raw):
        return Candidate(BAD, *row[1:4], row.raw, row.earliest_ms, row.latest_ms, row.code, row.counts)
    item = wire_batch.Item(row.raw, row.earliest_ms, row.latest_ms)
    return _plain(item, boxes) if row.code == "word" else judge(item, boxes, keys)


def _enveloped(item: wire_batch.Item, boxes: Container[str], keys: Opener) -> Candidate:
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
    return Candidate(SCAN, *read[:3], *item, None, False, None, None, read)


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
