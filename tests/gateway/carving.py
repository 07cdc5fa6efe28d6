"""Looks through raw bytes, such as a whole disk image, for people: for what they showed, in whatever form it was left.

1. In the clear: the code, its longer fields (name, number, residence) and each of them as UTF-16, base64 at any offset,
   hexadecimal in either case, percent-encoded, escaped as JSON and as Python's repr do it, and backwards.
2. What tells who it was without the code: sums and hashes without a key, of the code, of its fields and of the record.
   A sum of four bytes is found by chance now and then: it counts when it is there of more than a few people.
3. Compressed: every stream of zlib, gzip, raw deflate (of zip files) and zstd that begins anywhere is opened, and what
   is in it is looked through as well.
"""

import hashlib
import json
import re
import urllib.parse
import zlib
from base64 import b64encode
from collections.abc import Iterable
from typing import NamedTuple

import zstandard

MOST_INFLATED = 1 << 22
LEAST_FIELD = 6
FEW = 3
_ZLIB = re.compile(rb"\x78[\x01\x5e\x9c\xda]")
_GZIP = re.compile(rb"\x1f\x8b\x08")
_ZIP = re.compile(rb"PK\x03\x04")
_ZSTD = re.compile(re.escape(b"\x28\xb5\x2f\xfd"))


class Canary(NamedTuple):
    """Somebody who must not be found."""

    code: bytes
    record: bytes = b""
    """The record of the scan that holds the code."""

    def parts(self) -> list[bytes]:
        fields = [field for field in re.split(rb"[|<]", self.code) if len(field) >= LEAST_FIELD]
        return [self.code, *dict.fromkeys(fields)]


def forms(part: bytes) -> Iterable[tuple[str, bytes]]:
    """Ways to write it down."""
    text = part.decode("utf-8", "replace")
    yield "clear", part
    yield "backwards", part[::-1]
    yield "utf-16-le", text.encode("utf-16-le")
    yield "utf-16-be", text.encode("utf-16-be")
    yield "hex", part.hex().encode()
    yield "HEX", part.hex().upper().encode()
    yield "percent", urllib.parse.quote_from_bytes(part).encode()
    yield "json", json.dumps(text).encode()[1:-1]
    yield "repr", repr(part).encode()[2:-1]
    for skip in range(3):
        whole = b64encode(bytes(skip) + part)
        yield f"base64+{skip}", whole[-(-4 * skip // 3) : len(whole) - 4]


def sums(canary: Canary) -> Iterable[tuple[str, bytes]]:
    """Hashes that need no key, of what it was; eight bytes of each are enough to be sure."""
    bare = canary.record[:-1].split(b"\n", 1)[-1]
    for what in {*canary.parts(), canary.code.strip(), canary.record, bare, canary.record.split(b"\n")[0]} - {b""}:
        for name in ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "blake2b", "blake2s", "sha3_256"):
            value = hashlib.new(name, what, usedforsecurity=False).digest()
            yield name, value[:8]
            yield f"{name} hex", value[:8].hex().encode()
        for size in (6, 8, 16):
            short = hashlib.blake2b(what, digest_size=size).digest()
            yield f"blake2b-{size}", short
            yield f"blake2b-{size} hex", short.hex().encode()


def checksums(canary: Canary) -> Iterable[tuple[str, bytes]]:
    """Four bytes, and their eight digits."""
    for what in {canary.code, canary.code.strip(), canary.record} - {b""}:
        for name, value in (("crc32", zlib.crc32(what)), ("adler32", zlib.adler32(what))):
            yield name, value.to_bytes(4, "big")
            yield f"{name} le", value.to_bytes(4, "little")
            yield f"{name} hex", b"%08x" % value
    own = canary.record.split(b"\n", 1)[0][-8:]  # what the box wrote into its record
    if len(own) == 8:
        yield "record's crc", bytes.fromhex(own.decode())
        yield "record's crc hex", own


def found(data: bytes, canaries: list[Canary]) -> list[str]:
    """What is there of whom, one line for each: the form, and which of the canaries."""
    long: dict[bytes, list[tuple[str, int, bytes]]] = {}
    short: dict[bytes, list[tuple[str, int]]] = {}
    for number, canary in enumerate(canaries):
        for name, needle in [*((n, f) for part in canary.parts() for n, f in forms(part)), *sums(canary)]:
            long.setdefault(needle[:LEAST_FIELD], []).append((name, number, needle))
        for name, needle in checksums(canary):
            if len(needle) == 4:
                short.setdefault(needle, []).append((name, number))
            else:
                long.setdefault(needle[:LEAST_FIELD], []).append((name, number, needle))
    lines: set[str] = set()
    by_chance: dict[str, set[int]] = {}
    for where, content in [("", data), *((f"{kind}: ", inside) for kind, inside in inflated(data))]:
        for at in range(len(content)):
            for name, number, needle in long.get(content[at : at + LEAST_FIELD], ()):
                if content.startswith(needle, at):
                    lines.add(f"{where}{name} of {number}")
            for name, number in short.get(content[at : at + 4], ()):
                by_chance.setdefault(where + name, set()).add(number)
    few = FEW if len(canaries) > FEW else 0
    return sorted(lines) + [f"{name} of {sorted(ones)}" for name, ones in by_chance.items() if len(ones) > few]


def worth_reading(image: bytes, block_bytes: int = 512) -> bytes:
    """The image without its empty blocks."""
    empty = bytes(block_bytes)
    blocks = (image[at : at + block_bytes] for at in range(0, len(image), block_bytes))
    return b"".join(block for block in blocks if block != empty)


def inflated(data: bytes) -> Iterable[tuple[str, bytes]]:
    """What comes out of every compressed stream that begins anywhere."""
    for match in _ZLIB.finditer(data):
        yield from _inflate("zlib", data, match.start(), zlib.MAX_WBITS)
    for match in _GZIP.finditer(data):
        yield from _inflate("gzip", data, match.start(), zlib.MAX_WBITS | 16)
    for match in _ZIP.finditer(data):
        at = match.start()
        skip = int.from_bytes(data[at + 26 : at + 28], "little") + int.from_bytes(data[at + 28 : at + 30], "little")
        yield from _inflate("zip", data, at + 30 + skip, -zlib.MAX_WBITS)
    for match in _ZSTD.finditer(data):
        inside = b""
        try:
            reader = zstandard.ZstdDecompressor().stream_reader(data[match.start() : match.start() + MOST_INFLATED])
            while len(inside) < MOST_INFLATED and (piece := reader.read(65_536)):
                inside += piece
        except zstandard.ZstdError:
            pass  # cut off, or none: what came out before counts
        if inside:
            yield "zstd", inside


def _inflate(kind: str, data: bytes, at: int, window: int) -> Iterable[tuple[str, bytes]]:
    stream = zlib.decompressobj(window)
    inside = b""
    try:
        while len(inside) < MOST_INFLATED and not stream.eof and at < len(data):
            inside += stream.decompress(data[at : at + 65_536], MOST_INFLATED)
            at += 65_536
    except zlib.error:
        pass  # the same
    if len(inside) >= LEAST_FIELD:
        yield kind, inside
