"""Where a record of a given identity lies: the index of `record`, written in bulk.

1. The newest ids are in memory only; they are read back at start.
2. At FOLD_AT of them they are carried over into `place`, sorted, in the caller's transaction: a few pages for
   thousands of rows, where an index kept up to date would write one page per box and commit.
3. An index that is wrong costs a duplicate sent to the server, never a scan: `record` is what counts.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

FOLD_AT = 8192


class Places:
    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._tail: dict[tuple[int, int], tuple[int, ...]] = {}
        self._tail_ids = 0
        self._unsorted: list[tuple[int, Sequence[tuple[Any, ...]]]] = []
        self._folded_to: int = db.execute("SELECT value FROM counter WHERE name = 'folded_to'").fetchone()[0]
        for stream, seq, id_ in db.execute("SELECT stream, seq, id FROM record WHERE id > ?", (self._folded_to,)):
            self.add(id_, [(stream, seq)])

    def add(self, first_id: int, names: Sequence[tuple[Any, ...]]) -> None:
        """Rows that begin with (stream, seq), with ids from `first_id`. Looked at only once somebody asks."""
        self._unsorted.append((first_id, names))
        self._tail_ids += len(names)

    def _sort(self) -> None:
        for first_id, names in self._unsorted:
            for id_, (stream, seq, *_) in enumerate(names, first_id):
                name = stream, seq
                self._tail[name] = (*self._tail.get(name, ()), id_)
        self._unsorted.clear()

    def find(self, stream: int, seq: int) -> list[tuple[str | None, bytes]]:
        """(note, bytes) of every row kept under this identity."""
        ids: list[int] = [
            id_ for (id_,) in self._db.execute("SELECT id FROM place WHERE stream = ? AND seq = ?", (stream, seq))
        ]
        self._sort()
        ids += self._tail.get((stream, seq), ())
        rows = (
            self._db.execute("SELECT stream, seq, note, record FROM record WHERE id = ?", (id_,)).fetchone()
            for id_ in ids
        )
        return [(row[2], row[3]) for row in rows if row is not None and row[:2] == (stream, seq)]

    @property
    def is_due(self) -> bool:
        return self._tail_ids >= FOLD_AT

    def fold(self, last_id: int) -> None:
        """Carry the tail over, in the caller's transaction; `last_id` is the newest row there is."""
        self._db.execute(
            "INSERT OR IGNORE INTO place SELECT stream, seq, id FROM record WHERE id > ? AND id <= ? ORDER BY 1, 2, 3",
            (self._folded_to, last_id),
        )
        self._db.execute("UPDATE counter SET value = ? WHERE name = 'folded_to'", (last_id,))
        self._folded_to = last_id
        self._tail.clear()
        self._unsorted.clear()
        self._tail_ids = 0

    def drop(self, rows: Iterable[tuple[int, int, int]]) -> None:
        """Take (stream, seq, id) out again: their rows are pruned."""
        self._db.executemany("DELETE FROM place WHERE stream = ? AND seq = ? AND id = ?", rows)
