"""A connection, with a real socket on the other side that does not always mean well."""

import asyncio
import contextlib

import pytest

from gateway.panel import exchange
from gateway.panel.exchange import Response, Times, fields_of
from gateway.panel.listening import Limits, Listener

QUICK = Times(idle_s=0.3, body_s=0.3, answer_s=0.5, write_s=0.5)


class Host:
    """A listener on a free port, with an answer that tells what was asked."""

    def __init__(self):
        self.requests = []
        self.response = None

    async def answer(self, request):
        self.requests.append(request)
        if callable(self.response):
            return await self.response(request)
        return self.response or Response(200, {"Content-Type": "text/plain"}, b"hello")


@pytest.fixture
async def host():
    made = Host()
    made.listener = Listener(made.answer, None, Limits(times=QUICK))
    made.listener.open(["127.0.0.1"], 0)
    task = asyncio.create_task(made.listener.run())
    yield made
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


@contextlib.asynccontextmanager
async def line(host):
    reader, writer = await asyncio.open_connection("127.0.0.1", host.listener.ports[0])
    try:
        yield reader, writer
    finally:
        writer.close()


async def say(host, data):
    """Everything that comes back until the line is closed."""
    async with line(host) as (reader, writer):
        writer.write(data)
        async with asyncio.timeout(5):
            return await reader.read()


CLOSE = b"Connection: close\r\n"


async def test_a_question_gets_its_answer(host):
    came = await say(host, b"GET /a%20b?x=1&y=%C3%A1 HTTP/1.1\r\nHost: h\r\nCookie: a=1; b=2\r\n" + CLOSE + b"\r\n")
    assert came.startswith(b"HTTP/1.1 200")
    assert came.endswith(b"\r\n\r\nhello")
    (asked,) = host.requests
    assert (asked.method, asked.path, asked.query) == ("GET", "/a b", {"x": "1", "y": "á"})
    assert (asked.peer, asked.local, asked.is_tls) == ("127.0.0.1", "127.0.0.1", False)
    assert (asked.cookie("a"), asked.cookie("b"), asked.cookie("c")) == ("1", "2", "")


async def test_one_line_carries_many_questions_also_at_once(host):
    came = await say(
        host, b"GET /1 HTTP/1.1\r\nHost: h\r\n\r\n" * 3 + b"GET /4 HTTP/1.1\r\nHost: h\r\n" + CLOSE + b"\r\n"
    )
    assert came.count(b"HTTP/1.1 200") == 4
    assert [one.path for one in host.requests] == ["/1", "/1", "/1", "/4"]


async def test_a_head_alone_gets_no_body_and_an_old_browser_gets_its_answer(host):
    came = await say(host, b"HEAD / HTTP/1.1\r\nHost: h\r\n" + CLOSE + b"\r\n")
    assert b"Content-Length: 5" in came
    assert not came.endswith(b"hello")
    assert (await say(host, b"GET / HTTP/1.0\r\nHost: h\r\n\r\n")).endswith(b"hello")


async def test_a_form_comes_whole(host):
    head = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 7\r\nExpect: 100-continue\r\n" + CLOSE + b"\r\n"
    async with line(host) as (reader, writer):
        writer.write(head)
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100")
        writer.write(b"a=1&b=2")
        assert b"200" in await reader.readuntil(b"\r\n\r\n")
    assert host.requests[0].body == b"a=1&b=2"


@pytest.mark.parametrize(
    "data, status",
    [
        (b"nonsense\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: h\r\nX: \x00\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1, 2\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: odd\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: h\r\nA: " + b"a" * 20_000, 431),
        (b"GET /" + b"a" * 20_000, 431),
        (b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5000\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1388\r\n" + b"a" * 5000, 413),
    ],
)
async def test_what_is_wrong_or_too_much_is_refused_and_the_line_closed(host, data, status):
    came = await say(host, data)
    assert came.startswith(b"HTTP/1.1 %d" % status), came[:60]
    assert host.requests == []


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GET",
        b"GET / HTTP/1.1\r\nHost: h\r\n",
        b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc",
    ],
)
async def test_who_is_slow_is_let_go(host, data):
    assert await say(host, data) == b""
    assert host.listener.turned_away["slow"] == 1
    assert host.requests == []


async def test_a_drop_now_and_then_stretches_no_time(host):
    async with line(host) as (reader, writer):
        async with asyncio.timeout(2):
            for letter in b"GET / HTTP/1.1\r\nHost: h\r\nX-Slow: aaaaaaaaaaaaaaaaaaaaaaaa":
                writer.write(bytes([letter]))
                with contextlib.suppress(ConnectionError):
                    await writer.drain()
                await asyncio.sleep(0.03)
                if host.listener.turned_away["slow"]:
                    break
            with contextlib.suppress(ConnectionError):
                assert await reader.read() == b""
    assert host.listener.turned_away["slow"] == 1


async def test_an_answer_that_takes_too_long_is_given_up(host):
    async def hanging(_request):
        await asyncio.Event().wait()

    host.response = hanging
    assert await say(host, b"GET / HTTP/1.1\r\nHost: h\r\n\r\n") == b""
    assert host.listener.turned_away["slow"] == 1


async def test_who_does_not_take_the_answer_is_let_go(host):
    async def endless():
        while True:
            yield b"x" * 60_000

    host.response = Response(200, {}, endless())
    async with line(host) as (_, writer):
        writer.write(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        async with asyncio.timeout(5):
            while not host.listener.turned_away["slow"]:
                await asyncio.sleep(0.02)
    assert host.listener.connections == 0


async def test_a_stream_ends_when_the_other_side_hangs_up(host):
    ended = asyncio.Event()

    async def pulse():
        try:
            yield b"begun"
            await asyncio.Event().wait()
        finally:
            ended.set()

    host.response = Response(200, {"Content-Type": "text/event-stream"}, pulse())
    async with line(host) as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        await reader.readuntil(b"begun")
        assert host.listener.connections == 1
    async with asyncio.timeout(3):
        await ended.wait()
        while host.listener.connections:
            await asyncio.sleep(0.01)


async def test_an_answer_that_breaks_ends_its_line_and_no_other(host):
    async def breaking(_request):
        raise RuntimeError("broken")

    host.response = breaking
    assert await say(host, b"GET / HTTP/1.1\r\nHost: h\r\n\r\n") == b""
    assert host.listener.turned_away["fault"] == 1
    host.response = None
    assert (await say(host, b"GET / HTTP/1.1\r\nHost: h\r\n" + CLOSE + b"\r\n")).endswith(b"hello")


def test_a_form_with_more_fields_than_any_of_ours_is_empty():
    assert fields_of("&".join(f"a{n}=1" for n in range(exchange.MOST_FIELDS + 1))) == {}
    assert fields_of("a=1&a=2&b=") == {"a": "2", "b": ""}
    assert fields_of("%ff=%ff") == {"\ufffd": "\ufffd"}
