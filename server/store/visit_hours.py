"""Counts by place, gate, box and hour: numbers only, which stay when what they were made of is gone.

1. A scan counts once, in the hour in which it was made: by the middle of its bounds, where these are not farther apart
   than an hour. Otherwise it counts in the hour -1, of which nobody knows when it was.
2. `take_back` is the reverse of `add`: whoever derives a scan anew takes back what it counted as, and adds it again.
3. `first_ms` and `last_ms` are the first and the last scan of the row.
Within the caller's transaction; one writer at a time.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, case, delete, select, update

from server.store.dialect import MAKERS
from server.store.visit_tables import hours, sightings
from server.visits.types import BOTH, HOUR_MS, IN, OUT, Identity, Sighting

NO_HOUR = -1
NUMBERS = ("reads", "ins", "outs", "boths", "unread", "counted_only")
Key = tuple[str, str, str, int]
_KEYS = ("place_id", "gate_id", "box_id", "hour_ms")


class HourRow(NamedTuple):
    """One gate and box in one hour. `boths`: of no known direction among them."""

    place_id: str
    gate_id: str
    box_id: str
    hour_ms: int
    reads: int
    ins: int
    outs: int
    boths: int
    unread: int
    counted_only: int
    first_ms: int
    last_ms: int


def hour_of(one: Sighting) -> int:
    """The hour in which it counts."""
    if one.at_ms is None or one.earliest_ms is None or one.latest_ms - one.earliest_ms > HOUR_MS:
        return NO_HOUR
    return one.at_ms // HOUR_MS * HOUR_MS


def add(
    connection: Connection,
    found: Sequence[Sighting],
    unread: Collection[Identity] = (),
    counted_only: Collection[Identity] = (),
) -> None:
    """Count them. `unread`: a code of a person that could not be read; `counted_only`: no code was kept."""
    rows = [one._asdict() for one in _summed(found, unread, counted_only)]
    if rows:
        connection.execute(_adding(connection.dialect.name), rows)


def take_back(
    connection: Connection,
    found: Sequence[Sighting],
    unread: Collection[Identity] = (),
    counted_only: Collection[Identity] = (),
) -> None:
    """They had been added as they are here, and do not count any more. Their rows of `sightings` may still be there."""
    gone = {one.identity for one in found}
    for one in _summed(found, unread, counted_only):
        this = and_(*(hours.c[name] == value for name, value in zip(_KEYS, one)))
        less: dict[str, Any] = {name: hours.c[name] - getattr(one, name) for name in NUMBERS}
        connection.execute(update(hours).where(this).values(less))
        row = connection.execute(select(hours).where(this)).first()
        if row is None:
            continue
        if row.reads <= 0:
            connection.execute(delete(hours).where(this))
        elif one.first_ms <= row.first_ms or one.last_ms >= row.last_ms:
            left = _instants(connection, one, gone)
            if left:
                connection.execute(update(hours).where(this).values(first_ms=min(left), last_ms=max(left)))


def of_place(
    connection: Connection, place_id: str, from_ms: int, to_ms: int, gate_id: str | None = None
) -> list[HourRow]:
    """Rows of a place whose hour begins from … until before …, in order."""
    asked = select(hours).where(hours.c.place_id == place_id, hours.c.hour_ms >= from_ms, hours.c.hour_ms < to_ms)
    if gate_id is not None:
        asked = asked.where(hours.c.gate_id == gate_id)
    return [
        HourRow(*row) for row in connection.execute(asked.order_by(hours.c.hour_ms, hours.c.gate_id, hours.c.box_id))
    ]


def _key(one: Sighting) -> Key:
    return one.place_id, one.gate_id, one.box_id, hour_of(one)


def _instant(one: Sighting) -> int:
    return one.latest_ms if one.at_ms is None else one.at_ms


def _summed(
    found: Iterable[Sighting], unread: Collection[Identity], counted_only: Collection[Identity]
) -> list[HourRow]:
    rows: dict[Key, list[Sighting]] = {}
    for one in found:
        rows.setdefault(_key(one), []).append(one)
    return [_sum(key, rows[key], unread, counted_only) for key in sorted(rows)]


def _sum(
    key: Key, some: Sequence[Sighting], unread: Collection[Identity], counted_only: Collection[Identity]
) -> HourRow:
    ways = [one.direction for one in some]
    instants = [_instant(one) for one in some]
    return HourRow(
        *key,
        reads=len(some),
        ins=ways.count(IN),
        outs=ways.count(OUT),
        boths=ways.count(BOTH) + ways.count(None),
        unread=sum(one[:3] in unread for one in some) if unread else 0,
        counted_only=sum(one[:3] in counted_only for one in some) if counted_only else 0,
        first_ms=min(instants),
        last_ms=max(instants),
    )


def _instants(connection: Connection, one: HourRow, gone: set[Identity]) -> list[int]:
    asked = select(*[sightings.c[name] for name in Sighting._fields]).where(
        sightings.c.place_id == one.place_id,
        sightings.c.gate_id == one.gate_id,
        sightings.c.box_id == one.box_id,
    )
    if one.hour_ms != NO_HOUR:
        asked = asked.where(sightings.c.at_ms >= one.hour_ms, sightings.c.at_ms < one.hour_ms + HOUR_MS)
    found = (Sighting(*row) for row in connection.execute(asked))
    return [_instant(other) for other in found if other.identity not in gone and hour_of(other) == one.hour_ms]


def _adding(dialect: str) -> Any:
    statement = MAKERS[dialect](hours)
    new = statement.excluded
    values: dict[str, Any] = {name: hours.c[name] + new[name] for name in NUMBERS}
    values["first_ms"] = case((new.first_ms < hours.c.first_ms, new.first_ms), else_=hours.c.first_ms)
    values["last_ms"] = case((new.last_ms > hours.c.last_ms, new.last_ms), else_=hours.c.last_ms)
    return statement.on_conflict_do_update(index_elements=list(_KEYS), set_=values)
