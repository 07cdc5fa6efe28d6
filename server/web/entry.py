"""The way in for people and programs: who asks, whether they may, and the record of the look.

1. A bearer token counts before a cookie. A wrong or ended token is refused even beside a good session.
2. The cookie is good for looking. A change needs a bearer token, or a request that our own page sent: the browser's
   `Sec-Fetch-Site: same-origin`, or an `Origin` that is this host. Without either a cookie changes nothing.
3. Where a role asks for a second factor and none was given, it is not let in: `totp_needed`.
4. A look is recorded before its answer leaves. What cannot be recorded is not answered. Now and then the head of the
   record goes to the log (`audit_head`), which is kept elsewhere.
5. Names in the settings go on working: a reader is `ops` who looks, an operator is `ops` who wishes.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import structlog
from litestar import Request
from litestar.datastructures import Cookie

from server.access import roles, users
from server.access.approvals import Opening, question_hash
from server.access.names import ID
from server.access.roles import OPS
from server.access.who import SETTINGS, Who
from server.errors import Refused
from server.web.desk import desk_of
from server.web.doors import COOKIE, Operator, Reader, digest

Anything = Request[Any, Any, Any]
SAFE = ("GET", "HEAD", "OPTIONS")
TOKEN_BEGINS = "tram_"  # noqa: S105 - what every token begins with
USED_EVERY_MS = 300_000
HEAD_EVERY = 256
USER_ID = re.compile(r"u-[0-9a-f]{16}\Z")


async def person(request: Anything, *roles: str) -> Who:
    """Who asks, acting as one of these roles (none named: whoever is somebody).

    Raises `Refused`: `no_token`, `wrong_token`, `token_expired` (401), `forbidden_role`, `totp_needed`, `other_site`,
    `password_change_needed` (403); `Unavailable`.
    """
    authorization = request.headers.get("authorization", "")
    who = await (_by_token(request, authorization) if authorization else _by_cookie(request))
    if request.method not in SAFE:
        if not who.may_change:
            raise Refused("forbidden_role", "may look, and not change")
        if not authorization:
            own_page(request)
    if roles and who.must_change_password:
        raise Refused("password_change_needed", "a password that others know has to be changed first")
    return who.as_one_of(roles)


async def operator(request: Anything) -> str:
    """Who may wish: an operator of the settings, or somebody with the role; returns the name that is written down.

    Raises `Refused` as `person` does, and `wrong_token` for a reader of the settings.
    """
    doors, authorization = desk_of(request).doors, request.headers.get("authorization", "")
    if (authorization and doors.is_reader(authorization)) or not (authorization or request.cookies.get(COOKIE)):
        return doors.operator(authorization).name
    who = await person(request, *roles.may("wish"))
    return who.name if who.by == SETTINGS else who.id


async def reader(request: Anything, action: str) -> Who:
    """Who may look at what gateways sent: a reader of the settings, or somebody with the role.

    Raises `Refused` as `person` does, and `wrong_token` for an operator of the settings.
    """
    who = await person(request, *roles.may(action))
    if who.by == SETTINGS and who.may_change:
        raise Refused("wrong_token", "this token is for wishing")
    return who


def at_place(who: Who, place_id: str, above: Iterable[str] = ()) -> None:
    """`above`: the areas that the place lies in, all levels. Raises `Refused`: `forbidden_area`."""
    if not who.reaches(place_id, above):
        raise Refused("forbidden_area", "this place is not among those that you may see")


def at_area(who: Who, above: Iterable[str]) -> None:
    """`above`: the area and those that it lies in. Raises `Refused`: `forbidden_area`."""
    if not who.reaches_area(above):
        raise Refused("forbidden_area", "this area is not among those that you may see")


async def look(
    request: Anything,
    who: Who,
    action: str,
    subject: str | Sequence[str] = "",
    detail: Mapping[str, object] | None = None,
    opening: Opening | None = None,
) -> None:
    """Append to the record of looks; returns after the commit, and what it raises means: do not answer.

    `action`: a word such as `person_read`. `subject`: what was looked at, as pseudonyms and ids: the hex of a person's
    mac, `place:…`, `case:…`; several where several people are shown. `detail`: short values (ASCII texts of up to 120
    characters, whole numbers, true/false): the case, the count, the purpose as a code. Never a name, a number of a
    document or a phone: free text stays where it was written. `opening`: one of many contacts is to be told; is it one
    too many for one person alone, nothing is recorded. Raises `Unavailable`, and `Refused` as `approved` does.
    """
    desk = desk_of(request)
    subjects = [subject] if isinstance(subject, str) else list(subject)
    more = () if opening is None else (opening,)
    number = await desk.access.record(who.id, action, [one for one in subjects if one], detail or {}, *more)
    if number - desk.logins.told_head_no >= HEAD_EVERY:
        desk.logins.told_head_no = number
        head = await desk.access.head_at(number)
        structlog.get_logger().info("audit_head", no=head.no, hash=head.hash.hex())


def session_cookie(request: Anything, value: str) -> Cookie:
    """The cookie of a session; empty: it goes. No script reads it, no other site's page sends it, and by TLS only
    where we are asked by TLS."""
    is_tls = request.url.scheme == "https"
    max_age = None if value else 0
    return Cookie(COOKIE, value=value, max_age=max_age, httponly=True, samesite="strict", secure=is_tls)


def own_page(request: Anything) -> None:
    """Raises `Refused`: `other_site` where nothing shows that our own page sent this."""
    site = request.headers.get("sec-fetch-site", "")
    origin = request.headers.get("origin", "")
    host = request.headers.get("host", "")
    is_ours = site == "same-origin" if site else bool(origin) and origin.partition("//")[2] == host
    if not is_ours:
        raise Refused("other_site", "a change needs a token, or to come from our own page")


def not_elsewhere(request: Anything) -> None:
    """For logging in, where no cookie counts yet. Raises `Refused`: `other_site` where another site's page sent it."""
    site = request.headers.get("sec-fetch-site", "")
    origin = request.headers.get("origin", "")
    host = request.headers.get("host", "")
    if (site and site not in ("same-origin", "none")) or (not site and origin and origin.partition("//")[2] != host):
        raise Refused("other_site", "the request comes from another site")


