"""The files of a release: whole, of this fleet, and for this board; and the image that they make together.

1. A file is what release.json says of it: its length and its SHA-256. A MicroPython file may lie in the release's
   folder, or in `micropython` in the tool's own one.
2. MicroPython for an ESP chip is one file: boot loader, a partition table at 0x8000, the program at 0x10000. Boot
   loader and program each begin with an image header, which names the chip. The table is replaced by ours.
3. The boot loader's header says how large the flash is; the boot loader refuses a partition beyond that. So it is made
   to say what our table needs, and its SHA-256 is made anew (ESP-IDF, "Firmware Image Format").
4. The system volume holds the same fleet's public key, and a firmware that this key has signed, for this very board.
5. A frozen board's firmware is inside MicroPython, of this version and for this board; its system volume holds the key
   and nothing else. Of the others MicroPython has no firmware of ours inside.
"""

import hashlib
from pathlib import Path
from typing import Any

from scripts.tram import exits
from scripts.tram.home import home
from scripts.tram.release.frozen import has_firmware, marks_in, program_of
from scripts.tram.release.known import KNOWN
from scripts.tram.release.release import BoardPlan, FileFacts, Release
from scripts.tram.release.uf2 import PAYLOAD_BYTES, Uf2Error, parse
from scripts.tram.release.words import WORDS
from scripts.tram.trouble import Trouble

MICROPYTHON_FOLDER = "micropython"
TABLE_OFFSET = 0x8000
APP_OFFSET = 0x10000
_BOOT_OFFSETS = {"esp32": 0x1000, "esp32s3": 0, "esp32c3": 0}
_CHIP_IDS = {"esp32": 0, "esp32s3": 9, "esp32c3": 5}
_IMAGE_MAGIC = 0xE9
_HEADER_BYTES = 24
_SIZES = {1 << (20 + power): power << 4 for power in range(8)}
"""Bytes of flash: what the header's fourth byte has in its upper half."""
_NEED_MODULUS_BYTES = 256


def boot_offset_of(chip: str) -> int:
    """Where the ROM of an ESP chip looks for its boot loader."""
    return _BOOT_OFFSETS[chip]


def checked_files(folder: Path, release: Release, board: BoardPlan) -> dict[str, bytes]:
    """-> part: content. Raises Trouble file_missing, micropython_missing, file_differs, image_wrong."""
    files = {facts.part: _content(folder, board, facts) for facts in board.files}
    _check_system(files["system"], release, board)
    _check_frozen(files["micropython"], release, board)
    if board.is_rp2:
        _check_uf2(files["micropython"], board)
    else:
        _check_esp_image(files["micropython"], board)
    return files


def image_of_board(board: BoardPlan, files: dict[str, bytes]) -> list[tuple[str, int, bytes]]:
    """-> (name, offset in the flash, content) of what is written to an ESP chip; nothing of it overlaps."""
    boot = boot_offset_of(board.chip)
    program = bytearray(_with_flash_size(files["micropython"], board))
    table = files["partitions"]
    at = TABLE_OFFSET - boot
    program[at : at + len(table)] = table
    return [("micropython", boot, bytes(program)), ("system", board.system[0], files["system"])]


def _content(folder: Path, board: BoardPlan, facts: FileFacts) -> bytes:
    places = [folder / facts.file]
    if facts.part == "micropython":
        places.append(home() / MICROPYTHON_FOLDER / facts.file)
    for place in places:
        try:
            with place.open("rb") as file:
                data = file.read(facts.bytes + 1)
        except FileNotFoundError:
            continue
        if len(data) != facts.bytes or hashlib.sha256(data).hexdigest() != facts.sha256:
            raise Trouble("file_differs", exits.REFUSED, WORDS, file=str(place), part=facts.part)
        return data
    if facts.part == "micropython":
        where = facts.where or (KNOWN[board.name].where if board.name in KNOWN else "?")
        known = {"file": facts.file, "version": facts.version, "where": where, "sha256": facts.sha256}
        known["place"] = str(places[-1].parent)
        if board.name in KNOWN and KNOWN[board.name].is_own:
            raise Trouble("micropython_missing_own", exits.REFUSED, WORDS, **known)
        raise Trouble("micropython_missing", exits.REFUSED, WORDS, **known)
    raise Trouble("file_missing", exits.REFUSED, WORDS, file=str(places[0]))


def _check_esp_image(data: bytes, board: BoardPlan) -> None:
    boot = boot_offset_of(board.chip)
    for name, at in (("boot loader", 0), ("program", APP_OFFSET - boot)):
        header = data[at : at + _HEADER_BYTES]
        if len(header) < _HEADER_BYTES or header[0] != _IMAGE_MAGIC:
            raise _wrong("micropython", board, f"no {name} at 0x{boot + at:x}")
        chip_id = int.from_bytes(header[12:14], "little")
        if chip_id != _CHIP_IDS[board.chip]:
            names = {number: chip for chip, number in _CHIP_IDS.items()}
            raise _wrong("micropython", board, f"the {name} is for {names.get(chip_id, chip_id)}")
    if _end_of(data) is None:
        raise _wrong("micropython", board, "the boot loader is not whole")


