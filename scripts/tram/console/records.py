"""What a box still holds, read out over its console: whole records, as they lie on its flash.

They are what people showed: they stay in memory here, and whoever writes them to a disk seals them first.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from zlib import crc32

from firmware.wire import base64url
from firmware.wire.errors import WireError
from scripts.tram import exits
from scripts.tram.console.console import Console
from scripts.tram.console.words import WORDS
from scripts.tram.trouble import Trouble

_MOST_AT_ONCE = 16
_MOST_RECORD_BYTES = 3328
_ROUNDS_IN_VAIN = 2
_TIMEOUT_S = 30.0


class Record(NamedTuple):
    """`data`: the record, byte by byte (SPEC §3)."""

    epoch: str
    seq: int
    data: bytes

    def __repr__(self) -> str:
        return f"Record({self.epoch}, {self.seq}, {len(self.data)} bytes)"


def records(console: Console, on_progress: Callable[[int, int], None] = lambda done, of: None) -> Iterator[Record]:
    """-> each record that waits, once. `on_progress(done, of)`. Raises Trouble as Console.ask does."""
    summary = console.ask("unsent", timeout_s=_TIMEOUT_S)
    of, known = int(summary.get("waiting") or 0), set[tuple[str, int]]()
    if summary.get("state") == "rescue" or summary.get("lost"):
        for record in _others(console):
            known.add((record.epoch, record.seq))
            on_progress(min(len(known), of), of)
            yield record
    onwards: int | None = int(summary.get("first", 1)) - 1
    while onwards is not None and summary.get("state") != "rescue":
        after = begin = onwards
        answer = console.ask("unsent", {"after": begin, "most": _MOST_AT_ONCE}, _TIMEOUT_S)
        for record in _whole(answer.get("records", [])):
            if record.seq <= after:
                raise _garbled()
            after = record.seq
            known.add((record.epoch, record.seq))
            on_progress(min(len(known), of), of)
            yield record
        onwards = answer.get("next")
        if onwards is not None and (type(onwards) is not int or onwards <= begin):
            raise _garbled()


def _others(console: Console) -> Iterator[Record]:
    """Declarations, and in a rescue all that was found: asked for until nothing new comes."""
    known: set[Record] = set()
    in_vain = 0
    while in_vain < _ROUNDS_IN_VAIN:
        fresh = 0
        for record in _whole(console.ask("unsent", {"others": True}, _TIMEOUT_S).get("records", [])):
            if record not in known:
                known.add(record)
                fresh += 1
                yield record
        in_vain = 0 if fresh else in_vain + 1


def _whole(pieces: list[dict[str, Any]]) -> Iterator[Record]:
    """Pieces in their order -> records, each checked against its own identity."""
    data = b""
    for piece in pieces:
        try:
            epoch, seq, at, of = piece["epoch"], piece["seq"], piece["at"], piece["of"]
            part = base64url.decode(piece["data"].encode())
            is_right = type(of) is int and piece["crc"] == f"{crc32(part):08x}"
        except (KeyError, AttributeError, TypeError, WireError) as bad:
            raise _garbled() from bad
        if not is_right or at != len(data) or not 0 < of <= _MOST_RECORD_BYTES or at + len(part) > of or not part:
            raise _garbled()
        data += part
        if len(data) == of:
            if data.split(b" ", 5)[3:5] != [str(epoch).encode(), str(seq).encode()]:
                raise _garbled()
            yield Record(epoch, seq, data)
            data = b""
    if data:
        raise _garbled()


def _garbled() -> Trouble:
    return Trouble("console_garbled", exits.NO_ANSWER, WORDS)
