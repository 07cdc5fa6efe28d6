"""Whole rows found in the raw pages of a file and its log, wherever they lie: a row has its own length and checksum.

1. A chunk's rows lie one after the other, in a page of the table or in a chain of overflow pages: each of those begins
   with the number of the next, and nearly always that is the page that follows. A row that goes on in another page is
   put together by both.
2. The log holds older copies of pages, too. Rows never change in place, so any copy of a row is right.
3. A page in the log bears its number in the head of its frame, with a check of both. Where that check is wrong, the
   number may be: such a page is tried wherever one of a row's pages is not found by number, once for each row.
What is carved is an envelope: nothing in it is in the clear.
"""

import re
import sys
from array import array
from collections.abc import Iterator

from gateway.buffer import row

LOG_HEAD_BYTES = 32
FRAME_HEAD_BYTES = 24
TRIES = 2_000
"""So many ways of putting a row together are tried."""
_COPIES = 4
_DOUBTFUL = 128
_POINTER = re.compile(b"(?=(\\0...))", re.DOTALL)
"""No file here has more than 2^24 pages."""
_KIND = re.compile(b"[\xb1\xb2\xb3]")


def in_bytes(data: bytes) -> Iterator[bytes]:
    """Whole rows in bytes that belong together, such as a chunk of which a part is broken."""
    for hit in _KIND.finditer(data):
        start = hit.start()
        one = data[start : start + int.from_bytes(data[start + 1 : start + 3], "big")]
        if row.is_whole(one):
            yield one


class Pages:
    """The pages of a file and of its log, by number."""

    def __init__(self, file: bytes, log: bytes, page_bytes: int) -> None:
        self._file = file
        self._size = page_bytes
        self._log = log
        self._frames: dict[int, list[int]] = {}
        self._doubtful: list[int] = []
        step = page_bytes + FRAME_HEAD_BYTES
        for at in range(LOG_HEAD_BYTES, len(log), step):
            self._frames.setdefault(int.from_bytes(log[at : at + 4], "big"), []).append(at + FRAME_HEAD_BYTES)
            if len(self._doubtful) < _DOUBTFUL and not _is_checked(log, at, page_bytes):
                self._doubtful.append(at + FRAME_HEAD_BYTES)
        # a number that was hit is far beyond all: a file and its log have no more pages than this
        self._top = (len(file) + len(log)) // page_bytes + 1

    def rows(self) -> Iterator[bytes]:
        size = self._size
        for no, at in enumerate(range(0, len(self._file), size), 1):
            yield from self._in_page(no, self._file[at : at + size])
        for no, places in self._frames.items():
            for at in places:
                yield from self._in_page(no, self._log[at : at + size])

    def _in_page(self, no: int, page: bytes) -> Iterator[bytes]:
        pointers: list[tuple[int, int]] | None = None
        for hit in _KIND.finditer(page):
            start = hit.start()
            length = int.from_bytes(page[start + 1 : start + row.HEAD_BYTES], "big")
            is_length = row.LEAST_BYTES <= length <= row.MOST_BYTES
            one = page[start : start + length]
            if is_length and len(one) == length and row.is_whole(one):
                yield one
                continue
            if pointers is None:
                pointers = self._pointers(page)
            # where that is no length, the row may go on elsewhere before its length has come
            end = len(page) if is_length else start + row.HEAD_BYTES - 1
            found = self._put_together(no, page, start, end, pointers)
            if found is not None:
                yield found

    def _pointers(self, page: bytes) -> list[tuple[int, int]]:
        """Where in a page of the table the number of a page stands, perhaps."""
        found = ((hit.start(), int.from_bytes(hit[1], "big")) for hit in _POINTER.finditer(page, 8))
        return [(at, to) for at, to in found if 1 < to <= self._top]

    def _put_together(
        self, no: int, page: bytes, start: int, end: int, pointers: list[tuple[int, int]]
    ) -> bytes | None:
        """A row that begins at `start` and goes on elsewhere from `end` at the latest."""
        ways = [(page[start:at], to) for at, to in pointers if start < at <= end]
        if end >= len(page) - 1:
            ways += [(page[start:], int.from_bytes(page[:4], "big")), (page[start:], no + 1)]
        for may_doubt in (False, True) if self._doubtful else (False,):
            self._tries = TRIES
            for part, to in ways:
                found = self._go_on(part, to, may_doubt)
                if found is not None:
                    return found
        return None

    def _go_on(self, part: bytes, no: int, may_doubt: bool) -> bytes | None:
        """`may_doubt`: one of the pages may be any whose number is not to be trusted."""
        found = self._by_pages(part, no, self._copies(no), may_doubt)
        if found is None and may_doubt:
            found = self._by_pages(part, no, (self._log[at : at + self._size] for at in self._doubtful), False)
        return found

    def _by_pages(self, part: bytes, no: int, pages: Iterator[bytes], may_doubt: bool) -> bytes | None:
        for page in pages:
            self._tries -= 1
            if self._tries < 0:
                return None
            longer = part + page[4:]
            length = int.from_bytes(longer[1:3], "big")
            if not row.LEAST_BYTES <= length <= row.MOST_BYTES:
                continue
            if len(longer) >= length:
                if row.is_whole(longer[:length]):
                    return longer[:length]
                continue
            if len(page) < self._size:
                continue  # the end of a file that was cut
            for to in dict.fromkeys((int.from_bytes(page[:4], "big"), no + 1)):
                found = self._go_on(longer, to, may_doubt)
                if found is not None:
                    return found
        return None

    def _copies(self, no: int) -> Iterator[bytes]:
        at = (no - 1) * self._size
        if 0 <= at < len(self._file):
            yield self._file[at : at + self._size]
        for place in self._frames.get(no, ())[-_COPIES:]:
            yield self._log[place : place + self._size]


def _is_checked(log: bytes, at: int, page_bytes: int) -> bool:
    """Whether the frame at `at` fits the check in its head, which goes on from that of the frame before."""
    order = "big" if log[3] & 1 else "little"
    before = at - page_bytes - 8 if at > LOG_HEAD_BYTES else at - 8
    first, second = int.from_bytes(log[before : before + 4], "big"), int.from_bytes(log[before + 4 : before + 8], "big")
    frame = log[at : at + FRAME_HEAD_BYTES + page_bytes]
    if len(frame) < FRAME_HEAD_BYTES + page_bytes:
        return False
    words = array("I", frame[:8] + frame[FRAME_HEAD_BYTES:])
    if order != sys.byteorder:
        words.byteswap()
    for n in range(0, len(words) - 1, 2):
        first = (first + words[n] + second) & 0xFFFFFFFF
        second = (second + words[n + 1] + first) & 0xFFFFFFFF
    return frame[16:24] == first.to_bytes(4, "big") + second.to_bytes(4, "big")
