"""What was found of points that are silent: `GET /api/v1/findings`, and settling one."""

from typing import Annotated, Any

import structlog
from litestar import Request, get, post
from litestar.params import PathParameter, QueryParameter

from server.access.who import Who
from server.errors import Refused
from server.web import entry
from server.web.desk import Desk, desk_of
from server.web.place_bounds import LOOK_AT_FINDINGS, must_reach, within
from server.web.place_forms import FindingList, FindingView, finding_view
from server.web.problems import refusals

Anything = Request[Any, Any, Any]
MOST = (1 << 53) - 1
Number = Annotated[int, PathParameter(ge=1, le=MOST, description="A finding")]
LOOKS: Any = {
    "security": [{"ops": []}, {"operator": []}, {"supervisor": []}],
    "responses": refusals(400, 401, 403, 404, 503),
}


@get(
    "/api/v1/findings",
    summary="Boxes, gates and places that are not as expected",
    operation_id="list_findings",
    **LOOKS,
)
async def list_findings(
    request: Anything,
    place_id: Annotated[str, QueryParameter(pattern="^([a-z0-9][a-z0-9-]{2,31})?$")] = "",
    is_open: Annotated[bool, QueryParameter(name="open")] = True,
    after: Annotated[int, QueryParameter(ge=0, le=MOST)] = 0,
    limit: Annotated[int, QueryParameter(ge=1, le=1000)] = 100,
) -> FindingList:
    """`open`: those that are found still and nobody has settled."""
    who = await entry.person(request, *LOOK_AT_FINDINGS)
    desk = desk_of(request)
    if place_id:
        await must_reach(who, desk, place_id)
    found = await desk.places.findings(after, limit, is_open, await within(who, desk), place_id)
    return FindingList([finding_view(one) for one in found], found[-1].id if len(found) == limit else None)


@get("/api/v1/findings/{number:int}", summary="One finding", operation_id="get_finding", **LOOKS)
async def get_finding(request: Anything, number: Number) -> FindingView:
    """With its evidence."""
    who = await entry.person(request, *LOOK_AT_FINDINGS)
    return finding_view(await _finding(desk_of(request), who, number))


@post(
    "/api/v1/findings/{number:int}/settle",
    summary="Somebody has dealt with it",
    operation_id="settle_finding",
    status_code=200,
    **LOOKS,
)
async def settle_finding(request: Anything, number: Number) -> FindingView:
    """It is not raised again before it has been gone."""
    who = await entry.person(request, *LOOK_AT_FINDINGS)
    desk = desk_of(request)
    found = await _finding(desk, who, number)
    await desk.places.settle(number, who.id)
    structlog.get_logger().info("finding_settled", by=who.id, finding=number, code=found.finding.code)
    return finding_view(await desk.places.finding(number))


async def _finding(desk: Desk, who: Who, number: int) -> Any:
    """Who is bounded is not told whether there is one that they may not see. Raises `Refused`: `not_found`."""
    try:
        found = await desk.places.finding(number)
        await must_reach(who, desk, found.finding.place_id)
    except Refused as err:
        if err.code not in ("not_found", "forbidden_area"):
            raise
        raise Refused("not_found", "no such finding") from err
    return found


HANDLERS: list[Any] = [list_findings, get_finding, settle_finding]
