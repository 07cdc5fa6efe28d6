"""Rows that are gone: their numbers are declared lost, and asked for again with the next ack, for a box may still have
them.

1. Which number a row had, its index entry says. Where that cannot be read either, nobody knows: `gone_unknown`.
2. A number that another row of the same identity still has is not gone.
3. The id of a row that is gone counts as answered: nobody claims it again.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from firmware.wire.record import Lost, encode_lost
from firmware.wire.spans import Spans
from gateway.buffer.index import MAX_EXTENT, Entry

MAX_DECLARED = 1000
REASON = "gateway_disk"
Declarations = list[tuple[int, int, bytes]]


class Gone(NamedTuple):
    spans: dict[int, Spans]
    """Stream -> the numbers that are gone."""
    is_unknown: bool


def gone(entries: Iterable[Entry | None], is_there: Callable[[int, int], bool]) -> Gone:
    spans: dict[int, Spans] = {}
    is_unknown = False
    for entry in entries:
        if entry is None:
            is_unknown = True
            continue
        if is_there(entry.stream, entry.seq):
            continue
        is_unknown |= entry.extent == MAX_EXTENT
        spans.setdefault(entry.stream, Spans()).add(entry.seq, entry.seq + entry.extent)
    return Gone(spans, is_unknown)


def declarations(box_id: str, epoch: str, spans: Spans) -> Declarations:
    """A record for each range; number 0 says that a whole spool was unreadable, and stands alone."""
    made: Declarations = []
    for first, last in spans.ranges[:MAX_DECLARED]:
        if first == 0:
            made.append((0, 0, encode_lost(Lost(box_id, epoch, 0, 0, REASON))))
            first = 1
        if last >= first:
            made.append((first, last, encode_lost(Lost(box_id, epoch, first, last, REASON))))
    return made
