"""The API of `server/access`: logging in and out, who I am, my password, my second factor."""

from typing import Any

import structlog
from litestar import Request, Response, get, post

from server.access import totp
from server.access.roles import SECOND_FACTOR
from server.access.who import USER, Who
from server.errors import Refused
from server.web import access_looks, access_users, entry, second_factor
from server.web.access_forms import CodeForm, LogInForm, PasswordForm, TotpForm, read
from server.web.access_views import Done, MeView, RecoveryView, TotpView, me_view
from server.web.desk import desk_of
from server.web.doors import COOKIE, digest
from server.web.operations import takes
from server.web.problems import refusals

Anything = Request[Any, Any, Any]
OWN: Any = {"security": [{"reader": []}], "status_code": 200, "request_max_body_size": None}


@post(
    "/api/v1/login",
    summary="Log in: name, password, and the code of the second factor where there is one",
    operation_id="log_in",
    operation_class=takes(LogInForm),
    responses=refusals(400, 401, 403, 408, 413, 415, 503),
    status_code=200,
    request_max_body_size=None,
)
async def post_login(request: Anything) -> Response[MeView]:
    """Answers with the session's cookie."""
    entry.not_elsewhere(request)
    form = await read(request, LogInForm)
    desk = desk_of(request)
    address = request.client.host if request.client else ""
    log = structlog.get_logger().bind(client=address)
    old = request.cookies.get(COOKIE, "")
    try:
        cookie, user, resets = await desk.logins.log_in(form.name, form.password, form.code, address, old)
    except Refused as err:
        log.warning("log_in_refused", code=err.code)
        raise
    log.info("logged_in", user=user.id)
    is_strong = user.has_totp
    who = Who(user.id, user.name, user.roles, user.areas, user.places, USER, is_strong, True, user.must_change_password)
    view = me_view(who.as_one_of(()), _needs_totp(who), resets)
    answer = Response(view, headers={"Cache-Control": "no-store"})
    answer.set_cookie(entry.session_cookie(request, cookie))
    return answer


@post("/api/v1/logout", summary="Log out", operation_id="log_out", responses=refusals(400, 401, 403, 503), **OWN)
async def post_logout(request: Anything) -> Response[Done]:
    """The session has ended; without one there is nothing to end."""
    entry.not_elsewhere(request)
    cookie = request.cookies.get(COOKIE, "")
    if not cookie:
        raise Refused("no_token", "there is no session")
    desk = desk_of(request)
    desk.doors.log_out(cookie)
    await desk.access.end_session(digest(cookie))
    answer = Response(Done())
    answer.set_cookie(entry.session_cookie(request, ""))
    return answer


@get("/api/v1/me", summary="Who I am", operation_id="get_me", responses=refusals(401, 503), security=[{"reader": []}])
async def get_me(request: Anything) -> Response[MeView]:
    """Roles, areas, places, and what is still to be set up."""
    who = await entry.person(request)
    return Response(me_view(who, _needs_totp(who)), headers={"Cache-Control": "no-store"})


@post(
    "/api/v1/me/password",
    summary="Change my password; every session of mine ends",
    operation_id="change_my_password",
    operation_class=takes(PasswordForm),
    responses=refusals(400, 401, 403, 408, 413, 415, 503),
    **OWN,
)
async def post_password(request: Anything) -> Done:
    """With the old one."""
    who = await _user(request)
    form = await read(request, PasswordForm)
    await desk_of(request).logins.change_password(who.id, who.name, form.old, form.new)
    return Done()


@post(
    "/api/v1/me/totp",
    summary="Begin to set up a second factor: a secret for an authenticator app, shown once",
    operation_id="begin_totp",
    operation_class=takes(TotpForm),
    responses=refusals(400, 401, 403, 408, 409, 413, 415, 503),
    **OWN,
)
async def post_totp(request: Anything) -> Response[TotpView]:
    """It counts when a code of it was given (`/api/v1/me/totp/confirm`)."""
    who = await _user(request)
    form = await read(request, TotpForm)
    secret = await second_factor.begin(desk_of(request), who.id, form.password)
    return Response(TotpView(secret, totp.uri(secret, who.name)), headers={"Cache-Control": "no-store"})


@post(
    "/api/v1/me/totp/confirm",
    summary="The second factor counts from now on; recovery codes, shown once",
    operation_id="confirm_totp",
    operation_class=takes(CodeForm),
    responses=refusals(400, 401, 403, 408, 409, 412, 413, 415, 503),
    **OWN,
)
async def post_totp_confirm(request: Anything) -> Response[RecoveryView]:
    """Every session of this user ends: log in again, with a code."""
    who = await _user(request)
    form = await read(request, CodeForm)
    _, codes = await second_factor.confirm(desk_of(request), who.id, form.code)
    return Response(RecoveryView(codes), headers={"Cache-Control": "no-store"})


async def _user(request: Anything) -> Who:
    """Who is at the page: a user by a session, and no token."""
    who = await entry.person(request)
    if who.by != USER:
        raise Refused("forbidden_role", "this is for a user who has logged in")
    return who


def _needs_totp(who: Who) -> bool:
    return not who.is_strong and bool(who.roles & SECOND_FACTOR)


HANDLERS: list[Any] = [
    post_login,
    post_logout,
    get_me,
    post_password,
    post_totp,
    post_totp_confirm,
    *access_users.HANDLERS,
    *access_looks.HANDLERS,
]
