"""The body of a request: packed bytes in, unpacked bytes out, never more than the limit.

1. No more than `most_bytes` is ever held, whatever the packed bytes would become: unpacking goes piece by piece.
2. A zstd frame that says its size beforehand is refused by that saying alone; one that lies about it is refused too.
3. Exactly one frame, complete: nothing missing, nothing behind it.
"""

import zlib

import zstandard

from server.errors import Refused

PIECE_BYTES = 262_144
# A larger window would make the decoder itself allocate it; the encoders of this system stay far below.
MAX_WINDOW_BYTES = 1 << 23
RUN_LENGTH_BLOCK = 1
ENCODINGS = ("zstd", "gzip", "identity")


def unpack(encoding: str, packed: bytes, most_bytes: int) -> bytes:
    """Undo the content encoding. Raises `Refused`: `encoding`, `encoding_broken`, `batch_too_large`."""
    if encoding == "identity":
        return _limited(packed, most_bytes)
    if encoding == "gzip":
        return _gunzip(packed, most_bytes)
    if encoding == "zstd":
        return _unzstd(packed, most_bytes)
    raise Refused("encoding", "Content-Encoding is none of " + ", ".join(ENCODINGS))


def _limited(data: bytes, most_bytes: int) -> bytes:
    if len(data) > most_bytes:
        raise _too_large(most_bytes)
    return data


def _too_large(most_bytes: int) -> Refused:
    return Refused("batch_too_large", f"more than {most_bytes} bytes when unpacked")


def _gunzip(packed: bytes, most_bytes: int) -> bytes:
    unzip = zlib.decompressobj(31)
    try:
        data = unzip.decompress(packed, most_bytes + 1)
    except zlib.error as err:
        raise Refused("encoding_broken", "not gzip") from err
    _limited(data, most_bytes)
    if not unzip.eof or unzip.unused_data:
        raise Refused("encoding_broken", "gzip is cut off, or something follows it")
    return data


def _unzstd(packed: bytes, most_bytes: int) -> bytes:
    try:
        said_bytes = zstandard.frame_content_size(packed)
        if said_bytes > most_bytes:
            raise _too_large(most_bytes)
        if _frame_bytes(packed) != len(packed):
            raise Refused("encoding_broken", "zstd is cut off, or something follows it")
        data = _read_frame(packed, most_bytes)
    except zstandard.ZstdError as err:
        raise Refused("encoding_broken", "not zstd") from err
    if said_bytes not in (-1, len(data)):
        raise Refused("encoding_broken", "zstd holds another number of bytes than it says")
    return data


def _frame_bytes(packed: bytes) -> int:
    """How long the first frame is, by its block headers (RFC 8878 §3.1.1): the decoder itself does not say."""
    at = zstandard.frame_header_size(packed)
    last = 0
    while not last:
        head = int.from_bytes(packed[at : at + 3], "little")
        last, kind, size_bytes = head & 1, head >> 1 & 3, head >> 3
        at += 3 + (1 if kind == RUN_LENGTH_BLOCK else size_bytes)
        if at > len(packed):
            return at
    return at + (4 if zstandard.get_frame_parameters(packed).has_checksum else 0)


def _read_frame(packed: bytes, most_bytes: int) -> bytes:
    decoder = zstandard.ZstdDecompressor(max_window_size=MAX_WINDOW_BYTES)
    pieces: list[bytes] = []
    total_bytes = 0
    with decoder.stream_reader(packed, read_size=PIECE_BYTES) as reader:
        while piece := reader.read(PIECE_BYTES):
            pieces.append(piece)
            total_bytes += len(piece)
            if total_bytes > most_bytes:
                raise _too_large(most_bytes)
    return b"".join(pieces)
