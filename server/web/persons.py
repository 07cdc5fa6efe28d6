"""The API of `server/persons`: how long what is kept, what is due, and the certificates of what was destroyed.

Nobody is named here: days, classes and numbers of rows. Looking is for administrators and supervisors, and is in the
record of looks.
"""

from typing import Annotated, Any

import msgspec
from litestar import Request, get
from litestar.params import QueryParameter

from server.access.roles import ADMINISTRATOR, SUPERVISOR
from server.persons.retention import cutoffs, date_of, due
from server.web import entry
from server.web.desk import desk_of
from server.web.person_store import Certified
from server.web.problems import refusals

Anything = Request[Any, Any, Any]
LOOKER: Any = {"security": [{"operator": []}, {"reader": []}], "responses": refusals(400, 401, 403, 503)}
After = Annotated[int, QueryParameter(ge=0, le=(1 << 63) - 1, description="Behind the certificate with this id")]
Limit = Annotated[int, QueryParameter(ge=1, le=500, description="At most so many")]


class ClassView(msgspec.Struct):
    """One class: `kept_days` whole days after the day has ended; days as YYYY-MM-DD, local (Asia/Ho_Chi_Minh)."""

    class_: str = msgspec.field(name="class")
    kept_days: int
    first_day: str
    """The oldest day that is kept."""
    oldest_held: str | None
    """The oldest day of which something is there; before `first_day`: it is due."""
    held_days: int
    held_rows: int
    due_days: int
    due_rows: int


class RetentionView(msgspec.Struct):
    """Every class, and when this was so."""

    classes: list[ClassView]
    now_utc_ms: int


class CertificateView(msgspec.Struct):
    """That something is destroyed. `fingerprint` None: no key had been made for that day."""

    id: int
    what: str
    subject: str
    date: str | None
    class_: str | None = msgspec.field(name="class")
    fingerprint: str | None
    destroyed_utc_ms: int
    rows: dict[str, int]


class CertificatePage(msgspec.Struct):
    """In the order in which they came about; `next`: ask with it as `after`."""

    certificates: list[CertificateView]
    next: int | None


@get("/api/v1/retention", summary="What is kept for how long, and what is due", operation_id="get_retention", **LOOKER)
async def get_retention(request: Anything) -> RetentionView:
    """By class."""
    who = await entry.person(request, ADMINISTRATOR, SUPERVISOR)
    desk = desk_of(request)
    now_ms = desk.now_ms()
    rows = {(one.day, one.class_): one.rows for one in await desk.persons.held()}
    rows.update({(key.day, key.class_): rows.get((key.day, key.class_), 0) for key in await desk.holder.days()})
    over = {(one.day, one.class_) for one in due(rows, desk.retention, now_ms)}
    first_days = cutoffs(desk.retention, now_ms)
    views = []
    for class_, kept_days in desk.retention.days().items():
        held = {day: count for (day, name), count in rows.items() if name == class_}
        late = {day: count for day, count in held.items() if (day, class_) in over}
        oldest = date_of(min(held)).isoformat() if held else None
        first_day = date_of(first_days[class_]).isoformat()
        numbers = (len(held), sum(held.values()), len(late), sum(late.values()))
        views.append(ClassView(class_, kept_days, first_day, oldest, *numbers))
    await entry.look(request, who, "retention_read")
    return RetentionView(views, now_ms)


@get(
    "/api/v1/retention/certificates",
    summary="Certificates of destruction",
    operation_id="list_certificates",
    **LOOKER,
)
async def list_certificates(request: Anything, after: After = 0, limit: Limit = 100) -> CertificatePage:
    """A page of them."""
    who = await entry.person(request, ADMINISTRATOR, SUPERVISOR)
    found = await desk_of(request).persons.certificates(after, limit)
    await entry.look(request, who, "certificates_read", detail={"count": len(found)})
    return CertificatePage([_view(one) for one in found], found[-1].id if len(found) == limit else None)


def _view(one: Certified) -> CertificateView:
    date = None if one.day is None else date_of(one.day).isoformat()
    return CertificateView(
        one.id, one.what, one.subject, date, one.class_, one.fingerprint, one.destroyed_ms, one.rows or {}
    )


HANDLERS: list[Any] = [get_retention, list_certificates]
