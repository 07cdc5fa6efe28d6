"""Messages and records that nobody can be asked about: kept with their reason, counted, bounded.

1. At most KEEP_BYTES of a payload are kept, with its full length and SHA-256.
2. The payloads together stay below a limit; beyond it a message is counted and not kept, so that nobody can fill the
   disk.
3. Nothing in here is sent anywhere, retried, or thrown away.
"""

import hashlib
import sqlite3
from collections import Counter
from typing import NamedTuple

KEEP_BYTES = 65_536
# What a row costs beside its payload, so that empty messages are bounded too.
ROW_BYTES = 128


class Row(NamedTuple):
    topic: str
    reason: str
    boot_no: int
    mono_ms: int
    payload: bytes


class Quarantine:
    def __init__(self, db: sqlite3.Connection, limit_bytes: int) -> None:
        self._db = db
        self._limit_bytes = limit_bytes
        self._bytes: int = db.execute(
            "SELECT coalesce(sum(length(payload) + ?), 0) FROM quarantine", (ROW_BYTES,)
        ).fetchone()[0]

    def write(self, rows: list[Row], counts: Counter[str]) -> None:
        """Write what there is room for, in the caller's transaction; count what is dropped."""
        for row in rows:
            kept = row.payload[:KEEP_BYTES]
            if self._bytes + len(kept) + ROW_BYTES > self._limit_bytes:
                counts["quarantine_dropped"] += 1
                continue
            self._bytes += len(kept) + ROW_BYTES
            digest = hashlib.sha256(row.payload).digest()
            self._db.execute(
                "INSERT INTO quarantine (topic, reason, boot, mono_ms, length, sha256, payload)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (row.topic[:256], row.reason, row.boot_no, row.mono_ms, len(row.payload), digest, kept),
            )
