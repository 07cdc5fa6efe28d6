"""When the same thing is said again: soon at first, then less and less often, and at once to who has just come.

1. One line for each (box, what, which). Another `which` (a newer version, say) is a new line, and goes out at once.
2. While a box stays connected the wait doubles from `first_ms` to `longest_ms`. A new connection starts over, for what
   was said on the old one may be lost; but never two within `least_ms`, however often a box comes and goes.
3. `again_in` shortens a wait, where the box has said that it could not just now.
"""

from typing import NamedTuple


class Waits(NamedTuple):
    first_ms: int = 10_000
    longest_ms: int = 300_000
    least_ms: int = 2_000


class _Line(NamedTuple):
    which: object
    session: object
    said_ms: int
    wait_ms: int


class Pace:
    """Asked before something is said; remembers that it was."""

    def __init__(self, waits: Waits = Waits()) -> None:  # noqa: B008 - immutable
        self._waits = waits
        self._lines: dict[tuple[str, str], _Line] = {}

    def is_due(self, box_id: str, what: str, which: object, session: object, now_ms: int) -> bool:
        """Whether to say it now; if so it counts as said."""
        line = self._lines.get((box_id, what))
        wait_ms = self._waits.first_ms
        if line is not None and line.which == which:
            if line.session == session:
                if now_ms - line.said_ms < line.wait_ms:
                    return False
                wait_ms = min(2 * line.wait_ms, self._waits.longest_ms)
            elif now_ms - line.said_ms < self._waits.least_ms:
                return False
        self._lines[box_id, what] = _Line(which, session, now_ms, wait_ms)
        return True

    def was_said(self, box_id: str, what: str) -> bool:
        return (box_id, what) in self._lines

    def again_in(self, box_id: str, what: str, wait_ms: int) -> None:
        line = self._lines.get((box_id, what))
        if line is not None:
            self._lines[box_id, what] = line._replace(wait_ms=wait_ms)

    def forget(self, box_id: str, what: str) -> None:
        self._lines.pop((box_id, what), None)
