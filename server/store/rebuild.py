"""Ledgers from what was kept: raw scans, quarantine, losses and statements. Gives what counting along the way gave."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Select, Table, select

from server.ingest.ledger import Ledger
from server.ingest.receive import lost_range
from server.ingest.settle import Spool
from server.store import ledgers
from server.store.tables import ledgers as ledger_table
from server.store.tables import losses, quarantine, scans, tips

UNKNOWN_GATEWAY = "-"


def everything(connection: Connection, now_ms: int) -> int:
    """Rebuild every ledger; returns how many there are."""
    books: dict[Spool, Ledger] = {}
    gateways = _gateways(connection)
    _count(connection, books, None)
    ledgers.clear(connection)
    for spool, ledger in books.items():
        ledgers.save(connection, [ledger], gateways.get(spool, UNKNOWN_GATEWAY), now_ms)
    return len(books)


def spools(connection: Connection, wanted: Iterable[Spool], now_ms: int) -> None:
    """Rebuild the ledgers of these spools."""
    gateways = _gateways(connection)
    for spool in wanted:
        books: dict[Spool, Ledger] = {spool: Ledger(*spool)}
        _count(connection, books, spool)
        ledgers.save(connection, books.values(), gateways.get(spool, UNKNOWN_GATEWAY), now_ms)


def _gateways(connection: Connection) -> dict[Spool, str]:
    table = ledger_table.c
    rows = connection.execute(select(table.box_id, table.epoch, table.gateway_id))
    return {(box_id, epoch): gateway_id for box_id, epoch, gateway_id in rows}


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
