"""Quarantined items judged anew, and kept as they would be if they came now: with the envelope that they came with.

1. A page of rows is one transaction: what is good now is stored, and its row is gone; what is not stays.
2. A row goes only when what is in it is stored, or was stored already. What is found otherwise now than before (it
   opened, and cannot be read) is kept with its new reason.
3. Nothing happens twice: a row that is judged again and found the same is left as it is.
4. The ledger's quarantined numbers are read anew from the rows that are left.
"""

from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, and_, delete, func, select
from sqlalchemy.exc import IntegrityError

from server.ingest.kept import Quarantined, Replayed, Which
from server.ingest.ledger import Ledger, Spans
from server.ingest.receive import BAD, Candidate, Intake
from server.ingest.settle import ACCEPTED, DUPLICATE, Spool, Verdict, already_stored, settle, spools_of
from server.store import ledgers, losses, quarantine, scans
from server.store.dialect import lock_all
from server.store.intake import LedgerDisagrees
from server.store.tables import quarantine as table

Pair = tuple[Quarantined, Candidate]


class _Batch(NamedTuple):
    gateway_id: str
    batch_no: int
    received_ms: int


def count(connection: Connection, which: Which, after_id: int) -> int:
    """How many rows there are to look at."""
    return int(connection.execute(_only(select(func.count()).select_from(table), which, after_id)).scalar_one())


def page(connection: Connection, which: Which, after_id: int, limit: int) -> list[Quarantined]:
    """Rows to look at, in the order in which they came."""
    asked = _only(select(*quarantine.COLUMNS), which, after_id).order_by(table.c.id).limit(limit)
    return [Quarantined(*row) for row in connection.execute(asked)]


def keep_again(connection: Connection, pairs: list[Pair], now_ms: int) -> Replayed:
    """The transaction's content. Rows that are not there any more are passed over."""
    lock_all(connection)
    there = set(connection.execute(select(table.c.id).where(table.c.id.in_([row.id for row, _ in pairs]))).scalars())
    changed = [(row, now) for row, now in pairs if row.id in there and not _is_same(row, now)]
    verdicts: list[Verdict] = []
    for batch, group in groupby(
        changed, lambda pair: _Batch(pair[0].gateway_id, pair[0].batch_no, pair[0].received_ms)
    ):
        verdicts += _settle(connection, batch, list(group), now_ms)
    accepted = sum(one.verdict == ACCEPTED for one in verdicts)
    duplicate = sum(one.verdict == DUPLICATE for one in verdicts)
    boxes = frozenset(row.box_id for row, _ in changed if row.box_id is not None)
    return Replayed(len(pairs), accepted, duplicate, len(pairs) - accepted - duplicate, boxes)


def spools_in(pairs: list[Pair]) -> set[Spool]:
    """Every spool whose ledger these rows may change."""
    return {(row.box_id, row.epoch) for row, _ in pairs if row.box_id is not None and row.epoch is not None}


def _batch(pair: Pair) -> _Batch:
    return _Batch(pair[0].gateway_id, pair[0].batch_no, pair[0].received_ms)


def _settle(connection: Connection, batch: _Batch, pairs: list[Pair], now_ms: int) -> list[Verdict]:
    found = Intake(*batch, [now for _, now in pairs], [], [], 0)
    counted = {(row.box_id or "", row.epoch or "") for row, _ in pairs if row.counts}
    books = ledgers.load(connection, spools_of(found) | counted)
    stored = scans.marks_of(connection, already_stored(found, books))
    settled = settle(found, books, stored, lambda item: losses.has(connection, item))
    try:
        scans.put(connection, found, settled.scans)
    except IntegrityError as err:
        raise LedgerDisagrees("ledger_disagrees", "a scan is stored that the ledger does not know") from err
    for item in settled.losses:
        losses.put(connection, found, item)
    for (row, now), verdict in zip(pairs, settled.verdicts, strict=True):
        if verdict.verdict in (ACCEPTED, DUPLICATE):
            connection.execute(delete(table).where(table.c.id == row.id))
        else:
            quarantine.move(connection, row, now._replace(code=verdict.code))
    for ledger in books.values():
        ledger.quarantined = _quarantined(connection, ledger)
    ledgers.save(connection, books.values(), batch.gateway_id, now_ms)
    return settled.verdicts


def _quarantined(connection: Connection, ledger: Ledger) -> Spans:
    asked = select(table.c.seq).where(table.c.box_id == ledger.box_id, table.c.epoch == ledger.epoch)
    spans = Spans()
    for seq in connection.execute(asked.where(table.c.counts.is_(True)).order_by(table.c.seq)).scalars():
        spans.add(seq)
    return spans


def _is_same(row: Quarantined, now: Candidate) -> bool:
    return now.kind == BAD and (now.code, now.counts, now.raw) == (row.code, row.counts, row.raw)


def _only(asked: Select[Any], which: Which, after_id: int) -> Select[Any]:
    destroyed = and_(table.c.raw == b"", table.c.sealed.is_(None))  # its time was over: there is nothing to judge
    asked = asked.where(table.c.id > after_id, ~destroyed)
    for column, wanted in ((table.c.code, which.code), (table.c.gateway_id, which.gateway_id)):
        asked = asked if wanted is None else asked.where(column == wanted)
    return asked if which.box_id is None else asked.where(table.c.box_id == which.box_id)
