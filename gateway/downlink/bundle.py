"""A bundle of firmware: a folder with a manifest and the files that it names, and nothing else counts.

1. A bundle is good when its manifest is in its form, signed by the fleet's key, and every file that it names is there
   with its length and SHA-256. Only a good one is taken in, offered, or read from.
2. It is taken in whole or not at all: copied beside, checked there, synced, renamed to its version.
3. The same version with another manifest is refused: a version means one thing for ever.
4. A piece is read only of a file that the manifest names; a path that leads elsewhere is no such name.
"""

import hashlib
import os
import shutil
from pathlib import Path
from typing import NamedTuple

from firmware.wire import manifest, rsa, update
from firmware.wire.errors import WireError
from firmware.wire.manifest import SIGNATURE_LINE_BYTES, Manifest
from firmware.wire.update import MANIFEST
from gateway import files

MAX_BUNDLE_BYTES = 16 * 1024 * 1024


class BundleError(Exception):
    """`code` is stable: `manifest`, `signature`, `file`, `too_long`, `version` or `missing`."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code


class Bundle(NamedTuple):
    """One that was found good."""

    folder: Path
    manifest: Manifest
    manifest_bytes: int
    manifest_sha256: str
    lengths: dict[str, int]
    """Of every file that may be asked for, the manifest included."""

    @property
    def version(self) -> int:
        return int(self.manifest.version)

    def read(self, path: str, offset: int, length: int) -> bytes:
        """A piece; shorter at the end of the file. Raises BundleError where there is no such piece."""
        if not 0 <= offset < self.lengths.get(path, 0):
            raise BundleError("missing", "no such piece")
        with open(self.folder / path, "rb") as file:
            file.seek(offset)
            return file.read(min(length, update.MAX_PIECE_BYTES))


def check(folder: Path, fleet_key: bytes) -> Bundle:
    """Read all of it; raises BundleError naming what is wrong."""
    data = _read(folder / MANIFEST, manifest.MAX_MANIFEST_BYTES)
    said = signed(data, fleet_key, str(folder / MANIFEST))
    for path, length, sha256 in said.files:
        content = _read(folder / path, length)
        if len(content) != length or hashlib.sha256(content).hexdigest() != sha256:
            raise BundleError("file", f"{folder / path}: not the file that the manifest names")
    lengths = {path: length for path, length, _ in said.files} | {MANIFEST: len(data)}
    return Bundle(folder, said, len(data), hashlib.sha256(data).hexdigest(), lengths)


def signed(data: bytes, fleet_key: bytes, where: str) -> Manifest:
    """The manifest in these bytes. Raises BundleError where it is none, or not the fleet's."""
    try:
        said = manifest.decode(data)
    except WireError as error:
        raise BundleError("manifest", f"{where}: {error}") from error
    if not rsa.verify(fleet_key, hashlib.sha256(data[:-SIGNATURE_LINE_BYTES]).digest(), said.signature):
        raise BundleError("signature", f"{where}: not signed by the fleet's key")
    if sum(length for _, length, _ in said.files) > MAX_BUNDLE_BYTES:
        raise BundleError("too_long", f"{where}: over {MAX_BUNDLE_BYTES} bytes")
    return said


def take_in(source: Path, shelf: Path, fleet_key: bytes) -> Bundle:
    """Check, copy to the shelf under its version, sync; the same again is no error. Raises BundleError or OSError."""
    found = check(source, fleet_key)
    target = shelf / str(found.version)
    if target.exists():
        there = check(target, fleet_key)
        if there.manifest_sha256 != found.manifest_sha256:
            raise BundleError("version", f"there is another firmware of version {found.version} already")
        return there
    files.make_folder(shelf)
    fresh = shelf / f"{found.version}{files.FRESH}"
    shutil.rmtree(fresh, ignore_errors=True)
    for path in found.lengths:
        copy = fresh / path
        copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        files.write(copy, _read(source / path, MAX_BUNDLE_BYTES))
    check(fresh, fleet_key)  # the source may have changed while it was copied
    os.replace(fresh, target)
    files.sync_folder(shelf)
    return found._replace(folder=target)


def shelve(source: Path, shelf: Path, fleet_key: bytes) -> Bundle:
    """Check what lies whole beside the shelf, sync it, and move it there. Raises BundleError or OSError."""
    found = check(source, fleet_key)
    target = shelf / str(found.version)
    if target.exists():
        there = check(target, fleet_key)
        if there.manifest_sha256 != found.manifest_sha256:
            raise BundleError("version", f"there is another firmware of version {found.version} already")
        shutil.rmtree(source, ignore_errors=True)
        return there
    for path in source.rglob("*"):
        if path.is_file() and path.relative_to(source).as_posix() not in found.lengths:
            path.unlink()
    for folder in [source, *(path for path in source.rglob("*") if path.is_dir())]:
        files.sync_folder(folder)
    os.replace(source, target)
    files.sync_folder(shelf)
    return found._replace(folder=target)


def _read(path: Path, most: int) -> bytes:
    """At most one byte more than `most`, so that what is longer is seen."""
    try:
        with open(path, "rb") as file:
            return file.read(most + 1)
    except OSError as error:
        raise BundleError("missing", f"{path}: {error.strerror}") from error
