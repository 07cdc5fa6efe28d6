"""Which rows the server has answered for: ranges of ids, in memory, and since when whole segments are done.

1. Ids are given in the order of arrival, without gaps and never twice, so `open` is: given, and in no range.
2. It is written down now and then (store.py): after a kill some rows go up again, and the server calls them
   duplicates.
3. A segment may go when every row of it is answered for and has been for as long as delivered rows are kept: counted
   from the last answer, by running time (ages.py).
"""

from firmware.wire.spans import Spans


class Answered:
    def __init__(self) -> None:
        self.done = Spans()
        self.since_ms: dict[int, int] = {}
        """Segment -> when its last row was seen to be answered for."""

    def open_ranges(self, last_id: int) -> list[tuple[int, int]]:
        """The ids from 1 to `last_id` that nobody has answered for, as rising ranges."""
        found: list[tuple[int, int]] = []
        before = 0
        for first, last in self.done.ranges:
            if first > before + 1:
                found.append((before + 1, first - 1))
            before = last
        if last_id > before:
            found.append((before + 1, last_id))
        return found

    def covers(self, first_id: int, last_id: int) -> bool:
        """Whether all of these are answered for."""
        if last_id < first_id:
            return True
        return any(first <= first_id and last_id <= last for first, last in self.done.ranges)

    def close(self, first_id: int, last_id: int) -> None:
        """These are answered for, or gone."""
        if last_id >= first_id:
            self.done.add(first_id, last_id)
