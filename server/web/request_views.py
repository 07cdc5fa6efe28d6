"""What the page of requests shows: plain values for the templates, days as people write them.

1. What is due next comes first; a day that is over is said as so many days over, and never by colour alone.
2. A person who works here is shown by their log-in name, a place by its name; where neither is known any more, by id.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple

from server.access import rights, working_days
from server.access.rights import ANSWERED, RECEIVED, Asked
from server.errors import Refused
from server.web.access_views import EntryView
from server.web.desk import Desk
from server.web.subjects import SubjectVisit
from server.web.words import Phrases

MOST_CERTIFICATES = 500


class Line(NamedTuple):
    """A request. `due`: `answer` or `done`, empty where it has ended; `days`: left until the end of the last day, less
    than 0: over."""

    asked: Asked
    kind: str
    state: str
    came: str
    due: str
    due_day: str
    done_day: str
    days: int
    said: str
    is_sure: bool
    by: str


class VisitLine(NamedTuple):
    """Where they were, when in and out (local), how well that is known, by what paper."""

    place: str
    came: str
    left: str
    label: str
    kind: str


class LookLine(NamedTuple):
    """Who looked, when, at what."""

    at: str
    by: str
    what: str


def day_text(day: date) -> str:
    """21/11/2026."""
    return day.strftime("%d/%m/%Y")


def day_of(number: int | None) -> str:
    """A local day, counted from 1970-01-01."""
    return "–" if number is None else day_text(date(1970, 1, 1) + timedelta(days=number))


def moment_text(at_ms: int | None) -> str:
    """21/11/2026 14:03, in Vietnam."""
    if at_ms is None:
        return ""
    text = working_days.local_text(at_ms)
    return f"{text[8:10]}/{text[5:7]}/{text[:4]} {text[11:16]}"


def line(asked: Asked, say: Phrases, now_ms: int, by: str = "") -> Line:
    """One request, as it stands now."""
    last, today = rights.deadlines(asked), working_days.local_date(now_ms)
    due = {RECEIVED: "answer", ANSWERED: "done"}.get(asked.state, "")
    if due == "answer" and rights.overdue(asked, now_ms) == "done":
        due = "done"
    due_on = last.answer if due == "answer" else last.done
    days = (due_on - today).days
    key = "due_over" if days < 0 else "due_today" if days == 0 else "due_in"
    said = say(key, what=say(f"due_{due}"), n=abs(days)) if due else ""
    return Line(
        asked,
        say(f"asked_{asked.kind}"),
        say(f"state_of_{asked.state}"),
        day_text(working_days.local_date(asked.received_ms)),
        due,
        day_text(due_on),
        day_text(last.done),
        days,
        said,
        last.is_sure,
        by,
    )


def lines(found: Iterable[Asked], say: Phrases, now_ms: int) -> list[Line]:
    """What is open first, the most urgent on top; what has ended after it, the latest first."""
    made = [line(one, say, now_ms) for one in found]
    return sorted(made, key=_urgency)


def _urgency(one: Line) -> tuple[bool, int, str]:
    return not one.due, one.days if one.due else -(one.asked.ended_ms or 0), one.asked.id


async def user_names(desk: Desk, ids: Iterable[str]) -> dict[str, str]:
    """Log-in names; who is gone keeps the id."""
    found: dict[str, str] = {}
    for one in set(ids):
        try:
            found[one] = (await desk.access.user(one)).name
        except Refused:
            found[one] = one.removeprefix("settings:")
    return found


async def visit_lines(desk: Desk, visits: Iterable[SubjectVisit], say: Phrases) -> list[VisitLine]:
    """In the order in which they are."""
    names: dict[str, str] = {}
    made = []
    for one in visits:
        if one.place_id not in names:
            names[one.place_id] = await _place_name(desk, one.place_id)
        times = moment_text(one.in_ms), moment_text(one.out_ms)
        label = say.known(f"visit_{one.label}", one.label)
        made.append(VisitLine(names[one.place_id], *times, label, say.known(f"kind_{one.kind}", one.kind)))
    return made


def look_lines(entries: Iterable[EntryView], names: dict[str, str], say: Phrases) -> list[LookLine]:
    """In the order of the record."""
    return [
        LookLine(moment_text(one.at_ms), names.get(one.actor, one.actor), say.known(f"look_{one.action}", one.action))
        for one in entries
    ]


async def certificate_of(desk: Desk, request_id: str) -> tuple[int, str] | None:
    """The number and the instant of the certificate of what was let go of under this request."""
    after = 0
    while found := await desk.persons.certificates(after, MOST_CERTIFICATES):
        for one in found:
            if one.what == "person" and one.subject == request_id:
                return one.id, moment_text(one.destroyed_ms)
        after = found[-1].id
    return None


async def _place_name(desk: Desk, place_id: str) -> str:
    try:
        name: str = (await desk.places.entry(place_id)).place.name
    except Refused:
        return place_id
    return name
