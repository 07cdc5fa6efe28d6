"""Visits, occupancy and counts as they are told: numbers, and pseudonyms of one case."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from presence.days import Calendar
from server.visits.occupancy import Level
from server.visits.types import Visit

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class BoundView(msgspec.Struct):
    """An instant, UTC in milliseconds: surely not before `low`, not after `high`; `best` is the best guess."""

    low: int
    best: int
    high: int


class VisitView(msgspec.Struct):
    """One stay. `person` is a pseudonym of the case that was named. `label`: measured (both ends were scanned), bounded
    (by other scans or opening hours), assumed (by how long people stay). `in_by`, `out_by`: what an end is known by."""

    id: str
    person: str
    gate_in: str
    gate_out: str
    zone: str
    came_ms: BoundView
    left_ms: BoundView
    stay_ms: BoundView
    label: str
    in_by: str
    out_by: str
    kind: str
    on_behalf: bool
    has_phone: bool
    reads: int
    sources: list[str]
    day: str


class VisitList(msgspec.Struct):
    """A page; `next` is to be given as `after` for the next one, null after the last."""

    visits: list[VisitView]
    next: str | None


class LevelView(msgspec.Struct):
    """How many are inside: surely, probably, at most."""

    at_ms: int
    low: int
    best: int
    high: int


class OccupancyView(msgspec.Struct):
    """`capacity` 0: no limit. `is_full`: the best guess reaches it."""

    place_id: str
    inside: LevelView
    capacity: int
    is_full: bool


class CourseView(msgspec.Struct):
    """How many were inside, over time."""

    place_id: str
    capacity: int
    levels: list[LevelView]


class CountView(msgspec.Struct):
    """One gate in one hour or day. `boths`: of no known direction. `unread`: a person's code that could not be read;
    `counted_only`: no code was kept. `date`: the place's day, by the hour null; null too where nobody knows when."""

    gate_id: str
    hour_ms: int | None
    date: str | None
    reads: int
    ins: int
    outs: int
    boths: int
    unread: int
    counted_only: int
    boxes: int
    first_ms: int
    last_ms: int


class CountList(msgspec.Struct):
    """Counts in order. `undated`: scans of which nobody knows the hour, by gate, of whatever time."""

    place_id: str
    counts: list[CountView]
    undated: list[CountView]


def visit_view(one: Visit, pseudonym: Callable[[bytes], str]) -> VisitView:
    """As it is told."""
    return VisitView(
        id=one.id.hex(),
        person=pseudonym(one.person),
        gate_in=one.gate_in,
        gate_out=one.gate_out,
        zone=one.zone,
        came_ms=BoundView(one.in_low, one.in_at, one.in_high),
        left_ms=BoundView(one.out_low, one.out_at, one.out_high),
        stay_ms=BoundView(*one.stay_ms),
        label=one.label,
        in_by=one.in_by,
        out_by=one.out_by,
        kind=one.kind,
        on_behalf=one.on_behalf,
        has_phone=one.has_phone,
        reads=one.reads,
        sources=one.sources.split(","),
        day=date_of(one.day),
    )


def level_view(one: Level) -> LevelView:
    """As it is told."""
    return LevelView(*one)


def by_hour(rows: Iterable[Any]) -> list[CountView]:
    """Rows of `hours`, the boxes of a gate together."""
    return _summed((row, row.hour_ms if row.hour_ms >= 0 else None, None) for row in rows)


def by_day(rows: Iterable[Any], calendar: Calendar) -> list[CountView]:
    """The same by days of the place. An hour belongs to the day in which it begins."""
    return _summed((row, None, calendar.date_of(calendar.day_of(row.hour_ms))) for row in rows)


def date_of(day: int) -> str:
    """Days since 1970 as a date."""
    return (EPOCH + timedelta(days=day)).date().isoformat()


def _summed(rows: Iterable[tuple[Any, int | None, str | None]]) -> list[CountView]:
    found: dict[tuple[int | None, str | None, str], CountView] = {}
    boxes: dict[tuple[int | None, str | None, str], set[str]] = {}
    for row, hour_ms, date in rows:
        key = (hour_ms, date, row.gate_id)
        one = found.get(key)
        if one is None:
            one = CountView(row.gate_id, hour_ms, date, 0, 0, 0, 0, 0, 0, 0, row.first_ms, row.last_ms)
            found[key] = one
        for name in ("reads", "ins", "outs", "boths", "unread", "counted_only"):
            setattr(one, name, getattr(one, name) + getattr(row, name))
        one.first_ms, one.last_ms = min(one.first_ms, row.first_ms), max(one.last_ms, row.last_ms)
        boxes.setdefault(key, set()).add(row.box_id)
        one.boxes = len(boxes[key])
    return list(found.values())
