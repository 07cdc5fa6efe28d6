# What an update consists of (SPEC §12): every file with its length and SHA-256, signed by the fleet's key.
#
# A box reads it line by line from its flash: `head`, `entry` and `signature` each take one line, newline included.
# `decode` and `encode` are for who has memory.

from binascii import hexlify, unhexlify
from collections import namedtuple

from . import fields
from .errors import WireError
from .fields import U32_MAX
from .update import MANIFEST, path, sha256

MAX_FILES = 200
MAX_MANIFEST_BYTES = 24576
SIGNATURE_LINE_BYTES = 517  # "sig ", 512 digits, newline: what is signed is everything before
_NAME_BYTES = b"abcdefghijklmnopqrstuvwxyz0123456789.-"
_BOARD_BYTES = b"abcdefghijklmnopqrstuvwxyz0123456789_"
_HEX_BYTES = b"0123456789abcdef"
_MAX_LINE_BYTES = 512

Head = namedtuple("Head", ("version", "floor", "name", "boards", "count"))
Manifest = namedtuple("Manifest", ("version", "floor", "name", "boards", "files", "signature"))


def head(line: bytes) -> Head:
    parts, start = fields.header_of(line, b"manifest", _MAX_LINE_BYTES)
    fields.expect(parts, 5)
    fields.nothing_after(line, start)
    version = fields.uint(parts[0], U32_MAX, 1)
    floor = fields.uint(parts[1], version)
    return Head(version, floor, _name(parts[2]), _boards(parts[3]), fields.uint(parts[4], MAX_FILES, 1))


def entry(line: bytes, before: str = "") -> tuple[str, int, str]:
    # -> (path, length, sha256). `before`: the path of the line before this one.
    if line[-1:] != b"\n":
        raise WireError("header", "the line does not end")
    parts = line[:-1].split(b" ")
    fields.expect(parts, 3)
    where = path(parts[0])
    if where <= before or where == MANIFEST:
        raise WireError("field", "not in order, or no name for a file")
    return where, fields.uint(parts[1], U32_MAX), sha256(parts[2])


def signature(line: bytes) -> bytes:
    if len(line) != SIGNATURE_LINE_BYTES or line[-1:] != b"\n" or line[:4] != b"sig ":
        raise WireError("length", "no signature at the end")
    if line[4:-1].strip(_HEX_BYTES):
        raise WireError("field", "not a signature")
    return unhexlify(line[4:-1])


def decode(data: bytes) -> Manifest:
    if len(data) > MAX_MANIFEST_BYTES:
        raise WireError("too_long", "manifest too long")
    start = data.find(b"\n", 0, _MAX_LINE_BYTES) + 1
    top = head(data[:start])
    signed = len(data) - SIGNATURE_LINE_BYTES
    if signed < start:
        raise WireError("length", "no signature at the end")
    signed_by = signature(data[signed:])
    lines = data[start:signed].split(b"\n")
    if lines.pop() != b"" or len(lines) != top.count:
        raise WireError("length", "not as many files as the first line says")
    files: list[tuple[str, int, str]] = []
    for line in lines:
        files.append(entry(line + b"\n", files[-1][0] if files else ""))
    check_folders([one[0] for one in files])
    return Manifest(top.version, top.floor, top.name, top.boards, files, signed_by)


def encode(manifest: Manifest) -> bytes:
    data = to_sign(manifest) + b"sig " + hexlify(manifest.signature) + b"\n"
    decode(data)  # nobody writes what nobody reads
    return data


def to_sign(manifest: Manifest) -> bytes:
    # Everything before the line `sig`.
    boards = ",".join(manifest.boards)
    top = f"1 manifest {manifest.version} {manifest.floor} {manifest.name} {boards} {len(manifest.files)}\n"
    return fields.to_bytes(top + "".join([f"{where} {length} {digest}\n" for where, length, digest in manifest.files]))


def check_folders(paths: list[str]) -> None:
    # No file may lie where another file's folder has to be.
    folders = set()
    for one in paths:
        end = one.rfind("/")
        while end > 0 and one[:end] not in folders:
            folders.add(one[:end])
            end = one.rfind("/", 0, end)
    for one in paths:
        if one in folders:
            raise WireError("field", "a file where a folder is")


def _name(field: bytes) -> str:
    if not 1 <= len(field) <= 32 or field.strip(_NAME_BYTES):
        raise WireError("field", "not a name")
    return field.decode()


def _boards(field: bytes) -> list[str]:
    boards: list[str] = []
    for name in field.split(b","):
        if not 1 <= len(name) <= 32 or name.strip(_BOARD_BYTES) or (boards and name.decode() <= boards[-1]):
            raise WireError("field", "not boards")
        boards.append(name.decode())
    return boards
