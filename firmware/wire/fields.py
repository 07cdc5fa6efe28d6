# The fields that headers are made of, each in its only spelling (SPEC §1).
# Readers take bytes and give str or int; checkers take what is about to be written.

from .errors import WireError

VERSION = b"1"
U32_MAX = 4294967295
MS_MAX = 9007199254740991
# Longer than the longest header that a record, ack or beacon can have. Packs and batches say their own.
MAX_HEADER_BYTES = 512

_ID_BYTES = b"abcdefghijklmnopqrstuvwxyz0123456789-"
_HEX_BYTES = b"0123456789abcdef"
_MARK_BYTES = b"abcdefghijklmnopqrstuvwxyz0123456789._-"
_REASON_BYTES = b"abcdefghijklmnopqrstuvwxyz0123456789_"
MAX_MARKS_BYTES = 64


def _only(data: bytes, allowed: bytes) -> bool:
    # stripping stops at the first byte that is not allowed: nothing is left if, and only if, every byte is
    return not data.strip(allowed)


def to_bytes(text: str) -> bytes:
    # str.encode raises UnicodeError for a lone surrogate; anything outside ASCII is refused by the checks that follow.
    try:
        return text.encode()
    except UnicodeError:
        raise WireError("field", "not ASCII")


def header_of(data: bytes, word: bytes, limit: int = MAX_HEADER_BYTES) -> tuple[list[bytes], int]:
    # -> (fields after version and word, offset of the content)
    end = data.find(b"\n", 0, limit)
    if end < 0:
        raise WireError("header", "no header line")
    fields = data[:end].split(b" ")
    if fields[0] != VERSION:
        if uint_or_none(fields[0], U32_MAX) is None:
            raise WireError("header", "does not begin with a version")
        raise WireError("version", "not version 1")
    if len(fields) < 2 or fields[1] != word:
        raise WireError("word", "not " + word.decode())
    return fields[2:], end + 1


def expect(fields: list[bytes], count: int) -> None:
    if len(fields) != count:
        raise WireError("header", "wrong number of fields")


def nothing_after(data: bytes, offset: int) -> None:
    if len(data) != offset:
        raise WireError("length", "more than one line")


def uint_or_none(field: bytes, most: int) -> "int | None":
    # bytes.isdigit is ASCII-only on both runtimes
    if len(field) > 16 or not field.isdigit() or (field[0] == 48 and len(field) > 1):
        return None
    value = int(field)
    return value if value <= most else None


def uint(field: bytes, most: int, least: int = 0) -> int:
    if len(field) > 16 or not field.isdigit() or (field[0] == 48 and len(field) > 1):
        raise WireError("field", "not a number")
    value = int(field)
    if value > most or value < least:
        raise WireError("field", "number out of its limits")
    return value


def optional_uint(field: bytes, most: int, least: int = 0) -> "int | None":
    return None if field == b"-" else uint(field, most, least)


def box_id(field: bytes) -> str:
    if not 3 <= len(field) <= 32 or field[0] == 45 or not _only(field, _ID_BYTES):
        raise WireError("field", "not a box or gateway id")
    return field.decode()


def epoch(field: bytes) -> str:
    if len(field) != 12 or not _only(field, _HEX_BYTES):
        raise WireError("field", "not an epoch")
    return field.decode()


def crc(field: bytes) -> int:
    if len(field) != 8 or not _only(field, _HEX_BYTES):
        raise WireError("field", "not a checksum")
    return int(field, 16)


def reason(field: bytes) -> str:
    if not 1 <= len(field) <= 32 or not _only(field, _REASON_BYTES):
        raise WireError("field", "not a reason")
    return field.decode()


def marks(field: bytes) -> str:
    if field == b"-":
        return ""
    if not 1 <= len(field) <= MAX_MARKS_BYTES:
        raise WireError("field", "marks too long")
    keys = []
    for pair in field.split(b","):
        parts = pair.split(b"=")
        if len(parts) != 2 or not parts[0] or parts[0] in keys or not _only(parts[0] + parts[1], _MARK_BYTES):
            raise WireError("field", "not marks")
        keys.append(parts[0])
    return field.decode()


def put_uint(value: int, most: int, least: int = 0) -> str:
    if type(value) is not int or value > most or value < least:  # True is an int too, but no number
        raise WireError("field", "number out of its limits")
    return str(value)


def put_optional(value: "int | None", most: int, least: int = 0) -> str:
    return "-" if value is None else put_uint(value, most, least)
