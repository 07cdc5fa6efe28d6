"""Messages and records that nobody can be asked about: kept sealed, with their reason, counted, bounded.

1. At most KEEP_BYTES of a payload are kept, with its full length. It is sealed before it is written.
2. The payloads together stay below a limit; beyond it a message is counted and not kept, so that nobody can fill the
   disk.
3. Nothing in here is sent anywhere, retried, or thrown away: before a segment goes, what it holds of these is carried
   into the newest, in steps of CARRY_BYTES.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from gateway.buffer.types import Quarantined, Sealer

KEEP_BYTES = 65_536
# What a row costs beside its payload, so that empty messages are bounded too.
ROW_BYTES = 128
CARRY_BYTES = 256 * 1024

TABLE = """
    CREATE TABLE quarantine (id INTEGER PRIMARY KEY, topic TEXT NOT NULL, reason TEXT NOT NULL, boot TEXT NOT NULL,
        mono_ms INTEGER NOT NULL, length INTEGER NOT NULL, payload BLOB NOT NULL)
"""
COLUMNS = "id, topic, reason, boot, mono_ms, length, payload"
_PUT = "INSERT OR IGNORE INTO quarantine VALUES (?, ?, ?, ?, ?, ?, ?)"


class Item(NamedTuple):
    topic: str
    reason: str
    boot: str
    mono_ms: int
    payload: bytes


def size(db: sqlite3.Connection) -> int:
    total = "SELECT coalesce(sum(length(payload) + ?), 0) FROM quarantine"
    return int(db.execute(total, (ROW_BYTES,)).fetchone()[0])


def newest(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT coalesce(max(id), 0) FROM quarantine").fetchone()[0])


def newest_of(db: sqlite3.Connection, limit: int) -> list[tuple[int, Quarantined]]:
    found = db.execute(
        "SELECT id, boot, mono_ms, topic, reason, length FROM quarantine ORDER BY id DESC LIMIT ?", (limit,)
    )
    return [(row[0], Quarantined(*row[1:])) for row in found]


class Quarantine:
    def __init__(self, limit_bytes: int, held_bytes: int, last_id: int) -> None:
        self._limit_bytes = limit_bytes
        self._bytes = held_bytes
        self._last_id = last_id

    def write(self, db: sqlite3.Connection, items: Iterable[Item], sealer: Sealer, counts: Counter[str]) -> int:
        """Write what there is room for, in the caller's transaction; count what is dropped -> bytes taken."""
        taken = 0
        for n, item in enumerate(items, 1):
            kept = item.payload[:KEEP_BYTES]
            if self._bytes + taken + len(kept) + ROW_BYTES > self._limit_bytes:
                counts["quarantine_dropped"] += 1
                continue
            taken += len(kept) + ROW_BYTES
            sealed = sealer.quarantine(kept, item.boot, item.mono_ms)
            values = item.topic[:256], item.reason, item.boot, item.mono_ms, len(item.payload), sealed
            db.execute(_PUT, (self._last_id + n, *values))
        return taken

    def keep(self, taken: int, count: int) -> None:
        """What write() did is committed."""
        self._bytes += taken
        self._last_id += count


def carry(source: sqlite3.Connection, target: sqlite3.Connection) -> bool:
    """Copy some of what `target` does not have yet, in the caller's transaction -> whether that was all."""
    copied = 0
    for row in source.execute(f"SELECT {COLUMNS} FROM quarantine ORDER BY id"):  # noqa: S608 - names of ours
        if target.execute("SELECT 1 FROM quarantine WHERE id = ?", (row[0],)).fetchone() is None:
            target.execute(_PUT, row)
            copied += len(row[6]) + ROW_BYTES
            if copied > CARRY_BYTES:
                return False
    return True
