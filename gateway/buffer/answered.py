"""Which rows the server has answered for, as ranges of ids: a batch is a few bytes, not a row update each.

1. Ids are given in the order of arrival, without gaps and never twice, so `open` is: given, and in no range.
2. A range is written when its rows are answered for. Ranges that touch are joined if the older is younger than
   JOIN_WITHIN_MS: its age stays that of its first rows, and JOIN_WITHIN_MS is added before it is pruned, so that none
   goes too early.
3. A pruned range has no age any more and joins a pruned one before it: what is done for good ends up as one row.
"""

import sqlite3
from collections.abc import Sequence

from firmware.wire.spans import Spans
from gateway.buffer.errors import BufferFault
from gateway.buffer.schema import check_of

JOIN_WITHIN_MS = 600_000


class Answered:
    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self.done = Spans()
        self._last: tuple[int, int, int] | None = None
        for first, last, since_ms, check in db.execute(
            'SELECT first_id, last_id, since_ms, "check" FROM answered ORDER BY first_id'
        ):
            if check != check_of(first, last, since_ms):
                raise BufferFault("damaged", "what was answered is not as it was written")
            self.done.add(first, last)

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

    def write(self, ids: Sequence[int], now_ms: int) -> None:
        """Put down that these ids are answered for, in the caller's transaction."""
        fresh = Spans()
        for id_ in sorted(ids):
            if id_ not in self.done:
                fresh.add(id_)
        for first, last in fresh.ranges:
            self._write_range(first, last, now_ms)
            self.done.add(first, last)

    def _write_range(self, first: int, last: int, now_ms: int) -> None:
        before = self._db.execute(
            "SELECT first_id, last_id, since_ms FROM answered WHERE first_id < ? ORDER BY first_id DESC LIMIT 1",
            (first,),
        ).fetchone()
        touches = before is not None and before[1] == first - 1 and before[2] is not None
        if touches and 0 <= now_ms - before[2] < JOIN_WITHIN_MS:
            first, now_ms = before[0], before[2]
        self._put(first, last, now_ms)

    def _put(self, first: int, last: int, since_ms: int | None) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO answered VALUES (?, ?, ?, ?)",
            (first, last, since_ms, check_of(first, last, since_ms)),
        )

    def due(self, now_ms: int, keep_ms: int) -> tuple[int, int] | None:
        """The oldest range whose time is over; its rows may go."""
        row = self._db.execute(
            "SELECT first_id, last_id FROM answered WHERE since_ms <= ? ORDER BY first_id LIMIT 1",
            (now_ms - keep_ms - JOIN_WITHIN_MS,),
        ).fetchone()
        return None if row is None else (row[0], row[1])

    def pruned(self) -> int:
        """How many rows have been given and are gone; counting them would read the whole file."""
        total = "SELECT coalesce(sum(last_id - first_id + 1), 0) FROM answered WHERE since_ms IS NULL"
        return int(self._db.execute(total).fetchone()[0])

    def prune(self, first: int, last: int, end: int) -> None:
        """Note that the rows first…end of the range first…last are gone, in the caller's transaction."""
        since_ms = self._db.execute("SELECT since_ms FROM answered WHERE first_id = ?", (first,)).fetchone()[0]
        if end < last:
            self._put(end + 1, last, since_ms)
        before = self._db.execute(
            "SELECT first_id FROM answered WHERE last_id = ? AND since_ms IS NULL", (first - 1,)
        ).fetchone()
        if before is not None:
            self._db.execute("DELETE FROM answered WHERE first_id = ?", (first,))
            first = before[0]
        self._put(first, end, None)
