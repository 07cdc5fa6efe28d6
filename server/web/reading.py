"""The readers' API: ledger, scans, quarantine. Only for readers; every look at codes is written to the log.

The code of a person is nowhere: of such a scan there is its kind, and a digest by which who holds the keys knows the
record again. A code that was nobody's known document is there until its day's key is destroyed; it is given out only
where nobody's number can be in it: short, without bars, and no six digits in a row, whatever stands between them.

The ledger goes in pages: `after` takes the `next` of the page before. Scans and quarantine are streamed, one JSON
object a line.
"""

import base64
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated, Any, NamedTuple

import msgspec
import structlog
from litestar import Request, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import QueryParameter
from litestar.response import Stream

from firmware.wire import record
from firmware.wire.errors import WireError
from server.errors import Refused
from server.ingest.kept import LedgerRow, Quarantined, Reading, code_in
from server.ingest.meaning import SealedRow
from server.web import entry
from server.web.desk import Desk, desk_of
from server.web.problems import refusals

PAGE_ROWS = 250
HOLES_SHOWN = 1000
NDJSON = "application/x-ndjson"
CODE = "code"
MOST_SHOWN_BYTES = 64
# a number long enough to be a document's, as it is printed or in two bytes a character, or the bar between fields
SOMEBODYS = re.compile(rb"\d(?:[\0 .,;:/()-]{0,3}\d){5}|\|")

BOX_ID = "^[a-z0-9][a-z0-9-]{2,31}$"
BoxId = Annotated[str, QueryParameter(pattern=BOX_ID, description="A box")]
MaybeBoxId = Annotated[str | None, QueryParameter(pattern=BOX_ID, description="One box; all, if left out")]
Epoch = Annotated[str | None, QueryParameter(pattern="^[0-9a-f]{12}$", description="One epoch of it; all, if left out")]
Number = Annotated[int, QueryParameter(ge=0, le=1 << 53)]
REFUSALS = refusals(400, 401, 403, 503)


class TipView(msgspec.Struct):
    """What the box says that it holds."""

    first_held: int
    last_seq: int


class LedgerView(msgspec.Struct):
    """One spool's ledger. accepted = stored + quarantined + declared_lost + waiting + missing; `complete` when the last
    two are 0. `holes` are the ranges of waiting and missing, the first 1,000 of `holes_count`."""

    box_id: str
    epoch: str
    complete: bool
    complete_to: int
    highest: int
    accepted: int
    stored: int
    quarantined: int
    declared_lost: int
    lost_unknown: bool
    waiting: int
    missing: int
    missing_since_ms: int | None
    holes: list[tuple[int, int]]
    holes_count: int
    tip: TipView | None
    gateway_id: str
    changed_ms: int


class LedgerList(msgspec.Struct):
    """A page of ledgers; `next` is to be given as `after` for the next page, None after the last."""

    ledgers: list[LedgerView]
    next: str | None


class ScanView(msgspec.Struct):
    """A line of the scans: identity, when, and by which gateway. `raw` (base64) is the record bit for bit where its
    code is still there, else the same without it; `digest` (hexadecimal) knows the whole record again. `kind`: what the
    code was, `unread`: why it could not be read. `counted_only`: at that time nothing but the count might be kept."""

    box_id: str
    epoch: str
    seq: int
    boot: int
    uptime_ms: int
    raw: str
    code: str | None
    counted_only: bool
    kind: str | None
    unread: str | None
    digest: str | None
    marks: str
    earliest_ms: int | None
    latest_ms: int
    at_ms: int | None
    bound_ms: int | None
    gateway_id: str
    received_ms: int


class QuarantineView(msgspec.Struct):
    """A line of the quarantine. `counts`: it stands for its number in the ledger. `raw` (base64): what came; of what
    may be somebody's code only the identity in front of it."""

    id: int
    box_id: str | None
    epoch: str | None
    seq: int | None
    code: str
    counts: bool
    times: int
    raw: str
    gateway_id: str
    batch_no: int
    received_ms: int
    earliest_ms: int | None
    latest_ms: int | None


