"""The backup of a fleet's key: a small text that anybody may have, and what opens it, split in shares of words.

1. The text holds the key's primes under AES-256-GCM. Its key is drawn from 16 random bytes, which exist nowhere else.
2. Those 16 bytes are split by SLIP-39 (Shamir's scheme, a checksum in every share): `need` of `of` shares give them
   back, fewer give nothing at all.
3. What stands above the data line of the text is authenticated: a changed fingerprint or date does not open.
"""

import os
import re
from collections.abc import Sequence
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from shamir_mnemonic import MnemonicError, Share, combine_mnemonics, generate_mnemonics
from shamir_mnemonic.wordlist import WORDLIST

from firmware.wire import base64url
from firmware.wire.errors import WireError
from scripts.provisioning.key import KEY_BYTES, FleetKey

SECRET_BYTES = 16
SHARE_WORDS = 20
MOST_SHARES = 16
_NONCE_BYTES = 12
_PREFIX_LETTERS = 4
_FORM = re.compile(
    r"tram-key-backup 1\nfleet ([0-9a-f]{64})\nneed ([0-9]{1,2}) of ([0-9]{1,2})\n"
    r"set ([0-9]{1,5})\nmade ([0-9]{4}-[0-9]{2}-[0-9]{2})\ndata ([A-Za-z0-9_-]+)\n?"
)


class Bad(ValueError):
    """`code`: form (no backup), damaged (it does not open with these shares),
    and of a share: word (`at`, `text`, `near`), length, checksum, other_set, twice, few."""

    def __init__(self, code: str, at: int = 0, text: str = "", near: str = "") -> None:
        super().__init__(code)
        self.code, self.at, self.text, self.near = code, at, text, near


class Backup(NamedTuple):
    """What the text says."""

    fleet: str
    need: int
    of: int
    set_number: int
    """The same for all shares of one backup, and on each of them."""
    made: str
    data: bytes

    def text(self) -> str:
        """What is kept, and printed as a code."""
        return f"{self.head()}data {base64url.encode(self.data).decode()}\n"

    def head(self) -> str:
        """What is authenticated."""
        return (
            f"tram-key-backup 1\nfleet {self.fleet}\nneed {self.need} of {self.of}\n"
            f"set {self.set_number}\nmade {self.made}\n"
        )


def make(key: FleetKey, need: int, of: int, made: str) -> tuple[Backup, list[str]]:
    """-> (the backup, its shares: 20 words each). `made`: 2026-11-22. ValueError: no such numbers."""
    if not 2 <= need <= of <= MOST_SHARES:
        raise ValueError("need 2 to of, of at most 16")
    secret = os.urandom(SECRET_BYTES)
    shares = generate_mnemonics(1, [(need, of)], secret)[0]
    set_number = Share.from_mnemonic(shares[0]).identifier
    backup = Backup(key.fingerprint, need, of, set_number, made, b"")
    p, q = key.primes
    plain = b"".join(prime.to_bytes(KEY_BYTES // 2, "big") for prime in (p, q))
    nonce = os.urandom(_NONCE_BYTES)
    data = nonce + AESGCM(_key(secret)).encrypt(nonce, plain, backup.head().encode())
    return backup._replace(data=data), shares


def read(text: str) -> Backup:
    """Bad `form`."""
    found = _FORM.fullmatch(text.replace("\r\n", "\n").strip() + "\n")
    if not found:
        raise Bad("form")
    fleet, need, of, set_number, made, data = found.groups()
    try:
        return Backup(fleet, int(need), int(of), int(set_number), made, base64url.decode(data.encode()))
    except WireError:
        raise Bad("form") from None


def opened(backup: Backup, shares: Sequence[str]) -> FleetKey:
    """The key. `shares`: as `Shares` has taken them. Bad `few` or `damaged`."""
    try:
        secret = combine_mnemonics(list(shares)[: backup.need])
    except MnemonicError:
        raise Bad("few") from None
    try:
        plain = AESGCM(_key(secret)).decrypt(
            backup.data[:_NONCE_BYTES], backup.data[_NONCE_BYTES:], backup.head().encode()
        )
        half = KEY_BYTES // 2
        key = FleetKey.of_primes(int.from_bytes(plain[:half], "big"), int.from_bytes(plain[half:], "big"))
    except (InvalidTag, ValueError):
        raise Bad("damaged") from None
    if key.fingerprint != backup.fleet:
        raise Bad("damaged")
    return key


class Shares:
    """The shares of one backup, as people type them in, each judged at once."""

    def __init__(self, backup: Backup) -> None:
        self._backup = backup
        self._taken: dict[int, str] = {}

    def add(self, text: str) -> int:
        """-> the share's number, from 1. Bad: word, length, checksum, other_set, twice."""
        words = [_word(word, at) for at, word in enumerate(re.findall(r"[^\W\d_]+", text.lower()), 1)]
        if len(words) != SHARE_WORDS:
            raise Bad("length", at=len(words))
        try:
            share = Share.from_mnemonic(" ".join(words))
        except MnemonicError:
            raise Bad("checksum") from None
        if share.identifier != self._backup.set_number or share.member_threshold != self._backup.need:
            raise Bad("other_set")
        number = share.index + 1
        if number in self._taken:
            raise Bad("twice", at=number)
        self._taken[number] = " ".join(words)
        return int(number)

    @property
    def missing(self) -> int:
        """How many more it takes."""
        return max(0, self._backup.need - len(self._taken))

    def open(self) -> FleetKey:
        """As `opened`."""
        return opened(self._backup, list(self._taken.values()))


def _word(typed: str, at: int) -> str:
    """A word of the list, from all of it or from its first four letters. Bad `word`."""
    if typed in WORDLIST:
        return typed
    if len(typed) >= _PREFIX_LETTERS:
        found = [word for word in WORDLIST if word[:_PREFIX_LETTERS] == typed[:_PREFIX_LETTERS]]
        if found and found[0].startswith(typed):
            return str(found[0])
    import difflib

    raise Bad("word", at=at, text=typed, near=", ".join(difflib.get_close_matches(typed, WORDLIST, 3)))


def drawn_words(count: int) -> str:
    """Words at random, 10 bits each: a passphrase for who has none."""
    import secrets

    return " ".join(secrets.choice(WORDLIST) for _ in range(count))


def _key(secret: bytes) -> bytes:
    return HKDF(hashes.SHA256(), 32, None, b"tram-key-backup 1").derive(secret)
