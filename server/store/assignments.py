"""Which box was given to which gateway, beyond the server's settings."""

from sqlalchemy import Connection, delete, select

from server.store.dialect import upsert
from server.store.fleet_tables import assignments


def load(connection: Connection) -> dict[str, str]:
    """box -> gateway."""
    return {row.box_id: row.gateway_id for row in connection.execute(select(assignments))}


def owner(connection: Connection, box_id: str) -> str | None:
    """Who it was given to."""
    return connection.execute(select(assignments.c.gateway_id).where(assignments.c.box_id == box_id)).scalar()


def give(connection: Connection, box_id: str, gateway_id: str, by: str, now_ms: int) -> None:
    """This box is this gateway's from now on."""
    values = {"box_id": box_id, "gateway_id": gateway_id, "given_by": by, "given_ms": now_ms}
    upsert(connection, assignments, values)


def take(connection: Connection, box_id: str) -> None:
    """This box is nobody's."""
    connection.execute(delete(assignments).where(assignments.c.box_id == box_id))