async def _by_token(request: Anything, authorization: str) -> Who:
    desk = desk_of(request)
    try:
        return _from_settings(desk.doors.looker(authorization, ""))
    except Refused as err:
        if err.code != "wrong_token":
            raise
    token = authorization.partition(" ")[2].strip()
    found = await desk.access.token_of(digest(token)) if token.startswith(TOKEN_BEGINS) else None
    if found is None:
        raise Refused("wrong_token", "nobody has this token")
    kept, user = found
    now_ms = desk.now_ms()
    who = users.by_token(user, kept, now_ms)
    if kept.used_ms is None or abs(now_ms - kept.used_ms) > USED_EVERY_MS:
        await desk.access.used(kept.id, now_ms)
    return who


async def _by_cookie(request: Anything) -> Who:
    desk, cookie = desk_of(request), request.cookies.get(COOKIE, "")
    try:
        return _from_settings(desk.doors.looker("", cookie))
    except Refused:
        if not cookie:
            raise
    found = await desk.access.session_of(digest(cookie))
    if found is None or found[1] is None:
        raise Refused("no_token", "the session has ended")
    return users.by_session(found[1], found[0])


def actor_of(operator_name: str) -> str:
    """What the record holds of who `operator` named."""
    return operator_name if USER_ID.match(operator_name) else _settings_id(operator_name)


def _settings_id(name: str) -> str:
    # a name in the settings may be any text; what the record holds may not
    return f"settings:{name if ID.match(name) else digest(name)[:16]}"


def _from_settings(found: Reader | Operator) -> Who:
    return Who(_settings_id(found.name), found.name, frozenset({OPS}), may_change=isinstance(found, Operator))


async def approved(
    request: Anything, who: Who, approval_id: str, action: str, question: object, people: int = 0
) -> None:
    """Use up the approval that another person gave `who` for exactly this question, before it is answered.

    `question`: what the answer depends on, all of it, as msgspec can write it (`approvals.question_hash` is what was
    asked for); `people`: of how many it tells who they are, which the approval has to be for. Raises `Refused`:
    `approval_needed` (detail: the hash to ask for), `approval_other`, `approval_state`, `approval_over`, `not_found`.
    """
    hashed = question_hash(action, question)
    if not approval_id:
        raise Refused("approval_needed", f"action {action}, question {hashed}")
    await desk_of(request).access.use_approval(approval_id, who.id, action, hashed, people)
