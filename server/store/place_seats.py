"""The register as deriving and taking in need it: loaded whole, and again when its version has changed.

Only places that a box or a gateway sits at, or did, are loaded: as many as there are gateways, not as there are places.
Purposes are loaded of every place: a gateway that sits nowhere is a place by its own id, and may be registered as one.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, select, union

from server.fleet import forms
from server.places import opening
from server.places.register import wished_periods
from server.places.seats import Seats
from server.places.types import BoxSeat, Gate, GatewaySeat, Period, Place, Register
from server.store.fleet_tables import gateways
from server.store.place_tables import gates, place_boxes, place_gateways, places, purposes

Version = tuple[int, int]
_BOX = [place_boxes.c[name] for name in BoxSeat._fields]
_GATEWAY = [place_gateways.c[name] for name in GatewaySeat._fields]
_PERIOD = [purposes.c[name] for name in Period._fields]
_VERSION = "SELECT version, (SELECT counter FROM fleet) FROM place_versions"
_GATE = [gates.c[name] for name in Gate._fields]


def version(connection: Connection) -> Version:
    """Changes with each change of the register, and of what the fleet wishes."""
    ours, wishes = connection.exec_driver_sql(_VERSION).one()  # each batch asks: no statement is compiled
    return int(ours), int(wishes)


def seats(connection: Connection) -> Seats:
    """Who sits where, as it is now."""
    return Seats(register(connection))


def register(connection: Connection) -> Register:
    """Everything that `Seats` is made of."""
    seated = union(select(place_boxes.c.place_id), select(place_gateways.c.place_id), select(gateways.c.gateway_id))
    found = [place_of(row) for row in connection.execute(select(places).where(places.c.place_id.in_(seated)))]
    ids = {one.place_id for one in found}
    held = [one for one in (Gate(*row) for row in connection.execute(select(*_GATE))) if one.place_id in ids]
    wished = select(gateways.c.gateway_id, gateways.c.place).where(gateways.c.place.is_not(None))
    return Register(
        {one.place_id: one for one in found},
        {(one.place_id, one.gate_id): one for one in held},
        tuple(GatewaySeat(*row) for row in connection.execute(select(*_GATEWAY))),
        tuple(BoxSeat(*row) for row in connection.execute(select(*_BOX))),
        all_periods(connection),
        {row.gateway_id: wished_periods(forms.read(row.place)) for row in connection.execute(wished)},
    )


def all_periods(connection: Connection, place_ids: Iterable[str] | None = None) -> dict[str, tuple[Period, ...]]:
    """The purposes of these places (None: of all), in order."""
    asked = select(purposes.c.place_id, *_PERIOD).order_by(purposes.c.place_id, purposes.c.since_ms)
    if place_ids is not None:
        asked = asked.where(purposes.c.place_id.in_(list(place_ids)))
    found: dict[str, tuple[Period, ...]] = {}
    for place_id, *period in connection.execute(asked):
        found[place_id] = (*found.get(place_id, ()), Period(*period))
    return found


def place_of(row: Any) -> Place:
    """A row of `places`."""
    return Place(
        row.place_id,
        row.name,
        row.kind,
        row.area,
        row.address,
        opening.parse(row.opening),
        row.capacity,
        row.stay_min,
        row.day_begins,
        tuple(row.operators.split()),
    )
