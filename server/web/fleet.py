"""The operators' side of the fleet: what is wished, and what is known. Every wish is written to the log with its name.

Looking is for readers and operators, wishing for operators. Whose a box is, and the sealing key (`fleet_key`), changes
who says in If-Match what was seen; settings, firmware and rules of a place may be wished without. A wish is answered
after its commit; whoever waits for it at a gateway's question has been woken by then.
"""

import secrets
from typing import Annotated, Any

import msgspec
import structlog
from litestar import Request, Response, delete, get, post, put
from litestar.params import PathParameter, QueryParameter

from server.access import roles
from server.errors import Refused
from server.fleet import bundle, forms, place, wishes
from server.ingest.kept import Which
from server.ingest.receive import NOT_ASSIGNED
from server.web import bodies, entry, fleet_key
from server.web.access_forms import seen_if_said, shown, version_of
from server.web.desk import Desk, desk_of
from server.web.fleet_forms import (
    BundleList,
    BundleView,
    CommandForm,
    CommandList,
    FirmwareForm,
    Given,
    KnownBundle,
    Wished,
)
from server.web.fleet_views import (
    CommandView,
    GatewayDetail,
    GatewayList,
    command_view,
    detail,
    finding_views,
    gateway_view,
)
from server.web.operations import takes
from server.web.problems import refusals
from server.web.told import refresh

MOST_JSON_BYTES = 1 << 20
EVENTS_SHOWN = 100
OPERATOR: Any = {"security": [{"operator": []}], "status_code": 200, "request_max_body_size": None}
LOOKER: Any = {"security": [{"operator": []}, {"reader": []}]}
REFUSALS = refusals(400, 401, 403, 404, 408, 409, 412, 413, 503)
NAMED = refusals(400, 401, 403, 404, 408, 409, 412, 413, 428, 503)
LOOKED = refusals(400, 401, 403, 404, 503)
Anything = Request[Any, Any, Any]
ID_PATTERN = "^[a-z0-9][a-z0-9-]{2,31}$"
GatewayId = Annotated[str, PathParameter(pattern=ID_PATTERN, description="A gateway")]
BoxId = Annotated[str, PathParameter(pattern=ID_PATTERN, description="A box")]
CommandId = Annotated[str, PathParameter(pattern="^[0-9a-f]{12}$", description="A command")]
Code = Annotated[str, PathParameter(pattern="^[a-z_]{1,32}$", description="The code of a finding")]
AfterId = Annotated[str, QueryParameter(max_length=32, description="`next` of the page before")]
Limit = Annotated[int, QueryParameter(ge=1, le=1000)]
Version = Annotated[int, PathParameter(ge=1, le=forms.U32_MAX, description="A version of firmware")]


class Nothing(msgspec.Struct):
    """It is done."""

    done: bool = True


@get("/api/v1/fleet/gateways", summary="Every gateway", operation_id="list_gateways", responses=LOOKED, **LOOKER)
async def list_gateways(request: Anything, after: AfterId = "", limit: Limit = 1000) -> GatewayList:
    """In the order of ids, with what was found of those on this page."""
    desk = await _looker(request)
    found = sorted(gateway_id for gateway_id in desk.roster.assignments.gateways() if gateway_id > after)
    page, next_id = found[:limit], found[limit - 1] if len(found) > limit else None
    views = [gateway_view(desk.roster.state(one), desk.waiting.version(one)) for one in page]
    of_page = [
        one for one in desk.roster.findings if one.gateway_id > after and (not next_id or one.gateway_id <= next_id)
    ]
    return GatewayList(views, finding_views(of_page), next_id)


@get(
    "/api/v1/fleet/gateways/{gateway_id:str}",
    summary="One gateway, its boxes, and what is wished of it",
    operation_id="get_gateway",
    operation_class=takes(may_be_known=True),
    responses=LOOKED,
    **LOOKER,
)
async def get_gateway(request: Anything, gateway_id: GatewayId) -> Response[GatewayDetail]:
    """All that is known. The ETag is the version of what is wished, for If-Match."""
    desk = await _looker(request)
    state = desk.roster.state(gateway_id)
    boxes = desk.roster.assignments.boxes_of(gateway_id)
    wished = wishes.said(await desk.fleet.wishes(gateway_id, boxes, desk.updates_at_once), desk.now_ms())
    events = await desk.fleet.events(gateway_id, EVENTS_SHOWN)
    return shown(request, detail(state, wished["version"], desk.roster.findings, events, wished), wished["version"])


@put(
    "/api/v1/fleet/gateways/{gateway_id:str}/boxes/{box_id:str}/settings",
    summary="Wish for settings of a box",
    description="The body is a JSON object with all of them.",
    operation_id="put_settings",
    operation_class=takes({"type": "object"}, may_name_version=True),
    responses=REFUSALS,
    **OPERATOR,
)
async def put_settings(request: Anything, gateway_id: GatewayId, box_id: BoxId) -> Wished:
    """They get a number that no other content had."""
    desk, name = await _operator(request)
    desk.roster.must_have(gateway_id, box_id)
    settings = wishes.settings(await _object(request, desk))
    reported = desk.roster.settings_versions(box_id)
    version = await desk.fleet.wish_settings(gateway_id, box_id, settings, reported, seen_if_said(request))
    await _wished(desk, name, "settings", gateway_id=gateway_id, box_id=box_id, version=version)
    return Wished(version)


