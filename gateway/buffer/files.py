"""The segments of a folder: the newest, which is written to, and the shelf of closed ones.

1. A turn makes the next segment whole before the old one is let go. A crash in between leaves an old one with a log:
   it is carried over at the next opening.
2. The log's blocks go on as the next segment's log: nothing that was written in it is left on the disk where nobody
   could wipe it any more.
3. A segment that the disk failed under is finished: it is closed as far as that goes, and read as it is.
"""

import os
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from gateway.buffer import index, segment, state
from gateway.buffer.disk import sync_folder, wipe
from gateway.buffer.mark import Mark
from gateway.buffer.memory import Span
from gateway.buffer.segment import Closed, Shelf
from gateway.buffer.state import Entries

OLD_LOG = ".old-wal"


def head(no: int, first_id: int, began_ms: int) -> str:
    return state.dump({"schema": segment.SCHEMA, "no": no, "first_id": first_id, "began_ms": began_ms})


class Files:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.shelf = Shelf()
        self.no = 0
        self.first_id = 1
        self.began_ms = 0
        self.db: sqlite3.Connection | None = None
        """None: the last one is finished, and there is no next one yet."""
        self.index: index.Writer | None = None
        self.mark: Mark | None = None
        self._closed_bytes = 0
        self.unwritten_log_bytes = 0

    @property
    def path(self) -> Path:
        return segment.path_of(self.folder, self.no)

    def open(self, no: int, first_id: int, began_ms: int) -> sqlite3.Connection:
        """The newest; its file is there."""
        self.no, self.first_id, self.began_ms = no, first_id, began_ms
        self.db = segment.open_newest(self.path)
        self.index = index.Writer(segment.index_path_of(self.folder, no), first_id)
        self.mark = self.mark or Mark(self.folder)
        return self.db

    def put_aside(self, span: Span) -> Closed:
        one = Closed(self.folder, *span)
        self.shelf.add(one)
        with suppress(OSError):
            self._closed_bytes += one.path.stat().st_size
        return one

    def spans(self) -> list[Span]:
        return [(one.no, one.first_id, one.last_id) for one in self.shelf.all]

    def turn(
        self, last_id: int, now_ms: int, entries: Entries, copy: Callable[[sqlite3.Connection | None], "Fill"]
    ) -> None:
        """Begin the next segment. Raises what SQLite and the system raise; then the old one goes on."""
        no, first_id = self.no + 1, last_id + 1
        spans = [*self.spans(), (self.no, self.first_id, last_id)]
        own = {"head": head(no, first_id, now_ms), "segments": state.dump(spans)}
        fill = copy(self.db)

        def fill_in(db: sqlite3.Connection) -> None:
            state.write(db, entries | own)
            fill(db)

        segment.make(segment.path_of(self.folder, no), fill_in)
        log = self._close_newest(wipes=False)
        old = self.no, self.first_id, last_id
        self.no, self.first_id, self.began_ms = no, first_id, now_ms
        self.put_aside(old)
        if log is not None:
            self._hand_on(log)
        self.open(no, first_id, now_ms)

    def _hand_on(self, log: Path) -> None:
        """The old log becomes the new one's, without its beginning: SQLite takes it for empty."""
        try:
            handle = os.open(log, os.O_WRONLY)
            try:
                os.pwrite(handle, bytes(32), 0)
                os.fsync(handle)
            finally:
                os.close(handle)
            log.rename(segment.beside(self.path, "-wal"))
            sync_folder(self.folder)
        except OSError:
            log.unlink(missing_ok=True)

    def finish(self) -> None:
        """The disk has failed under the newest: nothing is written to it any more."""
        self._close_newest(wipes=False, keeps=False)

    def _close_newest(self, *, wipes: bool, keeps: bool = True) -> Path | None:
        """Close the newest; -> its log, if that was carried over and is to be kept for the next."""
        db, self.db = self.db, None
        if self.index is not None:
            self.index.close()
            self.index = None
        if db is None:
            return None
        log, old = segment.beside(self.path, "-wal"), segment.beside(self.path, OLD_LOG)
        with suppress(OSError):
            old.unlink(missing_ok=True)
            if keeps and log.exists():
                os.link(log, old)
        with suppress(sqlite3.Error):
            db.close()
        try:
            if not old.exists():
                return None
            if log.exists():  # it could not be carried over
                old.unlink()
                return None
            if not wipes:
                return old
            wipe(old)
        except OSError:
            return None
        return None

    def checkpoint(self) -> None:
        """Carry the log over into the file. Raises sqlite3.Error where the disk fails: the file is finished then."""
        if self.db is not None:
            self.db.execute("PRAGMA wal_checkpoint(PASSIVE)")
        self.unwritten_log_bytes = 0

    def close_newest(self) -> None:
        """Close it for a while; its log is written over."""
        self._close_newest(wipes=True)

    def close(self) -> None:
        self.shelf.close()
        self._close_newest(wipes=True)
        if self.mark is not None:
            self.mark.close()
            self.mark = None

    def drop(self, one: Closed) -> None:
        """A whole segment goes."""
        with suppress(OSError):
            self._closed_bytes -= one.path.stat().st_size
        self.shelf.drop(one)
        segment.remove(one.path, one.index.path)

    def newest_bytes(self) -> int:
        if self.db is None:
            return 0
        return int(self.db.execute("PRAGMA page_count").fetchone()[0]) * segment.PAGE_BYTES

    def sizes(self) -> tuple[int, int]:
        """(bytes of all segments, bytes of the log)"""
        return self._closed_bytes + _size(self.path), _size(segment.beside(self.path, "-wal"))


Fill = Callable[[sqlite3.Connection], None]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
