"""What is said of a part."""

from typing import NamedTuple


class State(NamedTuple):
    part: str
    """`broker`, `keeping`, …; `box` with a box_id."""
    state: str
    """`ok`, or one word for what is wrong."""
    reason: str
    """Of gateway/reasons.py; empty: there is nothing to explain."""
    box_id: str | None = None
    is_sure: bool = False
    """The measure is an age that has run for long enough by itself: it need not be seen twice."""


class Standing(NamedTuple):
    """A state with the moment since when it holds."""

    state: State
    since_ms: int
