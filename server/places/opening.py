"""When a place is open: by weekday, in local time (Asia/Ho_Chi_Minh, UTC+7 without summer time since 1975), also over
midnight.

1. As text: parts separated by `;`, each with days and times: `mon-fri 05:00-11:00,13:00-18:00; sat 22:00-02:00`.
   Days may also be Vietnamese: T2 … T7, CN. `24/7` is always; "" is not known.
2. A span whose end is not after its beginning goes on into the next day; 24:00 is the end of a day.
3. Spans of a week do not overlap, nor with the beginning of the next week. A day that is not named is closed.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from server.errors import Refused

DAY_MIN, WEEK_MIN = 1440, 10_080
MIN_MS = 60_000
ZONE_MS = 7 * 3_600_000
THURSDAY = 3  # 1970-01-01
MOST_SPANS = 28
MOST_LETTERS = 400
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
NAMES = {name: at for at, name in enumerate(DAYS)} | {f"t{at + 2}": at for at in range(6)} | {"cn": 6}
SPAN = re.compile(r"([01]?\d|2[0-4])[:hH]([0-5]\d)-([01]?\d|2[0-4])[:hH]([0-5]\d)\Z", re.ASCII)


class Opening(NamedTuple):
    """`spans`: (beginning, end) in minutes of the week from Monday 00:00, rising; an end may lie in the next week.

    `is_known` false: nobody said when it is open."""

    is_known: bool
    spans: tuple[tuple[int, int], ...]

    def is_open(self, utc_ms: int) -> bool:
        """At that instant; True where it is not known."""
        return not self.is_known or self.is_endless or self.span_at(utc_ms) is not None

    @property
    def is_endless(self) -> bool:
        """It never closes."""
        return any(last - first >= WEEK_MIN for first, last in self.spans)

    def span_at(self, utc_ms: int) -> tuple[int, int] | None:
        """(opened, closes) in UTC ms of the span that holds then; None: closed, not known, or open without end."""
        minute, rest_ms = divmod(utc_ms + ZONE_MS, MIN_MS)
        of_week = (minute + THURSDAY * DAY_MIN) % WEEK_MIN
        for first, last in self.spans:
            for at in (of_week, of_week + WEEK_MIN):
                if first <= at < last and last - first < WEEK_MIN:
                    begins_ms = utc_ms - rest_ms - (at - first) * MIN_MS
                    return begins_ms, begins_ms + (last - first) * MIN_MS
        return None

    def share(self, hour_of_week: int) -> float:
        """Which part of that hour of the week (0: Monday 00:00-01:00) it is open; 1 where it is not known."""
        if not self.is_known:
            return 1.0
        begin = hour_of_week * 60
        pieces = (min(last, at + 60) - max(first, at) for first, last in self.spans for at in (begin, begin + WEEK_MIN))
        return min(60, sum(one for one in pieces if one > 0)) / 60


UNKNOWN = Opening(False, ())
ALWAYS = Opening(True, ((0, WEEK_MIN),))


@lru_cache(maxsize=1_024)
def parse(text: str) -> Opening:
    """Raises `Refused`: `place_opening`."""
    text = text.strip().lower().replace("–", "-")
    if len(text) > MOST_LETTERS:
        raise Refused("place_opening", f"longer than {MOST_LETTERS} letters")
    if not text:
        return UNKNOWN
    if text == "24/7":
        return ALWAYS
    spans: list[tuple[int, int]] = []
    named: set[int] = set()
    for part in filter(None, (one.strip() for one in text.split(";"))):
        said, _, times = part.partition(" ")
        days = _days(said)
        if named.intersection(days):
            raise Refused("place_opening", f"{said}: a day is named twice")
        named.update(days)
        spans += [_span(one, day) for day in days for one in _times(times)]
    return Opening(True, _ordered(spans))


def text_of(opening: Opening) -> str:
    """The text that `parse` reads as this."""
    if not opening.is_known:
        return ""
    if opening == ALWAYS:
        return "24/7"
    by_day = [",".join(_said(*one) for one in opening.spans if one[0] // DAY_MIN == day) for day in range(7)]
    parts: list[str] = []
    first = 0
    while first < 7:
        last = first
        while last < 6 and by_day[last + 1] == by_day[first]:
            last += 1
        days = DAYS[first] if first == last else f"{DAYS[first]}-{DAYS[last]}"
        if by_day[first]:
            parts.append(f"{days} {by_day[first]}")
        first = last + 1
    return "; ".join(parts) or "mon-sun closed"


def _days(said: str) -> list[int]:
    found: list[int] = []
    for one in said.split(","):
        first, dash, last = one.partition("-")
        try:
            begin, end = NAMES[first], NAMES[last if dash else first]
        except KeyError as err:
            raise Refused("place_opening", f"{one[:20]}: no such day") from err
        if end < begin:
            raise Refused("place_opening", f"{one}: a week begins on Monday")
        found += range(begin, end + 1)
    if len(set(found)) < len(found):
        raise Refused("place_opening", f"{said}: a day is named twice")
    return found


def _times(said: str) -> list[str]:
    said = said.replace(" ", "")
    return [] if said in ("closed", "nghỉ") else said.split(",")


def _span(said: str, day: int) -> tuple[int, int]:
    found = SPAN.match(said)
    if found is None:
        raise Refused("place_opening", f"{said[:20]}: not a span as 05:00-18:30")
    begin_h, begin_m, end_h, end_m = (int(one) for one in found.groups())
    begin, end = begin_h * 60 + begin_m, end_h * 60 + end_m
    if begin >= DAY_MIN or end > DAY_MIN:
        raise Refused("place_opening", f"{said}: no such time of day")
    return day * DAY_MIN + begin, day * DAY_MIN + end + (DAY_MIN if end <= begin else 0)


def _ordered(spans: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    ordered = sorted(spans)
    if len(ordered) > MOST_SPANS:
        raise Refused("place_opening", f"more than {MOST_SPANS} spans")
    following = [*ordered[1:], *((first + WEEK_MIN, last + WEEK_MIN) for first, last in ordered[:1])]
    for one, after in zip(ordered, following, strict=True):
        if after[0] < one[1]:
            raise Refused("place_opening", "spans overlap")
    return tuple(ordered)


def _said(first: int, last: int) -> str:
    begin, end = first % DAY_MIN, last - first + first % DAY_MIN
    end = end if end <= DAY_MIN else end - DAY_MIN
    return f"{begin // 60:02}:{begin % 60:02}-{end // 60:02}:{end % 60:02}"
