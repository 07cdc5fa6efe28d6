"""The upload against a real HTTP server that is as awkward as a network, over a real buffer."""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from firmware.wire import batch
from gateway.buffer import Buffer
from gateway.server import Settings as ServerSettings
from gateway.server import Way
from gateway.upload import Settings, Upload
from tests.gateway.buffer.wire import EPOCH, arrival, arrivals, lost, pack, scan
from tests.gateway.upload.awkward import Awkward, Reply, accept, changed, poisoned_by, status
from tests.gateway.upload.buffers import opened

TOKEN = "a-token-of-the-test"


def mono_ms() -> int:
    return time.monotonic_ns() // 1_000_000


@pytest.fixture
async def server() -> AsyncIterator[Awkward]:
    async with Awkward() as awkward:
        yield awkward


@pytest.fixture
async def buffer(tmp_path: Path) -> AsyncIterator[Buffer]:
    made = await opened(tmp_path, mono_ms)
    yield made
    await made.close()


QUICK = Settings(first_wait_s=0.001, longest_wait_s=0.05, denied_wait_s=0.02, hunt_wait_s=0.001, tell_every_s=0.05)


def way_to(*urls: str, **more: float) -> Way:
    settings = ServerSettings(urls, TOKEN, timeout_s=1.0)._replace(**more)  # type: ignore[arg-type]
    return Way(settings, None, mono_ms=mono_ms, utc_bounds=lambda: None, random=random.Random(1).random)


@asynccontextmanager
async def uploading(buffer: Buffer, url: str | Way, **more: float) -> AsyncIterator[Upload]:  # type: ignore[type-arg]
    upload = Upload(
        "gw-1",
        buffer,
        url if isinstance(url, Way) else way_to(url),
        QUICK._replace(**more),  # type: ignore[arg-type]
        mono_ms=mono_ms,
        instant=lambda held: (None, None),
        clocks=lambda helds: [],
        random=random.Random(1).random,
    )
    task = asyncio.create_task(upload.run())
    yield upload
    task.cancel()
    done = await asyncio.gather(task, return_exceptions=True)
    assert isinstance(done[0], asyncio.CancelledError), done


async def settled(buffer: Buffer, waiting: int = 0) -> None:
    async with asyncio.timeout(20):
        while (await buffer.stats()).waiting != waiting:
            await asyncio.sleep(0.005)


async def test_what_is_put_arrives_unchanged_and_is_freed(buffer: Buffer, server: Awkward) -> None:
    async with uploading(buffer, server.url):
        await buffer.put(arrivals(1, 2, 3))
        await settled(buffer)
    assert server.seqs == [1, 2, 3]
    assert (await buffer.stats()).verdicts == {"accepted": 3}


async def test_a_batch_says_who_sends_it_and_in_what_form(buffer: Buffer, server: Awkward) -> None:
    async with uploading(buffer, server.url):
        await buffer.put(arrivals(1))
        await settled(buffer)
    first = server.requests[0]
    assert first.path == "/api/v1/batches"
    assert first.headers["authorization"] == f"Bearer {TOKEN}"
    assert first.headers["content-type"] == batch.CONTENT_TYPE
    assert first.headers["content-encoding"] == "zstd"
    assert first.batch.gateway_id == "gw-1"


async def test_batch_numbers_are_never_given_twice_not_even_after_a_restart(buffer: Buffer, server: Awkward) -> None:
    for seq in (1, 2, 3):
        async with uploading(buffer, server.url):
            await buffer.put(arrivals(seq))
            await settled(buffer)
    numbers = [request.batch.batch_no for request in server.requests]
    assert len(set(numbers)) == len(numbers)


@pytest.mark.parametrize("code", [400, 401, 403, 404, 408, 413, 418, 422, 429, 500, 501, 502, 503, 504, 301, 204])
async def test_any_other_status_than_200_frees_nothing(buffer: Buffer, server: Awkward, code: int) -> None:
    server.then = status(code)
    async with uploading(buffer, server.url):
        await buffer.put(arrivals(1, 2))
        await server.until(lambda: len(server.requests) >= 3)
        assert (await buffer.stats()).waiting == 2
        server.then = accept
        await settled(buffer)
    assert set(server.seqs) == {1, 2}


