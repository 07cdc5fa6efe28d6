"""Ledgers as rows: the sets that make them, and their account beside them, so that it can be listed and summed."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, and_, case, delete, func, or_, select

from server.ingest.kept import LedgerRow, Totals
from server.ingest.ledger import OVERDUE_MS, Ledger
from server.ingest.settle import Spool
from server.store import dialect
from server.store.dialect import upsert
from server.store.tables import ledgers, tips

SUMMED = Totals._fields[2:-1]


def lock(connection: Connection, spools: Iterable[Spool]) -> None:
    """Alone on these spools, their scans and their ledgers, those that are not there yet too: see `dialect.lock`."""
    dialect.lock(connection, (f"{box_id} {epoch}" for box_id, epoch in spools))


def load(connection: Connection, spools: Iterable[Spool]) -> dict[Spool, Ledger]:
    """The ledgers of these spools; an empty one where there is none yet."""
    found: dict[Spool, Ledger] = {}
    for box_id, epoch in spools:
        row = connection.execute(select(ledgers).where(ledgers.c.box_id == box_id, ledgers.c.epoch == epoch)).first()
        found[box_id, epoch] = Ledger(box_id, epoch) if row is None else _ledger(row)
    return found


def save(connection: Connection, changed: Iterable[Ledger], gateway_id: str, now_ms: int) -> None:
    """Write ledgers with their accounts."""
    rows = [_row(ledger, gateway_id, now_ms) for ledger in changed]
    if rows:
        upsert(connection, ledgers, rows)


def save_tips(connection: Connection, changed: Iterable[Ledger]) -> None:
    """Keep the boxes' statements by themselves: a ledger is rebuilt from them too."""
    rows = [
        {"box_id": one.box_id, "epoch": one.epoch, "first_held": one.first_held, "last_seq": one.last_seq}
        for one in changed
        if one.last_seq is not None
    ]
    if rows:
        upsert(connection, tips, rows)


def clear(connection: Connection) -> None:
    """Drop every ledger."""
    connection.execute(delete(ledgers))


def page(
    connection: Connection, box_id: str | None, epoch: str | None, after: Spool | None, limit: int
) -> list[LedgerRow]:
    """Ledgers in the order of box and epoch, from behind `after`."""
    asked = select(ledgers).order_by(ledgers.c.box_id, ledgers.c.epoch).limit(limit)
    if box_id is not None:
        asked = asked.where(ledgers.c.box_id == box_id)
    if epoch is not None:
        asked = asked.where(ledgers.c.epoch == epoch)
    if after is not None:
        behind = and_(ledgers.c.box_id == after[0], ledgers.c.epoch > after[1])
        asked = asked.where(or_(ledgers.c.box_id > after[0], behind))
    return [_read(row) for row in connection.execute(asked)]


def of_boxes(connection: Connection, box_ids: Iterable[str]) -> list[LedgerRow]:
    """Every ledger of these boxes."""
    asked = select(ledgers).where(ledgers.c.box_id.in_(list(box_ids))).order_by(ledgers.c.box_id, ledgers.c.epoch)
    return [_read(row) for row in connection.execute(asked)]


def box_ids(connection: Connection, contains: str, offset: int, limit: int) -> list[str]:
    """Boxes whose id contains a text: first those where something is missing, then those that wait, then by id."""
    asked = (
        select(ledgers.c.box_id)
        .where(ledgers.c.box_id.contains(contains, autoescape=True))
        .group_by(ledgers.c.box_id)
        .order_by(
            (func.sum(ledgers.c.missing) > 0).desc(),
            (func.sum(ledgers.c.declared_lost) > 0).desc(),
            (func.sum(ledgers.c.waiting) > 0).desc(),
            ledgers.c.box_id,
        )
        .offset(offset)
        .limit(limit)
    )
    return list(connection.execute(asked).scalars())


def box_ids_missing(connection: Connection, limit: int) -> list[str]:
    """Boxes of which something is missing."""
    asked = select(ledgers.c.box_id).where(ledgers.c.missing > 0).distinct().limit(limit)
    return list(connection.execute(asked).scalars())


def count_boxes(connection: Connection, contains: str) -> int:
    """How many boxes have an id that contains a text."""
    asked = select(func.count(ledgers.c.box_id.distinct())).where(ledgers.c.box_id.contains(contains, autoescape=True))
    return int(connection.execute(asked).scalar_one())


def totals(connection: Connection, now_ms: int) -> Totals:
    """The sum over all ledgers."""
    overdue = case((ledgers.c.since_ms < now_ms - OVERDUE_MS, ledgers.c.missing), else_=0)
    columns = [*(ledgers.c[name] for name in SUMMED), overdue]
    sums = [func.coalesce(func.sum(column), 0) for column in columns]
    asked = select(func.count(ledgers.c.box_id.distinct()), func.count(), *sums)
    return Totals(*(int(value) for value in connection.execute(asked).one()))


def _row(ledger: Ledger, gateway_id: str, now_ms: int) -> dict[str, object]:
    account = ledger.account()
    return {
        "box_id": ledger.box_id,
        "epoch": ledger.epoch,
        **ledger.sets(),
        "lost_from": ledger.lost_from,
        "lost_unknown": ledger.lost_unknown,
        "first_held": ledger.first_held,
        "last_seq": ledger.last_seq,
        "complete_to": account.complete_to,
        **{name: getattr(account, name) for name in SUMMED},
        "since_ms": ledger.stands_since(account, now_ms),
        "gateway_id": gateway_id,
        "changed_ms": now_ms,
    }


def _ledger(row: Any) -> Ledger:
    ledger = Ledger(row.box_id, row.epoch)
    ledger.take_sets(row.stored_spans, row.quarantined_spans, row.lost_spans)
    ledger.lost_from = row.lost_from
    ledger.lost_unknown = bool(row.lost_unknown)
    ledger.since_ms = row.since_ms
    ledger.was = (row.complete_to, row.missing)
    ledger.first_held = row.first_held
    ledger.last_seq = row.last_seq
    return ledger


def _read(row: Any) -> LedgerRow:
    ledger = _ledger(row)
    return LedgerRow(ledger, ledger.account(), row.gateway_id, row.changed_ms)
