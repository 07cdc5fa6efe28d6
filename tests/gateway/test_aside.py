"""What was set aside can be seen: counted, named, without its content, and where a box's words cannot do any harm."""

import asyncio
import contextlib
import json

import pytest

from gateway.aside import EVERY_S, FILE_NAME, MOST, Aside, read
from gateway.buffer import Buffer, Refused
from tests.gateway.brokers import eventually
from tests.gateway.buffer.conftest import SMALL
from tests.gateway.buffer.wire import BOOT, sealer

CANARY = b"NGUYEN THI CANARY"


@pytest.fixture
async def buffer(tmp_path):
    buffer = await Buffer.open(tmp_path / "buffer", boot=BOOT, mono_ms=lambda: 0, sealer=sealer(), settings=SMALL)
    yield buffer
    await buffer.close()


@contextlib.asynccontextmanager
async def written(buffer, path, instant=lambda _boot, mono_ms: (mono_ms + 900, mono_ms + 1_100)):
    stats = await buffer.stats()
    task = asyncio.create_task(Aside(buffer, path, lambda: stats, instant).run())
    try:
        await eventually(path.exists)
        yield read(path)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_what_was_set_aside_is_listed_without_its_content(buffer, tmp_path):
    refused = [Refused(f"tram/1/box/b{n}/status", CANARY, "json", BOOT, 100 + n) for n in range(3)]
    await buffer.put([], [*refused, Refused("tram/1/box/b9/scan", b"x" * 5000, "topic", BOOT, 500)])
    path = tmp_path / FILE_NAME
    async with written(buffer, path) as (counts, latest):
        assert counts == {"json": 3, "topic": 1}
        assert latest[0] == {"utc_ms": 1_500, "topic": "tram/1/box/b9/scan", "reason": "topic", "length": 5000}
        assert [one["utc_ms"] for one in latest] == [1_500, 1_102, 1_101, 1_100]
    assert CANARY not in path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600


async def test_the_list_is_bounded_and_a_time_that_nobody_knows_is_not_made_up(buffer, tmp_path):
    topic = '"\x00\x1b[31m\u202e' * 60
    await buffer.put([], [Refused(topic, b"", "header", BOOT, n) for n in range(MOST + 50)])
    async with written(buffer, tmp_path / FILE_NAME, lambda *_: None) as (counts, latest):
        assert counts == {"header": MOST + 50}
        assert len(latest) == MOST
        assert {one["utc_ms"] for one in latest} == {None}


async def test_nothing_new_is_written_once_and_not_again(buffer, tmp_path):
    path = tmp_path / FILE_NAME
    await buffer.put([], [Refused("t", b"", "topic", BOOT, 1)])
    async with written(buffer, path) as (counts, _):
        assert counts == {"topic": 1}
        before = path.stat().st_mtime_ns
        await asyncio.sleep(0.1)
        assert path.stat().st_mtime_ns == before
    assert EVERY_S >= 30, "a card is not written to for every message that somebody sends"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"v": 2, "counts": {}, "latest": []}', "\x00"])
def test_a_file_that_is_none_says_nothing(tmp_path, text):
    path = tmp_path / FILE_NAME
    assert read(path) == ({}, [])
    path.write_text(text)
    assert read(path) == ({}, [])


def test_the_file_is_json(tmp_path):
    path = tmp_path / FILE_NAME
    path.write_text(json.dumps({"v": 1, "counts": {"a": 1}, "latest": []}))
    assert read(path) == ({"a": 1}, [])
