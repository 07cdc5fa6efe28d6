"""`[place]` of gateways out of the register, in the transaction that changes the register: so there is one truth.

1. A gateway that serves a registered place now is wished what `wish_of` makes of it; where that is what is wished
   already, nothing is touched.
2. What somebody wishes of such a gateway by hand has the register's fields put over it (`merged`).
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select

from server.fleet import forms
from server.fleet.place import place as in_form
from server.places.register import wish_of
from server.store import wishes
from server.store.fleet_tables import gateways
from server.store.place_register import entry, gateway_seats, wishes_now
from server.store.place_tables import place_gateways


def apply(connection: Connection, place_ids: Sequence[str] | None, now_ms: int) -> list[str]:
    """Wish of the gateways of these places (None: of all) what the register says; returns those that it changed for."""
    if place_ids is None:
        place_ids = list(connection.execute(select(place_gateways.c.place_id).distinct()).scalars())
    changed: list[str] = []
    for gateway_id, place_id in sorted(wishes_now(connection, place_ids, now_ms).items()):
        before = _wished(connection, gateway_id)
        made = _made(connection, place_id, before)
        if made is not None and made != before:
            wishes.wish_place(connection, gateway_id, forms.write(made))
            wishes.touch(connection, gateway_id)
            changed.append(gateway_id)
    return changed


def merged(connection: Connection, gateway_id: str, wish: dict[str, Any] | None, now_ms: int) -> dict[str, Any] | None:
    """What is wished of this gateway where somebody wishes this by hand."""
    seats = [one for one in gateway_seats(connection, [gateway_id]) if one.since_ms <= now_ms]
    place_id = seats[-1].place_id if seats else ""
    made = _made(connection, place_id or gateway_id, wish)
    return wish if made is None else made


def _wished(connection: Connection, gateway_id: str) -> dict[str, Any] | None:
    data = connection.execute(select(gateways.c.place).where(gateways.c.gateway_id == gateway_id)).scalar()
    found = None if data is None else forms.read(data)
    return found if isinstance(found, dict) else None


def _made(connection: Connection, place_id: str, before: dict[str, Any] | None) -> dict[str, Any] | None:
    found = entry(connection, place_id) if place_id else None
    return None if found is None else in_form(wish_of(found.place, found.periods, before))
