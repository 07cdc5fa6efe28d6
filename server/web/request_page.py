"""The page of what people ask for: taken in, by when it is due, opened by another, ended with its outcome.

1. It does what the API does (`request_work`, `subjects`), with its rules, and nothing beside it.
2. Documents are typed into a form and stand in no address, no row and no log; a page that nobody keeps gives them back
   to who mistyped one. What is known of who asks is shown to who typed them, this once.
3. What a wish of its kind can come to here is said in plain words, and what it cannot.
4. Every change comes from our own page (`entry.person`).
"""

import re
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.params import PathParameter, QueryParameter
from litestar.response import Redirect

from server.access import rights, roles, working_days
from server.access.chain import is_subject
from server.access.rights import ANSWERED, RECEIVED, Asked
from server.access.who import Who
from server.errors import Refused, TramError
from server.web import entry, request_views, request_work, subjects
from server.web.access_forms import RequestForm, StepForm
from server.web.desk import Desk, desk_of
from server.web.page_frame import FORM, PAGE, at, framed
from server.web.page_parts import Anything, Lang, fields_of, phrases
from server.web.subjects import ForgottenView, SubjectForm
from server.web.trace_documents import EXPECTED, DocumentForm
from server.web.words import Phrases

HERE = "/requests"
RIGHTS, OPEN = roles.may("answer_requests"), roles.may("open_subjects")
ROWS, MOST = 500, 2000
DOCUMENT_FIELDS = 3
DOCUMENT = re.compile(r"document ([1-9]) ")
FIELDS = {
    "request_kind": "kind",
    "request_reference": "reference",
    "request_day": "received",
    "request_ground": "ground",
}
ThingId = Annotated[str, PathParameter(pattern="^[0-9a-f]{16}$", description="A request")]


@get(HERE, **PAGE)
async def get_list(
    request: Anything, lang: Lang = "", ended: Annotated[bool, QueryParameter()] = False
) -> Response[Any]:
    """Those that are open; `ended`: those that have ended too."""
    say = phrases(request, lang)
    return await _list(request, say, await entry.person(request, *RIGHTS), ended)


@post(HERE, **FORM)
async def post_new(request: Anything, lang: Lang = "") -> Response[Any]:
    """One more."""
    say = phrases(request, lang)
    who = await entry.person(request, *RIGHTS)
    fields: dict[str, str] = {}
    try:
        fields = await fields_of(request)
        made = await request_work.take_in(desk_of(request), who, _new(desk_of(request), fields))
    except TramError as err:
        desk_of(request).metrics.error(err.code)
        return await _list(request, say, who, False, err, fields)
    return _to(say, made.id)


@get(HERE + "/{request_id:str}", **PAGE)
async def get_one(request: Anything, request_id: ThingId, lang: Lang = "") -> Response[Any]:
    """One request, and what can be done now."""
    say = phrases(request, lang)
    return await _one(request, say, await entry.person(request, *RIGHTS), request_id)


@post(HERE + "/{request_id:str}", **FORM)
async def post_step(request: Anything, request_id: ThingId, lang: Lang = "") -> Response[Any]:
    """A step, of the version that was looked at."""
    say = phrases(request, lang)
    who = await entry.person(request, *RIGHTS)
    try:
        fields = await fields_of(request)
        version = fields.get("version", "")
        if not (version.isascii() and version.isdigit() and len(version) <= 9):
            raise Refused("changed_meanwhile", "no version has this name")
        form = StepForm(fields.get("step", ""), fields.get("ground", ""))
        await request_work.step(desk_of(request), who, request_id, int(version), form)
    except TramError as err:
        return await _one(request, say, who, request_id, err)
    return _to(say, request_id)


@post(HERE + "/{request_id:str}/subject", **FORM)
async def post_subject(request: Anything, request_id: ThingId, lang: Lang = "") -> Response[Any]:
    """By documents: what is known, or (`forget`) that it is let go of."""
    say, desk = phrases(request, lang), desk_of(request)
    who = await entry.person(request, *OPEN)
    fields: dict[str, str] = {}
    try:
        fields = await fields_of(request)
        documents = SubjectForm(_documents(fields))
        if fields.get("act") == "forget":
            if fields.get("sure") != "yes":
                raise Refused("not_confirmed", "the box is not ticked")
            gone = await subjects.forgotten(request, who, request_id, documents)
            return await _one(request, say, who, request_id, gone=gone)
        told = await subjects.told(request, who, request_id, documents)
    except TramError as err:
        return await _one(request, say, who, request_id, err, fields)
    names = await request_views.user_names(desk, [one.actor for one in told.looks])
    facts: dict[str, Any] = {
        "told": told,
        "visits": await request_views.visit_lines(desk, told.visits, say),
        "looks": request_views.look_lines(told.looks, names, say),
        "since": request_views.moment_text(told.told_since_ms),
        "request_id": request_id,
    }
    return framed(say, who, "request_told.html", f"{HERE}/{request_id}", **facts)


