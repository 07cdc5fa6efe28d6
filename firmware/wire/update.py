# Firmware on its way to a box (SPEC §12): the gateway offers a version, the box asks for pieces of its files.

from binascii import crc32
from collections import namedtuple

from . import fields
from .errors import WireError
from .fields import U32_MAX

MAX_PIECE_BYTES = 4096
MAX_PATH_BYTES = 64
MANIFEST = "manifest"  # the file that is asked for first
_PATH_BYTES = b"abcdefghijklmnopqrstuvwxyz0123456789_./"
_HEX_BYTES = b"0123456789abcdef"

Offer = namedtuple("Offer", ("box_id", "version", "length", "sha256"))  # sha256: "" with version 0
Want = namedtuple("Want", ("box_id", "version", "path", "offset", "length"))
Piece = namedtuple("Piece", ("box_id", "version", "path", "offset", "data"))


def encode_offer(offer: Offer) -> bytes:
    _check_offer(offer)
    return b"1 offer %s %d %d %s\n" % (
        _box_id(offer.box_id),
        offer.version,
        offer.length,
        sha256(fields.to_bytes(offer.sha256)).encode() if offer.version else b"-",
    )


def decode_offer(data: bytes) -> Offer:
    head, start = fields.header_of(data, b"offer")
    fields.expect(head, 4)
    fields.nothing_after(data, start)
    version, length = fields.uint(head[1], U32_MAX), fields.uint(head[2], U32_MAX)
    digest = "" if head[3] == b"-" else sha256(head[3])
    offer = Offer(fields.box_id(head[0]), version, length, digest)
    _check_offer(offer)
    return offer


def encode_want(want: Want) -> bytes:
    fields.put_uint(want.length, MAX_PIECE_BYTES, 1)
    return _head("want", want, want.length).encode() + b"\n"


def decode_want(data: bytes) -> Want:
    head, start = fields.header_of(data, b"want")
    fields.expect(head, 5)
    fields.nothing_after(data, start)
    return Want(*_place(head), fields.uint(head[4], MAX_PIECE_BYTES, 1))


def encode_piece(piece: Piece) -> bytes:
    fields.put_uint(len(piece.data), MAX_PIECE_BYTES, 1)
    head = _head("piece", piece, len(piece.data)).encode()
    return b"%s %08x\n%s" % (head, _crc(head, piece.data), piece.data)


def decode_piece(data: bytes) -> Piece:
    head, start = fields.header_of(data, b"piece")
    fields.expect(head, 6)
    place = _place(head)
    length = fields.uint(head[4], MAX_PIECE_BYTES, 1)
    crc = fields.crc(head[5])
    if len(data) - start != length:
        raise WireError("length", "not as long as the header says")
    content = data[start:]
    if _crc(data[: start - 10], content) != crc:
        raise WireError("crc", "the piece was damaged")
    return Piece(*place, content)


def is_piece(data: bytes) -> bool:
    # of any version: the word decides
    return data[:16].split(b" ", 2)[1:2] == [b"piece"]


def path(field: bytes) -> str:
    if not 1 <= len(field) <= MAX_PATH_BYTES or field.strip(_PATH_BYTES):
        raise WireError("field", "not a path")
    for part in field.split(b"/"):
        if not part or part[:1] == b".":
            raise WireError("field", "not a path")
    return field.decode()


def sha256(field: bytes) -> str:
    if len(field) != 64 or field.strip(_HEX_BYTES):
        raise WireError("field", "not a SHA-256")
    return field.decode()


def _check_offer(offer: Offer) -> None:
    fields.put_uint(offer.version, U32_MAX)
    fields.put_uint(offer.length, U32_MAX)
    if bool(offer.version) != bool(offer.length) or bool(offer.version) != bool(offer.sha256):
        raise WireError("field", "not an offer")


def _place(head: list[bytes]) -> tuple[str, int, str, int]:
    version, offset = fields.uint(head[1], U32_MAX, 1), fields.uint(head[3], U32_MAX)
    return fields.box_id(head[0]), version, path(head[2]), offset


def _head(word: str, of: "Want | Piece", length: int) -> str:
    return " ".join(
        (
            "1 " + word,
            _box_id(of.box_id).decode(),
            fields.put_uint(of.version, U32_MAX, 1),
            path(fields.to_bytes(of.path)),
            fields.put_uint(of.offset, U32_MAX),
            str(length),
        )
    )


def _box_id(text: str) -> bytes:
    return fields.box_id(fields.to_bytes(text)).encode()


def _crc(head: bytes, content: bytes) -> int:
    return crc32(content, crc32(head)) & 0xFFFFFFFF
