"""From stays to records: who passes which box when, what becomes of it there, and what the box writes.

1. A passing has a fate: `kept` (it goes on its way), `off` (the box saw nothing), `lost`, `held`, `unread`.
2. A box numbers its records in the order in which it made them, and gives a number to what it loses later.
3. The truth of each passing is kept beside the stay that it belongs to.
"""

import random
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from firmware.wire import record
from server.codes.charset import misread
from server.sim import faults, people
from server.sim.clock import BEGINS_MS, DAY_MS, MINUTE_MS
from server.sim.faults import Fault
from server.sim.habits import Resident, Stay
from server.sim.sites import ENVELOPE, UTC, Box, Site

KEPT, OFF, LOST, HELD, UNREAD = "kept", "off", "lost", "held", "unread"
IN, REPEAT, OUT, HALL_IN, HALL_OUT, PAYMENT, GUARD = "in", "repeat", "out", "hall_in", "hall_out", "payment", "guard"
LEAD_MS = 5 * MINUTE_MS
BY_CHANCE_UNREAD, BY_CHANCE_LATE, BY_CHANCE_PAYMENT = 0.003, 0.004, 0.01
GUARD_LEAST = 40


class Passed(NamedTuple):
    """What became of somebody at a box. `seq` 0: no number was given. `document`: which was shown; -1: none."""

    role: str
    at_ms: int
    box_id: str
    seq: int
    fate: str
    document: int


class Made(NamedTuple):
    """A record on its way. `ready_ms`: before then it is not at the gateway. `after_fault`: declared or told later."""

    site: int
    ready_ms: int
    raw: bytes
    earliest_ms: int | None
    latest_ms: int | None
    at_ms: int


class Edge(NamedTuple):
    """Somebody at a box, before it is known what becomes of it."""

    at_ms: int
    box: Box
    stay: int
    role: str
    resident: int
    document: int


