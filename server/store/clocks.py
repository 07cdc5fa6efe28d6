"""Clock samples of a box, per epoch and boot: the best ones, no more than `SAMPLES_KEPT`."""

from collections.abc import Iterable

from sqlalchemy import Connection, delete, insert, select, update

from server.ingest.instant import Sample, best
from server.ingest.receive import Clock
from server.store.derive_tables import stale_boots, vague_scans
from server.store.dialect import insert_new
from server.store.tables import clocks

Boot = tuple[str, str, int]


def put(connection: Connection, samples: Iterable[Clock]) -> None:
    """Keep what the new samples add to those that are kept."""
    by_boot: dict[Boot, set[Sample]] = {}
    for box_id, epoch, boot, uptime_ms, earliest_ms, latest_ms in samples:
        by_boot.setdefault((box_id, epoch, boot), set()).add((uptime_ms, earliest_ms, latest_ms))
    for at, new in by_boot.items():
        before = set(of(connection, *at))
        after = set(best(before | new))
        if after != before:
            _replace(connection, at, after)
            _mark(connection, at)


def _mark(connection: Connection, at: Boot) -> None:
    """What was derived of this boot while its scans were known worse is to be derived anew."""
    box_id, epoch, boot = at
    of_boot = (vague_scans.c.box_id == box_id, vague_scans.c.epoch == epoch, vague_scans.c.boot == boot)
    if connection.execute(select(vague_scans.c.seq).where(*of_boot).limit(1)).first() is None:
        return
    row = {"box_id": box_id, "epoch": epoch, "boot": boot, "vague_only": True, "from_seq": 0}
    insert_new(connection, stale_boots, [row])
    same = (stale_boots.c.box_id == box_id, stale_boots.c.epoch == epoch, stale_boots.c.boot == boot)
    connection.execute(update(stale_boots).where(*same, stale_boots.c.vague_only.is_(True)).values(from_seq=0))


def _replace(connection: Connection, at: Boot, after: set[Sample]) -> None:
    box_id, epoch, boot = at
    connection.execute(delete(clocks).where(clocks.c.box_id == box_id, clocks.c.epoch == epoch, clocks.c.boot == boot))
    rows = [
        {
            "box_id": box_id,
            "epoch": epoch,
            "boot": boot,
            "uptime_ms": uptime_ms,
            "earliest_ms": earliest_ms,
            "latest_ms": latest_ms,
        }
        for uptime_ms, earliest_ms, latest_ms in after
    ]
    connection.execute(insert(clocks), rows)


def of(connection: Connection, box_id: str, epoch: str, boot: int) -> list[Sample]:
    """The samples of one boot."""
    rows = connection.execute(
        select(clocks.c.uptime_ms, clocks.c.earliest_ms, clocks.c.latest_ms).where(
            clocks.c.box_id == box_id, clocks.c.epoch == epoch, clocks.c.boot == boot
        )
    )
    return [(uptime_ms, earliest_ms, latest_ms) for uptime_ms, earliest_ms, latest_ms in rows]
