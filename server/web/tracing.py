"""The API of `server/tracing`: cases, rule sets and what was asked.

1. Only tracers, and only under an open case of an area that they reach. A question without a case is `case_needed`.
2. Every step is in the record of looks before its answer leaves: opening and closing a case, asking (with the person
   who was asked for), reading an answer (with those on the page), opening one contact (with that person), taking an
   answer out (with every person whose identity goes with it).
3. An answer holds pseudonyms of its case. Who a contact is, is told for one contact at a time; for more than MOST_ALONE
   of an answer, at once in an export or one after the other, another person has to approve it first.
"""

import secrets
from collections.abc import AsyncIterator
from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import PathParameter, QueryParameter
from litestar.response import Stream

from server.access import roles
from server.access.who import Who
from server.errors import Refused
from server.tracing import cases, rules
from server.tracing.kept import Asked, Export
from server.tracing.rules import BUILT_IN
from server.tracing.types import DAY_MS
from server.web import agreed, entry, trace_export
from server.web.access_forms import read, shown, tagged, version_of
from server.web.desk import Desk, desk_of
from server.web.operations import takes
from server.web.problems import refusals
from server.web.trace_export import Taken
from server.web.trace_forms import (
    AnswerView,
    CaseForm,
    CaseList,
    CaseView,
    IdentityView,
    NumberedContact,
    QuestionForm,
    QuestionList,
    QuestionView,
    RuleSetForm,
    RuleSetList,
    RuleSetView,
    case_view,
    class_views,
    export_view,
    facts,
    identity_view,
    question_view,
    rule_set_view,
    wanted,
)
from server.web.trace_work import Tracer, Work

MOST_ALONE = 20
EXPORTS_SHOWN = 50
MOST_SUBJECTS = 200
SINCE_LEAST_MS = 1_577_836_800_000  # 2020-01-01
WORK = "trace_work"
Anything = Request[Any, Any, Any]
TRACER: Any = {"security": [{"tracer": []}], "request_max_body_size": None}
ANY = refusals(400, 401, 403, 404, 408, 409, 412, 413, 415, 428, 503)
CaseId = Annotated[str, PathParameter(pattern="^[0-9a-f]{12}$", description="A case")]
QuestionId = Annotated[str, PathParameter(pattern="^[0-9a-f]{12}$", description="A question")]
Pseudonym = Annotated[str, PathParameter(pattern="^[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}$")]
After = Annotated[str, QueryParameter(max_length=40, pattern="^[0-9a-f-]*$")]
Limit = Annotated[int, QueryParameter(ge=1, le=500)]
Identities = Annotated[bool, QueryParameter(description="With who the contacts are")]
Approval = Annotated[str, QueryParameter(max_length=64, pattern="^[a-z0-9-]*$")]
PEOPLE = roles.may("look_at_people")


@post(
    "/api/v1/cases",
    summary="Open a case",
    operation_id="open_case",
    status_code=201,
    responses=ANY,
    **TRACER,
    operation_class=takes(CaseForm),
)
async def open_case(request: Anything) -> Response[CaseView]:
    """`{"title", "legal_basis", "ends_ms", "area": "92"}`"""
    who, work = await _tracer(request)
    form = await read(request, CaseForm)
    case = await work.open_case(_as(who), form.title, form.legal_basis, form.area, form.ends_ms)
    await entry.look(request, who, "case_opened", f"case:{case.id}", {"area": case.area})
    return tagged(case_view(case, desk_of(request).now_ms()), case.version)


@get("/api/v1/cases", summary="Cases", operation_id="list_cases", responses=ANY, **TRACER)
async def list_cases(request: Anything, after: After = "", limit: Limit = 100) -> CaseList:
    """Those of the areas that you reach."""
    who, work = await _tracer(request)
    found, next_ = await work.cases(_as(who), after, limit)
    return CaseList([case_view(one, desk_of(request).now_ms()) for one in found], next_)