def _with_flash_size(data: bytes, board: BoardPlan) -> bytes:
    wanted = _SIZES[board.flash_bytes]
    head = data[:3] + bytes([wanted | data[3] & 0x0F])
    changed = head + data[4:]
    end = _end_of(data)
    if end is None or not data[23]:
        return changed
    return changed[:end] + hashlib.sha256(changed[:end]).digest() + changed[end + 32 :]


def _end_of(data: bytes) -> int | None:
    """Where the boot loader ends: behind its segments and its check sum, which fills the line of 16 bytes."""
    at = _HEADER_BYTES
    for _ in range(data[1]):
        if at + 8 > TABLE_OFFSET:
            return None
        at += 8 + int.from_bytes(data[at + 4 : at + 8], "little")
    end = at + 1 + (-(at + 1) % 16)
    return end if end + 32 <= TABLE_OFFSET else None


def _check_uf2(data: bytes, board: BoardPlan) -> None:
    try:
        pages = parse(data, board.chip)
    except Uf2Error as bad:
        raise _wrong("micropython", board, str(bad)) from bad
    if max(pages) + PAYLOAD_BYTES > board.system[0]:
        raise _wrong("micropython", board, "it reaches into the system volume")


def _check_frozen(data: bytes, release: Release, board: BoardPlan) -> None:
    try:
        program = program_of(data, board.chip)
    except Uf2Error as bad:
        raise _wrong("micropython", board, str(bad)) from bad
    marks = marks_in(program)
    if board.frozen and [mark[:2] for mark in marks] != [(board.name, release.version)]:
        inside = ", ".join(f"{mark.board} {mark.version}" for mark in marks) or "no firmware"
        raise _wrong("micropython", board, f"it has {inside} inside")
    if not board.frozen and has_firmware(program):
        raise _wrong("micropython", board, "it has a firmware inside")


def _check_system(data: bytes, release: Release, board: BoardPlan) -> None:
    from littlefs import LittleFSError

    from firmware.wire import manifest as manifests
    from firmware.wire.errors import WireError

    try:
        files = system_files(data)
        modulus = bytes.fromhex(files["fleet.key"].decode("ascii"))
        manifest = None if board.frozen else manifests.decode(files["a/manifest"])
    except (LittleFSError, KeyError, ValueError, WireError) as bad:
        raise _wrong("system", board, f"{type(bad).__name__}: {bad}"[:120]) from bad
    if hashlib.sha256(modulus).hexdigest() != release.fleet_key or len(modulus) != _NEED_MODULUS_BYTES:
        raise _wrong("system", board, "it holds another fleet's key")
    if manifest is None:
        if set(files) != {"fleet.key"}:
            raise _wrong("system", board, "it holds more than the fleet's key")
        return
    if board.name not in manifest.boards:
        raise _wrong("system", board, f"it is for {', '.join(manifest.boards)}")
    if manifest.version != release.version:
        raise _wrong("system", board, f"it holds version {manifest.version}")
    _check_slot(files, manifest, modulus, board)


def _check_slot(files: dict[str, bytes], manifest: Any, modulus: bytes, board: BoardPlan) -> None:
    from firmware.wire import manifest as manifests
    from firmware.wire import rsa

    digest = hashlib.sha256(manifests.to_sign(manifest)).digest()
    if not rsa.verify(modulus, digest, manifest.signature):
        raise _wrong("system", board, "its firmware is not signed by the fleet")
    for path, size, sha256 in manifest.files:
        data = files.get(f"a/{path}", b"")
        if len(data) != size or hashlib.sha256(data).hexdigest() != sha256:
            raise _wrong("system", board, f"{path} is not what its manifest says")


def system_files(image: bytes) -> dict[str, bytes]:
    """-> path: content of all files on a system volume. Raises LittleFSError."""
    from littlefs import LittleFS, LittleFSError

    block_bytes = 4096
    volume = LittleFS(block_size=block_bytes, block_count=len(image) // block_bytes, mount=False, name_max=255)
    volume.context.buffer[:] = image
    volume.mount()
    found = {}
    for folder, _, names in volume.walk("/"):
        for name in names:
            path = f"{folder.rstrip('/')}/{name}"
            with volume.open(path, "rb") as file:
                found[path.lstrip("/")] = file.read()
    if not found:
        raise LittleFSError(-2)
    return found


def _wrong(part: str, board: BoardPlan, detail: str) -> Trouble:
    return Trouble("image_wrong", exits.REFUSED, WORDS, part=part, board=board.name, detail=detail)
