"""A body that is longer than every request may have: only where the room behind takes it, piece by piece, in time."""

import asyncio
import contextlib

import pytest

from gateway.panel.exchange import MOST_BODY_BYTES, Response, Times
from gateway.panel.listening import Limits, Listener

QUICK = Times(idle_s=0.3, body_s=0.3, answer_s=0.5, write_s=0.5, long_s=2.0)
MOST = 100_000


class Host:
    def __init__(self):
        self.taken, self.seen, self.asked = [], [], []
        self.listener = Listener(self.answer, None, Limits(times=QUICK), self.takes)

    def takes(self, request):
        self.asked.append(request)
        return MOST if request.headers.get("authorization") == "Bearer right" else 0

    async def answer(self, request):
        self.seen.append(request)
        if request.pieces is None:
            return Response(200, {}, b"short %d" % len(request.body))
        data = b""
        try:
            async for piece in request.pieces:
                data += piece
        finally:
            self.taken.append(data)
        return Response(200, {}, b"long %d" % len(data))


@pytest.fixture
async def host():
    made = Host()
    made.listener.open(["127.0.0.1"], 0)
    task = asyncio.create_task(made.listener.run())
    yield made
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


def head(length, token="right", more=b""):
    lines = b"POST /x HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer %s\r\n%s" % (token.encode(), more)
    return lines + b"Content-Length: %d\r\n\r\n" % length


async def say(host, *data, wait_s=0.0):
    reader, writer = await asyncio.open_connection("127.0.0.1", host.listener.ports[0])
    for piece in data:
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(wait_s)
    writer.write_eof()
    async with asyncio.timeout(5):
        came = await reader.read()
    writer.close()
    return came


async def test_it_comes_in_pieces_and_the_line_is_good_for_the_next_question(host):
    body = bytes(range(256)) * 300
    came = await say(host, head(len(body)) + body[:5000], body[5000:], head(3) + b"abc")
    assert host.taken == [body]
    assert came.count(b"HTTP/1.1 200") == 2
    assert came.endswith(b"short 3")
    assert b"long 76800" in came


async def test_what_every_request_may_have_comes_at_once_and_nobody_is_asked(host):
    came = await say(host, head(MOST_BODY_BYTES) + b"x" * MOST_BODY_BYTES)
    assert came.endswith(b"short 4096")
    assert host.asked == []


@pytest.mark.parametrize("length, token", [(4097, "wrong"), (4097, ""), (MOST, "Right"), (MOST + 1, "right")])
async def test_whoever_may_not_is_refused_before_the_body_is_read(host, length, token):
    came = await say(host, head(length, token) + b"x" * 100)
    assert came.startswith(b"HTTP/1.1 413")
    assert (host.seen, host.taken) == ([], [])


async def test_in_chunks_nobody_gets_in_more_than_every_request_may_have(host):
    chunks = b"POST /x HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer right\r\nTransfer-Encoding: chunked\r\n\r\n"
    came = await say(host, chunks + (b"400\r\n" + b"x" * 1024 + b"\r\n") * 5)
    assert came.startswith(b"HTTP/1.1 413")
    assert host.seen == []


@pytest.mark.parametrize("sent", [0, 1, 5000])
async def test_who_stops_in_the_middle_is_let_go_and_the_next_is_served(host, sent):
    await say(host, head(9000) + b"x" * sent)
    reader, writer = await asyncio.open_connection("127.0.0.1", host.listener.ports[0])
    writer.write(head(9000) + b"x" * sent)
    async with asyncio.timeout(5):
        assert await reader.read() == b""  # silence has its time, and then it is over
    writer.close()
    assert (await say(host, head(2) + b"ok")).endswith(b"short 2")
    assert host.listener.turned_away.total() == 2


async def test_an_answer_before_the_end_of_the_body_ends_the_line(host):
    async def hasty(request):
        return Response(200, {}, b"enough")

    host.listener._answer = hasty
    came = await say(host, head(50_000) + b"x" * 1000)
    assert came.endswith(b"enough")
