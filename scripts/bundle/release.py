"""The folder that technicians get: a signed release.json, the files that it names, and the fleet's public key.

The same files, key and facts give the same folder, byte for byte. How it is read: scripts/tram/release.
"""

import hashlib
import os
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, Protocol

from scripts.boards.data import Board
from scripts.bundle.frozen import how
from scripts.bundle.partitions import TABLE_OFFSET, binary, read_csv
from scripts.firmware_build import ROOT
from scripts.tram.release.check import boot_offset_of
from scripts.tram.release.known import KNOWN, is_recent, version_in
from scripts.tram.release.release import BoardPlan, FileFacts, Release, encode

PARTITIONS = ROOT / "hardware" / "partitions"


class Signer(Protocol):
    """The fleet's private key."""

    @property
    def modulus(self) -> bytes: ...

    def sign(self, data: bytes) -> bytes: ...


class Made(NamedTuple):
    """What one board gets. `micropython`: its file's name and content. No `update`: its firmware is frozen."""

    board: Board
    micropython: tuple[str, bytes]
    system: bytes
    update: bytes | None
    micropython_version: str = ""


class NoMicroPython(Exception):
    """There is no file for a board: the text says what it is to be called, and where it is to be had."""


def find_micropython(board: Board, folder: Path, version: int) -> tuple[str, bytes]:
    """The newest of that board's files in a folder -> its name and content. Raises NoMicroPython.

    `version`: of the firmware, which is frozen into that file where the board needs that."""
    names = [path.name for path in folder.iterdir() if version_in(board.name, path.name)]
    fitting = [name for name in names if is_recent(version_in(board.name, name))]
    if not fitting:
        raise NoMicroPython(f"no MicroPython for {board.name} in {folder}. {how(board, version)}")
    name = max(fitting, key=lambda one: ([int(word) for word in version_in(board.name, one).split(".")], one))
    return name, (folder / name).read_bytes()


def files_of(made: list[Made], version: int, floor: int, name: str, key: Signer, built_s: int) -> dict[str, bytes]:
    """-> file name: content of the whole folder. Raises ReleaseError where a board's parts do not fit."""
    files: dict[str, bytes] = {}
    boards = {one.board.name: _plan(one, version, files) for one in made}
    facts = Release(version, floor, name, built_s, hashlib.sha256(key.modulus).hexdigest(), boards)
    data = encode(facts)
    return {
        "release.json": data,
        "release.sig": key.sign(data).hex().encode() + b"\n",
        "fleet.key": key.modulus.hex().encode() + b"\n",
        **files,
    }


def _plan(made: Made, version: int, files: dict[str, bytes]) -> BoardPlan:
    board, (file, micropython) = made.board, made.micropython
    is_rp2 = board.family == "rp2"
    known_version = made.micropython_version or version_in(board.name, file) or "?"
    offset = None if is_rp2 else boot_offset_of(board.chip)
    where = KNOWN[board.name].where if board.name in KNOWN else ""
    rows = [_facts("micropython", file, micropython, offset, known_version, where)]
    contents = {file: micropython}
    if not is_rp2:
        table = binary(read_csv((PARTITIONS / f"{board.name}.csv").read_text(encoding="utf-8")))
        contents[f"{board.name}-partitions.bin"] = table
        rows.append(_facts("partitions", f"{board.name}-partitions.bin", table, TABLE_OFFSET))
    system, spool = board.parts["system"], board.parts["spool"]
    contents[f"{board.name}-{version}.img"] = made.system
    rows.append(_facts("system", f"{board.name}-{version}.img", made.system, system.offset))
    if made.update is not None:
        contents[f"{board.name}-{version}.tar"] = made.update
        rows.append(_facts("update", f"{board.name}-{version}.tar", made.update))
    files |= contents
    parts = (system.offset, system.bytes), (spool.offset, spool.bytes)
    return BoardPlan(board.name, board.title, board.chip, board.flash_bytes, *parts, tuple(rows), made.update is None)


def _facts(
    part: str, file: str, data: bytes, offset: int | None = None, version: str = "", where: str = ""
) -> FileFacts:
    return FileFacts(part, file, hashlib.sha256(data).hexdigest(), len(data), offset, version, where)


def write(folder: Path, files: Mapping[str, bytes]) -> None:
    """One file per name; release.json last: without it, a folder is no release. FileExistsError: it is not empty."""
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise FileExistsError(f"{folder} is not empty")
    for name in sorted(files, key=lambda one: one == "release.json"):
        (folder / name).write_bytes(files[name])


def built_s() -> int:
    """When this was made, in UTC seconds: SOURCE_DATE_EPOCH, else the day of HEAD, else now."""
    if given := os.environ.get("SOURCE_DATE_EPOCH"):
        return int(given)
    command = ["git", "log", "-1", "--format=%ct"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return int(done.stdout) if done.returncode == 0 and done.stdout.strip().isdigit() else int(time.time())
