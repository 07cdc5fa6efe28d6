"""The hours of a day as bars: geometry alone, in the units of an SVG's view box.

1. In and out differ in place and in filling (full, hatched), not only in colour; the sums stand in a table beside it.
2. The hours shown are those with scans, stretched to LEAST_HOURS, and to the hour that is under way.
3. The scale begins at 0 and ends at a round number.
"""

from typing import NamedTuple

LEAST_HOURS = 12
FIRST_OF_DAY = 6
RIGHT, TOP, BOTTOM = 4.0, 12.0, 26.0
DIGIT = 8.0
"""So wide is a digit of the scale."""
_ROUND = (1, 2, 3, 4, 5, 6, 8, 10)


class Hour(NamedTuple):
    hour: int
    ins: int
    outs: int
    both: int


class Bar(NamedTuple):
    kind: str
    """`ins`, `outs` or `both`."""
    x: float
    y: float
    width: float
    height: float


class Tick(NamedTuple):
    at: float
    value: int


class Chart(NamedTuple):
    width: float
    height: float
    left: float
    """Where the hours begin; before it stands the scale."""
    floor: float
    """Where 0 is."""
    bars: list[Bar]
    lines: list[Tick]
    hours: list[Tick]
    """Where an hour's name stands."""
    now: tuple[float, float] | None
    """x and width of the hour that is under way."""


def draw(hours: dict[int, Hour], first_hour: int, hour_now: int | None, width: float, height: float) -> Chart:
    """`hours`: by hour of the clock; `first_hour`: with which the day begins."""
    shown = shown_hours(set(hours), first_hour, hour_now)
    found = [hours.get(hour, Hour(hour, 0, 0, 0)) for hour in shown]
    kinds = ["ins", "outs"] + (["both"] if any(one.both for one in found) else [])
    top = ceiling(max((getattr(one, kind) for one in found for kind in kinds), default=0))
    floor, room = height - BOTTOM, height - BOTTOM - TOP
    left = 12 + DIGIT * len(f"{top:,}")
    step = (width - left - RIGHT) / len(shown)
    gap = min(step * 0.22, 8.0)
    thick = (step - gap) / len(kinds)
    bars = []
    for at, one in enumerate(found):
        for place, kind in enumerate(kinds):
            tall = room * getattr(one, kind) / top
            if tall:
                x = left + at * step + gap / 2 + place * thick
                bars.append(Bar(kind, _round(x), _round(floor - max(tall, 1.5)), _round(thick), _round(max(tall, 1.5))))
    lines = [Tick(_round(floor - room * value / top), value) for value in scale(top)]
    every = _label_every(step)
    named = [Tick(_round(left + (at + 0.5) * step), hour) for at, hour in enumerate(shown) if at % every == 0]
    now = None
    if hour_now is not None and hour_now in shown:
        now = _round(left + shown.index(hour_now) * step), _round(step)
    return Chart(width, height, left, _round(floor), bars, lines, named, now)


def shown_hours(with_scans: set[int], first_hour: int, hour_now: int | None) -> list[int]:
    """In the order of the day, without gaps."""
    places = [(hour - first_hour) % 24 for hour in with_scans | ({hour_now} if hour_now is not None else set())]
    usual = (FIRST_OF_DAY - first_hour) % 24
    low, high = min([*places, usual]), max([*places, usual])
    high = max(high, min(23, low + LEAST_HOURS - 1))
    low = min(low, max(0, high - LEAST_HOURS + 1))
    return [(place + first_hour) % 24 for place in range(low, high + 1)]


def ceiling(most: int) -> int:
    """The round number that the scale ends at: 4, 5, 6, 8, 10, 20, 30 …"""
    unit = 1
    while True:
        for digit in _ROUND:
            if digit * unit >= max(most, 4):
                return digit * unit
        unit *= 10


def scale(top: int) -> list[int]:
    """Where lines are drawn: as many as give whole numbers, four at most."""
    parts = next(parts for parts in (4, 3, 5, 2, 1) if top % parts == 0)
    return [top * part // parts for part in range(parts + 1)]


def _label_every(step: float) -> int:
    return next((every for every in (1, 2, 3, 4) if every * step >= 34), 6)


def _round(value: float) -> float:
    return round(value, 1)
