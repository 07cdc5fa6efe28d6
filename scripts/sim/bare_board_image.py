"""What lies in a stand-in board's flash: the files that one writes there, and what its ROM makes of them at power-on.

1. `micropython` is no MicroPython: it has the shape that an Espressif ROM and the RP2 boot loader want, and says what
   it is. What runs in its place is the interpreter of this machine.
2. `system_image` is the firmware of board `linux`, in an image of the size of that board's system volume.
3. `starts` is what the board does with its flash: see Boot.
"""

import hashlib
import random
import struct
import tomllib
from collections.abc import Iterator
from typing import NamedTuple

from firmware.wire.update import MANIFEST
from scripts.bundle import bundle, image
from scripts.bundle.bundle import Release
from scripts.bundle.partitions import binary, read_csv
from scripts.bundle.release import PARTITIONS
from scripts.firmware_build import ROOT, build
from scripts.provisioning.key import FleetKey
from scripts.sim.rom_chips import CHIPS, Chip

WORD = b"MicroPython"
MARK = b"tram-frozen-1 "
SAID = WORD + b" v1.25.0 (a stand-in: it holds no program)"
TABLE, TABLE_BYTES = 0x8000, 0xC00
APP_BYTES = 96 * 1024
LOAD_ADDRESS = {"esp32": 0x40080000, "esp32s3": 0x40378000, "esp32c3": 0x40380000}
IMAGE_MAGIC = 0xE9
LITTLEFS = b"littlefs"
FAMILIES = {"rp2040": 0xE48BFF56, "rp2350": 0xE48BFF59}
ABSOLUTE = 0xE48BFF57
RP2_FLASH = 0x10000000
PROG_BYTES = 32


class Part(NamedTuple):
    """Where something lies in the flash, in bytes."""

    offset: int
    size: int


class Board(NamedTuple):
    """One of hardware/boards.toml."""

    name: str
    title: str
    chip: str
    flash_bytes: int
    app: Part
    system: Part
    spool: Part

    @property
    def is_rp2(self) -> bool:
        return self.chip.startswith("rp2")


def board_of(name: str) -> Board:
    """Raises KeyError: there is none of that name."""
    found = tomllib.loads((ROOT / "hardware" / "boards.toml").read_text(encoding="utf-8"))["boards"][name]
    parts = [Part(found["flash"][part]["offset"], found["flash"][part]["bytes"]) for part in ("app", "system", "spool")]
    return Board(name, found["title"], found["chip"], found["flash"]["bytes"], *parts)


def starts(flash: bytes | bytearray, board: Board) -> str:
    """What a board with this flash does after a reset: "blank" (nothing to run), "repl", or "app"."""
    if not (_has_pico_program(flash, board) if board.is_rp2 else _has_program(flash, board)):
        return "blank"
    begin = board.system.offset
    volume = bytes(flash[begin : begin + 2 * 4096])
    is_ours = LITTLEFS in volume and (b"boot.py" in volume or is_frozen(flash, board))
    return "app" if is_ours else "repl"


def is_frozen(flash: bytes | bytearray, board: Board) -> bool:
    """Whether a firmware is inside MicroPython: it runs where no boot.py starts another one."""
    return MARK in flash[board.app.offset : board.app.offset + board.app.size]


def _has_program(flash: bytes | bytearray, board: Board) -> bool:
    chip = CHIPS[board.chip]
    places = (chip.loader_offset, board.app.offset)
    return all(flash[place] == IMAGE_MAGIC for place in places) and (
        table_of(bytes(flash[TABLE : TABLE + TABLE_BYTES])).get("vfs") == board.system
    )


def _has_pico_program(flash: bytes | bytearray, board: Board) -> bool:
    return flash[0] != 0xFF and WORD in flash[: board.app.size]


def table_of(data: bytes) -> dict[str, Part]:
    """A partition table as a loader reads it -> name: part; empty where it has no right MD5."""
    found: dict[str, Part] = {}
    for at in range(0, len(data) - 31, 32):
        entry = data[at : at + 32]
        if entry[:2] == b"\xeb\xeb":
            return found if entry[16:] == hashlib.md5(data[:at], usedforsecurity=False).digest() else {}
        if entry[:2] != b"\xaa\x50":
            return {}
        offset, size = struct.unpack("<II", entry[4:12])
        found[entry[12:28].rstrip(b"\0").decode("ascii", "replace")] = Part(offset, size)
    return {}


# Files to write


def micropython(name: str, inside: bytes = b"") -> bytes:
    """What stands for the MicroPython file of a board: to be written at its loader's offset; of a Pico, UF2.

    `inside`: texts of what is frozen into it. What runs then is this tree's firmware, as of board `linux`."""
    board = board_of(name)
    if board.is_rp2:
        return uf2(SAID.ljust(256, b"\0") + filler(name, APP_BYTES) + inside, RP2_FLASH, board.chip)
    chip = CHIPS[board.chip]
    base = chip.loader_offset
    loader = esp_image(chip, b"loader of " + SAID)
    app = esp_image(chip, SAID.ljust(64, b"\0") + filler(name, APP_BYTES) + inside)
    return loader.ljust(board.app.offset - base, b"\xff") + app