@put(
    "/api/v1/fleet/gateways/{gateway_id:str}/boxes/{box_id:str}/firmware",
    summary="Wish for firmware on a box",
    description='`{"version": 7}`; 0: none any more.',
    operation_id="put_firmware",
    operation_class=takes(FirmwareForm, may_name_version=True),
    responses=REFUSALS,
    **OPERATOR,
)
async def put_firmware(request: Anything, gateway_id: GatewayId, box_id: BoxId) -> Wished:
    """A bundle of that version has to be here."""
    desk, name = await _operator(request)
    desk.roster.must_have(gateway_id, box_id)
    wanted = forms.whole((await _object(request, desk, "version")).get("version"), 0, forms.U32_MAX)
    if wanted is None:
        raise Refused("field", "version is not in its form")
    version = await desk.fleet.wish_firmware(gateway_id, box_id, wanted, seen_if_said(request))
    await _wished(desk, name, "firmware", gateway_id=gateway_id, box_id=box_id, firmware=wanted)
    return Wished(version)


@post(
    "/api/v1/fleet/gateways/{gateway_id:str}/commands",
    summary="Give a box a command",
    description='`{"box_id", "name", "argument": {…} or null, "within_s": 300, "id": optional}`',
    operation_id="post_command",
    operation_class=takes(CommandForm),
    responses=REFUSALS,
    **OPERATOR,
)
async def post_command(request: Anything, gateway_id: GatewayId) -> Given:
    """The same id with the same content again changes nothing."""
    desk, name = await _operator(request)
    asked = await _object(request, desk)
    command = wishes.command(asked, gateway_id, secrets.token_hex(6), name, desk.now_ms())
    desk.roster.must_have(gateway_id, command.box_id)
    is_new = await desk.fleet.give_command(command)
    facts = {"gateway_id": gateway_id, "box_id": command.box_id, "command": command.name, "id": command.id}
    await _wished(desk, name, "command", **facts)
    return Given(command.id, is_new)


@get(
    "/api/v1/fleet/gateways/{gateway_id:str}/commands",
    summary="Commands and what came of them",
    operation_id="list_commands",
    responses=LOOKED,
    **LOOKER,
)
async def list_commands(
    request: Anything,
    gateway_id: GatewayId,
    after: Annotated[str, QueryParameter(pattern="^([0-9]{1,16}-[0-9a-f]{12})?$")] = "",
    limit: Limit = 100,
) -> CommandList:
    """The latest first."""
    desk = await _looker(request)
    desk.roster.must_know(gateway_id)
    given_ms, _, command_id = after.partition("-")
    found = await desk.fleet.results(gateway_id, None, limit, (int(given_ms), command_id) if after else None)
    last = found[-1].command if len(found) == limit else None
    return CommandList([command_view(one) for one in found], f"{last.given_ms}-{last.id}" if last else None)


@get(
    "/api/v1/fleet/gateways/{gateway_id:str}/commands/{command_id:str}",
    summary="What came of a command",
    operation_id="get_command",
    responses=LOOKED,
    **LOOKER,
)
async def get_command(request: Anything, gateway_id: GatewayId, command_id: CommandId) -> CommandView:
    """`outcome` null: nothing yet."""
    desk = await _looker(request)
    desk.roster.must_know(gateway_id)
    found = await desk.fleet.results(gateway_id, command_id, 1)
    if not found:
        raise Refused("not_found", "no such command")
    return command_view(found[0])


@put(
    "/api/v1/fleet/gateways/{gateway_id:str}/place",
    summary="Wish for the rules of a place",
    description="All of them, as `[place]` of a gateway's settings; `null`: the gateway's own.",
    operation_id="put_place",
    operation_class=takes(place.Place | None, may_name_version=True),
    responses=REFUSALS,
    **OPERATOR,
)
async def put_place(request: Anything, gateway_id: GatewayId) -> Wished:
    """Purpose, capacity, quota, revoked cards. Another purpose is in the record of looks."""
    desk, name = await _operator(request)
    desk.roster.must_know(gateway_id)
    asked = forms.read(await _body(request, desk))
    wish = await desk.places.merged(gateway_id, None if asked is None else place.place(asked))
    data = None if wish is None else forms.write(wish)
    version = await desk.access.wish_place(gateway_id, data, seen_if_said(request), entry.actor_of(name))
    await _wished(desk, name, "place", gateway_id=gateway_id)
    return Wished(version)


