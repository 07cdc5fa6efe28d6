"""A world with true clocks, for the tests of the timekeeper: everybody's clock strays, and the truth is known."""

import random
from typing import NamedTuple

from gateway.clock import Discipline, Utc
from gateway.clock.machine import utc_of


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


class KernelMachine:
    """A machine with a crystal, a wall clock, and a time service that does what time services do."""

    BOUND_MS = 100

    def __init__(self, rng: random.Random, true_ms: float) -> None:
        self.rng = rng
        self.true_ms = true_ms
        self.boots = 0
        self.start(0)

    def start(self, wall_ms: float) -> None:
        """Power on, with whatever stands in the wall clock."""
        self.boots += 1
        self.boot = f"{self.boots:012x}"
        self.crystal = Drifting(self.true_ms, self.rng.uniform(0, 5_000), self.rng.uniform(-100, 100))
        self.error_ms = wall_ms - self.true_ms
        self.is_synchronised = False
        self.max_error_ms = 16_000
        self.pending_ms = 0.0
        self.is_leap = False

    def sleep(self, for_ms: float) -> None:
        """A suspend: the crystal's clock stands still, and the axis gets another name."""
        stood = self.mono_ms()
        self.true_ms += for_ms
        self.boots += 1
        self.boot = f"{self.boots:012x}"
        self.crystal = Drifting(self.true_ms, stood, self.crystal.ppm)
        self.error_ms += self.rng.uniform(-1_000, 1_000)
        self.max_error_ms += 1_000

    def wait(self, for_ms: float) -> None:
        """Time goes by; what is pending is slewed away, by the kernel's loop or by hand."""
        self.true_ms += for_ms
        ppm = self.rng.choice([500, 5_000, 50_000, 83_333])
        done_ms = min(abs(self.pending_ms), for_ms * ppm / 1_000_000)
        step_ms = done_ms if self.pending_ms > 0 else -done_ms
        self.error_ms += step_ms
        self.pending_ms -= step_ms
        self.max_error_ms += int(for_ms * 500 / 1_000_000) + 1

    def synchronise(self) -> None:
        """A time service has asked its server: large offsets are stepped, small ones slewed."""
        error_ms = self.rng.uniform(0, 80)
        offset_ms = -self.error_ms + self.rng.uniform(-error_ms, error_ms)
        self.is_synchronised = True
        self.max_error_ms = int(error_ms) + 1
        if abs(offset_ms) > 400:
            self.error_ms += offset_ms
            self.pending_ms = 0.0
        else:
            self.pending_ms = offset_ms

    def set_by_hand(self, wall_ms: float) -> None:
        """Somebody sets the clock: the kernel takes back what it claimed."""
        self.error_ms = wall_ms - self.true_ms
        self.is_synchronised = False
        self.pending_ms = 0.0
        self.max_error_ms = 16_000

    def lie(self, error_ms: float) -> None:
        """Claims to be right, and is not."""
        self.error_ms = error_ms
        self.is_synchronised = True
        self.pending_ms = 0.0
        self.max_error_ms = 20

    def wall_ms(self) -> int:
        return int(self.true_ms + self.error_ms)

    def mono_ms(self) -> int:
        return self.crystal.at(self.true_ms)

    def utc(self) -> Utc | None:
        said = Discipline(self.is_synchronised, self.wall_ms(), self.pending_ms, self.max_error_ms, self.is_leap, "sim")
        now_ms = self.mono_ms()
        return utc_of(said, now_ms, now_ms, "kernel", self.BOUND_MS)
