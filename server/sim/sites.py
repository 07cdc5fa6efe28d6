"""Where people go: places with gates, opening hours and zones, in districts and communes of one province. From a seed.

1. A place has its own gateway, and a box at each gate. How busy places are falls off as it does anywhere (1 / rank).
2. Layouts: one gate for both ways; a way in and a way out; two gates in parts of the place that share its ground; a
   hall with doors of its own behind the outer gates.
3. Some places only count from the first day on, some from a day within. Some boxes have no seat of their own: their
   records say at which gate and which way.
4. Boxes know the time in one of three ways: UTC with a bound, nothing but the gateway's envelope, nothing but the
   gateway's clock samples.
"""

import hashlib
import random
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from server.places.forms import local
from server.places.opening import Opening, parse
from server.sim.clock import BEGINS_MS, DAY_MS, HOUR_MS
from server.visits.types import stays_of

PROVINCE = "84"
KINDS = (
    ("market", 28),
    ("shop", 24),
    ("bus_station", 6),
    ("office", 22),
    ("hospital", 5),
    ("school", 7),
    ("worship", 8),
)
HOURS = {
    "market": "mon-sun 04:00-18:00",
    "shop": "mon-sun 07:00-21:30",
    "bus_station": "24/7",
    "office": "mon-fri 06:30-17:30",
    "hospital": "24/7",
    "school": "mon-sat 06:30-17:30",
    "worship": "mon-sun 05:00-20:00",
}
UTC, ENVELOPE, SAMPLES = "utc", "envelope", "samples"
BASIS = "QĐ mẫu 01/2026"


class Gate(NamedTuple):
    """`is_inner`: of a hall with doors of its own, within the place."""

    gate_id: str
    zone: str
    direction: str
    is_inner: bool


class Box(NamedTuple):
    """`at`: which gate of its place. `clock`: how it knows the time; `bound_ms`: how well. `is_seated`: the register
    knows its gate. `reads_as`: its reader takes cards for this character set."""

    box_id: str
    epoch: str
    site: int
    at: int
    clock: str
    bound_ms: int
    drift_ppm: int
    is_seated: bool
    reads_as: str


class Site(NamedTuple):
    """A place. `counts_from_ms`: it only counts from then on; None: never."""

    number: int
    place_id: str
    gateway_id: str
    kind: str
    area: str
    opening: Opening
    gates: tuple[Gate, ...]
    boxes: tuple[Box, ...]
    weight: float
    counts_from_ms: int | None
    is_sealed: bool

    @property
    def token(self) -> str:
        """Its gateway's; good for nothing but this."""
        return "province-" + self.gateway_id

    @property
    def stays_min(self) -> tuple[int, int]:
        """usual, longest"""
        return stays_of(self.kind)

    @property
    def never_closes(self) -> bool:
        """Open day and night."""
        return HOURS[self.kind] == "24/7"

    def ways(self, direction: str, is_inner: bool = False) -> list[int]:
        """Gates at which one can go that way."""
        fits = (direction, "both")
        return [at for at, one in enumerate(self.gates) if one.direction in fits and one.is_inner == is_inner]

    def is_identified(self, at_ms: int) -> bool:
        """Whether more than the count is kept of a scan then."""
        return self.counts_from_ms is None or at_ms < self.counts_from_ms


