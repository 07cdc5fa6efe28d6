"""What is new reaches every page; a page that does not keep up is told to load again."""

import asyncio
import json

import pytest

from server.errors import Unavailable
from server.ingest.kept import BoxPage, Totals
from server.web.live import MAX_BOXES, MAX_READERS, RELOAD, Live

NOTHING = Totals(*[0] * len(Totals._fields))


class Store:
    """Answers with the boxes it was asked for, and counts."""

    def __init__(self):
        self.asked = []
        self.fails = 0

    async def news(self, box_ids, newest, after_id):
        if self.fails:
            self.fails -= 1
            raise Unavailable("store_busy")
        self.asked.append(box_ids)
        return BoxPage({box_id: [] for box_id in box_ids}, len(box_ids), NOTHING, 0, [])

    async def missing(self, limit):
        return []


def render(page, lang, more):
    return json.dumps({"boxes": sorted(page.boxes), "lang": lang, "more": more}).encode()


@pytest.fixture
async def store():
    return Store()


@pytest.fixture
async def live(store):
    made = Live(store.news, store.missing, render, lambda lang: b"gateways " + lang.encode(), 1)
    task = asyncio.create_task(made.run())
    yield made
    made.close()
    task.cancel()


async def news(messages):
    """The next message that is news."""
    while True:
        message = await asyncio.wait_for(anext(messages), 5)
        if message.startswith(b"{"):
            return json.loads(message)


async def test_a_change_reaches_every_page_in_its_language(live):
    one, other = live.watch("vi"), live.watch("en")
    await anext(one), await anext(other)
    live.changed(["box-1"])
    assert await news(one) == {"boxes": ["box-1"], "lang": "vi", "more": False}
    assert (await news(other))["lang"] == "en"


async def test_changes_that_come_together_are_one_message(live, store):
    messages = live.watch("vi")
    await anext(messages)
    for number in range(50):
        live.changed([f"box-{number % 5}"])
    assert (await news(messages))["boxes"] == [f"box-{number}" for number in range(5)]
    assert len(store.asked) == 1


async def test_more_boxes_than_a_message_holds_are_said_to_be_more(live, store):
    messages = live.watch("vi")
    await anext(messages)
    live.changed([f"box-{number:04}" for number in range(5000)])
    assert (await news(messages))["more"]
    assert len(store.asked[0]) == MAX_BOXES


async def test_nobody_looks_and_nothing_is_read(live, store):
    live.changed(["box-1"])
    messages = live.watch("vi")
    await anext(messages)
    live.changed(["box-2"])
    assert (await news(messages))["boxes"] == ["box-2"]
    assert store.asked == [["box-2"]]


async def test_a_store_that_is_busy_is_asked_again(live, store):
    messages = live.watch("vi")
    await anext(messages)
    store.fails = 3
    live.changed(["box-1"])
    assert (await news(messages))["boxes"] == ["box-1"]


async def test_a_page_that_does_not_keep_up_is_told_to_load_again_and_holds_up_nobody(live, store):
    slow, quick = live.watch("vi"), live.watch("vi")
    await anext(slow), await anext(quick)
    for number in range(20):
        live.changed([f"box-{number}"])
        await news(quick)
    assert await asyncio.wait_for(anext(slow), 5) == RELOAD


async def test_there_is_an_end_to_how_many_may_look(live):
    pages = [live.watch("vi") for _ in range(MAX_READERS)]
    with pytest.raises(Unavailable) as err:
        live.watch("vi")
    assert err.value.code == "too_many_readers"
    await anext(pages[0])
    await pages[0].aclose()
    live.watch("vi")


async def test_closing_lets_every_page_go(live):
    messages = live.watch("vi")
    await anext(messages)
    live.close()
    assert [message async for message in messages] == []
    assert live.readers == 0


async def gateways(messages):
    """The next message about gateways."""
    while True:
        message = await asyncio.wait_for(anext(messages), 10)
        if message.startswith(b"gateways"):
            return message


async def test_what_a_gateway_tells_reaches_the_page_and_many_tellings_are_few_messages(store):
    told = []
    live = Live(store.news, store.missing, render, lambda lang: b"gateways %d" % len(told), 1)
    task = asyncio.create_task(live.run())
    messages = live.watch("vi")
    await anext(messages)
    for number in range(50):
        told.append(number)
        live.gateways_changed()
    assert await gateways(messages) == b"gateways 50"
    told.append(0)
    live.gateways_changed()
    live.gateways_changed()
    assert await gateways(messages) == b"gateways 51"
    live.close()
    task.cancel()


async def test_gateways_that_look_as_before_are_not_told_again(live):
    messages = live.watch("vi")
    await anext(messages)
    live.gateways_changed()
    await gateways(messages)
    live.gateways_changed()
    live.changed(["box-1"])
    assert (await news(messages))["boxes"] == ["box-1"]
