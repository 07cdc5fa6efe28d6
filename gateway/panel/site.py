"""Every path, and what is asked of who comes: request in, answer out.

1. The Host must be ours (`hosts.py`), but for /metrics with its token: a page elsewhere does not have that.
2. Without a session there is the log-in, and nothing else. From this machine itself /metrics and /health.json too.
3. What changes anything is a POST of a page of our own (`entry.py`).
4. What technicians ask is not the panel's: below /tech another room answers, to tokens and to no cookie, whatever
   the Host: a page elsewhere has none.
5. Whatever goes wrong in here ends this request and no more.
"""

import hmac
import json
import re
from collections.abc import Awaitable, Callable, Iterable
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlencode

import structlog

from gateway.panel import hosts, pages, sheet
from gateway.panel.doors import Doors, Session
from gateway.panel.entry import Entry, html, redirect
from gateway.panel.exchange import Answer, Request, Response
from gateway.panel.glance import Glance, NoLook
from gateway.panel.headers import hardened
from gateway.panel.live import Live, TooMany
from gateway.panel.pages import Watchful
from gateway.panel.words import LANGS, Phrases, choose

log = structlog.get_logger()

LANG_COOKIE, LANG_COOKIE_S = "tram_lang", 365 * 86_400
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_STATIC = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}

Page = Callable[[Request, Phrases, Session], Awaitable[Response]]


