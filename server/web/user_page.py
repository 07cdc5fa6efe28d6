"""The page of users, for administrators: who there is, a second factor taken away, and what takes two.

1. Taking a second factor away ends the user's sessions and tokens; the password stays. Who sees people takes two
   administrators (`two`): the first time it is asked for, another agrees, and then it is done by who asked.
2. What an approval is for is known by its hash alone: it is said in words where it is one that can be made here, and
   otherwise by its action and whom it is about. Nobody judges their own.
3. New users, roles and places are given by command; the page says so.
"""

from typing import Annotated, Any, NamedTuple

from litestar import Response, get, post
from litestar.params import PathParameter, QueryParameter
from litestar.response import Redirect

from server.access import approvals, roles, two
from server.access.approvals import APPROVED, ASKED, Approval, question_hash
from server.access.chain import Told
from server.access.users import ACTIVE, User
from server.access.who import Who
from server.errors import Refused, TramError
from server.web import entry, request_work, second_factor
from server.web.access_forms import ApprovalForm
from server.web.desk import Desk, desk_of
from server.web.page_frame import FORM, PAGE, at, framed
from server.web.page_parts import Anything, Lang, fields_of, phrases
from server.web.request_views import moment_text
from server.web.words import Phrases

HERE = "/users"
CHANGE, APPROVE = roles.may("change_users"), roles.may("approve_users")
ROWS, MOST = 500, 2000
NOTES = ("asked", "reset", "judged")
UserId = Annotated[str, PathParameter(pattern="^u-[0-9a-f]{16}$", description="A user")]
ThingId = Annotated[str, PathParameter(pattern="^[0-9a-f]{16}$", description="An approval")]


class UserLine(NamedTuple):
    """A user. `factor`: `set`, `missing` (a role asks for it), `none`."""

    user: User
    roles: str
    factor: str
    is_locked: bool
    is_me: bool


class ApprovalLine(NamedTuple):
    """Something that waits for a second administrator, or for who asked for it. `user_id`: whose second factor it lets
    be taken away; empty: it is for something else, which is done by command."""

    approval: Approval
    what: str
    about: str
    by: str
    ends: str
    is_mine: bool
    is_approved: bool
    user_id: str


@get(HERE, **PAGE)
async def get_users(
    request: Anything, lang: Lang = "", done: Annotated[str, QueryParameter(max_length=8)] = ""
) -> Response[Any]:
    """Everybody, and what waits for somebody."""
    say = phrases(request, lang)
    who = await entry.person(request, *CHANGE)
    return await _shown(request, say, who, note=say(f"users_{done}") if done in NOTES else "")


@post(HERE + "/{user_id:str}/second-factor", **FORM)
async def post_reset(request: Anything, user_id: UserId, lang: Lang = "") -> Response[Any]:
    """Taken away; where it takes two and there is no approval yet, another administrator is asked."""
    say, desk = phrases(request, lang), desk_of(request)
    who = await entry.person(request, *CHANGE)
    try:
        fields = await fields_of(request)
        if fields.get("sure") != "yes":
            raise Refused("not_confirmed", "the box is not ticked")
        done = await _reset(desk, who, user_id, fields.get("approval", ""))
    except TramError as err:
        return await _shown(request, say, who, err, user_id)
    return Redirect(at(HERE, say, done=done), status_code=303)


@post(HERE + "/approvals/{approval_id:str}", **FORM)
async def post_judge(request: Anything, approval_id: ThingId, lang: Lang = "") -> Response[Any]:
    """Yes or no, by another administrator."""
    say, desk = phrases(request, lang), desk_of(request)
    who = await entry.person(request, *APPROVE)
    try:
        is_yes = (await fields_of(request)).get("judge") == "yes"
        if (await desk.access.approval(approval_id)).action not in two.ACTS:
            raise Refused("forbidden_role", "this approval is for others to judge")
        told = Told(who.id, "approval_judged", (f"approval:{approval_id}",), {"approved": is_yes})
        await desk.access.judge_approval(approval_id, is_yes, told)
    except TramError as err:
        return await _shown(request, say, who, err)
    return Redirect(at(HERE, say, done="judged"), status_code=303)


async def _reset(desk: Desk, who: Who, user_id: str, approval: str) -> str:
    try:
        await second_factor.reset(desk, who, user_id, "", True, approval)
    except Refused as err:
        if err.code != "approval_needed":
            raise
        form = ApprovalForm(two.RESET, _question(user_id, False, True), user_id, 1, approvals.MOST_MS // 1000)
        await request_work.ask(desk, who, form)
        return "asked"
    return "reset"


async def _shown(
    request: Anything, say: Phrases, who: Who, err: TramError | None = None, wrong_at: str = "", note: str = ""
) -> Response[Any]:
    desk = desk_of(request)
    if err is not None:
        desk.metrics.error(err.code)
    found: list[User] = []
    while len(found) < MOST and (page := await desk.access.users(found[-1].id if found else "", ROWS)):
        found += page
    waiting: list[Approval] = []
    after = ""
    while page_ := await desk.access.approvals(after, ROWS):
        waiting += [one for one in page_ if _waits(one, who, desk.now_ms())]
        after = page_[-1].id
    names = {one.id: one.name for one in found}
    facts: dict[str, Any] = {
        "users": [_line(one, say, who) for one in sorted(found, key=lambda one: one.name)],
        "approvals": [_approval(one, say, who, names) for one in sorted(waiting, key=lambda one: one.asked_ms)],
        "wrong_at": wrong_at,
        "note": note,
    }
    return framed(say, who, "users.html", HERE, err, **facts)


def _line(user: User, say: Phrases, who: Who) -> UserLine:
    named = ", ".join(say(f"role_{role}") for role in roles.ROLES if role in user.roles)
    factor = "set" if user.has_totp else "missing" if user.roles & roles.SECOND_FACTOR else "none"
    return UserLine(user, named or say("role_none"), factor, user.state != ACTIVE, user.id == who.id)


def _waits(one: Approval, who: Who, now_ms: int) -> bool:
    is_open = one.state == ASKED or (one.state == APPROVED and one.asked_by == who.id)
    return one.action in two.ACTS and is_open and one.ends_ms > now_ms


def _approval(one: Approval, say: Phrases, who: Who, names: dict[str, str]) -> ApprovalLine:
    parts = {_question(one.about, *which): which for which in ((True, False), (False, True), (True, True))}
    is_password, is_totp = parts.get(one.question, (False, False)) if one.action == two.RESET else (False, False)
    key = {(True, False): "act_password", (False, True): "act_totp", (True, True): "act_both"}.get(
        (is_password, is_totp), f"act_{one.action}"
    )
    is_here = (is_password, is_totp) == (False, True) and one.about in names
    about = names.get(one.about, one.about.removeprefix("user:"))
    by, ends = names.get(one.asked_by, one.asked_by), moment_text(one.ends_ms)
    is_mine = one.asked_by == who.id
    return ApprovalLine(
        one, say(key, about=about), about, by, ends, is_mine, one.state == APPROVED, one.about if is_here else ""
    )


def _question(user_id: str, is_password: bool, is_totp: bool) -> str:
    return question_hash(two.RESET, {"user": user_id, "password": is_password, "totp": is_totp})


HANDLERS: list[Any] = [get_users, post_reset, post_judge]
