"""A bundle of firmware that comes as a tar: unpacked into a folder of its own, nothing believed.

1. Only plain files are taken, each under a relative path of simple names; links, devices and paths that lead elsewhere
   refuse the whole.
2. No more than MOST_FILES files and MOST_BYTES bytes, whatever the headers say.
3. Whether it is the fleet's is not judged here: the bundle is checked as any other when it is taken in.
"""

import re
import tarfile
from pathlib import Path

from gateway.tech.types import Refused

MOST_BYTES = 17 * 1024 * 1024
"""Of the tar: a bundle of the longest, and the tar's own headers."""
MOST_FILES = 1_000
MANIFEST = "manifest"
_PATH = re.compile(r"(\./)?([A-Za-z0-9_][A-Za-z0-9_.-]{0,63}/){0,8}[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")


def unpack(tar: Path, folder: Path) -> Path:
    """-> the folder with the manifest: `folder`, or the only one in it. Raises Refused or OSError."""
    taken = 0
    try:
        with tarfile.open(tar, "r:") as packed:
            for number, member in enumerate(packed):
                if number >= MOST_FILES:
                    raise Refused("no_bundle", "too many files")
                if member.isdir():
                    continue
                if not member.isreg() or member.issparse() or not _PATH.fullmatch(member.name):
                    raise Refused("no_bundle", "a name or a kind of file that no bundle has")
                taken += member.size
                if taken > MOST_BYTES:
                    raise Refused("no_bundle", "too long")
                _take(packed, member, folder)
    except (tarfile.TarError, EOFError, ValueError, UnicodeError) as error:
        raise Refused("no_bundle", "not a tar, or only a part of one") from error
    return _with_manifest(folder)


def _take(packed: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    target = folder / member.name.removeprefix("./")
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        content = packed.extractfile(member)
        data = b"" if content is None else content.read(member.size)
        with open(target, "xb") as file:
            file.write(data)
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        raise Refused("no_bundle", "the same name twice") from error
    if len(data) != member.size:
        raise Refused("no_bundle", "not a tar, or only a part of one")


def _with_manifest(folder: Path) -> Path:
    if (folder / MANIFEST).is_file():
        return folder
    inside = list(folder.iterdir()) if folder.is_dir() else []
    if len(inside) == 1 and (inside[0] / MANIFEST).is_file():
        return inside[0]
    raise Refused("no_bundle", "there is no manifest in it")
