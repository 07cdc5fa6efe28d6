"""One figure: a value beside the limit that was measured in the same run."""

from dataclasses import asdict, dataclass
from typing import Any, Protocol


class Tell(Protocol):
    """Hears what is being measured; `part`: how much of it is done, from 0 to 1 (None: nobody knows)."""

    def __call__(self, what: str, part: float | None = None) -> None:
        """Show it."""


@dataclass(frozen=True)
class Figure:
    """What was measured.

    `limit` is what the same machine did in the same run without our part (None where there is nothing to compare with);
    `aim` is the bound that the value is held to (None: only shown), and `at_most` says on which side of it.
    `ratio_aim` is the least share of the limit that is aimed at.
    """

    name: str
    value: float
    unit: str
    limit: float | None = None
    aim: float | None = None
    ratio_aim: float | None = None
    at_most: bool = False

    @property
    def ratio(self) -> float | None:
        """The value as a share of the limit."""
        return self.value / self.limit if self.limit else None

    @property
    def met(self) -> bool | None:
        """Whether every aim is reached; None where there is none."""
        checks = []
        if self.aim is not None:
            checks.append(self.value <= self.aim if self.at_most else self.value >= self.aim)
        if self.ratio_aim is not None:
            checks.append(self.ratio is not None and self.ratio >= self.ratio_aim)
        return all(checks) if checks else None

    def as_row(self) -> dict[str, Any]:
        """The JSON form: name, value, unit, limit, ratio, aim, met (and the two that say how to read `aim`)."""
        row = {**asdict(self), "ratio": self.ratio, "met": self.met}
        return {key: round(value, 3) if isinstance(value, float) else value for key, value in row.items()}
