"""Clock samples of a box, per epoch and boot: the best ones, no more than `SAMPLES_KEPT`."""

from collections.abc import Iterable

from sqlalchemy import Connection, delete, insert, select, update

from server.ingest.instant import Sample, best
from server.ingest.receive import Clock
from server.store.derive_tables import vague_scans
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
            _mark(connection, at, before, after)


def _mark(connection: Connection, at: Boot, before: set[Sample], after: set[Sample]) -> None:
    """Scans between the neighbours of what has changed had another sample beside them: they are derived anew."""
    box_id, epoch, boot = at
    uptimes = sorted({sample[0] for sample in before | after})
    for uptime_ms in sorted({sample[0] for sample in before ^ after}):
        place = uptimes.index(uptime_ms)
        where = [vague_scans.c.box_id == box_id, vague_scans.c.epoch == epoch, vague_scans.c.boot == boot]
        if place > 0:
            where.append(vague_scans.c.uptime_ms >= uptimes[place - 1])
        if place + 1 < len(uptimes):
            where.append(vague_scans.c.uptime_ms <= uptimes[place + 1])
        connection.execute(update(vague_scans).where(*where).values(stale=vague_scans.c.stale + 1))


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
