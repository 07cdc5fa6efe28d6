"""The holder of the keys, as the rest of the server sees it. Verbs to await; the same in this process or over a socket.

1. No key ever leaves it. What it is asked for is done inside, and only the outcome comes out.
2. Data keys are one for each local day and class. When a day's key is destroyed, what was sealed under it is gone in
   every copy there is; a late scan of that day is not sealed under a new one (`expired`).
3. `tokens` gives keyed hashes in the place of numbers: whoever derives visits needs no plain text.
"""

from typing import NamedTuple, Protocol

from server.codes.types import Document, Parsed
from server.ingest.meaning import KeepAsk, Kept, SealedRow
from server.persons.types import Named, Token

SEALED = "sealed"
SEALED_KEY = "sealed_key"
EXPIRED = "expired"


class DayKey(NamedTuple):
    """A data key that is there. `fingerprint`: knows it again, tells nothing of it."""

    day: int
    class_: str
    fingerprint: str


class Certificate(NamedTuple):
    """That a data key is destroyed. `fingerprint` None: no key had been made for that day."""

    day: int
    class_: str
    fingerprint: str | None
    destroyed_ms: int


class PublicKeys(NamedTuple):
    """What may be known outside: the ids of the sealing keys, and fingerprints: of the pepper in use (other than what
    tokens were made with: all of them have to be made anew), of all that there are, of the digests' key."""

    sealing: list[str]
    pepper: str
    peppers: list[str] = []  # noqa: RUF012 - never changed
    digest: str = ""


class Holder(Protocol):
    """Each verb raises `Unavailable` (`holder_away`, `holder_failed`) where it cannot be done now."""

    async def open_all(self, closed: list[bytes]) -> list[bytes | str]:
        """Envelopes -> the records in them, or why one stays closed: `sealed`, `sealed_key`."""

    async def keep(self, asked: list[KeepAsk]) -> list[Kept]:
        """Read codes and seal what is kept of them."""

    async def digest(self, raws: list[bytes]) -> list[bytes]:
        """16 bytes each, that know a record again."""

    async def read(self, rows: list[SealedRow]) -> list[Parsed | bytes | None]:
        """What is sealed; None: not readable any more; bytes: a code kept whole."""

    async def tokens(self, rows: list[SealedRow]) -> list[Named | None]:
        """Who each scan is for, as keyed hashes; None: nobody, or not readable any more."""

    async def tokens_of(self, documents: list[Document]) -> list[Token]:
        """The token of each document, to ask with."""

    async def days(self) -> list[DayKey]:
        """The data keys that are there, the oldest first."""

    async def destroy(self, day: int, class_: str) -> Certificate:
        """Destroy a data key, and remember that. Again: the same certificate."""

    async def public_keys(self) -> PublicKeys:
        """What may be known outside."""

    async def wrap(self, purpose: str, data: bytes) -> bytes:
        """Seal a secret of the server's own, for as long as it is needed."""

    async def unwrap(self, purpose: str, data: bytes) -> bytes:
        """Open it. Raises `Refused`: `sealed`."""

    async def seal_raw(self, rows: list[tuple[bytes, bytes, int]]) -> list[tuple[int, bytes]]:
        """(what it belongs to, bytes, received_ms) -> (day, sealed), under the day's key of class `code`."""

    async def open_raw(self, rows: list[tuple[bytes, int, bytes]]) -> list[bytes | None]:
        """(what it belongs to, day, sealed) -> bytes; None: not readable any more."""

    async def close(self) -> None:
        """Let go of what is held."""