@pytest.mark.parametrize(
    "reply",
    [
        Reply(body=b""),
        Reply(body=b"not json"),
        Reply(body=b"[]"),
        Reply(body=b"\x1f\x8b\x08\x00"),
        Reply(body=b'{"v":1,"gateway_id":"gw-1","batch_no":1,"server_utc_ms":1,"verdicts":[]}'),
        Reply(body=b"{" * 100_000),
        Reply(body=b" " * 5_000_000),
        Reply(body=b"{}", headers=(("Content-Encoding", "gzip"),)),
    ],
    ids=["empty", "text", "list", "gzip", "no verdicts", "deep", "endless", "says gzip"],
)
async def test_an_answer_that_is_none_frees_nothing_and_has_a_name(
    buffer: Buffer, server: Awkward, reply: Reply
) -> None:
    server.then = lambda _: reply
    async with uploading(buffer, server.url) as upload:
        await buffer.put(arrivals(1, 2))
        await server.until(lambda: len(server.requests) >= 2)
        assert (await buffer.stats()).waiting == 2
        assert upload.stats().failures.keys() == {"bad_answer"}
        server.then = accept
        await settled(buffer)


@pytest.mark.parametrize(
    ("change", "freed"),
    [
        (lambda said: said.update(gateway_id="gw-2"), 0),
        (lambda said: said.update(batch_no=said["batch_no"] + 1), 0),
        (lambda said: said["verdicts"].pop(), 2),
        (lambda said: said["verdicts"].append(said["verdicts"][0]), 3),
        (lambda said: said["verdicts"].reverse(), 1),
        (lambda said: said["verdicts"][1].update(seq=99), 2),
        (lambda said: said["verdicts"][0].update(box_id="box-2"), 2),
        (lambda said: said["verdicts"][2].update(epoch="ffffffffffff"), 2),
        (lambda said: said["verdicts"][0].update(box_id=None, epoch=None, seq=None), 2),
    ],
    ids=["gateway", "batch", "missing", "extra", "reordered", "seq", "box", "epoch", "null"],
)
async def test_an_answer_frees_no_more_than_what_it_names_in_its_place(
    buffer: Buffer, server: Awkward, change: object, freed: int
) -> None:
    server.script = [changed(change)]  # type: ignore[arg-type]
    server.then = status(503)
    await buffer.put(arrivals(1, 2, 3))
    async with uploading(buffer, server.url) as upload:
        async with asyncio.timeout(10):
            while not upload.stats().failures:
                await asyncio.sleep(0.005)
        assert upload.stats().failures["bad_answer"] == 1
        assert (await buffer.stats()).waiting == 3 - freed


@pytest.mark.parametrize("cut_at", [0, 1, 20, 60, 130])
async def test_an_answer_that_is_cut_off_frees_nothing(buffer: Buffer, server: Awkward, cut_at: int) -> None:
    server.script = [lambda request: accept(request)._replace(cut_at=cut_at)]
    await buffer.put(arrivals(1, 2))
    async with uploading(buffer, server.url) as upload:
        await settled(buffer)
        assert upload.stats().failures == {"cut": 1}
    assert server.seqs[:2] == [1, 2]
    assert set(server.seqs[2:]) == {1, 2}


async def test_a_server_that_hangs_is_left_after_the_timeout(buffer: Buffer, server: Awkward) -> None:
    server.script = [lambda request: Reply(hang=True)]
    await buffer.put(arrivals(1))
    async with uploading(buffer, way_to(server.url, timeout_s=0.1)) as upload:
        await settled(buffer)
        assert upload.stats().failures == {"cut": 1}


async def test_nobody_listening_is_unreachable_and_passes(buffer: Buffer, server: Awkward) -> None:
    await buffer.put(arrivals(1))
    async with uploading(buffer, "http://127.0.0.1:9") as upload:
        async with asyncio.timeout(10):
            while upload.stats().failures.get("unreachable", 0) < 2 or upload.stats().state != "unreachable":
                await asyncio.sleep(0.005)
        assert (await buffer.stats()).waiting == 1


@pytest.mark.parametrize("code", [400, 413, 422, 500, 501])
async def test_one_poisoned_scan_among_many_stops_none_of_the_others(
    buffer: Buffer, server: Awkward, code: int
) -> None:
    server.then = poisoned_by({77}, code)
    await buffer.put([arrival(pack([scan(seq) for seq in range(1, 101)]))])
    async with uploading(buffer, server.url) as upload:
        await settled(buffer)
        stats = await buffer.stats()
        assert stats.parked == 1
        assert upload.stats().parked == 1
        assert stats.verdicts == {"accepted": 99}
    assert set(server.seqs) == set(range(1, 101)) - {77}


