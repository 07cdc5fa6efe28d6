"""The record of looks, what people ask for, and what two have to agree on.

1. The record is read by administrators, and reading it is in it. It holds pseudonyms and ids.
2. A person is told who looked: `/api/v1/audit/looks` with every pseudonym that the person had; and since when that can
   be told, where pseudonyms were changed.
3. A request of a person is taken, answered, done or refused by somebody with that duty, each step with its version.
4. An approval is asked for by one and judged by another; it is used by the room whose question it is for (`approved`).
   Of what it takes two administrators for (`two.ACTS`) administrators ask and judge, of an export tracers ask and
   tracers or supervisors judge: neither has a say in the other's.
"""

from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.params import PathParameter, QueryParameter

from server.access import roles, two
from server.access.chain import Told, is_subject
from server.access.rights import Asked
from server.access.who import Who
from server.errors import Refused
from server.web import entry, request_work
from server.web.access_forms import (
    ApprovalForm,
    JudgeForm,
    RequestForm,
    StepForm,
    read,
    shown,
    tagged,
    version_of,
)
from server.web.access_views import (
    ApprovalList,
    ApprovalView,
    EntryList,
    HeadView,
    LookList,
    RequestList,
    RequestView,
    approval_view,
    entry_view,
    request_view,
)
from server.web.desk import desk_of
from server.web.operations import takes
from server.web.problems import refusals

Anything = Request[Any, Any, Any]
AUDIT = roles.may("look_at_audit")
RIGHTS = roles.may("answer_requests")
ASK, APPROVE = roles.may("ask_for_export"), roles.may("approve_export")
ASK_FOR_USERS, APPROVE_USERS = roles.may("change_users"), roles.may("approve_users")
ANYBODY = tuple(dict.fromkeys((*ASK, *APPROVE, *AUDIT)))
MAY: Any = {"security": [{"administrator": []}], "request_max_body_size": None}
ANY = refusals(400, 401, 403, 404, 408, 409, 412, 413, 415, 428, 503)
ThingId = Annotated[str, PathParameter(pattern="^[0-9a-f]{16}$", description="Its id")]
After = Annotated[str, QueryParameter(max_length=16, pattern="^[a-z0-9]*$")]
AfterNo = Annotated[int, QueryParameter(ge=0, le=1 << 53)]
Limit = Annotated[int, QueryParameter(ge=1, le=500)]
Word = Annotated[str | None, QueryParameter(max_length=96, pattern="^[A-Za-z0-9._:/-]+$")]
Flag = Annotated[bool, QueryParameter(description="true, false")]
MOST_SUBJECTS = 64


@get(
    "/api/v1/audit",
    summary="The record of looks",
    operation_id="list_audit",
    responses=refusals(400, 401, 403, 503),
    **MAY,
)
async def list_audit(
    request: Anything, after: AfterNo = 0, limit: Limit = 100, actor: Word = None, action: Word = None
) -> EntryList:
    """In its order; that it was read is in it."""
    who = await entry.person(request, *AUDIT)
    found = await desk_of(request).access.entries(after, limit, actor, action)
    await entry.look(request, who, "audit_read", "", {"after": after, "lines": len(found)})
    return EntryList([entry_view(one) for one in found], found[-1].no if len(found) == limit else None)


@get(
    "/api/v1/audit/head",
    summary="The last line of the record, signed: keep it elsewhere",
    operation_id="get_audit_head",
    responses=refusals(400, 401, 403, 503),
    **MAY,
)
async def get_head(request: Anything) -> HeadView:
    """Whoever has it can tell later whether anything before it was touched."""
    await entry.person(request, *AUDIT)
    access = desk_of(request).access
    head, vault = await access.head(), access.vault
    signature = vault.sign(head.hash).hex()
    return HeadView(head.no, head.hash.hex(), vault.key_id, vault.public_key.hex(), signature)


@get(
    "/api/v1/audit/looks",
    summary="Who looked at this person: for telling them",
    operation_id="list_looks",
    responses=refusals(400, 401, 403, 503),
    **MAY,
)
async def list_looks(
    request: Anything,
    subject: Annotated[list[str], QueryParameter(min_items=1, max_items=MOST_SUBJECTS)],
    after: AfterNo = 0,
    limit: Limit = 100,
) -> LookList:
    """`subject` may be given several times: each pseudonym that the person had."""
    who = await entry.person(request, *AUDIT)
    if not all(is_subject(one) for one in subject):
        raise Refused("field", "subject is a pseudonym or an id, never a number of a person")
    found = await desk_of(request).access.looks(subject, after, limit)
    await entry.look(request, who, "looks_read", subject, {"lines": len(found)})
    since_ms = await desk_of(request).access.told_since_ms()
    return LookList([entry_view(one) for one in found], found[-1].no if len(found) == limit else None, since_ms)


