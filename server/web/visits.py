"""The API of `server/visits`: who was at a place (for tracers, within a case), how many, and counts.

1. People are told only to a tracer, under a pseudonym of the open case that the tracer names, and every such look is
   recorded with all of its persons before it is answered. The place has to lie in the area of the case, and the case
   among the areas of the tracer.
2. Everybody else gets numbers. A supervisor or an operator gets those of their own areas and places.
"""

import re
from functools import partial
from typing import Annotated, Any

from litestar import Request, get
from litestar.params import PathParameter, QueryParameter

from server.access.roles import may
from server.errors import Refused
from server.tracing.cases import Case, covers, pseudonym
from server.visits.occupancy import calendar_of
from server.visits.types import HOUR_MS
from server.web import entry
from server.web.desk import desk_of
from server.web.problems import refusals
from server.web.visit_views import (
    CountList,
    CourseView,
    OccupancyView,
    VisitList,
    by_day,
    by_hour,
    level_view,
    visit_view,
)

DAY_MS = 24 * HOUR_MS
LONGEST_MS = {"hour": 31 * DAY_MS, "day": 366 * DAY_MS}
LONGEST_VISITS_MS = 31 * DAY_MS
MOST_INSTANTS = 500
NO_CONTROLS = r"^[^\x00-\x1f\x7f]*$"
CURSOR = re.compile(r"(-?\d{1,15})-([0-9a-f]{32})\Z")
Anything = Request[Any, Any, Any]
PlaceId = Annotated[str, PathParameter(pattern="^[a-z0-9][a-z0-9-]{2,31}$", description="A place")]
Instant = Annotated[int, QueryParameter(ge=0, le=1 << 47, description="UTC in milliseconds")]
MaybeInstant = Annotated[int | None, QueryParameter(ge=0, le=1 << 47, description="UTC in milliseconds; now")]
MaybeGate = Annotated[
    str | None, QueryParameter(pattern="^[a-z0-9][a-z0-9_-]{0,31}$", description="One gate; all, if left out")
]
MaybeZone = Annotated[
    str | None,
    QueryParameter(
        max_length=40, pattern=NO_CONTROLS, description="A zone with gates of its own; the whole place, if left out"
    ),
]
LOOKER: Any = {"security": [{"reader": []}]}
REFUSALS = refusals(400, 401, 403, 404, 503)


@get(
    "/api/v1/places/{place_id:str}/visits",
    summary="Who was at a place, by pseudonym",
    description="For tracers, within an open case.",
    operation_id="list_visits",
    responses=REFUSALS,
    **LOOKER,
)
async def list_visits(
    request: Anything,
    place_id: PlaceId,
    case: Annotated[str, QueryParameter(pattern="^[0-9a-z]{1,64}$", description="The case that this is for")],
    from_ms: Instant,
    to_ms: Instant,
    zone: MaybeZone = None,
    after: Annotated[str, QueryParameter(max_length=64, description="`next` of the page before")] = "",
    limit: Annotated[int, QueryParameter(ge=1, le=500)] = 100,
) -> VisitList:
    """Visits that may touch that time, in the order of their earliest beginning."""
    who = await entry.person(request, *may("look_at_people"))
    _range(from_ms, to_ms, LONGEST_VISITS_MS)
    cursor = _cursor(after)
    desk = desk_of(request)
    found: Case = await desk.tracing.case(case)
    if not covers(who.areas, (await desk.tracing.areas()).above(found.area)):
        raise Refused("forbidden_area", "the area of this case is not among yours")
    found.must_be_open(desk.now_ms())
    place = await desk.visits.place(place_id)
    entry.at_place(who, place_id, place.above)
    if found.area and found.area not in place.above:
        raise Refused("other_area", "the place does not lie in the area of the case")
    page = await desk.visits.visits(place_id, from_ms, to_ms, zone, cursor, limit)
    persons = sorted({one.person.hex() for one in page})
    detail = {"case": found.id, "count": len(page), "from_ms": from_ms, "to_ms": to_ms}
    await entry.look(request, who, "visits_read", [f"place:{place_id}", *persons], detail)
    told = partial(pseudonym, found.key)
    last = f"{page[-1].in_low}-{page[-1].id.hex()}" if len(page) == limit else None
    return VisitList([visit_view(one, told) for one in page], last)


