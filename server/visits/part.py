"""The part of a person's life that new sightings can change: from one cut to another. What lies outside stays as it is.

1. No cut goes through bounds that overlap: so what narrows or is the same scan stays together (`timing`).
2. A cut is *clean* where nothing here reaches across: the longest stay, and twice the usual one, of whatever lies
   before have passed before anything after it, and those of whatever lies after had not begun. Then both sides have
   the same visits with the other as without it.
3. A cut is a *step* where who had been seen comes in, or is touched, at an outer gate, and so long after everything
   before that it joins nothing of it. All open visits end there, so what follows knows of what was before only the
   last event; and what was before knows only this one, as what ended it.
4. The part begins at the last clean cut before what is new. Where there is only a step, the visits up to it may end
   at what is new: the part begins one cut earlier. It ends at the first cut behind; where that is a step, with a look
   at the one who came; where that one was touched and may have come since what is new, at the next one.
5. What was not read may hold anything: it counts as a stay as long as any place knows of, up to the edge of what was.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from server.visits.rules import USUAL, life
from server.visits.timing import LOOSE_MS, NEVER_MS, Event, events
from server.visits.types import BOTH, IN, MINUTE_MS, OUT, Identity, PlaceRules, Sighting, Visit

ALWAYS_MS = -NEVER_MS
CLEAN, STEP = 2, 1
MOST_AT_ONCE = 8


class Range(NamedTuple):
    """Of what was made within this everything was read; `NEVER_MS`, `ALWAYS_MS`: to the end on that side."""

    from_ms: int
    to_ms: int


class Book(NamedTuple):
    """The rules of all places, and how far each looks. `longest_ms`: none looks farther."""

    places: Mapping[str, PlaceRules]
    reaches: Mapping[str, int]
    longest_ms: int

    def reach_of(self, place_id: str) -> int:
        """What is farther apart than this at that place has nothing to do with each other."""
        return self.reaches.get(place_id, USUAL_REACH_MS)


class Anew(NamedTuple):
    """`visits` are those that begin with one of `sightings`, and there are no others."""

    sightings: list[Sighting]
    visits: list[Visit]


def reach_ms(rules: PlaceRules) -> int:
    """What is farther apart than this at such a place has nothing to do with each other."""
    return max(rules.max_stay_min * MINUTE_MS, near_ms(rules))


def near_ms(rules: PlaceRules) -> int:
    """What comes later than this, and is no way out, is a visit of its own."""
    return max(2 * rules.default_stay_min * MINUTE_MS, rules.repeat_s * 1000)


USUAL_REACH_MS = reach_ms(USUAL)


def book(rules: Mapping[str, PlaceRules]) -> Book:
    """Of the rules by place."""
    reaches = {place_id: reach_ms(one) for place_id, one in rules.items()}
    return Book(rules, reaches, max([USUAL_REACH_MS, *reaches.values()]))


def is_vague(one: Sighting) -> bool:
    """Whether nobody knows well enough when it was: then it may hang together with what is far away."""
    return one.earliest_ms is None or not 0 <= one.latest_ms - one.earliest_ms <= LOOSE_MS


def span(one: Sighting) -> Range:
    """Where it may have been made, and whatever else may have to do with that."""
    low = one.latest_ms if one.earliest_ms is None else min(one.earliest_ms, one.latest_ms)
    high = max(one.latest_ms, low)
    return Range(NEVER_MS if one.earliest_ms is None else low, high)


def anew(sightings: Sequence[Sighting], fresh: AbstractSet[Identity], rules: Book, known: Range) -> Anew | None:
    """`sightings`: of one person, none of them vague, all that there are in `known`; `fresh`: the new ones among them.
    None: it cannot be told from these, more is to be read."""
    if (few := _between_gaps(sightings, fresh, rules, known)) is not None:
        return Anew(few, life(events(few), rules.places))
    found = events(sightings)
    cuts = _Cuts(found, rules, known)
    news = [at for at, event in enumerate(found) if not fresh.isdisjoint([one[:3] for one in _told(event)])]
    first, last = cuts.first(news[0]), cuts.last(news[-1])
    if first is None or last is None:
        return None
    before = found[first - 1] if first and cuts.kinds[first] == STEP else None
    after = found[last] if cuts.kinds[last] == STEP else None
    inside = found[first:last]
    return Anew([one for event in inside for one in _told(event)], life(inside, rules.places, before, after))


def _between_gaps(
    sightings: Sequence[Sighting], fresh: AbstractSet[Identity], rules: Book, known: Range
) -> list[Sighting] | None:
    """Mostly there is a gap on either side that is longer than any place looks, and not much between them: clean cuts,
    for which nothing has to be put in order. None: it is not so."""
    spans = sorted((*span(one), at) for at, one in enumerate(sightings))
    few: list[Sighting] = []
    news, over_ms, is_clean = len(fresh), known.from_ms, False
    for low, high, at in spans:
        if low - rules.longest_ms > over_ms:
            if not news and is_clean:
                return few
            if news == len(fresh):
                few, is_clean = [], True
        few.append(sightings[at])
        news -= sightings[at][:3] in fresh
        over_ms = max(over_ms, high)
        if len(few) > MOST_AT_ONCE and news < len(fresh):
            return None
    return few if is_clean and not news and known.to_ms - rules.longest_ms > over_ms else None


class _Cuts:
    """Of events in their order; the cut `at` lies before the event of that number."""

    def __init__(self, found: Sequence[Event], rules: Book, known: Range) -> None:
        self._found, self._rules = found, rules
        spans = [(*_span(event), rules.reach_of(event.sighting.place_id)) for event in found]
        over, far = known.from_ms, known.from_ms + rules.longest_ms
        under, near = known.to_ms, known.to_ms - rules.longest_ms
        self._over_ms, far_ms, under_ms, near_ms = [over], [far], [under], [near]
        for _, high, reach in spans:
            over, far = max(over, high), max(far, high + reach)
            self._over_ms.append(over)
            far_ms.append(far)
        for low, _, reach in reversed(spans):
            under, near = min(under, low), min(near, low - reach)
            under_ms.append(under)
            near_ms.append(near)
        under_ms.reverse()
        near_ms.reverse()
        self._apart = [over < under for over, under in zip(self._over_ms, under_ms)]
        self.kinds = [0] * (len(found) + 1)
        for at, is_apart in enumerate(self._apart):
            if is_apart and far_ms[at] < under_ms[at] and self._over_ms[at] < near_ms[at]:
                self.kinds[at] = CLEAN
            elif is_apart and at < len(found) and self._is_step(at):
                self.kinds[at] = STEP

    def first(self, new: int) -> int | None:
        """Where the part begins; `new`: the first new event."""
        for at in range(new, -1, -1):
            if self.kinds[at] == CLEAN:
                return at
            if self.kinds[at] == STEP:
                return next((one for one in range(at - 1, -1, -1) if self.kinds[one]), None)
        return None

    def last(self, new: int) -> int | None:
        """Where it ends; `new`: the last new event."""
        is_told = True  # whether the next visit may ask for what was before it
        for at in range(new + 1, len(self.kinds)):
            if self.kinds[at] == CLEAN:
                return at
            if self.kinds[at] == STEP and any(self._apart[at + 1 :]):
                if not is_told or self._found[at].sighting.direction == IN:
                    return at
                is_told = False
        return None

    def _is_step(self, at: int) -> bool:
        event = self._found[at]
        seen = event.sighting
        rules = self._rules.places.get(seen.place_id, USUAL)
        if seen.zone in rules.zones or seen.direction == OUT or (rules.toggles and seen.direction == BOTH):
            return False
        if event.low - self._over_ms[at] <= near_ms(rules):
            return False
        # the last event before is asked for by what is no way in: it has to be there, and its bounds to be known
        return seen.direction == IN or any(self._apart[:at])


def _told(event: Event) -> tuple[Sighting, ...]:
    return (event.sighting, *event.also) if event.also else (event.sighting,)


def _span(event: Event) -> Range:
    if not event.also:
        return span(event.sighting)
    spans = [span(one) for one in _told(event)]
    return Range(min(low for low, _ in spans), max(high for _, high in spans))
