"""Which rows go to the server next: the live lane ahead of the backlog, and both move.

1. Live is what came in a message of its own since this start: a box sends fresh scans alone and a backlog in packs.
   Newest first.
2. Everything else is backlog, oldest first. After a restart all is backlog: which lane a row is in is a hint, never
   state.
3. When not all fits, the lanes take turns, and one takes what the other leaves. So a week's backlog does not keep
   today's scan waiting, and a busy gate does not keep the backlog waiting.
4. At most MAX_LIVE rows are remembered as live; older ones are backlog.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

MAX_LIVE = 5_000


class Live:
    """The ids of the live lane; those answered for meanwhile drop out when they are looked at."""

    def __init__(self) -> None:
        self._ids: deque[int] = deque(maxlen=MAX_LIVE)

    def add(self, ids: Iterable[int]) -> None:
        self._ids.extend(ids)

    def newest(self, is_open: Callable[[int], bool], is_aside: Callable[[int], bool], most: int) -> list[int]:
        """The newest ids that are open and not set aside, newest first."""
        still = [id_ for id_ in self._ids if is_open(id_)]
        self._ids = deque(still, maxlen=MAX_LIVE)
        found = (id_ for id_ in reversed(still) if not is_aside(id_))
        return list(islice(found, most))


def choose(live: Iterable[int], backlog: Iterable[int], most: int) -> list[int]:
    """At most `most` ids, by precedence; `live` newest first, `backlog` oldest first, which holds the live ones too."""
    chosen: dict[int, None] = {}
    lanes = [iter(live), iter(backlog)]
    while lanes and len(chosen) < most:
        lane = lanes.pop(0)
        fresh = next((id_ for id_ in lane if id_ not in chosen), None)
        if fresh is not None:
            chosen[fresh] = None
            lanes.append(lane)
    return list(chosen)


def each(ranges: list[tuple[int, int]], skip: Callable[[int], bool]) -> Iterator[int]:
    """Every id of the ranges, rising, but those to skip."""
    for first, last in ranges:
        for id_ in range(first, last + 1):
            if not skip(id_):
                yield id_
