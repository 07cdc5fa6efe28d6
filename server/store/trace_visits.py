"""Stays out of the visits table, in pages that are each a short read; and what tracing has to know of places.

1. A page is at most PAGE_ROWS rows, in the order of `in_low` and `id`; the next one begins behind the last row.
2. Almost every stay is shorter than LONG_MS between its outermost bounds, so those of a place that may reach into a
   window begin not longer than that before it. The few others (a clock that was never set) have an index of their own,
   `visits_long`, and come first.
3. A large place has tens of thousands of rows in a question: the statements are put into words once, and the rows are
   taken from the driver as they are.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, NamedTuple, cast

import psycopg
from sqlalchemy import BigInteger, BindParameter, Connection, Select, and_, bindparam, or_, select, text

from server.places.areas import Areas
from server.places.types import Gate
from server.store import place_register
from server.store.dialect import DIALECTS, is_postgres
from server.store.place_tables import gates, places
from server.store.visit_tables import visits
from server.tracing.types import ASSUMED, PlaceFacts, Stay, Window

PAGE_ROWS = 500
LONG_MS = 86_400_000
_LONG = text(f"out_high - in_low > {LONG_MS}")  # as it stands in the index
_HIDDEN = visits.c.in_low + 0
"""Of `_long`: where a database may take it for a column of an index, it reads all of a place's past instead."""
_STAY = [visits.c[name] for name in Stay._fields]
_PLACE: BindParameter[str] = bindparam("place_id")
_ID: BindParameter[bytes] = bindparam("last_id")
_FROM, _TO, _LEAST, _GUESS, _LAST, _ROOM = (
    bindparam(name, type_=BigInteger) for name in ("from_ms", "to_ms", "least_ms", "guess_ms", "last_ms", "room")
)
FIRST = (-(1 << 62), b"")


class After(NamedTuple):
    """Where the next page begins: behind this row, of the long ones or of the others."""

    is_long: bool
    in_low: int
    id: bytes


def of_persons(connection: Connection, persons: Sequence[bytes], window: Window) -> list[Stay]:
    """Every stay of these persons that may reach into the window."""
    reaching = visits.c.in_low < window.to_ms, visits.c.out_high > window.from_ms
    asked = select(*_STAY).where(visits.c.person.in_(persons), *reaching)
    return [Stay._make(row) for row in connection.execute(asked.order_by(visits.c.in_low, visits.c.id))]


def at_place(
    connection: Connection, place_id: str, window: Window, usual_ms: int | None, after: After | None
) -> tuple[list[Stay], After | None]:
    """A page of the stays at a place that may reach into the window, and where the next one begins (None: nowhere)."""
    before = after or After(True, *FIRST)
    found: list[Stay] = []
    if before.is_long:
        found = _page(connection, place_id, window, usual_ms, before, PAGE_ROWS)
        if len(found) == PAGE_ROWS:
            return found, After(True, found[-1].in_low, found[-1].id)
        before = After(False, *FIRST)
    room = PAGE_ROWS - len(found)
    others = _page(connection, place_id, window, usual_ms, before, room)
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


def _page(
    connection: Connection, place_id: str, window: Window, usual_ms: int | None, after: After, room: int
) -> list[Stay]:
    asked = page_of(after.is_long, usual_ms is not None, after.in_low != FIRST[0])
    values = {
        "place_id": place_id,
        "from_ms": window.from_ms,
        "to_ms": window.to_ms,
        "least_ms": window.from_ms - LONG_MS,
        "guess_ms": window.from_ms - (usual_ms or 0),
        "last_ms": after.in_low,
        "last_id": after.id,
        "room": room,
    }
    return [Stay._make(row) for row in _rows(connection, asked, values)]


@cache
def page_of(is_long: bool, by_guess: bool, is_behind: bool) -> Select[tuple[object, ...]]:
    """The statement of a page. `by_guess`: only stays whose best guess may reach into the window; `is_behind`: not the
    first page."""
    low = _HIDDEN if is_long else visits.c.in_low
    asked = select(*_STAY).where(visits.c.place_id == _PLACE, visits.c.out_high > _FROM)
    asked = asked.where(low < _LEAST, _LONG) if is_long else asked.where(low >= _LEAST, low < _TO)
    if by_guess:
        assumed = and_(visits.c.label == ASSUMED, visits.c.in_at > _GUESS)
        # the third follows from the second; an index can be asked for it
        guess = visits.c.in_at < _TO, or_(visits.c.out_at > _FROM, assumed), visits.c.out_at > _GUESS
        asked = asked.where(*guess)
    if is_behind:
        asked = asked.where(low >= _LAST, or_(low > _LAST, and_(low == _LAST, visits.c.id > _ID)))
    return asked.order_by(low, visits.c.id).limit(_ROOM)


def _rows(connection: Connection, asked: Select[tuple[object, ...]], values: dict[str, Any]) -> Sequence[Any]:
    words, order, constants = _words(asked, connection.dialect.name)
    given = {**constants, **values}
    if not is_postgres(connection):
        found: Any = connection.exec_driver_sql(words, tuple(given[name] for name in order))
        return cast("Sequence[Any]", found.cursor.fetchall())
    raw = cast("psycopg.Connection[Any]", connection.connection.driver_connection)
    with raw.cursor(binary=True) as line:
        return line.execute(words.encode(), {name: given[name] for name in order}).fetchall()


@cache
def _words(asked: Select[tuple[object, ...]], name: str) -> tuple[str, tuple[str, ...], dict[str, Any]]:
    """-> (the statement, the names of its values in order, those that are always the same)"""
    compiled = asked.compile(dialect=DIALECTS[name]())
    order = tuple(getattr(compiled, "positiontup", None) or compiled.params)
    return str(compiled), order, dict(compiled.params)
