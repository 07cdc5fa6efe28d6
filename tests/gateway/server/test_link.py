"""One question, one answer, over a network that does everything a network does."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.server import Settings, TrustError, Way, outcome
from gateway.server import way as way_file
from tests.gateway.server.papers import authority, write
from tests.gateway.server.stand import HANG, PORTAL, Reply, Stand, says

TOKEN = "a-token-of-the-test"


def mono_ms() -> int:
    return time.monotonic_ns() // 1_000_000


def way_to(*urls: str, file: Path | None = None, **more: object) -> Way:
    settings = Settings(urls, TOKEN, timeout_s=1.0)._replace(**more)  # type: ignore[arg-type]
    return Way(settings, file, mono_ms=mono_ms, utc_bounds=lambda: None, random=lambda: 0.5)


@pytest.fixture
async def server() -> AsyncIterator[Stand]:
    async with Stand(says()) as stand:
        yield stand


async def ask(way: Way, body: bytes = b"", **more: object) -> outcome.Outcome:
    async with way.link() as link:
        return await link.ask("POST", "/api", body, **more)  # type: ignore[arg-type]


async def test_a_question_says_who_asks_and_goes_to_the_path_below_the_address(server: Stand) -> None:
    got = await ask(way_to(server.url + "/below/"), b"body")
    assert (got.code, got.body, got.status) == ("answered", b"{}", 200)
    asked = server.requests[0]
    assert (asked.method, asked.target, asked.body) == ("POST", "/below/api", b"body")
    assert asked.headers["authorization"] == f"Bearer {TOKEN}"
    assert asked.headers["accept-encoding"] == "identity"
    assert asked.headers["host"] == server.url.removeprefix("http://")


async def test_a_connection_is_kept_for_the_next_question(server: Stand) -> None:
    async with way_to(server.url).link() as link:
        for _ in range(5):
            assert (await link.ask("GET", "/api")).code == "answered"
    assert (server.connections, len(server.requests)) == (1, 5)


async def test_a_kept_connection_that_was_closed_meanwhile_costs_nothing(server: Stand) -> None:
    server.script = [says(), lambda _: Reply(close=True, body=b"{}"), says()]
    async with way_to(server.url).link() as link:
        for _ in range(3):
            assert (await link.ask("GET", "/api")).code == "answered"
    assert len(server.requests) == 3


async def test_a_question_cut_off_on_a_kept_connection_before_any_answer_is_asked_once_more(server: Stand) -> None:
    server.script = [says(), lambda _: Reply(cut_at=0), says()]
    async with way_to(server.url).link() as link:
        assert (await link.ask("GET", "/api")).code == "answered"
        assert (await link.ask("GET", "/api")).code == "answered"
    assert server.connections == 2
    server.script = [lambda _: Reply(cut_at=0)]
    assert (await ask(way_to(server.url))).code == "cut"


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (204, "misplaced"),
        (206, "misplaced"),
        (301, "misplaced"),
        (302, "misplaced"),
        (304, "misplaced"),
        (400, "rejected"),
        (401, "denied"),
        (403, "denied"),
        (404, "misplaced"),
        (408, "cut"),
        (413, "too_large"),
        (418, "misplaced"),
        (422, "rejected"),
        (425, "slow_down"),
        (429, "slow_down"),
        (500, "failed"),
        (501, "failed"),
        (502, "busy"),
        (503, "busy"),
        (504, "busy"),
        (599, "failed"),
    ],
)
async def test_every_status_has_its_code_and_names_the_address(server: Stand, status: int, code: str) -> None:
    server.then = says(status, b"" if status in (204, 304) else b"no")
    got = await ask(way_to(server.url))
    assert (got.code, got.status) == (code, status)
    assert got.detail == f"{server.url}: status {status}"


async def test_no_redirect_is_followed(server: Stand) -> None:
    server.then = says(307, b"", ("Location", server.url + "/elsewhere"))
    assert (await ask(way_to(server.url))).code == "misplaced"
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "raw",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\x15\x03\x03\x00\x02\x02\x28",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
        b"HTTP/1.1 999999 OK\r\n\r\n",
        b"\0" * 70_000,
    ],
    ids=["ssh", "tls", "length", "two lengths", "chunks", "header", "short", "status", "zeros"],
)
async def test_what_is_no_http_is_cut(server: Stand, raw: bytes) -> None:
    server.then = lambda _: Reply(raw=raw)
    assert (await ask(way_to(server.url))).code == "cut"


async def test_a_server_that_hangs_is_left_after_the_timeout(server: Stand) -> None:
    server.then = HANG
    began = time.monotonic()
    got = await ask(way_to(server.url, timeout_s=0.2))
    assert got.code == "cut"
    assert time.monotonic() - began < 2


async def test_a_question_that_may_wait_has_so_much_longer(server: Stand) -> None:
    server.then = lambda _: Reply(200, b"{}", piece_bytes=20, pause_s=0.1)
    assert (await ask(way_to(server.url, timeout_s=0.1))).code == "cut"
    assert (await ask(way_to(server.url, timeout_s=0.1), wait_s=3.0)).code == "answered"


async def test_an_answer_that_comes_byte_by_byte_is_left_too(server: Stand) -> None:
    server.then = lambda _: Reply(200, b"x" * 1000, piece_bytes=1, pause_s=0.05)
    got = await ask(way_to(server.url, timeout_s=0.5))
    assert got.code == "cut"


async def test_what_had_come_of_an_answer_when_it_was_cut_is_handed_on(server: Stand) -> None:
    server.then = lambda _: Reply(206, b"x" * 1000, cut_at=500)
    got = await ask(way_to(server.url), good=frozenset((206,)))
    assert (got.code, got.status) == ("cut", 206)
    assert 300 < len(got.body) < 500
    server.then = lambda _: Reply(206, b"x" * 1000, piece_bytes=200, pause_s=0.1)
    late = await ask(way_to(server.url, timeout_s=0.25), good=frozenset((206,)))
    assert (late.code, late.status) == ("cut", 206)
    assert 0 < len(late.body) < 1000


async def test_an_answer_without_an_end_is_not_read_to_it(server: Stand) -> None:
    server.then = says(200, b" " * 1_000_000)
    got = await ask(way_to(server.url), most_bytes=1000)
    assert (got.code, len(got.body)) == ("bad_answer", 1000)


async def test_a_refusal_that_comes_while_the_body_still_goes_out_is_heard(server: Stand) -> None:
    server.early = Reply(413, b"no")
    got = await ask(way_to(server.url, bytes_per_s=200_000), b"x" * 1_000_000)
    assert got.code == "too_large"


async def test_nobody_listening_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert (await ask(way_to(f"http://127.0.0.1:{port}"))).code == "unreachable"


async def test_a_name_that_nobody_knows_is_said_so() -> None:
    assert (await ask(way_to("http://nobody.invalid"))).code == "name"


async def test_one_that_takes_no_connection_is_unreachable_in_time() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        others = [socket.socket() for _ in range(4)]
        for other in others:
            other.setblocking(False)
            other.connect_ex(("127.0.0.1", port))
        got = await ask(way_to(f"http://127.0.0.1:{port}", timeout_s=0.3))
        assert got.code == "unreachable"
        for other in others:
            other.close()


# --- several addresses


async def test_the_next_address_is_asked_when_one_fails_and_the_first_is_named(server: Stand) -> None:
    way = way_to("http://127.0.0.1:9", server.url)
    async with way.link() as link:
        first = await link.ask("GET", "/api")
        assert (first.code, first.elsewhere) == ("unreachable", True)
        assert (await link.ask("GET", "/api")).code == "answered"
    assert way.troubles().keys() == {"http://127.0.0.1:9"}
    assert way.address() == server.url


async def test_a_captive_portal_is_no_server_and_is_named(server: Stand) -> None:
    async with Stand(PORTAL) as portal:
        way = way_to(portal.url, server.url)
        async with way.link() as link:
            got = await link.ask("GET", "/api", check=lambda body: None if body == b"{}" else "not JSON")
            assert (got.code, got.elsewhere) == ("bad_answer", True)
            assert portal.url in got.detail
            assert (await link.ask("GET", "/api")).code == "answered"
        assert way.troubles() == {portal.url: "bad_answer: not JSON"}


async def test_where_all_fail_the_round_ends_and_begins_anew() -> None:
    async with way_to("http://127.0.0.1:9", "http://127.0.0.1:10").link() as link:
        assert [(await link.ask("GET", "/")).elsewhere for _ in range(4)] == [True, False, True, False]


@pytest.mark.parametrize("status", [400, 413, 429])
async def test_what_our_own_server_refuses_is_asked_nowhere_else(server: Stand, status: int) -> None:
    server.then = says(status)
    way = way_to(server.url, "http://127.0.0.1:9")
    assert (await ask(way)).elsewhere is False
    assert way.address() == server.url


async def test_a_question_is_never_asked_at_two_addresses_at_once(server: Stand) -> None:
    async with Stand(says(503)) as other:
        way = way_to(other.url, server.url)
        async with way.link() as link:
            await link.ask("POST", "/api", b"one")
            assert (len(other.requests), len(server.requests)) == (1, 0)
            await link.ask("POST", "/api", b"one")
            assert (len(other.requests), len(server.requests)) == (1, 1)


# --- the rate, and what it costs


async def test_the_rate_is_kept_over_all_links_together(server: Stand) -> None:
    way = way_to(server.url, bytes_per_s=40_000, timeout_s=10.0)
    began = time.monotonic()
    await asyncio.gather(ask(way, b"x" * 30_000), ask(way, b"y" * 30_000))
    took_s = time.monotonic() - began
    assert 0.4 < took_s < 3.0


async def test_a_small_question_does_not_wait_for_the_end_of_a_large_one(server: Stand) -> None:
    way = way_to(server.url, bytes_per_s=40_000, timeout_s=10.0)
    large = asyncio.create_task(ask(way, b"x" * 100_000))
    await asyncio.sleep(0.05)
    began = time.monotonic()
    assert (await ask(way, b"small")).code == "answered"
    assert time.monotonic() - began < 1.0
    assert not large.done()
    assert (await large).code == "answered"


async def test_the_bytes_of_every_question_are_counted_also_of_those_that_failed(server: Stand) -> None:
    way = way_to(server.url)
    await ask(way, b"x" * 100_000)
    sent, received = way.meter.sent, way.meter.received
    assert 100_000 < sent < 120_000
    assert 0 < received < 20_000
    server.then = lambda _: Reply(cut_at=0)
    assert (await ask(way, b"x" * 50_000)).code == "cut"
    assert way.meter.sent - sent > 50_000


async def test_months_and_the_latest_known_time_outlive_a_restart(server: Stand, tmp_path: Path) -> None:
    file = tmp_path / "way.json"
    utc = (1_793_500_000_000, 1_793_500_000_500)
    settings = Settings([server.url], TOKEN)

    def start(bounds: tuple[int, int] | None) -> Way:
        return Way(settings, file, mono_ms=mono_ms, utc_bounds=lambda: bounds, random=lambda: 0.5)

    way = start(utc)
    await ask(way, b"x" * 10_000)
    way.save()
    again = start(None)
    assert again.trust.floor_ms() == utc[0]
    assert again.meter.months() == way.meter.months()
    assert again.meter.sent == 0


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"v":2}', b'{"v":1,"known_ms":"x","months":[]}', b"\xff" * 99])
async def test_a_file_that_cannot_be_read_begins_anew(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "way.json"
    file.write_bytes(content)
    way = way_to("http://127.0.0.1:9", file=file)
    assert way.meter.months() == {}
    way.save()


async def test_it_is_kept_when_the_gateway_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(way_file, "SAVE_S", 0.01)
    way = way_to("http://127.0.0.1:9", file=tmp_path / "way.json")
    task = asyncio.create_task(way.run())
    async with asyncio.timeout(5):
        while not (tmp_path / "way.json").exists():
            await asyncio.sleep(0.01)
    (tmp_path / "way.json").unlink()
    way.trust.remember(1_793_500_000_000)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert (tmp_path / "way.json").exists()


def test_neither_token_nor_password_is_in_the_repr_of_the_settings() -> None:
    settings = Settings(["http://me:hidden@host"], TOKEN)
    assert TOKEN not in repr(settings)
    assert "hidden" not in repr(settings)


@pytest.mark.parametrize("content", [None, b"", b"no certificate", b"-----BEGIN CERTIFICATE-----\n"])
def test_an_authority_that_cannot_be_read_is_said_at_the_start(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(TrustError) as why:
        way_to("https://127.0.0.1", ca_file=path)
    assert why.value.code == "ca_file"


def test_a_certificate_of_ours_without_its_key_is_said_at_the_start(tmp_path: Path) -> None:
    path = write(tmp_path / "chain.pem", authority().pem())
    with pytest.raises(TrustError) as why:
        way_to("https://127.0.0.1", client_chain_file=path)
    assert why.value.code == "client_chain_file"
