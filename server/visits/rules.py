"""From what was seen of one person to visits: in, out, and how well each is known.

1. Nothing here depends on the order in which scans came, nor on what time it is now: the same set, the same visits. An
   open visit has the bounds of its way out like any other; who is inside now is a question to them at an instant.
2. Nobody is in two places: what is seen elsewhere ends a visit, and an end that nobody saw lies before it.
3. `in` comes in. Within `repeat_s` of the last read it is a repeated read, and so is one that may have been within it
   by its bounds, unless the usual stay lies between their middles. Otherwise somebody had forgotten to check out, and
   comes in again: a new visit.
4. `out` goes out, of the visit in which this person is: where that is not longer ago than people ever stay and the
   place has not closed and opened again since. Otherwise nobody saw the way in. Repeated reads join, as in 3.
5. A scan without a direction, or at a gate for both ways, is a touch: somebody was there. It begins a visit where there
   is none (but may be on the way out of it, with the way in not seen), and joins the one that there is while people
   usually stay; later it begins another. Only where a place scans everybody both ways (`toggles`) is it the way out of
   who is in; there it is a repeated read within `repeat_s` alone.
6. A zone with gates of its own has visits of its own, within those to the place: seen there, somebody is in the place;
   seen in another zone or at an outer gate, no longer in this one.
7. Closing time ends what nobody saw end, and so does the longest stay (`stay.py`); midnight ends nothing.
8. In and out within `passing_s` is a visit that says that somebody walked through.
9. A scan whose time is not known well enough stands alone: a visit with wide bounds, which changes no other.
10. A code that is shown on behalf of somebody is that person's: whoever showed it was not seen.
"""

from collections.abc import Iterable, Mapping

from server.visits.clock import closes_ms, opened_ms
from server.visits.stay import Stay
from server.visits.timing import Event, events
from server.visits.types import (
    AGAIN,
    BOTH,
    ELSEWHERE,
    IN,
    MINUTE_MS,
    OUT,
    SCAN,
    TOUCH,
    PlaceRules,
    Sighting,
    Visit,
)

USUAL = PlaceRules()
Level = tuple[str, str]
"""A place, and a zone within it that has gates of its own; empty: the place as a whole."""


def visits(sightings: Iterable[Sighting], rules: Mapping[str, PlaceRules]) -> list[Visit]:
    """The visits of one person, in the order in which they began. `sightings`: all of this person's, in any order.

    `rules`: by place; one that is not there gets the usual ones. Sightings of nobody known are left out.
    """
    found = life(events(one for one in sightings if one.person is not None), rules)
    return sorted(found, key=lambda one: (one.in_at, one.is_inner, one.id))


def life(
    found: Iterable[Event], rules: Mapping[str, PlaceRules], before: Event | None = None, after: Event | None = None
) -> list[Visit]:
    """The visits that begin with these events of one person, which are in order. `before`: the last one before them;
    `after`: the first behind them, of whose visit nothing is told."""
    walk = _Walk(rules, before)
    for event in found:
        if event.is_loose:
            walk.alone(event)
        else:
            walk.step(event)
    if after is not None:
        walk.step(after)
    return [stay.visit() for stay in walk.stays if stay.first is not after]


