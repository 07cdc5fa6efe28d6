"""Declarations of loss, each kept once as it came."""

from sqlalchemy import Connection, insert, select

from server.ingest.receive import Candidate, Intake
from server.store.tables import losses


def put(connection: Connection, intake: Intake, item: Candidate) -> None:
    """Keep a declaration that is not there."""
    connection.execute(
        insert(losses).values(
            box_id=item.box_id,
            epoch=item.epoch,
            seq=item.seq,
            raw=item.raw,
            gateway_id=intake.gateway_id,
            batch_no=intake.batch_no,
            received_ms=intake.received_ms,
            earliest_ms=item.earliest_ms,
            latest_ms=item.latest_ms,
        )
    )


def has(connection: Connection, item: Candidate) -> bool:
    """Whether the very same declaration is kept already."""
    asked = select(losses.c.id).where(
        losses.c.box_id == item.box_id,
        losses.c.epoch == item.epoch,
        losses.c.seq == item.seq,
        losses.c.raw == item.raw,
    )
    return connection.execute(asked).first() is not None