@get(
    "/api/v1/approvals",
    summary="Approvals",
    operation_id="list_approvals",
    responses=refusals(400, 401, 403, 503),
    **MAY,
)
async def list_approvals(request: Anything, after: After = "", limit: Limit = 100) -> ApprovalList:
    """Everybody's: there is nothing of people in them. What is about users is for administrators."""
    who = await entry.person(request, *ANYBODY)
    found = await desk_of(request).access.approvals(after, limit)
    shown_ = [one for one in found if one.action not in two.ACTS or who.acting & frozenset(APPROVE_USERS)]
    return ApprovalList([approval_view(one) for one in shown_], found[-1].id if len(found) == limit else None)


@post(
    "/api/v1/approvals",
    summary="Ask for an approval",
    operation_id="ask_approval",
    status_code=201,
    responses=ANY,
    **MAY,
    operation_class=takes(ApprovalForm),
)
async def post_approval(request: Anything) -> ApprovalView:
    """For one question, named by its hash. Of an answer the server says how many people are in it."""
    who = await entry.person(request, *ASK, *ASK_FOR_USERS)
    form = await read(request, ApprovalForm)
    _must_be_of(who, form.action, ASK_FOR_USERS, ASK)
    return approval_view(await request_work.ask(desk_of(request), who, form))


@post(
    "/api/v1/approvals/{approval_id:str}",
    summary="Approve it, or not: never one's own",
    operation_id="judge_approval",
    status_code=200,
    responses=ANY,
    **MAY,
    operation_class=takes(JudgeForm),
)
async def post_judge(request: Anything, approval_id: ThingId) -> ApprovalView:
    """By another person with the role, who has given a second factor: names of many go out by it."""
    who = await entry.person(request, *APPROVE, *APPROVE_USERS)
    if not who.is_strong:
        raise Refused("totp_needed", "an approval needs a second factor")
    form = await read(request, JudgeForm)
    asked = await desk_of(request).access.approval(approval_id)
    _must_be_of(who, asked.action, APPROVE_USERS, APPROVE)
    told = Told(who.id, "approval_judged", (f"approval:{approval_id}",), {"approved": form.approve})
    return approval_view(await desk_of(request).access.judge_approval(approval_id, form.approve, told))


@get(
    "/api/v1/requests",
    summary="What people ask for: those that are open, or all",
    operation_id="list_requests",
    responses=refusals(400, 401, 403, 503),
    **MAY,
)
async def list_requests(
    request: Anything, after: After = "", limit: Limit = 100, all: Flag = False, overdue: Flag = False
) -> RequestList:
    """`overdue`: of this page only what is late; `next` leads on in any case."""
    await entry.person(request, *RIGHTS)
    desk = desk_of(request)
    found = await desk.access.requests(not all, after, limit)
    views = [request_view(one, desk.now_ms()) for one in found]
    return RequestList(
        [one for one in views if one.overdue or not overdue], found[-1].id if len(found) == limit else None
    )


@post(
    "/api/v1/requests",
    summary="A person asks for something",
    operation_id="add_request",
    status_code=201,
    responses=ANY,
    **MAY,
    operation_class=takes(RequestForm),
)
async def post_request(request: Anything) -> Response[RequestView]:
    """Its days begin when it came."""
    who = await entry.person(request, *RIGHTS)
    form = await read(request, RequestForm)
    desk = desk_of(request)
    return _tagged(await request_work.take_in(desk, who, form), desk.now_ms(), 201)


@get(
    "/api/v1/requests/{request_id:str}",
    summary="One request",
    operation_id="get_request",
    operation_class=takes(may_be_known=True),
    responses=refusals(400, 401, 403, 404, 503),
    **MAY,
)
async def get_request(request: Anything, request_id: ThingId) -> Response[RequestView]:
    """With its last days."""
    await entry.person(request, *RIGHTS)
    desk = desk_of(request)
    found = await desk.access.request(request_id)
    return shown(request, request_view(found, desk.now_ms()), found.version)


@post(
    "/api/v1/requests/{request_id:str}",
    summary="A step: answer, extend, done, refuse",
    operation_id="step_request",
    status_code=200,
    responses=ANY,
    **MAY,
    operation_class=takes(StepForm, names_version=True),
)
async def post_step(request: Anything, request_id: ThingId) -> Response[RequestView]:
    """With If-Match; a refusal names its ground."""
    who = await entry.person(request, *RIGHTS)
    version = version_of(request)
    form = await read(request, StepForm)
    desk = desk_of(request)
    return _tagged(await request_work.step(desk, who, request_id, version, form), desk.now_ms())


def _must_be_of(who: Who, action: str, of_users: tuple[str, ...], of_others: tuple[str, ...]) -> None:
    if not who.acting & frozenset(of_users if action in two.ACTS else of_others):
        raise Refused("forbidden_role", "this approval is for others to ask for, and to judge")


def _tagged(asked: Asked, now_ms: int, status_code: int = 200) -> Response[RequestView]:
    made = tagged(request_view(asked, now_ms), asked.version)
    made.status_code = status_code
    return made


HANDLERS: list[Any] = [
    list_audit,
    get_head,
    list_looks,
    list_approvals,
    post_approval,
    post_judge,
    list_requests,
    post_request,
    get_request,
    post_step,
]
