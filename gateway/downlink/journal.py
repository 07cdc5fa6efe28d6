"""The file of events, line by line: what one says, and what all of them say together.

1. Each line carries its own checksum: what can be read of a damaged file is read.
2. What a power cut left of the last line, and room in the file that was never written, is no line.
"""

import json
from binascii import crc32
from collections.abc import Mapping
from typing import Any, NamedTuple


class Row(NamedTuple):
    offset: int
    size: int
    is_alert: bool
    mark: str
    """The command's id of a result; else nothing."""


class Found:
    """What the lines of a file say, one after the other."""

    def __init__(self) -> None:
        self.epoch = ""
        self.rows: list[Row] = []
        self._first = 1
        self.confirmed = 0
        self.offered = 0
        self.dead = 0

    @property
    def is_consistent(self) -> bool:
        return self.confirmed <= self.offered <= self.confirmed + len(self.rows)

    def take(self, offset: int, size: int, record: dict[str, Any]) -> bool:
        """False: no line that belongs there."""
        if not self.epoch:
            return self._begin(offset, size, record)
        if "kind" in record:
            self.rows.append(row_of(offset, size, record))
        elif isinstance(record.get("offered"), int):
            self.offered = max(self.offered, record["offered"])
        elif isinstance(record.get("to"), int):
            count = min(record["to"] - self.confirmed, len(self.rows))
            if count != record["to"] - self.confirmed or count < 0:
                return False
            del self.rows[:count]
            self.confirmed, self.dead = record["to"], self.dead + count
        else:
            return False
        return True

    def _begin(self, offset: int, size: int, record: dict[str, Any]) -> bool:
        epoch, first = record.get("epoch"), record.get("from")
        if record.get("v") == 1 and isinstance(epoch, str) and len(epoch) == 12 and isinstance(first, int):
            self.epoch = epoch
            self.confirmed = self.offered = first - 1
            return True
        if "kind" in record:
            self.rows.append(row_of(offset, size, record))
        return False


def torn_at(data: bytes) -> int:
    """Where what a power cut tore begins: after the last whole line, and before anything that was never written."""
    end = len(data.rstrip(b"\0"))
    return data.rfind(b"\n", 0, end) + 1


def records_of(data: bytes) -> tuple[list[tuple[int, int, dict[str, Any]]], bool]:
    """Every line that can be read, with its place; and whether that is all of them."""
    found: list[tuple[int, int, dict[str, Any]]] = []
    offset, is_sound = 0, True
    for line in _split(data):
        record = read_line(line)
        if record is None:
            is_sound = False
        else:
            found.append((offset, len(line), record))
        offset += len(line)
    return found, is_sound


def _split(data: bytes) -> list[bytes]:
    return [line + b"\n" for line in data.split(b"\n")[:-1]]


def line_of(record: Mapping[str, Any]) -> bytes:
    text = encoded(record)
    return b"%08x %s\n" % (crc32(text), text)


def encoded(said: object) -> bytes:
    """Half a character, which a box may well have said, becomes a question mark."""
    return json.dumps(said, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode(errors="replace")


def read_line(line: bytes) -> dict[str, Any] | None:
    if len(line) < 10 or line[8:9] != b" " or line[-1:] != b"\n" or line[:8] != b"%08x" % crc32(line[9:-1]):
        return None
    try:
        record = json.loads(line[9:-1].decode())
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def row_of(offset: int, size: int, record: Mapping[str, Any]) -> Row:
    is_result = record["kind"] == "result"
    return Row(offset, size, record["kind"] == "alert", str(record["body"].get("id", "")) if is_result else "")