@get(
    "/api/v1/cases/{case_id:str}",
    summary="One case",
    operation_id="get_case",
    operation_class=takes(may_be_known=True),
    responses=ANY,
    **TRACER,
)
async def get_case(request: Anything, case_id: CaseId) -> Response[CaseView]:
    """With its version in ETag."""
    who, work = await _tracer(request)
    case = await work.case(_as(who), case_id)
    return shown(request, case_view(case, desk_of(request).now_ms()), case.version)


@post(
    "/api/v1/cases/{case_id:str}/close",
    summary="Close a case; the contacts of its answers are destroyed",
    operation_id="close_case",
    operation_class=takes(names_version=True),
    status_code=200,
    responses=ANY,
    **TRACER,
)
async def close_case(request: Anything, case_id: CaseId) -> Response[CaseView]:
    """If-Match says which version."""
    who, work = await _tracer(request)
    await work.case(_as(who), case_id)
    desk = desk_of(request)
    case = await desk.tracing.close_case(case_id, version_of(request), who.id)
    await entry.look(request, who, "case_closed", f"case:{case_id}")
    return tagged(case_view(case, desk.now_ms()), case.version)


@post("/api/v1/questions", summary="Not without a case", operation_id="ask_nowhere", responses=ANY, **TRACER)
async def ask_nowhere(request: Anything) -> None:
    """Always `case_needed`."""
    await _tracer(request)
    raise Refused("case_needed", "POST /api/v1/cases/{case}/questions")


@post(
    "/api/v1/cases/{case_id:str}/questions",
    summary="Ask for contacts",
    description='`{"documents": [{"type", "value"}]}` or `{"place_id", "from_ms", "to_ms"}`; `degree` 1 or 2.',
    operation_id="ask_question",
    status_code=201,
    responses=ANY,
    **TRACER,
    operation_class=takes(QuestionForm),
)
async def ask_question(
    request: Anything, case_id: CaseId, wait_s: Annotated[float, QueryParameter(ge=0, le=30)] = 2
) -> QuestionView:
    """Looking goes on behind the answer; `state` says how far it is."""
    who, work = await _tracer(request)
    form = await read(request, QuestionForm)
    asked = await work.ask(_as(who), case_id, wanted(form))
    person = asked.body["person"]
    about = [f"case:{case_id}", f"question:{asked.id}", *([person] if person else [])]
    await entry.look(request, who, "trace_asked", about, {"degree": form.degree})
    await work.wait(asked.id, wait_s)
    return question_view(await desk_of(request).tracing.question(asked.id))


@get(
    "/api/v1/cases/{case_id:str}/questions",
    summary="What was asked, and what was taken out",
    operation_id="list_questions",
    responses=ANY,
    **TRACER,
)
async def list_questions(request: Anything, case_id: CaseId, after: After = "", limit: Limit = 100) -> QuestionList:
    """In the order in which they were asked."""
    who, work = await _tracer(request)
    await work.case(_as(who), case_id)
    store = desk_of(request).tracing
    at, _, last = after.partition("-")
    found = await store.questions(case_id, (int(at) if at.isdigit() else -1, last), limit)
    exports = [export_view(one) for one in await store.exports(case_id, EXPORTS_SHOWN)]
    next_ = f"{found[-1].asked_ms}-{found[-1].id}" if len(found) == limit else None
    return QuestionList([question_view(one) for one in found], exports, next_)


