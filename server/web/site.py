"""The Litestar application: every path, every answer's headers, and what it says of itself in OpenAPI."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from litestar import Litestar, Request, Response
from litestar.config.app import AppConfig
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.static_files import create_static_files_router

from server.access.roles import ROLES
from server.errors import Refused, TramError
from server.web import (
    access,
    batches,
    fleet,
    health,
    page,
    persons,
    places,
    problems,
    reading,
    subjects,
    told,
    tracing,
    visits,
)
from server.web.again import post_replay
from server.web.desk import Desk, desk_of
from server.web.headers import HEADERS
from server.web.pace import callers_of, is_free

HANDLERS = [
    batches.post_batch,
    reading.get_ledger,
    reading.get_scans,
    reading.get_quarantine,
    post_replay,
    told.get_wishes,
    told.get_bundle_file,
    told.post_report,
    *fleet.HANDLERS,
    *persons.HANDLERS,
    *visits.HANDLERS,
    *places.HANDLERS,
    *tracing.HANDLERS,
    *access.HANDLERS,
    *subjects.HANDLERS,
    health.get_health,
    health.get_metrics,
    *page.HANDLERS,
]


def build(desk: Desk, lifespan: Any) -> Litestar:
    """Every path, around one desk. `lifespan` opens and closes what the desk refers to."""
    files = create_static_files_router(
        path="/static", directories=[Path(__file__).parent / "static"], include_in_schema=False
    )

    @contextlib.asynccontextmanager
    async def alive(app: Litestar) -> AsyncIterator[None]:
        async with lifespan(app):
            yield

    return Litestar(
        route_handlers=[*HANDLERS, files],
        state=State({"desk": desk, "pulse": health.Pulse()}),
        lifespan=[alive],
        before_request=_pace,
        after_request=_harden,
        exception_handlers={
            TramError: problems.on_tram_error,
            HTTPException: problems.on_http_error,
            Exception: problems.on_mistake,
        },
        openapi_config=_openapi(),
        logging_config=None,
        on_app_init=[_plain],
    )


def _plain(config: AppConfig) -> AppConfig:
    config.debug = False
    config.pdb_on_exception = False
    return config


async def _pace(request: Request[Any, Any, Any]) -> None:
    if b"\x00" in request.scope["path"].encode() or b"%00" in request.scope["query_string"]:
        raise Refused("request", "no address has a NUL in it")
    if not is_free(request.url.path):
        for caller, times in callers_of(request):
            desk_of(request).pace.take(caller, times)


async def _harden(response: Response[Any]) -> Response[Any]:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def _openapi() -> OpenAPIConfig:
    return OpenAPIConfig(
        title="Trạm",
        version="1",
        description="Gateways: batches, reports. Ledger, scans, wishes; places, visits, tracing; people and roles.",
        path="/api/v1/schema",
        render_plugins=[JsonRenderPlugin(path="/openapi.json")],
        components=Components(
            security_schemes={
                "gateway": SecurityScheme(type="http", scheme="bearer", description="A gateway's token"),
                "reader": SecurityScheme(type="http", scheme="bearer", description="A reader's token, or the session"),
                "operator": SecurityScheme(type="http", scheme="bearer", description="An operator's token"),
                **{
                    role: SecurityScheme(type="http", scheme="bearer", description=f"A token with this role: {role}")
                    for role in ROLES
                    if role != "operator"
                },
            }
        ),
    )
