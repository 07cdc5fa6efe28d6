"""Days and hours as people at the place count them: Asia/Ho_Chi_Minh, which has no summer time.

A day of counts begins at a set time of day, and is named by the date on which it begins.
"""

from datetime import UTC, datetime, timedelta

from presence.errors import PlaceError

MINUTE_MS = 60_000
HOUR_MS = 3_600_000
DAY_MS = 86_400_000
ZONE_MS = 7 * HOUR_MS
"""Ahead of UTC, since 1975."""
_BEGIN = datetime(1970, 1, 1, tzinfo=UTC)


def parse_local(text: str) -> int:
    """UTC in milliseconds of a local `YYYY-MM-DD[THH:MM[:SS]]`. Raises PlaceError `since`."""
    try:
        local = datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError as error:
        raise PlaceError("since", f"{text}: no such day") from error
    return (local - _BEGIN) // timedelta(milliseconds=1) - ZONE_MS


class Calendar:
    """Which day of counts, and which hour of the clock, an instant falls into."""

    def __init__(self, day_begins: str = "00:00") -> None:
        try:
            hours, minutes = (int(part) for part in day_begins.split(":"))
        except ValueError as error:
            raise PlaceError("day_begins", f"{day_begins}: not a time of day") from error
        if not (0 <= hours < 24 and 0 <= minutes < 60):
            raise PlaceError("day_begins", f"{day_begins}: not a time of day")
        self._begins_ms = hours * HOUR_MS + minutes * MINUTE_MS

    def day_of(self, utc_ms: int) -> int:
        """Counted from 1970."""
        return (utc_ms + ZONE_MS - self._begins_ms) // DAY_MS

    def begins_ms(self, day: int) -> int:
        """UTC at which that day begins."""
        return day * DAY_MS - ZONE_MS + self._begins_ms

    @staticmethod
    def hour_of(utc_ms: int) -> int:
        return (utc_ms + ZONE_MS) // HOUR_MS % 24

    @staticmethod
    def date_of(day: int) -> str:
        return (_BEGIN + timedelta(days=day)).date().isoformat()
