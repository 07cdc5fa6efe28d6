"""A world with true clocks, for the tests of the timekeeper: everybody's clock strays, and the truth is known."""

from typing import NamedTuple

from gateway.clock import Utc


class Drifting(NamedTuple):
    """A clock that was at `offset_ms` at true time `began_ms` and strays by `ppm`."""

    began_ms: float
    offset_ms: float
    ppm: float

    def at(self, true_ms: float) -> int:
        return int(self.offset_ms + (true_ms - self.began_ms) * (1 + self.ppm / 1_000_000))


class FakeMachine:
    """This machine: a monotonic clock that strays from true time, and a wall clock that says what it is told to."""

    def __init__(self, boot: str = "0123456789ab", mono: Drifting | None = None) -> None:
        self.boot = boot
        self.clock = mono or Drifting(0, 0, 0)
        self.true_ms = 0.0
        self.says: Utc | None = None

    def mono_ms(self) -> int:
        return self.clock.at(self.true_ms)

    def utc(self) -> Utc | None:
        return self.says

    def know_utc(self, bound_ms: int, error_ms: int = 0) -> None:
        wall_ms = int(self.true_ms) + error_ms
        self.says = Utc(self.mono_ms(), wall_ms - bound_ms - 1, wall_ms + bound_ms + 1)
