"""Ledgers from what was kept: raw scans, quarantine, losses and statements. Gives what counting along the way gave."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Select, Table, select

from server.ingest.ledger import Ledger
from server.ingest.receive import lost_range
from server.ingest.settle import Spool
from server.store import ledgers
from server.store.dialect import lock_all, take_time
from server.store.tables import ledgers as ledger_table
from server.store.tables import losses, quarantine, scans, tips

UNKNOWN_GATEWAY = "-"


def everything(connection: Connection, now_ms: int) -> int:
    """Rebuild every ledger; returns how many there are."""
    lock_all(connection)
    take_time(connection)
    books: dict[Spool, Ledger] = {}
    before = _before(connection)
    _count(connection, books, None)
    ledgers.clear(connection)
    for spool, ledger in books.items():
        _save(connection, ledger, before.get(spool), now_ms)
    return len(books)


def spools(connection: Connection, wanted: Iterable[Spool], now_ms: int) -> None:
    """Rebuild the ledgers of these spools."""
    wanted = list(wanted)
    ledgers.lock(connection, wanted)
    take_time(connection)
    before = _before(connection)
    for spool in wanted:
        books: dict[Spool, Ledger] = {spool: Ledger(*spool)}
        _count(connection, books, spool)
        _save(connection, books[spool], before.get(spool), now_ms)


def _before(connection: Connection) -> dict[Spool, Any]:
    columns = ledger_table.c["box_id", "epoch", "gateway_id", "since_ms", "complete_to", "missing"]
    return {(row.box_id, row.epoch): row for row in connection.execute(select(*columns))}


def _save(connection: Connection, ledger: Ledger, before: Any, now_ms: int) -> None:
    """What no raw row tells, who sent last and since when it stands still, is taken from the ledger before."""
    if before is not None:
        ledger.since_ms, ledger.was = before.since_ms, (before.complete_to, before.missing)
    ledgers.save(connection, [ledger], before.gateway_id if before is not None else UNKNOWN_GATEWAY, now_ms)


def _count(connection: Connection, books: dict[Spool, Ledger], only: Spool | None) -> None:
    def book(row: Any) -> Ledger:
        return books.setdefault((row.box_id, row.epoch), Ledger(row.box_id, row.epoch))

    stored = select(*scans.c["box_id", "epoch", "seq"]).order_by(*scans.c["box_id", "epoch", "seq"])
    for row in connection.execute(_only(stored, scans, only)):
        book(row).stored.add(row.seq)
    counted = select(*quarantine.c["box_id", "epoch", "seq"]).where(quarantine.c.counts.is_(True))
    for row in connection.execute(_only(counted, quarantine, only)):
        book(row).quarantined.add(row.seq)
    for row in connection.execute(_only(select(*losses.c["box_id", "epoch", "raw"]), losses, only)):
        book(row).declare_lost(*lost_range(row.raw))
    for row in connection.execute(_only(select(tips), tips, only)):
        book(row).state(row.first_held, row.last_seq)


def _only(asked: Select[Any], table: Table, spool: Spool | None) -> Select[Any]:
    return asked if spool is None else asked.where(table.c.box_id == spool[0], table.c.epoch == spool[1])
