"""One connection: requests in, answers out, over h11. Whoever is slow or says too much is let go.

1. A head of more than MOST_HEAD_BYTES or a body of more than MOST_BODY_BYTES is refused before it is read on.
2. Each step has its time: IDLE_S until a head is complete, BODY_S for a body, ANSWER_S for the answer to be made,
   WRITE_S for a piece of it to be taken. Nobody outside can stretch them.
3. A longer body is taken only where `takes` says so of that very request, which it does of somebody who is known: it
   is handed on piece by piece, BODY_S for each and LONG_S for all of it with the answer.
4. An answer may be a stream: then the line is good for nothing else, and ends when the other side hangs up.

h11 and asyncio's streams, and no framework: those would cost the gateway 10 MB of its memory, and have no such times.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import suppress
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote

import h11

MOST_HEAD_BYTES = 16 * 1024
MOST_BODY_BYTES = 4 * 1024
MOST_FIELDS = 20
IDLE_S = 20.0
BODY_S = 10.0
ANSWER_S = 20.0
WRITE_S = 20.0
LONG_S = 300.0
_READ_BYTES = 16 * 1024
Stream = AsyncGenerator[bytes, None]


class Request(NamedTuple):
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """Names in lower case; what came twice stands behind commas, cookies behind semicolons."""
    body: bytes
    peer: str
    local: str
    """The address at which the connection came in."""
    is_tls: bool
    pieces: Stream | None = None
    """A long body, while it comes; raises TimeoutError or EOFError where it does not."""

    def cookie(self, name: str) -> str:
        for piece in self.headers.get("cookie", "").split(";"):
            key, _, value = piece.strip().partition("=")
            if key == name:
                return value
        return ""


class Response(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes | Stream = b""
    cookies: tuple[str, ...] = ()


class Times(NamedTuple):
    idle_s: float = IDLE_S
    body_s: float = BODY_S
    answer_s: float = ANSWER_S
    write_s: float = WRITE_S
    long_s: float = LONG_S


class _TooLong(Exception):
    pass


Answer = Callable[[Request], Awaitable[Response]]
Takes = Callable[[Request], int]
"""How long a body this request may have in pieces, by its head; 0: MOST_BODY_BYTES, and all at once."""


def nothing_long(_request: Request) -> int:
    return 0


class Exchange:
    """serve() until the line is done with; raises TimeoutError, OSError or EOFError where it ends otherwise."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        answer: Answer,
        times: Times,
        takes: Takes = nothing_long,
    ) -> None:
        self._reader, self._writer = reader, writer
        self._answer, self._times, self._takes = answer, times, takes
        self._line = h11.Connection(h11.SERVER, max_incomplete_event_size=MOST_HEAD_BYTES)
        self._peer = str((writer.get_extra_info("peername") or ("",))[0])
        self._local = str((writer.get_extra_info("sockname") or ("",))[0])
        self._is_tls = writer.get_extra_info("ssl_object") is not None

    async def serve(self) -> None:
        try:
            while await self._turn():
                self._line.start_next_cycle()
        except h11.RemoteProtocolError as error:
            await self._refuse(error.error_status_hint if 400 <= error.error_status_hint < 500 else 400)
        except _TooLong:
            await self._refuse(413)

    async def _turn(self) -> bool:
        """One request and its answer; whether the line is good for another."""
        async with asyncio.timeout(self._times.idle_s):
            head = await self._event()
        if not isinstance(head, h11.Request):
            return False
        request = self._request(head, b"")
        most = self._takes(request) if _declared(head) > MOST_BODY_BYTES else 0
        if most:
            if _declared(head) > most:
                raise _TooLong
            request = request._replace(pieces=self._long(most))
        else:
            async with asyncio.timeout(self._times.body_s):
                request = request._replace(body=await self._body(head))
        async with asyncio.timeout(self._times.long_s if most else self._times.answer_s):
            response = await self._answer(request)
        await self._send(response, is_head=request.method == "HEAD")
        return self._line.our_state is h11.DONE and self._line.their_state is h11.DONE

    async def _event(self) -> h11.Event | type[h11.PAUSED]:
        while True:
            event = self._line.next_event()
            if event is not h11.NEED_DATA:
                return event  # type: ignore[return-value]  # NEED_DATA is the only other one
            if self._line.they_are_waiting_for_100_continue:
                self._writer.write(self._line.send(h11.InformationalResponse(status_code=100, headers=[])) or b"")
            self._line.receive_data(await self._reader.read(_READ_BYTES))

    async def _body(self, head: h11.Request) -> bytes:
        if _declared(head) > MOST_BODY_BYTES:
            raise _TooLong
        body = b""
        while True:
            event = await self._event()
            if isinstance(event, h11.Data):
                body += event.data
                if len(body) > MOST_BODY_BYTES:
                    raise _TooLong
            elif isinstance(event, h11.EndOfMessage):
                return body
            else:
                raise EOFError

    async def _long(self, most: int) -> Stream:
        taken = 0
        while True:
            try:
                async with asyncio.timeout(self._times.body_s):
                    event = await self._event()
            except h11.RemoteProtocolError as error:
                raise EOFError from error
            if isinstance(event, h11.Data):
                taken += len(event.data)
                if taken > most:
                    raise _TooLong
                yield bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                return
            else:
                raise EOFError

    def _request(self, head: h11.Request, body: bytes) -> Request:
        headers: dict[str, str] = {}
        for raw_name, raw_value in head.headers:
            name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
            between = "; " if name == "cookie" else ", "
            headers[name] = headers[name] + between + value if name in headers else value
        path, _, query = head.target.decode("latin-1").partition("?")
        return Request(
            head.method.decode("latin-1"),
            unquote(path),
            fields_of(query),
            headers,
            body,
            self._peer,
            self._local,
            self._is_tls,
        )

    async def _send(self, response: Response, is_head: bool) -> None:
        headers = list(response.headers.items()) + [("Set-Cookie", one) for one in response.cookies]
        body = response.body
        if not isinstance(body, bytes):
            headers.append(("Connection", "close"))
        elif response.status != 304:  # which says nothing of a body
            headers.append(("Content-Length", str(len(body))))
        await self._write(h11.Response(status_code=response.status, headers=headers))
        if isinstance(body, bytes):
            if body and not is_head:
                await self._write(h11.Data(data=body))
        elif not is_head:
            await self._stream(body)
        await self._write(h11.EndOfMessage())

    async def _stream(self, pieces: Stream) -> None:
        """Until one of both has had enough."""
        sending = asyncio.ensure_future(self._pieces(pieces))
        hung_up = asyncio.ensure_future(self._reader.read(1))
        try:
            await asyncio.wait({sending, hung_up}, return_when=asyncio.FIRST_COMPLETED)
            if not sending.done():
                raise EOFError
            await sending
        finally:
            for one in (sending, hung_up):
                one.cancel()
                with suppress(asyncio.CancelledError, OSError, TimeoutError):
                    await one
            await pieces.aclose()

    async def _pieces(self, pieces: Stream) -> None:
        async for piece in pieces:
            await self._write(h11.Data(data=piece))

    async def _write(self, event: h11.Event) -> None:
        self._writer.write(self._line.send(event) or b"")
        async with asyncio.timeout(self._times.write_s):
            await self._writer.drain()

    async def _refuse(self, status: int) -> None:
        if self._line.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            await self._send(Response(status, {"Content-Type": "text/plain", "Connection": "close"}), is_head=False)


def _declared(head: h11.Request) -> int:
    """How long it says that its body is; of a body in chunks nothing is known."""
    return int(dict(head.headers).get(b"content-length", b"0"))


def fields_of(text: str) -> dict[str, str]:
    """What a query or a form says; empty where there is more than a page of ours would send."""
    try:
        return dict(parse_qsl(text, max_num_fields=MOST_FIELDS, keep_blank_values=True))
    except ValueError:
        return {}
