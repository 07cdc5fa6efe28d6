"""What a segment says beside its rows: enough to go on from without the segments before it.

1. Entries by name, each with a checksum: `head` (the segment itself), `stream.<no>`, `boots`, `keys`, `answered`,
   `parked`, `counters`, `times`, `rows_to`, `declared`, `damage`.
2. All of them are written when a segment is begun; later only those that have changed, now and then. Streams are as
   they were at row `rows_to`; what came after is read from the rows.
3. An entry that is not as it was written is not there; the segment before has an older one (salvage.py).
"""

import json
import sqlite3
from binascii import crc32
from collections.abc import Iterable, Mapping

from firmware.wire.spans import Spans
from gateway.buffer.streams import Stream

TABLE = 'CREATE TABLE state (name TEXT PRIMARY KEY, value TEXT NOT NULL, "check" INTEGER NOT NULL) WITHOUT ROWID'
_PUT = "INSERT OR REPLACE INTO state VALUES (?, ?, ?)"
NEEDED = ("head", "boots", "keys", "answered", "parked", "counters", "times", "rows_to", "declared")

Entries = dict[str, str]


def check_of(name: str, value: str) -> int:
    return crc32(value.encode(), crc32(name.encode()))


def write(db: sqlite3.Connection, entries: Mapping[str, str]) -> None:
    """In the caller's transaction."""
    db.executemany(_PUT, [(name, value, check_of(name, value)) for name, value in entries.items()])


def whole(rows: Iterable[tuple[object, ...]]) -> Entries:
    """Those of the rows (name, value, check) that are as they were written."""
    return {
        name: value
        for name, value, check in rows
        if isinstance(name, str) and isinstance(value, str) and check == check_of(name, value)
    }


def read(db: sqlite3.Connection) -> Entries:
    """Raises sqlite3.Error where the table cannot be read."""
    return whole(db.execute('SELECT name, value, "check" FROM state').fetchall())


def dump(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def of_stream(stream: Stream) -> str:
    return dump([stream.no, stream.box_id, stream.epoch, str(stream.received), stream.first_held, stream.last_seq])


def stream_of(value: str) -> Stream:
    no, box_id, epoch, received, first_held, last_seq = json.loads(value)
    stream = Stream(no, box_id, epoch)
    stream.received = parse_spans(received)
    stream.first_held, stream.last_seq = first_held, last_seq
    return stream


def parse_spans(text: str) -> Spans:
    """As Spans.parse, without the limits of the wire: these are ours."""
    spans = Spans()
    if text != "-":
        for part in text.split(","):
            first, _, last = part.partition("-")
            spans.ranges.append([int(first), int(last or first)])
    return spans


def is_complete(entries: Entries, streams: Iterable[int]) -> bool:
    """Whether nothing is missing that must be there."""
    return all(name in entries for name in NEEDED) and all(f"stream.{no}" in entries for no in streams)