def made(seed: int, count: int, days: int) -> list[Site]:
    """So many places; the first ones are the busiest."""
    draw = random.Random(f"{seed}/places")  # noqa: S311 - repeatable, not secret
    kinds = [kind for kind, part in KINDS for _ in range(part)]
    draw.shuffle(kinds)
    first = ["market", "bus_station", "office", "shop"]
    return [_site(draw, at, (first + kinds * (1 + count // len(kinds)))[at], days) for at in range(count)]


def _site(draw: random.Random, number: int, kind: str, days: int) -> Site:
    gates = _gates(draw, kind, number)
    box = draw.randrange(10) >= 2
    boxes = tuple(_box(draw, number, at, box) for at in range(len(gates)))
    counting = draw.random() if number >= 8 else 1.0
    counts_from_ms = 0 if counting < 0.04 else None
    if 0.04 <= counting < 0.09 or number == 6:
        counts_from_ms = BEGINS_MS + draw.randrange(1, max(2, days)) * DAY_MS + draw.randrange(24) * HOUR_MS
    commune = f"{PROVINCE}{number % 8:01}{(number // 8) % 90:02}"
    return Site(
        number,
        f"place-{number:04}",
        f"gw-{number:04}",
        kind,
        commune,
        parse(HOURS[kind]),
        gates,
        boxes,
        1 / (3 + number) ** 0.8,
        counts_from_ms,
        draw.random() < 0.2,
    )


def _gates(draw: random.Random, kind: str, number: int) -> tuple[Gate, ...]:
    chance = draw.random()
    if chance < 0.4:
        return (Gate("main", "", "both", False),)
    if chance < 0.7:
        return (Gate("in", "", "in", False), Gate("out", "", "out", False))
    if chance < 0.85 or number < 2:
        return (Gate("north", "north", "in", False), Gate("south", "south", "both", False))
    hall = (Gate("hall-in", "hall", "in", True), Gate("hall-out", "hall", "out", True))
    return (Gate("in", "", "in", False), Gate("out", "", "out", False), *hall)


def _box(draw: random.Random, site: int, at: int, is_seated: bool) -> Box:
    box_id = f"box-{site:04}-{at}"
    clock = draw.choices((UTC, ENVELOPE, SAMPLES), (7, 2, 1))[0]
    epoch = hashlib.sha256(f"{box_id}/{draw.random()}".encode()).hexdigest()[:12]
    reads_as = draw.choices(("", "cp932", "latin-1", "big5", "gb18030"), (85, 6, 4, 3, 2))[0]
    bound_ms = draw.choice((50, 200, 500, 2000, 20_000))
    return Box(box_id, epoch, site, at, clock, bound_ms, draw.randrange(-80, 81), is_seated, reads_as)


def tables(sites: Iterable[Site]) -> Mapping[str, list[dict[str, str]]]:
    """The register as it is brought in: rows of `server.places.sheet`, in the order in which they are taken."""
    some = list(sites)
    communes = sorted({one.area for one in some})
    districts = sorted({one[:3] for one in communes})
    areas = [{"code": code, "name": f"Huyện Mẫu {code}", "level": "district", "parent": PROVINCE} for code in districts]
    areas += [{"code": code, "name": f"Xã Mẫu {code}", "level": "commune", "parent": code[:3]} for code in communes]
    return {
        "areas": areas,
        "places": [
            {
                "place_id": one.place_id,
                "name": f"Điểm mẫu {one.number}",
                "kind": one.kind,
                "area": one.area,
                "opening": HOURS[one.kind],
            }
            for one in some
        ],
        "gates": [
            {"place_id": one.place_id, "gate_id": gate.gate_id, "zone": gate.zone, "direction": gate.direction}
            for one in some
            for gate in one.gates
        ],
        "purposes": [row for one in some for row in _purposes(one)],
        "gateways": [{"gateway_id": one.gateway_id, "place_id": one.place_id} for one in some],
        "boxes": [
            {"box_id": box.box_id, "place_id": one.place_id, "gate_id": one.gates[box.at].gate_id}
            for one in some
            for box in one.boxes
            if box.is_seated
        ],
    }


def _purposes(site: Site) -> list[dict[str, str]]:
    first = {"place_id": site.place_id, "since": "2026-01-01", "mode": "identified", "basis": BASIS}
    if site.counts_from_ms is None:
        return [first]
    if site.counts_from_ms == 0:
        return [{**first, "mode": "counts_only"}]
    return [first, {**first, "since": local(site.counts_from_ms), "mode": "counts_only"}]
