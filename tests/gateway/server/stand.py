"""A real HTTP server on the loopback that follows a script, request by request: also what no server should do."""

import asyncio
import ssl
from collections.abc import Callable
from typing import NamedTuple, Self


class Request(NamedTuple):
    method: str
    target: str
    headers: dict[str, str]
    body: bytes


class Reply(NamedTuple):
    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    cut_at: int | None = None
    """Close the connection after so many bytes of the whole answer."""
    hang: bool = False
    """Never answer."""
    piece_bytes: int = 0
    """Send it in pieces of so many bytes, `pause_s` apart."""
    pause_s: float = 0.0
    raw: bytes = b""
    """This, and nothing else."""
    close: bool = False
    """Close the connection after the answer, without a word of it."""


Behaviour = Callable[[Request], Reply]


class Stand:
    """`script` is used up request by request; after that `then` answers."""

    def __init__(self, then: Behaviour, tls: ssl.SSLContext | None = None, port: int = 0) -> None:
        self.then = then
        self.script: list[Behaviour] = []
        self.requests: list[Request] = []
        self.connections = 0
        self.open = 0
        """Questions that are being answered just now."""
        self.most_open = 0
        self.came = asyncio.Condition()
        self.early: Reply | None = None
        """Said before the body has come."""
        self._tls = tls
        self._port = port
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port, ssl=self._tls)
        self._port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def url(self) -> str:
        return f"{'http' if self._tls is None else 'https'}://127.0.0.1:{self._port}"

    async def until(self, what: Callable[[], bool], timeout_s: float = 20.0) -> None:
        async with asyncio.timeout(timeout_s), self.came:
            await self.came.wait_for(what)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        try:
            while await self._one(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            pass
        finally:
            self._tasks.discard(task)
            writer.transport.abort() if writer.is_closing() else writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in head[1:] if line)}
        method, target, _ = head[0].split(" ")
        if self.early is not None:
            await self._say(writer, self.early)
            return False
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        request = Request(method, target, headers, body)
        behave = self.script.pop(0) if self.script else self.then
        self.open += 1
        self.most_open = max(self.open, self.most_open)
        try:
            reply = behave(request)
            async with self.came:
                self.requests.append(request)
                self.came.notify_all()
            if reply.hang:
                await asyncio.Event().wait()
            await self._say(writer, reply)
        finally:
            self.open -= 1
        return reply.cut_at is None and not reply.raw and not reply.close

    async def _say(self, writer: asyncio.StreamWriter, reply: Reply) -> None:
        lines = [f"HTTP/1.1 {reply.status} x"]
        if reply.status != 204:
            lines.append(f"Content-Length: {len(reply.body)}")
        lines += [f"{name}: {value}" for name, value in reply.headers]
        whole = "\r\n".join(lines).encode() + b"\r\n\r\n" + reply.body
        whole = reply.raw or whole[: reply.cut_at]
        step = reply.piece_bytes or len(whole) or 1
        for at in range(0, len(whole), step):
            writer.write(whole[at : at + step])
            await writer.drain()
            if reply.pause_s:
                await asyncio.sleep(reply.pause_s)
        await writer.drain()


def says(status: int = 200, body: bytes = b"{}", *headers: tuple[str, str]) -> Behaviour:
    return lambda _: Reply(status, body, headers)


HANG: Behaviour = lambda _: Reply(hang=True)  # noqa: E731
PORTAL = says(200, b"<html>Welcome to the free Wi-Fi of the market</html>", ("Content-Type", "text/html"))
