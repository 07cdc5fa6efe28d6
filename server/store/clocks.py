"""Clock samples of a box, per epoch and boot: the best ones, no more than `SAMPLES_KEPT`."""

from collections.abc import Iterable

from sqlalchemy import Connection, delete, insert, select

from server.ingest.instant import Sample, best
from server.ingest.receive import Clock
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
