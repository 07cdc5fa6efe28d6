"""Beside each segment: which number each of its rows has, twelve bytes a row. What tells exactly what a damage took.

1. The first entry names the file's first id; entry n is of the n-th row. An entry has its own check, so each is either
   right or known to be wrong.
2. Written after the commit, without a sync: it survives the end of the process and may lag after a power cut, never be
   ahead. An index that is ahead of its segment means: so many rows are gone. When a segment is closed its index is
   synced.
3. It finds the rows of an identity, too. An index that is wrong there costs a duplicate sent to the server, never a
   scan.
"""

import os
import struct
from binascii import crc32
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from firmware.wire.spans import Spans

ENTRY_BYTES = 12
_FORM = struct.Struct(">IBHHBH")
MAX_EXTENT = 0xFFFF


class Entry(NamedTuple):
    stream: int
    seq: int
    extent: int
    """How many numbers beyond `seq` a declaration of loss covers; MAX_EXTENT: that many or more."""


def _name(stream: int, seq: int) -> bytes:
    return seq.to_bytes(4, "big") + stream.to_bytes(3, "big")


def pack(id_: int, entry: Entry) -> bytes:
    data = _name(entry.stream, entry.seq) + min(entry.extent, MAX_EXTENT).to_bytes(2, "big")
    return data + _check(id_, data)


def _check(id_: int, data: bytes) -> bytes:
    return (crc32(data, id_ & 0xFFFFFFFF) & 0xFFFFFF).to_bytes(3, "big")


def unpack(id_: int, data: bytes) -> Entry | None:
    if len(data) != ENTRY_BYTES or data[9:] != _check(id_, data[:9]):
        return None
    return Entry(int.from_bytes(data[4:7], "big"), int.from_bytes(data[:4], "big"), int.from_bytes(data[7:9], "big"))


def head(first_id: int) -> bytes:
    data = b"ix1" + first_id.to_bytes(6, "big")
    return data + _check(0, data)


def first_id_of(data: bytes) -> int | None:
    """What the first entry says; None where it cannot be read."""
    if len(data) < ENTRY_BYTES or data[:3] != b"ix1" or data[9:ENTRY_BYTES] != _check(0, data[:9]):
        return None
    return int.from_bytes(data[3:9], "big")


def read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


class Index:
    """Of one segment. What is asked for often is in memory; a closed one is read when it is asked for."""

    def __init__(self, path: Path, first_id: int, data: bytes | bytearray | None = None) -> None:
        self.path = path
        self.first_id = first_id
        self._data = data
        self._spans: dict[int, Spans] | None = None
        self._summing: dict[int, Spans] = {}
        self._summed = 0

    def let_go(self) -> None:
        """Forget what was read."""
        self._data = None

    def data(self) -> bytes | bytearray:
        if self._data is None:
            self._data = read(self.path)
        return self._data

    @property
    def last_id(self) -> int:
        return self.first_id + len(self.data()) // ENTRY_BYTES - 2

    def entry(self, id_: int) -> Entry | None:
        at = (id_ - self.first_id + 1) * ENTRY_BYTES
        return unpack(id_, bytes(self.data()[at : at + ENTRY_BYTES])) if at > 0 else None

    def find(self, stream: int, seq: int) -> list[int]:
        """The ids that may have this identity, rising."""
        if self._spans is not None and seq not in self._spans.get(stream, _NOTHING):
            return []
        data, name, found = self.data(), _name(stream, seq), []
        at = data.find(name, ENTRY_BYTES)
        while at >= 0:
            if at % ENTRY_BYTES == 0:
                found.append(self.first_id + at // ENTRY_BYTES - 1)
            at = data.find(name, at + 1)
        return found

    def sum_up(self, most: int = 1 << 40) -> bool:
        """Remember which numbers there are, so that find() need not look; for a segment that is closed. At most so many
        rows at once -> whether that was all."""
        if self._spans is not None:
            return True
        data = self.data()
        low = ENTRY_BYTES * (1 + self._summed)
        high = min(len(data) // ENTRY_BYTES * ENTRY_BYTES, low + most * ENTRY_BYTES)
        spans = self._summing
        for seq, high_bits, low_bits, *_ in _FORM.iter_unpack(memoryview(data)[low : max(low, high)]):
            spans.setdefault(high_bits << 16 | low_bits, Spans()).add(seq)
        self._summed += most
        if high + ENTRY_BYTES <= len(data):
            return False
        self._spans, self._summing = spans, {}
        self.let_go()
        return True

    @property
    def is_summed_up(self) -> bool:
        return self._spans is not None


_NOTHING = Spans()


class Writer:
    """Of the newest segment."""

    def __init__(self, path: Path, first_id: int) -> None:
        """Goes on with the entries that are there, as many as follow a right head; makes the file where there is
        none."""
        data = bytearray(read(path))
        is_right = first_id_of(bytes(data)) == first_id
        if not is_right:
            data[:ENTRY_BYTES] = head(first_id)
        self.index = Index(path, first_id, data)
        self._memory = data
        self._handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if not is_right:
            self._write(0)

    def cut(self, last_id: int) -> None:
        """Forget what is beyond a row."""
        del self._memory[(last_id - self.index.first_id + 2) * ENTRY_BYTES :]

    def add(self, first_id: int, entries: Sequence[Entry]) -> None:
        """Rows that follow each other; what lies between the end and `first_id` is left open."""
        at = (first_id - self.index.first_id + 1) * ENTRY_BYTES
        memory = self._memory
        if at > len(memory):
            memory += bytes(at - len(memory))
        memory[at:] = b"".join(pack(id_, entry) for id_, entry in enumerate(entries, first_id))
        self._write(at)

    def mend(self, entries: Sequence[tuple[int, Entry]]) -> None:
        """Put right what was found wrong, and write all of it."""
        memory = self._memory
        for id_, entry in entries:
            at = (id_ - self.index.first_id + 1) * ENTRY_BYTES
            memory += bytes(max(0, at + ENTRY_BYTES - len(memory)))
            memory[at : at + ENTRY_BYTES] = pack(id_, entry)
        self.write_all()

    def write_all(self) -> None:
        self._write(0)
        try:
            os.ftruncate(self._handle, len(self._memory))
        except OSError:
            return

    def _write(self, at: int) -> None:
        try:
            os.pwrite(self._handle, memoryview(self._memory)[at:].tobytes(), at)
        except OSError:
            return  # the disk is full or failing: the next commit says so, and an index that lags does no harm

    def close(self) -> None:
        try:
            os.fsync(self._handle)
        except OSError:
            return  # as above
        finally:
            os.close(self._handle)
