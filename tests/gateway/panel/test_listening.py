"""Sockets: TLS but on the loopback, and never more connections than there is room for."""

import asyncio
import contextlib
import socket
import ssl

import pytest

from gateway import certs
from gateway.panel.exchange import Response, Times
from gateway.panel.listening import Limits, Listener, ListenError

ASK = b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
ANYWHERE = "0.0.0.0"


async def hello(request):
    return Response(200, {}, b"tls" if request.is_tls else b"plain")


@contextlib.asynccontextmanager
async def listening(chain_file=None, addresses=("127.0.0.1",), **limits):
    made = Listener(hello, chain_file, Limits(**limits))
    made.open(addresses, 0)
    task = asyncio.create_task(made.run())
    try:
        yield made
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def trusting(papers):
    context = ssl.create_default_context(cadata=papers.ca_der)
    context.check_hostname = False
    return context


async def ask(port, tls=None, host="127.0.0.1"):
    reader, writer = await asyncio.open_connection(host, port, ssl=tls)
    writer.write(ASK)
    async with asyncio.timeout(5):
        answer = await reader.read()
    writer.close()
    return answer.rpartition(b"\r\n\r\n")[2]


async def leaf(port, papers):
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting(papers))
    der = writer.get_extra_info("ssl_object").getpeercert(True)
    writer.close()
    return der


async def test_the_loopback_is_plain_and_everything_else_is_tls(tmp_path):
    papers = certs.ensure(tmp_path / "certs", "gw-1")
    async with listening(papers.chain_file, ("127.0.0.1", ANYWHERE)) as made:
        assert await ask(made.ports[0]) == b"plain"
        assert await ask(made.ports[1], trusting(papers)) == b"tls"
        with contextlib.suppress(ConnectionError):
            assert await ask(made.ports[1]) == b""
        assert made.turned_away["handshake"] + made.turned_away["cut"] == 1


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
async def test_old_tls_is_refused(tmp_path):
    papers = certs.ensure(tmp_path / "certs", "gw-1")
    old = trusting(papers)
    old.set_ciphers("DEFAULT@SECLEVEL=0")
    old.minimum_version = ssl.TLSVersion.TLSv1
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    async with listening(papers.chain_file, (ANYWHERE,)) as made:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await ask(made.ports[0], old)


async def test_another_certificate_is_used_from_the_next_connection_on(tmp_path):
    papers = certs.ensure(tmp_path / "certs", "gw-1")
    async with listening(papers.chain_file, (ANYWHERE,)) as made:
        before = await leaf(made.ports[0], papers)
        certs.renew(tmp_path / "certs", "gw-1")
        assert await leaf(made.ports[0], papers) != before
        papers.chain_file.write_text("half of a")
        assert await ask(made.ports[0], trusting(papers)) == b"tls"


@pytest.mark.parametrize("content", [None, "", "no certificate"])
def test_without_a_certificate_nothing_but_the_loopback_is_opened(tmp_path, content):
    chain_file = tmp_path / "chain.pem"
    if content is not None:
        chain_file.write_text(content)
    made = Listener(hello, chain_file, Limits())
    with pytest.raises(ListenError) as raised:
        made.open(["127.0.0.1", ANYWHERE], 0)
    assert raised.value.code == "certificate"
    assert made.ports == []


def test_a_port_that_is_taken_has_a_name_of_its_own():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        made = Listener(hello, None, Limits())
        with pytest.raises(ListenError) as raised:
            made.open(["127.0.0.1"], taken.getsockname()[1])
    assert raised.value.code == "port_in_use"
    assert made.ports == []


@pytest.mark.parametrize("address", ["127.0.0.1.5", "no such name", "192.0.2.1", "::g"])
def test_an_address_that_is_not_ours_has_another(tmp_path, address):
    papers = certs.ensure(tmp_path / "certs", "gw-1")
    with pytest.raises(ListenError) as raised:
        Listener(hello, papers.chain_file, Limits()).open([address], 0)
    assert raised.value.code == "address"


async def test_one_address_has_only_its_share():
    async with listening(from_one=3) as made:
        lines = [await asyncio.open_connection("127.0.0.1", made.ports[0]) for _ in range(5)]
        for reader, _ in lines[3:]:
            async with asyncio.timeout(3):
                with contextlib.suppress(ConnectionError):
                    assert await reader.read() == b""
        assert made.turned_away["share"] == 2
        assert made.connections == 3
        lines[0][1].close()
        async with asyncio.timeout(3):
            while made.connections > 2:
                await asyncio.sleep(0.01)
        assert await ask(made.ports[0]) == b"plain"
        for _, writer in lines:
            writer.close()


async def test_more_than_there_is_room_for_wait_and_are_served_then():
    async with listening(at_once=2, from_one=10, times=Times(idle_s=0.4)) as made:
        idle = [await asyncio.open_connection("127.0.0.1", made.ports[0]) for _ in range(2)]
        assert await ask(made.ports[0]) == b"plain"
        assert made.turned_away["slow"] >= 1
        for _, writer in idle:
            writer.close()


async def test_who_never_shakes_hands_is_let_go(tmp_path):
    papers = certs.ensure(tmp_path / "certs", "gw-1")
    async with listening(papers.chain_file, (ANYWHERE,), handshake_s=0.2) as made:
        reader, writer = await asyncio.open_connection("127.0.0.1", made.ports[0])
        async with asyncio.timeout(3):
            with contextlib.suppress(ConnectionError):
                assert await reader.read() == b""
            while made.connections:
                await asyncio.sleep(0.01)
        writer.close()
        assert made.turned_away.total() == 1
