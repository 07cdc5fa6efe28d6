"""When to try again.

1. Full jitter: anywhere between now and a window. The window doubles with each failure and is never narrower than the
   outage has lasted so far, so that a thousand gateways that lost the same server do not come back in the same
   minute.
2. The window is bounded by `longest_s`: nobody stays away for hours because the server did. That is wide enough: who
   comes back has one request on its way at a time, small ones at first, and does what Retry-After says.
   A Retry-After (bounded too) is waited out first, the jitter comes on top.
3. Where a person must act first (401, 403, 404) the wait is long at once: between a half and one and a half of
   `denied_s`.
4. Where another address of the server has not been tried yet, that comes soon: within HOPS windows of the first try.
5. A success ends the outage.
"""

from collections.abc import Callable
from email.utils import parsedate_to_datetime

from gateway.server.outcome import SLOW, Outcome

HOPS = 4


class Backoff:
    def __init__(self, first_s: float, longest_s: float, denied_s: float, random: Callable[[], float]) -> None:
        self._first_s = first_s
        self._longest_s = longest_s
        self._denied_s = denied_s
        self._random = random
        self.failures = 0
        self._since_ms: int | None = None

    def succeeded(self) -> None:
        self.failures = 0
        self._since_ms = None

    def failed(self, outcome: Outcome, now_ms: int) -> float:
        """Seconds to wait."""
        if self._since_ms is None:
            self._since_ms = now_ms
        if outcome.elsewhere:
            return self._random() * HOPS * self._first_s
        self.failures += 1
        if outcome.code in SLOW:
            return self._denied_s * (0.5 + self._random())
        asked_s = min(max(outcome.retry_after_s or 0.0, 0.0), self._longest_s)
        return asked_s + self._random() * self.window_s(now_ms)

    def window_s(self, now_ms: int) -> float:
        """How wide the jitter is after the failures so far."""
        outage_s = 0.0 if self._since_ms is None else (now_ms - self._since_ms) / 1000
        doubled_s = self._first_s * 2.0 ** min(max(self.failures - 1, 0), 32)
        return min(self._longest_s, max(doubled_s, outage_s))


def retry_after_s(value: str | None, date: str | None, utc_ms: int | None) -> float | None:
    """A Retry-After header in seconds, or None. A date counts from the server's Date, or else from our clock."""
    if value is None:
        return None
    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    until_s = _http_date_s(value)
    now_s = _http_date_s(date) if date is not None else None
    if now_s is None and utc_ms is not None:
        now_s = utc_ms / 1000
    if until_s is None or now_s is None:
        return None
    return max(0.0, until_s - now_s)


def _http_date_s(text: str) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