async def _list(
    request: Anything,
    say: Phrases,
    who: Who,
    ended: bool,
    err: TramError | None = None,
    fields: dict[str, str] | None = None,
) -> Response[Any]:
    desk, after = desk_of(request), ""
    found: list[Asked] = []
    while len(found) < MOST and (page := await desk.access.requests(not ended, after, ROWS)):
        found += page
        after = page[-1].id
    now_ms = desk.now_ms()
    lines = request_views.lines(found, say, now_ms)
    facts: dict[str, Any] = {
        "lines": lines,
        "late": sum(one.days < 0 for one in lines if one.due),
        "ended": ended,
        "more": len(found) >= MOST,
        "kinds": rights.KINDS,
        "today": working_days.local_date(now_ms).isoformat(),
        "today_text": request_views.day_text(working_days.local_date(now_ms)),
        "given": fields or {},
        "wrong_at": FIELDS.get(err.code, "top") if err else "",
    }
    return framed(say, who, "requests.html", HERE, err, **facts)


async def _one(
    request: Anything,
    say: Phrases,
    who: Who,
    request_id: str,
    err: TramError | None = None,
    fields: dict[str, str] | None = None,
    gone: ForgottenView | None = None,
) -> Response[Any]:
    desk = desk_of(request)
    if err is not None:
        desk.metrics.error(err.code)
    asked = await desk.access.request(request_id)
    names = await request_views.user_names(desk, [asked.taken_by])
    is_opener = bool(who.acting & frozenset(OPEN)) and asked.state == ANSWERED
    facts: dict[str, Any] = {
        "one": request_views.line(asked, say, desk.now_ms(), names[asked.taken_by]),
        "answered": request_views.moment_text(asked.answered_ms),
        "over": request_views.moment_text(asked.ended_ms),
        "can": [name for name, (froms, _) in rights.STEPS.items() if asked.state in froms],
        "is_new": asked.state == RECEIVED,
        "grounds": rights.GROUNDS,
        "opens": is_opener and asked.taken_by != who.id,
        "is_own": is_opener and asked.taken_by == who.id,
        "certificate": await request_views.certificate_of(desk, asked.id) if asked.kind == "deletion" else None,
        "types": list(EXPECTED),
        "rows": range(1, DOCUMENT_FIELDS + 1),
        "given": fields or {},
        "gone": gone,
        "gone_day": request_views.day_of(gone.older_copies_end_on_day) if gone else "",
        "wrong_at": "" if err is None else "documents" if fields is not None else FIELDS.get(err.code, "top"),
        "wrong_row": _wrong_row(err, fields),
        "expected": EXPECTED,
    }
    return framed(say, who, "request.html", f"{HERE}/{request_id}", err, **facts)


def _new(desk: Desk, fields: dict[str, str]) -> RequestForm:
    reference = fields.get("reference", "").strip()
    if reference and (not is_subject(reference) or len(reference) > request_work.MOST_REFERENCE):
        raise Refused("request_reference", "letters, digits and . _ : / -, no number of a person")
    now_ms = desk.now_ms()
    try:
        day = working_days.date_of(fields.get("received", ""))
    except ValueError as err:
        raise Refused("request_day", "a day is YYYY-MM-DD") from err
    received_ms = now_ms if day == working_days.local_date(now_ms) else working_days.begin_of_ms(day)
    if not 0 <= received_ms <= now_ms:
        raise Refused("request_day", "a request came today, or before")
    kind = rights.judge(fields.get("kind", ""))
    return RequestForm(kind, "", reference, fields.get("processors") == "yes", received_ms)


def _documents(fields: dict[str, str]) -> list[DocumentForm]:
    pairs = [(fields.get(f"type{row}", ""), fields.get(f"value{row}", "")) for row in range(1, DOCUMENT_FIELDS + 1)]
    return [DocumentForm(type_, value) for type_, value in pairs if value.strip()]


def _wrong_row(err: TramError | None, fields: dict[str, str] | None) -> int:
    """Of the form, where the refusal names a document by its place among those that were filled in; 0: none."""
    given = fields or {}
    found = DOCUMENT.match(err.detail) if err is not None and err.code == "document_form" else None
    filled = [row for row in range(1, DOCUMENT_FIELDS + 1) if given.get(f"value{row}", "").strip()]
    row = filled[int(found[1]) - 1] if found is not None and int(found[1]) <= len(filled) else 0
    return row if given.get(f"type{row}") in EXPECTED else 0


def _to(say: Phrases, request_id: str) -> Redirect:
    return Redirect(at(f"{HERE}/{request_id}", say), status_code=303)


HANDLERS: list[Any] = [get_list, post_new, get_one, post_step, post_subject]
