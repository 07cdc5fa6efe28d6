"""The gateways' side of the fleet (SPEC §16): what is wished, the files of firmware, and what they tell.

1. A question for wishes waits until there is something newer, or its time is over (204). It costs a future, no thread.
2. A report is answered after its commit: `events_to` says which events are kept.
"""

import asyncio
import re
from typing import Annotated, Any

import msgspec
import structlog
from litestar import Request, Response, get, post
from litestar.datastructures import ResponseHeader
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import PathParameter, QueryParameter

from server.errors import Refused
from server.fleet import forms, report
from server.fleet.report import Report
from server.fleet.wishes import said
from server.ingest.body import unpack
from server.ingest.kept import Which
from server.ingest.receive import NOT_ASSIGNED
from server.web import bodies
from server.web.desk import Desk, desk_of
from server.web.doors import Gateway
from server.web.operations import takes
from server.web.peer import shown
from server.web.problems import refusals_to_gateways

OCTETS = "application/octet-stream"
JSON = "application/json"
RANGE = re.compile(r"bytes=(\d{0,12})-(\d{0,12})\Z")
Anything = Request[Any, Any, Any]
Version = Annotated[int, PathParameter(description="A version of firmware")]
Path = Annotated[str, PathParameter(description="`manifest`, or a file that it names")]


class SettingsWish(msgspec.Struct):
    """All settings of a box, under their number."""

    version: int
    values: dict[str, Any]


class BoxWishView(msgspec.Struct):
    """What is wished of a box; firmware 0: nothing."""

    settings: SettingsWish | None
    firmware: int


class CommandWish(msgspec.Struct):
    """A command that has not been answered and is not over."""

    id: str
    box_id: str
    name: str
    argument: dict[str, Any] | None
    expires_utc_ms: int


class BundleWish(msgspec.Struct):
    """A bundle that a box of this gateway is to run."""

    version: int
    manifest_length: int
    manifest_sha256: str


class WishesView(msgspec.Struct):
    """Everything that is wished of a gateway (SPEC §16)."""

    v: int
    gateway_id: str
    version: int
    server_utc_ms: int
    boxes: dict[str, BoxWishView]
    commands: list[CommandWish]
    bundles: list[BundleWish]
    updates_at_once: int
    place: dict[str, Any] | None
    sealing_key: str | None


class ReportAnswer(msgspec.Struct):
    """Every event up to and with `events_to` is kept."""

    v: int
    events_to: int
    server_utc_ms: int


@get(
    "/api/v1/fleet/wishes",
    summary="What is wished of this gateway",
    description="Waits until there is a newer version than `after`; 204: there was none.",
    operation_id="get_wishes",
    security=[{"gateway": []}],
    responses={
        200: ResponseSpec(WishesView, generate_examples=False),
        204: ResponseSpec(None, description="Nothing newer", generate_examples=False),
        **refusals_to_gateways(400, 401, 403, 503),
    },
)
async def get_wishes(
    request: Anything,
    after: Annotated[int, QueryParameter(ge=0, le=forms.MS_MAX)] = 0,
    wait_s: Annotated[float, QueryParameter(ge=0, le=60)] = 0,
) -> Response[bytes]:
    """See the module."""
    desk = desk_of(request)
    gateway = gateway_of(request, desk)
    if not await desk.waiting.until_newer(gateway.id, after, wait_s):
        return Response(b"", status_code=204, headers={"Cache-Control": "no-store"})
    boxes = desk.roster.assignments.boxes_of(gateway.id)
    found = await desk.fleet.wishes(gateway.id, boxes, desk.updates_at_once)
    return Response(forms.write(said(found, desk.now_ms())), media_type=JSON, headers={"Cache-Control": "no-store"})


