"""What goes over the socket: frames, and for each verb of a holder what it takes and gives.

1. A frame is its length in four bytes (big-endian) and so many bytes of msgpack: at most MOST_BYTES.
2. A question is [number, verb, arguments], an answer [number, None, outcome] or [number, [whose, code, detail], None].
   One question at a time on a connection; the answer carries its number.
3. Whatever does not have the form that stands here is refused, and the connection with it.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from server.codes.types import Document, Parsed
from server.errors import Refused, TramError, Unavailable
from server.holder.holder import Certificate, DayKey, PublicKeys
from server.ingest.meaning import KeepAsk, Kept, SealedRow
from server.persons.types import Named, Token

LENGTH_BYTES = 4
MOST_BYTES = 32 << 20
REFUSED, UNAVAILABLE = "refused", "unavailable"
Error = tuple[str, str, str]


class Verb(NamedTuple):
    """The types of the arguments, and of the outcome."""

    takes: Any
    gives: Any


VERBS: Mapping[str, Verb] = {
    "open_all": Verb(tuple[list[bytes]], list[Any]),  # bytes, or a text: msgpack tells them apart
    "keep": Verb(tuple[list[KeepAsk]], list[Kept]),
    "digest": Verb(tuple[list[bytes]], list[bytes]),
    "read": Verb(tuple[list[SealedRow]], list[Parsed | bytes | None]),
    "tokens": Verb(tuple[list[SealedRow]], list[Named | None]),
    "tokens_of": Verb(tuple[list[Document]], list[Token]),
    "days": Verb(tuple[()], list[DayKey]),
    "destroy": Verb(tuple[int, str], Certificate),
    "public_keys": Verb(tuple[()], PublicKeys),
    "wrap": Verb(tuple[str, bytes], bytes),
    "unwrap": Verb(tuple[str, bytes], bytes),
    "seal_raw": Verb(tuple[list[tuple[bytes, bytes, int]]], list[tuple[int, bytes]]),
    "open_raw": Verb(tuple[list[tuple[bytes, int, bytes]]], list[bytes | None]),
}


class Question(msgspec.Struct, array_like=True):
    """What is asked."""

    number: int
    verb: str
    arguments: msgspec.Raw


class Answer(msgspec.Struct, array_like=True):
    """What came of it."""

    number: int
    error: Error | None
    outcome: msgspec.Raw = msgspec.Raw(b"\xc0")


class Broken(Exception):
    """The other side does not keep to the form, or is gone."""


encode = msgspec.msgpack.Encoder().encode


def error_of(err: TramError) -> Error:
    """An error as it travels."""
    return (REFUSED if isinstance(err, Refused) else UNAVAILABLE, err.code, err.detail)


def raised(error: Error) -> TramError:
    """What the other side raised."""
    whose, code, detail = error
    return Refused(code, detail) if whose == REFUSED else Unavailable(code, detail)


def decode(data: bytes | msgspec.Raw, type_: Any) -> Any:
    """Raises `Broken` where it has another form."""
    try:
        return msgspec.msgpack.decode(data, type=type_)
    except (msgspec.DecodeError, RecursionError) as err:
        raise Broken("not of the form") from err


async def get_frame(reader: asyncio.StreamReader, body_s: float) -> bytes:
    """The next frame; waits for its beginning, then so many seconds for the rest. Raises `Broken`."""
    try:
        length = int.from_bytes(await reader.readexactly(LENGTH_BYTES), "big")
        if length > MOST_BYTES:
            raise Broken("too long")
        async with asyncio.timeout(body_s):
            return await reader.readexactly(length)
    except (asyncio.IncompleteReadError, OSError, TimeoutError) as err:
        raise Broken("cut off") from err


async def put_frame(writer: asyncio.StreamWriter, data: bytes, patience_s: float) -> None:
    """Send one. Raises `Broken`."""
    if len(data) > MOST_BYTES:
        raise Broken("too long")
    try:
        writer.write(len(data).to_bytes(LENGTH_BYTES, "big") + data)
        async with asyncio.timeout(patience_s):
            await writer.drain()
    except (OSError, TimeoutError) as err:
        raise Broken("cut off") from err