class Site:
    """answer() gives the response to a request."""

    def __init__(
        self,
        doors: Doors,
        glance: Glance,
        names: Iterable[str],
        metrics_token: str,
        mono_ms: Callable[[], int],
        session_s: int,
        tech: Answer | None = None,
    ) -> None:
        self._tech = tech
        self._doors = doors
        self._glance = glance
        self._names = frozenset(name.lower().removesuffix(".") for name in names)
        self._metrics_digest = sha256(metrics_token.encode()).digest() if metrics_token else None
        self._mono_ms = mono_ms
        self._entry = Entry(doors, session_s)
        self.live = Live(self._pieces)
        self._files = _files()
        self._pages: dict[str, Page] = {
            "/": self._home,
            "/big": self._big,
            "/day.csv": self._csv,
            "/live": self._live,
        }

    async def answer(self, request: Request) -> Response:
        say = Phrases(choose(request.cookie(LANG_COOKIE)))
        try:
            return hardened(await self._route(request, say))
        except NoLook:
            return hardened(html(pages.message(say, "no_look"), 503))
        except Exception:  # a request's top: whatever it is, it ends this one and no other
            log.exception("a request to the panel failed", method=request.method[:16], path=request.path[:64])
            return hardened(html(pages.message(say, "fault"), 500))

    async def _route(self, request: Request, say: Phrases) -> Response:
        path, method = request.path, "GET" if request.method == "HEAD" else request.method
        if path == "/metrics" and self._has_token(request):
            return await self._metrics()
        if path.startswith("/tech/") and self._tech is not None:
            return await self._tech(request)
        if not hosts.is_ours(request.headers.get("host", ""), self._names, request.local):
            return html(pages.message(say, "wrong_host"), 421)
        posts = {"/login": self._entry.post_login, "/logout": self._entry.post_logout}
        if method == "POST" and path in posts:
            return await posts[path](request, say)
        if method != "GET":
            return html(pages.message(say, "not_found"), 405)
        if request.query.get("lang") in LANGS:
            return _switched(request)
        if path in self._files:
            return self._file(request)
        if path in ("/metrics", "/health.json"):
            return await self._machine(request)
        if path == "/login":
            return await self._entry.get_login(request, say)
        return await self._page(request, say)

    # --- for people

    async def _page(self, request: Request, say: Phrases) -> Response:
        session = self._entry.who(request)
        page = self._pages.get(request.path)
        if session is None:
            if request.path == "/live":
                return Response(401, {"Content-Type": "text/plain"})
            onward = request.path if page is not None else ""
            return redirect("/login" + ("?" + urlencode({"next": onward}) if onward not in ("", "/") else ""))
        if page is None:
            return html(pages.message(say, "not_found"), 404)
        return await page(request, say, session)

    async def _home(self, _request: Request, say: Phrases, session: Session) -> Response:
        return html(pages.home(await self._glance.look(), say, self._watchful(), session.name))

    async def _big(self, _request: Request, say: Phrases, session: Session) -> Response:
        return html(pages.big(await self._glance.look(), say, self._watchful(), session.name))

    async def _csv(self, request: Request, say: Phrases, _session: Session) -> Response:
        look = await self._glance.look()
        date = request.query.get("date", "")
        day = look.day if date in ("", look.day.date) else None
        if day is None and _DATE.fullmatch(date) and date in look.kept_days:
            day = await self._glance.day(date)
        if day is None:
            return html(pages.message(say, "no_day"), 404)
        separator = sheet.SEPARATORS.get(request.query.get("sep", ""), ",")
        name = f"tram-{look.place.gateway_id}-{day.date or 'today'}.csv"
        headers = {"Content-Type": "text/csv; charset=utf-8", "Content-Disposition": f'attachment; filename="{name}"'}
        return Response(200, headers, sheet.csv_of(day, say, separator))

    async def _live(self, request: Request, say: Phrases, session: Session) -> Response:
        page = request.query.get("page", "")
        if page not in pages.PIECES:
            return html(pages.message(say, "not_found"), 404)
        try:
            stream = self.live.watch(page, say.lang, session.name, lambda: self._entry.who(request) is not None)
        except TooMany:
            return Response(503, {"Content-Type": "text/plain", "Retry-After": "5"})
        return Response(200, {"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"}, stream)

    async def _pieces(self, kinds: set[tuple[str, str]]) -> dict[tuple[str, str], dict[str, str]] | None:
        try:
            look = await self._glance.look()
        except NoLook:
            return None
        watchful = self._watchful()
        return {(page, lang): pages.pieces(page, look, Phrases(lang), watchful) for page, lang in kinds}

    def _watchful(self) -> Watchful:
        failures = self._doors.failures
        last_s = None if failures.last_ms is None else (self._mono_ms() - failures.last_ms) / 1000
        return Watchful(failures.number, last_s, failures.last_address)

    # --- for machines

    async def _machine(self, request: Request) -> Response:
        is_from_here = hosts.is_from_here(request.peer, request.headers)
        if request.path == "/metrics":
            if is_from_here:
                return await self._metrics()
            return Response(401, {"Content-Type": "text/plain", "WWW-Authenticate": "Bearer"})
        if not is_from_here and self._entry.who(request) is None:
            return Response(401, {"Content-Type": "application/json"}, b'{"error":"no_session"}')
        return Response(200, {"Content-Type": "application/json"}, await self._health())

    async def _metrics(self) -> Response:
        text = await self._glance.metrics()
        return Response(200, {"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}, text.encode())

    async def _health(self) -> bytes:
        """The state of each part and box; no counts, nothing of people."""
        look = await self._glance.look()
        is_well = all(one.state == "ok" for one in look.parts)
        return json.dumps(
            {
                "v": 1,
                "gateway_id": look.place.gateway_id,
                "state": "ok" if is_well else "not_well",
                "utc_ms": look.utc_ms,
                "parts": [one._asdict() for one in look.parts],
                "boxes": [one._asdict() for one in look.boxes],
                "waiting": look.waiting._asdict(),
                "certificate_days": look.certificate_days,
            },
            ensure_ascii=False,
        ).encode()

    def _has_token(self, request: Request) -> bool:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if self._metrics_digest is None or scheme.lower() != "bearer":
            return False
        return hmac.compare_digest(
            sha256(token.strip().encode("utf-8", "surrogateescape")).digest(), self._metrics_digest
        )

    def _file(self, request: Request) -> Response:
        media, body, tag = self._files[request.path]
        headers = {"Content-Type": media, "ETag": tag, "Cache-Control": "no-cache"}
        if request.headers.get("if-none-match") == tag:
            return Response(304, headers)
        return Response(200, headers, body)


def _switched(request: Request) -> Response:
    """The same page in the language asked for, which a cookie remembers."""
    rest = {name: value for name, value in request.query.items() if name != "lang"}
    secure = "; Secure" if request.is_tls else ""
    lang = request.query["lang"]
    cookie = f"{LANG_COOKIE}={lang}; Path=/; Max-Age={LANG_COOKIE_S}; HttpOnly; SameSite=Lax{secure}"
    path = request.path if request.path in ("/", "/big", "/login") else "/"
    return redirect(path + ("?" + urlencode(rest) if rest else ""))._replace(cookies=(cookie,))


def _files() -> dict[str, tuple[str, bytes, str]]:
    """Path -> media type, content, tag."""
    found = {}
    for path in sorted((pages.FOLDER / "static").iterdir()):
        if path.suffix in _STATIC:
            body = Path(path).read_bytes()
            found[f"/static/{path.name}"] = _STATIC[path.suffix], body, f'"{sha256(body).hexdigest()[:16]}"'
    found["/favicon.ico"] = found["/static/icon.svg"]
    return found
