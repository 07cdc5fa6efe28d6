"""Who sits where: gateways at places, boxes at gates.

1. Each change names all the seats that were seen (If-Match).
2. Who is bounded sees seats at places within its bounds and no others: not in a list, not in an ETag, not in a `next`.
"""

from typing import Any

from litestar import Response, get, put

from server.access.who import Who
from server.errors import Refused
from server.places import register
from server.places.types import BoxSeat, GatewaySeat
from server.web import entry
from server.web.access_forms import read, shown, tagged
from server.web.desk import Desk, desk_of
from server.web.operations import takes
from server.web.place_bounds import LOOK, must_reach, within
from server.web.place_forms import (
    BoxList,
    BoxView,
    GatewayForm,
    GatewaySeatsView,
    SeatsForm,
    box_view,
    gateway_seats_view,
    seats_of,
)
from server.web.place_routes import CHANGE, CHANGES, LOOKS, After, Anything, BoxId, GatewayId, Limit, PlaceId, changed

PAGE = 500


@get(
    "/api/v1/places/{place_id:str}/gateways/{gateway_id:str}",
    summary="What a gateway serves, and served",
    operation_id="get_gateway_seat",
    operation_class=takes(may_be_known=True),
    **LOOKS,
)
async def get_gateway(request: Anything, place_id: PlaceId, gateway_id: GatewayId) -> Response[GatewaySeatsView]:
    """All of its seats that one may see, at this place or another. Its ETag is what a change names."""
    who = await entry.person(request, *LOOK)
    desk = desk_of(request)
    await must_reach(who, desk, place_id)
    reach = _Reach(who, desk)
    seats = [one for one in await desk.places.gateway_seats(gateway_id) if await reach(one.place_id)]
    view = gateway_seats_view(gateway_id, seats)
    return shown(request, view, view.version)


@put(
    "/api/v1/places/{place_id:str}/gateways/{gateway_id:str}",
    summary="From when on a gateway serves this place",
    operation_id="put_gateway_seat",
    **CHANGES,
    operation_class=takes(GatewayForm, names_version=True),
)
async def put_gateway(request: Anything, place_id: PlaceId, gateway_id: GatewayId) -> Response[GatewaySeatsView]:
    """The same again changes nothing. With If-Match."""
    who = await entry.person(request, *CHANGE)
    desk = desk_of(request)
    seen = await desk.places.gateway_seats(gateway_id)
    _must_name(request, gateway_seats_view(gateway_id, seen).version, "the gateway has other seats")
    form = await read(request, GatewayForm)
    seat = register.seat(GatewaySeat(gateway_id, form.since_ms, place_id))
    await desk.places.put_gateway_seat(seat, who.id, seen)
    await changed(desk, who, "gateway_seat_put", place_id=place_id, gateway_id=gateway_id)
    view = gateway_seats_view(gateway_id, await desk.places.gateway_seats(gateway_id))
    return tagged(view, view.version)


@get("/api/v1/seats", summary="Boxes and where they hang", operation_id="list_seats", **LOOKS)
async def list_seats(request: Anything, after: After = "", limit: Limit = 100) -> BoxList:
    """Those at places that one may see; who is not bounded sees those without a seat too."""
    who = await entry.person(request, *LOOK)
    desk = desk_of(request)
    if await within(who, desk) is None:
        found = await desk.places.box_page(after, limit)
    else:
        found = await _seen(who, desk, after, limit)
    next_at = found[-1][0] if len(found) == limit else None
    return BoxList([box_view(box_id, seats) for box_id, seats in found], next_at)


@get(
    "/api/v1/boxes/{box_id:str}/seat",
    summary="Where a box hangs, and hung",
    operation_id="get_seat",
    operation_class=takes(may_be_known=True),
    **LOOKS,
)
async def get_seat(request: Anything, box_id: BoxId) -> Response[BoxView]:
    """Its ETag is what a change names."""
    who = await entry.person(request, *LOOK)
    desk = desk_of(request)
    seats = await desk.places.box_seats(box_id)
    await must_reach(who, desk, seats[-1].place_id if seats else "")
    reach = _Reach(who, desk)
    view = box_view(box_id, [one for one in seats if await reach(one.place_id)])
    return shown(request, view, view.version)


@put(
    "/api/v1/boxes/{box_id:str}/seat",
    summary="Where a box hangs since when",
    operation_id="put_seat",
    **CHANGES,
    operation_class=takes(SeatsForm, names_version=True),
)
async def put_seat(request: Anything, box_id: BoxId) -> Response[BoxView]:
    """All of its seats; what was derived of a time that they change is derived anew. With If-Match."""
    who = await entry.person(request, *CHANGE)
    desk = desk_of(request)
    seen = await desk.places.box_seats(box_id)
    _must_name(request, box_view(box_id, seen).version, "the box has other seats")
    made = seats_of(box_id, await read(request, SeatsForm))
    marks = await desk.places.put_box_seats(box_id, made, seen, who.id)
    await changed(desk, who, "seat_put", box_id=box_id)
    view = box_view(box_id, made, marks)
    return tagged(view, view.version)


def _must_name(request: Anything, version: str, otherwise: str) -> None:
    asked = request.headers.get("if-match", "")
    if not asked:
        raise Refused("if_match_needed", "If-Match is missing")
    if asked.strip() != f'"{version}"':
        raise Refused("changed_meanwhile", otherwise)


class _Reach:
    """Which places somebody may see: each is asked for once."""

    def __init__(self, who: Who, desk: Desk) -> None:
        self._who, self._desk = who, desk
        self._known: dict[str, bool] = {}

    async def __call__(self, place_id: str) -> bool:
        if place_id not in self._known:
            try:
                await must_reach(self._who, self._desk, place_id)
                self._known[place_id] = True
            except Refused:
                self._known[place_id] = False
        return self._known[place_id]


async def _seen(who: Who, desk: Desk, after: str, limit: int) -> list[tuple[str, list[BoxSeat]]]:
    """Boxes that hang, last of all, at a place that one may see; of their seats those at such places."""
    reach = _Reach(who, desk)
    made: list[tuple[str, list[BoxSeat]]] = []
    while len(made) < limit and (page := await desk.places.box_page(after, PAGE)):
        after = page[-1][0]
        for box_id, seats in page:
            if seats and await reach(seats[-1].place_id):
                made.append((box_id, [one for one in seats if await reach(one.place_id)]))
    return made[:limit]


HANDLERS: list[Any] = [get_gateway, put_gateway, list_seats, get_seat, put_seat]
