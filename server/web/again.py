"""`POST /api/v1/quarantine/replay`: an operator has quarantined items judged anew, a page at a time.

Whoever asks goes on with `next` until there is none; what was kept on the way stays kept.
"""

from typing import Annotated, Any

import msgspec
import structlog
from litestar import Request, post

from server.errors import Refused
from server.ingest.kept import Which
from server.web import bodies, entry
from server.web.desk import Desk, desk_of
from server.web.operations import takes
from server.web.problems import refusals

MOST_BYTES = 64 << 10
Short = Annotated[str, msgspec.Meta(max_length=32)]


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """Which items; null: whichever. `after_id`: the `next` of the page before."""

    code: Short | None = None
    gateway_id: Short | None = None
    box_id: Short | None = None
    after_id: Annotated[int, msgspec.Meta(ge=0, le=1 << 53)] = 0
    limit: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 250


class ReplayView(msgspec.Struct):
    """What became of these items; `left`: so many are still to be looked at; `next` null: none."""

    looked_at: int
    accepted: int
    duplicate: int
    kept: int
    left: int
    next: int | None


async def _asked(request: Request[Any, Any, Any], desk: Desk) -> Asked:
    """Raises `Refused`: `request`, `too_long`, `body_timeout`."""
    data = await bodies.read(request, MOST_BYTES, desk.limits.body_timeout_s, "too_long")
    try:
        return msgspec.json.decode(data, type=Asked)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as err:
        raise Refused("request", "the body is not in its form") from err


@post(
    "/api/v1/quarantine/replay",
    status_code=200,
    summary="Judge quarantined items anew",
    operation_id="post_replay",
    operation_class=takes(Asked),
    security=[{"operator": []}],
    responses=refusals(400, 401, 403, 413, 415, 503),
)
async def post_replay(request: Request[Any, Any, Any]) -> ReplayView:
    """Those that are good now are scans."""
    desk = desk_of(request)
    name = await entry.operator(request)
    data = await _asked(request, desk)
    which = Which(data.code, data.gateway_id, data.box_id)
    done, next_id = await desk.replays.step(which, data.after_id, data.limit)
    left = 0 if next_id is None else await desk.replays.count(which, next_id)
    structlog.get_logger().info(
        "replay", operator=name, **which._asdict(), after_id=data.after_id, accepted=done.accepted, left=left
    )
    return ReplayView(*done[:4], left, next_id)