class Look(NamedTuple):
    """Which scans somebody looks at."""

    box: str
    epoch: str | None
    after_seq: int
    limit: int


@get(
    "/api/v1/ledger",
    summary="What became of every number",
    operation_id="get_ledger",
    security=[{"reader": []}],
    responses=REFUSALS,
)
async def get_ledger(
    request: Request[Any, Any, Any],
    box: MaybeBoxId = None,
    epoch: Epoch = None,
    after: Annotated[str | None, QueryParameter(pattern="^[a-z0-9-]{3,32}/[0-9a-f]{12}$")] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=5000)] = 1000,
) -> LedgerList:
    """Ledgers by box and epoch."""
    desk = desk_of(request)
    await entry.reader(request, "look_at_ledger")
    box_id, _, box_epoch = after.partition("/") if after else ("", "", "")
    rows = await desk.store.ledgers(box, epoch, (box_id, box_epoch) if after else None, limit)
    last = rows[-1].ledger if len(rows) == limit else None
    return LedgerList([ledger_view(row) for row in rows], f"{last.box_id}/{last.epoch}" if last else None)


@get(
    "/api/v1/scans",
    summary="The scans of a box",
    operation_id="get_scans",
    security=[{"reader": []}],
    responses={200: ResponseSpec(ScanView, media_type=NDJSON, generate_examples=False), **REFUSALS},
)
async def get_scans(
    request: Request[Any, Any, Any],
    box: BoxId,
    epoch: Epoch = None,
    after_seq: Number = 0,
    limit: Annotated[int, QueryParameter(ge=1, le=1_000_000)] = 100_000,
) -> Stream:
    """Scans as lines of JSON, by epoch and number. `after_seq` goes with `epoch`."""
    desk = desk_of(request)
    if after_seq and epoch is None:
        raise Refused("request", "after_seq says nothing without epoch")
    look = Look(box, epoch, after_seq, limit)
    who = await entry.reader(request, "look_at_scans")
    log = structlog.get_logger().bind(reader=who.name, **look._asdict())
    epochs = [epoch] if epoch is not None else await desk.store.epochs(box)
    first = await desk.store.scans(box, epochs[0], after_seq, min(PAGE_ROWS, limit)) if epochs else []
    log.info("scans_read")

    async def record_look() -> None:
        await entry.look(request, who, "codes_read", f"box:{box}")

    return Stream(_scan_lines(desk, look, epochs, first, log, record_look), media_type=NDJSON)


@get(
    "/api/v1/quarantine",
    summary="What could not be stored as a scan",
    operation_id="get_quarantine",
    security=[{"reader": []}],
    responses={200: ResponseSpec(QuarantineView, media_type=NDJSON, generate_examples=False), **REFUSALS},
)
async def get_quarantine(
    request: Request[Any, Any, Any],
    after_id: Number = 0,
    limit: Annotated[int, QueryParameter(ge=1, le=1_000_000)] = 10_000,
) -> Stream:
    """Quarantined items as lines of JSON, in the order in which they first came."""
    desk = desk_of(request)
    who = await entry.reader(request, "look_at_scans")
    log = structlog.get_logger().bind(reader=who.name, after_id=after_id, limit=limit)
    first = await desk.store.quarantine(after_id, min(PAGE_ROWS, limit))
    log.info("quarantine_read")
    return Stream(_quarantine_lines(desk, limit, first, log), media_type=NDJSON)


async def _scan_lines(
    desk: Desk,
    look: Look,
    epochs: list[str],
    page: list[Reading],
    log: Any,
    record_look: Callable[[], Awaitable[None]],
) -> AsyncIterator[bytes]:
    sent, is_recorded = 0, False
    for number, epoch in enumerate(epochs):
        after_seq = look.after_seq
        if number > 0:
            page = await desk.store.scans(look.box, epoch, after_seq, min(PAGE_ROWS, look.limit - sent))
        while page and sent < look.limit:
            codes = await _codes(desk, page)
            if not is_recorded and any(code is not None for code in codes):
                await record_look()
                is_recorded = True
            yield b"".join(
                msgspec.json.encode(scan_view(one, code)) + b"\n" for one, code in zip(page, codes, strict=True)
            )
            sent += len(page)
            after_seq = page[-1].stored.seq
            if sent < look.limit:
                page = await desk.store.scans(look.box, epoch, after_seq, min(PAGE_ROWS, look.limit - sent))
        if sent >= look.limit:
            break
    log.info("scans_read_to_end", sent=sent)


