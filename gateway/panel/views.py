"""What the pages show of a look: plain values for the templates, decided here and not there."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

from gateway.panel import chart
from gateway.panel.chart import Chart, Hour
from gateway.panel.types import BoxState, Day, LastScan, Look, Occupancy, Outcome, Rules
from gateway.panel.words import Phrases

# Asia/Ho_Chi_Minh has had no other offset since 1975, and no summer time.
VIETNAM = timezone(timedelta(hours=7))
NARROW, WIDE = (312.0, 190.0), (700.0, 230.0)
NEAR = 0.9
MOST_SCANS = 12
MOST_ON_WALL = 4
READ_S = 6.0
"""So long what came of a code stands out."""
TORN = ("truncated", "noise", "misframed", "ambiguous", "unknown_key", "busy")
"""The next try may be read whole."""
SIGNS = dict.fromkeys(("ok", "online"), "ok")
SIGNS |= dict.fromkeys(("away", "gone", "offline", "silent", "absent"), "gone")
SIGNS |= dict.fromkeys(("holding", "late", "worn", "restarting", "not_kept"), "late")
SIGNS |= dict.fromkeys(("reader", "mute", "flooding", "spool", "full", "disk_full", "fault"), "fault")
SIGNS |= dict.fromkeys(("no_permission", "in_use", "no_device", "not_a_reader"), "fault") | {"revoked": "revoked"}
"""State of a box -> its sign and colour."""


class Sums(NamedTuple):
    ins: int
    outs: int
    both: int


class Row(NamedTuple):
    """A line of a table: of an hour, or of a gate."""

    name: str
    ins: int
    outs: int
    both: int


class Capacity(NamedTuple):
    """`state` is `well`, `near`, `full` or `maybe`."""

    state: str
    best: int
    capacity: int
    text: str
    filled: float
    """Of 100, for the bar."""
    reach: float
    """Of 100: to where it cannot be ruled out."""


class BoxView(NamedTuple):
    box_id: str
    state: str
    word: str
    reason: str
    since: str
    where: str
    more: list[str]
    read: "ReadView | None"


class ReadView(NamedTuple):
    """What came of the last code at a reader on a wire."""

    sign: str
    """`stored`, `repeat` or `no`."""
    text: str
    when: str
    is_now: bool
    """Whoever scanned it still stands there."""


class ScanView(NamedTuple):
    key: str
    who: str
    kind: str
    where: str
    when: str
    outcome: str
    is_refused: bool


def sums(day: Day) -> Sums:
    cells = day.cells
    return Sums(sum(one.ins for one in cells), sum(one.outs for one in cells), sum(one.both for one in cells))


def hours(day: Day) -> dict[int, Hour]:
    """Of the clock; none while its time is not known, and hours are those of running time."""
    found: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
    for cell in day.cells if day.date is not None else ():
        if cell.hour is not None:
            _add(found[cell.hour], cell.ins, cell.outs, cell.both)
    return {hour: Hour(hour, *numbers) for hour, numbers in found.items()}


def charts(day: Day) -> list[tuple[str, Chart]]:
    """One for a telephone, one for a screen: text in an SVG grows with it, and would be too small or too large."""
    found = hours(day)
    sizes = (("narrow", NARROW), ("wide", WIDE))
    return [(name, chart.draw(found, day.first_hour, day.hour_now, *size)) for name, size in sizes]


def hour_rows(day: Day, say: Phrases) -> list[Row]:
    """Every hour that the chart shows, in the order of the day; then what has no hour."""
    found = hours(day)
    shown = chart.shown_hours(set(found), day.first_hour, day.hour_now)
    none = Hour(0, 0, 0, 0)
    rows = [Row(say("hour_span", n=hour, next=(hour + 1) % 24), *found.get(hour, none)[1:]) for hour in shown]
    lost = [cell for cell in day.cells if cell.hour is None or day.date is None]
    if day.date is None:
        rows = []
    if lost:
        rows.append(Row(say("hour_unknown"), *sums(day._replace(cells=lost))))
    return rows


def gate_rows(day: Day, say: Phrases) -> list[Row]:
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for cell in day.cells:
        _add(found[cell.gate], cell.ins, cell.outs, cell.both)
    return [Row(gate or say("gate_unnamed"), *numbers) for gate, numbers in sorted(found.items())]


def busiest(day: Day) -> Hour | None:
    return max(hours(day).values(), key=lambda one: (one.ins + one.outs + one.both, -one.hour), default=None)


def bound(inside: Occupancy, say: Phrases) -> str:
    """How sure the number of people inside is, in words."""
    if inside.high is None:
        return say("inside_at_least", low=inside.low)
    if inside.low == inside.high:
        return say("inside_sure")
    return say("inside_between", low=inside.low, high=inside.high)


def doubts(look: Look, say: Phrases) -> list[str]:
    """Why the bounds are apart, as far as it is known."""
    inside = look.inside
    if inside is None:
        return []
    found = []
    if not inside.counts_exits:
        found.append(say("doubt_no_exit"))
    if inside.high is None:
        found.append(say("doubt_box_away"))
    if inside.forgotten_exits:
        found.append(say("doubt_forgotten", n=inside.forgotten_exits))
    if inside.unseen_entries:
        found.append(say("doubt_unseen", n=inside.unseen_entries))
    if inside.remembers_s is not None and _is_within(look, inside.remembers_s):
        found.append(say("doubt_restart", since=since_of(inside.remembers_s, look.utc_ms, say)))
    return found


def _is_within(look: Look, seconds: float) -> bool:
    """Whether so long ago is within the day that is shown."""
    if look.utc_ms is None or look.day.date is None:
        return True
    begins = datetime.fromisoformat(look.day.date).replace(hour=look.day.first_hour, tzinfo=VIETNAM)
    return look.utc_ms / 1000 - seconds > begins.timestamp()


def capacity(rules: Rules, inside: Occupancy | None, say: Phrases) -> Capacity | None:
    """None: there is no such rule, or nobody knows how many are inside."""
    if not rules.capacity or inside is None:
        return None
    most, best = rules.capacity, inside.best
    if best >= most:
        state, text = "full", say("room_none") if best == most else say("room_over", n=best - most)
    elif inside.high is not None and inside.high >= most:
        state, text = "maybe", say("room_maybe_none", high=inside.high)
    else:
        state, text = "near" if best >= NEAR * most else "well", say("room_left", n=most - best)
    reach = best if inside.high is None else inside.high
    return Capacity(state, best, most, text, _percent(best, most), _percent(reach, most))


def quota(rules: Rules, say: Phrases) -> str:
    if not rules.quota_visits:
        return ""
    key = "quota_day" if rules.quota_days == 1 else "quota_days"
    return say(key, visits=rules.quota_visits, days=rules.quota_days)


def boxes(look: Look, say: Phrases) -> list[BoxView]:
    """Those that are not well first."""
    ordered = sorted(look.boxes, key=lambda one: (is_well(one), one.gate, one.box_id))
    return [_box(one, look, say) for one in ordered]


def is_well(box: BoxState) -> bool:
    return box.state in ("ok", "online")


def _box(box: BoxState, look: Look, say: Phrases) -> BoxView:
    word = say(f"box_{box.state}") if say.knows(f"box_{box.state}") else box.state
    reason = say.reason(box.reason)
    if not say.knows_reason(box.reason) and say.knows(f"why_{box.state}"):
        reason = say(f"why_{box.state}")
    where = [box.gate, say(f"dir_{box.direction}") if say.knows(f"dir_{box.direction}") else box.direction]
    more = []
    if box.device:
        more.append(say("plugged_in", device=box.device))
    if box.waiting:
        more.append(say("box_waiting", n=box.waiting))
    if box.last_scan_s is not None:
        more.append(say("box_last_scan", since=ago(box.last_scan_s, look.utc_ms, say)))
    since = since_of(box.since_s, look.utc_ms, say) if not is_well(box) else ""
    return BoxView(
        box.box_id,
        SIGNS.get(box.state, "unknown"),
        word,
        reason if not is_well(box) else "",
        since,
        _joined(where),
        more,
        _read(box.outcome, look, say),
    )


def _read(one: Outcome | None, look: Look, say: Phrases) -> ReadView | None:
    if one is None:
        return None
    word = "torn" if one.word == "refused" and one.reason in TORN else one.word
    text = say(f"read_{word}") if say.knows(f"read_{word}") else one.word
    sign = one.word if one.word in ("stored", "repeat") else "no"
    return ReadView(sign, text, ago(one.ago_s, look.utc_ms, say, with_seconds=True), one.ago_s < READ_S)


def wall_readers(look: Look, say: Phrases) -> list[BoxView]:
    """Readers on wires: who stands before one sees here what came of the code."""
    return [_box(one, look, say) for one in look.boxes if one.outcome is not None][:MOST_ON_WALL]


def aside(look: Look, say: Phrases) -> str:
    """What was set aside, with why; empty: nothing."""
    found: dict[str, int] = defaultdict(int)
    for reason, many in look.aside.items():
        found[say(f"aside_{reason}") if say.knows(f"aside_{reason}") else reason] += many
    most_first = sorted(found.items(), key=lambda one: -one[1])
    reasons = ", ".join(f"{reason} {say.number(many)}" for reason, many in most_first if many)
    return say("aside", n=sum(found.values()), reasons=reasons) if reasons else ""


def scans(look: Look, say: Phrases) -> list[ScanView]:
    return [_scan(one, look, say) for one in look.scans[:MOST_SCANS]]


def _scan(one: LastScan, look: Look, say: Phrases) -> ScanView:
    kind = say(f"kind_{one.kind}") if say.knows(f"kind_{one.kind}") else one.kind
    where = [one.gate or one.box_id, say(f"dir_{one.direction}") if say.knows(f"dir_{one.direction}") else ""]
    outcome = say(f"outcome_{one.outcome}") if say.knows(f"outcome_{one.outcome}") else one.outcome
    is_refused = one.outcome not in ("", "welcome")
    if one.utc_ms is not None:
        when = clock_time(one.utc_ms, look.utc_ms, with_seconds=True)
    else:
        when = ago(one.ago_s, look.utc_ms, say, with_seconds=True)
    key = one.key or f"{one.box_id} {one.utc_ms} {one.who}"
    return ScanView(key, one.who, kind, _joined(where), when, outcome if is_refused else "", is_refused)


def since_of(seconds: float | None, utc_ms: int | None, say: Phrases, with_age: bool = False) -> str:
    """ "từ 09:41", or "12 phút nay" where the time is not known."""
    if seconds is None:
        return ""
    if utc_ms is None:
        return say("since_age", age=age(seconds, say))
    time = clock_time(int(utc_ms - 1000 * seconds), utc_ms)
    return say("since_clock_age", time=time, age=age(seconds, say)) if with_age else say("since_clock", time=time)


def ago(seconds: float, utc_ms: int | None, say: Phrases, with_seconds: bool = False) -> str:
    """ "lúc 09:41", or "12 phút trước"."""
    if utc_ms is not None:
        time = clock_time(int(utc_ms - 1000 * seconds), utc_ms, with_seconds)
        return time if with_seconds else say("ago_clock", time=time)
    return say("now") if seconds < 60 else say("ago_age", age=age(seconds, say))


def age(seconds: float, say: Phrases) -> str:
    for limit, unit, word in ((60, 60, "age_s"), (7_200, 60, "age_min"), (172_800, 3_600, "age_h")):
        if seconds < limit:
            return say(word, n=int(seconds // unit))
    return say("age_d", n=int(seconds // 86_400))


def clock_time(at_ms: int, now_ms: int | None, with_seconds: bool = False) -> str:
    """`09:41`, with the day in front where it is another; empty for an instant that no calendar has."""
    try:
        at = datetime.fromtimestamp(at_ms / 1000, VIETNAM)
        now = None if now_ms is None else datetime.fromtimestamp(now_ms / 1000, VIETNAM)
    except (ValueError, OverflowError, OSError):
        return ""
    time = at.strftime("%H:%M:%S" if with_seconds else "%H:%M")
    return time if now is not None and at.date() == now.date() else f"{time} {at:%d/%m}"


def date_words(date: str | None) -> str:
    """`22/11/2026` of `2026-11-22`."""
    return "/".join(reversed((date or "").split("-")))


def _percent(part: int, whole: int) -> float:
    return round(min(100.0, 100 * part / whole), 1)


def _joined(words: Iterable[str]) -> str:
    return " · ".join(word for word in words if word)


def _add(numbers: list[int], *more: int) -> None:
    for at, one in enumerate(more):
        numbers[at] += one
