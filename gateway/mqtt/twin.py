"""Whether somebody else comes in under our name: two gateways on one account of the broker, who cut each other off.

1. The client id is the user name (broker.py, rule 3), so each of them ends the other's connection, again and again. By
   MQTT 3.1.1 nobody is told why a connection ended. By MQTT 5 a broker may say so: 0x8E, session taken over; mosquitto
   2.0.11 only ends it.
2. Three connections in a row that came up, and were ended by the broker before they had lasted `LASTS_MS`, are a
   suspicion. Then there is a connection of MQTT 5 that does nothing but wait, as long as the other one may take to come
   back, and beside it one without a name. If only the first is ended, somebody has taken our name: a broker that itself
   ends, or a line that breaks, ends both. What boxes have to say meanwhile they keep, and say again.
3. A connection that lasts ends the suspicion, and what was known.
Source: MQTT 5.0, 3.1 (CONNECT), 3.2 (CONNACK), 3.14 (DISCONNECT).
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

LASTS_MS = 60_000
ENOUGH = 3
SETTLE_S = 1.0
TAKEN_OVER = 0x8E
_CONNACK, _DISCONNECT = 0x20, 0xE0
_MOST_BYTES = 65_536


class Twin:
    """`ended` after each connection; `is_there`: somebody else has our name, as far as is known.

    `ask`: whether it is so; it may take a while."""

    def __init__(self, ask: Callable[[], Awaitable[bool]]) -> None:
        self.is_there = False
        self._ask = ask
        self._cut = 0

    async def ended(self, was_cut: bool, lasted_ms: int) -> None:
        """A connection is over. `was_cut`: it had come up, and the broker ended it."""
        if lasted_ms >= LASTS_MS:
            self.is_there, self._cut = False, 0
        elif was_cut:
            self._cut += 1
        if self._cut >= ENOUGH:
            self._cut = 0
            self.is_there = await self._ask()


async def taken_over(host: str, port: int, username: str, password: str, wait_s: float) -> bool:
    """Come in under this name, and see whether somebody takes it within that time. What cannot be asked is a no."""
    writers: list[asyncio.StreamWriter] = []
    try:
        async with asyncio.timeout(wait_s):
            beside, line = [await asyncio.open_connection(host, port) for _ in range(2)]
            writers = [beside[1], line[1]]
            line[1].write(_connect(username, password, round(2 * wait_s) + 1))
            kind, body = await _packet(line[0])
            if kind != _CONNACK or body[1:2] != b"\0":
                return False
            is_told = await _is_told(line[0])
        return await _is_open(beside[0]) if is_told is None else is_told
    except (OSError, EOFError):  # TimeoutError is one: nobody came
        return False
    finally:
        for writer in writers:
            writer.close()


async def _is_told(line: asyncio.StreamReader) -> bool | None:
    """Whether the broker says that our name was taken; None: it ends the connection without a word."""
    kind, body = 0, b""
    try:
        while kind != _DISCONNECT:
            kind, body = await _packet(line)
    except (EOFError, ConnectionError):
        return None
    return body[:1] == bytes([TAKEN_OVER])


async def _is_open(line: asyncio.StreamReader) -> bool:
    """Some time later too: a process that ends closes all that it has."""
    with suppress(TimeoutError):
        async with asyncio.timeout(SETTLE_S):
            await line.read(1)
            return False
    return True


def _connect(username: str, password: str, keepalive_s: int) -> bytes:
    """CONNECT: a clean start, a user name and a password, no properties; the client id is the user name."""
    texts = b"".join(len(one.encode()).to_bytes(2, "big") + one.encode() for one in (username, username, password))
    body = b"\0\x04MQTT\x05\xc2" + keepalive_s.to_bytes(2, "big") + b"\0" + texts
    size, length = len(body), b""
    while size > 127:
        length += bytes([size % 128 + 128])
        size //= 128
    return b"\x10" + length + bytes([size]) + body


async def _packet(line: asyncio.StreamReader) -> tuple[int, bytes]:
    """(what kind, what is in it). Raises EOFError and OSError."""
    kind, size, shift, byte = (await line.readexactly(1))[0] & 0xF0, 0, 0, 128
    while byte >= 128:
        byte = (await line.readexactly(1))[0]
        size |= (byte & 127) << shift
        shift += 7
        if size > _MOST_BYTES:
            raise EOFError("no packet that was to be expected")
    return kind, await line.readexactly(size)
