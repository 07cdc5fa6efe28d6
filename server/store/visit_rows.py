"""Visits: what the rules make of the sightings of a person, kept. Within the caller's transaction."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, delete, or_, select, text

from server.store import many
from server.store.person_graph import pieces
from server.store.trace_visits import LONG_MS
from server.store.visit_tables import visits
from server.visits.types import Visit

_COLUMNS = [visits.c[name] for name in Visit._fields]
_ENDS = [visits.c[name] for name in ("in_low", "in_at", "in_high", "out_low", "out_at", "out_high")]
_IS_LONG = text(f"out_high - in_low > {LONG_MS}")  # as it stands in the index
EndsRow = tuple[bytes, int, int, int, int, int, int]
After = tuple[int, bytes]
"""`in_low` and id of the last row of a page"""


class Changed(NamedTuple):
    """How many rows were written, and how many went."""

    put: int
    dropped: int


def replace(connection: Connection, persons: Collection[bytes], found: Iterable[Visit]) -> Changed:
    """The visits of these persons are these, from now on; what is so already is not written."""
    before: dict[bytes, Visit] = {}
    for asked in pieces(persons):
        rows = connection.execute(select(*_COLUMNS).where(visits.c.person.in_(asked)))
        before.update((row[0], Visit._make(row)) for row in rows)
    return _put(connection, before, found)


def replace_at(connection: Connection, ids: Collection[bytes], found: Iterable[Visit]) -> Changed:
    """As `replace`, of the visits that have one of these ids."""
    before = {row[0]: row for row in many.rows(connection, _COLUMNS, "", (), ids)}
    return _put(connection, before, found)


def _put(connection: Connection, before: Mapping[bytes, Sequence[Any]], found: Iterable[Visit]) -> Changed:
    now = {one.id: one for one in found}
    gone = [key for key in before if key not in now]
    for asked in pieces(gone):
        connection.execute(delete(visits).where(visits.c.id.in_(asked)))
    changed = [one for key, one in now.items() if before.get(key) != one]
    many.put(connection, visits, changed)
    return Changed(len(changed), len(gone))


def of_person(connection: Connection, person: bytes) -> list[Visit]:
    """In the order in which they began."""
    asked = select(*_COLUMNS).where(visits.c.person == person).order_by(visits.c.in_low, visits.c.id)
    return [Visit(*row) for row in connection.execute(asked)]


def page(
    connection: Connection, place_id: str, from_ms: int, to_ms: int, zone: str | None, after: After | None, limit: int
) -> list[Visit]:
    """Visits to a place that may touch the time from … until before …, in order. `zone`: those within that zone, which
    has gates of its own; None: those to the place as a whole."""
    where: list[ColumnElement[bool]] = [visits.c.is_inner.is_(zone is not None)]
    if zone is not None:
        where.append(visits.c.zone == zone)
    rows = _touching(connection, select(*_COLUMNS).where(*where), place_id, from_ms, to_ms, after, limit)
    return [Visit(*row) for row in rows]


def ends(
    connection: Connection, place_id: str, from_ms: int, to_ms: int, after: After | None, limit: int
) -> list[EndsRow]:
    """Of the same to the place as a whole, nothing but the id and the ends."""
    asked = select(visits.c.id, *_ENDS).where(visits.c.is_inner.is_(False))
    return [tuple(row) for row in _touching(connection, asked, place_id, from_ms, to_ms, after, limit)]


def _touching(
    connection: Connection,
    asked: Select[Any],
    place_id: str,
    from_ms: int,
    to_ms: int,
    after: After | None,
    limit: int,
) -> list[Any]:
    """Those that began more than LONG_MS before are few, and have an index of their own (`visits_long`)."""
    asked = asked.where(visits.c.place_id == place_id, visits.c.out_high >= from_ms)
    if after is not None:
        in_low, last_id = after
        asked = asked.where(visits.c.in_low >= in_low, or_(visits.c.in_low > in_low, visits.c.id > last_id))
    usual_ms = from_ms - LONG_MS
    found: list[Any] = []
    if after is None or after[0] < usual_ms:
        # not by the column itself: SQLite would rather read the whole place in that order
        in_order = asked.order_by(visits.c.in_low + 0, visits.c.id)
        found = list(connection.execute(in_order.where(visits.c.in_low + 0 < usual_ms, _IS_LONG).limit(limit)))
    if len(found) < limit:
        usual = asked.where(visits.c.in_low >= usual_ms, visits.c.in_low < to_ms)
        usual = usual.order_by(visits.c.in_low, visits.c.id)
        found += connection.execute(usual.limit(limit - len(found)))
    return found
