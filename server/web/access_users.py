"""Users, for administrators; and tokens, for whoever they speak for.

1. Nobody changes their own roles, areas or places: another administrator does. Nobody gives themselves people to see.
2. A password that an administrator gave has to be changed before anything else.
3. What takes two administrators (`server.access.two`) names the approval; without one the refusal says what to ask for.
4. Who is bounded by areas has some, or `everywhere` is said: nothing gets wider by what is left out.
5. A token is made at a session, never by a token; it has no role that its user has not, and none that asks for a
   second factor where none was given. An administrator may take any away.
"""

import secrets
from typing import Annotated, Any

from litestar import Request, Response, delete, get, patch, post
from litestar.params import PathParameter, QueryParameter

from server.access import names, passwords, roles, two, users
from server.access.chain import Told
from server.access.users import ACTIVE, LOCKED, Token, User
from server.access.who import USER, Who
from server.errors import Refused
from server.web import entry, second_factor
from server.web.access_forms import ResetForm, TokenForm, UserChange, UserForm, read, shown, tagged, version_of
from server.web.access_views import (
    Done,
    NewToken,
    TokenList,
    UserList,
    UserView,
    token_view,
    user_view,
)
from server.web.desk import desk_of
from server.web.doors import digest, new_token
from server.web.operations import takes
from server.web.problems import refusals

Anything = Request[Any, Any, Any]
ADMINISTRATOR: Any = {"security": [{"administrator": []}], "request_max_body_size": None}
ANY = refusals(400, 401, 403, 404, 408, 409, 412, 413, 415, 428, 503)
UserId = Annotated[str, PathParameter(pattern="^u-[0-9a-f]{16}$", description="A user")]
TokenId = Annotated[str, PathParameter(pattern="^[0-9a-f]{16}$", description="A token")]
ApprovalId = Annotated[str, QueryParameter(pattern="^([0-9a-f]{16})?$", description="Of another administrator")]
After = Annotated[str, QueryParameter(max_length=18, pattern="^[a-z0-9-]*$")]
Limit = Annotated[int, QueryParameter(ge=1, le=500)]
CHANGE = roles.may("change_users")


@get(
    "/api/v1/users", summary="Users", operation_id="list_users", responses=refusals(400, 401, 403, 503), **ADMINISTRATOR
)
async def list_users(request: Anything, after: After = "", limit: Limit = 100) -> UserList:
    """In the order of their ids."""
    await entry.person(request, *CHANGE)
    found = await desk_of(request).access.users(after, limit)
    return UserList([user_view(one) for one in found], found[-1].id if len(found) == limit else None)


@post(
    "/api/v1/users",
    summary="A new user",
    operation_id="add_user",
    status_code=201,
    responses=ANY,
    **ADMINISTRATOR,
    operation_class=takes(UserForm),
)
async def post_user(request: Anything) -> Response[UserView]:
    """With a password to be changed at the first log-in."""
    who = await entry.person(request, *CHANGE)
    form = await read(request, UserForm)
    desk, now_ms = desk_of(request), desk_of(request).now_ms()
    user = User(
        id="u-" + secrets.token_hex(8),
        name=names.login(form.name),
        title=names.shown(form.title),
        roles=users.judge_roles(form.roles),
        areas=users.judge_areas(frozenset(names.ids(form.areas, "areas")), form.everywhere),
        places=frozenset(names.ids(form.places, "places")),
        state=ACTIVE,
        has_totp=False,
        made_ms=now_ms,
        changed_ms=now_ms,
        version=1,
        must_change_password=True,
    )
    users.must_be_bounded(user.roles, user.areas)
    made = await desk.logins.hashing(passwords.make, passwords.judge(form.password, user.name))
    await desk.access.add_user(user, made, Told(who.id, two.ADDED, (user.id,), _scope(user)), form.approval)
    return _tagged(user, 201)


@get(
    "/api/v1/users/{user_id:str}",
    summary="One user",
    operation_id="get_user",
    operation_class=takes(may_be_known=True),
    responses=refusals(400, 401, 403, 404, 503),
    **ADMINISTRATOR,
)
async def get_user(request: Anything, user_id: UserId) -> Response[UserView]:
    """Its ETag is what a change names."""
    await entry.person(request, *CHANGE)
    found = await desk_of(request).access.user(user_id)
    return shown(request, user_view(found), found.version)


@patch(
    "/api/v1/users/{user_id:str}",
    summary="Change a user: what is not in the body stays",
    operation_id="change_user",
    responses=ANY,
    **ADMINISTRATOR,
    operation_class=takes(UserChange, names_version=True),
)
async def patch_user(request: Anything, user_id: UserId) -> Response[UserView]:
    """Where roles, areas, places or the lock change, the user's sessions end."""
    who = await entry.person(request, *CHANGE)
    version = version_of(request)
    form = await read(request, UserChange)
    fields = _fields(form)
    if user_id == who.id and fields.keys() - {"title"}:
        raise Refused("forbidden_role", "another administrator has to do that")
    detail: dict[str, object] = {
        name: sorted(fields[name])[:50] for name in ("roles", "areas", "places") if name in fields
    }
    told = Told(who.id, two.CHANGED, (user_id,), {**detail, "fields": sorted(fields)})
    return _tagged(await desk_of(request).access.change_user(user_id, version, fields, told, form.approval))


