"""The shortcut for what nearly every message is: scans in their usual form, alone or as one run of a pack.

1. A shortcut, not a second opinion: it takes nothing that the decoder would not take, and reads it as the decoder does.
   What it does not know goes to the decoder (reading.py).
2. A pack is looked at as a whole, each step for all of its records at once: a fifth of the decoder's time.
"""

import re
from binascii import crc32
from itertools import accumulate, pairwise
from typing import NamedTuple

from firmware.wire import message, record

# Narrower than the wire allows in every field, so that a match needs no further look at the numbers.
_SCAN = re.compile(
    rb"((1 scan [a-z0-9][a-z0-9-]{2,31} [0-9a-f]{12}) ([1-9][0-9]{0,8}) [1-9][0-9]{0,8} (?:0|[1-9][0-9]{0,14})"
    rb" (?:- -|[1-9][0-9]{0,13} (?:0|[1-9][0-9]{0,8})) (?:-|[a-z0-9._-]{1,24}=[a-z0-9._-]{0,24})"
    rb" ([1-9][0-9]{0,3})) ([0-9a-f]{8})\n(.+)\n",
    re.DOTALL,
)
_PACK = re.compile(
    rb"1 scans ([a-z0-9][a-z0-9-]{2,31}) ([0-9a-f]{12}) ([1-9][0-9]{0,8}) ([1-9][0-9]{0,8}) ([1-9][0-9]{0,2})"
    rb"((?: [1-9][0-9]{0,3})+)\n"
)
_EPOCH_CHARS = 12


class Run(NamedTuple):
    """Good scans of one epoch with numbers that follow each other."""

    epoch: str
    first_seq: int
    records: list[bytes]


class Pack(NamedTuple):
    first_held: int
    last_seq: int
    run: Run


def scan(box_id: bytes, data: bytes) -> Run | None:
    """A scan of that box; None: ask the decoder."""
    found = _SCAN.fullmatch(data)
    if found is None:
        return None
    head, name, seq, length, crc, code = found.groups()
    epoch = name[-_EPOCH_CHARS:]
    if name != b"1 scan %b %b" % (box_id, epoch) or int(length) != len(code) or len(code) > record.MAX_CODE_BYTES:
        return None
    if crc32(code, crc32(head)) != int(crc, 16):
        return None
    return Run(epoch.decode(), int(seq), [data])


def pack(box_id: bytes, data: bytes) -> Pack | None:
    """A pack of that box whose records are one run of the pack's epoch; None: ask the decoder."""
    found = _PACK.match(data)
    if found is None or len(data) > message.MAX_MESSAGE_BYTES:
        return None
    owner, epoch, first_held, last_seq, count, field = found.groups()
    sizes = list(map(int, field.split()))
    statement = int(first_held), int(last_seq)
    if owner != box_id or int(count) != len(sizes) or not 1 <= statement[0] <= statement[1] + 1:
        return None
    ends = list(accumulate(sizes, initial=found.end()))
    if ends[-1] != len(data) or len(sizes) > message.MAX_PACK_RECORDS or max(sizes) > record.MAX_RECORD_BYTES:
        return None
    records = [data[start:end] for start, end in pairwise(ends)]
    first_seq = _first_seq(b"1 scan %b %b" % (owner, epoch), records)
    return None if first_seq is None else Pack(*statement, Run(epoch.decode(), first_seq, records))


def _first_seq(name: bytes, records: list[bytes]) -> int | None:
    """The number of the first of records that are scans of that name and follow each other; None: they are not."""
    found = [one.groups() for one in map(_SCAN.fullmatch, records) if one is not None]
    if len(found) != len(records):
        return None
    heads, names, seqs, lengths, crcs, codes = zip(*found)
    first_seq, sizes = int(seqs[0]), list(map(len, codes))
    if (
        names.count(name) != len(names)
        or list(map(int, seqs)) != list(range(first_seq, first_seq + len(seqs)))
        or list(map(int, lengths)) != sizes
        or max(sizes) > record.MAX_CODE_BYTES
        or list(map(crc32, codes, map(crc32, heads))) != [int(crc, 16) for crc in crcs]
    ):
        return None
    return first_seq