@get(
    "/api/v1/cases/{case_id:str}/questions/{question_id:str}",
    summary="A question, and a page of its answer",
    operation_id="get_answer",
    responses=ANY,
    **TRACER,
)
async def get_answer(
    request: Anything,
    case_id: CaseId,
    question_id: QuestionId,
    after: Annotated[int, QueryParameter(ge=0, le=1 << 31)] = 0,
    limit: Limit = 100,
    wait_s: Annotated[float, QueryParameter(ge=0, le=30)] = 0,
) -> AnswerView:
    """Contacts by pseudonym, the surest first; a closed case shows none any more."""
    who, work = await _tracer(request)
    await work.wait(question_id, wait_s)
    case, asked = await work.question(_as(who), case_id, question_id)
    desk = desk_of(request)
    is_open = case.is_open(desk.now_ms())
    page = await desk.tracing.contacts(question_id, after, limit) if is_open else []
    about = [f"case:{case_id}", f"question:{question_id}", *(one.person.hex() for _, one in page)]
    await entry.look(request, who, "trace_read", about, {"after": after})
    return AnswerView(
        question_view(asked),
        work.looked_at.get(question_id, 0),
        class_views(asked),
        asked.summary,
        [NumberedContact(number, one.contact) for number, one in page],
        agreed.hash_of(asked) if asked.state == "done" else None,
        page[-1][0] if len(page) == limit else None,
    )


@post(
    "/api/v1/cases/{case_id:str}/questions/{question_id:str}/contacts/{pseudonym:str}/open",
    summary="Who one contact is",
    operation_id="open_contact",
    status_code=200,
    responses=ANY,
    **TRACER,
)
async def open_contact(
    request: Anything, case_id: CaseId, question_id: QuestionId, pseudonym: Pseudonym, approval: Approval = ""
) -> Response[IdentityView]:
    """Put down as a look at this person, before it is told. `approval`: after MOST_ALONE others of the same answer."""
    who, work = await _tracer(request)
    _, asked = await work.answered(_as(who), case_id, question_id)
    await work.must_name(asked)
    kept = await desk_of(request).tracing.contact(question_id, pseudonym)
    (found,) = await work.identities([(kept.pseudonym, kept.person)])
    if found.is_gone:
        raise Refused("pseudonym_gone", "nobody is known by this code any more")
    about = [*dict.fromkeys((found.person.hex(), kept.person.hex())), f"case:{case_id}", f"question:{question_id}"]
    opening = agreed.opening(asked, kept.person, MOST_ALONE, approval)
    await entry.look(request, who, "contact_opened", about, {"unreadable": found.unreadable}, opening)
    return Response(identity_view(found), headers={"Cache-Control": "no-store"})


@get(
    "/api/v1/cases/{case_id:str}/questions/{question_id:str}/export.csv",
    summary="An answer as CSV, with its holes",
    operation_id="export_csv",
    responses={200: ResponseSpec(bytes, media_type="text/csv", generate_examples=False), **ANY},
    **TRACER,
)
async def export_csv(
    request: Anything, case_id: CaseId, question_id: QuestionId, identities: Identities = False, approval: Approval = ""
) -> Stream:
    """`identities`: with who the contacts are; of more than MOST_ALONE with the id of an approval."""
    return await _export(request, case_id, question_id, "csv", identities, approval)


@get(
    "/api/v1/cases/{case_id:str}/questions/{question_id:str}/export.xlsx",
    summary="An answer as XLSX, with its holes",
    operation_id="export_xlsx",
    responses={200: ResponseSpec(bytes, media_type=trace_export.XLSX_TYPE, generate_examples=False), **ANY},
    **TRACER,
)
async def export_xlsx(
    request: Anything, case_id: CaseId, question_id: QuestionId, identities: Identities = False, approval: Approval = ""
) -> Stream:
    """As `export_csv`."""
    return await _export(request, case_id, question_id, "xlsx", identities, approval)


@get(
    "/api/v1/rule-sets", summary="Every version of the rule set", operation_id="list_rule_sets", responses=ANY, **TRACER
)
async def list_rule_sets(
    request: Anything, after: Annotated[int, QueryParameter(ge=-1, le=1 << 31)] = -1, limit: Limit = 100
) -> RuleSetList:
    """The built-in one first; `after`: the `next` of the page before."""
    await _tracer(request)
    known = (BUILT_IN, *await desk_of(request).tracing.rule_sets())
    found = [one for one in known if one.version > after]
    next_ = found[limit - 1].version if len(found) > limit else None
    return RuleSetList([rule_set_view(one) for one in found[:limit]], next_)


