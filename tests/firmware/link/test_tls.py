"""One TLS connection of the box, against every kind of other side: each failure has its name, and nothing is left."""

import asyncio
import json
import ssl
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from scripts.firmware_build import build, run_micropython
from tests.firmware.link.certs import NAME, Ca
from tests.firmware.link.rig import free_port

SCRIPT = Path(__file__).with_name("tls_box.py")
TLS_1_2, TLS_1_3 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        writer.write(await reader.readline())
        await writer.drain()
        await reader.read(1)
    writer.close()


@asynccontextmanager
async def server(serve: Serve = echo, context: ssl.SSLContext | None = None):
    """The port of a server on the loopback."""
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)  # the failing handshakes are what is wanted
    listening = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context, limit=1 << 20)
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        listening.close()


async def connect(folder: Path, port: int, *cas: Ca | bytes, **asked) -> dict:
    files = []
    for number, ca in enumerate(cas):
        files.append(folder / f"ca-{number}.der")
        files[-1].write_bytes(ca.der if isinstance(ca, Ca) else ca)
    given = {"port": port, "name": NAME, "ca": [str(file) for file in files], "times": 1, "limit_ms": 2000}
    (folder / "asked.json").write_text(json.dumps({"say": "hello", **given, **asked}))
    path = await asyncio.to_thread(build)
    args = [SCRIPT, folder / "asked.json"]
    done = await asyncio.to_thread(run_micropython, args, path=path, cwd=folder, timeout_s=120)
    assert not done.stderr, done.stderr.decode()
    return json.loads(done.stdout)


def codes(told: dict) -> set[str]:
    return {result.get("code", "said") for result in told["results"]}


@pytest.mark.parametrize("newest", [TLS_1_2, TLS_1_3])
@pytest.mark.parametrize("length", [1, 1399, 1400, 20_000])
async def test_what_is_said_is_answered_whole(tmp_path, newest, length):
    ca = Ca()
    async with server(context=ca.issue(tmp_path).context(newest)) as port:
        told = await connect(tmp_path, port, ca, say="x" * length)
    assert told["results"][0]["said"] == length + 1


@pytest.mark.parametrize("newest", [TLS_1_2, TLS_1_3])
async def test_without_a_ca_nothing_is_checked(tmp_path, newest):
    async with server(context=Ca().issue(tmp_path, "who-knows", itself=True).context(newest)) as port:
        assert codes(await connect(tmp_path, port)) == {"said"}


