"""The API of `server/places`: areas, places, their gates and purposes, who sits where.

1. Whoever may look at places sees those within its bounds: an operator the places that are named, a supervisor its
   areas, all levels below and what went into them. What is asked for by name and lies elsewhere is `forbidden_area`.
2. A change names the version that was seen: If-Match, or `If-None-Match: *` for what is to be new.
3. What is kept for what, and on what legal basis, changes only with its line in the record of looks (`purposes_put`).
4. A change reaches the gateways that it concerns in the same transaction; those that wait for wishes are woken.
"""

from typing import Annotated, Any

from litestar import Response, delete, get, put
from litestar.params import QueryParameter

from server.access.who import Who
from server.errors import Refused
from server.places.types import KINDS
from server.web import entry, place_files, place_findings, place_seats
from server.web.access_forms import read, shown, tagged, version_of
from server.web.desk import Desk, desk_of
from server.web.operations import takes
from server.web.place_bounds import LOOK, must_reach, within
from server.web.place_forms import (
    AreaList,
    GateForm,
    GateList,
    PlaceDetail,
    PlaceForm,
    PlaceList,
    PlaceView,
    PurposeList,
    PurposesForm,
    area_view,
    detail_view,
    gate_of,
    gate_view,
    period_view,
    periods_of,
    place_of,
    place_view,
)
from server.web.place_routes import CHANGE, CHANGES, LOOKS, After, Anything, GateId, Limit, Nothing, PlaceId, changed

NEW = "*"


@get(
    "/api/v1/areas",
    summary="Provinces, districts, communes; of before and of today",
    operation_id="list_areas",
    **LOOKS,
)
async def list_areas(
    request: Anything,
    parent: Annotated[str, QueryParameter(pattern="^([0-9]{2,5})?$")] = "",
    level: Annotated[str, QueryParameter(max_length=16)] = "",
    after: After = "",
    limit: Limit = 500,
) -> AreaList:
    """`after`: the `next` of the page before."""
    await entry.person(request, *LOOK)
    found = [
        one
        for one in await desk_of(request).places.area_list()
        if f"{one.code}@{one.since}" > after and parent in ("", one.parent) and level in ("", one.level)
    ]
    page = found[:limit]
    next_at = f"{page[-1].code}@{page[-1].since}" if len(found) > limit else None
    return AreaList([area_view(one) for one in page], next_at)


@get("/api/v1/places", summary="Places", operation_id="list_places", **LOOKS)
async def list_places(
    request: Anything,
    area: Annotated[str, QueryParameter(pattern="^([0-9]{2,5})?$")] = "",
    kind: Annotated[str, QueryParameter(max_length=16)] = "",
    after: After = "",
    limit: Limit = 100,
) -> PlaceList:
    """Those that one may see; `area`: only those within it."""
    who = await entry.person(request, *LOOK)
    desk = desk_of(request)
    if kind and kind not in KINDS:
        raise Refused("place_kind", "no such kind")
    tree = await desk.places.areas()
    if area:
        entry.at_area(who, tree.above(area))
    codes = tree.below([area]) if area else None
    found = await desk.places.page(after, limit, await within(who, desk), codes, kind)
    views = [place_view(place, version) for place, version in found]
    return PlaceList(views, views[-1].place_id if len(views) == limit else None)


@get(
    "/api/v1/places/{place_id:str}",
    summary="One place, and all that hangs on it",
    operation_id="get_place",
    operation_class=takes(may_be_known=True),
    **LOOKS,
)
async def get_place(request: Anything, place_id: PlaceId) -> Response[PlaceDetail]:
    """Its ETag is what a change names."""
    who = await entry.person(request, *LOOK)
    desk = desk_of(request)
    above = await must_reach(who, desk, place_id)
    found = await desk.places.entry(place_id)
    return shown(request, detail_view(found, above), found.version)


@put(
    "/api/v1/places/{place_id:str}",
    summary="Register a place, or change it",
    operation_id="register_place",
    **CHANGES,
    operation_class=takes(PlaceForm, names_version=True, may_be_new=True),
)
async def register_place(request: Anything, place_id: PlaceId) -> Response[PlaceView]:
    """`If-None-Match: *`: it is to be new; If-Match: the version that was seen."""
    who = await entry.person(request, *CHANGE)
    is_new = request.headers.get("if-none-match", "").strip() == NEW
    seen = None if is_new else version_of(request)
    made = place_of(place_id, await read(request, PlaceForm))
    desk = desk_of(request)
    version = await desk.places.put_place(made, seen)
    await changed(desk, who, "place_put", place_id=place_id)
    return tagged(place_view(made, version), version)


