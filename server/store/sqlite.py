"""Everything that only SQLite needs: opening, settings, checks, and what its errors mean.

1. One connection writes and checkpoints, opened and used by one thread. SQLite before 3.51.3 can lose or damage data
   when two connections write or checkpoint a WAL at once; Debian 12 ships 3.40.1. A second connection reads: the file
   is opened read-only, so that it can do neither. A lock on a file beside the database keeps a second process out.
2. WAL and synchronous=FULL, asserted: COMMIT returns after the sync.
3. A new database is made under another name and renamed when it is whole. So a file that is there but empty, or that
   is gone while its WAL is there, is damage, and is never replaced by a new one.
4. A transaction that writes begins IMMEDIATE: whether the file can be written is known at its start.
5. Who reads sees one state throughout, and all that was committed before it began.
"""

import fcntl
import os
import sqlite3
from pathlib import Path
from typing import IO, cast
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry, StaticPool

from server.errors import TramError, Unavailable, Unusable

HEADER = b"SQLite format 3\x00"
CHECKPOINT_PAGES = 4000
WAL_KEPT_BYTES = 64 << 20
CACHE_KIB = 65_536
# in `Connection.info`: the next transaction only reads
READS = "reads"
# result code of SQLite (primary, that is the low byte) -> ours
CODES = {
    sqlite3.SQLITE_BUSY: "store_busy",
    sqlite3.SQLITE_LOCKED: "store_busy",
    sqlite3.SQLITE_FULL: "store_full",
    sqlite3.SQLITE_IOERR: "store_failed",
    sqlite3.SQLITE_READONLY: "store_failed",
    sqlite3.SQLITE_CANTOPEN: "store_failed",
    sqlite3.SQLITE_CORRUPT: "store_damaged",
    sqlite3.SQLITE_NOTADB: "store_damaged",
}


def lock(path: Path) -> IO[bytes]:
    """Keep every other process of ours out, until the file is closed. Raises `Unusable`: `store_in_use`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = path.with_suffix(".lock").open("ab")
    except OSError as err:
        raise Unusable("store_failed", f"{path.parent}: {err.strerror}") from err
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as err:
        handle.close()
        raise Unusable("store_in_use", f"another process works on {path}") from err
    return handle


def is_new(path: Path) -> bool:
    """Whether there is no database yet. Raises `Unusable`: `store_damaged` where there should be one."""
    wal = path.with_name(path.name + "-wal")
    if not path.exists():
        if wal.exists():
            raise Unusable("store_damaged", f"{path} is gone, but its WAL is there")
        return True
    with path.open("rb") as handle:
        if handle.read(len(HEADER)) != HEADER:
            raise Unusable("store_damaged", f"{path} is not a SQLite database")
    return False


def publish(made: Path, path: Path) -> None:
    """Give a database that was made under another name its own, durably."""
    os.rename(made, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def engine(path: Path, busy_timeout_ms: int) -> Engine:
    """An engine whose only connection belongs to the thread that connects first."""
    made = create_engine(
        f"sqlite:///{path}",
        poolclass=StaticPool,
        connect_args={"timeout": busy_timeout_ms / 1000},
        hide_parameters=True,  # they would stand in every error's text, and are the codes of people
    )
    event.listen(made, "connect", _prepare)
    event.listen(made, "begin", _begin)
    return made


def reader(path: Path, busy_timeout_ms: int) -> Engine:
    """An engine whose only connection can do nothing but read. While it is connected another one has to be, too."""
    address = f"file:{quote(str(path))}?mode=ro"
    made = create_engine(
        "sqlite://",
        creator=lambda: sqlite3.connect(address, timeout=busy_timeout_ms / 1000, uri=True),
        poolclass=StaticPool,
        hide_parameters=True,
    )
    event.listen(made, "connect", _prepare_reader)
    event.listen(made, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    return made


def _prepare_reader(connection: DBAPIConnection, entry: ConnectionPoolEntry) -> None:
    raw = cast(sqlite3.Connection, entry.driver_connection)
    raw.isolation_level = None
    for pragma in ("query_only = ON", "trusted_schema = OFF", "cell_size_check = ON", f"cache_size = -{CACHE_KIB}"):
        raw.execute("PRAGMA " + pragma).fetchall()


def _prepare(connection: DBAPIConnection, entry: ConnectionPoolEntry) -> None:
    raw = cast(sqlite3.Connection, entry.driver_connection)
    raw.isolation_level = None
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        "trusted_schema = OFF",
        "cell_size_check = ON",
        "secure_delete = ON",  # what is deleted is overwritten: it is who was where
        f"wal_autocheckpoint = {CHECKPOINT_PAGES}",
        f"journal_size_limit = {WAL_KEPT_BYTES}",
        f"cache_size = -{CACHE_KIB}",
    ):
        raw.execute("PRAGMA " + pragma).fetchall()
    mode = raw.execute("PRAGMA journal_mode").fetchone()[0]
    level = raw.execute("PRAGMA synchronous").fetchone()[0]
    if mode != "wal" or level != 2:
        raise Unusable("store_unsafe", f"journal_mode is {mode}, synchronous is {level}")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN" if connection.info.get(READS) else "BEGIN IMMEDIATE")


def check(connection: Connection) -> None:
    """Read the whole database. Raises `Unusable`: `store_damaged`."""
    found = connection.exec_driver_sql("PRAGMA quick_check(5)").scalars().all()
    if found != ["ok"]:
        raise Unusable("store_damaged", "; ".join(str(line) for line in found))


def checkpoint(connection: Connection) -> None:
    """Move what is in the WAL into the database file, as far as possible, and empty the WAL."""
    connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def wal_bytes(path: Path) -> int:
    """How large the WAL has grown."""
    try:
        return path.with_name(path.name + "-wal").stat().st_size
    except OSError:
        return 0


def explain(error: BaseException) -> TramError | None:
    """What an error of the database means to us; None where it is a mistake of our own."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    number = getattr(cause, "sqlite_errorcode", None)
    if number is None and isinstance(cause, sqlite3.DatabaseError) and "not a database" in str(cause):
        number = sqlite3.SQLITE_NOTADB
    code = CODES.get(number & 0xFF) if number is not None else None
    return Unavailable(code, str(cause)) if code else None
