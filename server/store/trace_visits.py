"""Stays out of the visits table, in pages that are each a short read; and what tracing has to know of places.

1. A page is at most PAGE_ROWS rows, in the order of `in_low` and `id`; the next one begins behind the last row.
2. Almost every stay is shorter than LONG_MS between its outermost bounds, so those of a place that may reach into a
   window begin not longer than that before it. The few others (a clock that was never set) have an index of their own,
   `visits_long`, and come first.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, Select, and_, or_, select, text
from sqlalchemy.sql.elements import ColumnElement

from server.places.areas import Areas
from server.places.types import Gate
from server.store import place_register
from server.store.place_tables import gates, places
from server.store.visit_tables import visits
from server.tracing.types import ASSUMED, PlaceFacts, Stay, Window

PAGE_ROWS = 500
LONG_MS = 86_400_000
_LONG = text(f"out_high - in_low > {LONG_MS}")  # as it stands in the index
_HIDDEN = visits.c.in_low + 0
"""For PostgreSQL no column of an index."""
_STAY = [visits.c[name] for name in Stay._fields]
FIRST = (-(1 << 62), b"")


class After(NamedTuple):
    """Where the next page begins: behind this row, of the long ones or of the others."""

    is_long: bool
    in_low: int
    id: bytes


def of_persons(connection: Connection, persons: Sequence[bytes], window: Window) -> list[Stay]:
    """Every stay of these persons that may reach into the window."""
    asked = select(*_STAY).where(visits.c.person.in_(persons), *_reaching(window))
    return [_stay(row) for row in connection.execute(asked.order_by(visits.c.in_low, visits.c.id))]


def at_place(
    connection: Connection, place_id: str, window: Window, usual_ms: int | None, after: After | None
) -> tuple[list[Stay], After | None]:
    """A page of the stays at a place that may reach into the window, and where the next one begins (None: nowhere)."""
    before = after or After(True, *FIRST)
    found: list[Stay] = []
    if before.is_long:
        found = _page(connection, _near(_long(place_id, window), window, usual_ms), _HIDDEN, before, PAGE_ROWS)
        if len(found) == PAGE_ROWS:
            return found, After(True, found[-1].in_low, found[-1].id)
        before = After(False, *FIRST)
    room = PAGE_ROWS - len(found)
    others = _page(connection, _near(_usual(place_id, window), window, usual_ms), visits.c.in_low, before, room)
    last = others[-1] if len(others) == room else None
    return found + others, After(False, last.in_low, last.id) if last else None


def facts(connection: Connection, place_ids: Sequence[str], areas: Areas) -> dict[str, PlaceFacts]:
    """What is known of those places that are registered."""
    held: dict[str, set[str]] = {}
    for row in connection.execute(select(gates.c.place_id, gates.c.zone).where(gates.c.place_id.in_(place_ids))):
        held.setdefault(row.place_id, set()).add(row.zone)
    asked = select(places.c.place_id, places.c.name, places.c.kind, places.c.area).where(
        places.c.place_id.in_(place_ids)
    )
    return {
        row.place_id: PlaceFacts(row.kind, areas.above(row.area), has_inner(held.get(row.place_id, ())), row.name)
        for row in connection.execute(asked)
    }


def has_inner(zones: Iterable[str]) -> bool:
    """Whether zones of a place have doors of their own: there are gates of zones, and one of the place as a whole."""
    found = set(zones)
    return "" in found and len(found) > 1


def areas(connection: Connection) -> Areas:
    """The tree of areas."""
    return Areas(place_register.all_areas(connection))


def gates_of(connection: Connection, place_id: str) -> list[Gate]:
    """The gates of a place."""
    return place_register.gates_of(connection, [place_id])


def _usual(place_id: str, window: Window) -> Select[tuple[object, ...]]:
    at_least = visits.c.in_low >= window.from_ms - LONG_MS
    return select(*_STAY).where(visits.c.place_id == place_id, at_least, *_reaching(window))


def _long(place_id: str, window: Window) -> Select[tuple[object, ...]]:
    earlier = window.from_ms - LONG_MS > _HIDDEN
    asked = select(*_STAY).where(visits.c.place_id == place_id, earlier, visits.c.out_high > window.from_ms, _LONG)
    # without these two a database takes the index of all stays, and reads all of a place's past
    return asked.with_hint(visits, "INDEXED BY visits_long", "sqlite")


def _near(asked: Select[tuple[object, ...]], window: Window, usual_ms: int | None) -> Select[tuple[object, ...]]:
    if usual_ms is None:
        return asked
    earliest_ms = window.from_ms - usual_ms
    assumed = and_(visits.c.label == ASSUMED, visits.c.in_at > earliest_ms)
    # the third follows from the second; an index can be asked for it
    guess = (
        visits.c.in_at < window.to_ms,
        or_(visits.c.out_at > window.from_ms, assumed),
        visits.c.out_at > earliest_ms,
    )
    return asked.where(*guess)


def _page(
    connection: Connection, asked: Select[tuple[object, ...]], low: ColumnElement[int], after: After, limit: int
) -> list[Stay]:
    last = after.in_low
    if last != FIRST[0]:
        asked = asked.where(low >= last, or_(low > last, and_(low == last, visits.c.id > after.id)))
    return [_stay(row) for row in connection.execute(asked.order_by(low, visits.c.id).limit(limit))]


def _reaching(window: Window) -> tuple[ColumnElement[bool], ...]:
    return visits.c.in_low < window.to_ms, visits.c.out_high > window.from_ms


def _stay(row: Sequence[object]) -> Stay:
    return Stay._make(row)
