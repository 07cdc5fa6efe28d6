"""A place with clocks of its own, and people who show codes."""

from hashlib import sha256
from typing import Any, NamedTuple

from firmware.wire import record
from firmware.wire.record import Scan
from gateway import config
from gateway.place import Place
from gateway.place.days import HOUR_MS, MINUTE_MS, parse_local
from gateway.seal import Shelf

BOOT = "0123456789ab"
EPOCH = "aabbccddeeff"
MORNING_MS = parse_local("2026-03-02T08:00")
SECOND_MS = 1_000


class Fresh(NamedTuple):
    scan: Scan
    received_boot: str
    received_mono_ms: int
    is_alone: bool


class Kept(NamedTuple):
    box_id: str
    epoch: str
    seq: int
    boot: int
    uptime_ms: int
    marks: str
    utc_ms: int | None
    bound_ms: int | None
    received_boot: str
    received_mono_ms: int


class World:
    """`offset_ms`: UTC less running time; None: UTC is not known."""

    def __init__(self, utc_ms: int | None = MORNING_MS, mono_ms: int = 3_600_000, **settings: Any) -> None:
        self.mono_now_ms = mono_ms
        self.offset_ms = None if utc_ms is None else utc_ms - mono_ms
        self.shelf = Shelf(None)
        self.settings = config.Place(**settings)
        self.seqs: dict[str, int] = {}
        self.made: dict[int, Any] = {}
        self.place = self.new_place()

    def new_place(self, remembered: bytes = b"") -> Place:
        return Place(self.settings, self.shelf, self.instant, self.utc_ms, self.mono_ms, BOOT, remembered)

    def mono_ms(self) -> int:
        return self.mono_now_ms

    def utc_ms(self) -> int | None:
        return None if self.offset_ms is None else self.mono_now_ms + self.offset_ms

    def instant(self, scan: Any, received_boot: str, received_mono_ms: int) -> tuple[int | None, int | None]:
        """A box's uptime is our running time, once UTC is known; what it noted itself counts before."""
        if scan.utc_ms is not None:
            return scan.utc_ms - scan.bound_ms, scan.utc_ms + scan.bound_ms
        if self.offset_ms is None:
            return None, None
        if scan.boot == 99:  # of a boot that nobody has related to time
            return None, received_mono_ms + self.offset_ms
        return scan.uptime_ms + self.offset_ms - 5, scan.uptime_ms + self.offset_ms + 5

    def wait(self, **spans: float) -> None:
        factors = {"s": SECOND_MS, "minutes": MINUTE_MS, "hours": HOUR_MS, "days": 24 * HOUR_MS}
        self.mono_now_ms += int(sum(factors[name] * many for name, many in spans.items()))

    def scan(self, code: bytes | str, way: str = "in", box: str = "box-1", **changes: Any) -> Scan:
        """Made now."""
        self.seqs[box] = changes.get("seq", self.seqs.get(box, 0) + 1)
        marks = f"dir={way}" if way else ""
        code = code if isinstance(code, bytes) else code.encode()
        made = Scan(box, EPOCH, self.seqs[box], 1, self.mono_now_ms, None, None, marks, code)
        return made._replace(**changes)

    def judge(self, scan: Scan) -> str | None:
        ruling = self.place.judge(scan.box_id, record.encode_scan(scan), self.mono_now_ms)
        if ruling is None:
            return None
        assert ruling[:3] == (scan.box_id, scan.epoch, scan.seq)
        return ruling.outcome

    def take(self, scan: Scan, is_alone: bool = True) -> Scan:
        self.place.take(Fresh(scan, BOOT, self.mono_now_ms, is_alone))
        return scan

    def show(self, code: bytes | str, way: str = "in", box: str = "box-1", **changes: Any) -> str | None:
        """Judged as it comes in, then committed."""
        scan = self.scan(code, way, box, **changes)
        outcome = self.judge(scan)
        self.take(scan)
        return outcome

    def kept(self, scan: Scan, received_boot: str = BOOT) -> Kept:
        return Kept(*scan[:5], scan.marks, scan.utc_ms, scan.bound_ms, received_boot, self.mono_now_ms)

    @property
    def inside(self) -> tuple[int, int, int | None]:
        found = self.place.today().inside
        assert found is not None
        return found[:3]

    def counted(self, way: str = "in") -> int:
        return sum(sum(gate.hours[way]) for gate in self.place.today().gates)

    def unknown(self, way: str = "in") -> int:
        return sum(gate.unknown.get(way, 0) for gate in self.place.today().gates)


def revoked(*codes: bytes) -> list[str]:
    return [sha256(code).hexdigest() for code in codes]
