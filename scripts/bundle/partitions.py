"""A partition table as an ESP32's boot loader reads it, out of hardware/partitions/*.csv.

32 bytes an entry: `AA 50`, type, subtype, offset, bytes (little end first), 16 bytes of label, flags; after the entries
`EB EB`, 14 × FF and the MD5 of what is before it; the rest of the sector of 4 KiB is FF.
Source: ESP-IDF, "Partition Tables", and its components/partition_table/gen_esp32part.py.
"""

import hashlib
import struct
from typing import NamedTuple

TABLE_OFFSET = 0x8000
TABLE_BYTES = 0x1000
_MOST_BYTES = 0xC00  # what the boot loader reads of it, its MD5 among it
_SECTOR_BYTES = 0x1000
_APP_ALIGN_BYTES = 0x10000
_MAGIC = b"\xaa\x50"
_MD5_MAGIC = b"\xeb\xeb" + b"\xff" * 14
_ENTRY = struct.Struct("<2sBBII16sI")
_TYPES = {"app": 0, "data": 1}
_SUBTYPES = {
    "app": {"factory": 0x00, "ota_0": 0x10, "ota_1": 0x11},
    "data": {"ota": 0x00, "phy": 0x01, "nvs": 0x02, "undefined": 0x06, "fat": 0x81, "spiffs": 0x82, "littlefs": 0x83},
}


class TableError(ValueError):
    """`code` is stable: form, name, type, number, align, overlap, too_many, magic, digest."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code


class Partition(NamedTuple):
    name: str
    type: str
    subtype: str
    offset: int
    bytes: int


def read_csv(text: str) -> list[Partition]:
    """The rows of a CSV as gen_esp32part.py takes them, with every offset and size given. Raises TableError."""
    rows = []
    for line in text.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        words = [word.strip() for word in line.split(",")]
        if len(words) == 6 and not words[5]:
            words.pop()
        if len(words) != 5:
            raise TableError("form", line)
        name, kind, subtype, offset, size = words
        rows.append(Partition(name, kind, subtype, _number(offset), _number(size)))
    return checked(rows)


def checked(rows: list[Partition]) -> list[Partition]:
    """The same, if a boot loader can do with it. Raises TableError."""
    end, names = TABLE_OFFSET + TABLE_BYTES, set()
    for row in rows:
        if not 1 <= len(row.name.encode()) <= 15 or row.name in names:
            raise TableError("name", row.name)
        if row.type not in _TYPES or row.subtype not in _SUBTYPES[row.type]:
            raise TableError("type", f"{row.name}: {row.type}, {row.subtype}")
        if row.offset % (_APP_ALIGN_BYTES if row.type == "app" else _SECTOR_BYTES) or row.bytes % _SECTOR_BYTES:
            raise TableError("align", row.name)
        if row.offset < end or not row.bytes:
            raise TableError("overlap", row.name)
        end = row.offset + row.bytes
        names.add(row.name)
    if not rows:
        raise TableError("form", "no partitions")
    return rows


def binary(rows: list[Partition]) -> bytes:
    """TABLE_BYTES, for TABLE_OFFSET. Raises TableError."""
    entries = b"".join(_entry(row) for row in checked(rows))
    whole = entries + _MD5_MAGIC + hashlib.md5(entries, usedforsecurity=False).digest()
    if len(whole) > _MOST_BYTES:
        raise TableError("too_many", f"{len(rows)} partitions")
    return whole + b"\xff" * (TABLE_BYTES - len(whole))


def read_binary(data: bytes) -> list[Partition]:
    """What is in such a table. Raises TableError magic (it is none), digest (it is damaged), form, type, …"""
    rows: list[Partition] = []
    for at in range(0, min(len(data), _MOST_BYTES), _ENTRY.size):
        entry = data[at : at + _ENTRY.size]
        if entry[:16] == _MD5_MAGIC:
            if hashlib.md5(data[:at], usedforsecurity=False).digest() != entry[16:]:
                raise TableError("digest", "the table is damaged")
            return checked(rows)
        if len(entry) < _ENTRY.size or entry[:2] != _MAGIC:
            break
        rows.append(_partition(entry))
    raise TableError("magic", "no partition table")


def _entry(row: Partition) -> bytes:
    types = _TYPES[row.type], _SUBTYPES[row.type][row.subtype]
    return _ENTRY.pack(_MAGIC, *types, row.offset, row.bytes, row.name.encode(), 0)


def _partition(entry: bytes) -> Partition:
    _, kind, subtype, offset, size, label, _ = _ENTRY.unpack(entry)
    types = {number: name for name, number in _TYPES.items()}
    if kind not in types:
        raise TableError("type", str(kind))
    subtypes = {number: name for name, number in _SUBTYPES[types[kind]].items()}
    name = label.rstrip(b"\0").decode("utf-8", "replace")
    return Partition(name, types[kind], subtypes.get(subtype, str(subtype)), offset, size)


def _number(text: str) -> int:
    units = {"K": 1024, "M": 1024 * 1024}
    try:
        number = int(text[:-1], 0) * units[text[-1]] if text[-1:] in units else int(text, 0)
    except ValueError:
        raise TableError("number", text) from None
    if not 0 <= number < 1 << 32:
        raise TableError("number", text)
    return number
