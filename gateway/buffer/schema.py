"""How the file is opened and what is in it.

1. The promise hangs on WAL and synchronous=FULL: both are set, read back on the same connection, and refused if
   different.
2. locking_mode=EXCLUSIVE: one connection, one process. SQLite before 3.51.3 can lose commits where two connections
   race over a WAL reset; and two gateways on one buffer would answer for each other's scans.
3. Migrations are numbered; each runs in one transaction with the row that records it. A number from the future is
   refused.
4. No index on `record`: appending to one end of one table writes the fewest pages. `place` is the index, filled in
   bulk (places.py). `check` is a CRC-32 over the row's other values: SQLite does not notice a bit that flips inside a
   row.
"""

import errno
import os
import sqlite3
from binascii import crc32
from pathlib import Path

from gateway.buffer.errors import BufferFault

MIGRATIONS: tuple[tuple[int, str], ...] = (
    (
        1,
        """
        CREATE TABLE record (id INTEGER PRIMARY KEY, stream INTEGER NOT NULL, seq INTEGER NOT NULL, boot INTEGER NOT
        NULL,
            mono_ms INTEGER NOT NULL, note TEXT, "check" INTEGER NOT NULL, record BLOB NOT NULL);
        CREATE TABLE place (stream INTEGER NOT NULL, seq INTEGER NOT NULL, id INTEGER NOT NULL,
            PRIMARY KEY (stream, seq, id)) WITHOUT ROWID;
        CREATE TABLE stream (no INTEGER PRIMARY KEY, box_id TEXT NOT NULL, epoch TEXT NOT NULL, received TEXT NOT
        NULL,
            freed TEXT NOT NULL, first_held INTEGER NOT NULL, last_seq INTEGER NOT NULL, "check" INTEGER NOT NULL);
        CREATE TABLE answered (first_id INTEGER PRIMARY KEY, last_id INTEGER NOT NULL, since_ms INTEGER,
            "check" INTEGER NOT NULL);
        CREATE TABLE parked (id INTEGER PRIMARY KEY, reason TEXT NOT NULL);
        CREATE TABLE boot (no INTEGER PRIMARY KEY, boot TEXT NOT NULL UNIQUE, age_zero_ms INTEGER);
        CREATE TABLE quarantine (id INTEGER PRIMARY KEY, topic TEXT NOT NULL, reason TEXT NOT NULL, boot INTEGER NOT
        NULL,
            mono_ms INTEGER NOT NULL, length INTEGER NOT NULL, sha256 BLOB NOT NULL, payload BLOB NOT NULL);
        CREATE TABLE sample (id INTEGER PRIMARY KEY, box_id TEXT NOT NULL, epoch TEXT NOT NULL, boot INTEGER NOT NULL,
            uptime_ms INTEGER NOT NULL, gateway_boot TEXT NOT NULL, earliest_mono_ms INTEGER NOT NULL,
            latest_mono_ms INTEGER NOT NULL);
        CREATE TABLE anchor (id INTEGER PRIMARY KEY, gateway_boot TEXT NOT NULL, mono_ms INTEGER NOT NULL,
            earliest_ms INTEGER NOT NULL, latest_ms INTEGER NOT NULL);
        CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
        INSERT INTO counter VALUES ('folded_to', 0), ('batch_no', 0);
        CREATE TABLE damage (id INTEGER PRIMARY KEY, report TEXT NOT NULL);
        """,
    ),
)