@post(
    "/api/v1/rule-sets",
    summary="A new version of the rule set",
    description='`{"name", "since_ms", "parameters": {…}}`; the versions before stay as they are.',
    operation_id="add_rule_set",
    status_code=201,
    responses=ANY,
    **TRACER,
    operation_class=takes(RuleSetForm),
)
async def add_rule_set(request: Anything) -> RuleSetView:
    """In force for contacts from `since_ms` on."""
    who, _ = await _tracer(request)
    form = await read(request, RuleSetForm)
    desk = desk_of(request)
    if not SINCE_LEAST_MS <= form.since_ms <= desk.now_ms() + 366 * DAY_MS:
        raise Refused("rule_since", "since_ms is not within its limits")
    made = rules.read(form.parameters, 0, form.since_ms, cases.text(form.name, "name"))
    kept = await desk.tracing.add_rule_set(made, who.id)
    await entry.look(request, who, "rule_set_made", f"rule_set:{kept.version}", {"since_ms": kept.since_ms})
    return rule_set_view(kept)


async def _tracer(request: Anything) -> tuple[Who, Work]:
    who = await entry.person(request, *PEOPLE)
    state, desk = request.app.state, desk_of(request)
    if WORK not in state:
        state[WORK] = Work(desk.tracing, desk.holder, desk.now_ms)
    return who, state[WORK]


async def _export(
    request: Anything, case_id: str, question_id: str, form: str, identities: bool, approval: str
) -> Stream:
    who, work = await _tracer(request)
    _, asked = await work.answered(_as(who), case_id, question_id)
    desk = desk_of(request)
    number = asked.contacts or 0
    if identities:
        await work.must_name(asked)
    if identities and number > MOST_ALONE:
        await entry.approved(request, who, approval, agreed.EXPORT, agreed.answer_of(asked), number)
    await _look_at_export(request, who, asked, identities, form)
    made = Export(
        secrets.token_hex(6), case_id, question_id, who.id, desk.now_ms(), form, identities, number, approval or None
    )
    await desk.tracing.add_export(made)
    taken = Taken(question_id, facts(asked), (asked.summary or {}).get("holes", []), identities)
    return _stream(desk, work, taken, form)


def _as(who: Who) -> Tracer:
    return Tracer(who.id, who.areas)


async def _look_at_export(request: Anything, who: Who, asked: Asked, identities: bool, form: str) -> None:
    """One entry for the export; where identities go with it, each person is a subject of one of these."""
    about = [f"case:{asked.case_id}", f"question:{asked.id}"]
    detail = {"form": form, "contacts": asked.contacts or 0, "identities": identities}
    if not identities:
        await entry.look(request, who, "trace_exported", about, detail)
        return
    after, store = 0, desk_of(request).tracing
    while page := await store.contacts(asked.id, after, MOST_SUBJECTS):
        after = page[-1][0]
        await entry.look(request, who, "trace_exported", [*about, *(one.person.hex() for _, one in page)], detail)


def _stream(desk: Desk, work: Work, taken: Taken, form: str) -> Stream:
    is_csv = form == "csv"
    parts: AsyncIterator[bytes] = (trace_export.as_csv if is_csv else trace_export.as_xlsx)(desk.tracing, work, taken)
    headers = {
        "Content-Disposition": f'attachment; filename="tram-{taken.question_id}.{form}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Stream(parts, media_type=trace_export.CSV_TYPE if is_csv else trace_export.XLSX_TYPE, headers=headers)


HANDLERS: list[Any] = [
    open_case,
    list_cases,
    get_case,
    close_case,
    ask_nowhere,
    ask_question,
    list_questions,
    get_answer,
    open_contact,
    export_csv,
    export_xlsx,
    list_rule_sets,
    add_rule_set,
]
