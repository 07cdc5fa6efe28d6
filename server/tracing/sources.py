"""The stays that contacts are looked for around: made ready for each rule set that may hold, and gathered by place.

1. A source's stay is cut by the rule set, made longer by the air, and cut to the window that was asked for. Whom they
   met is looked for within that; how long, by the whole stay. In the second degree a stay begins with the first
   meeting: nobody could pass on anything before.
2. Where a zone has doors of its own there are two rows for one stay: the place's and the zone's within it. By the
   whole place the outer one counts, by zone (`same_zone`) the inner one, where there is any.
3. Stays at one place that overlap or touch are looked up as one stretch of time: each row is read once.
4. Where only the best guess counts (`by_guess`), a stretch is as long as the best guess of its sources: one whose end
   is assumed lasts an hour by that, and half a day by its bounds.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from server.tracing.overlap import extended, trimmed
from server.tracing.rules import Rules, RuleSet
from server.tracing.types import SCANNED, PlaceFacts, Stay, Window

NOWHERE = PlaceFacts()


class Source(NamedTuple):
    """One stay of a source. `by_version`: as each rule set has it, within the window; `whole`: the same, not cut to the
    window; `is_within`: it has a zone's row within it; `last_ms`: the end of the window."""

    stay: Stay
    by_version: Mapping[int, Stay]
    whole: Mapping[int, Stay]
    is_within: bool
    last_ms: int

    def under(self, rules: RuleSet) -> Stay | None:
        """The stay by a rule set; None: the other row of the two counts."""
        counts = not self.is_within if rules.same_zone else not self.stay.is_inner
        return self.by_version[rules.version] if counts else None


class Stretch(NamedTuple):
    """A place, a stretch of time, and the sources within it."""

    place_id: str
    window: Window
    sources: tuple[Source, ...]


def make(
    stays: Iterable[Stay], rules: Rules, window: Mapping[bytes, Window] | Window, places: Mapping[str, PlaceFacts]
) -> list[Source]:
    """Sources from stays. `window`: one for all, or by person."""
    known = list(stays)
    inner: dict[tuple[bytes, str], list[Stay]] = {}
    for one in known:
        if one.is_inner:
            inner.setdefault((one.person, one.place_id), []).append(one)
    made = []
    for stay in known:
        asked = window if isinstance(window, Window) else window[stay.person]
        kind = places.get(stay.place_id, NOWHERE).kind
        sets = rules.within(min(stay.in_at, asked.to_ms), asked.to_ms)
        whole = {one.version: extended(trimmed(stay, one, kind), one) for one in sets}
        if asked is not window:
            whole = {version: _cut(one, Window(asked.from_ms, one.out_high)) for version, one in whole.items()}
        ready = {version: _cut(one, asked) for version, one in whole.items()}
        within = inner.get((stay.person, stay.place_id), []) if not stay.is_inner else []
        made.append(Source(stay, ready, whole, any(_holds(stay, one) for one in within), asked.to_ms))
    return made


def of_window(place_id: str, window: Window, gate_id: str, zone: str, rules: Rules) -> Source:
    """A place and a window as if somebody had been there all that time."""
    low, high = window
    stay = Stay(
        b"",
        b"",
        place_id,
        gate_id,
        gate_id,
        zone,
        False,
        low,
        low,
        low,
        high,
        high,
        high,
        "",
        *SCANNED,
        "",
        False,
        False,
    )
    ready = {one.version: stay for one in rules.within(low, high)}
    return Source(stay, ready, ready, False, high)


def stretches(sources: Iterable[Source], by_guess: bool = False) -> list[Stretch]:
    """By place and time, so that the order of an answer does not depend on anything else."""
    reaches = []
    for one in sources:
        low, high = _reach(one, by_guess)
        if low < high:
            reaches.append((one.stay.place_id, low, high, one))
    reaches.sort(key=lambda reach: (*reach[:3], reach[3].stay.id))
    made: list[tuple[str, int, int, list[Source]]] = []
    for place_id, low, high, one in reaches:
        if made and made[-1][0] == place_id and low <= made[-1][2]:
            last = made[-1]
            made[-1] = (place_id, last[1], max(last[2], high), [*last[3], one])
        else:
            made.append((place_id, low, high, [one]))
    return [Stretch(place_id, Window(low, high), tuple(found)) for place_id, low, high, found in made]


def _reach(one: Source, by_guess: bool) -> Window:
    stays = one.by_version.values()
    low = min((stay.in_at if by_guess else stay.in_low for stay in stays), default=0)
    return Window(low, max((stay.out_at if by_guess else stay.out_high for stay in stays), default=0))


def _cut(stay: Stay, window: Window) -> Stay:
    low, high = window
    if low <= stay.in_low and stay.out_high <= high:
        return stay
    return stay._replace(
        in_low=max(stay.in_low, low),
        in_at=max(stay.in_at, low),
        in_high=max(stay.in_high, low),
        out_low=min(stay.out_low, high),
        out_at=min(stay.out_at, high),
        out_high=min(stay.out_high, high),
    )


def _holds(outer: Stay, inner: Stay) -> bool:
    return outer.in_low < inner.out_high and inner.in_low < outer.out_high
