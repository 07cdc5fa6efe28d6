"""A damaged file, read as far as it goes and never written to."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from gateway.buffer.errors import Connection

_TOP = 1 << 62
Row = tuple[Any, ...]


class Source:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._db: sqlite3.Connection | None = None
        self._failed: set[str] = set()
        self._raw = b"", b""

    def __enter__(self) -> Self:
        # before SQLite sees it: beside an empty file it deletes the log
        self._raw = _bytes(self._path), _bytes(Path(f"{self._path}-wal"))
        if not self._raw[0].startswith(b"SQLite format 3\0"):
            return self
        with suppress(sqlite3.Error):
            self._db = sqlite3.connect(f"file:{self._path}?mode=ro", uri=True, isolation_level=None, factory=Connection)
        return self

    def __exit__(self, *_: object) -> None:
        if self._db is not None:
            self._db.close()
        # a reader makes this file beside the log; it would not fit the log of a fresh database
        Path(f"{self._path}-shm").unlink(missing_ok=True)

    def has_failed(self, table: str) -> bool:
        """Whether some of the table could not be read."""
        return table in self._failed

    def rows(self, table: str, key: str, columns: str) -> Iterator[Row]:
        """Every row that can be reached, by rising key. `key` is the first column and the table's rowid."""
        sql = f"SELECT {columns} FROM {table} WHERE {key} >= ? ORDER BY {key}"  # noqa: S608 - names of ours
        last = -1
        while True:
            try:
                for row in self._query(sql, last + 1):
                    if not isinstance(row[0], int) or row[0] <= last:
                        raise sqlite3.DatabaseError("keys do not rise")
                    last = row[0]
                    yield row
                return
            except sqlite3.Error:
                self._failed.add(table)
            beyond = self._beyond(sql + " LIMIT 1", last + 1)
            if beyond is None:
                return
            last = beyond - 1

    def _query(self, sql: str, low: int | str) -> Iterator[Row]:
        if self._db is None:
            raise sqlite3.DatabaseError("cannot be opened")
        return iter(self._db.execute(sql, (low,)))

    def _works(self, sql: str, low: int) -> bool:
        try:
            return bool(next(self._query(sql, low), (low,))[0] >= low)
        except (sqlite3.Error, TypeError):
            return False

    def _beyond(self, sql: str, broken: int) -> int | None:
        """The lowest key above a broken one from which reading works again: in steps that double, then halve."""
        low, step = broken, 1
        while not self._works(sql, low + step):
            low, step = low + step, step * 2
            if low + step > _TOP:
                return None
        high = low + step
        while high - low > 1:
            middle = (low + high) // 2
            if self._works(sql, middle):
                high = middle
            else:
                low = middle
        return high

    def entries(self, names: Iterable[str]) -> Iterator[Row]:
        """(name, value, check) of the state, one by one where they cannot be read all at once."""
        sql = 'SELECT name, value, "check" FROM state'
        try:
            yield from list(self._query(sql + " WHERE name >= ?", ""))
            return
        except sqlite3.Error:
            self._failed.add("state")
        for name in names:
            with suppress(sqlite3.Error):
                yield from self._query(sql + " WHERE name = ?", name)

    def counter(self, name: str) -> int | None:
        """Of the single file of earlier gateways."""
        try:
            row = next(self._query("SELECT value FROM counter WHERE name = ?", name), None)
        except sqlite3.Error:
            return None
        return row[0] if row is not None and isinstance(row[0], int) else None

    def raw(self) -> tuple[bytes, bytes]:
        """The bytes of the file, and of its log."""
        return self._raw


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
