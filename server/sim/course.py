"""How far a long campaign is: phases one after the other, and how long the rest may take.

1. Each phase has its share of the whole (in any unit; they are measured at full size). A phase that another has
   followed is over, and one that is not named in the plan has no share.
2. What is left is taken from what has passed: elapsed · (1 − part) / part, as it was when something was told last, less
   the time since. Before `LEAST` of the whole nobody can say.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

LEAST = 0.01
MINUTE_S, HOUR_S = 60, 3600


class Step(NamedTuple):
    """Where it is: so much of a phase."""

    phase: str
    done: int
    total: int


class Course:
    """`tell` what is done; `part` and `left_s` of the whole. `clock_s`: any clock that does not go back."""

    def __init__(self, shares: Mapping[str, float], clock_s: Callable[[], float]) -> None:
        self._shares = shares
        self._order = list(shares)
        self._clock_s = clock_s
        self._began_s = self._told_s = clock_s()
        self.part = 0.0
        self.at = Step("", 0, 1)

    def tell(self, phase: str, done: int, total: int) -> None:
        """So much of a phase is done. The whole never goes back."""
        self.at = Step(phase, done, max(total, done, 1))
        self._told_s = self._clock_s()
        if phase in self._shares:
            before = sum(self._shares[one] for one in self._order[: self._order.index(phase)])
            here = self._shares[phase] * self.at.done / self.at.total
            self.part = max(self.part, (before + here) / sum(self._shares.values()))

    @property
    def elapsed_s(self) -> float:
        """Since it began."""
        return self._clock_s() - self._began_s

    @property
    def left_s(self) -> float | None:
        """How long the rest may take; None: nobody can say yet."""
        if self.part < LEAST:
            return None
        all_left_s = (self._told_s - self._began_s) * (1 - self.part) / self.part
        return max(0.0, all_left_s - (self._clock_s() - self._told_s))

    def line(self) -> str:
        """`days 12/168 · 21 % of all · 0:05:10, about 0:19:26 left`"""
        left = "" if self.left_s is None else f", about {hours(self.left_s)} left"
        return (
            f"{self.at.phase} {self.at.done}/{self.at.total} · {self.part:.0%} of all · {hours(self.elapsed_s)}{left}"
        )


def hours(seconds: float) -> str:
    """h:mm:ss"""
    whole = round(seconds)
    return f"{whole // HOUR_S}:{whole % HOUR_S // MINUTE_S:02}:{whole % MINUTE_S:02}"