@put(
    "/api/v1/fleet/bundles/{version:int}",
    summary="Take in a bundle of firmware",
    description="The body is the .tar that `scripts/build-firmware` makes.",
    operation_id="put_bundle",
    operation_class=takes({"type": "string", "format": "binary"}, "application/x-tar", "The .tar."),
    responses=REFUSALS,
    **OPERATOR,
)
async def put_bundle(request: Anything, version: Version) -> BundleView:
    """Whole and good, or not at all."""
    desk, name = await _operator(request)
    limits = desk.limits
    data = await bodies.read(request, bundle.MOST_TAR_BYTES, limits.body_timeout_s, "too_long")
    found = bundle.read(data, desk.fleet_key)
    if found.version != version:
        raise Refused("version", f"the bundle is of version {found.version}")
    is_new = await desk.fleet.put_bundle(found, name)
    await _wished(desk, name, "bundle", version=version)
    return BundleView(version, found.name, found.boards, found.manifest_sha256, len(found.files), is_new)


@get("/api/v1/fleet/bundles", summary="Every bundle", operation_id="list_bundles", responses=LOOKED, **LOOKER)
async def list_bundles(
    request: Anything, after: Annotated[int, QueryParameter(ge=0, le=forms.U32_MAX)] = 0, limit: Limit = 100
) -> BundleList:
    """The newest first; `after`: those that are older."""
    desk = await _looker(request)
    known: list[Any] = await desk.fleet.bundles()
    older = [KnownBundle(**one) for one in known if not after or one["version"] < after]
    return BundleList(older[:limit], older[limit - 1].version if len(older) > limit else None)


@put(
    "/api/v1/fleet/gateways/{gateway_id:str}/boxes/{box_id:str}",
    summary="This gateway speaks for this box from now on",
    operation_id="put_box",
    operation_class=takes(names_version=True),
    responses=NAMED,
    **OPERATOR,
)
async def put_box(request: Anything, gateway_id: GatewayId, box_id: BoxId) -> Nothing:
    """Whoever had it has it no longer. What came of it here and was quarantined is judged anew. If-Match: the ETag of
    this gateway."""
    return await _give(request, gateway_id, box_id, gateway_id)


@delete(
    "/api/v1/fleet/gateways/{gateway_id:str}/boxes/{box_id:str}",
    summary="This gateway speaks for this box no longer",
    operation_id="delete_box",
    operation_class=takes(names_version=True),
    responses=NAMED,
    **OPERATOR,
)
async def delete_box(request: Anything, gateway_id: GatewayId, box_id: BoxId) -> Nothing:
    """Not for a box that the server's settings give it. If-Match: the ETag of this gateway."""
    await _operator(request)
    desk_of(request).roster.must_have(gateway_id, box_id)
    return await _give(request, gateway_id, box_id, None)


@delete(
    "/api/v1/fleet/gateways/{gateway_id:str}/findings/{code:str}",
    summary="A finding is settled",
    operation_id="delete_finding",
    responses=REFUSALS,
    **OPERATOR,
)
async def delete_finding(
    request: Anything, gateway_id: GatewayId, code: Code, box: Annotated[str, QueryParameter(max_length=32)] = ""
) -> Nothing:
    """Somebody has looked at it."""
    desk, name = await _operator(request)
    desk.roster.must_know(gateway_id)
    await desk.fleet.settle(gateway_id, box, code)
    await _wished(desk, name, "settled", gateway_id=gateway_id, box_id=box, code=code)
    return Nothing()


async def _give(request: Anything, gateway_id: str, box_id: str, to: str | None) -> Nothing:
    desk, name = await _operator(request)
    assignments = desk.roster.assignments
    assignments.may_give(box_id, to)
    seen = gateway_id, version_of(request)
    before = assignments.owners(box_id)
    await desk.fleet.give_box(box_id, to, before, name, seen)
    assignments.give(box_id, to)
    await _wished(desk, name, "box", gateway_id=gateway_id, box_id=box_id, given_to=to)
    if to is not None:
        desk.replays.begin(Which(NOT_ASSIGNED, to, box_id))
    return Nothing()


async def _looker(request: Anything) -> Desk:
    await entry.person(request, *roles.may("look_at_fleet"))
    return desk_of(request)


async def _operator(request: Anything) -> tuple[Desk, str]:
    return desk_of(request), await entry.operator(request)


async def _body(request: Anything, desk: Desk) -> bytes:
    return await bodies.read(request, MOST_JSON_BYTES, desk.limits.body_timeout_s, "too_long")


async def _object(request: Anything, desk: Desk, *known: str) -> dict[str, Any]:
    found = forms.read_object(await _body(request, desk))
    if known and (unknown := set(found) - set(known)):
        raise Refused("field", f"{min(unknown)} is not known")
    return found


async def _wished(desk: Desk, operator: str, what: str, **facts: object) -> None:
    structlog.get_logger().info("wished", operator=operator, what=what, **facts)
    await refresh(desk)


HANDLERS = [
    list_gateways,
    get_gateway,
    put_settings,
    put_firmware,
    post_command,
    list_commands,
    get_command,
    put_place,
    put_bundle,
    list_bundles,
    *fleet_key.HANDLERS,
    put_box,
    delete_box,
    delete_finding,
]
