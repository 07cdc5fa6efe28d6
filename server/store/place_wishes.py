"""`[place]` of gateways out of the register, in the transaction that changes the register: so there is one truth.

1. A gateway that serves a registered place now is wished what `wish_of` makes of it; where that is what is wished
   already, nothing is touched. What all of these gateways need is read at once.
2. What somebody wishes of such a gateway by hand has the register's fields put over it (`merged`).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from server.fleet import forms
from server.fleet.place import place as in_form
from server.places.register import wish_of
from server.places.types import Period, Place
from server.store import wishes
from server.store.fleet_tables import gateways
from server.store.place_register import gateway_seats, pieces, places_of, wishes_now
from server.store.place_seats import all_periods

Wish = dict[str, Any]


def apply(connection: Connection, place_ids: Sequence[str], now_ms: int) -> list[str]:
    """Wish of the gateways of these places what the register says; returns those that it changed for."""
    changed: list[str] = []
    for piece in pieces(sorted(wishes_now(connection, place_ids, now_ms).items())):
        found, periods = _rules(connection, [place_id for _, place_id in piece])
        wished = _wished(connection, [gateway_id for gateway_id, _ in piece])
        for gateway_id, place_id in piece:
            before = wished.get(gateway_id)
            made = _made(found.get(place_id), periods.get(place_id, ()), before)
            if made is not None and made != before:
                wishes.wish_place(connection, gateway_id, forms.write(made))
                wishes.touch(connection, gateway_id)
                changed.append(gateway_id)
    return changed


def merged(connection: Connection, gateway_id: str, wish: Wish | None, now_ms: int) -> Wish | None:
    """What is wished of this gateway where somebody wishes this by hand."""
    seats = [one for one in gateway_seats(connection, [gateway_id]) if one.since_ms <= now_ms]
    place_id = (seats[-1].place_id if seats else "") or gateway_id
    found, periods = _rules(connection, [place_id])
    made = _made(found.get(place_id), periods.get(place_id, ()), wish)
    return wish if made is None else made


def _rules(
    connection: Connection, place_ids: Sequence[str]
) -> tuple[Mapping[str, Place], Mapping[str, tuple[Period, ...]]]:
    return places_of(connection, place_ids), all_periods(connection, place_ids)


def _wished(connection: Connection, gateway_ids: Sequence[str]) -> dict[str, Wish]:
    asked = select(gateways.c.gateway_id, gateways.c.place).where(gateways.c.gateway_id.in_(gateway_ids))
    read = {row.gateway_id: forms.read(row.place) for row in connection.execute(asked) if row.place is not None}
    return {gateway_id: one for gateway_id, one in read.items() if isinstance(one, dict)}


def _made(place: Place | None, periods: Sequence[Period], before: Wish | None) -> Wish | None:
    return None if place is None else in_form(wish_of(place, periods, before))
