"""Coming in and going out: the log-in's form, the cookie, and whether a page of ours sends it.

1. What changes anything is a POST of a page of our own: the browser says so in Sec-Fetch-Site, or in Origin; who says
   neither is refused. The cookie is SameSite=Strict on top of it.
2. After the log-in it goes on to a page of ours, and nowhere else.
"""

from collections.abc import Mapping

from gateway.panel import pages
from gateway.panel.doors import Doors, Refused, Session
from gateway.panel.exchange import Request, Response, fields_of
from gateway.panel.words import Phrases

_FORM = "application/x-www-form-urlencoded"
_STATUS: Mapping[str, int] = {"wrong": 401, "wait": 429, "busy": 503}


class Entry:
    """Log-in and log-out, and whose a request is."""

    def __init__(self, doors: Doors, session_s: int) -> None:
        self._doors = doors
        self._session_s = session_s

    def who(self, request: Request) -> Session | None:
        return self._doors.who(request.cookie(cookie_name(request)))

    async def get_login(self, request: Request, say: Phrases) -> Response:
        onward = _onward(request.query.get("next", ""))
        if self.who(request) is not None:
            return redirect(onward)
        return html(pages.login(say, "", onward))

    async def post_login(self, request: Request, say: Phrases) -> Response:
        if not is_of_ours(request):
            return html(pages.login(say, say("other_site"), "/"), 403)
        form = fields_of(request.body.decode("ascii", "replace")) if _is_form(request) else {}
        onward = _onward(form.get("next", ""))
        name = form.get("name", "")
        try:
            cookie = await self._doors.log_in(name, form.get("password", ""), request.peer)
        except Refused as refused:
            status = _STATUS[refused.code]
            text = say(refused.code, n=refused.wait_s) if refused.wait_s else say(refused.code)
            answer = html(pages.login(say, text, onward, name[:32]), status)
            wait = {"Retry-After": str(refused.wait_s)} if refused.wait_s else {}
            return answer._replace(headers=dict(answer.headers) | wait)
        return redirect(onward)._replace(cookies=(_cookie(request, cookie, self._session_s),))

    async def post_logout(self, request: Request, say: Phrases) -> Response:
        if not is_of_ours(request):
            return html(pages.message(say, "other_site"), 403)
        self._doors.log_out(request.cookie(cookie_name(request)))
        return redirect("/login")._replace(cookies=(_cookie(request, "", 0),))


def is_of_ours(request: Request) -> bool:
    """Whether a page of ours sends this."""
    site = request.headers.get("sec-fetch-site", "")
    if site:
        return site == "same-origin"
    scheme = "https" if request.is_tls else "http"
    return request.headers.get("origin", "") == f"{scheme}://{request.headers.get('host', '')}"


def _is_form(request: Request) -> bool:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == _FORM


def cookie_name(request: Request) -> str:
    """Over TLS a name that no other page on this machine can set."""
    return "__Host-tram_panel" if request.is_tls else "tram_panel"


def _cookie(request: Request, value: str, age_s: int) -> str:
    secure = "; Secure" if request.is_tls else ""
    return f"{cookie_name(request)}={value}; Path=/; Max-Age={age_s}; HttpOnly; SameSite=Strict{secure}"


def html(body: bytes, status: int = 200) -> Response:
    return Response(status, {"Content-Type": "text/html; charset=utf-8"}, body)


def redirect(where: str) -> Response:
    return Response(303, {"Location": where, "Content-Type": "text/plain"})


def _onward(asked: str) -> str:
    return asked if asked in ("/", "/big") else "/"
