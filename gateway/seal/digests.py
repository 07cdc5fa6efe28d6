"""A keyed digest of a record, to know it again while the day's key lives.

1. A digest is nine bytes: three that name the key, six of keyed BLAKE2b of the record. Nothing can be learnt from it
   without the key, and the key never touches the disk (shelf.py).
2. The key is that of the running day of this machine's boot: no clock is needed, and no step of one touches it. After
   a power cut the boot is another, and so are all keys.
3. The key of the day before is kept for comparing; older ones are destroyed.
4. A key's name is part of the key, drawn with it: a digest of a key that is gone is never taken for one of another.
Any thread may call.
"""

import hmac
import threading
from collections.abc import Callable
from hashlib import blake2b

from gateway.seal.shelf import Shelf

DIGEST_BYTES = 9
DAY_MS = 86_400_000
_NAME_BYTES = 3
_PREFIX = "digest-"


class DigestKeys:
    """The keys of today and yesterday, on a shelf."""

    def __init__(self, shelf: Shelf, mono_ms: Callable[[], int]) -> None:
        self._shelf = shelf
        self._mono_ms = mono_ms
        self._lock = threading.Lock()
        self._day: int | None = None
        self._known: dict[bytes, bytes] = {}
        self._today = b""

    def __repr__(self) -> str:
        return "DigestKeys(…)"

    def digest(self, raw: bytes) -> bytes:
        with self._lock:
            self._turn()
            return self._today + _mac(self._known[self._today], raw)

    def same(self, digest: bytes, raw: bytes) -> bool | None:
        """Whether the digest is of these bytes; None: its key is gone, and nobody knows."""
        if len(digest) != DIGEST_BYTES:
            return None
        with self._lock:
            self._turn()
            secret = self._known.get(digest[:_NAME_BYTES])
        return None if secret is None else hmac.compare_digest(digest[_NAME_BYTES:], _mac(secret, raw))

    def tend(self) -> None:
        """Now and then, so that a key that is over is destroyed although nothing comes."""
        with self._lock:
            self._turn()

    def _turn(self) -> None:
        day = self._mono_ms() // DAY_MS
        if day == self._day:
            return
        wanted = {f"{_PREFIX}{day}", f"{_PREFIX}{day - 1}"}
        for name in self._shelf.names():
            if name.startswith(_PREFIX) and name not in wanted:
                self._shelf.destroy(name)
        yesterday = self._shelf.find(f"{_PREFIX}{day - 1}")
        today = self._shelf.get(f"{_PREFIX}{day}")
        self._known = {}
        for key in (yesterday, today):
            if key is not None:
                self._today = bytes(key[:_NAME_BYTES])
                self._known[self._today] = bytes(key[_NAME_BYTES:])
        self._day = day


def _mac(secret: bytes, raw: bytes) -> bytes:
    return blake2b(raw, key=secret, digest_size=DIGEST_BYTES - _NAME_BYTES).digest()
