"""The page: boxes, ledger and scans, live. Logging in with a reader's token; a session after that.

The server renders everything, also what arrives later: a live message carries pieces made from the same templates.
"""

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qs, urlencode

import jinja2
import msgspec
import structlog
from litestar import MediaType, Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.params import QueryParameter
from litestar.response import Redirect, Stream

from server.errors import Refused
from server.fleet.roster import Roster
from server.ingest.kept import BoxPage
from server.web import entry, views
from server.web.desk import desk_of
from server.web.doors import COOKIE, digest
from server.web.fleet_page import fleet_view
from server.web.words import Phrases, choose

FOLDER = Path(__file__).parent
BOXES_SHOWN = 24
SCANS_SHOWN = 16
MAX_FORM_BYTES = 4096

TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(FOLDER / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
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
    say = _phrases(request, lang)
    try:
        reader = await entry.reader(request, "look_at_scans")
    except Refused:
        return Redirect("/login?" + urlencode({"lang": say.lang}), status_code=303)
    found = await desk.store.boxes(q, (page - 1) * BOXES_SHOWN, BOXES_SHOWN, SCANS_SHOWN)
    structlog.get_logger().info("page_read", reader=reader.name, page=page, find=q)
    pages = max(1, -(-found.found // BOXES_SHOWN))

    def link(**changes: object) -> str:
        asked = {"lang": say.lang, "q": q, "page": page} | changes
        return "/?" + urlencode({name: value for name, value in asked.items() if value not in ("", 1)})

    return _html(
        "page.html",
        say=say,
        reader=reader.name,
        totals=found.totals,
        boxes=[views.box_view(box_id, rows, found.now_ms) for box_id, rows in found.boxes.items()],
        scans=[views.scan_view(one) for one in found.newest],
        q=q,
        page=page,
        pages=pages,
        link=link,
        shown=BOXES_SHOWN,
        scans_shown=SCANS_SHOWN,
        gateways=_gateways_html(desk.roster, say, found.now_ms),
    )


@get("/login", include_in_schema=False)
async def get_login(request: Anything, lang: Lang = "") -> Response[str]:
    """The form."""
    return _html("login.html", say=_phrases(request, lang), wrong=None)


@post("/login", include_in_schema=False, status_code=200)
async def post_login(request: Anything, lang: Lang = "") -> Response[Any]:
    """A token for a session."""
    desk = desk_of(request)
    say = _phrases(request, lang)
    log = structlog.get_logger().bind(client=request.client.host if request.client else "")
    try:
        _same_site(request)
        cookie = desk.doors.log_in(await _token(request))
    except Refused as err:
        desk.metrics.error(err.code)
        log.warning("log_in_refused", code=err.code)
        wrong = "other_site" if err.code == "other_site" else "wrong_token"
        return _html("login.html", status_code=403 if wrong == "other_site" else 401, say=say, wrong=wrong)
    log.info("logged_in", reader=desk.doors.reader("", cookie).name)
    made = Cookie(COOKIE, value=cookie, httponly=True, samesite="strict", secure=request.url.scheme == "https")
    return Redirect("/?" + urlencode({"lang": say.lang}), status_code=303, cookies=[made])


@post("/logout", include_in_schema=False, status_code=303)
async def post_logout(request: Anything, lang: Lang = "") -> Redirect:
    """End the session."""
    _same_site(request)
    desk, cookie = desk_of(request), request.cookies.get(COOKIE, "")
    desk.doors.log_out(cookie)
    await desk.access.end_session(digest(cookie))
    ended = Cookie(COOKIE, value="", max_age=0, httponly=True, samesite="strict")
    say = _phrases(request, lang)
    return Redirect("/login?" + urlencode({"lang": say.lang}), status_code=303, cookies=[ended])


@get("/live", include_in_schema=False)
async def get_live(request: Anything, lang: Lang = "") -> Stream:
    """Server-sent events: what changed, as pieces of the page."""
    desk = desk_of(request)
    await entry.reader(request, "look_at_scans")
    messages = desk.live.watch(_phrases(request, lang).lang)
    return Stream(messages, media_type="text/event-stream", headers={"Cache-Control": "no-store"})


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
            [one.stored.id, TEMPLATES.get_template("scan.html").render(say=say, scan=views.scan_view(one))]
            for one in page.newest
        ],
        "stored": page.totals.stored,
        "more": more,
    }
    return b"event: news\ndata: " + msgspec.json.encode(news) + b"\n\n"


def render_gateways(roster: Roster, lang: str, now_ms: int) -> bytes:
    """A live message: the gateways as they are now."""
    html = _gateways_html(roster, Phrases(lang), now_ms)
    return b"event: gateways\ndata: " + msgspec.json.encode({"html": html}) + b"\n\n"


def _gateways_html(roster: Roster, say: Phrases, now_ms: int) -> str:
    shown = fleet_view(roster.states(), roster.findings, now_ms)
    return TEMPLATES.get_template("gateways.html").render(say=say, fleet=shown)


def _phrases(request: Anything, lang: str) -> Phrases:
    return Phrases(choose(lang, request.headers.get("accept-language", "")))


def _html(template: str, status_code: int = 200, **facts: object) -> Response[str]:
    return Response(
        TEMPLATES.get_template(template).render(**facts),
        media_type=MediaType.HTML,
        status_code=status_code,
        headers={"Cache-Control": "no-store"},
    )


def _same_site(request: Anything) -> None:
    """Raises `Refused`: `other_site` where the browser says, or the Origin shows, that another site sends this."""
    site = request.headers.get("sec-fetch-site", "")
    origin = request.headers.get("origin", "")
    host = request.headers.get("host", "")
    if (site and site not in ("same-origin", "none")) or (not site and origin and origin.partition("//")[2] != host):
        raise Refused("other_site", "the request comes from another site")


async def _token(request: Anything) -> str:
    if request.headers.get("content-type", "").partition(";")[0] != "application/x-www-form-urlencoded":
        raise Refused("wrong_token", "not a form")
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_FORM_BYTES:
            raise Refused("wrong_token", "too long")
    try:
        return parse_qs(body.decode())["token"][0].strip()
    except (UnicodeDecodeError, KeyError, ValueError) as err:
        raise Refused("wrong_token", "no token") from err
