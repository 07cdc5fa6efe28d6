"""The timekeeper: three clocks and what is known between them.

1. A box's uptime is related to this machine's monotonic clock by the box's answers to the beacon (SPEC §7): between
   the beacon's own value and the arrival of the answer less what the box waited, however long a message hung.
2. This machine's monotonic clock is related to UTC by the kernel, where it may be believed, and by the server's clock
   in an answer: at the arrival of the answer it was between what it says and that plus the round trip.
3. Each relation belongs to one boot: of the box, and of this machine. What was known in an earlier boot stays true.
4. An instant is what both relations give together, met with what the box itself had noted. It is not after the moment
   at which its message came in. Where the sources contradict each other, the span over all of them counts.
5. A scan of a boot that never saw the time lies between the boots of its box before and after it that did.
6. What is not known is None. Whatever a box says changes only its own times, and takes a bounded amount of memory.
7. Where the kernel says that it knows UTC and the server's clock says otherwise, both count, and it is named
   (`contradiction_ms`): one of the two is wrong, and a person has to see which.
8. Any thread may ask: one lock is around everything that is public.
"""

from collections.abc import Callable
from functools import wraps
from threading import RLock
from typing import Concatenate, NamedTuple, ParamSpec, Protocol, TypeVar

from firmware.wire import clock
from firmware.wire.batch import ClockSample
from firmware.wire.beacon import Beacon, Heard, Time
from firmware.wire.clock import DRIFT_PPM
from firmware.wire.record import UTC_MAX_MS
from gateway.clock.line import SAVE_EVERY_MS, Line, Point
from gateway.clock.machine import NOT_BEFORE_MS, Machine

SAMPLES_PER_BOOT = 24
ANCHORS_PER_BOOT = 48
BOOTS_PER_BOX = 64
MACHINE_BOOTS = 64
MOST_OFFERED = 4_096
_ROUNDING_MS = 2
"""Every clock is cut to whole milliseconds before it is written down."""
_MAX_BOUND_MS = 4_294_967_295

_K = TypeVar("_K")
_V = TypeVar("_V")
_P = ParamSpec("_P")
BoxBoot = tuple[str, int]
"""(epoch, boot)"""
Bounds = tuple[int | None, int | None]


class Timed(Protocol):
    """What must be known of a scan to say when it was made; sealed or not."""

    @property
    def box_id(self) -> str: ...
    @property
    def epoch(self) -> str: ...
    @property
    def boot(self) -> int: ...
    @property
    def uptime_ms(self) -> int: ...
    @property
    def utc_ms(self) -> int | None: ...
    @property
    def bound_ms(self) -> int | None: ...


class ClockRefused(Exception):
    """A box's answer that cannot be true; `code` is stable."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code


class Sample(NamedTuple):
    """At `uptime_ms` of a box's boot, the monotonic clock of `gateway_boot` was between the two."""

    box_id: str
    epoch: str
    boot: int
    uptime_ms: int
    gateway_boot: str
    earliest_mono_ms: int
    latest_mono_ms: int


class Anchor(NamedTuple):
    """At `mono_ms` of `gateway_boot`, UTC was between the two."""

    gateway_boot: str
    mono_ms: int
    earliest_ms: int
    latest_ms: int


def _locked(
    method: "Callable[Concatenate[Timekeeper, _P], _V]",
) -> "Callable[Concatenate[Timekeeper, _P], _V]":
    @wraps(method)
    def locked(self: "Timekeeper", /, *args: _P.args, **kwargs: _P.kwargs) -> _V:
        with self.lock:
            return method(self, *args, **kwargs)

    return locked


