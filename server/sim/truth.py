"""The truth beside what was derived: which scan is whose, which visit is which stay's, and why a stay was not seen."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from server.sim import faults
from server.sim.habits import Document, Stay
from server.sim.passing import HALL_IN, HALL_OUT, HELD, IN, KEPT, LOST, OFF, OUT, REPEAT, UNREAD, Passed
from server.sim.province import Province
from server.store.province_rows import Rows, Seen
from server.visits.stay import identity_of
from server.visits.types import Identity, Visit

NAMING = (IN, REPEAT, OUT, HALL_IN, HALL_OUT)
COUNTED, UNNAMED, ODD_CLOCK = "counted", "unnamed", "clock"


class Told(NamedTuple):
    """A scan that was kept, with its truth."""

    identity: Identity
    resident: int
    passed: Passed
    document: Document
    seen: Seen


class Truth:
    """Of a province that was lived through. `by_resident`, `by_site`: the numbers of stays, in their order."""

    def __init__(self, province: Province, rows: Rows) -> None:
        self.province, self.rows = province, rows
        self.stays = province.passages.stays
        self._passed = province.passages.passed
        self._clocks = {one.box_id for one in province.faults if one.kind == faults.CLOCK}
        self.by_resident: Mapping[int, list[int]] = _by(one.resident for one in self.stays)
        self.by_site: Mapping[int, list[int]] = _by(one.site for one in self.stays)

    def identity(self, one: Passed) -> Identity:
        """Of a scan that got a number."""
        return one.box_id, self.province.boxes[one.box_id].epoch, one.seq

    def told(self) -> Iterator[Told]:
        """Every scan that was kept and of which more than the count was to be known."""
        for number, stay in enumerate(self.stays):
            for one in self._passed[number]:
                seen = self.rows.seen.get(self.identity(one))
                if one.fate == KEPT and one.document >= 0 and seen is not None and seen.kind != COUNTED:
                    document = self.province.residents[stay.resident].documents[one.document]
                    yield Told(self.identity(one), stay.resident, one, document, seen)

    def blind(self, number: int) -> list[tuple[str, Passed]]:
        """Why scans of a stay tell nothing of who it was; empty: each one does."""
        found = []
        for one in self._passed[number]:
            if one.role not in NAMING:
                continue
            if one.fate in (OFF, LOST, HELD, UNREAD):
                found.append((one.fate, one))
            else:
                seen = self.rows.seen.get(self.identity(one))
                if seen is None or seen.kind == COUNTED:
                    found.append((COUNTED if seen is not None else "not_there", one))
                elif seen.person is None:
                    found.append((UNNAMED, one))
        return found

    def named(self, number: int) -> list[tuple[Passed, Seen]]:
        """The scans of a stay that tell who it was."""
        found = []
        for one in self._passed[number]:
            if one.role in NAMING and one.fate == KEPT and one.document >= 0:
                seen = self.rows.seen.get(self.identity(one))
                if seen is not None and seen.person is not None and seen.kind != COUNTED:
                    found.append((one, seen))
        return found

    def persons(self, number: int) -> set[bytes]:
        """Under which pseudonyms a stay was seen."""
        return {seen.person for _, seen in self.named(number) if seen.person is not None}

    def has_odd_clock(self, number: int) -> bool:
        """A box with a planted wrong clock saw it."""
        return any(one.box_id in self._clocks for one in self._passed[number])

    def moved_into(self, number: int) -> list[Passed]:
        """Scans at boxes with a planted wrong clock: of a stay, and those of the same person elsewhere that are told as
        if they had been within it."""
        stay, found = self.stays[number], []
        for other in self.by_resident[stay.resident]:
            for one in self._passed[other]:
                is_within = one.at_ms < stay.out_ms and one.at_ms + faults.AHEAD_MS >= stay.in_ms
                if one.box_id in self._clocks and (other == number or is_within):
                    found.append(one)
        return found

    def visit(self, number: int) -> Visit | None:
        """The visit to the place that this stay became, by the first of its scans that tells: the one that began with
        it; else, of those that hold the beginning of the stay, the latest that had begun by then."""
        named = self.named(number)
        around = self._around(self.stays[number], {seen.person for _, seen in named if seen.person is not None})
        for one, seen in named:
            found = self.rows.visits.get(identity_of(self.identity(one), False))
            if found is not None:
                return found
            if begun := [visit for visit in around if visit.in_at <= _instant(seen)]:
                return begun[-1]
        return around[0] if around else None

    def _around(self, stay: Stay, persons: set[bytes]) -> list[Visit]:
        """Visits of these to the place of a stay that hold its beginning, in the order of theirs."""
        place_id = self.province.sites[stay.site].place_id
        found = [
            visit
            for person in persons
            for visit in self.rows.theirs.get(person, ())
            if visit.place_id == place_id and not visit.is_inner and visit.in_low <= stay.in_ms <= visit.out_high
        ]
        return sorted(found, key=lambda visit: (visit.in_at, visit.id))

    def fates(self, number: int) -> list[Passed]:
        """Everything of a stay."""
        return self._passed[number]


def _by(keys: Iterable[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for number, key in enumerate(keys):
        found.setdefault(key, []).append(number)
    return found


def _instant(seen: Seen) -> int:
    """As the server has it: the middle of its bounds."""
    return seen.latest_ms if seen.earliest_ms is None else (seen.earliest_ms + seen.latest_ms) // 2


def overlap_ms(one: Stay, other: Stay) -> int:
    """In truth."""
    return min(one.out_ms, other.out_ms) - max(one.in_ms, other.in_ms)
