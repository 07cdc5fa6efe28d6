"""Whether the store can be written: asked by writing."""

from sqlalchemy import Connection

from server.store.dialect import upsert
from server.store.tables import health


def beat(connection: Connection, now_ms: int) -> None:
    """Write one row; with the commit around it the disk has taken it."""
    upsert(connection, health, {"id": 1, "written_ms": now_ms})