async def test_several_poisoned_scans_are_all_found(buffer: Buffer, server: Awkward) -> None:
    poison = {1, 2, 50, 99, 100}
    server.then = poisoned_by(poison)
    await buffer.put([arrival(pack([scan(seq) for seq in range(1, 101)]))])
    async with uploading(buffer, server.url):
        await settled(buffer)
        assert (await buffer.stats()).parked == len(poison)
    assert set(server.seqs) == set(range(1, 101)) - poison


async def test_a_server_that_fails_at_everything_gets_no_scan_condemned(buffer: Buffer, server: Awkward) -> None:
    server.then = status(500)
    await buffer.put(arrivals(*range(1, 30)))
    async with uploading(buffer, server.url):
        await server.until(lambda: len(server.requests) >= 60)
        assert (await buffer.stats()).parked == 0
        server.then = accept
        await settled(buffer)
        assert (await buffer.stats()).parked == 0


async def test_a_hiccup_of_the_server_in_the_middle_of_a_hunt_parks_no_good_scan(
    buffer: Buffer, server: Awkward
) -> None:
    server.script = [status(500)] * 5
    await buffer.put(arrivals(*range(1, 9)))
    async with uploading(buffer, server.url):
        await settled(buffer)
        assert (await buffer.stats()).parked == 0


async def test_live_scans_go_on_while_a_hunt_is_on(buffer: Buffer, server: Awkward) -> None:
    server.then = poisoned_by({3})
    await buffer.put([arrival(pack([scan(seq) for seq in range(1, 65)]))])
    async with uploading(buffer, server.url):
        await server.until(lambda: len(server.received) > 0)
        await buffer.put(arrivals(500))
        await server.until(lambda: 500 in server.seqs)
        await settled(buffer)


async def test_a_parked_scan_is_tried_again_alone_and_freed_when_the_server_takes_it(
    buffer: Buffer, server: Awkward
) -> None:
    await buffer.put(arrivals(1, 2))
    await buffer.park([1], "upload_poison")
    async with uploading(buffer, server.url) as upload:
        await settled(buffer)
        assert server.seqs == [2]
        upload._parked_due_ms = 0
        buffer.news.set()
        await server.until(lambda: 1 in server.seqs)
        async with asyncio.timeout(5):
            while (await buffer.stats()).parked:
                await asyncio.sleep(0.005)


async def test_too_large_halves_until_it_fits(buffer: Buffer, server: Awkward) -> None:
    server.then = lambda request: Reply(413) if len(request.batch.items) > 7 else accept(request)
    await buffer.put([arrival(pack([scan(seq) for seq in range(1, 129)]))])
    async with uploading(buffer, server.url) as upload:
        await settled(buffer)
        assert upload.stats().batch_scans <= 128
    assert len(server.received) == 128


async def test_a_retry_after_is_waited_out(buffer: Buffer, server: Awkward) -> None:
    server.script = [status(503, ("Retry-After", "1"))]
    await buffer.put(arrivals(1))
    async with uploading(buffer, server.url, longest_wait_s=1.0):
        await settled(buffer)
        began = time.monotonic()
        server.script = [status(429, ("Retry-After", "1"))]
        await buffer.put(arrivals(2))
        await settled(buffer)
    assert time.monotonic() - began >= 1.0


async def test_tips_are_told_with_the_records_and_alone_when_they_change(buffer: Buffer, server: Awkward) -> None:
    async with uploading(buffer, server.url):
        await buffer.put([arrival(pack([scan(5)], first_held=5, last_seq=9))])
        await settled(buffer)
        await buffer.put([arrival(pack([], first_held=6, last_seq=9))])
        await server.until(lambda: len(server.requests) >= 2)
    told = [request.batch.tips for request in server.requests]
    assert told[0] == [batch.Tip("box-1", EPOCH, 5, 9)]
    assert told[1] == [batch.Tip("box-1", EPOCH, 6, 9)]


async def test_declarations_conflicts_and_unreadable_records_go_up_too(buffer: Buffer, server: Awkward) -> None:
    other, broken = scan(1, code=b"other"), scan(2)[:-3] + b"xx\n"
    await buffer.put([arrival(data) for data in (scan(1), other, broken, lost(5, 9))])
    async with uploading(buffer, server.url):
        await settled(buffer)
    assert sorted(server.seqs) == [1, 1, 2, 5]


# --- the way to the server


