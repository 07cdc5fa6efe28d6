"""The system volume as an image that esptool or picotool writes: littlefs, as the box's own VfsLfs2 makes it.

It holds one version in slot `a`, safe mode in `s`, boot.py and main.py at the root, and the fleet's public key. Where
the firmware is frozen into MicroPython, it holds the key alone.
What makes a box this box and no other (/id.a, /set, …) it writes itself.
"""

import json
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from littlefs import LittleFS, LittleFSError

from firmware.wire.update import MANIFEST
from scripts.bundle import contents
from scripts.bundle.bundle import SHARED_PACK, Release, compiled, manifest_of, pack_of
from scripts.firmware_build import STAYS_SOURCE

BLOCK_BYTES = 4096
READ_BYTES = 128
LOOKAHEAD_BYTES = 32
NAME_MAX = 255
DISK_VERSION = 0x00020001  # MicroPython from 1.22 on reads and writes it
SAFE_NAME = "safe"


class ImageError(Exception):
    """It does not fit."""


def root_files(
    build: Path, board: str, bundle: Mapping[str, bytes], release: Release, modulus: bytes
) -> dict[str, bytes]:
    """-> path on the volume: content."""
    safe = {f"{SHARED_PACK}.pack": pack_of(compiled(build, contents.of_safe(board)))}  # one: it is never updated
    state = {"active": "a", "good": "a", "floor": release.floor}
    return {
        **{name: (build / "firmware" / name).read_bytes() for name in STAYS_SOURCE},
        "fleet.key": modulus.hex().encode(),
        "slot": sealed(json.dumps(state, sort_keys=True).encode()),
        **{f"a/{path}": data for path, data in bundle.items()},
        **{f"s/{path}": data for path, data in safe.items()},
        f"s/{MANIFEST}": manifest_of(safe, [board], Release(release.version, 0, SAFE_NAME), None),
    }


def frozen_files(modulus: bytes) -> dict[str, bytes]:
    """The same for a board whose firmware is inside MicroPython: no slots, and no boot.py that would start one."""
    return {"fleet.key": modulus.hex().encode()}


def sealed(data: bytes) -> bytes:
    """As `firmware/files.py` writes small files that a power cut must leave whole."""
    return data + b"\n#%d %08x\n" % (len(data), zlib.crc32(data))


def make(files: Mapping[str, bytes], size_bytes: int, prog_bytes: int) -> bytes:
    """The image. Raises ImageError when the files need more room than there is."""
    if size_bytes % BLOCK_BYTES or size_bytes < 16 * BLOCK_BYTES:
        raise ImageError(f"{size_bytes} bytes are no flash of blocks of {BLOCK_BYTES}")
    volume = LittleFS(
        block_size=BLOCK_BYTES,
        block_count=size_bytes // BLOCK_BYTES,
        read_size=READ_BYTES if prog_bytes <= READ_BYTES else prog_bytes,
        prog_size=prog_bytes,
        cache_size=min(BLOCK_BYTES, 4 * max(READ_BYTES, prog_bytes)),
        lookahead_size=LOOKAHEAD_BYTES,
        name_max=NAME_MAX,
        disk_version=DISK_VERSION,
    )
    try:
        for folder in sorted(set(_folders(files))):
            volume.mkdir(folder)
        for path, data in sorted(files.items()):
            with volume.open(path, "wb") as file:
                file.write(data)
    except LittleFSError as error:
        needed = sum(-(-len(data) // BLOCK_BYTES) for data in files.values()) * BLOCK_BYTES
        raise ImageError(f"{needed} bytes of files do not fit on a flash of {size_bytes}: {error}") from error
    return bytes(volume.context.buffer)


def used_bytes(image: bytes) -> int:
    """What of an image is taken."""
    volume = LittleFS(block_size=BLOCK_BYTES, block_count=len(image) // BLOCK_BYTES, mount=False, name_max=NAME_MAX)
    volume.context.buffer[:] = image
    volume.mount()
    folders = sum(len(names) for _, names, _ in volume.walk("/"))
    return (int(volume.used_block_count) - 2 * folders) * BLOCK_BYTES  # littlefs counts a folder's two blocks twice


def _folders(files: Mapping[str, bytes]) -> Iterator[str]:
    if any(path.startswith("a/") for path in files):
        yield "b"
    for path in files:
        parts = path.split("/")[:-1]
        for depth in range(1, len(parts) + 1):
            yield "/".join(parts[:depth])
