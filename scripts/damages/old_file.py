"""The single file of earlier gateways, as one of them left it."""

import sqlite3
from binascii import crc32
from pathlib import Path

from scripts.damages.sample import BOOT, EPOCH, scan

SCHEMA = """
    CREATE TABLE record (id INTEGER PRIMARY KEY, stream INTEGER NOT NULL, seq INTEGER NOT NULL, boot INTEGER NOT NULL,
        mono_ms INTEGER NOT NULL, note TEXT, "check" INTEGER NOT NULL, record BLOB NOT NULL);
    CREATE TABLE stream (no INTEGER PRIMARY KEY, box_id TEXT NOT NULL, epoch TEXT NOT NULL, received TEXT NOT NULL,
        freed TEXT NOT NULL, first_held INTEGER NOT NULL, last_seq INTEGER NOT NULL, "check" INTEGER NOT NULL);
    CREATE TABLE answered (first_id INTEGER PRIMARY KEY, last_id INTEGER NOT NULL, since_ms INTEGER,
        "check" INTEGER NOT NULL);
    CREATE TABLE parked (id INTEGER PRIMARY KEY, reason TEXT NOT NULL);
    CREATE TABLE boot (no INTEGER PRIMARY KEY, boot TEXT NOT NULL UNIQUE, age_zero_ms INTEGER);
    CREATE TABLE quarantine (id INTEGER PRIMARY KEY, topic TEXT NOT NULL, reason TEXT NOT NULL, boot INTEGER NOT NULL,
        mono_ms INTEGER NOT NULL, length INTEGER NOT NULL, sha256 BLOB NOT NULL, payload BLOB NOT NULL);
    CREATE TABLE sample (id INTEGER PRIMARY KEY, box_id TEXT NOT NULL, epoch TEXT NOT NULL, boot INTEGER NOT NULL,
        uptime_ms INTEGER NOT NULL, gateway_boot TEXT NOT NULL, earliest_mono_ms INTEGER NOT NULL,
        latest_mono_ms INTEGER NOT NULL);
    CREATE TABLE anchor (id INTEGER PRIMARY KEY, gateway_boot TEXT NOT NULL, mono_ms INTEGER NOT NULL,
        earliest_ms INTEGER NOT NULL, latest_ms INTEGER NOT NULL);
    CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
"""


def old_file(path: Path, rows: int) -> None:
    """One box's scans 1…rows, of which 40 are delivered and gone."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.executescript(SCHEMA)
    db.execute("BEGIN")
    db.execute("INSERT INTO boot VALUES (1, ?, 0)", (BOOT,))
    db.execute("INSERT INTO stream VALUES (1, 'box-1', ?, ?, '1-40', 1, ?, 0)", (EPOCH, f"1-{rows}", rows))
    for seq in range(41, rows + 1):
        data = scan("box-1", seq, b"old %d" % seq)
        db.execute("INSERT INTO record VALUES (?, 1, ?, 1, 7, NULL, ?, ?)", (seq, seq, crc32(b""), data))
    db.execute("INSERT INTO answered VALUES (1, 40, NULL, 0)")
    db.execute("INSERT INTO counter VALUES ('batch_no', 77)")
    db.execute("COMMIT")
    db.close()
