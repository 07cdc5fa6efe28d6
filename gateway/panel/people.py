"""Who may log in: names and the hashes of their passwords.

1. The file has one line for each person, `name hash`, as `python -m gateway panel password` prints it; empty lines and
   those that begin with # are let be. Others than its owner may not read it.
2. The hash is scrypt with a salt of its own; its cost stands in it, and more than MOST_* is no hash: a file may not
   cost the machine its memory.
3. Checking costs the same time whether there is such a person or not, and compares in constant time.
4. A password is taken in composed form (NFC), a name in lower case: keyboards and phones differ in both.
"""

import base64
import binascii
import hashlib
import hmac
import re
import secrets
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

LOG2_N, BLOCKS, LANES = 13, 8, 10
"""8 MiB for a quarter of a second of a PC."""
MOST_LOG2_N, MOST_BLOCKS, MOST_LANES = 15, 8, 16
LEAST_CHARACTERS = 10
MOST_CHARACTERS = 200
_SALT_BYTES, _HASH_BYTES = 16, 32
_MOST_FILE_BYTES = 256 * 1024
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")
_HASH = re.compile(r"\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{16,64})\$([A-Za-z0-9+/]{43})")


class PeopleError(Exception):
    """`code` is stable: `no_password_file`; `why` is `missing`, `mode`, `text`, `line`, `twice` or `nobody`."""

    code = "no_password_file"

    def __init__(self, why: str, detail: str) -> None:
        super().__init__(detail)
        self.why = why


class TokenError(PeopleError):
    """The same of the file of the token for /metrics."""

    code = "no_token_file"


class Hash(NamedTuple):
    log2_n: int
    blocks: int
    lanes: int
    salt: bytes
    digest: bytes

    def matches(self, password: str) -> bool:
        """Slow on purpose; lets go of the interpreter meanwhile."""
        return hmac.compare_digest(_scrypt(password, self.salt, self.log2_n, self.blocks, self.lanes), self.digest)

    def line(self) -> str:
        cost = f"ln={self.log2_n},r={self.blocks},p={self.lanes}"
        return f"$scrypt${cost}${_text(self.salt)}${_text(self.digest)}"


def hash_of(password: str) -> Hash:
    """Another one each time."""
    salt = secrets.token_bytes(_SALT_BYTES)
    return Hash(LOG2_N, BLOCKS, LANES, salt, _scrypt(password, salt, LOG2_N, BLOCKS, LANES))


def parse_hash(text: str) -> Hash | None:
    """None: this is none of ours."""
    found = _HASH.fullmatch(text)
    if found is None:
        return None
    log2_n, blocks, lanes = int(found[1]), int(found[2]), int(found[3])
    if not (1 <= log2_n <= MOST_LOG2_N and 1 <= blocks <= MOST_BLOCKS and 1 <= lanes <= MOST_LANES):
        return None
    try:
        salt, digest = _bytes(found[4]), _bytes(found[5])
    except binascii.Error:
        return None
    return Hash(log2_n, blocks, lanes, salt, digest) if len(digest) == _HASH_BYTES else None


def name_of(typed: str) -> str | None:
    """A name as it stands in the file; None: nobody can be called that."""
    name = unicodedata.normalize("NFC", typed).strip().lower()
    return name if _NAME.fullmatch(name) else None


def is_strong(name: str, password: str) -> bool:
    """Long enough, not the name, and not one character again and again."""
    if not LEAST_CHARACTERS <= len(password) <= MOST_CHARACTERS:
        return False
    return len(set(password)) > 3 and name.lower() not in password.lower()


class People:
    """Names and hashes; `check` takes as long for a stranger."""

    def __init__(self, hashes: Mapping[str, Hash]) -> None:
        self._hashes = dict(hashes)
        costliest = max(hashes.values(), key=lambda one: one[:3], default=None)
        cost = (LOG2_N, BLOCKS, LANES) if costliest is None else costliest[:3]
        self._nobody = Hash(*cost, secrets.token_bytes(_SALT_BYTES), secrets.token_bytes(_HASH_BYTES))

    def check(self, name: str, password: str) -> bool:
        known = self._hashes.get(name)
        matches = (known or self._nobody).matches(password[:MOST_CHARACTERS])
        return matches and known is not None

    def hash_of(self, name: str) -> Hash | None:
        return self._hashes.get(name)

    @property
    def names(self) -> list[str]:
        return sorted(self._hashes)

    def __len__(self) -> int:
        return len(self._hashes)

    def __repr__(self) -> str:
        return f"People({len(self._hashes)})"


def read(path: Path) -> People:
    """Raises PeopleError: the panel does not open on half a file."""
    hashes: dict[str, Hash] = {}
    for number, line in enumerate(private_text(path).splitlines(), 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        hashed = parse_hash(words[1]) if len(words) == 2 else None
        if hashed is None or name_of(words[0]) != words[0]:
            raise PeopleError("line", f"{path}, line {number}: not `name hash`")
        if words[0] in hashes:
            raise PeopleError("twice", f"{path}, line {number}: {words[0]} stands there twice")
        hashes[words[0]] = hashed
    if not hashes:
        raise PeopleError("nobody", f"{path}: nobody stands in it; `python -m gateway panel password` makes a line")
    return People(hashes)


def read_token(path: Path | None) -> str:
    """The token for /metrics, or empty: nobody has it. Raises TokenError."""
    if path is None:
        return ""
    try:
        token = private_text(path).strip()
    except PeopleError as error:
        raise TokenError(error.why, str(error)) from error
    if not token:
        raise TokenError("nobody", f"{path}: empty")
    return token


def private_text(path: Path) -> str:
    """A file that nobody but its owner may read. Raises PeopleError."""
    try:
        with open(path, "rb") as file:
            mode = path.stat().st_mode
            text = file.read(_MOST_FILE_BYTES).decode()
    except OSError as error:
        raise PeopleError("missing", f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise PeopleError("text", f"{path}: not text") from error
    if mode & 0o077:
        raise PeopleError("mode", f"{path}: others may read it (mode {mode & 0o777:04o}); chmod 600")
    return text


def _scrypt(password: str, salt: bytes, log2_n: int, blocks: int, lanes: int) -> bytes:
    secret = unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
    room = 256 * blocks * ((1 << log2_n) + lanes) + 1024 * 1024
    return hashlib.scrypt(secret, salt=salt, n=1 << log2_n, r=blocks, p=lanes, maxmem=room, dklen=_HASH_BYTES)


def _text(data: bytes) -> str:
    return base64.b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
