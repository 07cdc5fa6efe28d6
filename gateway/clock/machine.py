"""This machine's clocks: the edge that the rules of this room are handed.

1. The axis is CLOCK_BOOTTIME: it never steps, goes on during suspend, and is the same for every process of one
   kernel boot, so that what was related to it stays true when the gateway is restarted.
2. `boot` names the axis: the first 12 hex digits of the kernel's boot_id. Another boot is another axis.
3. UTC from the kernel is believed only while the kernel says that its clock is disciplined, and within the error that
   it states (adjtimex(2): STA_UNSYNC, TIME_ERROR, maxerror) plus `bound_ms`, for what a time service does not count.
4. With trust "always" the wall clock is believed within `bound_ms`: for machines with a clock of their own.
5. A wall clock before NOT_BEFORE_MS has not been set since power came on, whatever anybody says.
"""

import ctypes
import time
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

Trust = Literal["kernel", "always"]

NOT_BEFORE_MS = 1_735_689_600_000
"""2025-01-01: earlier than any gateway of this make was ever switched on."""
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_STA_UNSYNC = 0x0040
_TIME_ERROR = 5


class Utc(NamedTuple):
    """At `mono_ms` of this machine, UTC was between the two."""

    mono_ms: int
    earliest_ms: int
    latest_ms: int


class Machine(Protocol):
    """What the rules need of a machine; tests bring their own and make it jump."""

    boot: str

    def mono_ms(self) -> int: ...

    def utc(self) -> Utc | None: ...


class _Timex(ctypes.Structure):
    """struct timex of <sys/timex.h>; `rest` is longer than what follows on any architecture."""

    _fields_ = [
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 256),
    ]


def kernel_error_ms() -> int | None:
    """How far UTC may be from the kernel's clock as it says itself; None: it does not claim to know."""
    timex = _Timex()
    state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(timex))
    if state < 0 or state == _TIME_ERROR or timex.status & _STA_UNSYNC:
        return None
    return int(timex.maxerror) // 1000 + 1


class KernelClock:
    """The clocks of a Linux machine."""

    def __init__(self, trust: Trust, bound_ms: int) -> None:
        self.boot = _BOOT_ID.read_text().replace("-", "")[:12]
        self._trust = trust
        self._bound_ms = bound_ms

    def mono_ms(self) -> int:
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000

    def utc(self) -> Utc | None:
        stated_ms = 0 if self._trust == "always" else kernel_error_ms()
        if stated_ms is None:
            return None
        before_ms = self.mono_ms()
        wall_ms = time.time_ns() // 1_000_000
        after_ms = self.mono_ms()
        if wall_ms < NOT_BEFORE_MS:
            return None
        bound_ms = stated_ms + self._bound_ms
        # every reading is cut to whole milliseconds: one more on each side
        return Utc(after_ms, wall_ms - bound_ms - 1, wall_ms + (after_ms - before_ms) + bound_ms + 1)
