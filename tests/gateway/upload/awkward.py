"""A real HTTP server on the loopback, as awkward as a network: it answers by a script, one step per request."""

import asyncio
import json
from collections.abc import Callable
from typing import NamedTuple, Self

import zstandard

from firmware.wire import answer, batch, record
from firmware.wire.errors import WireError


class Request(NamedTuple):
    path: str
    headers: dict[str, str]
    batch: batch.Batch


class Reply(NamedTuple):
    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    cut_at: int | None = None
    """Close the connection after so many bytes of the whole answer."""
    hang: bool = False
    """Never answer."""


Behaviour = Callable[[Request], Reply]


def verdicts_of(got: batch.Batch, verdict: str = "accepted") -> list[answer.Verdict]:
    found = []
    for item in got.items:
        try:
            _, _, box_id, epoch, seq = record.identity(item.record)
            found.append(answer.Verdict(box_id, epoch, seq, verdict, None))
        except WireError:
            found.append(answer.Verdict(None, None, None, "quarantined", "identity"))
    return found


def accept(request: Request) -> Reply:
    """What a good server says."""
    got = request.batch
    said = answer.Answer(got.gateway_id, got.batch_no, 1_700_000_000_000, verdicts_of(got))
    return Reply(body=answer.encode(said))


def status(code: int, *headers: tuple[str, str]) -> Behaviour:
    return lambda _: Reply(code, b"no", headers)


def poisoned_by(seqs: set[int], code: int = 500) -> Behaviour:
    """Fails at every batch that holds one of these."""

    def behave(request: Request) -> Reply:
        held = {record.identity(item.record)[4] for item in request.batch.items}
        return Reply(code, b"no") if held & seqs else accept(request)

    return behave


def changed(change: Callable[[dict], object]) -> Behaviour:  # type: ignore[type-arg]
    """A good answer, with something done to it."""

    def behave(request: Request) -> Reply:
        said = json.loads(accept(request).body)
        change(said)
        return Reply(body=json.dumps(said).encode())

    return behave


class Awkward:
    """`script` is used up request by request; after that `then` answers."""

    def __init__(self, then: Behaviour = accept) -> None:
        self.then = then
        self.script: list[Behaviour] = []
        self.requests: list[Request] = []
        self.received: list[bytes] = []
        """Records of every batch that got a 200."""
        self.came = asyncio.Condition()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def seqs(self) -> list[int]:
        """Of what got a 200."""
        return [record.identity(one)[4] for one in self.received]

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def until(self, what: Callable[[], bool], timeout_s: float = 20.0) -> None:
        async with asyncio.timeout(timeout_s), self.came:
            await self.came.wait_for(what)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while await self._one(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in head[1:] if line)}
        body = await reader.readexactly(int(headers["content-length"]))
        request = Request(head[0].split(" ")[1], headers, batch.decode(zstandard.decompress(body)))
        behave = self.script.pop(0) if self.script else self.then
        reply = behave(request)
        async with self.came:
            self.requests.append(request)
            if reply.status == 200:
                self.received += [item.record for item in request.batch.items]
            self.came.notify_all()
        if reply.hang:
            await asyncio.Event().wait()
        lines = [f"HTTP/1.1 {reply.status} x", f"Content-Length: {len(reply.body)}"]
        lines += [f"{name}: {value}" for name, value in reply.headers]
        whole = "\r\n".join(lines).encode() + b"\r\n\r\n" + reply.body
        writer.write(whole[: reply.cut_at])
        await writer.drain()
        return reply.cut_at is None
