"""How often one caller may ask: a bucket of tokens for each, filled at a steady pace. Pure, but for the table it keeps.

1. A caller is the token or session that is sent, and the address: that has a bucket HOST_TIMES as large, since many may
   sit behind one, and so who sends another token each time is held back too. Gateways are not held back here: what
   they bring is bounded by what may wait at the store, and a 503 sends them away.
2. Whoever asks with an empty bucket is told when to come again, and costs nothing more.
3. No more than MOST_CALLERS are remembered; the one that has not asked for longest is forgotten first, with its bucket
   full again: forgetting is never to anybody's harm.
"""

import hashlib
import math
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from litestar import Request

from server.errors import Refused
from server.web.doors import COOKIE

MOST_CALLERS = 10_000
HOST_TIMES = 10
# what gateways and monitors ask, and files of the pages
FREE = (
    "/api/v1/batches",
    "/api/v1/fleet/wishes",
    "/api/v1/fleet/report",
    "/api/v1/fleet/bundles/",
    "/healthz",
    "/metrics",
    "/static/",
)


class TooOften(Refused):
    """Come again in so many seconds."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__("too_often", f"come again in {retry_after_s} s")
        self.retry_after_s = retry_after_s


class Pace:
    """`take` for each question. `per_s`: how fast a bucket fills; `burst`: how much is in a full one."""

    def __init__(self, per_s: float, burst: int, mono_s: Callable[[], float]) -> None:
        self._per_s = per_s
        self._burst = burst
        self._mono_s = mono_s
        self._buckets: OrderedDict[bytes, tuple[float, float]] = OrderedDict()

    def take(self, caller: bytes, times: int = 1) -> None:
        """`times`: how much larger this bucket is than others. Raises `TooOften`."""
        now_s, per_s, burst = self._mono_s(), self._per_s * times, self._burst * times
        level, at_s = self._buckets.pop(caller, (float(burst), now_s))
        level = min(burst, level + (now_s - at_s) * per_s)
        if level < 1:
            self._buckets[caller] = (level, now_s)
            raise TooOften(math.ceil((1 - level) / per_s))
        self._buckets[caller] = (level - 1, now_s)
        if len(self._buckets) > MOST_CALLERS:
            self._buckets.popitem(last=False)


def callers_of(request: Request[Any, Any, Any]) -> list[tuple[bytes, int]]:
    """Who asks, without keeping a secret, and how large a bucket each has."""
    said = request.headers.get("authorization", "") or request.cookies.get(COOKIE, "")
    host = request.client.host if request.client else ""
    found = [(_known("host " + host), HOST_TIMES)]
    return [*found, (_known("said " + said), 1)] if said else [(found[0][0], 1)]


def _known(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()[:16]


def is_free(path: str) -> bool:
    """Whether nobody counts who asks here."""
    return path.startswith(FREE)
