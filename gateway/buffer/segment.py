"""One segment: an SQLite file. Only the newest is written to; the others are closed, and only read.

1. The promise hangs on WAL and synchronous=FULL: both are set, read back on the same connection, and refused if
   different.
2. locking_mode=EXCLUSIVE: one connection, one process. SQLite before 3.51.3 can lose commits where two connections
   race over a WAL reset; and two gateways on one buffer would answer for each other's scans.
3. A segment is made whole under another name, synced, renamed, and its folder synced: a file that is called a segment
   is one.
4. What one commit brings is one or a few `chunk`s: rows one after the other (row.py), under the id of the first. So a
   commit touches as few pages as SQLite allows; there is no index but the key.
5. Small pages: what a commit touches is written whole, and at a few scans a commit that is what counts.
"""

import sqlite3
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path

from gateway.buffer import quarantine, row, samples, state
from gateway.buffer.disk import sync_file, sync_folder
from gateway.buffer.errors import BufferFault, Connection
from gateway.buffer.index import Index

SCHEMA = 1
PAGE_BYTES = 512
WAL_BYTES = 1024 * 1024
CHUNK_BYTES = 16 * 1024
LOCAL_BYTES = PAGE_BYTES - 35
ENDING = ".seg"
MAKING = ".making"
SALVAGED = ".salvaged"
SUSPECT = ".suspect"
TABLES = (
    "CREATE TABLE chunk (id INTEGER PRIMARY KEY, data BLOB NOT NULL)",
    state.TABLE,
    quarantine.TABLE,
    *samples.TABLES,
)


def path_of(folder: Path, no: int) -> Path:
    return folder / f"{no:08d}{ENDING}"


def index_path_of(folder: Path, no: int) -> Path:
    return folder / f"{no:08d}.idx"


def beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def numbers(folder: Path, ending: str = ENDING) -> list[int]:
    """Of the segments that there are, rising."""
    names = (one.name.removesuffix(ending) for one in folder.iterdir() if one.name.endswith(ending))
    return sorted(int(name) for name in names if len(name) == 8 and name.isdigit())


def _connect(path: Path | str, *, uri: bool = False) -> sqlite3.Connection:
    # autocommit: transactions are begun by us, in words; no wait for a lock: nobody else may hold one
    return sqlite3.connect(
        path, isolation_level=None, timeout=0.0, uri=uri, check_same_thread=False, factory=Connection
    )


def configure(db: sqlite3.Connection) -> None:
    """Set what the connection to the newest segment must have, and read back what it has."""
    db.execute("PRAGMA locking_mode = EXCLUSIVE")
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    # A page that changes many times is carried over once: no checkpoint when idle, only when the log is full. The log
    # keeps its size and is written over; growing it again would cost the file system a journal commit at every sync.
    db.execute(f"PRAGMA wal_autocheckpoint = {WAL_BYTES // PAGE_BYTES:d}")
    db.execute("PRAGMA temp_store = MEMORY")
    db.execute("PRAGMA secure_delete = ON")
    db.execute("PRAGMA cache_size = -2048")
    db.execute("PRAGMA cell_size_check = ON")
    mode = db.execute("PRAGMA journal_mode").fetchone()[0]
    level = db.execute("PRAGMA synchronous").fetchone()[0]
    if mode != "wal" or level != 2:
        raise BufferFault("not_durable", f"journal_mode={mode}, synchronous={level}")


