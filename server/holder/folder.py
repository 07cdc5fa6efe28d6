"""The holder's folder: what lies where. 0700, every file 0600; nothing of it belongs into the database or its backups.

    pepper-N.key    tokens are made with the one of the highest N; older ones wait until nothing derived needs them
    digest.key      digests of records
    wrapping.key    secrets of the server's own
    sealing/*.key   private keys that gateways seal to (`server.keys`), beside those that the settings name
    days/           data keys (`day_keys`), which no backup may hold: a backup would undo their destruction

1. Pepper, digest and wrapping key are made at the first start and belong into a backup of their own: without the
   pepper everything derived has to be made anew, without the wrapping key second factors have to be set up anew.
2. A new pepper is for when the old one may be known to somebody. `rotate_pepper`, then everything derived is made anew
   from the sealed scans (`PublicKeys.pepper` has changed), then `forget_old_peppers`.
"""

import hashlib
import re
import secrets
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from server import keys
from server.holder import files

PEPPER = re.compile(r"pepper-(\d{1,6})\.key\Z")


class Folder:
    """The permanent secrets, read once. Raises `Unusable`: `holder_folder`, `key_file`."""

    def __init__(self, path: Path) -> None:
        self.path = files.folder(path)
        self.days = path / "days"
        self.sealing = files.folder(path / "sealing")
        self.digest_key = files.secret(path / "digest.key")
        self.wrapping = AESGCM(files.secret(path / "wrapping.key"))
        self.pepper = files.secret(self._pepper_path(max(self._peppers(), default=1)))

    def __repr__(self) -> str:
        return f"Folder({self.path.name})"

    def pepper_fingerprint(self) -> str:
        """Knows the pepper again; 16 hexadecimal digits."""
        return _fingerprint(self.pepper)

    def pepper_fingerprints(self) -> list[str]:
        """Of every pepper that is there."""
        return [_fingerprint(keys.read(self._pepper_path(number))) for number in sorted(self._peppers())]

    def digest_fingerprint(self) -> str:
        """Knows the key of digests again."""
        return hashlib.sha256(b"tram digest\x00" + self.digest_key).hexdigest()[:16]

    def sealing_keys(self) -> list[bytes]:
        """The private keys under `sealing/`, in the order of their names."""
        return [keys.read(path) for path in sorted(self.sealing.glob("*.key"))]

    def rotate_pepper(self) -> str:
        """A new pepper from now on; returns its fingerprint. Everything derived has to be made anew."""
        newest = max(self._peppers(), default=0) + 1
        files.create(self._pepper_path(newest), secrets.token_bytes(32).hex().encode() + b"\n")
        self.pepper = keys.read(self._pepper_path(newest))
        return self.pepper_fingerprint()

    def forget_old_peppers(self) -> int:
        """Destroy every pepper but the newest; returns how many. Once nothing derived with them is left."""
        old = sorted(self._peppers())[:-1]
        for number in old:
            files.destroy(self._pepper_path(number))
        return len(old)

    def _peppers(self) -> list[int]:
        return [int(match[1]) for path in self.path.iterdir() if (match := PEPPER.match(path.name))]

    def _pepper_path(self, number: int) -> Path:
        return self.path / f"pepper-{number}.key"


def _fingerprint(pepper: bytes) -> str:
    return hashlib.sha256(b"tram pepper\x00" + pepper).hexdigest()[:16]
