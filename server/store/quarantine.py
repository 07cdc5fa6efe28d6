"""What could not be read, may not be there, or contradicts what is stored: kept with its reason, once for the same
bytes from the same gateway, with the number of times that it came."""

from collections.abc import Sequence
from hashlib import sha256

from sqlalchemy import Connection, delete, func, select, update

from server.ingest.kept import Quarantined
from server.ingest.receive import Candidate, Intake
from server.store.dialect import count_up
from server.store.tables import quarantine

COLUMNS = [quarantine.c[name.rstrip("_")] for name in Quarantined._fields]


def put(connection: Connection, intake: Intake, found: Sequence[Candidate]) -> None:
    """Keep each, or count it once more where it is there already."""
    for item in found:
        row = {
            "box_id": item.box_id,
            "epoch": item.epoch,
            "seq": item.seq,
            "code": item.code,
            "counts": item.counts,
            "digest": sha256(item.mark).digest(),
            "raw": item.raw,
            "times": 1,
            "gateway_id": intake.gateway_id,
            "batch_no": intake.batch_no,
            "received_ms": intake.received_ms,
            "earliest_ms": item.earliest_ms,
            "latest_ms": item.latest_ms,
            **_sealed(item),
        }
        count_up(connection, quarantine, row, ("digest", "code", "gateway_id"), "times")


def _sealed(item: Candidate) -> dict[str, object]:
    kept = item.kept
    names = {"day": None, "class": None, "sealed": None}
    return dict(names) if kept is None else {"day": kept.day, "class": kept.class_, "sealed": kept.sealed}


def move(connection: Connection, row: Quarantined, now: Candidate) -> None:
    """The same item under another reason, or opened; it joins the row that has this already."""
    if (row.code, row.raw, row.sealed is None) == (now.code, now.raw, _sealed(now)["sealed"] is None):
        return
    digest = sha256(now.mark).digest()
    again = connection.execute(
        update(quarantine)
        .where(
            quarantine.c.digest == digest,
            quarantine.c.code == now.code,
            quarantine.c.gateway_id == row.gateway_id,
            quarantine.c.id != row.id,
        )
        .values(times=quarantine.c.times + row.times)
    )
    if again.rowcount:
        connection.execute(delete(quarantine).where(quarantine.c.id == row.id))
        return
    values = {name: getattr(now, name) for name in ("box_id", "epoch", "seq", "code", "counts", "raw")}
    connection.execute(
        update(quarantine).where(quarantine.c.id == row.id).values(**values, **_sealed(now), digest=digest)
    )


def page(connection: Connection, after_id: int, limit: int) -> list[Quarantined]:
    """In the order in which they first came."""
    rows = connection.execute(select(*COLUMNS).where(quarantine.c.id > after_id).order_by(quarantine.c.id).limit(limit))
    return [Quarantined(*row) for row in rows]


def by_code(connection: Connection) -> dict[str, int]:
    """How many rows there are of each reason."""
    rows = connection.execute(select(quarantine.c.code, func.count()).group_by(quarantine.c.code))
    return {row[0]: row[1] for row in rows}
