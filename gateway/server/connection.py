"""One connection to the server: HTTP/1.1, one question at a time.

1. The answer is awaited while the body still goes out: a server that refuses early is heard before its reset is.
2. The answer is bounded: no more than MAX_HEADER_BYTES before its body, no more than the caller says of the body.
3. What breaks off raises Cut; what had come by then is in `status`, `body` and `came`. Such a connection is good for
   nothing any more.
"""

import asyncio
import ssl
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

import h11

from gateway.server.bucket import Bucket
from gateway.server.meter import Line, Tap
from gateway.server.trust import Bounds, valid_ms

READ_BYTES = 65_536
MAX_HEADER_BYTES = 16_384
LAST_BYTE_S = 0.05
"""So long may our own last bytes be under way when the whole answer is there; else the connection is not kept."""
Headers = Sequence[tuple[str, str]]


class Question(NamedTuple):
    method: str
    target: str
    headers: Headers
    body: bytes
    most_bytes: int
    """Of the answer's body."""


class Response(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes
    is_whole: bool
    """False: it went on beyond what was asked for."""


class Cut(Exception):
    """Broken off, or not HTTP."""


class Connection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, bucket: Bucket) -> None:
        self._reader = reader
        self._writer = writer
        self._bucket = bucket
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEADER_BYTES)
        self._tap = Tap(writer.get_extra_info("socket"))
        self.came = 0
        """Bytes of the answer, all in all."""
        self.status = 0
        self.body = bytearray()
        self.is_open = True
        tls = writer.get_extra_info("ssl_object")
        self.valid_ms: Bounds | None = None if tls is None else valid_ms(tls)

    @property
    def is_idle(self) -> bool:
        """Ready for a question, as far as can be seen from here."""
        return self.is_open and not self._reader.at_eof() and not self._writer.is_closing()

    def line(self) -> Line:
        """What went over it since this was last asked."""
        return self._tap.read()

    async def ask(self, question: Question) -> Response:
        """Raises Cut, or ssl.SSLError where the server says so in TLS."""
        self.came, self.status, self.body = 0, 0, bytearray()
        sending = asyncio.create_task(self._send(question), name="send")
        is_done = False
        try:
            response = await self._receive(question.most_bytes)
            await asyncio.wait({sending}, timeout=LAST_BYTE_S)
            is_done = self._may_stay(response, sending)
            return response
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
            if not is_done:
                self.is_open = False

    def _may_stay(self, response: Response, sending: "asyncio.Task[None]") -> bool:
        both_done = self._http.our_state is h11.DONE and self._http.their_state is h11.DONE
        if both_done and sending.done() and response.is_whole:
            self._http.start_next_cycle()
            return True
        return False

    async def _send(self, question: Question) -> None:
        """What the other side does not want to hear any more is for _receive to see."""
        headers = [("Content-Length", str(len(question.body))), *question.headers]
        head = self._http.send(h11.Request(method=question.method, target=question.target, headers=headers)) or b""
        await self._write(head)
        step = self._bucket.piece_bytes
        for at in range(0, len(question.body), step):
            await self._write(self._http.send(h11.Data(data=question.body[at : at + step])) or b"")
        self._http.send(h11.EndOfMessage())

    async def _write(self, data: bytes) -> None:
        await self._bucket.take(len(data))
        self._writer.write(data)
        self._tap.passed(len(data), 0)
        await self._writer.drain()

    async def _receive(self, most_bytes: int) -> Response:
        headers: dict[str, str] = {}
        while True:
            event = await self._event()
            if isinstance(event, h11.Response):
                self.status = event.status_code
                headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in event.headers}
            elif isinstance(event, h11.Data):
                self.body += event.data
                if len(self.body) > most_bytes:
                    return Response(self.status, headers, bytes(self.body[:most_bytes]), False)
            elif isinstance(event, h11.EndOfMessage):
                return Response(self.status, headers, bytes(self.body), True)

    async def _event(self) -> object:
        """The next thing that the server says."""
        while True:
            try:
                event = self._http.next_event()
                if event is h11.NEED_DATA:
                    data = await self._reader.read(READ_BYTES)
                    self.came += len(data)
                    self._tap.passed(0, len(data))
                    self._http.receive_data(data)
                    continue
            except h11.RemoteProtocolError as error:
                raise Cut(str(error)) from error
            except ssl.SSLError:
                raise
            except OSError as error:
                raise Cut(f"{type(error).__name__}: {error}") from error
            if event is h11.PAUSED or isinstance(event, h11.ConnectionClosed):
                raise Cut("closed")
            return event

    async def close(self) -> None:
        """Say goodbye, where the other side listens."""
        self.is_open = False
        self._writer.close()
        try:
            async with asyncio.timeout(0.5):
                await self._writer.wait_closed()
        except (OSError, TimeoutError):
            self.abort()

    def abort(self) -> None:
        self.is_open = False
        with suppress(AttributeError):  # Python 3.11.2: over TLS, when it was closed twice
            self._writer.transport.abort()
