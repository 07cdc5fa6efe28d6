"""Which of the server's addresses is used.

1. One at a time, for everything that goes to the server; the first in the list is home.
2. When one fails the next one is tried, in the order of the list and around. When all have failed since the last
   answer the round is over: the caller waits before it begins another.
3. Away from home, home is tried again after HOME_S, and where it fails, ever more rarely, up to HOME_LONGEST_S; what
   worked until then is used on. With jitter: a fleet does not come home in one minute.
4. A failure or an answer counts for the address that it came from, whatever is in use by then.
"""

from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

HOME_S = 300.0
HOME_LONGEST_S = 3600.0


class Addresses:
    def __init__(self, urls: Sequence[str], mono_ms: Callable[[], int], random: Callable[[], float]) -> None:
        self._urls = [url.rstrip("/") for url in dict.fromkeys(urls)]
        self._mono_ms = mono_ms
        self._random = random
        self._now = 0
        self._proven: int | None = None
        """The address away from home that worked last, while home is tried."""
        self._failed = 0
        self._home_wait_s = HOME_S
        self._home_due_ms = 0
        self.troubles: dict[str, str] = {}
        """By address: why it failed when last tried; no entry: it did not."""

    def current(self) -> str:
        if self._now and self._proven is None and self._is_answering and self._mono_ms() >= self._home_due_ms:
            self._proven, self._now = self._now, 0
        return self._urls[self._now]

    def answered(self, url: str) -> None:
        self.troubles.pop(url, None)
        if url != self._urls[self._now]:
            return
        self._failed = 0
        self._proven = None
        if self._now == 0:
            self._home_wait_s = HOME_S
        elif not self._home_due_ms:
            self._plan_home()

    def failed(self, url: str, why: str) -> bool:
        """-> whether there is an address left to try in this round."""
        self.troubles[url] = why
        if url != self._urls[self._now]:
            return True
        if self._proven is not None:
            self._now, self._proven = self._proven, None
            self._home_wait_s = min(2 * self._home_wait_s, HOME_LONGEST_S)
            self._plan_home()
            return True
        self._failed += 1
        self._now = (self._now + 1) % len(self._urls)
        self._home_due_ms = 0
        if self._failed < len(self._urls):
            return True
        self._failed = 0
        return False

    @property
    def _is_answering(self) -> bool:
        return self._failed == 0 and self._home_due_ms > 0

    def _plan_home(self) -> None:
        self._home_due_ms = self._mono_ms() + int(1000 * self._home_wait_s * (0.5 + self._random()))


def shown(url: str) -> str:
    """An address as it may stand in a log: nobody's password is in it."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname or '?'}{port}{parts.path}"
