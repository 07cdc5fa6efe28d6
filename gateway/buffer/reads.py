"""Rows looked up by id or by identity, in whichever segment they are.

1. Which numbers a closed segment has is summed up from its index the first time that somebody asks: 1.3 us a row here,
   seconds where a week is waiting. So it is done SUMMED_ROWS at a time, in a put that meets a number again and in every
   tend(), newest first.
2. Until that is over, a number that only an older segment knows is not found: what came again becomes a further row,
   and the server decides.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from itertools import groupby

from gateway.buffer import carve, row, segment
from gateway.buffer.errors import BufferFault, fault_of
from gateway.buffer.files import Files
from gateway.buffer.row import Row
from gateway.buffer.segment import Closed

SUMMED_ROWS = 10_000
STEP_ROWS = 1_000
ALWAYS_ASKED = 2
"""So many closed segments are looked through even before they are summed up."""


class Reads:
    def __init__(self, files: Files) -> None:
        self._files = files
        self._may_sum = 0

    def _where(self, id_: int) -> Closed | None:
        return None if id_ >= self._files.first_id and self._files.db is not None else self._files.shelf.at(id_)

    def _db(self, closed: Closed | None) -> sqlite3.Connection:
        if closed is not None:
            return self._files.shelf.use(closed)
        if self._files.db is None:
            # finished: what is in it is read like a closed one's
            return segment.open_finished(self._files.path)
        return self._files.db

    def rows(self, ids: Iterable[int], *, all_are_there: bool = True) -> dict[int, Row | None]:
        """The rows of these ids. Raises BufferFault `damaged` where one is not there as it was written: the row may
        be whole and lie where the file does not lead any more, behind a key or a page's number that was hit, so none is
        given up before its file has been salvaged. Where not all are there, None stands for one that is not whole.
        """
        found: dict[int, Row | None] = {}
        for closed, some in groupby(sorted(ids), self._where):
            wanted = list(some)
            with _naming(self._files, closed):
                packed = _read(self._db(closed), wanted)
                for id_ in wanted:
                    one = row.unpack(packed.get(id_, b""))
                    if one is None or one.id != id_:
                        if all_are_there:
                            raise BufferFault("damaged", f"row {id_} is not where and as it was written")
                        one = None
                    found[id_] = one
        return found

    def find(self, stream: int, seq: int) -> list[Row]:
        """The rows of this identity that can be read: every one, once all indexes are summed up (rule 2)."""
        self._sum_up()
        ids: list[int] = []
        for n, closed in enumerate(reversed(self._files.shelf.all)):
            if n < ALWAYS_ASKED or closed.index.is_summed_up:
                ids += closed.index.find(stream, seq)
        return self._found(ids, stream, seq)

    def find_all(self, stream: int, seq: int) -> list[Row]:
        """Every one now, however long that takes."""
        ids: list[int] = []
        for closed in self._files.shelf.all:
            closed.index.sum_up()
            ids += closed.index.find(stream, seq)
        return self._found(ids, stream, seq)

    def _found(self, ids: list[int], stream: int, seq: int) -> list[Row]:
        if self._files.index is not None:
            ids += self._files.index.index.find(stream, seq)
        there = self.rows(ids, all_are_there=False).values() if ids else ()
        return [one for one in there if one is not None and (one.stream, one.seq) == (stream, seq)]

    def allow(self) -> None:
        """From here on so many rows may be summed up."""
        self._may_sum = SUMMED_ROWS

    def _sum_up(self) -> None:
        for closed in reversed(self._files.shelf.all):
            while not closed.index.is_summed_up:
                if self._may_sum <= 0:
                    return
                closed.index.sum_up(STEP_ROWS)
                self._may_sum -= min(STEP_ROWS, closed.last_id - closed.first_id + 1)

    def tend(self) -> None:
        """A step of summing up."""
        self.allow()
        self._sum_up()

    def each(self, after_id: int, last_id: int) -> Iterator[Row]:
        """Every whole row after an id, rising."""
        spans: list[tuple[Closed | None, int, int]] = [
            (one, one.first_id, one.last_id) for one in self._files.shelf.all
        ]
        spans.append((None, self._files.first_id, last_id))
        for closed, first, last in spans:
            first, last = max(first, after_id + 1), min(last, last_id)
            if last < first:
                continue
            with _naming(self._files, closed):
                for id_, packed in segment.rows_of(self._db(closed), first, last):
                    one = row.unpack(packed)
                    if one is not None and one.id == id_:
                        yield one


def _read(db: sqlite3.Connection, ids: list[int]) -> dict[int, bytes]:
    packed = segment.read_ids(db, ids)
    broken = [id_ for id_ in ids if id_ not in packed or not row.is_whole(packed[id_])]
    if broken:
        # a length that is wrong hides the rows behind it
        packed.update(_rescue(db, broken))
    return packed


def _rescue(db: sqlite3.Connection, ids: list[int]) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    for id_ in ids:
        got = db.execute("SELECT id, data FROM chunk WHERE id <= ? ORDER BY id DESC LIMIT 1", (id_,)).fetchone()
        if got is None or not isinstance(got[1], bytes):
            continue
        after = db.execute("SELECT min(id) FROM chunk WHERE id > ?", (got[0],)).fetchone()[0]
        if id_ - got[0] > len(got[1]) // row.LEAST_BYTES or (after is not None and id_ >= after):
            continue
        found[id_] = b""
        for one in carve.in_bytes(got[1]):
            made = row.unpack(one)
            if made is not None and made.id == id_:
                found[id_] = one
    return found


class _naming:
    """What SQLite cannot read makes the segment a suspect: the next opening salvages it."""

    def __init__(self, files: Files, closed: Closed | None) -> None:
        self._path = files.path if closed is None else closed.path

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: object, _trace: object) -> None:
        if isinstance(error, (sqlite3.Error, OSError)):
            fault = fault_of(error)
        elif isinstance(error, BufferFault):
            fault = error
        else:
            return
        if fault.code == "damaged":
            segment.beside(self._path, segment.SUSPECT).touch()
        raise fault
