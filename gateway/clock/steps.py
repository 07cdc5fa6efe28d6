"""Has somebody set this machine's clock? Told from two clocks that should go alike.

A time service slews by SLEW_PPM at most; what is more than that between two looks was a step. It changes no instant:
the scans hang on the monotonic clock, and a step makes the kernel take back that it knows UTC.
"""

from typing import NamedTuple

SLEW_PPM = 500
_LEAST_MS = 600
"""What a time service slews away between two looks (half a second at most), and what reading two clocks may take."""


class Step(NamedTuple):
    at_mono_ms: int
    by_ms: int
    """Forwards, or backwards below 0."""


class Steps:
    """look() now and then, with both clocks."""

    def __init__(self) -> None:
        self.last: Step | None = None
        self.count = 0
        self._before: tuple[int, int] | None = None

    def look(self, mono_ms: int, wall_ms: int) -> Step | None:
        """-> the step since the last look, if there was one"""
        before, self._before = self._before, (mono_ms, wall_ms)
        if before is None:
            return None
        gone_ms = mono_ms - before[0]
        by_ms = wall_ms - before[1] - gone_ms
        if abs(by_ms) <= _LEAST_MS + gone_ms * SLEW_PPM // 1_000_000:
            return None
        self.last = Step(mono_ms, by_ms)
        self.count += 1
        return self.last
