"""Which technicians may come in, and until when: a file with a line for each, and nothing in it that opens a door.

1. A line is `name digest last-day`: SHA-256 of a token of 256 random bits, and the last day (UTC) on which it is good.
   Others than its owner may not read the file. Empty lines and those that begin with # are let be.
2. Looking a token up compares with every line, in constant time each.
3. Where UTC is not known the machine's own clock is asked: it may be behind, so a token may be good for longer then.
   The other way round whoever comes to mend the clock would be kept out.
4. The file is read anew when it has changed: who is removed is out with the next request.
"""

import hmac
import re
import secrets
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from gateway import files

MOST = 200
MOST_DAYS = 366
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_MOST_FILE_BYTES = 64 * 1024


class TechniciansError(Exception):
    """`code` is stable: `mode`, `text`, `line`, `twice`, `name`, `days`, `known`, `unknown` or `many`."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


class Technician(NamedTuple):
    name: str
    digest: str
    ends: date

    def __repr__(self) -> str:
        return f"Technician({self.name!r}, ends={self.ends})"


def read(path: Path) -> list[Technician]:
    """Empty where there is no file. Raises TechniciansError or OSError."""
    try:
        with open(path, "rb") as file:
            mode = path.stat().st_mode
            text = file.read(_MOST_FILE_BYTES).decode()
    except FileNotFoundError:
        return []
    except UnicodeDecodeError as error:
        raise TechniciansError("text", f"{path}: not text") from error
    if mode & 0o077:
        raise TechniciansError("mode", f"{path}: others may read it (mode {mode & 0o777:04o}); chmod 600")
    found: dict[str, Technician] = {}
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        one = _of(words)
        if one is None:
            raise TechniciansError("line", f"{path}, line {number}: not `name digest last-day`")
        if one.name in found:
            raise TechniciansError("twice", f"{path}, line {number}: {one.name} stands there twice")
        found[one.name] = one
    return list(found.values())


def add(path: Path, name: str, days: int, today: date) -> tuple[str, date]:
    """-> the token, which is kept nowhere, and its last day. Raises TechniciansError or OSError."""
    if not _NAME.fullmatch(name):
        raise TechniciansError("name", "a name has 1 to 32 of a-z 0-9 . _ - and begins with a letter or a digit")
    if not 1 <= days <= MOST_DAYS:
        raise TechniciansError("days", f"1 to {MOST_DAYS} days")
    with files.locked(path.parent):
        known = read(path)
        if any(one.name == name for one in known):
            raise TechniciansError("known", f"{name} is in already; remove first")
        if len(known) >= MOST:
            raise TechniciansError("many", f"{MOST} are in already")
        token, ends = secrets.token_urlsafe(32), today + timedelta(days=days)
        _write(path, [*known, Technician(name, digest_of(token), ends)])
    return token, ends


def remove(path: Path, name: str) -> None:
    """Raises TechniciansError or OSError."""
    with files.locked(path.parent):
        known = read(path)
        if all(one.name != name for one in known):
            raise TechniciansError("unknown", f"{name} is not in")
        _write(path, [one for one in known if one.name != name])


def digest_of(token: str) -> str:
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


class Technicians:
    """who() says whose token it is."""

    def __init__(self, path: Path, utc_ms: Callable[[], int]) -> None:
        self._path = path
        self._utc_ms = utc_ms
        self._read: tuple[tuple[int, int, int], list[Technician]] | None = None

    def known(self) -> list[Technician]:
        """Raises TechniciansError or OSError."""
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return []
        mark = status.st_ino, status.st_mtime_ns, status.st_ctime_ns
        if self._read is None or self._read[0] != mark:
            self._read = mark, read(self._path)
        return self._read[1]

    def who(self, token: str) -> Technician | None:
        """None: nobody's, or it has ended. Raises TechniciansError or OSError."""
        digest, found = digest_of(token), None
        for one in self.known():
            if hmac.compare_digest(one.digest, digest):
                found = one
        return found if found is not None and self._today() <= found.ends else None

    def _today(self) -> date:
        return datetime.fromtimestamp(self._utc_ms() / 1000, UTC).date()


def _of(words: list[str]) -> Technician | None:
    if len(words) != 3 or not _NAME.fullmatch(words[0]) or not _DIGEST.fullmatch(words[1]):
        return None
    try:
        return Technician(words[0], words[1], date.fromisoformat(words[2]))
    except ValueError:
        return None


def _write(path: Path, technicians: list[Technician]) -> None:
    lines = ["# Technicians: name, SHA-256 of the token, last day. Written by `python -m gateway technician`."]
    lines += [f"{one.name} {one.digest} {one.ends.isoformat()}" for one in technicians]
    files.write(path, ("\n".join(lines) + "\n").encode())