def a_day(year: int) -> datetime:
    return datetime(year, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("newest", [TLS_1_2, TLS_1_3])
@pytest.mark.parametrize(
    "code, shown",
    [
        ("tls_name", {"name": "gw-2"}),
        ("tls_name", {"name": "gw-11"}),
        ("tls_expired", {"ends": a_day(2020)}),
        ("tls_not_yet", {"begins": a_day(2090)}),
        ("tls_ca", {"itself": True}),
        ("tls_ca", {"itself": True, "ends": a_day(2020)}),
        ("tls_name", {"name": "gw-2", "ends": a_day(2020)}),
    ],
)
async def test_a_certificate_that_is_not_right_has_its_reason(tmp_path, newest, code, shown):
    ca = Ca()
    async with server(context=ca.issue(tmp_path, **shown).context(newest)) as port:
        assert codes(await connect(tmp_path, port, ca)) == {code}


@pytest.mark.parametrize("name", ["", "GW-2", "gw-1.example", "gw"])
async def test_who_asks_for_another_name_or_for_none_is_not_content(tmp_path, name):
    ca = Ca()
    async with server(context=ca.issue(tmp_path).context()) as port:
        assert codes(await connect(tmp_path, port, ca, name=name)) == {"tls_name"}


async def test_another_ca_of_the_same_name_is_another_ca(tmp_path):
    async with server(context=Ca().issue(tmp_path).context()) as port:
        assert codes(await connect(tmp_path, port, Ca())) == {"tls_ca"}


@pytest.mark.parametrize("newest", [TLS_1_2, TLS_1_3])
@pytest.mark.parametrize("of", [0, 1])
@pytest.mark.parametrize("second", ["tram gateway", "another name"])
async def test_one_of_two_cas_is_enough_whichever_it_is_and_the_box_knows_which(tmp_path, newest, of, second):
    cas = [Ca(), Ca(second)]
    async with server(context=cas[of].issue(tmp_path).context(newest)) as port:
        told = await connect(tmp_path, port, *cas, times=2)
    assert codes(told) == {"said"}
    assert {result["signer"] for result in told["results"]} == {sha256(cas[of].der).hexdigest()}


async def test_two_cas_are_no_more_than_two(tmp_path):
    async with server(context=Ca().issue(tmp_path).context()) as port:
        assert codes(await connect(tmp_path, port, Ca(), Ca())) == {"tls_ca"}


@pytest.mark.parametrize("der", [b"", b"\x00" * 400, Ca().der[:-1]])
async def test_a_second_ca_that_is_none_is_refused_by_name(tmp_path, der):
    assert codes(await connect(tmp_path, 9, Ca(), der)) == {"tls_ca_form"}


@pytest.mark.parametrize("der", [b"\x00", b"x" * 500, b"-----BEGIN CERTIFICATE-----\n"])
async def test_a_ca_that_is_none_is_refused_by_name(tmp_path, der):
    assert codes(await connect(tmp_path, 9, der)) == {"tls_ca_form"}


@pytest.mark.parametrize("end", [-1, 40, 1])
async def test_a_ca_that_is_cut_short_is_refused_by_name(tmp_path, end):
    assert codes(await connect(tmp_path, 9, Ca().der[:end])) == {"tls_ca_form"}


def saying(what: bytes, then_close: bool = False, after: int = 1) -> Serve:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            await reader.read(after)
            writer.write(what)
            await writer.drain()
            if not then_close:
                await asyncio.sleep(30)
        writer.close()

    return serve


@pytest.mark.parametrize(
    "what",
    [
        b"\x20\x02\x00\x00",  # a broker without TLS
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\x00" * 64,
        b"\xff" * 64,
        b"\x16\x03\x03\xff\xff" + b"\x02" * 70_000,  # a record that is too large
        b"\x17\x03\x03\x00\x20" + b"x" * 32,  # data before the handshake
        b"\x16\x03\x03\x00\x04\x0e\x00\x00\x00",  # the end of the greeting, without the greeting
    ],
)
async def test_who_does_not_speak_tls_is_known_at_once_or_at_the_limit(tmp_path, what):
    async with server(saying(what)) as port:
        told = await connect(tmp_path, port, Ca(), limit_ms=500)
    assert codes(told) <= {"tls_garbage", "tls_timeout", "tls_failed", "tls_alert", "connection_lost"}
    assert told["worst_ms"] < 200


async def test_an_alert_has_its_name(tmp_path):
    async with server(saying(b"\x15\x03\x03\x00\x02\x02\x28")) as port:
        assert codes(await connect(tmp_path, port, Ca())) == {"tls_alert"}


@pytest.mark.parametrize("what", [b"", b"\x16", b"\x16\x03\x03\x00\x50", b"\x16\x03\x03\x00\x50\x02\x00"])
async def test_a_handshake_that_stalls_ends_at_its_limit(tmp_path, what):
    async with server(saying(what)) as port:
        told = await connect(tmp_path, port, Ca(), limit_ms=400)
    assert codes(told) == {"tls_timeout"}
    assert told["worst_ms"] < 200


@pytest.mark.parametrize("what", [b"", b"\x16\x03\x03\x00\x50\x02\x00"])
async def test_who_hangs_up_in_the_handshake_is_noticed_at_once(tmp_path, what):
    async with server(saying(what, then_close=True, after=2000)) as port:
        assert codes(await connect(tmp_path, port, Ca())) <= {"closed_by_broker", "connection_lost"}


async def test_where_nobody_listens_there_is_no_handshake(tmp_path):
    told = await connect(tmp_path, free_port(), Ca())
    assert codes(told) <= {"connect_failed", "connection_lost"}


@pytest.mark.parametrize("newest", [TLS_1_2, TLS_1_3])
@pytest.mark.parametrize("passed", [60, 300, 600])
async def test_a_handshake_that_is_cut_anywhere_has_a_name_and_leaves_nothing(tmp_path, newest, passed):
    ca = Ca()
    async with server(context=ca.issue(tmp_path).context(newest)) as behind, server(first(passed, behind)) as port:
        told = await connect(tmp_path, port, ca, limit_ms=400)
    assert codes(told) == {"tls_timeout"}
    assert told["worst_ms"] < 200


def first(passed: int, port: int) -> Serve:
    """What is behind `port`, of whose answers only the first bytes arrive."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        left = passed
        with suppress(OSError, asyncio.CancelledError):
            far_writer.write(await reader.read(4000))
            while left and (data := await far_reader.read(left)):
                left -= len(data)
                writer.write(data)
            await asyncio.sleep(30)
        far_writer.close()
        writer.close()

    return serve


@pytest.mark.parametrize("newest", [TLS_1_2, TLS_1_3])
async def test_the_bytes_may_come_one_by_one(tmp_path, newest):
    ca = Ca()

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", behind)

        async def back() -> None:
            while data := await far_reader.read(4000):
                for at in range(len(data)):
                    writer.write(data[at : at + 1])
                    await writer.drain()
                    await asyncio.sleep(0)

        task = asyncio.create_task(back())
        with suppress(OSError):
            while data := await reader.read(7):
                far_writer.write(data)
        task.cancel()
        far_writer.close()
        writer.close()

    async with server(context=ca.issue(tmp_path).context(newest)) as behind, server(drip) as port:
        assert codes(await connect(tmp_path, port, ca, limit_ms=5000)) == {"said"}


@pytest.mark.parametrize("code, shown", [("tls_ca", {"itself": True}), ("tls_name", {"name": "gw-2"}), ("said", {})])
async def test_two_hundred_handshakes_leave_no_socket_and_no_memory(tmp_path, code, shown):
    ca = Ca()
    async with server(context=ca.issue(tmp_path, **shown).context()) as port:
        told = await connect(tmp_path, port, ca, times=220)
    assert codes(told) == {code}
    assert told["after"]["sockets"] == told["before"]["sockets"]
    assert told["after"]["heap"] - told["before"]["heap"] < 1024
    assert told["after"]["resident_kb"] - told["before"]["resident_kb"] < 512
    assert told["worst_ms"] < 200
