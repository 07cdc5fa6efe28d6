"""Data keys: one for each local day and class, made at the first use, destroyed for good.

1. A key is a file of its own, never in the database and in no backup of it. Two nodes may share the folder: whoever
   is first makes it, and the other reads it.
2. Destroying writes first that it is destroyed (`.gone`), then overwrites and unlinks the key. A cut in between is
   finished by the next `destroy`, or at the next start.
3. A day that is gone stays gone: no key is made for it again, by no node. A key in memory counts only while its file
   is there, which is looked at with every batch (`look_again`).
4. A day that lies too long back to be kept gets no key either, whether it ever had one or not.
"""

import hashlib
import json
import re
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from server import keys
from server.codes.types import CLASSES
from server.errors import Unusable
from server.holder import files
from server.holder.holder import Certificate, DayKey
from server.persons.retention import DAYS_KEPT, day_of, first_kept_day

NAME = re.compile(r"(\d{1,6})-([a-z]{1,8})\.(key|gone)\Z")
KeyName = tuple[int, str]


def fingerprint(key: bytes) -> str:
    """Knows a key again; 16 hexadecimal digits."""
    return hashlib.sha256(b"tram data key\x00" + key).hexdigest()[:16]


class DayKeys:
    """The data keys in a folder. Not safe for several threads; several processes may share the folder."""

    def __init__(self, folder: Path, now_ms: Callable[[], int], days_kept: Mapping[str, int] = DAYS_KEPT) -> None:
        self._folder = files.folder(folder)
        self._now_ms = now_ms
        self._days_kept = dict(days_kept)
        self._ciphers: dict[KeyName, AESGCM] = {}
        self._looked_at: dict[KeyName, AESGCM | None] = {}
        self._finish_what_was_begun()

    def __repr__(self) -> str:
        return f"DayKeys({len(self.listed())})"

    def look_again(self) -> None:
        """A new batch: another node may have destroyed a key, or made one."""
        self._looked_at.clear()

    def for_sealing(self, day: int, class_: str) -> AESGCM | None:
        """The key of a day, made where there is none yet; None: the day is gone."""
        found = self._looked_at.get((day, class_))
        if found is not None:
            return found
        if day < first_kept_day(day_of(self._now_ms()), self._days_kept[class_]):
            return None
        found = self.for_opening(day, class_)
        return found if found is not None else self._make(day, class_)

    def for_opening(self, day: int, class_: str) -> AESGCM | None:
        """The key of a day; None where there is none, or none any more."""
        name = (day, class_)
        if name not in self._looked_at:
            self._looked_at[name] = self._look_at(name)
        return self._looked_at[name]

    def listed(self) -> list[DayKey]:
        """The keys that are there, the oldest first."""
        found = [match for path in self._folder.iterdir() if (match := NAME.match(path.name)) and match[3] == "key"]
        names = sorted((int(match[1]), match[2]) for match in found)
        return [DayKey(*name, fingerprint(keys.read(self._path(name, "key")))) for name in names]

    def destroy(self, day: int, class_: str) -> Certificate:
        """Destroy the key of a day, or see to it that none is made. Again: the same certificate."""
        name = (day, class_)
        self._ciphers.pop(name, None)
        self._looked_at.clear()
        path = self._path(name, "key")
        known = fingerprint(keys.read(path)) if path.exists() and not self._path(name, "gone").exists() else None
        told = {"fingerprint": known, "destroyed_ms": self._now_ms()}
        files.create(self._path(name, "gone"), json.dumps(told).encode())
        files.destroy(path)
        return self._certificate(name)

    def _make(self, day: int, class_: str) -> AESGCM | None:
        name = (day, class_)
        if class_ not in CLASSES or self._path(name, "gone").exists():
            return None
        files.create(self._path(name, "key"), secrets.token_bytes(32).hex().encode() + b"\n")
        if self._path(name, "gone").exists():  # destroyed by another node meanwhile
            files.destroy(self._path(name, "key"))
        self._looked_at.pop(name, None)
        return self.for_opening(day, class_)

    def _look_at(self, name: KeyName) -> AESGCM | None:
        path = self._path(name, "key")
        if not path.exists() or self._path(name, "gone").exists():
            self._ciphers.pop(name, None)
            return None
        if name not in self._ciphers:
            self._ciphers[name] = AESGCM(keys.read(path))
        return self._ciphers[name]

    def _certificate(self, name: KeyName) -> Certificate:
        try:
            told = json.loads(keys.read_private(self._path(name, "gone")))
            return Certificate(*name, told["fingerprint"], told["destroyed_ms"])
        except (ValueError, KeyError, TypeError) as err:
            raise Unusable("key_file", f"{self._path(name, 'gone')} cannot be read") from err

    def _finish_what_was_begun(self) -> None:
        for path in self._folder.iterdir():
            match = NAME.match(path.name)
            if match and match[3] == "gone":
                files.destroy(path.with_suffix(".key"))

    def _path(self, name: KeyName, what: str) -> Path:
        return self._folder / f"{name[0]}-{name[1]}.{what}"
