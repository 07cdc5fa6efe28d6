"""The time of the province: it stands still until it is moved."""

from datetime import UTC, datetime

MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000
ZONE_MS = 7 * HOUR_MS
BEGINS_MS = int(datetime(2026, 6, 1, tzinfo=UTC).timestamp() * 1000) - ZONE_MS
"""A Monday, local midnight; no public holiday within the three weeks before it nor the three after it."""


class Clock:
    """`clock()` is now, in ms of UTC."""

    def __init__(self, now_ms: int = BEGINS_MS) -> None:
        self.now_ms = now_ms

    def __call__(self) -> int:
        return self.now_ms

    def to(self, at_ms: int) -> None:
        """Never backwards."""
        self.now_ms = max(self.now_ms, at_ms)


def weekday(day: int) -> int:
    """0: Monday. `day`: since BEGINS_MS, which is one."""
    return day % 7


def minute_of(at_ms: int) -> int:
    """Of the local day."""
    return (at_ms - BEGINS_MS) % DAY_MS // MINUTE_MS