@delete(
    "/api/v1/places/{place_id:str}",
    summary="Take a place out that nothing sits at",
    operation_id="drop_place",
    operation_class=takes(names_version=True),
    **CHANGES,
)
async def drop_place(request: Anything, place_id: PlaceId) -> Nothing:
    """With If-Match."""
    who = await entry.person(request, *CHANGE)
    desk = desk_of(request)
    await desk.access.drop_place(place_id, version_of(request), who.id)
    await changed(desk, who, "place_dropped", place_id=place_id)
    return Nothing()


@get(
    "/api/v1/places/{place_id:str}/gates",
    summary="Gates of a place",
    operation_id="list_gates",
    operation_class=takes(may_be_known=True),
    **LOOKS,
)
async def list_gates(request: Anything, place_id: PlaceId) -> Response[GateList]:
    """In the order of ids; the ETag is the place's."""
    who = await entry.person(request, *LOOK)
    desk = desk_of(request)
    await must_reach(who, desk, place_id)
    found = await desk.places.entry(place_id)
    return shown(request, GateList([gate_view(one) for one in found.gates]), found.version)


@put(
    "/api/v1/places/{place_id:str}/gates/{gate_id:str}",
    summary="A gate of a place",
    operation_id="put_gate",
    **CHANGES,
    operation_class=takes(GateForm, names_version=True),
)
async def put_gate(request: Anything, place_id: PlaceId, gate_id: GateId) -> Response[GateList]:
    """If-Match: the place's version."""
    who = await entry.person(request, *CHANGE)
    seen = version_of(request)
    made = gate_of(place_id, gate_id, await read(request, GateForm))
    desk = desk_of(request)
    await desk.places.put_gate(made, seen)
    return await _gates(desk, who, place_id, gate_id)


@delete(
    "/api/v1/places/{place_id:str}/gates/{gate_id:str}",
    summary="Take a gate away",
    operation_class=takes(names_version=True),
    operation_id="drop_gate",
    **CHANGES,
)
async def drop_gate(request: Anything, place_id: PlaceId, gate_id: GateId) -> Response[GateList]:
    """If-Match: the place's version."""
    who = await entry.person(request, *CHANGE)
    desk = desk_of(request)
    await desk.places.drop_gate(place_id, gate_id, version_of(request))
    return await _gates(desk, who, place_id, gate_id)


@get(
    "/api/v1/places/{place_id:str}/purposes",
    summary="For what scans are kept there",
    operation_id="get_purposes",
    operation_class=takes(may_be_known=True),
    **LOOKS,
)
async def get_purposes(request: Anything, place_id: PlaceId) -> Response[PurposeList]:
    """The ETag is the place's."""
    who = await entry.person(request, *LOOK)
    desk = desk_of(request)
    await must_reach(who, desk, place_id)
    found = await desk.places.entry(place_id)
    return shown(request, PurposeList([period_view(one) for one in found.periods]), found.version)


@put(
    "/api/v1/places/{place_id:str}/purposes",
    summary="All purposes of a place",
    operation_id="put_purposes",
    **CHANGES,
    operation_class=takes(PurposesForm, names_version=True),
)
async def put_purposes(request: Anything, place_id: PlaceId) -> Response[PurposeList]:
    """Rising; what is identified names its legal basis. If-Match: the place's version."""
    who = await entry.person(request, *CHANGE)
    seen = version_of(request)
    periods = periods_of(await read(request, PurposesForm))
    desk = desk_of(request)
    version = await desk.access.put_purposes(place_id, periods, seen, who.id)
    await changed(desk, who, "purposes_put", place_id=place_id, periods=len(periods))
    return tagged(PurposeList([period_view(one) for one in periods]), version)


async def _gates(desk: Desk, who: Who, place_id: str, gate_id: str) -> Response[GateList]:
    await changed(desk, who, "gate_changed", place_id=place_id, gate_id=gate_id)
    found = await desk.places.entry(place_id)
    return tagged(GateList([gate_view(one) for one in found.gates]), found.version)


HANDLERS: list[Any] = [
    list_areas,
    list_places,
    get_place,
    register_place,
    drop_place,
    list_gates,
    put_gate,
    drop_gate,
    get_purposes,
    put_purposes,
    *place_seats.HANDLERS,
    *place_files.HANDLERS,
    *place_findings.HANDLERS,
]