@pytest.mark.parametrize(
    "reply",
    [
        Reply(302, b"", (("Location", "http://portal.example/login"),)),
        Reply(body=b"<html>Welcome to the free Wi-Fi</html>", headers=(("Content-Type", "text/html"),)),
        Reply(511, b"log in first"),
        Reply(503, b"no backend"),
        Reply(500, b"oops"),
        Reply(403, b"who are you"),
    ],
    ids=["redirect", "page", "511", "503", "500", "403"],
)
async def test_an_address_that_is_no_server_is_named_and_the_next_one_gets_it(
    buffer: Buffer, server: Awkward, reply: Reply
) -> None:
    async with Awkward(lambda _: reply) as portal:
        way = way_to(portal.url, server.url)
        async with uploading(buffer, way) as upload:
            await buffer.put(arrivals(1, 2))
            await settled(buffer)
            assert upload.stats().address == server.url
        assert way.troubles().keys() == {portal.url}
        assert len(portal.requests) == 1
    assert server.seqs == [1, 2]


async def test_a_server_that_dies_is_followed_by_the_next_address_and_nothing_is_told_to_two_at_once(
    buffer: Buffer, server: Awkward
) -> None:
    async with Awkward() as first:
        async with uploading(buffer, way_to(first.url, server.url)):
            await buffer.put(arrivals(1))
            await settled(buffer)
            first.then = lambda _: Reply(cut_at=0)
            await buffer.put(arrivals(2, 3))
            await settled(buffer)
        assert first.seqs[0] == 1
    assert sorted(server.seqs) == [2, 3]


async def test_while_every_address_fails_nothing_is_freed_and_the_state_says_why(buffer: Buffer) -> None:
    async with uploading(buffer, way_to("http://127.0.0.1:9", "http://nobody.invalid")) as upload:
        await buffer.put(arrivals(1))
        async with asyncio.timeout(20):
            while upload.stats().failures.keys() < {"unreachable", "name"}:
                await asyncio.sleep(0.01)
        assert upload.stats().state in ("unreachable", "name")
        assert "http://" in str(upload.stats().reason)
        assert (await buffer.stats()).waiting == 1


@pytest.mark.parametrize(("code", "state"), [(413, "too_large"), (429, "slow_down"), (500, "failed")])
async def test_a_server_that_says_so_for_ever_gets_the_state_and_no_scan_is_lost_or_condemned(
    buffer: Buffer, server: Awkward, code: int, state: str
) -> None:
    server.then = status(code)
    await buffer.put(arrivals(*range(1, 6)))
    async with uploading(buffer, server.url) as upload:
        await server.until(lambda: len(server.requests) >= 30)
        assert state in upload.stats().failures
        stats = await buffer.stats()
        assert (stats.waiting, stats.parked) == (5, 0)
        server.then = accept
        await settled(buffer)
    assert set(server.seqs) == {1, 2, 3, 4, 5}


async def test_a_limited_rate_makes_small_batches_and_a_live_scan_passes_the_backlog(
    buffer: Buffer, server: Awkward
) -> None:
    codes = [scan(seq, code=random.Random(seq).randbytes(400)) for seq in range(1, 201)]
    for at in range(0, 200, 100):
        await buffer.put([arrival(pack(codes[at : at + 100]))])
    async with uploading(buffer, way_to(server.url, bytes_per_s=20_000, timeout_s=10.0)):
        await server.until(lambda: len(server.requests) >= 1)
        began = time.monotonic()
        await buffer.put(arrivals(500))
        await server.until(lambda: 500 in server.seqs)
        assert time.monotonic() - began < 4.0
        assert (await buffer.stats()).waiting > 50
    assert max(len(request.batch.items) for request in server.requests) < 120


async def test_live_scans_go_ahead_of_a_long_backlog(buffer: Buffer, server: Awkward) -> None:
    for at in range(1, 12_001, 120):
        await buffer.put([arrival(pack([scan(seq) for seq in range(at, at + 120)], last_seq=20_000))])
    waits = []
    async with uploading(buffer, server.url, max_scans=500):
        await server.until(lambda: len(server.requests) >= 1)
        for seq in range(19_001, 19_011):
            began = time.monotonic()
            await buffer.put([arrival(scan(seq))])
            await server.until(lambda seq=seq: seq in server.seqs)  # type: ignore[misc]
            waits.append(time.monotonic() - began)
        assert (await buffer.stats()).waiting > 0
        await settled(buffer)
    assert max(waits) < 2.0
    assert len(set(server.seqs)) == 12_010
