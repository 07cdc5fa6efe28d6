"""The key that every gateway seals to from now on: looked at, and wished for by who names the version that was seen."""

from typing import Any

import structlog
from litestar import Request, Response, get, put

from server.access import roles
from server.errors import Refused
from server.fleet import forms
from server.ingest.seal import key_id
from server.web import bodies, entry
from server.web.access_forms import shown, version_of
from server.web.desk import desk_of
from server.web.fleet_forms import KeyForm, KeyView, Wished
from server.web.operations import takes
from server.web.problems import refusals
from server.web.told import refresh

MOST_BYTES = 4096
Anything = Request[Any, Any, Any]


@get(
    "/api/v1/fleet/sealing-key",
    summary="The key that every gateway is to seal to",
    operation_id="get_sealing_key",
    operation_class=takes(may_be_known=True),
    security=[{"operator": []}, {"reader": []}],
    responses=refusals(400, 401, 403, 503),
)
async def get_sealing_key(request: Anything) -> Response[KeyView]:
    """Its ETag is what a change names."""
    await entry.person(request, *roles.may("look_at_fleet"))
    desk = desk_of(request)
    key, version = await desk.fleet.sealing_key()
    return shown(request, KeyView(key, version), version)


@put(
    "/api/v1/fleet/sealing-key",
    summary="The key that every gateway seals to from now on",
    description='`{"key": "<64 hex>"}`; null: the one that it has. The server has to have the private half.',
    operation_id="put_sealing_key",
    operation_class=takes(KeyForm, names_version=True),
    security=[{"operator": []}],
    status_code=200,
    request_max_body_size=None,
    responses=refusals(400, 401, 403, 408, 412, 413, 428, 503),
)
async def put_sealing_key(request: Anything) -> Wished:
    """A key that nobody could open is refused. With If-Match."""
    desk, name = desk_of(request), await entry.operator(request)
    seen = version_of(request)
    found = forms.read_object(await bodies.read(request, MOST_BYTES, desk.limits.body_timeout_s, "too_long"))
    if unknown := set(found) - {"key"}:
        raise Refused("field", f"{min(unknown)} is not known")
    asked = found.get("key")
    key = forms.matching(asked, forms.DIGEST)
    if asked is not None and key is None:
        raise Refused("field", "key is not in its form")
    if key is not None and key_id(bytes.fromhex(key)) not in (await desk.holder.public_keys()).sealing:
        raise Refused("no_private_key", "sealing_key_files has no private half of this key: nobody could open it")
    version = await desk.fleet.wish_sealing_key(key, seen)
    structlog.get_logger().info("wished", operator=name, what="sealing_key")
    await refresh(desk)
    return Wished(version)


HANDLERS: list[Any] = [get_sealing_key, put_sealing_key]
