"""The last scans, as they may be shown: in memory only, and of whom nothing may be kept, nothing is shown."""

from collections import deque

from gateway.place.counts import direction_of, gate_of
from gateway.place.masked import who
from gateway.place.types import Last, Timed

MOST = 50


class Lately:
    def __init__(self) -> None:
        self._last: deque[Last] = deque(maxlen=MOST)

    def add(self, scan: Timed, code: bytes, kind: str, at_ms: int | None, outcome: str | None) -> None:
        """`code`: empty where nothing of it may be shown; `at_ms`: when it was made or came."""
        shown = who(code, kind) if code else ""
        gate, direction = gate_of(scan.marks), direction_of(scan.marks)
        self._last.append(Last(at_ms, scan.box_id, gate, direction, kind, shown, outcome))

    def all(self) -> list[Last]:
        """The latest first."""
        return list(reversed(self._last))
