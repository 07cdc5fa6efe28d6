"""What is not known of places and times, read from what the other rooms keep. Each function is one short read.

1. `hours` say how many codes were not read, how many scans counted only, how many without any instant.
2. A box was silent where the register's findings say so, or its gateway did (`trace_absences`).
3. Whoever came in before and was still there was not seen either, where that scan is in a hole: what is asked of places
   and times reaches back by the longest stay (`around`).
4. A hole hides the person asked for as well. What is not known of places and times that nobody knew to look into is
   summed up for the window (`…_elsewhere`).
5. A clock that was found wrong was wrong before: what it says counts for nothing from a day before that on.
6. What retention has destroyed, which links are only probable, which places only counted: said for the whole window.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from server.places.areas import Areas
from server.places.purpose import spelled
from server.places.seats import Seats
from server.places.silence import CLOCK, DEAD, NEVER, NOON, SAME_PERSON, SILENT
from server.places.types import Period
from server.store import deriving, person_links
from server.store.fleet_tables import assignments, gateways, reports
from server.store.person_tables import destructions, tokens
from server.store.place_tables import place_boxes, place_findings, place_gateways, places
from server.store.tables import ledgers, scans
from server.store.visit_tables import hours
from server.tracing import holes
from server.tracing.types import DAY_MS, Gap, Question, Window

HOUR_MS = 3_600_000
ZONE_MS = 7 * HOUR_MS
"""Asia/Ho_Chi_Minh has had this offset, without summer time, since 1975."""
NUMBER_WAITING = "tram_waiting_records"
FOUND = {
    SILENT: holes.SILENT,
    DEAD: holes.SILENT,
    NEVER: holes.SILENT,
    NOON: holes.NOON,
    CLOCK: holes.WRONG_CLOCK,
    SAME_PERSON: holes.SAME_PERSON,
}
Span = tuple[str, Window]


def around(spans: Sequence[Span], longest_ms: int) -> list[Span]:
    """The same by the hour, reaching back by the longest stay; those of one place do not overlap."""
    made: list[Span] = []
    for place_id, (from_ms, to_ms) in sorted(spans):
        low, high = _hour(from_ms - longest_ms), _hour(to_ms + HOUR_MS - 1)
        if made and made[-1][0] == place_id and low <= made[-1][1].to_ms:
            low, high = made[-1][1].from_ms, max(high, made.pop()[1].to_ms)
        made.append((place_id, Window(low, high)))
    return made


def of_hours(connection: Connection, spans: Sequence[Span]) -> list[Gap]:
    """Unread codes, and scans that were counted only."""
    found = []
    for place_id, window in spans:
        for code, column in ((holes.UNREAD, hours.c.unread), (holes.COUNTED, hours.c.counted_only)):
            ends = func.min(hours.c.hour_ms), func.max(hours.c.hour_ms)
            asked = select(hours.c.box_id, func.sum(column), *ends).where(_in(place_id, window), column > 0)
            for box_id, number, first, last in connection.execute(asked.group_by(hours.c.box_id)):
                found.append(Gap(code, place_id, box_id, first, last + HOUR_MS, int(number), int(number)))
    return found


def of_timeless(connection: Connection, spans: Sequence[Span]) -> list[Gap]:
    """Scans without any instant."""
    found = []
    for place_id, window in spans:
        asked = select(hours.c.box_id, func.sum(hours.c.reads)).where(
            hours.c.place_id == place_id, hours.c.hour_ms == -1
        )
        for box_id, number in connection.execute(asked.group_by(hours.c.box_id)):
            found.append(Gap(holes.NO_TIME, place_id, box_id, *window, int(number), int(number)))
    return found


def unread(connection: Connection, window: Window, spans: Sequence[Span] | None = None) -> int:
    """How many codes were not read, at these places and times or (None) anywhere in the window, by the hour."""
    whole = Window(_hour(window.from_ms), _hour(window.to_ms + HOUR_MS - 1))
    total = select(func.coalesce(func.sum(hours.c.unread), 0)).where(hours.c.unread > 0)
    if spans is None:
        return int(connection.execute(total.where(_in(None, whole))).scalar_one())
    parts = [(one, Window(max(low, whole.from_ms), min(high, whole.to_ms))) for one, (low, high) in spans]
    return sum(int(connection.execute(total.where(_in(*part))).scalar_one()) for part in parts)


def of_findings(connection: Connection, window: Window) -> list[Gap]:
    """What was found amiss of boxes and gates within the window."""
    here = place_findings.c
    asked = select(here.code, here.place_id, here.box_id, here.since_ms, here.gone_ms).where(
        here.code.in_(FOUND),
        here.since_ms < window.to_ms + DAY_MS,
        or_(here.gone_ms.is_(None), here.gone_ms > window.from_ms),
    )
    found = []
    for row in connection.execute(asked.order_by(here.id).limit(2 * holes.MOST_HOLES)):
        since_ms = row.since_ms - (DAY_MS if row.code == CLOCK else 0)
        if since_ms < window.to_ms:
            ends = max(since_ms, window.from_ms), _end(row.gone_ms, window)
            found.append(Gap(FOUND[row.code], row.place_id, row.box_id, *ends))
    return found


def gateways_of(connection: Connection, place_ids: Iterable[str]) -> list[str]:
    """Every gateway that may have spoken for a box at these places."""
    wanted = sorted(set(place_ids))
    boxes = select(place_boxes.c.box_id).where(place_boxes.c.place_id.in_(wanted))
    through = select(ledgers.c.gateway_id).where(ledgers.c.box_id.in_(boxes))
    own = select(place_gateways.c.gateway_id).where(place_gateways.c.place_id.in_(wanted))
    found = {*connection.execute(own).scalars(), *connection.execute(through).scalars()}
    return sorted(found | set(wanted))


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
    """Persons who may be the one asked for, by a masked number; documents that are of several persons; and, where some
    document was seen, those that never were."""
    found = [Gap(holes.UNSEEN, "", "", *asked.window, None, number) for number in _unseen(connection, asked)]
    if asked.person is not None and (number := len(person_links.probable_persons(connection, asked.person))):
        found.append(Gap(holes.PROBABLE, "", "", *asked.window, None, number))
    if asked.tokens:
        shared = select(tokens.c.mac).where(tokens.c.mac.in_(asked.tokens), tokens.c.is_ambiguous.is_(True))
        if connection.execute(shared.limit(1)).first() is not None:
            found.append(Gap(holes.AMBIGUOUS, "", "", *asked.window))
    return found


def _unseen(connection: Connection, asked: Question) -> list[int]:
    """Which documents, from 1 on."""
    if len(asked.tokens) < 2:
        return []
    seen = set(connection.execute(select(tokens.c.mac).where(tokens.c.mac.in_(asked.tokens))).scalars())
    return [number for number, mac in enumerate(asked.tokens, 1) if mac not in seen] if seen else []


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


def of_register(connection: Connection, asked: Question, areas: Areas) -> list[Gap]:
    """How many registered places have neither box nor gateway: of those that lie in the case's area or nowhere, where
    somebody may have been; else whether it is the place asked for."""
    window, is_here = asked.window, bool(asked.place_id) and asked.degree == 1
    seated = [select(one.c.place_id).where(one.c.since_ms < window.to_ms) for one in (place_boxes, place_gateways)]
    seated += [select(one.c.gateway_id) for one in (gateways, reports, assignments)]  # a place of its own
    empty = select(func.count()).select_from(places).where(*(places.c.place_id.not_in(one) for one in seated))
    if is_here:
        empty = empty.where(places.c.place_id == asked.place_id)
    elif asked.area:
        empty = empty.where(places.c.area.in_({"", *areas.below([asked.area])}))
    number = int(connection.execute(empty).scalar_one())
    if not number:
        return []
    where = (holes.NO_BOX_HERE, asked.place_id) if is_here else (holes.NO_BOX, "")
    return [Gap(*where, "", *window, None, number)]


def of_deriving(connection: Connection, window: Window) -> list[Gap]:
    """How many scans are stored and not yet stays, about."""
    if not deriving.waiting(connection):
        return []
    newest = connection.execute(select(func.max(scans.c.id))).scalar() or 0
    number = max(1, newest - deriving.cursor(connection)[1])
    return [Gap(holes.BEHIND, "", "", *window, number, number)]


def _end(until_ms: int | None, window: Window) -> int:
    return window.to_ms if until_ms is None else min(until_ms, window.to_ms)


def _in(place_id: str | None, window: Window) -> ColumnElement[bool]:
    when = and_(hours.c.hour_ms >= window.from_ms, hours.c.hour_ms < window.to_ms)
    return when if place_id is None else and_(hours.c.place_id == place_id, when)


def _hour(at_ms: int) -> int:
    return at_ms - at_ms % HOUR_MS