# What puts arrive through: one statement does a whole put, since every statement hands the interpreter's lock to the
# MQTT thread and may have to wait long to get it back. `rows` is JSON, one [stream, seq, boot, mono_ms, note, check,
# at, length] for each record, which is `length` bytes of `records` from `at` (counted from 1).
PUT_TRIGGER = """
    CREATE TEMP VIEW arrivals AS SELECT NULL AS first_id, NULL AS rows, NULL AS records, NULL AS streams;
    CREATE TEMP TRIGGER put INSTEAD OF INSERT ON arrivals BEGIN
        INSERT INTO record SELECT NEW.first_id + key, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4,
            value ->> 5, substr(NEW.records, value ->> 6, value ->> 7) FROM json_each(NEW.rows);
        INSERT INTO stream SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5,
            value ->> 6, value ->> 7 FROM json_each(NEW.streams) WHERE true
            ON CONFLICT (no) DO UPDATE SET received = excluded.received, freed = excluded.freed,
                first_held = excluded.first_held, last_seq = excluded.last_seq, "check" = excluded."check";
    END;
"""


def check_of(*values: object) -> int:
    """The checksum of a row over its values, in the order of the columns."""
    return crc32(repr(values).encode())


def configure(db: sqlite3.Connection, page_bytes: int, wal_bytes: int, max_bytes: int) -> None:
    """Set what this connection must have, and read back what it has."""
    db.execute(f"PRAGMA page_size = {page_bytes:d}")
    db.execute("PRAGMA locking_mode = EXCLUSIVE")
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    page = db.execute("PRAGMA page_size").fetchone()[0]
    # A page that changes many times is carried over once: no checkpoint when idle, only when the log is full. The log
    # keeps its size and is written over; growing it again would cost the file system a journal commit at every sync.
    db.execute(f"PRAGMA wal_autocheckpoint = {max(16, wal_bytes // page):d}")
    db.execute(f"PRAGMA journal_size_limit = {2 * wal_bytes:d}")
    db.execute("PRAGMA temp_store = MEMORY")
    db.execute("PRAGMA cache_size = -8192")
    db.execute("PRAGMA cell_size_check = ON")
    mode = db.execute("PRAGMA journal_mode").fetchone()[0]
    level = db.execute("PRAGMA synchronous").fetchone()[0]
    if mode != "wal" or level != 2:
        raise BufferFault("not_durable", f"journal_mode={mode}, synchronous={level}")
    if max_bytes:
        db.execute(f"PRAGMA max_page_count = {max(16, max_bytes // page):d}")


def check_migrations(db: sqlite3.Connection) -> bool:
    """Whether the file has the newest schema. Raises BufferFault for one that is newer still."""
    if db.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'migration'").fetchone()[0] == 0:
        return False
    done = _done(db)
    known = {number for number, _ in MIGRATIONS}
    if done - known:
        raise BufferFault("newer_schema", f"the file has migration {max(done)}, this gateway knows {max(known)}")
    return done == known


def _done(db: sqlite3.Connection) -> set[int]:
    rows = db.execute('SELECT number, "check" FROM migration').fetchall()
    if any(check != check_of(number) for number, check in rows):
        # not from the future, but not as it was written
        raise BufferFault("damaged", "the list of migrations is not as it was written")
    return {number for number, _ in rows}


def migrate(db: sqlite3.Connection) -> None:
    """Bring the file to the newest schema."""
    db.execute('CREATE TABLE IF NOT EXISTS migration (number INTEGER PRIMARY KEY, "check" INTEGER NOT NULL)')
    check_migrations(db)
    done = _done(db)
    for number, script in MIGRATIONS:
        if number not in done:
            # the numbers are ours, not from outside
            record = f"INSERT INTO migration VALUES ({number:d}, {check_of(number):d});"  # noqa: S608
            db.executescript(f"BEGIN IMMEDIATE; {script} {record} COMMIT;")


def fault_of(error: Exception) -> BufferFault:
    """SQLite's and the system's errors by our codes."""
    text = str(error)
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL or (isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)):
        return BufferFault("disk_full", text)
    # a constraint that does not hold, a value of the wrong type: we write neither, so the file is not as it was written
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH):
        return BufferFault("damaged", text)
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return BufferFault("in_use", text)
    if isinstance(error, sqlite3.ProgrammingError):
        return BufferFault("closed", text)
    return BufferFault("io", text)


def sync_folder(folder: Path) -> None:
    """A file that was made or renamed is there after a power cut only once its folder is synced."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
