"""Figures and promises: what comes out of the comparing."""

from typing import NamedTuple

Value = int | float | str | None


class Figure(NamedTuple):
    """A line of the table. `promise`: in words, what has to hold; `is_kept` None: nothing was promised."""

    room: str
    name: str
    value: Value
    promise: str = ""
    is_kept: bool | None = None


class Outcome(NamedTuple):
    """`evidence`: what a broken promise shows, by the name of the figure."""

    figures: list[Figure]
    evidence: dict[str, list[str]]

    @property
    def is_kept(self) -> bool:
        """Every promise."""
        return all(one.is_kept is not False for one in self.figures)

    def value(self, name: str) -> Value:
        """Of a figure."""
        return next(one.value for one in self.figures if one.name == name)


def must(room: str, name: str, value: Value, is_kept: bool, promise: str) -> Figure:
    """A figure with a promise."""
    return Figure(room, name, value, promise, is_kept)


def share(part: int, of: int) -> float:
    """Four digits; 1 of nothing."""
    return round(part / of, 4) if of else 1.0
