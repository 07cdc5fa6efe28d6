"""For what scans are kept, and since when: so that the gateway and the server judge alike.

1. The list says from which instant on which purpose holds, in any order. Of two that begin at the same instant
   `counts_only` holds. Before the first, and where the list is empty, scans are identified.
2. A scan belongs to the purpose of the instant at which it was made, whenever it comes in.
3. Where that instant is known only within bounds, or not at all, `counts_only` wins if it holds at any instant within
   them.
Nothing here changes once it is made: any thread may ask.
"""

from bisect import bisect_right
from collections.abc import Iterable
from typing import Literal, NamedTuple

Mode = Literal["identified", "counts_only"]


class Since(NamedTuple):
    """From this instant on (UTC ms) this purpose holds, on this legal basis."""

    since_ms: int
    mode: Mode
    basis: str = ""


class Purpose:
    """What was said of all times, to be asked."""

    def __init__(self, periods: Iterable[Since] = ()) -> None:
        chosen: dict[int, Since] = {}
        for one in periods:
            if one.since_ms not in chosen or one.mode == "counts_only":
                chosen[one.since_ms] = one
        self._since_ms = sorted(chosen)
        self._modes: list[Mode] = [chosen[since_ms].mode for since_ms in self._since_ms]
        self._bases = [chosen[since_ms].basis for since_ms in self._since_ms]

    def mode_of(self, earliest_ms: int | None, latest_ms: int | None) -> Mode:
        """Of what was made between the two, both included; None: that bound is not known."""
        if earliest_ms is not None and latest_ms is not None and latest_ms < earliest_ms:
            earliest_ms, latest_ms = latest_ms, earliest_ms
        first = -1 if earliest_ms is None else bisect_right(self._since_ms, earliest_ms) - 1
        last = len(self._modes) - 1 if latest_ms is None else bisect_right(self._since_ms, latest_ms) - 1
        return "counts_only" if "counts_only" in self._modes[max(0, first) : last + 1] else "identified"

    def basis_at(self, utc_ms: int) -> str:
        """The legal basis of the period that holds then, in the words of whoever set it."""
        at = bisect_right(self._since_ms, utc_ms) - 1
        return self._bases[at] if at >= 0 else ""

    @property
    def is_always_identified(self) -> bool:
        """Then nobody needs to know the time of anything."""
        return "counts_only" not in self._modes
