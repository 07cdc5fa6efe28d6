"""What somebody is given who asks for what is known of them, and that it is let go of: under a request, by documents.

1. Who has shown that they are the person (that is judged where the request is taken in) names documents; they are
   hashed at once, and stand in no row and no log.
2. Told are: where they were, from what kind of document, and who looked them up, under every pseudonym that they had
   since pseudonyms were changed the last time (`told_since_ms`).
3. It takes two: a request that one person has answered, and another, with a second factor, who opens it.
4. Letting go is for a request of the kind `deletion` that was answered; the certificate says what went with it.
"""

from typing import Annotated, Any

import msgspec
from litestar import Request, post
from litestar.params import PathParameter

from server.access import rights, roles
from server.access.rights import Asked
from server.access.who import Who
from server.errors import Refused
from server.web import entry
from server.web.access_forms import read
from server.web.access_views import EntryView, entry_view
from server.web.desk import Desk, desk_of
from server.web.operations import takes
from server.web.problems import refusals
from server.web.trace_forms import DocumentForm, Form, documents_of

MOST_LOOKS = 1000
OPEN = roles.may("open_subjects")
ANY: Any = {
    "security": [{"administrator": []}],
    "status_code": 200,
    "request_max_body_size": None,
    "responses": refusals(400, 401, 403, 404, 408, 409, 413, 415, 503),
}
Anything = Request[Any, Any, Any]
ThingId = Annotated[str, PathParameter(pattern="^[0-9a-f]{16}$", description="A request")]


class SubjectForm(Form):
    """Documents of the person who asks."""

    documents: list[DocumentForm]


class SubjectVisit(msgspec.Struct):
    """Where they were; instants are between low and high, UTC."""

    place_id: str
    in_low_ms: int
    in_ms: int
    in_high_ms: int
    out_low_ms: int
    out_ms: int
    out_high_ms: int
    label: str
    kind: str


class SubjectView(msgspec.Struct):
    """What is known: `pseudonyms` that they have had, visits, and the looks at them. `told_since_ms`: everybody got
    another pseudonym then, and looks before cannot be told by pseudonym; null: all are told."""

    found: bool
    pseudonyms: list[str]
    visits: list[SubjectVisit]
    looks: list[EntryView]
    told_since_ms: int | None


class ForgottenView(msgspec.Struct):
    """What was let go of, by table. `found` false: nothing was known. Sealed rows in older copies of the database end
    with their days' keys, the last of them on the day `older_copies_end_on_day` (days since 1970-01-01)."""

    found: bool
    certificate: int | None
    rows: dict[str, int]
    older_copies_end_on_day: int | None


@post(
    "/api/v1/requests/{request_id:str}/subject",
    summary="What is known of the person who asks, and who looked them up",
    operation_id="post_subject",
    operation_class=takes(SubjectForm),
    **ANY,
)
async def post_subject(request: Anything, request_id: ThingId) -> SubjectView:
    """For a request of any kind that another person has answered."""
    who = await entry.person(request, *OPEN)
    rights.must_open(await desk_of(request).access.request(request_id), who.id)
    return await told(request, who, request_id, await read(request, SubjectForm))


async def told(request: Anything, who: Who, request_id: str, form: SubjectForm) -> SubjectView:
    """What is known, to who may open it (`open_subjects`), after it is in the record. Raises `Refused`: as `_person`,
    and what `rights.must_open` raises."""
    desk = desk_of(request)
    rights.must_open(await desk.access.request(request_id), who.id)
    person = await _person(desk, form)
    since_ms = await desk.access.told_since_ms()
    if person is None:
        await entry.look(request, who, "subject_read", f"request:{request_id}", {"found": False})
        return SubjectView(False, [], [], [], since_ms)
    pseudonyms = [mac.hex() for mac in await desk.persons.pseudonyms(person)]
    visits = [_visit(one) for one in await desk.visits.of_person(person)]
    looks = await desk.access.looks(pseudonyms, 0, MOST_LOOKS)
    await entry.look(request, who, "subject_read", [f"request:{request_id}", person.hex()], {"visits": len(visits)})
    return SubjectView(True, pseudonyms, visits, [entry_view(one) for one in looks], since_ms)


@post(
    "/api/v1/requests/{request_id:str}/forget",
    summary="Let go of what is known of the person who asks",
    operation_id="post_forget",
    operation_class=takes(SubjectForm),
    **ANY,
)
async def post_forget(request: Anything, request_id: ThingId) -> ForgottenView:
    """For a request of the kind `deletion` that another person has answered."""
    who = await entry.person(request, *OPEN)
    _must_delete(await desk_of(request).access.request(request_id), who)
    return await forgotten(request, who, request_id, await read(request, SubjectForm))


async def forgotten(request: Anything, who: Who, request_id: str, form: SubjectForm) -> ForgottenView:
    """Let go of, by who may open it (`open_subjects`). Raises `Refused`: as `told`, for a deletion alone."""
    desk = desk_of(request)
    _must_delete(await desk.access.request(request_id), who)
    person = await _person(desk, form)
    await entry.look(request, who, "subject_forgotten", f"request:{request_id}", {"found": person is not None})
    if person is None:
        return ForgottenView(False, None, {}, None)
    done = await desk.purge.forget(person, request_id)
    rows = dict(done.rows or {})
    return ForgottenView(True, done.id, rows, rows.pop("older_copies_end_on_day", None))


def _must_delete(asked: Asked, who: Who) -> None:
    if asked.kind != "deletion":
        raise Refused("request_step", "only a deletion that was answered is carried out")
    rights.must_open(asked, who.id)


async def _person(desk: Desk, form: SubjectForm) -> bytes | None:
    """Raises `Refused`: `document_form`, `documents_differ`."""
    documents = documents_of(form.documents)
    if not documents:
        raise Refused("document_form", "one document at least")
    macs = [token.mac for token in await desk.holder.tokens_of(list(documents))]
    found = {person for person in (await desk.persons.persons_of(macs)).values() if person is not None}
    if len(found) > 1:
        raise Refused("documents_differ", "these documents are not known to be one person's")
    return next(iter(found), None)


def _visit(one: Any) -> SubjectVisit:
    return SubjectVisit(
        one.place_id, one.in_low, one.in_at, one.in_high, one.out_low, one.out_at, one.out_high, one.label, one.kind
    )


HANDLERS = [post_subject, post_forget]