async def _quarantine_lines(desk: Desk, limit: int, page: list[Quarantined], log: Any) -> AsyncIterator[bytes]:
    sent = 0
    while page:
        plain = await desk.reception.plain(page)
        yield b"".join(msgspec.json.encode(quarantine_view(row)) + b"\n" for row in plain)
        sent += len(page)
        page = await desk.store.quarantine(page[-1].id, min(PAGE_ROWS, limit - sent)) if sent < limit else []
    log.info("quarantine_read_to_end", sent=sent)


def ledger_view(row: LedgerRow) -> LedgerView:
    """A ledger as it is shown."""
    ledger, account = row.ledger, row.account
    tip = None
    if ledger.first_held is not None and ledger.last_seq is not None:
        tip = TipView(ledger.first_held, ledger.last_seq)
    return LedgerView(
        box_id=ledger.box_id,
        epoch=ledger.epoch,
        complete=account.complete,
        complete_to=account.complete_to,
        highest=account.highest,
        accepted=account.accepted,
        stored=account.stored,
        quarantined=account.quarantined,
        declared_lost=account.declared_lost,
        lost_unknown=ledger.lost_unknown,
        waiting=account.waiting,
        missing=account.missing,
        missing_since_ms=ledger.since_ms if account.missing else None,
        holes=account.holes[:HOLES_SHOWN],
        holes_count=len(account.holes),
        tip=tip,
        gateway_id=row.gateway_id,
        changed_ms=row.changed_ms,
    )


async def _codes(desk: Desk, page: list[Reading]) -> list[bytes | None]:
    """The codes that may be given out: those that were kept whole, and do not mean to be a person's."""
    rows = {
        number: SealedRow(*one.stored[1:4], one.stored.day or 0, CODE, one.stored.sealed)
        for number, one in enumerate(page)
        if one.stored.class_ == CODE and one.stored.sealed is not None and one.stored.unread is None
    }
    found = [code_in(one.scan) for one in page]
    if rows:
        for number, code in zip(rows, await desk.holder.read(list(rows.values())), strict=True):
            found[number] = code if isinstance(code, bytes) and _is_harmless(code) else None
    return found


def _is_harmless(code: bytes) -> bool:
    return len(code) <= MOST_SHOWN_BYTES and not SOMEBODYS.search(code)


def scan_view(one: Reading, code: bytes | None) -> ScanView:
    """A scan as it is given out."""
    stored, scan, when = one
    raw = stored.raw if code is None else record.encode_scan(record.Scan(*scan[:8], code))
    return ScanView(
        stored.box_id,
        stored.epoch,
        stored.seq,
        scan.boot,
        scan.uptime_ms,
        base64.b64encode(raw).decode(),
        None if code is None else base64.b64encode(code).decode(),
        code is None and stored.kind is None,
        stored.kind,
        stored.unread,
        None if stored.digest is None else stored.digest.hex(),
        scan.marks,
        *when,
        stored.gateway_id,
        stored.received_ms,
    )


def shown(raw: bytes) -> bytes:
    """What may be shown of bytes that could not be taken: all, where nobody's number or name can be in them; else the
    identity in front, if there is one that can be read."""
    try:
        version, word, box_id, epoch, seq = record.identity(raw)
        head = f"{version} {word} {box_id} {epoch} {seq}".encode()
    except WireError:
        head = b""
    rest = raw.partition(b"\n")[2] if head else raw
    return raw if rest.isascii() and _is_harmless(rest) else head


def quarantine_view(row: Quarantined) -> QuarantineView:
    """A quarantined item as it is given out."""
    fields = {name: value for name, value in row._asdict().items() if name in QuarantineView.__struct_fields__}
    fields["raw"] = base64.b64encode(shown(row.raw)).decode()
    return QuarantineView(**fields)
