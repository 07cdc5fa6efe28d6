"""Who lives there, what they show, and where they spend their days. From a seed; the truth that all is held against.

1. One to four documents each, mostly the same one; some have them masked, some show another on the way out. Children
   of a household are shown by their guardian. Some families share one telephone.
2. Habits: a market near home, an office on weekdays, a bus station, now and then anywhere. Nobody is in two places,
   stays longer than anybody would, or after closing time.
3. What a code proves of its person is said here by itself (`proves`), apart from what reads it.
"""

import random
from bisect import bisect
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from server.sim import people
from server.sim.clock import BEGINS_MS, DAY_MS, MINUTE_MS, weekday
from server.sim.people import Person
from server.sim.sites import Site

GRACE_MS = 20 * MINUTE_MS
CHECKED_OUT = 0.19
WENT_OUT = 0.9


class Document(NamedTuple):
    """One code of a person. `proves`: the numbers that it shows whole, phones left out."""

    kind: str
    code: bytes
    proves: frozenset[str]
    is_masked: bool = False


class Resident(NamedTuple):
    """`documents`: the usual one first."""

    number: int
    person: Person
    documents: tuple[Document, ...]
    market: int
    office: int | None
    station: int


class Stay(NamedTuple):
    """The truth of one stay. `gate_out` None: went out without a scan. `inner`: in and out of the hall, with whether
    the way out of it was scanned. `repeats`: further reads on the way in, ms after the first."""

    resident: int
    site: int
    in_ms: int
    out_ms: int
    gate_in: int
    gate_out: int | None
    inner: tuple[int, int, bool] | None
    shows_in: int
    shows_out: int
    repeats: tuple[int, ...]


def residents(seed: int, count: int, sites: Sequence[Site]) -> list[Resident]:
    """So many people."""
    draw = random.Random(f"{seed}/people")  # noqa: S311 - repeatable, not secret
    found = people.people(seed, count)
    found = _phones_shared(draw, found)
    pick = Picker(sites)
    made: list[Resident] = []
    guardian: Person | None = None
    for number, one in enumerate(found):
        is_child = one.born >= people.CHILD_FROM
        if not is_child:
            guardian = one
        documents = _childs(draw, one, guardian) if is_child and guardian else _own(draw, one)
        office = pick(draw, "office") if not is_child and draw.random() < 0.4 else None
        made.append(Resident(number, one, documents, pick(draw, "market"), office, pick(draw, "bus_station")))
    return made


class Picker:
    """Draws a place, the busier the likelier."""

    def __init__(self, sites: Sequence[Site]) -> None:
        self._by_kind: dict[str, tuple[list[int], list[float]]] = {}
        for kind in ("", *{one.kind for one in sites}):
            some = [one for one in sites if kind in ("", one.kind)]
            self._by_kind[kind] = [one.number for one in some], list(accumulate(one.weight for one in some))

    def __call__(self, draw: random.Random, kind: str = "") -> int:
        numbers, sums = self._by_kind.get(kind, self._by_kind[""])
        return numbers[bisect(sums, draw.random() * sums[-1], 0, len(sums) - 1)]


def _phones_shared(draw: random.Random, found: list[Person]) -> list[Person]:
    """Some adults have the telephone of whoever comes before them."""
    made: list[Person] = []
    for one in found:
        before = made[-1] if made else None
        if before and before.phone and one.born < people.CHILD_FROM and draw.random() < 0.08:
            one = one._replace(phone=before.phone)
        made.append(one)
    return made


def _own(draw: random.Random, one: Person) -> tuple[Document, ...]:
    is_masked = draw.random() < 0.06
    made: list[Document] = []
    for kind in one.shows:
        code = people.CODES[kind](one)
        if kind == "personal_1405":
            code = people.personal(one, is_masked)
            proves = {one.qid, one.insurance} | (set() if is_masked else {one.number})
            made.append(Document(kind, code, frozenset(proves), is_masked))
        elif kind.startswith("health"):
            made.append(Document(kind, code, frozenset({one.insurance})))
        else:
            made.append(Document(kind, code, frozenset({one.number, *([one.old_number] if one.old_number else [])})))
    return tuple(made)


def _childs(draw: random.Random, child: Person, guardian: Person) -> tuple[Document, ...]:
    has_paper = draw.random() < 0.5
    proves = frozenset({child.qid, child.insurance, *([child.number] if has_paper else [])})
    made = [Document("personal_1405", people.on_behalf(child, guardian, has_paper), proves)]
    if draw.random() < 0.3:
        made.append(
            Document("personal_1405", people.personal(child), frozenset({child.qid, child.insurance, child.number}))
        )
    return tuple(made)