def esp_image(chip: Chip, data: bytes) -> bytes:
    """An image with one segment, its check sum and its SHA-256, as esptool checks them."""
    data = data.ljust(-(-len(data) // 4) * 4, b"\0")
    entry = LOAD_ADDRESS[chip.name]
    header = struct.pack("<BBBBI", IMAGE_MAGIC, 1, 2, 0x2F, entry)
    header += struct.pack("<B3xHBHH4xB", 0xEE, chip.image_id, 0, 0, 0xFFFF, 1)
    check = 0xEF
    for byte in data:
        check ^= byte
    body = header + struct.pack("<II", entry, len(data)) + data
    body = body.ljust(-(-(len(body) + 1) // 16) * 16 - 1, b"\0") + bytes((check,))
    return body + hashlib.sha256(body).digest()


def filler(name: str, size: int) -> bytes:
    """Half of it does not compress, as of a real program."""
    draw = random.Random(f"program of {name}")
    return draw.randbytes(size // 2).ljust(size, b"\x5a")


def uf2(data: bytes, address: int, chip: str, family: int | None = None) -> bytes:
    """Blocks of 256 bytes for an RP2 chip's boot loader."""
    family = FAMILIES[chip] if family is None else family
    pieces = [data[at : at + 256].ljust(256, b"\0") for at in range(0, len(data), 256)]
    blocks = b"".join(
        uf2_block(piece, address + 256 * number, number, len(pieces), family) for number, piece in enumerate(pieces)
    )
    if chip == "rp2350" and address == RP2_FLASH:  # as the SDK puts one before the rest: RP2350 erratum E10
        return uf2_block(b"\xef" * 256, 0x10FFFF00, 0, 2, ABSOLUTE) + blocks
    return blocks


def uf2_block(data: bytes, address: int, number: int, count: int, family: int) -> bytes:
    """512 bytes. Source: github.com/microsoft/uf2, README."""
    head = struct.pack("<IIIIIIII", 0x0A324655, 0x9E5D5157, 0x2000, address, len(data), number, count, family)
    return head + data.ljust(476, b"\0") + struct.pack("<I", 0x0AB16F30)


def uf2_blocks(data: bytes) -> Iterator[tuple[int, bytes, int, int, int]]:
    """-> (address, data, number, count, family) of each whole block; what is none is passed over."""
    for at in range(0, len(data) - 511, 512):
        block = data[at : at + 512]
        first, second, flags, address, size, number, count, family = struct.unpack("<IIIIIIII", block[:32])
        is_one = (first, second, block[508:]) == (0x0A324655, 0x9E5D5157, b"\x30\x6f\xb1\x0a")
        if is_one and flags & 0x2000 and not flags & 1 and size <= 476:
            yield address, block[32 : 32 + size], number, count, family


def flashed_with(board: Board, signer: FleetKey, version: int = 1) -> bytes:
    """A flash as the tools leave it: MicroPython, our partition table, the system volume; the spool blank."""
    flash = bytearray(b"\xff" * board.flash_bytes)
    if board.is_rp2:
        flash[: APP_BYTES + 256] = SAID.ljust(256, b"\0") + filler(board.name, APP_BYTES)
    else:
        begin, program = CHIPS[board.chip].loader_offset, micropython(board.name)
        flash[begin : begin + len(program)] = program
        table = binary(read_csv((PARTITIONS / f"{board.name}.csv").read_text(encoding="utf-8")))
        flash[TABLE : TABLE + len(table)] = table
    image = system_image(board.name, signer, version)
    flash[board.system.offset : board.system.offset + len(image)] = image
    return bytes(flash)


class System(NamedTuple):
    """What is written to a board's system volume, and the bundle that would update it."""

    image: bytes
    bundle: bytes


def system(name: str, signer: FleetKey, version: int = 1) -> System:
    """The firmware of board `linux`, which a stand-in can run, signed for that board too."""
    folder = build()
    release = Release(version, 0, f"stand-in-{version}")
    files = {path: data for path, data in bundle.make(folder, "linux", release, signer).items() if path != MANIFEST}
    files[MANIFEST] = bundle.manifest_of(files, ["linux", name], release, signer)
    whole = image.root_files(folder, "linux", files, release, signer.modulus)
    return System(image.make(whole, board_of(name).system.size, PROG_BYTES), bundle.tar_of(files))


def system_image(name: str, signer: FleetKey, version: int = 1) -> bytes:
    """Its image alone."""
    return system(name, signer, version).image
