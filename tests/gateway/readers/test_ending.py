"""What is ended ends, whatever it was doing."""

import asyncio

import pytest

from gateway.readers.ending import end

PATIENCE_S = 30


async def some_rounds():
    for _ in range(5):
        await asyncio.sleep(0)


async def asks(sent):
    """As the scanner's code does: a command is written with a limit, then the answer is waited for."""

    async def drain():
        await sent

    await asyncio.wait_for(drain(), 600)
    await asyncio.sleep(600)


async def test_a_task_that_is_cancelled_just_as_its_command_is_out_ends():
    sent = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(asks(sent))
    await some_rounds()
    sent.set_result(None)
    async with asyncio.timeout(PATIENCE_S):
        await end(task)
    assert task.cancelled()


@pytest.mark.parametrize("deaf", [0, 1, 3])
async def test_a_task_that_misses_some_cancellations_ends_with_the_next(deaf):
    missed = []

    async def hears_late():
        while len(missed) < deaf:
            try:
                await asyncio.sleep(600)
            except asyncio.CancelledError:
                missed.append(1)
        await asyncio.sleep(600)

    task = asyncio.create_task(hears_late())
    await some_rounds()
    async with asyncio.timeout(PATIENCE_S):
        await end(task)
    assert task.cancelled()
    assert len(missed) == deaf


async def test_who_is_cancelled_while_it_ends_others_leaves_none_of_them_behind():
    sent = asyncio.get_running_loop().create_future()
    inner = asyncio.create_task(asks(sent))
    await some_rounds()
    sent.set_result(None)
    outer = asyncio.create_task(end(inner))
    await some_rounds()
    outer.cancel()
    async with asyncio.timeout(PATIENCE_S):
        await asyncio.wait([outer])
    assert outer.cancelled()
    assert inner.cancelled()


async def test_what_a_task_raised_is_not_raised_and_one_that_has_ended_does_no_harm():
    async def fails():
        raise ValueError("its own")

    async def is_done():
        return 1

    tasks = [asyncio.create_task(fails()), asyncio.create_task(is_done())]
    await some_rounds()
    await end(*tasks)
    assert [task.done() for task in tasks] == [True, True]
    await end()
