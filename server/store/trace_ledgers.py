"""What the ledger says is not here, put where and when it may have been.

1. A number that is missing, waits, was lost or is in quarantine was given between the scan before it and the scan after
   it; so its instant lies between the earliest of the one and the latest of the other, where these are known.
2. More than MOST_RANGES stretches of one spool and one code are told as one: from the first to the last, summed up.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, and_, or_, select

from server.ingest.ledger import Ledger, Spans, gaps, union
from server.places.seats import Seats
from server.store import ledgers
from server.store.tables import ledgers as table
from server.store.visit_tables import sightings
from server.tracing import holes
from server.tracing.types import Gap, Window

MOST_RANGES = 10
Spool = tuple[str, str]


class Troubled(NamedTuple):
    """A spool of which something is not here, and the gateway that spoke for it last."""

    box_id: str
    epoch: str
    gateway_id: str


class Stretch(NamedTuple):
    """Numbers of which the same is said; `number` of them."""

    code: str
    first: int
    last: int
    number: int


def troubled(connection: Connection, after: Spool, limit: int) -> list[Troubled]:
    """Spools of which something is not here, in the order of box and epoch."""
    behind = or_(table.c.box_id > after[0], and_(table.c.box_id == after[0], table.c.epoch > after[1]))
    lacks = or_(
        table.c.missing > 0,
        table.c.waiting > 0,
        table.c.quarantined > 0,
        table.c.declared_lost > 0,
        table.c.lost_unknown.is_(True),
    )
    asked = select(table.c.box_id, table.c.epoch, table.c.gateway_id).where(behind, lacks)
    return [Troubled(*row) for row in connection.execute(asked.order_by(table.c.box_id, table.c.epoch).limit(limit))]


def gaps_of(connection: Connection, spools: Sequence[Troubled], seats: Seats, window: Window) -> list[Gap]:
    """What of these spools may have been within the window."""
    books = ledgers.load(connection, [(one.box_id, one.epoch) for one in spools])
    found = []
    for one in spools:
        for stretch in stretches(books[one.box_id, one.epoch]):
            low, high = _when(connection, one, stretch, window)
            if low < window.to_ms and high > window.from_ms:
                seat = seats.where(one.box_id, one.gateway_id, max(low, window.from_ms))
                most = None if stretch.code == holes.LOST_UNKNOWN else stretch.number
                found.append(Gap(stretch.code, seat.place_id, one.box_id, low, high, most, stretch.number))
    return found


def stretches(ledger: Ledger) -> list[Stretch]:
    """What is not here, by code."""
    account = ledger.account()
    kept = union(ledger.stored, ledger.quarantined)
    waiting, missing = _parted(account.holes, ledger.first_held, ledger.last_seq)
    lost = [part for first, last in ledger.lost.ranges for part in _without(kept, first, last)]
    quarantined = [part for first, last in ledger.quarantined.ranges for part in _without(ledger.stored, first, last)]
    found = [*_told(holes.MISSING, missing), *_told(holes.WAITING, waiting)]
    found += [*_told(holes.LOST, lost), *_told(holes.QUARANTINED, quarantined)]
    if ledger.lost_unknown:
        first = ledger.lost_from or 0
        found.append(Stretch(holes.LOST_UNKNOWN, first, max(first, account.highest), 0))
    return found


def _parted(
    ranges: Iterable[tuple[int, int]], first_held: int | None, last_seq: int | None
) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """-> (those that the box still holds, the others)"""
    if first_held is None or last_seq is None:
        return [], list(ranges)
    at_the_box, others = [], []
    for first, last in ranges:
        low, high = max(first, first_held), min(last, last_seq)
        if low > high:
            others.append((first, last))
            continue
        at_the_box.append((low, high))
        others += gaps(Spans([[low, high]]), first, last)
    return at_the_box, others


def _without(spans: Spans, first: int, last: int) -> list[tuple[int, int]]:
    """What of first … last is not in the set, which may go on behind it."""
    return [(low, min(high, last)) for low, high in gaps(spans, first, last) if low <= last]


def _told(code: str, ranges: Sequence[tuple[int, int]]) -> list[Stretch]:
    if len(ranges) > MOST_RANGES:
        number = sum(last - first + 1 for first, last in ranges)
        return [Stretch(code, min(one[0] for one in ranges), max(one[1] for one in ranges), number)]
    return [Stretch(code, first, last, last - first + 1) for first, last in ranges]


def _when(connection: Connection, spool: Troubled, stretch: Stretch, window: Window) -> tuple[int, int]:
    seen = select(sightings.c.earliest_ms, sightings.c.latest_ms).where(
        sightings.c.box_id == spool.box_id, sightings.c.epoch == spool.epoch, sightings.c.earliest_ms.is_not(None)
    )
    number = sightings.c.seq
    before = connection.execute(seen.where(number < stretch.first).order_by(number.desc()).limit(1)).first()
    # with the numbers of LOST_UNKNOWN nothing is known of what came after
    is_open = stretch.code == holes.LOST_UNKNOWN
    after = (
        connection.execute(seen.where(number > stretch.last).order_by(number).limit(1)).first() if not is_open else None
    )
    return before.earliest_ms if before else window.from_ms, after.latest_ms if after else window.to_ms
