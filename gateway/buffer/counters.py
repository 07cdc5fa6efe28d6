"""Counters that survive a restart: written only in transactions that have something to count."""

import sqlite3
from collections import Counter
from collections.abc import Mapping


class Counters:
    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self.values: Counter[str] = Counter(dict(db.execute("SELECT name, value FROM counter")))

    def write(self, more: Counter[str]) -> None:
        """Add, in the caller's transaction."""
        self._db.executemany(
            "INSERT INTO counter VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = value + excluded.value",
            list(more.items()),
        )
        self.values.update(more)


def group(counts: Mapping[str, int], prefix: str) -> dict[str, int]:
    """The counters `prefix.<name>`, by name."""
    return {name[len(prefix) + 1 :]: n for name, n in sorted(counts.items()) if name.startswith(prefix + ".")}
