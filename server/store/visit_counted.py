"""Scans that are counted only, as occupancy needs them: they have an index of their own (`sightings_nobody`)."""

from sqlalchemy import Connection, select

from server.store.visit_tables import sightings
from server.visits.occupancy import Counted

MOST_UNTIMED = 10_000
_OF_NOBODY = select(*[sightings.c[name] for name in Counted._fields]).where(sightings.c.person.is_(None))


def between(connection: Connection, place_id: str, from_ms: int, to_ms: int) -> list[Counted]:
    """Of a place, whose best instant lies from … until before …."""
    at_ms = sightings.c.at_ms
    asked = _OF_NOBODY.where(sightings.c.place_id == place_id, at_ms >= from_ms, at_ms < to_ms)
    return [Counted(*row) for row in connection.execute(asked)]


def untimed(connection: Connection, place_id: str, from_ms: int) -> list[Counted]:
    """Of a place, made nobody knows when, but known of only after that instant; no more than `MOST_UNTIMED`."""
    asked = _OF_NOBODY.where(
        sightings.c.place_id == place_id, sightings.c.at_ms.is_(None), sightings.c.latest_ms >= from_ms
    )
    return [Counted(*row) for row in connection.execute(asked.limit(MOST_UNTIMED))]
