"""Coming in at the page and going out: by name, password and code, or by a reader's token.

1. What is wrong is said on the form, in the language of the page, with the status of its code; a password is never put
   back into a form.
2. A log-in, and going out, is not taken from another site's page; a change of a password only from our own page.
3. Who comes in and has something to be told (`two.Reset`) reads it before anything else.
4. Whose role asks for a second factor, and has none, sets it up first: the password was judged with the log-in.
5. Who is in, and has nothing on the ledger's page, is led to what is theirs, or told that there is nothing; a password
   that others know is changed here.
"""

from typing import Annotated, Any

import structlog
from litestar import Response, get, post
from litestar.params import QueryParameter
from litestar.response import Redirect

from server.access.users import needs_second_factor
from server.access.who import USER, Who
from server.errors import Refused, TramError
from server.web import entry, factor_page, problems, second_factor
from server.web.access_views import reset_said
from server.web.desk import desk_of
from server.web.doors import COOKIE, digest
from server.web.logins import Entered
from server.web.page_frame import FACTOR, at, framed, menu
from server.web.page_parts import Anything, Lang, fields_of, html, phrases, sentence
from server.web.words import Phrases

MOST_NAME = 32


@get("/login", include_in_schema=False)
async def get_login(
    request: Anything,
    lang: Lang = "",
    changed: Annotated[bool, QueryParameter()] = False,
    ended: Annotated[bool, QueryParameter()] = False,
) -> Response[Any]:
    """The form. `changed`: a password was changed a moment ago; `ended`: there was a session."""
    say = phrases(request, lang)
    return _form(say, note=say("changed_now") if changed else say("session_ended") if ended else "")


@post("/login", include_in_schema=False, status_code=200)
async def post_login(request: Anything, lang: Lang = "") -> Response[Any]:
    """A token, or name, password and code, for a session."""
    desk, say = desk_of(request), phrases(request, lang)
    fields: dict[str, str] = {}
    try:
        entry.not_elsewhere(request)
        fields = await fields_of(request)
        cookie, found = await _entered(request, fields)
        page = await _welcome(request, say, found)
    except TramError as err:
        desk.metrics.error(err.code)
        client = request.client.host if request.client else ""
        structlog.get_logger().warning("log_in_refused", client=client, code=err.code)
        return _form(say, err, fields)
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
        return Redirect(at("/login", say), status_code=303)
    if who.by != USER:
        return inside(say, who, Refused("forbidden_role", "this is for a user who has logged in"))
    try:
        entry.own_page(request)
        fields = await fields_of(request)
        if fields.get("new", "") != fields.get("again", ""):
            raise Refused("password_differs", "the two are not the same")
        await desk.logins.change_password(who.id, who.name, fields.get("old", ""), fields.get("new", ""))
    except TramError as err:
        desk.metrics.error(err.code)
        return inside(say, who, err)
    return _out(request, say, changed="true")


def inside(say: Phrases, who: Who, err: TramError | None = None) -> Response[str]:
    """For who is in, and has nothing on the page: why, what can be done here, and the way out."""
    theirs = [one for one in menu(say, who) if not one.href.startswith(FACTOR)]
    needs_factor = not who.is_strong and needs_second_factor(who.roles)
    notes = [] if theirs or needs_factor else [say("no_page"), *(say(f"home_{role}") for role in sorted(who.acting))]
    facts = {"must_change": who.must_change_password, "needs_factor": needs_factor, "theirs": theirs, "notes": notes}
    page = framed(say, who, "inside.html", "/", err, **facts)
    if err is None and (who.must_change_password or not theirs):
        page.status_code = 403
    return page


async def _welcome(request: Anything, say: Phrases, found: Entered | None) -> Response[Any]:
    if found is not None and found.resets:
        return html("told.html", say=say, told=[reset_said(one, say.lang) for one in found.resets])
    user = None if found is None else found.user
    if user is None or user.has_totp or user.must_change_password or not needs_second_factor(user.roles):
        return Redirect(at("/", say), status_code=303)
    who = Who(user.id, user.name, user.roles, by=USER)
    return factor_page.secret_page(say, who, await second_factor.begin_proved(desk_of(request), user.id))


async def _entered(request: Anything, fields: dict[str, str]) -> tuple[str, Entered | None]:
    desk, log = desk_of(request), structlog.get_logger()
    address = request.client.host if request.client else ""
    if "token" in fields:
        cookie = desk.doors.log_in(fields["token"].strip())
        log.info("logged_in", client=address, reader=desk.doors.reader("", cookie).name)
        return cookie, None
    name, code = fields.get("name", "").strip().lower(), fields.get("code", "").strip()
    old = request.cookies.get(COOKIE, "")
    found = await desk.logins.log_in(name, fields.get("password", ""), code, address, old)
    log.info("logged_in", client=address, user=found.user.id)
    return found.cookie, found


def _form(
    say: Phrases, err: TramError | None = None, fields: dict[str, str] | None = None, note: str = ""
) -> Response[Any]:
    known = fields or {}
    facts = {"name": known.get("name", "")[:MOST_NAME], "by_token": "token" in known}
    page = html(
        "login.html",
        status_code=problems.status_of(err) if err else 200,
        say=say,
        wrong=sentence(say, err),
        code_needed=err is not None and err.code == "totp_needed",
        note=note,
        **facts,
    )
    if (after_s := getattr(err, "retry_after_s", None)) is not None:
        page.headers["Retry-After"] = str(after_s)
    return page


def _out(request: Anything, say: Phrases, **more: str) -> Redirect:
    page: Redirect = Redirect(at("/login", say, **more), status_code=303)
    page.set_cookie(entry.session_cookie(request, ""))
    return page


HANDLERS: list[Any] = [get_login, post_login, post_logout, post_password]