@delete(
    "/api/v1/users/{user_id:str}",
    summary="Remove a user, with tokens and sessions",
    operation_id="remove_user",
    operation_class=takes(names_version=True),
    status_code=200,
    responses=ANY,
    **ADMINISTRATOR,
)
async def delete_user(request: Anything, user_id: UserId, approval: ApprovalId = "") -> Done:
    """The record of looks keeps the id."""
    who = await entry.person(request, *CHANGE)
    told = Told(who.id, two.REMOVED, (user_id,))
    await desk_of(request).access.remove_user(user_id, version_of(request), told, approval)
    return Done()


@post(
    "/api/v1/users/{user_id:str}/password",
    summary="Give a user a password, to be changed at the next log-in; or take the second factor away",
    operation_id="reset_password",
    status_code=200,
    responses=ANY,
    **ADMINISTRATOR,
    operation_class=takes(ResetForm),
)
async def post_reset(request: Anything, user_id: UserId) -> Done:
    """`totp` true: the second factor goes too; without a password it goes alone."""
    who = await entry.person(request, *CHANGE)
    form = await read(request, ResetForm)
    await second_factor.reset(desk_of(request), who, user_id, form.password, form.totp, form.approval)
    return Done()


@post(
    "/api/v1/users/{user_id:str}/unlock",
    summary="A user who failed too often may try again now",
    operation_id="unlock_user",
    status_code=200,
    responses=refusals(400, 401, 403, 404, 503),
    **ADMINISTRATOR,
)
async def post_unlock(request: Anything, user_id: UserId) -> Done:
    """Failed log-ins are forgotten; a user who is locked by an administrator stays so."""
    who = await entry.person(request, *CHANGE)
    desk = desk_of(request)
    user = await desk.access.user(user_id)
    await desk.access.forgive(desk.logins.account(user.name), Told(who.id, "user_unlocked", (user_id,)))
    return Done()


@get(
    "/api/v1/tokens",
    summary="My tokens; an administrator sees everybody's",
    operation_id="list_tokens",
    responses=refusals(400, 401, 403, 503),
    security=[{"reader": []}],
)
async def list_tokens(request: Anything, after: After = "", limit: Limit = 100) -> TokenList:
    """Never the tokens themselves."""
    who = await entry.person(request)
    found = await desk_of(request).access.tokens(_whose(who), after, limit)
    return TokenList([token_view(one) for one in found], found[-1].id if len(found) == limit else None)


@post(
    "/api/v1/tokens",
    summary="A new token of mine, shown once",
    operation_id="add_token",
    status_code=201,
    responses=ANY,
    security=[{"reader": []}],
    request_max_body_size=None,
    operation_class=takes(TokenForm),
)
async def post_token(request: Anything) -> Response[NewToken]:
    """For no more than I may now, and not for ever."""
    who = await entry.person(request)
    if who.by != USER or who.must_change_password:
        raise Refused("forbidden_role", "a token is made by a user who has logged in")
    form = await read(request, TokenForm)
    desk, now_ms = desk_of(request), desk_of(request).now_ms()
    asked = users.judge_roles(form.roles)
    if not asked or asked - who.acting:
        raise Refused("forbidden_role", "a token has no role that its user has not now")
    secret = new_token()
    token = Token(
        id=secrets.token_hex(8),
        user_id=who.id,
        name=names.shown(form.name),
        roles=asked,
        areas=frozenset(names.ids(form.areas, "areas")),
        places=frozenset(names.ids(form.places, "places")),
        is_strong=who.is_strong,
        made_ms=now_ms,
        ends_ms=users.judge_end(form.ends_ms, now_ms),
        used_ms=None,
    )
    users.must_reach(await desk.access.user(who.id), token)
    told = Told(who.id, "token_added", (f"token:{token.id}",), {"roles": sorted(asked), "ends_ms": token.ends_ms})
    await desk.access.add_token(token, digest(secret), told)
    return Response(NewToken(secret, token_view(token)), status_code=201, headers={"Cache-Control": "no-store"})


@delete(
    "/api/v1/tokens/{token_id:str}",
    summary="A token is good no longer",
    operation_id="remove_token",
    status_code=200,
    responses=refusals(400, 401, 403, 404, 503),
    security=[{"reader": []}],
)
async def delete_token(request: Anything, token_id: TokenId) -> Done:
    """From the next request on."""
    who = await entry.person(request)
    told = Told(who.id, "token_removed", (f"token:{token_id}",))
    await desk_of(request).access.remove_token(token_id, _whose(who), told)
    return Done()


def _fields(form: UserChange) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if form.title is not None:
        fields["title"] = names.shown(form.title)
    if form.roles is not None:
        fields["roles"] = users.judge_roles(form.roles)
    for name, asked in (("areas", form.areas), ("places", form.places)):
        if asked is not None:
            fields[name] = frozenset(names.ids(asked, name))
    if form.everywhere:
        fields["areas"] = users.judge_areas(fields.get("areas", frozenset()), True)
    if form.is_locked is not None:
        fields["state"] = LOCKED if form.is_locked else ACTIVE
    return fields


def _whose(who: Who) -> str | None:
    return None if roles.ADMINISTRATOR in who.acting else who.id


def _scope(user: User) -> dict[str, object]:
    return {name: sorted(getattr(user, name))[:50] for name in ("roles", "areas", "places")}


def _tagged(user: User, status_code: int = 200) -> Response[UserView]:
    made = tagged(user_view(user), user.version)
    made.status_code = status_code
    return made


HANDLERS: list[Any] = [
    list_users,
    post_user,
    get_user,
    patch_user,
    delete_user,
    post_reset,
    post_unlock,
    list_tokens,
    post_token,
    delete_token,
]
