"""The firmware inside MicroPython: what is frozen for a board, and whether a file has just that in it.

1. A board whose memory does not hold our code (`frozen` in hardware/boards.toml) has all of it frozen, with main.py: it
   runs from MicroPython's own part of the flash. Its system volume has the fleet's key and no boot.py, since that would
   start a slot; there are no slots, and no updates over the air.
2. Of the others an RP2 has only our _boot.py frozen; an ESP takes MicroPython as it is handed out. With our firmware
   inside it too, a module that a slot lacks would come from there, of whatever version.
3. Data files are not frozen: the display of such a box has no words.
"""

import hashlib
from collections.abc import Mapping

from scripts.boards.data import Board
from scripts.bundle import contents
from scripts.firmware_build import ROOT
from scripts.tram.release.frozen import OWN_BOOT, Mark, has_firmware, marks_in, program_of
from scripts.tram.release.known import KNOWN
from scripts.tram.release.uf2 import Uf2Error

MANIFEST, MARK_MODULE = "manifest.py", "tram_frozen.py"
_OPTIONS = 'base_path=".", opt=3'
"""opt: as our .mpy files are compiled, without line numbers."""
_RP2_PORT = (
    'freeze("$(PORT_DIR)/modules", ("rp2.py",))  # without its _boot.py: ours stands in its place',
    'include("$(MPY_DIR)/extmod/asyncio")',
    'require("neopixel")',
)
_PORTS = {
    "esp": ('include("$(PORT_DIR)/boards/manifest.py")',),
    "rp2": _RP2_PORT,
    "linux": ('include("$(MPY_DIR)/extmod/asyncio")',),
}


class WrongMicroPython(Exception):
    """A MicroPython file that does not fit its board: the text says why, and how the right one is made."""


def to_freeze(board: str, version: int, family: str) -> dict[str, bytes]:
    """-> path: content of a folder from which MicroPython is built with all of the firmware inside."""
    modules = [path for path in contents.of_slot(board) if path.endswith(".py")]
    files = {path: (ROOT / path).read_bytes() for path in modules}
    files |= {"main.py": (ROOT / "firmware" / "main.py").read_bytes(), **_own_boot(board)}
    files[MARK_MODULE] = f'TEXT = "{_mark(board, version, files).text()}"\n'.encode()
    package = [f'    "{path.removeprefix("firmware/")}",' for path in modules]
    single = [name for name in files if "/" not in name]
    lines = ['package("firmware", (', *package, f"), {_OPTIONS})", *_modules(single)]
    return {MANIFEST: _manifest(family, lines), **files}


def boot_to_freeze(board: str) -> dict[str, bytes]:
    """The same for an RP2 that has its firmware in slots: with our _boot.py alone."""
    files = _own_boot(board)
    return {MANIFEST: _manifest("rp2", _modules(files)), **files}


def folder_of(board: Board, version: int) -> dict[str, bytes]:
    """What `scripts/build-firmware` writes for those who build MicroPython; empty: this board needs none of its own."""
    if board.frozen:
        return to_freeze(board.name, version, board.family)
    return boot_to_freeze(board.name) if board.family == "rp2" else {}


def check(file: str, content: bytes, board: Board, version: int) -> None:
    """Whether a MicroPython file has just what its board needs. Raises WrongMicroPython."""
    try:
        program = program_of(content, board.chip)
    except Uf2Error as bad:
        raise _wrong(file, board, version, f"it is no UF2 file for this chip ({bad})") from bad
    if board.family == "rp2" and OWN_BOOT not in program:
        raise _wrong(file, board, version, "it has not our _boot.py, and would format the part for scans")
    if not board.frozen:
        if has_firmware(program):
            raise _wrong(file, board, version, "it has our firmware inside, which this board loads from its slots")
        return
    wanted = [path for path in contents.of_slot(board.name) if path.endswith(".py")]
    missing = [path for path in (*wanted, "main.py") if path.encode() + b"\0" not in program]
    if missing:
        raise _wrong(file, board, version, f"it has not our firmware inside: no {', '.join(missing[:3])}")
    mark = _mark(board.name, version, to_freeze(board.name, version, board.family))
    found = marks_in(program)
    if found != [mark]:
        says = ", ".join(f"version {one.version} for {one.board}" for one in found) or "no version"
        detail = says if not found or found[0][:2] != mark[:2] else f"{says}, of other sources"
        raise _wrong(file, board, version, f"what is inside is {detail}")


def how(board: Board, version: int) -> str:
    """How to make it, in one sentence."""
    known = KNOWN[board.name]
    if not known.is_own:
        return f"Take {known.example}, as it is handed out: {known.where}"
    command = known.command.replace("-N-", f"-{version}-")
    return (
        f"Make it: scripts/build-firmware --board {board.name} --key KEY --version {version} --out OUT; then, in "
        f"MicroPython's sources: {command}; then put {known.built} here as {known.example}"
    )


def _wrong(file: str, board: Board, version: int, why: str) -> WrongMicroPython:
    return WrongMicroPython(f"{file} is not for {board.name}: {why}. {how(board, version)}")


def _mark(board: str, version: int, files: Mapping[str, bytes]) -> Mark:
    digest = hashlib.sha256()
    for path, data in sorted(files.items()):
        if path not in (MANIFEST, MARK_MODULE):
            digest.update(f"{path} {len(data)}\n".encode() + data)
    return Mark(board, version, digest.hexdigest())


def _own_boot(board: str) -> dict[str, bytes]:
    path = ROOT / "hardware" / "boot" / board / "_boot.py"
    return {"_boot.py": path.read_bytes()} if path.is_file() else {}


def _modules(names: Mapping[str, bytes] | list[str]) -> list[str]:
    return [f'module("{name}", {_OPTIONS})' for name in names]


def _manifest(family: str, lines: list[str]) -> bytes:
    head = "# What MicroPython is built with: make FROZEN_MANIFEST=<this file>. Data files are not frozen."
    return "\n".join([head, *_PORTS[family], *lines, ""]).encode()