class Days:
    """`of(day)`: every stay that begins on that day since the beginning; days before it have negative numbers."""

    def __init__(self, seed: int, found: Sequence[Resident], sites: Sequence[Site]) -> None:
        self._seed = seed
        self._residents = found
        self._sites = sites
        self._pick = Picker(sites)

    def of(self, day: int) -> list[Stay]:
        """In the order of the residents, then in time."""
        draw = random.Random(f"{self._seed}/day/{day}")  # noqa: S311 - repeatable, not secret
        return [stay for one in self._residents for stay in self._of(draw, one, day)]

    def _of(self, draw: random.Random, one: Resident, day: int) -> list[Stay]:
        made: list[Stay] = []
        free_ms = BEGINS_MS + day * DAY_MS
        for site, wish_min, lasts_min in self._plan(draw, one, day):
            in_ms = max(free_ms, BEGINS_MS + day * DAY_MS + round(wish_min * MINUTE_MS) + draw.randrange(MINUTE_MS))
            stay = self._stay(draw, one, self._sites[site], in_ms, lasts_min)
            if stay is not None and stay.out_ms < BEGINS_MS + (day + 1) * DAY_MS:
                made.append(stay)
                free_ms = stay.out_ms + round(draw.uniform(6, 40) * MINUTE_MS)
        return made

    def _plan(self, draw: random.Random, one: Resident, day: int) -> list[tuple[int, float, float | None]]:
        plan: list[tuple[int, float, float | None]] = []
        if one.office is not None and weekday(day) < 5:
            if draw.random() < 0.25:
                plan.append((one.station, draw.gauss(350, 20), draw.uniform(5, 25)))
            plan.append((one.office, draw.gauss(430, 15), draw.uniform(420, 540)))
            if draw.random() < 0.5:
                plan.append((self._pick(draw, "shop") if draw.random() < 0.6 else one.market, 1000, None))
        elif draw.random() < WENT_OUT:
            at_min = draw.choices((draw.gauss(380, 60), draw.gauss(560, 80), draw.gauss(900, 90)), (5, 3, 2))[0]
            for _ in range(draw.choices((1, 2, 3, 4), (2, 3, 3, 2))[0]):
                kind = draw.random()
                site = one.market if kind < 0.45 else one.station if kind < 0.55 else self._pick(draw)
                plan.append((site, at_min, None))
                at_min += draw.uniform(20, 150)
        return plan

    def _stay(self, draw: random.Random, one: Resident, site: Site, in_ms: int, lasts_min: float | None) -> Stay | None:
        span = site.opening.span_at(in_ms)
        if span is None and not site.never_closes:
            return None
        usual_min, longest_min = site.stays_min
        if lasts_min is None:
            lasts_min = draw.lognormvariate(0, 0.6) * usual_min * 0.9
        out_ms = in_ms + round(min(max(4.0, lasts_min), longest_min - 15) * MINUTE_MS)
        if span is not None:
            out_ms = min(out_ms, span[1] + draw.randrange(GRACE_MS))
        if out_ms - in_ms < 3 * MINUTE_MS:
            return None
        outs = site.ways("out")
        gate_out = draw.choice(outs) if outs and draw.random() < CHECKED_OUT else None
        repeats = tuple(sorted(draw.randrange(2_000, 60_000) for _ in range(draw.choice((1, 1, 2)))))
        usual = 0 if draw.random() < 0.8 else draw.randrange(len(one.documents))
        other = usual if draw.random() < 0.85 else draw.randrange(len(one.documents))
        return Stay(
            one.number,
            site.number,
            in_ms,
            out_ms,
            draw.choice(site.ways("in")),
            gate_out,
            _inner(draw, site, in_ms, out_ms),
            usual,
            other,
            repeats if draw.random() < 0.08 else (),
        )


def _inner(draw: random.Random, site: Site, in_ms: int, out_ms: int) -> tuple[int, int, bool] | None:
    if not site.ways("in", is_inner=True) or draw.random() < 0.5 or out_ms - in_ms < 15 * MINUTE_MS:
        return None
    first, last = sorted(draw.sample(range(in_ms + 4 * MINUTE_MS, out_ms - 4 * MINUTE_MS), 2))
    return (first, last, draw.random() < 0.4) if last - first > 2 * MINUTE_MS else None
