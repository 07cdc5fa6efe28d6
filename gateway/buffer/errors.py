"""What can go wrong in the buffer, by a stable code.

| code           | whose fault, and what follows                                                                    |
|----------------|--------------------------------------------------------------------------------------------------|
| `disk_full`    | no room: nothing of this call was kept; works again once there is room                           |
| `io`           | the disk failed to read, write or sync: nothing of this call was kept, stop acknowledging        |
| `damaged`      | a file turned out unreadable while it was in use: open again, which salvages it                  |
| `in_use`       | another process has this buffer open                                                             |
| `copied`       | the folder was made on another machine; `python -m gateway adopt` says that this is now the one  |
| `newer_schema` | written by a newer gateway: refused, untouched                                                   |
| `not_durable`  | SQLite did not take the settings that the promise needs (WAL, synchronous=FULL)                  |
| `closed`       | used after close                                                                                 |
"""

import errno
import sqlite3
from typing import Any


class BufferFault(Exception):
    """A failure of the buffer; `code` is stable, `detail` is for people."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


def fault_of(error: Exception) -> BufferFault:
    """SQLite's and the system's errors by our codes."""
    text = str(error)
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL or (isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)):
        return BufferFault("disk_full", text)
    # a constraint that does not hold, a value of the wrong type: we write neither, so the file is not as it was written
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH):
        return BufferFault("damaged", text)
    if text.startswith(("no such table", "no such column", "malformed", "unsupported file format", "Could not decode")):
        return BufferFault("damaged", text)
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return BufferFault("in_use", text)
    if isinstance(error, sqlite3.ProgrammingError):
        return BufferFault("closed", text)
    return BufferFault("io", text)


class Connection(sqlite3.Connection):
    """What SQLite says of a damaged schema may quote its bytes, and then the message itself cannot be decoded."""

    def execute(self, *args: Any) -> sqlite3.Cursor:
        try:
            return super().execute(*args)
        except UnicodeDecodeError as err:
            error = sqlite3.DatabaseError("malformed database schema")
            raise error from err