@get(
    "/api/v1/places/{place_id:str}/occupancy",
    summary="How many are inside",
    operation_id="get_occupancy",
    responses=REFUSALS,
    **LOOKER,
)
async def get_occupancy(request: Anything, place_id: PlaceId, at_ms: MaybeInstant = None) -> OccupancyView:
    """Now, or at an instant."""
    place = await _counts(request, place_id)
    desk = desk_of(request)
    instant = desk.now_ms() if at_ms is None else at_ms
    inside = (await desk.visits.occupancy(place_id, [instant], place.rules))[0]
    capacity = place.rules.capacity
    return OccupancyView(place_id, level_view(inside), capacity, bool(capacity) and inside.best >= capacity)


@get(
    "/api/v1/places/{place_id:str}/occupancy/course",
    summary="How many were inside, over time",
    description=f"At most {MOST_INSTANTS} instants.",
    operation_id="get_occupancy_course",
    responses=REFUSALS,
    **LOOKER,
)
async def get_course(
    request: Anything,
    place_id: PlaceId,
    from_ms: Instant,
    to_ms: Instant,
    step_s: Annotated[int, QueryParameter(ge=60, le=86_400)] = 900,
) -> CourseView:
    """From … until before …, a step at a time."""
    place = await _counts(request, place_id)
    _range(from_ms, to_ms, MOST_INSTANTS * step_s * 1000)
    instants = range(from_ms, to_ms, step_s * 1000)
    levels = await desk_of(request).visits.occupancy(place_id, instants, place.rules)
    return CourseView(place_id, place.rules.capacity, [level_view(one) for one in levels])


@get(
    "/api/v1/places/{place_id:str}/counts",
    summary="Scans by gate and by hour or day",
    description="At most 31 days by the hour, 366 by the day.",
    operation_id="get_counts",
    responses=REFUSALS,
    **LOOKER,
)
async def get_counts(
    request: Anything,
    place_id: PlaceId,
    from_ms: Instant,
    to_ms: Instant,
    per: Annotated[str, QueryParameter(pattern="^(hour|day)$", description="hour or day")] = "hour",
    gate: MaybeGate = None,
) -> CountList:
    """Of the hours that begin from … until before …; a day is the place's own."""
    place = await _counts(request, place_id)
    _range(from_ms, to_ms, LONGEST_MS[per])
    desk = desk_of(request)
    rows = await desk.visits.hours(place_id, from_ms, to_ms, gate)
    undated = await desk.visits.undated(place_id, gate)
    counts = by_hour(rows) if per == "hour" else by_day(rows, calendar_of(place.rules))
    return CountList(place_id, counts, by_hour(undated))


async def _counts(request: Anything, place_id: str) -> Any:
    who = await entry.person(request, *may("look_at_counts"))
    place = await desk_of(request).visits.place(place_id)
    entry.at_place(who, place_id, place.above)
    return place


def _range(from_ms: int, to_ms: int, longest_ms: int) -> None:
    if to_ms <= from_ms:
        raise Refused("range_order", "to_ms is not after from_ms")
    if to_ms - from_ms > longest_ms:
        raise Refused("range_long", f"no longer than {longest_ms // 60_000} minutes")


def _cursor(after: str) -> tuple[int, bytes] | None:
    if not after:
        return None
    found = CURSOR.match(after)
    if found is None:
        raise Refused("cursor", "after is the `next` of a page")
    return int(found[1]), bytes.fromhex(found[2])


HANDLERS: list[Any] = [list_visits, get_occupancy, get_course, get_counts]
