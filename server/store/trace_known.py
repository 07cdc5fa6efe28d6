"""Whether anybody knows a place, a gate or a zone that is asked for. A typing error is no place where nobody was.

1. A place is known that is registered, that a box or a gateway sits at or did, that is a gateway's own, or that has
   counted anything or seen anybody.
2. A gate is known that the register gives to this place, now or as the gate of a box's seat, or that has counted
   anything there; a gate or a zone besides that stands in a stay there within reach of the window.
"""

from sqlalchemy import ColumnElement, Connection, Table, and_, or_, select

from server.errors import Refused
from server.store.fleet_tables import assignments, gateways, reports
from server.store.place_tables import gates, place_boxes, place_gateways, places
from server.store.visit_tables import hours, sightings, visits
from server.tracing.types import DAY_MS, Question

REACH_MS = 3 * DAY_MS
"""No rule set believes in a longer stay."""
_OF_PLACE = (places, place_boxes, place_gateways, hours, sightings, visits)
_OF_GATEWAY = (gateways, reports, assignments)


def must_know(connection: Connection, asked: Question) -> None:
    """Raises `Refused`: `place_unknown`, `gate_unknown`, `zone_unknown`."""
    if not _is_place(connection, asked.place_id):
        raise Refused("place_unknown", asked.place_id)
    if asked.gate_id and not _is_gate(connection, asked):
        raise Refused("gate_unknown", f"{asked.place_id} {asked.gate_id}")
    if asked.zone and not _is_zone(connection, asked):
        raise Refused("zone_unknown", asked.place_id)


def _is_place(connection: Connection, place_id: str) -> bool:
    return any(_has(connection, one, one.c.place_id == place_id) for one in _OF_PLACE) or any(
        _has(connection, one, one.c.gateway_id == place_id) for one in _OF_GATEWAY
    )


def _is_gate(connection: Connection, asked: Question) -> bool:
    named = (
        _has(connection, one, and_(one.c.place_id == asked.place_id, one.c.gate_id == asked.gate_id))
        for one in (gates, place_boxes, hours)
    )
    passed = or_(visits.c.gate_in == asked.gate_id, visits.c.gate_out == asked.gate_id)
    return any(named) or _has(connection, visits, and_(_near(asked), passed))


def _is_zone(connection: Connection, asked: Question) -> bool:
    named = _has(connection, gates, and_(gates.c.place_id == asked.place_id, gates.c.zone == asked.zone))
    return named or _has(connection, visits, and_(_near(asked), visits.c.zone == asked.zone))


def _near(asked: Question) -> ColumnElement[bool]:
    begins = visits.c.in_low >= asked.window.from_ms - REACH_MS, visits.c.in_low < asked.until_ms
    return and_(visits.c.place_id == asked.place_id, *begins)


def _has(connection: Connection, table: Table, where: ColumnElement[bool]) -> bool:
    return connection.execute(select(1).select_from(table).where(where).limit(1)).first() is not None
