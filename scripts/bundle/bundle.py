"""A signed bundle: the files of one version for one board, and the manifest that names them all (SPEC §12).

The bytes depend on the sources, on mpy-cross, on the key and on what is said about the version: on nothing else.
"""

import hashlib
import io
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from firmware.wire import manifest as manifests
from firmware.wire.manifest import Manifest
from firmware.wire.update import MANIFEST
from scripts.bundle import contents
from scripts.firmware_build import is_data

UNSIGNED = bytes(256)
SHARED_PACK = "firmware"
OWN_PACK_BYTES = 16384
"""A room that is at least as large has a pack of its own, which an update that does not change it leaves alone."""


class Signer(Protocol):
    """The fleet's private key."""

    def sign(self, data: bytes) -> bytes:
        """RSA-2048, PKCS#1 v1.5 with SHA-256."""


class Release(NamedTuple):
    """What is said about a version."""

    version: int
    floor: int
    name: str


def compiled(build: Path, sources: Sequence[str]) -> dict[str, bytes]:
    """-> path: content, as compiled. `sources` as of `contents`; `build` as of firmware_build."""
    paths = [source if is_data(Path(source)) else f"{source[:-3]}.mpy" for source in sources]
    return {path: (build / path).read_bytes() for path in sorted(paths)}


def slot_files(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """-> path in a slot: content. Modules in packs; data files as they are, under a flat name: a folder costs 8 KiB."""
    rooms: dict[str, dict[str, bytes]] = {}
    found = {}
    for path, data in files.items():
        if is_data(Path(path)):
            found[path.replace("/", ".")] = data
        else:
            rooms.setdefault(room_of(path), {})[path] = data
    shared = rooms.pop(SHARED_PACK, {})
    for room, inside in rooms.items():
        if sum(map(len, inside.values())) >= OWN_PACK_BYTES:
            found[f"{room}.pack"] = pack_of(inside)
        else:
            shared.update(inside)
    found[f"{SHARED_PACK}.pack"] = pack_of(shared)
    return dict(sorted(found.items()))


def room_of(path: str) -> str:
    """The room of a module, or `firmware` for what is directly under firmware/."""
    parts = path.split("/")
    return parts[1] if len(parts) > 2 else parts[0]


def pack_of(files: Mapping[str, bytes]) -> bytes:
    """Files in one: an index of lines `path offset length`, then their bytes. firmware/boot.py reads it."""
    offset = 0
    while True:  # the offsets count the index, and how long that is depends on them
        index, at = "", offset
        for path, data in sorted(files.items()):
            index += f"{path} {at} {len(data)}\n"
            at += len(data)
        head = f"1 pack {len(index)}\n{index}".encode()
        if len(head) == offset:
            return head + b"".join(data for _, data in sorted(files.items()))
        offset = len(head)


def manifest_of(files: Mapping[str, bytes], boards: Sequence[str], release: Release, key: Signer | None) -> bytes:
    """The manifest, signed; without a key its signature is zeros, which no box takes as an update."""
    rows = [(path, len(data), hashlib.sha256(data).hexdigest()) for path, data in sorted(files.items())]
    manifest = Manifest(release.version, release.floor, release.name, sorted(boards), rows, UNSIGNED)
    signature = key.sign(manifests.to_sign(manifest)) if key else UNSIGNED
    return manifests.encode(Manifest(*manifest[:-1], signature))


def make(build: Path, board: str, release: Release, key: Signer) -> dict[str, bytes]:
    """-> path: content of everything in the bundle of that board, its manifest among it."""
    files = slot_files(compiled(build, contents.of_slot(board)))
    return {MANIFEST: manifest_of(files, [board], release, key), **files}


def write_folder(files: Mapping[str, bytes], folder: Path) -> None:
    """One file per path. The folder must be new or empty. FileExistsError: it is not."""
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise FileExistsError(f"{folder} is not empty")
    for path, data in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


def tar_of(files: Mapping[str, bytes]) -> bytes:
    """The same as one file: sorted, owned by nobody, of no time."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path, data in sorted(files.items()):
            entry = tarfile.TarInfo(path)
            entry.size = len(data)
            entry.mode = 0o644
            archive.addfile(entry, io.BytesIO(data))
    return packed.getvalue()


def room_bytes(build: Path, board: str) -> dict[str, int]:
    """-> room: bytes of its .mpy files (and data) on that board. `firmware`: what lies outside of any room."""
    rooms: dict[str, int] = {}
    for path, data in compiled(build, contents.of_slot(board)).items():
        rooms[room_of(path)] = rooms.get(room_of(path), 0) + len(data)
    return dict(sorted(rooms.items()))
