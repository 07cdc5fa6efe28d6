"""A row: an envelope and what this gateway knows of it, packed so that it can be found again in raw bytes.

    kind (1) length (2) id stream seq boot mono_ms flags [digest (9)] [note] body crc (4)

1. `length` is of all of it, `crc` a CRC-32 over all before it; numbers are varints, seven bits a byte, lowest first.
2. A `sealed` or `counted` envelope is kept as its fields: its header is canonical, so it comes back bit for bit.
   Anything else is kept as it is.
3. Box, epoch, gateway boot and key stand as small numbers (names.py).
4. The id is inside: a row that is carved out of a damaged file is the row that it was.
Nothing in here is personal: what was scanned is sealed, and the digest is keyed.
"""

from binascii import crc32
from collections.abc import Callable
from typing import NamedTuple

from firmware.wire import envelope
from firmware.wire.envelope import Counted, Sealed

SEALED, COUNTED, RAW = 0xB1, 0xB2, 0xB3
HEAD_BYTES = 3
LEAST_BYTES = 14
MOST_BYTES = 4096
DIGEST_BYTES = 9
_HAS_UTC, _HAS_MARKS, _HAS_DIGEST, _HAS_NOTE = 1, 2, 4, 8

Fields = tuple[int, int, int | None, int | None, str]
"""boot, uptime_ms, utc_ms, bound_ms, marks: of the box's scan."""


class Row(NamedTuple):
    id: int
    stream: int
    seq: int
    boot: int
    """Number of the gateway's boot."""
    mono_ms: int
    kind: int
    note: str | None
    digest: bytes
    fields: Fields | None
    key: int
    """Number of the sealing key; 0: none."""
    data: bytes
    """What is sealed, or all of a record that is kept as it is."""


def of_envelope(row: Row, kept: bytes, key_no: Callable[[str], int]) -> Row:
    """The row with an envelope put into it."""
    if not envelope.is_envelope(kept):
        return row._replace(kind=RAW, data=kept)
    found = envelope.decode(kept)
    if isinstance(found, Sealed):
        return row._replace(kind=SEALED, fields=_fields(found), key=key_no(found.key_id), data=found.sealed)
    if isinstance(found, Counted):
        return row._replace(kind=COUNTED, fields=_fields(found), data=b"")
    return row._replace(kind=RAW, data=kept)


def _fields(found: "Sealed | Counted") -> Fields:
    return found.boot, found.uptime_ms, found.utc_ms, found.bound_ms, found.marks


def scan_of(row: Row, box_id: str, epoch: str, key_id: str) -> Sealed | Counted | None:
    """The envelope of a scan, decoded."""
    if row.fields is None:
        return None
    if row.kind == SEALED:
        return Sealed(box_id, epoch, row.seq, *row.fields, key_id, row.data)
    return Counted(box_id, epoch, row.seq, *row.fields)


def record_of(row: Row, scan: Sealed | Counted | None) -> bytes:
    """The envelope as it goes out."""
    if isinstance(scan, Sealed):
        return bytes(envelope.encode_sealed(scan))
    return row.data if scan is None else bytes(envelope.encode_counted(scan))


def pack(row: Row) -> bytes:
    out = bytearray((row.kind, 0, 0))
    for value in (row.id, row.stream, row.seq, row.boot, row.mono_ms):
        _put(out, value)
    fields = row.fields
    flags = (_HAS_DIGEST if row.digest else 0) | (_HAS_NOTE if row.note is not None else 0)
    if fields is not None:
        flags |= (_HAS_UTC if fields[2] is not None else 0) | (_HAS_MARKS if fields[4] else 0)
    out.append(flags)
    out += row.digest
    if row.note is not None:
        _put_text(out, row.note)
    if fields is not None:
        _put(out, fields[0])
        _put(out, fields[1])
        if fields[2] is not None:
            _put(out, fields[2])
            _put(out, fields[3] or 0)
        if fields[4]:
            _put_text(out, fields[4])
    if row.kind == SEALED:
        _put(out, row.key)
    out += row.data
    out[1:3] = (len(out) + 4).to_bytes(2, "big")
    out += crc32(out).to_bytes(4, "big")
    return bytes(out)


def _put(out: bytearray, value: int) -> None:
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)


def _put_text(out: bytearray, text: str) -> None:
    data = text.encode()[:127]
    out.append(len(data))
    out += data


class _Reader:
    __slots__ = ("at", "data")

    def __init__(self, data: bytes, at: int) -> None:
        self.data = data
        self.at = at

    def number(self) -> int:
        value, shift = 0, 0
        while True:
            byte = self.data[self.at]
            self.at += 1
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7

    def take(self, count: int) -> bytes:
        self.at += count
        return self.data[self.at - count : self.at]

    def text(self) -> str:
        return self.take(self.number()).decode()


def is_whole(data: bytes) -> bool:
    """Whether these bytes are one row as it was written."""
    return (
        len(data) >= LEAST_BYTES
        and int.from_bytes(data[1:3], "big") == len(data)
        and crc32(data[:-4]) == int.from_bytes(data[-4:], "big")
    )


def unpack(data: bytes) -> Row | None:
    """The row; None where it is not as it was written."""
    if not is_whole(data) or data[0] not in (SEALED, COUNTED, RAW):
        return None
    try:
        return _unpack(data)
    except (IndexError, UnicodeDecodeError):
        return None


def _unpack(data: bytes) -> Row:
    kind, reader = data[0], _Reader(data, HEAD_BYTES)
    names = [reader.number() for _ in range(5)]
    flags = reader.number()
    digest = reader.take(DIGEST_BYTES) if flags & _HAS_DIGEST else b""
    note = reader.text() if flags & _HAS_NOTE else None
    fields: Fields | None = None
    if kind != RAW:
        boot, uptime_ms = reader.number(), reader.number()
        utc_ms, bound_ms = (reader.number(), reader.number()) if flags & _HAS_UTC else (None, None)
        fields = boot, uptime_ms, utc_ms, bound_ms, reader.text() if flags & _HAS_MARKS else ""
    key = reader.number() if kind == SEALED else 0
    return Row(names[0], names[1], names[2], names[3], names[4], kind, note, digest, fields, key, data[reader.at : -4])


def split(chunk: bytes) -> list[bytes]:
    """The rows of a chunk, by their lengths; what does not add up is one last piece that is no row."""
    rows: list[bytes] = []
    at = 0
    while at < len(chunk):
        length = int.from_bytes(chunk[at + 1 : at + 3], "big")
        if length < LEAST_BYTES:
            rows.append(chunk[at:])
            break
        rows.append(chunk[at : at + length])
        at += length
    return rows
