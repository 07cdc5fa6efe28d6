"""The link fails in the ways that it is told to, and in no other."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from scripts.sim.proxy import Proxy


async def _echo(reader, writer):
    while data := await reader.read(1000):
        writer.write(data)
        await writer.drain()
    writer.close()


@asynccontextmanager
async def link():
    echo = await asyncio.start_server(_echo, "127.0.0.1", 0)
    async with Proxy("127.0.0.1", echo.sockets[0].getsockname()[1]) as proxy:
        yield proxy
    echo.close()


async def connect(proxy):
    return await asyncio.open_connection("127.0.0.1", proxy.port)


async def says_back(stream, data):
    reader, writer = stream
    writer.write(data)
    async with asyncio.timeout(5):
        return await reader.readexactly(len(data)) == data


async def is_silent(stream, for_s=0.2):
    stream[1].write(b"anybody?")
    try:
        async with asyncio.timeout(for_s):
            await stream[0].read(100)
    except TimeoutError:
        return True
    return False


async def is_reset(stream):
    try:
        async with asyncio.timeout(5):
            stream[1].write(b"anybody?")
            await stream[0].read(100)
    except ConnectionResetError:
        return True
    return False


async def test_an_open_link_passes_every_byte_both_ways():
    async with link() as proxy:
        assert await says_back(await connect(proxy), bytes(range(256)) * 2000)
        assert proxy.passed_bytes == 2 * 256 * 2000


async def test_a_cut_resets_the_connections_there_are_and_those_that_come():
    async with link() as proxy:
        stream = await connect(proxy)
        assert await says_back(stream, b"hello")
        proxy.set_mode("cut")
        assert await is_reset(stream)
        assert await is_reset(await connect(proxy))


async def test_after_a_cut_new_connections_pass_again():
    async with link() as proxy:
        proxy.set_mode("cut")
        proxy.set_mode("open")
        assert await says_back(await connect(proxy), b"hello")


async def test_a_half_open_link_swallows_and_tells_nobody():
    async with link() as proxy:
        stream = await connect(proxy)
        assert await says_back(stream, b"hello")
        proxy.set_mode("half_open")
        assert await is_silent(stream)
        assert proxy.swallowed_bytes == len(b"anybody?")


async def test_a_half_open_link_accepts_new_connections_and_swallows_them_too():
    async with link() as proxy:
        proxy.set_mode("half_open")
        assert await is_silent(await connect(proxy))


async def test_a_connection_that_lost_bytes_never_carries_any_again():
    async with link() as proxy:
        stream = await connect(proxy)
        assert await says_back(stream, b"hello")
        proxy.set_mode("half_open")
        proxy.set_mode("open")
        assert await is_silent(stream)
        assert await says_back(await connect(proxy), b"hello")


async def test_a_link_without_answers_brings_what_is_asked_and_loses_what_is_answered():
    heard = asyncio.Queue()

    async def answer(reader, writer):
        while data := await reader.read(1000):
            heard.put_nowait(data)
            writer.write(b"yes")

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with Proxy("127.0.0.1", server.sockets[0].getsockname()[1]) as proxy:
        before = await connect(proxy)
        assert await says_back(before, b"yes")
        proxy.set_mode("no_answers")
        for stream in (before, await connect(proxy)):
            assert await is_silent(stream)
        proxy.set_mode("open")
        assert await is_silent(before)
        assert [await heard.get() for _ in range(4)] == [b"yes", b"anybody?", b"anybody?", b"anybody?"]
    server.close()


async def test_a_slow_link_is_slow_and_loses_nothing():
    async with link() as proxy:
        proxy.bytes_per_s = 20_000
        proxy.set_mode("slow")
        begun = asyncio.get_running_loop().time()
        assert await says_back(await connect(proxy), b"x" * 4000)
        assert asyncio.get_running_loop().time() - begun > 0.15


async def test_a_target_that_is_away_is_a_reset_and_one_that_comes_back_is_reached():
    async with link() as proxy:
        there = proxy.target
        proxy.target = ("127.0.0.1", 1)
        assert await is_reset(await connect(proxy))
        proxy.target = there
        assert await says_back(await connect(proxy), b"hello")


async def test_an_end_that_hangs_up_is_passed_on_and_forgotten():
    async with link() as proxy:
        reader, writer = await connect(proxy)
        assert await says_back((reader, writer), b"hello")
        writer.write_eof()
        async with asyncio.timeout(5):
            assert await reader.read() == b""
        writer.close()
        async with asyncio.timeout(5):
            while proxy.connections:
                await asyncio.sleep(0.01)


async def test_a_link_that_moves_is_at_its_new_address_and_says_nothing_at_the_old_one():
    async with link() as proxy:
        before = await connect(proxy)
        assert await says_back(before, b"here")
        await proxy.move("127.0.0.2")
        assert await is_silent(before)
        with pytest.raises(OSError):
            await connect(proxy)
        assert await says_back(await asyncio.open_connection("127.0.0.2", proxy.port), b"there")
        await proxy.move("127.0.0.1")
        assert await says_back(await connect(proxy), b"here again")


async def test_a_link_that_cannot_move_stays_where_it_is():
    async with link() as proxy:
        taken = await asyncio.start_server(_echo, "127.0.0.2", proxy.port)
        with pytest.raises(OSError):
            await proxy.move("127.0.0.2")
        assert await says_back(await connect(proxy), b"here")
        taken.close()


async def test_a_stopped_proxy_holds_no_connection():
    async with link() as proxy:
        stream = await connect(proxy)
        assert await says_back(stream, b"hello")
    assert proxy.connections == 0
    assert await is_reset(stream)


@pytest.mark.parametrize("mode", ["", "closed", "Open"])
def test_a_mode_that_does_not_exist_is_refused(mode):
    with pytest.raises(ValueError):
        Proxy("127.0.0.1", 1).set_mode(mode)