class Timekeeper:
    """Rules only: it is told what happened when, and asks its machine for the two clocks."""

    def __init__(self, gateway_id: str, machine: Machine, server_bound_ms: int = 250) -> None:
        self._gateway_id = gateway_id
        self._machine = machine
        self._server_bound_ms = server_bound_ms
        self.lock = RLock()
        self.contradiction_ms = 0
        """How far kernel and server are apart beyond what both allow; above 0: the kernel is ahead."""
        self.server_said_ms: int | None = None
        """When, on our monotonic clock, the server last told the time."""
        self._utc: dict[str, Line] = {}
        self._boxes: dict[str, dict[BoxBoot, dict[str, Line]]] = {}
        self._latest: dict[str, Sample] = {}
        self._news: set[tuple[str, BoxBoot]] = set()
        self._offered: dict[tuple[str, BoxBoot], ClockSample] = {}
        self._unsaved_samples: list[Sample] = []
        self._unsaved_anchors: list[Anchor] = []

    @_locked
    def load(self, samples: list[Sample], anchors: list[Anchor]) -> None:
        """Take up what an earlier run had saved."""
        for anchor in anchors:
            line = self._anchor_line(anchor.gateway_boot)
            line.add(anchor[1:])
            line.is_worth_saving(anchor[1:])
        for sample in samples:
            line = self._line(sample)
            line.add(_point(sample))
            line.is_worth_saving(_point(sample))
            self._news.add((sample.box_id, (sample.epoch, sample.boot)))

    @_locked
    def unsaved(self) -> tuple[list[Sample], list[Anchor]]:
        """What is new since the last call, for the buffer to keep."""
        fresh = self._unsaved_samples, self._unsaved_anchors
        self._unsaved_samples, self._unsaved_anchors = [], []
        return fresh

    # --- this machine and UTC

    @_locked
    def tick(self) -> bool:
        """Look at the machine's idea of UTC. True: it was not known before, and is now."""
        known = self._machine.boot in self._utc
        utc = self._machine.utc()
        if utc is not None:
            self._add_anchor(Anchor(self._machine.boot, *utc))
        return self._has_become_known(known)

    @_locked
    def server_said(self, utc_ms: int, sent_ms: int, received_ms: int) -> bool:
        """The server's clock, and when on ours the question left and the answer came. True: UTC has become known."""
        known = self._machine.boot in self._utc
        if NOT_BEFORE_MS <= utc_ms < UTC_MAX_MS and sent_ms <= received_ms:
            slack_ms = self._server_bound_ms + _ROUNDING_MS
            trip_ms = received_ms - sent_ms  # on our clock, which may have gone too slowly
            latest_ms = utc_ms + trip_ms + trip_ms * DRIFT_PPM // 1_000_000 + slack_ms
            self._compare(received_ms, utc_ms - slack_ms, latest_ms)
            self._add_anchor(Anchor(self._machine.boot, received_ms, utc_ms - slack_ms, latest_ms))
        return self._has_become_known(known)

    def _compare(self, at_ms: int, earliest_ms: int, latest_ms: int) -> None:
        """What the kernel says of the same moment."""
        self.server_said_ms = at_ms
        kernel = self._machine.utc()
        if kernel is None:
            self.contradiction_ms = 0
            return
        low_ms, high_ms = clock.widen(kernel, at_ms)
        self.contradiction_ms = max(0, low_ms - latest_ms) - max(0, earliest_ms - high_ms)

    def _has_become_known(self, before: bool) -> bool:
        known = not before and self._machine.boot in self._utc
        if known:
            self._news.update((box_id, box_boot) for box_id, boots in self._boxes.items() for box_boot in boots)
        return known

    @_locked
    def utc_at(self, gateway_boot: str, mono_ms: int) -> tuple[int, int] | None:
        """Between which instants of UTC the monotonic clock of that boot stood at `mono_ms`."""
        line = self._utc.get(gateway_boot)
        return None if line is None else line.at(mono_ms)

    @_locked
    def beacon(self) -> Beacon:
        """What the boxes are told of our clock now."""
        mono_ms = self._machine.mono_ms()
        bounds = self.utc_at(self._machine.boot, mono_ms)
        if bounds is None or bounds[1] - bounds[0] > 2 * _MAX_BOUND_MS:
            return Beacon(self._gateway_id, self._machine.boot, mono_ms, None, None)
        middle_ms = (bounds[0] + bounds[1]) // 2
        return Beacon(self._gateway_id, self._machine.boot, mono_ms, middle_ms, bounds[1] - middle_ms)

    def _add_anchor(self, anchor: Anchor) -> None:
        line = self._anchor_line(anchor.gateway_boot)
        if line.add(anchor[1:]) and line.is_worth_saving(anchor[1:]):
            self._unsaved_anchors.append(anchor)

    def _anchor_line(self, gateway_boot: str) -> Line:
        return _at_most(self._utc, gateway_boot, MACHINE_BOOTS, lambda: Line(ANCHORS_PER_BOOT))

    # --- boxes

    @_locked
    def heard(self, heard: Heard, received_mono_ms: int) -> Sample | None:
        """A box's answer to a beacon. None: of an earlier boot of ours, so it says nothing about this one."""
        if heard.gateway_boot != self._machine.boot:
            return None
        waited_ms = heard.uptime_sent_ms - heard.uptime_heard_ms
        slack_ms = waited_ms * DRIFT_PPM // 1_000_000 + _ROUNDING_MS
        latest_ms = received_mono_ms - waited_ms + slack_ms
        if latest_ms < heard.mono_ms:
            raise ClockRefused("heard_from_future", "the beacon was not yet sent when it is said to have been heard")
        earliest_ms = heard.mono_ms - _ROUNDING_MS
        uptime_ms = heard.uptime_heard_ms
        sample = Sample(heard.box_id, heard.epoch, heard.boot, uptime_ms, heard.gateway_boot, earliest_ms, latest_ms)
        self._latest[heard.box_id] = sample
        self._news.add((heard.box_id, (heard.epoch, heard.boot)))
        line = self._line(sample)
        if line.add(_point(sample)) and line.is_worth_saving(_point(sample)):
            self._unsaved_samples.append(sample)
        return sample

    @_locked
    def time(self, box_id: str) -> Time | None:
        """What a box is to be told of UTC at the uptime of its latest answer."""
        sample = self._latest.get(box_id)
        if sample is None:
            return None
        bounds = self._utc_of(box_id, (sample.epoch, sample.boot), sample.uptime_ms)
        return None if bounds is None else Time(box_id, sample.epoch, sample.boot, sample.uptime_ms, *bounds)

    @_locked
    def boxes(self) -> list[str]:
        """Whose uptime is known."""
        return list(self._latest)

    @_locked
    def samples(self) -> list[ClockSample]:
        """For the server: one sample for each boot of each box; another one only where it says clearly more."""
        for box_id, box_boot in self._news:
            self._offer(box_id, box_boot)
        self._news.clear()
        return list(self._offered.values())

    def _offer(self, box_id: str, box_boot: BoxBoot) -> None:
        references = [line.points[-1][0] for line in self._boxes.get(box_id, {}).get(box_boot, {}).values()]
        bounds = self._utc_of(box_id, box_boot, max(references)) if references else None
        if bounds is None:
            return
        fresh = ClockSample(box_id, *box_boot, max(references), *bounds)
        known = self._offered.get((box_id, box_boot))
        if known is None or _says_more(fresh, known):
            self._offered[(box_id, box_boot)] = fresh
            if len(self._offered) > MOST_OFFERED:
                del self._offered[next(iter(self._offered))]

    @property
    def relations(self) -> int:
        """How much is related to UTC: another number than before means that a scan's time may have become known."""
        with self.lock:
            return len(self._utc) + sum(len(lines) for boots in self._boxes.values() for lines in boots.values())

    @_locked
    def instant(self, scan: Timed | None, received_boot: str, received_mono_ms: int, /) -> Bounds:
        """Between which instants a scan was made that came in at that moment; None where a bound is not known."""
        received = self.utc_at(received_boot, received_mono_ms + 1)
        not_after_ms = received[1] if received else None
        if scan is None:
            return None, not_after_ms
        known = []
        of_uptime = self._utc_of(scan.box_id, (scan.epoch, scan.boot), scan.uptime_ms)
        if of_uptime is not None:
            known.append((of_uptime[0], of_uptime[1] + 1))
        if scan.utc_ms is not None and scan.bound_ms is not None:
            known.append((max(1, scan.utc_ms - scan.bound_ms), min(UTC_MAX_MS, scan.utc_ms + scan.bound_ms)))
        if not known:
            return self._between_boots(scan, not_after_ms)
        earliest_ms, latest_ms = _meet(known)
        if not_after_ms is None:
            return earliest_ms, latest_ms
        if not_after_ms < earliest_ms:
            return not_after_ms, latest_ms
        return earliest_ms, min(latest_ms, not_after_ms)

    def _between_boots(self, scan: Timed, not_after_ms: int | None) -> Bounds:
        """Behind the last sign of life of the boots before, and before those after it began."""
        begins, ends = [], [] if not_after_ms is None else [not_after_ms]
        for (epoch, boot), lines in self._boxes.get(scan.box_id, {}).items():
            if epoch != scan.epoch or boot == scan.boot:
                continue
            seen_ms = max(line.points[-1][0] for line in lines.values()) if boot < scan.boot else 0
            known = self._utc_of(scan.box_id, (epoch, boot), seen_ms)
            if known is not None and boot < scan.boot:
                begins.append(known[0] + scan.uptime_ms - scan.uptime_ms * DRIFT_PPM // 1_000_000 - 1)
            elif known is not None:
                ends.append(known[1] + 1)
        earliest_ms, latest_ms = max(begins, default=None), min(ends, default=None)
        if earliest_ms is not None and latest_ms is not None and earliest_ms > latest_ms:
            return None, not_after_ms
        return earliest_ms, latest_ms

    def _utc_of(self, box_id: str, box_boot: BoxBoot, uptime_ms: int) -> tuple[int, int] | None:
        lines = self._boxes.get(box_id, {}).get(box_boot, {})
        known = [self._through(gateway_boot, line, uptime_ms) for gateway_boot, line in lines.items()]
        sure = [bounds for bounds in known if bounds is not None]
        return _meet(sure) if sure else None

    def _through(self, gateway_boot: str, line: Line, uptime_ms: int) -> tuple[int, int] | None:
        """From a box's uptime to UTC: the earliest of the early end, the latest of the late one."""
        mono = line.at(uptime_ms)
        if mono is None:
            return None
        early, late = self.utc_at(gateway_boot, mono[0]), self.utc_at(gateway_boot, mono[1])
        if early is None or late is None:
            return None
        earliest_ms = max(1, early[0])
        return earliest_ms, min(UTC_MAX_MS, max(earliest_ms, late[1]))

    def _line(self, sample: Sample) -> Line:
        box = self._boxes.setdefault(sample.box_id, {})
        lines = _at_most(box, (sample.epoch, sample.boot), BOOTS_PER_BOX, dict)
        return _at_most(lines, sample.gateway_boot, MACHINE_BOOTS, lambda: Line(SAMPLES_PER_BOOT))


def _point(sample: Sample) -> Point:
    return sample.uptime_ms, sample.earliest_mono_ms, sample.latest_mono_ms


def _says_more(fresh: ClockSample, known: ClockSample) -> bool:
    fresh_ms: int = fresh.latest_ms - fresh.earliest_ms
    known_ms: int = known.latest_ms - known.earliest_ms
    since_ms: int = fresh.uptime_ms - known.uptime_ms
    return 2 * fresh_ms < known_ms or since_ms >= SAVE_EVERY_MS


def _meet(known: list[tuple[int, int]]) -> tuple[int, int]:
    return known[0] if len(known) == 1 else clock.meet(known)


def _at_most(things: dict[_K, _V], key: _K, most: int, make: Callable[[], _V]) -> _V:
    """The thing under `key`, made where it is missing; where there are too many, the one made longest ago goes."""
    thing = things.get(key)
    if thing is None:
        thing = things[key] = make()
        if len(things) > most:
            del things[next(iter(things))]
    return thing