class Passages:
    """`day` makes the records of one day's stays, in the order of the days."""

    def __init__(self, seed: int, sites: Sequence[Site], residents: Sequence[Resident], found: Sequence[Fault]) -> None:
        self._seed = seed
        self._sites = sites
        self._residents = residents
        self._faults = faults.boxes_of(found)
        self._seq: dict[str, int] = {}
        self.highest: Mapping[str, int] = self._seq
        self.guards = _guards(found, residents)
        self.stays: list[Stay] = []
        self.passed: list[list[Passed]] = []
        self.extra: list[Passed] = []
        """Of guards."""
        self.at_faulty: dict[str, list[Passed]] = {}
        """box with a fault -> everybody there so far, but for guards"""
        self.suppressed: dict[str, int] = {}
        """box -> how many its fault kept from it"""

    def edges(self, day: int, stays: Iterable[Stay]) -> list[Edge]:
        """Everybody at every box on that day, in the order of time. `stays` are taken into the truth."""
        made: list[Edge] = []
        for one in stays:
            if one.resident in self.guards.values():
                continue
            self.stays.append(one)
            self.passed.append([])
            made += _edges(len(self.stays) - 1, one, self._sites[one.site])
        made.sort(key=lambda one: (one.at_ms, one.box.box_id, one.stay))
        return sorted([*made, *self._guarding(day, made)], key=lambda one: (one.at_ms, one.box.box_id, one.stay))

    def day(self, day: int, stays: Iterable[Stay]) -> list[Made]:
        """The records of that day."""
        draw = random.Random(f"{self._seed}/passing/{day}")  # noqa: S311 - repeatable, not secret
        made: list[Made] = []
        for edge in self.edges(day, stays):
            if edge.role == IN and draw.random() < BY_CHANCE_PAYMENT:
                self._pass(draw, day, edge._replace(role=PAYMENT, document=-1), made)
            self._pass(draw, day, edge, made)
        return made

    def _pass(self, draw: random.Random, day: int, edge: Edge, made: list[Made]) -> None:
        box, fault = edge.box, self._faults.get(edge.box.box_id)
        kind = fault.kind if fault is not None and fault.holds(edge.at_ms) else ""
        if kind in (faults.DEAD, faults.OUTAGE, faults.NOON):
            self.suppressed[box.box_id] = self.suppressed.get(box.box_id, 0) + 1
            self._put(edge, 0, OFF)
            return
        seq = self._seq[box.box_id] = self._seq.get(box.box_id, 0) + 1
        fate = {faults.LOST: LOST, faults.HELD: HELD}.get(kind, KEPT)
        code, is_read = self._code(draw, edge, kind == faults.UNREAD)
        self._put(edge, seq, fate if fate != KEPT or is_read else UNREAD)
        if fate == KEPT:
            made.append(self._made(draw, day, edge, seq, code, AHEAD if kind == faults.CLOCK else 0))

    def _put(self, edge: Edge, seq: int, fate: str) -> None:
        passed = Passed(edge.role, edge.at_ms, edge.box.box_id, seq, fate, edge.document)
        (self.extra if edge.stay < 0 else self.passed[edge.stay]).append(passed)
        if edge.stay >= 0 and edge.box.box_id in self._faults:
            self.at_faulty.setdefault(edge.box.box_id, []).append(passed)

    def _code(self, draw: random.Random, edge: Edge, is_unreadable: bool) -> tuple[bytes, bool]:
        """-> (what the reader gives, whether a person can be read from it)"""
        if edge.document < 0:
            return people.payment(draw), True
        shown = self._residents[edge.resident].documents[edge.document]
        if is_unreadable or draw.random() < BY_CHANCE_UNREAD:
            return _cut_off(shown.kind, shown.code), False
        if edge.box.reads_as and shown.kind.startswith("citizen"):
            return _taken_for(shown.code, edge.box.reads_as), True
        return shown.code, True

    def _made(self, draw: random.Random, day: int, edge: Edge, seq: int, code: bytes, ahead_ms: int) -> Made:
        box, site, at_ms = edge.box, self._sites[edge.box.site], edge.at_ms
        boot, began_ms = boot_of(box, day)
        uptime_ms = uptime(box, began_ms, at_ms)
        utc_ms = bound_ms = earliest_ms = latest_ms = None
        if box.clock == UTC:
            bound_ms = box.bound_ms
            utc_ms = at_ms + ahead_ms + draw.randint(-bound_ms, bound_ms)
        if box.clock == ENVELOPE or (box.clock == UTC and not ahead_ms and seq % 2):
            most_ms = 480_000 if draw.random() < 0.03 else 3_000
            earliest_ms, latest_ms = at_ms - draw.randrange(most_ms), at_ms + draw.randrange(2_000)
        gate = site.gates[box.at]
        marks = "" if box.is_seated else f"gate={gate.gate_id},dir={gate.direction}"
        raw = record.encode_scan(
            record.Scan(box.box_id, box.epoch, seq, boot, uptime_ms, utc_ms, bound_ms, marks, code)
        )
        late_ms = draw.randrange(2 * DAY_MS) if draw.random() < BY_CHANCE_LATE else 2_000
        return Made(box.site, at_ms + late_ms, raw, earliest_ms, latest_ms, at_ms)

    def _guarding(self, day: int, made: Sequence[Edge]) -> list[Edge]:
        """A guard shows one card for others, more often than everybody else together."""
        found: list[Edge] = []
        for box_id, guard in self.guards.items():
            fault = self._faults[box_id]
            others = [one for one in made if one.box.box_id == box_id]
            if not others or not fault.holds(BEGINS_MS + day * DAY_MS + 12 * 3_600_000):
                continue
            first, last, box = others[0].at_ms, others[-1].at_ms, others[0].box
            many = max(GUARD_LEAST, round(1.6 * len(others)))
            step_ms = max(1, (last - first) // many)
            found += [Edge(first + at * step_ms, box, -1, GUARD, guard, 0) for at in range(many)]
        return found


AHEAD = faults.AHEAD_MS


def boot_of(box: Box, day: int) -> tuple[int, int]:
    """(boot, the instant at which it began); every second box begins anew each night."""
    if box.site % 2:
        return day + 1, BEGINS_MS + day * DAY_MS - LEAD_MS
    return 1, BEGINS_MS - LEAD_MS


def uptime(box: Box, began_ms: int, at_ms: int) -> int:
    """Of a clock that strays a little."""
    return round((at_ms - began_ms) * (1 + box.drift_ppm / 1_000_000))


def lost_records(passed: Iterable[Passed], boxes: Mapping[str, Box]) -> list[bytes]:
    """Declarations of what was lost."""
    numbers: dict[str, list[int]] = {}
    for one in passed:
        if one.fate == LOST:
            numbers.setdefault(one.box_id, []).append(one.seq)
    return [
        record.encode_lost(record.Lost(box_id, boxes[box_id].epoch, min(some), max(some), "flash"))
        for box_id, some in sorted(numbers.items())
    ]


def _edges(number: int, stay: Stay, site: Site) -> list[Edge]:
    def at(instant_ms: int, gate: int, role: str, document: int) -> Edge:
        return Edge(instant_ms, site.boxes[gate], number, role, stay.resident, document)

    made = [at(stay.in_ms, stay.gate_in, IN, stay.shows_in)]
    made += [at(stay.in_ms + after_ms, stay.gate_in, REPEAT, stay.shows_in) for after_ms in stay.repeats]
    if stay.inner is not None:
        first, last, is_scanned = stay.inner
        made.append(at(first, site.ways("in", is_inner=True)[0], HALL_IN, stay.shows_in))
        if is_scanned:
            made.append(at(last, site.ways("out", is_inner=True)[0], HALL_OUT, stay.shows_in))
    if stay.gate_out is not None:
        made.append(at(stay.out_ms, stay.gate_out, OUT, stay.shows_out))
    return made


def _guards(found: Iterable[Fault], residents: Sequence[Resident]) -> dict[str, int]:
    """box -> who shows a card there for others: the last residents, who do nothing else."""
    boxes = [one.box_id for one in found if one.kind == faults.SAME]
    return {box_id: len(residents) - 1 - at for at, box_id in enumerate(boxes)}


def _cut_off(kind: str, code: bytes) -> bytes:
    """A code of which the end is missing."""
    fields = code.split(b"|")
    if kind == "personal_1405":
        return b"|".join([*fields[:4], b"", *fields[5:]])
    return b"|".join(fields[:5]) if kind.startswith("citizen") else b"|".join([*fields[:2], b"", *fields[3:]])


def _taken_for(code: bytes, name: str) -> bytes:
    try:
        return misread(code, name).encode()
    except UnicodeDecodeError:
        return code
