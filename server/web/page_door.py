"""Coming in at the page and going out: by name, password and code, or by a reader's token.

1. What is wrong is said on the form, in the language of the page, with the status of its code; a password is never put
   back into a form.
2. A log-in, and going out, is not taken from another site's page; a change of a password only from our own page.
3. Who comes in and has something to be told (`two.Reset`) reads it before anything else.
4. Who is in, and has nothing on the page, is told so and can go out; a password that others know is changed here.
"""

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qs, urlencode

import jinja2
import structlog
from litestar import MediaType, Request, Response, get, post
from litestar.params import QueryParameter
from litestar.response import Redirect

from server.access.two import Reset
from server.access.who import USER, Who
from server.errors import Refused, TramError
from server.web import bodies, entry, problems
from server.web.access_views import reset_said
from server.web.desk import desk_of
from server.web.doors import COOKIE, digest
from server.web.said import SAID
from server.web.words import Phrases, choose

FOLDER = Path(__file__).parent
MOST_FORM_BYTES = 8192
MOST_FIELDS = 8
MOST_NAME = 32
FORM = "application/x-www-form-urlencoded"

TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(FOLDER / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)

Lang = Annotated[str, QueryParameter(max_length=8)]
Anything = Request[Any, Any, Any]


@get("/login", include_in_schema=False)
async def get_login(
    request: Anything, lang: Lang = "", changed: Annotated[bool, QueryParameter()] = False
) -> Response[Any]:
    """The form. `changed`: a password was changed a moment ago."""
    say = phrases(request, lang)
    return _form(say, note=say("changed_now") if changed else "")


@post("/login", include_in_schema=False, status_code=200)
async def post_login(request: Anything, lang: Lang = "") -> Response[Any]:
    """A token, or name, password and code, for a session."""
    desk, say = desk_of(request), phrases(request, lang)
    fields: dict[str, str] = {}
    try:
        entry.not_elsewhere(request)
        fields = await _fields(request)
        cookie, resets = await _entered(request, fields)
    except TramError as err:
        desk.metrics.error(err.code)
        client = request.client.host if request.client else ""
        structlog.get_logger().warning("log_in_refused", client=client, code=err.code)
        return _form(say, err, fields)
    page: Response[Any] = Redirect("/?" + urlencode({"lang": say.lang}), status_code=303)
    if resets:
        page = html("told.html", say=say, told=[reset_said(one, say.lang) for one in resets])
    page.set_cookie(entry.session_cookie(request, cookie))
    return page


@post("/logout", include_in_schema=False, status_code=303)
async def post_logout(request: Anything, lang: Lang = "") -> Redirect:
    """End the session."""
    entry.not_elsewhere(request)
    desk, cookie = desk_of(request), request.cookies.get(COOKIE, "")
    desk.doors.log_out(cookie)
    await desk.access.end_session(digest(cookie))
    return _out(request, phrases(request, lang))


@post("/password", include_in_schema=False, status_code=200)
async def post_password(request: Anything, lang: Lang = "") -> Response[Any]:
    """One's own: the old one, and twice the new one. Every session ends."""
    desk, say = desk_of(request), phrases(request, lang)
    try:
        who = await entry.person(request)
    except Refused:
        return Redirect("/login?" + urlencode({"lang": say.lang}), status_code=303)
    if who.by != USER:
        return inside(say, who)
    try:
        entry.own_page(request)
        fields = await _fields(request)
        if fields.get("new", "") != fields.get("again", ""):
            raise Refused("password_differs", "the two are not the same")
        await desk.logins.change_password(who.id, who.name, fields.get("old", ""), fields.get("new", ""))
    except TramError as err:
        desk.metrics.error(err.code)
        return inside(say, who, err)
    return _out(request, say, changed="true")


def inside(say: Phrases, who: Who, err: TramError | None = None) -> Response[str]:
    """For who is in, and has nothing on the page: why, what can be done here, and the way out."""
    facts = {"say": say, "name": who.name, "must_change": who.must_change_password, "wrong": _sentence(say, err)}
    return html("inside.html", status_code=problems.status_of(err) if err else 403, **facts)


def phrases(request: Anything, lang: str) -> Phrases:
    """The words of the language that is asked for, or preferred."""
    return Phrases(choose(lang, request.headers.get("accept-language", "")))


def html(template: str, status_code: int = 200, **facts: object) -> Response[Any]:
    """A page that nobody keeps."""
    return Response(
        TEMPLATES.get_template(template).render(**facts),
        media_type=MediaType.HTML,
        status_code=status_code,
        headers={"Cache-Control": "no-store"},
    )


async def _entered(request: Anything, fields: dict[str, str]) -> tuple[str, list[Reset]]:
    desk, log = desk_of(request), structlog.get_logger()
    address = request.client.host if request.client else ""
    if "token" in fields:
        cookie = desk.doors.log_in(fields["token"].strip())
        log.info("logged_in", client=address, reader=desk.doors.reader("", cookie).name)
        return cookie, []
    name, code = fields.get("name", "").strip().lower(), fields.get("code", "").strip()
    old = request.cookies.get(COOKIE, "")
    found = await desk.logins.log_in(name, fields.get("password", ""), code, address, old)
    log.info("logged_in", client=address, user=found.user.id)
    return found.cookie, found.resets


async def _fields(request: Anything) -> dict[str, str]:
    """Raises `Refused`: `content_type`, `too_long`, `body_timeout`, `field`."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise Refused("content_type", FORM)
    data = await bodies.read(request, MOST_FORM_BYTES, desk_of(request).limits.body_timeout_s, "too_long")
    try:
        found = parse_qs(data.decode(), errors="strict", max_num_fields=MOST_FIELDS, keep_blank_values=True)
    except (UnicodeDecodeError, ValueError) as err:
        raise Refused("field", "not a form") from err
    return {name: values[0] for name, values in found.items()}


def _form(
    say: Phrases, err: TramError | None = None, fields: dict[str, str] | None = None, note: str = ""
) -> Response[Any]:
    known = fields or {}
    facts = {"name": known.get("name", "")[:MOST_NAME], "by_token": "token" in known}
    page = html(
        "login.html",
        status_code=problems.status_of(err) if err else 200,
        say=say,
        wrong=_sentence(say, err),
        code_needed=err is not None and err.code == "totp_needed",
        note=note,
        **facts,
    )
    if (after_s := getattr(err, "retry_after_s", None)) is not None:
        page.headers["Retry-After"] = str(after_s)
    return page


def _sentence(say: Phrases, err: TramError | None) -> str:
    if err is None:
        return ""
    _, english, vietnamese = SAID.get(err.code, SAID["request"])
    said = say.known(err.code, vietnamese if say.lang == "vi" else english)
    after_s = getattr(err, "retry_after_s", None)
    return said if after_s is None else f"{said} {say('wait', n=after_s)}"


def _out(request: Anything, say: Phrases, **more: str) -> Redirect:
    page: Redirect = Redirect("/login?" + urlencode({"lang": say.lang, **more}), status_code=303)
    page.set_cookie(entry.session_cookie(request, ""))
    return page


HANDLERS: list[Any] = [get_login, post_login, post_logout, post_password]
