"""The holder as a process of its own, asked over a Unix socket.

1. One connection, one question at a time, in the order in which they are asked.
2. A connection that broke is made anew by the next question. A question that broke is asked once more: every verb may
   be done twice. Then it is `holder_away`, and whoever asked tries again later. So it is at once where no answer came
   in time: a holder that hangs would hang twice.
3. A socket in a folder that everybody may write to is not asked: what is sent to it are the codes of people.
"""

import asyncio
import contextlib
import stat
from pathlib import Path
from typing import Any, cast

import msgspec

from server.codes.types import Document, Parsed
from server.errors import Unavailable
from server.holder.holder import Certificate, DayKey, PublicKeys
from server.holder.verbs import VERBS, Answer, Broken, Question, decode, encode, get_frame, put_frame, raised
from server.ingest.meaning import KeepAsk, Kept, SealedRow
from server.persons.types import Named, Token

CONNECT_S = 3.0
ANSWER_S = 10.0
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class RemoteHolder:
    """`Holder` behind a socket."""

    def __init__(self, socket: Path, answer_s: float = ANSWER_S) -> None:
        self._socket = socket
        self._answer_s = answer_s
        self._lock = asyncio.Lock()
        self._streams: Streams | None = None
        self._number = 0

    def __repr__(self) -> str:
        return f"RemoteHolder({self._socket})"

    async def open_all(self, closed: list[bytes]) -> list[bytes | str]:
        """Envelopes -> the records in them, or why one stays closed."""
        return cast(list[bytes | str], await self._ask("open_all", closed))

    async def keep(self, asked: list[KeepAsk]) -> list[Kept]:
        """Read codes and seal what is kept of them."""
        return cast(list[Kept], await self._ask("keep", asked))

    async def digest(self, raws: list[bytes]) -> list[bytes]:
        """16 bytes each, that know a record again."""
        return cast(list[bytes], await self._ask("digest", raws))

    async def read(self, rows: list[SealedRow]) -> list[Parsed | bytes | None]:
        """What is sealed."""
        return cast(list[Parsed | bytes | None], await self._ask("read", rows))

    async def tokens(self, rows: list[SealedRow]) -> list[Named | None]:
        """Who each scan is for, as keyed hashes."""
        return cast(list[Named | None], await self._ask("tokens", rows))

    async def tokens_of(self, documents: list[Document]) -> list[Token]:
        """The token of each document."""
        return cast(list[Token], await self._ask("tokens_of", documents))

    async def days(self) -> list[DayKey]:
        """The data keys that are there."""
        return cast(list[DayKey], await self._ask("days"))

    async def destroy(self, day: int, class_: str) -> Certificate:
        """Destroy a data key, and remember that."""
        return cast(Certificate, await self._ask("destroy", day, class_))

    async def public_keys(self) -> PublicKeys:
        """What may be known outside."""
        return cast(PublicKeys, await self._ask("public_keys"))

    async def wrap(self, purpose: str, data: bytes) -> bytes:
        """Seal a secret of the server's own."""
        return cast(bytes, await self._ask("wrap", purpose, data))

    async def unwrap(self, purpose: str, data: bytes) -> bytes:
        """Open it."""
        return cast(bytes, await self._ask("unwrap", purpose, data))

    async def seal_raw(self, rows: list[tuple[bytes, bytes, int]]) -> list[tuple[int, bytes]]:
        """(what it belongs to, bytes, received_ms) -> (day, sealed)."""
        return cast(list[tuple[int, bytes]], await self._ask("seal_raw", rows))

    async def open_raw(self, rows: list[tuple[bytes, int, bytes]]) -> list[bytes | None]:
        """(what it belongs to, day, sealed) -> bytes."""
        return cast(list[bytes | None], await self._ask("open_raw", rows))

    async def close(self) -> None:
        """Hang up."""
        async with self._lock:
            self._hang_up()

    async def _ask(self, verb: str, *arguments: Any) -> Any:
        async with self._lock:
            was_open = self._streams is not None
            try:
                return await self._ask_once(verb, arguments)
            except Broken as err:
                if not was_open:
                    raise Unavailable("holder_away", f"the holder does not answer: {err}") from err
            try:
                return await self._ask_once(verb, arguments)
            except Broken as err:
                raise Unavailable("holder_away", f"the holder does not answer: {err}") from err

    async def _ask_once(self, verb: str, arguments: tuple[Any, ...]) -> Any:
        self._number += 1
        whole = False
        try:
            reader, writer = await self._connected()
            question = Question(self._number, verb, msgspec.Raw(encode(arguments)))
            await put_frame(writer, encode(question), self._answer_s)
            async with asyncio.timeout(self._answer_s):
                answer = decode(await get_frame(reader, self._answer_s), Answer)
            if answer.number != self._number:
                raise Broken("an answer to another question")
            outcome = None if answer.error else decode(answer.outcome, VERBS[verb].gives)
            whole = True
        except TimeoutError as err:
            raise Unavailable("holder_away", "the holder does not answer in time") from err
        finally:
            if not whole:  # also where whoever asked has gone: what comes now would be the answer to something else
                self._hang_up()
        if answer.error:
            raise raised(answer.error)
        return outcome

    async def _connected(self) -> Streams:
        if self._streams is None:
            try:
                if stat.S_IMODE(self._socket.parent.stat().st_mode) & stat.S_IWOTH:
                    raise Broken(f"everybody may write to {self._socket.parent}")
                async with asyncio.timeout(CONNECT_S):
                    self._streams = await asyncio.open_unix_connection(self._socket)
            except OSError as err:
                raise Broken(err.strerror or "no connection") from err
        return self._streams

    def _hang_up(self) -> None:
        if self._streams is not None:
            with contextlib.suppress(OSError):
                self._streams[1].close()
            self._streams = None
