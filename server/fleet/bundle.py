"""A bundle of firmware as it is uploaded: one .tar with the manifest and exactly the files that it names (SPEC §12).

1. It is good when its manifest is in its form and every file that it names is there with its length and SHA-256, and
   nothing else is. Where the fleet's key is known it has to be signed by it. Gateways and boxes check all of it again.
2. What is asked for later is one of these files, by its name; no path leads anywhere else.
3. The same version with another manifest is refused by the store: a version means one thing for ever.
"""

import hashlib
import io
import tarfile
from typing import NamedTuple

from firmware.wire import manifest, rsa
from firmware.wire.errors import WireError
from firmware.wire.manifest import SIGNATURE_LINE_BYTES
from firmware.wire.update import MANIFEST
from server.errors import Refused

MOST_BYTES = 16 * 1024 * 1024
MOST_TAR_BYTES = MOST_BYTES + 1024 * 1024


class Bundle(NamedTuple):
    """One that was found good; `files` has the manifest among them."""

    version: int
    name: str
    boards: list[str]
    manifest_length: int
    manifest_sha256: str
    files: dict[str, bytes]


def read(data: bytes, fleet_key: bytes | None) -> Bundle:
    """Raises `Refused`: `bundle`, `manifest`, `signature`, `too_long`."""
    files = _files(data)
    listed = files.get(MANIFEST, b"")
    try:
        said = manifest.decode(listed)
    except WireError as err:
        raise Refused("manifest", f"{MANIFEST}: {err}") from err
    if fleet_key is not None:
        digest = hashlib.sha256(listed[:-SIGNATURE_LINE_BYTES]).digest()
        if not rsa.verify(fleet_key, digest, said.signature):
            raise Refused("signature", "not signed by the fleet's key")
    named = {path: (length, sha256) for path, length, sha256 in said.files}
    for path in sorted(set(files) - {MANIFEST} | set(named)):
        content = files.get(path)
        if content is None or path not in named:
            raise Refused("bundle", f"{path}: " + ("is not there" if content is None else "is not in the manifest"))
        if (len(content), hashlib.sha256(content).hexdigest()) != named[path]:
            raise Refused("bundle", f"{path}: not the file that the manifest names")
    digest_text = hashlib.sha256(listed).hexdigest()
    return Bundle(int(said.version), said.name, list(said.boards), len(listed), digest_text, files)


def _files(data: bytes) -> dict[str, bytes]:
    if len(data) > MOST_TAR_BYTES:
        raise Refused("too_long", f"a bundle is {MOST_BYTES} bytes at most")
    files: dict[str, bytes] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
            for entry in archive:
                content = archive.extractfile(entry) if entry.isreg() else None
                if content is None or entry.name in files or len(files) > manifest.MAX_FILES:
                    raise Refused("bundle", "holds something else than files, or too many")
                files[entry.name] = content.read()
    except (tarfile.TarError, ValueError, OverflowError, EOFError) as err:
        raise Refused("bundle", "not a .tar of files") from err
    if sum(map(len, files.values())) > MOST_BYTES:
        raise Refused("too_long", f"a bundle is {MOST_BYTES} bytes at most")
    return files
