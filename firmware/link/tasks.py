# Small things that asyncio on the box lacks.

import asyncio


async def first_end(*coroutines):
    # Runs all of them; when the first one ends, ends the others, waits for them, and raises what the first one
    # raised.
    over = asyncio.Event()
    failed = []

    async def watched(coroutine):
        try:
            await coroutine
        except Exception as bad:  # handed on below: nothing is swallowed
            failed.append(bad)
        over.set()

    tasks = [asyncio.create_task(watched(coroutine)) for coroutine in coroutines]
    try:
        await over.wait()
    finally:
        for task in tasks:
            await _end(task)
    if failed:
        raise failed[0]


async def _end(task):
    # A cancel that meets a time limit (wait_for) in the very pass in which that runs out is lost: the task sees the
    # limit, and goes on. So it is said again until the task is over.
    pause_ms = 0
    while not task.done():
        task.cancel()
        try:
            await asyncio.sleep_ms(pause_ms)
        except asyncio.CancelledError:
            pass  # whoever cancels us wants what is being done here
        pause_ms = min(20, pause_ms + 1)


async def wait_for_event(event, limit_ms):
    # True if it came in time. The event is cleared for the next wait.
    if not event.is_set():
        try:
            await asyncio.wait_for_ms(event.wait(), max(1, limit_ms))
        except asyncio.TimeoutError:
            return False
    event.clear()
    return True
