"""What `server/places` reads of the counts by the hour, in pages of places, so that no read is long and no place is
torn apart.

1. There is a row for each hour in which anybody was read. Who asks which places there are, or when a point was read
   last, steps along the key from one to the next, and reads nothing of the hours between.
2. Readings of the hour -1, of which nobody knows yet when they were made, are no part of what is usual, but a sign of
   life.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Connection, Integer, and_, func, literal, literal_column, or_, select

from server.places.profile import DAY_MS, HOUR_MS, ZONE_MS, Point, Ways
from server.store.place_tables import place_boxes, place_profiles
from server.store.visit_hours import NO_HOUR
from server.store.visit_tables import hours

POINT = [hours.c[name] for name in Point._fields]
MOST_AT_ONCE = 50
_KEY = [*POINT, hours.c.hour_ms]
_DAY: ColumnElement[int] = literal_column(f"(hours.hour_ms + {ZONE_MS}) / {DAY_MS}", BigInteger)
_BIT: ColumnElement[int] = literal_column(
    f"1 << CAST((hours.hour_ms + {ZONE_MS}) / {HOUR_MS} % 24 AS INTEGER)", Integer
)
_OF_PROFILE = [place_profiles.c[name] for name in Point._fields]


class Past(NamedTuple):
    """Of a point: readings by the hour, when it was read first, and which way people went."""

    reads: dict[int, int]
    first_ms: int
    ways: Ways


def place_ids(connection: Connection, after: str, limit: int) -> list[str]:
    """Places, by id, at which anybody was ever read, or at which a box has a seat."""
    one = select(func.min(hours.c.place_id).label("id"), literal(1).label("count")).where(hours.c.place_id > after)
    steps = one.cte("steps", recursive=True)
    onward = select(func.min(hours.c.place_id)).where(hours.c.place_id > steps.c.id).correlate(steps).scalar_subquery()
    steps = steps.union_all(select(onward, steps.c.count + 1).where(steps.c.id.is_not(None), steps.c.count < limit))
    read = connection.execute(select(steps.c.id).where(steps.c.id.is_not(None))).scalars()
    seated = select(place_boxes.c.place_id).where(place_boxes.c.place_id > after).distinct()
    some = connection.execute(seated.order_by(place_boxes.c.place_id).limit(limit)).scalars()
    return sorted({*read, *some})[:limit]


def last_of_learned(connection: Connection, ids: Sequence[str]) -> dict[Point, int]:
    """When each point that has a profile was read last."""
    this, other = hours.alias("timed"), hours.alias("untimed")
    timed = select(this.c.last_ms).where(_same(this.c)).order_by(this.c.hour_ms.desc()).limit(1)
    untimed = select(other.c.last_ms).where(_same(other.c), other.c.hour_ms == NO_HOUR)
    asked = select(
        *_OF_PROFILE,
        timed.correlate(place_profiles).scalar_subquery(),
        untimed.correlate(place_profiles).scalar_subquery(),
    )
    rows = connection.execute(asked.where(place_profiles.c.place_id.in_(ids)))
    return {Point(*row[:3]): max(row[3], row[4] or 0) for row in rows if row[3] is not None}


def last_of(connection: Connection, ids: Sequence[str], box_ids: Iterable[str]) -> dict[Point, int]:
    """When these boxes were read last, wherever they were at these places."""
    asked = select(*POINT, func.max(hours.c.last_ms)).where(
        hours.c.place_id.in_(ids), hours.c.box_id.in_(list(box_ids))
    )
    return {Point(*row[:3]): row[3] for row in connection.execute(asked.group_by(*POINT))}


def came_in(connection: Connection, asked: Iterable[tuple[str, str, str, int]]) -> dict[Point, int]:
    """Readings of these points in these hours; 0 where there are none. (SQLite steps to each by the key where they are
    told apart by OR; among rows that are listed it looks for all that there are.)"""
    every = list(asked)
    found = {Point(*one[:3]): 0 for one in every}
    for first in range(0, len(every), MOST_AT_ONCE):
        piece = every[first : first + MOST_AT_ONCE]
        each = (and_(*(column == value for column, value in zip(_KEY, one, strict=True))) for one in piece)
        rows = connection.execute(select(*POINT, hours.c.reads).where(or_(*each)))
        found.update({Point(*row[:3]): row[3] for row in rows})
    return found


def reads_of(connection: Connection, ids: Sequence[str], from_ms: int, to_ms: int) -> dict[Point, dict[int, int]]:
    """Readings by the hour."""
    asked = select(*POINT, hours.c.hour_ms, hours.c.reads).where(hours.c.place_id.in_(ids))
    found: dict[Any, dict[int, int]] = {}
    rows = connection.execute(asked.where(_between(from_ms, to_ms)))
    for row in rows:
        found.setdefault(row[:3], {})[row[3]] = row[4]
    return {Point(*key): reads for key, reads in found.items()}


def busy_of(connection: Connection, ids: Sequence[str], from_ms: int, to_ms: int) -> dict[Point, dict[int, int]]:
    """Of each local day on which anybody was read, in which of its hours: bit 0 is the first. The database puts them
    together, as there is a row for each hour."""
    asked = select(*POINT, _DAY, func.sum(_BIT)).where(hours.c.place_id.in_(ids))
    found: dict[Any, dict[int, int]] = {}
    for row in connection.execute(asked.where(_between(from_ms, to_ms)).group_by(*POINT, _DAY)):
        found.setdefault(row[:3], {})[row[3]] = int(row[4])
    return {Point(*key): days for key, days in found.items()}


def past_of(connection: Connection, ids: Sequence[str], from_ms: int, to_ms: int) -> dict[Point, Past]:
    """What is to be learned from."""
    found = reads_of(connection, ids, from_ms, to_ms)
    sums = [func.sum(hours.c[name]) for name in Ways._fields]
    asked = select(*POINT, func.min(hours.c.first_ms), *sums).where(hours.c.place_id.in_(ids), _between(from_ms, to_ms))
    made: dict[Point, Past] = {}
    for row in connection.execute(asked.group_by(*POINT)):
        point = Point(*row[:3])
        made[point] = Past(found[point], row[3], Ways(*(int(one) for one in row[4:])))
    return made


def _between(from_ms: int, to_ms: int) -> ColumnElement[bool]:
    return hours.c.hour_ms.between(max(0, from_ms), to_ms)


def _same(columns: object) -> ColumnElement[bool]:
    return and_(*(getattr(columns, name) == place_profiles.c[name] for name in Point._fields))
