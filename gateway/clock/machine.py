"""This machine's clocks: the edge that the rules of this room are handed.

1. The axis is CLOCK_MONOTONIC_RAW: the crystal alone. It never steps, and no time service bends it: the other monotonic
   clocks are slewed together with UTC, by far more than DRIFT_PPM while an offset is being worked off (the kernel's
   loop some 50,000 ppm at first, chrony 83,333), and what was related to them before would be false after. It is the
   same for every process of one kernel boot, so that what was related to it stays true when the gateway is restarted.
2. `boot` names the axis: the first 12 hex digits of the kernel's boot_id. Another boot is another axis. So is what
   comes after a suspend (a laptop's; a Pi has none), during which this clock stands still; and CLOCK_BOOTTIME, which
   goes on, is told how long that was by a battery's clock, to a second at best. `has_slept` tells; nothing may be
   stamped from then on, and the program begins anew, on the new axis.
3. UTC from the kernel is believed only while the kernel says that its clock is disciplined, and within the error that
   it states (adjtimex(2): STA_UNSYNC, TIME_ERROR, maxerror) plus `bound_ms`, for what a time service does not count.
   Error and time come from one call: a step between two would pair the one with the other.
4. With trust "always" the wall clock is believed within `bound_ms`: for machines with a clock of their own.
5. A wall clock before NOT_BEFORE_MS has not been set since power came on, whatever anybody says.
6. While the kernel has a leap second before it, in it, or just behind it, a second more may be wrong on each side.
"""

import ctypes
import os
import time
from hashlib import sha256
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

Trust = Literal["kernel", "always"]

NOT_BEFORE_MS = 1_735_689_600_000
"""2025-01-01: earlier than any gateway of this make was ever switched on."""
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_SERVICES = {
    "systemd-timesyncd": "run/systemd/timesync",
    "chrony": "run/chrony/chronyd.pid",
    "ntpsec": "run/ntpd.pid",
}
_STA_UNSYNC = 0x0040
_STA_NANO = 0x2000
_TIME_ERROR = 5
_LEAP_STATES = (1, 2, 3, 4)
_LEAP_MS = 1000
_SLEPT_MS = 200


class Utc(NamedTuple):
    """At `mono_ms` of this machine, UTC was between the two."""

    mono_ms: int
    earliest_ms: int
    latest_ms: int


class Discipline(NamedTuple):
    """What the kernel says of its clock, and who sets it."""

    is_synchronised: bool
    wall_ms: int
    offset_ms: float
    """What is still being slewed away."""
    max_error_ms: int
    is_leap: bool
    service: str
    """Which time service runs here; empty: none that is known."""


class Machine(Protocol):
    """What the rules need of a machine; tests bring their own and make it jump."""

    boot: str

    def mono_ms(self) -> int: ...

    def utc(self) -> Utc | None: ...

    def has_slept(self) -> bool: ...


class _Timex(ctypes.Structure):
    """struct timex of <sys/timex.h>; `rest` is longer than what follows on any architecture."""

    _fields_ = [
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("constant", ctypes.c_long),
        ("precision", ctypes.c_long),
        ("tolerance", ctypes.c_long),
        ("seconds", ctypes.c_long),
        ("parts", ctypes.c_long),
        ("rest", ctypes.c_byte * 256),
    ]


_libc = ctypes.CDLL(None, use_errno=True)


def discipline(root: Path = Path("/")) -> Discipline:
    """Ask the kernel, once."""
    timex = _Timex()
    state = _libc.adjtimex(ctypes.byref(timex))
    return read_timex(state, timex, _service(root))


def read_timex(state: int, timex: _Timex, service: str) -> Discipline:
    """What an answer of adjtimex(2) means; -1: it was not allowed to be asked."""
    if state < 0:
        return Discipline(False, time.time_ns() // 1_000_000, 0.0, 0, False, service)
    parts_of_ms = 1_000_000 if timex.status & _STA_NANO else 1_000
    is_synchronised = state != _TIME_ERROR and not timex.status & _STA_UNSYNC
    wall_ms = int(timex.seconds) * 1000 + int(timex.parts) // parts_of_ms
    offset_ms = int(timex.offset) / parts_of_ms
    return Discipline(
        is_synchronised, wall_ms, offset_ms, int(timex.maxerror) // 1000 + 1, state in _LEAP_STATES, service
    )


def _service(root: Path) -> str:
    return next((name for name, sign in _SERVICES.items() if os.path.exists(root / sign)), "")


def utc_of(said: Discipline, before_ms: int, after_ms: int, trust: Trust, bound_ms: int) -> Utc | None:
    """What may be believed of an answer that was given between the two."""
    if said.wall_ms < NOT_BEFORE_MS or not (said.is_synchronised or trust == "always"):
        return None
    stated_ms = 0 if trust == "always" else said.max_error_ms + int(abs(said.offset_ms)) + 1
    slack_ms = stated_ms + bound_ms + (_LEAP_MS if said.is_leap else 0)
    # every reading is cut to whole milliseconds: one more on each side
    return Utc(after_ms, said.wall_ms - slack_ms - 1, said.wall_ms + (after_ms - before_ms) + slack_ms + 1)


class KernelClock:
    """The clocks of a Linux machine."""

    def __init__(self, trust: Trust, bound_ms: int) -> None:
        self._slept_ms = _slept_ms()
        boot_id = _BOOT_ID.read_text().replace("-", "").strip()
        self.boot = axis_name(boot_id, self._slept_ms)
        self._trust = trust
        self._bound_ms = bound_ms

    def mono_ms(self) -> int:
        return time.clock_gettime_ns(time.CLOCK_MONOTONIC_RAW) // 1_000_000

    def utc(self) -> Utc | None:
        before_ms = self.mono_ms()
        said = discipline()
        return utc_of(said, before_ms, self.mono_ms(), self._trust, self._bound_ms)

    def has_slept(self) -> bool:
        """The machine was suspended since this object was made: its axis is not the one that it was."""
        return abs(_slept_ms() - self._slept_ms) > _SLEPT_MS


def axis_name(boot_id: str, slept_ms: int) -> str:
    """The first 12 digits of the boot's id, as long as it never slept; then a name for each time between two sleeps."""
    if slept_ms <= _SLEPT_MS:
        return boot_id[:12]
    return sha256(f"{boot_id} {(slept_ms + 500) // 1000}".encode()).hexdigest()[:12]


def _slept_ms() -> int:
    """How long the machine has been suspended since its boot; the smallest of three, since reading takes its time."""
    return min(
        (time.clock_gettime_ns(time.CLOCK_BOOTTIME) - time.clock_gettime_ns(time.CLOCK_MONOTONIC)) // 1_000_000
        for _ in range(3)
    )
