"""What is new, told to every page that looks."""

import asyncio
import contextlib
import json
import time

import pytest

from gateway.panel import live
from gateway.panel.live import ENDED, HEARTBEAT, NO_LOOK, Live, TooMany


class Maker:
    def __init__(self):
        self.pieces = {"a": "1", "b": "1"}
        self.is_blind = False
        self.asked = []

    async def __call__(self, kinds):
        self.asked.append(set(kinds))
        return None if self.is_blind else {kind: dict(self.pieces) for kind in kinds}


@pytest.fixture
async def told():
    """(maker, live) with its task."""
    maker = Maker()
    made = Live(maker)
    task = asyncio.create_task(made.run())
    yield maker, made
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


def news(message):
    assert message.startswith(b"event: news\ndata: "), message
    assert message.endswith(b"\n\n")
    return json.loads(message.partition(b"data: ")[2])


async def following(stream):
    async with asyncio.timeout(5):
        return await anext(stream)


async def test_a_page_is_told_everything_once_and_then_what_changed(told):
    maker, made = told
    stream = made.watch("home", "vi", "me", lambda: True)
    assert await following(stream) == HEARTBEAT
    assert news(await following(stream)) == {"a": "1", "b": "1"}
    maker.pieces["b"] = "2"
    made.changed()
    assert news(await following(stream)) == {"b": "2"}
    await stream.aclose()


async def test_news_comes_within_a_second_also_when_nobody_says_so(told):
    maker, made = told
    stream = made.watch("home", "vi", "me", lambda: True)
    await following(stream), await following(stream)
    maker.pieces["a"] = "2"
    begun = time.monotonic()
    assert news(await following(stream)) == {"a": "2"}
    assert time.monotonic() - begun < 1.3
    for many in range(6):
        maker.pieces["a"] = str(many)
        made.changed()
        begun = time.monotonic()
        await following(stream)
        assert time.monotonic() - begun < 0.7
    await stream.aclose()


async def test_a_burst_is_few_messages(told):
    maker, made = told
    stream = made.watch("home", "vi", "me", lambda: True)
    await following(stream), await following(stream)
    before = len(maker.asked)
    for many in range(200):
        maker.pieces["a"] = str(many)
        made.changed()
        await asyncio.sleep(0.002)
    assert len(maker.asked) - before <= 4
    await stream.aclose()


async def test_a_page_that_does_not_keep_up_skips_and_holds_up_nobody(told):
    maker, made = told
    slow, quick = (made.watch("home", "vi", who, lambda: True) for who in ("slow", "quick"))
    for stream in (slow, quick):
        await following(stream), await following(stream)
    for many in range(3):
        maker.pieces["a"] = f"new {many}"
        made.changed()
        assert news(await following(quick)) == {"a": f"new {many}"}
    assert news(await following(slow)) == {"a": "new 2"}
    await slow.aclose(), await quick.aclose()


async def test_nothing_is_made_while_nobody_looks(told):
    maker, made = told
    made.changed()
    await asyncio.sleep(0.05)
    assert maker.asked == []
    stream = made.watch("big", "en", "me", lambda: True)
    await following(stream), await following(stream)
    await stream.aclose()
    assert made.watchers == 0
    await asyncio.sleep(live.EVERY_S + 0.3)
    before = len(maker.asked)
    await asyncio.sleep(live.EVERY_S + 0.3)
    assert len(maker.asked) == before


async def test_each_kind_of_page_and_language_is_made_once_however_many_look(told):
    maker, made = told
    streams = [made.watch("home", lang, f"{at}", lambda: True) for at, lang in enumerate(("vi", "vi", "en", "vi"))]
    for stream in streams:
        await following(stream)
    made.changed()
    for stream in streams:
        await following(stream)
    assert maker.asked[-1] == {("home", "vi"), ("home", "en")}
    for stream in streams:
        await stream.aclose()


async def test_a_stream_ends_with_its_session(told):
    is_in = [True]
    stream = told[1].watch("home", "vi", "me", lambda: is_in[0])
    await following(stream), await following(stream)
    is_in[0] = False
    told[1].changed()
    while (message := await following(stream)) != ENDED:
        pass
    assert message == ENDED
    with pytest.raises(StopAsyncIteration):
        await following(stream)
    assert told[1].watchers == 0


async def test_when_nobody_can_tell_the_page_is_told_that(told):
    maker, made = told
    maker.is_blind = True
    stream = made.watch("home", "vi", "me", lambda: True)
    await following(stream)
    assert await following(stream) == NO_LOOK
    maker.is_blind = False
    made.changed()
    assert news(await following(stream)) == {"a": "1", "b": "1"}
    await stream.aclose()


async def test_there_are_only_so_many_streams(told):
    _, made = told
    streams = []
    for at in range(live.MOST_OF_ONE):
        streams.append(made.watch("home", "vi", "me", lambda: True))
        await following(streams[at])
    with pytest.raises(TooMany):
        made.watch("home", "vi", "me", lambda: True)
    for at in range(live.MOST - live.MOST_OF_ONE):
        streams.append(made.watch("home", "vi", f"other {at}", lambda: True))
        await following(streams[-1])
    with pytest.raises(TooMany):
        made.watch("home", "vi", "one more", lambda: True)
    for stream in streams:
        await stream.aclose()
    assert made.watchers == 0


async def test_a_quiet_page_hears_a_heartbeat(told, monkeypatch):
    monkeypatch.setattr(live, "HEARTBEAT_S", 1.0)
    stream = told[1].watch("home", "vi", "me", lambda: True)
    await following(stream), await following(stream)
    assert await following(stream) == HEARTBEAT
    await stream.aclose()
