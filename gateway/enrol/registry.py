"""Who has enrolled: one file for each box, which is the truth that the broker's password file is made from.

1. A box's file holds the hash of its password and the digests of the tokens that it has spent. Both change in one
   write, which is on the disk before anybody is answered: a token is never spent without its password, nor the
   other way round.
2. A token is one box's for ever, also after the box was revoked. It is forgotten only when it had expired long ago.
3. Nothing is remembered between calls: other processes (the command line) write here too, one at a time.
4. A file that cannot be read lets its box in no longer; it is named in `damaged`, and a new enrolment replaces it.
5. No password and no token is in a file, only what they are recognised by.
"""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from firmware.wire import fields
from firmware.wire.errors import WireError
from firmware.wire.provisioning import Provisioning
from gateway import files

ENDING = ".json"
FORGET_MS = 400 * 86_400_000
"""So long after it expired is a token remembered."""
MOST_TOKENS = 1_000


class Token(NamedTuple):
    """A token that was spent, by its SHA-256."""

    digest: str
    expires_ms: int


class EnrolledBox(NamedTuple):
    """What is kept of a box."""

    box_id: str
    hashed: str | None
    """Of its password, as the broker keeps it; None: it was revoked."""
    tokens: tuple[Token, ...] = ()
    place: str = ""
    gate: str = ""


class Registry:
    """The folder of files; methods raise OSError where the disk refuses, and then nothing has changed."""

    def __init__(self, folder: Path, hash_of: Callable[[str], str], matches: Callable[[str, str], bool]) -> None:
        self._folder = folder
        self._hash_of = hash_of
        self._matches = matches
        self.damaged: list[str] = []

    def boxes(self) -> dict[str, EnrolledBox]:
        """All of them, as the files are now."""
        found, self.damaged = {}, []
        for path in sorted(self._folder.glob("*" + ENDING)):
            box = _box_of(path)
            if box is None:
                self.damaged.append(path.name)
            else:
                found[box.box_id] = box
        return found

    def changed_ns(self) -> int:
        """Another number after each change; 0: there is no folder yet."""
        try:
            return self._folder.stat().st_mtime_ns
        except OSError:
            return 0

    def hashes(self) -> tuple[dict[str, str], set[str]]:
        """-> (box_id -> hash of each that may come in, those that may not)."""
        boxes = self.boxes().values()
        return {box.box_id: box.hashed for box in boxes if box.hashed}, {box.box_id for box in boxes if not box.hashed}

    def spent_by(self, token: str) -> str | None:
        """Which box has spent it."""
        digest = digest_of(token)
        for box in self.boxes().values():
            if any(one.digest == digest for one in box.tokens):
                return box.box_id
        return None

    def knows(self, box_id: str, password: str) -> bool:
        """Whether this is the box's password just now."""
        box = self._read(box_id)
        return box is not None and box.hashed is not None and self._matches(password, box.hashed)

    def enrol(self, box_id: str, password: str, code: Provisioning, now_ms: int) -> bool:
        """Spend the token and keep the password; False where somebody has spent it before, and then nothing changes."""
        with files.locked(self._folder):
            if self.spent_by(code.token) is not None:
                return False
            before = self._read(box_id)
            kept = [] if before is None else [one for one in before.tokens if one.expires_ms + FORGET_MS > now_ms]
            tokens = (*kept[1 - MOST_TOKENS :], Token(digest_of(code.token), code.expires_ms))
            self._write(EnrolledBox(box_id, self._hash_of(password), tokens, code.place, code.gate))
        return True

    def rotate(self, box_id: str, old: str, new: str, listed: str | None = None) -> bool | None:
        """Another password for a box that knows its old one; None: there is no such box; False: not its password.

        `listed`: the password that stands in the list by hand, where the box has never enrolled.
        """
        with files.locked(self._folder):
            box = self._read(box_id)
            if box is None and listed is not None:
                box = EnrolledBox(box_id, self._hash_of(listed))
            if box is None or box.hashed is None:
                return None
            if self._matches(old, box.hashed):
                self._write(box._replace(hashed=self._hash_of(new)))
                return True
            return self._matches(new, box.hashed)

    def revoke(self, box_id: str) -> bool:
        """Let the box in no longer, whether it has enrolled or stands in the list; False: it was out already."""
        with files.locked(self._folder):
            box = self._read(box_id) or EnrolledBox(box_id, "")
            if box.hashed is None:
                return False
            self._write(box._replace(hashed=None))
        return True

    def _read(self, box_id: str) -> EnrolledBox | None:
        return _box_of(self._folder / (box_id + ENDING))

    def _write(self, box: EnrolledBox) -> None:
        value: dict[str, Any] = box._asdict() | {"v": 1, "tokens": [list(one) for one in box.tokens]}
        files.write_json(self._folder / (box.box_id + ENDING), value)


def digest_of(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def _box_of(path: Path) -> EnrolledBox | None:
    value = files.read_json(path)
    if value is None or value.pop("v", None) != 1:
        return None
    try:
        value["tokens"] = tuple(Token(str(digest), int(expires_ms)) for digest, expires_ms in value["tokens"])
        box = EnrolledBox(**value)
        fields.box_id(fields.to_bytes(box.box_id))
    except (KeyError, TypeError, ValueError, AttributeError, WireError):
        return None
    return box if box.box_id + ENDING == path.name and isinstance(box.hashed, str | None) else None
