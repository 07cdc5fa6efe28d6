"""What every route of the register takes and answers with, and what follows a change."""

from typing import Annotated, Any

import msgspec
import structlog
from litestar import Request
from litestar.params import PathParameter, QueryParameter

from server.access.roles import may
from server.access.who import Who
from server.web.desk import Desk
from server.web.problems import refusals
from server.web.told import refresh

Anything = Request[Any, Any, Any]
ID_PATTERN = "^[a-z0-9][a-z0-9-]{2,31}$"
PlaceId = Annotated[str, PathParameter(pattern=ID_PATTERN, description="A place")]
GateId = Annotated[str, PathParameter(pattern="^[a-z0-9][a-z0-9_-]{0,31}$", description="A gate of it")]
BoxId = Annotated[str, PathParameter(pattern=ID_PATTERN, description="A box")]
GatewayId = Annotated[str, PathParameter(pattern=ID_PATTERN, description="A gateway")]
After = Annotated[str, QueryParameter(max_length=32, pattern="^[a-z0-9@-]*$")]
Limit = Annotated[int, QueryParameter(ge=1, le=1000)]
LOOKS: Any = {
    "security": [{"ops": []}, {"operator": []}, {"supervisor": []}],
    "responses": refusals(400, 401, 403, 404, 503),
}
CHANGES: Any = {
    "security": [{"administrator": []}],
    "status_code": 200,
    "request_max_body_size": None,
    "responses": refusals(400, 401, 403, 404, 408, 409, 412, 413, 415, 428, 503),
}
CHANGE = may("change_places")


class Nothing(msgspec.Struct):
    """It is done."""

    done: bool = True


async def changed(desk: Desk, who: Who, event: str, **facts: object) -> None:
    """Into the log; what is kept in memory is read anew, and gateways that wait are woken."""
    structlog.get_logger().info(event, by=who.id, **facts)
    await refresh(desk)
