"""Releases for the tests: real boards' places, a real signature, and what stand-in boards can run."""

import hashlib
from functools import cache
from pathlib import Path

from firmware.wire.update import MANIFEST
from scripts.boards.data import Board, load
from scripts.bundle import bundle, image, release
from scripts.firmware_build import build
from scripts.provisioning.key import FleetKey
from scripts.sim import bare_board_image
from tests.bundle import frozen_files

VERSION = 3
MICROPYTHON_VERSION = "1.25.0"
BUILT_S = 1_700_000_000


@cache
def key() -> FleetKey:
    """One fleet for all tests of a process."""
    return FleetKey.make()


def board(name: str) -> Board:
    return next(one for one in load() if one.name == name)


@cache
def system(name: str) -> bytes:
    """The system volume: the firmware of board `linux`, which a stand-in can run, signed for this board too."""
    folder, facts = build(), bundle.Release(VERSION, 0, "test")
    packs = {path: data for path, data in bundle.make(folder, "linux", facts, key()).items() if path != MANIFEST}
    packs[MANIFEST] = bundle.manifest_of(packs, ["linux", name], facts, key())
    whole = image.root_files(folder, "linux", packs, facts, key().modulus)
    return image.make(whole, board(name).parts["system"].bytes, bare_board_image.PROG_BYTES)


def made(name: str) -> release.Made:
    suffix = "uf2" if board(name).family == "rp2" else "bin"
    file = (f"stand-in-{name}.{suffix}", bare_board_image.micropython(name))
    return release.Made(board(name), file, system(name), b"an update", MICROPYTHON_VERSION)


def made_frozen(name: str) -> release.Made:
    """The same for a board whose firmware is inside MicroPython."""
    suffix = "uf2" if board(name).family == "rp2" else "bin"
    file = (f"tram-{name}-v{MICROPYTHON_VERSION}.{suffix}", frozen_files.made(name, VERSION))
    size_bytes = board(name).parts["system"].bytes
    small = image.make(image.frozen_files(key().modulus), size_bytes, bare_board_image.PROG_BYTES)
    return release.Made(board(name), file, small, None, MICROPYTHON_VERSION)


def write_frozen(folder: Path, *names: str) -> Path:
    """A release for such boards in `folder`. -> it"""
    given = [made_frozen(name) for name in names]
    release.write(folder, release.files_of(given, VERSION, 0, "test", key(), BUILT_S))
    return folder


@cache
def files(*names: str) -> dict[str, bytes]:
    return release.files_of([made(name) for name in names], VERSION, 0, "test", key(), BUILT_S)


def write(folder: Path, *names: str) -> Path:
    """A release for these boards in `folder`. -> it"""
    release.write(folder, files(*names))
    return folder


def trust(home: Path) -> None:
    """This computer knows the fleet's key already."""
    home.mkdir(parents=True, exist_ok=True)
    (home / "fleet.key").write_text(key().modulus.hex())


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
