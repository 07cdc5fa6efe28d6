"""The page: boxes, ledger and scans, live, for who has logged in (`page_door`).

The server renders everything, also what arrives later: a live message carries pieces made from the same templates.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Annotated, Any, cast
from urllib.parse import urlencode

import msgspec
import structlog
from litestar import Request, Response, get
from litestar.params import QueryParameter
from litestar.response import Stream

from server.errors import Refused
from server.fleet.roster import Roster
from server.ingest.kept import BoxPage
from server.web import entry, factor_page, page_door, request_page, user_page, views
from server.web.desk import desk_of
from server.web.fleet_page import fleet_view
from server.web.page_door import inside
from server.web.page_frame import menu, to_log_in
from server.web.page_parts import TEMPLATES, html, phrases
from server.web.words import Phrases

BOXES_SHOWN = 24
SCANS_SHOWN = 16
ASK_AGAIN_MS = 30_000
NOT_HERE = ("forbidden_role", "totp_needed", "password_change_needed")

TEMPLATES.globals["views"] = views

Lang = Annotated[str, QueryParameter(max_length=8)]
Anything = Request[Any, Any, Any]


@get("/", include_in_schema=False)
async def get_page(
    request: Anything,
    lang: Lang = "",
    page: Annotated[int, QueryParameter(ge=1, le=1_000_000)] = 1,
    q: Annotated[str, QueryParameter(max_length=32)] = "",
) -> Response[Any]:
    """The page, or the way to the log-in."""
    desk = desk_of(request)
    say = phrases(request, lang)
    try:
        reader = await entry.reader(request, "look_at_scans")
    except Refused as err:
        if err.code in NOT_HERE and not request.headers.get("authorization"):
            return inside(say, await entry.person(request))
        return to_log_in(request, say)
    found = await desk.store.boxes(q, (page - 1) * BOXES_SHOWN, BOXES_SHOWN, SCANS_SHOWN)
    structlog.get_logger().info("page_read", reader=reader.name, page=page, find=q)
    pages = max(1, -(-found.found // BOXES_SHOWN))

    def link(**changes: object) -> str:
        asked = {"lang": say.lang, "q": q, "page": page} | changes
        return "/?" + urlencode({name: value for name, value in asked.items() if value not in ("", 1)})

    return html(
        "page.html",
        say=say,
        reader=reader.name,
        menu=menu(say, reader, "/"),
        totals=found.totals,
        boxes=[views.box_view(box_id, rows, found.now_ms) for box_id, rows in found.boxes.items()],
        scans=[views.scan_view(one, found.now_ms) for one in found.newest],
        q=q,
        page=page,
        pages=pages,
        link=link,
        shown=BOXES_SHOWN,
        scans_shown=SCANS_SHOWN,
        gateways=_gateways_html(desk.roster, say, found.now_ms),
    )


@get("/live", include_in_schema=False)
async def get_live(request: Anything, lang: Lang = "") -> Stream:
    """Server-sent events: what changed, as pieces of the page."""
    desk = desk_of(request)
    await entry.reader(request, "look_at_scans")
    messages = cast("AsyncGenerator[bytes, None]", desk.live.watch(phrases(request, lang).lang))

    async def is_in() -> None:
        await entry.reader(request, "look_at_scans")

    return Stream(
        while_let_in(messages, is_in, desk.now_ms),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store"},
    )


async def while_let_in(
    messages: AsyncGenerator[bytes, None], is_in: Callable[[], Awaitable[None]], now_ms: Callable[[], int]
) -> AsyncIterator[bytes]:
    """Until who looks is let in no longer: the session has ended, or the role is away. Asked now and then."""
    asked_ms = now_ms()
    async with aclosing(messages):
        async for message in messages:
            if abs(now_ms() - asked_ms) >= ASK_AGAIN_MS:
                asked_ms = now_ms()
                try:
                    await is_in()
                except Refused:
                    return
            yield message


def render_news(page: BoxPage, lang: str, more: bool) -> bytes:
    """A live message: the sums, the changed boxes and the newest scans, as pieces of HTML."""
    say = Phrases(lang)
    news = {
        "summary": TEMPLATES.get_template("summary.html").render(say=say, totals=page.totals),
        "boxes": {
            box_id: TEMPLATES.get_template("box.html").render(say=say, box=views.box_view(box_id, rows, page.now_ms))
            for box_id, rows in page.boxes.items()
            if rows
        },
        "scans": [
            [one.stored.id, TEMPLATES.get_template("scan.html").render(say=say, scan=views.scan_view(one, page.now_ms))]
            for one in page.newest
        ],
        "stored": page.totals.stored,
        "more": more,
    }
    return b"event: news\ndata: " + msgspec.json.encode(news) + b"\n\n"


def render_gateways(roster: Roster, lang: str, now_ms: int) -> bytes:
    """A live message: the gateways as they are now."""
    said = {"html": _gateways_html(roster, Phrases(lang), now_ms)}
    return b"event: gateways\ndata: " + msgspec.json.encode(said) + b"\n\n"


def _gateways_html(roster: Roster, say: Phrases, now_ms: int) -> str:
    shown = fleet_view(roster.states(), roster.findings, now_ms)
    return TEMPLATES.get_template("gateways.html").render(say=say, fleet=shown)


HANDLERS: list[Any] = [
    get_page,
    get_live,
    *page_door.HANDLERS,
    *factor_page.HANDLERS,
    *request_page.HANDLERS,
    *user_page.HANDLERS,
]
