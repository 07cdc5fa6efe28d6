"""What waits for a notice can be ended at any moment."""

import asyncio

import pytest

from server.store.bell import Heard, Notice


@pytest.mark.parametrize("is_rung_first", [True, False])
async def test_who_waits_is_ended_also_in_the_very_round_in_which_a_notice_comes(is_rung_first):
    heard = Heard(frozenset({"scans"}))
    task = asyncio.create_task(heard.wait(60))
    await asyncio.sleep(0)
    steps = [lambda: heard.tell([Notice("scans", "")]), task.cancel]
    for step in steps if is_rung_first else reversed(steps):
        step()
    for _ in range(3):  # the notice is held in the next round; then, too, an end has to be heard
        await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await asyncio.wait([task])
    assert task.cancelled()


async def test_a_cancellation_beside_a_notice_that_is_already_held_is_not_lost():
    heard = Heard(frozenset({"scans"}))

    async def for_ever():
        while True:
            await heard.wait(60)

    task = asyncio.create_task(for_ever())
    await asyncio.sleep(0)
    heard._hold([Notice("scans", "")])
    task.cancel()
    done, _ = await asyncio.wait([task], timeout=5)
    assert done == {task}
    assert task.cancelled()


async def test_nothing_within_the_time_is_an_empty_list_and_what_came_is_given_once():
    heard = Heard(frozenset({"scans"}))
    assert await heard.wait(0.01) == []
    heard.tell([Notice("scans", "1")])
    assert await heard.wait(5) == [Notice("scans", "1")]
    assert await heard.wait(0.01) == []