@get(
    "/api/v1/fleet/bundles/{version:int}/{path:path}",
    summary="A file of a bundle of firmware",
    operation_id="get_bundle_file",
    security=[{"gateway": []}],
    media_type=OCTETS,
    responses={
        206: ResponseSpec(bytes, media_type=OCTETS, generate_examples=False),
        **refusals_to_gateways(400, 401, 403, 404, 416, 503),
    },
    response_headers=[ResponseHeader(name="Content-Range", description="With 206", required=False, value="")],
)
async def get_bundle_file(request: Anything, version: Version, path: Path) -> Response[bytes]:
    """The whole file, or the one range of it that is asked for."""
    desk = desk_of(request)
    gateway_of(request, desk)
    if not 1 <= version <= forms.U32_MAX:
        raise Refused("not_found", "no such file of a bundle")
    content = await desk.fleet.bundle_file(version, path.lstrip("/"))
    headers = {"Accept-Ranges": "bytes"}
    asked = _range(request.headers.get("range", ""), len(content))
    if asked is None:
        return Response(content, media_type=OCTETS, headers=headers)
    first, last = asked
    headers["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
    return Response(content[first : last + 1], status_code=206, media_type=OCTETS, headers=headers)


@post(
    "/api/v1/fleet/report",
    status_code=200,
    summary="How a gateway and its boxes are, and what happened",
    operation_id="post_report",
    operation_class=takes({"type": "object"}, description="A report (SPEC §16)."),
    security=[{"gateway": []}],
    responses={
        200: ResponseSpec(ReportAnswer, description="Kept", generate_examples=False),
        **refusals_to_gateways(400, 401, 403, 408, 413, 415, 503),
    },
    request_max_body_size=None,
)
async def post_report(request: Anything) -> Response[bytes]:
    """Keep it, commit, and only then the answer."""
    desk = desk_of(request)
    gateway = gateway_of(request, desk)
    packed = await bodies.read(request, report.MOST_BYTES, desk.limits.body_timeout_s, "too_long")
    encoding = request.headers.get("content-encoding", "identity").strip().lower()

    def read() -> tuple[Report, bytes]:
        told = report.read(unpack(encoding, packed, report.MOST_BYTES), gateway.id)
        return told, report.kept(told)

    told, kept = await asyncio.get_running_loop().run_in_executor(desk.readers, read)
    taken = await desk.fleet.take(told, kept, desk.roster.assignments.on_enrolled)
    desk.roster.heard_report(told)
    for box_id in taken.assigned:
        desk.roster.assignments.give(box_id, gateway.id)
        desk.replays.begin(Which(NOT_ASSIGNED, gateway.id, box_id))
    if told.wishes_version > desk.waiting.version(gateway.id):
        await desk.fleet.raise_version(gateway.id, told.wishes_version)
        await refresh(desk)
    elif taken.events:
        await refresh(desk)
    _tell(desk, told, taken.events)
    answer = ReportAnswer(1, taken.events_to, desk.now_ms())
    return Response(msgspec.json.encode(answer), media_type=JSON)


async def refresh(desk: Desk) -> None:
    """After a change: the versions and findings as they are now; whoever waits for them is woken."""
    desk.waiting.load(*await desk.fleet.versions())
    desk.roster.findings = await desk.fleet.findings()
    desk.live.gateways_changed()


def gateway_of(request: Anything, desk: Desk) -> Gateway:
    """Whose request this is. Raises `Refused`: 401, 403."""
    return desk.doors.gateway(request.headers.get("authorization", ""), shown(request.scope))


def _tell(desk: Desk, told: Report, events: list[report.Event]) -> None:
    desk.metrics.reports.inc()
    desk.metrics.odd_lines.inc(told.odd)
    for event in events:
        desk.metrics.events.labels(event.kind).inc()
        if event.kind in ("alert", "damage"):
            structlog.get_logger().warning("told_by_gateway", gateway_id=told.gateway_id, kind=event.kind, no=event.no)
    desk.live.gateways_changed()


def _range(asked: str, length: int) -> tuple[int, int] | None:
    """First and last byte; None: all of it, as for a range in a form that is not known. Raises `Refused`: `range`."""
    found = RANGE.match(asked)
    if found is None or found.group(0) == "bytes=-":
        return None
    first, last = found.groups()
    if not first:
        first_at, last_at = max(0, length - int(last)), length - 1
    else:
        first_at, last_at = int(first), min(int(last) if last else length - 1, length - 1)
    if last and first and int(last) < int(first):
        return None
    if first_at > last_at:
        raise Refused("range", f"the file has {length} bytes")
    return first_at, last_at
