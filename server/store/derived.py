"""What follows from a page of scans, written: sightings, persons, visits, counts by the hour. One transaction."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection

from server.ingest.kept import Reading
from server.persons.types import Named
from server.places.seats import Seats
from server.store import deriving, marked, person_links, visit_hours, visit_parts, visit_sightings
from server.store.deriving import Page
from server.visits.part import Book
from server.visits.types import Sighting

DIRECTIONS = ("in", "out", "both")
COUNTED = "counted"


def take(
    connection: Connection,
    found: Page,
    named: Sequence[Named | None],
    seats: Seats,
    book: Book,
    now_ms: int,
) -> bool:
    """Write it; False: another has done so. `named` belongs to `found.sealed()`."""
    if not deriving.move(connection, found, now_ms):
        return False
    deriving.note(connection, found.rotted, now_ms)
    readings = deriving.timed(connection, found.readings)
    gone = marked.blank(connection, readings, seats) if not found.is_new else set()
    shown = [
        (row[:3], one, row.day)
        for row, one in zip(found.sealed(), named, strict=True)
        if one is not None and row[:3] not in gone
    ]
    known = {identity: one for identity, one, _ in shown}
    linked = person_links.link(connection, shown)
    kept_from_ms = person_links.horizon(connection)
    made = [_sighting(one, known.get(one.stored[1:4]), seats, linked.persons) for one in readings]
    unread = {one.stored[1:4] for one in found.readings if one.stored.unread is not None}
    counted_only = {one.stored[1:4] for one in found.readings if one.stored.kind is None}
    touched = set(visit_sightings.repoint(connection, linked.moved))
    if not found.is_new:  # what is behind the horizon has no sighting any more, and is not counted again
        before = visit_sightings.of(connection, [one.identity for one in made])
        visit_hours.take_back(connection, list(before.values()), unread, counted_only)
        touched |= {one.person for one in before.values() if one.person is not None}
        made = [one for one in made if one.identity in before]
    visit_hours.add(connection, made, unread, counted_only)
    kept = [one for one in made if one.latest_ms >= kept_from_ms]
    visit_sightings.put(connection, kept)
    deriving.remember_vague(connection, found.readings)
    fresh: dict[bytes, list[Sighting]] = {}
    for one in kept:
        if one.person is not None:
            fresh.setdefault(one.person, []).append(one)
    visit_parts.make_anew(connection, touched if found.is_new else touched | fresh.keys(), fresh, book)
    return True


def _sighting(one: Reading, named: Named | None, seats: Seats, persons: Mapping[bytes, bytes | None]) -> Sighting:
    stored, scan, when = one
    marks = _marks(scan.marks)
    direction = marks.get("dir")
    seat = seats.where(
        stored.box_id,
        stored.gateway_id,
        when.at_ms,
        when.earliest_ms,
        when.latest_ms,
        marks.get("gate", ""),
        direction if direction in DIRECTIONS else None,
    )
    token = None if named is None else named.naming
    return Sighting(
        *stored[1:4],
        None if token is None else persons.get(token.mac),
        seat.place_id,
        seat.gate_id,
        seat.zone,
        seat.direction,
        when.earliest_ms,
        when.at_ms,
        when.latest_ms,
        stored.kind or COUNTED,
        "box",
        named is not None and named.on_behalf,
        named is not None and named.has_phone,
        stored.received_ms,
        token.mac if token is not None else None,
    )


@lru_cache(maxsize=1_024)
def _marks(said: str) -> Mapping[str, Any]:
    return dict(pair.split("=") for pair in said.split(",")) if said else {}
