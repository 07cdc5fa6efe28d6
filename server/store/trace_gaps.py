"""What is not known of places and times, read from what the other rooms keep. Each function is one short read.

1. `hours` say how many codes were not read, how many scans counted only, how many without any instant.
2. A box was silent where the register's findings say so; or where its gateway told that it was away and not one scan of
   that time has come since. A box that was only cut off brings its scans later, and that is no hole.
3. What retention has destroyed, which links are only probable, which places only counted: said for the whole window.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, func, or_, select

from server.places.purpose import spelled
from server.places.seats import Seats
from server.places.silence import DEAD, NEVER, SILENT
from server.places.silence import NOON as NOON_FOUND
from server.places.types import Period
from server.store import deriving
from server.store.fleet_tables import events, reports
from server.store.person_tables import destructions, probables, tokens
from server.store.place_tables import place_boxes, place_findings, place_gateways, places
from server.store.tables import ledgers, scans
from server.store.visit_tables import hours, sightings
from server.tracing import holes
from server.tracing.types import DAY_MS, Gap, Question, Window

HOUR_MS = 3_600_000
ZONE_MS = 7 * HOUR_MS
"""Asia/Ho_Chi_Minh has had this offset, without summer time, since 1975."""
MOST_EVENTS = 5000
NUMBER_WAITING = "tram_waiting_records"
Span = tuple[str, Window]


def of_hours(connection: Connection, spans: Sequence[Span]) -> list[Gap]:
    """Unread codes, scans that were counted only, and those without any instant."""
    return [gap for place_id, window in spans for gap in _of_hours(connection, place_id, window)]


def _of_hours(connection: Connection, place_id: str, window: Window) -> list[Gap]:
    low = window.from_ms - window.from_ms % HOUR_MS
    found, ends = [], (func.min(hours.c.hour_ms), func.max(hours.c.hour_ms))
    here = hours.c.place_id == place_id
    for code, column in ((holes.UNREAD, hours.c.unread), (holes.COUNTED, hours.c.counted_only)):
        asked = select(hours.c.box_id, func.sum(column), *ends).where(here, column > 0).group_by(hours.c.box_id)
        timed = asked.where(hours.c.hour_ms >= low, hours.c.hour_ms < window.to_ms)
        for box_id, number, first, last in connection.execute(timed):
            found.append(Gap(code, place_id, box_id, first, last + HOUR_MS, int(number), int(number)))
    timeless = select(hours.c.box_id, func.sum(hours.c.reads)).where(here, hours.c.hour_ms == -1)
    for box_id, number in connection.execute(timeless.group_by(hours.c.box_id)):
        found.append(Gap(holes.NO_TIME, place_id, box_id, *window, int(number), int(number)))
    return found


def of_findings(connection: Connection, window: Window) -> list[Gap]:
    """Boxes and gates that were found silent within the window."""
    codes = {SILENT: holes.SILENT, DEAD: holes.SILENT, NEVER: holes.SILENT, NOON_FOUND: holes.NOON}
    here = place_findings.c
    asked = select(here.code, here.place_id, here.box_id, here.since_ms, here.gone_ms).where(
        here.code.in_(codes), here.since_ms < window.to_ms, or_(here.gone_ms.is_(None), here.gone_ms > window.from_ms)
    )
    return [
        Gap(codes[row.code], row.place_id, row.box_id, max(row.since_ms, window.from_ms), _end(row.gone_ms, window))
        for row in connection.execute(asked.limit(2 * holes.MOST_HOLES))
    ]


def gateways_of(connection: Connection, place_ids: Iterable[str]) -> list[str]:
    """Every gateway that may have spoken for a box at these places."""
    wanted = sorted(set(place_ids))
    boxes = select(place_boxes.c.box_id).where(place_boxes.c.place_id.in_(wanted))
    through = select(ledgers.c.gateway_id).where(ledgers.c.box_id.in_(boxes))
    own = select(place_gateways.c.gateway_id).where(place_gateways.c.place_id.in_(wanted))
    found = {*connection.execute(own).scalars(), *connection.execute(through).scalars()}
    return sorted(found | set(wanted))


def of_alerts(connection: Connection, gateway_id: str, spans: Sequence[Span], seats: Seats) -> list[Gap]:
    """Boxes of this gateway that were away at these times, and of which no scan of then has come."""
    asked = select(events).where(events.c.gateway_id == gateway_id, events.c.kind == "alert").order_by(events.c.id)
    away: dict[str, int] = {}
    absences: list[tuple[str, int, int | None]] = []
    for row in connection.execute(asked.limit(MOST_EVENTS)):
        body = msgspec.json.decode(row.body)
        if not isinstance(body, dict) or body.get("part") != "box" or not isinstance(body.get("box_id"), str):
            continue
        box_id, is_well = body["box_id"], body.get("state") in ("ok", "online")
        if not is_well:
            away.setdefault(box_id, row.received_ms if row.earliest_ms is None else row.earliest_ms)
        elif box_id in away:
            absences.append((box_id, away.pop(box_id), row.received_ms if row.latest_ms is None else row.latest_ms))
    absences += [(box_id, since_ms, None) for box_id, since_ms in away.items()]
    return [gap for one in absences for gap in _absence(connection, gateway_id, one, spans, seats)]


def _absence(
    connection: Connection, gateway_id: str, absence: tuple[str, int, int | None], spans: Sequence[Span], seats: Seats
) -> list[Gap]:
    box_id, since_ms, until_ms = absence
    found = []
    for place_id, window in spans:
        low, high = max(since_ms, window.from_ms), _end(until_ms, window)
        if low >= high or seats.where(box_id, gateway_id, low).place_id != place_id:
            continue
        here = (sightings.c.place_id == place_id, sightings.c.at_ms.between(low, high), sightings.c.box_id == box_id)
        if connection.execute(select(sightings.c.seq).where(*here).limit(1)).first() is None:
            found.append(Gap(holes.SILENT, place_id, box_id, low, high))
    return found


def of_reports(connection: Connection, gateway_ids: Sequence[str], window: Window) -> list[Gap]:
    """Records that wait at these gateways, by their latest reports."""
    found = []
    for row in connection.execute(select(reports).where(reports.c.gateway_id.in_(gateway_ids))):
        said: Any = msgspec.json.decode(row.report)
        number = said.get("numbers", {}).get(NUMBER_WAITING) if isinstance(said, dict) else None
        if isinstance(number, int | float) and number >= 1:
            found.append(Gap(holes.WAITING, "", row.gateway_id, *window, int(number), int(number)))
    return found


def of_purposes(seats: Seats, spans: Sequence[Span], window: Window) -> list[Gap]:
    """Places that only counted: each that was looked into, and how many of the others."""
    near = {place_id for place_id, _ in spans}
    found = [
        Gap(holes.COUNTS_ONLY, place_id, "", *one)
        for place_id, part in spans
        for one in counting(seats.register.purposes.get(place_id, ()), part)
    ]
    others = sum(
        bool(counting(periods, window)) for place_id, periods in seats.register.purposes.items() if place_id not in near
    )
    return [*found, Gap(holes.COUNTS_ELSEWHERE, "", "", *window, None, others)] if others else found


def counting(periods: Iterable[Period], window: Window) -> list[Window]:
    """The parts of a window in which only counts were kept."""
    ordered = spelled(periods)
    ends = [*(one.since_ms for one in ordered), window.to_ms][1:]
    parts = [
        Window(max(one.since_ms, window.from_ms), min(end_ms, window.to_ms))
        for one, end_ms in zip(ordered, ends, strict=False)
        if one.mode == "counts_only"
    ]
    return [one for one in parts if one.from_ms < one.to_ms]


def of_person(connection: Connection, asked: Question) -> list[Gap]:
    """Links to the person asked for that are only probable, and documents that are of several persons."""
    found = []
    if asked.person is not None:
        theirs = select(tokens.c.mac).where(tokens.c.person == asked.person)
        links = select(func.count(probables.c.token.distinct())).where(
            or_(probables.c.token.in_(theirs), probables.c.probable.in_(theirs))
        )
        if number := connection.execute(links).scalar_one():
            found.append(Gap(holes.PROBABLE, "", "", *asked.window, None, int(number)))
    if asked.tokens:
        shared = select(tokens.c.mac).where(tokens.c.mac.in_(asked.tokens), tokens.c.is_ambiguous.is_(True))
        if connection.execute(shared.limit(1)).first() is not None:
            found.append(Gap(holes.AMBIGUOUS, "", "", *asked.window))
    return found


def of_destructions(connection: Connection, window: Window) -> list[Gap]:
    """Days of which the persons were destroyed, as stretches."""
    first, last = ((at_ms + ZONE_MS) // DAY_MS for at_ms in window)
    asked = select(destructions.c.day).where(
        destructions.c.day.between(first, last), destructions.c["class"] == "person"
    )
    runs: list[list[int]] = []
    for day in sorted(set(connection.execute(asked).scalars())):
        if runs and day == runs[-1][1] + 1:
            runs[-1][1] = day
        else:
            runs.append([day, day])
    return [Gap(holes.DESTROYED, "", "", low * DAY_MS - ZONE_MS, (high + 1) * DAY_MS - ZONE_MS) for low, high in runs]


def of_register(connection: Connection, window: Window) -> list[Gap]:
    """How many registered places have neither box nor gateway."""
    seated = [select(one.c.place_id).where(one.c.since_ms < window.to_ms) for one in (place_boxes, place_gateways)]
    empty = select(func.count()).select_from(places).where(*(places.c.place_id.not_in(one) for one in seated))
    number = int(connection.execute(empty).scalar_one())
    return [Gap(holes.NO_BOX, "", "", *window, None, number)] if number else []


def of_deriving(connection: Connection, window: Window) -> list[Gap]:
    """How many scans are stored and not yet stays, about."""
    if not deriving.waiting(connection):
        return []
    newest = connection.execute(select(func.max(scans.c.id))).scalar() or 0
    number = max(1, newest - deriving.cursor(connection)[1])
    return [Gap(holes.BEHIND, "", "", *window, number, number)]


def _end(until_ms: int | None, window: Window) -> int:
    return window.to_ms if until_ms is None else min(until_ms, window.to_ms)
