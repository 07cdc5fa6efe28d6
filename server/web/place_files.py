"""Tables of the register as files: `POST /api/v1/places/import`, `GET /api/v1/places/export/{table}`."""

import asyncio
from typing import Annotated, Any

import structlog
from litestar import Request, Response, get, post
from litestar.datastructures import ResponseHeader
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import PathParameter, QueryParameter

from server.access.roles import may
from server.errors import Refused
from server.places import sheet
from server.places.importing import Sheet, judged
from server.web import bodies, entry
from server.web.desk import desk_of
from server.web.operations import takes
from server.web.place_bounds import LOOK, within
from server.web.place_forms import ImportView, import_view
from server.web.problems import refusals
from server.web.told import refresh

Anything = Request[Any, Any, Any]
CSV = "text/csv"
TableName = Annotated[str, PathParameter(description="areas, places, gates, purposes, gateways or boxes")]
Flag = Annotated[bool, QueryParameter()]


@post(
    "/api/v1/places/import",
    summary="Take in a table of areas, places, gates, purposes, gateways or boxes",
    description="CSV in UTF-8 or UTF-16. Nothing is kept where a row is wrong, but with `partial` what is good is.",
    operation_id="import_places",
    operation_class=takes({"type": "string"}, CSV, "A table as CSV."),
    status_code=200,
    security=[{"administrator": []}],
    request_max_body_size=None,
    responses=refusals(400, 401, 403, 408, 413, 415, 503),
)
async def import_places(
    request: Anything,
    table: Annotated[str, QueryParameter(max_length=16)] = "",
    partial: Flag = False,
    dry: Flag = False,
) -> ImportView:
    """Each row that is wrong is named, with a sentence in English and Vietnamese. `dry`: judge, and keep nothing."""
    who = await entry.person(request, *may("change_places"))
    if table and table not in sheet.COLUMNS:
        raise Refused("csv_sheet", "no such table")
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != CSV:
        raise Refused("content_type", CSV)
    desk = desk_of(request)
    data = await bodies.read(request, sheet.MOST_BYTES, desk.limits.body_timeout_s, "csv_bytes")

    def work() -> Sheet:
        return judged(sheet.read(data, table or None))

    found = await asyncio.get_running_loop().run_in_executor(desk.readers, work)
    made = await desk.access.take_in(found, partial, dry, who.id)
    facts = {"table": made.sheet, "rows": made.rows, "is_kept": made.is_kept, "problems": len(made.problems)}
    structlog.get_logger().info("places_imported", by=who.id, **facts)
    if made.is_kept:
        await refresh(desk)
    return import_view(made)


@get(
    "/api/v1/places/export/{table:str}",
    summary="A table of the register as a file that the import takes",
    operation_id="export_places",
    security=[{"ops": []}, {"operator": []}, {"supervisor": []}],
    media_type=CSV,
    responses={200: ResponseSpec(bytes, media_type=CSV, generate_examples=False), **refusals(400, 401, 403, 404, 503)},
    response_headers=[ResponseHeader(name="Content-Disposition", description="A file's name", value="")],
)
async def export_places(request: Anything, table: TableName) -> Response[bytes]:
    """UTF-8 with BOM; what a spreadsheet would take for a formula has an apostrophe before it."""
    who = await entry.person(request, *LOOK)
    if table not in sheet.COLUMNS:
        raise Refused("not_found", "no such table")
    desk = desk_of(request)
    data = await desk.places.export(table, await within(who, desk))
    headers = {"Content-Disposition": f'attachment; filename="{table}.csv"', "Cache-Control": "no-store"}
    return Response(data, media_type=CSV, headers=headers)


HANDLERS: list[Any] = [import_places, export_places]
