"""The holder inside this process: a vault, and one thread of its own, so that the event loop stays free."""

import asyncio
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from server.codes.read import read
from server.codes.rules import NO_RULES, Rules
from server.codes.trust import NO_TRUST, Trust
from server.codes.types import Document, Parsed
from server.errors import Unavailable, Unusable
from server.holder.folder import Folder
from server.holder.holder import Certificate, DayKey, PublicKeys
from server.holder.vault import Vault
from server.ingest.meaning import KeepAsk, Kept, SealedRow
from server.ingest.seal import Keys
from server.persons.retention import DAYS_KEPT
from server.persons.types import Named, Token

T = TypeVar("T")


def utc_ms() -> int:
    """Now, by this machine's clock."""
    return time.time_ns() // 1_000_000


def open_vault(
    folder: Path,
    sealing_keys: Keys,
    rules: Rules,
    trust: Trust,
    now_ms: Callable[[], int],
    days_kept: Mapping[str, int] = DAYS_KEPT,
) -> Vault:
    """A vault over a folder, that reads codes by these rules. Raises `Unusable`: `holder_folder`, `key_file`."""
    return Vault(Folder(folder), sealing_keys, lambda code, at_ms: read(code, rules, trust, at_ms), now_ms, days_kept)


class LocalHolder:
    """`Holder` over a folder of this machine. Raises `Unusable`: `holder_folder`, `key_file`."""

    def __init__(
        self,
        folder: Path,
        sealing_keys: Keys,
        rules: Rules = NO_RULES,
        trust: Trust = NO_TRUST,
        now_ms: Callable[[], int] = utc_ms,
        days_kept: Mapping[str, int] = DAYS_KEPT,
    ) -> None:
        self._vault = open_vault(folder, sealing_keys, rules, trust, now_ms, days_kept)
        self._thread = ThreadPoolExecutor(1, "holder")

    def __repr__(self) -> str:
        return f"LocalHolder({self._vault!r})"

    async def _do(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except OSError as err:
            raise Unavailable("holder_failed", f"the holder's folder: {err.strerror}") from err
        except Unusable as err:
            raise Unavailable("holder_failed", err.detail) from err

    async def open_all(self, closed: list[bytes]) -> list[bytes | str]:
        """Envelopes -> the records in them, or why one stays closed."""
        return await self._do(lambda: self._vault.open_all(closed))

    async def keep(self, asked: list[KeepAsk]) -> list[Kept]:
        """Read codes and seal what is kept of them."""
        return await self._do(lambda: self._vault.keep(asked))

    async def digest(self, raws: list[bytes]) -> list[bytes]:
        """16 bytes each, that know a record again."""
        return await self._do(lambda: self._vault.digest(raws))

    async def read(self, rows: list[SealedRow]) -> list[Parsed | bytes | None]:
        """What is sealed."""
        return await self._do(lambda: self._vault.read(rows))

    async def tokens(self, rows: list[SealedRow]) -> list[Named | None]:
        """Who each scan is for, as keyed hashes."""
        return await self._do(lambda: self._vault.tokens(rows))

    async def tokens_of(self, documents: list[Document]) -> list[Token]:
        """The token of each document."""
        return await self._do(lambda: self._vault.tokens_of(documents))

    async def days(self) -> list[DayKey]:
        """The data keys that are there."""
        return await self._do(self._vault.days)

    async def destroy(self, day: int, class_: str) -> Certificate:
        """Destroy a data key, and remember that."""
        return await self._do(lambda: self._vault.destroy(day, class_))

    async def public_keys(self) -> PublicKeys:
        """What may be known outside."""
        return await self._do(self._vault.public_keys)

    async def wrap(self, purpose: str, data: bytes) -> bytes:
        """Seal a secret of the server's own."""
        return await self._do(lambda: self._vault.wrap(purpose, data))

    async def unwrap(self, purpose: str, data: bytes) -> bytes:
        """Open it."""
        return await self._do(lambda: self._vault.unwrap(purpose, data))

    async def seal_raw(self, rows: list[tuple[bytes, bytes, int]]) -> list[tuple[int, bytes]]:
        """(what it belongs to, bytes, received_ms) -> (day, sealed)."""
        return await self._do(lambda: self._vault.seal_raw(rows))

    async def open_raw(self, rows: list[tuple[bytes, int, bytes]]) -> list[bytes | None]:
        """(what it belongs to, day, sealed) -> bytes."""
        return await self._do(lambda: self._vault.open_raw(rows))

    async def close(self) -> None:
        """Let the thread end."""
        self._thread.shutdown(wait=False)