class _Walk:
    """Through the events of one person in their order."""

    def __init__(self, rules: Mapping[str, PlaceRules], before: Event | None) -> None:
        self._rules = rules
        self.stays: list[Stay] = []
        self._open: dict[Level, Stay] = {}
        self._left: dict[Level, Stay] = {}
        """Who has just gone out, by a scan: for repeated reads."""
        self._ended: list[Stay] = []
        """By the event under way."""
        self._before = before

    def alone(self, event: Event) -> None:
        """Nobody knows when: it changes nothing else."""
        seen = event.sighting
        rules = self._rules.get(seen.place_id, USUAL)
        in_by = SCAN if seen.direction in (IN, OUT) else TOUCH
        stay = Stay(rules, event, seen.zone in rules.zones, in_by)
        stay.touched(None)
        if seen.direction == OUT:
            stay.came_before(None, rules.default_stay_min)
            stay.outs.append(event)
        self.stays.append(stay)

    def step(self, event: Event) -> None:
        """The next one that was seen."""
        seen = event.sighting
        rules = self._rules.get(seen.place_id, USUAL)
        is_inner = seen.zone in rules.zones
        level = seen.place_id, seen.zone if is_inner else ""
        self._ended = []
        for other in list(self._open):
            if other not in (level, (seen.place_id, "")):
                self._end(other, event, ELSEWHERE)
        self._left = {other: stay for other, stay in self._left.items() if other[0] == seen.place_id}
        if is_inner:
            self._inside((seen.place_id, ""), event, rules)
        self._move(level, event, rules)
        self._before = event

    def _move(self, level: Level, event: Event, rules: PlaceRules) -> None:
        direction, stay = event.sighting.direction, self._open.get(level)
        left = self._left.get(level)
        if direction == IN:
            self._come(level, event, rules, stay)
        elif direction == OUT:
            self._go(level, event, rules, stay)
        elif stay is not None and stay.leaving_at is None and _is_repeat(stay.last, event, rules):
            stay.again(event)
        elif stay is None and left is not None and _repeats_out(left.last, event, rules):
            left.leave(event)
        elif rules.toggles and direction == BOTH:
            (self._go if stay is not None and _may_leave(stay, event) else self._come)(level, event, rules, stay)
        elif stay is not None and event.low <= stay.joins_until_ms:
            stay.touch(event)
        else:
            self._begin(level, event, rules, TOUCH).touched(self._before)

    def _come(self, level: Level, event: Event, rules: PlaceRules, stay: Stay | None) -> None:
        if stay is not None and stay.leaving_at is None and _may_repeat(stay.last, event, rules):
            stay.again(event, _is_repeat(stay.last, event, rules))
            stay.in_by = SCAN if stay.in_by == TOUCH else stay.in_by
        else:
            self._begin(level, event, rules, SCAN)

    def _go(self, level: Level, event: Event, rules: PlaceRules, stay: Stay | None) -> None:
        left = self._left.get(level)
        if stay is None and left is not None and _may_repeat(left.last, event, rules):
            left.leave(event)
            return
        if stay is None or not _may_leave(stay, event):
            stay = self._begin(level, event, rules, SCAN)
            stay.came_before(self._before, rules.default_stay_min)
            stay.events.clear()
            for ended in self._ended:
                ended.gone_at = stay.in_at
        stay.leave(event)
        self._left[level] = self._open.pop(level)

    def _inside(self, level: Level, event: Event, rules: PlaceRules) -> None:
        """In a zone within the place, so in the place."""
        stay = self._open.get(level)
        if stay is not None and _may_leave(stay, event):
            stay.inside(event)
            return
        self._begin(level, event, rules, SCAN).came_before(self._before, 0)

    def _begin(self, level: Level, event: Event, rules: PlaceRules, in_by: str) -> Stay:
        if level in self._open:
            self._end(level, event, AGAIN)
        self._left.pop(level, None)
        stay = self._open[level] = Stay(rules, event, bool(level[1]), in_by)
        self.stays.append(stay)
        return stay

    def _end(self, level: Level, event: Event, by: str) -> None:
        stay = self._open.pop(level)
        stay.until = event, by
        self._ended.append(stay)
        self._left.pop(level, None)


def _is_repeat(last: Event, event: Event, rules: PlaceRules) -> bool:
    return event.at - last.at <= rules.repeat_s * 1000


def _may_repeat(last: Event, event: Event, rules: PlaceRules) -> bool:
    """Or may have been, by its bounds, and sooner than people usually leave."""
    is_near = event.at - last.at < rules.default_stay_min * MINUTE_MS
    may_be = event.low - last.high <= rules.repeat_s * 1000
    return _is_repeat(last, event, rules) or (may_be and is_near)


def _repeats_out(last: Event, event: Event, rules: PlaceRules) -> bool:
    """Of a touch: where everybody is scanned both ways, it would rather be the next way in."""
    is_way_in = rules.toggles and event.sighting.direction == BOTH
    return (_is_repeat if is_way_in else _may_repeat)(last, event, rules)


def _may_leave(stay: Stay, event: Event) -> bool:
    """Whether this way out may belong to that visit: not longer than anybody stays, and not opened anew since."""
    if event.low > stay.longest_ms:
        return False
    closing_ms = closes_ms(stay.rules, stay.last.high)
    if closing_ms is None or event.low <= closing_ms:
        return True
    opening_ms = opened_ms(stay.rules, event.at)
    return opening_ms is not None and opening_ms < closing_ms
