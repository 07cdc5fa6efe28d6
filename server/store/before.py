"""Scans that were stored whole, before codes were read and sealed as they come: their codes are taken out, once.

Migration 9 notes up to which row they may be (`tx` of a row of `derivings`), and `id` says how far this has come.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, select, update

from server.ingest.kept import StoredScan
from server.ingest.meaning import Kept
from server.store.derive_tables import derivings
from server.store.tables import scans

NAME = "before"
WHOLE = b"1 scan "
_COLUMNS = [scans.c[name.rstrip("_")] for name in StoredScan._fields]


def page(connection: Connection, limit: int) -> list[StoredScan]:
    """Some that are still to be looked at; none: it is done."""
    found = connection.execute(select(derivings.c.tx, derivings.c.id).where(derivings.c.name == NAME)).first()
    if found is None or found.id >= found.tx:
        return []
    asked = select(*_COLUMNS).where(scans.c.id > found.id, scans.c.id <= found.tx).order_by(scans.c.id).limit(limit)
    return [StoredScan(*row) for row in connection.execute(asked)]


def settle(connection: Connection, rows: Sequence[StoredScan], kept: Sequence[Kept], now_ms: int) -> None:
    """Write those that were whole without their codes; `kept` belongs to those."""
    whole = [row for row in rows if row.raw.startswith(WHOLE)]
    for row, one in zip(whole, kept, strict=True):
        values = dict(zip(("raw", "digest", "kind", "unread", "day", "class", "sealed"), one, strict=True))
        values["digest"] = one.digest or None
        connection.execute(update(scans).where(scans.c.id == row.id).values(**values))
    if rows:
        connection.execute(update(derivings).where(derivings.c.name == NAME).values(id=rows[-1].id, at_ms=now_ms))


def finish(connection: Connection) -> None:
    """There is nothing left to look at."""
    connection.execute(update(derivings).where(derivings.c.name == NAME).values(id=derivings.c.tx))