class Making:
    """A new segment at `path`, whole or not at all: fill `db`, then finish or give up."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._making = beside(path, MAKING)
        for leftover in (self._making, beside(self._making, "-journal"), beside(self._making, "-wal")):
            leftover.unlink(missing_ok=True)
        self.db = db = _connect(self._making)
        try:
            db.execute(f"PRAGMA page_size = {PAGE_BYTES:d}")
            # nobody ever reads it half made, and what is written over in it would only lie about on the disk
            db.execute("PRAGMA journal_mode = OFF")
            db.execute("PRAGMA synchronous = OFF")
            db.execute("PRAGMA secure_delete = ON")
            db.execute("BEGIN IMMEDIATE")
            for table in TABLES:
                db.execute(table)
        except BaseException:
            self.give_up()
            raise

    def finish(self) -> None:
        self.db.execute("COMMIT")
        self.db.close()
        self._making.chmod(0o600)
        sync_file(self._making)
        self._making.rename(self._path)
        sync_folder(self._path.parent)

    def give_up(self) -> None:
        self.db.close()
        with suppress(OSError):
            self._making.unlink(missing_ok=True)


def make(path: Path, fill: Callable[[sqlite3.Connection], None]) -> None:
    """All of that at once; `fill` writes what is in it."""
    making = Making(path)
    try:
        fill(making.db)
        making.finish()
    except BaseException:
        making.give_up()
        raise


def open_newest(path: Path) -> sqlite3.Connection:
    db = _connect(path)
    try:
        configure(db)
    except BaseException:
        db.close()
        raise
    return db


def settle_log(path: Path) -> None:
    """Carry a log that was left behind over into its file, and remove it."""
    with closing(_connect(path)) as db:
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA wal_checkpoint(PASSIVE)")


def open_closed(path: Path) -> sqlite3.Connection:
    """To be read. A file whose log could not be carried over is read with it."""
    log = beside(path, "-wal")
    how = "mode=ro" if log.exists() and log.stat().st_size else "mode=ro&immutable=1"
    if not path.exists():
        raise BufferFault("damaged", f"{path.name} is not there")
    db = _connect(f"file:{path}?{how}", uri=True)
    db.execute("PRAGMA cache_size = -512")
    return db


def open_finished(path: Path) -> sqlite3.Connection:
    """The newest, to be read where the disk has failed under it and takes no writes: what belongs to its log is in
    memory only. Nobody else has it open, so it needs no locks, which a disk that is read-only would refuse."""
    db = _connect(f"file:{path}?mode=ro&vfs=unix-none", uri=True)
    db.execute("PRAGMA locking_mode = EXCLUSIVE")
    return db


def has_head(path: Path) -> bool:
    """Whether SQLite may look at it: beside an empty file it deletes the log."""
    with path.open("rb") as file:
        head = file.read(18)
    return head[:16] == b"SQLite format 3\0" and int.from_bytes(head[16:18], "big") == PAGE_BYTES


def has_its_size(path: Path) -> bool:
    """Whether the file is as long as its header says: a cheap look at a file that nobody has written to."""
    with path.open("rb") as file:
        head = file.read(100)
    if len(head) < 100 or head[:16] != b"SQLite format 3\0":
        return False
    page_bytes = int.from_bytes(head[16:18], "big")
    pages = int.from_bytes(head[28:32], "big")
    return page_bytes == PAGE_BYTES and path.stat().st_size == pages * page_bytes


def chunks_of(packed: Sequence[bytes], first_id: int) -> Iterator[tuple[int, bytes]]:
    """(id of the first row, rows) of about CHUNK_BYTES each."""
    if sum(map(len, packed)) < LOCAL_BYTES:  # they share a page with others, each by itself
        yield from enumerate(packed, first_id)
        return
    start, size = 0, 0
    for at, one in enumerate(packed):
        size += len(one)
        if size >= CHUNK_BYTES or at + 1 == len(packed):
            yield first_id + start, b"".join(packed[start : at + 1])
            start, size = at + 1, 0


def write_chunks(db: sqlite3.Connection, packed: Sequence[bytes], first_id: int) -> None:
    for chunk in chunks_of(packed, first_id):
        db.execute("INSERT INTO chunk VALUES (?, ?)", chunk)


def rows_of(db: sqlite3.Connection, first_id: int, last_id: int) -> Iterator[tuple[int, bytes]]:
    """(id, packed row) from the chunk that holds `first_id` on; what is in place of a row that is not whole, too."""
    found = db.execute(
        "SELECT id, data FROM chunk WHERE id >= coalesce((SELECT max(id) FROM chunk WHERE id <= ?), 0) AND id <= ?"
        " ORDER BY id",
        (first_id, last_id),
    )
    for chunk_id, data in found:
        if not isinstance(data, bytes):
            continue
        for id_, one in enumerate(row.split(data), chunk_id):
            if first_id <= id_ <= last_id:
                yield id_, one


def read_ids(db: sqlite3.Connection, ids: Iterable[int]) -> dict[int, bytes]:
    """The packed rows of these ids, as far as they are there. Each chunk is read once."""
    found: dict[int, bytes] = {}
    chunk_id, pieces = 0, [b""][:0]
    for id_ in sorted(ids):
        if not pieces or not chunk_id <= id_ < chunk_id + len(pieces):
            got = db.execute("SELECT id, data FROM chunk WHERE id <= ? ORDER BY id DESC LIMIT 1", (id_,)).fetchone()
            if got is None or not isinstance(got[1], bytes):
                continue
            chunk_id, pieces = got[0], row.split(got[1])
        if chunk_id <= id_ < chunk_id + len(pieces):  # in a damaged tree the answer may be any key
            found[id_] = pieces[id_ - chunk_id]
    return found


class Closed:
    """A segment that is only read."""

    def __init__(self, folder: Path, no: int, first_id: int, last_id: int) -> None:
        self.no = no
        self.first_id = first_id
        self.last_id = last_id
        self.path = path_of(folder, no)
        self.index = Index(index_path_of(folder, no), first_id)
        self._db: sqlite3.Connection | None = None

    @property
    def db(self) -> sqlite3.Connection:
        if self._db is None:
            self._db = open_closed(self.path)
        return self._db

    def let_go(self) -> None:
        """Close the file and forget what was read; it is opened again when somebody asks."""
        if self._db is not None:
            self._db.close()
            self._db = None
            beside(self.path, "-shm").unlink(missing_ok=True)
        self.index.let_go()


class Shelf:
    """The closed segments, by their ids; at most OPEN of them have a connection."""

    OPEN = 3

    def __init__(self) -> None:
        self.all: list[Closed] = []
        self._open: list[Closed] = []

    def add(self, one: Closed) -> None:
        self.all.append(one)

    def at(self, id_: int) -> Closed | None:
        """The one that holds this id."""
        at = bisect_right([one.first_id for one in self.all], id_) - 1
        return self.all[at] if at >= 0 and id_ <= self.all[at].last_id else None

    def use(self, one: Closed) -> sqlite3.Connection:
        if one in self._open:
            self._open.remove(one)
        self._open.append(one)
        for old in self._open[: -self.OPEN]:
            old.let_go()
        self._open = self._open[-self.OPEN :]
        return one.db

    def drop(self, one: Closed) -> None:
        self.all.remove(one)
        self.let_go(one)

    def let_go(self, one: Closed) -> None:
        if one in self._open:
            self._open.remove(one)
        one.let_go()

    def close(self) -> None:
        for one in self._open:
            one.let_go()
        self._open.clear()


def remove(path: Path, index_path: Path) -> None:
    """A segment whose rows are all done: its index, then the whole file."""
    index_path.unlink(missing_ok=True)
    sync_folder(path.parent)
    for one in (path, beside(path, "-wal"), beside(path, "-shm")):
        one.unlink(missing_ok=True)
    sync_folder(path.parent)
