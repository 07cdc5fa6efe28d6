"""The register's rows: what is read of it, and each change with its number and its marks, within one transaction.

1. Every change counts the register up, and the place that it touches gets that number as its version.
2. Who changes a place says which version it saw; where it is another by now, nothing is changed: `changed_meanwhile`.
3. A change that touches what is past leaves marks, where anything can have been derived for it: at a place that has, or
   had, a box or a gateway.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, insert, or_, select, update

from server.errors import Refused
from server.places import opening, register
from server.places.types import Area, BoxSeat, Gate, GatewaySeat, Mark, Period, Place
from server.store.dialect import upsert
from server.store.fleet_tables import assignments, gateways
from server.store.place_seats import all_periods, place_of
from server.store.place_tables import (
    areas,
    gates,
    place_boxes,
    place_gateways,
    place_marks,
    place_versions,
    places,
    purposes,
)

T = TypeVar("T")
CHUNK = 400
MOST_MARKS = 500
_AREA = [areas.c[name] for name in Area._fields]
_GATE = [gates.c[name] for name in Gate._fields]
_BOX = [place_boxes.c[name] for name in BoxSeat._fields]
_GATEWAY = [place_gateways.c[name] for name in GatewaySeat._fields]
_MARK = [place_marks.c[name] for name in Mark._fields]


class Entry(NamedTuple):
    """A place with all that hangs on it. `gateways`, `boxes`: seats there, of now and of before."""

    place: Place
    version: int
    gates: tuple[Gate, ...]
    periods: tuple[Period, ...]
    gateways: tuple[GatewaySeat, ...]
    boxes: tuple[BoxSeat, ...]


class Kept(NamedTuple):
    """A mark, and its number."""

    no: int
    mark: Mark


def hold(connection: Connection) -> None:
    """Nobody else changes the register until this transaction ends."""
    connection.execute(update(place_versions).values(version=place_versions.c.version))


def all_areas(connection: Connection) -> list[Area]:
    """Every area, in order."""
    return [Area(*row) for row in connection.execute(select(*_AREA).order_by(areas.c.code, areas.c.since))]


def put_areas(connection: Connection, found: Sequence[Area]) -> None:
    """Add or replace."""
    upsert(connection, areas, [one._asdict() for one in found])
    _count_up(connection)


def page(
    connection: Connection,
    after: str,
    limit: int,
    within: tuple[Iterable[str], Iterable[str]] | None,
    area_codes: Iterable[str] | None = None,
    kind: str = "",
) -> list[tuple[Place, int]]:
    """Places by id, with their versions. `within`: only these places, and those in these areas; None: all."""
    asked = select(places).where(places.c.place_id > after).order_by(places.c.place_id).limit(limit)
    if within is not None:
        ids, codes = within
        asked = asked.where(or_(places.c.place_id.in_(list(ids)), places.c.area.in_(list(codes))))
    if area_codes is not None:
        asked = asked.where(places.c.area.in_(list(area_codes)))
    if kind:
        asked = asked.where(places.c.kind == kind)
    return [(place_of(row), row.version) for row in connection.execute(asked)]


def entry(connection: Connection, place_id: str) -> Entry | None:
    """One place."""
    row = connection.execute(select(places).where(places.c.place_id == place_id)).first()
    if row is None:
        return None
    return Entry(
        place_of(row),
        row.version,
        tuple(gates_of(connection, [place_id])),
        all_periods(connection, [place_id]).get(place_id, ()),
        tuple(
            GatewaySeat(*one)
            for one in connection.execute(select(*_GATEWAY).where(place_gateways.c.place_id == place_id))
        ),
        tuple(BoxSeat(*one) for one in connection.execute(select(*_BOX).where(place_boxes.c.place_id == place_id))),
    )


def gates_of(connection: Connection, place_ids: Sequence[str]) -> list[Gate]:
    """The gates of these places, in order."""
    asked = select(*_GATE).where(gates.c.place_id.in_(place_ids)).order_by(gates.c.place_id, gates.c.gate_id)
    return [Gate(*row) for row in connection.execute(asked)]


def box_seats(connection: Connection, box_ids: Sequence[str]) -> list[BoxSeat]:
    """Where these boxes hang since when, in order."""
    asked = select(*_BOX).where(place_boxes.c.box_id.in_(box_ids))
    return [BoxSeat(*row) for row in connection.execute(asked.order_by(place_boxes.c.box_id, place_boxes.c.since_ms))]


def gateway_seats(connection: Connection, gateway_ids: Sequence[str]) -> list[GatewaySeat]:
    """What these gateways serve since when, in order."""
    asked = select(*_GATEWAY).where(place_gateways.c.gateway_id.in_(gateway_ids))
    return [
        GatewaySeat(*row)
        for row in connection.execute(asked.order_by(place_gateways.c.gateway_id, place_gateways.c.since_ms))
    ]


def all_gateway_seats(connection: Connection) -> list[GatewaySeat]:
    """What every gateway serves since when, in order."""
    asked = select(*_GATEWAY).order_by(place_gateways.c.gateway_id, place_gateways.c.since_ms)
    return [GatewaySeat(*row) for row in connection.execute(asked)]


def all_box_ids(connection: Connection, after: str, limit: int) -> list[str]:
    """Boxes that somebody speaks for or that have a seat."""
    known = select(assignments.c.box_id).union(select(place_boxes.c.box_id)).subquery()
    asked = select(known.c.box_id).where(known.c.box_id > after).order_by(known.c.box_id).limit(limit)
    return list(connection.execute(asked).scalars())


def places_of(connection: Connection, place_ids: Sequence[str]) -> dict[str, Place]:
    """Those of them that are registered."""
    found: dict[str, Place] = {}
    for ids in pieces(place_ids):
        rows = connection.execute(select(places).where(places.c.place_id.in_(ids)))
        found.update({row.place_id: place_of(row) for row in rows})
    return found


def put_places(connection: Connection, found: Sequence[Place], now_ms: int) -> int:
    """Add or replace; returns their version."""
    before = places_of(connection, [one.place_id for one in found])
    number = _count_up(connection)
    upsert(connection, places, [_row_of(one, number) for one in found])
    made = [mark for one in found for mark in register.marks_of_place(before.get(one.place_id), one)]
    _put_marks(connection, _of_used(connection, made), now_ms)
    return number


def put_gates(connection: Connection, found: Sequence[Gate], now_ms: int) -> int:
    """Add or replace; returns the version of their places."""
    place_ids = sorted({one.place_id for one in found})
    before = {one[:2]: one for ids in pieces(place_ids) for one in gates_of(connection, ids)}
    upsert(connection, gates, [one._asdict() for one in found])
    made = {mark for one in found for mark in register.marks_of_gate(before.get(one[:2]), one)}
    _put_marks(connection, _of_used(connection, sorted(made)), now_ms)
    return _touch(connection, place_ids)


def drop_gate(connection: Connection, gate: Gate, now_ms: int) -> int:
    """Take a gate away; returns the version of its place."""
    connection.execute(delete(gates).where(gates.c.place_id == gate.place_id, gates.c.gate_id == gate.gate_id))
    _put_marks(connection, _of_used(connection, register.marks_of_gate(gate, None)), now_ms)
    return _touch(connection, [gate.place_id])


def put_periods(connection: Connection, found: dict[str, tuple[Period, ...]], now_ms: int) -> int:
    """All purposes of these places; returns the version."""
    before = {key: one for ids in pieces(list(found)) for key, one in all_periods(connection, ids).items()}
    for ids in pieces(list(found)):
        connection.execute(delete(purposes).where(purposes.c.place_id.in_(ids)))
    rows = [{"place_id": key, **one._asdict()} for key, periods in found.items() for one in periods]
    if rows:
        connection.execute(insert(purposes), rows)
    made = [
        mark
        for key, periods in found.items()
        for mark in register.marks_of_purpose(key, before.get(key, ()), periods, now_ms)
    ]
    _put_marks(connection, _of_used(connection, made), now_ms)
    return _touch(connection, list(found))


def put_box_seats(connection: Connection, found: Sequence[BoxSeat], by: str, now_ms: int) -> None:
    """Add or replace seats, by box and instant."""
    _put_seats(connection, place_boxes, found, box_seats, lambda one: one.box_id, by, now_ms)


def put_gateway_seats(connection: Connection, found: Sequence[GatewaySeat], by: str, now_ms: int) -> None:
    """Add or replace seats, by gateway and instant."""
    _put_seats(connection, place_gateways, found, gateway_seats, lambda one: one.gateway_id, by, now_ms)


def replace_box_seats(connection: Connection, box_id: str, found: Sequence[BoxSeat], by: str, now_ms: int) -> None:
    """All seats of a box: what is not among them is taken back."""
    before = box_seats(connection, [box_id])
    connection.execute(delete(place_boxes).where(place_boxes.c.box_id == box_id))
    _insert_seats(connection, place_boxes, found, by, now_ms)
    _put_marks(connection, register.marks_of_seats(before, found, now_ms), now_ms)
    _touch(connection, [one.place_id for one in (*before, *found)])


def drop_place(connection: Connection, place_id: str) -> None:
    """Take a place out of the register. Raises `Refused`: `place_used` where a box or a gateway sits there or did."""
    if used(connection, [place_id]):
        raise Refused("place_used", f"{place_id}: a box or a gateway sits there, or did")
    for table in (places, gates, purposes):
        connection.execute(delete(table).where(table.c.place_id == place_id))
    _count_up(connection)


def used(connection: Connection, place_ids: Sequence[str]) -> set[str]:
    """Those of them at which a box or a gateway sits, or did; or which a gateway is by its own id."""
    found: set[str] = set()
    columns = (place_boxes.c.place_id, place_gateways.c.place_id, assignments.c.gateway_id, gateways.c.gateway_id)
    for ids in pieces(place_ids):
        for column in columns:
            found.update(connection.execute(select(column).where(column.in_(ids)).distinct()).scalars())
    return found


def marks(connection: Connection, limit: int = MOST_MARKS) -> list[Kept]:
    """What is to be derived anew, the oldest first."""
    rows = connection.execute(select(place_marks.c.no, *_MARK).order_by(place_marks.c.no).limit(limit))
    return [Kept(no, Mark(*mark)) for no, *mark in rows]


def unmark(connection: Connection, numbers: Sequence[int]) -> None:
    """These are derived anew."""
    connection.execute(delete(place_marks).where(place_marks.c.no.in_(list(numbers))))


def wishes_now(connection: Connection, place_ids: Sequence[str], now_ms: int) -> dict[str, str]:
    """gateway -> place, of the gateways that serve one of these places now."""
    wanted = set(place_ids)
    found: dict[str, str] = {}
    for ids in pieces(sorted(wanted)):
        ever = select(place_gateways.c.gateway_id).where(place_gateways.c.place_id.in_(ids))
        asked = select(*_GATEWAY).where(place_gateways.c.gateway_id.in_(ever), place_gateways.c.since_ms <= now_ms)
        ordered = asked.order_by(place_gateways.c.gateway_id, place_gateways.c.since_ms)
        found.update({gateway_id: place_id for gateway_id, _, place_id in connection.execute(ordered)})
    for ids in pieces(sorted(wanted)):
        own = connection.execute(select(assignments.c.gateway_id).where(assignments.c.gateway_id.in_(ids)).distinct())
        alone = set(own.scalars())
        found.update(
            {one.gateway_id: one.place_id for one in gateway_seats(connection, sorted(alone)) if one[1] <= now_ms}
        )
        found.update({gateway_id: found.get(gateway_id) or gateway_id for gateway_id in alone})
    return {gateway_id: place_id for gateway_id, place_id in found.items() if place_id in wanted}


def served_places(connection: Connection, after: str, limit: int = CHUNK) -> list[str]:
    """Places that a gateway serves, served or will serve, by id."""
    asked = select(place_gateways.c.place_id).where(place_gateways.c.place_id > after).distinct()
    return list(connection.execute(asked.order_by(place_gateways.c.place_id).limit(limit)).scalars())


def _put_seats(
    connection: Connection,
    table: Table,
    found: Sequence[Any],
    read: Callable[[Connection, Sequence[str]], Sequence[Any]],
    subject: Callable[[Any], str],
    by: str,
    now_ms: int,
) -> None:
    ids = sorted({subject(one) for one in found})
    before = [one for some in pieces(ids) for one in read(connection, some)]
    upsert(connection, table, _seat_rows(found, by, now_ms))
    after = [one for some in pieces(ids) for one in read(connection, some)]
    _put_marks(connection, _by_subject(before, after, subject, now_ms), now_ms)
    _touch(connection, [one.place_id for one in (*before, *found)])


def _by_subject(before: Sequence[Any], after: Sequence[Any], subject: Callable[[Any], str], now_ms: int) -> list[Mark]:
    both: dict[str, tuple[list[Any], list[Any]]] = {}
    for at, rows in enumerate((before, after)):
        for one in rows:
            both.setdefault(subject(one), ([], []))[at].append(one)
    return [mark for was, is_now in both.values() for mark in register.marks_of_seats(was, is_now, now_ms)]


def _insert_seats(connection: Connection, table: Table, found: Sequence[Any], by: str, now_ms: int) -> None:
    if found:
        connection.execute(insert(table), _seat_rows(found, by, now_ms))


def _seat_rows(found: Sequence[Any], by: str, now_ms: int) -> list[dict[str, Any]]:
    return [{**one._asdict(), "given_by": by, "given_ms": now_ms} for one in found]


def _row_of(one: Place, number: int) -> dict[str, Any]:
    texts = {"opening": opening.text_of(one.opening), "operators": " ".join(one.operators)}
    return {**one._asdict(), **texts, "version": number}


def _of_used(connection: Connection, found: Sequence[Mark]) -> list[Mark]:
    there = used(connection, [one.id for one in found]) if found else set()
    return [one for one in found if one.id in there]


def _put_marks(connection: Connection, found: Sequence[Mark], now_ms: int) -> None:
    new = [one for one in found if not connection.execute(select(place_marks.c.no).where(_same(one))).first()]
    if new:
        connection.execute(insert(place_marks), [{**one._asdict(), "made_ms": now_ms} for one in new])


def _same(mark: Mark) -> ColumnElement[bool]:
    named = {name: getattr(mark, name) for name in Mark._fields}
    return and_(
        *(place_marks.c[name].is_(None) if one is None else place_marks.c[name] == one for name, one in named.items())
    )


def _touch(connection: Connection, place_ids: Sequence[str]) -> int:
    number = _count_up(connection)
    for ids in pieces(sorted(set(place_ids))):
        connection.execute(update(places).where(places.c.place_id.in_(ids)).values(version=number))
    return number


def _count_up(connection: Connection) -> int:
    connection.execute(update(place_versions).values(version=place_versions.c.version + 1))
    return int(connection.execute(select(place_versions.c.version)).scalar_one())


def pieces(found: Sequence[T]) -> list[Sequence[T]]:
    """As many as one statement may ask for."""
    return [found[at : at + CHUNK] for at in range(0, len(found), CHUNK)]
