"""Small numbers for long names: boxes' epochs, boots of this gateway, sealing keys.

Every row names its stream, so this list stands twice: in the state of the newest segment, which counts, and as lines of
`names` with a checksum each, from which a salvage knows whose rows it has found when the state is what was hit.
"""

import os
from binascii import crc32
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple


class Names(NamedTuple):
    streams: dict[int, tuple[str, str]]
    boots: dict[int, str]
    keys: dict[int, str]

    @classmethod
    def none(cls) -> "Names":
        return cls({}, {}, {})


def _lines(names: Names) -> Iterable[str]:
    for no, (box_id, epoch) in names.streams.items():
        yield f"stream {no} {box_id} {epoch}"
    for no, boot in names.boots.items():
        yield f"boot {no} {boot}"
    for no, key in names.keys.items():
        yield f"key {no} {key}"


def _closed(line: str) -> bytes:
    return f"{line} {crc32(line.encode()):08x}\n".encode()


def read(path: Path) -> tuple[Names, bool]:
    """-> (what can be read, whether that is all of it)"""
    names, is_whole = Names.none(), True
    try:
        data = path.read_bytes()
    except OSError:
        return names, not path.exists()
    for line in data.splitlines(keepends=True):
        text, _, check = line.decode("ascii", "replace").rpartition(" ")
        if check != f"{crc32(text.encode()):08x}\n":
            is_whole = False
            continue
        word, no, *values = text.split(" ")
        if word == "stream":
            names.streams[int(no)] = values[0], values[1]
        elif word == "boot":
            names.boots[int(no)] = values[0]
        elif word == "key":
            names.keys[int(no)] = values[0]
    return names, is_whole


def write(path: Path, names: Names) -> None:
    """All of them, in place of what was there. A disk that fails here does so at the next commit, too."""
    making = path.with_name(path.name + ".making")
    with suppress(OSError):
        making.write_bytes(b"".join(map(_closed, _lines(names))))
        os.chmod(making, 0o600)
        making.replace(path)


def append(path: Path, fresh: Names) -> None:
    """Further ones."""
    lines = b"".join(map(_closed, _lines(fresh)))
    if lines:
        with suppress(OSError), open(path, "ab") as file:
            file.write(lines)
